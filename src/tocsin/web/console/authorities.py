"""Connections to authorities: accounts, the environment in use, and production, which takes two people."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.errors import Error
from tocsin.filing.cybertip.answers import Meaning, answer_of, meaning
from tocsin.filing.cybertip.hosts import host_of
from tocsin.filing.errors import NoConnectionError, UnreadableDocumentError
from tocsin.filing.model import Authority, Environment
from tocsin.filing.transport import Answer, NoAnswerError
from tocsin.web.console import filing_words as words
from tocsin.web.console.asking import Question, again, sure, text
from tocsin.web.console.filings import SEE
from tocsin.web.console.pages import Pages
from tocsin.web.console.problems import words_of
from tocsin.web.console.visit import Visit

if TYPE_CHECKING:
    from tocsin.filing.connections import Connection, Switch
    from tocsin.filing.store_connections import FetchedSchema

pages = Pages()
MANAGE: Final = (Permission.READ_FILINGS, Permission.MANAGE_FILING)
_PAGE: Final = "authorities.html"


@dataclass(frozen=True, slots=True)
class Line:
    """One environment of an authority."""

    environment: Environment
    connection: "Connection | None"
    schema: "FetchedSchema | None"


@dataclass(frozen=True, slots=True)
class Checked:
    """What an authority answered to the question whether it knows the account."""

    environment: Environment
    well: bool
    said: str
    """In the authority's words."""
    request_id: str


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """One authority that a program can file with."""

    authority: Authority
    in_use: "Connection | None"
    lines: tuple[Line, ...]
    pending: "Switch | None"
    mine: bool
    """Whether the visitor asked for that switch: somebody else has to confirm it."""
    host: str
    """Of production, as it is typed to confirm."""


@pages.page("/authorities", needs=SEE)
def authorities_page(visit: Visit) -> Response:
    """Where filings go."""
    return visit.page(_PAGE, **_values(visit), refused=None)


@pages.action("/authorities/{authority}/connect", needs=MANAGE)
def connect(visit: Visit) -> Response:
    """Keep an account, sealed."""
    authority = _authority(visit)
    try:
        visit.node.reporting.connections.connect(
            visit.person,
            authority,
            _environment(visit),
            user=visit.field("user"),
            password=visit.secret("password"),
            url=visit.field("url"),
        )
    except Error as error:
        return again(visit, error, _PAGE, **_values(visit))
    return visit.go("/authorities", said="connected")


@pages.action("/authorities/{authority}/remove", needs=MANAGE)
def remove(visit: Visit) -> Response:
    """Forget an account; asked once more."""
    _ = visit.texts.gettext
    authority, environment = _authority(visit), _environment(visit)
    does = [_("What is being sent there stops, and waits for a person.")]
    if environment is Environment.PRODUCTION:
        does.append(_("Production is left: two people have to switch to it again."))
    question = Question(
        title=_("Forget this account?"),
        does=does,
        undo=_("The user name and password have to be given again."),
        button=_("Forget the account"),
        back="/authorities",
    )
    if (asked := sure(visit, question)) is not None:
        return asked
    try:
        visit.node.reporting.connections.disconnect(visit.person, authority, environment)
    except Error as error:
        return again(visit, error, _PAGE, **_values(visit))
    return visit.go("/authorities", said="removed")


@pages.action("/authorities/{authority}/check", needs=MANAGE, waits=True)
def check(visit: Visit) -> Response:
    """Ask the authority whether it is there and knows the account; it files nothing."""
    authority, environment = _authority(visit), _environment(visit)
    try:
        answer = visit.node.reporting.connections.check(visit.person, authority, environment)
    except NoAnswerError as error:
        return visit.page(_PAGE, 502, **_values(visit), refused=words_of(error))
    except Error as error:
        return again(visit, error, _PAGE, **_values(visit))
    return visit.page(_PAGE, **_values(visit, _checked(environment, answer)), refused=None)


@pages.action("/authorities/{authority}/schema", needs=MANAGE, waits=True)
def fetch_schema(visit: Visit) -> Response:
    """Fetch the authority's schema, and keep it: what it lacks is not sent."""
    authority, environment = _authority(visit), _environment(visit)
    try:
        visit.node.reporting.connections.fetch_schema(visit.person, authority, environment)
    except Error as error:
        if error.code in {"filing.no_answer", "filing.schema_not_fetched"}:
            return visit.page(_PAGE, 502, **_values(visit), refused=words_of(error))
        return again(visit, error, _PAGE, **_values(visit))
    return visit.go("/authorities", said="schema-fetched")


@pages.action("/authorities/{authority}/switch", needs=MANAGE)
def ask_for_production(visit: Visit) -> Response:
    """Ask for production; somebody else has to confirm it."""
    authority = _authority(visit)
    try:
        visit.node.reporting.connections.request_switch(
            visit.person, authority, visit.field("host"), text(visit, "reason")
        )
    except Error as error:
        return again(visit, error, _PAGE, **_values(visit))
    return visit.go("/authorities", said="switch-asked")


@pages.action("/authorities/{authority}/confirm", needs=MANAGE)
def confirm_production(visit: Visit) -> Response:
    """Confirm what somebody else asked for: from now on filings are real."""
    authority = _authority(visit)
    try:
        visit.node.reporting.connections.confirm_switch(visit.person, authority, visit.field("host"))
    except Error as error:
        return again(visit, error, _PAGE, **_values(visit))
    return visit.go("/authorities", said="switched")


@pages.action("/authorities/{authority}/back", needs=MANAGE)
def back_to_tests(visit: Visit) -> Response:
    """Leave production, or withdraw what was asked for; one person can."""
    authority = _authority(visit)
    try:
        visit.node.reporting.connections.switch_back(visit.person, authority, text(visit, "reason"))
    except Error as error:
        return again(visit, error, _PAGE, **_values(visit))
    return visit.go("/authorities", said="switched-back")


def _values(visit: Visit, checked: Checked | None = None) -> dict[str, object]:
    return {
        "words": words,
        "views": [_view(visit, Authority.NCMEC)],
        "environment_pairs": [
            (one.value, visit.texts.gettext(words.ENVIRONMENTS[one])) for one in Environment
        ],
        "checked": checked,
        "may": visit.person.may(Permission.MANAGE_FILING),
        "typed": {name: visit.field(name) for name in ("environment", "url", "user", "reason")},
    }


def _view(visit: Visit, authority: Authority) -> AuthorityView:
    connections = visit.node.reporting.connections
    known = {one.environment: one for one in connections.connections() if one.authority is authority}
    pending = connections.pending(authority)
    return AuthorityView(
        authority=authority,
        in_use=next((one for one in known.values() if one.in_use), None),
        lines=tuple(
            Line(one, known.get(one), connections.schema(authority, one) if one in known else None)
            for one in Environment
        ),
        pending=pending,
        mine=pending is not None and pending.asked_by == visit.person.id,
        host=host_of(Environment.PRODUCTION),
    )


def _checked(environment: Environment, answer: Answer) -> Checked:
    try:
        reply = answer_of(answer.body, answer.status)
    except UnreadableDocumentError:
        return Checked(environment, well=False, said=f"HTTP {answer.status}", request_id=answer.request_id)
    well = meaning(reply, "status") is Meaning.DONE
    return Checked(environment, well, reply.description or f"{reply.code}", answer.request_id)


def _authority(visit: Visit) -> Authority:
    """The authority that the path names. Raises NoConnectionError."""
    try:
        return Authority(str(visit.request.path_params["authority"]))
    except ValueError as error:
        message = "there is no such authority"
        raise NoConnectionError(message) from error


def _environment(visit: Visit) -> Environment:
    """The environment that the form names. Raises NoConnectionError."""
    try:
        return Environment(visit.field("environment"))
    except ValueError as error:
        message = "there is no such environment"
        raise NoConnectionError(message) from error
