"""Tokens: their spelling, their scope, and that they end when they should."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.accounts import ROOT, Rig

from tocsin.access import secrets
from tocsin.access.errors import (
    DeniedError,
    InvalidBankError,
    InvalidLifetimeError,
    InvalidNameError,
    InvalidRateError,
    NotSignedInError,
    TokenExistsError,
    UnknownRoleError,
    UnknownTokenError,
)
from tocsin.access.model import EVERY_BANK, Permission, Principal, Right
from tocsin.access.tokens import LONGEST, Scope, may_only_match

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_a_token_is_recognised_with_its_scope(rig: Rig) -> None:
    scope = Scope(frozenset({"curator"}), {"known": frozenset({Right.READ}), EVERY_BANK: frozenset()}, rate=7)
    secret = rig.accounts.tokens.create(ROOT, "uploads", scope)
    found = rig.accounts.tokens.principal_of(secret)
    assert (found.id, found.rate) == ("token:uploads", 7)
    assert found.may(Permission.CURATE)
    assert not found.may(Permission.SUBMIT)
    assert found.may_in("known", Right.READ)
    assert not found.may_in("known", Right.MATCH)
    assert not found.may_in("other", Right.READ)


def test_a_partners_token_may_match_against_its_banks_and_nothing_else(rig: Rig) -> None:
    secret = rig.accounts.tokens.create(ROOT, "partner", may_only_match(["a", "b"], rate=60))
    partner = rig.accounts.tokens.principal_of(secret)
    assert partner.permissions == {Permission.MATCH}
    assert partner.banks == {"a": {Right.MATCH}, "b": {Right.MATCH}}
    assert not any(partner.may_in("c", right) for right in Right)


def test_a_token_without_rights_has_none_anywhere(rig: Rig) -> None:
    secret = rig.accounts.tokens.create(ROOT, "bare", Scope())
    bare = rig.accounts.tokens.principal_of(secret)
    assert (bare.permissions, bare.banks) == (frozenset(), {})
    assert not any(bare.may_in("any", right) for right in Right)


def test_a_token_ends_at_its_expiry(rig: Rig) -> None:
    secret = rig.accounts.tokens.create(ROOT, "brief", Scope(lifetime=timedelta(days=1)))
    rig.clock.move(timedelta(days=1) - timedelta(microseconds=1))
    rig.accounts.tokens.principal_of(secret)
    rig.clock.move(timedelta(microseconds=1))
    with pytest.raises(NotSignedInError, match="expired"):
        rig.accounts.tokens.principal_of(secret)


def test_a_revoked_token_is_refused_at_the_next_request_and_its_name_stays_taken(rig: Rig) -> None:
    tokens = rig.accounts.tokens
    secret, other = (tokens.create(ROOT, name, Scope()) for name in ("gone", "stays"))
    elsewhere = rig.over(rig.clock.seconds)
    elsewhere.tokens.principal_of(secret)
    assert tokens.revoke(ROOT, "gone")
    assert not tokens.revoke(ROOT, "gone")
    with pytest.raises(NotSignedInError, match="revoked"):
        elsewhere.tokens.principal_of(secret)
    assert elsewhere.tokens.principal_of(other).id == "token:stays"
    with pytest.raises(TokenExistsError):
        tokens.create(ROOT, "gone", Scope())
    assert rig.kinds() == ["token.created", "token.created", "token.revoked"]
    assert [(one.name, one.revoked is not None) for one in tokens.all(ROOT)] == [
        ("gone", True),
        ("stays", False),
    ]


ASKING = """
import sys
from pathlib import Path
from tocsin.node.node import Node
from tocsin.errors import Error

with Node.open(Path(sys.argv[1])) as node:
    for line in sys.stdin:
        try:
            print(node.accounts.tokens.principal_of(line.strip()).id, flush=True)
        except Error as error:
            print(error.code, flush=True)
"""


@pytest.mark.slow
def test_another_process_refuses_a_revoked_token_at_its_next_request(home_folder: Path) -> None:
    from tocsin.node.node import Node  # noqa: PLC0415  # half a second that the other tests do not need

    with Node.open(home_folder) as node:
        secret = node.accounts.tokens.create(ROOT, "gone", Scope())
        other = subprocess.Popen(
            [sys.executable, "-c", ASKING, home_folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with other:
            assert other.stdin is not None
            assert other.stdout is not None

            def asked() -> str:
                assert other.stdin is not None
                assert other.stdout is not None
                print(secret, file=other.stdin, flush=True)
                return other.stdout.readline().strip()

            assert asked() == "token:gone"
            node.accounts.tokens.revoke(ROOT, "gone")
            assert asked() == "access.not_signed_in"
            other.stdin.close()


@pytest.mark.parametrize(
    ("name", "scope", "error"),
    [
        ("", Scope(), InvalidNameError),
        ("Upper", Scope(), InvalidNameError),
        ("line\nbreak", Scope(), InvalidNameError),
        ("a" * 65, Scope(), InvalidNameError),
        ("a", Scope(frozenset({"*"})), UnknownRoleError),
        ("a", Scope(lifetime=timedelta()), InvalidLifetimeError),
        ("a", Scope(lifetime=LONGEST + timedelta(microseconds=1)), InvalidLifetimeError),
        ("a", Scope(rate=-1), InvalidRateError),
        ("a", Scope(rate=1_000_001), InvalidRateError),
        ("a", Scope(banks={"nul\0": frozenset()}), InvalidBankError),
    ],
)
def test_what_cannot_be_a_token_is_refused_and_leaves_nothing(
    rig: Rig, name: str, scope: Scope, error: type[Exception]
) -> None:
    with pytest.raises(error):
        rig.accounts.tokens.create(ROOT, name, scope)
    assert rig.accounts.tokens.all(ROOT) == []
    assert rig.kinds() == []


def test_only_who_manages_access_may_make_and_end_tokens(rig: Rig) -> None:
    others = frozenset(Permission) - {Permission.MANAGE_ACCESS}
    stranger = Principal("person:stranger", others, {EVERY_BANK: frozenset(Right)})
    for attempt in (
        lambda: rig.accounts.tokens.create(stranger, "a", Scope()),
        lambda: rig.accounts.tokens.revoke(stranger, "a"),
        lambda: rig.accounts.tokens.all(stranger),
    ):
        with pytest.raises(DeniedError):
            attempt()


@pytest.mark.parametrize("name", ["nobody", "", "nul\0", "token:x"])
def test_a_token_that_is_not_there_cannot_be_revoked(rig: Rig, name: str) -> None:
    with pytest.raises(UnknownTokenError):
        rig.accounts.tokens.revoke(ROOT, name)


def test_the_ledger_says_what_a_token_was_made_for(rig: Rig) -> None:
    rig.accounts.tokens.create(ROOT, "partner", may_only_match(["fünf"], rate=5))
    (row,) = [row for row in rig.events() if row.kind == "token.created"]
    detail = json.loads(row.detail)
    assert (row.actor, row.subject) == ("local:root", "token:partner")
    assert detail["roles"] == ["matcher"]
    assert detail["banks"] == [{"bank": "fünf", "rights": ["match"]}]
    assert detail["rate"] == 5


def test_a_failing_ledger_leaves_no_token(rig: Rig) -> None:
    for key in rig.keys.folder.iterdir():
        key.unlink()
    with pytest.raises(Exception, match="no keys"):
        rig.accounts.tokens.create(ROOT, "unrecorded", Scope())
    assert rig.accounts.tokens.all(ROOT) == []


# Spelling


def test_tokens_are_long_random_and_known_by_their_prefix() -> None:
    made = {secrets.new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(one.startswith("tocsin_") and len(one) == 55 and secrets.is_token(one) for one in made)


@given(st.integers(0, 47), st.sampled_from(ALPHABET))
def test_one_mistyped_letter_is_noticed(place: int, letter: str) -> None:
    token = secrets.new_token()
    body = token.removeprefix("tocsin_")
    changed = "tocsin_" + body[:place] + letter + body[place + 1 :]
    assert secrets.is_token(changed) == (changed == token)


@given(st.one_of(st.text(), st.text().map(lambda text: "tocsin_" + text), st.text(ALPHABET, min_size=48)))
def test_any_other_text_is_no_token(text: str) -> None:
    assert not secrets.is_token(text)


@pytest.mark.parametrize("secret", ["", "tocsin_", "x" * 10_000, "tocsin_" + "é" * 48, "\0", "\ud800"])
def test_what_is_no_token_is_nobodys(rig: Rig, secret: str) -> None:
    with pytest.raises(NotSignedInError):
        rig.accounts.tokens.principal_of(secret)


def test_a_well_spelt_token_of_another_node_is_nobodys(rig: Rig) -> None:
    with pytest.raises(NotSignedInError):
        rig.accounts.tokens.principal_of(secrets.new_token())
