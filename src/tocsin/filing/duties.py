"""The duty calculator: for a case, who must be told what, by when, under which rule, and what met it.

It is worked out anew each time, from the record, the receipts and the rule packs; nothing is stored.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.cases.model import Decision, Outcome
from tocsin.filing.covering import covered
from tocsin.filing.draft import Draft
from tocsin.filing.holding import CYBERTIPLINE_FINISHED, NCA_REPORT_SENT
from tocsin.filing.holds import Holds
from tocsin.filing.model import Authority, Filing, Receipt, Subject
from tocsin.filing.record import CaseRecord, ContentRecord, subject_of
from tocsin.law.facts import About, Circumstances
from tocsin.law.owing import Happened, Owed, Seen, Situation, Standing, State, owing
from tocsin.law.packs import Packs

__all__ = ["Duties", "Organisation", "Owed", "State"]

_EVENTS: Mapping[Authority, str] = {
    Authority.NCMEC: CYBERTIPLINE_FINISHED,
    Authority.NCA: NCA_REPORT_SENT,
}


@dataclass(frozen=True, slots=True)
class Organisation:
    """What duties depend on of who runs the node. What is empty is not known, and stays open."""

    jurisdictions: frozenset[str] = frozenset()
    """Whose reporting law binds it: ids of rule packs' jurisdictions."""
    services: frozenset[str] = frozenset()
    """`user_to_user`, `search`, `hosting`, `isp`, `email`, `messages`."""
    established_in: frozenset[str] = frozenset()

    @property
    def circumstances(self) -> Circumstances:
        """As the rules ask for it."""
        told = {
            About.JURISDICTIONS: self.jurisdictions,
            About.SERVICES: self.services,
            About.ESTABLISHED_IN: self.established_in,
        }
        return {about: names for about, names in told.items() if names}


@dataclass(frozen=True, slots=True)
class Duties:
    """The duties of one organisation. Threads may share it."""

    organisation: Organisation
    packs: Packs
    holds: Holds
    filing: Callable[[int], Filing]
    """The filing of a number: `Filings.filing`."""
    draft: Callable[[int], Draft]
    """Its draft: `Filings.draft`."""

    def of(
        self,
        record: CaseRecord,
        receipts: Sequence[Receipt],
        on: datetime,
        *,
        events: Iterable[Happened] = (),
    ) -> tuple[Owed, ...]:
        """Every duty of the rule packs, as it stands for a case at a time, in the order of the packs.

        `receipts`: all of the case's. `events`: what else is known to have happened, such as a question of
        an authority (`uk.nca_question`); holds of the case that people set tell of letters and
        notifications.

        Raises ValueError for a time without its zone.
        """
        happened = (*self._received(record, receipts), *self._recorded(record), *events)
        return owing(self._situation(record, happened), on, self.packs)

    def _situation(self, record: CaseRecord, happened: tuple[Happened, ...]) -> Situation:
        case = frozenset({"url"}) if any(one.context.url for one in record.submissions) else frozenset[str]()
        standing, decided = _standing(record.decision)
        return Situation(
            standing=standing,
            decided=decided,
            contents=tuple(map(_seen, record.contents)),
            circumstances={**self.organisation.circumstances, About.CASE: case},
            notices=_notices(record),
            events=happened,
        )

    def _received(self, record: CaseRecord, receipts: Sequence[Receipt]) -> list[Happened]:
        """What authorities acknowledged. Few reports are about all accounts: only all of them meet a duty.

        What came in after the last report about an account was in none.
        """
        last: dict[Subject, datetime] = {}
        for one in record.submissions:
            subject = subject_of(one)
            last[subject] = max(one.received, last.get(subject, one.received))
        filings = [(self.filing(one.filing), one) for one in receipts]
        reported = [(filing, one, covered(filing, self.draft, record)) for filing, one in filings]
        happened = []
        for filing, receipt in filings:
            about = {
                subject
                for other, its, subjects in reported
                for subject in subjects
                if other.authority is filing.authority
                and other.is_test == filing.is_test
                and last.get(subject, its.time) <= its.time <= receipt.time
            }
            lacks = tuple(one.words for one in record.subjects if one not in about)
            happened.append(
                Happened(_EVENTS[filing.authority], receipt.time, lacks, is_test=receipt.environment.is_test)
            )
        return happened

    def _recorded(self, record: CaseRecord) -> list[Happened]:
        """What people recorded, and what began holds: it is about the accounts whose contents are held.

        That the CyberTipline has a report is told by receipts alone, whatever somebody holds things for.
        """
        holds = [
            one
            for one in self.holds.of_case(record.case.number)
            if one.filing is None and one.occasion.trigger != CYBERTIPLINE_FINISHED
        ]
        happened = []
        for hold in holds:
            event, is_test = hold.occasion, hold.is_test
            held = {
                sha256
                for one in holds
                if (one.occasion.trigger, one.is_test) == (event.trigger, is_test)
                and one.occasion.time <= event.time
                for sha256 in one.contents
            }
            lacks = [subject_of(one).words for one in record.submissions if one.sha256 not in held]
            happened.append(Happened(event.trigger, event.time, tuple(dict.fromkeys(lacks)), is_test=is_test))
        return happened


def _standing(decision: Decision | None) -> tuple[Standing, datetime | None]:
    """Whether the decision in force is to report, and since when it is in force."""
    if decision is None:
        return Standing.OPEN, None
    if decision.proposal.outcome is not Outcome.REPORT:
        return Standing.OTHER, None
    return Standing.REPORT, decision.second_time or decision.time


def _seen(content: ContentRecord) -> Seen:
    observed = [one.observed for one in content.observations]
    return Seen(
        {one.fact: one.value for one in observed if one.fact is not None and one.value is not None},
        next((one.age for one in observed if one.age is not None), None),
        {one.scheme: one.code for one in observed if one.scheme and one.code},
    )


def _notices(record: CaseRecord) -> dict[str, datetime]:
    """The first notice of each kind that submissions tell of."""
    found: dict[str, datetime] = {}
    for one in sorted(record.submissions, key=lambda one: one.received):
        notice = (one.context.given or {}).get("notice")
        if isinstance(notice, str) and notice:
            found.setdefault(notice, one.received)
    return found
