"""Exif: the tagged values of a TIFF block (Exif 2.32, 4.6), each with its own place, bounded in every way."""

import struct
from typing import TYPE_CHECKING, Final

from tocsin.media.containers.tiff import (
    IPTC_TAG,
    MAX_DIRECTORIES,
    PHOTOSHOP_TAG,
    SIZES,
    XMP_TAG,
    Directory,
    Entry,
    Form,
    read_directory,
    read_form,
)
from tocsin.provenance.fields import Space
from tocsin.provenance.fields.exif_names import GPS, IMAGE
from tocsin.provenance.fields.gather import MAX_VALUE, Block, Gather, decode, decode_wide, has_words, is_text
from tocsin.provenance.fields.iptc import read_iptc, read_photoshop
from tocsin.provenance.fields.xmp import read_xmp

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment

PREFIX: Final = b"Exif\0\0"
CODE: Final = "provenance.exif"
_POINTERS: Final = {0x8769: "Exif", 0x8825: "GPS", 0xA005: "Interop"}
_BLOCKS: Final = {XMP_TAG: read_xmp, IPTC_TAG: read_iptc, PHOTOSHOP_TAG: read_photoshop}
_MAKER_NOTE, _USER_COMMENT = 0x927C, 0x9286
_CHARSET_TAGS: Final = frozenset({_USER_COMMENT, 0x1B, 0x1C})  # the last two are GPS's
_WINDOWS_TEXTS: Final = range(0x9C9B, 0x9CA0)
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_ASCII, _UTF8, _UNDEFINED = 2, 129, 7  # 129: Exif 3.0
_RATIONALS: Final = {5: "I", 10: "i"}
_NUMBERS: Final = {
    1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q",
}  # fmt: skip
_MOST_NUMBERS: Final = 256
"""More than that are a table, not something to be read as text."""
_FEW_BYTES: Final = 16


def read_exif(gather: Gather, block: Block) -> None:
    """Add the fields of an Exif block, with or without its prefix or the offset that HEIF has ahead."""
    block = _tiff_part(block)
    form = read_form(block.data[:16])
    if form is None:
        gather.problem(CODE, f"the Exif block in {block.segment.name} has no TIFF header")
        return
    _Directories(gather, form, block, None).read()


def read_tiff(gather: Gather, whole: "Segment") -> None:
    """Add the fields of a TIFF file, whose values are read from where they stand."""
    head = Block(gather.file.read(whole, 16), whole)
    form = read_form(head.data)
    if form is not None:  # else the walker told
        _Directories(gather, form, head, whole).read()


def _tiff_part(block: Block) -> Block:
    starts = [0, 4, 4 + int.from_bytes(block.data[:4])]
    for start in starts:
        for prefix in (0, len(PREFIX)):
            if block.data.startswith(PREFIX[:prefix], start) and read_form(
                block.data[start + prefix : start + prefix + 16]
            ):
                return block.part(start + prefix)
    return block


class _Directories:
    """The directories of one block."""

    def __init__(self, gather: Gather, form: Form, block: Block, file: "Segment | None") -> None:
        """`file` is the whole file where the block is one, of which `block` holds only the head."""
        self._gather = gather
        self._form = form
        self._block = block
        self._file = file
        self._size = file.length if file else len(block.data)
        self._seen: set[int] = set()

    def read(self) -> None:
        """All of them: the chain from the first on, and those they point to."""
        at, number = self._form.first, 0
        while at:
            at = self._directory(f"IFD{number}", at)
            number += 1

    def _bytes(self, at: int, size: int) -> bytes:
        if self._file:
            return self._gather.file.read(self._file.part(at, size))
        return self._block.data[at : at + size]

    def _directory(self, name: str, at: int) -> int:
        """Read one directory and those it points to; the offset of the next in the chain."""
        if at in self._seen or len(self._seen) == MAX_DIRECTORIES:
            self._problem("its directories form a loop, or are too many")
            return 0
        self._seen.add(at)
        directory = read_directory(self._bytes, self._form, at)
        self._gather.count(len(directory.entries))
        if directory.problem:
            self._problem(f"{directory.problem} ({name})")
        for entry in directory.entries:
            if entry.tag in _BLOCKS and entry.type in SIZES:
                self._other_metadata(name, entry)
            elif entry.tag not in _POINTERS or not self._single(entry):
                self._entry(name, entry)
        self._thumbnail(name, directory)
        for entry in directory.entries:
            pointer = self._single(entry) if entry.tag in _POINTERS else 0
            if pointer and _POINTERS[entry.tag] != name:
                self._directory(_POINTERS[entry.tag], pointer)
        return directory.next

    def _entry(self, directory: str, entry: Entry) -> None:
        names = GPS if directory == "GPS" else IMAGE
        name = f"{directory}:{names.get(entry.tag) or f'{entry.tag:#06x}'}"
        if entry.type not in SIZES:
            self._problem(f"{name} has a type that Exif does not know")
            return
        self._add(name, entry)

    def _other_metadata(self, directory: str, entry: Entry) -> None:
        """Metadata of another kind; the walk lists those in the chain of a TIFF file itself."""
        if self._file and directory.startswith("IFD"):
            return
        raw = self._value(f"{directory}:{entry.tag:#06x}", entry.offset, entry.size)
        if raw:
            exact = self._file is not None or self._block.exact
            _BLOCKS[entry.tag](self._gather, Block(raw, self._where(entry), exact))

    def _add(self, name: str, entry: Entry, *, shown: bool = True) -> None:
        raw = self._value(name, entry.offset, entry.size)
        if raw is not None:
            for text in _texts(raw, entry, self._form.order) if shown else ("",):
                self._gather.add(Space.EXIF, name, text, raw, self._where(entry))

    def _where(self, entry: Entry) -> "Segment":
        if self._file:
            return self._file.part(entry.offset, entry.size)
        return self._block.where(entry.offset, entry.size)

    def _value(self, name: str, offset: int, size: int) -> bytes | None:
        if offset + size > self._size:
            self._problem(f"the value of {name} lies outside")
            return None
        if size > MAX_VALUE:
            self._problem(f"the value of {name} is larger than {MAX_VALUE >> 20} MB and not read")
            return None
        self._gather.take(size)  # entries may all point to the same bytes
        return self._bytes(offset, size)

    def _thumbnail(self, name: str, directory: Directory) -> None:
        """The small JPEG that the second directory points to is a value of its own."""
        if name != "IFD1":
            return
        found = {entry.tag: self._single(entry) for entry in directory.entries}
        offset, length = found.get(_THUMBNAIL), found.get(_THUMBNAIL_LENGTH)
        if offset and length:
            self._add("IFD1:Thumbnail", Entry(_THUMBNAIL, _UNDEFINED, length, offset, length), shown=False)

    def _single(self, entry: Entry) -> int:
        """The number that a SHORT, LONG or offset entry holds; 0 for others."""
        code = _NUMBERS.get(entry.type, "")
        if entry.count != 1 or code not in {"H", "I", "Q"}:
            return 0
        raw = self._bytes(entry.offset, entry.size)
        return int.from_bytes(raw, "little" if self._form.order == "<" else "big")

    def _problem(self, reason: str) -> None:
        segment = self._block.segment
        self._gather.problem(CODE, f"Exif in {segment.name} at byte {segment.offset:,}: {reason}")


def _texts(raw: bytes, entry: Entry, order: str) -> tuple[str, ...]:
    """A value as text, empty where it is none; two where its coding cannot be told."""
    if entry.tag in _CHARSET_TAGS:
        return _with_charset(raw)
    return (_text(raw, entry, order),)


def _text(raw: bytes, entry: Entry, order: str) -> str:
    if entry.tag in _WINDOWS_TEXTS:
        return raw.decode("utf-16-le", "replace").rstrip("\0")
    if entry.type in {_ASCII, _UTF8}:
        return decode(raw)
    if entry.tag == _MAKER_NOTE:
        return ""
    if entry.type == _UNDEFINED:
        return _undefined(raw)
    return _numbers(raw, entry, order)


def _numbers(raw: bytes, entry: Entry, order: str) -> str:
    if not 0 < entry.count <= _MOST_NUMBERS:
        return ""
    if code := _RATIONALS.get(entry.type):
        parts = struct.unpack(f"{order}{2 * entry.count}{code}", raw)
        return " ".join(f"{over}/{under}" for over, under in zip(parts[::2], parts[1::2], strict=True))
    return " ".join(map(str, struct.unpack(f"{order}{entry.count}{_NUMBERS[entry.type]}", raw)))


def _undefined(raw: bytes) -> str:
    text = decode(raw)
    if text and is_text(text):
        return text
    return " ".join(map(str, raw)) if len(raw) <= _FEW_BYTES else ""


def _with_charset(raw: bytes) -> tuple[str, ...]:
    """Text behind the eight bytes that name its coding (Exif 2.32, 4.6.5), or without them.

    Some writers fill the name up with a blank, and some do not keep to it.
    """
    charset, text = raw[:8].rstrip(b"\0 ").upper(), raw[8:]
    if charset == b"UNICODE":
        alone = decode(raw)  # which may be a text that begins so
        return (*decode_wide(text), alone) if is_text(alone) else decode_wide(text)
    if charset == b"JIS":
        return (_jis(text),)
    if charset in {b"ASCII", b""}:
        return _narrow(text) or (decode(text),)
    return _narrow(raw) or _narrow(text) or ("",)


def _narrow(raw: bytes) -> tuple[str, ...]:
    """Text that should have one byte a character, or is UTF-16 all the same; nothing if it is no text."""
    text = decode(raw)
    return (text,) if is_text(text) else tuple(filter(has_words, decode_wide(raw)))


def _jis(raw: bytes) -> str:
    try:
        return raw.rstrip(b"\0").decode("iso2022_jp")
    except UnicodeDecodeError:
        return decode(raw)
