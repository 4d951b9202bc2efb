"""What a person knows of the contents of a case: a decision judges all of them, looked at or not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin.cases.errors import UnseenError
from tocsin.cases.model import Outcome

PICTURES: Final = frozenset({"image", "video"})
"""Kinds of content that could be shown."""
_NAMED: Final = 20
"""Places that an error names."""


class Known(StrEnum):
    """What there is to judge a content by: the first of these that holds."""

    JUDGED = "judged"
    KNOWN = "known"
    OBSERVED = "observed"
    SEEN = "seen"
    NOTHING = "nothing"
    """It cannot be shown."""
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person knows of one content of a case."""

    place: int
    """Of the content in the case, from 1."""
    sha256: bytes
    kind: str
    showable: bool
    """It is a picture or a video, or an archive with some in it."""
    seen: bool
    """They asked for a preview of it, or looked at it, in this case."""
    observed: bool
    """They recorded an observation of it."""
    known: bool
    """It is the same file as a known one: by SHA-256 or SHA-1, as an entry that stands, undisputed."""
    judged: Outcome | None = None
    """What was decided earlier."""

    @property
    def by(self) -> Known:
        """What there is to judge it by."""
        holds = {
            Known.JUDGED: self.judged is not None,
            Known.KNOWN: self.known,
            Known.OBSERVED: self.observed,
            Known.SEEN: self.seen,
            Known.NOTHING: not self.showable,
        }
        return next((one for one, it in holds.items() if it), Known.UNSEEN)

    def lacking(self, outcome: Outcome | None) -> bool:
        """Whether that outcome would judge it without anything to go by."""
        same = outcome is not None and self.judged is outcome
        return self.showable and not (self.seen or self.observed or self.known or same)


def lacking(sights: Sequence[Sight], outcome: Outcome | None) -> frozenset[int]:
    """The places of contents that the outcome would judge without anything to go by."""
    return frozenset(one.place for one in sights if one.lacking(outcome))


def refuse_unseen(case: int, places: Collection[int]) -> None:
    """Raise UnseenError, naming these places, unless there are none."""
    if not places:
        return
    named = ", ".join(str(one) for one in sorted(places)[:_NAMED])
    more = f" and {len(places) - _NAMED:,} more" if len(places) > _NAMED else ""
    message = f"you have not looked at {len(places):,} of the contents of case {case}: {named}{more}"
    error = UnseenError(message)
    error.places = tuple(sorted(places))
    raise error
