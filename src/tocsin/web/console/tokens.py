"""Tokens, by which programs get in: which there are, making one, which is shown once, and ending it."""

from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.responses import Response

from tocsin.access import names
from tocsin.access.errors import InvalidLifetimeError, InvalidRateError, UnknownTokenError
from tocsin.access.model import Right
from tocsin.access.store import Token
from tocsin.access.tokens import DEFAULT_LIFETIME, LONGEST, MOST_A_MINUTE, Scope
from tocsin.errors import Error
from tocsin.web.console.asking import Question, again, sure, text
from tocsin.web.console.management_words import RIGHTS, ROLES
from tocsin.web.console.pages import Pages
from tocsin.web.console.people import ACCESS, Secret, rights_values
from tocsin.web.console.visit import Visit, whole

pages = Pages()
_NAME: Final = 200


@pages.page("/tokens", needs=ACCESS)
def tokens_page(visit: Visit) -> Response:
    """All tokens, ended ones too."""
    tokens = visit.node.accounts.tokens.all(visit.person)
    return visit.page("tokens.html", tokens=tokens, now=datetime.now(UTC))


@pages.page("/tokens/new", needs=ACCESS)
def new_token_page(visit: Visit) -> Response:
    """The form for a new token."""
    given = {"name": "", "days": DEFAULT_LIFETIME.days, "rate": 0, "bank": ""}
    return visit.page("token_new.html", given=given, chosen=(), refused=None, **_words(visit))


@pages.action("/tokens/new", needs=ACCESS)
def create_token(visit: Visit) -> Response:
    """Make a token, which is shown once."""
    _ = visit.texts.gettext
    name = visit.field("name")
    try:
        secret = visit.node.accounts.tokens.create(visit.person, name, _scope(visit))
    except Error as error:
        chosen = (*visit.fields("roles"), *visit.fields("rights"))
        values = {
            "given": {one: visit.field(one) for one in ("name", "days", "rate", "bank")},
            "chosen": chosen,
            **_words(visit),
        }
        return again(visit, error, "token_new.html", **values)
    shown = Secret(
        title=_("The token %(name)s", name=name),
        words=_("It is shown this once and kept nowhere in a form that can be read."),
        value=secret,
        back=f"/tokens/one/{name}",
        next_step=_(
            "Put it where the program keeps its secrets, and not into a chat, a ticket or a repository."
        ),
    )
    return visit.page("shown_once.html", secret=shown)


@pages.page("/tokens/one/{token}", needs=ACCESS)
def token_page(visit: Visit) -> Response:
    """One token with its rights in banks."""
    token = _token(visit)
    principal = names.token(token.name)
    values = rights_values(visit, principal)
    now = datetime.now(UTC)
    return visit.page("token.html", token=token, principal=principal, roles=ROLES, now=now, **values)


@pages.action("/tokens/one/{token}/revoke", needs=ACCESS)
def revoke_token(visit: Visit) -> Response:
    """End a token at once; asked once more."""
    _ = visit.texts.gettext
    token = _token(visit)
    question = Question(
        title=_("Revoke the token %(name)s?", name=token.name),
        does=[_("The program that uses it is refused from its next request on, in every process.")],
        undo=_("A revoked token cannot be brought back, and its name is not given again: make another one."),
        button=_("Revoke it"),
        back=f"/tokens/one/{token.name}",
    )
    if (asked := sure(visit, question)) is not None:
        return asked
    visit.node.accounts.tokens.revoke(visit.person, token.name)
    return visit.go(f"/tokens/one/{token.name}", said="revoked")


def _token(visit: Visit) -> Token:
    """The token that the path names. Raises UnknownTokenError."""
    name = str(visit.request.path_params["token"])
    for one in visit.node.accounts.tokens.all(visit.person):
        if one.name == name:
            return one
    message = f"there is no token named {name!r}"
    raise UnknownTokenError(message)


def _scope(visit: Visit) -> Scope:
    """What the form says. Raises InvalidLifetimeError, InvalidRateError, InvalidTextError."""
    days, rate = whole(visit.field("days")), whole(visit.field("rate"))
    if days is None or not 0 < days <= LONGEST.days:
        message = f"a token lives 1 to {LONGEST.days} days"
        raise InvalidLifetimeError(message)
    if rate is None:
        message = f"a rate is 0 to {MOST_A_MINUTE} look-ups a minute"
        raise InvalidRateError(message)
    bank = text(visit, "bank", _NAME)
    rights = frozenset(right for right in Right if right.value in visit.fields("rights"))
    banks = {bank: rights} if bank else {}
    return Scope(frozenset(visit.fields("roles")), banks, rate, timedelta(days=days))


def _words(visit: Visit) -> dict[str, object]:
    return {
        "roles": ROLES,
        "right_words": RIGHTS,
        "bank_names": [bank.name for bank in visit.node.banks.banks()],
        "longest": LONGEST.days,
        "most": MOST_A_MINUTE,
    }
