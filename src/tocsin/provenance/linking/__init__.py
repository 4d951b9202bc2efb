"""Files that share fingerprints: groups that may come from one hand, with the evidence for each link.

A fingerprint links all files that have it if it weighs enough: its kind and its value decide, and how many
files share it (`data/linking.toml` has the figures and the reasons). What weighs too little alone may add up
with something else that the same files share. Groups are the files connected by links, directly or over
others. Everything is said with its reason, and files without a link are listed like all others: that files
belong together says nothing about what they show, and nothing about which should be looked at first.

Adding files that share nothing never parts a group: weights only rise by it. Adding files that share a
fingerprint may lower its weight, since it turns out to be common.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from tocsin.provenance.linking.linker import Linker
from tocsin.provenance.linking.sightings import Sightings
from tocsin.provenance.linking.weighing import scale
from tocsin.provenance.texts import shortened, shown

if TYPE_CHECKING:
    from tocsin.provenance.answer import Explanation
    from tocsin.provenance.linking.model import Links

COLUMNS: Final = ("group", "files", "shared", "value", "weight", "why")
"""What `table_rows` has."""


def link(answers: Iterable[tuple[str, "Explanation"]]) -> "Links":
    """Group files by what they share.

    `answers` are paths, each with what explains its file; they are read once, and only fingerprints are kept.
    The result does not depend on their order.
    """
    seen = Sightings()
    for path, explanation in answers:
        seen.add(path, explanation)
    return Linker(seen, scale()).links()


def table_rows(links: "Links") -> Iterator[tuple[str, ...]]:
    """The links as rows of text under `COLUMNS`: one for each link, groups numbered from 1."""
    for number, group in enumerate(links.groups, 1):
        for one in group.links:
            names = " + ".join(part.name for part in one.parts)
            values = " + ".join(shortened(shown(part.fingerprint.value)) for part in one.parts)
            yield str(number), f"{len(one.files):,}", names, values, f"{one.weight:.2f}", one.why


def file_rows(links: "Links") -> Iterator[tuple[str, str]]:
    """The number of the group of each file, empty for none, and the file as people may see it."""
    for number, group in enumerate(links.groups, 1):
        yield from ((str(number), shown(file)) for file in group.files)
    yield from (("", shown(file)) for file in links.ungrouped)
