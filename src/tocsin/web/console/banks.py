"""Banks: which there are, one of them with its policy and figures, making, changing and removing them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission, Right
from tocsin.banks.model import (
    DEFAULT_QUALITY_FLOOR,
    DEFAULT_RADIUS,
    MAX_RADIUS,
    Bank,
    BankKind,
    Policy,
)
from tocsin.banks.store import InvalidPolicyError
from tocsin.errors import Error
from tocsin.web.bank_rights import known_bank, may_know
from tocsin.web.console.asking import PAGE, Question, again, exact, mark, named, page_after, sure, text
from tocsin.web.console.bank_figures import figures_of
from tocsin.web.console.management_words import BANK_KINDS, RIGHTS
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole

if TYPE_CHECKING:
    from tocsin.banks.store import BankCounts

pages = Pages()
_NAME: Final = 200
_FIELDS: Final = ("name", "kind", "radius", "quality_floor", "purpose", "onward_sharing")


@dataclass(frozen=True, slots=True)
class BankRow:
    """A bank as its line in the list shows it."""

    bank: Bank
    rights: list[str]
    """Those of the visitor in it."""
    counts: "BankCounts | None"
    """For those with the right `read` in it: how large a list is tells about it."""


@pages.page("/banks", needs=Permission.READ_BANKS)
def banks_page(visit: Visit) -> Response:
    """The banks in which the visitor has a right; all of them for who may manage banks."""
    shown = [_row(visit, bank) for bank in visit.node.banks.banks() if may_know(visit.person, bank.name)]
    return visit.page("banks.html", rows=shown, kinds=BANK_KINDS, right_words=RIGHTS)


@pages.page("/banks/new", needs=(Permission.READ_BANKS, Permission.MANAGE_BANKS))
def new_bank_page(visit: Visit) -> Response:
    """The form for a new bank."""
    given = dict.fromkeys(_FIELDS, "") | {
        "kind": BankKind.MATCH.value,
        "radius": str(DEFAULT_RADIUS),
        "quality_floor": str(DEFAULT_QUALITY_FLOOR),
    }
    return visit.page("bank_new.html", given=given, kinds=BANK_KINDS, most=MAX_RADIUS, refused=None)


@pages.action("/banks/new", needs=(Permission.READ_BANKS, Permission.MANAGE_BANKS))
def create_bank(visit: Visit) -> Response:
    """Make a bank."""
    try:
        bank = visit.node.curation.create_bank(visit.person, text(visit, "name", _NAME), _policy(visit))
    except Error as error:
        given = {name: visit.field(name) for name in _FIELDS}
        return again(visit, error, "bank_new.html", given=given, kinds=BANK_KINDS, most=MAX_RADIUS)
    return visit.go("/banks/one", said="saved", name=bank.name)


@pages.page("/banks/one", needs=Permission.READ_BANKS)
def bank_page(visit: Visit) -> Response:
    """One bank: its policy, and what reviewers' decisions say of its matches."""
    return _bank(visit, known_bank(visit.node, visit.person, exact(visit, "name")))


@pages.action("/banks/policy", needs=(Permission.READ_BANKS, Permission.MANAGE_BANKS))
def set_policy(visit: Visit) -> Response:
    """Replace a bank's policy, unless somebody else did since the form was shown."""
    node, name = visit.node, exact(visit, "name")
    try:
        policy = _policy(visit)
        with node.database.writing():
            bank = known_bank(node, visit.person, name)
            if mark(bank.policy) != visit.field("before"):
                return _bank(visit, bank, 409, overtaken=True)
            node.curation.set_policy(visit.person, name, policy)
    except Error as error:
        bank = known_bank(node, visit.person, name)
        return again(visit, error, "bank.html", **_values(visit, bank), overtaken=False)
    return visit.go("/banks/one", said="saved", name=name)


@pages.action("/banks/remove", needs=(Permission.READ_BANKS, Permission.MANAGE_BANKS))
def remove_bank(visit: Visit) -> Response:
    """Delete a bank for good, once its name has been typed."""
    _ = visit.texts.gettext
    bank = known_bank(visit.node, visit.person, exact(visit, "name"))
    counts = visit.node.banks.counts(bank.name)
    question = Question(
        title=_("Remove this bank for good?"),
        does=[
            visit.texts.ngettext(
                "%(num)s entry goes, with its labels and opinions.",
                "%(num)s entries go, with their labels and opinions.",
                counts.entries,
            )
            if visit.person.may_in(bank.name, Right.READ)
            else _("All its entries go, with their labels and opinions."),
            _("Nothing matches against it from then on. What matched before stays on record."),
            _("The ledger keeps who removed it, and when."),
        ],
        undo=_("This cannot be undone. To stop entries from matching and keep them, withdraw them instead."),
        button=_("Remove the bank"),
        back="/banks",
        typed=bank.name,
    )
    if (asked := sure(visit, question)) is not None:
        return asked
    visit.node.curation.remove_bank(visit.person, bank.name)
    return visit.go("/banks", said="removed")


@pages.page("/banks/entries", needs=Permission.READ_BANKS)
def entries_page(visit: Visit) -> Response:
    """A bank's entries, withdrawn ones too, in the order added; needs the right `read` in it."""
    bank = known_bank(visit.node, visit.person, exact(visit, "name"))
    visit.person.demand_in(bank.name, Right.READ)
    after = page_after(visit)
    entries = visit.node.banks.page(bank.name, after=after, limit=PAGE)
    return visit.page(
        "bank_entries.html",
        bank=bank,
        counts=visit.node.banks.counts(bank.name),
        entries=entries,
        first=after == 0,
        following=entries[-1].id if len(entries) == PAGE else "",
    )


def _bank(visit: Visit, bank: Bank, status: int = 200, *, overtaken: bool = False) -> Response:
    return visit.page("bank.html", status, **_values(visit, bank), overtaken=overtaken, refused=None)


def _values(visit: Visit, bank: Bank) -> dict[str, object]:
    return {
        "row": _row(visit, bank),
        "kinds": BANK_KINDS,
        "right_words": RIGHTS,
        "most": MAX_RADIUS,
        "before": mark(bank.policy),
        "figures": figures_of(visit, bank),
    }


def _row(visit: Visit, bank: Bank) -> BankRow:
    rights = [right for right in Right if visit.person.may_in(bank.name, right)]
    counts = visit.node.banks.counts(bank.name) if Right.READ in rights else None
    return BankRow(bank, named(rights), counts)


def _policy(visit: Visit) -> Policy:
    """The policy that a form says. Raises InvalidPolicyError, InvalidTextError."""
    radius, floor = whole(visit.field("radius")), whole(visit.field("quality_floor"))
    if radius is None or floor is None or visit.field("kind") not in set(BankKind):
        message = "a radius and a quality floor are whole numbers, and a bank is for matching or for allowing"
        raise InvalidPolicyError(message)
    return Policy(
        BankKind(visit.field("kind")), radius, floor, text(visit, "purpose"), text(visit, "onward_sharing")
    )
