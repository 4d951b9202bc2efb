"""Signs in videos: from clips that FFmpeg's libraries write, and from streams and boxes made by hand."""

import hashlib
import io
import uuid
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.videos import (
    X265,
    box,
    clip,
    message,
    mp4,
    remuxed,
    sei_unit,
    with_length,
    with_start_code,
)

from tocsin.media.identify import identify
from tocsin.provenance.model import Absent, Direction, Finding, FingerprintKind, Item, NotChecked, Strength
from tocsin.provenance.opened import Opened
from tocsin.provenance.rules import document, rules
from tocsin.provenance.video import signs
from tocsin.provenance.video.sei import user_data
from tocsin.provenance.video.streams import WINDOW

KEYS = {"movflags": "use_metadata_tags"}
PHONE = {
    "com.apple.quicktime.make": "Apple",
    "com.apple.quicktime.model": "iPhone 15",
    "com.apple.quicktime.software": "17.5.1",
    "com.apple.quicktime.creationdate": "2024-05-05T10:10:10+0200",
    "com.apple.quicktime.location.ISO6709": "+47.1234+008.5678/",
}
X264_UUID = uuid.UUID("dc45e9bd-e6d9-48b7-962c-d820d923eeef").bytes
KLING_UUID = uuid.UUID("91ca6061-4aee-3854-8614-2d5f73f4ae2e").bytes
STRANGE_UUID = bytes(range(100, 116))
X264 = b"x264 - core 164 r3095 baee400 - H.264/MPEG-4 AVC codec - options: cabac=1 ref=3"


def opened(data: bytes) -> Opened:
    return Opened(io.BytesIO(data), identify(data[:4096]))


def found(data: bytes) -> list[Finding]:
    """All findings; each place is checked to be where it says."""
    findings = list(signs(opened(data)))
    for one in items(findings):
        for place in one.where:
            assert place.offset is not None
            assert place.length
            raw = data[place.offset : place.offset + place.length]
            assert len(raw) == place.length
            assert hashlib.sha256(raw).hexdigest() == place.sha256
    return findings


def items(findings: Sequence[Finding]) -> list[Item]:
    return [one for one in findings if isinstance(one, Item)]


def by_rule(data: bytes) -> dict[str, Item]:
    return {one.rule.id.removeprefix("video."): one for one in items(found(data))}


def raw_of(data: bytes, item: Item, number: int = 0) -> bytes:
    place = item.where[number]
    assert place.offset is not None
    assert place.length is not None
    return data[place.offset : place.offset + place.length]


def in_samples(*units: bytes) -> bytes:
    """An MP4 with these units in its media data."""
    return mp4(box(b"mdat", *map(with_length, units)))


def user_text(kind: bytes, text: str) -> bytes:
    """A text of QuickTime's user data."""
    return box(kind, len(text.encode()).to_bytes(2), b"\x55\xc4", text.encode())


# What FFmpeg's libraries write


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska", "avi"])
def test_a_clip_names_its_muxer_and_its_software_encoder(container: str) -> None:
    data = clip(container)
    told = by_rule(data)
    assert told["lavf"].subject.tool == "FFmpeg (libavformat)"
    assert told["lavf"].subject.version
    assert told["lavf"].leans is Direction.NEUTRAL
    assert raw_of(data, told["lavf"]).startswith(b"Lavf")
    encoder = told["encoder"]
    assert encoder.subject.tool == "x264"
    assert raw_of(data, encoder).startswith(X264_UUID)
    (options,) = encoder.fingerprints
    assert options.kind is FingerprintKind.ENCODER
    assert raw_of(data, encoder)[16:].rstrip(b"\0").decode() == options.value
    assert "options: " in options.value
    assert {"remuxed", "transcoded", "device", "kling", "user_data"}.isdisjoint(told)


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_x265_is_found_where_it_stands_with_the_parameters_of_the_stream(container: str) -> None:
    told = by_rule(clip(container, "libx265", options=X265))
    assert told["encoder"].subject.tool == "x265"
    assert "H.265" in told["encoder"].found


def test_clips_by_one_encoder_with_other_options_have_other_fingerprints() -> None:
    values = {
        by_rule(clip(options={"crf": crf}, frames=frames))["encoder"].fingerprints[0].value
        for crf, frames in (("20", 2), ("20", 3), ("30", 2))
    }
    assert len(values) == 2


def test_a_fragmented_clip_is_searched_too() -> None:
    assert "encoder" in by_rule(clip(muxing={"movflags": "frag_keyframe+empty_moov+default_base_moof"}))


def test_a_webm_names_its_muxer_once() -> None:
    data = clip("webm", "libvpx-vp9")
    muxers = [one for one in items(found(data)) if one.rule.id == "video.lavf"]
    assert len(muxers) == 1
    assert len(muxers[0].where) >= 2
    assert Absent("user data of encoders in H.264 and H.265 streams", muxers[0].reader) in found(data)


def test_remuxing_leaves_the_encoder_and_adds_the_muxer() -> None:
    bare = clip(muxing={"fflags": "+bitexact"})
    assert "lavf" not in by_rule(bare)
    again = by_rule(remuxed(bare))
    assert again["lavf"].where
    assert again["encoder"].fingerprints == by_rule(bare)["encoder"].fingerprints


def test_a_device_is_named_without_its_coordinates() -> None:
    data = clip("mov", "mpeg4", tags=PHONE, muxing={"movflags": "use_metadata_tags", "fflags": "+bitexact"})
    told = by_rule(data)
    device = told["device"]
    assert device.leans is Direction.CAPTURED
    assert (device.subject.vendor, device.subject.tool, device.subject.version) == (
        "Apple",
        "iPhone 15",
        "17.5.1",
    )
    assert [raw_of(data, device, number) for number in range(2)] == [b"Apple", b"iPhone 15"]
    assert "2024-05-05" in device.found
    assert raw_of(data, told["location"]) == b"+47.1234+008.5678/"
    assert "47.1" not in "".join(one.found for one in told.values())
    assert {"remuxed", "transcoded", "writer"}.isdisjoint(told)


def test_a_device_in_a_container_by_a_program_is_not_as_recorded() -> None:
    told = by_rule(clip("mp4", tags=PHONE, muxing=KEYS))
    assert told["remuxed"].leans is Direction.EDITED
    assert told["remuxed"].rule.contradiction
    assert {place.segment for place in told["transcoded"].where} >= {"mdat"}
    assert "“Apple” “iPhone 15”" in told["transcoded"].found


def test_a_device_in_user_data_is_named() -> None:
    texts = [(b"\xa9mak", "Canon"), (b"\xa9mod", "EOS R5"), (b"\xa9xyz", "+47.1234+008.5678/")]
    told = by_rule(mp4(box(b"moov", box(b"udta", *(user_text(*one) for one in texts)))))
    assert (told["device"].subject.vendor, told["device"].subject.tool) == ("Canon", "EOS R5")
    assert "47.1" not in told["location"].found


def test_androids_writer_is_no_camera_but_its_keys_name_one() -> None:
    keys = {"com.android.version": "14"}
    told = by_rule(clip("mp4", "mpeg4", tags=keys, muxing=KEYS))
    assert told["android"].leans is Direction.NEUTRAL
    assert "device" not in told
    keys |= {"com.android.manufacturer": "samsung", "com.android.model": "SM-S918B"}
    assert by_rule(clip("mp4", "mpeg4", tags=keys, muxing=KEYS))["device"].subject.vendor == "samsung"


def test_names_of_handlers_are_hints() -> None:
    name = b"ISO Media file produced by Google Inc. Created on: 01/02/2023.\0"
    handler = box(b"hdlr", bytes(8), b"vide", bytes(12), name)
    data = mp4(box(b"moov", *[box(b"trak", box(b"mdia", handler))] * 3))
    told = [one for one in items(found(data)) if one.rule.id == "video.handler"]
    assert len(told) == 1
    assert "YouTube" in told[0].found
    assert raw_of(data, told[0]).startswith(b"ISO Media")


def test_a_generator_in_the_field_for_makers_is_no_camera() -> None:
    told = by_rule(clip("mp4", "mpeg4", tags={"com.apple.quicktime.make": "Applesauce Labs"}, muxing=KEYS))
    assert "device" not in told
    assert told["device_unlisted"].leans is Direction.NEUTRAL
    assert "remuxed" not in told


@pytest.mark.parametrize(
    ("value", "rule", "tool"),
    [
        ("HandBrake 1.6.1 2023012300", "editor", "HandBrake"),
        ("Blackmagic Design DaVinci Resolve Studio", "editor", "DaVinci Resolve"),
        ("CapCut 5.2", "editor", "CapCut"),
        ("Something of my own", "writer", "Something of my own"),
    ],
)
def test_writing_programs(value: str, rule: str, tool: str) -> None:
    told = by_rule(mp4(box(b"moov", box(b"udta", user_text(b"\xa9too", value)))))
    assert told[rule].subject.tool == tool
    assert told[rule].leans is (Direction.EDITED if rule == "editor" else Direction.NEUTRAL)


def test_prompts_in_comments_are_no_writing_programs() -> None:
    findings = found(clip("mp4", "mpeg4", tags={"comment": "a picture of iMovie and CapCut"}))
    assert {one.rule.id for one in items(findings)}.isdisjoint({"video.editor", "video.writer"})
    assert "a picture of" not in repr(findings)


# Boxes


def test_boxes_of_makers_and_of_unknown_uuids_are_listed() -> None:
    strange = uuid.UUID(bytes=STRANGE_UUID)
    told = by_rule(
        mp4(
            box(b"uuid", uuid.UUID("d8fec3d6-1b0e-483c-9297-5828877ec481").bytes, bytes(20)),
            box(b"uuid", STRANGE_UUID, b"whatever"),
            box(b"uuid", STRANGE_UUID, b"again"),
            box(b"moov", box(b"udta", box(b"GPMF", b"DEVC"), box(b"smta", bytes(8)))),
            brand=b"CAEP",
        )
    )
    assert str(strange) in told["uuid_box"].found
    assert told["uuid_box"].leans is Direction.NEUTRAL
    assert told["gopro"].where[0].segment == "moov/udta/GPMF"
    assert told["vendor_box"].subject.vendor == "Samsung"
    assert told["camera_brand"].subject.vendor == "Canon"


def test_what_is_not_there_is_said() -> None:
    findings = found(mp4(box(b"mdat", bytes(64)), brand=b"none"))
    assert items(findings) == []
    assert len([one for one in findings if isinstance(one, Absent)]) == 4


def test_pictures_are_left_to_others() -> None:
    assert list(signs(opened(b"\x89PNG\r\n\x1a\n" + bytes(100)))) == []


# User data in streams


@pytest.mark.parametrize("header", [b"\x06", b"\x4e\x01", b"\x50\x01"])
@pytest.mark.parametrize("framed", [with_length, with_start_code, lambda unit: with_length(unit, 2)])
@pytest.mark.parametrize("before", [b"", message(1, b"\x12\x34"), message(4, bytes(300))])
def test_a_message_is_found_in_every_framing(header: bytes, framed: object, before: bytes) -> None:
    assert callable(framed)
    unit = sei_unit(before + message(5, X264_UUID + X264), header=header)
    window = b"\x11" * 50 + framed(unit) + b"\x22" * 50
    (one, *same) = user_data(window, [X264_UUID], len(window))
    assert (one.uuid, one.data) == (X264_UUID, X264)
    assert set(same) <= {one}


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=300), st.sampled_from([b"\x06", b"\x4e\x01"]))
def test_inserted_bytes_are_taken_out_again(uuid_end: bytes, data: bytes, header: bytes) -> None:
    name = (b"\0\0\1\0\0" + uuid_end + bytes(16))[:16]
    for framed in (with_length, with_start_code):
        window = framed(sei_unit(message(5, name + data), header=header))
        for one in user_data(window, [], len(window)):
            assert (one.uuid, one.data) == (name, data)
            break
        else:
            pytest.fail("the message was not found")


def test_a_place_holds_the_unit_where_bytes_were_inserted() -> None:
    data = in_samples(sei_unit(message(5, STRANGE_UUID + b"\0\0\0\0end")))
    told = by_rule(data)["user_data"]
    assert raw_of(data, told).startswith(b"\x06\x05")
    assert str(uuid.UUID(bytes=STRANGE_UUID)) in told.found


@pytest.mark.parametrize(
    "unit",
    [
        X264_UUID + X264,
        b"\x06\x05" + X264_UUID + X264,
        sei_unit(message(4, X264_UUID + X264)),
        sei_unit(message(5, X264_UUID + X264))[:-1] + b"\x81",
        sei_unit(message(5, X264_UUID + X264)) + b"\x33",
        b"\x65" + sei_unit(message(5, X264_UUID + X264))[1:],
    ],
)
def test_bytes_that_only_look_like_a_message_are_none(unit: bytes) -> None:
    assert "encoder" not in by_rule(in_samples(unit))


def test_kling_needs_its_name_beside_its_uuid() -> None:
    told = by_rule(in_samples(sei_unit(message(5, KLING_UUID + b"kling-ai 1.6"))))
    assert told["kling"].leans is Direction.GENERATED
    assert told["kling"].carries is Strength.S2
    assert not told["kling"].rule.confirmed
    told = by_rule(in_samples(sei_unit(message(5, KLING_UUID + b"something"))))
    assert "kling" not in told
    assert told["user_data"].leans is Direction.NEUTRAL


def test_user_data_that_changes_with_each_picture_is_told_once() -> None:
    units = [sei_unit(message(5, STRANGE_UUID + bytes([5, number]))) for number in range(200)]
    assert len(items(found(in_samples(*units)))) == 1


def test_junk_messages_do_not_hide_an_encoders() -> None:
    junk = [sei_unit(message(5, X264_UUID + b"junk %d" % number)) for number in range(30)]
    strange = [sei_unit(message(5, STRANGE_UUID[1:] + bytes([number]))) for number in range(30)]
    findings = found(in_samples(*strange, *junk, sei_unit(message(5, X264_UUID + X264))))
    assert "video.encoder" in {one.rule.id for one in items(findings)}
    assert any(isinstance(one, NotChecked) and "user data" in one.what for one in findings)


def test_what_only_looks_like_user_data_without_end_is_told_and_not_called_absent() -> None:
    for piece in (X264_UUID + b"zz", (b"\xfa\x80\x06\x05\0" * 20 + X264_UUID)):
        findings = found(mp4(box(b"mdat", piece * 2001)))
        assert any(isinstance(one, NotChecked) and "user data" in one.what for one in findings)
        assert "user data" not in " ".join(one.what for one in findings if isinstance(one, Absent))


def test_both_ends_of_a_long_stream_are_searched_and_its_middle_is_said_not_to_be() -> None:
    first = with_length(sei_unit(message(5, X264_UUID + X264)))
    last = with_length(sei_unit(message(5, X264_UUID + X264 + b" crf=40")))
    hidden = with_length(sei_unit(message(5, KLING_UUID + b"kling-ai")))
    gap = bytes(WINDOW + 1000)
    findings = found(mp4(box(b"mdat", first, gap, hidden, gap, last)))
    assert [one.rule.id for one in items(findings)] == ["video.encoder"] * 2
    assert any(isinstance(one, NotChecked) and "middle" in one.what for one in findings)
    short = found(mp4(box(b"mdat", first)))
    assert not any(isinstance(one, NotChecked) for one in short)


class Counting(io.BytesIO):
    """Counts what is read."""

    total = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """As BytesIO."""
        data = super().read(size)
        self.total += len(data)
        return data


def test_a_long_file_is_not_read_whole() -> None:
    data = mp4(box(b"mdat", bytes(40 << 20)), box(b"moov"))
    source = Counting(data)
    list(signs(Opened(source, identify(data[:4096]))))
    assert source.total < 4 * WINDOW


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2**32))
def test_no_bytes_break_the_search(noise: bytes, seed: int) -> None:
    unit = bytearray(sei_unit(message(5, X264_UUID + X264)))
    unit[seed % len(unit)] ^= 1 << seed % 8
    list(signs(opened(mp4(box(b"mdat", noise, with_length(bytes(unit)), noise)))))
    list(signs(opened(mp4(box(b"moov", noise)) + noise)))


@pytest.mark.parametrize(
    "piece",
    [b"\0\0\xff\xff\x06\x05", b"\0\0\1\x06\x05\xff", b"\x06" * 496 + X264_UUID, b"\x06\x05\x40" + X264_UUID],
)
def test_hostile_repetition_is_bounded(piece: bytes) -> None:
    tried = sum(1 for _ in user_data(piece * (60_000 // len(piece)), [X264_UUID], 1 << 20))
    assert tried <= 4000
    assert items(found(mp4(box(b"mdat", piece * 100)))) == []


# The rules


def test_every_row_of_the_data_names_a_rule_that_is_there() -> None:
    tables = document("video")
    named = {row["rule"] for table in ("writer", "user_data", "box", "brand") for row in tables[table]}
    assert named <= set(rules("video"))
    assert all(uuid.UUID(row["uuid"]) for table in ("user_data", "uuid_box") for row in tables[table])


def test_nothing_here_is_strong() -> None:
    assert {rule.strength for rule in rules("video").values()} <= {Strength.S1, Strength.S2}
    for rule in rules("video").values():
        assert rule.direction is not Direction.GENERATED or "forgeable" in " ".join(rule.caveats)
