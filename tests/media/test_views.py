"""Every format, colour mode and orientation of a picture decodes to what a viewer would show."""

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures_by_code import difference, encoded, file_of, pixels, scene
from PIL import Image, ImageOps

from tocsin.media.errors import (
    CorruptError,
    DamagedError,
    EmptyError,
    MediaError,
    TooLargeError,
    TooManyFramesError,
    TooManyPixelsError,
    TruncatedError,
    UnsupportedError,
)
from tocsin.media.limits import PictureLimits
from tocsin.media.views import View, decode_upright, views

if TYPE_CHECKING:
    from collections.abc import Callable

EXIF_ORIENTATION = 0x0112


def by_name(data: bytes, limits: PictureLimits | None = None) -> dict[str, NDArray[np.uint8]]:
    found = {view.name: view.pixels for view in views(data, limits or PictureLimits())}
    assert all(each.flags.c_contiguous and each.dtype == np.uint8 for each in found.values())
    return found


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    return exif


def sixteen_bits(picture: Image.Image) -> Image.Image:
    grey = np.asarray(picture.convert("L")).astype(np.uint16)
    return Image.fromarray(grey * 257)


def lab(picture: Image.Image) -> Image.Image:
    from PIL import ImageCms  # noqa: PLC0415  # loads LittleCMS, for one case only

    turn = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    converted = ImageCms.applyTransform(picture, turn)
    assert converted is not None
    return converted


COLOUR = {
    "jpeg": lambda p: encoded(p, "JPEG", quality=92),
    "progressive jpeg": lambda p: encoded(p, "JPEG", quality=92, progressive=True),
    "cmyk jpeg": lambda p: encoded(p.convert("CMYK"), "JPEG", quality=92),
    "jpeg without chroma subsampling": lambda p: encoded(p, "JPEG", quality=92, subsampling=0),
    "png": lambda p: encoded(p, "PNG"),
    "opaque alpha png": lambda p: encoded(p.convert("RGBA"), "PNG"),
    "palette png": lambda p: encoded(p.quantize(256), "PNG"),
    "gif": lambda p: encoded(p.quantize(256), "GIF"),
    "webp": lambda p: encoded(p, "WEBP", quality=92),
    "bmp": lambda p: encoded(p, "BMP"),
    "tiff": lambda p: encoded(p, "TIFF"),
    "cmyk tiff": lambda p: encoded(p.convert("CMYK"), "TIFF"),
    "ycbcr tiff": lambda p: encoded(p.convert("YCbCr"), "TIFF"),
    "lab tiff": lambda p: encoded(lab(p), "TIFF"),
    "avif": lambda p: encoded(p, "AVIF", quality=92),
}
GREY = {
    "grey jpeg": lambda p: encoded(p.convert("L"), "JPEG", quality=92),
    "grey png": lambda p: encoded(p.convert("L"), "PNG"),
    "4-bit grey png": lambda p: encoded(p.convert("L").quantize(16), "PNG", bits=4),
    "1-bit png": lambda p: encoded(p.convert("1"), "PNG"),
    "16-bit png": lambda p: encoded(sixteen_bits(p), "PNG"),
    "16-bit tiff": lambda p: encoded(sixteen_bits(p), "TIFF"),
    "float tiff": lambda p: encoded(Image.fromarray(np.asarray(p.convert("F")) / np.float32(255)), "TIFF"),
    "float tiff in 8-bit values": lambda p: encoded(p.convert("F"), "TIFF"),
    "32-bit tiff": lambda p: encoded(Image.fromarray(np.asarray(p.convert("I")) * 257), "TIFF"),
    "grey and alpha png": lambda p: encoded(p.convert("LA"), "PNG"),
}


@pytest.mark.parametrize("name", COLOUR)
def test_every_colour_mode_looks_like_the_original(name: str) -> None:
    make: Callable[[Image.Image], bytes] = COLOUR[name]
    found = by_name(make(scene()))
    assert list(found) == ["picture"]
    assert difference(found["picture"], pixels(scene())) < 6


@pytest.mark.parametrize("name", GREY)
def test_every_grey_mode_looks_like_the_original(name: str) -> None:
    make: Callable[[Image.Image], bytes] = GREY[name]
    found = by_name(make(scene()))
    assert list(found) == ["picture"]
    expected = scene().convert("L")
    if name == "1-bit png":  # dithered, so only averages can be compared
        seen = Image.fromarray(found["picture"]).convert("L")
        assert difference(pixels(seen.resize((20, 15))), pixels(expected.resize((20, 15)))) < 12
    else:
        assert difference(found["picture"], pixels(expected)) < 6


def test_heic_looks_like_the_original_upright() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    stored = scene().transpose(Image.Transpose.ROTATE_90)
    pillow_heif.from_pillow(stored).save(out, quality=92, exif=turned(6).tobytes())
    assert difference(by_name(out.getvalue())["picture"], pixels(scene())) < 6


def test_jpeg_xl_looks_like_the_original_upright() -> None:
    pytest.importorskip("pillow_jxl")
    stored = scene().transpose(Image.Transpose.ROTATE_90)
    plain = by_name(encoded(scene(), "JXL", quality=92))["picture"]
    assert difference(plain, pixels(scene())) < 6
    rotated = by_name(encoded(stored, "JXL", quality=92, exif=turned(6).tobytes()))["picture"]
    assert rotated.shape in {(96, 128, 3), (128, 96, 3)}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(form: str, orientation: int) -> None:
    data = encoded(scene(), form, exif=turned(orientation), quality=95)
    found = by_name(data)["picture"]
    with Image.open(io.BytesIO(data)) as image:
        expected = pixels(ImageOps.exif_transpose(image))
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_pixels_are_pillows_bit_for_bit(quality: int, subsampling: int, progressive: bool) -> None:  # noqa: FBT001  # parametrized
    picture = scene(77, 91)
    data = encoded(picture, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(decode_upright(data), pixels(image))


def test_grey_jpeg_pixels_are_pillows_bit_for_bit() -> None:
    data = encoded(scene().convert("L"), "JPEG")
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(decode_upright(data), np.asarray(image))


def test_transparency_gives_what_is_seen_on_white_and_the_bare_planes() -> None:
    picture = scene().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    found = by_name(encoded(picture, "PNG"))
    assert list(found) == ["on-white", "borderless", "planes"]  # its upper edge has faded to white
    white = Image.new("RGBA", picture.size, "white")
    assert difference(found["on-white"], pixels(Image.alpha_composite(white, picture))) < 0.6
    assert np.array_equal(found["planes"], pixels(scene()))


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_a_transparent_palette_colour_is_white_on_white(form: str) -> None:
    picture = scene().quantize(64)
    index = picture.getpixel((5, 5))
    found = by_name(encoded(picture, form, transparency=index))
    assert found["on-white"][5, 5].tolist() == [255, 255, 255]
    assert difference(found["planes"], pixels(picture)) < 1


def test_an_animation_gives_its_first_and_eight_evenly_spaced_frames() -> None:
    frames = [scene(seed=number) for number in range(25)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    found = by_name(data)
    expected = [3, 6, 9, 12, 15, 18, 21, 24]
    assert list(found) == ["picture", *(f"frame-{number}" for number in expected)]
    for number in expected:
        assert difference(found[f"frame-{number}"], pixels(frames[number])) < 1


@pytest.mark.parametrize("form", ["GIF", "PNG", "TIFF", "WEBP", "AVIF"])
def test_frames_of_every_format_are_seen_and_equal_ones_only_once(form: str) -> None:
    first, second = scene(seed=1), scene(seed=2)
    data = encoded(first, form, save_all=True, append_images=[first, second, second], duration=100)
    found = by_name(data)
    assert found.pop("picture").shape == (96, 128, 3)
    assert found
    assert all(difference(frame, pixels(second)) < 8 for frame in list(found.values())[-1:])
    if form in {"GIF", "PNG", "TIFF"}:
        assert len(found) == 1


@pytest.mark.parametrize("limits", [PictureLimits(frames=5), PictureLimits(walked_pixels=40 * 30 * 5)])
def test_too_many_frames_are_refused_after_the_first_ones_were_seen(limits: PictureLimits) -> None:
    frames = [scene(40, 30, seed=number) for number in range(12)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    seen: list[View] = []
    with pytest.raises(TooManyFramesError, match="12 frames; only the first 5"):
        collect(data, limits, seen)
    assert [view.name for view in seen] == ["picture", "frame-1", "frame-2", "frame-3", "frame-4"]


def collect(data: bytes, limits: PictureLimits, into: list[View]) -> None:
    for view in views(data, limits):
        into.append(view)  # noqa: PERF402  # what came before an error is kept


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_too_many_pixels_are_refused_before_decoding(form: str) -> None:
    with pytest.raises(TooManyPixelsError):
        by_name(file_of(form), PictureLimits(pixels=128 * 96 - 1))


def test_a_pixel_bomb_is_refused_at_its_header() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(TooManyPixelsError, match="50000 by 50000"):
        by_name(bomb)


def test_a_file_too_long_for_its_decoder_is_refused() -> None:
    with pytest.raises(TooLargeError):
        by_name(encoded(scene(), "JPEG"), PictureLimits(encoded_bytes=100))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF", "JXL"])
@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_file_cut_at_any_tenth_is_refused(form: str, tenth: int) -> None:
    pytest.importorskip("pillow_jxl")
    pytest.importorskip("pillow_heif").register_heif_opener()
    data = file_of(form)
    with pytest.raises((TruncatedError, CorruptError)) as caught:
        by_name(data[: len(data) * tenth // 10])
    assert caught.value.advice


def test_a_jpeg_cut_and_closed_again_is_seen_but_called_damaged() -> None:
    data = encoded(scene(), "JPEG")
    seen: list[View] = []
    with pytest.raises(DamagedError):
        collect(data[: len(data) // 2] + b"\xff\xd9", PictureLimits(), seen)
    assert seen[0].name == "picture"


def test_bytes_behind_the_end_of_a_jpeg_are_no_damage() -> None:
    data = encoded(scene(), "JPEG")
    assert np.array_equal(by_name(data + b"trailing bytes" * 50)["picture"], by_name(data)["picture"])


def test_a_jpeg_with_broken_exif_is_still_seen() -> None:
    data = encoded(scene(), "JPEG")
    broken = b"\xff\xe1\x00\x20Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(16)
    assert np.array_equal(by_name(data[:2] + broken + data[2:])["picture"], by_name(data)["picture"])


def test_no_picture_and_no_bytes_are_refused() -> None:
    with pytest.raises(EmptyError):
        by_name(b"")
    with pytest.raises(UnsupportedError, match="text/plain"):
        by_name(b"just words")
    with pytest.raises(UnsupportedError, match="jp2"):
        by_name(encoded(scene(), "JPEG2000"))


def test_noise_behind_a_magic_number_is_refused_by_name() -> None:
    random = np.random.default_rng(3)
    for magic in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"RIFF\x40\1\0\0WEBPVP8 "):
        with pytest.raises(MediaError):
            by_name(magic + random.bytes(2000))
