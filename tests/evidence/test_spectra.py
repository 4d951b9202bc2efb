"""The measure by which it is proved that nothing is seen unlogged: known resolutions are measured as such."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from support.spectra import decoded, most_shown, resolution

from tocsin.media.filters import cut_out, filtered
from tocsin.media.renditions import Rendition
from tocsin.simulators.encoders import jpeg
from tocsin.simulators.pictures import picture

SIZES = ((640, 480), (480, 640), (1200, 900))


def detailed(seed: int, width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """A picture with detail down to its pixels."""
    grain = np.random.default_rng(seed).integers(-40, 41, (height, width, 3))
    pixels: NDArray[np.uint8] = np.clip(picture(seed, width, height) + grain, 0, 255).astype(np.uint8)
    return pixels


def scaled(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("size", SIZES)
def test_the_original_holds_all_of_itself(size: tuple[int, int]) -> None:
    original = detailed(1, *size)
    found = resolution(original, original)
    assert found.pixels == max(size)
    assert found.across == min(max(size), 1024)


def test_a_re_encoded_or_faint_original_still_holds_far_more_than_any_rendition() -> None:
    original = detailed(2)
    again = decoded(jpeg(Image.fromarray(original), 75))
    assert again is not None
    faint = (128 + (original.astype(np.int16) - 128) // 8).astype(np.uint8)
    for delivered in (again, faint, 255 - original):
        assert resolution(delivered, original).across > 2 * Rendition.GREY.longest


@pytest.mark.parametrize("across", [32, 48, 64, 96, 200])
@pytest.mark.parametrize("seed", range(2))
def test_reduced_pictures_are_measured_as_what_they_are(across: int, seed: int) -> None:
    original = picture(seed, 1024, 768)
    found = resolution(cut_out(original, None, across), original)
    assert found.pixels == across
    assert 0.75 * across <= found.coherent <= 1.25 * across


@pytest.mark.parametrize("seed", range(3))
def test_the_spectrum_finds_what_pixels_do_not_tell(seed: int) -> None:
    """A blurred picture delivered at full size is measured by what it holds, not by how large it is."""
    original = detailed(seed)
    blurred = filtered(original, Rendition.BLUR)
    assert resolution(blurred, original).coherent <= Rendition.BLUR.longest
    large = resolution(scaled(blurred, 640, 480), original)
    assert large.pixels == 640
    assert large.across <= Rendition.BLUR.longest
    half = resolution(scaled(cut_out(original, None, 320), 640, 480), original)
    assert half.across > 0.75 * 320


def test_blurring_by_a_style_sheet_would_leave_more_than_is_seen() -> None:
    original = detailed(3)
    styled = np.asarray(Image.fromarray(original).filter(ImageFilter.GaussianBlur(8)))
    assert resolution(styled, original).across > Rendition.BLUR.longest


def test_unrelated_pictures_share_nothing() -> None:
    for seed in range(3):
        assert resolution(detailed(seed + 100), detailed(seed)).across == 0


def test_among_several_originals_the_one_that_is_shown_is_found() -> None:
    originals = [detailed(seed) for seed in range(4)]
    assert most_shown(cut_out(originals[2], None, 200), originals) > 150
    assert most_shown(filtered(originals[2], Rendition.BLUR), originals) <= Rendition.BLUR.longest
    assert most_shown(detailed(50), originals) == 0


def test_what_is_no_picture_is_none() -> None:
    assert decoded(b"<svg/>") is None
