"""Items of HEIF and AVIF files that hold metadata (ISO/IEC 14496-12, 8.11.3 iloc and 8.11.6 iinf)."""

from typing import TYPE_CHECKING, Final

from tocsin.media.containers.segments import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers._reader import Reader

IN_EXTENTS: Final = "meta/item/extents/"
_METADATA: Final = frozenset({b"Exif", b"mime"})
_MAX_TABLE_BYTES: Final = 1 << 20
_MAX_ITEMS: Final = 65_536
_MAX_EXTENTS: Final = 131_072
_IN_FILE, _IN_IDAT = 0, 1


class _Numbers:
    """Big-endian numbers one after the other; behind the end there are zeros, and `over` is set."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self.over = False

    def take(self, size: int) -> int:
        piece = self._data[self._at : self._at + size]
        self._at += size
        self.over |= len(piece) < size
        return int.from_bytes(piece)

    def kind(self) -> bytes:
        return self.take(4).to_bytes(4)

    def skip_to(self, at: int) -> None:
        self._at = at

    @property
    def at(self) -> int:
        return self._at


def items(
    file: "Reader", iinf: Segment | None, iloc: Segment | None, idat: Segment | None
) -> "Iterator[Segment]":
    """One segment for each extent of the items of type Exif and mime."""
    if iinf is None or iloc is None:
        return
    for segment in (iinf, iloc):
        if segment.length > _MAX_TABLE_BYTES:
            file.note(f"{segment.name} is too large to be read")
            return
    wanted = _kinds(file, _Numbers(file.read(iinf.offset, iinf.length)))
    yield from _locate(file, _Numbers(file.read(iloc.offset, iloc.length)), wanted, idat)


def _kinds(file: "Reader", table: _Numbers) -> dict[int, str]:
    """Types of the metadata items by their number."""
    found: dict[int, str] = {}
    version = table.take(4) >> 24
    for _ in range(min(table.take(4 if version else 2), _MAX_ITEMS)):
        start, size, kind = table.at, table.take(4), table.kind()
        if table.over or kind != b"infe" or size < 12:  # noqa: PLR2004  # box header, version and flags
            file.note("the list of items breaks off")
            break
        version = table.take(4) >> 24
        number = table.take(4 if version > 2 else 2)  # noqa: PLR2004  # versions 0 and 1 have no type
        table.take(2)
        kind = table.kind()
        if version >= 2 and kind in _METADATA:  # noqa: PLR2004  # as above
            found[number] = kind.decode("ascii")
        table.skip_to(start + size)
    return found


def _locate(
    file: "Reader", table: _Numbers, wanted: dict[int, str], idat: Segment | None
) -> "Iterator[Segment]":
    version = table.take(4) >> 24
    sizes = table.take(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    left = _MAX_EXTENTS
    for _ in range(table.take(2 if version < 2 else 4)):  # noqa: PLR2004  # wider from version 2 on
        number = table.take(2 if version < 2 else 4)  # noqa: PLR2004  # as above
        method = table.take(2) & 15 if version else _IN_FILE
        table.take(2)
        base = table.take(base_size)
        extents = table.take(2)
        left -= extents + 1
        if left < 0:
            file.note("the items have too many places")
            return
        kind = wanted.get(number, "")
        name = f"{IN_EXTENTS}{number}/{kind}" if extents > 1 else f"meta/item/{kind}"
        for _ in range(extents):
            table.take(index_size if version else 0)
            start, length = base + table.take(offset_size), table.take(length_size)
            if table.over:
                file.note("the places of items break off")
                return
            if number in wanted and (segment := _extent(file, name, method, idat, start, length)):
                yield segment


def _extent(  # noqa: PLR0913, PLR0917  # the columns of the table
    file: "Reader", name: str, method: int, idat: Segment | None, start: int, length: int
) -> Segment | None:
    if method == _IN_FILE:
        return file.segment(name, start, start + length if length else file.size)
    if method == _IN_IDAT and idat is not None:
        part = idat.part(start, length or idat.length)
        return Segment(part.container, name, part.offset, part.length)
    file.note(f"the place of {name} is given in a way that is not followed")
    return None
