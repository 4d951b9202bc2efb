"""Submissions: content with its context, kept, examined and matched."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import anyio.to_thread
from fastapi import Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tocsin.access.model import Permission, Right
from tocsin.hashing.signals import Orientation
from tocsin.intake.context import context_of, parse_context
from tocsin.intake.model import Context, Inside, MatchRecord, Submission, UnknownSubmissionError, Wanted
from tocsin.intake.service import Answer, Arrived
from tocsin.provenance.answer import explanation_of
from tocsin.web import strict_json, uploads
from tocsin.web.api.shapes import (
    PAGE,
    Limit,
    RefusalShape,
    SignalShape,
    SuppressedShape,
    Text,
    Time,
    next_of,
    reduced,
)
from tocsin.web.callers import Caller, node_of
from tocsin.web.errors import InvalidRequestError
from tocsin.web.operation import UPLOADS_KEY, Operations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.access.model import Principal
    from tocsin.media.sandbox import JsonObject
    from tocsin.provenance.model import Finding

operations = Operations("submissions")
KEY: Final = "Idempotency-Key"


class IpEvent(BaseModel):
    """An address that was seen, and when."""

    model_config = ConfigDict(extra="forbid")
    ip: Text
    time: Time
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    event: Text = ""
    """Such as upload or login."""


class Account(BaseModel):
    """Whose it was. Looked up by its id, or else its name, or else its address."""

    model_config = ConfigDict(extra="forbid")
    id: Text = ""
    name: Text = ""
    email: Text = ""
    display_name: Text = ""
    phone: Text = ""
    url: Text = ""


class ContextShape(BaseModel):
    """Where a content came from. All of it may be left out; what is there is kept as it is given."""

    model_config = ConfigDict(extra="forbid")
    platform: Text = ""
    account: Account = Account()
    url: Text = ""
    file_name: Text = ""
    """The name under which the file was uploaded to the platform; reports to authorities repeat it."""
    ip_events: list[IpEvent] = []
    times: dict[str, Time] = {}
    note: Text = ""
    review: bool = False
    """True has a case opened for it, whether anything matches or not."""
    danger: bool = False
    """True says that a child may be in danger now: its case comes before all others."""
    notice: Annotated[str, Field(pattern="^([a-z0-9][A-Za-z0-9._:-]{0,99})?$")] = ""
    """The rule under which removal was asked for, such as us.tida: its case is due when that rule says."""
    extra: dict[str, JsonValue] = {}
    """Whatever else is known."""


class FromUrl(BaseModel):
    """A content to be fetched."""

    model_config = ConfigDict(extra="forbid")
    url: Text
    context: ContextShape = ContextShape()


class MatchOnRecord(SuppressedShape):
    """A match as it was when it was made."""

    found: datetime
    retroactive: bool
    """Made because a bank grew, after the submission had been answered."""
    member: str | None = None
    """Which file in an archive it is about, by its name; null for the content itself."""
    suppressed: bool
    bank_version: int | None = None


class Origin(BaseModel):
    """What shows where a content came from: no verdict, and nothing in it lowers a priority."""

    summary: str
    raises: list[dict[str, JsonValue]]
    """Why somebody should look sooner."""
    answer: dict[str, JsonValue]
    """All of it, as `tocsin explain --json` has it."""


class RefusedMember(BaseModel):
    """A file in an archive that could not be examined, or not to its end."""

    member: str
    refused: RefusalShape


class MembersShape(BaseModel):
    """How much of an archive was looked at. Where that is not all of it, the content's `refused` says why."""

    count: int
    """Files in it that were come to."""
    refused_count: int
    """Those of them that could not be examined, or not to their end."""
    refused: list[RefusedMember]
    """The first of those."""


class ContentShape(BaseModel):
    """What examining a content gave."""

    kind: str
    format: str
    signals: list[SignalShape]
    """Upright ones only."""
    refused: RefusalShape | None
    origin: Origin | None
    """Null where signs of origin were not looked for."""
    members: MembersShape | None
    """Null where it is no archive in a format that can be looked into."""


class SubmissionShape(BaseModel):
    """A submission as it stands."""

    id: str
    state: str
    """`waiting` until it has been examined, `matched` or `unmatched` then."""
    sha256: str
    bytes: int
    received: datetime
    submitter: str
    context: dict[str, JsonValue] | None
    content: ContentShape | None
    matched_at: datetime | None
    matches: list[MatchOnRecord] | None
    """Null as long as it has not been examined, which is not the same as none."""


class SubmissionPage(BaseModel):
    """Some submissions, newest first."""

    items: list[SubmissionShape]
    next: str | None
    """For `before`; null where there are no more."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A submission as it came in."""

    content: Arrived
    context: Context


async def _incoming(request: Request) -> AsyncIterator[Incoming]:
    """Take the body in. What was spooled is gone when the request has been answered."""
    node = node_of(request)
    spool = uploads.Spool(uploads.incoming_folder(node.banks.folder), node.settings.upload_bytes)
    try:
        if uploads.media_type(request) == "application/json":
            item = strict_json.object_of(await request.body(), "the body")
            wanted = strict_json.model_of(FromUrl, item, "the body")
            content = await anyio.to_thread.run_sync(
                spool.fetched, node.fetcher, wanted.url, limiter=request.app.state.waiting
            )
            context = context_of(cast("JsonObject", item.get("context", {})))
        else:
            form = uploads.form_of(request, spool, frozenset({"context"}))
            await form.read(request.stream())
            if form.file is None:
                message = "the part `file` is missing"
                raise InvalidRequestError(message)
            context = parse_context(form.fields.get("context", b"{}"))
            content = spool.arrived()
        yield Incoming(content, context)
    finally:
        spool.close()


BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "context": {"$ref": "#/components/schemas/ContextShape"},
                },
            },
            "encoding": {"context": {"contentType": "application/json"}},
        },
        "application/json": {"schema": {"$ref": "#/components/schemas/FromUrl"}},
    },
}


@operations.operation(
    "POST",
    "/v1/submissions",
    needs=Permission.SUBMIT,
    status=201,
    answers=(409, 502, 507),
    openapi_extra={"requestBody": BODY, UPLOADS_KEY: True},
    responses={202: {"model": SubmissionShape, "description": "Accepted; ask again at Location."}},
)
async def create_submission(  # noqa: PLR0913, PLR0917  # FastAPI reads what it hands over here
    request: Request,
    response: Response,
    caller: Caller,
    incoming: Annotated[Incoming, Depends(_incoming)],
    wait: Annotated[float, Query(ge=0, le=3600, description="Seconds to wait for the matches.")] = 10.0,
    key: Annotated[
        str | None, Header(alias=KEY, min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")
    ] = None,
) -> SubmissionShape:
    """Submit a content with its context, and learn what it matches."""
    node, state = node_of(request), request.app.state
    longest = timedelta(seconds=min(wait, node.settings.wait_seconds))

    def submit() -> Answer:
        return node.intake.submit(incoming.content, caller, incoming.context, key=key, wait=longest)

    answer = await anyio.to_thread.run_sync(submit, limiter=state.waiting)
    response.status_code = 201 if answer.matches is not None else 202
    response.headers["Location"] = f"/v1/submissions/{answer.submission.id}"
    shape = shape_of(answer.submission, answer.matches, caller)
    state.metrics.submitted(shape.state)
    return shape


@operations.operation(
    "GET", "/v1/submissions", needs=(Permission.READ_SUBMISSIONS, Permission.SUBMIT), answers=(404,)
)
def list_submissions(  # noqa: PLR0913  # one for each filter
    request: Request,
    caller: Caller,
    *,
    before: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[Limit, Query()] = PAGE,
    platform: Annotated[Text | None, Query()] = None,
    account: Annotated[Text | None, Query()] = None,
    url: Annotated[Text | None, Query()] = None,
    sha256: Annotated[str | None, Query(pattern="^[0-9a-fA-F]{64}$")] = None,
    since: Annotated[Time | None, Query()] = None,
    until: Annotated[Time | None, Query()] = None,
    matched: Annotated[bool, Query()] = False,
) -> SubmissionPage:
    """List submissions, newest first: all of them, or one's own for who may only submit."""
    node = node_of(request)
    wanted = Wanted(
        submitter=None if caller.may(Permission.READ_SUBMISSIONS) else caller.id,
        platform=platform,
        account=account,
        url=url,
        sha256=None if sha256 is None else bytes.fromhex(sha256),
        since=since,
        until=until,
        matched=matched,
    )
    with node.database.reading():
        if before is not None:
            _demand_known(node.submissions.submission(before), caller)
        found = node.submissions.page(wanted, before=before, limit=limit)
        records = [node.submissions.matches(one.id) if one.matched else () for one in found]
    told = [node.intake.told(one, several, caller) for one, several in zip(found, records, strict=True)]
    items = [shape_of(one, matches, caller) for one, matches in zip(found, told, strict=True)]
    return SubmissionPage(items=items, next=next_of(items, limit, items[-1].id if items else ""))


@operations.operation(
    "GET",
    "/v1/submissions/{submission}",
    needs=(Permission.READ_SUBMISSIONS, Permission.SUBMIT),
    answers=(404,),
)
def read_submission(
    request: Request, caller: Caller, submission: Annotated[str, Path(max_length=100)]
) -> SubmissionShape:
    """Read a submission with its matches."""
    answer = node_of(request).intake.answer(submission, caller)
    _demand_known(answer.submission, caller)
    return shape_of(answer.submission, answer.matches, caller)


def _demand_known(submission: Submission, caller: "Principal") -> None:
    """Who may not read it is told the same as of one there is not. Raises UnknownSubmissionError."""
    if not caller.may(Permission.READ_SUBMISSIONS) and submission.submitter != caller.id:
        message = f"there is no submission {submission.id!r}"
        raise UnknownSubmissionError(message)


def shape_of(
    submission: Submission, matches: tuple[MatchRecord, ...] | None, caller: "Principal"
) -> SubmissionShape:
    """A submission with the matches that the caller may see."""
    if matches is None:
        state = "waiting"
    else:
        state = "matched" if any(not one.suppressed for one in matches) else "unmatched"
    return SubmissionShape(
        id=submission.id,
        state=state,
        sha256=submission.sha256.hex(),
        bytes=submission.size,
        received=submission.received,
        submitter=submission.submitter,
        context=cast("dict[str, JsonValue] | None", submission.context.given),
        content=content_of(submission),
        matched_at=submission.matched,
        matches=None if matches is None else [match_of(one, caller) for one in matches],
    )


def match_of(record: MatchRecord, caller: "Principal") -> MatchOnRecord:
    """A match on record as far as the caller may know of it: those that `visible_records` leaves."""
    match: dict[str, Any] = {**record.match}
    reads = caller.may_in(str(match["bank"]), Right.READ)
    return MatchOnRecord(
        **(match if reads else reduced(match)),
        found=record.found,
        retroactive=record.retroactive,
        suppressed=record.suppressed,
        bank_version=record.bank_version if reads else None,
    )


def content_of(submission: Submission) -> ContentShape | None:
    """What examining a submission gave; None as long as that has not happened."""
    content = submission.content
    if content is None:
        return None
    upright = [one for one in content.signals if one.orientation in {None, Orientation.UPRIGHT}]
    return ContentShape(
        kind=content.kind,
        format=content.format,
        signals=[SignalShape.of(one) for one in upright],
        refused=None if content.refused is None else RefusalShape(**content.refused.to_json()),
        origin=None if content.findings is None else _origin(content.findings),
        members=None if submission.inside is None else _members(submission.inside),
    )


def _members(inside: Inside) -> MembersShape:
    told = [RefusedMember(member=name, refused=RefusalShape(**why.to_json())) for name, why in inside.told]
    return MembersShape(count=inside.members, refused_count=inside.refused, refused=told)


def _origin(findings: "Iterable[Finding]") -> Origin:
    answer = cast("dict[str, JsonValue]", explanation_of(findings).to_json())
    raises = cast("list[dict[str, JsonValue]]", answer["raises"])
    return Origin(summary=str(answer["summary"]), raises=raises, answer=answer)
