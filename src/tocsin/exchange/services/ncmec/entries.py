"""From one `<image>`, `<video>`, `<deletedImage>` or `<deletedVideo>` to what a page holds.

The entry's own statements become the draft. What others say of it (`<feedback>`) becomes Heard, and its time
is no part of the draft: an entry that only gathered feedback is still the same entry.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tocsin.banks.model import EntryDraft, Label, Origin
from tocsin.banks.opinions import Verdict
from tocsin.exchange.model import Heard, Record, SetAside, Withdrawal
from tocsin.exchange.services.ncmec.xml import attribute, child, children, name_of, text_of
from tocsin.hashing.signals import Signal, SignalType

if TYPE_CHECKING:
    from lxml import etree

CLASSIFICATION: Final = "ncmec"
CLASSIFICATION_VERSION: Final = "industry"
KIND: Final = "ncmec:kind"
CATEGORIZATION: Final = "ncmec:categorization"
"""The version is the environment: GUIDs mean something only there."""
FINGERPRINT: Final = "fingerprint:"
"""What such a scheme names cannot be matched here, and is kept as it came."""

_LIVE: Final = frozenset({"image", "video"})
_DELETED: Final = frozenset({"deletedimage", "deletedvideo"})
_TYPES: Final[Mapping[str, SignalType]] = MappingProxyType({one.value: one for one in SignalType})
_NAMES: Final[Mapping[str, str]] = MappingProxyType({"pdna": "photodna"})
"""Where the field has one word for a fingerprint that NCMEC names by another."""
_MEMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_LONGEST_ID: Final = 400
_LONGEST_AUTHOR: Final = 150
_LONGEST_REASON: Final = 1000
_SHOWN: Final = 200


@dataclass(slots=True)
class Found:
    """What was read, in the order of reading."""

    records: dict[str, Record] = field(default_factory=dict)
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)
    items: int = 0
    """Elements that came, of whatever kind."""


@dataclass(frozen=True, slots=True)
class Whose:
    """An entry and the member that contributed it: names are unique within a member only."""

    member: str
    name: str
    id: str

    @property
    def key(self) -> str:
        """As `Record.key`. The member's part has digits only, so that no two entries share a key."""
        return f"{self.member}-{self.id}"


class _UnfitError(Exception):
    """An item that is none; its subclasses say why."""

    why = ""
    """As `SetAside.code`."""


class _UnknownItemError(_UnfitError):
    why = "ncmec.unknown_item"


class _NoIdentityError(_UnfitError):
    why = "ncmec.no_identity"


class _NothingToMatchError(_UnfitError):
    why = "ncmec.nothing_to_match"


class _BadTimeError(_UnfitError):
    why = "ncmec.bad_time"


def read_item(element: "etree._Element", environment: str, found: Found) -> None:
    """Add what `element` is to `found`. Whatever it is, the rest of the page goes on."""
    found.items += 1
    kind = name_of(element)
    whose: Whose | None = None
    try:
        whose = _whose(element)
        changed = _time(text_of(child(element, "timestamp")))
        if kind in _DELETED:
            _withdraw(found, Withdrawal(whose.key, "deleted at NCMEC", changed))
        else:
            _read_live(element, whose, changed, environment, found)
    except _UnfitError as unfit:
        key = whose.key if whose else ""
        found.set_aside.append(SetAside(key, unfit.why, str(unfit), _beginning(element)))


def _read_live(
    element: "etree._Element", whose: Whose, changed: datetime | None, environment: str, found: Found
) -> None:
    if name_of(element) not in _LIVE:
        message = f"an item of the unknown kind {name_of(element)[:60]!r}"
        raise _UnknownItemError(message)
    signals, opaque = _fingerprints(element, whose, found)
    if not signals:
        # Whatever we had of it before, these are no longer its fingerprints.
        _withdraw(found, Withdrawal(whose.key, "it has no fingerprint any more that can be matched", changed))
        names = ", ".join(sorted({one.scheme.removeprefix(FINGERPRINT) for one in opaque})) or "none"
        message = f"no fingerprint that can be matched here, only: {names[:_SHOWN]}"
        raise _NothingToMatchError(message)
    labels = (*_labels(element, whose, environment), *opaque)
    draft = EntryDraft(signals, Origin(f"ncmec:{environment}", whose.member, whose.id), labels)
    _add(found, Record(whose.key, draft, changed, _heard(element)))


def _add(found: Found, record: Record) -> None:
    """A page may name an entry twice: the newer state holds, or the one told later."""
    before = found.records.get(record.key) or found.withdrawals.get(record.key)
    if before is None or _order(_when(before), record.changed):
        found.withdrawals.pop(record.key, None)
        found.records[record.key] = record


def _withdraw(found: Found, gone: Withdrawal) -> None:
    before = found.records.get(gone.key) or found.withdrawals.get(gone.key)
    if before is None or _order(_when(before), gone.time):
        found.records.pop(gone.key, None)
        found.withdrawals[gone.key] = gone


def _when(one: Record | Withdrawal) -> datetime | None:
    return one.changed if isinstance(one, Record) else one.time


def _order(before: datetime | None, after: datetime | None) -> bool:
    return before is None or after is None or before <= after


def _whose(element: "etree._Element") -> Whose:
    member, identity = child(element, "member"), text_of(child(element, "id"))
    number = "" if member is None else attribute(member, "id")
    if not _MEMBER.fullmatch(number) or not 0 < len(identity) <= _LONGEST_ID:
        message = "it does not say which entry of which member it is"
        raise _NoIdentityError(message)
    return Whose(number, text_of(member)[:_LONGEST_AUTHOR], identity)


def _fingerprints(
    element: "etree._Element", whose: Whose, found: Found
) -> tuple[tuple[Signal, ...], list[Label]]:
    """What can be matched, and what is only kept: every value of every tag."""
    signals: dict[Signal, None] = {}
    opaque: dict[Label, None] = {}
    for one in children(element, "fingerprints"):
        tag, value = name_of(one), text_of(one)
        kind = _TYPES.get(tag)
        if kind is None:
            if value or one.attrib:
                opaque[_kept(_NAMES.get(tag, tag), value)] = None
        elif (signal := _signal(kind, value)) is not None:
            signals[signal] = None
        elif value:
            message = f"a {kind} of {len(value)} characters, which is none; its other fingerprints are kept"
            found.set_aside.append(SetAside(whose.key, "ncmec.bad_fingerprint", message, ""))
    return tuple(signals), list(opaque)


def _kept(name: str, value: str) -> Label:
    """A fingerprint that cannot be matched.

    Of a large one it is known only that there is one: its URL is not to be kept (NCMEC, Working with Large
    Fingerprints).
    """
    return Label(f"{FINGERPRINT}{name}", "", value or "held by NCMEC")


def _signal(kind: SignalType, value: str) -> Signal | None:
    try:
        data = bytes.fromhex(value) if len(value) == 2 * kind.size else b""
    except ValueError:
        return None
    return Signal(kind, data) if len(data) == kind.size else None


def _labels(element: "etree._Element", whose: Whose, environment: str) -> Iterator[Label]:
    yield Label(KIND, "v2", name_of(element), whose.name)
    if code := text_of(child(element, "classification")):
        yield Label(CLASSIFICATION, CLASSIFICATION_VERSION, code, whose.name)
    holder = child(element, "categorizations")
    seen = set()
    for one in () if holder is None else holder.iter():
        # As an attribute, as `<availableCategorizations>` has it, or as a text, as submissions have it.
        guid = (attribute(one, "guid") or (text_of(one) if name_of(one) == "guid" else "")).lower()
        if guid and guid not in seen:
            seen.add(guid)
            yield Label(CATEGORIZATION, environment, guid, whose.name)


@dataclass(slots=True)
class _Said:
    """What one member says of an entry's fingerprints."""

    disputes: bool = False
    words: list[str] = field(default_factory=list)
    time: datetime | None = None


def _heard(element: "etree._Element") -> tuple[Heard, ...]:
    """Feedback, one for each member: who disputes one of the fingerprints disputes the entry."""
    said: dict[str, _Said] = {}
    for block in children(element, "feedback"):
        signal = attribute(block, "type")
        if name_of(block) == "affirmativefeedback":
            _note(said, block, signal, disputes=False)
        elif name_of(block) == "negativefeedback":
            # `<reason/>` and the `<members>` who give it stand side by side, one after the other.
            reason = ""
            for one in children(block, "reasons"):
                if name_of(one) == "reason":
                    reason = attribute(one, "name") or attribute(one, "guid")
                elif name_of(one) == "members":
                    _note(said, [one], f"{signal}: {reason}" if reason else signal, disputes=True)
            _note(said, [one for one in block if name_of(one) == "members"], signal, disputes=True)
    return tuple(
        Heard(
            author,
            Verdict.DISPUTE if one.disputes else Verdict.CONFIRM,
            "; ".join(one.words)[:_LONGEST_REASON],
            one.time,
        )
        for author, one in said.items()
    )


def _note(
    said: dict[str, _Said],
    blocks: "etree._Element | list[etree._Element]",
    words: str,
    *,
    disputes: bool,
) -> None:
    """Note it for the members that the `<members>` in `blocks` name."""
    for members in blocks:
        if name_of(members) != "members":
            continue
        time = _time_or_none(attribute(members, "timestamp"))
        for one in members:
            author = f"{attribute(one, 'id')} {text_of(one)}".strip()[:_LONGEST_AUTHOR]
            if not author:
                continue
            entry = said.setdefault(author, _Said())
            entry.disputes = entry.disputes or disputes
            entry.words.append(f"{'disputes' if disputes else 'confirms'} {words}".strip())
            if time is not None:
                entry.time = max(entry.time or time, time)


def _time(text: str) -> datetime | None:
    """A moment in UTC; one without a zone is taken as UTC. None where none is given."""
    try:
        return moment(text) if text else None
    except ValueError:
        message = f"{text[:40]!r} is no time"
        raise _BadTimeError(message) from None


def _time_or_none(text: str) -> datetime | None:
    try:
        return moment(text) if text else None
    except ValueError:
        return None


def moment(text: str) -> datetime:
    """The moment that an ISO 8601 text names, in UTC. Raises ValueError."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def _beginning(element: "etree._Element") -> str:
    """Which item it is, without its fingerprints: what was set aside is shown to more people than a list."""
    parts = [name_of(one) for one in element]
    text = f"<{name_of(element)}> with {', '.join(parts)}"
    return "".join(one if one.isprintable() else " " for one in text)[:_SHOWN]
