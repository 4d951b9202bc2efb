"""What is submitted comes into cases: real pictures, a real index, real stores."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.cases import ANNA, Desk
from support.intake import do_jobs, entry_of, jpeg, rooms_of, submit

from tocsin.banks.model import BankKind, Policy
from tocsin.content.examiner import Examiner
from tocsin.intake.context import context_of
from tocsin.intake.service import Intake
from tocsin.storage.earlier import EarlierContents
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

pytest_plugins = ["support.examiners"]
pytestmark = pytest.mark.slow  # sandbox children, and real databases with their syncs

ASKED: "JsonObject" = {"review": True}


@pytest.fixture
def reviewed(home: Home) -> Iterator[Desk]:
    earlier = EarlierContents(home.folder, home.database)
    yield Desk.over(home, earlier=earlier)
    earlier.close()


@pytest.fixture
def intake(home: Home, examiner: Examiner, reviewed: Desk) -> Iterator[Intake]:
    home.create_bank("known", Policy())
    home.create_bank("harmless", Policy(kind=BankKind.ALLOW))
    rooms = replace(rooms_of(home, examiner), casework=reviewed.casework)
    with Intake(rooms) as opened:
        yield opened


def case_of(desk: Desk, submission_id: str) -> int | None:
    """The number of the case that a submission is in."""
    placed = desk.openings.case_of(desk.submissions.submission(submission_id).number)
    return None if placed is None else placed.number


def sent(intake: Intake, data: bytes, context: "JsonObject | None" = None) -> str:
    """The id of a submission that has been matched."""
    return submit(intake, data, context=context_of(context or {})).submission.id


def test_a_match_opens_a_case_and_copies_join_it(home: Home, intake: Intake, reviewed: Desk) -> None:
    home.add_entries("known", [entry_of(jpeg(1))])
    number = case_of(reviewed, sent(intake, jpeg(1)))
    assert number is not None
    assert case_of(reviewed, sent(intake, jpeg(1))) == number
    assert case_of(reviewed, sent(intake, jpeg(1, quality=60))) == number
    assert case_of(reviewed, sent(intake, jpeg(2))) is None
    assert [one.because for one in reviewed.queue.members(ANNA, number)] == ["opened", "content", "near"]
    assert reviewed.kinds(number) == ["opened", "joined", "joined"]
    assert reviewed.queue.case(ANNA, number).standing.novelty == "near"  # the newest of them


def test_what_an_allow_bank_spares_is_no_case(home: Home, intake: Intake, reviewed: Desk) -> None:
    home.add_entries("known", [entry_of(jpeg(1))])
    home.add_entries("harmless", [entry_of(jpeg(1))])
    assert case_of(reviewed, sent(intake, jpeg(1))) is None
    assert case_of(reviewed, sent(intake, jpeg(1), ASKED)) is not None


def test_a_list_that_grows_opens_cases_for_what_came_earlier(
    home: Home, intake: Intake, reviewed: Desk
) -> None:
    first, copy, other = (sent(intake, data) for data in (jpeg(1), jpeg(1, quality=60), jpeg(2)))
    assert reviewed.queue.page(ANNA) == []
    home.add_entries("known", [entry_of(jpeg(1))])
    do_jobs(intake, JobStore(home.database))
    number = case_of(reviewed, first)
    assert number is not None
    assert case_of(reviewed, copy) == number
    assert case_of(reviewed, other) is None
    do_jobs(intake, JobStore(home.database))
    assert reviewed.queue.case(ANNA, number).submissions == 2


def test_near_copies_that_nobody_knows_are_one_case(intake: Intake, reviewed: Desk) -> None:
    numbers = {case_of(reviewed, sent(intake, jpeg(3, quality=one), ASKED)) for one in (95, 85, 75, 65)}
    (number,) = numbers
    assert number is not None
    assert case_of(reviewed, sent(intake, jpeg(4), ASKED)) != number


def test_no_more_than_the_newest_copies_are_looked_at(home: Home, intake: Intake, reviewed: Desk) -> None:
    ids = [sent(intake, jpeg(3, quality=one)) for one in (95, 85, 75)]
    content = reviewed.submissions.submission(ids[0]).content
    assert content is not None
    earlier = EarlierContents(home.folder, home.database)
    pdq = [one for one in content.signals if one.type.value == "pdq"][:1]
    assert len(earlier.resembling(pdq, 31)) == len(ids)
    ((sha256, _),) = earlier.resembling(pdq, 31, newest=1)
    assert sha256 == reviewed.submissions.submission(ids[-1]).sha256
    earlier.close()
