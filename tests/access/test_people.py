"""People: making and changing them, and enrolling by themselves."""

from collections.abc import Callable

import pytest
from support.accounts import PASSWORD, ROOT, Rig, secret_in

from tocsin.access.errors import (
    DeniedError,
    EnrolmentError,
    InvalidNameError,
    NotSignedInError,
    PersonExistsError,
    SignInRefusedError,
    TooManyRequestsError,
    UnknownPersonError,
    UnknownRoleError,
    WeakPasswordError,
)
from tocsin.access.model import ROLES, Permission, Principal, permissions_of
from tocsin.evidence.errors import SealBrokenError


def test_a_person_is_listed_as_they_were_made(rig: Rig) -> None:
    assert not rig.accounts.people.any()
    rig.accounts.people.create(ROOT, "anna@example.org", PASSWORD, ["reviewer", "curator"])
    (anna,) = rig.accounts.people.all(ROOT)
    assert rig.accounts.people.any()
    assert anna.name == "anna@example.org"
    assert anna.roles == {"reviewer", "curator"}
    assert (anna.active, anna.must_enrol, anna.enrolled) == (True, True, False)
    assert anna.created == rig.clock.now


@pytest.mark.parametrize(
    ("name", "password", "roles", "error"),
    [
        ("Anna", PASSWORD, [], InvalidNameError),
        ("", PASSWORD, [], InvalidNameError),
        ("an na", PASSWORD, [], InvalidNameError),
        ("?", PASSWORD, [], InvalidNameError),
        ("anna", "short", [], WeakPasswordError),
        ("anna", PASSWORD, ["superuser"], UnknownRoleError),
        ("berta", PASSWORD, [], PersonExistsError),
    ],
)
def test_who_cannot_be_made_is_refused_and_leaves_nothing(
    rig: Rig, name: str, password: str, roles: list[str], error: type[Exception]
) -> None:
    rig.accounts.people.create(ROOT, "berta", PASSWORD, [])
    with pytest.raises(error):
        rig.accounts.people.create(ROOT, name, password, roles)
    assert [one.name for one in rig.accounts.people.all(ROOT)] == ["berta"]
    assert rig.kinds() == ["person.created"]


Change = Callable[[Rig, Principal, str], object]
CHANGES: dict[str, Change] = {
    "create": lambda rig, actor, name: rig.accounts.people.create(actor, name + "x", PASSWORD, []),
    "set_password": lambda rig, actor, name: rig.accounts.people.set_password(actor, name, PASSWORD),
    "set_roles": lambda rig, actor, name: rig.accounts.people.set_roles(actor, name, []),
    "disable": lambda rig, actor, name: rig.accounts.people.disable(actor, name),
    "enable": lambda rig, actor, name: rig.accounts.people.enable(actor, name),
    "enrol": lambda rig, actor, name: rig.accounts.people.enrol(actor, name),
    "reset": lambda rig, actor, name: rig.accounts.people.reset_second_factor(actor, name),
    "person": lambda rig, actor, name: rig.accounts.people.person(actor, name),
    "all": lambda rig, actor, _: rig.accounts.people.all(actor),
}


@pytest.mark.parametrize("change", CHANGES)
def test_only_who_manages_access_may_do_anything_with_people(rig: Rig, change: str) -> None:
    rig.accounts.people.create(ROOT, "anna", PASSWORD, [])
    stranger = Principal("person:stranger", frozenset(Permission) - {Permission.MANAGE_ACCESS})
    before = len(rig.events())
    with pytest.raises(DeniedError):
        CHANGES[change](rig, stranger, "anna")
    assert len(rig.events()) == before


@pytest.mark.parametrize("name", ["nobody", "", "nul\0", "ANNA", "?"])
@pytest.mark.parametrize("change", sorted(set(CHANGES) - {"create", "all"}))
def test_whoever_is_not_there_cannot_be_changed(rig: Rig, change: str, name: str) -> None:
    rig.accounts.people.create(ROOT, "anna", PASSWORD, [])
    with pytest.raises(UnknownPersonError):
        CHANGES[change](rig, ROOT, name)


@pytest.mark.parametrize("change", sorted(set(CHANGES) - {"person", "all"}))
def test_every_change_is_one_row_in_the_ledger_with_who_did_it(rig: Rig, change: str) -> None:
    rig.accounts.people.create(ROOT, "anna", PASSWORD, [])
    before = len(rig.kinds())
    CHANGES[change](rig, ROOT, "anna")
    assert len(rig.kinds()) == before + 1
    last = rig.events()[-1]
    assert (last.actor, last.subject.removesuffix("x")) == ("local:root", "person:anna")


@pytest.mark.parametrize("change", sorted(set(CHANGES) - {"person", "all"}))
def test_without_its_row_in_the_ledger_nothing_changes(rig: Rig, change: str) -> None:
    rig.accounts.people.create(ROOT, "anna", PASSWORD, ["curator"])
    secret = rig.accounts.sessions.sign_in("anna", PASSWORD).secret
    with rig.database.reading():
        before = rig.database.rows("SELECT * FROM person")
    ledger_key = next(rig.keys.folder.glob("ledger-*"))
    ledger_key.rename(ledger_key.with_suffix(".away"))
    rig.keys._signers.clear()
    with pytest.raises(Exception, match="key is not there"):
        CHANGES[change](rig, ROOT, "anna")
    with rig.database.reading():
        assert rig.database.rows("SELECT * FROM person") == before
    assert rig.accounts.sessions.principal_of(secret).id == "person:anna"


def test_no_role_holds_every_permission_and_an_administrator_sees_no_content() -> None:
    assert all(permissions < frozenset(Permission) for permissions in ROLES.values())
    assert permissions_of(["administrator"]) == {Permission.MANAGE_ACCESS, Permission.READ_LEDGER}
    assert permissions_of(["unheard of"]) == frozenset()


# Enrolling by oneself


def test_without_a_second_factor_nothing_is_allowed_but_enrolling(rig: Rig) -> None:
    rig.accounts.people.create(ROOT, "anna", PASSWORD, ["administrator"])
    signed_in = rig.accounts.sessions.sign_in("anna", PASSWORD)
    assert signed_in.must_enrol
    assert rig.accounts.sessions.principal_of(signed_in.secret) == Principal("person:anna")
    enrolment = rig.accounts.self_service.begin_enrolment(signed_in.secret)
    rig.accounts.self_service.confirm_enrolment(signed_in.secret, rig.code(enrolment))
    with pytest.raises(NotSignedInError):
        rig.accounts.sessions.principal_of(signed_in.secret)
    with pytest.raises(SignInRefusedError):
        rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(enrolment))
    secret = rig.sign_in("anna", enrolment)
    assert rig.accounts.sessions.principal_of(secret).may(Permission.MANAGE_ACCESS)


def test_an_administrator_may_do_without_a_second_factor_for_somebody(rig: Rig) -> None:
    rig.accounts.people.create(ROOT, "demo", PASSWORD, ["matcher"], must_enrol=False)
    signed_in = rig.accounts.sessions.sign_in("demo", PASSWORD)
    assert rig.accounts.sessions.principal_of(signed_in.secret).may(Permission.MATCH)
    assert '"must_enrol":false' in rig.events()[-2].detail


def test_enrolling_counts_only_when_a_code_was_confirmed(rig: Rig) -> None:
    rig.accounts.people.create(ROOT, "anna", PASSWORD, [])
    session = rig.accounts.sessions.sign_in("anna", PASSWORD).secret
    service = rig.accounts.self_service
    with pytest.raises(EnrolmentError, match="nothing was begun"):
        service.confirm_enrolment(session, "123456")
    first = service.begin_enrolment(session)
    second = service.begin_enrolment(session)
    with pytest.raises(EnrolmentError):
        service.confirm_enrolment(session, rig.code(first))
    assert not rig.accounts.people.person(ROOT, "anna").enrolled
    service.confirm_enrolment(session, rig.code(second))
    assert rig.accounts.people.person(ROOT, "anna").enrolled


def test_a_second_factor_that_is_there_cannot_be_replaced_from_a_session(rig: Rig) -> None:
    anna = rig.person()
    session = rig.sign_in("anna", anna)
    with pytest.raises(EnrolmentError, match="already"):
        rig.accounts.self_service.begin_enrolment(session)
    assert rig.sign_in("anna", anna)


def test_a_reset_lets_a_person_enrol_anew_and_old_codes_are_worth_nothing(rig: Rig) -> None:
    anna = rig.person()
    rig.accounts.people.reset_second_factor(ROOT, "anna")
    session = rig.accounts.sessions.sign_in("anna", PASSWORD).secret
    again = rig.accounts.self_service.begin_enrolment(session)
    rig.accounts.self_service.confirm_enrolment(session, rig.code(again))
    for code in (rig.code(anna), anna.recovery_codes[0]):
        with pytest.raises(SignInRefusedError):
            rig.accounts.sessions.sign_in("anna", PASSWORD, code)
    assert rig.sign_in("anna", again)


def test_a_sealed_second_factor_moved_to_another_person_does_not_open(rig: Rig) -> None:
    anna = rig.person("anna")
    rig.person("berta")
    with rig.database.writing():
        rig.database.change(
            "UPDATE person SET second_factor = (SELECT second_factor FROM person WHERE name = 'anna')"
        )
    with pytest.raises(SealBrokenError):
        rig.accounts.sessions.sign_in("berta", PASSWORD, rig.code(anna))


def test_the_uri_is_what_authenticators_read(rig: Rig) -> None:
    anna = rig.person("anna")
    assert anna.uri.startswith("otpauth://totp/Tocsin:anna?secret=")
    assert len(secret_in(anna.uri)) == 32
    assert len(set(anna.recovery_codes)) == 10


def test_ones_own_password_needs_the_old_one_and_ends_all_sessions(rig: Rig) -> None:
    anna = rig.person()
    session, other = rig.sign_in("anna", anna), rig.sign_in("anna", anna)
    service = rig.accounts.self_service
    with pytest.raises(SignInRefusedError):
        service.change_password(session, "not my password", "another password")
    with pytest.raises(WeakPasswordError):
        service.change_password(session, PASSWORD, "short")
    service.change_password(session, PASSWORD, "another password")
    for secret in (session, other):
        with pytest.raises(NotSignedInError):
            rig.accounts.sessions.principal_of(secret)
    with pytest.raises(SignInRefusedError):
        rig.sign_in("anna", anna)


def test_a_password_cannot_be_guessed_from_an_open_session(rig: Rig) -> None:
    session = rig.sign_in("anna", rig.person())
    for number in range(5):
        with pytest.raises(SignInRefusedError):
            rig.accounts.self_service.change_password(session, f"guess {number}", "another password")
    with pytest.raises(TooManyRequestsError):
        rig.accounts.self_service.change_password(session, PASSWORD, "another password")
