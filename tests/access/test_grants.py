"""Rights in banks: against a model, through whatever is granted, taken back and read anew."""

from itertools import count
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from support.accounts import PASSWORD, ROOT, Rig

from tocsin.access.errors import (
    DeniedError,
    InvalidBankError,
    NotSignedInError,
    UnknownPrincipalError,
)
from tocsin.access.model import EVERY_BANK, Permission, Principal, Right
from tocsin.access.tokens import Scope, may_only_match
from tocsin.banks.model import Policy
from tocsin.banks.store import InvalidBankNameError
from tocsin.storage.home import Home

BANKS = st.sampled_from(["known", "größer", "x" * 200, EVERY_BANK])
RIGHTS = st.frozensets(st.sampled_from(Right))
WHO = st.sampled_from(["one", "two"])
ASKED = ["known", "größer", "x" * 200, "named nowhere"]


class Granting(RuleBasedStateMachine):
    """Two tokens, what was granted to them, and whether they still are tokens."""

    numbers = count()
    rig: ClassVar[Rig]

    def __init__(self) -> None:
        """Two new tokens without rights."""
        super().__init__()
        self.accounts = self.rig.accounts
        number = next(self.numbers)
        self.names = {who: f"{who}{number}" for who in ("one", "two")}
        self.secrets = {
            who: self.accounts.tokens.create(ROOT, name, Scope()) for who, name in self.names.items()
        }
        self.granted: dict[str, dict[str, frozenset[Right]]] = {"one": {}, "two": {}}
        self.revoked: set[str] = set()
        self.changes = 0

    @rule(who=WHO, bank=BANKS, rights=RIGHTS)
    def grant(self, who: str, bank: str, rights: frozenset[Right]) -> None:
        before = len(self.rig.events())
        self.accounts.grants.grant(ROOT, f"token:{self.names[who]}", bank, rights)
        self.granted[who][bank] = rights
        assert len(self.rig.events()) == before + 1

    @rule(who=WHO, bank=BANKS)
    def take_back(self, who: str, bank: str) -> None:
        before = len(self.rig.events())
        there = self.granted[who].pop(bank, None) is not None
        assert self.accounts.grants.revoke(ROOT, f"token:{self.names[who]}", bank) == there
        assert len(self.rig.events()) == before + there

    @rule(who=WHO)
    def end(self, who: str) -> None:
        self.accounts.tokens.revoke(ROOT, self.names[who])
        self.revoked.add(who)

    @rule()
    def look_from_another_process(self) -> None:
        self.accounts = self.rig.over(self.rig.clock.seconds)

    @invariant()
    def everybody_may_what_was_granted_and_nothing_else(self) -> None:
        listed = self.accounts.grants.all(ROOT)
        for who, name in self.names.items():
            granted = self.granted[who]
            assert listed.get(f"token:{name}", {}) == granted
            if who in self.revoked:
                with pytest.raises(NotSignedInError):
                    self.accounts.tokens.principal_of(self.secrets[who])
                continue
            principal = self.accounts.tokens.principal_of(self.secrets[who])
            for bank in ASKED:
                expected = granted.get(bank, granted.get(EVERY_BANK, frozenset()))
                assert {right for right in Right if principal.may_in(bank, right)} == expected
            assert principal.permissions == frozenset()


@pytest.mark.slow  # hundreds of transactions
def test_rights_are_what_was_granted_last(rig: Rig) -> None:
    bound = type("Bound", (Granting,), {"rig": rig})
    few = settings(
        max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(bound, settings=few)


def test_no_rights_in_a_bank_outweigh_those_in_every_bank(rig: Rig) -> None:
    rig.person("anna", ("curator",))
    rig.accounts.grants.grant(ROOT, "person:anna", EVERY_BANK, list(Right))
    rig.accounts.grants.grant(ROOT, "person:anna", "closed", [])
    rights = rig.accounts.grants.all(ROOT)["person:anna"]
    anna = Principal("person:anna", banks=rights)
    assert anna.may_in("open", Right.CURATE)
    assert not any(anna.may_in("closed", right) for right in Right)


def test_rights_in_a_bank_go_with_it_but_what_was_closed_stays_closed(home: Home) -> None:
    rig = Rig(home.database, home.folder)
    secret = rig.accounts.tokens.create(ROOT, "partner", may_only_match(["gone", "stays"], rate=1))
    rig.person("anna")
    rig.accounts.grants.grant(ROOT, "person:anna", EVERY_BANK, [Right.READ])
    rig.accounts.grants.grant(ROOT, "person:anna", "gone", [])
    for name in ("gone", "stays"):
        home.create_bank(name, Policy())
    home.remove_bank("gone")
    home.create_bank("gone", Policy())
    assert rig.accounts.tokens.principal_of(secret).banks == {"stays": {Right.MATCH}}
    assert rig.accounts.grants.all(ROOT)["person:anna"] == {EVERY_BANK: {Right.READ}, "gone": frozenset()}


def test_no_bank_can_be_named_like_all_of_them(home: Home) -> None:
    with pytest.raises(InvalidBankNameError):
        home.create_bank(EVERY_BANK, Policy())


def test_a_star_in_a_request_is_no_bank_with_every_right() -> None:
    principal = Principal("token:x", banks={"known": frozenset(Right)})
    assert not any(principal.may_in(EVERY_BANK, right) for right in Right)


def test_a_person_and_a_token_of_one_name_have_rights_of_their_own(rig: Rig) -> None:
    rig.accounts.people.create(ROOT, "same", PASSWORD, [], must_enrol=False)
    secret = rig.accounts.tokens.create(ROOT, "same", Scope())
    rig.accounts.grants.grant(ROOT, "person:same", "known", [Right.READ])
    assert rig.accounts.tokens.principal_of(secret).banks == {}
    session = rig.accounts.sessions.sign_in("same", PASSWORD).secret
    assert rig.accounts.sessions.principal_of(session).banks == {"known": {Right.READ}}


@pytest.mark.parametrize(
    "principal",
    ["", "anna", "person:", "person:berta", "token:anna", "node", "local:root", "person:nul\0", "*"],
)
def test_rights_are_given_to_somebody_who_is_there(rig: Rig, principal: str) -> None:
    rig.person("anna")
    with pytest.raises(UnknownPrincipalError):
        rig.accounts.grants.grant(ROOT, principal, "known", [Right.MATCH])
    with pytest.raises(UnknownPrincipalError):
        rig.accounts.grants.revoke(ROOT, principal, "known")
    assert rig.accounts.grants.all(ROOT) == {}


@pytest.mark.parametrize("bank", ["", "line\nbreak", "nul\0", "x" * 201])
def test_a_bank_that_cannot_be_is_refused(rig: Rig, bank: str) -> None:
    rig.person("anna")
    with pytest.raises(InvalidBankError):
        rig.accounts.grants.grant(ROOT, "person:anna", bank, [Right.MATCH])


def test_only_who_manages_access_may_grant(rig: Rig) -> None:
    rig.person("anna")
    others = frozenset(Permission) - {Permission.MANAGE_ACCESS}
    stranger = Principal("person:anna", others, {EVERY_BANK: frozenset(Right)})
    for attempt in (
        lambda: rig.accounts.grants.grant(stranger, "person:anna", "known", [Right.SHARE]),
        lambda: rig.accounts.grants.revoke(stranger, "person:anna", "known"),
        lambda: rig.accounts.grants.all(stranger),
    ):
        with pytest.raises(DeniedError):
            attempt()
    assert rig.accounts.grants.all(ROOT) == {}
