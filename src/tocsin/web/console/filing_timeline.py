"""What happened to a filing: what people and the node did with it, and every request to the authority."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tocsin.filing.model import Call
from tocsin.media.answers import object_in
from tocsin.storage import times
from tocsin.storage.ledger_search import LedgerSearch, Wanted
from tocsin.web.console.filing_words import EVENTS, STEPS

if TYPE_CHECKING:
    from tocsin.evidence.chain import Row
    from tocsin.media.sandbox import JsonValue
    from tocsin.node.node import Node

MOST: Final = 200
"""Requests, and events, that a page shows: the newest."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a filing's history."""

    time: datetime
    actor: str
    """Empty for a request, which is the node's."""
    words: str
    """A text for translators, or what is on record where there is none."""
    details: tuple[tuple[str, str], ...] = ()
    """Names and values of an event, as the ledger has them."""
    call: Call | None = None
    """Of a request."""

    @property
    def request(self) -> str:
        """What was sent, as text."""
        return "" if self.call is None else self.call.request.decode("utf-8", "replace")

    @property
    def answer(self) -> str:
        """What came back, as text."""
        return "" if self.call is None else self.call.answer.decode("utf-8", "replace")


def history(node: "Node", number: int) -> tuple[tuple[Step, ...], bool]:
    """What happened to a filing, the newest first, and whether there is more of it."""
    rows = LedgerSearch(node.database).rows(Wanted(subject=f"filing:{number}"), limit=MOST + 1)
    calls = node.reporting.filings.calls(number)
    steps = [_event(row) for row in rows[:MOST]] + [_request(call) for call in calls[-MOST:]]
    steps.sort(key=lambda one: one.time, reverse=True)
    return tuple(steps), len(rows) > MOST or len(calls) > MOST


def _event(row: "Row") -> Step:
    detail: Mapping[str, JsonValue] = object_in(json.loads(row.detail))
    return Step(
        times.from_number(row.time), row.actor, EVENTS.get(row.kind, row.kind), tuple(_details(detail))
    )


def _details(detail: "Mapping[str, JsonValue]") -> Iterator[tuple[str, str]]:
    for name, value in detail.items():
        if isinstance(value, list):
            yield name, ", ".join(str(one) for one in value)
        elif isinstance(value, str | int | float | bool) and value != "":
            yield name, str(value)


def _request(call: Call) -> Step:
    return Step(call.begun, "", STEPS.get(call.step, call.step), call=call)
