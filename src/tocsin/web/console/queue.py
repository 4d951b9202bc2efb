"""The queue: what waits, in its order, with the reasons for it."""

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit

pages = Pages()


@pages.page("/", needs=Permission.READ_CASES)
def queue_page(visit: Visit) -> Response:
    """Cases that wait."""
    return visit.page("queue.html")
