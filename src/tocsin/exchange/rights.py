"""Who may have an entry: its terms, and the onward-sharing rules, which are data (data/onward.toml).

What no rule allows does not travel. Names, countries and purposes in the terms only ever narrow what the rule
allows. The same question is asked when something is published, and again when it arrives.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

from tocsin.banks.model import Label
from tocsin.errors import Error

SCHEME: Final = "onward-sharing"
"""The scheme of the label that holds an entry's terms, so that they stay with it wherever it goes."""
STOOD: Final = "stood-behind"
"""The scheme of the labels that keep who stands behind an entry from a feed: code the role, author who."""
BETWEEN_PARTNERS: Final = frozenset({SCHEME, STOOD})
"""Schemes of labels that name partners and people: for those who may read a bank, not for who may match."""
VERSION: Final = "1"
TLP: Final = "tlp"
"""The scheme of a label with a word of the Traffic Light Protocol."""
NOBODY: Final = "nobody"
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_PARTNER: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,199}", re.ASCII)


class UnfitTermsError(Error):
    """These are no terms of sharing."""

    code = "exchange.terms"
    advice = "`tocsin feed rules` shows the rules; partners and countries are named as their cards name them."


class PartnerKind(StrEnum):
    """What a partner is."""

    HOTLINE = "hotline"
    LAW_ENFORCEMENT = "law-enforcement"
    CLEARINGHOUSE = "clearinghouse"
    PLATFORM = "platform"
    AI_PROVIDER = "ai-provider"
    REGULATOR = "regulator"
    RESEARCH = "research"


class Purpose(StrEnum):
    """What an entry may be used for."""

    DETECTION = "detection"
    """To find it where it is shared, and stop that."""
    REMOVAL = "removal"
    """To have it taken down."""
    SCREENING = "screening"
    """To keep it out of data that models learn from."""
    INVESTIGATION = "investigation"
    IDENTIFICATION = "victim-identification"
    OVERSIGHT = "oversight"
    RESEARCH = "research"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an entry's owner allows, and from where it comes."""

    rule: str = NOBODY
    partners: tuple[str, ...] = ()
    """Only these, as their feeds are named; empty: as the rule says."""
    countries: tuple[str, ...] = ()
    """Only there: ISO 3166-1 codes, or EU and EEA; empty: as the rule says."""
    purposes: tuple[Purpose, ...] = ()
    """Only for these; empty: as the rule says."""
    jurisdiction: str = ""
    """The country under whose law it was assessed."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A partner as the rules see one."""

    name: str
    """What its feed is called."""
    kind: PartnerKind
    country: str
    purposes: frozenset[Purpose]
    """For what it has agreed to use what it gets."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An onward-sharing rule."""

    id: str
    title: str
    kinds: frozenset[PartnerKind]
    purposes: frozenset[Purpose]
    source: str
    named: bool = False
    places: str = ""
    relay: bool = False
    tlp: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something may travel, and what says so."""

    rule: str
    because: str
    source: str = ""
    purposes: frozenset[Purpose] = frozenset()
    """For what it may be used there."""
    allowed: bool = False

    def __bool__(self) -> bool:
        """Whether it may travel."""
        return self.allowed


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that are known."""

    rules: Mapping[str, Rule]
    kinds: Mapping[PartnerKind, frozenset[Purpose]]
    """What a partner of each kind usually agrees to."""
    groups: Mapping[str, frozenset[str]]

    def expanded(self, places: Iterable[str]) -> frozenset[str]:
        """The countries that these names stand for."""
        return frozenset(country for one in places for country in self.groups.get(one, {one}))


@cache
def rules() -> Rules:
    """The rules as they are shipped."""
    text = resources.files("tocsin.exchange").joinpath("data/onward.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return Rules(
        {one["id"]: _rule(one) for one in data["rule"]},
        {PartnerKind(one["id"]): frozenset(map(Purpose, one["purposes"])) for one in data["kind"]},
        {one["id"]: frozenset(one["countries"]) for one in data["group"]},
    )


def _rule(one: Mapping[str, Any]) -> Rule:
    """A rule from its table, which is our own data and tested as a whole."""
    return Rule(
        one["id"],
        one["title"],
        frozenset(map(PartnerKind, one["kinds"])),
        frozenset(map(Purpose, one["purposes"])),
        one["source"],
        named=one.get("named", False),
        places=one.get("places", ""),
        relay=one.get("relay", False),
        tlp=tuple(one.get("tlp", ())),
    )


def may_travel(terms: Terms, to: Recipient, *, relayed: bool = False) -> Answer:
    """Whether what has these terms may go to that partner; `relayed`: from somebody who had it from another.

    A rule that is not known here allows nothing.
    """
    rule = rules().rules.get(terms.rule)
    if rule is None:
        return Answer(terms.rule, "that rule is not known here, so nothing is allowed", allowed=False)
    if refused := _refused(rule, terms, to, relayed=relayed):
        return Answer(rule.id, refused, rule.source, allowed=False)
    purposes = rule.purposes & to.purposes
    if terms.purposes:
        purposes &= frozenset(terms.purposes)
    if not purposes:
        because = "nothing that the partner would use it for is allowed"
        return Answer(rule.id, because, rule.source, allowed=False)
    return Answer(rule.id, rule.title, rule.source, purposes, allowed=True)


def _refused(rule: Rule, terms: Terms, to: Recipient, *, relayed: bool) -> str:
    """Why not, whatever it is for; empty where nothing is against it."""
    if relayed and not rule.relay:
        return "whoever has it may not pass it on"
    if to.kind not in rule.kinds:
        return f"not for a partner of the kind {to.kind.value}"
    if (rule.named or terms.partners) and to.name not in terms.partners:
        return "the partner is not among those named"
    if rule.places == "own" and to.country not in {terms.jurisdiction} - {""}:
        return "the partner is not in the country that it comes from"
    if (rule.places == "named" or terms.countries) and to.country not in rules().expanded(terms.countries):
        return "the partner's country is not among those named"
    return ""


def of_tlp(word: str) -> str:
    """The rule that comes nearest to a word of the Traffic Light Protocol and allows no more than it."""
    wanted = word.strip().lower().removeprefix("tlp:")
    return next((rule.id for rule in rules().rules.values() if wanted in rule.tlp), NOBODY)


def checked(terms: Terms) -> Terms:
    """The terms, if they say something. Raises UnfitTermsError."""
    rule = rules().rules.get(terms.rule)
    if rule is None:
        _refuse(f"there is no rule {terms.rule!r}")
    elif rule.named and not terms.partners:
        _refuse(f"the rule {rule.id} wants partners named")
    elif rule.places == "named" and not terms.countries:
        _refuse(f"the rule {rule.id} wants countries named")
    elif rule.places == "own" and not terms.jurisdiction:
        _refuse(f"the rule {rule.id} wants to know the country that entries come from")
    _check_words(terms)
    return terms


def _check_words(terms: Terms) -> None:
    for name in terms.partners:
        if not _PARTNER.fullmatch(name):
            _refuse(f"{name!r} is no name of a feed")
    for place in terms.countries:
        if not _COUNTRY.fullmatch(place) and place not in rules().groups:
            _refuse(f"{place!r} is no country's code of two letters, nor EU or EEA")
    if terms.jurisdiction and not _COUNTRY.fullmatch(terms.jurisdiction):
        _refuse(f"{terms.jurisdiction!r} is no country's code of two letters")


def purposes_of(words: Iterable[str]) -> tuple[Purpose, ...]:
    """Purposes by their words. Raises UnfitTermsError."""
    try:
        return tuple(map(Purpose, words))
    except ValueError as error:
        message = f"{error}; there are {', '.join(Purpose)}"
        raise UnfitTermsError(message) from error


def _refuse(message: str) -> None:
    raise UnfitTermsError(message)


def label_of(terms: Terms, author: str = "") -> Label:
    """The label that keeps an entry's terms with it, as in `in-countries countries=DE,FR from=DE`."""
    parts = (
        ("partners", ",".join(terms.partners)),
        ("countries", ",".join(terms.countries)),
        ("purposes", ",".join(terms.purposes)),
        ("from", terms.jurisdiction),
    )
    code = " ".join([terms.rule, *(f"{name}={value}" for name, value in parts if value)])
    return Label(SCHEME, VERSION, code, author)


def of_label(label: Label) -> Terms:
    """The terms that a label of this scheme, or of TLP, states; what cannot be read allows nothing."""
    if label.scheme == TLP:
        return Terms(of_tlp(label.code))
    rule, *parts = label.code.split(" ")
    pairs = dict(part.partition("=")[::2] for part in parts)
    if label.version != VERSION or len(pairs) != len(parts) or not pairs.keys() <= _PARTS:
        return Terms()
    some = {name: tuple(pairs[name].split(",")) if name in pairs else () for name in _PARTS}
    try:
        purposes = tuple(map(Purpose, some["purposes"]))
        return checked(Terms(rule, some["partners"], some["countries"], purposes, pairs.get("from", "")))
    except (ValueError, UnfitTermsError):
        return Terms()


_PARTS: Final = frozenset({"partners", "countries", "purposes", "from"})


def terms_in(labels: Iterable[Label]) -> tuple[Terms, ...]:
    """All terms that an entry's labels state: each of them has to allow what is done."""
    return tuple(of_label(one) for one in labels if one.scheme in {SCHEME, TLP})
