"""Matching hashes or a file without leaving anything here."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio.to_thread
from fastapi import Depends, Request
from pydantic import BaseModel, Field

from tocsin.access.model import Permission, Right
from tocsin.evidence.ledger import Event
from tocsin.hashing.signals import InvalidSignalError, Orientation, Signal, SignalType
from tocsin.web import strict_json, uploads
from tocsin.web.api.shapes import (
    AllowedShape,
    Given,
    MatchShape,
    RefusalShape,
    SignalShape,
    SuppressedShape,
    reduced,
)
from tocsin.web.callers import Caller, node_of
from tocsin.web.errors import InvalidRequestError
from tocsin.web.operation import UPLOADS_KEY, Operations

if TYPE_CHECKING:
    from tocsin.access.model import Principal
    from tocsin.intake.service import Arrived
    from tocsin.matching.matches import Match, Matches
    from tocsin.media.sandbox import JsonObject

operations = Operations("match")
MOST: Final = 1000
"""Signals in one question."""
MOST_OF_ONE: Final = 200
"""Signals of one content."""
MOST_MATCHES: Final = 20_000
"""In the answer to several signals: a list can hold thousands that are near to each other."""
_TOGETHER: Final = 32
"""Signals looked up before their matches are counted."""


class SignalQuestion(Given):
    """A hash to look up."""

    type: SignalType = Field(strict=False)
    value: Annotated[str, Field(pattern="^([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$")]
    """Hexadecimal digits: 64 for pdq and sha256, 40 for sha1, 32 for md5."""
    quality: Annotated[int, Field(ge=0, le=100)] | None = None
    """Of a PDQ hash; one below a bank's floor is not compared with that bank."""


class ContentQuestion(Given):
    """The hashes of one content: digests, and PDQ in whatever views, dialects and orientations."""

    signals: Annotated[list[SignalQuestion], Field(min_length=1, max_length=MOST_OF_ONE)]


class Question(Given):
    """Hashes to look up: each for itself (`signals`), or those of a content together (`contents`)."""

    signals: Annotated[list[SignalQuestion], Field(min_length=1, max_length=MOST)] | None = None
    contents: Annotated[list[ContentQuestion], Field(min_length=1, max_length=MOST)] | None = None
    """With 1000 hashes together. Of each type, the closest to an entry counts."""


class MatchesShape(BaseModel):
    """What is known about one content or hash, as far as the caller may see it."""

    matches: list[MatchShape]
    """Best evidence first."""
    suppressed: list[SuppressedShape]
    """For those with the right `read` in the bank."""
    compared: list[str]
    """Types of signal that were compared."""
    too_plain: list[str]
    """Views with too little in them to be compared with every bank."""


class SignalAnswer(MatchesShape):
    """What is known about one of the hashes asked about."""

    signal: SignalShape


class FileAnswer(MatchesShape):
    """What is known about the file asked about."""

    kind: str
    format: str
    bytes: int
    signals: list[SignalShape]
    """Its own, upright."""
    refused: RefusalShape | None


class MatchAnswer(BaseModel):
    """The answers: one for each hash or content, in the order asked, or one for the file."""

    signals: list[SignalAnswer] | None = None
    contents: list[MatchesShape] | None = None
    file: FileAnswer | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked about."""

    several: tuple[tuple[Signal, ...], ...] = ()
    """The hashes of each content."""
    contents: bool = False
    """Whether contents were asked about; else each has one hash, which was."""
    content: "Arrived | None" = None


async def _asked(request: Request) -> AsyncIterator[Asked]:
    """Take the body in; what was spooled is gone when the request has been answered."""
    if uploads.media_type(request) == "application/json":
        item = strict_json.object_of(await request.body(), "the body")
        yield _hashes(strict_json.model_of(Question, item, "the body"))
        return
    spool = uploads.Spool(
        uploads.incoming_folder(node_of(request).banks.folder), node_of(request).settings.upload_bytes
    )
    try:
        form = uploads.form_of(request, spool, frozenset())
        await form.read(request.stream())
        if form.file is None:
            message = "the part `file` is missing"
            raise InvalidRequestError(message)
        yield Asked(content=spool.arrived())
    finally:
        spool.close()


def _hashes(question: Question) -> Asked:
    """Raises InvalidRequestError."""
    if (question.signals is None) == (question.contents is None):
        message = "the body holds either `signals` or `contents`"
        raise InvalidRequestError(message)
    if question.signals is not None:
        return Asked(tuple((_signal(one),) for one in question.signals))
    several = tuple(tuple(dict.fromkeys(map(_signal, one.signals))) for one in question.contents or ())
    if sum(map(len, several)) > MOST:
        message = f"the contents have more than {MOST} hashes together"
        raise InvalidRequestError(message)
    return Asked(several, contents=True)


def _signal(one: SignalQuestion) -> Signal:
    if len(one.value) != one.type.size * 2:
        message = f"a {one.type.value} value has {one.type.size * 2} hexadecimal digits, not {len(one.value)}"
        raise InvalidSignalError(message)
    pdq = one.type is SignalType.PDQ
    return Signal(
        one.type,
        bytes.fromhex(one.value),
        quality=one.quality if pdq else None,
        orientation=Orientation.UPRIGHT if pdq else None,
    )


BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Question"}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
    },
}


@operations.operation(
    "POST",
    "/v1/match",
    needs=Permission.MATCH,
    answers=(507,),
    openapi_extra={"requestBody": BODY, UPLOADS_KEY: True},
)
async def match(request: Request, caller: Caller, asked: Annotated[Asked, Depends(_asked)]) -> MatchAnswer:
    """Match up to 1000 hashes, or a file, which is not kept.

    What asked about hashes is told is in the ledger: who, how many, how many matched.
    """
    state = request.app.state
    content = asked.content
    cost = len(asked.several) if content is None else 1
    allowance = state.limiter.allow(f"look-ups {caller.id}", caller.rate, caller.rate, cost)
    if not allowance.allowed:
        node_of(request).intake.lookups.refused(caller.id)
        allowance.demand()
    if content is None:
        answer = await anyio.to_thread.run_sync(_match_hashes, request, caller, asked)
        matched = sum(bool(one.matches) for one in answer.signals or answer.contents or ())
        state.metrics.looked_up("matched", matched)
        state.metrics.looked_up("unmatched", len(asked.several) - matched)
    else:
        answer = await anyio.to_thread.run_sync(_match_file, request, caller, content, limiter=state.waiting)
        state.metrics.looked_up("matched" if answer.file and answer.file.matches else "unmatched")
    return answer


def _match_hashes(request: Request, caller: "Principal", asked: Asked) -> MatchAnswer:
    found = _found(request, caller, asked.several)
    matched = sum(bool(one.matches) for one in found)
    detail: JsonObject = {"asked": len(found), "matched": matched}
    node_of(request).ledger.append(Event("lookups.answered", caller.id, caller.id, detail))
    if asked.contents:
        return MatchAnswer(contents=[MatchesShape(**_members(one, caller)) for one in found])
    return MatchAnswer(
        signals=[
            SignalAnswer(signal=SignalShape.of(one), **_members(matches, caller))
            for (one,), matches in zip(asked.several, found, strict=True)
        ]
    )


def _found(
    request: Request, caller: "Principal", contents: tuple[tuple[Signal, ...], ...]
) -> "list[Matches]":
    """What is known about each. Raises InvalidRequestError where that grows out of hand; one is answered."""
    found: list[Matches] = []
    total = 0
    for begin in range(0, len(contents), _TOGETHER):
        found += node_of(request).intake.match_each(contents[begin : begin + _TOGETHER], caller)
        total += sum(len(one.matches) + len(one.suppressed) for one in found[begin:])
        if total > MOST_MATCHES and len(contents) > 1:
            message = f"the answer would hold over {MOST_MATCHES:,} matches: ask about fewer hashes at a time"
            raise InvalidRequestError(message)
    return found


def _match_file(request: Request, caller: "Principal", content: "Arrived") -> MatchAnswer:
    found, matches = node_of(request).intake.match_file(
        content.file, caller, timeout=node_of(request).settings.wait_seconds
    )
    upright = [one for one in found.signals if one.orientation in {None, Orientation.UPRIGHT}]
    answer = FileAnswer(
        kind=found.kind,
        format=found.format,
        bytes=found.size,
        signals=[SignalShape.of(one) for one in upright],
        refused=None if found.refused is None else RefusalShape(**found.refused.to_json()),
        **_members(matches, caller),
    )
    return MatchAnswer(file=answer)


def _members(matches: "Matches", caller: "Principal") -> dict[str, Any]:
    return {
        "matches": [MatchShape(**_shown(one, caller)) for one in matches.matches],
        "suppressed": [
            SuppressedShape(**_shown(one.match, caller), by=_by(one.by, caller)) for one in matches.suppressed
        ],
        "compared": [kind.value for kind in matches.compared],
        "too_plain": sorted({str(signal.view) for signal in matches.too_plain}),
    }


def _shown(match: "Match", caller: "Principal") -> dict[str, Any]:
    item = match.to_json()
    return item if caller.may_in(match.bank, Right.READ) else reduced(item)


def _by(match: "Match | None", caller: "Principal") -> AllowedShape | None:
    if match is None:
        return None
    return AllowedShape(bank=match.bank, entry=match.entry if caller.may_in(match.bank, Right.READ) else None)
