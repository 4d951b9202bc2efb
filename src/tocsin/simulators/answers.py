"""Holding what a scan says about the inbox against what its manifest says it deserves."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.matching.matches import Match
from tocsin.matching.scan import Scanned
from tocsin.provenance.answer import Explanation
from tocsin.simulators.inbox import Expectation, Item


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scan said about one file of the inbox."""

    item: Item
    given: Expectation
    match: Match | None
    """The best match, if it is with the expected entry."""
    right: bool
    found: frozenset[str] = frozenset()
    """The rules that found signs of its origin, where that was asked for."""


def answers(
    items: Iterable[Item], scanned: Iterable[Scanned], entries: Mapping[str, int]
) -> Iterator[Answer]:
    """One answer for each item; `entries` gives the entry number in the match bank for each original's id.

    For a file inside an archive the member counts, for a broken archive whatever the scan says of it.
    """
    said: dict[str, list[Scanned]] = {}
    for one in scanned:
        said.setdefault(one.path, []).append(one)
    for item in items:
        about = [one for one in said.get(str(item.path), []) if not item.member or one.member == item.member]
        yield _answer(item, about, entries.get(item.of or "", 0))


def _answer(item: Item, about: list[Scanned], entry: int) -> Answer:
    given = _given(about)
    matches = [match for one in about for match in one.matches.matches]
    best = min(matches, key=lambda match: match.evidence, default=None)
    best = best if best is not None and best.entry == entry else None
    right = given == item.expectation and bool(about)
    if item.expectation is Expectation.MATCH:
        right = right and best is not None and _as_expected(item, best)
    explanations = [one.explanation for one in about if one.explanation is not None]
    right = right and all(_explained_rightly(item, one) for one in explanations)
    return Answer(item, given, best, right, frozenset().union(*map(_rules, explanations)))


def _rules(explanation: Explanation) -> frozenset[str]:
    of_items = {one.rule.id for one in explanation.items}
    return frozenset(of_items | {one.rule.id for one in explanation.derivation})


def _explained_rightly(item: Item, explanation: Explanation) -> bool:
    """The signs that are there are found, and nothing speaks for a generator where nothing was put."""
    if not item.rules <= _rules(explanation) or item.contradicted != bool(explanation.contradictions):
        return False
    return bool(item.rules) or not any(one.leans.artificial for one in explanation.items)


def _as_expected(item: Item, match: Match) -> bool:
    """An exact copy needs no view; otherwise view and orientation must be those the alteration calls for."""
    return match.type.exact or (
        item.view in {None, match.view} and item.orientation in {None, match.orientation}
    )


def _given(about: Iterable[Scanned]) -> Expectation:
    states = set()
    for one in about:
        if one.matches.matches:
            states.add(Expectation.MATCH)
        elif one.matches.suppressed:
            states.add(Expectation.SUPPRESSED)
        elif one.content.refused is not None:
            states.add(Expectation.REFUSED)
    for state in (Expectation.MATCH, Expectation.SUPPRESSED, Expectation.REFUSED):
        if state in states:
            return state
    return Expectation.NO_MATCH
