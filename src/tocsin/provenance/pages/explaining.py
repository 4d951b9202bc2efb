"""The page that shows what `tocsin explain` found."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tocsin.provenance.model import Direction, Item
from tocsin.provenance.pages import _words
from tocsin.provenance.pages._frame import HERE, check_folder, page_file, template

if TYPE_CHECKING:
    from tocsin.provenance.answer import Explanation


def explain_page(answers: "Iterable[tuple[str, Explanation]]", target: Path) -> None:
    """Write the page on `answers`, paths with what explains their files, in the order in which they come.

    What stands at `target` is replaced at once, or not at all. Pieces wait in temporary files, so memory does
    not grow with the number of files.

    Raises:
        PageError: the page cannot be written.
    """
    check_folder(target)
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as index,
        tempfile.TemporaryFile("w+", encoding="utf-8") as files,
        page_file(target) as page,
    ):
        counts = _spool(answers, index, files)
        head, middle, tail = template("explain.html").render(counts=counts).split(HERE)
        for part in (head, index, middle, files, tail):
            page.writelines(text.encode() for text in _pieces(part))


def _spool(answers: "Iterable[tuple[str, Explanation]]", index: IO[str], files: IO[str]) -> "Counter[str]":
    counts: Counter[str] = Counter()
    entry, file = template("explain-entry.html"), template("explain-file.html")
    for number, (path, answer) in enumerate(answers, 1):
        counts.update(_kinds_of(answer))
        if answer.derivation:
            index.write(entry.render(number=number, path=path, answer=answer))
        sections = list(_sections(answer.items))
        files.write(file.render(number=number, path=path, answer=answer, sections=sections, words=_words))
    return counts


def _pieces(part: str | IO[str]) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    else:
        part.seek(0)
        yield from part


def _kinds_of(answer: "Explanation") -> Iterator[str]:
    """What the page counts this file as."""
    yield "files"
    if answer.telling or answer.derivation:
        yield "signs"
    if answer.derivation:
        yield "derivation"
    if answer.contradictions:
        yield "contradictions"
    if answer.failed:
        yield "failed"


def _sections(items: Iterable[Item]) -> Iterator[tuple[str, list[Item]]]:
    by_direction: dict[Direction, list[Item]] = {}
    for item in items:
        by_direction.setdefault(item.leans, []).append(item)
    for direction, heading in _words.DIRECTIONS.items():
        if direction in by_direction:
            yield heading, by_direction[direction]
