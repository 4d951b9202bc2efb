"""Uploads: a multipart body taken apart while it arrives, its file into a private folder, hashed on the way.

Memory stays bounded whatever is sent: BUFFER for each upload at most, and small parts up to SMALL_PART.
"""

import errno
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from tocsin.intake.service import Arrived
from tocsin.outgoing.fetching import PinnedFetcher
from tocsin.storage.errors import StoreAccessError, StoreFullError
from tocsin.web.errors import BadRequestError, InvalidRequestError, MediaTypeError

if TYPE_CHECKING:
    from starlette.requests import Request

FOLDER: Final = "incoming"
"""In the home folder: what is being received. Files in it have no names."""
BUFFER: Final = 256 << 10
SMALL_PART: Final = 64 << 10
"""Bytes of a part other than the file."""
PARTS: Final = 10
_HEADERS: Final = 10
_HEADER_BYTES: Final = 4 << 10
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Spool:
    """A file without a name in a private folder, its SHA-256 and its length, growing."""

    def __init__(self, folder: Path, limit: int) -> None:
        """At most `limit` bytes. Raises StoreFullError, StoreAccessError."""
        with _translated():
            self.file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by `close`
        self.size = 0
        self._limit = limit
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Add bytes. Raises StoreFullError, StoreAccessError, and the answer 413 where there are too many."""
        self.size += len(data)
        if self.size > self._limit:
            message = f"the content is larger than {self._limit} bytes"
            raise HTTPException(413, message, {"Connection": "close"})
        self._digest.update(data)
        with _translated():
            self.file.write(data)

    def arrived(self) -> Arrived:
        """All of it. Raises StoreFullError, StoreAccessError."""
        with _translated():
            self.file.seek(0)  # writes what is still in the buffer
        return Arrived(self.file, self._digest.digest(), self.size)

    def fetched(self, fetcher: PinnedFetcher, url: str) -> Arrived:
        """What a URL leads to. Raises FetchFailedError, StoreFullError, StoreAccessError."""
        with _translated():
            digest = fetcher.fetch(url, self.file)
            size = self.file.tell()
            self.file.seek(0)
        return Arrived(self.file, digest, size)

    def close(self) -> None:
        """Let the file go, and with it what it holds."""
        with suppress(OSError):  # what the buffer holds finds no room: it is not wanted any more
            self.file.close()


@dataclass(slots=True)
class _Part:
    name: str
    is_file: bool
    data: bytearray


class Form:
    """A multipart body on its way: its file spooled, small parts kept."""

    def __init__(self, boundary: bytes, spool: Spool, small: frozenset[str] | None) -> None:
        """Take the file into `spool`: the part `file`, and no others but those that `small` names.

        Where `small` is None the file is the one part that has a file name, and all others are kept.
        """
        self.fields: dict[str, bytes] = {}
        self.file: str | None = None
        """The name of the part that was the file; None as long as there was none."""
        self._spool = spool
        self._small = small
        self._parts = 0
        self._ended = False
        self._name = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._part: _Part | None = None
        self._pending = bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
            max_header_count=_HEADERS,
            max_header_size=_HEADER_BYTES,
        )

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        """Take all of it in. Raises BadRequestError, InvalidRequestError, and the answer 413."""
        try:
            async for chunk in chunks:
                self._parser.write(chunk)
                if len(self._pending) >= BUFFER:
                    await self._flush()
        except MultipartParseError as error:
            message = "the body is not multipart/form-data"
            raise BadRequestError(message) from error
        await self._flush()
        if not self._ended:
            message = "the body ends before its last boundary"
            raise BadRequestError(message)

    async def _flush(self) -> None:
        data, self._pending = bytes(self._pending), bytearray()
        if data:
            await run_in_threadpool(self._spool.write, data)

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS:
            message = f"the body has more than {PARTS} parts"
            raise BadRequestError(message)
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        is_file = name == "file" if self._small is not None else b"filename" in options
        if is_file and self.file is not None:
            message = "Only one file allowed per request"  # as HMA has it
            raise InvalidRequestError(message)
        if name in self.fields:
            message = "a part is there twice"
            raise InvalidRequestError(message)
        if not is_file and self._small is not None and name not in self._small:
            message = f"the body may have the parts {', '.join(sorted({'file', *self._small}))} only"
            raise InvalidRequestError(message)
        if is_file:
            self.file = name
        self._part = _Part(name, is_file, bytearray())

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part is None:
            return
        if part.is_file:
            self._pending += data[start:end]
            return
        part.data += data[start:end]
        if len(part.data) > SMALL_PART:
            message = f"a part other than `file` is larger than {SMALL_PART} bytes"
            raise HTTPException(413, message, {"Connection": "close"})

    def _on_part_end(self) -> None:
        part = self._part
        if part is not None and not part.is_file:
            self.fields[part.name] = bytes(part.data)
        self._part = None

    def _on_end(self) -> None:
        self._ended = True


def incoming_folder(home: Path) -> Path:
    """The private folder for what is being received, made where there is none.

    Raises StoreFullError, StoreAccessError.
    """
    folder = home / FOLDER
    with _translated():
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def media_type(request: "Request") -> str:
    """The body's media type without its parameters, lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def form_of(request: "Request", spool: Spool, small: frozenset[str] | None) -> Form:
    """The form that a multipart request brings. Raises BadRequestError, MediaTypeError."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data":
        message = "this operation takes multipart/form-data or application/json"
        raise MediaTypeError(message)
    if not boundary or len(boundary) > 70:  # noqa: PLR2004  # RFC 2046, section 5.1.1
        message = "Content-Type names no boundary"
        raise BadRequestError(message)
    return Form(boundary, spool, small)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the system's errors about the folder into ours."""
    try:
        yield
    except OSError as error:
        ours = StoreFullError if error.errno in _FULL else StoreAccessError
        message = f"the folder for uploads cannot be written: {error.strerror or error}"
        raise ours(message) from error
