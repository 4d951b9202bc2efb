"""Looking at the metadata of an original: texts of strangers, on record and booked as any look is.

A report says that metadata was viewed only where somebody has said here that they have read it.
"""

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.errors import Error
from tocsin.web.console.case import show, where
from tocsin.web.console.case_actions import acting, claim_of
from tocsin.web.console.case_observing import sha256_of
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import PREFIX, Visit, whole

pages = Pages()
NEEDS = (Permission.REVIEW, Permission.REVEAL)
_READ = 1
"""Seconds that reading takes at least; as long as has passed counts."""


@pages.action("/cases/{number}/contents/{sha256}/metadata", needs=NEEDS, waits=True)
def metadata(visit: Visit) -> Response:
    """A look at the metadata of a content, or of a member of an archive."""
    number, viewing = visit.number("number"), visit.node.review.viewing
    try:
        sha256, claim = sha256_of(visit), claim_of(visit)
        look = viewing.metadata(
            visit.person,
            number,
            claim,
            sha256,
            viewing.allowance(visit.person).limits.reveal_seconds,
            f"{PREFIX}/cases/{number}",
            member=whole(visit.field("member")) or 0,
        )
    except Error as error:
        return show(visit, number, error)
    return visit.page(
        "metadata.html",
        inspected=look,
        number=number,
        claim=claim,
        sha256=sha256.hex(),
        where=where(visit),
    )


@pages.action("/cases/{number}/metadata-read", needs=NEEDS)
def metadata_read(visit: Visit) -> Response:
    """Say that the metadata that was shown has been read."""
    look = whole(visit.field("look")) or 0
    viewing = visit.node.review.viewing
    return acting(visit, lambda _number: viewing.ended(visit.person, look, _READ), "saved")
