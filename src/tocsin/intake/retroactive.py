"""Matching again when banks grow: what was submitted earlier is looked up among what is new.

Whoever adds entries leaves a job in the same transaction. It finds the contents that resemble a portion of
the entries, matches them again under the policies in force then, and leaves a job for the rest. A submission
that commits its signals before the entries do is found by this; one that commits them after is matched
against the entries by itself (see `screening`). Doing it twice does no harm: each match is kept once.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.batches import batched
from tocsin.hashing.signals import Signal
from tocsin.intake.archives import matched
from tocsin.intake.screening import Rooms, keep_matches, resembling, versions_of
from tocsin.jobs.model import Job, NewJob
from tocsin.media.answers import list_in, number_in, text_in

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

REMATCH: Final = "rematch"
"""The kind of job that matches earlier submissions against new entries."""
_PORTION: Final = 5_000
"""Entries looked up by one job."""
_MOST_RUNS: Final = 1_000
"""Runs of entry numbers that one job names; of more, the whole range is looked up, which does no harm."""
_AT_ONCE: Final = 100
"""Submissions of one content whose matches are kept in one transaction."""


class Earlier(Protocol):
    """The contents that were submitted, and the entries they are compared with."""

    def signals_of(self, first: int, last: int) -> Sequence[Signal]:
        """The signals of the entries with these numbers, withdrawn ones included."""
        ...

    def resembling(
        self, signals: Sequence[Signal], radius: int, *, newest: int | None = None
    ) -> Sequence[tuple[bytes, Collection[int]]]:
        """Contents with an equal digest, or with a PDQ within `radius` bits, of one of these.

        Each with its SHA-256 and the numbers of its members that resemble them, 0 for itself; oldest first.
        With `newest`, no more than that many PDQ signals are looked at for each of `signals`, the newest. Not
        inside a transaction.
        """
        ...


def rematch_job(bank: str, entries: Collection[int]) -> NewJob:
    """The job for entries of a bank that were added or changed, of which there is at least one.

    Of a range, the entries may be of other banks too: which do not matter, and do no harm.
    """
    if isinstance(entries, range):
        return _job(bank, [(entries[0], entries[-1])])
    runs = list(_runs(sorted(entries)))
    if len(runs) > _MOST_RUNS:
        runs = [(runs[0][0], runs[-1][1])]
    return _job(bank, runs)


def _job(bank: str, runs: Sequence[tuple[int, int]]) -> NewJob:
    payload: JsonObject = {"bank": bank, "entries": [[first, last] for first, last in runs]}
    return NewJob(REMATCH, payload)


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers: the first and the last of each."""
    first = last = numbers[0]
    for number in numbers[1:]:
        if number > last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


@dataclass(frozen=True, slots=True)
class Rematching:
    """Does the jobs that `rematch_job` makes."""

    rooms: Rooms
    earlier: Earlier

    def __call__(self, job: Job) -> None:
        """Match what resembles the job's entries again, and end the job."""
        bank = text_in(job.payload["bank"])
        runs = [_run(item) for item in list_in(job.payload["entries"])]
        now, later = _portion(runs)
        radius = {one.name: one.policy.radius for one in self.rooms.known.banks()}.get(bank)
        if radius is not None:  # else the bank is gone
            for first, last in now:
                signals = self.earlier.signals_of(first, last)
                for sha256, members in self.earlier.resembling(signals, radius):
                    self._match_again(sha256, members)
        with self.rooms.transactions.writing():
            if later and radius is not None:
                self.rooms.jobs.enqueue(_job(bank, later))
            self.rooms.jobs.done(job)

    def _match_again(self, sha256: bytes, members: Collection[int]) -> None:
        """Match all submissions of one content, or some of its members, under the policies in force now."""
        rooms = self.rooms
        for ids in batched(rooms.submissions.submissions_of(sha256), _AT_ONCE):
            submissions = [rooms.submissions.submission(one) for one in ids]
            content = submissions[0].content
            if content is None:
                return  # not examined yet: it will be matched then
            versions = versions_of(rooms.known.banks())
            inside = rooms.submissions.members(sha256, {one for one in members if one})
            found = matched(rooms.known, content if 0 in members else None, inside)
            near = resembling(rooms, submissions[0], content, found)
            with rooms.transactions.writing():
                for submission in submissions:
                    keep_matches(rooms, submission, found, versions, near)


def _run(item: "JsonValue") -> tuple[int, int]:
    first, last = list_in(item)
    return number_in(first), number_in(last)


def _portion(
    runs: Sequence[tuple[int, int]],
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The first runs, up to as many entries as one job looks up, and the rest."""
    now: list[tuple[int, int]] = []
    later: list[tuple[int, int]] = []
    room = _PORTION
    for first, last in runs:
        if room:
            end = min(last, first + room - 1)
            now.append((first, end))
            room -= end + 1 - first
            first = end + 1  # noqa: PLW2901  # what is left of it
        if first <= last:
            later.append((first, last))
    return now, later
