"""Tags of films: iTunes's and QuickTime's lists in MP4 and MOV, Matroska's simple tags, AVI's INFO list."""

import struct
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Space
from tocsin.provenance.fields.gather import Block, Gather, decode, is_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers.segments import Segment

CODE: Final = "provenance.tags"
_UTF8, _UTF16 = frozenset({1, 4}), frozenset({2, 5})
_SIGNED, _UNSIGNED = frozenset({21, 65, 66, 67, 74}), frozenset({22, 75, 76, 77, 78})
_FLOATS: Final = {(23, 4): ">f", (24, 8): ">d"}
_MAX_INTEGER: Final = 8
_THREE_GPP: Final = frozenset({"titl", "dscp", "cprt", "perf", "auth", "gnre", "albm"})
_MATROSKA: Final = frozenset({"MuxingApp", "WritingApp", "Title"})
_FREE_FORM: Final = "----"


def _boxes(gather: Gather, block: Block) -> "Iterator[tuple[str, Block]]":
    """Boxes in a block; the first that is none ends them."""
    at = 0
    while len(block.data) - at >= 8:  # noqa: PLR2004  # size 4, type 4
        gather.count()
        size = int.from_bytes(block.data[at : at + 4])
        if size < 8:  # noqa: PLR2004  # as above
            return
        yield block.data[at + 4 : at + 8].decode("latin-1"), block.part(at + 8, size - 8)
        at += size


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
    text = _value(int.from_bytes(data.data[:4]) & 0xFFFFFF, value.data)
    gather.add(Space.TAG, name, text, value.data, value.segment)


def _value(kind: int, raw: bytes) -> str:
    if kind in _UTF8:
        return decode(raw)
    if kind in _UTF16:
        return raw.decode("utf-16-be", "replace")
    if kind in _SIGNED | _UNSIGNED and len(raw) <= _MAX_INTEGER:
        return str(int.from_bytes(raw, signed=kind in _SIGNED))
    if layout := _FLOATS.get((kind, len(raw))):
        return str(struct.unpack(layout, raw)[0])
    return "" if kind else _if_text(raw)


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
    """Add the simple tags by their names, and what the file says of the programs that made it."""
    names: dict[str, str] = {}
    values: dict[str, Block] = {}
    for segment in segments:
        path, _, kind = segment.name.rpartition("/")
        if kind == "SimpleTag":
            names.pop(segment.name, None)
            values.pop(segment.name, None)
        elif kind in _MATROSKA:
            gather.add_text(Space.TAG, kind, gather.read(segment))
        elif kind == "TagName":
            names[path] = decode(gather.read(segment).data)
        elif kind in {"TagString", "TagBinary"}:
            values[path] = gather.read(segment)
        if path in names and path in values:
            value = values.pop(path)
            gather.add(Space.TAG, names[path], _if_text(value.data), value.data, value.segment)
