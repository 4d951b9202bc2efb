"""Signals to matches, under each bank's policy.

What an allow bank suppresses: any match that is no better evidence than the allow bank's own. Evidence is
ranked SHA-256, SHA-1, MD5, then PDQ by distance, so that a look-alike of something harmless never hides an
exact copy of something known, and a forged MD5 (they can be forged) never hides a SHA-256. A PDQ match speaks
for one view only and suppresses nothing in another: a harmless frame does not shield an animation.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tocsin.banks.model import Bank, BankKind, Label
from tocsin.banks.store import KnownItems, NearHit, UnknownBankError
from tocsin.batches import batched
from tocsin.content.model import Content
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

_AT_ONCE = 250
"""Contents searched for together: enough to pay for a search, few enough to hold what is found."""
_EVIDENCE = (SignalType.SHA256, SignalType.SHA1, SignalType.MD5, SignalType.PDQ)
_ORIENTATIONS = tuple(Orientation)
_DIALECTS = tuple(Dialect)


@dataclass(frozen=True, slots=True)
class Match:
    """A content signal and an entry signal within the radius of the entry's bank."""

    bank: str
    entry: int
    """Its number; 0 where whoever asked may not see the bank's entries."""
    type: SignalType
    distance: int
    radius: int
    view: str | None
    dialect: Dialect | None
    orientation: Orientation | None
    labels: tuple[Label, ...]

    @property
    def evidence(self) -> tuple[int, int]:
        """Sorts better evidence first."""
        return _EVIDENCE.index(self.type), self.distance

    def to_json(self) -> "dict[str, JsonValue]":
        """The documented shape."""
        return {
            "bank": self.bank,
            "entry": self.entry or None,
            "type": self.type.value,
            "distance": self.distance,
            "radius": self.radius,
            "view": self.view,
            "dialect": None if self.dialect is None else self.dialect.value,
            "orientation": None if self.orientation is None else self.orientation.value,
            "labels": [label_to_json(label) for label in self.labels],
        }


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A match that is shown but not reported: with an allow bank, or outranked by one of those (`by`)."""

    match: Match
    by: Match | None

    def to_json(self) -> "dict[str, JsonValue]":
        """The shape of a match, and the allow-listed entry that suppressed it (null for that entry's own)."""
        by: JsonValue = None if self.by is None else {"bank": self.by.bank, "entry": self.by.entry or None}
        return {**self.match.to_json(), "by": by}


@dataclass(frozen=True, slots=True)
class Matches:
    """Everything known about one content."""

    matches: tuple[Match, ...] = ()
    """Best evidence first: one for each entry and signal type, the closest."""
    suppressed: tuple[Suppressed, ...] = ()
    too_plain: tuple[Signal, ...] = field(default=())
    """Upright PDQ signals below the quality floor of a bank: answered, but not compared with that bank."""
    compared: tuple[SignalType, ...] = ()
    """Types of signal that were compared: digests only, for instance, where there is no picture."""

    def to_json(self, content: Content) -> "dict[str, JsonValue]":
        """The documented shape, without the path; `content` is what was matched."""
        return {
            "kind": content.kind,
            "bytes": content.size,
            "sha256": content.sha256,
            "matches": [match.to_json() for match in self.matches],
            "suppressed": [match.to_json() for match in self.suppressed],
            "compared": [kind.value for kind in self.compared],
            "too_plain": sorted({str(signal.view) for signal in self.too_plain}),
            "refused": None if content.refused is None else {**content.refused.to_json()},
        }


class Matcher:
    """Matches signals against the banks of a store, under the policies that are in force at each match."""

    def __init__(self, known: KnownItems, banks: Iterable[str] | None = None) -> None:
        """Match against all banks, or against those named; allow banks count in any case.

        Raises:
            UnknownBankError: there is no bank of a given name.
        """
        self._known = known
        self._named = None if banks is None else frozenset(banks)
        if self._named and (missing := self._named - {bank.name for bank in known.banks()}):
            message = f"there is no bank named {min(missing)!r}"
            raise UnknownBankError(message)

    def match(self, signals: Sequence[Signal]) -> Matches:
        """All matches of one content's signals, best evidence first."""
        return self.match_each([signals])[0]

    def match_each(self, contents: Sequence[Sequence[Signal]]) -> list[Matches]:
        """As `match`, for several contents that do not concern each other, by a few searches for all."""
        banks = {bank.id: bank for bank in self.banks()}
        found: list[Matches] = []
        for several in batched(contents, _AT_ONCE):
            hits = self._hits(several, banks)
            found += [_matches(signals, hits[place], banks) for place, signals in enumerate(several)]
        return found

    def banks(self) -> list[Bank]:
        """The banks that take part, as they are now."""
        return [
            bank
            for bank in self._known.banks()
            if self._named is None or bank.name in self._named or bank.policy.kind is BankKind.ALLOW
        ]

    def _hits(
        self, contents: Sequence[Sequence[Signal]], banks: Mapping[int, Bank]
    ) -> list[list[tuple[Signal, NearHit]]]:
        """What is known that each of `contents` could match, in the order found."""
        found: list[list[tuple[Signal, NearHit]]] = [[] for _ in contents]
        if not banks:
            return found
        exact = [(place, one) for place, several in enumerate(contents) for one in several if one.type.exact]
        for hit in self._known.exact([one for _, one in exact]) if exact else ():
            place, signal = exact[hit.query]
            found[place].append((signal, hit))
        floor = min(bank.policy.quality_floor for bank in banks.values())
        # Several views often share a value: each value is searched once, and stands for all that have it.
        sharing: dict[bytes, list[tuple[int, Signal]]] = {}
        for place, several in enumerate(contents):
            for signal in several:
                if signal.type is SignalType.PDQ and not _is_plain(signal, floor):
                    sharing.setdefault(signal.value, []).append((place, signal))
        values = list(sharing)
        radius = max(bank.policy.radius for bank in banks.values())
        for hit in self._known.near(values, radius) if values else ():
            for place, signal in sharing[values[hit.query]]:
                found[place].append((signal, hit))
        return found


def _matches(
    signals: Sequence[Signal], hits: Iterable[tuple[Signal, NearHit]], banks: Mapping[int, Bank]
) -> Matches:
    """What policies make of the hits of one content's signals."""
    closest: dict[tuple[int, int, SignalType, str | None], tuple[tuple[int, ...], Match]] = {}
    for signal, hit in hits:
        bank = banks.get(hit.known.bank_id)
        if bank is None or not _counts(bank, signal, hit):
            continue
        key = (bank.id, hit.known.entry_id, signal.type, signal.view)
        order = _preference(signal, hit)
        if key not in closest or order < closest[key][0]:
            closest[key] = order, _match(bank, signal, hit)
    found = [match for _, match in sorted(closest.values(), key=lambda pair: _rank(*pair))]
    floors = [bank.policy.quality_floor for bank in banks.values()]
    compared = {signal.type for signal in signals if floors and not _is_plain(signal, min(floors))}
    return replace(
        _judged(found, {bank.name for bank in banks.values() if bank.policy.kind is BankKind.ALLOW}),
        too_plain=tuple(
            signal
            for signal in signals
            if _is_plain(signal, max(floors, default=0)) and signal.orientation is Orientation.UPRIGHT
        ),
        compared=tuple(kind for kind in _EVIDENCE if kind in compared),
    )


def _rank(order: tuple[int, ...], match: Match) -> tuple[object, ...]:
    """Sorts better evidence first, and then as a person would look a thing up."""
    return match.evidence, match.bank, match.entry, order


def _judged(found: Sequence[Match], allow_banks: Collection[str]) -> Matches:
    """Tell what is reported from what is suppressed; `found` holds each entry's best match in each view."""
    best: dict[str | None, Match] = {}
    for match in found:  # best first; the view of a digest is None
        if match.bank in allow_banks:
            best.setdefault(match.view, match)
    matches: dict[tuple[str, int, SignalType], Match] = {}
    suppressed: dict[tuple[str, int, SignalType], Suppressed] = {}
    for match in found:
        key = (match.bank, match.entry, match.type)
        if match.bank in allow_banks:
            suppressed.setdefault(key, Suppressed(match, None))
            continue
        allowed = [best[view] for view in {None, match.view} & best.keys()]
        by = next((one for one in allowed if one.evidence <= match.evidence), None)
        if by is None:
            matches.setdefault(key, match)
        else:
            suppressed.setdefault(key, Suppressed(match, by))
    withheld = [one for key, one in suppressed.items() if key not in matches]
    withheld.sort(key=lambda one: one.by is None)  # an allow bank's own matches last
    return Matches(matches=tuple(matches.values()), suppressed=tuple(withheld))


def _is_plain(signal: Signal, floor: int) -> bool:
    """Whether a PDQ signal says too little to be compared; one of unknown quality is compared."""
    return signal.type is SignalType.PDQ and signal.quality is not None and signal.quality < floor


def _counts(bank: Bank, signal: Signal, hit: NearHit) -> bool:
    """Whether the bank's policy lets this hit be a match."""
    if signal.type.exact:
        return True
    qualities = [quality for quality in (signal.quality, hit.known.signal.quality) if quality is not None]
    return hit.distance <= bank.policy.radius and all(q >= bank.policy.quality_floor for q in qualities)


def _preference(signal: Signal, hit: NearHit) -> tuple[int, ...]:
    """Among hits of one entry the closest; at equal distance the plainest way of looking at the content."""
    return (
        hit.distance,
        _ORIENTATIONS.index(signal.orientation or Orientation.UPRIGHT),
        int(signal.view not in {None, "picture", "on-white"}),
        _DIALECTS.index(signal.dialect or Dialect.FULL),
    )


def _match(bank: Bank, signal: Signal, hit: NearHit) -> Match:
    return Match(
        bank=bank.name,
        entry=hit.known.entry_id,
        type=signal.type,
        distance=hit.distance,
        radius=0 if signal.type.exact else bank.policy.radius,
        view=signal.view,
        dialect=signal.dialect,
        orientation=signal.orientation,
        labels=hit.known.labels,
    )


def label_to_json(label: Label) -> "dict[str, JsonValue]":
    """The documented shape of a label."""
    return {
        "scheme": label.scheme,
        "version": label.version,
        "code": label.code,
        "author": label.author,
        "time": label.time,
    }
