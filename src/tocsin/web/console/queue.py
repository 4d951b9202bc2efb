"""The queue: what waits, in its order, with the reasons for it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.cases.errors import UnknownCaseError
from tocsin.cases.model import MAIN, Stage, State
from tocsin.cases.store_cases import WantedCases
from tocsin.web.callers import session_of
from tocsin.web.console.pages import SIGNED_IN, Pages
from tocsin.web.console.queue_words import line
from tocsin.web.console.visit import Visit, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.cases.store_cases import QueueCount

pages = Pages()
SHOWN: Final = 25
"""Cases on a page."""
MINE: Final = "mine"
"""Cases that were handed to the reader."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases somebody wants to see; what a query says, made sure of."""

    queue: str
    what: str
    """`first`, `second`, `mine`, `claimed` or `decided`."""

    @classmethod
    def of(cls, visit: Visit) -> "Filter":
        """As the query says it."""
        what = visit.asked("what", "first")
        known = {"first", "second", MINE, "claimed", "decided"}
        return cls(visit.asked("queue", MAIN)[:63], what if what in known else "first")

    @property
    def query(self) -> dict[str, str]:
        """As a query says it."""
        return {"queue": self.queue, "what": self.what}

    def wanted(self, person: str) -> WantedCases:
        """As the queue is asked."""
        if self.what == MINE:
            return WantedCases(None, reserved_for=person)  # from whatever queue
        if self.what in {"first", "second"}:
            return WantedCases(self.queue, stage=Stage(self.what))
        return WantedCases(self.queue, State(self.what))


@pages.page("/", needs=SIGNED_IN)
def first_page(visit: Visit) -> Response:
    """Lead to the first page that the person may see; there is always that on their account."""
    said = visit.asked("said")
    owner = visit.node.accounts.sessions.person_of(session_of(visit.request) or "")
    if owner.must_enrol and not owner.enrolled:
        return visit.go("/second-factor", said)
    return visit.go(visit.menu[0].path, said)


@pages.page("/queue", needs=Permission.READ_CASES)
def queue_page(visit: Visit) -> Response:
    """Cases that wait, or that somebody has, or that are decided."""
    queue, person, chosen = visit.node.review.queue, visit.person, Filter.of(visit)
    start = whole(visit.asked("after"))
    try:
        found = queue.page(person, chosen.wanted(person.id), start, SHOWN + 1)
    except UnknownCaseError:
        return visit.go("/queue", **chosen.query)
    now = datetime.now(UTC)
    opted_out = visit.node.review.viewing.preferences(person).opt_outs
    counts = queue.counts(person)
    return visit.page(
        "queue.html",
        now=now,
        chosen=chosen,
        held=[line(case, visit.texts, now) for case in queue.held(person)],
        lines=[line(case, visit.texts, now, opted_out) for case in found[:SHOWN]],
        after=str(found[SHOWN - 1].number) if len(found) > SHOWN else "",
        first=start is None,
        queues=_queues(counts, chosen.queue),
        numbers=_numbers(counts, chosen.queue),
    )


def _queues(counts: "Sequence[QueueCount]", chosen: str) -> list[str]:
    others = {one.queue for one in counts} | {chosen}
    return [MAIN, *sorted(others - {MAIN})]


def _numbers(counts: "Sequence[QueueCount]", queue: str) -> dict[str, int]:
    """How many cases there are in what may be chosen, as far as they are counted."""
    numbers = {"first": 0, "second": 0, "claimed": 0}
    for one in counts:
        if one.queue == queue:
            numbers["claimed" if one.state is State.CLAIMED else one.stage.value] += one.cases
    return numbers
