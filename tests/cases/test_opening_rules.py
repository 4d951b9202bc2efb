"""Which signals earlier contents are resembled by, and what counts as word of danger."""

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.cases import ANNA, Desk
from support.known import pdq

from tocsin.cases.opening import QUALITY
from tocsin.content.model import Content
from tocsin.hashing.signals import Orientation, Signal, SignalType
from tocsin.intake.model import Context, NewSubmission
from tocsin.matching.matches import Matches
from tocsin.storage.earlier import EarlierContents
from tocsin.storage.home import Home

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

pytestmark = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
"""What is decided above the store is tried on one database."""


@pytest.fixture
def reviewed(home: Home) -> Iterator[Desk]:
    """A desk that looks among earlier contents."""
    earlier = EarlierContents(home.folder, home.database)
    yield Desk.over(home, earlier=earlier)
    earlier.close()


def finds(desk: Desk, signal: Signal) -> bool:
    """Whether a content with that signal is found to resemble the one that was submitted before."""
    first, _ = desk.submit(signals=[pdq(3, 40, 77)])
    later, number = desk.submit(signals=[signal])
    assert number is None
    assert later.content is not None
    found = desk.casework.resembling(later, later.content, matched=True)
    assert list(found) in ([], [first.sha256])
    return bool(found)


@pytest.mark.parametrize(
    ("quality", "found"), [(None, True), (100, True), (QUALITY, True), (QUALITY - 1, False), (0, False)]
)
def test_what_is_too_plain_resembles_nothing(reviewed: Desk, quality: int | None, found: bool) -> None:  # noqa: FBT001  # parametrized
    assert finds(reviewed, pdq(3, 40, 77, quality=quality)) == found


@pytest.mark.parametrize("orientation", Orientation)
def test_a_content_resembles_others_as_it_stands_and_not_as_turned(
    reviewed: Desk, orientation: Orientation
) -> None:
    assert finds(reviewed, pdq(3, 40, 77, orientation=orientation)) == (orientation is Orientation.UPRIGHT)


def opened(desk: Desk, **given: "JsonValue") -> int | None:
    """The case of a submission with a context that no door has checked."""
    digest = hashlib.sha256(json.dumps(given).encode()).digest()
    content = Content("image", 1000, (Signal(SignalType.SHA256, digest),), format="jpeg")
    with desk.database.writing():
        kept, _ = desk.submissions.add(NewSubmission(digest, 1000, "token:uploads", Context(given=given)))
        desk.submissions.examined(digest, content, ())
        desk.submissions.record_matches(kept.id, [(None, Matches((), ()))], {}, retroactive=False)
        return desk.casework.matched(kept)


@pytest.mark.parametrize("said", ["false", "no", 1, [False], {"child": False}])
def test_only_true_is_word_of_danger(desk: Desk, said: "JsonValue") -> None:
    assert opened(desk, danger=said) is None
    number = opened(desk, danger=said, review=True)
    assert number is not None
    assert json.loads(desk.events(number)[0].detail)["for"] == ["review"]
    assert not desk.queue.case(ANNA, number).standing.danger
