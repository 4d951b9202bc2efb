"""People: making them, their passwords, roles and second factors, and shutting them out."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tocsin.access import names, passwords, second_factor
from tocsin.access.errors import PersonExistsError
from tocsin.access.model import Permission, Principal, checked_roles, permissions_of
from tocsin.access.office import Office, manager
from tocsin.access.second_factor import Enrolment
from tocsin.access.store import Person

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


class People:
    """What an administrator does with people."""

    def __init__(self, office: Office) -> None:
        """Use `Accounts.people`."""
        self._office = office

    def create(
        self, actor: Principal, name: str, password: str, roles: Iterable[str], *, must_enrol: bool = True
    ) -> None:
        """Make a person. With `must_enrol`, nothing is allowed them before their second factor is there.

        Raises DeniedError, InvalidNameError, WeakPasswordError, UnknownRoleError, PersonExistsError.
        """
        by = manager(actor)
        passwords.check(names.checked(name), password)
        known = checked_roles(roles)
        office = self._office
        person = Person(
            name,
            known,
            office.clock(),
            active=True,
            must_enrol=must_enrol,
            enrolled=False,
            failures=0,
            locked_until=None,
        )
        kept = office.passwords.hash(password)
        with office.transactions.writing():
            if not office.store.add_person(person, kept):
                message = f"there is a person named {name!r} already"
                raise PersonExistsError(message)
            detail: JsonObject = {"roles": [*sorted(known)], "must_enrol": must_enrol}
            office.record("person.created", by, names.person(name), **detail)

    def set_password(self, actor: Principal, name: str, password: str) -> None:
        """Give a person another password, and end all their sessions.

        Raises DeniedError, UnknownPersonError, WeakPasswordError.
        """
        by = manager(actor)
        passwords.check(name, password)
        office = self._office
        kept = office.passwords.hash(password)
        with office.transactions.writing():
            office.credentials(name)
            office.store.set_password(name, kept)
            office.store.revoke_sessions(name, office.clock())
            office.record("person.password_set", by, names.person(name))

    def set_roles(self, actor: Principal, name: str, roles: Iterable[str]) -> None:
        """Replace a person's roles, from their next request on.

        Raises DeniedError, UnknownPersonError, UnknownRoleError.
        """
        by = manager(actor)
        new = checked_roles(roles)
        office = self._office
        with office.transactions.writing():
            old = office.credentials(name).person.roles
            office.store.set_roles(name, new)
            detail = {"roles": [*sorted(new)], "before": [*sorted(old)]}
            office.record("person.roles_set", by, names.person(name), **detail)

    def disable(self, actor: Principal, name: str) -> None:
        """Shut a person out, and end all their sessions. Raises DeniedError, UnknownPersonError."""
        by = manager(actor)
        office = self._office
        with office.transactions.writing():
            office.credentials(name)
            office.store.set_active(name, active=False)
            office.store.revoke_sessions(name, office.clock())
            office.record("person.disabled", by, names.person(name))

    def enable(self, actor: Principal, name: str) -> None:
        """Let a person sign in again, at once. Raises DeniedError, UnknownPersonError."""
        by = manager(actor)
        office = self._office
        with office.transactions.writing():
            office.credentials(name)
            office.store.set_active(name, active=True)
            office.store.set_failures(name, 0, None)
            office.record("person.enabled", by, names.person(name))

    def enrol(self, actor: Principal, name: str) -> Enrolment:
        """Give a person a new second factor and new recovery codes, in place of what they had.

        Ends all their sessions. What is answered is shown to the person once.

        Raises DeniedError, UnknownPersonError.
        """
        by = manager(actor)
        office = self._office
        secret = second_factor.new_secret()
        enrolment = second_factor.enrolment(name, secret)
        sealed = office.sealer.seal(secret, second_factor.purpose(name))
        with office.transactions.writing():
            office.credentials(name)
            office.store.set_second_factor(name, sealed)
            office.store.set_recovery_codes(name, enrolment.recovery_digests)
            office.store.revoke_sessions(name, office.clock())
            office.record("person.second_factor_set", by, names.person(name))
        return enrolment

    def reset_second_factor(self, actor: Principal, name: str) -> None:
        """Take a person's second factor and recovery codes away, so that they enrol at their next sign-in.

        Ends all their sessions. Raises DeniedError, UnknownPersonError.
        """
        by = manager(actor)
        office = self._office
        with office.transactions.writing():
            office.credentials(name)
            office.store.set_second_factor(name, None)
            office.store.set_recovery_codes(name, [])
            office.store.revoke_sessions(name, office.clock())
            office.record("person.second_factor_reset", by, names.person(name))

    def person(self, actor: Principal, name: str) -> Person:
        """One of them. Raises DeniedError, UnknownPersonError."""
        manager(actor)
        with self._office.transactions.reading():
            return self._office.credentials(name).person

    def all(self, actor: Principal) -> list[Person]:
        """All of them, by name. Raises DeniedError."""
        manager(actor)
        with self._office.transactions.reading():
            return self._office.store.people()

    def managed(self, actor: Principal) -> bool:
        """Whether anybody who may sign in may manage people and their rights. Raises DeniedError."""
        return any(
            one.active and Permission.MANAGE_ACCESS in permissions_of(one.roles) for one in self.all(actor)
        )

    def any(self) -> bool:
        """Whether there is anybody yet: a node without people wants `tocsin admin init`."""
        with self._office.transactions.reading():
            return bool(self._office.store.people())
