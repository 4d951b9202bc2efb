"""What a principal gets to see of matches: rights in banks decide (design invariant 6)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tocsin.access.model import Principal, Right
from tocsin.banks.model import Bank, BankKind
from tocsin.banks.store import KnownItems, NearHit
from tocsin.hashing.signals import Signal
from tocsin.intake.model import MatchRecord
from tocsin.matching.matches import Match, Matches

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


class VisibleItems:
    """The known items of the banks that a principal may match against, and of all allow banks.

    Other banks take no part at all, so that not even the time an answer takes speaks of them.
    """

    def __init__(self, known: KnownItems, principal: Principal) -> None:
        """See `known` as `principal` may."""
        self._known = known
        self._principal = principal

    def banks(self) -> list[Bank]:
        """The banks that take part."""
        return [
            bank
            for bank in self._known.banks()
            if bank.policy.kind is BankKind.ALLOW or self._principal.may_in(bank.name, Right.MATCH)
        ]

    def exact(self, signals: Sequence[Signal]) -> list[NearHit]:
        """Known signals equal to one of `signals`."""
        return self._known.exact(signals)

    def near(self, values: Sequence[bytes], radius: int) -> list[NearHit]:
        """Known PDQ signals within `radius` bits of one of `values`."""
        return self._known.near(values, radius)


def visible(matches: Matches, principal: Principal) -> Matches:
    """The part of `matches` that a principal may see: in banks with the right `match`.

    Which entry it was, and what allow banks suppressed, is for those with the right `read`.
    """
    return replace(
        matches,
        matches=tuple(
            _without_entry(match, principal)
            for match in matches.matches
            if principal.may_in(match.bank, Right.MATCH)
        ),
        suppressed=tuple(
            replace(one, by=one.by and _without_entry(one.by, principal))
            for one in matches.suppressed
            if principal.may_in(one.match.bank, Right.READ)
        ),
    )


def visible_records(
    records: Iterable[MatchRecord], principal: Principal, *, vague: bool = False
) -> tuple[MatchRecord, ...]:
    """The same for matches on record; if `vague`, without distance and labels too."""
    hide: JsonObject = {"entry": None, **({"distance": None, "labels": []} if vague else {})}
    seen: list[MatchRecord] = []
    for record in records:
        bank = str(record.match["bank"])
        reads = principal.may_in(bank, Right.READ)
        if record.suppressed:
            seen += [_by_hidden(record, principal)] if reads else []
        elif principal.may_in(bank, Right.MATCH):
            hidden = record if reads else replace(record, match={**record.match, **hide})
            seen.append(hidden)
    return tuple(seen)


def _without_entry(match: Match, principal: Principal) -> Match:
    return match if principal.may_in(match.bank, Right.READ) else replace(match, entry=0)


def _by_hidden(record: MatchRecord, principal: Principal) -> MatchRecord:
    by = record.match.get("by")
    if isinstance(by, dict) and not principal.may_in(str(by["bank"]), Right.READ):
        return replace(record, match={**record.match, "by": {**by, "entry": None}})
    return record
