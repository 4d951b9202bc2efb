"""PDQ against the peer: recorded hashes always, the peer itself where it is installed."""

import importlib.util
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tocsin.hashing import _pdq_numba, _pdq_numpy, pdq
from tocsin.hashing._pdq_tables import reduction
from tocsin.hashing._pdq_transform import EXACT_FROM_QUALITY
from tocsin.hashing.signals import Dialect, Orientation
from tocsin.simulators.encoders import jpeg
from tocsin.simulators.pictures import flat, picture

_spec = importlib.util.spec_from_file_location("golden", Path(__file__).with_name("golden.py"))
assert _spec is not None
assert _spec.loader is not None
golden = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(golden)
GOLDEN = json.loads(golden.FILE.read_text())


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


@pytest.fixture(scope="module")
def recorded() -> dict[str, NDArray[np.uint8]]:
    """The pictures of which a peer's hashes are recorded."""
    return dict(golden.pictures())


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("name", GOLDEN)
def test_equals_the_peers_recorded_hashes(
    recorded: dict[str, NDArray[np.uint8]], name: str, *, compiled: bool
) -> None:
    hashes = pdq.hash_pixels(recorded[name], compiled=compiled)
    for ours, theirs in (
        (hashes.full, GOLDEN[name]["full"]),
        (hashes.squash512, GOLDEN[name]["squash512"]),
    ):
        assert ours.quality == theirs["quality"]
        if theirs["quality"] >= EXACT_FROM_QUALITY:
            assert ours.hex == theirs["pdq"]


@st.composite
def structured(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Pictures of any small size: scenes, blocks that give ties, and noise, in colour or grey."""
    height, width = draw(st.integers(1, 700)), draw(st.integers(1, 700))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    pixels: NDArray[np.uint8]
    match draw(st.sampled_from(["scene", "blocks", "noise"])):
        case "scene":
            pixels = golden.cropped(seed, width, height)
        case "blocks":
            blocks = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            pixels = blocks[np.arange(height)[:, None] * 8 // height, np.arange(width)[None, :] * 8 // width]
        case _:
            pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return pixels[..., 0] if draw(st.booleans()) else pixels


@settings(max_examples=20, deadline=None)
@given(structured())
def test_equals_the_peer_on_any_picture(pixels: NDArray[np.uint8]) -> None:
    peer = pytest.importorskip("pdqhash")
    colour = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=2)
    hashes = pdq.hash_pixels(pixels)
    for ours, what in ((hashes.full, colour), (hashes.squash512, golden.squashed(colour))):
        bits, quality = peer.compute(np.ascontiguousarray(what))
        assert ours.quality == quality
        if quality >= EXACT_FROM_QUALITY:
            assert ours.value == np.packbits(bits).tobytes()


@settings(max_examples=10, deadline=None)
@given(structured())
def test_kernels_agree(pixels: NDArray[np.uint8]) -> None:
    """The compiled kernel and its NumPy reference give the same picture, by either way of reducing it."""
    lines, channels = pdq._as_lines(pixels)
    rows, columns = reduction(lines.shape[0]), reduction(lines.shape[1] // channels)
    by_rows = _pdq_numpy.reduce_rows(lines, channels, rows)
    reference = _pdq_numpy.reduce_columns(by_rows, columns)
    ours = _pdq_numba.reduce_columns(_pdq_numba.reduce_rows(lines, channels, rows), columns)
    np.testing.assert_allclose(ours, reference, atol=1e-3)
    exact = _pdq_numba.reduce_as_reference(lines, channels)
    np.testing.assert_array_equal(exact, _pdq_numpy.reduce_as_reference(lines, channels))
    np.testing.assert_allclose(exact, reference, atol=1e-2)


@given(st.integers(1, 9000))
@settings(max_examples=50, deadline=None)
def test_reduction_is_an_average(extent: int) -> None:
    """Each of the 64 values is a weighted mean of pixels that exist."""
    by = reduction(extent)
    np.testing.assert_allclose(by.weights.sum(axis=1), 1.0)
    assert by.first.min() >= 0
    assert (by.first + by.length).max() <= extent
    assert by.weights.min() > -1e-12


TURNS = {
    Orientation.UPRIGHT: lambda a: a,
    Orientation.ROTATE90: lambda a: np.rot90(a, -1),
    Orientation.ROTATE180: lambda a: np.rot90(a, 2),
    Orientation.ROTATE270: lambda a: np.rot90(a, 1),
    Orientation.MIRROR: np.fliplr,
    Orientation.FLIP: np.flipud,
    Orientation.TRANSPOSE: lambda a: a.transpose(1, 0, 2),
    Orientation.TRANSVERSE: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
}


@pytest.mark.parametrize("orientation", list(Orientation))
@pytest.mark.parametrize("seed", range(2))
def test_orientation_is_the_hash_of_the_turned_picture(orientation: Orientation, seed: int) -> None:
    pixels = picture(seed, 550, 400)
    turned = pdq.hash_pixels(np.ascontiguousarray(TURNS[orientation](pixels)))
    signals = {signal.dialect: signal for signal in pdq.hash_signals(pixels, (orientation,))}
    assert distance(signals[Dialect.FULL].value, turned.full.value) == 0
    assert distance(signals[Dialect.SQUASH512].value, turned.squash512.value) == 0


def test_featureless_picture_answers_with_its_quality() -> None:
    for pixels in (flat(640, 480, 128), np.zeros((1, 1), np.uint8), np.full((4, 4000, 3), 9, np.uint8)):
        hashes = pdq.hash_pixels(pixels)
        assert hashes.full.quality == 0
        assert hashes.squash512.quality == 0


def test_picture_that_fits_is_the_same_in_both_dialects() -> None:
    hashes = pdq.hash_pixels(picture(1, 512, 512))
    assert hashes.full.value == hashes.squash512.value
    assert (hashes.full.dialect, hashes.squash512.dialect) == (Dialect.FULL, Dialect.SQUASH512)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 5), np.uint8),
        np.zeros((5, 5, 4), np.uint8),
        np.zeros((5, 5), np.float64),
        np.zeros(25, np.uint8),
    ],
)
def test_other_arrays_are_refused(pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(pdq.InvalidPixelsError):
        pdq.hash_pixels(pixels)


def test_views_into_other_arrays_hash_like_copies() -> None:
    pixels = picture(5, 800, 600)
    view = pixels[::2, ::-1]
    assert not view.flags.c_contiguous
    assert pdq.hash_pixels(view) == pdq.hash_pixels(view.copy())


def test_encoded_picture_hashes_like_its_pixels() -> None:
    data = jpeg(Image.fromarray(picture(3, 640, 480)), 80)
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert pdq.hash_image(data).full.value == pdq.hash_pixels(pixels).full.value


@pytest.mark.photographs
@pytest.mark.parametrize("one_in", [8, pytest.param(1, marks=pytest.mark.long)])
def test_every_photograph_equals_the_peer(one_in: int) -> None:
    """Must-show 2: hash and quality, in both dialects, from the pixels and from the bytes of the file."""
    peer = pytest.importorskip("pdqhash")
    from bench.photos import default_folder, photographs  # noqa: PLC0415  # only where they are

    if not default_folder().exists():
        pytest.skip("`make photos` fetches the photographs")
    paths = photographs(default_folder())[::one_in]
    compared = 0
    for path in paths:
        with Image.open(path) as image:
            plain = image.mode == "RGB" and image.getexif().get(0x0112, 1) == 1
            pixels = np.asarray(image.convert("RGB"))
        ways = [pdq.hash_pixels(pixels)] + ([pdq.hash_image(path.read_bytes())] if plain else [])
        for hashes in ways:
            for ours, what in ((hashes.full, pixels), (hashes.squash512, golden.squashed(pixels))):
                bits, quality = peer.compute(np.ascontiguousarray(what))
                assert ours.quality == quality, path
                if quality >= 50:
                    assert ours.value == np.packbits(bits).tobytes(), path
                    compared += 1
    assert compared > 100 // one_in
