"""From looks that people make to the flags of the draft: over real cases, the log and archives."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.cases import ANNA, Desk
from support.drafting import CONTEXT, Bureau

from tocsin.content.model import Content
from tocsin.errors import Refusal
from tocsin.evidence.errors import NotRenderedError
from tocsin.evidence.metadata import Metadata
from tocsin.evidence.renditions import Region, Timeline
from tocsin.filing.extents import Extents
from tocsin.filing.model import State
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.model import Member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.filing.draft import Draft

pytestmark = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
LEFT, RIGHT = Region(0, 0, 0.5, 1), Region(0.5, 0, 0.5, 1)


@dataclass
class Told:
    """Says how many stills contents have, and notes of which members it was asked."""

    timeline: Timeline | None
    asked: list[int] = field(default_factory=list)

    def stills(self, sha256: bytes, *, member: int = 0) -> Timeline:
        """As it was told."""
        del sha256
        self.asked.append(member)
        if self.timeline is None:
            raise NotRenderedError(Refusal("media.undecodable", "It cannot be decoded.", "Nothing helps."))
        return self.timeline


SINGLE = Timeline((None,), frames=1)


def with_stills(bureau: Bureau, timeline: Timeline | None = SINGLE) -> Told:
    """Have contents have these stills."""
    told = Told(timeline)
    extents = Extents(bureau.table.desk.submissions, told)
    bureau.drafting = replace(bureau.drafting, extents=extents)
    return told


def flags(draft: "Draft") -> tuple[bool | None, bool | None]:
    """Of the first file."""
    details = draft.files[0].details
    return details.file_viewed_by_esp, details.exif_viewed_by_esp


def members(count: int, kind: str = "image") -> "Sequence[Member]":
    """Members of an archive."""
    return [
        Member(
            number,
            f"{number}.png",
            Content(kind, 10, (Signal(SignalType.SHA256, bytes([number]) * 32),), format="png"),
        )
        for number in range(1, count + 1)
    ]


def test_nobody_looked(bureau: Bureau) -> None:
    """A preview, however large, is no look at the original; nor is a match."""
    number, _ = bureau.submit()
    _, draft = bureau.drafted(bureau.decided(number))
    assert flags(draft) == (False, False)


def test_one_look_at_all_of_it(bureau: Bureau) -> None:
    """It was viewed once a page has said that it was shown; its metadata was not."""
    number, sha256 = bureau.submit()
    case = bureau.claimed(number)
    bureau.look(case, sha256)
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft) == (True, False)


def test_a_look_whose_page_went_away(bureau: Bureau) -> None:
    """Nothing is said: it may have been shown or not."""
    number, sha256 = bureau.submit()
    case = bureau.claimed(number)
    bureau.look(case, sha256, seconds=None)
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft) == (None, False)


def test_a_look_that_ended_before_anything_was_shown(bureau: Bureau) -> None:
    """The page says so: whoever let go, or whose browser could not show it, has viewed nothing."""
    number, sha256 = bureau.submit()
    case = bureau.claimed(number)
    look = bureau.screen.viewing.reveal(ANNA, number, case.claim, sha256, None, 5, "/cases")
    bureau.screen.clock.move(timedelta(seconds=2))
    assert bureau.screen.viewing.ended(ANNA, look.id, 0) == 2, "the time counts all the same"
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft) == (False, False)


def test_two_halves_and_the_metadata(bureau: Bureau) -> None:
    """Half is not viewed; both are; metadata by a look of its own."""
    number, sha256 = bureau.submit()
    case = bureau.claimed(number)
    bureau.look(case, sha256, LEFT)
    bureau.metadata.known[sha256] = Metadata((), 0, 0)
    look = bureau.screen.viewing.metadata(ANNA, number, case.claim, sha256, 5, "/cases")
    bureau.screen.clock.move(timedelta(seconds=2))
    bureau.screen.viewing.ended(ANNA, look.id, 2)
    filing, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft) == (False, None)
    bureau.table.deciding.undo(ANNA, filing.decision)
    case = bureau.claimed(number)
    bureau.screen.viewing.reveal(
        ANNA, number, case.claim, sha256, RIGHT, 5, "/cases", despite="the other half"
    )
    bureau.screen.clock.move(timedelta(seconds=2))
    bureau.screen.viewing.ended(ANNA, bureau.screen.viewing.looks(sha256)[-1].id, 2)
    bureau.filings.set_state(filing.number, State.RETRACTED)
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft) == (True, True)


def test_an_equal_file_of_another_case_was_not_viewed(bureau: Bureau) -> None:
    """Somebody viewed those bytes, and not that file (United States v. Wilson)."""
    first, sha256 = bureau.submit(data=b"the same")
    case = bureau.claimed(first)
    bureau.look(case, sha256)
    bureau.drafted(bureau.decided(first, case))
    context = {**CONTEXT, "account": {"id": "another"}, "url": "https://example.org/2"}
    second, again = bureau.submit(data=b"the same", context=context)
    assert again == sha256
    assert second != first
    _, draft = bureau.drafted(bureau.decided(second), "another")
    assert flags(draft) == (False, False)


def test_a_file_that_came_after_the_look_was_not_viewed(bureau: Bureau) -> None:
    """Into the same case, from another account: the look was at the file of the first one."""
    number, sha256 = bureau.submit(data=b"the same")
    case = bureau.claimed(number)
    bureau.screen.clock.now -= timedelta(hours=1)  # a minute ago, as it were
    early = bureau.screen.clock.now
    bureau.look(case, sha256)
    assert bureau.screen.viewing.looks(sha256)[0].time == early
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft) == (False, False)


@pytest.mark.parametrize(
    ("timeline", "looked", "expected"),
    [
        (Timeline((None,), frames=1), 1, True),
        (Timeline((0.0, 1.0, 2.0), frames=3), 3, True),
        (Timeline((0.0, 1.0, 2.0), frames=3), 2, False),
        (Timeline((0.0,) * 8, frames=8), 8, True),
        (Timeline((0.0,) * 8, frames=9), 8, False),
        (Timeline((0.0, 1.0), Refusal("a", "b", "c"), frames=2), 2, False),
        (Timeline((0.0, 1.0)), 2, False),
        (None, 1, None),
    ],
)
def test_animations(bureau: Bureau, timeline: Timeline | None, looked: int, expected: object) -> None:
    """Every still, where stills are all its frames."""
    with_stills(bureau, timeline)
    number, sha256 = bureau.submit(format="gif")
    case = bureau.claimed(number)
    for still in range(looked):
        bureau.look(case, sha256, still=still)
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft)[0] is expected


def test_a_video_is_not_viewed_by_its_stills(bureau: Bureau) -> None:
    """Whatever stills it has: what is between them was not shown, nor was its sound heard."""
    told = with_stills(bureau)
    number, sha256 = bureau.submit(kind="video", format="mp4")
    case = bureau.claimed(number)
    for still in range(8):
        bureau.look(case, sha256, still=still)
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft) == (False, False)
    assert told.asked == []


@pytest.mark.parametrize(
    ("kinds", "looked", "expected"),
    [
        (["image", "image"], [1, 2], True),
        (["image", "image"], [1], False),
        (["image", "text"], [1, 2], False),
        (["image", "video"], [1, 2], False),
    ],
)
def test_archives(bureau: Bureau, kinds: list[str], looked: list[int], expected: object) -> None:
    """Every member: the archive itself is the file of the report."""
    told = with_stills(bureau)
    inside = [members(2, kind)[place] for place, kind in enumerate(kinds)]
    number, sha256 = bureau.submit(kind="archive", format="zip", members=inside)
    case = bureau.claimed(number)
    for member in looked:
        bureau.look(case, sha256, member=member)
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert [one.sha256 for one in draft.files] == [sha256]
    assert flags(draft)[0] is expected
    assert expected or told.asked == []


def test_an_archive_with_thousands_of_members(bureau: Bureau) -> None:
    """Nobody looked at all of them, so none is asked for; a report of it is no longer than of another."""
    told = with_stills(bureau)
    many = [
        Member(n, f"{n}.png", Content("image", 10, (Signal(SignalType.MD5, n.to_bytes(16)),), format="png"))
        for n in range(1, 3001)
    ]
    number, sha256 = bureau.submit(kind="archive", format="zip", members=many)
    case = bureau.claimed(number)
    bureau.look(case, sha256, member=1)
    _, draft = bureau.drafted(bureau.decided(number, case))
    assert flags(draft)[0] is False
    assert told.asked == []
    assert len(draft.files) == 1


def test_a_case_with_hundreds_of_submissions(bureau: Bureau) -> None:
    """One account's five hundred files: all are in the report."""
    desk: Desk = bureau.table.desk
    with desk.database.writing():
        numbers = {bureau.submit(context=CONTEXT)[0] for _ in range(120)}
    assert len(numbers) == 1
    (number,) = numbers
    _, draft = bureau.drafted(bureau.decided(number))
    assert len(draft.files) == 120
    assert {one.details.file_viewed_by_esp for one in draft.files} == {False}
