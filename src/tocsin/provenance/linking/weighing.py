"""How much a fingerprint that files share weighs as a link; `data/linking.toml` has the figures."""

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import PureWindowsPath
from typing import Any, Final

from tocsin.provenance.model import Fingerprint, FingerprintKind
from tocsin.provenance.rules import document

_DIGITS: Final = 40
"""No number that a program writes has more; Python refuses to read thousands."""
_NINE_TO_ZERO: Final = -9


@dataclass(frozen=True, slots=True)
class Kind:
    """What fingerprints of one kind are worth."""

    name: str
    """The kind in words."""
    base: float
    least: float
    """What is left however many files share one."""
    aspect: str
    """Fingerprints of one aspect say one thing twice; in a sum, only the heaviest counts."""
    reason: str


@dataclass(frozen=True, slots=True)
class Common:
    """Values that are common by nature."""

    weight: float
    reason: str
    values: frozenset[str]
    prefixes: tuple[str, ...]
    contains: tuple[str, ...]
    words: tuple[str, ...]
    stems: frozenset[str]
    below: int
    counting: bool
    rules: frozenset[str]
    certified: bool

    def holds(self, value: str, rules: AbstractSet[str], *, certified: bool) -> bool:
        """Whether `value`, which these `rules` found, is one of these."""
        plain = value.strip().casefold()
        last = plain.split()[-1:]
        return (
            plain in self.values
            or not self.values.isdisjoint(last)
            or plain.startswith(self.prefixes)
            or any(part in plain for part in self.contains)
            or (bool(self.words) and any(f" {words} " in _spaced(plain) for words in self.words))
            or (bool(self.stems) and _stem(plain) in self.stems)
            or (self.below > 0 and _is_below(plain, self.below))
            or (self.counting and _counts("".join(last)))
            or not self.rules.isdisjoint(rules)
            or (self.certified and certified)
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """The figures of the formula."""

    threshold: float
    """What makes a link."""
    part: float
    """What weighs less adds nothing to a sum."""
    few: int
    small: int
    kinds: Mapping[FingerprintKind, Kind]
    common: Mapping[FingerprintKind, tuple[Common, ...]]

    def rarity(self, sharing: int, files: int) -> float:
        """From 1, where `few` or fewer share it, to 0, where all `files` do; see the data file.

        It never falls when files are added that do not share it.
        """
        if sharing <= self.few:
            return 1.0
        whole = max(files, self.small)
        return math.log(whole / sharing) / math.log(whole / self.few)

    def worth(self, fingerprint: Fingerprint, rules: AbstractSet[str], *, certified: bool) -> Kind:
        """What the fingerprint is worth before anybody counts who shares it; `rules` are ids."""
        kind = self.kinds[fingerprint.kind]
        for common in self.common.get(fingerprint.kind, ()):
            if common.holds(fingerprint.value, rules, certified=certified):
                return Kind(kind.name, common.weight, 0.0, kind.aspect, common.reason)
        return kind

    def weight(self, worth: Kind, sharing: int, files: int) -> float:
        """What it weighs when `sharing` of `files` have it."""
        return max(worth.least, worth.base * self.rarity(sharing, files))


@cache
def scale() -> Scale:
    """The figures as the data file has them."""
    table = document("linking")
    common: dict[FingerprintKind, list[Common]] = {}
    for entry in table["common"]:
        common.setdefault(FingerprintKind(entry["kind"]), []).append(_common(entry))
    return Scale(
        threshold=table["threshold"],
        part=table["part"],
        few=table["few"],
        small=table["small"],
        kinds={FingerprintKind(entry["kind"]): _kind(entry) for entry in table["kind"]},
        common={kind: tuple(entries) for kind, entries in common.items()},
    )


def _kind(entry: Mapping[str, Any]) -> Kind:
    return Kind(entry["name"], entry["base"], entry["least"], entry["aspect"], entry["reason"])


def _common(entry: Mapping[str, Any]) -> Common:
    return Common(
        weight=entry["weight"],
        reason=entry["reason"],
        values=frozenset(entry.get("values", ())),
        prefixes=tuple(entry.get("prefixes", ())),
        contains=tuple(entry.get("contains", ())),
        words=tuple(entry.get("words", ())),
        stems=frozenset(entry.get("stems", ())),
        below=entry.get("below", 0),
        counting=entry.get("counting", False),
        rules=frozenset(entry.get("rules", ())),
        certified=entry.get("certified", False),
    )


def _spaced(text: str) -> str:
    return f" {' '.join(''.join(c if c.isalnum() else ' ' for c in text).split())} "


def _stem(name: str) -> str:
    r"""The name of a file without folders, ending, digits and marks; `\` parts folders as well as `/`."""
    stem = PureWindowsPath(name).stem
    return "".join(c for c in stem if c.isalpha() or c in "_ ").strip("_ ")


def _counts(word: str) -> bool:
    """Whether a word is one character all along, or goes up or down by one, as 901234 does."""
    codes = [ord(c) for c in word if c.isalnum()]
    steps = {after - before for before, after in pairwise(codes)}
    return steps <= {0} or steps <= {1, _NINE_TO_ZERO} or steps <= {-1, -_NINE_TO_ZERO}


def _is_below(text: str, most: int) -> bool:
    digits = text.removeprefix("-")
    return digits.isdecimal() and len(digits) <= _DIGITS and int(digits) < most
