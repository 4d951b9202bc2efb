"""EXIF of files for a report: names and values, without long texts, within a budget of time."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tocsin.cases.store_viewing import ReadsMetadata
from tocsin.errors import Error
from tocsin.filing.cybertip.material import Pairs
from tocsin.provenance.fields import Space

if TYPE_CHECKING:
    from tocsin.evidence.metadata import Metadata
    from tocsin.filing.record import ContentRecord

MOST_FILES: Final = 100
MOST_SECONDS: Final = 20.0
"""For all files of a draft together: somebody waits."""
MOST_PAIRS: Final = 80
LONGEST_VALUE: Final = 200
"""Longer texts are descriptions, prompts, maker notes: they are in the file; nobody has to read them."""
_KINDS: Final = frozenset({"image", "video"})


def exif_of(contents: Sequence["ContentRecord"], reader: ReadsMetadata) -> tuple[dict[bytes, Pairs], int]:
    """The EXIF of files by SHA-256, and of how many it was not read."""
    wanted = [one for one in contents if one.content is not None and one.content.kind in _KINDS]
    found: dict[bytes, Pairs] = {}
    until = time.monotonic() + MOST_SECONDS
    for one in wanted[:MOST_FILES]:
        if time.monotonic() > until:
            break
        try:
            found[one.sha256] = _pairs(reader.metadata(one.sha256))
        except Error:  # it is counted among those that were not read, and the draft says how many
            continue
    return found, len(wanted) - len(found)


def _pairs(metadata: "Metadata") -> Pairs:
    exif = [one for one in metadata.fields if one.space is Space.EXIF and one.value]
    short = [one for one in exif if one.characters <= LONGEST_VALUE][:MOST_PAIRS]
    return Pairs(tuple((one.name, one.value) for one in short), len(exif) - len(short) + metadata.more)
