"""By when, and how long: numbers of the laws, and what is said where there is none."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cases.opening import due_by_law
from tocsin.intake.context import context_of
from tocsin.law.duties import Occasion, due, keep_until
from tocsin.law.errors import NoRetentionRuleError, NotInForceError, UnknownRuleError
from tocsin.law.model import Purpose
from tocsin.law.packs import shipped
from tocsin.law.periods import Period

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SENT = "uk.nca_report_sent"
FINISHED = "us.cybertipline_finished"
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # made aware


@pytest.mark.parametrize(
    ("rule", "hours"),
    [
        ("us.tida", 48),
        ("nz.119E", 24),
        ("au.osa", 24),
        ("uk.osa66.answer", 7 * 24),
        ("uk.osa66.p1", 0),
        ("uk.osa66.p2", None),
        ("uk.osa66.p3", None),
        ("us.2258A", None),
        ("eu.dsa18", None),
        ("ca.mra.2", None),
        ("ca.mra.3", None),
        ("au.474.25", None),
    ],
)
def test_when_a_duty_falls_due(rule: str, hours: int | None) -> None:
    assert due(rule, NOW) == (None if hours is None else NOW + timedelta(hours=hours))


def test_no_duty_of_that_id() -> None:
    for rule in ("us.tidy", "", "uk.pca1978.s1", "us.2258A.h"):
        with pytest.raises(UnknownRuleError, match=f"there is no duty {rule!r}"):
            due(rule, NOW)


def test_a_submission_can_name_any_duty() -> None:
    for duty in shipped().duties:
        notice = {"notice": duty.provision.id}
        assert context_of(dict(notice)).given == notice


def test_a_notice_of_an_unknown_or_dormant_duty_has_no_date_and_stops_nothing() -> None:
    assert due_by_law("nz.119E", NOW) == NOW + timedelta(hours=24)
    assert due_by_law("us.tidy", NOW, shipped()) is None
    assert due_by_law("uk.osa20A", NOW) is None


def test_a_duty_begins_with_its_law() -> None:
    assert due("us.tida", datetime(2026, 5, 19, tzinfo=UTC)) == datetime(2026, 5, 21, tzinfo=UTC)
    with pytest.raises(NotInForceError):
        due("us.tida", datetime(2026, 5, 18, 23, 59, tzinfo=UTC))
    with pytest.raises(NotInForceError):
        due("uk.osa20A", NOW)


def test_hours_are_hours_where_clocks_are_changed() -> None:
    before = datetime(2026, 10, 31, 12, tzinfo=ZoneInfo("America/New_York"))
    ends = due("us.tida", before)
    assert ends is not None
    assert ends.timestamp() - before.timestamp() == 48 * 3600
    assert ends.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without its zone"):
        due("us.tida", datetime(2026, 11, 23))  # noqa: DTZ001  # the point of it
    with pytest.raises(ValueError, match="without its zone"):
        keep_until([Occasion(SENT, datetime(2026, 11, 23))], Purpose.CONTENT)  # noqa: DTZ001  # as above


# How long


def test_each_copy_is_kept_for_its_purpose() -> None:
    sent = [Occasion(SENT, NOW)]
    content, reference = keep_until(sent, Purpose.CONTENT), keep_until(sent, Purpose.REFERENCE)
    assert content.until == datetime(2027, 11, 23, 9, 30, tzinfo=UTC)
    assert reference.until == datetime(2031, 11, 23, 9, 30, tzinfo=UTC)
    assert [bound.rule for bound in reference.bounds] == ["uk.si2026-268.8.1.a"]
    assert not content.conflict


def test_the_longest_of_several_rules_binds_and_each_is_named() -> None:
    kept = keep_until(
        [
            Occasion(FINISHED, NOW),
            Occasion(SENT, NOW + timedelta(days=10)),
            Occasion("us.2703f_letter", NOW, renewals=1),
        ],
        Purpose.CONTENT,
    )
    assert [bound.rule for bound in kept.bounds] == ["us.2258A.h", "uk.si2026-268.8.1.b", "us.2703f"]
    assert kept.until == datetime(2027, 12, 3, 9, 30, tzinfo=UTC)
    assert kept.bounds[2].keep_until == NOW + timedelta(days=180)


def test_the_law_of_the_time_binds() -> None:
    before = datetime(2024, 5, 6, tzinfo=UTC)
    assert keep_until([Occasion(FINISHED, before)], Purpose.REPORT).until == before + timedelta(days=90)
    after = datetime(2024, 5, 7, tzinfo=UTC)
    assert keep_until([Occasion(FINISHED, after)], Purpose.REPORT).until == datetime(2025, 5, 7, tzinfo=UTC)


def test_one_law_wants_it_gone_before_another_lets_it_go() -> None:
    both = keep_until([Occasion("ca.police_notified", NOW), Occasion(FINISHED, NOW)], Purpose.CONTENT)
    assert both.conflict
    assert both.no_later_than == NOW + timedelta(days=21)
    assert both.until == datetime(2027, 11, 23, 9, 30, tzinfo=UTC)
    alone = keep_until([Occasion("ca.police_notified", NOW)], Purpose.CONTENT)
    assert (alone.until, alone.conflict) == (NOW + timedelta(days=21), False)


def test_a_limit_alone_asks_for_no_keeping() -> None:
    kept = keep_until(
        [Occasion("eu.detected_in_messages", datetime(2026, 4, 3, tzinfo=UTC))], Purpose.CONTENT
    )
    assert (kept.until, kept.no_later_than) == (None, datetime(2027, 4, 3, tzinfo=UTC))
    with pytest.raises(NotInForceError):
        keep_until([Occasion("eu.detected_in_messages", datetime(2026, 4, 4, tzinfo=UTC))], Purpose.CONTENT)


def test_no_rule_is_an_error_and_no_default() -> None:
    for occasions in ([], [Occasion(FINISHED, NOW)]):
        with pytest.raises(NoRetentionRuleError, match="how long this is kept as reference"):
            keep_until(occasions, Purpose.REFERENCE)
    with pytest.raises(NoRetentionRuleError, match="knows the event 'moved'"):
        keep_until([Occasion(SENT, NOW), Occasion("moved", NOW)], Purpose.CONTENT)
    with pytest.raises(NoRetentionRuleError, match=r"us\.2258A\.h knows no renewal"):
        keep_until([Occasion(FINISHED, NOW, renewals=1)], Purpose.CONTENT)
    with pytest.raises(NotInForceError):
        keep_until([Occasion(SENT, datetime(2026, 4, 6, tzinfo=UTC))], Purpose.CONTENT)


@given(st.lists(st.tuples(st.sampled_from([SENT, FINISHED]), st.integers(0, 500)), min_size=1), st.data())
def test_another_occasion_never_shortens_the_keeping(
    happened: list[tuple[str, int]], data: st.DataObject
) -> None:
    occasions = [Occasion(trigger, NOW + timedelta(days=days)) for trigger, days in happened]
    some = data.draw(st.lists(st.sampled_from(occasions), min_size=1, unique=True))
    less, all_of_them = keep_until(some, Purpose.CONTENT).until, keep_until(occasions, Purpose.CONTENT).until
    assert less is not None
    assert all_of_them is not None
    assert less <= all_of_them


# Periods


def test_a_month_that_has_no_such_day() -> None:
    leap = datetime(2028, 2, 29, tzinfo=UTC)
    assert Period.parse("1 year").after(leap) == datetime(2029, 3, 1, tzinfo=UTC)
    assert Period.parse("1 year").after(leap, longest=False) == datetime(2029, 2, 28, tzinfo=UTC)
    assert Period.parse("1 month").after(datetime(2026, 12, 31, tzinfo=UTC)) == datetime(
        2027, 1, 31, tzinfo=UTC
    )
    assert Period.parse("2 months").after(datetime(2026, 12, 31, tzinfo=UTC)) == datetime(
        2027, 3, 1, tzinfo=UTC
    )


@given(TIMES, st.integers(1, 60), st.sampled_from(["hour", "day", "month", "year"]))
def test_what_is_kept_is_never_kept_shorter_than_it_may_be_at_most(
    start: datetime, count: int, unit: str
) -> None:
    period = Period(count, unit)
    assert Period.parse(str(period)) == period
    longest, shortest = period.after(start), period.after(start, longest=False)
    assert start < shortest <= longest <= shortest + timedelta(days=1)


@pytest.mark.parametrize(
    "text", ["", "0 days", "1 week", "48h", "-1 days", "1.5 days", "days", "99999 days", "100 years"]
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        Period.parse(text)
