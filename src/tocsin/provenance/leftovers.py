"""What is in a file and no family of signs has read, so that nobody takes it for looked at."""

from collections.abc import Iterable, Iterator
from typing import Final

from tocsin.media.containers.segments import Segment
from tocsin.media.identify import HEAD_BYTES, identify
from tocsin.provenance.fields import Space
from tocsin.provenance.model import Derivation, Finding, Item, NotChecked, Place
from tocsin.provenance.opened import Opened
from tocsin.provenance.texts import shortened

_TRAILER: Final = "trailer"
_LEAST_TRAILER: Final = 16
"""Bytes; encoders leave a few zeros behind the end."""
_FREE_TEXT: Final = (
    (Space.TEXT, None),
    (Space.EXIF, frozenset({"Exif:UserComment", "IFD0:UserComment", "IFD0:ImageDescription"})),
)
_NAMES: Final = 5


def leftovers(file: Opened, findings: Iterable[Finding]) -> Iterator[NotChecked]:
    """Bytes behind the end of the picture, and texts that no finding rests on."""
    yield from _behind_the_end(file)
    yield from _texts(file, findings)


def _behind_the_end(file: Opened) -> Iterator[NotChecked]:
    for segment in file.walk.named(_TRAILER):
        if segment.length < _LEAST_TRAILER:
            continue
        kind = identify(file.read(segment, HEAD_BYTES))
        alike = "" if kind.format in {"unknown", "empty"} else f", which look like {kind.format}"
        what = (
            f"{segment.length:,} bytes behind the end of the picture, from offset {segment.offset:,}{alike}"
        )
        yield NotChecked(what, "only the picture before them is examined; cut them out to examine them")


def _texts(file: Opened, findings: Iterable[Finding]) -> Iterator[NotChecked]:
    """Names only: the text may be a prompt, and prompts may be abusive."""
    read = {
        (place.segment, place.offset)
        for finding in findings
        if isinstance(finding, Item | Derivation)
        for place in finding.where
    }
    names = [
        field.name
        for space, wanted in _FREE_TEXT
        for field in file.fields.found
        if field.space is space and (wanted is None or field.name in wanted) and field.value.strip()
        if (_segment(field.where), field.where.offset) not in read
    ]
    if names:
        some = ", ".join(f"“{shortened(name, 40)}”" for name in names[:_NAMES])
        more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
        what = f"free text in {len(names):,} field{'s' if len(names) > 1 else ''}: {some}{more}"
        yield NotChecked(what, "no rule knows what it means; read it in the file if it may matter")


def _segment(where: Segment | Place) -> str:
    return where.name if isinstance(where, Segment) else where.segment
