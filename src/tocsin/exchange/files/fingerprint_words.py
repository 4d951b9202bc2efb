"""What MISP and STIX files share: the marks of TLP, ids that stay, and what of an entry may be written."""

from collections.abc import Iterable, Sequence
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
    """An entry's mark: the strictest of its own and the file's; one that is not known is as strict as can be."""
    own = [one.code for one in entry.labels if one.scheme == rights.TLP]
    words = [_word(one) for one in (*own, sheet.tlp)]
    return next(one for one in STRICTEST_FIRST if one in words)


def _word(text: str) -> str:
    word = text.strip().lower().removeprefix("tlp:")
    word = _SAME.get(word, word)
    return word if word in STRICTEST_FIRST else DEFAULT_TLP


def has_terms(entry: Entry) -> bool:
    """Whether somebody's onward-sharing rule stands on an entry, which these formats cannot carry."""
    return any(one.scheme == rights.SCHEME for one in entry.labels)


def perceptual(signals: Iterable[Signal]) -> list[Signal]:
    """Values that are compared by distance."""
    return [one for one in signals if not one.type.exact]


def digests(signals: Iterable[Signal]) -> dict[SignalType, list[str]]:
    """Digests by type, each once, in hexadecimal digits."""
    found: dict[SignalType, list[str]] = {}
    for one in signals:
        if one.type.exact and one.hex not in found.setdefault(one.type, []):
            found[one.type].append(one.hex)
    return {kind: found[kind] for kind in SignalType if found.get(kind)}


def kept(labels: Sequence[Label]) -> list[tuple[str, str]]:
    """Fingerprints that nothing here compares: their names and values, as they came."""
    return [
        (one.scheme.removeprefix(FINGERPRINT), one.code) for one in labels if one.scheme.startswith(FINGERPRINT)
    ]


def classifications(labels: Sequence[Label]) -> list[Label]:
    """Labels that say what something is, in somebody's scheme."""
    return [
        one for one in labels if one.scheme not in _NOT_TOLD and not one.scheme.startswith(FINGERPRINT)
    ]


def id_of(entry: Entry, kind: str, *more: str) -> str:
    """A UUID for something of an entry: the same in every file, and in another node's of the same origin."""
    origin = entry.origin
    named = (origin.source, origin.member, origin.id) if origin.id else (entry.bank, str(entry.id))
    return str(uuid5(NAMESPACE, "\n".join((kind, *named, *more))))


def utc(time: datetime) -> str:
    """A time in UTC, to the thousandth of a second, as STIX 2.1 (3.2) and MISP have it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
