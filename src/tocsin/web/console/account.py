"""One's own account: password, second factor, language and theme."""

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from tocsin.access.errors import EnrolmentError, SignInRefusedError, WeakPasswordError
from tocsin.web.callers import session_of
from tocsin.web.console.cookies import remember_appearance
from tocsin.web.console.pages import SIGNED_IN, Pages
from tocsin.web.console.signing_in import signed_out
from tocsin.web.console.visit import Appearance, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from tocsin.access.self_service import SelfService
    from tocsin.access.store import Person

pages = Pages()
_GROUP: Final = 4
"""Letters of a secret that are read and typed together."""


@pages.page("/account", needs=SIGNED_IN)
def account_page(visit: Visit) -> "Response":
    """What there is to know of one's account, and the forms to change it."""
    return _account(visit)


@pages.action("/account/password", needs=SIGNED_IN)
def change_password(visit: Visit) -> "Response":
    """Replace one's password; all one's sessions end."""
    new = visit.secret("new")
    if new != visit.secret("again"):
        return _account(visit, 422, again="differs")
    try:
        _self_service(visit).change_password(_session(visit), visit.secret("old"), new)
    except SignInRefusedError:
        return _account(visit, 422, old="wrong")
    except WeakPasswordError as error:
        return _account(visit, 422, new=error.message, advice=error.advice)
    return signed_out(visit, said="password-changed")


@pages.action("/account/appearance", needs=SIGNED_IN)
def set_appearance(visit: Visit) -> "Response":
    """Choose language and theme of this browser."""
    response = visit.go("/account", said="saved")
    remember_appearance(visit.request, response, Appearance(visit.field("language"), visit.field("theme")))
    return response


@pages.page("/second-factor", needs=SIGNED_IN)
def second_factor_page(visit: Visit) -> "Response":
    """Why a second factor, and how it is set."""
    return visit.page("second_factor.html", owner=_owner(visit), enrolment=None, secret="", refused=False)


@pages.action("/second-factor", needs=SIGNED_IN)
def begin_enrolment(visit: Visit) -> "Response":
    """Show a new second factor and recovery codes, once."""
    enrolment = _self_service(visit).begin_enrolment(_session(visit))
    secret = parse_qs(urlsplit(enrolment.uri).query)["secret"][0]
    groups = " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))
    return visit.page(
        "second_factor.html", owner=_owner(visit), enrolment=enrolment, secret=groups, refused=False
    )


@pages.action("/second-factor/confirm", needs=SIGNED_IN)
def confirm_enrolment(visit: Visit) -> "Response":
    """Take the new second factor into use; all one's sessions end."""
    try:
        _self_service(visit).confirm_enrolment(_session(visit), visit.field("code"))
    except EnrolmentError:
        return visit.page(
            "second_factor.html", 422, owner=_owner(visit), enrolment=None, secret="", refused=True
        )
    return signed_out(visit, said="enrolled")


def _account(visit: Visit, status: int = 200, /, **wrong: str) -> "Response":
    errors: Mapping[str, str] = wrong
    return visit.page("account.html", status, owner=_owner(visit), wrong=errors)


def _owner(visit: Visit) -> "Person":
    return visit.node.accounts.sessions.person_of(_session(visit))


def _session(visit: Visit) -> str:
    return session_of(visit.request) or ""


def _self_service(visit: Visit) -> "SelfService":
    return visit.node.accounts.self_service
