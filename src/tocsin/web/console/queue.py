"""The queue: what waits, in its order, with the reasons for it."""

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.web.console.pages import SIGNED_IN, Pages
from tocsin.web.console.visit import Visit

pages = Pages()


@pages.page("/", needs=SIGNED_IN)
def first_page(visit: Visit) -> Response:
    """Lead to the first page that the person may see."""
    menu = visit.environment.globals["menu"](visit)
    return visit.go(menu[0].path if menu else "/sign-in", said=visit.asked("said"))


@pages.page("/queue", needs=Permission.READ_CASES)
def queue_page(visit: Visit) -> Response:
    """Cases that wait."""
    return visit.page("queue.html")
