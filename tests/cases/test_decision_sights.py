"""A decision judges every content of a case: it is refused while some were not looked at, or says so."""

import json
from typing import TYPE_CHECKING

import pytest
from support.cases import ANNA, BELA, CLEO, entry_match
from support.deciding import CORA, DORA, Table
from support.viewing import Screen

from tocsin.banks.opinions import Verdict
from tocsin.cases.errors import LimitReachedError, NotRevealableError, UnseenError
from tocsin.cases.limits import Limits
from tocsin.cases.model import Basis, Observed, Outcome, Proposal, Publication, Standpoint
from tocsin.content.model import Content
from tocsin.evidence.errors import NotRenderedError
from tocsin.evidence.renditions import Rendition
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.model import Member
from tocsin.law.facts import Fact, Value
from tocsin.matching.matches import Match

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

REPORT, NO_ACTION = Proposal(Outcome.REPORT), Proposal(Outcome.NO_ACTION)
UNSEEN = Proposal(Outcome.NO_ACTION, unseen=True)


def several(table: Table, count: int = 3, *matches: Match, kind: str = "image") -> int:
    """A case with so many contents of its own."""
    numbers = set()
    for _ in range(count):
        context: JsonObject = {"review": True, "platform": "forum", "account": {"id": "one"}}
        _, number = table.desk.submit(None, *matches, kind=kind, context=context)
        numbers.add(number)
    (number,) = numbers
    assert number is not None
    return number


def test_what_nobody_looked_at_is_not_judged(table: Table) -> None:
    number = several(table)
    case = table.desk.queue.claim(ANNA, number)
    first, second, third = table.desk.cases.contents(number)
    table.look(ANNA, case, second)
    with pytest.raises(UnseenError, match=r"2 of the contents of case \d+: 1, 3$") as caught:
        table.deciding.decide(ANNA, number, case.claim, NO_ACTION, "k")
    assert caught.value.places == (1, 3)
    assert table.deciding.of_case(number) == []
    table.look(ANNA, case, first)
    table.look(ANNA, case, third)
    made = table.deciding.decide(ANNA, number, case.claim, NO_ACTION, "k")
    assert made.standpoint is Standpoint.IN_FORCE
    assert "unseen" not in json.loads(table.desk.events(number)[-1].detail)


def test_a_decision_on_what_nobody_looked_at_says_so(table: Table) -> None:
    number = several(table)
    case = table.desk.queue.claim(ANNA, number)
    table.look(ANNA, case, table.content(number))
    made = table.deciding.decide(ANNA, number, case.claim, UNSEEN, "k")
    assert table.deciding.decide(ANNA, number, case.claim, UNSEEN, "k") == made
    assert table.deciding.decision(made.id).proposal.unseen
    assert json.loads(table.desk.events(number)[-1].detail)["unseen"] == 2


def test_what_others_looked_at_was_not_looked_at(table: Table) -> None:
    number = several(table, 1)
    claim = table.claimed(BELA, number).claim
    table.desk.queue.release(BELA, number, claim)
    claim = table.desk.queue.claim(ANNA, number).claim
    with pytest.raises(UnseenError):
        table.deciding.decide(ANNA, number, claim, NO_ACTION, "k")
    table.desk.queue.release(ANNA, number, claim)
    claim = table.desk.queue.claim(BELA, number).claim  # what she saw, she saw
    assert table.deciding.decide(BELA, number, claim, NO_ACTION, "k").author == BELA.id


def test_an_observation_is_enough(table: Table) -> None:
    number = several(table, 1)
    claim = table.desk.queue.claim(ANNA, number).claim
    told = Observed(Fact.DRAWING, Value.YES, basis=Basis.CONTEXT)
    table.observing.record(ANNA, number, claim, table.content(number), told)
    assert table.deciding.decide(ANNA, number, claim, NO_ACTION, "k").standpoint is Standpoint.IN_FORCE


def test_what_cannot_be_shown_needs_no_look(table: Table) -> None:
    number = several(table, 2, kind="text")
    claim = table.desk.queue.claim(ANNA, number).claim
    assert table.deciding.decide(ANNA, number, claim, NO_ACTION, "k").standpoint is Standpoint.IN_FORCE


def test_the_same_file_as_a_known_one_needs_no_look(table: Table) -> None:
    number = several(table, 2, entry_match(1, exact=True))
    claim = table.desk.queue.claim(ANNA, number).claim
    assert table.deciding.decide(ANNA, number, claim, REPORT, "k").standpoint is Standpoint.IN_FORCE


@pytest.mark.parametrize("trouble", ["near", "withdrawn", "disputed"])
def test_a_doubtful_match_is_looked_at(table: Table, trouble: str) -> None:
    number = several(table, 1, entry_match(1, exact=trouble != "near"))
    curation = table.curation
    if trouble == "withdrawn":
        table.home.withdraw([1], "wrong")
    elif trouble == "disputed":
        curation.give_opinion(CORA, 1, Verdict.DISPUTE, "no")
    claim = table.desk.queue.claim(ANNA, number).claim
    with pytest.raises(UnseenError):
        table.deciding.decide(ANNA, number, claim, REPORT, "k")


def test_what_was_judged_so_need_not_be_seen_again(table: Table) -> None:
    number = several(table, 1)
    table.decide(ANNA, number, NO_ACTION)
    _, again = table.desk.submit(None, context={"review": True})
    assert again is not None
    with table.home.database.writing():
        table.home.database.change(
            "UPDATE case_content SET content_id = (SELECT content_id FROM case_content WHERE case_number = ?)"
            " WHERE case_number = ?",
            (number, again),
        )
    claim = table.desk.queue.claim(BELA, again).claim
    with pytest.raises(UnseenError):
        table.deciding.decide(BELA, again, claim, REPORT, "k")
    assert table.deciding.decide(BELA, again, claim, NO_ACTION, "k").standpoint is Standpoint.IN_FORCE


def test_whoever_confirms_has_looked_at_what_the_author_did(table: Table) -> None:
    number = several(table, 2)
    first, _second = table.desk.cases.contents(number)
    case = table.desk.queue.claim(CORA, number)
    table.look(CORA, case, first)
    proposal = Proposal(Outcome.REPORT, publish=(Publication(first, "local"),), unseen=True)
    table.deciding.decide(CORA, number, case.claim, proposal, "k")
    case = table.desk.queue.claim(DORA, number)
    with pytest.raises(UnseenError) as caught:
        table.deciding.confirm(DORA, number, case.claim)
    assert caught.value.places == (1,)
    table.look(DORA, case, first)
    made = table.deciding.confirm(DORA, number, case.claim)
    assert (made.standpoint, made.second) == (Standpoint.IN_FORCE, DORA.id)
    assert json.loads(table.desk.events(number)[-1].detail)["unseen"] == 1


def test_previews_and_looks_are_noted_as_they_are_served(screen: Screen) -> None:
    table = screen.table
    for look in ("rendition", "reveal", "keep"):
        number = table.case(data=look.encode())
        case = table.desk.queue.claim(ANNA, number)
        at = (ANNA, number, case.claim, table.content(number))
        with pytest.raises(UnseenError):
            table.deciding.decide(ANNA, number, case.claim, NO_ACTION, look)
        if look == "rendition":
            screen.viewing.rendition(*at, Rendition.BLUR)
        elif look == "reveal":
            screen.viewing.reveal(*at, None, 1, "/page")
        else:
            screen.viewing.keep_showing(*at)
        assert table.deciding.decide(ANNA, number, case.claim, NO_ACTION, look).author == ANNA.id


def test_a_look_that_a_limit_refused_was_none(table: Table) -> None:
    screen = Screen.over(table, Limits(reveals_a_day=1))
    screen.viewing.reveal(*screen.case().at, None, 1, "/page")
    for held in table.desk.queue.held(ANNA):
        table.desk.queue.release(ANNA, held.number, held.claim)
    number = table.case()
    case = table.desk.queue.claim(ANNA, number)
    with pytest.raises(LimitReachedError):
        screen.viewing.reveal(ANNA, number, case.claim, table.content(number), None, 1, "/page")
    with pytest.raises(UnseenError):
        table.deciding.decide(ANNA, number, case.claim, NO_ACTION, "k")


def test_who_asked_for_a_picture_that_cannot_be_made_has_looked(screen: Screen) -> None:
    table = screen.table
    number = table.case()
    case = table.desk.queue.claim(ANNA, number)
    screen.pictures.broken = True
    with pytest.raises(NotRenderedError):
        screen.viewing.stills(ANNA, number, case.claim, table.content(number))
    assert table.deciding.decide(ANNA, number, case.claim, NO_ACTION, "k").author == ANNA.id


def archive(table: Table, *digests: bytes, kind: str = "image") -> int:
    """A case with an archive of pictures."""
    members = [
        Member(place, f"{place}.jpg", Content(kind, 10, (Signal(SignalType.SHA256, one),), format="jpeg"))
        for place, one in enumerate(digests, 1)
    ]
    _, number = table.desk.submit(
        None, kind="archive", format="zip", members=members, context={"review": True}
    )
    assert number is not None
    return number


def test_an_archive_of_pictures_is_looked_at_and_one_of_texts_need_not_be(table: Table) -> None:
    number = archive(table, bytes(32))
    claim = table.desk.queue.claim(ANNA, number).claim
    with pytest.raises(UnseenError):
        table.deciding.decide(ANNA, number, claim, NO_ACTION, "k")
    table.desk.queue.release(ANNA, number, claim)
    number = archive(table, bytes(32), kind="text")
    claim = table.desk.queue.claim(ANNA, number).claim
    assert table.deciding.decide(ANNA, number, claim, NO_ACTION, "k").author == ANNA.id


def test_categories_of_an_archive_are_those_of_what_is_in_it(table: Table) -> None:
    number = archive(table, bytes(32), bytes(31) + b"1")
    assert table.desk.cases.case(number).categories == ("archive", "image")
    table.desk.avoided[CLEO.id] = {"image"}
    assert table.desk.queue.next(CLEO) is None


def test_judged_content_is_not_shown_out_of_an_archive(screen: Screen) -> None:
    table = screen.table
    judged = table.case()
    table.decide(BELA, judged, REPORT)
    number = archive(table, bytes(32), table.content(judged))
    case = table.desk.queue.claim(ANNA, number)
    at = (ANNA, number, case.claim, table.content(number))
    screen.viewing.rendition(*at, Rendition.BLUR, member=1)
    with pytest.raises(NotRevealableError):
        screen.viewing.rendition(*at, Rendition.BLUR, member=2)
    with pytest.raises(NotRevealableError):
        screen.viewing.reveal(*at, None, 1, "/page", member=2)
    assert len(screen.pictures.made) == 1
    screen.viewing.rendition(*at, Rendition.BLUR, member=2, despite="is it the same?")
    screen.viewing.reveal(*at, None, 1, "/page", member=2)
    assert screen.kinds(number) == ["content.shown_again", "content.revealed"]
