"""What MISP and STIX files share: the marks of TLP, ids that stay, and what of an entry may be written."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from tocsin.banks.model import Entry, Label
from tocsin.exchange import rights
from tocsin.exchange.files.records import FINGERPRINT
from tocsin.hashing.signals import Signal, SignalType

NAMESPACE: Final = UUID("8b1f0f2e-6d0a-5c57-9b57-2f4f5d3c1a90")
"""Under which entries, and our own definitions, get ids that are the same in every file."""
STRICTEST_FIRST: Final = ("red", "amber+strict", "amber", "green", "clear")
DEFAULT_TLP: Final = "red"
"""Of what nobody has said anything about: for the recipient alone."""
_SAME: Final = {"white": "clear"}
_NOT_TOLD: Final = frozenset({rights.SCHEME, rights.TLP})


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says of itself."""

    bank: str
    time: datetime
    tlp: str = DEFAULT_TLP
    """The mark for entries that have none of their own."""


def mark_of(entry: Entry, sheet: Sheet) -> str:
    """An entry's mark: the strictest of its own and the file's. One not known is as strict as can be."""
    own = [one.code for one in entry.labels if one.scheme == rights.TLP]
    words = {tlp_word(one) for one in (*own, sheet.tlp)}
    return next(one for one in STRICTEST_FIRST if one in words)


def tlp_word(text: str) -> str:
    """A word of TLP 2.0; what is none is the strictest."""
    word = text.strip().lower().removeprefix("tlp:")
    word = _SAME.get(word, word)
    return word if word in STRICTEST_FIRST else DEFAULT_TLP


def has_terms(entry: Entry) -> bool:
    """Whether somebody's onward-sharing rule stands on an entry, which these formats cannot say."""
    return any(one.scheme == rights.SCHEME for one in entry.labels)


def digests(entry: Entry) -> dict[SignalType, str]:
    """An entry's first digest of each type, in hexadecimal digits."""
    found: dict[SignalType, str] = {}
    for one in entry.signals:
        if one.type.exact:
            found.setdefault(one.type, one.hex)
    return {kind: found[kind] for kind in SignalType if kind in found}


def fingerprints(entry: Entry) -> "list[dict[str, str | int]]":
    """All that stands for an entry beside those digests, under the names that our objects give them."""
    first = digests(entry)
    found = [_of_signal(one) for one in entry.signals if first.get(one.type) != one.hex]
    for label in entry.labels:
        if label.scheme.startswith(FINGERPRINT):
            name = label.scheme.removeprefix(FINGERPRINT)
            found.append({"algorithm": name, "value": label.code, "encoding": "as-given"})
    return found


def _of_signal(one: Signal) -> "dict[str, str | int]":
    said = {
        "algorithm": one.type.value,
        "value": one.hex,
        "encoding": "hex",
        "quality": one.quality,
        "view": one.view,
        "dialect": one.dialect and one.dialect.value,
        "orientation": one.orientation and one.orientation.value,
    }
    return {name: value for name, value in said.items() if value is not None}


def classifications(entry: Entry) -> list[Label]:
    """Labels that say what something is, in somebody's scheme."""
    return [
        one for one in entry.labels if one.scheme not in _NOT_TOLD and not one.scheme.startswith(FINGERPRINT)
    ]


def id_of(entry: Entry, *more: str) -> str:
    """A UUID for something of an entry: the same in every file, and in another node's of the same origin."""
    origin = entry.origin
    named = (origin.source, origin.member, origin.id) if origin.id else (entry.bank, str(entry.id))
    return str(uuid5(NAMESPACE, json.dumps([*named, *more])))


def utc(time: datetime) -> str:
    """A time in UTC, to the thousandth of a second, as STIX 2.1 (3.2) has it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
