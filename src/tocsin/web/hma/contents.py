"""Contents that clients send: as the one file of a form, or as a URL; examined in the sandbox either way."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from anyio import to_thread

from tocsin.content.model import Content
from tocsin.hashing.signals import SignalType
from tocsin.web import uploads
from tocsin.web.errors import BadRequestError, InvalidRequestError
from tocsin.web.hma.errors import HmaRequestError, UndecodableError
from tocsin.web.hma.types import HASHED, SIGNALS, content_type, kind_of, picture_hash, value_of
from tocsin.web.receiving import allow_body

if TYPE_CHECKING:
    from fastapi import Request

    from tocsin.web.hma.service import Hma

ROUND_FILE: Final = 1 << 20
"""Bytes of a form around its file."""
_MISSING: Final = "Missing multipart/form-data file upload"
QUALITY_HEADER: Final = "Tocsin-PDQ-Quality"
"""Says of each answer about a picture how much there was to hash, 0 to 100; HMA does not tell."""


@dataclass(frozen=True, slots=True)
class Received:
    """A content that was sent, and what it is taken for."""

    content: Content
    type: str
    """photo or video."""
    fields: dict[str, str]
    """The other fields of the form."""


async def from_form(request: "Request", hma: "Hma", *, turned: bool) -> Received:
    """The one file of a form, named by its content type. Raises HmaRequestError.

    With `turned` its hashes are those of the eight symmetries of the square.
    """
    allow_body(request.scope, hma.upload + ROUND_FILE)
    if uploads.media_type(request) != "multipart/form-data":
        raise HmaRequestError(_MISSING)
    with closing(_spool(hma)) as spool:
        try:
            form = uploads.form_of(request, spool, None)
            await form.read(request.stream())
            fields = {name: value.decode() for name, value in form.fields.items()}
        except (BadRequestError, InvalidRequestError) as error:
            raise HmaRequestError(error.message) from error
        except UnicodeDecodeError as error:
            message = "a field of the form is not UTF-8"
            raise HmaRequestError(message) from error
        if form.file is None:
            raise HmaRequestError(_MISSING)
        kind = content_type(form.file)
        content = await _examined(hma, spool.arrived().file, turned=turned)
    return Received(content, kind, fields)


async def from_url(hma: "Hma", url: str, given: str | None, *, turned: bool) -> Received:
    """What a URL leads to. Raises HmaRequestError, FetchRefusedError, FetchFailedError, StoreFullError."""
    if given:
        content_type(given)
    with closing(_spool(hma)) as spool:
        arrived = await to_thread.run_sync(spool.fetched, hma.node.fetcher, url)
        content = await _examined(hma, arrived.file, turned=turned)
    return Received(content, kind_of(content, given), {})


def _spool(hma: "Hma") -> uploads.Spool:
    """Where a content goes while it is examined: never to the system's folder for temporary files.

    Raises StoreFullError, StoreAccessError.
    """
    return uploads.Spool(uploads.incoming_folder(hma.node.banks.folder), hma.upload)


async def _examined(hma: "Hma", file: BinaryIO, *, turned: bool) -> Content:
    return await to_thread.run_sync(
        lambda: hma.node.examiner.examine(file, all_orientations=turned, origin=False),
        limiter=hma.examining(),
    )


def wanted_types(hma: "Hma", kind: str, types: str | None) -> list[str]:
    """The signal types that were asked for, or those HMA gives by itself. Raises HmaRequestError."""
    there = [name for name in HASHED[kind] if hma.notes.type_ratio(name) > 0]
    if types is None:
        return there[:1] if there[:1] == list(HASHED[kind][:1]) else []
    asked = [name.strip() for name in types.split(",") if name.strip()]
    for name in asked:
        if name not in there:
            message = f"signal type '{name[:80]}' doesn't exist or is disabled"
            raise HmaRequestError(message)
    if not asked:
        message = "empty signal type selection"
        raise HmaRequestError(message)
    return asked


def hashes(received: Received, names: Sequence[str]) -> dict[str, str]:
    """Each type's hash; an empty one where there is too little to hash.

    Raises UndecodableError: a picture was promised, and there is none in the bytes.
    """
    found = {}
    for name in names:
        value = value_of(received.content, name)
        if value is None:
            raise undecodable(received.content)
        if not value or SIGNALS[name] is not SignalType.PDQ or received.content.refused is None:
            found[name] = value
        else:  # what could be decoded of it is not what a whole file would give
            raise undecodable(received.content)
    return found


def undecodable(content: Content) -> UndecodableError:
    """Why there is no hash of the picture."""
    refused = content.refused
    why = (
        f"{refused.message} ({refused.code})" if refused else f"the bytes are no picture but {content.format}"
    )
    message = f"the photo cannot be decoded: {why}"
    return UndecodableError(message)


def quality_headers(content: Content) -> dict[str, str]:
    """The header that tells a picture's quality."""
    found = picture_hash(content)
    return {} if found is None or found.quality is None else {QUALITY_HEADER: str(found.quality)}
