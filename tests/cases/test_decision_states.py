"""Whatever people do, in whatever order: nobody is both of two people, no case is decided by nothing."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.cases import entry_match, person
from support.deciding import Table

from tocsin.access.model import Principal, Right, permissions_of
from tocsin.cases.model import (
    Decision,
    EntryOpinion,
    Outcome,
    Proposal,
    Publication,
    Stage,
    Standpoint,
    State,
)
from tocsin.errors import Error
from tocsin.storage.home import Home

PEOPLE = [
    Principal(person(name).id, permissions_of(["reviewer", "curator"]), {"*": frozenset(Right)})
    for name in ("ada", "bo", "cy")
] + [
    # Who manages review besides, and may publish nothing.
    Principal(person("di").id, permissions_of(["reviewer", "review-manager"]), {"*": frozenset({Right.READ})})
]
WHO, WHICH = st.sampled_from(PEOPLE), st.integers(0, 2)
OUTCOME = st.sampled_from([Outcome.REPORT, Outcome.NO_ACTION])
PAIRS = list(permutations(PEOPLE, 2))
STANDING = {Standpoint.IN_FORCE, Standpoint.SUPERSEDED}


class Deciders(RuleBasedStateMachine):
    """Four people, and three cases of which two hold the same content."""

    def __init__(self) -> None:
        """A home of its own."""
        super().__init__()
        self.open = ExitStack()
        folder = Path(self.open.enter_context(tempfile.TemporaryDirectory()))
        self.table = Table.over(self.open.enter_context(Home.open(folder / "home", create=True)))
        first = self.table.case(entry_match(1), data=b"shared")
        self.cases = [first, self.table.case(entry_match(2))]
        # A case that is decided takes no more submissions: so there is another one with its content.
        made = self.table.decide(PEOPLE[0], first, Outcome.NO_ACTION)
        self.cases.append(self.table.case(entry_match(1), data=b"shared"))
        self.table.deciding.undo(PEOPLE[0], made.id)
        self.table.desk.clock.move(timedelta(days=1))
        self.history: list[Decision] = []
        self.rows = 0
        self.keys = 0

    def teardown(self) -> None:
        """Close it."""
        self.open.close()

    def held(self, who: Principal, which: int) -> tuple[int, int]:
        """A case with the claim by which somebody holds it, if they can; they give back what they held."""
        number = self.cases[which]
        self.give_back(who, but=number)
        with suppress(Error):
            return number, self.table.claimed(who, number).claim
        return number, 1

    def give_back(self, who: Principal, but: int = 0) -> None:
        """Release what somebody holds."""
        for case in self.table.desk.queue.held(who):
            if case.number != but:
                self.table.desk.queue.release(who, case.number, case.claim)

    def tried(self, action: Callable[[], object]) -> object:
        """Do something that may be refused: then nothing has changed."""
        before = self.state()
        try:
            return action()
        except Error:
            assert self.state() == before
            return None

    def state(self) -> object:
        deciding = self.table.deciding
        return (
            [deciding.of_case(one) for one in self.cases],
            [replace(self.table.desk.cases.case(one), lease_until=None) for one in self.cases],
            self.table.desk.ledger.count(),
            list(self.table.home.entries("local")),
        )

    @rule(who=WHO)
    def take_next(self, who: Principal) -> None:
        with suppress(Error):
            self.table.desk.queue.next(who)

    @rule(who=WHO)
    def release(self, who: Principal) -> None:
        self.give_back(who)

    @rule(who=WHO, which=WHICH)
    def ask_second(self, who: Principal, which: int) -> None:
        with suppress(Error):
            self.table.desk.queue.ask_second(who, *self.held(who, which))

    @rule(who=WHO, which=WHICH, outcome=OUTCOME, publish=st.booleans(), opinion=st.booleans())
    def decide(self, who: Principal, which: int, outcome: Outcome, *, publish: bool, opinion: bool) -> None:
        number, claim = self.held(who, which)
        content = self.table.content(number)
        judged = self.table.deciding.judgements([content]).get(content)
        odds = self.table.deciding.at_odds(number)
        stage = self.table.desk.cases.case(number).stage
        (entry,) = self.table.deciding.decisions.matched(number)
        proposal = Proposal(
            outcome,
            publish=(Publication(content, "local"),) if publish and outcome is Outcome.REPORT else (),
            opinions=(EntryOpinion(entry, confirm=True),) if opinion else (),
        )
        self.keys += 1
        key = str(self.keys)
        made = self.tried(lambda: self.table.deciding.decide(who, number, claim, proposal, key))
        if not isinstance(made, Decision):
            self.give_back(who)
            return
        if made.standpoint is Standpoint.IN_FORCE:
            assert made.author not in odds
            assert stage is Stage.FIRST
            assert not proposal.publish
            assert judged is None or judged.outcome is outcome
        before = self.state()
        assert self.table.deciding.decide(who, number, claim, proposal, key) == made
        assert self.state() == before

    @precondition(lambda self: self.standing(Standpoint.PROPOSED))
    @rule(who=WHO, which=WHICH, agree=st.booleans())
    def answer(self, who: Principal, which: int, *, agree: bool) -> None:
        deciding = self.table.deciding
        waiting = self.standing(Standpoint.PROPOSED)
        number, claim = self.held(who, self.cases.index(waiting[which % len(waiting)]))
        answer = deciding.confirm if agree else deciding.disagree
        made = self.tried(lambda: answer(who, number, claim, "so"))
        if made is not None:
            before = self.state()
            assert answer(who, number, claim, "so") == made
            assert self.state() == before
        self.give_back(who)

    @rule(who=WHO, which=WHICH)
    def take_back(self, who: Principal, which: int) -> None:
        number = self.cases[which]
        may = self.table.deciding.may_take_back(who, number)
        assert may == (self.tried(lambda: self.table.deciding.take_back(who, number)) is not None)

    @precondition(lambda self: self.history)
    @rule(who=WHO, back=st.integers(0, 3), own=st.booleans())
    def undo(self, who: Principal, back: int, *, own: bool) -> None:
        one = self.history[-1 - back % len(self.history)]
        if own:
            who = next(somebody for somebody in PEOPLE if somebody.id == one.author)
        waits = (one.standpoint, self.table.desk.queue.case(who, one.case).state)
        undone = self.tried(lambda: self.table.deciding.undo(who, one.id))
        assert undone is None or one.author == who.id
        assert undone is not None or not own or waits != (Standpoint.PROPOSED, State.WAITING)

    @precondition(lambda self: self.standing(Standpoint.IN_FORCE))
    @rule(who=WHO, which=WHICH)
    def reopen(self, who: Principal, which: int) -> None:
        decided = self.standing(Standpoint.IN_FORCE)
        self.tried(lambda: self.table.deciding.reopen(who, decided[which % len(decided)], "again"))

    def standing(self, standpoint: Standpoint) -> list[int]:
        """The cases with a decision that stands there."""
        return [one.case for one in self.history if one.standpoint is standpoint]

    @rule(by=st.sampled_from([timedelta(minutes=4), timedelta(hours=13)]))
    def time_passes(self, by: timedelta) -> None:
        self.table.desk.clock.move(by)

    @invariant()
    def each_case_stands_on_its_decision(self) -> None:
        for number in self.cases:
            decisions = self.table.deciding.of_case(number)
            standpoints = [one.standpoint for one in decisions]
            case = self.table.desk.cases.case(number)
            assert standpoints.count(Standpoint.IN_FORCE) <= 1
            assert standpoints.count(Standpoint.PROPOSED) <= 1
            if case.state is State.DECIDED:
                assert Standpoint.IN_FORCE in standpoints
                assert Standpoint.PROPOSED not in standpoints
            # Undoing what took a decision's place brings that one back: nobody overturns alone that way.
            assert Standpoint.IN_FORCE in standpoints or Standpoint.SUPERSEDED not in standpoints
            for one in decisions:
                assert one.second != one.author
                assert one.second or not (one.needs_second and one.standpoint in STANDING)

    @invariant()
    def any_two_reviewers_can_decide_what_waits(self) -> None:
        # Whoever asked, proposed or disagreed may have left: tried, and rolled back.
        pair = PAIRS[self.rows % len(PAIRS)]
        for number in self.cases:
            now = self.table.desk.clock.now
            with suppress(_RolledBack), self.table.home.database.writing():
                self.brought_to_an_end(number, *pair)
                assert self.table.desk.cases.case(number).state is State.DECIDED
                raise _RolledBack
            self.table.desk.clock.now = now

    def brought_to_an_end(self, number: int, *people: Principal) -> None:
        """Have two people decide a case, with nobody else."""
        deciding, queue = self.table.deciding, self.table.desk.queue
        self.table.desk.clock.move(timedelta(hours=13))  # all leases have run out, and what was handed over
        if queue.case(people[0], number).state is State.DECIDED:
            return
        pending = deciding.pending(number)
        if pending is not None:
            who = next(one for one in people if one.id != pending.author)
            deciding.disagree(who, number, self.table.claimed(who, number).claim, "let us see")
        asked = self.table.desk.cases.case(number).first_reviewer
        first, second = sorted(people, key=lambda one: one.id == asked)
        claim = self.table.claimed(first, number).claim
        self.table.desk.cases.take_news(number)
        made = deciding.decide(first, number, claim, Proposal(Outcome.UNDETERMINED), "the end")
        if made.standpoint is Standpoint.PROPOSED:
            deciding.confirm(second, number, self.table.claimed(second, number).claim)

    @invariant()
    def nothing_recorded_is_lost(self) -> None:
        now = sorted(
            (one for number in self.cases for one in self.table.deciding.of_case(number)),
            key=lambda one: one.id,
        )
        for before, after in zip(self.history, now, strict=False):
            assert (before.id, before.proposal, before.author) == (after.id, after.proposal, after.author)
            assert (before.time, before.needs_second) == (after.time, after.needs_second)
            if before.second:
                assert (before.second, before.second_note) == (after.second, after.second_note)
            assert set(before.published) <= set(after.published)
        assert len(now) >= len(self.history)
        self.history = now
        rows = self.table.desk.ledger.count()
        assert rows >= self.rows
        self.rows = rows

    @invariant()
    def what_is_live_is_what_stands(self) -> None:
        standing = {
            one.proposal.publish[0].sha256
            for one in self.history
            if one.standpoint is Standpoint.IN_FORCE and one.proposal.publish
        }
        live = {
            bytes.fromhex(one.origin.id) for one in self.table.home.entries("local") if one.withdrawn is None
        }
        assert live == standing


class _RolledBack(Exception):  # noqa: N818  # nothing is wrong
    """What was tried is to have no effect."""


class ManyDeciders(Deciders):
    """The same for longer."""


Deciders.TestCase.settings = settings(max_examples=3, stateful_step_count=30, deadline=None)
ManyDeciders.TestCase.settings = settings(max_examples=20, stateful_step_count=50, deadline=None)
TestDeciders = Deciders.TestCase
TestManyDeciders = pytest.mark.slow(ManyDeciders.TestCase)
