"""The forms of `/upload`, `/finish` and `/retract`: read as they come; of a file only its hashes stay."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qs

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

from tocsin.simulators.cybertip.codes import Code, RefusedError

_MOST_TEXT: Final = 10_000
_MOST_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A file in a form."""

    name: str
    size: int
    md5: str
    sha256: str


@dataclass(slots=True)
class Form:
    """What a form said."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[Sent] = field(default_factory=list)

    @property
    def report(self) -> int | None:
        """The report it names."""
        text = self.fields.get("id", "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None


def form_of(content_type: str, pieces: Iterable[bytes], *, upload: bool) -> Form:
    """Read a form. Only forms without a file may be urlencoded. Raises RefusedError after all was read."""
    kind, options = parse_options_header(content_type)
    if kind == b"multipart/form-data" and options.get(b"boundary"):
        return _multipart(options[b"boundary"], pieces)
    body = b"".join(piece for piece in pieces if not upload)
    if upload or kind != b"application/x-www-form-urlencoded":
        raise RefusedError(Code.INVALID_REQUEST, f"Content-Type {content_type!r} is not supported")
    try:
        values = parse_qs(body.decode("ascii"), strict_parsing=bool(body), max_num_fields=10)
    except ValueError as error:
        raise RefusedError(Code.INVALID_REQUEST, str(error)) from error
    return Form({name: value[0] for name, value in values.items()})


def _multipart(boundary: bytes, pieces: Iterable[bytes]) -> Form:
    reading = _Reading()
    problem: MultipartParseError | None = None
    parser = MultipartParser(boundary, reading.callbacks())
    for piece in pieces:
        try:
            if problem is None:
                parser.write(piece)
        except MultipartParseError as error:  # read on: who is still sending would not hear the answer
            problem = error
    if problem is not None or not reading.ended:
        raise RefusedError(Code.MALFORMED_FILE, str(problem or "the form breaks off"))
    return reading.form


class _Reading:
    """A multipart form on its way in."""

    def __init__(self) -> None:
        self.form = Form()
        self.ended = False
        self._header = bytearray()
        self._value = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        found = {
            "on_part_begin": self._begin,
            "on_header_field": self._name,
            "on_header_value": self._text,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._over,
        }
        return cast("MultipartCallbacks", found)

    def _begin(self) -> None:
        self._headers_of_part: dict[str, bytes] = {}
        self._header, self._value = bytearray(), bytearray()

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _text(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers_of_part[self._header.decode("latin-1").lower()] = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _headers(self) -> None:
        _, options = parse_options_header(self._headers_of_part.get("content-disposition", b""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        name = options.get(b"filename")
        self._file_name = None if name is None else name.decode("utf-8", "replace")
        self._size = 0
        self._md5, self._sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file_name is None:
            if len(self._value) < _MOST_TEXT:
                self._value += data[start:end]
            return
        piece = memoryview(data)[start:end]
        self._size += len(piece)
        self._md5.update(piece)
        self._sha256.update(piece)

    def _end(self) -> None:
        if self._file_name is None:
            self.form.fields[self._field] = self._value.decode("utf-8", "replace")
        elif self._field == "file":
            sent = Sent(self._file_name, self._size, self._md5.hexdigest(), self._sha256.hexdigest())
            self.form.files.append(sent)

    def _over(self) -> None:
        self.ended = True
