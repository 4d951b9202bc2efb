"""What happened to a case, from the ledger, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tocsin.media.answers import object_in
from tocsin.storage import times
from tocsin.web.console.case_words import BASES, EVENTS, FACTS, OUTCOMES, VALUES

if TYPE_CHECKING:
    from tocsin.evidence.chain import Row
    from tocsin.media.sandbox import JsonValue
    from tocsin.node.node import Node

_KNOWN: Final[Mapping[str, str]] = {
    one.value: said for table in (FACTS, OUTCOMES, VALUES, BASES) for one, said in table.items()
}
MOST: Final = 200
"""Rows that a page shows, the newest."""
_READ: Final = 2000
_PLAIN: Final = (
    "about",
    "seconds",
    "note",
    "question",
    "to",
    "queue",
    "because",
    "reason",
    "submission",
    "code",
    "basis",
)
"""Members of a row's detail that are shown, in this order; all others stay in the ledger."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event."""

    time: datetime
    actor: str
    kind: str
    words: str
    """A text for translators, or the kind itself where there is none."""
    details: tuple[tuple[str, str], ...]
    """What it is about, by name; values may be strangers' words."""
    place: int = 0
    """The number of the content that it is about; 0 for none."""


def timeline(node: "Node", number: int, contents: Sequence[bytes]) -> tuple[tuple[Line, ...], int]:
    """The newest events of a case, the newest first, and how many older ones there are."""
    rows = list(node.ledger.rows_of(f"case:{number}", limit=_READ))
    places = {one.hex(): place for place, one in enumerate(contents, 1)}
    return tuple(_line(row, places) for row in reversed(rows[-MOST:])), max(0, len(rows) - MOST)


def revealed_by(lines: Sequence[Line], person: str) -> bool:
    """Whether somebody has looked at an original of the case before."""
    return any(line.kind == "content.revealed" and line.actor == person for line in lines)


def _line(row: "Row", places: Mapping[str, int]) -> Line:
    detail: Mapping[str, JsonValue] = object_in(json.loads(row.detail))
    return Line(
        time=times.from_number(row.time),
        actor=row.actor,
        kind=row.kind,
        words=EVENTS.get(row.kind, row.kind),
        details=tuple(_details(detail)),
        place=places.get(str(detail.get("sha256", "")), 0),
    )


def _details(detail: "Mapping[str, JsonValue]") -> "Iterator[tuple[str, str]]":
    for name in _PLAIN:
        value = detail.get(name)
        if isinstance(value, str | int) and value != "":
            yield name, _words(str(value))
    for name in ("outcome", "value"):
        if isinstance(said := detail.get(name), str):
            yield name, _words(said)


def _words(value: str) -> str:
    """Our own words for a value of ours; others as they are."""
    return _KNOWN.get(value, value)
