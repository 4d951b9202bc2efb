"""What the register needs from the place where it is kept; `tocsin.storage.register` implements it.

Every method takes part in the caller's transaction, if there is one. Nothing is ever deleted: references are
kept for five years (SI 2026/268 reg 8(1)(a)), and a retention rule says when they may go.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.filing.model import Subject
from tocsin.filing.nca.model import Entry, EntryState, NewEntry, Question
from tocsin.law.duties import Occasion


@dataclass(frozen=True, slots=True)
class WantedEntries:
    """Which entries are asked for; what is None or empty does not matter."""

    states: frozenset[EntryState] = frozenset()
    case: int | None = None
    subject: Subject | None = None


class RegisterStore(Protocol):
    """Entries and questions."""

    def add(self, new: NewEntry, created: datetime) -> Entry:
        """Keep a new one."""
        ...

    def entry(self, number: int) -> Entry:
        """The entry of that number. Raises UnknownEntryError."""
        ...

    def page(self, wanted: WantedEntries, *, before: int | None = None, limit: int = 50) -> Sequence[Entry]:
        """Entries, newest first."""
        ...

    def counts(self) -> dict[EntryState, int]:
        """How many there are in each state."""
        ...

    def has_reference(self, reference: str) -> bool:
        """Whether an entry that is no test has that reference."""
        ...

    def keep(self, entry: Entry) -> Entry:
        """Keep an entry as it is now: the next revision."""
        ...

    def ask(self, entry: int, asked: datetime, due: datetime, words: str, noted_by: str) -> Question:
        """Keep a question of the authority."""
        ...

    def question(self, number: int) -> Question:
        """The question of that number. Raises UnknownQuestionError."""
        ...

    def answer(self, number: int, answered: datetime, answer: str, by: str) -> Question:
        """Keep what was answered."""
        ...

    def questions(self, entry: int) -> Sequence[Question]:
        """What was asked about an entry, oldest first."""
        ...

    def open_questions(self, limit: int = 50) -> Sequence[Question]:
        """What is not answered, what is due first before all else."""
        ...

    def vouched(self, number: int) -> bytes:
        """An entry with its questions, in bytes for the ledger to vouch for."""
        ...


class Keeping(Protocol):
    """Keeps what a report binds; `tocsin.filing.holds.Holds` does."""

    def begin_of_case(  # noqa: PLR0913  # what a hold is made of
        self,
        occasion: Occasion,
        case: int,
        contents: Iterable[bytes],
        *,
        is_test: bool,
        actor: str,
        reason: str,
    ) -> object:
        """Begin the hold that an event begins."""
        ...
