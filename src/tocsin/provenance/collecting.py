"""Findings of one file, as many as one answer can hold, so that no kind of them can crowd out another.

Whoever wants a sign to be overlooked could fill a file with thousands of others. So each kind has room of its
own: signs of derivation, signs of a camera, signs of a generator, what could not be read, and so on.
"""

import json
from collections import Counter
from typing import Final

from tocsin.provenance.findings import finding_to_json
from tocsin.provenance.model import Derivation, Finding, Item, NotChecked

ROOM: Final = 40_000
"""Bytes as JSON for each of 16 kinds; with one large finding each they fit into a message of the sandbox."""


class Collector:
    """Takes findings in the order in which they are made."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self._found: list[Finding] = []
        self._used: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        """Keep the finding if there is room for one of its kind; the first of a kind always has room."""
        kind = _kind(finding)
        size = len(json.dumps(finding_to_json(finding)))
        if self._used[kind] and self._used[kind] + size > ROOM:
            self._left_out[kind] += 1
            return
        self._used[kind] += size
        self._found.append(finding)

    def findings(self) -> tuple[Finding, ...]:
        """What was kept, and how much was not."""
        return (*self._found, *(_told(kind, count) for kind, count in self._left_out.items()))


def _kind(finding: Finding) -> str:
    match finding:
        case Item():
            return f"signs that lean {finding.leans.value.replace('_', ' ')}"
        case Derivation():
            return f"signs of derivation ({finding.kind.value.replace('_', ' ')})"
        case _:
            return {"Absent": "absences", "NotChecked": "gaps", "Failed": "failures"}[type(finding).__name__]


def _told(kind: str, count: int) -> NotChecked:
    return NotChecked(f"{count:,} further {kind}", "the file holds more of them than one answer can list")
