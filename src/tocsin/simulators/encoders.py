"""Pictures as files, one function per format and colour mode a sender may choose."""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

EXIF_ORIENTATION: Final = 0x0112
"""The EXIF tag that says how a viewer has to turn the stored picture (Exif 3.0, 4.6.5)."""
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
FRAME_MILLISECONDS: Final = 200


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The file Pillow writes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    """A JPEG file, chroma subsampled 4:2:0 as nearly all are."""
    return _saved(image.convert("RGB"), "JPEG", quality=quality, subsampling="4:2:0")


def jpeg_grey(image: Image.Image) -> bytes:
    """A JPEG file of one component."""
    return _saved(image.convert("L"), "JPEG", quality=85)


def jpeg_cmyk(image: Image.Image) -> bytes:
    """A JPEG file of the four printing inks, stored inverted as Adobe's programs do."""
    return _saved(image.convert("CMYK"), "JPEG", quality=85)


def jpeg_progressive(image: Image.Image) -> bytes:
    """A JPEG file sent in passes of rising detail."""
    return _saved(image.convert("RGB"), "JPEG", quality=85, progressive=True)


def jpeg_tagged(image: Image.Image, orientation: int) -> bytes:
    """A JPEG file stored as given, with an EXIF tag (1 to 8) that tells viewers to turn it."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    return _saved(image.convert("RGB"), "JPEG", quality=90, exif=exif)


def png(image: Image.Image) -> bytes:
    """A PNG file in the image's own mode."""
    return _saved(image, "PNG", compress_level=1)


def png_palette(image: Image.Image) -> bytes:
    """A PNG file of 256 colours chosen for this picture."""
    return _saved(_quantized(image), "PNG", compress_level=1)


def png_bilevel(image: Image.Image) -> bytes:
    """A PNG file of one bit a pixel, dithered (Floyd and Steinberg)."""
    return _saved(image.convert("1"), "PNG")


def png_grey16(image: Image.Image) -> bytes:
    """A PNG file of one 16-bit component."""
    wide = np.asarray(image.convert("L")).astype(np.uint16) * np.uint16(257)
    return _saved(Image.fromarray(wide), "PNG", compress_level=1)


def png_rgb16(image: Image.Image) -> bytes:
    """A PNG file of three 16-bit components, which Pillow reads but cannot write."""
    pixels = np.asarray(image.convert("RGB")).astype(np.uint16) * np.uint16(257)
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + width * 6), np.uint8)  # each row starts with its filter type, 0
    rows[:, 1:] = pixels.astype(">u2").reshape(height, width * 3).view(np.uint8)
    return png_file(width, height, depth=16, colour_type=2, rows=rows.tobytes())


def png_file(width: int, height: int, *, depth: int, colour_type: int, rows: bytes) -> bytes:
    """A PNG file put together by hand (PNG, third edition, 5 and 11); `rows` are filtered scan lines."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return PNG_SIGNATURE + b"".join(_png_chunk(name, body) for name, body in chunks)


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def gif(image: Image.Image) -> bytes:
    """A GIF file of one frame."""
    return _saved(_quantized(image), "GIF")


def gif_animated(frames: Sequence[Image.Image]) -> bytes:
    """A GIF file of several frames."""
    first, *rest = (_quantized(frame) for frame in frames)
    return _saved(first, "GIF", save_all=True, append_images=rest, duration=FRAME_MILLISECONDS, loop=0)


def webp(image: Image.Image) -> bytes:
    """A WebP file, lossy."""
    return _saved(image.convert("RGB"), "WEBP", quality=75, method=1)


def webp_animated(frames: Sequence[Image.Image]) -> bytes:
    """A WebP file of several frames."""
    first, *rest = frames
    return _saved(
        first, "WEBP", save_all=True, append_images=rest, duration=FRAME_MILLISECONDS, quality=75, method=0
    )


def bmp(image: Image.Image) -> bytes:
    """A BMP file of 24 bits a pixel."""
    return _saved(image.convert("RGB"), "BMP")


def tiff(image: Image.Image) -> bytes:
    """A TIFF file, packed with LZW."""
    return _saved(image.convert("RGB"), "TIFF", compression="tiff_lzw")


def avif(image: Image.Image) -> bytes:
    """An AVIF file."""
    return _saved(image.convert("RGB"), "AVIF", quality=70, speed=10)


def heic(image: Image.Image) -> bytes:
    """A HEIC file, as phones write."""
    import pillow_heif  # noqa: PLC0415 - an encoder of 10 MB that only this format needs

    buffer = io.BytesIO()
    pillow_heif.from_pillow(image.convert("RGB")).save(buffer, quality=70, enc_params={"preset": "ultrafast"})
    return buffer.getvalue()


def jxl(image: Image.Image) -> bytes:
    """A JPEG XL file; needs the optional plug-in.

    Raises:
        ImportError: the plug-in is not installed.
    """
    import pillow_jxl  # noqa: F401, PLC0415 - an optional plug-in; importing it teaches Pillow the format

    return _saved(image.convert("RGB"), "JXL", quality=75, effort=3)


def hidden_under_alpha(planes: NDArray[np.uint8]) -> bytes:
    """An RGBA PNG file that shows nothing while its colour planes hold the picture [height, width, 3]."""
    clear = np.zeros((*planes.shape[:2], 1), np.uint8)
    return png(Image.fromarray(np.concatenate([planes, clear], axis=2)))


def white_to_alpha(visible: NDArray[np.uint8]) -> bytes:
    """An RGBA PNG file that looks like `visible` [height, width, 3] on white while its planes differ.

    As paint programs' "colour to alpha" makes it: each pixel as transparent as it can be over white.
    """
    ink = 255 - visible.astype(np.float32)
    alpha = ink.max(axis=2, keepdims=True)
    colour = 255 - 255 * ink / np.maximum(alpha, 1)
    rgba = np.concatenate([colour, alpha], axis=2)
    return png(Image.fromarray((rgba + np.float32(0.5)).astype(np.uint8)))


def _quantized(image: Image.Image) -> Image.Image:
    """The picture in 256 colours of its own."""
    return image.convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE)
