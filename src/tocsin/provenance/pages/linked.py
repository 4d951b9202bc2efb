"""The page that shows what `tocsin link` found: groups as drawings and tables, the rest as lists."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.provenance.linking import CAUTION
from tocsin.provenance.linking.weighing import scale
from tocsin.provenance.pages import _layout
from tocsin.provenance.pages._frame import HERE, check_page, page_file, template

if TYPE_CHECKING:
    from tocsin.provenance.linking.model import Link, Links


def link_page(links: "Links", target: Path, *, gaps: Sequence[str] = ()) -> None:
    """Write the page on `links`; `gaps` are sentences on what was not looked for, so that it is not known.

    What stands at `target` is replaced at once, or not at all. `check_page` tells before the files are
    examined whether it can be.

    Raises:
        PageError: the page cannot be written.
        TargetError: a file is there that is no page of Tocsin.
    """
    check_page(target)
    frame = template("link.html").render(links=links, scale=scale(), caution=CAUTION, gaps=gaps)
    head, tail = frame.split(HERE)
    with page_file(target) as page:
        page.write(head.encode())
        page.writelines(text.encode() for text in _groups(links))
        page.write(tail.encode())


def _groups(links: "Links") -> Iterator[str]:
    entry = template("link-group.html")
    for number, group in enumerate(links.groups, 1):
        places = {content: place for place, content in enumerate(group.contents)}
        firsts = {content.files[0]: place for content, place in places.items()}
        yield entry.render(
            number=number,
            group=group,
            drawing=_layout.drawing(group),
            layout=_layout,
            rows=[
                (
                    link,
                    _layout.ranges(sorted(places[content] for content in link.contents)),
                    _read(link, firsts),
                )
                for link in group.links
            ],
        )


def _ranges(files: Iterable[str], firsts: dict[str, int]) -> str:
    return _layout.ranges(sorted({firsts[file] for file in files}))


def _read(link: "Link", firsts: dict[str, int]) -> list[tuple[str, str, str]]:
    """Rule, place and files of the readings; what many files have in common is said once."""
    files: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for reading in link.readings:
        where = f"{reading.container} {reading.segment}" if reading.container else "no single place"
        files[reading.rule, where].append(reading.file)
    return [(rule, where, _ranges(some, firsts)) for (rule, where), some in sorted(files.items())]
