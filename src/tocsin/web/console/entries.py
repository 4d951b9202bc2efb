"""One entry of a bank: what is known of it, what people say of it, withdrawing and reinstating it."""

from typing import TYPE_CHECKING

from starlette.responses import Response

from tocsin.access.model import Permission, Right
from tocsin.banks.batch import InvalidTextError
from tocsin.banks.opinions import Verdict
from tocsin.errors import Error
from tocsin.web.console.asking import PAGE, again, page_after, text
from tocsin.web.console.management_words import VERDICTS
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit

if TYPE_CHECKING:
    from tocsin.banks.model import Entry

pages = Pages()


@pages.page("/entries/{entry}", needs=Permission.READ_BANKS)
def entry_page(visit: Visit) -> Response:
    """An entry of a bank in which the visitor has the right `read`; of others, that there is none."""
    entry = visit.node.curation.readable(visit.person, visit.number("entry"))
    return visit.page("entry.html", **_values(visit, entry), refused=None)


@pages.action("/entries/{entry}/withdraw", needs=(Permission.READ_BANKS, Permission.CURATE))
def withdraw(visit: Visit) -> Response:
    """Withdraw an entry with a reason."""
    entry = visit.node.curation.readable(visit.person, visit.number("entry"))
    try:
        reason = text(visit, "reason")
        if not reason:
            message = "a withdrawal needs a reason: it is what whoever asks later will read"
            raise InvalidTextError(message)
        visit.node.curation.withdraw(visit.person, entry.id, reason)
    except Error as error:
        return again(visit, error, "entry.html", **_values(visit, entry))
    return visit.go(f"/entries/{entry.id}", said="withdrawn")


@pages.action("/entries/{entry}/reinstate", needs=(Permission.READ_BANKS, Permission.CURATE))
def reinstate(visit: Visit) -> Response:
    """Undo a withdrawal."""
    entry = visit.node.curation.reinstate(visit.person, visit.number("entry"))
    return visit.go(f"/entries/{entry.id}", said="reinstated")


@pages.action("/entries/{entry}/opinions", needs=(Permission.READ_BANKS, Permission.GIVE_OPINIONS))
def give_opinion(visit: Visit) -> Response:
    """Say what one thinks of an entry; nothing else changes by that."""
    entry = visit.node.curation.readable(visit.person, visit.number("entry"))
    try:
        if visit.field("verdict") not in set(Verdict):
            message = "an opinion confirms an entry or disputes it"
            raise InvalidTextError(message)
        verdict = Verdict(visit.field("verdict"))
        visit.node.curation.give_opinion(visit.person, entry.id, verdict, text(visit, "reason"))
    except Error as error:
        return again(visit, error, "entry.html", **_values(visit, entry))
    return visit.go(f"/entries/{entry.id}", said="opinion-given")


def _values(visit: Visit, entry: "Entry") -> dict[str, object]:
    after = page_after(visit)
    opinions = visit.node.curation.opinions.of(entry.id, after=after, limit=PAGE)
    return {
        "entry": entry,
        "opinions": opinions,
        "first": after == 0,
        "following": opinions[-1].id if len(opinions) == PAGE else "",
        "verdicts": VERDICTS,
        "curates": visit.person.may(Permission.CURATE) and visit.person.may_in(entry.bank, Right.CURATE),
    }
