"""Addresses that need no token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.access.anonymous import anonymous
from tocsin.access.errors import InvalidNetworkError
from tocsin.access.model import Permission, Right


@pytest.mark.parametrize(
    ("address", "let_in"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.1.2.3", False),
        ("::ffff:11.1.2.3", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("::1", False),
        ("127.0.0.1", False),
        ("", False),
        ("10.1.2.3, 11.1.2.3", False),
        ("010.1.2.3", False),
        ("/run/socket", False),
    ],
)
def test_only_listed_networks_are_let_in(address: str, *, let_in: bool) -> None:
    allowed = anonymous(["10.0.0.0/8", "2001:db8::/32"])
    assert (allowed.principal_of(address) is not None) == let_in


def test_nobody_is_let_in_where_no_network_is_listed() -> None:
    assert anonymous([]).principal_of("127.0.0.1") is None


def test_who_is_let_in_may_match_and_read_but_nothing_else() -> None:
    principal = anonymous(["0.0.0.0/0"], rate=9).principal_of("192.0.2.1")
    assert principal is not None
    assert (principal.id, principal.rate) == ("anonymous", 9)
    assert principal.permissions == {Permission.MATCH}
    assert {right for right in Right if principal.may_in("any", right)} == {Right.MATCH, Right.READ}


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "everyone", "10.0.0.0/33", "10.0.0.0/8 11.0.0.0/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(InvalidNetworkError):
        anonymous([text])


@given(st.text(max_size=40))
def test_any_text_as_address_is_answered(text: str) -> None:
    anonymous(["10.0.0.0/8"]).principal_of(text)
