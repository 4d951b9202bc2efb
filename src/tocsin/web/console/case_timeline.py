"""What happened to a case, from the ledger, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission
from tocsin.media.answers import object_in
from tocsin.storage import times
from tocsin.storage.ledger_search import LedgerSearch, Wanted
from tocsin.web.console.case_words import BASES, DETAILS, EVENTS, FACTS, OUTCOMES, VALUES

if TYPE_CHECKING:
    from tocsin.access.model import Principal
    from tocsin.evidence.chain import Row
    from tocsin.media.sandbox import JsonValue
    from tocsin.node.node import Node

MOST: Final = 200
"""Events that a page shows, the newest."""
_KNOWN: Final[Mapping[str, str]] = {
    one.value: said for table in (FACTS, OUTCOMES, VALUES, BASES) for one, said in table.items()
}
"""Our own words for values of ours."""
LOOKS: Final = frozenset(
    {"content.revealed", "content.reveal_ended", "content.reveal_failed", "content.shown_again"}
)
_OURS: Final = frozenset({"about", "value", "outcome", "basis"})
"""Details whose values are ours. All others are shown as they are: somebody wrote them."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that an event is about."""

    name: str
    value: str
    ours: bool
    """Whether the value is a text for translators."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event."""

    time: datetime
    actor: str
    """Empty where the reader is not to know."""
    kind: str
    words: str
    """A text for translators, or the kind itself where there is none."""
    details: tuple[Detail, ...]
    place: int = 0
    """The number of the content that it is about; 0 for none."""


def timeline(
    node: "Node", reader: "Principal", number: int, contents: Sequence[bytes]
) -> tuple[tuple[Line, ...], bool]:
    """The newest events of a case, the newest first, and whether there are older ones.

    Who looked is told to themselves and to who may read the ledger: nobody is to count looks by person.
    """
    rows = LedgerSearch(node.database).rows(Wanted(subject=f"case:{number}"), limit=MOST + 1)
    places = {one.hex(): place for place, one in enumerate(contents, 1)}
    lines = (_line(row, places) for row in rows[:MOST])
    if not reader.may(Permission.READ_LEDGER):
        lines = (
            replace(one, actor="") if one.kind in LOOKS and one.actor != reader.id else one for one in lines
        )
    return tuple(lines), len(rows) > MOST


def has_looked(node: "Node", number: int, person: str) -> bool:
    """Whether somebody has looked at an original of the case."""
    wanted = Wanted(subject=f"case:{number}", actor=person, kind="content.revealed")
    return bool(LedgerSearch(node.database).rows(wanted, limit=1))


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


def _details(detail: "Mapping[str, JsonValue]") -> "Iterator[Detail]":
    for name in DETAILS:
        value = detail.get(name)
        if isinstance(value, str | int) and value != "":
            known = _KNOWN.get(str(value)) if name in _OURS else None
            yield Detail(name, known or str(value), known is not None)
