"""What generators' graphs and settings have in common: nodes, traits of a file, and bounds on both."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any, Final

from tocsin.provenance.generators.forms import NOT_SHOWN, bare, fits, name_shown
from tocsin.provenance.model import (
    Derivation,
    DerivationKind,
    Fingerprint,
    FingerprintKind,
    NotChecked,
    Place,
)
from tocsin.provenance.names import linkable
from tocsin.provenance.texts import quoted, shortened

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.model import Rule
    from tocsin.provenance.opened import Opened

MAX_NODES: Final = 10_000
"""Nodes of one graph that are looked into; the fingerprint of a graph is made of all of them."""
MAX_INPUTS: Final = 200
MAX_SIGNS: Final = 200
"""Derivation signs of each kind that are listed: a flood of one kind leaves the others alone."""
MOST_OF_A_KIND: Final = 40
_MOST_CHARACTERS: Final = 2600
"""Of all fingerprints of one kind: those of all kinds together fit into a finding (`MOST_FINGERPRINTS`)."""
_NAME: Final = 256
_NOTHING: Final = frozenset({"", "none", "null", "undefined"})


@dataclass(frozen=True, slots=True)
class Sign:
    """A derivation sign before it has a place."""

    kind: DerivationKind
    value: str
    says: str
    hash: str | None = None
    caveats: tuple[str, ...] = ()


Trait = Fingerprint | Sign


def name_of(value: object) -> str | None:
    """A name as a file has it; None for what is none, `NOT_SHOWN` for what may be prose."""
    if not isinstance(value, str):
        return None
    name = bare(value)
    return None if name.casefold() in _NOTHING else shortened(name_shown(name), _NAME)


def fingerprint(kind: FingerprintKind, value: object) -> Iterator[Fingerprint]:
    """A fingerprint of a name, a hash or a number, if there is one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    name = name_of(value)
    if name is not None and fits(kind, name):
        yield Fingerprint(kind, name)


def file_name(value: object, instead: str) -> str | None:
    """The name of a file that went in, never its content; `instead` for what is no name."""
    if isinstance(value, str) and value.lstrip()[:5] == "data:":
        return instead
    name = name_of(value)
    return instead if name == NOT_SHOWN and len(str(value)) > _NAME else name


def workflow(kinds: Iterable[str]) -> Fingerprint:
    """The fingerprint of a graph: SHA-256 of its kinds of nodes, sorted, each as often as it stands there."""
    text = "\n".join(sorted(kinds))
    return Fingerprint(FingerprintKind.WORKFLOW, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())


def kept(traits: Iterable[Trait]) -> tuple[Fingerprint, ...]:
    """The fingerprints among `traits` as compared, each once, as many of a kind as an answer can hold."""
    return tuple(one for same in _compared(traits) for one in islice(same, _room(same)))


def not_kept(traits: Iterable[Trait]) -> Iterator[NotChecked]:
    """How many there are more."""
    if left := sum(len(same) - _room(same) for same in _compared(traits)):
        why = f"at most {MOST_OF_A_KIND} of a kind are listed, so other files are not linked by the rest"
        yield NotChecked(f"{left:,} further names, hashes or seeds", why)


def _compared(traits: Iterable[Trait]) -> list[dict[Fingerprint, None]]:
    """The fingerprints by their kind."""
    by_kind: dict[FingerprintKind, dict[Fingerprint, None]] = {}
    shown = (one for one in traits if isinstance(one, Fingerprint) and one.value != NOT_SHOWN)
    for one in linkable(shown):
        by_kind.setdefault(one.kind, {})[one] = None
    return list(by_kind.values())


def _room(same: Iterable[Fingerprint]) -> int:
    """How many of them have room, the first in any case."""
    sizes = accumulate(len(one.value) for one in islice(same, MOST_OF_A_KIND))
    return max(1, sum(size <= _MOST_CHARACTERS for size in sizes))


def named(traits: Iterable[Trait], kind: FingerprintKind) -> str | None:
    """The first fingerprint of a kind."""
    return next((one.value for one in traits if isinstance(one, Fingerprint) and one.kind is kind), None)


def meaning(table: Iterable[Mapping[str, Any]], node: str) -> Iterator[Sign]:
    """What a node of this kind stands for by a table of the data file, if anything."""
    low = node[:_NAME].casefold()
    for row in table:
        if any(part in low for part in row["names"]) and not any(part in low for part in row.get("but", ())):
            yield Sign(DerivationKind(row["kind"]), name_of(node) or NOT_SHOWN, row["says"])
            return


class Signs:
    """Derivation signs of one file, each told once with every place that it stands at."""

    def __init__(self) -> None:
        """None yet."""
        self._places: dict[Sign, dict[Place, None]] = {}
        self._kinds: Counter[DerivationKind] = Counter()
        self._left_out = 0

    def add(self, traits: Iterable[Trait], *where: Place) -> None:
        """Keep the derivation signs among `traits`."""
        for one in traits:
            if isinstance(one, Sign):
                if one not in self._places and self._is_full(one.kind):
                    self._left_out += 1
                    continue
                if one not in self._places:
                    self._kinds[one.kind] += 1
                self._places.setdefault(one, {}).update(dict.fromkeys(where))

    def _is_full(self, kind: DerivationKind) -> bool:
        """Each kind has room of its own."""
        return self._kinds[kind] >= MAX_SIGNS

    def told(
        self, file: "Opened", rule: "Mapping[DerivationKind, Rule]", teller: str
    ) -> Iterator[Derivation | NotChecked]:
        """The signs as findings under the rule for their kind; `teller` is what says so."""
        for sign, places in self._places.items():
            found = f"{teller}: {sign.says}: {quoted(sign.value)}."
            yield file.derivation(
                rule[sign.kind],
                sign.kind,
                sign.value,
                found,
                *islice(places, MAX_INPUTS),
                hash_=sign.hash,
                caveats=sign.caveats,
            )
        if self._left_out:
            why = f"more than {MAX_SIGNS} signs of a kind stand in one file"
            yield NotChecked(f"{self._left_out:,} further derivation signs", why)


def items(value: "JsonValue") -> "Iterator[JsonObject]":
    """The objects of a list, or of the values of an object; nothing of anything else."""
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (one for one in within if isinstance(one, dict))
