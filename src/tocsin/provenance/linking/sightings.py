"""Which content has which fingerprint and where it was read, for up to a million files.

Explanations are not kept. Sightings stand in columns of plain numbers, linked from each to the one before
with the same fingerprint: objects for each would take several times the memory.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from tocsin.provenance.linking.model import Copies
from tocsin.provenance.model import Fingerprint, FingerprintKind, ForgeCost, Item, Place

if TYPE_CHECKING:
    from tocsin.provenance.answer import Explanation
    from tocsin.provenance.linking.model import Answer

MAX_VALUE: Final = 4096
"""Characters of a value; a longer one is not kept."""
MAX_PER_FILE: Final = 256
"""Sightings of one file; more are not kept, so that one hostile file cannot fill the memory."""
_NONE: Final = -1
_MOST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Origin:
    """What many sightings have in common."""

    rule: str
    """As items cite it."""
    container: str | None
    """None where the item names no place."""
    segment: str | None
    certified: bool
    """Whether the sign can only be made with a key that an authority certified."""


class Sighting(NamedTuple):
    """A fingerprint read from one place."""

    content: int
    origin: Origin
    offset: int | None
    length: int | None


class Sightings:
    """Takes explanations one by one and keeps their fingerprints."""

    def __init__(self) -> None:
        """Start with no file."""
        self._numbers: dict[tuple[str | None, str], int] = {}
        self._paths: list[list[str]] = []
        self.dropped: Counter[str] = Counter()
        """Sightings that were not kept, by the reason."""
        self._latest: dict[FingerprintKind, dict[str, int]] = {kind: {} for kind in FingerprintKind}
        self._origins: list[Origin] = []
        self._origin_numbers: dict[Origin, int] = {}
        self._content, self._origin = array("i"), array("i")
        self._offset, self._length = array("q"), array("q")
        self._before = array("q")

    def add(self, answer: "Answer") -> None:
        """Keep the fingerprints of one file; a digest that comes again, or a path without one, adds to them.

        What was found in copies is kept for all of them: in one of them, a reader may have been stopped.
        """
        number = self._number_of(answer)
        self._paths[number].append(answer.path)
        found = _found(answer.explanation)
        for item, fingerprint, place in islice(found, MAX_PER_FILE):
            if len(fingerprint.value) > MAX_VALUE:
                self.dropped[f"longer than {MAX_VALUE:,} characters"] += 1
            else:
                self._keep(number, fingerprint, item, place)
        if more := sum(1 for _ in found):
            self.dropped[f"beyond {MAX_PER_FILE} of one file"] += more

    def _number_of(self, answer: "Answer") -> int:
        key = (answer.digest, "" if answer.digest else answer.path)
        number = self._numbers.setdefault(key, len(self._paths))
        if number == len(self._paths):
            self._paths.append([])
        return number

    def contents(self) -> list[Copies]:
        """All contents, in the order of their coming; each file is named once."""
        return [
            Copies(digest, tuple(sorted(set(self._paths[number]))))
            for (digest, _), number in self._numbers.items()
        ]

    def _keep(self, number: int, fingerprint: Fingerprint, item: Item, place: Place | None) -> None:
        certified = item.rule.forge_cost is ForgeCost.CA_KEY
        container, segment = (place.container, place.segment) if place else (None, None)
        origin = Origin(item.rule.name, container, segment, certified)
        latest = self._latest[fingerprint.kind]
        self._before.append(latest.get(fingerprint.value, _NONE))
        latest[fingerprint.value] = len(self._content)
        self._content.append(number)
        self._origin.append(self._number(origin))
        self._offset.append(_number_or_none(place.offset if place else None))
        self._length.append(_number_or_none(place.length if place else None))

    def _number(self, origin: Origin) -> int:
        number = self._origin_numbers.setdefault(origin, len(self._origins))
        if number == len(self._origins):
            self._origins.append(origin)
        return number

    def with_fingerprint(self) -> set[int]:
        """The contents that have a fingerprint."""
        return set(self._content)

    def distinct(self) -> int:
        """How many different fingerprints there are."""
        return sum(map(len, self._latest.values()))

    def fingerprints(self) -> Iterator[tuple[Fingerprint, int]]:
        """Those seen more than once, each with its latest sighting; sorted."""
        for kind, latest in self._latest.items():
            again = sorted(value for value, row in latest.items() if self._before[row] != _NONE)
            yield from ((Fingerprint(kind, value), latest[value]) for value in again)

    def back_from(self, row: int) -> Iterator[Sighting]:
        """The sightings of a fingerprint from its latest, at `row`, back to its first."""
        while row != _NONE:
            yield Sighting(
                self._content[row],
                self._origins[self._origin[row]],
                None if self._offset[row] == _NONE else self._offset[row],
                None if self._length[row] == _NONE else self._length[row],
            )
            row = self._before[row]


def _found(explanation: "Explanation") -> Iterator[tuple[Item, Fingerprint, Place | None]]:
    for item in explanation.items:
        for fingerprint in item.fingerprints:
            for place in item.where or (None,):
                yield item, fingerprint, place


def _number_or_none(number: int | None) -> int:
    """No file is larger than a column can say; a child that was subverted may say so all the same."""
    return number if number is not None and 0 <= number <= _MOST else _NONE
