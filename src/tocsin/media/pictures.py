"""Opening a picture with exactly the decoder its first bytes call for, and naming what goes wrong.

Pillow's plug-ins are used directly: `Image.open` would try any format it knows on any bytes, and knows many
that nobody exchanges. Limits are checked on the size in the header, before pixels are decoded.
"""

import io
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from tocsin.errors import Error
from tocsin.media import jpeg, png
from tocsin.media.errors import (
    CorruptError,
    EmptyError,
    OutOfMemoryError,
    TooLargeError,
    TooManyPixelsError,
    TruncatedError,
    UnsupportedError,
)
from tocsin.media.headers import stated_size
from tocsin.media.identify import HEAD_BYTES, FileType, identify
from tocsin.media.limits import PictureLimits

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

    from tocsin.media.pixels import Pixels, TakeStored

_ORIENTATION = 0x0112
_LARGE_BYTES_PER_PIXEL = 10
"""What decoders of progressive JPEG (2 bytes a coefficient, and the pixels) and JPEG XL hold at least."""
_WHOLE_FILE_FORMATS = frozenset({"jpeg", "webp", "avif", "heic", "jxl"})
_NO_MEMORY = ("memory", "alloc")
_CUT_SHORT = ("truncat", "premature end", "unexpected end", "end of file", "not enough data")


def head_of(source: BinaryIO) -> FileType:
    """What `source` is; it is left at its beginning.

    Raises:
        EmptyError: it has no bytes.
    """
    source.seek(0)
    head = source.read(HEAD_BYTES)
    source.seek(0)
    if not head:
        raise EmptyError
    return identify(head)


@contextmanager
def named_errors() -> Iterator[None]:
    """Turn whatever a decoder raises into the class that says it, keeping the decoder's words."""
    try:
        yield
    except Error:
        raise
    except MemoryError as error:
        raise OutOfMemoryError from error
    except Exception as error:  # decoders raise anything on hostile bytes; all of it is told
        kind, words = type(error).__name__, " ".join(str(error).split())
        if kind.startswith("DecompressionBomb"):
            raise TooManyPixelsError from error
        if any(part in words.lower() for part in _NO_MEMORY):
            message = f"decoding the file needs more memory than a sandbox child may use ({words[:200]})"
            raise OutOfMemoryError(message) from error
        if isinstance(error, EOFError) or any(part in words.lower() for part in _CUT_SHORT):
            message = f"the file ends before its picture does ({words or kind})"
            raise TruncatedError(message) from error
        message = f"the picture cannot be decoded ({kind}: {words[:200]})"
        raise CorruptError(message) from error


@contextmanager
def large_picture_errors(width: int, height: int) -> Iterator[None]:
    """Tell damage from want of memory, which some decoders report in the same words.

    Where a picture of this size would not fit anyway, damage cannot be told, and what is said to be for want
    of memory is tried again another time.
    """
    try:
        yield
    except CorruptError as error:
        try:
            mmap.mmap(-1, width * height * _LARGE_BYTES_PER_PIXEL, mmap.MAP_PRIVATE).close()
        except OSError:  # only address space was asked for, and the limit is on that
            message = (
                f"a picture of {width} by {height} pixels takes more memory than there is ({error.message})"
            )
            raise OutOfMemoryError(message) from error
        raise


def open_picture(source: BinaryIO, file_type: FileType, limits: PictureLimits) -> "ImageFile":
    """The picture in `source`, its header read and its pixels not yet.

    Raises:
        UnsupportedError: there is no decoder for the format.
        TooLargeError, TooManyPixelsError: it passes a limit.
        CorruptError, TruncatedError, OutOfMemoryError: its header cannot be read.
    """
    check_length(source, file_type, limits)
    size = stated_size(source, file_type.format)
    if size is not None:
        check_size(*size, limits)
    with large_picture_errors(*(size or (1, 1))), named_errors():
        image = _plug_in(file_type, source)
    check_size(image.width, image.height, limits)
    return image


def check_length(source: BinaryIO, file_type: FileType, limits: PictureLimits) -> None:
    """Refuse files too long for decoders that hold all of the file in memory, and RIFF files cut short."""
    length = source.seek(0, os.SEEK_END)
    source.seek(0)
    if file_type.format in _WHOLE_FILE_FORMATS and length > limits.encoded_bytes:
        message = f"the {file_type.format} file has {length:,} bytes; the limit is {limits.encoded_bytes:,}"
        raise TooLargeError(message)
    if file_type.format == "webp":
        stated = int.from_bytes(source.read(8)[4:8], "little") + 8
        source.seek(0)
        if stated > length:
            message = f"the file says it has {stated:,} bytes but ends after {length:,}"
            raise TruncatedError(message)


def check_size(width: int, height: int, limits: PictureLimits) -> None:
    """Refuse a picture with too many pixels, or with none."""
    if width <= 0 or height <= 0:
        message = f"the picture says it is {width} by {height} pixels"
        raise CorruptError(message)
    if width * height > limits.pixels:
        message = f"the picture has {width} by {height} pixels; the limit is {limits.pixels:,}"
        raise TooManyPixelsError(message)


def orientation_of(image: "Image") -> int:
    """Exif's orientation, 1 to 8; 1 where there is none or it cannot be read.

    A broken Exif block does not spoil the picture, and viewers ignore it too.
    """
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  # see above; Pillow raises anything on hostile Exif
        return 1
    return value if isinstance(value, int) else 1


def orientation_in(exif: bytes | None) -> int:
    """The same from a JPEG's Exif block."""
    if exif is None:
        return 1
    from PIL.Image import Exif  # noqa: PLC0415  # few JPEGs of the plain kind have Exif

    block = Exif()
    try:
        block.load(exif)
        value = block.get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  # as above
        return 1
    return value if isinstance(value, int) else 1


def jpeg_upright(
    data: bytes, header: jpeg.JpegHeader, limits: PictureLimits, stored: "TakeStored | None" = None
) -> "tuple[Pixels, bool] | tuple[None, bool]":
    """Upright pixels of a JPEG by the short way and True, or None and False if the long way is needed.

    `stored` is given the pixels before they are turned, if there are any.
    """
    check_size(header.width, header.height, limits)
    with named_errors():
        pixels = jpeg.decode_plain(data, header)
    if pixels is None:
        return None, False
    if stored is not None:
        stored(pixels, True)  # noqa: FBT003  # a callback has no keywords
    orientation = orientation_in(header.exif)
    if orientation != 1:
        from tocsin.media.pixels import oriented  # noqa: PLC0415  # upright JPEGs need none of it

        pixels = oriented(pixels, orientation)
    return pixels, True


def _plug_in(file_type: FileType, source: BinaryIO) -> "ImageFile":  # noqa: PLR0911  # a table with lazy imports
    """The decoder for a format; each is imported only when a file of its format comes along."""
    match file_type.format:
        case "jpeg":
            from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415

            return JpegImageFile(source)
        case "png":
            from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415

            return PngImageFile(png.picture_only(source))
        case "gif":
            from PIL.GifImagePlugin import GifImageFile  # noqa: PLC0415

            return GifImageFile(source)
        case "webp":
            from PIL.WebPImagePlugin import WebPImageFile  # noqa: PLC0415

            return WebPImageFile(source)
        case "bmp":
            from PIL.BmpImagePlugin import BmpImageFile  # noqa: PLC0415

            return BmpImageFile(source)
        case "tiff":
            from PIL.TiffImagePlugin import TiffImageFile  # noqa: PLC0415

            return TiffImageFile(source)
        case _:
            return _modern_plug_in(file_type, source)


def _modern_plug_in(file_type: FileType, source: BinaryIO) -> "ImageFile":
    """The decoders that would start threads of their own; the pool of workers already uses every core."""
    match file_type.format:
        case "avif":
            from PIL import AvifImagePlugin  # noqa: PLC0415

            AvifImagePlugin.DEFAULT_MAX_THREADS = 1
            return AvifImagePlugin.AvifImageFile(source)
        case "heic":
            import pillow_heif  # noqa: PLC0415

            pillow_heif.options.DECODE_THREADS = 1
            pillow_heif.options.THUMBNAILS = False
            heif: Callable[[BinaryIO], ImageFile] = pillow_heif.HeifImageFile
            return heif(source)
        case "jxl":
            try:
                from pillow_jxl import JpegXLImagePlugin  # noqa: PLC0415
            except ImportError as error:
                message = "JPEG XL needs the package pillow-jxl-plugin (`pip install 'tocsin[jxl]'`)"
                raise UnsupportedError(message) from error
            JpegXLImagePlugin.DECODE_THREADS = 0
            picture: ImageFile = JpegXLImagePlugin.JXLImageFile(source)
            return picture
        case other:
            message = f"pictures of the format {other} cannot be decoded"
            raise UnsupportedError(message)


def in_memory(source: BinaryIO | bytes) -> BinaryIO:
    """`source` as a file."""
    return io.BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
