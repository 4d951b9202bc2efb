"""Addresses that need no token."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.access.anonymous import Anonymous
from tocsin.access.model import Principal

LISTED = Principal("anonymous")


def anonymous(networks: list[str]) -> Anonymous:
    return Anonymous(map(ip_network, networks), LISTED)


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
    assert allowed.principal_of(address) == (LISTED if let_in else None)


def test_nobody_is_let_in_where_no_network_is_listed() -> None:
    assert anonymous([]).principal_of("127.0.0.1") is None


@given(st.text(max_size=40))
def test_any_text_as_address_is_answered(text: str) -> None:
    anonymous(["10.0.0.0/8"]).principal_of(text)
