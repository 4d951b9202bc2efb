"""Holds: what has to be kept, until when, and by which rule.

A receipt begins one, or a person does for an agency's letter. The law in force at the event counts, and of
several rules the longest. Where no rule says how long, the hold says so and binds until somebody sees to it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission, Principal
from tocsin.cases.people import demand_person
from tocsin.clock import present
from tocsin.evidence.ledger import Event, Ledger
from tocsin.filing.errors import UnsuitableHoldError
from tocsin.filing.holding import NCA_REPORT_SENT, Change, End, Hold, HoldChange
from tocsin.filing.model import Filing
from tocsin.filing.reasons import check_reason
from tocsin.filing.store_holds import HoldRecords, NewHold
from tocsin.law.duties import Kept, Occasion, keep_until
from tocsin.law.errors import NoRetentionRuleError, NotInForceError
from tocsin.law.model import Purpose
from tocsin.law.packs import Packs
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_NODE: Final = "node"


def ends_of(occasion: Occasion, packs: Packs) -> tuple[End, ...]:
    """Until when each kind of copy is kept after an event; of content it is said also that nothing says so.

    Raises ValueError for a time without its zone.
    """
    ends = (_end(occasion, purpose, packs) for purpose in Purpose)
    return tuple(one for one in ends if one.purpose is Purpose.CONTENT or one.rules)


def _end(occasion: Occasion, purpose: Purpose, packs: Packs) -> End:
    try:
        kept: Kept = keep_until([occasion], purpose, packs)
    except (NoRetentionRuleError, NotInForceError) as error:
        return End(purpose, problem=error.message)
    then = tuple(dict.fromkeys(one.then for one in kept.bounds))
    return End(purpose, kept.until, kept.no_later_than, tuple(one.rule for one in kept.bounds), then)


@dataclass(frozen=True, slots=True)
class Holds:
    """The holds of one database. Threads may share it."""

    transactions: Transactions
    records: HoldRecords
    ledger: Ledger
    packs: Packs
    now: Callable[[], datetime] = present

    def begin(self, occasion: Occasion, filing: Filing, contents: Iterable[bytes]) -> Hold:
        """Begin the hold that an event of a filing begins, in the caller's transaction if there is one.

        The same event of the same filing begins one hold, however often it is told. It never fails for want
        of a rule: the hold says then what is missing. Raises ValueError for a time without its zone.
        """
        with self.transactions.writing():
            earlier = self.records.began(filing.number, occasion.trigger, occasion.time)
            if earlier is not None:
                return earlier
            of = (filing.number, filing.case, filing.is_test)
            held, ends = tuple(dict.fromkeys(contents)), ends_of(occasion, self.packs)
            return self._add(NewHold(occasion, *of, self.now(), _NODE, "", held, ends))

    def begin_of_case(  # noqa: PLR0913  # what a hold is made of
        self,
        occasion: Occasion,
        case: int,
        contents: Iterable[bytes],
        *,
        is_test: bool,
        actor: str,
        reason: str,
    ) -> Hold:
        """Begin the hold that an event begins of which no filing tells, such as a report by an NCA form.

        In the caller's transaction, which sees to it that it is told once. It never fails for want of a rule.
        Raises ValueError for a time without its zone.
        """
        held, ends = tuple(dict.fromkeys(contents)), ends_of(occasion, self.packs)
        new = NewHold(occasion, None, case, is_test, self.now(), actor, reason, held, ends)
        with self.transactions.writing():
            return self._add(new)

    def set(
        self, principal: Principal, occasion: Occasion, case: int, contents: Iterable[bytes], reason: str
    ) -> Hold:
        """Hold contents of a case after an event that no receipt tells of, such as an agency's letter.

        Raises DeniedError, InvalidReasonError, and UnsuitableHoldError where nothing is named, the event is
        to come, no retention rule knows it, or the register is to tell of it.
        """
        principal.demand(Permission.MANAGE_HOLDS)
        demand_person(principal, or_local=True)
        check_reason(reason)
        if occasion.trigger == NCA_REPORT_SENT:
            message = "record in the register what was handed in: that begins the hold"
            raise UnsuitableHoldError(message)
        held = tuple(contents)
        if not held or occasion.time > self.now():
            message = "a hold names at least one content, and an event that has been"
            raise UnsuitableHoldError(message)
        ends = ends_of(occasion, self.packs)
        if not any(one.rules for one in ends):
            raise UnsuitableHoldError(ends[0].problem)
        return self.begin_of_case(occasion, case, held, is_test=False, actor=principal.id, reason=reason)

    def extend(
        self, principal: Principal, number: int, reason: str, *, until: datetime | None = None
    ) -> Hold:
        """Keep longer: of one's own will until a time (18 USC 2258A(h)(5)), else as its rule is renewed.

        Raises DeniedError, InvalidReasonError, UnknownHoldError, and UnsuitableHoldError where it was
        released, would not become longer, or has a rule that knows no renewal.
        """
        principal.demand(Permission.MANAGE_HOLDS)
        demand_person(principal, or_local=True)
        check_reason(reason)
        with self.transactions.writing():
            hold = self._unreleased(number)
            if until is None:
                return self._renewed(hold, principal, reason)
            ends = hold.until()
            if until <= (self.now() if ends is None else ends):
                message = f"hold {number} would not become longer"
                raise UnsuitableHoldError(message)
            change = HoldChange(Change.EXTENDED, self.now(), principal.id, reason, until.astimezone(UTC))
            return self._change(hold, change, hold.occasion, hold.ends)

    def release(self, principal: Principal, number: int, reason: str) -> Hold:
        """Say that a hold binds nobody any more, before its end or after. What was held stays where it is.

        Only a person who has signed in does so. Raises DeniedError, InvalidReasonError, UnknownHoldError,
        UnsuitableHoldError.
        """
        principal.demand(Permission.MANAGE_HOLDS)
        demand_person(principal)
        check_reason(reason)
        with self.transactions.writing():
            hold = self._unreleased(number)
            change = HoldChange(Change.RELEASED, self.now(), principal.id, reason)
            return self._change(hold, change, hold.occasion, hold.ends)

    def reckon(self, principal: Principal, number: int, reason: str) -> Hold:
        """Work out the ends of a hold again, after the rules were put right. None becomes earlier by it.

        Raises DeniedError, InvalidReasonError, UnknownHoldError, UnsuitableHoldError.
        """
        principal.demand(Permission.MANAGE_HOLDS)
        demand_person(principal, or_local=True)
        check_reason(reason)
        with self.transactions.writing():
            hold = self._unreleased(number)
            ends = later_of(hold.ends, ends_of(hold.occasion, self.packs))
            if ends == hold.ends:
                return hold
            change = HoldChange(Change.RECKONED, self.now(), principal.id, reason)
            return self._change(hold, change, hold.occasion, ends)

    def hold(self, number: int) -> Hold:
        """The hold of that number. Raises UnknownHoldError."""
        with self.transactions.reading():
            return self.records.hold(number)

    def of_case(self, case: int) -> Sequence[Hold]:
        """All holds of a case, oldest first."""
        with self.transactions.reading():
            return self.records.of_case(case)

    def of_filing(self, filing: int) -> Sequence[Hold]:
        """All holds of a filing, oldest first."""
        with self.transactions.reading():
            return self.records.of_filing(filing)

    def of_content(self, sha256: bytes) -> Sequence[Hold]:
        """All holds of a content, oldest first."""
        with self.transactions.reading():
            return self.records.of_content(sha256)

    def binding(self, sha256: bytes) -> tuple[Hold, ...]:
        """The holds for which a content may not be deleted now. Whatever could delete content asks this."""
        now = self.now()
        return tuple(one for one in self.of_content(sha256) if one.binds(now))

    def page(self, *, after: int = 0, limit: int = 50, unreleased: bool = False) -> Sequence[Hold]:
        """Holds by number, from the first beyond `after`."""
        with self.transactions.reading():
            return self.records.page(after=after, limit=limit, unreleased=unreleased)

    def ending(self, before: datetime, limit: int = 50) -> Sequence[Hold]:
        """Unreleased holds whose hold on content ends before then, the earliest first."""
        with self.transactions.reading():
            return self.records.ending(before, limit)

    def unclear(self, limit: int = 50) -> Sequence[Hold]:
        """Unreleased holds of which no rule says until when content is kept: somebody has to see to them."""
        with self.transactions.reading():
            return self.records.unclear(limit)

    def _unreleased(self, number: int) -> Hold:
        hold = self.records.hold(number)
        if hold.released is not None:
            message = f"hold {number} was released"
            raise UnsuitableHoldError(message)
        return hold

    def _renewed(self, hold: Hold, principal: Principal, reason: str) -> Hold:
        occasion = replace(hold.occasion, renewals=hold.occasion.renewals + 1)
        ends = ends_of(occasion, self.packs)
        if not any(one.rules for one in ends):
            raise UnsuitableHoldError(ends[0].problem)
        change = HoldChange(Change.RENEWED, self.now(), principal.id, reason)
        return self._change(hold, change, occasion, later_of(hold.ends, ends))

    def _add(self, new: NewHold) -> Hold:
        hold = self.records.add(new)
        self._tell("hold.began", new.author, hold, {"trigger": new.occasion.trigger, "case": new.case})
        return hold

    def _change(self, hold: Hold, change: HoldChange, occasion: Occasion, ends: tuple[End, ...]) -> Hold:
        changed = self.records.change(hold.number, change, occasion.renewals, ends)
        kind = "hold.released" if change.what is Change.RELEASED else "hold.extended"
        self._tell(kind, change.by, changed, {"how": change.what.value})
        return changed

    def _tell(self, kind: str, actor: str, hold: Hold, detail: "JsonObject") -> None:
        until = hold.until()
        said: JsonObject = {
            **detail,
            "filing": hold.filing,
            "until": None if until is None else until.isoformat(),
        }
        self.ledger.append(Event(kind, actor, f"hold:{hold.number}", said, self.records.vouched(hold.number)))


def later_of(earlier: Iterable[End], ends: Iterable[End]) -> tuple[End, ...]:
    """The ends as they are now, but none before what it was: rules put right let nothing go sooner."""
    before = {one.purpose: one for one in earlier}
    return tuple(_later(before.get(one.purpose), one) for one in ends)


def _later(earlier: End | None, end: End) -> End:
    if earlier is None or earlier.until is None:
        return end
    if end.problem:
        return earlier
    until = earlier.until if end.until is None else max(earlier.until, end.until)
    return replace(end, until=until)
