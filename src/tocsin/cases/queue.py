"""The queue: who is given which case, for how long, and what they may do with their claim.

At most one person holds a case, and a person holds at most one. What was claimed is named by case and claim
number; a claim that has run out does nothing. Each tenth case that a person is given is the one that has
waited longest, so that none waits for ever behind more urgent ones.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission, Principal
from tocsin.cases.errors import (
    HoldingError,
    TakenError,
    UnsuitableError,
)
from tocsin.cases.model import MAIN, Case, Ground, Reason, Stage, State
from tocsin.cases.notes import check_notes, refuse
from tocsin.cases.people import demand_person
from tocsin.cases.store_cases import WantedCases
from tocsin.cases.urgency import reasons
from tocsin.evidence.ledger import Event

if TYPE_CHECKING:
    from tocsin.cases.store_cases import Cases, Joined, Linked, QueueCount
    from tocsin.evidence.ledger import Ledger
    from tocsin.media.sandbox import JsonObject
    from tocsin.transactions import Transactions

EVERY: Final = 10
"""One in so many cases that a person is given is the one that has waited longest."""
MOST_PAGE: Final = 200
_ATTEMPTS: Final = 5
"""So often a case is looked for while others may take it; after that, nobody else writes meanwhile."""
NODE: Final = "node"


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case that belongs to another one."""

    case: Case
    because: str
    """What they share: `content`, `near`, `account` or `url`."""


def nothing(_: str) -> Collection[str]:
    """Nobody opted out of anything."""
    return ()


def everybody(_: str) -> bool:
    """Anybody can be handed a case."""
    return True


def reasons_of(case: Case) -> tuple[Reason, ...]:
    """Why a case stands where it stands, or was given out, in the order in which the reasons count."""
    since = case.opened if case.given is Ground.LONGEST else None
    first = () if case.given is None else (Reason(case.given, since),)
    return (*first, *reasons(case.standing))


class Queue:
    """Cases as reviewers take them; safe to use from several threads and processes."""

    def __init__(  # noqa: PLR0913  # the rooms it works between
        self,
        transactions: "Transactions",
        cases: "Cases",
        ledger: "Ledger",
        opted_out: Callable[[str], Collection[str]] = nothing,
        reviews: Callable[[str], bool] = everybody,
        *,
        queues: Collection[str] = (MAIN,),
    ) -> None:
        """Hand out `cases`.

        `opted_out`: the categories that a person does not want to be given. `reviews`: whether somebody of
        that id may review. `queues`: those that cases may be moved to, besides `MAIN`.
        """
        self._transactions = transactions
        self._cases = cases
        self._ledger = ledger
        self._opted_out = opted_out
        self._reviews = reviews
        self.queues = tuple(dict.fromkeys((MAIN, *queues)))

    # ---- looking

    def page(
        self,
        principal: Principal,
        wanted: WantedCases | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Sequence[Case]:
        """Cases in their order; with `after`, those after the case of that number. No more than 200.

        Raises DeniedError, UnknownCaseError.
        """
        principal.demand(Permission.READ_CASES)
        self._lapse()
        return self._cases.page(wanted or WantedCases(), after=after, limit=max(1, min(limit, MOST_PAGE)))

    def counts(self, principal: Principal) -> "Sequence[QueueCount]":
        """How many cases wait or are claimed, by queue, state and stage. Raises DeniedError."""
        principal.demand(Permission.READ_CASES)
        self._lapse()
        return self._cases.counts()

    def case(self, principal: Principal, number: int) -> Case:
        """The case of that number. Raises DeniedError, UnknownCaseError."""
        principal.demand(Permission.READ_CASES)
        self._lapse()
        return self._cases.case(number)

    def held(self, principal: Principal) -> Sequence[Case]:
        """What the principal has claimed: one case or none."""
        self._lapse()
        return self._cases.held(principal.id)

    def find(self, principal: Principal, text: str) -> Sequence[Case]:
        """Cases by number, submission's id, SHA-256 in hex, account or URL; newest first, no more than 100.

        Raises DeniedError.
        """
        principal.demand(Permission.READ_CASES)
        self._lapse()
        return self._cases.find(text)

    def linked(self, principal: Principal, number: int) -> tuple[LinkedCase, ...]:
        """The cases that belong to a case, newest first, no more than 100. Raises DeniedError."""
        principal.demand(Permission.READ_CASES)
        return tuple(self._linked(one) for one in self._cases.linked(number))

    def _linked(self, link: "Linked") -> LinkedCase:
        return LinkedCase(self._cases.case(link.number), link.because)

    def members(
        self, principal: Principal, number: int, after: str | None = None, limit: int = 100
    ) -> "Sequence[Joined]":
        """The submissions of a case, oldest first, with what brought each in. Raises DeniedError."""
        principal.demand(Permission.READ_CASES)
        return self._cases.members(number, after=after, limit=limit)

    def contents(self, number: int) -> Sequence[bytes]:
        """The SHA-256 of each content in a case, in the order in which they came."""
        return self._cases.contents(number)

    def submissions(self, number: int) -> Sequence[str]:
        """The ids of all submissions in a case, oldest first."""
        return self._cases.submissions(number)

    # ---- taking

    def next(self, principal: Principal, queue: str = MAIN) -> Case | None:
        """Give the principal the case that is most urgent for them to take; None where there is none.

        What was handed to them comes first. Left out are cases they asked a second reviewer for, and those
        with a category that they opted out of; what they skipped lately comes when nothing else is left.

        Raises:
            DeniedError: they may not review, or are no person.
            HoldingError: they hold a case.
        """
        principal.demand(Permission.REVIEW)
        demand_person(principal)
        self._lapse()
        avoid = frozenset(self._opted_out(principal.id))
        # What somebody opted out of may be most of what waits: that is looked through while others write.
        for _ in range(_ATTEMPTS if avoid else 0):
            with self._transactions.reading():
                found = self._found(principal, queue, avoid)
            if found is None:
                self._demand_free(principal)
                return None
            with self._transactions.writing():
                self._demand_free(principal)
                if self._cases.is_for(found[0], principal.id, queue):
                    return self._give(principal, queue, *found)
        with self._transactions.writing():
            self._demand_free(principal)
            found = self._found(principal, queue, avoid)
            return None if found is None else self._give(principal, queue, *found)

    def _found(
        self, principal: Principal, queue: str, avoid: Collection[str]
    ) -> tuple[int, Ground | None] | None:
        """The case that the principal is to be given, and why out of its order."""
        who, turn = principal.id, self._cases.turn(principal.id, queue)
        if turn % EVERY == EVERY - 1:
            # Every other time not what a submitter keeps calling danger, which would take these turns too.
            repeated = turn != EVERY - 1
            number = self._cases.waiting_for(who, queue, avoid, longest=True, repeated=repeated)
            if number is not None:
                return number, Ground.LONGEST
        if (number := self._cases.waiting_for(who, queue, avoid)) is not None:
            return number, None
        number = self._cases.skipped_by(who, queue, avoid)
        return None if number is None else (number, Ground.AGAIN)

    def _give(self, principal: Principal, queue: str, number: int, given: Ground | None) -> Case:
        self._cases.take_turn(principal.id, queue, 2 * EVERY)
        return self._claim(principal, number, given)

    def claim(self, principal: Principal, number: int) -> Case:
        """Give the principal this case; the one they hold already stays as it is, under the same claim.

        Raises:
            DeniedError: they may not review, or are no person.
            UnknownCaseError: there is no such case.
            TakenError: somebody else has it.
            HoldingError: they hold another one.
            UnsuitableError: it is decided, reserved for somebody else, or waits for another second reviewer.
        """
        principal.demand(Permission.REVIEW)
        demand_person(principal)
        with self._transactions.writing():
            self._lapse_now()
            case = self._cases.case(number)
            if case.state is State.CLAIMED and case.holder == principal.id:
                return self._cases.demand_held(number, principal.id, case.claim)
            _demand_suitable(principal, case)
            self._demand_free(principal)
            return self._claim(principal, number)

    def renew(self, principal: Principal, number: int, claim: int) -> Case:
        """Begin the lease of a claim anew. Raises UnknownCaseError, NotHeldError."""
        with self._transactions.writing():
            return self._cases.demand_held(number, principal.id, claim)

    def _claim(self, principal: Principal, number: int, given: Ground | None = None) -> Case:
        case = self._cases.claim(number, principal.id, given)
        detail: JsonObject = {"claim": case.claim}
        if given is not None:
            detail = {**detail, given.value: True}
        self._record("case.claimed", principal.id, number, detail)
        return case

    def _demand_free(self, principal: Principal) -> None:
        """Raise HoldingError if the principal holds a case."""
        for case in self._cases.held(principal.id):
            error = HoldingError(f"{principal.id} holds case {case.number}")
            error.number = case.number
            raise error

    # ---- giving back

    def release(self, principal: Principal, number: int, claim: int) -> None:
        """Let somebody else have the case. Raises UnknownCaseError, NotHeldError."""
        with self._transactions.writing():
            self._cases.demand_held(number, principal.id, claim)
            self._cases.let_go(number)
            self._record("case.released", principal.id, number, {"claim": claim})

    def skip(self, principal: Principal, number: int, claim: int) -> None:
        """Let somebody else have the case, and do not be offered it for 12 hours while anything else waits.

        No reason is asked for, and nobody counts it. Raises UnknownCaseError, NotHeldError.
        """
        with self._transactions.writing():
            case = self._cases.demand_held(number, principal.id, claim)
            self._cases.let_go(number)
            self._cases.skipped(number, principal.id, again=case.given is Ground.AGAIN)
            self._record("case.skipped", principal.id, number, {"claim": claim})

    def hand_over(
        self, principal: Principal, number: int, claim: int | None, to: str, note: str = ""
    ) -> Case:
        """Have the case wait for `to` (a `Principal.id`), for 12 hours at most; then anybody may have it.

        Who may manage cases can do that without holding it (`claim` None).

        Raises:
            DeniedError: without a claim, they may not manage cases.
            UnknownCaseError: there is no such case.
            NotHeldError: they do not hold it.
            UnsuitableError: it is decided; `to` may not review, or was its first reviewer.
            InvalidObservationError, InvalidTextError: the note cannot be kept.
        """
        check_notes(note)
        with self._transactions.writing():
            case = self._demand_mine_or_managed(principal, number, claim)
            if to == case.first_reviewer or not self._reviews(to):
                message = f"case {number} cannot be handed to {to}"
                raise UnsuitableError(message)
            self._cases.let_go(number, reserved_for=to, note=note)
            self._record("case.handed_over", principal.id, number, {"to": to, "note": note})
            return self._cases.case(number)

    def move(self, principal: Principal, number: int, claim: int | None, queue: str) -> Case:
        """Put the case into another queue, where it waits.

        Raises:
            DeniedError: without a claim, they may not manage cases.
            UnknownCaseError: there is no such case.
            NotHeldError: they do not hold it.
            UnsuitableError: it is decided.
            InvalidObservationError: there is no queue of that name.
        """
        with self._transactions.writing():
            case = self._demand_mine_or_managed(principal, number, claim)
            if queue not in {*self.queues, case.queue}:  # its own may have been taken out of the settings
                refuse(f"there is no queue of that name; there are: {', '.join(self.queues)}")
            self._cases.let_go(number)
            self._cases.move(number, queue)
            self._record("case.moved", principal.id, number, {"from": case.queue, "to": queue})
            return self._cases.case(number)

    def ask_second(self, principal: Principal, number: int, claim: int, question: str = "") -> Case:
        """Have the case wait for a second reviewer, who is never the principal.

        Raises UnknownCaseError, NotHeldError, UnsuitableError (one was asked for already),
        InvalidObservationError, InvalidTextError (the question cannot be kept).
        """
        check_notes(question)
        with self._transactions.writing():
            case = self._cases.demand_held(number, principal.id, claim)
            if case.stage is Stage.SECOND:
                message = f"you are the second reviewer of case {number}"
                raise UnsuitableError(message)
            self._cases.await_second(number, principal.id, question)
            self._record("case.second_asked", principal.id, number, {"claim": claim, "question": question})
            return self._cases.case(number)

    def _demand_mine_or_managed(self, principal: Principal, number: int, claim: int | None) -> Case:
        """The case, if the principal holds it, or with no claim, may manage it and it is not decided."""
        if claim is not None:
            return self._cases.demand_held(number, principal.id, claim)
        principal.demand(Permission.MANAGE_CASES)
        self._lapse_now()
        case = self._cases.case(number)
        if case.state is State.DECIDED:
            message = f"case {number} is decided"
            raise UnsuitableError(message)
        return case

    # ---- leases that have run out

    def _lapse(self) -> None:
        """Have cases wait again whose holders were gone too long; costs two small reads if there are none.

        For anybody wait those that were handed to people who may not review any more.
        """
        if self._cases.lapsed() or self._gone():
            with self._transactions.writing():
                self._lapse_now()

    def _lapse_now(self) -> None:
        for case in self._cases.lapsed():
            self._cases.let_go(case.number)
            self._record("case.lapsed", NODE, case.number, {"holder": case.holder, "claim": case.claim})
        for who in self._gone():
            for case in self._cases.page(WantedCases(queue=None, reserved_for=who), limit=MOST_PAGE):
                self._cases.let_go(case.number)
                self._record("case.released", NODE, case.number, {"reserved_for": who})

    def _gone(self) -> list[str]:
        """Whom cases were handed to that may not review any more."""
        return [who for who in self._cases.awaited() if not self._reviews(who)]

    def _record(self, kind: str, actor: str, number: int, detail: "JsonObject") -> None:
        self._ledger.append(Event(kind, actor, f"case:{number}", detail))


def _demand_suitable(principal: Principal, case: Case) -> None:
    """Raise TakenError or UnsuitableError unless the principal can take the case."""
    if case.state is State.CLAIMED:
        message = f"case {case.number} is claimed by {case.holder}"
        raise TakenError(message)
    if case.state is State.DECIDED:
        message = f"case {case.number} is decided"
        raise UnsuitableError(message)
    if case.first_reviewer == principal.id:
        message = (
            f"case {case.number} waits for somebody else: undo what you proposed, or take back what you asked"
        )
        raise UnsuitableError(message)
    if case.reserved_for not in {"", principal.id}:
        message = f"case {case.number} was handed to {case.reserved_for}"
        raise UnsuitableError(message)
