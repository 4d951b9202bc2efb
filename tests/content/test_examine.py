"""One content, all its signals; and a child that lies."""

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.files import zip_of

from tocsin.content.examine import Wanted, content_of, examine, signals_of
from tocsin.content.model import Content, SubvertedError
from tocsin.hashing.signals import Dialect, Orientation, SignalType
from tocsin.simulators.encoders import jpeg
from tocsin.simulators.pictures import flat, picture

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE = jpeg(Image.fromarray(picture(1, 640, 480)), 90)


def look_at(data: bytes, suffix: str = "") -> Content:
    return content_of(io.BytesIO(data), suffix, Wanted(preview=True))


def test_a_picture_gives_digests_and_both_dialects() -> None:
    content = look_at(PICTURE, ".jpg")
    assert [signal.type for signal in content.signals[:3]] == [
        SignalType.MD5,
        SignalType.SHA1,
        SignalType.SHA256,
    ]
    pdq = [signal for signal in content.signals if signal.type is SignalType.PDQ]
    assert [(s.view, s.dialect, s.orientation) for s in pdq] == [
        ("picture", Dialect.FULL, Orientation.UPRIGHT),
        ("picture", Dialect.SQUASH512, Orientation.UPRIGHT),
    ]
    assert (content.kind, content.format, content.size, content.refused) == (
        "image",
        "jpeg",
        len(PICTURE),
        None,
    )
    assert Image.open(io.BytesIO(content.preview)).size <= (96, 96)


def test_all_orientations_are_eight_times_as_many() -> None:
    pdq = [signal for signal in signals_of(PICTURE, all_orientations=True) if signal.type is SignalType.PDQ]
    assert len(pdq) == 16
    assert {signal.orientation for signal in pdq} == set(Orientation)


@pytest.mark.parametrize(
    ("data", "suffix", "code"),
    [
        (b"", ".jpg", "media.empty"),
        (b"", "", "media.empty"),
        (b"just words", ".png", "media.not_a_picture"),
        (b"\x00\x01\x02" * 99, ".heic", "media.not_a_picture"),
        (PICTURE[: len(PICTURE) // 2], ".jpg", "media.truncated"),
    ],
)
def test_what_is_wrong_is_said_and_digests_stand(data: bytes, suffix: str, code: str) -> None:
    content = look_at(data, suffix)
    assert content.refused is not None
    assert content.refused.code == code
    assert len([signal for signal in content.signals if signal.type.exact]) == 3


@pytest.mark.parametrize(("data", "kind"), [(b"just words", "text"), (b"\x00\x01" * 99, "file")])
def test_what_is_no_picture_and_claims_none_is_not_refused(data: bytes, kind: str) -> None:
    content = look_at(data, ".dat")
    assert (content.kind, content.refused, len(content.signals)) == (kind, None, 3)


def test_a_picture_named_otherwise_is_a_picture() -> None:
    assert look_at(PICTURE, ".txt").kind == "image"


def test_a_flat_picture_is_an_answer() -> None:
    image = io.BytesIO()
    Image.fromarray(flat(300, 200, 200)).save(image, "PNG")
    content = look_at(image.getvalue(), ".png")
    assert content.refused is None
    assert {signal.quality for signal in content.signals if signal.type is SignalType.PDQ} == {0}


def test_an_answer_survives_the_way_to_the_parent() -> None:
    answers: list[Mapping[str, Any]] = []
    examine(
        io.BytesIO(PICTURE), {"all_orientations": True, "preview": True, "compiled": False}, answers.append
    )
    first, answer = answers  # the digests, and with the only view all of it
    assert Content.from_answer(first).signals == Content.from_answer(answer).signals[:3]
    sent = json.loads(json.dumps(answer))
    assert Content.from_answer(sent).to_answer() == answer
    assert Content.from_answer(sent).signals == signals_of(PICTURE, all_orientations=True)


def test_what_is_known_is_said_before_more_is_decoded() -> None:
    frames = [Image.fromarray(picture(seed, 160, 120)) for seed in range(3)]
    animation = io.BytesIO()
    frames[0].save(animation, "PNG", save_all=True, append_images=frames[1:])
    answers: list[Mapping[str, Any]] = []
    examine(io.BytesIO(animation.getvalue()), {"compiled": False}, answers.append)
    views = [[signal.view for signal in Content.from_answer(answer).signals[3::2]] for answer in answers]
    assert views == [[], ["picture"], ["picture", "frame-1"], ["picture", "frame-1", "frame-2"]]


@pytest.mark.parametrize("form", ["WEBP", "TIFF"])
def test_only_our_own_limit_of_pixels_holds(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    file = io.BytesIO()
    Image.fromarray(picture(1, 160, 120)).save(file, form)
    answers: list[Mapping[str, Any]] = []
    examine(io.BytesIO(file.getvalue()), {"compiled": False}, answers.append)
    content = Content.from_answer(answers[-1])
    assert content.refused is None
    assert len(content.signals) > 3


def test_of_an_archive_each_member_is_announced_and_then_answered() -> None:
    answers: list[Mapping[str, Any]] = []
    where = {"start": 1, "stride": 2, "offset": 1, "compiled": False}
    archive = zip_of({"a": b"a", "b.jpg": PICTURE, "c": b"c", "d": b"d"})
    examine(io.BytesIO(archive), where, answers.append)
    said = [
        (one["name"], bool(one.get("begun")), bool(one.get("partial")), len(one.get("signals", ())))
        for one in answers
    ]
    assert said == [
        ("b.jpg", True, False, 0),
        ("b.jpg", False, True, 3),
        ("b.jpg", False, True, 5),
        ("b.jpg", False, False, 5),
        ("d", True, False, 0),
        ("d", False, False, 3),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["kind", "bytes", "signals", "refused", "format", "preview", None]), JSON)
def test_a_child_that_lies_is_found_out(field: str | None, lie: object) -> None:
    """Whatever a subverted child puts into its answer, reading it ends in one error or none."""
    answer: dict[str, Any] = look_at(b"words").to_answer()
    if field is not None:
        answer[field] = lie
    try:
        content = Content.from_answer(answer)
    except SubvertedError:
        return
    assert isinstance(content.kind, str)
    assert all(signal.type in SignalType for signal in content.signals)
    assert json.loads(json.dumps(content.to_answer())) == content.to_answer()
