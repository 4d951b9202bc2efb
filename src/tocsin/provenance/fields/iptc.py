"""IPTC's information interchange model, in Photoshop's resources or bare (IIM 4.2, section 3)."""

from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Space
from tocsin.provenance.fields.gather import Block, Gather, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "provenance.iptc"
PREFIX: Final = b"Photoshop 3.0\0"
_SIGNATURES: Final = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
"""Of resources: Photoshop's, ImageReady's, PhotoDeluxe's, two more (as ExifTool lists them)."""
_IPTC: Final = 0x0404
_EXTENDED: Final = 0x8000


def read_photoshop(gather: Gather, block: Block) -> None:
    """Add the IPTC fields among Photoshop's resources (Adobe Photoshop file formats, image resources)."""
    start = len(PREFIX) if block.data.startswith(PREFIX) else 0
    if block.data.startswith(b"\x1c", start):
        read_iptc(gather, block.part(start))
        return
    for number, resource in _resources(gather, block, start):
        if number == _IPTC:
            read_iptc(gather, resource)


def put_together(parts: list[Block]) -> "Iterator[Block]":
    """Photoshop's blocks of a JPEG: a resource that does not fit into one goes on in the next.

    A part that looks whole by itself comes by itself as well, since others read it so.
    """
    group: list[Block] = []
    data, at = bytearray(), 0
    for part in parts:
        content = part.part(len(PREFIX))
        if group and content.data.startswith(_SIGNATURES):
            yield content
        group.append(content)
        data += content.data
        at, more = _whole_resources(data, at)
        if not more:
            yield Block.joined(group)
            group, data, at = [], bytearray(), 0
    if group:
        yield Block.joined(group)


def _whole_resources(data: bytearray, at: int) -> tuple[int, bool]:
    """Where the last resource that is all there ends, and whether the next one has only begun."""
    while data.startswith(_SIGNATURES, at):
        _, start, size = _header(data, at)
        if start + size > len(data):
            return at, True
        at = min(start + size + size % 2, len(data))  # the last one may lack its padding
    rest = bytes(data[at : at + 4])
    return at, 0 < len(rest) < 4 and any(one.startswith(rest) for one in _SIGNATURES)  # noqa: PLR2004  # a signature


def _header(data: bytes | bytearray, at: int) -> tuple[int, int, int]:
    """Number of the resource at `at`, where its data begin, and their size."""
    number = int.from_bytes(data[at + 4 : at + 6])
    name = data[at + 6] if at + 6 < len(data) else 0
    at += 6 + name + 1 + (name + 1) % 2
    return number, at + 4, int.from_bytes(data[at : at + 4])


def _resources(gather: Gather, block: Block, at: int) -> "Iterator[tuple[int, Block]]":
    data = block.data
    while data.startswith(_SIGNATURES, at):
        gather.count()
        number, start, size = _header(data, at)
        if start + size > len(data):
            gather.problem(CODE, f"a resource of Photoshop in {block.segment.name} is cut short")
        yield number, block.part(start, size)
        at = start + size + size % 2
    if any(data[at:]):
        gather.problem(CODE, f"Photoshop's resources in {block.segment.name} go on with something else")


def read_iptc(gather: Gather, block: Block) -> None:
    """Add the fields of a sequence of data sets."""
    data, at = block.data, 0
    while data.startswith(b"\x1c", at) and len(data) >= at + 5:
        gather.count()
        record, number, size = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5])
        at += 5
        if size & _EXTENDED:
            width = min(size & ~_EXTENDED, 8)
            size = int.from_bytes(data[at : at + width])
            at += width
        part = block.part(at, size)
        if len(part.data) < size:
            gather.problem(CODE, f"the IPTC data set {record}:{number} is cut short")
        gather.add(Space.IPTC, f"{record}:{number}", decode(part.data), part.data, part.segment)
        at += size
    if any(data[at:]):
        gather.problem(CODE, f"the IPTC block in {block.segment.name} goes on with something else")
