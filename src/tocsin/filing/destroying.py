"""Destroying content: by two named people, when nothing holds it any more and a rule or a request lets it go.

18 USC 2258B(c) asks for it when law enforcement does; rules about keeping end in it. Nothing else in Tocsin
removes content from the vault.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission, Principal
from tocsin.cases.people import demand_person
from tocsin.clock import present
from tocsin.evidence.ledger import Event, Ledger
from tocsin.evidence.vault import Vault
from tocsin.filing.errors import SamePersonError, UnsuitableDestructionError
from tocsin.filing.holding import Destruction, DestructionState
from tocsin.filing.holds import Holds
from tocsin.filing.model import State
from tocsin.filing.reasons import check_reason
from tocsin.filing.store_destructions import Destructions
from tocsin.filing.store_filings import Filings, WantedFilings
from tocsin.jobs.model import Job, JobQueue, NewJob
from tocsin.media.answers import number_in
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

DESTROY: Final = "destroy"
"""The kind of job that removes a content from the vault."""
_NODE: Final = "node"
_UNFINISHED: Final = frozenset(one for one in State if not one.over)
_MOST_NAMED: Final = 20
"""Filings of one case that stand against it."""


@dataclass(frozen=True, slots=True)
class Destroying:
    """Destroying content of one home. Threads may share it."""

    transactions: Transactions
    holds: Holds
    records: Destructions
    filings: Filings
    vault: Vault
    jobs: JobQueue
    ledger: Ledger
    now: Callable[[], datetime] = present

    def why_not(self, sha256: bytes, request: str = "") -> tuple[str, ...]:
        """What stands against destroying a content now, in words; empty if nothing does."""
        with self.transactions.reading():
            return tuple(self._obstacles(sha256, request))

    def ask(self, principal: Principal, sha256: bytes, reason: str, *, request: str = "") -> Destruction:
        """Ask for a content to be destroyed: somebody else has to confirm it.

        `request`: the reference of a request by law enforcement, where there is one. Raises DeniedError,
        InvalidReasonError, and UnsuitableDestructionError, which names what stands against it.
        """
        self._demand(principal, reason)
        with self.transactions.writing():
            self._demand_clear(sha256, request)
            asked = self.records.add(sha256, request.strip(), reason, self.now(), principal.id)
            self._tell("destruction.asked", principal.id, asked)
            return asked

    def confirm(self, principal: Principal, number: int) -> Destruction:
        """Confirm, as somebody else than who asked: the content is destroyed as soon as a worker gets to it.

        Raises DeniedError, UnknownDestructionError, SamePersonError, UnsuitableDestructionError.
        """
        principal.demand(Permission.MANAGE_HOLDS)
        demand_person(principal)
        with self.transactions.writing():
            asked = self._open(number, DestructionState.ASKED)
            if asked.asked_by == principal.id:
                raise SamePersonError
            self._demand_clear(asked.sha256, asked.request)
            confirmed = self.records.confirm(number, self.now(), principal.id)
            self._tell("destruction.confirmed", principal.id, confirmed)
            self.jobs.enqueue(NewJob(DESTROY, {"destruction": number}, key=f"{DESTROY}:{number}"))
            return confirmed

    def withdraw(self, principal: Principal, number: int, reason: str) -> Destruction:
        """Take a wish back that nobody has confirmed.

        Raises DeniedError, InvalidReasonError, UnknownDestructionError, UnsuitableDestructionError.
        """
        self._demand(principal, reason)
        with self.transactions.writing():
            self._open(number, DestructionState.ASKED)
            return self._end(number, DestructionState.WITHDRAWN, principal.id, reason)

    def destruction(self, number: int) -> Destruction:
        """The one of that number. Raises UnknownDestructionError."""
        with self.transactions.reading():
            return self.records.destruction(number)

    def of_content(self, sha256: bytes) -> Sequence[Destruction]:
        """All about a content, oldest first."""
        with self.transactions.reading():
            return self.records.of_content(sha256)

    def page(self, *, before: int | None = None, limit: int = 50) -> Sequence[Destruction]:
        """The newest first."""
        with self.transactions.reading():
            return self.records.page(before=before, limit=limit)

    def handlers(self) -> Mapping[str, Callable[[Job], None]]:
        """What does the job of this room."""
        return {DESTROY: self._destroy}

    def _destroy(self, job: Job) -> None:
        """Remove it. What has come up since stops it.

        Inside the transaction, unlike other work on the vault: a submission of the same content that is
        being accepted has its row before this looks, or finds afterwards that the bytes have gone.
        """
        number = number_in(job.payload["destruction"])
        with self.transactions.writing():
            wanted = self.records.destruction(number)
            if wanted.state is DestructionState.CONFIRMED:
                if against := self._obstacles(wanted.sha256, wanted.request):
                    if not self.vault.has(wanted.sha256):  # an attempt that broke off before it was noted
                        against.append("the vault has it no more")
                    self._end(number, DestructionState.REFUSED, _NODE, "; ".join(against))
                else:
                    self.vault.destroy(wanted.sha256)
                    self._end(number, DestructionState.DESTROYED, wanted.confirmed_by, "")
            self.jobs.done(job)

    def _obstacles(self, sha256: bytes, request: str) -> list[str]:
        if not self.records.submitted(sha256):
            return ["nobody submitted this content here"]
        return [*self._held(sha256, request), *self._needed(sha256)]

    def _held(self, sha256: bytes, request: str) -> list[str]:
        """Holds that bind it; without a request of law enforcement, also that no rule lets it go."""
        now, holds = self.holds.now(), self.holds.of_content(sha256)
        binding = [one for one in holds if one.binds(now)]
        against = []
        for one in binding:
            until = one.until()
            why = "; ".join(one.problems) if until is None else f"until {until.isoformat(timespec='minutes')}"
            against.append(f"hold {one.number} binds it ({one.occasion.trigger}): {why}")
        if not binding and not request.strip() and not any(one.ended(now) for one in holds):
            against.append("no retention rule lets it go, and no request by law enforcement is named")
        return against

    def _needed(self, sha256: bytes) -> list[str]:
        """Work that is not done with it."""
        against = ["a submission of it has yet to be examined"] if self.records.unmatched(sha256) else []
        for case, decided in self.records.cases(sha256):
            if not decided:
                against.append(f"case {case} is not decided")
            filings = self.filings.page(WantedFilings(_UNFINISHED, case), limit=_MOST_NAMED)
            against += [f"filing {one.number} is not finished" for one in filings]
        return against

    def _demand_clear(self, sha256: bytes, request: str) -> None:
        if against := self._obstacles(sha256, request):
            raise UnsuitableDestructionError("; ".join(against))

    def _demand(self, principal: Principal, reason: str) -> None:
        principal.demand(Permission.MANAGE_HOLDS)
        demand_person(principal)
        check_reason(reason)

    def _open(self, number: int, state: DestructionState) -> Destruction:
        found = self.records.destruction(number)
        if found.state is not state:
            message = f"destruction {number} is {found.state.value}"
            raise UnsuitableDestructionError(message)
        return found

    def _end(self, number: int, state: DestructionState, by: str, why: str) -> Destruction:
        ended = self.records.end(number, state, self.now(), by, why)
        kind = "content.destroyed" if state is DestructionState.DESTROYED else f"destruction.{state.value}"
        self._tell(kind, by, ended)
        return ended

    def _tell(self, kind: str, actor: str, about: Destruction) -> None:
        people: JsonObject = {"asked_by": about.asked_by, "confirmed_by": about.confirmed_by}
        detail: JsonObject = {**people, "requested": bool(about.request)}
        vouched = self.records.vouched(about.number)
        self.ledger.append(Event(kind, actor, f"destruction:{about.number}", detail, vouched))
