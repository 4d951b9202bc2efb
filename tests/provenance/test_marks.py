"""Marks of reference code are found in copies as people pass them on, and nowhere else."""

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from bench.embedder import marked, to_rgb, to_yuv
from tocsin.media.identify import identify
from tocsin.provenance.mark_votes import chroma, exact_votes, low_band, robust_votes, z_score
from tocsin.provenance.marks import LEAST_SIDE, MOST_PIXELS, Mark, best_sightings, former_sizes, marks, signs
from tocsin.provenance.model import Absent, Finding, Item, NotChecked, Strength
from tocsin.provenance.opened import Opened, Stored
from tocsin.simulators import encoders
from tocsin.simulators.pictures import flat, picture

LANCZOS = Image.Resampling.LANCZOS
MARKS = {f"{mark.rule}, {len(mark.message)} bits": mark for mark in marks()}


def opened(pixels: NDArray[np.uint8]) -> Opened:
    data = encoders.png(Image.new("RGB", (8, 8)))
    return Opened(io.BytesIO(data), identify(data), stored=Stored(np.ascontiguousarray(pixels), exact=True))


def found(pixels: NDArray[np.uint8]) -> list[Finding]:
    return list(signs(opened(pixels)))


def rules_found(pixels: NDArray[np.uint8]) -> list[str]:
    return [finding.rule.id for finding in found(pixels) if isinstance(finding, Item)]


def saved(image: Image.Image, form: str, **options: object) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return Image.open(buffer).convert("RGB")


def scaled(image: Image.Image, by: float) -> Image.Image:
    return image.resize((round(image.width * by), round(image.height * by)), LANCZOS)


@cache
def scene() -> NDArray[np.uint8]:
    return picture(1, 512, 512)


@cache
def sample() -> Image.Image:
    """A picture of a size that pipelines give, with the mark of Stable Diffusion XL."""
    return Image.fromarray(marked(scene(), MARKS["marks.sdxl, 48 bits"].message))


@pytest.mark.parametrize(("name", "swapped"), [(name, at % 2 == 1) for at, name in enumerate(MARKS)])
def test_every_mark_is_found_in_either_order_and_taken_for_no_other(name: str, *, swapped: bool) -> None:
    mark = MARKS[name]
    pixels = marked(scene(), mark.message, swapped=swapped)
    (item,) = found(pixels)
    assert isinstance(item, Item)
    assert item.rule.id == mark.rule
    assert f"{len(mark.message)}-bit mark of {item.rule.tool}" in item.found
    assert f"in the order {'RGB' if swapped else 'BGR'}" in item.found
    assert item.carries is (Strength.S2 if mark.rule == "marks.sd2" else Strength.S4)
    assert item.where[0].segment == "pixels"


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG q95 4:4:4": lambda p: saved(p, "JPEG", quality=95, subsampling=0),
    "JPEG q85 4:4:4": lambda p: saved(p, "JPEG", quality=85, subsampling=0),
    "JPEG q95 4:2:0": lambda p: saved(p, "JPEG", quality=95, subsampling=2),
    "JPEG q85 4:2:0": lambda p: saved(p, "JPEG", quality=85, subsampling=2),
    "WebP q90": lambda p: saved(p, "WEBP", quality=90),
    "to 0.75 and back": lambda p: scaled(p, 0.75).resize(p.size, LANCZOS),
    "to 0.75": lambda p: scaled(p, 0.75),
    "to 0.5": lambda p: scaled(p, 0.5),
    "to 1.5, JPEG q85": lambda p: saved(scaled(p, 1.5), "JPEG", quality=85),
}


@pytest.mark.parametrize("name", COPIES)
def test_the_mark_survives(name: str) -> None:
    assert rules_found(np.asarray(COPIES[name](sample()))) == ["marks.sdxl"]


def test_a_mark_in_mere_noise_is_found_by_its_exact_values() -> None:
    mark = MARKS["marks.sdxl, 48 bits"]
    noise = np.random.default_rng(9).integers(0, 2, (512, 512, 1), dtype=np.uint8)
    dithered = np.where(noise, [[[60, 60, 200]]], [[[250, 80, 120]]]).astype(np.uint8)
    low = low_band(chroma(marked(dithered, mark.message))[0])
    assert z_score(robust_votes(low), mark.message) < mark.least_z
    assert z_score(exact_votes(low), mark.message) > mark.least_z
    assert rules_found(marked(dithered, mark.message)) == ["marks.sdxl"]


def test_a_scaled_copy_is_said_to_be_one() -> None:
    (item,) = found(np.asarray(scaled(sample(), 0.75)))
    assert isinstance(item, Item)
    assert "scaled back to 512 by 512" in item.found


def test_transparency_does_not_hide_it() -> None:
    clear = np.dstack([np.asarray(sample()), np.zeros((512, 512), np.uint8)])
    assert rules_found(clear) == ["marks.sdxl"]


@pytest.mark.parametrize("seed", range(4))
def test_pictures_without_a_mark_have_none(seed: int) -> None:
    width, height = ((512, 512), (320, 240), (384, 256), (432, 432))[seed % 4]
    assert [type(finding) for finding in found(picture(seed, width, height))] == [Absent]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from([1, 2, 8, 16]))
def test_patterns_are_not_taken_for_marks(seed: int, tile: int, grain: int) -> None:
    """Tiles that repeat, stripes and squares put order into blocks, but not that of a message."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (tile, random.integers(1, 60), 3), dtype=np.uint8)
    coarse = small.repeat(grain, axis=0).repeat(grain, axis=1)
    pixels = np.tile(coarse, (256 // coarse.shape[0] + 1, 384 // coarse.shape[1] + 1, 1))[:256, :384]
    assert not rules_found(pixels)


def test_blank_and_grey_pictures_have_none() -> None:
    for pixels in (flat(), np.zeros((300, 300, 4), np.uint8), picture(2, 256, 256)[:, :, 0]):
        assert [type(finding) for finding in found(pixels)] == [Absent]


@pytest.mark.parametrize("shape", [(95, 400), (1, 20_000), (2_000, MOST_PIXELS // 2_000 + 1)])
def test_what_is_too_small_or_too_large_is_not_checked(shape: tuple[int, int]) -> None:
    assert [type(finding) for finding in found(np.zeros((*shape, 3), np.uint8))] == [NotChecked]


def test_without_pixels_nothing_is_claimed() -> None:
    data = encoders.png(Image.new("RGB", (8, 8)))
    (finding,) = signs(Opened(io.BytesIO(data), identify(data), why_no_pixels="no pixels were asked for"))
    assert isinstance(finding, NotChecked)
    assert finding.why == "no pixels were asked for"


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 200), st.integers(80, 200), st.integers(0, 2**32 - 1))
def test_no_size_makes_it_raise(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    small = min(height, width) < LEAST_SIDE
    assert [type(finding) for finding in found(pixels)] == [NotChecked if small else Absent]
    for sighting in () if small else best_sightings(pixels):
        assert abs(sighting.z) <= len(sighting.mark.message) ** 0.5 + 1e-9


def test_former_sizes_have_the_same_shape() -> None:
    assert former_sizes((912, 624)) == ((1216, 832),)
    assert former_sizes((624, 912)) == ((832, 1216),)
    assert former_sizes((1216, 832)) == ()
    assert former_sizes((4000, 3000)) == ()


@pytest.mark.parametrize("name", ["marks.sdxl, 48 bits", "marks.sd1, 136 bits"])
def test_z_is_that_of_shuffled_messages(name: str) -> None:
    """Over all shufflings, within what repeats, z has mean 0 and deviation 1."""
    random, mark = np.random.default_rng(4), MARKS[name]
    cast = random.normal(size=(68, 12)).astype(np.float32)
    rounds = mark.message.reshape(-1, mark.period)
    z = [z_score(cast, random.permuted(rounds, axis=0).reshape(-1), mark.period) for _ in range(1500)]
    assert abs(np.mean(z)) < 0.1
    assert abs(np.std(z) - 1) < 0.07


def test_what_repeats_every_eight_blocks_is_no_message_of_letters() -> None:
    letters = MARKS["marks.sd1, 136 bits"]
    cast = np.tile(letters.message.reshape(-1, 8).mean(axis=0).astype(np.float32), (64, 8))
    assert z_score(cast, letters.message) > letters.least_z
    assert abs(z_score(cast, letters.message, letters.period)) < 1e-6


def test_messages_are_as_the_sources_have_them() -> None:
    def number(mark: Mark) -> int:
        return int("".join(map(str, mark.message)), 2)

    assert number(MARKS["marks.sdxl, 48 bits"]) == 0b101100111110110010010000011110111011000110011110
    flux = 0b001010101111111010000111100111001111010100101110
    assert [number(MARKS[f"marks.flux, {bits} bits"]) for bits in (46, 48)] == [flux, flux]
    # The reference: WATERMARK_BITS = [int(bit) for bit in bin(WATERMARK_MESSAGE)[2:]]
    assert MARKS["marks.flux, 46 bits"].message.tolist() == [int(bit) for bit in f"{flux:b}"]
    assert np.packbits(MARKS["marks.sd1, 136 bits"].message).tobytes() == b"StableDiffusionV1"
    assert np.packbits(MARKS["marks.sd2, 32 bits"].message).tobytes() == b"SDV2"


def test_our_u_is_opencvs_to_a_level() -> None:
    cv2 = pytest.importorskip("cv2")
    pixels = np.random.default_rng(5).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    for ours, theirs in zip(chroma(pixels), (pixels[:, :, ::-1], pixels), strict=True):
        u = cv2.cvtColor(np.ascontiguousarray(theirs), cv2.COLOR_BGR2YUV)[:, :, 1]
        assert np.abs(ours.astype(np.int16) - u).max() <= 1


def test_the_embedder_converts_colours_as_opencv_does() -> None:
    cv2 = pytest.importorskip("cv2")
    pixels = np.random.default_rng(6).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    yuv = cv2.cvtColor(np.ascontiguousarray(pixels[:, :, ::-1]), cv2.COLOR_BGR2YUV)
    assert np.array_equal(np.stack(to_yuv(pixels), axis=2), yuv)
    back = cv2.cvtColor(pixels, cv2.COLOR_YUV2BGR)[:, :, ::-1]
    luma, u, v = (pixels[:, :, plane].astype(np.int64) for plane in range(3))
    assert np.array_equal(to_rgb(luma, u, v), back)


def test_votes_of_a_block_follow_its_bit() -> None:
    """A one lifts a value and its block's mean, a zero lowers them, whatever its neighbours do."""
    bits = np.random.default_rng(8).random((20, 20)) < 0.5
    low = low_band(np.full((160, 160), 131, np.uint8))
    low[2::4, 2::4] += np.where(bits, 30, -30).astype(np.int16)
    cast = robust_votes(low)
    assert cast[bits].min() > cast[~bits].max()
