"""People: who there is, making them, their roles, passwords, second factors and sessions."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access import names
from tocsin.access.model import ROLES as ROLE_PERMISSIONS
from tocsin.access.model import Permission, Right, permissions_of
from tocsin.errors import Error
from tocsin.web.console import people_questions as questions
from tocsin.web.console.asking import again, mark, sure
from tocsin.web.console.management_words import RIGHTS, ROLES
from tocsin.web.console.pages import Pages
from tocsin.web.console.people_questions import is_own
from tocsin.web.console.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tocsin.access.store import Person

pages = Pages()
ACCESS: Final = Permission.MANAGE_ACCESS
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without characters that are read for one another."""
_GROUPS, _GROUP = 5, 4


@dataclass(frozen=True, slots=True)
class Secret:
    """What is shown once."""

    title: str
    words: str
    """What it is, and what to do with it."""
    value: str
    back: str
    next_step: str


@pages.page("/people", needs=ACCESS)
def people_page(visit: Visit) -> Response:
    """Everybody who signs in."""
    return visit.page("people.html", people=visit.node.accounts.people.all(visit.person))


@pages.page("/people/new", needs=ACCESS)
def new_person_page(visit: Visit) -> Response:
    """The form for a new person."""
    return visit.page("person_new.html", name="", chosen=(), roles=ROLES, refused=None)


@pages.action("/people/new", needs=ACCESS)
def create_person(visit: Visit) -> Response:
    """Make a person with a first password, which is shown once."""
    name, roles, password = visit.field("name"), visit.fields("roles"), first_password()
    try:
        visit.node.accounts.people.create(visit.person, name, password, roles)
    except Error as error:
        return again(visit, error, "person_new.html", name=name, chosen=roles, roles=ROLES)
    return _first_password(visit, name, password)


@pages.page("/people/sessions", needs=ACCESS)
def sessions_page(visit: Visit) -> Response:
    """Who is signed in."""
    return visit.page("sessions.html", sessions=visit.node.accounts.sessions.all(visit.person))


@pages.action("/people/sessions/{session}/end", needs=ACCESS)
def end_session(visit: Visit) -> Response:
    """End somebody's session at once."""
    visit.node.accounts.sessions.revoke(visit.person, visit.number("session"))
    return visit.go("/people/sessions", said="session-ended")


@pages.page("/people/one/{person}", needs=ACCESS)
def person_page(visit: Visit) -> Response:
    """One person."""
    return visit.page("person.html", **_values(visit, _person(visit)), overtaken=False)


@pages.action("/people/one/{person}/roles", needs=ACCESS)
def set_roles(visit: Visit) -> Response:
    """Replace a person's roles, unless somebody else did since the form was shown."""
    people, roles = visit.node.accounts.people, visit.fields("roles")
    with visit.node.database.writing():
        person = _person(visit)
        if mark(sorted(person.roles)) != visit.field("before"):
            return visit.page("person.html", 409, **_values(visit, person), overtaken=True)
        if (
            _locks_out(person, roles)
            and (asked := sure(visit, questions.giving_up(visit, person))) is not None
        ):
            return asked
        people.set_roles(visit.person, person.name, roles)
    back = f"/people/one/{person.name}" if _keeps_access(visit, person, roles) else "/account"
    return visit.go(back, said="saved")


@pages.action("/people/one/{person}/shut-out", needs=ACCESS)
def shut_out(visit: Visit) -> Response:
    """Shut a person out, and end their sessions; asked once more."""
    person = _person(visit)
    if (asked := sure(visit, questions.shutting_out(visit, person))) is not None:
        return asked
    visit.node.accounts.people.disable(visit.person, person.name)
    return _sessions_gone(visit, person, "shut-out")


@pages.action("/people/one/{person}/let-in", needs=ACCESS)
def let_in(visit: Visit) -> Response:
    """Let a person sign in again, at once."""
    person = _person(visit)
    visit.node.accounts.people.enable(visit.person, person.name)
    return visit.go(f"/people/one/{person.name}", said="let-in")


@pages.action("/people/one/{person}/password", needs=ACCESS)
def new_password(visit: Visit) -> Response:
    """Give a person another first password, shown once; asked once more."""
    person = _person(visit)
    if (asked := sure(visit, questions.replacing_password(visit, person))) is not None:
        return asked
    password = first_password()
    visit.node.accounts.people.set_password(visit.person, person.name, password)
    return _first_password(visit, person.name, password)


@pages.action("/people/one/{person}/second-factor", needs=ACCESS)
def reset_second_factor(visit: Visit) -> Response:
    """Take a person's second factor away, so that they enrol at their next sign-in; asked once more."""
    person = _person(visit)
    if (asked := sure(visit, questions.resetting(visit, person))) is not None:
        return asked
    visit.node.accounts.people.reset_second_factor(visit.person, person.name)
    return _sessions_gone(visit, person, "factor-reset")


@pages.action("/people/one/{person}/end-sessions", needs=ACCESS)
def end_sessions(visit: Visit) -> Response:
    """End all sessions of a person."""
    person = _person(visit)
    visit.node.accounts.sessions.revoke_all(visit.person, person.name)
    return _sessions_gone(visit, person, "sessions-ended")


def first_password() -> str:
    """A random password that can be read aloud: 99 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _sessions_gone(visit: Visit, person: "Person", said: str) -> Response:
    """After all sessions of a person have ended: whose own they were has to sign in again."""
    if is_own(visit, person):
        return visit.go("/sign-in", said="signed-out")
    return visit.go(f"/people/one/{person.name}", said=said)


def _first_password(visit: Visit, name: str, password: str) -> Response:
    _ = visit.texts.gettext
    secret = Secret(
        title=_("The password of %(name)s", name=name),
        words=_(
            "It is shown this once and kept nowhere in a form that can be read. "
            "Pass it on by another way than the name."
        ),
        value=password,
        back=f"/people/one/{name}",
        next_step=_(
            "At their first sign-in they set up a second factor. "
            "They should then replace this password, on the page of their account."
        ),
    )
    return visit.page("shown_once.html", secret=secret)


def _person(visit: Visit) -> "Person":
    """The person that the path names. Raises UnknownPersonError."""
    return visit.node.accounts.people.person(visit.person, str(visit.request.path_params["person"]))


def _keeps_access(visit: Visit, person: "Person", roles: "Iterable[str]") -> bool:
    """Whether the visitor may still see this page once the person has these roles."""
    return not is_own(visit, person) or ACCESS in permissions_of(roles)


def _locks_out(person: "Person", roles: "Iterable[str]") -> bool:
    """Whether a manager would be one no more."""
    kept = (one for one in roles if one in ROLE_PERMISSIONS)
    return person.active and ACCESS in permissions_of(person.roles) and ACCESS not in permissions_of(kept)


def _values(visit: Visit, person: "Person") -> dict[str, object]:
    accounts = visit.node.accounts
    sessions = [one for one in accounts.sessions.all(visit.person) if one.person == person.name]
    principal = names.person(person.name)
    return {
        "person": person,
        "principal": principal,
        "own": is_own(visit, person),
        "roles": ROLES,
        "unknown": sorted(person.roles - set(ROLES)),
        "before": mark(sorted(person.roles)),
        "sessions": sessions,
        **rights_values(visit, principal),
    }


def rights_values(visit: Visit, principal: str) -> dict[str, object]:
    """What the form for a principal's rights needs."""
    mine = visit.node.accounts.grants.all(visit.person).get(principal, {})
    given: Sequence[tuple[str, list[str]]] = [
        (bank, [right.value for right in Right if right in some]) for bank, some in sorted(mine.items())
    ]
    return {
        "given": given,
        "right_words": RIGHTS,
        "bank_names": [bank.name for bank in visit.node.banks.banks()],
    }
