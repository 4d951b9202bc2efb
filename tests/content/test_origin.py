"""One content and its origin, in this process: one decode, as much as was asked, and failures in words."""

import io
from collections.abc import Mapping
from typing import Final

import pytest
from support.origin_files import NOT_ALL, NOTHING, UNEXAMINED, every_file

from tocsin.content import origin
from tocsin.content.examine import Wanted, content_of, examine
from tocsin.content.model import Content
from tocsin.content.origin import Origin, looking
from tocsin.hashing.signals import SignalType
from tocsin.media.errors import UnsupportedError
from tocsin.media.identify import identify
from tocsin.media.limits import PictureLimits
from tocsin.media.sandbox import JsonValue
from tocsin.provenance import marks, stealth
from tocsin.provenance.answer import explanation_of
from tocsin.provenance.explain import DECODER, ENDED, Tier
from tocsin.provenance.model import Absent, Failed, Finding, Item, NotChecked

pytestmark = pytest.mark.slow  # builds its files with several libraries
LIMITS: Final = PictureLimits()


def hidden() -> bytes:
    """A picture with text hidden in its pixels; not made while tests are collected."""
    return every_file()["demo-hidden.png"]


def opened(data: bytes, tier: Tier = Tier.PIXELS, **more: JsonValue) -> Origin:
    options = {"origin": tier.value, **more}
    return Origin(io.BytesIO(data), identify(data[:4096]), looking(options), LIMITS)


def rules(findings: tuple[Finding, ...]) -> set[str]:
    return {one.rule.id for one in findings if isinstance(one, Item)}


def examined(data: bytes, **options: JsonValue) -> list[Content]:
    """All answers of a child, one after the other."""
    said: list[Content] = []

    def emit(item: Mapping[str, JsonValue]) -> None:
        said.append(Content.from_answer(item))

    examine(io.BytesIO(data), options, emit)
    return said


def test_pixels_are_looked_at_with_and_without_views() -> None:
    for views in (True, False):
        content = examined(hidden(), origin="pixels", views=views)[-1]
        assert {"stealth.alpha", "generators.a1111"} <= rules(content.findings or ())
        assert views == any(signal.type is SignalType.PDQ for signal in content.signals)


def test_the_fast_tier_says_what_it_did_not_look_at() -> None:
    content = examined(hidden(), origin="fast", views=False)[-1]
    assert rules(content.findings or ()) == set()
    unchecked = {one.what: one.why for one in content.findings or () if isinstance(one, NotChecked)}
    assert unchecked["text hidden in pixels"] == "the pixels were not asked for"
    assert DECODER.looks_for not in unchecked


def test_origin_is_looked_for_only_where_it_is_wanted() -> None:
    assert all(content.findings is None for content in examined(hidden()))


def test_looking_for_origin_changes_no_signal() -> None:
    for name in ("demo-hidden.png", "demo-camera.jpg", "camera.webp", "note.txt", "plain.gif"):
        data = every_file()[name]
        plain, with_origin = examined(data)[-1], examined(data, origin="pixels")[-1]
        assert with_origin.signals == plain.signals
        assert (with_origin.kind, with_origin.refused) == (plain.kind, plain.refused)


def test_one_decode_serves_both(monkeypatch: pytest.MonkeyPatch) -> None:
    decodes: list[str] = []
    usual = Origin._decode

    def counted(self: Origin) -> object:
        decodes.append("kept" if self._kept is not None else "anew")
        return usual(self)

    monkeypatch.setattr(origin.Origin, "_decode", counted)
    examined(hidden(), origin="pixels")
    examined(hidden(), origin="pixels", views=False)
    assert decodes == ["kept", "anew"]


def test_each_answer_before_the_last_is_true_if_it_stays_the_last() -> None:
    """Whatever ends the child, what was sent last names the reader and calls nothing absent behind it."""
    for views in (True, False):
        answers = examined(every_file()["demo-camera-dressed-up.jpg"], origin="pixels", views=views)
        final = answers[-1].findings or ()
        blamed = []
        for content in answers[:-1]:
            findings = content.findings or ()
            (failed,) = (one for one in findings if isinstance(one, Failed) and one.code == ENDED)
            blamed.append(failed.reader)
            assert {one for one in findings if isinstance(one, Absent | Item)} <= set(final)
            summary = explanation_of(findings).summary
            assert NOT_ALL in summary or summary.startswith(UNEXAMINED)
        assert not [one for one in final if isinstance(one, Failed)]
        assert blamed[-1] == "detectors"
        assert {"metadata", "c2pa", "decoder"} <= set(blamed)
        order = [reader for number, reader in enumerate(blamed) if reader not in blamed[:number]]
        assert order.index("metadata") < order.index("camera") < order.index("c2pa")


def test_readers_that_are_left_out_are_called_failed() -> None:
    why = {"camera": "it ended a child", "decoder": "it ended a child"}
    findings = opened(hidden(), skipped=dict(why)).look(lambda _: None)
    failed = {one.reader: one.reason for one in findings if isinstance(one, Failed)}
    assert failed == why
    assert rules(findings) == set()
    text = explanation_of(findings).summary
    assert NOTHING in text
    assert NOT_ALL in text


def test_what_is_neither_picture_nor_film_is_not_looked_at() -> None:
    (finding,) = opened(b"a note\n").look(lambda _: None)
    assert isinstance(finding, NotChecked)


def test_what_cannot_be_held_in_memory_is_not_looked_at() -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    content = content_of(Stream(hidden()), "", Wanted(origin=looking({"origin": "pixels"})))
    (finding,) = content.findings or ()
    assert isinstance(finding, NotChecked)
    assert "memory" in finding.why


def test_a_picture_with_too_many_pixels_to_keep_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "MOST_KEPT", 100)
    findings = opened(hidden()).look(lambda _: None)
    why = {one.why for one in findings if isinstance(one, NotChecked) and "hidden" in one.what}
    assert why == {origin.TooManyToKeepError().message}


def test_a_film_has_no_pixels_that_are_looked_at() -> None:
    findings = opened(every_file()["x264.mp4"]).look(lambda _: None)
    why = {one.why for one in findings if isinstance(one, NotChecked) and "lowest bits" in one.what}
    assert why
    assert all("not a picture" in one for one in why)
    assert not [one for one in findings if isinstance(one, Failed)]
    assert UnsupportedError.code not in {one.code for one in findings if isinstance(one, Failed)}


def test_where_a_part_of_the_metadata_is_unreadable_only_pixels_are_without_signs() -> None:
    data = every_file()["plain.png"]
    broken = data[:33] + (1 << 30).to_bytes(4) + b"tEXt" + data[33:]
    findings = opened(broken).look(lambda _: None)
    assert {one.what for one in findings if isinstance(one, Absent)} <= {stealth.WHAT, marks.WHAT}
    assert len({one.what for one in findings if isinstance(one, NotChecked)}) > 5
