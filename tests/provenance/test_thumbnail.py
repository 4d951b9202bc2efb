"""The thumbnail in Exif against the picture."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support import camera_samples as c

from tocsin.media.identify import identify
from tocsin.provenance.camera import thumbnail
from tocsin.provenance.model import Absent, Direction, Failed, Finding, Item, NotChecked, Strength
from tocsin.provenance.opened import Opened, Stored

SCENE = c.photograph(4)
WIDE = c.photograph(5, 900, 600)


def found(data: bytes) -> Finding:
    with Image.open(io.BytesIO(data)) as image:
        stored = Stored(np.ascontiguousarray(np.asarray(image)), exact=True)
    (finding,) = thumbnail.signs(Opened(io.BytesIO(data), identify(data[:4096]), stored=stored))
    return finding


def rule(data: bytes) -> str:
    finding = found(data)
    assert isinstance(finding, Item), finding
    return finding.rule.id.removeprefix("camera.thumbnail.")


def with_thumbnail(picture: Image.Image, small: bytes) -> bytes:
    return c.jpeg(picture, c.of_camera().with_thumbnail(small))


PALE = c.photograph(7, 800, 505).convert("L").point([80 + value // 2 for value in range(256)])


@pytest.mark.parametrize("picture", [SCENE, WIDE, c.photograph(6, 480, 640), SCENE.convert("L"), PALE])
def test_a_thumbnail_of_the_picture_is_the_same_bars_and_all(picture: Image.Image) -> None:
    assert rule(with_thumbnail(picture, c.thumbnail_of(picture))) == "same"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_in_other_formats(kind: str) -> None:
    for picture in (SCENE, SCENE.convert("RGBA")):
        assert rule(c.saved(picture, kind, c.of_camera().with_thumbnail(c.thumbnail_of(SCENE)))) == "same"


def test_a_thumbnail_of_the_middle_is_the_same() -> None:
    middle = WIDE.crop((150, 0, 750, 600))
    assert rule(with_thumbnail(WIDE, c.thumbnail_of(middle, (150, 150)))) == "same"


def test_a_thumbnail_that_shows_more_than_the_picture_differs() -> None:
    cropped = SCENE.crop((160, 40, 560, 340))
    finding = found(with_thumbnail(cropped, c.thumbnail_of(SCENE)))
    assert isinstance(finding, Item)
    assert finding.rule.id == "camera.thumbnail.differs"
    assert (finding.leans, finding.carries) == (Direction.EDITED, Strength.S3)
    assert [one.segment for one in finding.where] == ["APP1", "pixels"]


def test_another_pictures_thumbnail_differs() -> None:
    assert rule(with_thumbnail(SCENE, c.thumbnail_of(c.photograph(9)))) == "differs"


def test_the_place_is_the_thumbnails_own_bytes() -> None:
    small = c.thumbnail_of(SCENE)
    data = with_thumbnail(SCENE, small)
    finding = found(data)
    assert isinstance(finding, Item)
    place = finding.where[0]
    assert place.offset is not None
    assert place.length is not None
    assert data[place.offset : place.offset + place.length] == small


@pytest.mark.parametrize("way", list(Image.Transpose))
def test_a_picture_turned_after_its_thumbnail_was_made(way: Image.Transpose) -> None:
    assert rule(with_thumbnail(SCENE.transpose(way), c.thumbnail_of(SCENE))) == "turned"


def test_flat_pictures_cannot_be_compared() -> None:
    flat = Image.new("RGB", (640, 480), (90, 90, 90))
    for picture, small in ((flat, c.thumbnail_of(SCENE)), (SCENE, c.thumbnail_of(flat))):
        assert isinstance(found(with_thumbnail(picture, small)), NotChecked)


def test_strips_cannot_be_compared() -> None:
    assert isinstance(found(with_thumbnail(SCENE.resize((4, 400)), c.thumbnail_of(SCENE))), NotChecked)


def test_no_thumbnail_is_absent() -> None:
    assert isinstance(found(c.jpeg(SCENE, c.of_camera())), Absent)


def test_where_there_is_no_exif_a_thumbnail_in_it_is_not_missed() -> None:
    assert not list(thumbnail.signs(Opened(io.BytesIO(c.jpeg(SCENE)), identify(c.jpeg(SCENE)[:64]))))


def test_no_pixels_is_not_checked_with_the_reason() -> None:
    data = with_thumbnail(SCENE, c.thumbnail_of(SCENE))
    file = Opened(io.BytesIO(data), identify(data[:4096]), why_no_pixels="pixels were not asked for")
    (finding,) = thumbnail.signs(file)
    assert isinstance(finding, NotChecked)
    assert finding.why == "pixels were not asked for"


def _enormous() -> bytes:
    """A JPEG header of 65,000 by 65,000 pixels."""
    small = c.thumbnail_of(SCENE)
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + b"\xfd\xe8\xfd\xe8" + small[at + 4 :]


@pytest.mark.parametrize(
    ("small", "code"),
    [
        (c.thumbnail_of(SCENE)[:200], "media.truncated"),
        (c.thumbnail_of(SCENE)[:-900], "media.truncated"),
        (_enormous(), "media.too_many_pixels"),
    ],
)
def test_a_broken_thumbnail_is_a_failure(small: bytes, code: str) -> None:
    finding = found(with_thumbnail(SCENE, small))
    assert isinstance(finding, Failed)
    assert finding.code == code


def test_a_thumbnail_that_is_not_where_it_should_be_is_a_failure() -> None:
    small = c.thumbnail_of(SCENE)
    data = with_thumbnail(SCENE, small)
    at = data.index(small)
    assert isinstance(found(data[:at] + bytes(20) + data[at + 20 :]), Failed)


SMALL = c.thumbnail_of(SCENE)
PLAIN = with_thumbnail(SCENE.resize((64, 48)), SMALL)
START = PLAIN.index(SMALL)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(2, 700), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_thumbnail_never_raises_and_is_never_silent(changes: list[tuple[int, int]]) -> None:
    data = bytearray(PLAIN)
    for at, value in changes:
        data[START + at] = value
    assert isinstance(found(bytes(data)), Item | NotChecked | Failed)


def test_nothing_is_said_of_what_is_no_picture() -> None:
    data = b"\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\0\x08free"
    assert not list(thumbnail.signs(Opened(io.BytesIO(data), identify(data))))
