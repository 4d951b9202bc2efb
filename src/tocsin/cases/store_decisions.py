"""What deciding needs from the place where decisions live; `tocsin.storage.decisions` implements it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.cases.figures import Figure
from tocsin.cases.model import Decision, Judgement, Proposal, Standpoint
from tocsin.cases.sights import Sight


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A decision on its way in; it is proposed until it takes force."""

    case: int
    proposal: Proposal
    author: str
    key: str
    """The author's, so that sending it again does nothing."""
    claim: int
    time: datetime
    needs_second: tuple[str, ...] = ()
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class SecondWord:
    """What the second person says of a proposed decision."""

    person: str
    time: datetime
    note: str
    claim: int


class Decisions(Protocol):
    """Where decisions are kept. Every method takes part in the caller's transaction, if there is one."""

    def sent(self, author: str, key: str) -> Decision | None:
        """What that person sent with that key, if anything."""
        ...

    def add(self, new: NewDecision) -> Decision:
        """Record a decision as proposed."""
        ...

    def decision(self, number: int) -> Decision:
        """The decision of that number. Raises UnknownDecisionError."""
        ...

    def of_case(self, case: int) -> Sequence[Decision]:
        """All decisions about a case, oldest first."""
        ...

    def set_standpoint(self, number: int, standpoint: Standpoint) -> None:
        """Say where a decision stands."""
        ...

    def answer(self, number: int, word: SecondWord) -> None:
        """Keep what the second person says."""
        ...

    def take_force(
        self, number: int, supersedes: int | None, undo_until: datetime, wrong: Collection[int]
    ) -> None:
        """A decision is in force: it judges its case's contents and their matches.

        `wrong`: the entries whose matches it calls wrong. No other decision about the case is in force.
        """
        ...

    def publish(self, number: int, entries: Collection[int]) -> None:
        """Note the entries that a decision made."""
        ...

    def standing(self, entries: Collection[int]) -> Collection[int]:
        """Those entries that decisions in force made."""
        ...

    def matched(self, case: int) -> Mapping[int, str]:
        """The entries that contents of a case matched, with their banks; not what was suppressed."""
        ...

    def judgements(self, contents: Collection[bytes]) -> Mapping[bytes, Judgement]:
        """What was judged last of those contents; those that no decision in force is about are absent."""
        ...

    def sights(self, case: int, person: str) -> Sequence[Sight]:
        """What a person knows of the contents of a case, in their order; not what was judged."""
        ...

    def figures(self, bank: str) -> Sequence[Figure]:
        """What decisions in force say of a bank's matches, by type and distance."""
        ...

    def vouched(self, number: int) -> bytes:
        """A decision with what it judged and published, in bytes for the ledger to vouch for."""
        ...

    def keep_away(self, case: int, people: Collection[str]) -> None:
        """Do not offer a case to these people any more."""
        ...

    def let_back(self, case: int) -> None:
        """A case that was decided may be offered to everybody again."""
        ...
