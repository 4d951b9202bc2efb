"""Findings of one file, as many as one answer can hold, so that no kind of them can crowd out another.

Whoever wants a sign to be overlooked could fill a file with thousands of others. So each kind has room of its
own: signs of derivation, signs of a camera, signs of a generator, what could not be read, and so on.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from tocsin.provenance.findings import finding_to_json
from tocsin.provenance.model import Derivation, Finding, Item, NotChecked

ROOM: Final = 40_000
"""Bytes as JSON for each of 17 kinds; with one large finding each they fit into a message of the sandbox."""


@dataclass(frozen=True, slots=True, order=True)
class _Weighed:
    """A finding with what decides whether it stays."""

    weakness: int
    arrival: int
    size: int
    finding: Finding = field(compare=False)


class Collector:
    """Takes findings in the order in which they are made."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self._found: dict[str, list[_Weighed]] = {}
        self._left_out: Counter[str] = Counter()
        self._count = 0

    def add(self, finding: Finding) -> None:
        """Keep the finding if there is room for one of its kind, or if it is stronger than others of it."""
        self._count += 1
        kind = _kind(finding)
        known = self._found.setdefault(kind, [])
        known.append(
            _Weighed(-_strength(finding), self._count, len(json.dumps(finding_to_json(finding))), finding)
        )
        while len(known) > 1 and sum(one.size for one in known) > ROOM:
            known.remove(max(known))  # the weakest, and of equal ones the last
            self._left_out[kind] += 1

    def findings(self) -> tuple[Finding, ...]:
        """What was kept, in the order in which it came, and how much was not."""
        kept = sorted((one for known in self._found.values() for one in known), key=attrgetter("arrival"))
        left_out = (_told(kind, count) for kind, count in self._left_out.items())
        return (*(one.finding for one in kept), *left_out)


def _kind(finding: Finding) -> str:
    match finding:
        case Item() if finding.rule.contradiction:
            return "signs that do not fit together"
        case Item():
            return f"signs that lean {finding.leans.value.replace('_', ' ')}"
        case Derivation():
            return f"signs of derivation ({finding.kind.value.replace('_', ' ')})"
        case _:
            return {"Absent": "absences", "NotChecked": "gaps", "Failed": "failures"}[type(finding).__name__]


def _strength(finding: Finding) -> int:
    return int(finding.carries[1:]) if isinstance(finding, Item) else 0


def _told(kind: str, count: int) -> NotChecked:
    return NotChecked(f"{count:,} further {kind}", "the file holds more of them than one answer can list")
