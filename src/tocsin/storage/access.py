"""People, tokens, sessions and rights in banks; implements `tocsin.access.store.AccessStore`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from tocsin.access.model import Right, Rights
from tocsin.access.store import Credentials, Person, Session, Token
from tocsin.storage import access_statements as sql
from tocsin.storage import times
from tocsin.storage.database import Database, Row


class SqlAccess:
    """See the Protocol. Call every method inside `database.writing()` or `database.reading()`."""

    def __init__(self, database: Database) -> None:
        """Keep people, tokens, sessions and rights in `database`."""
        self._database = database

    def add_person(self, person: Person, password: str) -> bool:
        """Add a person without a second factor; False if the name is taken."""
        values = (
            person.name,
            _words(person.roles),
            password,
            int(person.must_enrol),
            times.to_number(person.created),
            int(person.active),
        )
        return self._database.change(sql.ADD_PERSON, values) == 1

    def people(self) -> list[Person]:
        """All of them, by name."""
        return [_person(row) for row in self._database.rows(sql.PEOPLE)]

    def credentials(self, name: str) -> Credentials | None:
        """A person with what they prove themselves against."""
        row = self._database.row(sql.CREDENTIALS, (name,))
        return None if row is None else Credentials(_person(row[:-3]), *row[-3:])

    def set_password(self, name: str, password: str) -> None:
        """Replace the hash of the password."""
        self._database.change(sql.SET_PASSWORD, (password, name))

    def set_roles(self, name: str, roles: frozenset[str]) -> None:
        """Replace the roles."""
        self._database.change(sql.SET_ROLES, (_words(roles), name))

    def set_active(self, name: str, *, active: bool) -> None:
        """Whether the person may sign in."""
        self._database.change(sql.SET_ACTIVE, (int(active), name))

    def set_failures(self, name: str, failures: int, locked_until: datetime | None) -> None:
        """How often signing in failed, and until when it fails whatever is shown."""
        until = 0 if locked_until is None else times.to_number(locked_until)
        self._database.change(sql.SET_FAILURES, (failures, until, name))

    def count_idle_attempt(self) -> None:
        """Count an attempt to sign in that is nobody's."""
        self._database.change(sql.COUNT_IDLE)

    def set_pending_factor(self, name: str, sealed: bytes | None) -> None:
        """Replace the second factor that is not confirmed yet."""
        self._database.change(sql.SET_PENDING, (sealed, name))

    def set_second_factor(self, name: str, sealed: bytes | None) -> None:
        """Replace the second factor; what was pending goes."""
        self._database.change(sql.SET_FACTOR, (sealed, name))

    def use_code(self, name: str, step: int) -> bool:
        """Note that the code of a time step was used; False if that or a later one was before."""
        return self._database.change(sql.USE_CODE, (step, name, step)) == 1

    def set_recovery_codes(self, name: str, digests: list[bytes]) -> None:
        """Replace all recovery codes."""
        self._database.change(sql.FORGET_CODES, (name,))
        self._database.change_many(sql.ADD_CODE, [(name, digest) for digest in digests])

    def use_recovery_code(self, name: str, digest: bytes) -> bool:
        """Spend a recovery code; False if there is none such (any more)."""
        return self._database.change(sql.USE_RECOVERY, (name, digest)) == 1

    def add_token(self, token: Token, digest: bytes) -> bool:
        """Add a token; False if the name is taken."""
        values = (
            token.name,
            _words(token.roles),
            digest,
            times.to_number(token.created),
            token.created_by,
            times.to_number(token.expires),
            token.rate,
        )
        return self._database.change(sql.ADD_TOKEN, values) == 1

    def token(self, name: str) -> Token | None:
        """The token of that name."""
        row = self._database.row(sql.TOKEN, (name,))
        return None if row is None else _token(row)

    def tokens(self) -> list[Token]:
        """All of them, by name."""
        return [_token(row) for row in self._database.rows(sql.TOKENS)]

    def token_with_rights(self, digest: bytes) -> tuple[Token, Rights] | None:
        """The token of that digest and what it may do in banks."""
        rows = self._database.rows(sql.TOKEN_WITH_RIGHTS, (digest,))
        return (_token(rows[0][:-2]), _rights(row[-2:] for row in rows)) if rows else None

    def revoke_token(self, name: str, when: datetime) -> bool:
        """End a token; False if it had ended before."""
        return self._database.change(sql.REVOKE_TOKEN, (times.to_number(when), name)) == 1

    def add_session(self, session: Session, digest: bytes) -> int:
        """Add a session; its number."""
        values = (
            session.person,
            digest,
            times.to_number(session.created),
            times.to_number(session.last_used),
            times.to_number(session.expires),
        )
        return self._database.number(sql.ADD_SESSION, values)

    def session_with_rights(self, digest: bytes) -> tuple[Session, Person, Rights] | None:
        """The session of that digest, whose it is, and what they may do in banks."""
        rows = self._database.rows(sql.SESSION_WITH_RIGHTS, (digest,))
        if not rows:
            return None
        first = rows[0]
        return _session(first[:6]), _person((first[1], *first[6:-2])), _rights(row[-2:] for row in rows)

    def session(self, number: int) -> Session | None:
        """The session of that number."""
        row = self._database.row(sql.SESSION, (number,))
        return None if row is None else _session(row)

    def sessions(self) -> list[Session]:
        """All that were not removed, the newest first."""
        return [_session(row) for row in self._database.rows(sql.SESSIONS)]

    def touch_session(self, number: int, when: datetime) -> None:
        """Note that a session was used."""
        self._database.change(sql.TOUCH_SESSION, (times.to_number(when), number))

    def revoke_session(self, number: int, when: datetime) -> bool:
        """End a session; False if it had been revoked before."""
        return self._database.change(sql.REVOKE_SESSION, (times.to_number(when), number)) == 1

    def revoke_sessions(self, person: str, when: datetime) -> int:
        """End all sessions of a person; how many were not revoked before."""
        return self._database.change(sql.REVOKE_SESSIONS, (times.to_number(when), person))

    def remove_sessions(self, before: datetime) -> int:
        """Forget sessions that expired before then; how many."""
        return self._database.change(sql.REMOVE_SESSIONS, (times.to_number(before),))

    def set_rights(self, principal: str, bank: str, rights: frozenset[Right]) -> None:
        """Replace a principal's rights in one bank (or `*`)."""
        self._database.change(sql.SET_RIGHTS, (principal, bank, _words(rights)))

    def remove_rights(self, principal: str, bank: str) -> bool:
        """Let a principal have in this bank what it has in `*`; False if nothing else was said."""
        return self._database.change(sql.REMOVE_RIGHTS, (principal, bank)) == 1

    def rights(self) -> Mapping[str, Rights]:
        """What every principal may do in banks."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for principal, bank, rights in self._database.rows(sql.RIGHTS):
            found[principal].append((bank, rights))
        return {principal: _rights(rows) for principal, rows in found.items()}


def _words(words: Iterable[str]) -> str:
    """Roles or rights as they are kept: sorted, with spaces between."""
    return " ".join(sorted(words))


def _person(row: Row) -> Person:
    name, roles, created, active, must_enrol, enrolled, failures, locked_until = row
    return Person(
        name,
        frozenset(roles.split()),
        times.from_number(created),
        bool(active),
        bool(must_enrol),
        bool(enrolled),
        failures,
        times.from_number(locked_until) if locked_until else None,
    )


def _token(row: Row) -> Token:
    name, roles, created, created_by, expires, revoked, rate = row
    return Token(
        name,
        frozenset(roles.split()),
        times.from_number(created),
        created_by,
        times.from_number(expires),
        None if revoked is None else times.from_number(revoked),
        rate,
    )


def _session(row: Row) -> Session:
    number, person, created, last_used, expires, revoked = row
    ended = None if revoked is None else times.from_number(revoked)
    return Session(
        number,
        person,
        times.from_number(created),
        times.from_number(last_used),
        times.from_number(expires),
        ended,
    )


_KNOWN_RIGHTS: Final = {right.value: right for right in Right}


def _rights(rows: Iterable[Row]) -> Rights:
    """Rights by bank, of (bank, rights) rows; a left join's empty row has none."""
    return {
        bank: frozenset(_KNOWN_RIGHTS[word] for word in words.split() if word in _KNOWN_RIGHTS)
        for bank, words in rows
        if bank is not None
    }
