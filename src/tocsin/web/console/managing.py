"""Queues for who manages review: what waits where, and cases that are held or lie in a wrong queue.

Nothing here says how much or how fast anybody works: no count, time or rate of a person is made.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.cases.model import Stage, State
from tocsin.cases.store_cases import WantedCases
from tocsin.errors import Error
from tocsin.web.console.asking import PAGE, again, page_after, person_named, text
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.cases.store_cases import QueueCount

pages = Pages()
MANAGE: Final = (Permission.READ_CASES, Permission.MANAGE_CASES)
_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class QueueRow:
    """How many cases of a queue wait and are held."""

    queue: str
    first: int
    """Wait for a first review."""
    second: int
    """Wait for a second one."""
    held: int


@pages.page("/managing", needs=MANAGE)
def managing_page(visit: Visit) -> Response:
    """Counts by queue and stage, and the cases that are held now."""
    return visit.page("managing.html", **_values(visit), refused=None)


@pages.action("/managing/take-back", needs=MANAGE)
def take_back(visit: Visit) -> Response:
    """Have a case wait again that somebody holds."""
    queue, number = visit.node.review.queue, _number(visit)
    try:
        with visit.node.database.writing():
            queue.move(visit.person, number, None, queue.case(visit.person, number).queue)
    except Error as error:
        return again(visit, error, "managing.html", **_values(visit))
    return visit.go("/managing", said="taken-back")


@pages.action("/managing/move", needs=MANAGE)
def move(visit: Visit) -> Response:
    """Put a case into another queue."""
    try:
        visit.node.review.queue.move(visit.person, _number(visit), None, text(visit, "queue", _NAME))
    except Error as error:
        return again(visit, error, "managing.html", **_values(visit))
    return visit.go("/managing", said="moved")


@pages.action("/managing/hand-over", needs=MANAGE)
def hand_over(visit: Visit) -> Response:
    """Have a case wait for somebody."""
    to = person_named(text(visit, "to", _NAME))
    try:
        visit.node.review.queue.hand_over(visit.person, _number(visit), None, to, text(visit, "note"))
    except Error as error:
        return again(visit, error, "managing.html", **_values(visit))
    return visit.go("/managing", said="handed-over")


@pages.page("/figures", needs=Permission.READ_WELLBEING)
def figures_page(visit: Visit) -> Response:
    """What groups of reviewers have seen, week by week; never one person."""
    return visit.page("figures.html", weeks=visit.node.review.viewing.group_figures(visit.person))


def _values(visit: Visit) -> dict[str, object]:
    queue, after = visit.node.review.queue, page_after(visit)
    held = queue.page(
        visit.person, WantedCases(queue=None, state=State.CLAIMED), after=after or None, limit=PAGE
    )
    return {
        "queues": by_queue(queue.counts(visit.person)),
        "held": held,
        "first": after == 0,
        "following": held[-1].number if len(held) == PAGE else "",
        "now": datetime.now(UTC),
    }


def by_queue(counts: "Sequence[QueueCount]") -> list[QueueRow]:
    """One row for each queue, by name."""
    return [
        QueueRow(
            name,
            _sum(counts, name, State.WAITING, Stage.FIRST),
            _sum(counts, name, State.WAITING, Stage.SECOND),
            _sum(counts, name, State.CLAIMED, *Stage),
        )
        for name in sorted({one.queue for one in counts})
    ]


def _sum(counts: "Sequence[QueueCount]", queue: str, state: State, *stages: Stage) -> int:
    return sum(
        one.cases for one in counts if one.queue == queue and one.state is state and one.stage in stages
    )


def _number(visit: Visit) -> int:
    """The number of a case that a form names; 0, which none has, where it is none."""
    return whole(visit.field("case")) or 0
