"""The items of a feed, a JSON object a line: entries, corrections, withdrawals, opinions, sightings.

They are read strictly: what is missing or of another kind makes an item unfit, and it is set aside alone.
Fields that are not known are left out, and counted. docs/formats/feed.md shows each item.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from tocsin.banks.batch import check_texts
from tocsin.banks.lists import objects
from tocsin.banks.lists.cells import BadRowError
from tocsin.banks.model import Label
from tocsin.banks.opinions import Verdict
from tocsin.errors import Error
from tocsin.exchange.rights import Purpose, Terms, checked
from tocsin.hashing.signals import Signal
from tocsin.media.answers import list_in, number_in, object_in, strictly_read, text_in

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

T = TypeVar("T")
MOST_SIGNALS: Final = 200
MOST_LABELS: Final = 150
MOST_PEOPLE: Final = 8
MOST_TERMS: Final = 8
LONGEST_KEY: Final = 200
LONGEST_TEXT: Final = 2000
_LONGEST_WORD: Final = 500
_MOST_NAMES: Final = 100
_MOST_SEEN: Final = 10**12
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}", re.ASCII)
_FEED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", re.ASCII)


class UnfitItemError(Error):
    """A line of a feed is no item."""

    code = "feed.unfit_item"
    advice = "It is set aside and the rest is taken; tell the partner."


@dataclass(frozen=True, slots=True)
class Stood:
    """Somebody who stands behind an entry: what they are, and a name that only their node can resolve."""

    role: str
    who: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entry comes from: the feed that told it first, and its origin there."""

    feed: str
    source: str = ""
    member: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """Terms, and the feed whose owner set them. What several set holds together: each has to allow it."""

    by: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class EntryItem:
    """An entry as the feed's owner states it now; it replaces what was said before under the same key."""

    key: str
    signals: tuple[Signal, ...]
    labels: tuple[Label, ...]
    source: Source
    terms: tuple[Stated, ...]
    purpose: str
    """The purpose limitation in the owner's words."""
    stood: tuple[Stood, ...]
    time: datetime
    corrects: bool = False
    """It was published before, otherwise."""


@dataclass(frozen=True, slots=True)
class WithdrawalItem:
    """An entry that the feed's owner takes back."""

    key: str
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class OpinionItem:
    """What somebody says of an entry of another feed."""

    to: str
    """That feed."""
    key: str
    author: str
    verdict: Verdict
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class SeenItem:
    """How often what matches an entry of another feed was come upon here, in all so far."""

    to: str
    key: str
    count: int
    time: datetime


Item = EntryItem | WithdrawalItem | OpinionItem | SeenItem


@dataclass(frozen=True, slots=True)
class Read:
    """An item as it was read."""

    item: Item
    unknown: int = 0
    """How many fields were left out."""


def write(item: Item) -> bytes:
    """An item as a line, without its end."""
    if isinstance(item, EntryItem):
        fields = _entry_fields(item)
    elif isinstance(item, WithdrawalItem):
        fields = {"item": "withdrawal", "key": item.key, "reason": item.reason}
    elif isinstance(item, OpinionItem):
        fields = {"item": "opinion", "to": item.to, "key": item.key, "author": item.author}
        fields |= {"verdict": item.verdict.value, "reason": item.reason}
    else:
        fields = {"item": "seen", "to": item.to, "key": item.key, "count": item.count}
    fields["time"] = item.time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _entry_fields(item: EntryItem) -> "dict[str, objects.Json]":
    source = item.source
    return {
        "item": "correction" if item.corrects else "entry",
        "key": item.key,
        "signals": [objects.signal_fields(one) for one in item.signals],
        "labels": [objects.label_fields(one) for one in item.labels],
        "origin": {"feed": source.feed, "source": source.source, "member": source.member, "id": source.id},
        "onward": [_terms_fields(one) for one in item.terms],
        "purpose": item.purpose,
        "stood": [{"role": one.role, "who": one.who} for one in item.stood],
    }


def _terms_fields(stated: Stated) -> "dict[str, objects.Json]":
    fields: dict[str, objects.Json] = {"by": stated.by, "rule": stated.terms.rule}
    for name in ("partners", "countries", "purposes"):
        if some := getattr(stated.terms, name):
            fields[name] = [str(one) for one in some]
    if stated.terms.jurisdiction:
        fields["jurisdiction"] = stated.terms.jurisdiction
    return fields


def read(line: bytes) -> Read:
    """The item that a line states. Raises UnfitItemError, whatever the line is."""
    try:
        fields = _Fields(object_in(strictly_read(line)))
        kind = fields.text("item", _LONGEST_WORD)
        item = _READERS[kind](fields)
    except KeyError as error:
        message = f"no item of a known kind: {str(error)[:100]}"
        raise UnfitItemError(message) from error
    except BadRowError as error:
        raise UnfitItemError(error.message[:500]) from error
    except (TypeError, ValueError, RecursionError, OverflowError, Error) as error:
        raise UnfitItemError(str(error)[:500]) from error
    return Read(item, fields.unknown)


@dataclass(slots=True)
class _Fields:
    """The fields of an object, each taken once; what is left at the end is not known."""

    values: "dict[str, JsonValue]"
    inner: int = field(default=0)

    @property
    def unknown(self) -> int:
        """How many nobody took, here and inside."""
        return len(self.values) + self.inner

    def take(self, name: str) -> "JsonValue":
        if name not in self.values:
            _refuse(f"{name} is missing")
        return self.values.pop(name)

    def text(self, name: str, longest: int = _LONGEST_WORD, default: str | None = None) -> str:
        if default is not None and name not in self.values:
            return default
        text = text_in(self.take(name))
        if len(text) > longest:
            _refuse(f"{name} is longer than {longest} characters")
        check_texts((text,))
        return text

    def object(self, name: str, taken: "Callable[[_Fields], T]") -> T:
        return self._inside(self.take(name), taken)

    def objects(self, name: str, most: int, taken: "Callable[[_Fields], T]") -> tuple[T, ...]:
        return tuple(self._inside(one, taken) for one in self.list(name, most))

    def _inside(self, value: "JsonValue", taken: "Callable[[_Fields], T]") -> T:
        fields = _Fields(object_in(value))
        found = taken(fields)
        self.inner += fields.unknown
        return found

    def list(self, name: str, most: int) -> "Sequence[JsonValue]":
        found = list_in(self.values.pop(name, []))
        if len(found) > most:
            _refuse(f"{name} has more than {most} parts")
        return found

    def key(self) -> str:
        key = self.text("key")
        if not _KEY.fullmatch(key):
            _refuse("the key is not written as keys are")
        return key

    def feed(self, name: str) -> str:
        feed = self.text(name)
        if not _FEED.fullmatch(feed):
            _refuse(f"{name} names no feed")
        return feed

    def time(self) -> datetime:
        time = datetime.fromisoformat(self.text("time"))
        if time.tzinfo is None:
            _refuse("the time has no zone")
        return time.astimezone(UTC)


def _entry(fields: _Fields, *, corrects: bool = False) -> EntryItem:
    signals = tuple(_signals(fields.list("signals", MOST_SIGNALS)))
    if not signals:
        _refuse("an entry has no signal")
    terms = fields.objects("onward", MOST_TERMS, _stated)
    if not terms:
        _refuse("an entry has no terms")
    return EntryItem(
        key=fields.key(),
        signals=signals,
        labels=tuple(_labels(fields.list("labels", MOST_LABELS))),
        source=fields.object("origin", _source),
        terms=terms,
        purpose=fields.text("purpose", LONGEST_TEXT, default=""),
        stood=fields.objects("stood", MOST_PEOPLE, _stood),
        time=fields.time(),
        corrects=corrects,
    )


def _stated(fields: _Fields) -> Stated:
    terms = Terms(
        fields.text("rule"),
        tuple(text_in(one) for one in fields.list("partners", _MOST_NAMES)),
        tuple(text_in(one) for one in fields.list("countries", _MOST_NAMES)),
        tuple(Purpose(text_in(one)) for one in fields.list("purposes", _MOST_NAMES)),
        fields.text("jurisdiction", default=""),
    )
    return Stated(fields.feed("by"), checked(terms))


def _source(fields: _Fields) -> Source:
    return Source(
        fields.feed("feed"),
        fields.text("source", default=""),
        fields.text("member", default=""),
        fields.text("id", default=""),
    )


def _stood(fields: _Fields) -> Stood:
    return Stood(fields.text("role", 100), fields.text("who", 300))


def _signals(values: "Sequence[JsonValue]") -> Sequence[Signal]:
    found = objects.signals([_plain(one) for one in values])
    if any(one.view is not None and len(one.view) > _LONGEST_WORD for one in found):
        _refuse("a view's name is too long")
    return found


def _labels(values: "Sequence[JsonValue]") -> Sequence[Label]:
    found = objects.labels([_plain(one) for one in values])
    if any(len(text) > _LONGEST_WORD for one in found for text in (one.scheme, one.version, one.code)):
        _refuse("a label is too long")
    if any(len(one.author) > _LONGEST_WORD or len(one.time) > _LONGEST_WORD for one in found):
        _refuse("a label is too long")
    return found


def _plain(value: "JsonValue") -> objects.Json:
    """An object whose fields are texts and numbers."""
    return {name: one for name, one in object_in(value).items() if isinstance(one, str | int)}


def _withdrawal(fields: _Fields) -> WithdrawalItem:
    return WithdrawalItem(fields.key(), fields.text("reason", LONGEST_TEXT, default=""), fields.time())


def _opinion(fields: _Fields) -> OpinionItem:
    return OpinionItem(
        to=fields.feed("to"),
        key=fields.key(),
        author=fields.text("author"),
        verdict=Verdict(fields.text("verdict")),
        reason=fields.text("reason", LONGEST_TEXT, default=""),
        time=fields.time(),
    )


def _seen(fields: _Fields) -> SeenItem:
    count = number_in(fields.take("count"))
    if isinstance(count, bool) or not 0 <= count <= _MOST_SEEN:
        _refuse("count is no number of sightings")
    return SeenItem(fields.feed("to"), fields.key(), count, fields.time())


_READERS: Final[dict[str, Callable[[_Fields], Item]]] = {
    "entry": _entry,
    "correction": lambda fields: _entry(fields, corrects=True),
    "withdrawal": _withdrawal,
    "opinion": _opinion,
    "seen": _seen,
}


def _refuse(message: str) -> NoReturn:
    raise UnfitItemError(message)
