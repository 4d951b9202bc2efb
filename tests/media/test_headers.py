"""Sizes by the header alone, and want of memory told from damage."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures_by_code import encoded
from PIL import Image

from tocsin.media.headers import stated_size
from tocsin.media.sandbox import ChildLimits, Job, Pool

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

HERE = str(Path(__file__).parent)
SIZES = [(1, 1), (8, 8), (100, 80), (256, 64), (300, 200), (640, 360), (700, 1), (1, 9000), (1280, 1024)]


def blank(form: str, size: tuple[int, int], mode: str, options: dict[str, object]) -> bytes:
    if form == "JXL":
        pytest.importorskip("pillow_jxl")
    return encoded(Image.new(mode, size), form, **options)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("form", "mode", "options"),
    [
        ("JXL", "RGB", {"effort": 1}),
        ("JXL", "RGB", {"effort": 1, "use_container": True}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
    ],
)
def test_the_size_is_in_the_header(
    form: str, mode: str, options: dict[str, object], size: tuple[int, int]
) -> None:
    source = io.BytesIO(blank(form, size, mode, options))
    assert stated_size(source, form.lower()) == size
    assert source.tell() == 0


@given(st.binary(max_size=80), st.sampled_from(["jxl", "webp", "png"]))
def test_headers_of_anything_end_in_a_size_or_none(data: bytes, form: str) -> None:
    starts = {"jxl": b"\0\0\0\x0cJXL \r\n\x87\n", "webp": b"RIFF....WEBP", "png": b""}
    for begin in (b"", b"\xff\x0a", starts[form]):
        size = stated_size(io.BytesIO(begin + data), form)
        assert size is None or all(length >= 0 for length in size)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {"progressive": True}),
        pytest.param("JXL", {"effort": 1}, marks=pytest.mark.slow),
        pytest.param("WEBP", {"method": 0}, marks=pytest.mark.slow),
        pytest.param("AVIF", {"speed": 10}, marks=pytest.mark.slow),
    ],
)
def test_want_of_memory_is_not_called_damage(form: str, options: dict[str, object]) -> None:
    data = blank(form, (5000, 5000), "RGB", options)
    limits = ChildLimits(memory=110 << 20)
    with Pool(
        "sandbox_tasks:look", workers=1, limits=limits, path=[HERE], preload=["numpy", "PIL.Image"]
    ) as pool:
        (outcome,) = pool.run([Job.of_bytes(1, data)])
    assert outcome.refusal is not None
    # Rust, in which the JPEG XL plug-in is written, may also abort where there is no memory.
    assert outcome.refusal.code in {"media.memory", "media.killed" if form == "JXL" else "media.memory"}
