"""People, their sessions, tokens and rights in banks, for who manages access."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field

from tocsin.access.model import Permission, Right
from tocsin.access.store import Person, Session, Token
from tocsin.access.tokens import DEFAULT_LIFETIME, LONGEST, MOST_A_MINUTE, Scope
from tocsin.web.api.session import EnrolmentShape, Secret
from tocsin.web.api.shapes import Given, Name, Number, ids
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

operations = Operations("access")
ACCESS = Permission.MANAGE_ACCESS
Roles = Annotated[list[str], Field(max_length=50)]
PersonName = Annotated[str, Path(max_length=200)]
TokenName = Annotated[str, Path(max_length=200)]


class PersonGiven(Given):
    """A person to be made."""

    name: Name
    password: Secret
    roles: Roles


class PersonChanges(Given):
    """What to change of a person; what is left out stays."""

    roles: Roles | None = None
    password: Secret | None = None
    active: bool | None = None


class PersonShape(BaseModel):
    """Somebody who signs in."""

    name: str
    roles: list[str]
    created: datetime
    active: bool
    enrolled: bool
    """Whether there is a second factor."""
    must_enrol: bool
    locked_until: datetime | None

    @classmethod
    def of(cls, person: Person) -> "PersonShape":
        """The shape of a person."""
        return cls(
            name=person.name,
            roles=sorted(person.roles),
            created=person.created,
            active=person.active,
            enrolled=person.enrolled,
            must_enrol=person.must_enrol,
            locked_until=person.locked_until,
        )


class PersonList(BaseModel):
    """All people, by name."""

    items: list[PersonShape]


class SessionRow(BaseModel):
    """Somebody signed in."""

    id: int
    person: str
    created: datetime
    last_used: datetime
    expires: datetime

    @classmethod
    def of(cls, session: Session) -> "SessionRow":
        """The shape of a session."""
        return cls(
            id=session.id,
            person=session.person,
            created=session.created,
            last_used=session.last_used,
            expires=session.expires,
        )


class SessionList(BaseModel):
    """Sessions that have not ended, the newest first."""

    items: list[SessionRow]


class TokenGiven(Given):
    """A token to be made."""

    name: Name
    roles: Roles
    banks: dict[str, list[Annotated[Right, Field(strict=False)]]] = Field(default={}, max_length=1000)
    """Rights by bank; `*` stands for banks that are not named."""
    rate: Annotated[int, Field(ge=0, le=MOST_A_MINUTE)] = 0
    """Look-ups a minute; 0 for no limit of its own."""
    days: Annotated[int, Field(ge=1, le=LONGEST.days)] = DEFAULT_LIFETIME.days


class TokenShape(BaseModel):
    """A program's way in."""

    name: str
    roles: list[str]
    created: datetime
    created_by: str
    expires: datetime
    revoked: datetime | None
    rate: int

    @classmethod
    def of(cls, token: Token) -> "TokenShape":
        """The shape of a token."""
        return cls(
            name=token.name,
            roles=sorted(token.roles),
            created=token.created,
            created_by=token.created_by,
            expires=token.expires,
            revoked=token.revoked,
            rate=token.rate,
        )


class NewToken(BaseModel):
    """A token as it is told once."""

    name: str
    token: str


class TokenList(BaseModel):
    """All tokens, ended ones too, by name."""

    items: list[TokenShape]


class GrantGiven(Given):
    """The rights a principal is to have in a bank, in place of those it had there."""

    principal: Name
    """`person:NAME` or `token:NAME`."""
    bank: Name
    """A bank, or `*` for banks that are not named."""
    rights: Annotated[list[Annotated[Right, Field(strict=False)]], Field(max_length=10)]
    """None at all: nothing in this bank, whatever `*` says."""


class GrantShape(BaseModel):
    """The rights of a principal."""

    principal: str
    banks: dict[str, list[str]]


class GrantList(BaseModel):
    """Everybody's rights in banks."""

    items: list[GrantShape]


class Ended(BaseModel):
    """Whether it had not ended before."""

    ended: bool


@operations.operation("GET", "/v1/people", needs=ACCESS)
def list_people(request: Request, caller: Caller) -> PersonList:
    """List people."""
    return PersonList(items=[PersonShape.of(one) for one in node_of(request).accounts.people.all(caller)])


@operations.operation("POST", "/v1/people", needs=ACCESS, status=201, answers=(409,))
def create_person(request: Request, caller: Caller, given: PersonGiven) -> PersonShape:
    """Make a person, who enrols a second factor at their first sign-in."""
    people = node_of(request).accounts.people
    people.create(caller, given.name, given.password, given.roles)
    return PersonShape.of(people.person(caller, given.name))


@operations.operation("GET", "/v1/people/{person}", needs=ACCESS, answers=(404,))
def read_person(request: Request, caller: Caller, person: PersonName) -> PersonShape:
    """Read a person."""
    return PersonShape.of(node_of(request).accounts.people.person(caller, person))


@operations.operation("PATCH", "/v1/people/{person}", needs=ACCESS, answers=(404,))
def change_person(
    request: Request, caller: Caller, person: PersonName, changes: PersonChanges
) -> PersonShape:
    """Change a person's roles or password, or shut them out or in again."""
    node = node_of(request)
    people = node.accounts.people
    if changes.password is not None:
        people.set_password(caller, person, changes.password)
    with node.database.writing():
        if changes.roles is not None:
            people.set_roles(caller, person, changes.roles)
        if changes.active is not None:
            (people.enable if changes.active else people.disable)(caller, person)
        return PersonShape.of(people.person(caller, person))


@operations.operation("POST", "/v1/people/{person}/second-factor", needs=ACCESS, status=201, answers=(404,))
def give_second_factor(request: Request, caller: Caller, person: PersonName) -> EnrolmentShape:
    """Give a person a new second factor, in place of what they had; all their sessions end."""
    found = node_of(request).accounts.people.enrol(caller, person)
    return EnrolmentShape(uri=found.uri, recovery_codes=list(found.recovery_codes))


@operations.operation("GET", "/v1/sessions", needs=ACCESS)
def list_sessions(request: Request, caller: Caller) -> SessionList:
    """List sessions that have not ended."""
    return SessionList(items=[SessionRow.of(one) for one in node_of(request).accounts.sessions.all(caller)])


@operations.operation("DELETE", "/v1/sessions/{session}", needs=ACCESS, answers=(404,))
def end_session(request: Request, caller: Caller, session: Annotated[Number, Path()]) -> Ended:
    """End somebody's session at once."""
    return Ended(ended=node_of(request).accounts.sessions.revoke(caller, session))


@operations.operation("GET", "/v1/tokens", needs=ACCESS)
def list_tokens(request: Request, caller: Caller) -> TokenList:
    """List tokens."""
    return TokenList(items=[TokenShape.of(one) for one in node_of(request).accounts.tokens.all(caller)])


@operations.operation("POST", "/v1/tokens", needs=ACCESS, status=201, answers=(409,))
def create_token(request: Request, caller: Caller, given: TokenGiven) -> NewToken:
    """Make a token, which is told once."""
    scope = Scope(
        roles=frozenset(given.roles),
        banks={bank: frozenset(rights) for bank, rights in given.banks.items()},
        rate=given.rate,
        lifetime=timedelta(days=given.days),
    )
    secret = node_of(request).accounts.tokens.create(caller, given.name, scope)
    return NewToken(name=given.name, token=secret)


@operations.operation("DELETE", "/v1/tokens/{token}", needs=ACCESS, answers=(404,))
def revoke_token(request: Request, caller: Caller, token: TokenName) -> Ended:
    """Revoke a token at once."""
    return Ended(ended=node_of(request).accounts.tokens.revoke(caller, token))


@operations.operation("GET", "/v1/grants", needs=ACCESS)
def list_grants(request: Request, caller: Caller) -> GrantList:
    """List everybody's rights in banks."""
    found = node_of(request).accounts.grants.all(caller)
    return GrantList(
        items=[
            GrantShape(
                principal=principal, banks={bank: ids(rights) for bank, rights in sorted(banks.items())}
            )
            for principal, banks in sorted(found.items())
        ]
    )


@operations.operation("POST", "/v1/grants", needs=ACCESS, answers=(404,))
def grant(request: Request, caller: Caller, given: GrantGiven) -> GrantGiven:
    """Say which rights a principal has in a bank."""
    node_of(request).accounts.grants.grant(caller, given.principal, given.bank, given.rights)
    return given


@operations.operation("DELETE", "/v1/grants", needs=ACCESS, answers=(404,))
def revoke_grant(
    request: Request,
    caller: Caller,
    principal: Annotated[Name, Query()],
    bank: Annotated[Name, Query()],
) -> Ended:
    """Take back what was said of a principal's rights in a bank, so that those in `*` count."""
    return Ended(ended=node_of(request).accounts.grants.revoke(caller, principal, bank))
