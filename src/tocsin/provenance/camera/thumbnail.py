"""The thumbnail in Exif against the picture: does it show the same?

Who crops or changes a picture may forget the thumbnail, which then shows it as it was before; who copies
metadata from a photograph brings its thumbnail along. Both pictures are made into 32 by 24 cells of
brightness and compared by normalised cross-correlation.
"""

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.errors import Error
from tocsin.media import jpeg
from tocsin.media.identify import identify
from tocsin.media.limits import PictureLimits
from tocsin.provenance.camera.exif import Exif
from tocsin.provenance.model import Absent, Failed, Finding, NotChecked
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import rules

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from tocsin.media.containers.segments import Segment
    from tocsin.provenance.fields import Field
    from tocsin.provenance.model import Place
    from tocsin.provenance.opened import Opened

    Cells = NDArray[np.float64]
    """(24, 32) means of brightness."""

MOST_BYTES: Final = 1 << 20
MOST_PIXELS: Final = 4_000_000
SAME: Final = 0.97
"""Correlation from which on two pictures are the same; the rules say what was measured."""
OTHER: Final = 0.9
"""Correlation below which they are not."""
CELLS: Final = (32, 24)
_FLAT: Final = 3.0
"""Standard deviation of brightness below which there is nothing to compare."""
_SAMPLED: Final = 384
"""Rows or columns of the picture's shorter side that are looked at, or a little more."""
_LONGEST: Final = 32
"""Times that a picture may be as long as it is wide: a strip is nothing that a thumbnail shows."""
_DARK: Final = 24.0
"""Mean brightness of bars, above black for what the JPEG of the thumbnail adds."""
_SHAPE: Final = 0.04
"""Share by which shapes may differ, being rounded to whole pixels or blocks."""
_POINTER: Final = "IFD1:JPEGInterchangeFormat"
_TURNED_BY_DECODERS: Final = frozenset({"heic", "avif"})
"""Their containers say how the picture is turned, and decoders do it."""
_WHAT: Final = "the thumbnail against the picture"


@dataclass(frozen=True, slots=True)
class _Match:
    """How well a thumbnail shows a picture."""

    correlation: float
    turned: bool


def signs(file: "Opened") -> Iterator[Finding]:
    """Whether the thumbnail in Exif shows the picture; nothing for what is no picture."""
    if file.type.kind != "image":
        return
    exif = Exif.of(file.fields)
    field = embedded(exif)
    if field is None:
        if exif.named or file.fields.problems:  # else there is no Exif at all, which is said elsewhere
            yield _nothing(file, exif)
        return
    try:
        thumbnail = _decoded(field.raw)
    except Error as error:
        yield Failed(_pillow(), error.code, f"the thumbnail in Exif cannot be decoded: {error.message}")
        return
    if file.stored is None:
        yield NotChecked(_WHAT, file.why_no_pixels or "the picture was not decoded")
        return
    height, width = file.stored.pixels.shape[:2]
    if max(width, height) > _LONGEST * min(width, height):
        yield NotChecked(_WHAT, f"the picture is a strip of {width:,} by {height:,} pixels")
        return
    yield _compared(file, field.where, thumbnail)


def _pillow() -> str:
    import PIL  # noqa: PLC0415  # only files with a thumbnail need it

    return f"Pillow {PIL.__version__}"


def _nothing(file: "Opened", exif: Exif) -> Finding:
    if exif.first(_POINTER) is not None:
        return Failed(OWN_READER, "provenance.thumbnail", "Exif names a thumbnail that is not where it says")
    if file.fields.problems:
        return NotChecked(_WHAT, f"not all metadata could be read: {file.fields.problems[0].reason}")
    return Absent("a JPEG thumbnail in Exif", OWN_READER)


def embedded(exif: Exif) -> "Field | None":
    """The thumbnail of `exif`, a JPEG by its first bytes; None where there is none."""
    field = exif.first("IFD1:Thumbnail")
    return field if field is not None and field.raw.startswith(b"\xff\xd8") else None


def shape_of(thumbnail: "Field") -> tuple[int, int] | None:
    """Width and height that the thumbnail's own header states."""
    with suppress(Error):  # what is wrong with it is said where it is decoded
        header = jpeg.read_header(thumbnail.raw)
        return header.width, header.height
    return None


def _decoded(data: bytes) -> "Image":
    """The thumbnail in greys. Raises an Error where it is no JPEG, too large or broken."""
    from tocsin.media.pictures import named_errors, open_picture  # noqa: PLC0415  # brings Pillow

    limits = PictureLimits(pixels=MOST_PIXELS, encoded_bytes=MOST_BYTES)
    picture = open_picture(io.BytesIO(data), identify(data[:32]), limits)
    with named_errors():
        return picture.convert("L")


def _compared(file: "Opened", where: "Segment | Place", thumbnail: "Image") -> Finding:
    picture = _sampled(file)
    if not (_varied(_cells(picture)) and _varied(_cells(_without_bars(picture, thumbnail)[0]))):
        return NotChecked(_WHAT, "one of them is of one brightness all over")
    best = _best_match(picture, thumbnail)
    name, found = _verdict(best, turning_counts=file.type.format not in _TURNED_BY_DECODERS)
    found = (
        f"{found} (correlation {best.correlation:.2f}; its size is {thumbnail.width} by {thumbnail.height})."
    )
    return file.item(rules("camera")[name], found, where, file.pixels_place)


def _verdict(best: _Match, *, turning_counts: bool) -> tuple[str, str]:
    """The rule and what is found."""
    if best.correlation < OTHER:
        return "camera.thumbnail.differs", "The thumbnail shows something else than the picture: look at it"
    if best.correlation < SAME:
        return (
            "camera.thumbnail.unclear",
            "The thumbnail is like the picture, but not as like as it should be",
        )
    if best.turned and turning_counts:
        return "camera.thumbnail.turned", "The thumbnail shows the picture turned or mirrored"
    return "camera.thumbnail.same", "The thumbnail shows the picture"


def _sampled(file: "Opened") -> "Image":
    """The picture in greys, every so many rows and columns of it."""
    from PIL import Image  # noqa: PLC0415  # only files with a thumbnail need it

    assert file.stored is not None  # noqa: S101  # seen by `signs`
    pixels = file.stored.pixels
    step = max(1, min(pixels.shape[:2]) // _SAMPLED)
    return Image.fromarray(pixels[::step, ::step]).convert("L")


def _cells(picture: "Image") -> "Cells":
    import numpy as np  # noqa: PLC0415  # as above
    from PIL.Image import Resampling  # noqa: PLC0415  # as above

    return np.asarray(picture.resize(CELLS, Resampling.BOX), np.float64)


def _varied(cells: "Cells") -> bool:
    return float(cells.std()) >= _FLAT


def _best_match(picture: "Image", thumbnail: "Image") -> _Match:
    """As it is; if that is not the same picture, turned and mirrored in the seven other ways."""
    from PIL.Image import Transpose  # noqa: PLC0415  # as above

    straight = _Match(_best(picture, thumbnail), turned=False)
    if straight.correlation >= SAME:
        return straight
    others = (_Match(_best(picture, thumbnail.transpose(way)), turned=True) for way in Transpose)
    turned = max(others, key=lambda match: match.correlation)
    return turned if turned.correlation >= SAME else straight


def _best(picture: "Image", thumbnail: "Image") -> float:
    """Whole against whole, without bars; or, where a thumbnail shows the middle only, against that."""
    bare = _without_bars(picture, thumbnail)
    if len(bare) > 1:
        return max(_correlation(_cells(picture), _cells(one)) for one in bare)
    whole = _correlation(_cells(picture), _cells(thumbnail))
    if whole >= SAME or not _shapes_differ(picture, thumbnail):
        return whole
    middle = picture.crop(_middle(picture, thumbnail.width / thumbnail.height))
    return max(whole, _correlation(_cells(middle), _cells(thumbnail)))


def _shapes_differ(one: "Image", other: "Image") -> bool:
    return abs(one.width * other.height / (one.height * other.width) - 1) > _SHAPE


def _without_bars(picture: "Image", thumbnail: "Image") -> "list[Image]":
    """The thumbnail without the dark bars that fill it up where the picture has another shape.

    Where bars end is rounded somehow, so there are several; only itself where there are no bars.
    """
    if not _shapes_differ(picture, thumbnail):
        return [thumbnail]
    left, top, right, bottom = _middle(thumbnail, picture.width / picture.height)
    # Their last row or column is not looked at, being rounded.
    bars = (
        (0, 0, thumbnail.width, top - 1),
        (0, bottom + 1, thumbnail.width, thumbnail.height),
        (0, 0, left - 1, thumbnail.height),
        (right + 1, 0, thumbnail.width, thumbnail.height),
    )
    there = [bar for bar in bars if bar[0] < bar[2] and bar[1] < bar[3]]
    if not there or max(_mean(thumbnail.crop(bar)) for bar in there) >= _DARK:
        return [thumbnail]
    across, down = bool(left), bool(top)
    return [
        thumbnail.crop(
            (left + first * across, top + first * down, right + last * across, bottom + last * down)
        )
        for first in (0, 1)
        for last in (-1, 0, 1)
    ]


def _middle(picture: "Image", shape: float) -> tuple[int, int, int, int]:
    """The largest box of a shape (width over height) in the middle."""
    width = min(picture.width, max(1, round(picture.height * shape)))
    height = min(picture.height, max(1, round(picture.width / shape)))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return left, top, left + width, top + height


def _mean(picture: "Image") -> float:
    import numpy as np  # noqa: PLC0415  # as above

    return float(np.asarray(picture).mean())


def _correlation(one: "Cells", other: "Cells") -> float:
    """Normalised cross-correlation, -1 to 1; 0 where one is flat."""
    one, other = one - one.mean(), other - other.mean()
    size = float((one * one).sum() * (other * other).sum()) ** 0.5
    return float((one * other).sum()) / size if size else 0.0
