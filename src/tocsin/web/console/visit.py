"""One request to the console: who asks, in what language, and how an answer is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tocsin.access.model import Permission, Principal
from tocsin.web.console.texts import Texts
from tocsin.web.console.texts import marked as _

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request

    from tocsin.intake.service import Arrived
    from tocsin.node.node import Node
    from tocsin.web.console.menu import Item, Menu

PREFIX: Final = "/console"
NOBODY: Final = Principal("anonymous")
THEMES: Final = frozenset({"system", "light", "dark"})
_DIGITS: Final = 15
"""So many fit in 64 bits."""


def whole(given: str) -> int | None:
    """A whole number as it was typed; None if it is none."""
    return int(given) if given.isascii() and given.isdigit() and len(given) <= _DIGITS else None


@dataclass(frozen=True, slots=True)
class Appearance:
    """How somebody wants pages to look."""

    language: str = "en"
    theme: str = "system"
    """`light`, `dark`, or as the system has it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that has been let in."""

    request: "Request"
    node: "Node"
    person: Principal
    """NOBODY on pages for everybody."""
    csrf: str
    """What forms have to send along; empty for NOBODY."""
    environment: "Environment"
    appearance: Appearance = field(default_factory=Appearance)
    form: FormData = field(default_factory=FormData)
    """Its texts."""
    upload: "Arrived | None" = None
    """The file that came with the form, where the page takes one. It is gone after the answer."""

    @property
    def texts(self) -> Texts:
        """The texts of the person's language."""
        return Texts.of(self.appearance.language)

    @property
    def menu(self) -> "list[Item]":
        """The pages that the person may see."""
        menu: Menu = self.request.app.state.menu
        return menu.items(self)

    def field(self, name: str, default: str = "") -> str:
        """A text of the form that was sent, without blanks around it; files are not texts."""
        value = self.form.get(name, default)
        return default if isinstance(value, UploadFile) else value.strip()

    def secret(self, name: str) -> str:
        """A password as it was typed, blanks and all."""
        value = self.form.get(name, "")
        return "" if isinstance(value, UploadFile) else value

    def fields(self, name: str) -> list[str]:
        """All texts of that name."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def asked(self, name: str, default: str = "") -> str:
        """A text of the query, without blanks around it."""
        return self.request.query_params.get(name, default).strip()

    def number(self, name: str) -> int:
        """A whole number in the path; 0, which nothing has, where it is none."""
        return whole(str(self.request.path_params[name])) or 0

    def may(self, permission: str) -> bool:
        """Whether the person has the permission of that name."""
        return self.person.may(Permission(permission))

    def page(self, template: str, status: int = 200, /, **values: object) -> Response:
        """A page; every template also knows `visit` and the functions of the texts."""
        texts = self.texts
        made = self.environment.get_template(template).render(
            visit=self,
            texts=texts,
            _=texts.gettext,
            gettext=texts.gettext,
            ngettext=texts.ngettext,
            said=SAID.get(self.asked("said")),
            **values,
        )
        return HTMLResponse(made, status)

    def go(self, path: str, said: str = "", **query: str) -> Response:
        """Lead to another page of the console after a change; `said` names one of SAID to be shown there."""
        words = urlencode({**query, **({"said": said} if said else {})})
        return RedirectResponse(f"{PREFIX}{path}{'?' if words else ''}{words}", 303)


SAID: Final[Mapping[str, str]] = {
    "saved": _("Saved."),
    "signed-out": _("You are signed out."),
    "password-changed": _("Your password is changed. Sign in with the new one."),
    "enrolled": _("Your second factor is set. Sign in with its next code."),
    "claimed": _("The case is yours."),
    "released": _("The case waits again."),
    "skipped": _(
        "Skipped. For 12 hours you are given it only if nothing else waits for you. No figure is made of it."
    ),
    "handed-over": _("The case is handed over."),
    "moved": _("The case is moved."),
    "second-asked": _("The case waits for a second reviewer."),
    "second-taken-back": _("Taken back. The case waits for no second reviewer any more."),
    "decided": _("Decided. The page says until when you can undo it."),
    "proposed": _("Proposed. It counts once a second reviewer confirms it."),
    "confirmed": _("Confirmed: the decision counts now."),
    "disagreed": _("Recorded: you disagree. A third person will look at the case."),
    "undone": _("Undone. The case is yours again."),
    "reopened": _("The case is open again."),
    "none": _("No case waits for you."),
    "taken-back": _("Taken back: the case waits again."),
    "removed": _("Removed."),
    "withdrawn": _("Withdrawn: it is kept and matches nothing. It can be reinstated."),
    "reinstated": _("Reinstated: it matches again."),
    "opinion-given": _("Your opinion is recorded."),
    "session-ended": _("The session has ended."),
    "sessions-ended": _("All their sessions have ended."),
    "shut-out": _("They are shut out, and all their sessions have ended."),
    "let-in": _("They may sign in again."),
    "factor-reset": _("Their second factor is gone; they set up another one at their next sign-in."),
    "revoked": _("The token is revoked."),
    "retried": _("The job waits again."),
    "sending": _("It is being sent."),
    "drafted": _("Drafted. Nothing is sent before it is checked and confirmed."),
    "drafted-anew": _("Drafted anew from what is on record."),
    "checked": _("It keeps every rule that is known here. Read it, and confirm it."),
    "half-confirmed": _("You have confirmed it. It waits for a second person."),
    "to-be-sent": _("It is to be sent, by itself. This page shows how far it is."),
    "discarded": _("The draft is discarded."),
    "given-up": _("It is given up. What is open of it at the authority is retracted."),
    "connected": _("The account is kept, sealed."),
    "reached": _("The authority answers, and knows the account."),
    "schema-fetched": _("The authority's schema is fetched and kept."),
    "switch-asked": _("Asked for. Somebody else has to confirm it."),
    "switched": _("Switched to production: what is confirmed from now on is real."),
    "notice-drafted": _("Drafted. Nothing is sent before you say so."),
    "entry-prepared": _("Begun. Nothing leaves by itself: a person hands the form in."),
    "destruction-asked": _("Asked for. Somebody else has to confirm it."),
    "destruction-confirmed": _("Confirmed: it is destroyed as soon as the node gets to it."),
    "switched-back": _("Switched back: what is drafted from now on is a test."),
}
"""What a page may say after a change. A link can choose among these and cannot bring words of its own."""
