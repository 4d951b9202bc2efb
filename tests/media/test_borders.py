"""Borders are found to the pixel, in lossless and in lossy files, and never where there is none."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures_by_code import difference, encoded, pixels, scene
from PIL import Image

from tocsin.media.borders import without_borders
from tocsin.media.views import decode_upright, views


def framed(
    picture: Image.Image, sides: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> Image.Image:
    """`picture` with a border of these widths: left, top, right, bottom."""
    left, top, right, bottom = sides
    canvas = Image.new("RGB", (picture.width + left + right, picture.height + top + bottom), colour)
    canvas.paste(picture, (left, top))
    return canvas


def inner(picture: Image.Image) -> list[NDArray[np.uint8]]:
    return list(without_borders(pixels(picture)))


@pytest.mark.parametrize(
    "sides", [(0, 40, 0, 40), (37, 0, 41, 0), (20, 31, 25, 40), (0, 50, 0, 0), (0, 0, 0, 23), (18, 0, 0, 0)]
)
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (40, 90, 160)])
def test_the_border_is_cut_to_the_pixel(
    sides: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> None:
    found = inner(framed(scene(), sides, colour))
    assert np.array_equal(found[0], pixels(scene()))
    assert found[0].flags.c_contiguous


@pytest.mark.parametrize("quality", [60, 75, 90])
def test_a_letterboxed_screenshot_saved_as_jpeg_gives_the_picture_back(quality: int) -> None:
    picture = scene(640, 360)
    data = encoded(framed(picture, (0, 133, 0, 141), (0, 0, 0)), "JPEG", quality=quality)
    found = {view.name: view.pixels for view in views(data)}["borderless"]
    assert abs(found.shape[0] - 360) <= 4
    assert found.shape[1] == 640
    resized = Image.fromarray(found).resize(picture.size)
    assert difference(pixels(resized), pixels(picture)) < 8


def test_a_frame_of_two_colours_comes_off_in_layers() -> None:
    once = framed(scene(), (30, 30, 30, 30), (10, 200, 10))
    twice = framed(once, (0, 60, 0, 60), (0, 0, 0))
    first, second = inner(twice)
    assert np.array_equal(first, pixels(once))
    assert np.array_equal(second, pixels(scene()))


def test_a_grey_picture_loses_its_border_too() -> None:
    grey = framed(scene(), (0, 40, 0, 40), (0, 0, 0)).convert("L")
    (found,) = without_borders(np.asarray(grey))
    assert np.array_equal(found, np.asarray(scene().convert("L")))


def test_pictures_without_a_border_or_of_nothing_else_are_left_alone() -> None:
    assert inner(scene()) == []
    assert inner(Image.new("RGB", (200, 200), "white")) == []
    assert (
        inner(framed(Image.effect_noise((20, 20), 90).convert("RGB"), (200, 200, 200, 200), (9, 9, 9))) == []
    )
    assert inner(framed(scene(1000, 100), (2, 0, 2, 0), (9, 9, 9))) == []


def test_a_picture_of_one_pixel_is_no_trouble() -> None:
    assert inner(Image.new("RGB", (1, 1))) == []
    assert decode_upright(encoded(Image.new("RGB", (1, 1)), "PNG")).shape == (1, 1, 3)
