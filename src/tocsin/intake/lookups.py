"""Who looks up how much, and who tries to read a list out by looking up.

Whoever may match but not read learns, with each look-up, how far a hash is from an entry. So by changing a
hash bit by bit one could find the entry's own. That takes many different hashes that match one entry, or just
miss it; ordinary uploads do not bring that within an hour. Beyond some number such look-ups are refused,
others not. Misses count because they tell as much: at the edge of the radius each bit that is turned brings a
match or a miss, so that 256 look-ups tell the whole hash, of which only 31 match.

What is submitted counts too. Beyond that number it is taken in and matched all the same, but whoever sent it
is told no more than in which bank it matched. Whether it matched at all cannot be kept from them, so this
slows such a walk down and records it; the content itself stays here, with the name of who sent it.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.access.errors import TooManyRequestsError
from tocsin.access.model import Principal, Right
from tocsin.evidence.ledger import Event
from tocsin.hashing.signals import Orientation, Signal, SignalType
from tocsin.media.answers import number_in, text_in

if TYPE_CHECKING:
    from tocsin.evidence.ledger import Ledger
    from tocsin.intake.model import MatchRecord, Submission
    from tocsin.matching.matches import Matches
    from tocsin.media.sandbox import JsonObject

MOST_VARIANTS: Final = 40
"""Different hashes of one principal that may match one entry within a window."""
MISS: Final = 10
"""Bits: what misses an entry by more tells nothing of it."""
FARTHEST: Final = 80
"""Bits: hashes of pictures that have nothing in common are farther apart, whatever a bank's radius is."""
WINDOW_SECONDS: Final = 3600.0
_MOST_WATCHED: Final = 100_000
_MOST_CALLERS: Final = 10_000
_MOST_NEAR: Final = 1024
"""Entries of each principal, come upon within the window, to which misses are compared."""
_FLUSH_SECONDS: Final = 10.0
_MINUTE: Final = 60


class LookupLimitError(TooManyRequestsError):
    """Too many different hashes that match the same entry were looked up."""

    code = "intake.too_many_lookups"
    advice = "Ask whoever runs the node for the right to read the bank. Looking up other hashes goes on."


@dataclass(slots=True)
class LookupCount:
    """What somebody looked up within one minute."""

    asked: int = 0
    matched: int = 0
    refused: int = 0


Counts = Mapping[tuple[str, int], LookupCount]
"""By `Principal.id` and the minute since 1970."""


class LookupCounts(Protocol):
    """Where counts of look-ups are kept."""

    def add(self, counts: Counts) -> None:
        """Add to what is there."""
        ...


@dataclass(slots=True)
class _Watched:
    """The hashes with which one principal came upon one entry, those of a file as one digest."""

    since: float
    variants: set[bytes] = field(default_factory=set)
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class _CameUpon:
    """What last matched an entry."""

    when: float
    reach: int
    """Bits: what is farther from it misses the entry by more than MISS."""
    values: tuple[int, ...]

    def is_near(self, asked: Sequence[int]) -> bool:
        return any((one ^ other).bit_count() <= self.reach for one in self.values for other in asked)


class Lookups:
    """Counts look-ups and refuses those that read a list out; threads may share it.

    Counts are in memory for up to ten seconds before they are kept: a look-up must not wait for a disk. Each
    process watches for itself.
    """

    def __init__(
        self,
        counts: LookupCounts | None,
        ledger: "Ledger",
        *,
        most_variants: int = MOST_VARIANTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep counts in `counts`, record who was refused in `ledger`; `clock` gives seconds."""
        self._kept = counts
        self._ledger = ledger
        self._most = most_variants
        self._clock = clock
        self._turn = threading.Lock()
        self._counts: dict[tuple[str, int], LookupCount] = {}
        self._flushed = clock()
        self._watched: OrderedDict[tuple[str, int], _Watched] = OrderedDict()
        self._near: OrderedDict[str, OrderedDict[int, _CameUpon]] = OrderedDict()

    def answered(self, principal: Principal, signals: Sequence[Signal], matches: "Matches") -> None:
        """Count a look-up, with all it found before anything is hidden. Raises LookupLimitError."""
        found = [*matches.matches, *(one.match for one in matches.suppressed)]
        guarded = {
            match.entry: match.distance + match.radius
            for match in found
            if not match.type.exact and not principal.may_in(match.bank, Right.READ)
        }
        refused = self._walked(principal, guarded, _variant(signals), signals)
        self._count(principal.id, matched=bool(matches.matches), refused=refused)
        if refused:
            raise LookupLimitError(WINDOW_SECONDS)

    def tell_too_much(
        self, principal: Principal, submission: "Submission", records: "Iterable[MatchRecord]"
    ) -> bool:
        """Whether a submitter learns too much from how far the matches of a submission are.

        Every file of an archive is a variant of its own. Who did not choose the content cannot walk by it.
        """
        if submission.content is None or submission.submitter != principal.id:
            return False
        signals = submission.content.signals
        found: dict[str | None, dict[int, int]] = {None: {}}
        for record in records:
            match = record.match
            near = not SignalType(text_in(match["type"])).exact
            bank = text_in(match["bank"])
            if near and principal.may_in(bank, Right.MATCH) and not principal.may_in(bank, Right.READ):
                member = None if match.get("member") is None else text_in(match["member"])
                reach = number_in(match["distance"]) + number_in(match["radius"])
                found.setdefault(member, {})[number_in(match["entry"])] = reach
        told = False
        for name, entries in found.items():
            if name is None:
                walked = self._walked(principal, entries, _variant(signals), signals)
            else:
                variant = hashlib.sha256(submission.sha256 + name.encode()).digest()
                walked = self._walked(principal, entries, variant, ())
            told = walked or told
        return told

    def refused(self, principal: str) -> None:
        """Count a look-up that was refused elsewhere."""
        self._count(principal, matched=False, refused=True)

    def flush(self, *, all_of_them: bool = True) -> None:
        """Keep what has been counted; unless `all_of_them`, only when it is due."""
        with self._turn:
            if not all_of_them and self._clock() - self._flushed < _FLUSH_SECONDS:
                return
            counts, self._counts = self._counts, {}
            self._flushed = self._clock()
        if counts and self._kept is not None:
            self._kept.add(counts)

    def _count(self, principal: str, *, matched: bool, refused: bool) -> None:
        key = principal, int(time.time()) // _MINUTE
        with self._turn:
            if (count := self._counts.get(key)) is None:
                count = self._counts[key] = LookupCount()
            count.asked += 1
            count.matched += matched
            count.refused += refused

    def _walked(
        self, principal: Principal, found: Mapping[int, int], value: bytes, signals: Sequence[Signal]
    ) -> bool:
        """Whether an entry was come upon with too many variants. The first time that is so is recorded.

        `found` gives, for each entry, its distance and radius together; `value` is what tells variants apart.
        """
        over: list[int] = []
        tell: list[int] = []
        who = principal.address or principal.id
        with self._turn:
            for entry in sorted({*found, *self._missed(who, found, signals)}):
                watched = self._watch(who, entry)
                if len(watched.variants) < self._most:
                    watched.variants.add(value)
                elif value not in watched.variants:
                    over.append(entry)
                    if not watched.recorded:
                        watched.recorded = True
                        tell.append(entry)
        for entry in tell:
            detail: JsonObject = {"address": principal.address} if principal.address else {}
            self._ledger.append(Event("lookups.refused", principal.id, f"entry:{entry}", detail))
        return bool(over)

    def _missed(self, principal: str, found: Mapping[int, int], signals: Sequence[Signal]) -> Iterator[int]:
        """Entries that the principal came upon before, and that `signals` match, or miss by not much.

        Of many that match at once (they are near to each other), the first stands for all.
        """
        near = self._near.setdefault(principal, OrderedDict())
        self._near.move_to_end(principal)
        if len(self._near) > _MOST_CALLERS:
            self._near.popitem(last=False)
        now = self._clock()
        compared = [one for one in signals if not one.type.exact]
        if found and compared:
            first = min(found)
            values = tuple({int.from_bytes(one.value) for one in compared})
            reach = min(FARTHEST, found[first] + MISS)
            near.pop(first, None)
            near[first] = _CameUpon(now, reach, values)
        while near and (len(near) > _MOST_NEAR or next(iter(near.values())).when < now - WINDOW_SECONDS):
            near.popitem(last=False)
        # What was come upon has all of its orientations: one of what is asked about is enough.
        upright = {None, Orientation.UPRIGHT}
        asked = [int.from_bytes(one.value) for one in compared if one.orientation in upright]
        yield from (entry for entry, one in near.items() if one.is_near(asked))

    def _watch(self, principal: str, entry: int) -> _Watched:
        now = self._clock()
        key = principal, entry
        watched = self._watched.get(key)
        if watched is None or now - watched.since > WINDOW_SECONDS:
            watched = self._watched[key] = _Watched(now)
            if len(self._watched) > _MOST_WATCHED:
                self._watched.popitem(last=False)
        self._watched.move_to_end(key)
        return watched


def _variant(signals: Iterable[Signal]) -> bytes:
    """What tells contents apart: all of a file's hashes, as one alone can be held still while others walk."""
    return hashlib.sha256(b"".join(sorted({one.value for one in signals if not one.type.exact}))).digest()
