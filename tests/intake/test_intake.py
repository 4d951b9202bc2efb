"""Taking in: kept first, examined and matched at once, and by a worker where that does not come about."""

import errno
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

import pytest
from support.intake import (
    PARTNER,
    PLATFORM,
    Announced,
    arrived,
    do_jobs,
    entry_of,
    intake_of,
    jpeg,
    rooms_of,
    submit,
)

from tocsin.access.errors import DeniedError
from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import BankKind, EntryDraft, Policy
from tocsin.content.examine import signals_of
from tocsin.content.examiner import Examiner, Lent
from tocsin.content.model import Content
from tocsin.errors import Refusal
from tocsin.evidence.errors import VaultError
from tocsin.evidence.folder import FolderVault
from tocsin.hashing.signals import Dialect, Signal, SignalType
from tocsin.intake.lookups import MOST_VARIANTS, LookupLimitError
from tocsin.intake.model import Context, OtherContentError, UnknownSubmissionError, Wanted
from tocsin.intake.screening import Rooms
from tocsin.intake.service import Intake
from tocsin.jobs.model import JobState
from tocsin.media.errors import KilledError
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore

if TYPE_CHECKING:
    from tocsin.content.examiner import Source

pytest_plugins = ["support.examiners"]
pytestmark = pytest.mark.slow  # sandbox children, and real databases with their syncs


class Slow:
    """An examiner that waits until it may go on."""

    def __init__(self, examiner: Examiner) -> None:
        """As `examiner`, but only after `go` is set."""
        self._examiner = examiner
        self.go = threading.Event()
        self.looked = 0

    @property
    def workers(self) -> int:
        return self._examiner.workers

    def token(self, *, all_orientations: bool) -> str:
        return self._examiner.token(all_orientations=all_orientations)

    def lend(self, source: "Source", *, all_orientations: bool = False) -> AbstractContextManager[Lent]:
        return self._examiner.lend(source, all_orientations=all_orientations)

    def examine(
        self,
        source: "Source",
        suffix: str = "",
        *,
        all_orientations: bool = False,
        origin: bool = True,
        timeout: float | None = None,
    ) -> Content:
        self.looked += 1
        assert self.go.wait(120)
        return self._examiner.examine(
            source, suffix, all_orientations=all_orientations, origin=origin, timeout=timeout
        )


class FullVault:
    """A vault on a full disk."""

    def put(self, source: BinaryIO, sha256: bytes) -> None:
        message = f"{os.strerror(errno.ENOSPC)}: {sha256.hex()} at {source.tell()}"
        raise VaultError(message)

    def open(self, sha256: bytes) -> AbstractContextManager[BinaryIO]:
        raise NotImplementedError(sha256)

    def has(self, sha256: bytes) -> bool:
        raise NotImplementedError(sha256)

    def digests(self) -> Iterator[bytes]:
        raise NotImplementedError

    def renew(self, sha256: bytes) -> bool:
        raise NotImplementedError(sha256)

    def destroy(self, sha256: bytes) -> bool:
        raise NotImplementedError(sha256)


@pytest.fixture
def announced() -> Announced:
    return Announced()


@pytest.fixture
def intake(home: Home, examiner: Examiner, announced: Announced) -> Iterator[Intake]:
    home.create_bank("known", Policy())
    with intake_of(home, examiner, announced) as opened:
        yield opened


@pytest.fixture
def rooms(home: Home, examiner: Examiner) -> Rooms:
    return rooms_of(home, examiner)


def ledger_of(home: Home) -> list[tuple[str, str]]:
    with home.database.reading():
        rows = home.database.rows("SELECT kind, subject FROM ledger ORDER BY number")
    return [(kind, subject) for kind, subject in rows if subject.startswith("submission:")]


def test_a_known_picture_matches_at_once(home: Home, intake: Intake, announced: Announced) -> None:
    home.add_entries("known", [entry_of(jpeg(1))])
    answer = submit(intake, jpeg(1, quality=60), context=Context("forum", "u1", "https://example.org/1"))
    assert answer.matches is not None
    assert [one.match["type"] for one in answer.matches] == ["pdq"]
    assert (answer.matches[0].retroactive, answer.matches[0].bank_version) == (False, 1)
    assert answer.job is not None
    assert answer.job.state is JobState.DONE
    subject = f"submission:{answer.submission.id}"
    assert ledger_of(home) == [("submission.received", subject), ("submission.examined", subject)]
    ((kind, body),) = announced.events
    assert (kind, body["submission"], body["account"]) == ("submission.matched", answer.submission.id, "u1")


def test_what_matches_nothing_is_said_to_be_examined_and_not_to_match(
    home: Home, intake: Intake, announced: Announced
) -> None:
    subject = f"submission:{submit(intake, jpeg(1)).submission.id}"
    assert ledger_of(home) == [("submission.received", subject), ("submission.examined", subject)]
    assert announced.events == []


def test_an_announcement_holds_no_hash(home: Home, intake: Intake, announced: Announced) -> None:
    home.add_entries("known", [entry_of(jpeg(1))])
    submit(intake, jpeg(1))
    ((_, body),) = announced.events
    assert not [one for one in signals_of(jpeg(1)) if one.hex in json.dumps(body)]


def test_hashes_looked_up_together_are_each_shown_and_guarded_as_by_themselves(
    home: Home, intake: Intake
) -> None:
    home.create_bank("hidden", Policy())
    home.add_entries("known", [entry_of(jpeg(1))])
    home.add_entries("hidden", [entry_of(jpeg(2))])
    asked = [(one,) for seed in (1, 2, 3) for one in signals_of(jpeg(seed))]
    together = intake.match_each(asked, PARTNER)
    assert together == [intake.match(one, PARTNER) for one in asked]
    assert {one.bank for found in together for one in found.matches} == {"known"}
    (value,) = {
        one.value
        for one in signals_of(jpeg(1))
        if one.type is SignalType.PDQ and one.view == "picture" and one.dialect is Dialect.FULL
    }
    flipped = [int.from_bytes(value) ^ 1 << bit for bit in range(MOST_VARIANTS + 1)]
    variants = [(Signal(SignalType.PDQ, one.to_bytes(32)),) for one in flipped]
    with pytest.raises(LookupLimitError):
        intake.match_each(variants, PARTNER)


def test_what_is_not_known_is_kept_and_not_announced(
    home: Home, intake: Intake, announced: Announced
) -> None:
    answer = submit(intake, jpeg(2))
    assert answer.matches == ()
    assert answer.submission.content is not None
    assert answer.submission.content.sha256 == hashlib.sha256(jpeg(2)).hexdigest()
    assert announced.events == []
    assert len(ledger_of(home)) == 2


def test_the_bytes_are_in_the_vault(rooms: Rooms) -> None:
    with Intake(rooms) as intake:
        submit(intake, jpeg(3))
    with rooms.vault.open(hashlib.sha256(jpeg(3)).digest()) as kept:
        assert kept.read() == jpeg(3)


def test_damage_is_an_answer(home: Home, intake: Intake) -> None:
    damaged = jpeg(1)[:4000]
    listed = Signal(SignalType.SHA256, hashlib.sha256(damaged).digest())
    home.add_entries("known", [EntryDraft((listed,))])
    answer = submit(intake, damaged)
    assert answer.matches is not None
    assert [one.match["type"] for one in answer.matches] == ["sha256"]
    assert answer.submission.content is not None
    assert answer.submission.content.refused is not None
    assert answer.submission.content.refused.code == "media.truncated"


def test_the_same_key_answers_with_the_same_submission(home: Home, intake: Intake) -> None:
    first = submit(intake, jpeg(1), key="k")
    again = submit(intake, jpeg(1), key="k")
    assert (again.submission.id, again.matches) == (first.submission.id, ())
    with pytest.raises(OtherContentError):
        submit(intake, jpeg(2), key="k")
    assert len(ledger_of(home)) == 2


def test_content_is_examined_once(rooms: Rooms, examiner: Examiner) -> None:
    slow = Slow(examiner)
    slow.go.set()
    with Intake(replace(rooms, examiner=slow)) as intake:
        answers = [submit(intake, jpeg(1)) for _ in range(3)]
    assert slow.looked == 1
    assert len({one.submission.id for one in answers}) == 3
    assert all(one.matches == () for one in answers)


def test_a_content_whose_child_was_killed_is_examined_anew_when_it_comes_again(
    rooms: Rooms, examiner: Examiner
) -> None:
    killed = Refusal.of(KilledError())

    class Unlucky(Slow):
        def examine(
            self,
            source: "Source",
            suffix: str = "",
            *,
            all_orientations: bool = False,
            origin: bool = True,
            timeout: float | None = None,
        ) -> Content:
            content = super().examine(
                source, suffix, all_orientations=all_orientations, origin=origin, timeout=timeout
            )
            return replace(content, signals=(), refused=killed) if self.looked == 1 else content

    unlucky = Unlucky(examiner)
    unlucky.go.set()
    with Intake(replace(rooms, examiner=unlucky)) as intake:
        first, second, third = (submit(intake, jpeg(1)).submission.content for _ in range(3))
    assert first is not None
    assert first.refused == killed, "that it was killed is an answer, and no reason to try again by itself"
    assert first.sha256 == hashlib.sha256(jpeg(1)).hexdigest(), "known without the child"
    assert second is not None
    assert second.refused is None
    assert second == third
    assert unlucky.looked == 2


def test_who_does_not_wait_is_given_a_job(home: Home, rooms: Rooms, examiner: Examiner) -> None:
    home.create_bank("known", Policy())
    home.add_entries("known", [entry_of(jpeg(1))])
    slow = Slow(examiner)
    with Intake(replace(rooms, examiner=slow)) as intake:
        answer = submit(intake, jpeg(1), wait=timedelta())
        assert answer.matches is None
        assert answer.job is not None
        assert answer.job.state is JobState.LEASED
        assert answer.job.lease is None  # its name would let a stranger end it
        slow.go.set()
    after = rooms.submissions.matches(answer.submission.id)
    assert {one.match["type"] for one in after} == {"sha256", "sha1", "md5", "pdq"}


def test_closing_gives_back_what_has_not_begun(home: Home, rooms: Rooms, examiner: Examiner) -> None:
    slow = Slow(examiner)
    jobs = JobStore(home.database)
    with Intake(replace(rooms, examiner=slow)) as intake:
        ids = [submit(intake, jpeg(seed), wait=timedelta()).submission.id for seed in range(12)]
        threading.Timer(0.2, slow.go.set).start()
    waiting = jobs.counts()[JobState.READY]
    assert waiting == 12 - slow.looked
    with Intake(rooms) as other:
        assert len(do_jobs(other, jobs)) == waiting
        assert all(other.answer(one, PLATFORM).matches == () for one in ids)


def test_what_is_destroyed_while_it_is_accepted_is_kept_again(rooms: Rooms) -> None:
    destroyed: list[bytes] = []

    class Late(FolderVault):
        """A vault of which two people destroy what was there, just before the submission is on record."""

        def put(self, source: BinaryIO, sha256: bytes) -> None:
            super().put(source, sha256)
            if sha256 not in destroyed:
                destroyed.append(sha256)
                assert self.destroy(sha256)

    assert isinstance(rooms.vault, FolderVault)
    late = Late(rooms.vault.folder, rooms.vault._keys)
    with Intake(replace(rooms, vault=late)) as intake:
        answer = submit(intake, jpeg(1))
    assert destroyed == [answer.submission.sha256]
    with late.open(answer.submission.sha256) as kept:
        assert kept.read() == jpeg(1)


def test_what_cannot_be_kept_is_not_accepted(home: Home, rooms: Rooms) -> None:
    with Intake(replace(rooms, vault=FullVault())) as intake, pytest.raises(VaultError):
        submit(intake, jpeg(1))
    assert rooms.submissions.page(Wanted()) == []
    assert ledger_of(home) == []


def test_two_hundred_at_once_are_all_there_once(home: Home, intake: Intake) -> None:
    home.add_entries("known", [entry_of(jpeg(0))])
    pictures = [jpeg(seed) for seed in range(10)]
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda number: submit(intake, pictures[number % 10]), range(200)))
    assert len({one.submission.id for one in answers}) == 200
    assert all(one.matches is not None for one in answers)
    assert sum(bool(one.matches) for one in answers) == 20
    assert len(ledger_of(home)) == 400


def test_only_those_who_may_submit_do(home: Home, intake: Intake) -> None:
    with pytest.raises(DeniedError):
        intake.submit(arrived(b"x"), PARTNER, Context(), wait=timedelta())
    with pytest.raises(DeniedError):
        intake.match([], Principal("token:none"))
    with pytest.raises(UnknownSubmissionError):
        intake.answer("x", PLATFORM)
    assert ledger_of(home) == []


@pytest.fixture
def several(home: Home, intake: Intake) -> Intake:
    """A picture in a bank the partner may match, in one it may not, and suppressed in the first."""
    home.create_bank("secret", Policy())
    home.create_bank("fine", Policy(BankKind.ALLOW))
    for bank in ("known", "secret"):
        home.add_entries(bank, [entry_of(jpeg(1)), entry_of(jpeg(2))])
    home.add_entries("fine", [entry_of(jpeg(2))])
    return intake


def test_a_partner_sees_its_banks_and_no_entries(several: Intake) -> None:
    content, matches = several.match_file(arrived(jpeg(1)).file, PARTNER)
    assert {(one.bank, one.entry) for one in matches.matches} == {("known", 0)}
    assert all(one.to_json()["entry"] is None for one in matches.matches)
    assert content.kind == "image"
    assert several.match(content.signals, PARTNER) == matches


def test_a_partner_does_not_see_what_is_suppressed(several: Intake) -> None:
    _, matches = several.match_file(arrived(jpeg(2)).file, PARTNER)
    assert (matches.matches, matches.suppressed) == ((), ())
    _, matches = several.match_file(arrived(jpeg(2)).file, PLATFORM)
    assert {one.match.bank for one in matches.suppressed} == {"known", "secret", "fine"}


def test_answers_about_submissions_show_what_the_asker_may_see(several: Intake) -> None:
    answer = submit(several, jpeg(1))
    seen = several.answer(answer.submission.id, PARTNER).matches
    assert seen is not None
    assert {(one.match["bank"], one.match["entry"]) for one in seen} == {("known", None)}
    reader = Principal("token:r", frozenset(Permission), {"secret": frozenset({Right.READ, Right.MATCH})})
    seen = several.answer(answer.submission.id, reader).matches
    assert seen is not None
    assert {one.match["bank"] for one in seen} == {"secret"}
    assert None not in {one.match["entry"] for one in seen}


def test_a_bank_that_changes_in_between_is_not_missed(home: Home, rooms: Rooms) -> None:
    """An entry is added after the first match was made and before it was kept."""
    home.create_bank("known", Policy())

    class Growing:
        banks: Callable[[], object] = home.banks
        exact = staticmethod(home.exact)
        grown = False

        def near(self, values: list[bytes], radius: int) -> list[object]:
            found: list[object] = [*home.near(values, radius)]
            if not self.grown:
                self.grown = True
                home.add_entries("known", [entry_of(jpeg(1))])
            return found

    with Intake(replace(rooms, known=Growing())) as intake:  # type: ignore[arg-type]  # a part of a home
        answer = submit(intake, jpeg(1))
    assert answer.matches is not None
    assert {one.match["type"] for one in answer.matches} == {"sha256", "sha1", "md5", "pdq"}
    assert {one.bank_version for one in answer.matches} == {1}
