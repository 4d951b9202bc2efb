"""Looking: only at what one holds, within limits, and on record before there is a picture."""

import hashlib
import io
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from PIL import Image
from support.cases import ANNA, BELA, MANAGER, person
from support.viewing import Held, Pictures, Screen, digest_of

from tocsin.access.errors import DeniedError
from tocsin.access.model import Permission, Principal
from tocsin.cases.errors import (
    InvalidObservationError,
    LimitReachedError,
    NotHeldError,
    NotRevealableError,
)
from tocsin.cases.limits import Limits, OwnLimits, Spent
from tocsin.cases.model import Outcome
from tocsin.cases.preferences import Theme, Wanted
from tocsin.evidence.errors import NotRenderedError
from tocsin.evidence.folder import FolderVault
from tocsin.evidence.keys import Keys
from tocsin.evidence.renditions import Picture, Region, Renderer, Rendition
from tocsin.simulators.pictures import picture

if TYPE_CHECKING:
    from support.deciding import Table

    from tocsin.cases.viewing import Revealed

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
PAGE: Final = "case 1"
SQLITE = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
"""What is decided above the store is tried on one database: CI is short of time."""


def limited(screen: Screen, limits: Limits) -> None:
    """Have the organisation set other limits."""
    screen.viewing = replace(screen.viewing, limits=limits)


def reveal(held: Held, seconds: int = 5, despite: str = "") -> "Revealed":
    """A look at the whole of it."""
    return held.screen.viewing.reveal(*held.at, None, seconds, PAGE, despite=despite)


# Who may look at what


@SQLITE
def test_a_preview_is_made_for_whoever_holds_the_case(screen: Screen) -> None:
    held = screen.case()
    picture = held.look()
    assert picture.width == Rendition.BLUR.longest
    assert screen.viewing.stills(*held.at).seconds == (None,)
    spent = screen.viewing.own_figures(ANNA).today
    assert (spent.minutes, spent.renditions, spent.reveals) == (1, 1, 0)
    assert screen.kinds(held.number) == []


@SQLITE
def test_nobody_else_gets_a_picture(screen: Screen) -> None:
    held = screen.case()
    _, number, claim, content = held.at
    for who, of_claim in ((BELA, claim), (ANNA, claim + 1), (ANNA, 0)):
        with pytest.raises(NotHeldError):
            screen.viewing.rendition(who, number, of_claim, content, Rendition.BLUR)
        with pytest.raises(NotHeldError):
            screen.viewing.reveal(who, number, of_claim, content, None, 5, PAGE)
        with pytest.raises(NotHeldError):
            screen.viewing.stills(who, number, of_claim, content)
    assert screen.pictures.made == []
    assert screen.kinds(number) == []


@SQLITE
def test_not_after_the_lease_has_run_out(screen: Screen) -> None:
    held = screen.case()
    screen.table.desk.lease_passes()
    with pytest.raises(NotHeldError):
        reveal(held)
    assert screen.pictures.made == []


@SQLITE
def test_only_contents_of_the_case(screen: Screen) -> None:
    held, other = screen.case(), screen.case(BELA)
    for content in (other.at[3], digest_of("nothing")):
        with pytest.raises(NotRevealableError):
            screen.viewing.rendition(*held.at[:3], content, Rendition.GREY)
        with pytest.raises(NotRevealableError):
            screen.viewing.reveal(*held.at[:3], content, None, 5, PAGE)
    for still in (-1, 1 << 70):
        with pytest.raises(NotRevealableError):
            screen.viewing.reveal(*held.at, None, 5, PAGE, still)
    assert screen.pictures.made == []


@SQLITE
def test_each_needs_its_permission(screen: Screen) -> None:
    held = screen.case()
    no_review = replace(ANNA, permissions=ANNA.permissions - {Permission.REVIEW})
    with pytest.raises(DeniedError):
        screen.viewing.rendition(no_review, *held.at[1:], Rendition.BLUR)
    no_reveal = replace(ANNA, permissions=ANNA.permissions - {Permission.REVEAL})
    with pytest.raises(DeniedError):
        screen.viewing.reveal(no_reveal, *held.at[1:], None, 5, PAGE)


@SQLITE
def test_a_program_sees_nothing(screen: Screen) -> None:
    """A token beside the session would be a second budget of the same person."""
    held = screen.case()
    token = Principal("token:anna", ANNA.permissions)
    with pytest.raises(DeniedError):
        screen.viewing.reveal(token, *held.at[1:], None, 5, PAGE)
    with pytest.raises(DeniedError):
        screen.viewing.rendition(token, *held.at[1:], Rendition.BLUR)


@SQLITE
def test_the_pictures_are_the_renderers(table: "Table", tmp_path: Path) -> None:
    """One way from the vault through a sandbox child: a preview, then a region of the original."""
    buffer = io.BytesIO()
    Image.fromarray(picture(7, 640, 480)).save(buffer, "jpeg")
    data = buffer.getvalue()
    vault = FolderVault(tmp_path / "vault", Keys.open(table.home.folder))
    vault.put(io.BytesIO(data), hashlib.sha256(data).digest())
    with Renderer(vault) as renderer:
        screen = Screen.over(table)
        screen.viewing = replace(screen.viewing, renderer=renderer)
        number = table.case(data=data)
        held = Held(screen, ANNA, table.claimed(ANNA, number))
        assert held.look().width == Rendition.BLUR.longest
        shown = screen.viewing.reveal(*held.at, Region(0, 0, 0.5, 0.5), 5, PAGE)
    assert (shown.picture.width, shown.picture.height) == (320, 240)


# What is recorded


def test_a_look_is_on_record_with_who_what_how_long_and_from_where(screen: Screen) -> None:
    held = screen.case()
    shown = screen.viewing.reveal(*held.at, Region(0.25, 0.5, 0.5, 0.25), 7, "/console/cases/1", 3)
    assert shown.seconds == 7
    row = screen.table.desk.events(held.number)[-1]
    assert (row.kind, row.actor) == ("content.revealed", ANNA.id)
    detail = json.loads(row.detail)
    assert detail.pop("vouched")
    assert detail == {
        "reveal": shown.id,
        "sha256": held.at[3].hex(),
        "region": {"left": 250_000, "top": 500_000, "width": 500_000, "height": 250_000},
        "still": 3,
        "seconds": 7,
        "page": "/console/cases/1",
        "rendition": "original",
    }
    (look,) = screen.viewing.looks(held.at[3])
    assert (look.person, look.case, look.seconds, look.failed) == (ANNA.id, held.number, 7, False)
    assert screen.viewing.own_figures(ANNA).today.seconds == 7


class Watching(Pictures):
    """Looks into the ledger, over a connection of its own, while it makes a picture."""

    def __init__(self, held: Held) -> None:
        """Watch what is recorded of a case."""
        super().__init__()
        self.held = held
        self.seen: list[list[str]] = []

    def original(
        self, sha256: bytes, region: Region | None = None, still: int = 0, *, member: int = 0
    ) -> Picture:
        """A picture, once what is on record was looked at."""
        with ThreadPoolExecutor(1) as pool:  # another thread: another transaction
            self.seen.append(pool.submit(self.held.screen.kinds, self.held.number).result())
        return super().original(sha256, region, still, member=member)


@SQLITE
def test_the_record_is_committed_before_there_is_a_picture(screen: Screen) -> None:
    held = screen.case()
    watching = Watching(held)
    screen.viewing = replace(screen.viewing, renderer=watching)
    reveal(held)
    assert watching.seen == [["content.revealed"]]


def test_a_picture_that_cannot_be_made_is_on_record_and_costs_no_reveal(screen: Screen) -> None:
    held = screen.case()
    screen.pictures.broken = True
    with pytest.raises(NotRenderedError):
        reveal(held)
    assert screen.kinds(held.number) == ["content.revealed", "content.reveal_failed"]
    spent = screen.viewing.own_figures(ANNA).today
    assert (spent.reveals, spent.seconds, spent.minutes) == (0, 0, 1)
    (look,) = screen.viewing.looks(held.at[3])
    assert look.failed
    # It stays failed, whatever its page says.
    assert screen.viewing.ended(ANNA, look.id, 3) == 0
    assert screen.viewing.own_figures(ANNA).today.seconds == 0


@SQLITE
def test_what_nobody_may_look_at_is_not_recorded_as_a_look(screen: Screen) -> None:
    limited(screen, Limits(reveals_a_day=0))
    held = screen.case()
    with pytest.raises(LimitReachedError):
        reveal(held)
    assert screen.kinds(held.number) == []
    assert screen.viewing.own_figures(ANNA).today.minutes == 0


@SQLITE
def test_pages_and_reasons_are_short_texts(screen: Screen) -> None:
    held = screen.case()
    with pytest.raises(InvalidObservationError):
        screen.viewing.reveal(*held.at, None, 5, "x" * 501)
    assert screen.kinds(held.number) == []


# Content that has been judged


def judged(screen: Screen) -> Held:
    """A case with content that was judged, opened again and claimed."""
    held = screen.case()
    screen.table.desk.queue.release(ANNA, held.number, held.case.claim)
    screen.table.decide(BELA, held.number, Outcome.NO_ACTION)
    screen.table.deciding.reopen(MANAGER, held.number, "there is news")
    return Held(screen, ANNA, screen.table.claimed(ANNA, held.number))


@SQLITE
def test_what_was_judged_is_not_shown_again(screen: Screen) -> None:
    held = judged(screen)
    for look in (held.look, lambda: reveal(held)):
        with pytest.raises(NotRevealableError):
            look()
    with pytest.raises(NotRevealableError):
        reveal(held, despite="  ")
    assert screen.pictures.made == []


def test_a_reason_to_see_it_again_is_on_record_and_holds_for_the_claim(screen: Screen) -> None:
    held = judged(screen)
    assert not screen.viewing.shown_again(*held.at)
    reveal(held, despite="the partner asks what is on the wall")
    assert screen.viewing.shown_again(*held.at)
    kinds = ["content.shown_again", "content.revealed"]
    assert screen.kinds(held.number) == kinds
    told = [row for row in screen.table.desk.events(held.number) if row.kind == "content.shown_again"]
    assert json.loads(told[0].detail)["reason"] == "the partner asks what is on the wall"
    held.look()
    assert screen.kinds(held.number) == kinds
    screen.table.desk.queue.release(ANNA, held.number, held.case.claim)
    again = Held(screen, ANNA, screen.table.claimed(ANNA, held.number))
    assert not screen.viewing.shown_again(*again.at)
    with pytest.raises(NotRevealableError):
        again.look()


@SQLITE
def test_a_reason_without_a_look_leaves_no_trace(screen: Screen) -> None:
    limited(screen, Limits(reveals_a_day=0))
    held = judged(screen)
    with pytest.raises(LimitReachedError):
        reveal(held, despite="a reason")
    assert screen.kinds(held.number) == []
    with pytest.raises(NotRevealableError):
        held.look()


# How long a look lasted


@SQLITE
def test_a_look_counts_no_less_than_has_passed(screen: Screen) -> None:
    held, sum_of = screen.case(), 0
    for passed, told, counts in (
        (2, 2, 2),
        (0, 0, 0),
        (3, 0, 3),
        (2.2, 1, 3),
        (1, 4, 4),
        (1, 99, 8),
        (99, 1, 8),
        (1, -1, 8),
        (1, float("nan"), 8),
    ):
        shown = reveal(held, 8)
        screen.clock.move(passed * SECOND)
        assert screen.viewing.ended(ANNA, shown.id, told) == counts
        sum_of += counts
        assert screen.viewing.own_figures(ANNA).today.seconds == sum_of


def test_the_end_of_a_look_is_told_once(screen: Screen) -> None:
    shown = reveal(held := screen.case(), 8)
    screen.clock.move(3 * SECOND)
    assert screen.viewing.ended(ANNA, shown.id, 3) == 3
    assert screen.viewing.ended(ANNA, shown.id, 0) == 3
    assert screen.viewing.own_figures(ANNA).today.seconds == 3
    assert screen.kinds(held.number) == ["content.revealed", "content.reveal_ended"]


@SQLITE
def test_only_by_whoever_looked(screen: Screen) -> None:
    shown = reveal(screen.case(), 8)
    for who, look in ((BELA, shown.id), (ANNA, shown.id + 1), (ANNA, -1), (ANNA, 1 << 70)):
        with pytest.raises(InvalidObservationError):
            screen.viewing.ended(who, look, 0)
    assert screen.viewing.own_figures(ANNA).today.seconds == 8


@SQLITE
def test_a_clock_that_went_back_makes_no_look_shorter(screen: Screen) -> None:
    held = screen.case()
    for back in (MINUTE, HOUR):
        shown = reveal(held, 8)
        screen.clock.move(-back)
        assert screen.viewing.ended(ANNA, shown.id, 0) == 8


@SQLITE
def test_looks_at_the_same_time_are_booked_one_on_top_of_the_other(screen: Screen) -> None:
    held = screen.case()
    first, second = reveal(held, 8), reveal(held, 6)
    assert screen.viewing.own_figures(ANNA).today.seconds == 14
    screen.clock.move(4 * SECOND)
    screen.viewing.ended(ANNA, first.id, 4)
    screen.viewing.ended(ANNA, second.id, 4)
    assert screen.viewing.own_figures(ANNA).today.seconds == 8


# Limits


@SQLITE
def test_what_is_left_is_told(screen: Screen) -> None:
    limited(screen, Limits(2, 30, 5, 4, 8, 1))
    held = screen.case()
    before = screen.viewing.allowance(ANNA)
    assert (before.reveals_left, before.seconds_left, before.minutes_left) == (4, 60, 120)
    assert (before.stretch_left, before.break_until) == (30 * MINUTE, None)
    assert before.day_ends - screen.clock.now < DAY
    reveal(held, 8)
    screen.clock.move(10 * MINUTE - 5 * MINUTE)
    after = screen.viewing.allowance(ANNA)
    assert (after.reveals_left, after.seconds_left, after.minutes_left) == (3, 52, 119)
    assert after.stretch_left == 25 * MINUTE


@SQLITE
def test_reveals_of_a_day(screen: Screen) -> None:
    limited(screen, Limits(reveals_a_day=2))
    held = screen.case()
    reveal(held)
    reveal(held)
    with pytest.raises(LimitReachedError) as caught:
        reveal(held)
    ends = screen.viewing.allowance(ANNA).day_ends
    assert caught.value.retry_after == (ends - screen.clock.now).total_seconds()
    held.look()  # previews are another matter
    screen.clock.now = ends
    reveal(held)


@SQLITE
def test_a_break_is_told_and_is_lifted_then(screen: Screen) -> None:
    limited(screen, Limits(stretch_minutes=3, break_minutes=5))
    held = screen.case()
    for _ in range(3):
        held.look()
        screen.clock.move(MINUTE)
    with pytest.raises(LimitReachedError) as caught:
        held.look()
    assert caught.value.retry_after == 4 * 60
    until = screen.viewing.allowance(ANNA).break_until
    assert until == screen.clock.now + 4 * MINUTE
    with pytest.raises(LimitReachedError):
        reveal(held)
    screen.clock.now = until - SECOND
    with pytest.raises(LimitReachedError):
        held.look()
    screen.clock.now = until
    assert screen.viewing.allowance(ANNA).break_until is None
    held.look()


@SQLITE
def test_what_stays_on_the_page_counts_as_what_is_served(screen: Screen) -> None:
    limited(screen, Limits(stretch_minutes=3, break_minutes=5))
    held = screen.case()
    held.look()
    for _ in range(2):
        screen.clock.move(MINUTE)
        screen.viewing.keep_showing(*held.at)
    screen.clock.move(MINUTE)
    with pytest.raises(LimitReachedError):
        screen.viewing.keep_showing(*held.at)
    assert screen.viewing.allowance(ANNA).spent.minutes == 3
    with pytest.raises(NotHeldError):
        screen.viewing.keep_showing(BELA, *held.at[1:])


@SQLITE
def test_the_break_begins_when_the_last_look_may_end(screen: Screen) -> None:
    limited(screen, Limits(stretch_minutes=1, break_minutes=5, reveal_seconds=60))
    held = screen.case()
    reveal(held, 60)
    screen.clock.move(5 * MINUTE + 59 * SECOND)
    with pytest.raises(LimitReachedError):
        held.look()
    screen.clock.move(SECOND)
    held.look()


@SQLITE
def test_people_have_limits_of_their_own(screen: Screen) -> None:
    limited(screen, Limits(reveals_a_day=1))
    held = screen.case(ANNA)
    reveal(held)
    reveal(screen.case(BELA))
    with pytest.raises(LimitReachedError):
        reveal(held)


@pytest.mark.parametrize("jump", [DAY, 366 * DAY, 7000 * DAY])
def test_a_clock_that_went_ahead_and_back_gives_no_fresh_day(screen: Screen, jump: timedelta) -> None:
    limited(screen, Limits(reveals_a_day=2))
    held = screen.case()
    start, used = screen.clock.now, 0

    def use_up() -> int:
        for count in range(9):
            try:
                reveal(held)
            except LimitReachedError:
                return count
        raise AssertionError

    used += use_up()
    for turn in range(3):
        screen.clock.now = start + jump + turn * DAY
        used += use_up()
        screen.clock.now = start
        assert use_up() == 0
    # Three days were lent. They are paid for, and no longer.
    days = 0
    while not use_up():
        days += 1
        screen.clock.now = start + days * DAY
    assert days == 4
    assert used == 2 * 4


@SQLITE
def test_own_limits_tighten_at_once_and_loosen_the_next_day(screen: Screen) -> None:
    limited(screen, Limits(reveals_a_day=5))
    held = screen.case()
    reveal(held)
    screen.viewing.set_preferences(ANNA, Wanted(OwnLimits(reveals_a_day=1)))
    with pytest.raises(LimitReachedError):
        reveal(held)
    screen.viewing.set_preferences(ANNA, Wanted(OwnLimits(reveals_a_day=9)))
    with pytest.raises(LimitReachedError):
        reveal(held)
    for back in (HOUR, DAY, 40 * DAY):
        screen.clock.move(-back)
        with pytest.raises(LimitReachedError):
            reveal(held)
        screen.clock.move(back)
    screen.clock.move(DAY)
    for _ in range(5):
        reveal(held)
    with pytest.raises(LimitReachedError):  # beyond the organisation's it never goes
        reveal(held)


def test_parallel_looks_take_what_is_left_once(screen: Screen) -> None:
    """Fifty at a time, over two connections as of two servers, with one look left."""
    limited(screen, Limits(reveals_a_day=3))
    held = screen.case()
    reveal(held)
    reveal(held)
    at, servers = held.at, (screen.viewing, screen.another().viewing)

    def ask(number: int) -> int:
        try:
            return servers[number % 2].reveal(*at, None, 5, PAGE).seconds
        except LimitReachedError:
            return 0

    with ThreadPoolExecutor(50) as pool:
        granted = list(pool.map(ask, range(50)))
    assert sorted(granted) == [*[0] * 49, 5]
    assert screen.viewing.own_figures(ANNA).today.reveals == 3
    assert screen.kinds(held.number) == ["content.revealed"] * 3


# What people set for themselves, and figures


def test_what_one_sets_is_kept_and_is_nobody_elses(screen: Screen) -> None:
    wanted = Wanted(OwnLimits(hours_a_day=2), frozenset({"video", "ncmec:A1"}), "fr", Theme.DARK)
    screen.viewing.set_preferences(ANNA, wanted)
    kept = screen.another().viewing.preferences(ANNA)
    assert kept.limits == OwnLimits(hours_a_day=2)
    assert Wanted(kept.limits, kept.opt_outs, kept.language, kept.theme) == wanted
    assert screen.viewing.opted_out(ANNA.id) == {"video", "ncmec:A1"}
    assert screen.viewing.opted_out(BELA.id) == frozenset()
    # The ledger says that limits were set, and nothing of them; of the rest, nothing.
    (row,) = screen.table.desk.ledger.rows_of(ANNA.id)
    assert (row.kind, row.actor, row.detail) == ("reviewer.limits_set", ANNA.id, "{}")
    screen.viewing.set_preferences(ANNA, replace(wanted, language="en", opt_outs=frozenset()))
    assert len(list(screen.table.desk.ledger.rows_of(ANNA.id))) == 1
    with pytest.raises(InvalidObservationError):
        screen.viewing.set_preferences(ANNA, Wanted(language="xx"))


@SQLITE
def test_setting_something_does_not_touch_the_stretch(screen: Screen) -> None:
    held = screen.case()
    held.look()
    screen.clock.move(MINUTE)
    screen.viewing.set_preferences(ANNA, Wanted(OwnLimits(stretch_minutes=1)))
    with pytest.raises(LimitReachedError):
        held.look()


def test_a_week_of_ones_own_begins_on_monday(screen: Screen) -> None:
    held = screen.case()  # the clock begins on a Tuesday
    for _ in range(6):
        reveal(held, 5)
        screen.clock.move(DAY)
    assert screen.viewing.own_figures(ANNA).week.reveals == 0  # a Monday again
    screen.clock.move(-DAY)
    own = screen.viewing.own_figures(ANNA)
    assert (own.today.reveals, own.week.reveals, own.week.seconds, own.week.minutes) == (1, 6, 30, 6)


def seen_by(screen: Screen, people: int, minutes: int) -> None:
    """So many people are shown something in so many minutes each, today."""
    with screen.table.home.database.writing():
        for number in range(people):
            who = f"person:reviewer-{number}"
            screen.viewing.store.spend(who, screen.clock.now.date(), Spent(minutes=minutes))


def test_figures_of_a_group_are_of_five_or_more(screen: Screen) -> None:
    seen_by(screen, 4, 20)
    screen.clock.move(7 * DAY)
    assert not screen.viewing.group_figures(MANAGER)
    seen_by(screen, 7, 20)
    assert not screen.viewing.group_figures(MANAGER)  # the week is not over
    screen.clock.move(7 * DAY)
    (week,) = screen.viewing.group_figures(MANAGER)
    assert (week.people, week.minutes, week.reveals) == (5, 30, 0)
    assert week.monday.weekday() == 0
    with pytest.raises(DeniedError):
        screen.viewing.group_figures(ANNA)


@SQLITE
def test_what_one_person_does_now_shows_in_no_figure(screen: Screen) -> None:
    seen_by(screen, 6, 2)
    screen.clock.move(7 * DAY)
    before = screen.viewing.group_figures(MANAGER)
    seen_by(screen, 1, 30)
    assert screen.viewing.group_figures(MANAGER) == before


# All of it at once, in any order


class Shift(RuleBasedStateMachine):
    """Two people, two servers, clocks that jump, limits that change: no budget is exceeded or given twice."""

    table: "Table"
    ORGANISATION = Limits(
        hours_a_day=0.2, stretch_minutes=5, break_minutes=3, reveals_a_day=4, exposed_minutes=1
    )

    @initialize()
    def begin(self) -> None:
        """People of their own in each run, with a case each."""
        one = Screen.over(self.table, self.ORGANISATION)
        self.screens = one, one.another()
        self.people = [person(f"{name}-{secrets.token_hex(4)}") for name in "ab"]
        self.held = [one.case(who) for who in self.people]
        self.looks: dict[int, tuple[str, int]] = {}
        self.waits: list[float | None] = []

    @rule(who=st.integers(0, 1), server=st.integers(0, 1), seconds=st.integers(-1, 99))
    def looks_at_an_original(self, who: int, server: int, seconds: int) -> None:
        """A look, if there is one left."""
        viewing, held = self.screens[server].viewing, self.held[who]
        left = viewing.allowance(held.who)
        try:
            shown = viewing.reveal(*held.at, None, seconds, PAGE)
        except LimitReachedError as error:
            self.waits.append(error.retry_after)
            return
        assert left.reveals_left > 0
        assert left.break_until is None
        assert 0 < shown.seconds <= min(left.seconds_left, left.limits.reveal_seconds)
        self.looks[shown.id] = held.who.id, shown.seconds

    @rule(who=st.integers(0, 1), server=st.integers(0, 1))
    def looks_at_a_preview(self, who: int, server: int) -> None:
        """A preview, if nothing is in the way."""
        held = self.held[who]
        try:
            self.screens[server].viewing.rendition(*held.at, Rendition.BLUR)
        except LimitReachedError as error:
            self.waits.append(error.retry_after)

    @rule(data=st.data(), lasted=st.floats(-5, 20))
    def ends(self, data: st.DataObject, lasted: float) -> None:
        """A page says that a look ended."""
        if self.looks:
            number = data.draw(st.sampled_from(sorted(self.looks)))
            owner, seconds = self.looks[number]
            who = next(one for one in self.people if one.id == owner)
            assert 0 <= self.screens[0].viewing.ended(who, number, lasted) <= seconds

    @rule(
        by=st.sampled_from([SECOND, 30 * SECOND, MINUTE, 3 * MINUTE, 20 * MINUTE, 5 * HOUR, DAY, 400 * DAY]),
        sign=st.sampled_from([1, 1, -1]),
    )
    def time_passes_or_clocks_jump(self, by: timedelta, sign: int) -> None:
        """On both servers."""
        self.screens[0].clock.move(sign * by)
        self.screens[1].clock.now = self.screens[0].clock.now

    @rule(by=st.integers(-90, 90))
    def clocks_differ(self, by: int) -> None:
        """One server's clock is not the other's."""
        self.screens[1].clock.now = self.screens[0].clock.now + by * SECOND

    @rule(
        who=st.integers(0, 1),
        reveals=st.none() | st.integers(0, 9),
        minutes=st.none() | st.integers(1, 9),
    )
    def sets_limits(self, who: int, reveals: int | None, minutes: int | None) -> None:
        """Tighter or looser: what holds now is never looser than it was."""
        viewing, person_ = self.screens[0].viewing, self.people[who]
        before = viewing.allowance(person_).limits
        viewing.set_preferences(person_, Wanted(OwnLimits(reveals_a_day=reveals, stretch_minutes=minutes)))
        after = viewing.allowance(person_).limits
        assert after.reveals_a_day <= before.reveals_a_day
        assert after.stretch_minutes <= before.stretch_minutes

    @invariant()
    def whoever_is_refused_is_told_when_to_come_back(self) -> None:
        """In a time that is neither past nor far."""
        assert all(one is not None and 0 < one < (2 * DAY).total_seconds() for one in self.waits)
        self.waits.clear()

    @invariant()
    def no_day_has_more_than_its_budget(self) -> None:
        """And every look that was granted is in the budget of one day."""
        for who in self.people:
            reveals = seconds = 0
            for _, minutes, _, day_reveals, day_seconds in self.days(who.id):
                assert minutes <= self.ORGANISATION.minutes_a_day
                assert day_reveals <= self.ORGANISATION.reveals_a_day
                assert 0 <= day_seconds <= self.ORGANISATION.exposed_minutes * 60
                reveals, seconds = reveals + day_reveals, seconds + day_seconds
            assert reveals == sum(owner == who.id for owner, _ in self.looks.values())
            assert seconds <= sum(granted for owner, granted in self.looks.values() if owner == who.id)

    def teardown(self) -> None:
        """Close the other server's connections."""
        self.screens[0].close()

    def days(self, who: str) -> list[tuple[str, int, int, int, int]]:
        """A person's days on record."""
        database = self.table.home.database
        with database.reading():
            rows = database.rows(
                "SELECT day, minutes, renditions, reveals, seconds FROM exposed_day WHERE person = ?", (who,)
            )
        return [(str(row[0]), row[1], row[2], row[3], row[4]) for row in rows]


@pytest.mark.slow
@SQLITE
def test_no_sequence_goes_beyond_the_limits(table: "Table") -> None:
    class OverTable(Shift):
        pass

    OverTable.table = table
    run_state_machine_as_test(
        OverTable,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
