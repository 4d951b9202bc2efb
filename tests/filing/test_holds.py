"""Holds begin with an event, end by the longest rule, are extended and released by people, and told of."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cases import person
from support.holding import FREDA, NOON, Keeping, filing, keeping

from tocsin.access.errors import DeniedError
from tocsin.access.model import Principal, local
from tocsin.filing.errors import InvalidReasonError, UnknownHoldError, UnsuitableHoldError
from tocsin.filing.holding import CYBERTIPLINE_FINISHED, NCA_REPORT_SENT, Change, End
from tocsin.filing.holds import Holds, ends_of, later_of
from tocsin.filing.model import Environment
from tocsin.law.duties import Occasion
from tocsin.law.model import Purpose
from tocsin.law.packs import assemble, shipped
from tocsin.law.reading import read_pack

__all__ = ["keeping"]

FINISHED = Occasion(CYBERTIPLINE_FINISHED, NOON)
LETTER = Occasion("us.2703f_letter", NOON)
A, B = b"a" * 32, b"b" * 32
YEAR_LATER = datetime(2027, 11, 20, 12, tzinfo=UTC)

PUT_RIGHT = """
id = "own"
version = "2026-11-23"
jurisdiction = "own"
title = "Of one's own"
reviewer = "counsel"
[[retention]]
id = "own.keep"
version = 1
title = "What the organisation decided"
effective_from = 2026-01-01
source = "Board resolution 7"
confidence = "primary"
trigger = "own.event"
purposes = ["content"]
keep = "2 years"
then = "purge"
"""


def test_a_receipt_begins_a_hold_of_a_year(keeping: Keeping) -> None:
    hold = keeping.holds.begin(FINISHED, filing(), [A, B, A])
    assert hold.contents == (A, B)
    assert hold.until() == YEAR_LATER
    end = hold.end(Purpose.REPORT)
    assert end is not None
    assert (end.until, end.rules) == (YEAR_LATER, ("us.2258A.h",))
    assert (hold.author, hold.case, hold.is_test, hold.problems) == ("node", 1, False, ())
    assert keeping.holds.hold(hold.number) == hold
    assert keeping.kinds(f"hold:{hold.number}") == ["hold.began"]


def test_the_same_receipt_begins_it_once(keeping: Keeping) -> None:
    first = keeping.holds.begin(FINISHED, filing(), [A])
    assert keeping.holds.begin(FINISHED, filing(), [A]) == first
    other = keeping.holds.begin(FINISHED, filing(2), [A])
    assert [one.number for one in keeping.holds.of_content(A)] == [first.number, other.number]
    assert keeping.kinds(f"hold:{first.number}") == ["hold.began"]


def test_a_hold_of_a_test_filing_says_so_and_binds(keeping: Keeping) -> None:
    hold = keeping.holds.begin(FINISHED, filing(environment=Environment.SIMULATOR), [A])
    assert hold.is_test
    assert keeping.holds.binding(A) == (hold,)


def test_it_is_part_of_the_transaction_of_its_receipt(keeping: Keeping) -> None:
    def fail() -> None:
        with keeping.home.database.writing():
            keeping.holds.begin(FINISHED, filing(), [A])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert keeping.holds.page() == []
    assert keeping.kinds("hold:1") == []


def test_it_binds_until_its_very_end(keeping: Keeping) -> None:
    hold = keeping.holds.begin(FINISHED, filing(), [A])
    for now, binds in ((YEAR_LATER - timedelta(microseconds=1), True), (YEAR_LATER, False)):
        assert hold.binds(now) is binds
        assert hold.ended(now) is not binds


def test_a_reference_is_kept_longer_than_what_it_refers_to(keeping: Keeping) -> None:
    occasion = Occasion(NCA_REPORT_SENT, NOON)
    hold = keeping.holds.begin_of_case(occasion, 7, [A], is_test=False, actor="person:freda", reason="NCA 1")
    assert hold.until() == YEAR_LATER
    assert hold.until(Purpose.REFERENCE) == datetime(2031, 11, 20, 12, tzinfo=UTC)
    assert keeping.holds.of_case(7) == [hold]


@pytest.mark.parametrize(
    ("occasion", "says"),
    [
        (Occasion("own.event", NOON), "no retention rule knows the event 'own.event'"),
        (
            Occasion(NCA_REPORT_SENT, datetime(2026, 4, 6, tzinfo=UTC)),
            "is known to be in force on 2026-04-06",
        ),
    ],
)
def test_a_missing_rule_is_shown_and_nothing_is_let_go(
    keeping: Keeping, occasion: Occasion, says: str
) -> None:
    hold = keeping.holds.begin(occasion, filing(), [A])
    assert says in hold.problems[0]
    assert hold.until() is None
    assert hold.binds(NOON + timedelta(days=36500)), "nobody has said until when"
    assert keeping.holds.unclear() == [hold]
    assert keeping.holds.ending(NOON + timedelta(days=36500)) == []


def test_a_rule_put_right_gives_it_an_end(keeping: Keeping) -> None:
    hold = keeping.holds.begin(Occasion("own.event", NOON), filing(), [A])
    assert keeping.holds.reckon(FREDA, hold.number, "still nothing") == hold
    packs = assemble([*shipped().packs, read_pack(PUT_RIGHT, "own.toml")])
    of_now = Holds(
        keeping.home.database, keeping.holds.records, keeping.holds.ledger, packs, keeping.holds.now
    )
    mended = of_now.reckon(FREDA, hold.number, "the board decided")
    assert mended.problems == ()
    assert mended.until() == datetime(2028, 11, 20, 12, tzinfo=UTC)
    assert keeping.holds.unclear() == []
    assert [one.what for one in mended.changes] == [Change.RECKONED]


def test_a_rule_that_is_withdrawn_lets_nothing_go_sooner() -> None:
    kept = End(Purpose.CONTENT, until=YEAR_LATER, rules=("x",))
    for now in (End(Purpose.CONTENT, problem="gone"), End(Purpose.CONTENT, until=NOON, rules=("y",))):
        assert later_of([kept], [now])[0].until == YEAR_LATER
    assert later_of([End(Purpose.CONTENT, problem="gone")], [kept]) == (kept,)
    assert later_of([], [kept]) == (kept,)


def test_it_is_extended_of_ones_own_will_and_never_shortened(keeping: Keeping) -> None:
    hold = keeping.holds.begin(FINISHED, filing(), [A])
    later = YEAR_LATER + timedelta(days=30)
    longer = keeping.holds.extend(FREDA, hold.number, "to reduce proliferation", until=later)
    assert longer.until() == later
    (change,) = longer.changes
    assert (change.what, change.by, change.reason) == (Change.EXTENDED, FREDA.id, "to reduce proliferation")
    assert longer.binds(YEAR_LATER)
    for until in (later, YEAR_LATER, NOON):
        with pytest.raises(UnsuitableHoldError, match="would not become longer"):
            keeping.holds.extend(FREDA, hold.number, "shorter", until=until)
    assert keeping.kinds(f"hold:{hold.number}") == ["hold.began", "hold.extended"]


def test_a_letter_is_renewed_as_its_rule_knows_it(keeping: Keeping) -> None:
    hold = keeping.holds.set(FREDA, LETTER, 1, [A], "letter 17 of the agency")
    assert hold.until() == NOON + timedelta(days=90)
    renewed = keeping.holds.extend(FREDA, hold.number, "letter 18")
    assert renewed.until() == NOON + timedelta(days=180)
    assert renewed.occasion.renewals == 1
    assert [one.what for one in renewed.changes] == [Change.RENEWED]
    assert not renewed.is_test
    assert keeping.holds.extend(FREDA, hold.number, "letter 19").until() == NOON + timedelta(days=270)


def test_a_rule_without_renewal_is_not_renewed(keeping: Keeping) -> None:
    hold = keeping.holds.begin(FINISHED, filing(), [A])
    with pytest.raises(UnsuitableHoldError, match=r"us\.2258A\.h knows no renewal"):
        keeping.holds.extend(FREDA, hold.number, "again")
    assert keeping.holds.hold(hold.number) == hold


def test_only_people_release_and_a_shell_only_keeps(keeping: Keeping) -> None:
    hold = keeping.holds.begin(FINISHED, filing(), [A])
    longer = YEAR_LATER + timedelta(days=1)
    keeping.holds.extend(local("root"), hold.number, "to be sure", until=longer)
    keeping.holds.reckon(local("root"), hold.number, "to be sure")
    with pytest.raises(DeniedError):
        keeping.holds.release(local("root"), hold.number, "enough")
    program = Principal("token:uploads", FREDA.permissions)
    for nobody in (person("anna"), person("rita", "reporter"), program):
        with pytest.raises(DeniedError):
            keeping.holds.release(nobody, hold.number, "enough")
        with pytest.raises(DeniedError):
            keeping.holds.set(nobody, LETTER, 1, [A], "letter")
        with pytest.raises(DeniedError):
            keeping.holds.extend(nobody, hold.number, "longer", until=longer + timedelta(days=1))
        with pytest.raises(DeniedError):
            keeping.holds.reckon(nobody, hold.number, "the rules were put right")
    released = keeping.holds.release(FREDA, hold.number, "law enforcement asks for destruction")
    assert not released.binds(NOON)
    assert not released.ended(YEAR_LATER + timedelta(days=400)), "a person let it go, and no rule"
    assert keeping.holds.binding(A) == ()
    with pytest.raises(UnsuitableHoldError, match="was released"):
        keeping.holds.release(FREDA, hold.number, "again")
    with pytest.raises(UnsuitableHoldError, match="was released"):
        keeping.holds.extend(FREDA, hold.number, "again", until=YEAR_LATER)
    with pytest.raises(UnsuitableHoldError, match="was released"):
        keeping.holds.reckon(FREDA, hold.number, "again")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_a_reason_is_needed(keeping: Keeping, reason: str) -> None:
    hold = keeping.holds.begin(FINISHED, filing(), [A])
    with pytest.raises(InvalidReasonError):
        keeping.holds.release(FREDA, hold.number, reason)
    with pytest.raises(InvalidReasonError):
        keeping.holds.set(FREDA, LETTER, 1, [A], reason)
    with pytest.raises(InvalidReasonError):
        keeping.holds.extend(FREDA, hold.number, reason, until=YEAR_LATER + timedelta(days=1))
    with pytest.raises(InvalidReasonError):
        keeping.holds.reckon(FREDA, hold.number, reason)


def test_what_nobody_can_set(keeping: Keeping) -> None:
    for occasion, contents, why in (
        (LETTER, [], "at least one content"),
        (Occasion(LETTER.trigger, NOON + timedelta(days=1)), [A], "that has been"),
        (Occasion("own.event", NOON), [A], "no retention rule knows the event"),
    ):
        with pytest.raises(UnsuitableHoldError, match=why):
            keeping.holds.set(FREDA, occasion, 1, contents, "letter")
    with pytest.raises(UnknownHoldError):
        keeping.holds.hold(1)
    with pytest.raises(UnknownHoldError):
        keeping.holds.hold(1 << 70)


def test_what_ends_first_comes_first(keeping: Keeping) -> None:
    year = keeping.holds.begin(FINISHED, filing(), [A])
    letter = keeping.holds.set(FREDA, LETTER, 1, [A], "letter")
    assert [one.number for one in keeping.holds.ending(YEAR_LATER + timedelta(days=1))] == [
        letter.number,
        year.number,
    ]
    assert keeping.holds.ending(YEAR_LATER) == [keeping.holds.hold(letter.number)]
    keeping.holds.release(FREDA, letter.number, "the agency let it go")
    assert keeping.holds.ending(YEAR_LATER) == []
    assert [one.number for one in keeping.holds.page(unreleased=True)] == [year.number]
    assert [one.number for one in keeping.holds.page(after=year.number)] == [letter.number]


def test_a_conflict_is_shown_and_it_is_kept(keeping: Keeping) -> None:
    keeping.holds.begin(FINISHED, filing(), [A])
    keeping.holds.set(FREDA, Occasion("ca.police_notified", NOON), 1, [A], "notified")
    keeping.clock.move(timedelta(days=22))
    assert [one.occasion.trigger for one in keeping.holds.binding(A)] == [CYBERTIPLINE_FINISHED]


TRIGGERS = sorted({one.trigger for one in shipped().retentions} | {"own.event"})


@given(
    st.sampled_from(TRIGGERS),
    st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # made aware
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_content_always_has_an_end_a_limit_or_a_problem(trigger: str, time: datetime) -> None:
    ends = ends_of(Occasion(trigger, time), shipped())
    assert ends[0].purpose is Purpose.CONTENT
    for end in ends:
        assert bool(end.problem) != bool(end.rules)
        assert bool(end.problem) == (end.until is None and end.no_later_than is None)
        assert end.until is None or end.until > time
