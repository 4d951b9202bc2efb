"""Quantisation tables and markers, of files that Pillow and ffmpeg wrote."""

import hashlib
import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, JpegPresets
from support import camera_samples as c

from tocsin.media.identify import identify
from tocsin.provenance.camera import tables
from tocsin.provenance.camera.tables import ZIGZAG, family_of, read_encoding
from tocsin.provenance.model import Failed, Finding, FingerprintKind, Item
from tocsin.provenance.opened import Opened
from tocsin.provenance.rules import document

TINY = Image.new("RGB", (16, 16), (40, 90, 140))
SCENE = c.photograph(2, 160, 120)


def opened(data: bytes) -> Opened:
    return Opened(io.BytesIO(data), identify(data[:4096]))


def found(data: bytes) -> list[Finding]:
    return list(tables.signs(opened(data)))


def items(data: bytes) -> dict[str, Item]:
    return {one.rule.id: one for one in found(data) if isinstance(one, Item)}


def fingerprint(data: bytes) -> str:
    (one,) = next(item for name, item in items(data).items() if "tables" in name).fingerprints
    assert one.kind is FingerprintKind.TABLES
    return one.value


def test_every_quality_of_libjpeg_is_told_exactly() -> None:
    for quality in range(1, 101):
        family = family_of(read_encoding(opened(c.jpeg(TINY, quality=quality))))
        assert (family.rule, family.quality) == ("camera.tables.ijg", quality)


@pytest.mark.parametrize(
    ("image", "options", "sampling"),
    [
        (TINY, {"subsampling": "4:4:4"}, "4:4:4"),
        (TINY, {"subsampling": "4:2:2"}, "4:2:2"),
        (TINY, {"subsampling": "4:2:0"}, "4:2:0"),
        (TINY.convert("L"), {}, "grey"),
        (TINY.convert("CMYK"), {}, "1x1, 1x1, 1x1, 1x1"),
    ],
)
def test_sampling(image: Image.Image, options: dict[str, object], sampling: str) -> None:
    encoding = read_encoding(opened(c.jpeg(image, **options)))
    assert encoding.sampling == sampling
    assert family_of(encoding).quality == 75
    assert (encoding.width, encoding.height) == (16, 16)


def test_the_default_of_programs_is_named() -> None:
    assert "Pillow" in items(c.jpeg(TINY))["camera.tables.ijg"].found
    assert "OpenCV" in items(c.jpeg(TINY, quality=95))["camera.tables.ijg"].found
    assert "nobody chooses" not in items(c.jpeg(TINY, quality=93))["camera.tables.ijg"].found


def rows(part: str) -> list[int]:
    base: list[int] = document("camera")["base"][0][part]
    return base


def scaled(base: list[int], percent: int, largest: int = 255) -> list[int]:
    return [min(max((value * percent + 50) // 100, 1), largest) for value in base]


def test_brightness_and_colour_of_two_qualities() -> None:
    data = c.jpeg(TINY, qtables=[scaled(rows("luma"), 20), scaled(rows("chroma"), 40)])
    assert "quality 90 for brightness, 80 for colour" in items(data)["camera.tables.ijg"].found


def test_mozjpegs_tables() -> None:
    base: list[int] = document("camera")["base"][1]["luma"]
    family = family_of(read_encoding(opened(c.jpeg(TINY, qtables=[scaled(base, 50)] * 2))))
    assert (family.rule, family.quality) == ("camera.tables.mozjpeg", 75)


@pytest.mark.parametrize("name", sorted(JpegPresets.presets))
def test_pillows_presets(name: str) -> None:
    item = items(c.jpeg(TINY, quality=name))["camera.tables.preset"]
    assert item.found.count(f"the setting {name};") == 1


@pytest.mark.parametrize("scale", [1, 2, 7, 31])
def test_ffmpegs_tables(scale: int) -> None:
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 160, 120, "yuvj420p"
    encoder.time_base, encoder.options = Fraction(1, 25), {"qmin": str(scale), "qmax": str(scale)}
    frame = av.VideoFrame.from_ndarray(np.asarray(SCENE), format="rgb24").reformat(format="yuvj420p")
    data = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    item = items(data)["camera.tables.ffmpeg"]
    assert f"scale {scale};" in item.found


def test_other_tables_are_nobodys() -> None:
    data = c.jpeg(TINY, qtables=[list(range(1, 65)), list(range(2, 66))])
    assert "camera.tables.own" in items(data)


def _wide(data: bytes) -> bytes:
    """The same with luma values of 16 bits that pass 255, as libjpeg writes for low qualities."""
    at = data.index(b"\xff\xdb")
    values = scaled(rows("luma"), 500, 32767)
    table = b"\x10" + b"".join(values[at].to_bytes(2) for at in ZIGZAG)
    return data[:at] + b"\xff\xdb" + (2 + len(table)).to_bytes(2) + table + data[at + 69 :]


def test_tables_of_16_bits() -> None:
    assert family_of(read_encoding(opened(_wide(c.jpeg(TINY, quality=10))))).quality == 10


def test_places_are_the_tables_and_the_frame() -> None:
    data = c.jpeg(SCENE)
    where = items(data)["camera.tables.ijg"].where
    assert [one.segment for one in where] == ["DQT", "DQT", "SOF0"]
    for one in where:
        assert one.offset is not None
        assert one.length is not None
        assert hashlib.sha256(data[one.offset : one.offset + one.length]).hexdigest() == one.sha256


def test_the_fingerprint_is_that_of_the_encoder_and_not_of_the_picture() -> None:
    same = {fingerprint(c.jpeg(c.photograph(seed, 64 * seed, 64))) for seed in (1, 2, 3)}
    assert len(same) == 1
    exif = c.of_camera()
    others = [
        c.jpeg(SCENE, quality=80),
        c.jpeg(SCENE, subsampling="4:4:4"),
        c.jpeg(SCENE, progressive=True),
        c.jpeg(SCENE, exif),
    ]
    assert len(same | {fingerprint(other) for other in others}) == 5


def test_the_fingerprint_can_be_made_by_others() -> None:
    data = c.jpeg(TINY.convert("L"), qtables=[[2] * 64])
    text = f"0:{','.join(['2'] * 64)}|grey|APP0 DQT SOF0 DHT"
    assert fingerprint(data) == hashlib.sha256(text.encode()).hexdigest()


def _without_jfif(data: bytes) -> bytes:
    at = data.index(b"\xff\xe0")
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4]) :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (c.jpeg(TINY), "JFIF without Exif"),
        (c.jpeg(TINY, c.of_camera()), "JFIF and Exif"),
        (_without_jfif(c.jpeg(TINY, c.of_camera())), "Exif without JFIF"),
        (_without_jfif(c.jpeg(TINY)), "Neither"),
        (c.jpeg(TINY, progressive=True), "progressive"),
        (c.jpeg(TINY), "baseline"),
        (c.jpeg(TINY.convert("CMYK")), "Adobe"),
        (c.jpeg(SCENE, restart_marker_blocks=3), "every 3 units"),
    ],
)
def test_the_layout_in_words(data: bytes, words: str) -> None:
    assert words in items(data)["camera.layout"].found


@pytest.mark.parametrize(
    "data",
    [
        c.jpeg(SCENE)[:40],
        c.jpeg(SCENE)[:120],
        c.jpeg(SCENE).replace(b"\xff\xdb", b"\xff\xfe"),
        c.jpeg(SCENE).replace(b"\xff\xc0", b"\xff\xfe"),
        c.jpeg(SCENE).replace(b"\xff\xdb\0\x43\0", b"\xff\xdb\0\x43\x09"),
        c.jpeg(SCENE).replace(b"\xff\xc0\0\x11", b"\xff\xc0\0\x05"),
    ],
)
def test_what_cannot_be_read_is_a_failure(data: bytes) -> None:
    (failure,) = found(data)
    assert isinstance(failure, Failed)
    assert failure.code == "provenance.tables"


def test_nothing_is_said_of_other_formats() -> None:
    assert not found(c.saved(SCENE, "PNG", c.of_camera()))


WHOLE = c.jpeg(SCENE, c.of_camera())
HEADERS = WHOLE.index(b"\xff\xda")


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(2, HEADERS), st.integers(0, 255)), min_size=1, max_size=8))
def test_broken_headers_never_raise_and_are_never_silent(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at] = value
    assert found(b"\xff\xd8\xff" + data[3:])
