"""The page that shows what `tocsin link` found: groups as drawings and tables, the rest as lists."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.provenance.linking.weighing import scale
from tocsin.provenance.pages import _layout
from tocsin.provenance.pages._frame import HERE, check_folder, page_file, template

if TYPE_CHECKING:
    from tocsin.provenance.linking.model import Link, Links


def link_page(links: "Links", target: Path) -> None:
    """Write the page on `links`. What stands at `target` is replaced at once, or not at all.

    Raises:
        PageError: the page cannot be written.
    """
    check_folder(target)
    head, tail = template("link.html").render(links=links, scale=scale()).split(HERE)
    with page_file(target) as page:
        page.write(head.encode())
        page.writelines(text.encode() for text in _groups(links))
        page.write(tail.encode())


def _groups(links: "Links") -> Iterator[str]:
    entry = template("link-group.html")
    for number, group in enumerate(links.groups, 1):
        places = {file: place for place, file in enumerate(group.files)}
        yield entry.render(
            number=number,
            group=group,
            drawing=_layout.drawing(group),
            layout=_layout,
            rows=[(link, _ranges(link.files, places), _read(link, places)) for link in group.links],
        )


def _ranges(files: tuple[str, ...], places: dict[str, int]) -> str:
    return _layout.ranges(sorted({places[file] for file in files}))


def _read(link: "Link", places: dict[str, int]) -> list[tuple[str, str, str]]:
    """Rule, place and files of the readings; what many files have in common is said once."""
    files: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for reading in link.readings:
        where = f"{reading.container} {reading.segment}" if reading.container else "no single place"
        files[reading.rule, where].append(reading.file)
    return [(rule, where, _ranges(tuple(some), places)) for (rule, where), some in sorted(files.items())]
