"""What people change about themselves, signed in as themselves."""

from tocsin.access import names, passwords, second_factor
from tocsin.access.errors import EnrolmentError, SignInRefusedError
from tocsin.access.limits import Limiter
from tocsin.access.office import Office
from tocsin.access.second_factor import Enrolment
from tocsin.access.sessions import Sessions

_TRIES_A_MINUTE = 5


class SelfService:
    """One's own second factor and password. Every method takes the secret of one's session."""

    def __init__(self, office: Office, sessions: Sessions, limiter: Limiter) -> None:
        """Use `Accounts.self_service`."""
        self._office = office
        self._sessions = sessions
        self._limiter = limiter

    def begin_enrolment(self, session: str) -> Enrolment:
        """A second factor and recovery codes to show once; they count when a code of it was confirmed.

        Raises NotSignedInError, EnrolmentError (there is a second factor: whoever found an open session must
        not be able to replace it).
        """
        name = self._sessions.person_of(session).name
        office = self._office
        secret = second_factor.new_secret()
        enrolment = second_factor.enrolment(name, secret)
        sealed = office.sealer.seal(secret, second_factor.purpose(name))
        with office.transactions.writing():
            if office.credentials(name).second_factor is not None:
                message = "there is a second factor already"
                raise EnrolmentError(message)
            office.store.set_pending_factor(name, sealed)
            office.store.set_recovery_codes(name, enrolment.recovery_digests)
        return enrolment

    def confirm_enrolment(self, session: str, code: str) -> None:
        """Finish enrolling with a code that the authenticator shows.

        All sessions end: sign in with the next code.

        Raises NotSignedInError, EnrolmentError, TooManyRequestsError.
        """
        name = self._sessions.person_of(session).name
        self._slow_down(name)
        office = self._office
        with office.transactions.writing():
            pending = office.credentials(name).pending_factor
            if pending is None:
                message = "nothing was begun"
                raise EnrolmentError(message)
            secret = office.sealer.unseal(pending, second_factor.purpose(name))
            step = second_factor.step_of(secret, code, office.clock())
            if step is None or not office.store.use_code(name, step):
                message = "the code is not one that the new second factor shows now"
                raise EnrolmentError(message)
            office.store.set_second_factor(name, pending)
            office.store.revoke_sessions(name, office.clock())
            office.record("person.second_factor_set", names.person(name), names.person(name))

    def change_password(self, session: str, old: str, new: str) -> None:
        """Replace one's password, and end all sessions.

        Raises NotSignedInError, SignInRefusedError (the old one is wrong), WeakPasswordError,
        TooManyRequestsError.
        """
        name = self._sessions.person_of(session).name
        self._slow_down(name)
        passwords.check(name, new)
        office = self._office
        with office.transactions.reading():
            kept = office.credentials(name).password
        with office.passwords.place():
            if not office.passwords.verify(kept, old):
                raise SignInRefusedError
            replacement = office.passwords.hash(new)
        with office.transactions.writing():
            if office.credentials(name).password != kept:
                raise SignInRefusedError
            office.store.set_password(name, replacement)
            office.store.revoke_sessions(name, office.clock())
            office.record("person.password_set", names.person(name), names.person(name))

    def _slow_down(self, name: str) -> None:
        """Raises TooManyRequestsError."""
        self._limiter.allow(f"self-service {name}", _TRIES_A_MINUTE, _TRIES_A_MINUTE).demand()
