"""The picture as it is stored, handed over by the decode that makes the views."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures_by_code import encoded, pixels, scene
from PIL import Image

from tocsin.media.views import views
from tocsin.simulators import encoders

Given = tuple[NDArray[np.uint8], bool]
EXIF_ORIENTATION = 0x0112


def stored(data: bytes) -> Given:
    given: list[Given] = []
    shown = [view.pixels for view in views(data, stored=lambda pixels, exact: given.append((pixels, exact)))]
    assert [each.tolist() for each in shown] == [view.pixels.tolist() for view in views(data)]
    (only,) = given
    assert only[0].dtype == np.uint8
    assert only[0].flags.c_contiguous
    return only


def clear() -> Image.Image:
    """A picture of which the least bits of the alpha channel say something."""
    alpha = np.random.default_rng(1).integers(254, 256, (96, 128), dtype=np.uint8)
    return Image.fromarray(np.dstack([pixels(scene()), alpha]))


LOSSLESS: dict[str, Callable[[Image.Image], bytes]] = {
    "png": lambda p: encoded(p, "PNG"),
    "webp": lambda p: encoded(p, "WEBP", lossless=True, exact=True),
    "tiff": lambda p: encoded(p, "TIFF"),
    "lzw tiff": lambda p: encoded(p, "TIFF", compression="tiff_lzw"),
    "bmp": lambda p: encoded(p, "BMP"),
}


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("picture", [scene(), clear()], ids=["RGB", "RGBA"])
def test_lossless_files_give_their_very_values(name: str, picture: Image.Image) -> None:
    given, exact = stored(LOSSLESS[name](picture))
    assert exact
    whole = np.asarray(picture)
    # Of 32-bit BMP files with a short header, readers take the fourth byte for padding.
    assert np.array_equal(given, whole[:, :, :3] if name == "bmp" else whole)


@pytest.mark.parametrize("turn", [1, 6])
@pytest.mark.parametrize("options", [{}, {"arithmetic": False, "progressive": True}])
def test_a_jpeg_is_given_before_it_is_turned(turn: int, options: dict[str, bool]) -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = turn
    data = encoded(scene(), "JPEG", exif=exif, **options)
    given, exact = stored(data)
    assert exact
    assert np.array_equal(given, np.asarray(Image.open(io.BytesIO(data))))


def test_a_png_is_given_before_it_is_turned() -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    given, exact = stored(encoded(scene(), "PNG", exif=exif))
    assert exact
    assert np.array_equal(given, pixels(scene()))


CONVERTED: dict[str, tuple[Callable[[Image.Image], bytes], tuple[int, ...]]] = {
    "palette png": (encoders.png_palette, (96, 128, 3)),
    "bilevel png": (encoders.png_bilevel, (96, 128)),
    "16-bit grey png": (encoders.png_grey16, (96, 128)),
    "16-bit png": (encoders.png_rgb16, (96, 128, 3)),
    "4-bit grey png": (lambda p: encoded(p.convert("L").quantize(16), "PNG", bits=4), (96, 128, 3)),
    "grey and alpha png": (lambda p: encoded(p.convert("LA"), "PNG"), (96, 128, 4)),
    "gif": (encoders.gif, (96, 128, 3)),
    "cmyk jpeg": (encoders.jpeg_cmyk, (96, 128, 3)),
    "avif": (encoders.avif, (96, 128, 3)),
}


@pytest.mark.parametrize("name", CONVERTED)
def test_converted_pictures_are_given_but_not_as_the_files_values(name: str) -> None:
    make, shape = CONVERTED[name]
    given, exact = stored(make(scene()))
    assert not exact
    assert given.shape == shape


def test_only_the_first_frame_is_given() -> None:
    frames = [scene(seed=number) for number in range(3)]
    given, _ = stored(encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    assert np.array_equal(given, pixels(frames[0]))


def test_every_transparency_of_every_level_is_rounded_to_the_nearest() -> None:
    level, alpha = np.mgrid[0:256, 0:256]
    clear = np.dstack([level, level, level, alpha]).astype(np.uint8)
    shown = {view.name: view.pixels for view in views(encoders.png(Image.fromarray(clear)))}
    exact = (level * alpha + 255 * (255 - alpha)) / 255
    assert np.abs(shown["on-white"] - exact[:, :, None]).max() <= 0.5
    assert np.array_equal(shown["planes"], clear[:, :, :3])
