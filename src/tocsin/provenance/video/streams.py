"""What encoders left in a video's streams as user data, searched for at both ends of the file."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tocsin.media.containers.segments import Segment
from tocsin.provenance.model import Absent, Finding, Fingerprint, FingerprintKind, Item, NotChecked, Subject
from tocsin.provenance.opened import OWN_READER, Opened
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import quoted
from tocsin.provenance.video.sei import UserData, Work, user_data

WINDOW: Final = 4 << 20
"""Bytes at the beginning and end of a file, and of its media data, that are searched for user data."""
SOFTWARE_ENCODERS: Final = frozenset({"video.encoder", "video.encoder_unconfirmed"})
_UNKNOWN_WITHIN: Final = 1 << 20
"""User data under a UUID that no rule knows is looked for at the beginning of each window only."""
_MOST_MESSAGES: Final = 16
"""By one known encoder, and of all others together."""
_WHAT: Final = "user data of encoders in H.264 and H.265 streams"
_LONGEST_OPTIONS: Final = 4096


@dataclass(frozen=True, slots=True)
class _Message:
    """A message of user data, and where the UUID or its unit stands in the file."""

    data: UserData
    offset: int


def stream_signs(file: Opened) -> Iterator[Finding]:
    """What encoders left in the stream as user data."""
    windows = _windows(file)
    rows = {uuid.UUID(row["uuid"]).bytes: row for row in document("video")["user_data"]}
    seen: dict[bytes, dict[bytes, _Message]] = {}
    work, left_out = Work(), False
    for start, end in windows:
        file.source.seek(start)
        for one in user_data(file.source.read(end - start), rows, _UNKNOWN_WITHIN, work):
            # Encoders repeat themselves, and other writers change what follows the UUID with each picture.
            said = _says(one, rows.get(one.uuid, {}))
            room, key = seen.setdefault(one.uuid if said else b"", {}), one.data if said else one.uuid
            if key in room or len(room) < _MOST_MESSAGES:
                room.setdefault(key, _Message(one, start + one.start))
            else:
                left_out = True
    for message in (one for room in seen.values() for one in room.values()):
        yield _message(file, message, rows.get(message.data.uuid, {}))
    if work.cut:
        yield NotChecked(f"further {_WHAT}", "there are too many bytes that look like it")
    elif left_out:
        yield NotChecked(f"further {_WHAT}", f"only {_MOST_MESSAGES} of a kind are told")
    elif not seen:
        yield Absent(_WHAT, OWN_READER)
    if sum(end - start for start, end in windows) < file.size:
        why = "only the first and last 4 MB of the file and of its media data were searched"
        yield NotChecked("user data of encoders in the middle of the stream", why)


def _windows(file: Opened) -> list[tuple[int, int]]:
    """Stretches of the file to search, in order, none overlapping."""
    media = file.walk.named("mdat")
    spans = [(0, file.size), *((one.offset, one.offset + one.length) for one in (*media[:1], *media[-1:]))]
    wanted = sorted(
        part
        for start, end in spans
        for part in ((start, min(end, start + WINDOW)), (max(start, end - WINDOW), end))
    )
    windows = wanted[:1]
    for start, end in wanted[1:]:
        last_start, last_end = windows[-1]
        if start <= last_end:
            windows[-1] = (last_start, max(last_end, end))
        else:
            windows.append((start, end))
    return windows


def _says(one: UserData, row: Mapping[str, str]) -> bool:
    """Whether the text stands there that belongs to the UUID of this row; not where there is no row."""
    return bool(row) and row["says"].encode() in one.data


def _message(file: Opened, message: _Message, row: Mapping[str, str]) -> Item:
    one = message.data
    name = uuid.UUID(bytes=one.uuid)
    where = _segment_at(file, message.offset, one.length)
    text = one.data.rstrip(b"\0").decode("utf-8", "replace")
    if not _says(one, row):
        known = "without the text that belongs to it" if row else "which no rule knows"
        found = f"The {one.coding} stream carries user data under the UUID {name}, {known}."
        return file.item(rules("video")["video.user_data"], found, where)
    rule = rules("video")[row["rule"]]
    subject = Subject(tool=row.get("tool") or rule.tool, vendor=rule.vendor)
    if rule.id not in SOFTWARE_ENCODERS:
        found = f"The {one.coding} stream carries user data under the UUID {name} with “{row['says']}”."
        return file.item(rule, found, where, subject=subject)
    head = quoted(text.partition(" - options:")[0].partition(" - H.26")[0])
    found = f"The {one.coding} stream was made by the software encoder {head}."
    options = Fingerprint(FingerprintKind.ENCODER, text[:_LONGEST_OPTIONS])
    return file.item(rule, found, where, subject=subject, fingerprints=(options,))


def _segment_at(file: Opened, offset: int, length: int) -> Segment:
    """The stretch, named after the smallest part of the file that holds all of it."""
    around = [
        one
        for one in file.walk.segments
        if one.offset <= offset and offset + length <= one.offset + one.length
    ]
    if not around:
        return Segment(file.type.format, "file", offset, length)
    inner = min(around, key=lambda one: one.length)
    return Segment(inner.container, inner.name, offset, length)
