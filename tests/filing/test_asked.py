"""What authorities ask for about a case is owed, from when the first asked, until all of it was done."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from support.cases import Desk
from support.holding import FINN, FREDA, Keeping, keeping
from support.material import record, submission
from support.notices import REPORTER, URL, Bureau

from tocsin.filing.asked import DESTROYED, destructions, questions
from tocsin.filing.nca.model import Entry
from tocsin.filing.nca.priorities import Priority
from tocsin.law.facts import About
from tocsin.law.owing import Happened, Owed, Situation, Standing, State, owing

__all__ = ["keeping"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def owed(rule: str, on: datetime, events: tuple[Happened, ...]) -> Owed:
    """How a duty stands in a case of which only these events are known."""
    bound = {About.JURISDICTIONS: frozenset({"us", "uk"})}
    situation = Situation(Standing.REPORT, circumstances=bound, events=events)
    return next(one for one in owing(situation, on) if one.rule == rule)


@pytest.fixture
def bureau(desk: Desk) -> Bureau:
    return Bureau.over(desk)


def sent(bureau: Bureau, case: int, reference: str, *, test: bool = False) -> Entry:
    entry = bureau.register.prepare(REPORTER, case, "u-1")
    entry = bureau.register.set_priority(REPORTER, entry.number, entry.revision, Priority.P2)
    number, revision = entry.number, entry.revision
    return bureau.register.record(REPORTER, number, revision, reference, bureau.clock(), test=test)


def test_questions_of_the_nca_are_owed_answers_the_oldest_first(bureau: Bureau) -> None:
    case = bureau.case(context={"review": True, "url": URL, "account": {"id": "u-1"}})
    first, second = (sent(bureau, case, name).number for name in ("NCA-1", "NCA-2"))
    exercise = sent(bureau, case, "NCA-3", test=True).number
    start = bureau.clock()

    def answer() -> Owed:
        now = bureau.clock()
        return owed("uk.osa66.answer", now, questions(bureau.register.store, case, now))

    bureau.register.ask(REPORTER, exercise, start, "How did the exercise go?")
    assert answer().state is State.NOT_APPLICABLE
    asked = [bureau.register.ask(REPORTER, one, start, "Which port?").id for one in (first, second)]
    bureau.clock.move(DAY)
    later = bureau.register.ask(REPORTER, first, bureau.clock(), "Which day?").id
    assert (answer().state, answer().by) == (State.OWED, start + 7 * DAY)
    for one in asked:
        bureau.register.reply(REPORTER, one, "50123")
    assert (answer().state, answer().by) == (State.OWED, start + 8 * DAY)
    before = bureau.clock()
    bureau.clock.move(HOUR)
    bureau.register.reply(REPORTER, later, "The first of May.")
    assert (answer().state, answer().met_by) == (State.SATISFIED, "uk.nca_answered")
    assert owed("uk.osa66.answer", before, questions(bureau.register.store, case, before)).state is State.OWED


def test_what_law_enforcement_wants_destroyed_is_owed_until_all_of_it_is(keeping: Keeping) -> None:
    contents = [keeping.content(data)[0] for data in (b"one picture", b"another")]
    submissions = [replace(submission(place, {}), sha256=one) for place, one in enumerate(contents, 1)]
    case = record(submissions)

    def destroy() -> Owed:
        now = keeping.clock()
        return owed("us.2258B.c", now, destructions(keeping.destroying.records, case, now))

    mistaken = keeping.destroying.ask(FREDA, contents[0], "as asked", request="FBI-1")
    assert destroy().state is State.OWED
    keeping.destroying.withdraw(FREDA, mistaken.number, "it is about another case")
    assert destroy().state is State.NOT_APPLICABLE
    wishes = [keeping.destroying.ask(FREDA, one, "as asked", request="FBI-2") for one in contents]
    for wish in wishes:
        keeping.clock.move(HOUR)
        keeping.destroying.confirm(FINN, wish.number)
        assert destroy().state is State.OWED
        keeping.work()
    assert (destroy().state, destroy().met_by) == (State.SATISFIED, DESTROYED)


def test_what_a_rule_lets_go_was_not_asked_for(keeping: Keeping) -> None:
    sha256, _ = keeping.content(b"one picture")
    records, now = keeping.destroying.records, keeping.clock()
    records.add(sha256, "", "its year is over", now, FREDA.id)
    case = record([replace(submission(1, {}), sha256=sha256)])
    assert destructions(records, case, now) == ()
