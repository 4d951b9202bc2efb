"""Whether a file was viewed before it is reported: from the log of looks at originals, never by assumption.

What a report says of this is evidence. It decides in US courts whether the government needs a warrant to open
the file (United States v. Wilson, 9th Cir. 2021: somebody has to have viewed that very file, not an equal one
from another account). So a look counts only where it was made in the case, after the file came in, and a page
confirmed that it was shown; and "viewed" is said only where such looks leave out nothing of the file.

The stretches between stills of a video are not looked at, nor is its sound: a video is never "viewed".
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tocsin.cases.store_viewing import Look
from tocsin.media.answers import number_in, object_in

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

MILLION: Final = 1_000_000
"""Regions are logged in millionths of a picture's sides."""
_ROUNDED: Final = 1
"""Millionths by which each side of a region may have been rounded."""
Rectangle = tuple[int, int, int, int]
"""Left, top, right and bottom in millionths."""
WHOLE: Final[Rectangle] = (0, 0, MILLION, MILLION)


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is to look at in one picture, animation or video."""

    stills: int
    """How many stills can be looked at; 0 where nothing can be shown."""
    complete: bool
    """Whether these stills are all there is: every frame, and no sound."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What there is to look at in a content: by the number of a member of an archive, or 0 for itself."""

    parts: dict[int, Extent | None]
    """None where nobody could find out."""
    complete: bool = True
    """Whether these parts are all: false where members are missing or could not be told."""


@dataclass(frozen=True, slots=True)
class Viewed:
    """What can be said of a file, in three values: None where it is not known, and nothing is said."""

    file: bool | None
    """Somebody viewed all of it."""
    metadata: bool | None
    """Somebody viewed its metadata, and all of the file."""
    because: str
    """Why, in a sentence."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The regions of a still that were shown, or that may have been."""

    shown: list[Rectangle] = field(default_factory=list)
    granted: list[Rectangle] = field(default_factory=list)


def counted(looks: Iterable[Look], case: int, since: datetime) -> tuple[Look, ...]:
    """The looks that count for a file that came into a case then: in that case, and not before."""
    return tuple(one for one in looks if one.case == case and one.time >= since and not one.failed)


def looked_at(looks: Iterable[Look]) -> frozenset[int]:
    """The members of an archive that were looked at; 0 stands for the content itself."""
    parts = [object_in(json.loads(look.part)) for look in looks]
    return frozenset(number_in(part.get("member", 0)) for part in parts)


def viewed(looks: Sequence[Look], inside: Callable[[], Inside]) -> Viewed:
    """What looks say of a file. `inside` is asked only where somebody looked.

    A look whose end no page has told of may have been shown or not. Where that makes the difference, nothing
    is said.
    """
    pictures, metadata = _sorted(looks)
    if not pictures:
        because = "nobody has looked at the original"
        return Viewed(file=False, metadata=None if metadata else False, because=because)
    there = inside()
    file = _all(there.complete, [_part(pictures, number, one) for number, one in there.parts.items()])
    because = {
        True: "confirmed looks cover the whole of it",
        False: "the looks at it leave something out",
        None: "it is not known whether all of it was shown",
    }[file]
    return Viewed(file, _metadata(metadata, file), because)


def _sorted(looks: Sequence[Look]) -> tuple[dict[tuple[int, int], _Seen], list[bool]]:
    """Regions looked at by member and still; and for each look at metadata whether it was confirmed."""
    pictures: dict[tuple[int, int], _Seen] = {}
    metadata: list[bool] = []
    for look in looks:
        if look.failed or look.shown == 0:
            continue
        part, confirmed = object_in(json.loads(look.part)), look.shown is not None
        if part.get("metadata") is True:
            metadata += [] if part.get("member") else [confirmed]
            continue
        place = number_in(part.get("member", 0)), number_in(part.get("still", 0))
        seen = pictures.setdefault(place, _Seen())
        (seen.shown if confirmed else seen.granted).append(_rectangle(part.get("region")))
    return pictures, metadata


def _rectangle(region: "JsonValue") -> Rectangle:
    if region is None:
        return WHOLE
    at = object_in(region)
    left, top, width, height = (number_in(at[name]) for name in ("left", "top", "width", "height"))
    return left - _ROUNDED, top - _ROUNDED, left + width + _ROUNDED, top + height + _ROUNDED


def _part(pictures: dict[tuple[int, int], _Seen], member: int, extent: Extent | None) -> bool | None:
    """Whether all of one picture, animation or member was shown."""
    if extent is None:  # it may be a single still, or may not
        seen = pictures.get((member, 0), _Seen())
        return None if covers([*seen.shown, *seen.granted]) else False
    if not extent.stills:
        return False
    stills = [_still(pictures.get((member, still), _Seen())) for still in range(extent.stills)]
    return _all(extent.complete, stills)


def _still(seen: _Seen) -> bool | None:
    if covers(seen.shown):
        return True
    return None if covers([*seen.shown, *seen.granted]) else False


def _all(complete: bool, parts: Sequence[bool | None]) -> bool | None:  # noqa: FBT001  # as `all`
    """True if all are and nothing else is there; False if one certainly is not; None otherwise."""
    if not complete or not parts or False in parts:
        return False
    return None if None in parts else True


def _metadata(confirmed: Sequence[bool], file: bool | None) -> bool | None:  # noqa: FBT001  # a value
    """The documentation has "EXIF viewed" only where the file was viewed: else nothing is said."""
    if not confirmed:
        return False
    return True if file and any(confirmed) else None


def covers(rectangles: Sequence[Rectangle]) -> bool:
    """Whether rectangles together leave out nothing of a picture."""
    if WHOLE in rectangles:
        return True
    found = set(rectangles)
    edges = sorted(
        {0, MILLION, *(x for left, _, right, _ in found for x in (left, right) if 0 < x < MILLION)}
    )
    return bool(found) and all(
        _column([(top, bottom) for left, top, right, bottom in found if left <= at and right >= to])
        for at, to in pairwise(edges)
    )


def _column(stretches: Iterable[tuple[int, int]]) -> bool:
    reached = 0
    for start, end in sorted(stretches):
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= MILLION
