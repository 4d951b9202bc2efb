"""The nouns of this room: submissions, their context, the matches that were made of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from tocsin.content.model import Content
from tocsin.errors import Error, Refusal
from tocsin.matching.matches import Matches

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


class UnknownSubmissionError(Error):
    """There is no submission of that id."""

    code = "intake.unknown_submission"
    advice = "Use the id that was answered when it was submitted."


class OtherContentError(Error):
    """The same idempotency key came with other content or another context."""

    code = "intake.other_content"
    advice = "Use a new Idempotency-Key for each submission, and the same one only to send it again."


@dataclass(frozen=True, slots=True)
class Context:
    """Where a submission came from: checked, and kept exactly as given."""

    platform: str = ""
    account: str = ""
    url: str = ""
    given: "JsonObject | None" = None
    """All of it as the submitter sent it: `platform`, `account`, `url`, `ip_events`, `times`, `note` ..."""


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """A submission on its way in; its bytes are in the vault already."""

    sha256: bytes
    size: int
    submitter: str
    """`Principal.id`."""
    context: Context = Context()
    key: str | None = None
    """The submitter's idempotency key."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive that was submitted."""

    number: int
    """Its place among the archive's files, from 1."""
    name: str
    """As it may be shown: of bounded length, and without what no terminal or database takes."""
    content: Content


Found = tuple[Member | None, Matches]
"""What is known about a member of an archive, or, with None, about the content itself."""


@dataclass(frozen=True, slots=True)
class Inside:
    """How much of an archive was looked at. Why there is no more of it, if there is, is its own refusal."""

    members: int
    refused: int
    """Those that could not be examined, or not to their end."""
    told: tuple[tuple[str, Refusal], ...]
    """Name and reason of the first of those."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission on record."""

    id: str
    number: int
    sha256: bytes
    size: int
    received: datetime
    submitter: str
    context: Context
    content: Content | None
    """What examining it gave; None until then."""
    matched: datetime | None
    """When it was first matched."""
    job: int
    """The job that examines and matches it."""
    inside: Inside | None = None
    """Of an archive that was examined and has a format that can be looked into."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which submissions are asked for; what is None or False does not matter."""

    submitter: str | None = None
    platform: str | None = None
    account: str | None = None
    url: str | None = None
    sha256: bytes | None = None
    since: datetime | None = None
    """Received then or later."""
    until: datetime | None = None
    """Received before."""
    matched: bool = False
    """Only those with a match that no allow bank suppressed."""


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """A match as it was when it was made."""

    submission: str
    found: datetime
    retroactive: bool
    """Made because the bank grew, after the submission had been answered."""
    bank_version: int
    """Of the bank: it counts the changes of its entries and its policy."""
    suppressed: bool
    match: "JsonObject"
    """`Match.to_json()` or `Suppressed.to_json()`, and `member`: the name of one, or None."""


class Announce(Protocol):
    """Tells those outside who asked to be told."""

    def announce(self, kind: str, body: "JsonObject") -> None:
        """Have an event such as `submission.matched` delivered, once the caller's transaction is durable."""
        ...


class Submissions(Protocol):
    """Where submissions are kept. Every method takes part in the caller's transaction, if there is one."""

    def add(self, new: NewSubmission) -> tuple[Submission, bool]:
        """Record a submission; it, and whether it is new (not sent before with the same key).

        Raises OtherContentError.
        """
        ...

    def has_job(self, submission_id: str, job: int) -> None:
        """Note which job examines and matches a submission."""
        ...

    def submission(self, submission_id: str) -> Submission:
        """The submission of that id. Raises UnknownSubmissionError."""
        ...

    def examined(self, sha256: bytes, content: Content, members: Sequence[Member] = ()) -> None:
        """Note what examining a content, and the members of an archive, gave; once more replaces it."""
        ...

    def members(self, sha256: bytes, numbers: Collection[int] | None = None) -> Sequence[Member]:
        """The members of an archive that was submitted, in their order: those numbered so, or all."""
        ...

    def pictures(self, sha256: bytes, *, since: int = 1, limit: int = 100) -> Sequence[Member]:
        """Members of an archive that are pictures or videos, from that number on."""
        ...

    def record_matches(
        self, submission_id: str, matches: Sequence[Found], versions: Mapping[str, int], *, retroactive: bool
    ) -> Sequence[MatchRecord]:
        """Keep matches, each once for a submission, member, entry and signal type; those that are new.

        `versions` gives each bank's version.
        """
        ...

    def matches(self, submission_id: str) -> Sequence[MatchRecord]:
        """All matches ever made of a submission, oldest first."""
        ...

    def vouched(self, submission_id: str) -> bytes:
        """A submission as it was received, in bytes for the ledger to vouch for."""
        ...

    def vouched_matches(self, submission_id: str) -> bytes:
        """All matches of a submission so far, in bytes for the ledger to vouch for."""
        ...

    def submissions_of(self, sha256: bytes) -> Sequence[str]:
        """The ids of all submissions of that content."""
        ...

    def sent(self, new: NewSubmission) -> Submission | None:
        """What came earlier with the same key, if anything. Raises OtherContentError."""
        ...

    def page(self, wanted: Wanted, *, before: str | None = None, limit: int = 100) -> Sequence[Submission]:
        """Submissions, newest first; with `before`, those older than the submission of that id.

        Raises UnknownSubmissionError.
        """
        ...
