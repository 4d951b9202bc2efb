"""Who must be told what, by when; and how long things are kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin.law.errors import NoRetentionRuleError, NotInForceError
from tocsin.law.model import Duty, Purpose, Retention
from tocsin.law.packs import Packs, shipped


def duty(rule_id: str, received: datetime, packs: Packs | None = None) -> Duty:
    """The duty of that id as it was in force when something was received.

    Raises UnknownRuleError, NotInForceError, and ValueError for a time without its zone.
    """
    return _or_shipped(packs).duty(rule_id, _utc(received).date())


def due(rule_id: str, received: datetime, packs: Packs | None = None) -> datetime | None:
    """By when, in UTC, a duty is to be met that began at `received`; at once is `received` itself.

    None: the law gives no number, as with "as soon as reasonably possible". That is not "whenever".
    Nothing observed of the content enters: no origin, artificial or not, makes it later.

    Raises UnknownRuleError, NotInForceError, and ValueError for a time without its zone.
    """
    began = _utc(received)
    found = duty(rule_id, began, packs)
    if found.immediately:
        return began
    return None if found.within is None else found.within.after(began, longest=False)


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event from which on something has to be kept."""

    trigger: str
    """As retention rules name it: `us.cybertipline_finished`."""
    time: datetime
    renewals: int = 0
    """How often it was renewed since, where the rule has renewals."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One rule's end for one copy."""

    rule: str
    keep_until: datetime | None
    no_later_than: datetime | None
    then: str


@dataclass(frozen=True, slots=True)
class Kept:
    """How long one copy is kept: all rules that bind it, and what follows from them together."""

    bounds: tuple[Bound, ...]

    @property
    def until(self) -> datetime | None:
        """The latest end of what must be kept. None: nothing says that it must be kept at all."""
        return max((one.keep_until for one in self.bounds if one.keep_until), default=None)

    @property
    def no_later_than(self) -> datetime | None:
        """The earliest limit of keeping it. None: there is no limit."""
        return min((one.no_later_than for one in self.bounds if one.no_later_than), default=None)

    @property
    def conflict(self) -> bool:
        """Whether one rule wants it gone before another lets it go: for a lawyer, and nothing is deleted."""
        return bool(self.until and self.no_later_than and self.no_later_than < self.until)


def keep_until(occasions: Iterable[Occasion], purpose: Purpose, packs: Packs | None = None) -> Kept:
    """How long a copy held for `purpose` is kept, after all that has happened with it.

    Several rules can bind: the longest of them counts, and each is named.

    Raises NoRetentionRuleError where an occasion is known to no rule or none binds the copy, NotInForceError
    where the rules of an occasion were not in force at its time, ValueError for a time without its zone.
    """
    law = _or_shipped(packs)
    bounds = [
        _bound(rule, occasion)
        for occasion in occasions
        for rule in _of_trigger(law, occasion)
        if purpose in rule.purposes
    ]
    if not bounds:
        message = f"no retention rule says how long this is kept as {purpose}"
        raise NoRetentionRuleError(message)
    return Kept(tuple(bounds))


def _of_trigger(law: Packs, occasion: Occasion) -> list[Retention]:
    rules = [rule for rule in law.retentions if rule.trigger == occasion.trigger]
    if not rules:
        message = f"no retention rule knows the event {occasion.trigger!r}"
        raise NoRetentionRuleError(message)
    on = _utc(occasion.time).date()
    binding = [rule for rule in rules if rule.provision.in_force(on)]
    if not binding:
        message = f"no retention rule for the event {occasion.trigger!r} is known to be in force on {on}"
        raise NotInForceError(message)
    return binding


def _bound(rule: Retention, occasion: Occasion) -> Bound:
    began = _utc(occasion.time)
    keep = None if rule.keep is None else rule.keep.after(began)
    for _ in range(occasion.renewals):
        if rule.extension is None or keep is None:
            message = f"{rule.provision.id} knows no renewal"
            raise NoRetentionRuleError(message)
        keep = rule.extension.after(keep)
    limit = None if rule.at_most is None else rule.at_most.after(began, longest=False)
    return Bound(rule.provision.id, keep, limit, rule.then)


def _or_shipped(packs: Packs | None) -> Packs:
    return shipped() if packs is None else packs


def _utc(time: datetime) -> datetime:
    """In UTC: where clocks are changed, hours of a zone are not all as long as an hour."""
    if time.utcoffset() is None:
        message = "a time without its zone"
        raise ValueError(message)
    return time.astimezone(UTC)
