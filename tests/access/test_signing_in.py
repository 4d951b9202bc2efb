"""Signing in: the second factor, equal work and equal answers, waits, and sessions that end."""

import json
import threading
from contextlib import ExitStack
from datetime import timedelta

import pytest
from support.accounts import PASSWORD, ROOT, Rig

from tocsin.access.errors import (
    DeniedError,
    NotSignedInError,
    SignInRefusedError,
    TooManyRequestsError,
    UnknownSessionError,
)
from tocsin.access.model import Permission, Principal, Right
from tocsin.access.passwords import Cost
from tocsin.access.second_factor import PERIOD
from tocsin.access.signing_in import IDLE, LIFETIME, LONGEST_WAIT

STEP = timedelta(seconds=PERIOD)
MINUTE = timedelta(minutes=1)


def refused(rig: Rig, name: str, password: str, code: str = "", address: str = "") -> None:
    with pytest.raises(SignInRefusedError) as caught:
        rig.accounts.sessions.sign_in(name, password, code, address=address)
    assert caught.value.message == SignInRefusedError().message


def reasons(rig: Rig) -> list[str]:
    return [json.loads(row.detail)["reason"] for row in rig.events() if row.kind == "session.refused"]


def test_name_password_and_code_make_a_session_with_the_persons_rights(rig: Rig) -> None:
    anna = rig.person("anna", ("curator",))
    rig.accounts.grants.grant(ROOT, "person:anna", "known", [Right.CURATE])
    signed_in = rig.accounts.sessions.sign_in(" Anna ", PASSWORD, rig.code(anna), address="192.0.2.1")
    principal = rig.accounts.sessions.principal_of(signed_in.secret)
    assert principal.id == "person:anna"
    assert principal.may(Permission.CURATE)
    assert principal.may_in("known", Right.CURATE)
    assert not principal.may_in("other", Right.CURATE)
    assert not signed_in.must_enrol


def test_one_thing_missing_or_wrong_is_refused_with_the_same_words(rig: Rig) -> None:
    anna = rig.person()
    refused(rig, "anna", "wrong password", rig.code(anna))
    refused(rig, "anna", PASSWORD, "000000" if rig.code(anna) != "000000" else "000001")
    refused(rig, "anna", PASSWORD)
    refused(rig, "berta", PASSWORD, rig.code(anna))
    refused(rig, "", "", "")
    refused(rig, "nul\0", "nul\0", "\ud800")
    assert reasons(rig) == ["password", "code", "code", "unknown", "unknown", "unknown"]


def test_a_name_that_is_nobodys_is_not_written_down(rig: Rig) -> None:
    refused(rig, "my secret password", "anna")
    assert not any("secret" in row.subject + row.detail + row.actor for row in rig.events())


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_clocks_may_differ_by_a_step(rig: Rig, steps: int) -> None:
    anna = rig.person()
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna, steps * STEP))


@pytest.mark.parametrize("steps", [-2, 2])
def test_clocks_may_not_differ_by_more(rig: Rig, steps: int) -> None:
    refused(rig, "anna", PASSWORD, rig.code(rig.person(), steps * STEP))


def test_a_code_works_once_and_none_from_before_it_afterwards(rig: Rig) -> None:
    anna = rig.person()
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna))
    refused(rig, "anna", PASSWORD, rig.code(anna))
    refused(rig, "anna", PASSWORD, rig.code(anna, -STEP))
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna, STEP))


def test_a_code_stays_used_when_the_password_changes(rig: Rig) -> None:
    anna = rig.person()
    code = rig.code(anna)
    rig.accounts.sessions.sign_in("anna", PASSWORD, code)
    rig.accounts.people.set_password(ROOT, "anna", "another password")
    refused(rig, "anna", "another password", code)


def test_one_code_in_two_threads_signs_in_once(rig: Rig) -> None:
    anna = rig.person()
    code = rig.code(anna)
    both = threading.Barrier(2)
    answers: list[str] = []

    def attempt(number: int) -> None:
        accounts = rig.over(rig.clock.seconds)
        both.wait()
        try:
            accounts.sessions.sign_in("anna", PASSWORD, code, address=f"192.0.2.{number}")
            answers.append("in")
        except SignInRefusedError:
            answers.append("refused")

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["in", "refused"]
    assert len(rig.accounts.sessions.all(ROOT)) == 1


# Equal work


def test_every_attempt_costs_one_verification_two_transactions_and_one_row(rig: Rig) -> None:
    anna = rig.person("anna")
    rig.person("disabled")
    rig.accounts.people.disable(ROOT, "disabled")
    rig.accounts.people.create(ROOT, "fresh", PASSWORD, [])
    attempts = [
        ("anna", "wrong password", ""),
        ("anna", PASSWORD, "no code"),
        ("disabled", PASSWORD, ""),
        ("disabled", "wrong password", ""),
        ("fresh", "wrong password", ""),
        ("nobody", PASSWORD, rig.code(anna)),
        ("nobody", "wrong password", anna.recovery_codes[0]),
        *[("anna", "wrong password", "")] * 6,  # the last of them during a wait
    ]
    for name, password, code in attempts:
        verified, events, counted = rig.passwords.verified, len(rig.events()), rows_written(rig)
        rig.clock.move(timedelta(seconds=6))  # as the limit by address asks
        refused(rig, name, password, code)
        assert rig.passwords.verified - verified == 1, (name, password)
        assert len(rig.events()) - events == 1, (name, password)
        assert rows_written(rig) - counted == 1, (name, password)
    assert {"unknown", "disabled", "locked", "password", "code"} == set(reasons(rig))


def rows_written(rig: Rig) -> int:
    """How many attempts were counted, for a person or for nobody."""
    with rig.database.reading():
        idle = rig.database.number("SELECT value FROM counter WHERE name = 'idle_sign_in'")
        return idle + rig.database.number("SELECT SUM(failures) FROM person")


def test_a_right_password_makes_no_more_work_than_a_wrong_one_when_the_code_is_wrong(rig: Rig) -> None:
    rig.person()
    for password in (PASSWORD, "wrong password"):
        before = rig.passwords.verified
        refused(rig, "anna", password, "no code")
        assert rig.passwords.verified == before + 1


def test_nor_when_the_hash_is_due_to_be_replaced(rig: Rig) -> None:
    rig.person()
    rig.passwords._cost = Cost(2, 16, 1)
    del rig.passwords.__dict__["_hasher"]
    hashed: list[str] = []
    rig.passwords.hash = hashed.append  # type: ignore[method-assign,assignment]  # counts its calls
    for _ in range(6):  # the last of them during a wait
        refused(rig, "anna", PASSWORD, "no code")
    assert hashed == []


# Waits


def fail(rig: Rig, times: int) -> None:
    for number in range(times):
        refused(rig, "anna", "wrong password", address=f"192.0.2.{number}")


def test_five_failures_make_a_wait_that_the_right_password_does_not_end(rig: Rig) -> None:
    anna = rig.person()
    fail(rig, 5)
    refused(rig, "anna", PASSWORD, rig.code(anna))
    assert reasons(rig)[-1] == "locked"
    rig.clock.move(timedelta(seconds=15))
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna))


def test_signing_in_forgets_failures(rig: Rig) -> None:
    anna = rig.person()
    for _ in range(3):
        fail(rig, 4)
        rig.sign_in("anna", anna)
    assert rig.accounts.people.person(ROOT, "anna").failures == 0


def test_waits_double_up_to_a_quarter_of_an_hour_and_attempts_during_one_do_not_lengthen_it(rig: Rig) -> None:
    anna = rig.person()
    fail(rig, 4)
    for wait in (15, 30, 60, 120, 240, 480, 900, 900, 900):
        fail(rig, 1)
        until = rig.clock.now + timedelta(seconds=wait)
        assert rig.accounts.people.person(ROOT, "anna").locked_until == until
        rig.clock.move(timedelta(seconds=wait / 2))
        fail(rig, 3)
        assert rig.accounts.people.person(ROOT, "anna").locked_until == until
        rig.clock.now = until
    assert timedelta(seconds=900) == LONGEST_WAIT
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna))


def test_many_wrong_guesses_at_once_are_not_more_than_one_after_the_other(rig: Rig) -> None:
    rig.person()
    threads = [
        threading.Thread(target=refused, args=(rig, "anna", "wrong password", "", f"192.0.2.{number}"))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reasons(rig)) == ["locked"] * 3 + ["password"] * 5


def test_a_flood_of_attempts_is_refused_before_it_holds_every_thread_and_counts_against_nobody(
    rig: Rig,
) -> None:
    anna = rig.person()
    with ExitStack() as waiting:
        for _ in range(8):
            waiting.enter_context(rig.passwords.place())
        with pytest.raises(TooManyRequestsError):
            rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna))
    assert rig.accounts.people.person(ROOT, "anna").failures == 0
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna))


def test_an_attacker_cannot_keep_out_who_has_a_recovery_code(rig: Rig) -> None:
    anna = rig.person()
    fail(rig, 8)
    refused(rig, "anna", PASSWORD, rig.code(anna))
    typed = anna.recovery_codes[3].upper().replace("-", " ")
    rig.accounts.sessions.sign_in("anna", PASSWORD, typed)


def test_nor_who_may_use_the_shell(rig: Rig) -> None:
    anna = rig.person()
    fail(rig, 8)
    rig.accounts.people.enable(ROOT, "anna")
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna))


def test_a_recovery_code_is_spent_by_its_use_even_with_a_wrong_password(rig: Rig) -> None:
    anna = rig.person()
    first, second, *_ = anna.recovery_codes
    rig.accounts.sessions.sign_in("anna", PASSWORD, first)
    refused(rig, "anna", PASSWORD, first)
    refused(rig, "anna", "wrong password", second)
    refused(rig, "anna", PASSWORD, second)


def test_a_recovery_code_is_of_no_use_to_another_person(rig: Rig) -> None:
    anna = rig.person("anna")
    rig.person("berta")
    refused(rig, "berta", PASSWORD, anna.recovery_codes[0])
    rig.accounts.sessions.sign_in("anna", PASSWORD, anna.recovery_codes[0])


def test_one_address_may_try_ten_times_a_minute(rig: Rig) -> None:
    anna = rig.person()
    for number in range(10):
        refused(rig, f"guess{number}", PASSWORD, address="2001:db8::1")
    before = rig.passwords.verified
    with pytest.raises(TooManyRequestsError):
        rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna), address="2001:db8::2")
    assert rig.passwords.verified == before
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna), address="2001:db8:1::1")


# Credentials that change


def test_a_hash_of_an_older_cost_is_replaced_when_the_person_signs_in(rig: Rig) -> None:
    anna = rig.person()
    rig.passwords._cost = Cost(2, 16, 1)
    del rig.passwords.__dict__["_hasher"]
    rig.sign_in("anna", anna)
    with rig.database.reading():
        (kept,) = rig.database.rows("SELECT password FROM person")[0]
    assert "m=16,t=2" in kept
    assert rig.sign_in("anna", anna)


def test_who_is_disabled_while_the_password_is_checked_is_refused(rig: Rig) -> None:
    anna = rig.person()
    verify = rig.passwords.verify

    def slowly(kept: str | None, password: str) -> bool:
        rig.accounts.people.disable(ROOT, "anna")
        return verify(kept, password)

    rig.passwords.verify = slowly  # type: ignore[method-assign]  # what happens meanwhile
    refused(rig, "anna", PASSWORD, rig.code(anna))
    assert reasons(rig) == ["changed"]


# Sessions


def test_a_session_ends_when_it_is_not_used(rig: Rig) -> None:
    secret = rig.sign_in("anna", rig.person())
    for _ in range(5):
        rig.clock.move(IDLE - MINUTE)
        rig.accounts.sessions.principal_of(secret)
    rig.clock.move(IDLE)
    with pytest.raises(NotSignedInError):
        rig.accounts.sessions.principal_of(secret)


def test_a_session_ends_in_the_end_however_much_it_is_used(rig: Rig) -> None:
    secret = rig.sign_in("anna", rig.person())
    for _ in range(LIFETIME // (IDLE / 2) - 1):
        rig.clock.move(IDLE / 2)
        rig.accounts.sessions.principal_of(secret)
    rig.clock.move(IDLE / 2)
    with pytest.raises(NotSignedInError):
        rig.accounts.sessions.principal_of(secret)


def test_a_clock_that_was_ahead_leaves_no_session_that_lasts_too_long(rig: Rig) -> None:
    anna = rig.person()
    rig.clock.move(timedelta(days=300))
    secret = rig.sign_in("anna", anna)
    rig.clock.move(-MINUTE)
    rig.accounts.sessions.principal_of(secret)  # a small correction ends nothing
    rig.clock.move(-timedelta(days=300))
    with pytest.raises(NotSignedInError):
        rig.accounts.sessions.principal_of(secret)


def test_a_clock_that_was_ahead_keeps_nobody_out(rig: Rig) -> None:
    anna = rig.person()
    rig.clock.move(timedelta(days=300))
    fail(rig, 20)
    rig.clock.move(-timedelta(days=300))
    rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna))


def test_using_a_session_is_written_down_once_a_minute_at_most(rig: Rig) -> None:
    secret = rig.sign_in("anna", rig.person())
    begun = rig.clock.now
    rig.clock.move(MINUTE - timedelta(seconds=1))
    rig.accounts.sessions.principal_of(secret)
    assert rig.accounts.sessions.all(ROOT)[0].last_used == begun
    rig.clock.move(timedelta(seconds=1))
    rig.accounts.sessions.principal_of(secret)
    assert rig.accounts.sessions.all(ROOT)[0].last_used == begun + MINUTE


def test_signing_out_ends_the_session_everywhere(rig: Rig) -> None:
    secret = rig.sign_in("anna", rig.person())
    elsewhere = rig.over(rig.clock.seconds)
    elsewhere.sessions.principal_of(secret)
    rig.accounts.sessions.sign_out(secret)
    with pytest.raises(NotSignedInError):
        elsewhere.sessions.principal_of(secret)
    with pytest.raises(NotSignedInError):
        rig.accounts.sessions.sign_out(secret)


def test_signing_in_again_replaces_the_session_of_that_browser(rig: Rig) -> None:
    anna = rig.person()
    old = rig.sign_in("anna", anna)
    kept = rig.sign_in("anna", anna)
    rig.clock.move(MINUTE)
    new = rig.accounts.sessions.sign_in("anna", PASSWORD, rig.code(anna), replacing=old).secret
    assert len({old, kept, new}) == 3
    for secret in (kept, new):
        rig.accounts.sessions.principal_of(secret)
    with pytest.raises(NotSignedInError):
        rig.accounts.sessions.principal_of(old)


def test_one_session_or_all_of_a_person_can_be_ended(rig: Rig) -> None:
    anna, berta = rig.person("anna"), rig.person("berta")
    first, second, third = (rig.sign_in("anna", anna) for _ in range(3))
    other = rig.sign_in("berta", berta)
    sessions = rig.accounts.sessions
    oldest = sessions.all(ROOT)[-1]
    assert oldest.person == "anna"
    assert sessions.revoke(ROOT, oldest.id)
    assert not sessions.revoke(ROOT, oldest.id)
    with pytest.raises(NotSignedInError):
        sessions.principal_of(first)
    assert sessions.revoke_all(ROOT, "anna") == 2
    for secret in (second, third):
        with pytest.raises(NotSignedInError):
            sessions.principal_of(secret)
    assert sessions.principal_of(other).id == "person:berta"
    with pytest.raises(UnknownSessionError):
        sessions.revoke(ROOT, 10**9)


@pytest.mark.parametrize("change", ["disable", "set_password", "enrol", "reset_second_factor"])
def test_what_changes_who_somebody_is_ends_their_sessions(rig: Rig, change: str) -> None:
    secret = rig.sign_in("anna", rig.person())
    more = ["another password"] if change == "set_password" else []
    getattr(rig.accounts.people, change)(ROOT, "anna", *more)
    with pytest.raises(NotSignedInError):
        rig.accounts.sessions.principal_of(secret)


def test_roles_change_with_the_next_request(rig: Rig) -> None:
    secret = rig.sign_in("anna", rig.person("anna", ("administrator",)))
    assert rig.accounts.sessions.principal_of(secret).may(Permission.MANAGE_ACCESS)
    rig.accounts.people.set_roles(ROOT, "anna", ["matcher"])
    assert rig.accounts.sessions.principal_of(secret).permissions == {Permission.MATCH}


def test_old_sessions_are_forgotten_in_time(rig: Rig) -> None:
    anna = rig.person()
    rig.sign_in("anna", anna)
    rig.clock.move(timedelta(days=40))
    rig.sign_in("anna", anna)
    with rig.database.reading():
        assert rig.database.number("SELECT COUNT(*) FROM session") == 1


@pytest.mark.parametrize("secret", ["", "x", "\0", "\ud800", "y" * 100_000])
def test_what_is_no_session_is_nobodys(rig: Rig, secret: str) -> None:
    with pytest.raises(NotSignedInError):
        rig.accounts.sessions.principal_of(secret)


def test_only_who_manages_access_may_look_at_sessions_and_end_them(rig: Rig) -> None:
    stranger = Principal("person:stranger", frozenset(Permission) - {Permission.MANAGE_ACCESS})
    sessions = rig.accounts.sessions
    for attempt in (
        lambda: sessions.all(stranger),
        lambda: sessions.revoke(stranger, 1),
        lambda: sessions.revoke_all(stranger, "anna"),
    ):
        with pytest.raises(DeniedError):
            attempt()
