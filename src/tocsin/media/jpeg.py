"""JPEG by the short way: header markers in Python, pixels by libjpeg-turbo straight into an array.

The long way through Pillow gives the same pixels bit for bit but copies them twice. It is still taken for
whatever is unusual here: four components, 12 bits, lossless, odd subsampling, warnings of the decoder.
Markers follow ITU-T T.81, Annex B; the orientation is tag 274 of Exif 2.32.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.media.errors import CorruptError, TruncatedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SOI, _EOI, _SOS, _APP1, _TEM = 0xD8, 0xD9, 0xDA, 0xE1, 0x01
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # without DHT, JPG and DAC
_PLAIN_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended sequential, progressive: Huffman coded
_STANDALONE = frozenset({_TEM, *range(0xD0, 0xD8)})
_EXIF = b"Exif\0\0"
_MAX_MARKERS = 100_000

# Warnings of libjpeg (jerror.h) after which the picture is whole all the same: bytes between segments, and
# headers that contradict each other in what does not matter. Any other means that a part was made up.
_HARMLESS = ("extraneous bytes", "Invalid SOS parameters", "Unknown Adobe color", "major revision number")


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What the markers before the first scan say."""

    width: int
    height: int
    components: int
    plain: bool
    """8 bits a sample, Huffman coded, baseline, sequential or progressive."""
    exif: bytes | None
    """The first Exif block, from its identifier on."""


def read_header(data: bytes) -> JpegHeader:
    """Walk the markers of `data` up to the first scan.

    Raises:
        CorruptError: the markers do not lead to a frame header and a scan.
        TruncatedError: the data end before the first scan.
    """
    frame: tuple[int, int, int, bool] | None = None
    exif: bytes | None = None
    at = 2
    for _ in range(_MAX_MARKERS):
        at = _next_marker(data, at)
        marker = data[at]
        at += 1
        if marker in _STANDALONE:
            continue
        if marker in {_SOS, _EOI}:
            if frame is None or marker == _EOI:
                message = "the JPEG has no frame header before its first scan"
                raise CorruptError(message)
            return JpegHeader(*frame, exif)
        size = int.from_bytes(data[at : at + 2])
        if marker in _START_OF_FRAME and frame is None:
            frame = _frame(data[at : at + size], marker)
        elif marker == _APP1 and exif is None and data.startswith(_EXIF, at + 2):
            exif = bytes(data[at + 2 : at + size])
        at += size
    message = "the JPEG has too many markers before its first scan"
    raise CorruptError(message)


def _next_marker(data: bytes, at: int) -> int:
    """Where the code of the next marker stands: behind 0xFF, and behind stray bytes as libjpeg has it."""
    while True:
        at = data.find(b"\xff", at) + 1
        if not at or at >= len(data):
            message = "the JPEG ends before its first scan"
            raise TruncatedError(message)
        if data[at] not in {0, 0xFF}:
            return at


def _frame(segment: bytes, marker: int) -> tuple[int, int, int, bool]:
    if len(segment) < 8:  # noqa: PLR2004  # length 2, precision 1, height 2, width 2, components 1
        message = "the JPEG's frame header is cut short"
        raise CorruptError(message)
    height, width = int.from_bytes(segment[3:5]), int.from_bytes(segment[5:7])
    return width, height, segment[7], marker in _PLAIN_FRAMES and segment[2] == 8  # noqa: PLR2004  # bits


def decode_plain(data: bytes, header: JpegHeader, least: int = 0) -> "NDArray[np.uint8] | None":
    """Pixels of a plain JPEG, (h, w, 3) or (h, w); None if it has to be decoded the long way.

    With `least`, as reduced as the decoder can while the longer side keeps that many pixels.
    """
    if not header.plain or header.components not in {1, 3}:
        return None
    import simplejpeg  # noqa: PLC0415  # brings numpy with it; only this format needs it

    grey = header.components == 1
    wide = header.width >= header.height
    reduced = {"min_width" if wide else "min_height": least} if least else {}
    try:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            data, "GRAY" if grey else "RGB", fastdct=False, fastupsample=False, **reduced
        )
    except (ValueError, RuntimeError):  # a warning or an error: the long way tells them apart
        return None
    return pixels[:, :, 0] if grey else pixels


def damage(data: bytes, header: JpegHeader) -> str | None:
    """What libjpeg warned of if a part of the picture is not what the encoder wrote; None if all is well.

    For a JPEG that the short way refused and the long way, which is silent about warnings, accepted.
    """
    if not header.plain or header.components not in {1, 3}:
        return None
    import simplejpeg  # noqa: PLC0415  # as above

    try:
        # An eighth of the size: every coefficient is still read, but little memory is used.
        simplejpeg.decode_jpeg(data, "GRAY", min_height=1, min_width=1, min_factor=8)
    except (ValueError, RuntimeError) as error:
        sentence = str(error)
        unsupported = "upport" in sentence
        return None if unsupported or any(part in sentence for part in _HARMLESS) else sentence
    return None
