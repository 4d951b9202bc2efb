"""The page that shows what `tocsin explain` found."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tocsin.provenance import words
from tocsin.provenance.model import Direction, Item
from tocsin.provenance.pages._frame import HERE, check_page, page_file, template
from tocsin.provenance.pages._lists import LISTS, adapters_alone

if TYPE_CHECKING:
    from tocsin.provenance.answer import Explanation


def explain_page(answers: "Iterable[tuple[str, Explanation]]", target: Path) -> None:
    """Write the page on `answers`, paths with what explains their files, in the order in which they come.

    What stands at `target` is replaced at once, or not at all, and not before the last answer has come.
    Pieces wait in temporary files without a name, so memory does not grow with the number of files, and a
    folder that is being examined does not fill with what examining it gives.

    Raises:
        PageError: the page cannot be written.
        TargetError: a file is there that is no page of Tocsin.
    """
    check_page(target)
    with ExitStack() as stack:
        files = _spool_file(stack)
        lists = {one.key: _spool_file(stack) for one in LISTS}
        counts = _spool(answers, lists, files)
        frame = template("explain.html").render(counts=counts, lists=LISTS).split(HERE)
        page = stack.enter_context(page_file(target))
        page.write(frame[0].encode())
        for spooled, after in zip((*lists.values(), files), frame[1:], strict=True):
            spooled.seek(0)
            page.writelines(text.encode() for text in spooled)
            page.write(after.encode())


def _spool_file(stack: ExitStack) -> IO[str]:
    return stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))


def _spool(
    answers: "Iterable[tuple[str, Explanation]]", lists: Mapping[str, IO[str]], files: IO[str]
) -> "Counter[str]":
    counts: Counter[str] = Counter()
    entry, file = template("explain-entry.html"), template("explain-file.html")
    for number, (path, answer) in enumerate(answers, 1):
        counts["files"] += 1
        counts["adapters_alone"] += adapters_alone(answer)
        for one in LISTS:
            said = one.says(answer)
            if said is not None:
                counts[one.key] += 1
                lists[one.key].write(entry.render(number=number, path=path, said=said))
        sections = list(_sections(answer.items))
        files.write(file.render(number=number, path=path, answer=answer, sections=sections, words=words))
    return counts


def _sections(items: Iterable[Item]) -> Iterator[tuple[str, list[Item]]]:
    by_direction: dict[Direction, list[Item]] = {}
    for item in items:
        by_direction.setdefault(item.leans, []).append(item)
    for direction, heading in words.DIRECTIONS.items():
        if direction in by_direction:
            yield heading, by_direction[direction]
