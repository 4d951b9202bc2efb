"""IPTC's information interchange model, in Photoshop's resources or bare (IIM 4.2, section 3)."""

from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Space
from tocsin.provenance.fields.gather import Block, Gather, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "provenance.iptc"
PREFIX: Final = b"Photoshop 3.0\0"
_IPTC: Final = 0x0404
_EXTENDED: Final = 0x8000


def read_photoshop(gather: Gather, block: Block) -> None:
    """Add the IPTC fields among Photoshop's resources (Adobe Photoshop file formats, image resources)."""
    start = len(PREFIX) if block.data.startswith(PREFIX) else 0
    for number, resource in _resources(gather, block, start):
        if number == _IPTC:
            read_iptc(gather, resource)


def _resources(gather: Gather, block: Block, at: int) -> "Iterator[tuple[int, Block]]":
    data = block.data
    while data.startswith(b"8BIM", at):
        gather.count()
        number = int.from_bytes(data[at + 4 : at + 6])
        name = data[at + 6] if at + 6 < len(data) else 0
        at += 6 + name + 1 + (name + 1) % 2
        size = int.from_bytes(data[at : at + 4])
        at += 4
        if at + size > len(data) and number == _IPTC:
            gather.problem(CODE, f"the IPTC block in {block.segment.name} is cut short")
        yield number, block.part(at, size)
        at += size + size % 2


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
