"""Passwords: which are refused, and how they are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.accounts import CHEAP

from tocsin.access import passwords
from tocsin.access.errors import WeakPasswordError
from tocsin.access.passwords import Cost, Passwords


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "a" * 40,
        "abcabcabcabcabc",
        "PasswordPassword",
        "password1234".translate(
            {ord(letter): ord(letter) + 0xFEE0 for letter in "password1234"}
        ),  # full width
        "anna.lindgren",
        "Anna.Lindgren",
        "nergdnil.anna",
        "x1" * 501,
    ],
)
def test_what_would_be_tried_first_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        passwords.check("anna.lindgren", password)


@pytest.mark.parametrize(
    "password", ["twelve chars", "correct horse", "Grüße aus Köln!", "密码密码很长很长的一句话啊"]
)
def test_length_is_enough(password: str) -> None:
    passwords.check("anna", password)


def test_a_password_verifies_and_no_other_does() -> None:
    hasher = Passwords(CHEAP)
    kept = hasher.hash("twelve chars")
    assert hasher.verify(kept, "twelve chars")
    assert not hasher.verify(kept, "twelve chars ")
    assert not hasher.verify(kept, "")
    assert not hasher.verify(kept, "twelve chars" * 1000)


@given(st.text(max_size=30))
def test_nobodys_password_is_never_right(password: str) -> None:
    assert not HASHER.verify(None, password)


HASHER = Passwords(CHEAP)


def test_letters_composed_otherwise_are_the_same_password() -> None:
    hasher = Passwords(CHEAP)
    assert hasher.verify(hasher.hash("Gr\u00fc\u00dfe aus K\u00f6ln"), "Gru\u0308\u00dfe aus Ko\u0308ln")


def test_the_same_password_is_kept_differently_each_time() -> None:
    hasher = Passwords(CHEAP)
    assert hasher.hash("twelve chars") != hasher.hash("twelve chars")


def test_passwords_are_kept_as_rfc_9106_recommends() -> None:
    kept = Passwords().hash("twelve chars")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_of_another_cost_verifies_and_is_due_to_be_replaced() -> None:
    kept = Passwords(CHEAP).hash("twelve chars")
    newer = Passwords(Cost(2, 16, 1))
    assert newer.verify(kept, "twelve chars")
    assert newer.outdated(kept)
    assert not newer.outdated(newer.hash("twelve chars"))
