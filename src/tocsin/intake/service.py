"""What the node does with what it is given: keep, examine, match, and match again when banks grow."""

from dataclasses import dataclass

from tocsin.intake.model import MatchRecord, Submission
from tocsin.jobs.model import Job


@dataclass(frozen=True, slots=True)
class Answer:
    """What a submitter is told."""

    submission: Submission
    matches: tuple[MatchRecord, ...] | None
    """None as long as it has not been examined: `job` is to be polled."""
    job: Job
