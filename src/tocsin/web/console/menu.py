"""The menu: pages of the console that a person may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.web.console.pages import SIGNED_IN, Needs, Pages
from tocsin.web.console.texts import marked as _
from tocsin.web.console.visit import PREFIX, Visit

if TYPE_CHECKING:
    from tocsin.access.model import Principal


ENTRIES: Final = (
    ("/queue", _("Queue"), "g q"),
    ("/search", _("Search"), "g s"),
    ("/filings", _("Filings"), "g r"),
    ("/managing", _("Managing"), "g n"),
    ("/banks", _("Banks"), "g k"),
    ("/people", _("People"), "g p"),
    ("/tokens", _("Tokens"), "g t"),
    ("/figures", _("Figures of groups"), "g f"),
    ("/ledger", _("Ledger"), "g l"),
    ("/system", _("System"), "g y"),
    ("/limits", _("My limits"), "g m"),
    ("/account", _("My account"), "g a"),
)
"""Path, name, keys. One that no module has is left out."""
BESIDE: Final = {
    "/filings": ("/authorities", "/holds", "/destructions", "/notices", "/providers", "/register")
}
"""Pages that a page of the menu leads to and that do not stand below it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the menu."""

    path: str
    name: str
    key: str
    here: bool


class Menu:
    """The menu of modules' pages."""

    def __init__(self, modules: Sequence[Pages]) -> None:
        """Of these modules."""
        self._needs = {
            page.path: page.needs for pages in modules for page in pages.all if page.method == "GET"
        }

    def items(self, visit: Visit) -> list[Item]:
        """What the visitor may see of it."""
        here = visit.request.url.path.removeprefix(PREFIX)
        return [
            Item(path, name, key, here=any(_below(here, one) for one in (path, *BESIDE.get(path, ()))))
            for path, name, key in ENTRIES
            if path in self._needs and _open_to(visit.person, self._needs[path])
        ]


def _below(here: str, path: str) -> bool:
    return here == path or here.startswith(f"{path}/")


def _open_to(person: "Principal", needs: Needs) -> bool:
    if isinstance(needs, str):
        return needs == SIGNED_IN
    return all(person.may(one) for one in needs)
