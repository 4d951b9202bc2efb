"""The made pictures: the same from the same seed, far apart from different seeds, never featureless."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from tocsin.simulators.pictures import flat, picture

SEEDS = range(16)


def pdq(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """The reference PDQ hash, as 256 bits, and its quality."""
    bits, quality = pytest.importorskip("pdqhash").compute(pixels)
    return bits, quality


def test_a_seed_gives_the_same_picture_every_time() -> None:
    first, second = picture(7, 320, 240), picture(7, 320, 240)
    assert first.shape == (240, 320, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


def test_unrelated_seeds_are_far_apart_and_never_featureless() -> None:
    hashes = [pdq(picture(seed, 320, 240)) for seed in SEEDS]
    assert min(quality for _, quality in hashes) >= 70
    assert min(np.count_nonzero(a != b) for (a, _), (b, _) in combinations(hashes, 2)) > 60


def test_a_seed_gives_the_same_scene_at_every_size() -> None:
    large, small = pdq(picture(3, 800, 600))[0], pdq(picture(3, 400, 300))[0]
    assert np.count_nonzero(large != small) <= 16


def test_the_flat_picture_is_featureless() -> None:
    assert pdq(flat(320, 240))[1] == 0


def test_a_picture_too_small_to_draw_on_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 pixels"):
        picture(1, 7, 100)
