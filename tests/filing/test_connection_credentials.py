"""What is taken for an account at an authority: placeholders are not, whatever an authority makes up is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.filing.credentials import (
    Account,
    UnfitCredentialsError,
    checked_account,
    from_bytes,
    is_placeholder,
    to_bytes,
)
from tocsin.filing.model import Environment

GOOD = "hG6zR2kkl9"
PLACEHOLDERS = """
    user USER username User1 user_name changeme ChangeMe! changeme123 change-me password
    Password1 password123 example test TEST-1 testing xxx XXXXXXXX ... **** ---- 0000 123456 1234567890
    <user> <your-password> {user} {{password}} ${USER} $PASSWORD %USER% [username] yourpassword your_username
    my-password enter-username todo TBD none null string secret foo foobar admin demo
    placeholder letmein replace_me n.a.m.e.
"""
POSSIBLE = """
    esp esp4711 espteam acme acme_ncmec photos-example-esp 104233 8372a9931 a1b2c3d4 $x9Kp2mm <kQ9>z4
    correct-horse-battery-staple Tr0ub4dor&3 passw0rd-of-Ny7 userland-42-z9Q testament-2044-Quill
    exampleton-Kx82 nullable-Zw93-plum pässwörter-Z9 日本語のパス
"""


@pytest.mark.parametrize(
    "text",
    PLACEHOLDERS.split(),
)
def test_a_placeholder_is_refused(text: str) -> None:
    for environment in (Environment.TEST, Environment.PRODUCTION):
        for user, password in ((text, GOOD), ("Esp-4711", text)):
            with pytest.raises(UnfitCredentialsError, match="is a placeholder"):
                checked_account(environment, user, password)
    checked_account(Environment.SIMULATOR, text, text)


@pytest.mark.parametrize(
    "text",
    POSSIBLE.split(),
)
def test_what_an_authority_may_give_is_taken(text: str) -> None:
    checked_account(Environment.PRODUCTION, text, GOOD)
    checked_account(Environment.PRODUCTION, "Esp-4711", text)


@given(st.text(alphabet="abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=12, max_size=24))
def test_what_was_drawn_at_random_is_hardly_ever_refused(text: str) -> None:
    if len(set(text.lower())) > 5 and not any(word in text.lower() for word in ("pass", "user", "test")):
        assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("", GOOD),
        ("Esp-4711", ""),
        (" Esp-4711", GOOD),
        ("Esp-4711", GOOD + "\n"),
        ("Esp-4711", "a\0b"),
        ("Esp:4711", GOOD),
        ("Esp-4711", "x1" * 101),
        ("Esp\udc804711", GOOD),
    ],
)
@pytest.mark.parametrize("environment", Environment)
def test_what_no_header_could_hold_is_refused(environment: Environment, user: str, password: str) -> None:
    with pytest.raises(UnfitCredentialsError) as caught:
        checked_account(environment, user, password)
    assert GOOD not in caught.value.message


@given(st.text(), st.text())
def test_an_account_comes_back_as_it_was_and_shows_nothing(user: str, password: str) -> None:
    account = Account(user, password)
    assert from_bytes(to_bytes(account)) == account
    assert repr(account) == "Account()"
