"""Entries that come later find what was submitted earlier."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.intake import (
    PLATFORM,
    Announced,
    do_jobs,
    entry_of,
    intake_of,
    jpeg,
    rooms_of,
    submit,
)

from tocsin.banks.batch import HashBatch
from tocsin.banks.model import BankKind, EntryDraft, Policy
from tocsin.content.examiner import Examiner, Lent
from tocsin.content.model import Content
from tocsin.evidence.chain import Row
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.model import NewSubmission
from tocsin.intake.retroactive import REMATCH, rematch_job
from tocsin.intake.screening import Rooms
from tocsin.intake.service import Intake
from tocsin.jobs.model import JobState, NewJob
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.submissions import SubmissionStore

pytest_plugins = ["support.examiners"]
pytestmark = pytest.mark.slow  # sandbox children, and real databases with their syncs


@pytest.fixture
def announced() -> Announced:
    return Announced()


@pytest.fixture
def intake(home: Home, examiner: Examiner, announced: Announced) -> Iterator[Intake]:
    home.create_bank("known", Policy())
    with intake_of(home, examiner, announced) as opened:
        yield opened


def rows_of(home: Home, submission_id: str) -> list[Row]:
    """What the ledger says of what came of a submission."""
    rows = LedgerStore(home.database).rows_of(f"submission:{submission_id}")
    return [row for row in rows if row.kind != "submission.received"]


def waiting(home: Home) -> int:
    return JobStore(home.database).counts()[JobState.READY]


def test_an_entry_finds_what_was_submitted_earlier(home: Home, intake: Intake, announced: Announced) -> None:
    ids = [submit(intake, jpeg(1, quality=60)).submission.id for _ in range(2)]
    other = submit(intake, jpeg(2))
    home.add_entries("known", [entry_of(jpeg(1))])
    (job,) = do_jobs(intake, JobStore(home.database))
    assert job.kind == REMATCH
    for one in ids:
        (found,) = intake.answer(one, PLATFORM).matches or ()
        assert (found.retroactive, found.match["type"], found.bank_version) == (True, "pdq", 1)
    assert intake.answer(other.submission.id, PLATFORM).matches == ()
    assert [(kind, body["retroactive"]) for kind, body in announced.events] == [
        ("submission.matched", True)
    ] * 2
    assert {body["submission"] for _, body in announced.events} == {*ids}
    assert [(row.kind, json.loads(row.detail)["retroactive"]) for row in rows_of(home, ids[0])] == [
        ("submission.examined", False),
        ("submission.matched", True),
    ]
    assert [row.kind for row in rows_of(home, other.submission.id)] == ["submission.examined"]


def test_equal_digests_of_no_picture_are_found_too(home: Home, intake: Intake) -> None:
    kept = submit(intake, b"no picture at all")
    home.add_entries("known", [entry_of(b"no picture at all")])
    do_jobs(intake, JobStore(home.database))
    found = intake.answer(kept.submission.id, PLATFORM).matches or ()
    assert {one.match["type"] for one in found} == {"sha256", "sha1", "md5"}


def test_doing_it_again_changes_nothing(home: Home, intake: Intake, announced: Announced) -> None:
    kept = submit(intake, jpeg(1))
    (entry,) = home.add_entries("known", [entry_of(jpeg(1))]).entry_ids
    jobs = JobStore(home.database)
    do_jobs(intake, jobs)
    before = intake.answer(kept.submission.id, PLATFORM).matches
    for _ in range(2):
        jobs.enqueue(rematch_job("known", [entry]))
        do_jobs(intake, jobs)
    assert intake.answer(kept.submission.id, PLATFORM).matches == before
    assert len(announced.events) == 1


def test_nothing_is_left_to_do_where_nothing_was_submitted(home: Home, intake: Intake) -> None:
    home.add_entries("known", [entry_of(jpeg(1))])
    assert waiting(home) == 0
    assert do_jobs(intake, JobStore(home.database)) == []


def test_a_large_import_is_looked_up_in_portions(home: Home, intake: Intake) -> None:
    kept = submit(intake, jpeg(1))
    assert kept.submission.content is not None
    own = next(one.value for one in kept.submission.content.signals if one.type is SignalType.PDQ)
    others = b"".join(number.to_bytes(32, "big") for number in range(12_000))
    home.add_batches("known", [HashBatch(SignalType.PDQ, others + own)], None, [])
    jobs = JobStore(home.database)
    assert len(do_jobs(intake, jobs)) == 3
    (found,) = intake.answer(kept.submission.id, PLATFORM).matches or ()
    assert (found.match["distance"], found.match["entry"]) == (0, 12_001)


def test_a_wider_radius_finds_more(home: Home, intake: Intake) -> None:
    home.set_policy("known", Policy(radius=0))
    home.add_entries("known", [entry_of(jpeg(1, quality=30))])
    kept = submit(intake, jpeg(1))
    assert kept.matches == ()
    home.set_policy("known", Policy(radius=31))
    do_jobs(intake, JobStore(home.database))
    (found,) = intake.answer(kept.submission.id, PLATFORM).matches or ()
    assert (found.retroactive, found.match["radius"]) == (True, 31)


def test_what_an_allow_bank_held_back_counts_again(home: Home, intake: Intake, announced: Announced) -> None:
    home.create_bank("fine", Policy(BankKind.ALLOW))
    home.add_entries("known", [entry_of(jpeg(1))])
    (fine,) = home.add_entries("fine", [entry_of(jpeg(1))]).entry_ids
    kept = submit(intake, jpeg(1))
    assert [one for one in kept.matches or () if not one.suppressed] == []
    assert announced.events == []
    home.withdraw([fine], "by mistake")
    do_jobs(intake, JobStore(home.database))
    found = intake.answer(kept.submission.id, PLATFORM).matches or ()
    assert {one.match["type"] for one in found if not one.suppressed} == {"sha256", "sha1", "md5", "pdq"}
    assert len(announced.events) == 1


VALUES = [(0).to_bytes(32, "big"), (3 << 200).to_bytes(32, "big"), ((1 << 250) - 1).to_bytes(32, "big")]
"""Two that are near to each other, and one that is not."""
STEPS = st.lists(
    st.tuples(st.sampled_from(["submit", "add", "withdraw", "reinstate", "work"]), st.integers(0, 2)),
    max_size=12,
)


class Ready:
    """An examiner whose children were quick: each content's number is its PDQ value's."""

    workers = 1

    def token(self, *, all_orientations: bool) -> str:
        return str(all_orientations)

    def lend(self, source: object, *, all_orientations: bool = False) -> AbstractContextManager[Lent]:
        raise NotImplementedError(source, all_orientations)

    def examine(
        self,
        source: object,
        suffix: str = "",
        *,
        all_orientations: bool = False,
        origin: bool = True,
        timeout: float | None = None,
    ) -> Content:
        raise NotImplementedError(source, suffix, all_orientations, origin, timeout)


class World:
    """A home in which contents and entries of three values arrive in any order."""

    def __init__(self, home: Home, rooms: Rooms) -> None:
        """A bank, and nothing in it."""
        self.home = home
        self.rooms = rooms
        self.jobs = JobStore(home.database)
        self.submitted: list[tuple[str, int]] = []
        self.entries: dict[int, int] = {}
        self.live_together: set[tuple[str, int]] = set()
        """Submissions and entries that were there at once."""
        home.create_bank("known", Policy(quality_floor=0))

    def step(self, intake: Intake, what: str, number: int) -> None:
        """Do one thing."""
        if what == "submit":
            self._submit(number)
        elif what == "add" and number not in self.entries:
            drafts = [EntryDraft((Signal(SignalType.PDQ, VALUES[number]),))]
            self.entries[number] = self.home.add_entries("known", drafts).entry_ids[0]
        elif what == "withdraw" and number in self.entries:
            do_jobs(intake, self.jobs)  # what was live until now has had its time
            self.home.withdraw([self.entries[number]], "test")
        elif what == "reinstate" and number in self.entries:
            self.home.reinstate([self.entries[number]])
        elif what == "work":
            do_jobs(intake, self.jobs)
        self._note()

    def _submit(self, number: int) -> None:
        """Submit a content that has been examined already, and leave matching it to a job."""
        signal = Signal(SignalType.PDQ, VALUES[number], 100, "picture")
        with self.home.database.writing():
            kept, _ = self.rooms.submissions.add(NewSubmission(bytes([number]) * 32, 1, "token:t"))
            self.rooms.submissions.examined(kept.sha256, Content("image", 1, (signal,), looked="True"))
            self.jobs.enqueue(NewJob("examine", {"submission": kept.id}))
        self.submitted.append((kept.id, number))

    def _note(self) -> None:
        live = {number for number, entry in self.entries.items() if not self.home.entry(entry).withdrawn}
        for submission, value in self.submitted:
            for number in live:
                near = int.from_bytes(VALUES[value]) ^ int.from_bytes(VALUES[number])
                if near.bit_count() <= 31:
                    self.live_together.add((submission, self.entries[number]))

    def found(self) -> set[tuple[str, int]]:
        """Submissions and entries that were matched."""
        return {
            (submission, int(str(one.match["entry"])))
            for submission, _ in self.submitted
            for one in self.rooms.submissions.matches(submission)
        }


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_comes_first_the_same_is_found(
    steps: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever was there together, live, while work was done, is matched; nothing else, and nothing twice."""
    folder = tmp_path_factory.mktemp("world")
    with Home.open(folder / "home", create=True) as home:
        rooms = rooms_of(home, Ready())
        world = World(home, rooms)
        with Intake(rooms) as intake:
            for what, number in steps:
                world.step(intake, what, number)
            do_jobs(intake, world.jobs)
        assert world.found() == world.live_together
        for submission, _ in world.submitted:
            kept = SubmissionStore(home.database).matches(submission)
            assert len({(one.match["entry"], one.match["type"]) for one in kept}) == len(kept)
