"""What there is to look at in a content, so that looks can be held against it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.errors import Error
from tocsin.filing.viewed import Extent, Inside, counted, looked_at, viewed
from tocsin.intake.model import Member, Submissions
from tocsin.media.identify import ARCHIVES

if TYPE_CHECKING:
    from tocsin.cases.store_viewing import Look
    from tocsin.content.model import Content
    from tocsin.evidence.renditions import Timeline
    from tocsin.filing.record import ContentRecord
    from tocsin.filing.viewed import Viewed
    from tocsin.intake.model import Submission

MOST_MEMBERS: Final = 500
"""Of an archive: nobody looks at more of them one by one."""
_NOTHING: Final = Extent(0, complete=False)
_PART: Final = Extent(1, complete=False)


class Stills(Protocol):
    """What can tell the stills of a content: `tocsin.evidence.renditions.Renderer`."""

    def stills(self, sha256: bytes, *, member: int = 0) -> "Timeline":
        """How many there are, of how many frames. Raises an Error where nothing can be shown."""
        ...


@dataclass(frozen=True, slots=True)
class Extents:
    """What looks at contents say, held against what there is to look at in them."""

    submissions: Submissions
    stills: Stills

    def seen(
        self, content: "ContentRecord", case: int, own: Sequence["Submission"]
    ) -> tuple["Viewed", tuple["Look", ...]]:
        """What looks in a case say of a content that an account submitted (`own`), and those that count."""
        looks = counted(content.looks, case, min(one.received for one in own))
        return viewed(looks, lambda: self._inside(content.sha256, own[0], looked_at(looks))), looks

    def _inside(self, sha256: bytes, submission: "Submission", seen: Collection[int]) -> Inside:
        """What there is to look at in a content, of an archive those members that were looked at (`seen`)."""
        if submission.content is None:
            return Inside({0: None})
        if submission.content.format not in ARCHIVES:
            return Inside({0: self._extent(sha256, submission.content)})
        told = submission.inside
        if told is None or not 0 < told.members <= min(MOST_MEMBERS, len(seen)):
            return Inside({}, complete=False)
        members = self.submissions.members(sha256)
        whole = not told.refused and submission.content.refused is None and len(members) == told.members
        if not (whole and all(one.content.kind == "image" for one in members)):
            return Inside({}, complete=False)
        return Inside({one.number: self._member(sha256, one) for one in members})

    def _member(self, sha256: bytes, member: Member) -> Extent | None:
        return self._extent(sha256, member.content, member.number)

    def _extent(self, sha256: bytes, content: "Content", member: int = 0) -> Extent | None:
        """What there is of one picture; of a video only that stills are not all of it."""
        if content.kind != "image":
            return _PART if content.kind == "video" else _NOTHING
        if content.format == "jpeg":
            return Extent(1, complete=True)
        try:
            timeline = self.stills.stills(sha256, member=member)
        except Error:  # it may be shown again later, or somebody may have seen it before: nobody knows
            return None
        stills = len(timeline.seconds)
        return Extent(stills, complete=timeline.cut is None and timeline.frames == stills)
