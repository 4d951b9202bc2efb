"""Every onward-sharing rule times every kind of partner, against a table written by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.banks.model import Label
from tocsin.exchange.rights import (
    NOBODY,
    SCHEME,
    PartnerKind,
    Purpose,
    Recipient,
    Terms,
    UnfitTermsError,
    checked,
    label_of,
    may_travel,
    of_label,
    of_tlp,
    rules,
)

_ALL = "hotline law-enforcement clearinghouse platform ai-provider regulator research"
_PROTECTORS = "hotline law-enforcement clearinghouse platform ai-provider"
_MATRIX = {
    "nobody": "",
    "named": _ALL,
    "law-enforcement": "law-enforcement",
    "hotlines-and-law-enforcement": "hotline law-enforcement clearinghouse",
    "platforms-for-detection": "platform ai-provider",
    "protection": _PROTECTORS,
    "own-country": _PROTECTORS,
    "in-countries": _PROTECTORS,
    "anyone": _ALL,
}
_RELAYED = {
    "law-enforcement",
    "hotlines-and-law-enforcement",
    "protection",
    "own-country",
    "in-countries",
    "anyone",
}
_FITTING = Terms(partners=("a.example/feed",), countries=("DE",), jurisdiction="DE")


def _partner(kind: PartnerKind, country: str = "DE", name: str = "a.example/feed") -> Recipient:
    return Recipient(name, kind, country, rules().kinds[kind])


def test_the_table_names_every_rule_and_every_kind() -> None:
    assert set(_MATRIX) == set(rules().rules)
    assert {kind.value for kind in PartnerKind} == set(_ALL.split()) == set(rules().kinds)


@pytest.mark.parametrize("rule", sorted(_MATRIX))
@pytest.mark.parametrize("kind", list(PartnerKind))
def test_every_rule_times_every_kind(rule: str, kind: PartnerKind) -> None:
    terms = replace(_FITTING, rule=rule)
    allowed = kind.value in _MATRIX[rule].split()
    answer = may_travel(terms, _partner(kind))
    assert (answer.allowed, answer.rule) == (allowed, rule)
    assert answer.because
    assert answer.source
    assert may_travel(terms, _partner(kind), relayed=True).allowed == (allowed and rule in _RELAYED)


@pytest.mark.parametrize("kind", list(PartnerKind))
def test_another_country_or_another_name_is_not_among_those_named(kind: PartnerKind) -> None:
    abroad, other = _partner(kind, country="FR"), _partner(kind, name="b.example/feed")
    for rule in _MATRIX:
        assert not may_travel(replace(_FITTING, rule=rule), abroad).allowed
        assert not may_travel(replace(_FITTING, rule=rule), other).allowed
    assert not may_travel(Terms("own-country", jurisdiction="DE"), abroad).allowed
    assert not may_travel(Terms("own-country"), _partner(kind, country="")).allowed
    assert not may_travel(Terms("named"), _partner(kind)).allowed
    assert not may_travel(Terms("in-countries"), _partner(kind)).allowed


def test_a_group_of_countries_stands_for_each_of_them() -> None:
    terms = Terms("in-countries", countries=("EU", "CA"))
    where = {
        country
        for country in ("DE", "FR", "CA", "US", "GB", "NO")
        if may_travel(terms, _partner(PartnerKind.HOTLINE, country)).allowed
    }
    assert where == {"DE", "FR", "CA"}


def test_purposes_limit_who_gets_it_and_are_told() -> None:
    terms = Terms("anyone", purposes=(Purpose.DETECTION,))
    assert may_travel(terms, _partner(PartnerKind.HOTLINE)).purposes == {Purpose.DETECTION}
    assert not may_travel(terms, _partner(PartnerKind.RESEARCH)).allowed
    nothing_agreed = replace(_partner(PartnerKind.PLATFORM), purposes=frozenset())
    assert not may_travel(Terms("anyone"), nothing_agreed).allowed


def test_a_rule_that_is_not_known_allows_nothing() -> None:
    assert not may_travel(Terms("whoever-asks"), _partner(PartnerKind.HOTLINE)).allowed


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("RED", NOBODY),
        ("TLP:AMBER", NOBODY),
        ("amber+strict", NOBODY),
        ("GREEN", "protection"),
        ("tlp:clear", "anyone"),
        ("WHITE", "anyone"),
        ("", NOBODY),
        ("mauve", NOBODY),
    ],
)
def test_words_of_the_traffic_light_protocol(word: str, rule: str) -> None:
    assert of_tlp(word) == rule
    assert of_label(Label("tlp", "2.0", word)) == Terms(rule)


_TERMS = st.builds(
    Terms,
    st.sampled_from(sorted(_MATRIX)),
    st.lists(st.sampled_from(["a.example/feed", "b.example/feed"]), max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(["DE", "FR", "EU"]), max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(list(Purpose)), max_size=3, unique=True).map(tuple),
    st.sampled_from(["", "DE", "FR"]),
)
_RECIPIENTS = st.builds(
    Recipient,
    st.sampled_from(["a.example/feed", "b.example/feed"]),
    st.sampled_from(list(PartnerKind)),
    st.sampled_from(["DE", "FR", "US"]),
    st.frozensets(st.sampled_from(list(Purpose))),
)


@given(_TERMS, _RECIPIENTS, st.booleans())
def test_whatever_terms_add_only_narrows(terms: Terms, to: Recipient, relayed: bool) -> None:  # noqa: FBT001  # drawn
    if not may_travel(terms, to, relayed=relayed).allowed:
        return
    wider = may_travel(replace(terms, purposes=()), to)
    assert wider.allowed
    assert wider.purposes >= may_travel(terms, to).purposes
    assert may_travel(terms, to).purposes <= to.purposes
    if rules().rules[terms.rule].places != "named":
        assert may_travel(replace(terms, countries=()), to).allowed
    if not rules().rules[terms.rule].named:
        assert may_travel(replace(terms, partners=()), to).allowed


@given(_TERMS)
def test_terms_stay_with_an_entry_as_a_label(terms: Terms) -> None:
    label = label_of(terms, "somebody")
    try:
        expected = checked(terms)
    except UnfitTermsError:
        expected = Terms()
    assert of_label(label) == expected


@given(st.text(max_size=80), st.sampled_from(["1", "2"]))
def test_a_label_that_cannot_be_read_allows_nothing_it_does_not_state(text: str, version: str) -> None:
    terms = of_label(Label(SCHEME, version, text))
    assert terms.rule == NOBODY or (version == "1" and text.startswith(terms.rule))
