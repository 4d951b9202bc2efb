"""The queue: what waits, in its order, with the reasons for it."""

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.web.callers import session_of
from tocsin.web.console.pages import SIGNED_IN, Pages
from tocsin.web.console.visit import Visit

pages = Pages()


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
    """Cases that wait."""
    return visit.page("queue.html")
