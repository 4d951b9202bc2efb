"""What a decision in force does elsewhere: entries of local banks, opinions, figures of policies.

All of it in the transaction of the decision. A decision that takes another's place takes that one's effects
back as far as it does not have them itself; undoing it brings them back.
"""

from contextlib import suppress
from dataclasses import dataclass

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.curation import Curation
from tocsin.banks.model import EntryDraft, Label, Origin
from tocsin.banks.opinions import Verdict
from tocsin.banks.store import UnknownEntryError
from tocsin.cases.model import Decision, EntryOpinion, Proposal, Publication
from tocsin.cases.notes import refuse
from tocsin.cases.proposals import check_bank
from tocsin.cases.store_decisions import Decisions
from tocsin.cases.store_observations import Observations
from tocsin.hashing.signals import Orientation, Signal
from tocsin.intake.model import Submissions

SOURCE = "review"
"""The source of entries that decisions publish; their id there is the content's SHA-256."""
_TURNED = frozenset(Orientation) - {Orientation.UPRIGHT}


@dataclass(frozen=True, slots=True)
class Effects:
    """What decisions do to banks. All of one database."""

    curation: Curation
    submissions: Submissions
    observations: Observations
    decisions: Decisions

    def check(self, principal: Principal, proposal: Proposal) -> None:
        """Whether somebody may propose that. Publishing needs a right only of whoever confirms it.

        Raises DeniedError, UnknownBankError, UnknownEntryError, InvalidObservationError.
        """
        for one in proposal.publish:
            check_bank(self.curation.banks.bank(one.bank).policy.kind, one.bank, proposal.outcome)
            self._signals(one.sha256)
        self.check_entries(principal, proposal)

    def check_entries(self, principal: Principal, proposal: Proposal) -> None:
        """Whether somebody may speak of the entries that a proposal names.

        Asked before it is told whether an entry matched: which one did is for readers of its bank. Raises
        DeniedError, UnknownEntryError.
        """
        if proposal.opinions:
            principal.demand(Permission.GIVE_OPINIONS)
        for entry in [one.entry for one in proposal.opinions] + list(proposal.false_matches):
            self.curation.readable(principal, entry)

    def check_publishing(self, principal: Principal, proposal: Proposal) -> None:
        """Whether somebody may have that published. Raises DeniedError."""
        if proposal.publish:
            principal.demand(Permission.CURATE)
        for one in proposal.publish:
            principal.demand_in(one.bank, Right.CURATE)

    def put(self, principal: Principal, decision: Decision, before: Decision | None) -> None:
        """Do what a decision that has just taken force asks for, in place of the one before it.

        Raises DeniedError, UnknownBankError, UnknownEntryError, InvalidObservationError.
        """
        self.check(principal, decision.proposal)
        self.check_publishing(principal, decision.proposal)
        entries = [self._publish(principal, one, decision.case) for one in decision.proposal.publish]
        self.decisions.publish(decision.id, entries)
        given = set(() if before is None else before.proposal.opinions)
        for opinion in decision.proposal.opinions:
            if opinion not in given:
                reason = opinion.reason or f"case {decision.case}"
                self.curation.give_opinion(principal, opinion.entry, _verdict(opinion), reason)
        if before is not None:
            self._take_back(principal.id, before, decision.proposal)

    def take_back(self, author: str, decision: Decision, restored: Decision | None) -> None:
        """Undo what a decision did that is not in force any more; `restored` is in force again instead."""
        kept = Proposal(decision.proposal.outcome) if restored is None else restored.proposal
        self._take_back(author, decision, kept)
        if restored is None:
            return
        with self.curation.banks.acting_as(author):
            for entry in restored.published:
                with suppress(UnknownEntryError):  # its bank is gone
                    self.curation.banks.reinstate([entry])
        given = set(decision.proposal.opinions)
        for opinion in restored.proposal.opinions:
            if opinion not in given:
                self._say(author, opinion.entry, _verdict(opinion), f"decision {restored.id} stands again")

    def _publish(self, principal: Principal, one: Publication, case: int) -> int:
        """Make an entry of a content, or make the one there is live again; its number."""
        draft = EntryDraft(
            self._signals(one.sha256), Origin(SOURCE, "", one.sha256.hex()), self._labels(one.sha256, case)
        )
        result = self.curation.add(principal, one.bank, [draft])
        if result.still_withdrawn:
            with self.curation.banks.acting_as(principal.id):
                self.curation.banks.reinstate(result.entry_ids)
        return result.entry_ids[0]

    def _signals(self, sha256: bytes) -> tuple[Signal, ...]:
        """A content's signals as an entry has them: those who look it up turn what they look up."""
        content = self.submissions.submission(self.submissions.submissions_of(sha256)[0]).content
        if content is None:
            refuse(
                f"the content {sha256.hex()} has not been examined yet, so there are no signals to publish"
            )
        return tuple(one for one in content.signals if one.orientation not in _TURNED)

    def _labels(self, sha256: bytes, case: int) -> tuple[Label, ...]:
        """The severity codes that hold of a content: ours. Labels of lists stay with their lists."""
        coded = [one for one in self.observations.current(sha256) if one.observed.code]
        return tuple(
            Label(*_scheme(one.observed.scheme), one.observed.code, f"case:{case}", one.time.isoformat())
            for one in coded
        )

    def _take_back(self, author: str, decision: Decision, kept: Proposal) -> None:
        """Undo what a decision did, as far as `kept` does not ask for the same."""
        gone = set(decision.published) - set(self.decisions.standing(decision.published))
        reason = f"decision {decision.id} of case {decision.case} does not stand any more"
        with self.curation.banks.acting_as(author):
            for entry in sorted(gone):
                with suppress(UnknownEntryError):  # its bank is gone
                    self.curation.banks.withdraw([entry], reason)
        spoken = {one.entry for one in kept.opinions}
        for opinion in decision.proposal.opinions:
            if opinion.entry not in spoken:
                contrary = Verdict.DISPUTE if opinion.confirm else Verdict.CONFIRM
                self._say(author, opinion.entry, contrary, f"taken back: {reason}")

    def _say(self, author: str, entry: int, verdict: Verdict, reason: str) -> None:
        with suppress(UnknownEntryError):  # its bank is gone
            self.curation.record_opinion(author, entry, verdict, reason)


def _verdict(opinion: EntryOpinion) -> Verdict:
    return Verdict.CONFIRM if opinion.confirm else Verdict.DISPUTE


def _scheme(written: str) -> tuple[str, str]:
    """The name and the version of a scheme written `name:version`."""
    name, _, version = written.partition(":")
    return name, version
