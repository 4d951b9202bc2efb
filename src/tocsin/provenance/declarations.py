"""The rules of `data/declared.toml`: how a declaration is recognised, and what is taken from it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tocsin.provenance.model import DerivationKind, Direction, Rule, Strength
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import TextError, parse_json

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

_FAMILY: Final = "declared"
_LONGEST_LISTED: Final = 256
"""Characters of a value that are compared with lists, whose texts are all shorter."""
_MOST_VERSION: Final = 64
_VERSION: Final = re.compile(
    r"[\s_/:-]{0,2}(?:v|version\s)?\d[\w.+-]{0,32}(?:\s(?:large|medium|mini|pro|turbo|ultra))?(?:\s\([^()]{0,64}\))?",
    re.IGNORECASE,
)
"""What may follow the name of a program in a field that is for such names."""
_BLANKS: Final = "\0 \t\r\n"

Taken = Mapping[str, str]
"""What was taken from a value, by name."""


@dataclass(frozen=True, slots=True)
class Says:
    """What a value says; without a direction, nothing."""

    direction: Direction | None = None
    says: str = ""
    strength: Strength | None = None


@dataclass(frozen=True, slots=True)
class FieldTest:
    """One field that a rule asks for."""

    at: tuple[tuple[str, str], ...]
    """Spaces and names, the latter casefolded."""
    optional: bool
    test: Mapping[str, Any]
    """As the data file has it."""
    patterns: tuple[re.Pattern[str], ...]
    """The first must be found, or match; the others may be found."""

    def taken(self, value: str) -> Taken | None:
        """What is taken from a value; None if it is not what the rule asks for.

        Raises:
            TextError: the value should be JSON, speaks of what is asked for, and cannot be read.
        """
        if "json" in self.test:
            return _from_json(value, self.test["json"])
        text = value.strip(_BLANKS)
        if self.patterns:
            return self._matched(text)
        if "filled" in self.test:
            return {self.test["take"]: text} if text else None
        return self._listed(text)

    def _matched(self, text: str) -> Taken | None:
        first, *others = self.patterns
        match = first.fullmatch(text) if "matches" in self.test else first.search(text)
        if match is None:
            return None
        found = [match, *(more for other in others if (more := other.search(text)))]
        return {name: part for one in found for name, part in one.groupdict().items() if part is not None}

    def _listed(self, text: str) -> Taken | None:
        how = next(how for how in ("equals", "named", "starts") if how in self.test)
        head = text[:_LONGEST_LISTED]
        for one in self.test[how]:
            if head[: len(one)].casefold() == one.casefold() and _ends(how, head[len(one) :]):
                name = self.test.get("take")
                taken = {name: one} if name else {}
                rest = text[len(one) :].strip()[:_MOST_VERSION]
                return {**taken, "version": rest} if name == "tool" and rest[:1].isdecimal() else taken
        return None

    def unverified(self, value: str) -> str | None:
        """The key of a signature in a value that matched, if it is filled."""
        key: str | None = self.test.get("json", {}).get("unverified")
        inner = _inside(parse_json(value.strip(_BLANKS)), self.test["json"]) if key else None
        return key if inner and inner.get(key or "") else None


def _ends(how: str, rest: str) -> bool:
    """Whether what follows a text of a list in a value is as the rule wants it."""
    return how == "starts" or not rest or (how == "named" and _VERSION.fullmatch(rest) is not None)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A rule with how it is recognised."""

    rule: Rule
    topic: str
    found: str
    fields: tuple[FieldTest, ...]
    values: Mapping[str, Says] | None
    """By casefolded value."""
    otherwise: Says
    derivation: Mapping[str, DerivationKind]

    def says(self, taken: Taken) -> Says | None:
        """What the value that was taken says; None for nothing at all."""
        if self.values is None:
            return Says()
        one = self.values.get(taken.get("value", "").casefold(), self.otherwise)
        return one if one.direction else None


@cache
def declarations() -> tuple[Declaration, ...]:
    """All rules, in the order of the data file."""
    return tuple(map(_declaration, document(_FAMILY)["rule"]))


def _declaration(table: Mapping[str, Any]) -> Declaration:
    values = table.get("values")
    return Declaration(
        rule=rules(_FAMILY)[table["id"]],
        topic=table["topic"],
        found=table["found"],
        fields=tuple(_field_test(one) for one in table["field"]),
        values=None if values is None else {key.casefold(): _says(one) for key, one in values.items()},
        otherwise=_says(table.get("otherwise", {})),
        derivation={mode: DerivationKind(kind) for mode, kind in table.get("derivation", {}).items()},
    )


def _says(table: Mapping[str, Any]) -> Says:
    direction, strength = table.get("direction"), table.get("strength")
    return Says(
        Direction(direction) if direction else None,
        table.get("says", ""),
        Strength(strength) if strength else None,
    )


def _field_test(table: Mapping[str, Any]) -> FieldTest:
    expressions = [table[how] for how in ("finds", "matches") if how in table] + table.get("and_finds", [])
    names = (one.split(" ", 1) for one in table["at"])
    return FieldTest(
        at=tuple((space, name.casefold()) for space, name in names),
        optional=table.get("optional", False),
        test=table,
        patterns=tuple(re.compile(one, re.DOTALL) for one in expressions),
    )


def _from_json(text: str, test: Mapping[str, Any]) -> Taken | None:
    text = text.strip(_BLANKS)
    if not text.startswith("{"):
        return None
    plainly = any(key in text for key in [*test.get("any", ()), *test.get("equal", ())])
    if not plainly and "\\u" not in text:  # keys may be written so
        return None
    try:
        value = parse_json(text)
    except TextError:
        if plainly:
            raise
        return None
    found = _inside(value, test)
    if found is None or not _fits(found, test):
        return None
    return dict(_taken_by_key(found, test.get("take", {})))


def _inside(value: "JsonValue", test: Mapping[str, Any]) -> "JsonObject | None":
    """The object, or that under one of the keys named; that may be written as JSON once more."""
    if not isinstance(value, dict):
        return None
    for key in test.get("inside", ()):
        inner = value.get(key)
        if isinstance(inner, str) and inner.startswith("{"):
            inner = parse_json(inner)
        if isinstance(inner, dict) and _fits(inner, test):
            return inner
    return value


def _fits(value: "JsonObject", test: Mapping[str, Any]) -> bool:
    present = any(key in value for key in test.get("any", value))
    equal: Mapping[str, list[str]] = test.get("equal", {})
    return present and all(value.get(key) in allowed for key, allowed in equal.items())


def _taken_by_key(value: "JsonObject", take: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, name in take.items():
        one = value.get(key)
        if name == "value" and key in value:
            yield name, _word(one)
        elif isinstance(one, str | int) and not isinstance(one, bool) and str(one).strip():
            yield name, str(one).strip()


def _word(value: "JsonValue") -> str:
    """A value as the data file writes it: `true`, `null`, `1` for 1.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value.strip() if isinstance(value, str) else json.dumps(value)[:_LONGEST_LISTED]
