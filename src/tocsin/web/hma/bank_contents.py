"""The curator's contents of banks: added as files, URLs or hashes; nothing but their signals is kept."""

import json
from typing import Annotated, Any, Final

from fastapi import Body, Request
from pydantic import RootModel, ValidationError
from starlette.concurrency import run_in_threadpool

from tocsin.access.model import Permission, Right
from tocsin.banks.model import Entry
from tocsin.hashing.signals import Orientation, Signal, SignalType
from tocsin.storage.hma import ContentNote
from tocsin.web.callers import caller_of
from tocsin.web.hma.contents import Received, from_form, from_url, undecodable, wanted_types
from tocsin.web.hma.curating import Curator
from tocsin.web.hma.errors import HmaRequestError
from tocsin.web.hma.hasher import FORM, ContentType, Types
from tocsin.web.hma.models import (
    NOTE_LENGTH,
    BankConfig,
    BankContent,
    BankContentAdd,
    BankContentAdded,
    BankContentUpdate,
    Deleted,
)
from tocsin.web.hma.service import Hma, hma_of
from tocsin.web.hma.types import NAMES, parsed, picture_hash, signal_type, value_of
from tocsin.web.operation import Operations

operations = Operations("hma: curator")
MOST_NUMBER: Final = (1 << 63) - 1
_ADD: Final[dict[str, Any]] = {
    **FORM,
    "requestBody": {
        "content": {
            **FORM["requestBody"]["content"],
            "application/json": {"schema": BankContentAdd.model_json_schema()},
        }
    },
}


@operations.operation(
    "POST",
    "/c/bank/{bank_name}/content",
    needs=Permission.CURATE,
    answers=[404, 409, 507],
    openapi_extra=_ADD,
)
async def add_content(
    request: Request,
    bank_name: str,
    url: str | None = None,
    content_type: ContentType = None,
    types: Types = None,
) -> BankContentAdded:
    """Add a file, or what a URL leads to. It is examined, not kept."""
    hma = hma_of(request)
    curator = Curator(hma, caller_of(request))
    await run_in_threadpool(curator.bank, bank_name, Right.CURATE)
    if url:
        note = await _note_in_body(request)
        received = await from_url(hma, url, content_type, turned=False)
    else:
        received = await from_form(request, hma, turned=False)
        note = _note_in_form(received.fields)
    names = wanted_types(hma, received.type, types)
    if received.type == "photo" and (received.content.refused or picture_hash(received.content) is None):
        raise undecodable(received.content)
    signals = received.content.signals
    added = await run_in_threadpool(curator.add, bank_name, signals, note)
    return BankContentAdded(id=added.entry, signals=_told(received, names))


class Hashes(RootModel[dict[str, str]]):
    """A hash for each signal type, and perhaps a note."""


@operations.operation("POST", "/c/bank/{bank_name}/signal", needs=Permission.CURATE, answers=[404, 409])
async def add_signals(request: Request, bank_name: str, hashes: Hashes) -> BankContentAdded:
    """Add hashes of a content that the client does not send."""
    hma = hma_of(request)
    given = dict(hashes.root)
    note = given.pop("note", "")
    _check_note(note)
    signals = {name: parsed(name, digits) for name, digits in given.items()}
    if not signals:
        message = "No signals given"
        raise HmaRequestError(message)
    curator = Curator(hma, caller_of(request))
    several = tuple(dict.fromkeys(signals.values()))
    added = await run_in_threadpool(curator.add, bank_name, several, ContentNote(note=note))
    return BankContentAdded(id=added.entry, signals={name: one.hex for name, one in signals.items()})


@operations.operation(
    "GET",
    "/c/bank/{bank_name}/content/{content_id}",
    needs=Permission.READ_BANKS,
    answers=[404],
    response_model_exclude_unset=True,
)
async def show_content(  # noqa: PLR0913  # as many as HMA has
    request: Request,
    bank_name: str,
    content_id: int,
    *,
    include_signals: bool = False,
    include_metadata: bool = False,
    signal_type: str | None = None,
) -> BankContent:
    """One content of a bank."""
    hma = hma_of(request)
    wanted = _checked_type(signal_type)
    entry, note = await run_in_threadpool(
        Curator(hma, caller_of(request)).content, bank_name, _checked(content_id)
    )
    return _shown(
        hma,
        entry,
        note,
        signals=include_signals or wanted is not None,
        only=wanted,
        metadata=include_metadata,
    )


@operations.operation(
    "PUT",
    "/c/bank/{bank_name}/content/{content_id}",
    needs=Permission.CURATE,
    answers=[404],
    response_model_exclude_unset=True,
)
async def update_content(
    request: Request, bank_name: str, content_id: int, changes: Annotated[BankContentUpdate, Body()]
) -> BankContent:
    """Switch a content off (0), on (1) or off until a time (Unix seconds), or change its note."""
    hma = hma_of(request)
    curator = Curator(hma, caller_of(request))
    number = _checked(content_id)
    await run_in_threadpool(curator.update, bank_name, number, changes.disable_until_ts, changes.note)
    entry, note = await run_in_threadpool(curator.content, bank_name, number, Right.CURATE)
    return _shown(hma, entry, note, signals=False, only=None, metadata=True)


@operations.operation(
    "DELETE", "/c/bank/{bank_name}/content/{content_id}", needs=Permission.CURATE, answers=[404]
)
async def delete_content(request: Request, bank_name: str, content_id: int) -> Deleted:
    """Take a content out of its bank: it is withdrawn, and the ledger says by whom."""
    curator = Curator(hma_of(request), caller_of(request))
    return Deleted(deleted=await run_in_threadpool(curator.delete, bank_name, _checked(content_id)))


def _checked(number: int) -> int:
    """A number that the database can hold; any other is nobody's."""
    return number if 0 <= number <= MOST_NUMBER else 0


def _checked_type(name: str | None) -> SignalType | None:
    return None if name is None else signal_type(name)


def _shown(  # noqa: PLR0913  # what the client asked for
    hma: Hma, entry: Entry, note: ContentNote, *, signals: bool, only: SignalType | None, metadata: bool
) -> BankContent:
    shown = BankContent(
        id=entry.id,
        disable_until_ts=note.disable_until,
        original_media_uri=None,
        bank=BankConfig(name=entry.bank, matching_enabled_ratio=hma.notes.ratio(entry.bank)),
    )
    if signals:
        shown.signals = {name: hash_ for kind, name, hash_ in _signals(entry) if only in {None, kind}}
    if metadata:
        shown.metadata = _metadata(entry, note)
    if note.note:
        shown.note = note.note
    return shown


def _signals(entry: Entry) -> list[tuple[SignalType, str, str]]:
    """One of each type: of a picture's several, the one that HMA would have."""
    found: dict[SignalType, Signal] = {}
    for one in entry.signals:
        if one.orientation in {Orientation.UPRIGHT, None}:
            found.setdefault(one.type, one)
    return [(kind, NAMES[kind], one.hex) for kind, one in found.items()]


def _metadata(entry: Entry, note: ContentNote) -> dict[str, Any] | None:
    """What the client gave, and whose list the entry came from."""
    found: dict[str, Any] = dict(note.metadata or {})
    if entry.origin.source and entry.origin.id:
        found["collab"] = {entry.origin.source: [entry.origin.id]}
    return found or None


def _told(received: Received, names: list[str]) -> dict[str, str]:
    """The hashes that were asked for; all digests where the picture has too little to hash."""
    found = {name: value for name in names if (value := value_of(received.content, name))}
    if found:
        return found
    kinds = {kind: name for kind, name in NAMES.items() if kind.exact}
    return {name: value for name in kinds.values() if (value := value_of(received.content, name))}


async def _note_in_body(request: Request) -> ContentNote:
    """Metadata and note beside a URL: in JSON, if there is a body at all. Raises HmaRequestError."""
    body = await request.body()
    if not body:
        return ContentNote()
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "the body is not JSON"
        raise HmaRequestError(message) from error
    if not isinstance(given, dict):
        message = "metadata should be a json object"
        raise HmaRequestError(message)
    return _note(given.get("metadata"), given.get("note"))


def _note_in_form(fields: dict[str, str]) -> ContentNote:
    """The same in fields of a form. Raises HmaRequestError.

    `metadata` holds all of it, or, as Coop sends it, only its `json`, beside fields for the rest.
    """
    metadata: dict[str, Any] = {
        name: fields[name] for name in ("content_id", "content_uri") if fields.get(name)
    }
    if text := fields.get("metadata"):
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            message = "the field metadata is not JSON"
            raise HmaRequestError(message) from error
        whole = isinstance(given, dict) and given.keys() <= {"content_id", "content_uri", "json"}
        metadata = {**metadata, **(given if whole else {"json": given})}
    return _note(metadata or None, fields.get("note"))


def _note(metadata: object, note: object) -> ContentNote:
    """Raises HmaRequestError."""
    try:
        checked = BankContentAdd.model_validate({"metadata": metadata, "note": note})
    except ValidationError as error:
        first = error.errors()[0]
        message = f"Invalid {'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise HmaRequestError(message) from error
    given = checked.metadata
    kept = None if given is None else given.model_dump(by_alias=True, exclude_none=True)
    return ContentNote(metadata=kept, note=checked.note or "")


def _check_note(note: str) -> None:
    """Raises HmaRequestError."""
    if len(note) > NOTE_LENGTH:
        message = f"note has at most {NOTE_LENGTH} characters"
        raise HmaRequestError(message)
