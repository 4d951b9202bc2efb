"""Rights in banks: who has which, giving them and taking them back."""

from starlette.responses import Response

from tocsin.access import names
from tocsin.access.errors import InvalidBankError
from tocsin.access.model import EVERY_BANK, Right
from tocsin.banks.store import UnknownBankError
from tocsin.errors import Error
from tocsin.web.console.asking import Question, again, exact, sure
from tocsin.web.console.management_words import RIGHTS
from tocsin.web.console.pages import Pages
from tocsin.web.console.people import ACCESS
from tocsin.web.console.visit import Visit

pages = Pages()


@pages.page("/people/rights", needs=ACCESS)
def rights_page(visit: Visit) -> Response:
    """Everybody's rights in banks."""
    return visit.page("rights.html", **_values(visit), refused=None)


@pages.action("/people/rights", needs=ACCESS)
def grant(visit: Visit) -> Response:
    """Say which rights somebody has in a bank, in place of those they had there."""
    principal = visit.field("principal")
    rights = [right for right in Right if right.value in visit.fields("rights")]
    try:
        bank = exact(visit, "bank")
        if (asked := _of_no_bank(visit, bank)) is not None:
            return asked
        visit.node.accounts.grants.grant(visit.person, principal, bank, rights)
    except Error as error:
        return again(visit, error, "rights.html", **_values(visit))
    return visit.go(_back(principal), said="saved")


@pages.action("/people/rights/revoke", needs=ACCESS)
def revoke(visit: Visit) -> Response:
    """Take back what was said of a bank, so that what was said of every bank counts there."""
    principal = visit.field("principal")
    visit.node.accounts.grants.revoke(visit.person, principal, exact(visit, "bank"))
    return visit.go(_back(principal), said="saved")


def _of_no_bank(visit: Visit, bank: str) -> Response | None:
    """Ask once more where there is no such bank: the right would wait for one of that name."""
    if not bank:
        message = "name a bank, or * for the banks that are not named"
        raise InvalidBankError(message)
    if bank == EVERY_BANK:
        return None
    try:
        visit.node.banks.bank(bank)
    except UnknownBankError:
        _ = visit.texts.gettext
        return sure(
            visit,
            Question(
                title=_("Give a right in a bank that is not there?"),
                does=[_("No bank has exactly this name. The right counts once a bank is made that has it.")],
                undo=_("It can be taken back at any time."),
                button=_("Give it all the same"),
                back="/people/rights",
            ),
        )
    return None


def _back(principal: str) -> str:
    """The page of whoever's rights these are."""
    kind, _, name = principal.partition(":")
    return {"person": f"/people/one/{name}", "token": f"/tokens/one/{name}"}.get(kind, "/people/rights")


def _values(visit: Visit) -> dict[str, object]:
    accounts = visit.node.accounts
    found = accounts.grants.all(visit.person)
    people = [names.person(one.name) for one in accounts.people.all(visit.person)]
    tokens = [f"token:{one.name}" for one in accounts.tokens.all(visit.person) if one.revoked is None]
    return {
        "grants": [
            (principal, bank, [right.value for right in Right if right in some])
            for principal, banks in sorted(found.items())
            for bank, some in sorted(banks.items())
        ],
        "principals": [*people, *tokens],
        "bank_names": [bank.name for bank in visit.node.banks.banks()],
        "right_words": RIGHTS,
    }
