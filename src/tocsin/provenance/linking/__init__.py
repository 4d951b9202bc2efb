"""Contents that share fingerprints: groups that may come from one hand, with the evidence for each link.

A fingerprint links all contents that have it if it weighs enough: its kind and its value decide, and how many
contents share it (`data/linking.toml` has the figures and the reasons). What weighs too little alone may add
up with something else that the same contents share. Groups are the contents connected by links, directly or
over others. Everything is said with its reason, and files without a link are listed like all others: that
files belong together says nothing about what they show, and nothing about which should be looked at first.

Files with the same bytes are one content, however many there are: a copy is no second file that happens to
share something, and makes nothing more common.

Adding contents that share nothing never parts a group: weights only rise by it. Adding contents that share a
fingerprint may lower its weight, since it turns out to be common.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from tocsin.provenance.linking.linker import Linker
from tocsin.provenance.linking.model import Answer
from tocsin.provenance.linking.sightings import Sightings
from tocsin.provenance.linking.weighing import scale

if TYPE_CHECKING:
    from tocsin.provenance.linking.model import Links

__all__ = ["CAUTION", "Answer", "link"]

CAUTION: Final = (
    "Files in a group share something that few others have: they may come from one hand or one device. That "
    "they do is not proven by it, and most of what is shared can be copied from one file to another. Being "
    "in a group, or in none, says nothing about what a file shows or how soon it should be looked at."
)
"""What has to be said wherever links are shown."""


def link(answers: Iterable[Answer]) -> "Links":
    """Group files by what they share.

    `answers` are read once, and only fingerprints are kept. The result does not depend on their order.
    """
    seen = Sightings()
    for answer in answers:
        seen.add(answer)
    return Linker(seen, scale()).links()
