"""The register of reports to the National Crime Agency, which a person hands in at its portal.

SI 2026/268 takes reports by the portal, or an API whose schema is not public; so the form is filled here and
handed in by a person, and its priority, reference, times and the authority's questions are kept here.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn

from tocsin.access.model import Permission, Principal
from tocsin.cases.notes import check_notes
from tocsin.cases.people import demand_person
from tocsin.clock import present
from tocsin.evidence.ledger import Event, Ledger
from tocsin.filing.errors import NotToBeReportedError, OutdatedDraftError
from tocsin.filing.filer import Filer
from tocsin.filing.holding import NCA_REPORT_SENT
from tocsin.filing.model import Receipt
from tocsin.filing.nca.exporting import form_to_text
from tocsin.filing.nca.filling import held_of
from tocsin.filing.nca.form import KEYS, ONLY_BY_PEOPLE, Answer, Form, form_of
from tocsin.filing.nca.model import (
    ANSWER_WITHIN,
    Entry,
    EntryState,
    InvalidEntryError,
    NewEntry,
    Question,
    UnsuitableEntryError,
)
from tocsin.filing.nca.priorities import Priority, Proposed, proposed
from tocsin.filing.nca.store_register import Keeping, RegisterStore, WantedEntries
from tocsin.filing.reasons import check_reason
from tocsin.filing.record import CaseRecord, subject_of
from tocsin.law.duties import Occasion
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_LONGEST_REFERENCE: Final = 200
_SENT: Final = frozenset({EntryState.SENT, EntryState.ACKNOWLEDGED})


@dataclass(frozen=True, slots=True)
class Register:
    """Entries as people prepare them, record them and look after them. All of one database."""

    transactions: Transactions
    store: RegisterStore
    ledger: Ledger
    record_of: Callable[[int], CaseRecord]
    """What is on record of a case."""
    receipts: Callable[[Collection[int]], Sequence[Receipt]]
    """What other authorities have acknowledged of cases."""
    holds: Keeping
    organisation: Filer
    now: Callable[[], datetime] = present

    def prepare(
        self,
        principal: Principal,
        case: int,
        account: str = "",
        *,
        platform: str = "",
        follows: int | None = None,
    ) -> Entry:
        """Begin a report about one account of a case that was decided to be reported.

        `platform`: where the account is; it need not be named where only one platform of the case has such
        an account. `follows`: the entry that this one supplements. Raises DeniedError, UnknownCaseError,
        NotToBeReportedError, InvalidEntryError, UnknownEntryError, UnsuitableEntryError.
        """
        principal.demand(Permission.FILE)
        record = self.record_of(case)
        record.decision_to_report()
        try:
            subject = record.subject(account, platform)
        except NotToBeReportedError as error:
            raise InvalidEntryError(error.message) from error
        with self.transactions.writing():
            if follows is not None and self.store.entry(follows).state not in _SENT:
                _unsuitable(f"entry {follows} has not been sent: complete it instead")
            new = NewEntry(case, subject.platform, subject.account, follows, proposed(record), principal.id)
            return self._told("prepared", self.store.add(new, self.now()), principal)

    def form(self, principal: Principal, number: int) -> Form:
        """The form of an entry: what is on record now, and what people wrote.

        Of one that was sent, `Entry.form` has what was handed in. Raises DeniedError, UnknownEntryError.
        """
        principal.demand(Permission.READ_FILINGS)
        return self._form(self.store.entry(number))

    def proposal(self, principal: Principal, number: int) -> Proposed:
        """The priority that the facts speak for now; `Entry.proposed` has what they did at first.

        Raises DeniedError, UnknownEntryError.
        """
        principal.demand(Permission.READ_FILINGS)
        return proposed(self.record_of(self.store.entry(number).case))

    def answer(  # noqa: PLR0913  # an item, and what is said of it
        self,
        principal: Principal,
        number: int,
        revision: int,
        key: str,
        text: str | None,
        *,
        not_held: bool = False,
    ) -> Entry:
        """Write an item of the form, or say that it is not held; with neither, take back what was written.

        Raises DeniedError, UnknownEntryError, OutdatedDraftError, UnsuitableEntryError, InvalidEntryError.
        """
        principal.demand(Permission.FILE)
        if key in ONLY_BY_PEOPLE:
            demand_person(principal, or_local=True)
        _check_answer(key, text, not_held=not_held)
        with self.transactions.writing():
            entry = self._as_seen(number, revision, {EntryState.PREPARED})
            answers = {name: one for name, one in entry.answers.items() if name != key}
            if text or not_held:
                answers[key] = Answer(text or "", not_held, principal.id)
            kept = self.store.keep(replace(entry, answers=answers))
            return self._told("changed", kept, principal, {"item": key})

    def set_priority(
        self, principal: Principal, number: int, revision: int, priority: Priority, reason: str = ""
    ) -> Entry:
        """Choose the priority; one below what is proposed needs a reason.

        Raises DeniedError, UnknownEntryError, OutdatedDraftError, UnsuitableEntryError, InvalidReasonError.
        """
        principal.demand(Permission.FILE)
        demand_person(principal, or_local=True)
        check_notes(reason)
        with self.transactions.writing():
            entry = self._as_seen(number, revision, {EntryState.PREPARED})
            facts = proposed(self.record_of(entry.case)).priority
            if priority.value > facts.value:  # P2 is below P1
                check_reason(reason)
            kept = self.store.keep(
                replace(entry, priority=priority, priority_by=principal.id, priority_reason=reason)
            )
            detail: JsonObject = {"priority": priority.value, "proposed": facts.value}
            return self._told("prioritised", kept, principal, detail)

    def discard(self, principal: Principal, number: int, revision: int, reason: str) -> Entry:
        """Give up what was not handed in.

        Raises DeniedError, UnknownEntryError, OutdatedDraftError, UnsuitableEntryError, InvalidReasonError.
        """
        principal.demand(Permission.FILE)
        check_reason(reason)
        with self.transactions.writing():
            entry = self._as_seen(number, revision, {EntryState.PREPARED})
            kept = self.store.keep(replace(entry, state=EntryState.DISCARDED))
            return self._told("discarded", kept, principal, {"reason": reason})

    def record(  # noqa: PLR0913  # what there is to say of it
        self,
        principal: Principal,
        number: int,
        revision: int,
        reference: str,
        sent: datetime,
        *,
        test: bool,
    ) -> Entry:
        """Record that a person has handed the form in: the portal's reference, and when that was.

        Unless it was a `test`, what was reported and its reference are held from then on (reg 8(1)). Raises
        DeniedError, UnknownEntryError, OutdatedDraftError, UnsuitableEntryError, InvalidEntryError.
        """
        principal.demand(Permission.FILE)
        demand_person(principal, or_local=True)
        self._check_sent(reference, sent)
        with self.transactions.writing():
            entry = self._as_seen(number, revision, {EntryState.PREPARED})
            if entry.priority is None:
                _unsuitable("nobody has chosen a priority")
            if not test and self.store.has_reference(reference):
                _invalid(f"the register has the reference {reference!r} already")
            kept = self.store.keep(
                replace(
                    entry,
                    state=EntryState.SENT,
                    test=test,
                    reference=reference,
                    sent=sent,
                    sent_by=principal.id,
                    form=form_to_text(self._form(entry)),
                )
            )
            self._hold(kept)
            detail: JsonObject = {"priority": entry.priority.value, "reference": reference}
            return self._told("recorded", kept, principal, detail)

    def acknowledge(
        self, principal: Principal, number: int, revision: int, when: datetime, words: str = ""
    ) -> Entry:
        """Note that the authority has acknowledged a report.

        Raises DeniedError, UnknownEntryError, OutdatedDraftError, UnsuitableEntryError, InvalidEntryError.
        """
        principal.demand(Permission.FILE)
        check_notes(words)
        self._check_time(when)
        with self.transactions.writing():
            entry = self._as_seen(number, revision, {EntryState.SENT})
            kept = self.store.keep(
                replace(entry, state=EntryState.ACKNOWLEDGED, acknowledged=when, acknowledged_words=words)
            )
            return self._told("acknowledged", kept, principal)

    def ask(self, principal: Principal, number: int, asked: datetime, words: str) -> Question:
        """Note what the authority asks about a report; it is to be answered within seven days.

        Raises DeniedError, UnknownEntryError, UnsuitableEntryError, InvalidEntryError, InvalidReasonError.
        """
        principal.demand(Permission.FILE)
        check_reason(words)
        self._check_time(asked)
        with self.transactions.writing():
            entry = self.store.entry(number)
            if entry.state not in _SENT:
                _unsuitable(f"entry {number} has not been sent")
            made = self.store.ask(number, asked, asked + ANSWER_WITHIN, words, principal.id)
            self._told("asked", entry, principal, {"question": made.id, "due": made.due.isoformat()})
            return made

    def reply(self, principal: Principal, question: int, words: str) -> Question:
        """Note that a question was answered, and what was said; once.

        Raises DeniedError, UnknownQuestionError, UnsuitableEntryError, InvalidReasonError.
        """
        principal.demand(Permission.FILE)
        demand_person(principal, or_local=True)
        check_reason(words)
        with self.transactions.writing():
            found = self.store.question(question)
            if found.answered is not None:
                _unsuitable(f"question {question} was answered already")
            made = self.store.answer(question, self.now(), words, principal.id)
            detail: JsonObject = {"question": question, "late": made.late(self.now())}
            self._told("answered", self.store.entry(found.entry), principal, detail)
            return made

    def exported(self, principal: Principal, number: int, shape: str) -> Entry:
        """An entry whose form is about to leave here, which the ledger notes: it has personal data.

        Raises DeniedError, UnknownEntryError.
        """
        principal.demand(Permission.FILE)
        with self.transactions.writing():
            return self._told("exported", self.store.entry(number), principal, {"as": shape})

    def entry(self, principal: Principal, number: int) -> Entry:
        """One entry. Raises DeniedError, UnknownEntryError."""
        principal.demand(Permission.READ_FILINGS)
        return self.store.entry(number)

    def page(
        self, principal: Principal, wanted: WantedEntries, *, before: int | None = None, limit: int = 50
    ) -> Sequence[Entry]:
        """Entries, newest first. Raises DeniedError."""
        principal.demand(Permission.READ_FILINGS)
        return self.store.page(wanted, before=before, limit=limit)

    def counts(self, principal: Principal) -> dict[EntryState, int]:
        """How many there are in each state. Raises DeniedError."""
        principal.demand(Permission.READ_FILINGS)
        return self.store.counts()

    def questions(self, principal: Principal, number: int) -> Sequence[Question]:
        """What was asked about an entry, oldest first. Raises DeniedError, UnknownEntryError."""
        principal.demand(Permission.READ_FILINGS)
        with self.transactions.reading():
            self.store.entry(number)
            return self.store.questions(number)

    def open_questions(self, principal: Principal, limit: int = 50) -> Sequence[Question]:
        """What is not answered, what is due first before all else. Raises DeniedError."""
        principal.demand(Permission.READ_FILINGS)
        return self.store.open_questions(limit)

    def _form(self, entry: Entry) -> Form:
        earlier = [
            one.reference
            for one in self.store.page(WantedEntries(_SENT, subject=entry.subject), limit=100)
            if one.number != entry.number
            and not one.test
            and (entry.account or one.case == entry.case or one.number == entry.follows)
        ]
        record = self.record_of(entry.case)
        held = held_of(record, entry.subject, self.organisation, earlier, self.receipts([entry.case]))
        return form_of(held, entry.answers)

    def _hold(self, entry: Entry) -> None:
        """Keep what was reported; its contents are those of the account."""
        assert entry.sent is not None  # noqa: S101  # just set; for the type checker
        if entry.test:
            return
        contents = [
            one.sha256 for one in self.record_of(entry.case).submissions if subject_of(one) == entry.subject
        ]
        self.holds.begin_of_case(
            Occasion(NCA_REPORT_SENT, entry.sent),
            entry.case,
            contents,
            is_test=False,
            actor=entry.sent_by,
            reason=f"register entry {entry.number}, {entry.reference}",
        )

    def _as_seen(self, number: int, revision: int, states: Collection[EntryState]) -> Entry:
        entry = self.store.entry(number)
        if entry.revision != revision:
            message = f"entry {number} has changed since you saw it"
            raise OutdatedDraftError(message)
        if entry.state not in states:
            _unsuitable(f"entry {number} is {entry.state.value}")
        return entry

    def _told(
        self, what: str, entry: Entry, principal: Principal, detail: "JsonObject | None" = None
    ) -> Entry:
        """Record what was done in the ledger, in the caller's transaction; it."""
        said: JsonObject = {"case": entry.case, "state": entry.state.value, "test": entry.test}
        event = Event(
            f"register.{what}",
            principal.id,
            f"register:{entry.number}",
            {**said, **(detail or {})},
            self.store.vouched(entry.number),
        )
        self.ledger.append(event)
        return entry

    def _check_sent(self, reference: str, sent: datetime) -> None:
        check_notes(reference)
        if not reference.strip() or not reference.isprintable() or len(reference) > _LONGEST_REFERENCE:
            _invalid(f"the portal's reference is one line of at most {_LONGEST_REFERENCE} characters")
        self._check_time(sent)

    def _check_time(self, when: datetime) -> None:
        if when.utcoffset() is None:
            _invalid("the time has no zone")
        if when > self.now():
            _invalid("the time is in the future")


def _check_answer(key: str, text: str | None, *, not_held: bool) -> None:
    if key not in KEYS:
        _invalid(f"the form has no item {key!r}")
    if text and not_held:
        _invalid("what is not held has no value")
    if not_held and key in ONLY_BY_PEOPLE:
        _invalid("a declaration is made or not")
    check_notes(text or "")


def _invalid(message: str) -> NoReturn:
    raise InvalidEntryError(message)


def _unsuitable(message: str) -> NoReturn:
    raise UnsuitableEntryError(message)
