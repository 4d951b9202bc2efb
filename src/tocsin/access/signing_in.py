"""Whether somebody is who they say: name, password, second factor.

Every attempt costs the same and is answered the same, whether the name exists or not and whatever was wrong:
two transactions, one computation of Argon2, one unsealing, one row in the ledger. It is counted before it is
checked, so that many at once are not more than one after the other.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tocsin.access import names, second_factor, secrets
from tocsin.access.errors import SignInRefusedError
from tocsin.access.limits import Limiter, address_key
from tocsin.access.office import Office
from tocsin.access.store import Credentials, Session

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

FREE_FAILURES: Final = 4
"""So many wrong attempts cost no wait: people mistype."""
FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(minutes=15)
"""At most 96 guesses a day at one person, and nobody is kept out for longer by somebody else's guesses."""
ATTEMPTS_A_MINUTE: Final = 10
"""From one address."""
LIFETIME: Final = timedelta(hours=12)
"""With IDLE, what NIST SP 800-63B (4.2.3) says of its level AAL2."""
IDLE: Final = timedelta(minutes=30)
_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session."""

    secret: str = field(repr=False)
    """For the cookie; nobody can be told it again."""
    session: Session
    must_enrol: bool
    """Whether nothing is allowed but enrolling a second factor."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """Somebody says they are `name`: what there is to check it against."""

    name: str
    credentials: Credentials | None
    refused: str
    """Why it is refused whatever is shown; empty if it is not."""
    recovered: bool
    """Whether a recovery code was spent, which ends a wait and stands for the second factor."""


@dataclass(frozen=True, slots=True)
class _Proof:
    password: bool
    step: int | None
    rehashed: str | None = field(repr=False)


class SigningIn:
    """Checks attempts and begins sessions."""

    def __init__(self, office: Office, limiter: Limiter) -> None:
        """Use `Accounts.sessions`. `limiter` counts attempts by address."""
        self._office = office
        self._limiter = limiter

    def sign_in(
        self, name: str, password: str, code: str, *, address: str, replacing: str | None
    ) -> SignedIn:
        """See `Sessions.sign_in`."""
        key = f"sign-in {address_key(address)}"
        self._limiter.allow(key, ATTEMPTS_A_MINUTE, ATTEMPTS_A_MINUTE).demand()
        with self._office.passwords.place():
            claim = self._claim(names.typed(name), code)
            proof = self._proof(claim, password, code)
        secret = secrets.new_session()
        with self._office.transactions.writing():
            refused = self._refused(claim, proof)
            if not refused:
                return self._begin(claim, proof, secret, address, replacing)
            subject = names.person(claim.name if claim.credentials else names.NOBODY)
            # Not the name as it was typed: it may be a password in the wrong field.
            self._office.record("session.refused", names.NOBODY, subject, reason=refused, address=address)
        raise SignInRefusedError

    def _claim(self, name: str, code: str) -> _Claim:
        """Count the attempt; a recovery code is spent here, also when the password turns out wrong."""
        office, now = self._office, self._office.clock()
        with office.transactions.writing():
            credentials = office.store.credentials(name)
            letters = secrets.recovery_letters(code)
            recovered = letters is not None and office.store.use_recovery_code(name, secrets.digest(letters))
            refused = _shut_out(credentials, now, recovered=recovered)
            if credentials is None or refused:
                office.store.count_idle_attempt()
            else:
                failures = credentials.person.failures + 1
                office.store.set_failures(name, failures, _wait_until(failures, now))
        return _Claim(name, credentials, refused, recovered)

    def _proof(self, claim: _Claim, password: str, code: str) -> _Proof:
        """Check what was shown, outside any transaction: it takes a tenth of a second."""
        office, known = self._office, claim.credentials
        right = office.passwords.verify(known.password if known else None, password)
        purpose, sealed = self._nobodys_factor
        if known and known.second_factor:
            purpose, sealed = second_factor.purpose(claim.name), known.second_factor
        step = second_factor.step_of(office.sealer.unseal(sealed, purpose), code, office.clock())
        if known and right and not claim.refused and (step or claim.recovered or not known.second_factor):
            return _Proof(right, step, self._rehashed(known, password))
        return _Proof(right, step, None)

    def _rehashed(self, known: Credentials, password: str) -> str | None:
        """A new hash, if the old one is of another cost. Only where all was right, or its work would tell."""
        passwords = self._office.passwords
        return passwords.hash(password) if passwords.outdated(known.password) else None

    def _refused(self, claim: _Claim, proof: _Proof) -> str:
        """Why the attempt fails, in one word for the ledger; empty if it does not. Uses the code up."""
        then = claim.credentials
        if claim.refused or then is None:
            return claim.refused
        now = self._office.credentials(claim.name)
        if not now.person.active or (now.password, now.second_factor) != (then.password, then.second_factor):
            return "changed"
        if not proof.password:
            return "password"
        if claim.recovered or then.second_factor is None:
            return ""
        used = proof.step is not None and self._office.store.use_code(claim.name, proof.step)
        return "" if used else "code"

    def _begin(
        self, claim: _Claim, proof: _Proof, secret: str, address: str, replacing: str | None
    ) -> SignedIn:
        """A new session, in the caller's transaction; the browser's old one ends with it."""
        office, now = self._office, self._office.clock()
        store = office.store
        person = office.credentials(claim.name).person
        store.set_failures(person.name, 0, None)
        if proof.rehashed is not None:
            store.set_password(person.name, proof.rehashed)
        who = names.person(person.name)
        old = store.session_with_rights(secrets.digest(replacing)) if replacing else None
        if old is not None and store.revoke_session(old[0].id, now):
            office.record("session.ended", who, f"session:{old[0].id}", person=old[0].person)
        store.remove_sessions(now - _KEPT)
        draft = Session(0, person.name, now, now, now + LIFETIME, None)
        number = store.add_session(draft, secrets.digest(secret))
        detail: JsonObject = {
            "address": address,
            "recovery_code": claim.recovered,
            "second_factor": person.enrolled,
        }
        office.record("session.started", who, f"session:{number}", **detail)
        return SignedIn(secret, replace(draft, id=number), person.must_enrol and not person.enrolled)

    @cached_property
    def _nobodys_factor(self) -> tuple[str, bytes]:
        """What is unsealed where there is no second factor to unseal."""
        purpose = second_factor.purpose(names.NOBODY)
        return purpose, self._office.sealer.seal(second_factor.new_secret(), purpose)


def _shut_out(credentials: Credentials | None, now: datetime, *, recovered: bool) -> str:
    """Why an attempt fails before it is looked at; empty if it does not."""
    if credentials is None:
        return "unknown"
    person = credentials.person
    if not person.active:
        return "disabled"
    # A wait that ends later than any wait can was set by a clock that has been set back since.
    locked = person.locked_until is not None and now < person.locked_until <= now + LONGEST_WAIT
    return "locked" if locked and not recovered else ""


def _wait_until(failures: int, now: datetime) -> datetime | None:
    """When the next attempt is looked at: the wait doubles with each failure, up to the longest.

    Attempts during a wait do not lengthen it.
    """
    late = failures - FREE_FAILURES
    if late <= 0:
        return None
    return now + min(LONGEST_WAIT, FIRST_WAIT * (1 << min(late - 1, 10)))
