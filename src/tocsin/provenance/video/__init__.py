"""What video encoders, muxers and cameras write into a container and its streams.

Most of it says which program handled a file, seldom where its pictures come from: FFmpeg's name stands in
camera footage that a messenger passed on as in generated clips. data/video.toml holds what is looked for.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from tocsin.media.containers.segments import Segment
from tocsin.provenance.fields import Field, Space
from tocsin.provenance.model import Absent, Direction, Finding, Item, Place, Rule, Subject
from tocsin.provenance.opened import OWN_READER, Opened
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import quoted, shortened
from tocsin.provenance.video.streams import SOFTWARE_ENCODERS, stream_signs

FAMILY: Final = "video"
_MOST_BOXES: Final = 32
_MOST_PLACES: Final = 8
_UUID_BYTES: Final = 16
_SOFTWARE_MUXERS: Final = frozenset({"video.lavf", "video.muxer", "video.editor"})


def signs(file: Opened) -> Iterator[Finding]:
    """The signs in a video's container and streams; nothing for files that are no videos."""
    if file.type.kind != "video":
        return
    tags = [one for one in file.fields.found if one.space is Space.TAG]
    device = list(_device(file, tags))
    yield from device
    if not device:
        yield Absent("the name of a recording device in the container", OWN_READER)
    writers = list(_writers(file, tags))
    yield from writers
    if not writers:
        yield Absent("the name of the program that wrote the container", OWN_READER)
    yield from _facts(file, tags)
    yield from _boxes(file)
    yield from _brands(file)
    yield from _handlers(file, tags)
    messages = list(stream_signs(file))
    yield from messages
    yield from _not_as_recorded(device, [*writers, *messages])


# Tags


def _device(file: Opened, tags: Iterable[Field]) -> Iterator[Item]:
    named = {what: _first(tags, what) for what in ("make", "model", "software", "created")}
    make, model = named["make"], named["model"]
    if make is None and model is None:
        return
    words = {what: shortened(one.value) for what, one in named.items() if one is not None}
    listed = _is_maker(words.get("make", ""))
    rule = rules(FAMILY)["video.device" if listed else "video.device_unlisted"]
    said = [quoted(words[what]) for what in ("make", "model") if what in words]
    found = f"The container names {' '.join(said)} as the device that recorded it"
    found += f", on {quoted(words['created'])}" if "created" in words else ""
    subject = Subject(tool=words.get("model"), vendor=words.get("make"), version=words.get("software"))
    yield file.item(rule, f"{found}.", *_places(one for one in named.values() if one), subject=subject)


def _is_maker(make: str) -> bool:
    make = make.casefold()
    return any(
        make.startswith(known) and not make[len(known) : len(known) + 1].isalnum()
        for known in document(FAMILY)["makers"]["known"]
    )


def _facts(file: Opened, tags: Iterable[Field]) -> Iterator[Item]:
    """That there is a place of recording, and that Android wrote the container."""
    if location := _first(tags, "location"):
        found = "The container says where it was recorded; the coordinates are not repeated here."
        yield file.item(rules(FAMILY)["video.location"], found, location.where)
    if android := _first(tags, "android"):
        found = f"The container says that Android {quoted(android.value)} wrote it."
        rule = rules(FAMILY)["video.android"]
        subject = Subject(tool=rule.tool, vendor=rule.vendor, version=shortened(android.value))
        yield file.item(rule, found, android.where, subject=subject)


def _writers(file: Opened, tags: Iterable[Field]) -> Iterator[Item]:
    """One item for each writing program that the tags name, wherever they repeat it."""
    names = _names("writer")
    softwares = _names("software")
    alike: dict[str, list[Field]] = {}
    for one in tags:
        if one.name.casefold() in names and one.value.strip():
            alike.setdefault(shortened(one.value), []).append(one)
    for value, fields in list(alike.items())[:_MOST_PLACES]:
        row = next((row for row in document(FAMILY)["writer"] if _fits(row, value)), None)
        if row is None and all(one.name.casefold() in softwares for one in fields):
            continue  # the device's own software, which the item on the device has
        rule = rules(FAMILY)[row["rule"] if row else "video.writer"]
        found = f"The container names {quoted(value)} as the program that wrote it."
        yield file.item(rule, found, *_places(fields), subject=_program(rule, row or {}, value))


def _fits(row: Mapping[str, str], value: str) -> bool:
    value = value.casefold()
    if "starts" in row:
        return value.startswith(row["starts"].casefold())
    return row["contains"].casefold() in value


def _program(rule: Rule, row: Mapping[str, str], value: str) -> Subject:
    """The program as the row or the rule calls it, and the version that follows its name in `value`."""
    name = row.get("starts") or row.get("contains") or ""
    rest = value[value.casefold().find(name.casefold()) + len(name) :].split() if name else []
    version = rest[0] if rest and rest[0][0].isdigit() else None
    tool = row.get("tool") or rule.tool or value
    return Subject(tool=tool, version=version, vendor=row.get("vendor") or rule.vendor)


def _first(tags: Iterable[Field], what: str) -> Field | None:
    """The first field with one of the names for `what`, in the order of these names."""
    by_name = {one.name.casefold(): one for one in reversed(list(tags)) if one.value.strip()}
    return next((by_name[name] for name in _names(what) if name in by_name), None)


@cache
def _names(what: str) -> tuple[str, ...]:
    return tuple(name.casefold() for name in document(FAMILY)["names"][what])


def _places(fields: Iterable[Field]) -> list[Segment | Place]:
    return [one.where for one in fields][:_MOST_PLACES]


# Boxes


def _boxes(file: Opened) -> Iterator[Finding]:
    """Boxes of makers, and boxes that are named by a UUID."""
    rows = {row["path"]: row for row in document(FAMILY)["box"]}
    there = {one.name: one for one in reversed(file.walk.segments) if one.name in rows}
    for segment in there.values():
        row = rows[segment.name]
        rule = rules(FAMILY)[row["rule"]]
        vendor = row.get("vendor") or rule.vendor
        sentence = f"The container has the box {segment.name}, which {vendor}'s devices write."
        yield file.item(rule, sentence, segment, subject=Subject(tool=rule.tool, vendor=vendor))
    if not there:
        yield Absent("boxes that makers of cameras write", OWN_READER)
    yield from _uuid_boxes(file)


def _uuid_boxes(file: Opened) -> Iterator[Item]:
    known = {uuid.UUID(row["uuid"]): row for row in document(FAMILY)["uuid_box"]}
    seen: dict[uuid.UUID, Segment] = {}
    for segment in file.walk.segments:
        if segment.name.rpartition("/")[2] == "uuid" and segment.length >= _UUID_BYTES:
            seen.setdefault(uuid.UUID(bytes=file.read(segment, _UUID_BYTES)), segment)
            if len(seen) == _MOST_BOXES:
                break
    for name, segment in seen.items():
        row = known.get(name, {})
        if not row.get("elsewhere"):
            meaning = row.get("what", "a meaning that no rule knows")
            found = f"The container has a box with the UUID {name}: {meaning}."
            yield file.item(rules(FAMILY)["video.uuid_box"], found, segment)


def _brands(file: Opened) -> Iterator[Item]:
    segment = next(iter(file.walk.named("ftyp")), None)
    if segment is None:
        return
    payload = file.read(segment, 256).decode("latin-1")
    brands = [payload[:4], *(payload[at : at + 4] for at in range(8, len(payload) - 3, 4))]
    for row in document(FAMILY)["brand"]:
        if row.get("major") == brands[0] or row.get("all") == brands:
            meaning = row.get("hint") or f"registered for {row['vendor']}'s cameras"
            found = f"The container declares the brands {quoted(', '.join(brands))}: {meaning}."
            subject = Subject(vendor=row.get("vendor"))
            yield file.item(rules(FAMILY)[row["rule"]], found, segment, subject=subject)
            return


def _handlers(file: Opened, tags: Iterable[Field]) -> Iterator[Item]:
    """One item for each hint that the names of the tracks' handlers give."""
    hints: dict[str, Field] = {}
    for one in tags:
        if one.name.casefold() in _names("handler"):
            row = next((row for row in document(FAMILY)["handler"] if _fits(row, one.value)), None)
            hints.setdefault(row["hint"] if row else "", one)
    for hint, one in hints.items():
        if hint:
            found = f"The handler of a track is called {quoted(one.value)}, {hint}."
            yield file.item(rules(FAMILY)["video.handler"], found, one.where, subject=Subject())


# Together


def _not_as_recorded(device: list[Item], others: Iterable[Finding]) -> Iterator[Item]:
    """A device is named, but a program wrote the container or encoded the stream."""
    for named in device:
        if named.leans is not Direction.CAPTURED:
            continue
        for one in others:
            if not isinstance(one, Item):
                continue
            who = " ".join(map(quoted, filter(None, (named.subject.vendor, named.subject.tool))))
            what = quoted(one.subject.tool or "")
            if one.rule.id in _SOFTWARE_MUXERS:
                found = f"The container names {who} as its device, but {what} wrote it."
                yield _resting_on(rules(FAMILY)["video.remuxed"], found, named, one)
            elif one.rule.id in SOFTWARE_ENCODERS:
                found = f"The container names {who} as its device, but {what} encoded the stream."
                yield _resting_on(rules(FAMILY)["video.transcoded"], found, named, one)


def _resting_on(rule: Rule, found: str, *based_on: Item) -> Item:
    """An item that rests on the places of others."""
    where = tuple(place for one in based_on for place in one.where)
    return Item(rule, found, OWN_READER, where)
