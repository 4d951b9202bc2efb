"""Previews keep nothing that could be recognised."""

import io

import numpy as np
import pytest
from pictures_by_code import pixels, scene
from PIL import Image

from tocsin.media.preview import preview


@pytest.mark.parametrize("size", [(640, 480), (3, 500), (1, 1), (2000, 30)])
def test_a_preview_is_small_and_grey(size: tuple[int, int]) -> None:
    with Image.open(
        io.BytesIO(preview(pixels(scene(*size) if min(size) > 40 else Image.new("RGB", size))))
    ) as seen:
        assert seen.mode == "L"
        assert max(seen.size) == 96


def test_a_preview_keeps_nothing_finer_than_its_grid() -> None:
    """A fine pattern and the plain grey of the same mean cannot be told apart."""
    stripes = np.zeros((480, 480), np.uint8)
    stripes[:, 1::2] = 200
    with Image.open(io.BytesIO(preview(stripes))) as seen:
        values = np.asarray(seen)
    assert int(values.max()) - int(values.min()) <= 2
