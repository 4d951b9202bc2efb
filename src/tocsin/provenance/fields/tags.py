"""Tags of films: iTunes's and QuickTime's lists in MP4 and MOV, Matroska's simple tags, AVI's INFO list."""

import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Space
from tocsin.provenance.fields.gather import Block, Gather, decode, decode_wide, has_words, is_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers.segments import Segment

CODE: Final = "provenance.tags"
_HEADER_BYTES: Final = 8
_UTF8, _UTF16, _SHIFT_JIS = frozenset({1, 4}), frozenset({2, 5}), frozenset({3, 6})
_SIGNED, _UNSIGNED = frozenset({21, 65, 66, 67, 74}), frozenset({22, 75, 76, 77, 78})
_PICTURES: Final = frozenset({12, 13, 14, 27})
_FLOATS: Final = {(23, 4): ">f", (24, 8): ">d"}
_MAX_INTEGER: Final = 8
_THREE_GPP: Final = frozenset({"titl", "dscp", "cprt", "perf", "auth", "gnre", "albm"})
_MATROSKA: Final = frozenset({"MuxingApp", "WritingApp", "Title"})
_FREE_FORM: Final = "----"


def _boxes(gather: Gather, block: Block) -> "Iterator[tuple[str, Block]]":
    """Boxes in a block; the first that is none ends them, and is told."""
    at, size = 0, 0
    while len(block.data) - at >= _HEADER_BYTES:
        gather.count()
        start, size = _HEADER_BYTES, int.from_bytes(block.data[at : at + 4])
        if size == 1:
            start, size = 2 * _HEADER_BYTES, int.from_bytes(block.data[at + 8 : at + 16])
        elif not size and any(block.data[at + 4 : at + 8]):  # QuickTime ends lists with zeros
            size = len(block.data) - at
        if size < start:
            break
        if size > len(block.data) - at:
            _odd_box(gather, block, at)
        yield block.data[at + 4 : at + 8].decode("latin-1"), block.part(at + start, size - start)
        at += size
    if any(block.data[at:]):
        _odd_box(gather, block, at)


def _odd_box(gather: Gather, block: Block, at: int) -> None:
    where = f"{block.segment.name} at byte {block.segment.offset + at:,}"
    gather.problem(CODE, f"a value in {where} has an impossible size; what follows it is not read")


def read_keys(gather: Gather, block: Block) -> list[str]:
    """Names in a `keys` box (QuickTime file format, metadata item keys), which items cite by number."""
    entries = _boxes(gather, block.part(8))
    return [decode(name.data) for _, name in entries]


def read_items(gather: Gather, block: Block, keys: list[str]) -> None:
    """Add the items of an `ilst` box: by number of their key, or by the name of their box."""
    for kind, item in _boxes(gather, block):
        number = int.from_bytes(kind.encode("latin-1"))
        name = keys[number - 1] if 0 < number <= len(keys) else kind
        mean = ""
        for part, value in _boxes(gather, item):
            if kind == _FREE_FORM and part == "mean":
                mean = decode(value.data[4:])
            elif kind == _FREE_FORM and part == "name":
                name = f"{mean}:{decode(value.data[4:])}"
            elif part == "data":
                _add_value(gather, name, value)


def _add_value(gather: Gather, name: str, data: Block) -> None:
    """A `data` box: type of the value, language, value (QuickTime file format, well-known types)."""
    if len(data.data) < 8:  # noqa: PLR2004  # type 4, language 4
        gather.problem(CODE, f"the value of {name} is cut short")
        return
    value = data.part(8)
    for text in _values(int.from_bytes(data.data[:4]) & 0xFFFFFF, value.data):
        gather.add(Space.TAG, name, text, value.data, value.segment)


def _values(kind: int, raw: bytes) -> tuple[str, ...]:
    """A value as text, empty where it is none; two where its byte order cannot be told."""
    return decode_wide(raw) if kind in _UTF16 else (_value(kind, raw),)


def _value(kind: int, raw: bytes) -> str:
    if kind in _UTF8:
        return decode(raw)
    if kind in _SHIFT_JIS:
        return _japanese(raw)
    if kind in _SIGNED | _UNSIGNED and len(raw) <= _MAX_INTEGER:
        return str(int.from_bytes(raw, signed=kind in _SIGNED))
    if layout := _FLOATS.get((kind, len(raw))):
        return str(struct.unpack(layout, raw)[0])
    text = _if_text(raw)
    return text if kind not in _PICTURES or has_words(text) else ""


def _japanese(raw: bytes) -> str:
    """Text in Shift-JIS, unless it is UTF-8 all the same."""
    for coding in ("utf-8", "shift_jis"):
        with suppress(UnicodeDecodeError):
            return raw.decode(coding)
    return decode(raw)


def _if_text(raw: bytes) -> str:
    text = decode(raw)
    return text if is_text(text) else ""


def read_user_data(gather: Gather, name: str, block: Block) -> None:
    """Add a box of `udta`: a list of texts with language, an iTunes value, or a 3GPP text."""
    if block.data[4:8] == b"data":
        for part, value in _boxes(gather, block):
            if part == "data":
                _add_value(gather, name, value)
    elif name.startswith("©"):
        _quicktime_texts(gather, name, block)
    elif name in _THREE_GPP:
        text = block.part(6)  # version and flags 4, language 2 (3GPP TS 26.244, 8.2)
        wide = text.data[:2] in {b"\xfe\xff", b"\xff\xfe"}
        words = text.data.decode("utf-16", "replace").rstrip("\0") if wide else _if_text(text.data)
        gather.add(Space.TAG, name, words, text.data, text.segment)
    elif words := _if_text(block.data):
        gather.add(Space.TAG, name, words, block.data, block.segment)


def _quicktime_texts(gather: Gather, name: str, block: Block) -> None:
    """Texts with their length and language ahead (QuickTime file format, user data text strings)."""
    at = 0
    while at + 4 <= len(block.data):
        gather.count()
        text = block.part(at + 4, int.from_bytes(block.data[at : at + 2]))
        gather.add(Space.TAG, name, decode(text.data), text.data, text.segment)
        at += 4 + len(text.data)


def read_handler(gather: Gather, block: Block) -> None:
    """Add the name of the program part that handles a track (ISO/IEC 14496-12, 8.4.3), if it has one."""
    name = block.part(24)
    if name.data[:1] and name.data[0] == len(name.data.rstrip(b"\0")) - 1:  # QuickTime: its length ahead
        name = name.part(1)
    name = name.part(0, len(name.data.rstrip(b"\0")))
    if name.data:
        gather.add_text(Space.TAG, "handler_name", name)


def read_matroska(gather: Gather, segments: "tuple[Segment, ...]") -> None:
    """Add the simple tags by their names, and what the file says of the programs that made it.

    A tag may repeat its name and its value, and give the value first.
    """
    tags: dict[str, _SimpleTag] = {}
    for segment in segments:
        path, _, kind = segment.name.rpartition("/")
        if kind == "SimpleTag":
            _nameless(gather, tags.pop(segment.name, None))
            tags[segment.name] = _SimpleTag()
        elif kind in _MATROSKA:
            gather.add_text(Space.TAG, kind, gather.read(segment))
        elif kind in {"TagName", "TagString", "TagBinary"} and path in tags:
            _add_part(gather, tags[path], kind, gather.read(segment))
    for tag in tags.values():
        _nameless(gather, tag)


def _add_part(gather: Gather, tag: "_SimpleTag", kind: str, part: Block) -> None:
    if kind == "TagName":
        names, values = [decode(part.data)], tag.values
        tag.names += names
    else:
        text = decode(part.data) if kind == "TagString" else _if_text(part.data)
        names, values = tag.names, [(text, part)]
        tag.values += values
    for name in names:
        for text, value in values:
            gather.add(Space.TAG, name, text, value.data, value.segment)


def _nameless(gather: Gather, tag: "_SimpleTag | None") -> None:
    if tag and tag.values and not tag.names:
        gather.problem(CODE, "a tag of the Matroska file has a value and no name")


@dataclass(slots=True)
class _SimpleTag:
    """A tag of Matroska while it is read."""

    names: list[str] = field(default_factory=list)
    values: list[tuple[str, Block]] = field(default_factory=list)
