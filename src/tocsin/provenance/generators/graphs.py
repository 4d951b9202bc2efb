"""What generators' graphs and settings have in common: nodes, traits of a file, and bounds on both."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

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
"""Derivation signs of one file that are listed, and so many more of each kind as `LEAST_EACH`."""
LEAST_EACH: Final = 10
_MOST_OF_A_KIND: Final = 16
_MOST_FINGERPRINTS: Final = 90
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
    """A name as a file has it, fit to be carried; None for what is none. Bounded and printable."""
    if not isinstance(value, str):
        return None
    name = shortened(value[: 4 * _NAME], _NAME)
    return None if name.casefold() in _NOTHING else name


def fingerprint(kind: FingerprintKind, value: object) -> Iterator[Fingerprint]:
    """A fingerprint of a name, a hash or a number, if there is one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    name = name_of(value)
    if name is not None:
        yield Fingerprint(kind, name)


def file_name(value: object, instead: str) -> str | None:
    """The name of a file that went in, never its content; `instead` for what is no name."""
    if isinstance(value, str) and (len(value) > _NAME or value.startswith("data:")):
        return instead
    return name_of(value)


def workflow(kinds: Iterable[str]) -> Fingerprint:
    """The fingerprint of a graph: SHA-256 of its kinds of nodes, sorted, each as often as it stands there."""
    text = "\n".join(sorted(kinds))
    return Fingerprint(FingerprintKind.WORKFLOW, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())


def kept(traits: Iterable[Trait]) -> tuple[Fingerprint, ...]:
    """The fingerprints among `traits` as compared, each once, as many of a kind as an answer can hold."""
    by_kind: dict[FingerprintKind, dict[Fingerprint, None]] = {}
    for one in linkable(one for one in traits if isinstance(one, Fingerprint)):
        same = by_kind.setdefault(one.kind, {})
        if len(same) < _MOST_OF_A_KIND:
            same[one] = None
    return tuple(islice((one for same in by_kind.values() for one in same), _MOST_FINGERPRINTS))


def named(traits: Iterable[Trait], kind: FingerprintKind) -> str | None:
    """The first fingerprint of a kind."""
    return next((one.value for one in traits if isinstance(one, Fingerprint) and one.kind is kind), None)


def meaning(table: Iterable[Mapping[str, Any]], node: str) -> Iterator[Sign]:
    """What a node of this kind stands for by a table of the data file, if anything."""
    low = node[:_NAME].casefold()
    for row in table:
        if any(part in low for part in row["names"]) and not any(part in low for part in row.get("but", ())):
            yield Sign(DerivationKind(row["kind"]), shortened(node[: 4 * _NAME], _NAME), row["says"])
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
        """Many signs of one kind leave no other kind out."""
        return len(self._places) >= MAX_SIGNS and self._kinds[kind] >= LEAST_EACH

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
            why = f"more than {MAX_SIGNS} signs stand in one file"
            yield NotChecked(f"{self._left_out:,} further derivation signs", why)


def items(value: "JsonValue") -> "Iterator[JsonObject]":
    """The objects of a list, or of the values of an object; nothing of anything else."""
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (one for one in islice(within, MAX_NODES) if isinstance(one, dict))
