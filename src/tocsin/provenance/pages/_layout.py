"""Where the nodes of a group's drawing stand: files on the left, what they share on the right.

Contents that share the same things are one node, so that hundreds of files of one hand stay readable. The
order on either side follows the other (barycentre heuristic of Sugiyama, Tagawa and Toda, 1981), which keeps
most lines from crossing. The same group always gives the same drawing.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.names import shown
from tocsin.provenance.linking.model import Copies, Group, Link, counted, files_of

MOST_NODES: Final = 24
"""On either side; what is beyond is counted, and stands in the table like everything else."""
WIDTH: Final = 1000
BOX: Final = 370
HEIGHT: Final = 46
GAP: Final = 14
TOP: Final = 34
_LABEL: Final = 44
_SWEEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A box with two lines of text."""

    x: int
    y: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from a file's box to what it shares; broken where several things together make the link."""

    path: str
    width: float
    several: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn of a group, and how much is not."""

    files: tuple[Node, ...]
    links: tuple[Node, ...]
    edges: tuple[Edge, ...]
    height: int
    contents_left: int
    """Contents that are not drawn."""
    links_left: int


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Contents, by their places in the group, that share the same links."""

    contents: tuple[int, ...]
    links: frozenset[int]


def drawing(group: Group) -> Drawing:
    """Lay out a group: the links of most files that hang together, and first the contents that join them."""
    place = {content: number for number, content in enumerate(group.contents)}
    links = _chosen(group.links)
    bundles = _shown_first(list(_bundles(links, place)))[:MOST_NODES]
    left, right = _ordered(sorted(bundles, key=lambda one: one.contents), len(links))
    rows = max(len(left), len(right))
    y_of_link = {link: _y(row, len(right), rows) for row, link in enumerate(right)}
    files: list[Node] = []
    edges: list[Edge] = []
    for row, bundle in enumerate(left):
        y = _y(row, len(left), rows)
        files.append(_bundle_node(bundle, group, y))
        edges += [_edge(y, y_of_link[link], links[link]) for link in sorted(bundle.links)]
    drawn = sum(len(bundle.contents) for bundle in left)
    return Drawing(
        files=tuple(files),
        links=tuple(_link_node(links[link], y) for link, y in y_of_link.items()),
        edges=tuple(edges),
        height=TOP + rows * (HEIGHT + GAP),
        contents_left=len(group.contents) - drawn,
        links_left=len(group.links) - len(links),
    )


def ranges(numbers: Iterable[int]) -> str:
    """Places in a list as people count them, from 1: `1-3, 7`. `numbers` must be sorted and count from 0."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a + 1}" if a == b else f"{a + 1}-{b + 1}" for a, b in runs)


def _chosen(links: Sequence[Link]) -> list[Link]:
    """Up to `MOST_NODES` links, each with a content in common with one before it."""
    left = sorted(links, key=lambda link: -len(link.contents))  # stable: the heavier first among equals
    chosen = [left.pop(0)]
    covered = set(chosen[0].contents)
    while left and len(chosen) < MOST_NODES:
        number = next(number for number, link in enumerate(left) if not covered.isdisjoint(link.contents))
        chosen.append(left.pop(number))
        covered.update(chosen[-1].contents)
    return chosen


def _bundles(links: Sequence[Link], place: Mapping[Copies, int]) -> Iterator[_Bundle]:
    of_content: defaultdict[int, set[int]] = defaultdict(set)
    for number, link in enumerate(links):
        for content in link.contents:
            of_content[place[content]].add(number)
    bundles: defaultdict[frozenset[int], list[int]] = defaultdict(list)
    for number, shared in sorted(of_content.items()):
        bundles[frozenset(shared)].append(number)
    yield from (_Bundle(tuple(contents), shared) for shared, contents in bundles.items())


def _shown_first(bundles: Sequence[_Bundle]) -> list[_Bundle]:
    """Those that join most links, and before all others as many as it takes to have every link joined."""
    covered: set[int] = set()
    first: list[_Bundle] = []
    others: list[_Bundle] = []
    for one in sorted(bundles, key=lambda one: (-len(one.links), -len(one.contents), one.contents)):
        (others if one.links <= covered else first).append(one)
        covered |= one.links
    return first + others


def _ordered(bundles: list[_Bundle], links: int) -> tuple[list[_Bundle], list[int]]:
    """Both sides, each sorted by the mean place of its neighbours, some times over."""
    order = list(range(links))
    for _ in range(_SWEEPS):
        rows = [_mean(row for row, one in enumerate(bundles) if link in one.links) for link in range(links)]
        order.sort(key=rows.__getitem__)
        places = {link: row for row, link in enumerate(order)}
        means = {one: _mean(places[link] for link in one.links) for one in bundles}
        bundles = sorted(bundles, key=means.__getitem__)
    return bundles, order


def _mean(numbers: Iterable[int]) -> float:
    some = list(numbers)
    return sum(some) / len(some)


def _y(row: int, count: int, rows: int) -> int:
    """The shorter side is spread over the height of the longer."""
    return TOP + int((row + 0.5) * rows / count * (HEIGHT + GAP)) - (HEIGHT + GAP) // 2


def _bundle_node(bundle: _Bundle, group: Group, y: int) -> Node:
    numbers, contents = ranges(bundle.contents), [group.contents[number] for number in bundle.contents]
    files = files_of(contents)
    title = f"{counted(len(contents), len(files))}: {numbers}" if len(files) > 1 else f"file {numbers}"
    more = ", …" if len(files) > 1 else ""
    name = shown(files[0])
    return Node(0, y, _from_the_start(title, _LABEL), _from_the_end(name, _LABEL - len(more)) + more)


def _link_node(link: Link, y: int) -> Node:
    first, *others = link.parts
    names = " + ".join([first.name, *(part.name for part in others)])
    values = " + ".join(part.fingerprint.value for part in link.parts)
    count = f", {link.counted}"
    title = f"{link.weight:.2f} {_from_the_start(names, _LABEL - len(count) - 5)}{count}"
    return Node(WIDTH - BOX, y, title, _from_the_start(shown(values), _LABEL))


def _edge(from_y: int, to_y: int, link: Link) -> Edge:
    start, end = BOX, WIDTH - BOX
    middle = (start + end) // 2
    y, to = from_y + HEIGHT // 2, to_y + HEIGHT // 2
    path = f"M{start} {y}C{middle} {y} {middle} {to} {end} {to}"
    return Edge(path, round(1 + 2 * min(link.weight, 1.0), 1), len(link.parts) > 1)


def _columns(text: str) -> Iterator[int]:
    """Columns that each character takes in a fixed-width font (Unicode, UAX 11)."""
    return (2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _from_the_start(text: str, most: int) -> str:
    used = 0
    for end, columns in enumerate(_columns(text)):
        used += columns
        if used > most:
            return text[: max(0, end - 1)] + "…"
    return text


def _from_the_end(text: str, most: int) -> str:
    """The end of a path says more than its beginning."""
    return _from_the_start(text[::-1], most)[::-1]
