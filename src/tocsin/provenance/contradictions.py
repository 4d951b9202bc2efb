"""Signs that do not fit together: the likeliest trace of a file that somebody dressed up."""

from collections.abc import Iterator, Sequence

from tocsin.provenance.model import Contradiction, Direction, Item
from tocsin.provenance.texts import quoted

_MARKS = "marks."


def contradictions(items: Sequence[Item]) -> tuple[Contradiction, ...]:
    """All contradictions within and between `items`."""
    return tuple(_within(items)) + tuple(_captured_and_generated(items)) + tuple(_several_generators(items))


def _within(items: Sequence[Item]) -> Iterator[Contradiction]:
    for item in items:
        if item.rule.contradiction:
            yield Contradiction(item.rule.id, item.found, (item.rule.name,))


def _captured_and_generated(items: Sequence[Item]) -> Iterator[Contradiction]:
    captured = [item for item in items if item.leans is Direction.CAPTURED]
    generated = [item for item in items if item.leans.artificial]
    if captured and generated:
        found = (
            "Some signs say that a camera took this, others that it was generated. Either kind may have been "
            "put there afterwards; whoever decides has to look at both."
        )
        yield Contradiction("answer.captured_and_generated", found, _names([*captured, *generated]))


def _several_generators(items: Sequence[Item]) -> Iterator[Contradiction]:
    """A tool that another one runs is no second tool; nor is a model's own code, named by marks in pixels."""
    naming = [
        item
        for item in items
        if item.leans.artificial and item.subject.tool and not item.rule.id.startswith(_MARKS)
    ]
    run = {item.rule.runs for item in naming}
    tools = sorted({item.subject.tool for item in naming if item.subject.tool} - run)
    if len(tools) > 1:
        found = (
            f"Several generators are named: {', '.join(map(quoted, tools))}. One may have worked on what "
            "another made, or signs were put there afterwards."
        )
        yield Contradiction("answer.several_generators", found, _names(naming))


def _names(items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.rule.name for item in items))
