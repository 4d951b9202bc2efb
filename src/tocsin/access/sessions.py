"""Sessions: kept here and not in the browser, so that they can be ended; each expires."""

from datetime import timedelta
from typing import Final

from tocsin.access import names, secrets
from tocsin.access.errors import NotSignedInError, UnknownSessionError
from tocsin.access.limits import Limiter
from tocsin.access.model import Principal, permissions_of
from tocsin.access.office import Office, manager
from tocsin.access.signing_in import IDLE, LIFETIME, SignedIn, SigningIn
from tocsin.access.store import Person, Session

_NOTED_EVERY: Final = timedelta(minutes=1)
"""A session's last use is written down at most so often, for a request is no reason to write."""

_SKEW: Final = timedelta(minutes=10)
"""The clocks of a node's machines may differ by less than that."""


class Sessions:
    """Signing in and out, recognising sessions, and ending them."""

    def __init__(self, office: Office, limiter: Limiter) -> None:
        """Use `Accounts.sessions`."""
        self._office = office
        self._signing_in = SigningIn(office, limiter)

    def sign_in(
        self, name: str, password: str, code: str = "", *, address: str = "", replacing: str | None = None
    ) -> SignedIn:
        """Begin a session; `code` is the authenticator's, or a recovery code, which is spent by it.

        `address` is the caller's, `replacing` the secret of the session that their browser had until now. It
        always has a new secret, so that none planted before is worth anything.

        Raises SignInRefusedError, which does not say what was wrong, and TooManyRequestsError.
        """
        return self._signing_in.sign_in(name, password, code, address=address, replacing=replacing)

    def principal_of(self, secret: str, *, used: bool = True) -> Principal:
        """Whose session this is; without any permission as long as they must enrol.

        `used`: somebody did something, so the session's idle time begins anew; else a page only refreshes
        itself. Raises NotSignedInError.
        """
        session, person, principal = self._found(secret)
        now = self._office.clock()
        if used and now - session.last_used >= _NOTED_EVERY:
            with self._office.transactions.writing():
                self._office.store.touch_session(session.id, now)
        return Principal(principal.id) if person.must_enrol and not person.enrolled else principal

    def person_of(self, secret: str) -> Person:
        """Whose session this is, as a person. Raises NotSignedInError."""
        return self._found(secret)[1]

    def sign_out(self, secret: str) -> None:
        """End one's own session. Raises NotSignedInError."""
        session, person, _ = self._found(secret)
        self._end(names.person(person.name), session)

    def revoke(self, actor: Principal, number: int) -> bool:
        """End a session; False if it was ended before. Raises DeniedError, UnknownSessionError."""
        by = manager(actor)
        with self._office.transactions.writing():
            if (session := self._office.store.session(number)) is None:
                message = f"there is no session number {number}"
                raise UnknownSessionError(message)
            return self._end(by, session)

    def revoke_all(self, actor: Principal, person: str) -> int:
        """End all sessions of a person; how many there were. Raises DeniedError, UnknownPersonError."""
        by = manager(actor)
        office = self._office
        with office.transactions.writing():
            office.credentials(person)
            ended = office.store.revoke_sessions(person, office.clock())
            office.record("person.sessions_ended", by, names.person(person), sessions=ended)
        return ended

    def all(self, actor: Principal) -> list[Session]:
        """Sessions that have not ended, the newest first. Raises DeniedError."""
        manager(actor)
        with self._office.transactions.reading():
            return [one for one in self._office.store.sessions() if not self._ended(one)]

    def _end(self, by: str, session: Session) -> bool:
        office = self._office
        with office.transactions.writing():
            ended = office.store.revoke_session(session.id, office.clock())
            if ended:
                office.record("session.ended", by, f"session:{session.id}", person=session.person)
        return ended

    def _ended(self, session: Session) -> bool:
        now = self._office.clock()
        # One that would last longer than any can was begun under a clock that has been set back since.
        lasts = (
            now < min(session.expires, session.last_used + IDLE) and session.expires <= now + LIFETIME + _SKEW
        )
        return session.revoked is not None or not lasts

    def _found(self, secret: str) -> tuple[Session, Person, Principal]:
        """Raises NotSignedInError."""
        office = self._office
        with office.transactions.reading():
            found = office.store.session_with_rights(secrets.digest(secret))
        if found is None or not found[1].active or self._ended(found[0]):
            message = "the session has ended, or never was"
            raise NotSignedInError(message)
        session, person, rights = found
        principal = Principal(names.person(person.name), permissions_of(person.roles), rights)
        return session, person, principal
