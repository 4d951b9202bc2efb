"""What the node does with what it is given: keep, examine, match, and match again when banks grow."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from tocsin.access.model import Permission, Principal
from tocsin.content.examiner import Source, descriptor_of
from tocsin.evidence.ledger import Event
from tocsin.hashing.signals import Signal
from tocsin.intake.archives import not_opened
from tocsin.intake.background import LEASE, Background, Task
from tocsin.intake.lookups import Lookups
from tocsin.intake.model import (
    Context,
    MatchRecord,
    NewSubmission,
    Submission,
)
from tocsin.intake.retroactive import REMATCH, Rematching
from tocsin.intake.screening import Rooms, Screening
from tocsin.intake.visible import VisibleItems, visible, visible_records
from tocsin.jobs.model import Job, NewJob, UnknownJobError
from tocsin.matching.matches import Matcher, Matches
from tocsin.media.answers import text_in

if TYPE_CHECKING:
    from tocsin.content.model import Content
    from tocsin.media.sandbox import JsonObject

EXAMINE: Final = "examine"
"""The kind of job that examines and matches a submission."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a submitter is told."""

    submission: Submission
    matches: tuple[MatchRecord, ...] | None
    """None as long as it has not been matched: `job` is to be polled."""
    job: Job | None
    """As it stands; None when it ended so long ago that it has been forgotten."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Bytes that have come in, with their digest."""

    file: BinaryIO
    sha256: bytes
    size: int


class Intake:
    """Takes submissions in and answers look-ups; safe to use from several threads."""

    def __init__(self, rooms: Rooms, *, all_orientations: bool = True, lease: timedelta = LEASE) -> None:
        """Work with `rooms`.

        `all_orientations`: find copies that were turned or mirrored as well. `lease`: how long what was
        accepted here stays here if this process dies.
        """
        self._rooms = rooms
        self._turned = all_orientations
        self._screening = Screening(rooms, all_orientations=all_orientations)
        self.lookups = Lookups(rooms.lookups, rooms.ledger)
        tidy = partial(self.lookups.flush, all_of_them=False)
        self._background = Background(rooms, self._screening, tidy, lease)

    def __enter__(self) -> Self:
        """The intake itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Finish what is being examined; give back what has not begun, for a worker to do."""
        self._background.close()
        self.lookups.flush()

    def submit(
        self,
        arrived: Arrived,
        principal: Principal,
        context: Context,
        *,
        key: str | None = None,
        wait: timedelta,
    ) -> Answer:
        """Take a submission in, and answer with its matches if that takes no longer than `wait`.

        On return it is durable: its bytes in the vault, its row and its ledger row in the database, its job
        there to be done, by this process or, if that dies, by a worker. The same `key` again, with the
        same content and context, answers with the submission that is there.

        Raises:
            DeniedError: the principal may not submit.
            OtherContentError: the key was used for something else.
            VaultError: the bytes cannot be kept. The submission is not accepted.
            InvalidTextError: the key or the context holds what no database can store.
        """
        principal.demand(Permission.SUBMIT)
        new = NewSubmission(arrived.sha256, arrived.size, principal.id, context, key)
        if (earlier := self._rooms.submissions.sent(new)) is not None:  # before its bytes are kept again
            if earlier.matched is None:
                self._keep_if_gone(arrived)
            return self._answer(earlier.id, principal, wait)
        arrived.file.seek(0)
        self._rooms.vault.put(arrived.file, arrived.sha256)
        descriptor = descriptor_of(arrived.file)
        try:
            submission_id, job = self._accept(new)
            self._keep_if_gone(arrived)
        except BaseException:
            os.close(descriptor)
            raise
        if job is None:
            os.close(descriptor)
        else:
            self._background.begin(Task(job, submission_id, descriptor))
        return self._answer(submission_id, principal, wait)

    def match(self, signals: Sequence[Signal], principal: Principal) -> Matches:
        """What is known about hashes alone, as far as the principal may see it; nothing is kept.

        Raises:
            DeniedError: the principal may not match.
            LookupLimitError: it looks as if an entry's hash were being found out.
        """
        return self.match_each([signals], principal)[0]

    def match_each(self, contents: Sequence[Sequence[Signal]], principal: Principal) -> list[Matches]:
        """As `match`, for several contents, each looked up and counted for itself, by a few searches for all.

        Raises:
            DeniedError: the principal may not match.
            LookupLimitError: as for `match`, of any of them.
        """
        principal.demand(Permission.MATCH)
        found = Matcher(VisibleItems(self._rooms.known, principal)).match_each(contents)
        for signals, matches in zip(contents, found, strict=True):
            self.lookups.answered(principal, signals, matches)
        return [visible(matches, principal) for matches in found]

    def match_file(
        self, source: Source, principal: Principal, *, suffix: str = "", timeout: float | None = None
    ) -> "tuple[Content, Matches]":
        """What a file is and what is known about it; nothing is kept, and no archive is looked into.

        Raises:
            DeniedError: the principal may not match.
            ExaminerBusyError: no sandbox child was free within `timeout` seconds.
            SandboxError: children cannot be started.
            LookupLimitError: as for `match`.
        """
        principal.demand(Permission.MATCH)
        content = self._rooms.examiner.examine(
            source, suffix, all_orientations=self._turned, origin=False, timeout=timeout
        )
        return not_opened(content), self.match(content.signals, principal)

    def answer(self, submission_id: str, principal: Principal) -> Answer:
        """How a submission stands. Raises UnknownSubmissionError."""
        submission = self._rooms.submissions.submission(submission_id)
        records = self._rooms.submissions.matches(submission_id)
        return Answer(submission, self.told(submission, records, principal), self._job(submission))

    def told(
        self, submission: Submission, records: Sequence[MatchRecord], principal: Principal
    ) -> tuple[MatchRecord, ...] | None:
        """Those of a submission's matches that the principal may see; None as long as it was not matched.

        Who seems to find out an entry's hash by submitting is told the bank and no more. That is recorded, so
        this must not stand inside `reading()`.
        """
        if submission.matched is None:
            return None
        vague = self.lookups.tell_too_much(principal, submission, records)
        return visible_records(records, principal, vague=vague)

    def handlers(self) -> Mapping[str, Callable[[Job], None]]:
        """What does the jobs of this room, by their kind; each ends its job itself."""
        handlers: dict[str, Callable[[Job], None]] = {EXAMINE: self._examine}
        if self._rooms.earlier is not None:
            handlers[REMATCH] = Rematching(self._rooms, self._rooms.earlier)
        return handlers

    # ---- taking in

    def _keep_if_gone(self, arrived: Arrived) -> None:
        """Keep the bytes of a submission on record again if they are not there.

        What was there already when they were put may have been destroyed before there was the submission;
        from then on it is not (tocsin.filing.destroying).
        """
        if not self._rooms.vault.has(arrived.sha256):
            arrived.file.seek(0)
            self._rooms.vault.put(arrived.file, arrived.sha256)

    def _accept(self, new: NewSubmission) -> tuple[str, Job | None]:
        """The transaction that accepts a submission: its id, and its job unless it was accepted before."""
        with self._rooms.transactions.writing():
            submission, is_new = self._rooms.submissions.add(new)
            if not is_new:
                return submission.id, None
            job = self._rooms.jobs.enqueue(
                NewJob(EXAMINE, {"submission": submission.id}), leased=self._background.lease
            )
            self._rooms.submissions.has_job(submission.id, job.id)
            detail: JsonObject = {"sha256": new.sha256.hex(), "bytes": new.size, "job": job.id}
            self._rooms.ledger.append(
                Event(
                    "submission.received",
                    new.submitter,
                    f"submission:{submission.id}",
                    detail,
                    vouched=self._rooms.submissions.vouched(submission.id),
                )
            )
        return submission.id, job

    # ---- answering

    def _answer(self, submission_id: str, principal: Principal, wait: timedelta) -> Answer:
        """The answer once the submission has been examined here, but no later than after `wait`."""
        self._background.wait(submission_id, wait)
        return self.answer(submission_id, principal)

    def _job(self, submission: Submission) -> Job | None:
        """The job of a submission as it stands, without the name of its lease."""
        try:
            return replace(self._rooms.jobs.job(submission.job), lease=None)
        except UnknownJobError:
            return None

    # ---- jobs

    def _examine(self, job: Job) -> None:
        self._screening.screen(job, text_in(job.payload["submission"]))
