"""What a bank may be called."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.banks.model import Policy
from tocsin.banks.store import InvalidBankNameError
from tocsin.storage.curating import MAX_NAME
from tocsin.storage.home import Home

unprintable = st.characters(categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp"])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with Home.open(tmp_path_factory.mktemp("home"), create=True) as home:
        yield home


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x1b[31m", "a\0", "\ud800", "x" * (MAX_NAME + 1)])
def test_a_name_that_cannot_be_shown_and_typed_is_refused(home: Home, name: str) -> None:
    with pytest.raises(InvalidBankNameError):
        home.create_bank(name, Policy())
    assert name not in [bank.name for bank in home.banks()]


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=5), unprintable, st.text(max_size=5))
def test_no_character_that_cannot_be_printed_is_in_a_name(home: Home, a: str, hidden: str, b: str) -> None:
    with pytest.raises(InvalidBankNameError):
        home.create_bank(a + hidden + b, Policy())


@pytest.mark.parametrize("name", ["x" * MAX_NAME, "two words", "'; --", "\u540d\u524d", "-"])
def test_any_other_name_is_kept_as_it_is(home: Home, name: str) -> None:
    assert home.create_bank(name, Policy()).name == name
    assert home.bank(name).name == name
