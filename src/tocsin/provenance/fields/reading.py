"""From a file's parts to its fields: which part of which container holds what."""

from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tocsin.media.containers.isobmff import ITEM_IN_EXTENTS
from tocsin.provenance.fields import Fields, Space
from tocsin.provenance.fields.exif import PREFIX as EXIF
from tocsin.provenance.fields.exif import read_exif, read_tiff
from tocsin.provenance.fields.gather import Block, EnoughError, Gather
from tocsin.provenance.fields.iptc import PREFIX as PHOTOSHOP
from tocsin.provenance.fields.iptc import put_together, read_iptc, read_photoshop
from tocsin.provenance.fields.png_text import read_text
from tocsin.provenance.fields.tags import read_handler, read_items, read_keys, read_matroska, read_user_data
from tocsin.provenance.fields.xmp import read_xmp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tocsin.media.containers.segments import Segment
    from tocsin.provenance.opened import Opened

_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION: Final = b"http://ns.adobe.com/xmp/extension/\0"
_GUID_BYTES: Final = 32
_EXTENSION_HEADER: Final = len(_EXTENSION) + _GUID_BYTES + 8
_GIF_XMP: Final = "application/XMP DataXMP"
_UUIDS: Final = {
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): read_xmp,  # XMP specification, part 3, 1.2.7
    bytes.fromhex("4a706754696666457869662d3e4a5032"): read_exif,  # JpgTiffExif->JP2, as Adobe writes it
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): read_iptc,
}
_UUID_BYTES: Final = 16
_BEFORE_XML: Final = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
"""Bytes of byte order marks, and blanks."""


def read(file: "Opened") -> Fields:
    """All fields of `file`."""
    gather = Gather(file)
    segments = file.walk.segments
    if segments:
        with suppress(EnoughError):  # its problem is among the fields' problems
            _READERS[segments[0].container](gather, segments)
    return gather.fields()


def _jpeg(gather: Gather, segments: "tuple[Segment, ...]") -> None:
    extensions: dict[bytes, list[Block]] = {}
    resources: list[Block] = []
    for segment in segments:
        if segment.name == "COM":
            gather.add_text(Space.TEXT, "comment", gather.read(segment))
        if segment.name not in {"APP1", "APP13"}:
            continue
        block = gather.read(segment)
        if block.data.startswith(b"Exif\0"):
            read_exif(gather, block.part(len(EXIF)))
        elif block.data.startswith(_XMP):
            read_xmp(gather, block.part(len(_XMP)))
        elif block.data.startswith(PHOTOSHOP):
            resources.append(block)
        elif block.data.startswith(_EXTENSION):
            guid = block.data[len(_EXTENSION) : len(_EXTENSION) + _GUID_BYTES]
            extensions.setdefault(guid, []).append(block)
    for block in put_together(resources):
        read_photoshop(gather, block)
    for parts in extensions.values():
        _extended_xmp(gather, parts)


def _extended_xmp(gather: Gather, parts: list[Block]) -> None:
    """Put together a packet too large for one segment (XMP specification, part 3, 1.1.3.1)."""
    at = len(_EXTENSION) + _GUID_BYTES
    promised = int.from_bytes(parts[0].data[at : at + 4])
    parts = sorted(parts, key=lambda part: part.data[at + 4 : at + 8])
    joined: list[bytes] = []
    size = 0
    for part in parts:
        if int.from_bytes(part.data[at + 4 : at + 8]) == size:
            joined.append(part.data[_EXTENSION_HEADER:])
            size += len(joined[-1])
    packet = b"".join(joined)
    if len(packet) != promised:
        gather.problem("provenance.xmp", "parts of the extended XMP packet are missing")
    read_xmp(gather, Block(packet, parts[0].segment, exact=False))


def _png(gather: Gather, segments: "tuple[Segment, ...]") -> None:
    for segment in segments:
        if segment.name in {"tEXt", "zTXt", "iTXt"}:
            read_text(gather, segment)
        elif segment.name == "eXIf":
            read_exif(gather, gather.read(segment))


def _riff(gather: Gather, segments: "tuple[Segment, ...]") -> None:
    for segment in segments:
        if segment.name == "EXIF":
            read_exif(gather, gather.read(segment))
        elif segment.name in {"XMP ", "_PMX"}:  # the latter in AVI
            read_xmp(gather, gather.read(segment))
        elif segment.name.startswith("LIST/INFO/"):
            gather.add_text(Space.TAG, segment.name.removeprefix("LIST/INFO/"), gather.read(segment))


def _gif(gather: Gather, segments: "tuple[Segment, ...]") -> None:
    for segment in segments:
        if segment.name == "comment":
            gather.add_text(Space.TEXT, "comment", _joined(gather, gather.read(segment)))
        elif segment.name == _GIF_XMP:
            block = gather.read(segment)
            # The packet is not cut into sub-blocks; 258 bytes behind it lead readers out that think it is.
            end = block.data.rfind(b"\x01\xff\xfe")
            read_xmp(gather, block.part(0, end if end >= 0 else None))


def _joined(gather: Gather, block: Block) -> Block:
    """The data of sub-blocks; with their own place where there is only one."""
    parts, at = [], 0
    while at < len(block.data) and block.data[at]:
        gather.count()
        parts.append(block.data[at + 1 : at + 1 + block.data[at]])
        at += 1 + block.data[at]
    if len(parts) == 1:
        return block.part(1, len(parts[0]))
    return Block(b"".join(parts), block.segment, exact=False)


def _tiff(gather: Gather, segments: "tuple[Segment, ...]") -> None:
    for segment in segments:
        if segment.name == "TIFF":
            read_tiff(gather, segment)
        elif segment.name == "XMP":
            read_xmp(gather, gather.read(segment))
        elif segment.name == "IPTC":
            read_iptc(gather, gather.read(segment))
        elif segment.name == "Photoshop":
            read_photoshop(gather, gather.read(segment))


def _isobmff(gather: Gather, segments: "tuple[Segment, ...]") -> None:
    keys: dict[str, list[str]] = {}
    for extents in _by_item(segments):
        segment = extents[0]
        kind = segment.name.rpartition("/")[2]
        if kind == "uuid":
            _uuid(gather, segment)
        elif kind == "Exif":  # of JPEG XL, or an item
            read_exif(gather, _all_of(gather, extents))
        elif kind in {"XMP_", "xml ", "mime"}:
            _xmp_or_other(gather, _all_of(gather, extents))
        elif kind == "brob":
            _compressed(gather, segment)
        else:
            _film_tags(gather, segment, keys)


def _by_item(segments: "tuple[Segment, ...]") -> "Iterator[list[Segment]]":
    """Each part by itself, but the extents of one item together."""
    for name, parts in groupby(segments, key=lambda one: one.name):
        if name.startswith(ITEM_IN_EXTENTS):
            yield list(parts)
        else:
            yield from ([part] for part in parts)


def _all_of(gather: Gather, extents: "list[Segment]") -> Block:
    return Block.joined([gather.read(extent) for extent in extents])


def _compressed(gather: Gather, segment: "Segment") -> None:
    kind = gather.file.read(segment, 4)  # of the box that is compressed (ISO/IEC 18181-2)
    if kind in {b"Exif", b"xml ", b"jumb"}:
        reason = f"a box of type {kind.decode().strip()} is compressed with Brotli, which is not read"
        gather.problem("provenance.compressed_metadata", reason)


def _film_tags(gather: Gather, segment: "Segment", keys: dict[str, list[str]]) -> None:
    """What tags of films stand in; `keys` are the lists of keys met, by the path of the box they are in."""
    path, _, kind = segment.name.rpartition("/")
    if kind == "keys":
        keys[path] = read_keys(gather, gather.read(segment))
    elif kind == "ilst":
        read_items(gather, gather.read(segment), keys.get(path, []))
    elif path.endswith("udta") and kind != "meta":
        read_user_data(gather, kind, gather.read(segment))
    elif path.endswith("mdia") and kind == "hdlr":
        read_handler(gather, gather.read(segment))


def _uuid(gather: Gather, segment: "Segment") -> None:
    reader = _UUIDS.get(gather.file.read(segment, _UUID_BYTES))
    if reader:
        reader(gather, gather.read(segment).part(_UUID_BYTES))


def _xmp_or_other(gather: Gather, block: Block) -> None:
    """These may be XML of other kinds, or of any media type; only XMP, in any coding, is looked for."""
    if block.data.lstrip(_BEFORE_XML).startswith(b"<"):
        read_xmp(gather, block, sure=False)


_READERS: "Final[dict[str, Callable[[Gather, tuple[Segment, ...]], None]]]" = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _riff,
    "avi": _riff,
    "gif": _gif,
    "tiff": _tiff,
    "isobmff": _isobmff,
    "jxl": _isobmff,
    "matroska": read_matroska,
}
