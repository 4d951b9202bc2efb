"""Renditions as a sandbox child makes them: what they keep, and what is refused. Run here in this process."""

import base64
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pictures_by_code import difference, encoded, pixels, scene
from PIL import Image
from support.videos import clip

from tocsin.errors import Error, UsageError
from tocsin.media import stills
from tocsin.media.errors import (
    NoStillError,
    NoSuchMemberError,
    NotShowableError,
    NoVideoDecoderError,
    TooManyFramesError,
    TruncatedError,
    UnsupportedError,
)
from tocsin.media.filters import cut_out, filtered
from tocsin.media.limits import PictureLimits
from tocsin.media.renditions import LIMITS, Region, Rendition, Wanted, render
from tocsin.media.sandbox import JsonObject
from tocsin.simulators.encoders import jpeg_tagged
from tocsin.simulators.pictures import picture

BLUR = Rendition.BLUR
SOUND_ONLY = b"RIFF\x24\0\0\0WAVEfmt "


def answers(data: bytes, wanted: Wanted) -> list[JsonObject]:
    found: list[JsonObject] = []
    render(io.BytesIO(data), wanted.options(), found.append)
    return [one for one in found if one]


def made(data: bytes, wanted: Wanted) -> dict[int, NDArray[np.uint8]]:
    """The pictures that a child answers with, by still."""
    arrived: dict[int, bytes] = {}
    shapes: dict[int, tuple[int, int, int]] = {}
    for answer in answers(data, wanted):
        number, height, width, channels = (
            int(str(answer[name])) for name in ("still", "height", "width", "channels")
        )
        shapes[number] = (height, width, channels)
        arrived[number] = arrived.get(number, b"") + base64.b64decode(str(answer["samples"]))
    return {number: np.frombuffer(data, np.uint8).reshape(shapes[number]) for number, data in arrived.items()}


def animation(form: str, count: int = 12, **options: object) -> bytes:
    frames = [scene(seed=number) for number in range(count)]
    return encoded(frames[0], form, save_all=True, append_images=frames[1:], **options)


def zipped(*contents: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.bin", content)
    return out.getvalue()


def stripes(cycles: float, side: int = 960) -> NDArray[np.uint8]:
    """A grating of that many cycles across, at full contrast."""
    wave = 127.5 + 127.5 * np.cos(2 * np.pi * cycles * (np.arange(side) + 0.5) / side)
    return np.tile(np.rint(wave).astype(np.uint8), (side, 1))


def quarters(width: int, height: int) -> NDArray[np.uint8]:
    """Four fields of different colours."""
    fields = np.array([[[200, 30, 30], [240, 240, 240]], [[20, 20, 20], [40, 60, 200]]], np.uint8)
    return fields.repeat(height // 2, 0).repeat(width // 2, 1)


def film(pixels: NDArray[np.uint8], *, turn: int = 0, aspect: Fraction | None = None) -> bytes:
    """A clip of one picture, to be turned and stretched by players."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width = pixels.shape[:2]
        stream.pix_fmt = "yuv420p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if turn:
            stream.set_display_rotation(turn)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.parametrize("rendition", Rendition)
@pytest.mark.parametrize("size", [(640, 480), (3, 500), (1, 1), (2000, 30), (5, 4000), (24, 24), (257, 256)])
def test_renditions_are_grey_and_within_their_limit(rendition: Rendition, size: tuple[int, int]) -> None:
    image = scene(*size) if min(size) > 40 else Image.new("RGB", size, (200, 30, 90))
    found = filtered(pixels(image), rendition)
    assert found.dtype == np.uint8
    assert found.ndim == 2
    assert max(found.shape) == min(rendition.longest, max(size))
    assert min(found.shape) >= 1


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from(Rendition), st.sampled_from([[], [3]]))
@settings(max_examples=60, deadline=None)
def test_any_size_and_depth_has_every_rendition(
    width: int, height: int, rendition: Rendition, colours: list[int]
) -> None:
    shape = (height, width, *colours)
    found = filtered(np.random.default_rng(width).integers(0, 256, shape, np.uint8), rendition)
    assert max(found.shape) <= rendition.longest
    assert max(found.shape) == min(max(width, height), rendition.longest)


@pytest.mark.parametrize("cycles", [13, 14.5, 16, 20, 31, 60, 119, 240])
def test_blur_keeps_nothing_finer_than_24_pixels(cycles: float) -> None:
    """The pattern and the plain grey of its mean cannot be told apart, not even by many looks at 8 bits."""
    found = filtered(stripes(cycles), BLUR)[:, 2:-2].astype(int)
    assert found.max() - found.min() <= (12 if cycles < 14 else 3)


def test_blur_keeps_what_is_coarse() -> None:
    found = filtered(stripes(3), BLUR).astype(int)
    assert found.max() - found.min() > 150


@pytest.mark.parametrize("rendition", [Rendition.GREY, Rendition.LINES])
def test_what_is_finer_than_the_limit_does_not_come_back_as_another_pattern(rendition: Rendition) -> None:
    """Reducing by leaving out pixels would."""
    found = filtered(stripes(rendition.longest * 0.75), rendition)[:, 4:-4].astype(int)
    assert found.max() - found.min() <= 12


def test_lines_are_where_a_colour_changes_even_if_brightness_does_not() -> None:
    sides = np.zeros((300, 400, 3), np.uint8)
    sides[:, :200], sides[:, 200:] = (200, 60, 60), (60, 130, 60)
    found = filtered(sides, Rendition.LINES)
    assert found[60, 76:84].min() < 60
    assert found[:, :70].min() == 255
    assert found[:, 90:].min() == 255


def test_a_plain_picture_has_no_lines() -> None:
    noisy = np.random.default_rng(1).integers(120, 136, (600, 800, 3)).astype(np.uint8)
    assert filtered(noisy, Rendition.LINES).min() > 200


@pytest.mark.slow
def test_large_pictures_are_reduced_as_a_whole_would_be() -> None:
    """Strip by strip, with a side that no strip divides."""
    large = picture(4, 3001, 2003)
    whole = np.asarray(Image.fromarray(large).resize((160, 107), Image.Resampling.LANCZOS))
    assert difference(cut_out(large, None, 160), whole) < 1


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF"])
def test_every_format_gives_the_same_rendition(form: str) -> None:
    image = scene(640, 480)
    data = encoded(image, form, **({"quality": 95} if form in {"JPEG", "WEBP", "AVIF"} else {}))
    for rendition, within in ((BLUR, 1.5), (Rendition.GREY, 2.5)):
        (found,) = made(data, Wanted(rendition)).values()
        assert difference(found[:, :, 0], filtered(pixels(image), rendition)) < within


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(orientation: int) -> None:
    image = scene(320, 240)
    data = jpeg_tagged(image, orientation)
    for wanted in (Wanted(Rendition.GREY), Wanted(longest=256)):
        (found,) = made(data, wanted).values()
        (plain,) = made(encoded(image, "JPEG", quality=90), wanted).values()
        turned = orientation > 4
        assert found.shape[:2] == (plain.shape[1::-1] if turned else plain.shape[:2])


def test_transparency_is_on_white() -> None:
    clear = Image.new("RGBA", (50, 40), (0, 0, 0, 0))
    (found,) = made(encoded(clear, "PNG"), Wanted(BLUR)).values()
    assert found.min() == 255


def test_an_original_is_decoded_and_reduced_no_more_than_asked() -> None:
    image = scene(640, 480)
    data = encoded(image, "PNG")
    (whole,) = made(data, Wanted(longest=1600)).values()
    np.testing.assert_array_equal(whole, pixels(image))
    (half,) = made(data, Wanted(longest=320)).values()
    assert half.shape == (240, 320, 3)
    assert difference(half, pixels(image.resize((320, 240), Image.Resampling.LANCZOS))) < 1


def test_a_region_is_cut_from_the_picture_as_it_was() -> None:
    image = scene(640, 480)
    region = Region(0.25, 0.5, 0.5, 0.25)
    (found,) = made(encoded(image, "PNG"), Wanted(region=region)).values()
    np.testing.assert_array_equal(found, pixels(image)[240:360, 160:480])
    (small,) = made(encoded(image, "JPEG", quality=95), Wanted(region=region, longest=64)).values()
    assert small.shape == (24, 64, 3)


@given(st.tuples(*[st.floats(0, 1)] * 4), st.integers(1, 5000), st.integers(1, 5000))
def test_a_region_has_at_least_one_pixel(at: tuple[float, float, float, float], wide: int, high: int) -> None:
    try:
        region = Region(*at)
    except UsageError:
        return
    left, top, right, bottom = region.within(wide, high)
    assert 0 <= left < right <= wide
    assert 0 <= top < bottom <= high


@pytest.mark.parametrize(
    "at",
    [
        (0, 0, 0, 1),
        (0, 0, 1.1, 1),
        (-0.1, 0, 1, 1),
        (0.6, 0, 0.5, 1),
        (1, 0, 0.1, 1),
        (float("nan"), 0, 1, 1),
    ],
)
def test_regions_lie_in_the_picture(at: tuple[float, float, float, float]) -> None:
    with pytest.raises(UsageError):
        Region(*at)


@given(st.sampled_from([None, *Rendition]), st.none() | st.integers(0, 7), st.integers(0, 99))
def test_what_is_wanted_survives_being_sent(
    rendition: Rendition | None, still: int | None, member: int
) -> None:
    for region, timeline in ((None, False), (Region(0.1, 0.2, 0.3, 0.4), True)):
        wanted = Wanted(rendition, still, member, region, 77, timeline)
        assert Wanted.from_options(wanted.options()) == wanted


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animations_have_eight_stills(form: str) -> None:
    data = animation(form, duration=100)
    (timeline,) = answers(data, Wanted(timeline=True))
    assert timeline["seconds"] == [0.0, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9, 1.1]
    assert timeline["cut"] is None
    found = made(data, Wanted(BLUR, None))
    assert sorted(found) == list(range(8))
    for still, frame in enumerate((0, 2, 3, 5, 6, 8, 9, 11)):
        assert difference(found[still][:, :, 0], filtered(pixels(scene(seed=frame)), BLUR)) < 6
        (alone,) = made(data, Wanted(BLUR, still)).values()
        np.testing.assert_array_equal(alone, found[still])


def test_pages_have_no_times() -> None:
    (timeline,) = answers(animation("TIFF", 3), Wanted(timeline=True))
    assert timeline["seconds"] == [None] * 3


def test_plain_pictures_have_one_still() -> None:
    for form in ("JPEG", "PNG", "GIF", "WEBP"):
        (timeline,) = answers(encoded(scene(), form), Wanted(timeline=True))
        assert timeline["seconds"] == [None]


def test_long_animations_are_cut_aloud() -> None:
    limits = PictureLimits(frames=5)
    timeline = stills.timeline(io.BytesIO(animation("GIF")), limits)
    assert len(timeline.seconds) == 5
    assert timeline.cut is not None
    assert timeline.cut.code == TooManyFramesError.code
    few = replace(LIMITS, walked_pixels=3 * 128 * 96)
    assert len(stills.timeline(io.BytesIO(animation("GIF")), few).seconds) == 3


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp4", "libx264"),
        ("mov", "mpeg4"),
        ("webm", "libvpx"),
        ("matroska", "libx264"),
        ("avi", "mpeg4"),
        ("flv", "flv"),
        ("mpeg", "mpeg2video"),
        ("asf", "wmv2"),
    ],
)
def test_videos_have_eight_stills(container: str, codec: str) -> None:
    data = clip(container, codec, frames=30)
    (timeline,) = answers(data, Wanted(timeline=True))
    seconds = [float(str(one)) for one in timeline["seconds"]]  # type: ignore[union-attr]  # it is a list
    assert len(seconds) == 8
    assert np.diff(seconds) == pytest.approx(seconds[1] - seconds[0], abs=0.01)
    assert 1.5 < seconds[-1] < 3.2
    found = made(data, Wanted(BLUR, None))
    assert sorted(found) == list(range(8))
    for still in (0, 5):  # the clip gets brighter by 16 a frame, from black to white and again
        (alone,) = made(data, Wanted(longest=64, still=still)).values()
        assert alone.shape == (64, 64, 3)
    assert len({one.tobytes() for one in found.values()}) >= 7


@pytest.mark.parametrize("turn", [0, 90, 180, -90])
def test_videos_stand_upright(turn: int) -> None:
    """By the display matrix, which says by how much to turn them counterclockwise."""
    stored = quarters(96, 64)
    (found,) = made(film(stored, turn=turn), Wanted()).values()
    assert difference(found, np.ascontiguousarray(np.rot90(stored, turn // 90))) < 4


@pytest.mark.parametrize(("aspect", "width"), [(None, 96), (Fraction(3, 2), 144), (Fraction(100), 96)])
def test_videos_have_the_shape_that_players_give_them(aspect: Fraction | None, width: int) -> None:
    (found,) = made(film(quarters(96, 64), aspect=aspect), Wanted()).values()
    assert found.shape == (64, width, 3)


def test_short_videos_have_as_many_stills_as_frames() -> None:
    assert sorted(made(clip(frames=3), Wanted(BLUR, None))) == [0, 1, 2]


def test_unknown_codecs_are_refused() -> None:
    data = clip("mp4", "libx264")
    for changed in (data.replace(b"avc1", b"abcd"), clip("avi", "ffv1")):
        with pytest.raises(UnsupportedError):
            answers(changed, Wanted(BLUR))


def test_without_a_decoder_videos_are_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)  # what `import` meets where it is missing
    with pytest.raises(NoVideoDecoderError) as caught:
        answers(clip(), Wanted(BLUR))
    assert "install.md" in caught.value.advice


def test_members_of_archives_are_shown_by_their_number() -> None:
    image = scene(320, 240)
    data = zipped(b"words", encoded(image, "PNG"), clip(frames=3))
    (found,) = made(data, Wanted(Rendition.GREY, member=2)).values()
    np.testing.assert_array_equal(found[:, :, 0], filtered(pixels(image), Rendition.GREY))
    assert len(made(data, Wanted(BLUR, None, member=3))) == 3
    for number, error in ((0, NotShowableError), (1, NotShowableError), (4, NoSuchMemberError)):
        with pytest.raises(error):
            answers(data, Wanted(BLUR, member=number))


REFUSED: Sequence[tuple[bytes, type[Error] | None]] = (
    (b"only words", NotShowableError),
    (b"%PDF-1.7", NotShowableError),
    (SOUND_ONLY, NotShowableError),
    (b"", None),
    (b"\xff\xd8\xff\xe0", TruncatedError),
    (encoded(scene(), "PNG")[:2000], None),
    (encoded(scene(), "JPEG")[:2000], None),
    (b"\0\0\0\x18ftypmp42" + b"\0" * 100, None),
    (clip(frames=20)[:1500], None),
    (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", NotShowableError),
)


@pytest.mark.parametrize("case", range(len(REFUSED)))
@pytest.mark.parametrize(
    "wanted", [Wanted(BLUR), Wanted(), Wanted(timeline=True, rendition=BLUR, still=None)]
)
def test_what_cannot_be_shown_is_refused(case: int, wanted: Wanted) -> None:
    data, error = REFUSED[case]
    if wanted.timeline and data[:4] in {b"\x89PNG", b"\xff\xd8\xff\xe0"}:
        return  # how many stills there are is known before they are decoded
    with pytest.raises(error or Error):
        answers(data, wanted)


def test_stills_that_are_not_there_are_refused() -> None:
    for data in (encoded(scene(), "JPEG"), encoded(scene(), "PNG"), animation("GIF"), clip(frames=20)):
        for still in (-1, 8, 99):
            with pytest.raises(NoStillError):
                answers(data, Wanted(BLUR, still))
