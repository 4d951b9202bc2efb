"""The queue, on each engine."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.cases import ANNA, BELA, CLEO, LEASE, MANAGER, Desk, entry_match, person

from tocsin.access.errors import DeniedError
from tocsin.access.model import Principal
from tocsin.banks.batch import InvalidTextError
from tocsin.cases.errors import (
    HoldingError,
    InvalidObservationError,
    NotHeldError,
    TakenError,
    UnknownCaseError,
    UnsuitableError,
)
from tocsin.cases.model import MAIN, Case, Ground, Reason, Stage, State
from tocsin.cases.notes import LONGEST_NOTE
from tocsin.cases.queue import EVERY, Queue, reasons_of
from tocsin.cases.store_cases import QueueCount, WantedCases
from tocsin.storage.cases import RESERVED, SKIPPED

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

STRANGER = person("sven", "auditor")


def given(desk: Desk, who: Principal = ANNA, queue: str = MAIN) -> Case:
    """The next case, of which there is one."""
    case = desk.queue.next(who, queue)
    assert case is not None
    return case


def numbers(desk: Desk, wanted: WantedCases | None = None) -> list[int]:
    return [case.number for case in desk.queue.page(ANNA, wanted)]


def test_what_is_most_urgent_is_given_first(desk: Desk) -> None:
    several = desk.several(4)
    assert numbers(desk) == several
    first = given(desk)
    assert (first.number, first.state, first.holder, first.claim) == (several[0], State.CLAIMED, ANNA.id, 1)
    assert first.lease_until == desk.clock() + LEASE
    assert desk.queue.held(ANNA) == [first]
    assert given(desk, BELA).number == several[1]
    assert numbers(desk) == several[2:]
    assert desk.kinds(first.number) == ["opened", "claimed"]


def test_there_may_be_nothing_to_do(desk: Desk) -> None:
    assert desk.queue.next(ANNA) is None
    assert desk.queue.counts(ANNA) == []
    assert desk.queue.held(ANNA) == []


def test_a_person_holds_one_case(desk: Desk) -> None:
    first, second, _ = desk.several(3)
    held = desk.queue.claim(ANNA, first)
    with pytest.raises(HoldingError) as caught:
        desk.queue.next(ANNA)
    assert caught.value.number == first
    with pytest.raises(HoldingError):
        desk.queue.claim(ANNA, second)
    desk.clock.move(timedelta(minutes=1))
    again = desk.queue.claim(ANNA, first)  # a second tab
    assert (again.claim, again.lease_until) == (held.claim, desk.clock() + LEASE)


def test_nobody_has_what_somebody_else_has(desk: Desk) -> None:
    number = desk.case()
    held = desk.queue.claim(ANNA, number)
    with pytest.raises(TakenError, match="person:anna"):
        desk.queue.claim(BELA, number)
    with pytest.raises(NotHeldError):
        desk.queue.release(BELA, number, held.claim)
    assert desk.queue.next(BELA) is None


def test_a_claim_ends_with_its_lease(desk: Desk) -> None:
    number = desk.case()
    held = desk.queue.claim(ANNA, number)
    desk.clock.move(LEASE - timedelta(seconds=1))
    assert desk.queue.renew(ANNA, number, held.claim).lease_until == desk.clock() + LEASE
    desk.clock.move(LEASE)
    with pytest.raises(NotHeldError):
        desk.queue.renew(ANNA, number, held.claim)
    assert desk.kinds(number) == ["opened", "claimed"]
    assert desk.queue.case(BELA, number).state is State.WAITING
    assert desk.kinds(number) == ["opened", "claimed", "lapsed"]
    assert json.loads(desk.events(number)[-1].detail) == {"holder": ANNA.id, "claim": held.claim}
    other = given(desk, BELA)
    assert (other.number, other.claim) == (number, held.claim + 1)


@pytest.mark.parametrize("who", [ANNA, BELA])
def test_an_expired_claim_does_nothing(desk: Desk, who: Principal) -> None:
    """Nor does it once the case is claimed anew, by the same person or another one."""
    number = desk.case()
    old = desk.queue.claim(ANNA, number).claim
    desk.lease_passes()
    new = desk.queue.claim(who, number)
    before = desk.events(number)
    for attempt in (
        lambda: desk.queue.renew(ANNA, number, old),
        lambda: desk.queue.release(ANNA, number, old),
        lambda: desk.queue.skip(ANNA, number, old),
        lambda: desk.queue.hand_over(ANNA, number, old, CLEO.id),
        lambda: desk.queue.move(ANNA, number, old, "other"),
        lambda: desk.queue.ask_second(ANNA, number, old, "?"),
        lambda: desk.cases.demand_held(number, ANNA.id, old),
    ):
        with pytest.raises(NotHeldError):
            attempt()
    assert desk.queue.case(ANNA, number) == new
    assert desk.events(number) == before


def test_a_clock_that_was_set_back_leaves_nobody_holding_for_ever(desk: Desk) -> None:
    number = desk.case()
    held = desk.queue.claim(ANNA, number)
    desk.clock.move(timedelta(days=-1))
    with pytest.raises(NotHeldError):
        desk.cases.demand_held(number, ANNA.id, held.claim)
    assert given(desk, BELA).number == number


def test_a_case_given_back_waits(desk: Desk) -> None:
    number = desk.case()
    held = given(desk)
    desk.queue.release(ANNA, number, held.claim)
    assert desk.queue.case(ANNA, number).holder is None
    assert desk.kinds(number)[-1] == "released"
    assert given(desk).claim == held.claim + 1


def test_a_skipped_case_is_for_others(desk: Desk) -> None:
    first, second, _ = desk.several(3)
    desk.queue.skip(ANNA, first, given(desk).claim)
    assert given(desk).number == second
    assert given(desk, BELA).number == first
    assert desk.kinds(first) == ["opened", "claimed", "skipped", "claimed"]


def test_a_skipped_case_comes_in_its_place_again_after_a_while(desk: Desk) -> None:
    first, second, _ = desk.several(3)
    desk.queue.skip(ANNA, first, given(desk).claim)
    desk.clock.move(SKIPPED - timedelta(seconds=1))
    assert given(desk).number == second
    desk.queue.release(ANNA, second, 1)
    desk.clock.move(timedelta(seconds=1))
    case = given(desk)
    assert (case.number, case.given) == (first, None)


def test_what_everybody_skipped_is_given_out_when_nothing_else_waits(desk: Desk) -> None:
    several = desk.several(3)
    for who in (ANNA, BELA):
        for number in several:
            case = given(desk, who)
            assert (case.number, case.given) == (number, None)
            desk.queue.skip(who, number, case.claim)
    for number in (*several, *several):  # the most urgent first, and each of them before any comes again
        case = given(desk)
        assert (case.number, case.given) == (number, Ground.AGAIN)
        assert reasons_of(case)[0] == Reason(Ground.AGAIN)
        assert json.loads(desk.events(number)[-1].detail) == {"claim": case.claim, "again": True}
        desk.queue.skip(ANNA, number, case.claim)
        assert desk.queue.case(ANNA, number).given is None
        desk.clock.move(timedelta(seconds=1))
    other = desk.case()
    assert given(desk).number == other


def test_what_somebody_skipped_is_not_given_again_to_who_may_not_have_it(desk: Desk) -> None:
    asked, handed, avoided, moved = (desk.case() for _ in range(4))
    for number in (asked, handed, avoided, moved):
        desk.queue.skip(ANNA, number, desk.queue.claim(ANNA, number).claim)
    desk.queue.ask_second(ANNA, asked, desk.queue.claim(ANNA, asked).claim)
    desk.queue.hand_over(MANAGER, handed, None, BELA.id)
    desk.queue.move(MANAGER, moved, None, "legal")
    desk.avoided[ANNA.id] = ["image"]
    assert desk.queue.next(ANNA) is None
    desk.avoided.clear()
    assert given(desk).number == avoided
    desk.cases.close(avoided)
    assert desk.queue.next(ANNA) is None


def test_the_second_reviewer_is_never_the_first(desk: Desk) -> None:
    number = desk.case()
    asked = desk.queue.ask_second(ANNA, number, given(desk).claim, "is it a drawing?")
    assert (asked.state, asked.stage, asked.first_reviewer) == (State.WAITING, Stage.SECOND, ANNA.id)
    assert asked.note == "is it a drawing?"
    assert desk.queue.next(ANNA) is None
    with pytest.raises(UnsuitableError):
        desk.queue.claim(ANNA, number)
    with pytest.raises(UnsuitableError):
        desk.queue.hand_over(MANAGER, number, None, ANNA.id)
    second = given(desk, BELA)
    assert second.stage is Stage.SECOND
    with pytest.raises(UnsuitableError):
        desk.queue.ask_second(BELA, number, second.claim)
    desk.queue.release(BELA, number, second.claim)
    assert desk.queue.next(ANNA) is None


def test_a_case_handed_over_waits_for_them(desk: Desk) -> None:
    first, second, _ = desk.several(3)
    desk.queue.claim(ANNA, second)
    handed = desk.queue.hand_over(ANNA, second, 1, CLEO.id, "you know the forum")
    assert (handed.state, handed.reserved_for, handed.note) == (
        State.WAITING,
        CLEO.id,
        "you know the forum",
    )
    with pytest.raises(UnsuitableError, match="person:cleo"):
        desk.queue.claim(BELA, second)
    assert given(desk, BELA).number == first
    assert given(desk, CLEO, "another-queue").number == second  # before all else, from whatever queue
    assert desk.kinds(second) == ["opened", "claimed", "handed_over", "claimed"]


def test_what_is_handed_to_somebody_who_holds_a_case_waits(desk: Desk) -> None:
    first, second, _ = desk.several(3)
    held = desk.queue.claim(CLEO, first)
    desk.queue.hand_over(MANAGER, second, None, CLEO.id)
    assert desk.queue.held(CLEO) == [held]
    desk.queue.release(CLEO, first, held.claim)
    assert given(desk, CLEO).number == second


def test_what_nobody_fetches_is_anybodys_again(desk: Desk) -> None:
    number = desk.case()
    desk.queue.hand_over(MANAGER, number, None, CLEO.id)
    assert desk.queue.next(BELA) is None
    desk.clock.move(RESERVED)
    assert desk.queue.case(ANNA, number).reserved_for == ""
    assert given(desk, BELA).number == number


def test_what_was_handed_to_somebody_who_may_not_review_any_more_is_anybodys(desk: Desk) -> None:
    first, second, third = desk.several(3)
    for number, to in ((first, CLEO), (second, CLEO), (third, BELA)):
        desk.queue.hand_over(MANAGER, number, None, to.id)
    desk.queue.claim(CLEO, second)
    desk.gone.add(CLEO.id)
    assert given(desk).number == first
    assert desk.kinds(first) == ["opened", "handed_over", "released", "claimed"]
    assert json.loads(desk.events(first)[2].detail) == {"reserved_for": CLEO.id}
    assert desk.queue.case(ANNA, second).holder == CLEO.id  # until the lease ends
    assert desk.queue.case(ANNA, third).reserved_for == BELA.id
    desk.gone.add(BELA.id)
    desk.queue.release(ANNA, first, 1)
    assert desk.queue.claim(ANNA, third).number == third


def test_only_who_reviews_is_handed_cases(desk: Desk) -> None:
    queue = Queue(desk.database, desk.cases, desk.ledger, reviews=lambda who: who == BELA.id)
    number = desk.case()
    with pytest.raises(UnsuitableError):
        queue.hand_over(MANAGER, number, None, CLEO.id)
    assert queue.hand_over(MANAGER, number, None, BELA.id).reserved_for == BELA.id


def test_a_manager_takes_a_case_from_who_holds_it(desk: Desk) -> None:
    number = desk.case()
    held = given(desk)
    with pytest.raises(DeniedError):
        desk.queue.hand_over(BELA, number, None, BELA.id)
    desk.queue.hand_over(MANAGER, number, None, BELA.id)
    with pytest.raises(NotHeldError):
        desk.queue.release(ANNA, number, held.claim)
    assert given(desk, BELA).number == number


def test_a_case_moves_to_another_queue(desk: Desk) -> None:
    number = desk.case()
    moved = desk.queue.move(ANNA, number, given(desk).claim, "legal")
    assert (moved.queue, moved.state) == ("legal", State.WAITING)
    assert desk.queue.next(ANNA) is None
    assert numbers(desk) == []
    assert numbers(desk, WantedCases(queue="legal")) == numbers(desk, WantedCases(queue=None)) == [number]
    assert desk.queue.move(MANAGER, number, None, MAIN).queue == MAIN
    for name in ("", "Legal", "nobody-reads-it"):
        with pytest.raises(InvalidObservationError):
            desk.queue.move(MANAGER, number, None, name)


def test_a_decided_case_is_nobodys(desk: Desk) -> None:
    number = desk.case()
    desk.cases.close(number)
    assert desk.queue.next(ANNA) is None
    with pytest.raises(UnsuitableError):
        desk.queue.claim(ANNA, number)
    with pytest.raises(UnsuitableError):
        desk.queue.hand_over(MANAGER, number, None, ANNA.id)
    with pytest.raises(UnsuitableError):
        desk.queue.move(MANAGER, number, None, "legal")
    assert numbers(desk, WantedCases(state=State.DECIDED)) == [number]
    assert desk.queue.case(ANNA, number).decided == desk.clock()


def test_a_case_opened_again_waits(desk: Desk) -> None:
    number = desk.case()
    desk.cases.close(number)
    desk.cases.await_first(number, disagreed=True)
    case = given(desk)
    assert (case.number, case.decided, case.standing.disagreed) == (number, None, True)


@pytest.mark.parametrize("note", ["x" * (LONGEST_NOTE + 1), "\0", "\ud800"])
def test_a_note_that_cannot_be_kept_is_refused(desk: Desk, note: str) -> None:
    number = desk.case()
    claim = given(desk).claim
    with pytest.raises((InvalidObservationError, InvalidTextError)):
        desk.queue.hand_over(ANNA, number, claim, BELA.id, note)
    with pytest.raises((InvalidObservationError, InvalidTextError)):
        desk.queue.ask_second(ANNA, number, claim, note)
    assert desk.queue.renew(ANNA, number, claim).number == number


@pytest.mark.parametrize("number", [0, -1, 99, 1 << 63, 1 << 80])
def test_a_case_that_is_not_there(desk: Desk, number: int) -> None:
    for attempt in (
        lambda: desk.queue.case(ANNA, number),
        lambda: desk.queue.claim(ANNA, number),
        lambda: desk.queue.release(ANNA, number, 1),
        lambda: desk.queue.page(ANNA, after=number),
        lambda: desk.queue.move(MANAGER, number, None, "x"),
    ):
        with pytest.raises(UnknownCaseError):
            attempt()


def test_who_may_not_review_sees_and_takes_nothing(desk: Desk) -> None:
    number = desk.case()
    for attempt in (
        lambda: desk.queue.page(STRANGER),
        lambda: desk.queue.counts(STRANGER),
        lambda: desk.queue.case(STRANGER, number),
        lambda: desk.queue.find(STRANGER, "1"),
        lambda: desk.queue.linked(STRANGER, number),
        lambda: desk.queue.members(STRANGER, number),
        lambda: desk.queue.next(STRANGER),
        lambda: desk.queue.claim(STRANGER, number),
        lambda: desk.queue.move(STRANGER, number, None, "x"),
    ):
        with pytest.raises(DeniedError):
            attempt()
    with pytest.raises(DeniedError):
        desk.queue.next(person("mia", "review-manager"))
    assert desk.kinds(number) == ["opened"]


def test_what_somebody_opted_out_of_is_for_others(desk: Desk) -> None:
    known = desk.case(entry_match(labels=["ncmec:A1"]))
    _, video = desk.submit(None, kind="video", context={"danger": True})
    desk.avoided[ANNA.id] = ["video", "ncmec:A1", "never:heard-of"]
    desk.avoided[BELA.id] = ["ncmec:A1"]
    assert desk.queue.next(ANNA) is None
    assert given(desk, BELA).number == video
    assert given(desk, CLEO).number == known
    assert known not in numbers(desk)
    desk.queue.release(CLEO, known, 1)
    assert desk.queue.claim(ANNA, known).categories == ("image", "ncmec:A1")  # on purpose


def test_pages_go_on_where_the_last_one_ended(desk: Desk) -> None:
    several = desk.several(7)
    seen: list[int] = []
    after = None
    while page := desk.queue.page(ANNA, after=after, limit=3):
        seen += [case.number for case in page]
        after = page[-1].number
    assert seen == several
    for place, number in enumerate(several):
        desk.clock.move(timedelta(seconds=place))
        desk.cases.close(number)
    decided = WantedCases(state=State.DECIDED)
    first = desk.queue.page(ANNA, decided, limit=3)
    rest = desk.queue.page(ANNA, decided, first[-1].number, 100)
    assert [case.number for case in (*first, *rest)] == several[::-1]


def test_pages_of_what_is_wanted(desk: Desk) -> None:
    first, second, third = desk.several(3)
    desk.queue.ask_second(ANNA, first, given(desk).claim)
    desk.queue.claim(ANNA, second)
    assert numbers(desk, WantedCases(stage=Stage.SECOND)) == [first]
    assert numbers(desk, WantedCases(state=State.CLAIMED, holder=ANNA.id)) == [second]
    assert numbers(desk, WantedCases(state=State.CLAIMED, holder=BELA.id)) == []
    assert numbers(desk, WantedCases(category="ncmec:B1")) == [third]
    assert desk.queue.counts(ANNA) == [
        QueueCount(MAIN, State.CLAIMED, Stage.FIRST, 1),
        QueueCount(MAIN, State.WAITING, Stage.FIRST, 1),
        QueueCount(MAIN, State.WAITING, Stage.SECOND, 1),
    ]


def test_every_tenth_case_is_the_one_waiting_longest(desk: Desk) -> None:
    oldest = desk.case(entry_match(exact=True))
    desk.clock.move(timedelta(days=1))
    for turn in range(1, EVERY + 1):
        desk.case(context={"danger": True})
        case = given(desk)
        assert (case.number == oldest) == (case.given is Ground.LONGEST) == (turn == EVERY)
        told = reasons_of(case)
        assert (told[0] == Reason(Ground.LONGEST, case.opened)) == (turn == EVERY)
        desk.cases.close(case.number)
    assert json.loads(desk.events(oldest)[-1].detail) == {"claim": 1, "longest": True}


def test_what_was_given_for_its_age_says_so_no_more_when_it_waits_again(desk: Desk) -> None:
    oldest = desk.case(entry_match(exact=True))
    for _ in range(EVERY):
        last = given(desk)
        desk.queue.release(ANNA, oldest, last.claim)
    assert last.given is Ground.LONGEST
    assert desk.queue.case(ANNA, oldest).given is None


@pytest.mark.slow
def test_none_starves_while_more_come_in_than_can_be_done(desk: Desk) -> None:
    """Two cases that are least urgent, three reviewers, and more danger with each case that is decided."""
    starving = {desk.case(entry_match(exact=True)) for _ in range(2)}
    desk.avoided[BELA.id] = ["image"]  # who is never given any of them
    desk.clock.move(timedelta(hours=1))
    done: set[int] = set()
    for _ in range(EVERY):
        desk.case(context={"danger": True})
    for _ in range(EVERY * len(starving)):
        for who in (ANNA, BELA, CLEO):
            desk.submit(None, kind="video", context={"danger": True})
            case = given(desk, who)
            done.add(case.number)
            desk.cases.close(case.number)
    assert starving <= done


def test_what_is_in_a_case_and_what_belongs_to_it(desk: Desk) -> None:
    same: JsonObject = {"platform": "forum", "account": {"id": "u1"}, "review": True}
    first, number = desk.submit(b"one", context=same)
    second, _ = desk.submit(b"two", context=same)
    third, _ = desk.submit(b"two", context={**same, "url": "https://example.org/x"})
    assert number is not None
    assert desk.queue.submissions(number) == [first.id, second.id, third.id]
    assert desk.queue.contents(number) == [first.sha256, second.sha256]
    members = desk.queue.members(ANNA, number, limit=2)
    assert [(one.submission, one.because) for one in members] == [
        (first.id, "opened"),
        (second.id, "account"),
    ]
    (last,) = desk.queue.members(ANNA, number, after=second.id)
    assert (last.submission, last.sha256, last.because) == (third.id, second.sha256, "content")
    desk.cases.close(number)
    _, other = desk.submit(b"three", context=same)
    assert other is not None
    (link,) = desk.queue.linked(ANNA, number)
    assert (link.case.number, link.because) == (other, "account")


def test_cases_are_found_by_what_people_know(desk: Desk) -> None:
    url = "https://example.org/1"
    where: JsonObject = {"platform": "forum", "account": {"id": "u1"}, "url": url, "review": True}
    submission, number = desk.submit(b"one", context=where)
    desk.case()
    for text in (str(number), f"#{number}", submission.id, submission.sha256.hex().upper(), "u1", url):
        assert [case.number for case in desk.queue.find(ANNA, f" {text} ")] == [number]
    for text in ("", "u2", "0", "9" * 30, "ab" * 32, "\0", "\ud800", "x" * 100_000, "%", "' OR 1=1"):
        assert desk.queue.find(ANNA, text) == []
