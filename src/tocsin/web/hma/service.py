"""What the operations of this interface share."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

from tocsin.access.limits import Limiter
from tocsin.banks.curation import Curation
from tocsin.storage.hma import HmaNotes
from tocsin.web.hma.callers import Callers
from tocsin.web.hma.errors import HmaRequestError
from tocsin.web.hma.lane import Lane
from tocsin.web.hma.notes import Notes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import Request

    from tocsin.access.anonymous import Network
    from tocsin.access.model import Principal
    from tocsin.node.node import Node


@dataclass(frozen=True, slots=True)
class Hma:
    """One node as HMA's clients see it."""

    node: "Node"
    notes: Notes
    callers: Callers
    curation: Curation
    upload: int
    """Bytes of an uploaded content."""
    limiter: Limiter
    """Of look-ups; shared with our own interface."""
    lane: Lane = field(default_factory=Lane)
    _examining: list[CapacityLimiter] = field(default_factory=list)

    @classmethod
    def over(cls, node: "Node", anonymous_from: "Iterable[Network]", upload: int, limiter: Limiter) -> "Hma":
        """Serve `node`."""
        notes = Notes(HmaNotes(node.database))
        return cls(node, notes, Callers(node, notes, anonymous_from), node.curation, upload, limiter)

    def examining(self) -> CapacityLimiter:
        """As many as there are sandbox children; the others wait without holding a thread."""
        if not self._examining:  # it belongs to the event loop, which there is only now
            self._examining.append(CapacityLimiter(self.node.examiner.workers))
        return self._examining[0]

    def demand_allowance(self, caller: "Principal") -> None:
        """Count one of a caller's look-ups, before anything is fetched or examined for it.

        Raises TooManyRequestsError.
        """
        if caller.rate:
            allowance = self.limiter.allow(f"look-ups {caller.id}", caller.rate, caller.rate)
            if not allowance.allowed:
                self.node.intake.lookups.refused(caller.id)
            allowance.demand()

    def demand_enabled(self, name: str) -> None:
        """Raise HmaRequestError if the signal type was switched off."""
        if self.notes.type_ratio(name) <= 0:
            message = f"signal type '{name}' is not enabled"
            raise HmaRequestError(message)


def hma_of(request: "Request") -> Hma:
    """The interface behind a request."""
    hma: Hma = request.app.state.hma
    return hma
