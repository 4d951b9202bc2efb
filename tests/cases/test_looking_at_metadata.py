"""Looking at metadata: on record and booked as any look at an original, and no look at the content."""

import json

import pytest
from support.cases import ANNA, person
from support.viewing import Screen

from tocsin.access.errors import DeniedError
from tocsin.cases.errors import NotHeldError
from tocsin.evidence.errors import NotRenderedError
from tocsin.evidence.metadata import Metadata, Named
from tocsin.provenance.fields import Space

SQLITE = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
"""What is decided above the store is tried on one database: CI is short of time."""
CAMERA = Metadata((Named(Space.EXIF, "IFD0:Make", "A maker", 7),), 0, 0)


def test_it_is_on_record_and_booked(screen: Screen) -> None:
    """As a look at that content, of its metadata; whose seconds count."""
    held = screen.case()
    sha256 = held.at[3]
    screen.metadata.known[sha256] = CAMERA
    look = screen.viewing.metadata(*held.at, 5, "/cases")
    assert look.metadata == CAMERA
    (kept,) = screen.viewing.looks(sha256)
    assert (kept.id, json.loads(kept.part), kept.seconds) == (look.id, {"metadata": True}, 5)
    (row,) = [one for one in screen.table.desk.events(held.number) if one.kind == "content.revealed"]
    detail = json.loads(row.detail)
    assert (detail["reveal"], detail["metadata"], detail["rendition"]) == (look.id, True, "metadata")
    assert "A maker" not in row.detail
    figures = screen.viewing.own_figures(ANNA).today
    assert (figures.reveals, figures.seconds) == (1, 5)
    assert screen.viewing.ended(ANNA, look.id, 3) == 3
    assert screen.viewing.looks(sha256)[0].shown == 3


@SQLITE
def test_it_does_not_count_as_having_seen_the_content(screen: Screen) -> None:
    """Who decides has to look at the picture, and not at words about it."""
    number = screen.table.case()
    case = screen.table.desk.queue.claim(ANNA, number)
    sha256 = screen.table.content(number)
    screen.viewing.metadata(ANNA, number, case.claim, sha256, 5, "/cases")
    assert not any(one.seen for one in screen.table.deciding.sights(ANNA.id, number))


@SQLITE
def test_what_cannot_be_read_is_not_booked(screen: Screen) -> None:
    """The record says that nothing was shown."""
    held = screen.case()
    screen.metadata.broken = True
    with pytest.raises(NotRenderedError):
        screen.viewing.metadata(*held.at, 5, "/cases")
    assert screen.viewing.looks(held.at[3])[0].failed
    assert screen.viewing.own_figures(ANNA).today.reveals == 0


@SQLITE
@pytest.mark.parametrize(
    "metadata",
    [
        Metadata(CAMERA.fields, 3, 0),
        Metadata(CAMERA.fields, 0, 1),
        Metadata((Named(Space.EXIF, "Exif:UserComment", "cut", 9000),), 0, 0),
    ],
)
def test_metadata_that_was_cut_was_not_viewed(screen: Screen, metadata: Metadata) -> None:
    """Whatever a page says of it afterwards."""
    held = screen.case()
    screen.metadata.known[held.at[3]] = metadata
    look = screen.viewing.metadata(*held.at, 5, "/cases")
    assert screen.viewing.ended(ANNA, look.id, 5) == 0
    assert screen.viewing.looks(held.at[3])[0].shown == 0


@SQLITE
def test_only_who_holds_the_case_and_may_reveal(screen: Screen) -> None:
    """Nobody else is shown anything, and nothing is read for them."""
    held = screen.case()
    _, number, claim, sha256 = held.at
    with pytest.raises(NotHeldError):
        screen.viewing.metadata(person("bela"), number, claim, sha256, 5, "/cases")
    with pytest.raises(DeniedError):
        screen.viewing.metadata(person("rita", "reporter"), number, claim, sha256, 5, "/cases")
    assert screen.metadata.asked == []
