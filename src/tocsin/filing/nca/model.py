"""The nouns of the register: entries, questions of the authority, and what goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tocsin.errors import Error
from tocsin.filing.model import Subject
from tocsin.filing.nca.form import Answer
from tocsin.filing.nca.priorities import Priority, Proposed

ANSWER_WITHIN: Final = timedelta(days=7)
"""SI 2026/268: how long there is to answer a question of the authority."""


class UnknownEntryError(Error):
    """The register has no entry of that number."""

    code = "register.unknown"
    advice = "Use a number that the register lists."


class UnknownQuestionError(Error):
    """The register has no question of that number."""

    code = "register.unknown_question"
    advice = "Use a number that the entry lists."


class UnsuitableEntryError(Error):
    """That cannot be done with the entry as it stands."""

    code = "register.unsuitable"
    advice = "Look at the entry again: somebody has gone on with it, or something is still missing."


class InvalidEntryError(Error):
    """What was written for the register is not as it should be."""

    code = "register.invalid"
    advice = "The message says what is wrong; nothing was kept."


class EntryState(StrEnum):
    """Where an entry stands."""

    PREPARED = "prepared"
    """The form is being filled."""
    SENT = "sent"
    """A person has handed the form in, and noted the reference that the portal gave."""
    ACKNOWLEDGED = "acknowledged"
    DISCARDED = "discarded"
    """It was never handed in."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry on its way in."""

    case: int
    platform: str
    """Where the account is, as `Context.platform`; empty: none is known."""
    account: str
    """Which account of the case it is about, as `Context.account`; empty: none is known."""
    follows: int | None
    """The entry that this one supplements."""
    proposed: Proposed
    author: str

    @property
    def subject(self) -> Subject:
        """Whom it is about."""
        return Subject(self.platform, self.account)


@dataclass(frozen=True, slots=True)
class Entry(NewEntry):
    """A report to the National Crime Agency in the register."""

    number: int
    state: EntryState
    revision: int
    """Counts its changes; who changes something names the one that they saw."""
    created: datetime
    priority: Priority | None = None
    """As a person chose it."""
    priority_by: str = ""
    priority_reason: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """What people wrote, by key of the item."""
    test: bool = True
    """It was an exercise: nobody acts on it."""
    reference: str = ""
    """Unique, from the portal."""
    sent: datetime | None = None
    sent_by: str = ""
    form: str = ""
    """The form as it was handed in, in JSON; empty before."""
    acknowledged: datetime | None = None
    acknowledged_words: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What the authority asked about a report."""

    id: int
    entry: int
    asked: datetime
    due: datetime
    words: str
    noted_by: str
    answered: datetime | None = None
    answer: str = ""
    answered_by: str = ""

    def late(self, now: datetime) -> bool:
        """Whether it is, or was, not answered in time."""
        return (self.answered or now) > self.due
