"""Decisions about cases: made once, confirmed by a second person where they need one, undone, made anew.

What a decision does, its row in the ledger and the case's new state are one transaction; whoever writes is
alone, so what is checked inside holds when it commits.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from tocsin.access.model import Permission, Principal
from tocsin.cases import proposals
from tocsin.cases.effects import Effects
from tocsin.cases.errors import (
    GrownError,
    NotDecidedError,
    OtherDecisionError,
    TakenError,
    TooLateError,
    UnsuitableError,
)
from tocsin.cases.figures import Figures
from tocsin.cases.model import Case, Decision, Judgement, Proposal, Stage, Standpoint, State
from tocsin.cases.notes import check_notes, refuse
from tocsin.cases.people import demand_person
from tocsin.cases.sights import Sight, lacking, refuse_unseen
from tocsin.cases.store_cases import Cases
from tocsin.cases.store_decisions import Decisions, NewDecision, SecondWord
from tocsin.clock import present
from tocsin.evidence.ledger import Event, Ledger
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

UNDO: Final = timedelta(minutes=10)
"""How long whoever made a decision that is in force can undo it, unless an operator sets otherwise."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """Decisions. All of one database. Threads may share it."""

    transactions: Transactions
    cases: Cases
    decisions: Decisions
    effects: Effects
    ledger: Ledger
    clock: Callable[[], datetime] = present
    undo_within: timedelta = UNDO

    # ---- asking

    def needs_second(self, principal: Principal, case: int, proposal: Proposal) -> tuple[str, ...]:
        """Why that proposal by that person would need a second one; empty: it does not.

        `publish`, `overturn`, `asked`, `disagreed`. Raises DeniedError, UnknownCaseError,
        InvalidObservationError.
        """
        principal.demand(Permission.REVIEW)
        with self.transactions.reading():
            return self._needs_second(principal, self.cases.case(case), proposals.tidied(proposal))

    def of_case(self, number: int) -> Sequence[Decision]:
        """All decisions about a case, oldest first: nothing is ever taken away."""
        return self.decisions.of_case(number)

    def decision(self, number: int) -> Decision:
        """The decision of that number. Raises UnknownDecisionError."""
        return self.decisions.decision(number)

    def pending(self, case: int) -> Decision | None:
        """The decision that waits for a second person, if one does."""
        return proposals.with_standpoint(self.decisions.of_case(case), Standpoint.PROPOSED)

    def undoable(self, principal: Principal, case: int) -> Decision | None:
        """The decision about a case that this person could undo now. Raises UnknownCaseError."""
        with self.transactions.reading():
            now = self.cases.case(case)
            for one in reversed(self.decisions.of_case(case)):
                if one.author == principal.id and not self._why_not_undone(one, now):
                    return one
        return None

    def may_take_back(self, principal: Principal, case: int) -> bool:
        """Whether this person could take back now that a second reviewer was asked for.

        Raises UnknownCaseError.
        """
        with self.transactions.reading():
            now = self.cases.case(case)
            asked = now.first_reviewer == principal.id and principal.may(Permission.REVIEW)
            return (
                now.state is State.WAITING
                and now.stage is Stage.SECOND
                and (asked or principal.may(Permission.MANAGE_CASES))
                and self.pending(case) is None
            )

    def at_odds(self, case: int) -> frozenset[str]:
        """The two who disagreed last, where nothing was decided since: neither of them decides alone."""
        return proposals.at_odds(self.decisions.of_case(case))

    def judgements(self, contents: Collection[bytes]) -> Mapping[bytes, Judgement]:
        """What was judged last of those contents (SHA-256); those that were not are absent."""
        return self.decisions.judgements(contents)

    def sights(self, person: str, case: int) -> Sequence[Sight]:
        """What a person (`Principal.id`) knows of each content of a case, in their order."""
        with self.transactions.reading():
            found = self.decisions.sights(case, person)
            judged = self.decisions.judgements([one.sha256 for one in found])
        return [
            replace(one, judged=judged[one.sha256].outcome) if one.sha256 in judged else one for one in found
        ]

    def to_look_at(self, person: str, pending: Decision) -> frozenset[int]:
        """The places of contents that somebody has to look at before they confirm a decision that waits.

        Not those of which its author says that nobody looked at them.
        """
        said = pending.proposal
        places = lacking(self.sights(person, pending.case), said.outcome)
        author = lacking(self.sights(pending.author, pending.case), said.outcome)
        return places - author if said.unseen else places

    def figures(self, bank: str) -> Figures:
        """What reviewers found of a bank's matches, by type and distance. Raises UnknownBankError."""
        with self.transactions.reading():
            policy = self.effects.curation.banks.bank(bank).policy
            return Figures(bank, policy.radius, tuple(self.decisions.figures(bank)))

    # ---- acting

    def decide(
        self,
        principal: Principal,
        case: int,
        claim: int,
        proposal: Proposal,
        key: str,
    ) -> Decision:
        """Decide a case that one holds: in force at once, or proposed until somebody else confirms it.

        The same proposal sent again with the same key is the same decision, and nothing is done twice.

        Raises DeniedError, UnknownCaseError, NotHeldError, UnsuitableError, OtherDecisionError, UnseenError
        (where it judges what they have not looked at and does not say so), GrownError (once, where something
        new has become known since the case was claimed), InvalidObservationError, InvalidTextError,
        UnknownBankError, UnknownEntryError.
        """
        _demand_reviewer(principal)
        proposals.check_key(key)
        proposal = proposals.tidied(proposal)
        with self.transactions.writing():
            earlier = self.decisions.sent(principal.id, key)
            if earlier is not None:
                if (earlier.case, earlier.proposal) != (case, proposal):
                    raise OtherDecisionError
                return earlier
            held = self.cases.demand_held(case, principal.id, claim)
            if not self.cases.take_news(case):
                return self._decide(principal, held, proposal, key)
        raise GrownError

    def confirm(self, principal: Principal, case: int, claim: int, note: str = "") -> Decision:
        """Confirm the decision that waits about a case that one holds: it is in force.

        The same once more, by the same claim, does nothing. Raises DeniedError, UnknownCaseError,
        NotHeldError, UnsuitableError, UnseenError (where they have not looked at what its author did, or at
        all of it, if it does not say otherwise), GrownError (as `decide`), InvalidObservationError,
        InvalidTextError, UnknownBankError, UnknownEntryError.
        """
        with self.transactions.writing():
            answered = self._answered(principal, case, claim, Standpoint.IN_FORCE)
            if answered is not None:
                return answered
            pending = self._pending(principal, case, claim)
            if not self.cases.take_news(case):
                refuse_unseen(case, self.to_look_at(principal.id, pending))
                self._answer(principal, pending, claim, note)
                return self._take_force("decision.confirmed", principal, pending)
        raise GrownError

    def disagree(self, principal: Principal, case: int, claim: int, note: str) -> Decision:
        """Disagree with the decision that waits about a case that one holds: it waits for a third person.

        Both are recorded, and neither of them decides it alone any more: a third person does, or one of them
        proposes anew and somebody else confirms. The same once more, by the same claim, does nothing.

        Raises DeniedError, UnknownCaseError, NotHeldError, UnsuitableError, InvalidObservationError,
        InvalidTextError.
        """
        with self.transactions.writing():
            answered = self._answered(principal, case, claim, Standpoint.REJECTED)
            if answered is not None:
                return answered
            pending = self._pending(principal, case, claim)
            self._answer(principal, pending, claim, note)
            self.decisions.set_standpoint(pending.id, Standpoint.REJECTED)
            self.cases.await_first(case, disagreed=True)
            self.decisions.keep_away(case, {pending.author, principal.id})
            rejected = self.decisions.decision(pending.id)
            self._record("decision.disagreed", principal, rejected)
        return rejected

    def undo(self, principal: Principal, decision: int) -> Decision:
        """Undo one's own decision: before its `undo_until`, if nothing happened to the case since.

        One that waits for a second person can be undone as long as it waits and nobody holds the case. What
        was published is withdrawn, opinions are contradicted, the decision whose place it took is in force
        again, and the case waits for its author, for what it waited for before. Once more does nothing.

        Raises DeniedError, UnknownDecisionError, UnsuitableError, TakenError, TooLateError.
        """
        _demand_reviewer(principal)
        with self.transactions.writing():
            made = self.decisions.decision(decision)
            if made.author != principal.id:
                message = f"decision {decision} was made by somebody else"
                raise UnsuitableError(message)
            if made.standpoint is Standpoint.UNDONE:
                return made
            case = self.cases.case(made.case)
            if why := self._why_not_undone(made, case):
                raise TooLateError(why) if made.standpoint is not Standpoint.PROPOSED else TakenError(why)
            self._undo(principal, made, case)
            undone = self.decisions.decision(decision)
            self._record("decision.undone", principal, undone)
        return undone

    def take_back(self, principal: Principal, number: int) -> Case:
        """Have a case wait for a first decision that waits for a second reviewer, with nothing proposed.

        By whoever asked for one, for whom it then waits, or by who manages cases.

        Raises DeniedError, UnknownCaseError, TakenError, UnsuitableError.
        """
        demand_person(principal)
        with self.transactions.writing():
            case = self.cases.case(number)
            mine = case.stage is Stage.SECOND and case.first_reviewer == principal.id
            principal.demand(Permission.REVIEW if mine else Permission.MANAGE_CASES)
            if case.state is State.CLAIMED:
                message = f"case {number} is claimed by {case.holder}"
                raise TakenError(message)
            if not self.may_take_back(principal, number):
                _unsuitable(f"case {number} does not wait for an answer to a question")
            self.cases.await_first(number, disagreed=case.standing.disagreed)
            if mine:
                self.cases.let_go(number, reserved_for=principal.id)
            detail: JsonObject = {"asked_by": case.first_reviewer}
            self.ledger.append(Event("case.second_taken_back", principal.id, f"case:{number}", detail))
            return self.cases.case(number)

    def reopen(self, principal: Principal, number: int, reason: str) -> Case:
        """Have a decided case wait again. Its decision stays in force until another takes its place.

        By a person, or at a shell, as whose act it is recorded.

        Raises DeniedError, UnknownCaseError, UnsuitableError, InvalidObservationError, InvalidTextError.
        """
        demand_person(principal, or_local=True)
        if not principal.may(Permission.MANAGE_CASES):
            principal.demand(Permission.REVIEW)
        check_notes(reason)
        if not reason.strip():
            refuse("say why the case is opened again")
        with self.transactions.writing():
            if self.cases.case(number).state is not State.DECIDED:
                message = f"case {number} is open"
                raise NotDecidedError(message)
            self.cases.await_first(number, note=reason)
            self.ledger.append(Event("case.reopened", principal.id, f"case:{number}", {"reason": reason}))
            return self.cases.restand(number)

    # ---- the steps of these, inside a transaction

    def _decide(self, principal: Principal, held: Case, proposal: Proposal, key: str) -> Decision:
        """Decide a case that somebody holds, of which they have seen everything."""
        self._check(principal, held, proposal)
        why = self._needs_second(principal, held, proposal)
        made = self.decisions.add(
            NewDecision(
                held.number, proposal, principal.id, key, held.claim, self.clock(), why, held.first_reviewer
            )
        )
        if why:
            self.cases.await_second(held.number, principal.id)
            self.decisions.let_back(held.number)  # who disagreed may confirm what somebody else proposes
            self._record("decision.proposed", principal, made)
            return made
        return self._take_force("decision.made", principal, made)

    def _check(self, principal: Principal, held: Case, proposal: Proposal) -> None:
        """Whether that person may propose that about the case that they hold."""
        decisions = self.decisions.of_case(held.number)
        if proposals.with_standpoint(decisions, Standpoint.PROPOSED) is not None:
            _unsuitable(f"a decision about case {held.number} waits: confirm it or disagree")
        if held.stage is Stage.SECOND and held.first_reviewer == principal.id:
            _unsuitable(f"case {held.number} waits for another person than who asked for one")
        self.effects.check_entries(principal, proposal)
        matched = self.decisions.matched(held.number)
        proposals.check_fits(held.number, proposal, self.cases.contents(held.number), matched)
        self.effects.check(principal, proposal)
        if not proposal.unseen:
            refuse_unseen(held.number, lacking(self.sights(principal.id, held.number), proposal.outcome))

    def _needs_second(self, principal: Principal, case: Case, proposal: Proposal) -> tuple[str, ...]:
        judged = self.decisions.judgements(self.cases.contents(case.number))
        decisions = self.decisions.of_case(case.number)
        earlier = proposals.with_standpoint(decisions, Standpoint.IN_FORCE)
        at_odds = principal.id in proposals.at_odds(decisions)
        return proposals.reasons_for_second(case, proposal, judged, earlier, at_odds=at_odds)

    def _answered(
        self, principal: Principal, case: int, claim: int, standpoint: Standpoint
    ) -> Decision | None:
        """What that person answered by that claim before, if it was the same."""
        _demand_reviewer(principal)
        for one in self.decisions.of_case(case):
            if (one.second, one.second_claim, one.standpoint) == (principal.id, claim, standpoint):
                return one
        return None

    def _pending(self, principal: Principal, case: int, claim: int) -> Decision:
        """The decision that this person may answer."""
        self.cases.demand_held(case, principal.id, claim)
        pending = self.pending(case)
        if pending is None:
            _unsuitable(f"no decision about case {case} waits to be confirmed")
        if pending.author == principal.id:
            _unsuitable(f"decision {pending.id} waits for somebody other than its author")
        return pending

    def _answer(self, principal: Principal, pending: Decision, claim: int, note: str) -> None:
        check_notes(note)
        self.decisions.answer(pending.id, SecondWord(principal.id, self.clock(), note, claim))

    def _take_force(self, kind: str, principal: Principal, decision: Decision) -> Decision:
        """Put a decision in force, with all that follows from it."""
        before = proposals.with_standpoint(self.decisions.of_case(decision.case), Standpoint.IN_FORCE)
        if before is not None:
            self.decisions.set_standpoint(before.id, Standpoint.SUPERSEDED)
        wrong = proposals.wrong_matches(decision.proposal, self.decisions.matched(decision.case))
        supersedes = None if before is None else before.id
        self.decisions.take_force(decision.id, supersedes, self.clock() + self.undo_within, wrong)
        self.effects.put(principal, decision, before)
        self.cases.close(decision.case)
        self.decisions.let_back(decision.case)
        taken = self.decisions.decision(decision.id)
        self._record(kind, principal, taken)
        self._restand(taken.case)
        return taken

    def _why_not_undone(self, made: Decision, case: Case) -> str:
        """Why a decision cannot be undone by its author any more; empty if it can."""
        if made.standpoint is Standpoint.PROPOSED:
            return f"case {case.number} is claimed by {case.holder}" if case.state is State.CLAIMED else ""
        stands = made.standpoint is Standpoint.IN_FORCE and case.state is State.DECIDED
        if not stands or case.claim != max(made.claim, made.second_claim):
            return f"something has happened to case {case.number} since decision {made.id}"
        if made.undo_until is None or self.clock() > made.undo_until:
            return f"decision {made.id} could be undone for {self.undo_within.seconds // 60} minutes"
        return ""

    def _undo(self, principal: Principal, made: Decision, case: Case) -> None:
        self.decisions.set_standpoint(made.id, Standpoint.UNDONE)
        if made.standpoint is Standpoint.IN_FORCE:
            restored = None
            if made.supersedes is not None:
                self.decisions.set_standpoint(made.supersedes, Standpoint.IN_FORCE)
                restored = self.decisions.decision(made.supersedes)
            self.effects.take_back(principal.id, made, restored)
        self.cases.await_first(made.case, disagreed=case.standing.disagreed)
        if made.asked_by:
            self.cases.await_second(made.case, made.asked_by)
        self.decisions.keep_away(made.case, self.at_odds(made.case))
        self.cases.let_go(made.case, reserved_for=made.author)
        self._restand(made.case)

    def _restand(self, number: int) -> None:
        """Put the case, and open ones with the same contents, into their new places."""
        others = {other for one in self.cases.contents(number) for other in self._open_cases(one)}
        for other in sorted(others | {number}):
            self.cases.restand(other)

    def _open_cases(self, sha256: bytes) -> Sequence[int]:
        return self.effects.observations.open_cases(sha256)

    def _record(self, kind: str, principal: Principal, decision: Decision) -> None:
        """Append to the ledger. Notes and hashes stay out of it, but it vouches for them."""
        proposal = decision.proposal
        detail: JsonObject = {
            "decision": decision.id,
            "outcome": proposal.outcome.value,
            "author": decision.author,
            "needs_second": list(decision.needs_second),
            "banks": sorted({one.bank for one in proposal.publish}),
            "published": list(decision.published),
            "opinions": [one.entry for one in proposal.opinions],
            "false_matches": list(proposal.false_matches),
        }
        if decision.supersedes is not None:
            detail = {**detail, "supersedes": decision.supersedes}
        if proposal.unseen:
            # By now what it judges has been judged: what had been before does not count here.
            unseen = lacking(self.decisions.sights(decision.case, decision.author), None)
            detail = {**detail, "unseen": len(unseen)}
        vouched = self.decisions.vouched(decision.id)
        self.ledger.append(Event(kind, principal.id, f"case:{decision.case}", detail, vouched))


def _demand_reviewer(principal: Principal) -> None:
    """Raise DeniedError for who may not review, and for what is no person."""
    principal.demand(Permission.REVIEW)
    demand_person(principal)


def _unsuitable(message: str) -> NoReturn:
    raise UnsuitableError(message)
