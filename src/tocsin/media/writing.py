"""Writing the files that are delivered, from bare samples and nothing else: no metadata, no foreign byte."""

import struct
import zlib
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY_8_BIT: Final = (8, 0, 0, 0, 0)  # depth, colour type, compression, filter, interlace: PNG 11.2.1
_QUALITY: Final = 92


def grey_png(width: int, height: int, samples: bytes) -> bytes:
    """A PNG of 8-bit grey samples, row by row."""
    rows = b"".join(b"\0" + samples[at : at + width] for at in range(0, width * height, width))
    header = struct.pack(">2I5B", width, height, *_GREY_8_BIT)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks)


def colour_jpeg(width: int, height: int, samples: bytes) -> bytes:
    """A JPEG of 8-bit RGB samples, row by row; colours keep their full resolution."""
    import numpy as np  # noqa: PLC0415  # only where originals are revealed
    import simplejpeg  # noqa: PLC0415  # as above

    pixels = np.frombuffer(samples, np.uint8).reshape(height, width, 3)
    encoded: bytes = simplejpeg.encode_jpeg(pixels, _QUALITY, "RGB", "444", fastdct=False)
    return encoded


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
