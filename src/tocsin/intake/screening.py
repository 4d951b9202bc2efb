"""One submission examined and matched, and what came of it kept in the transaction that ends its job."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tocsin.content.model import Content, SubvertedError
from tocsin.errors import Refusal
from tocsin.evidence.ledger import Event
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.archives import look_inside, matched
from tocsin.intake.model import Found, MatchRecord, Member, Submission
from tocsin.matching.archive_scan import CHILD_LOST

if TYPE_CHECKING:
    from tocsin.banks.model import Bank
    from tocsin.banks.store import KnownItems
    from tocsin.content.examiner import Lent, Source
    from tocsin.evidence.ledger import Ledger
    from tocsin.evidence.vault import Vault
    from tocsin.intake.lookups import LookupCounts
    from tocsin.intake.model import Announce, Submissions
    from tocsin.intake.retroactive import Earlier
    from tocsin.jobs.model import Job, JobQueue
    from tocsin.media.sandbox import JsonObject
    from tocsin.transactions import Transactions

NODE = "node"
"""Who does what nobody asked for just now, in the ledger."""


class Examining(Protocol):
    """What examines contents; `tocsin.content.examiner.Examiner` does."""

    @property
    def workers(self) -> int:
        """How many contents at a time."""
        ...

    def token(self, *, all_orientations: bool) -> str:
        """A name for this way of looking."""
        ...

    def examine(
        self,
        source: "Source",
        suffix: str = "",
        *,
        all_orientations: bool = False,
        origin: bool = True,
        timeout: float | None = None,
    ) -> Content:
        """Examine one content; `origin`: also for signs of it. Raises ExaminerBusyError, SandboxError."""
        ...

    def lend(self, source: "Source", *, all_orientations: bool = False) -> AbstractContextManager["Lent"]:
        """What the members of an archive are examined with. Raises ExaminerBusyError, SandboxError."""
        ...


class Casework(Protocol):
    """What opens cases for what was submitted; `tocsin.cases.opening.Casework` does."""

    def resembling(self, submission: Submission, content: Content, *, matched: bool) -> Sequence[bytes]:
        """The SHA-256 of earlier contents that resemble one, where a case may have to be opened for it.

        Not inside a transaction. `matched`: whether something matched that is not suppressed.
        """
        ...

    def matched(self, submission: Submission, near: Sequence[bytes] = (), *, news: bool = True) -> int | None:
        """In the caller's transaction: put a submission whose matches are kept into a case, if need be.

        `near`: what `resembling` gave. `news`: whether something matched that had not before.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rooms:
    """The other rooms, as this one knows them."""

    transactions: "Transactions"
    ledger: "Ledger"
    vault: "Vault"
    jobs: "JobQueue"
    submissions: "Submissions"
    known: "KnownItems"
    examiner: Examining
    announce: "Announce | None" = None
    earlier: "Earlier | None" = None
    """Without it, nothing is matched retroactively by this process."""
    lookups: "LookupCounts | None" = None
    casework: Casework | None = None
    """Without it, no cases are opened by this process."""


class Screening:
    """Examines and matches what was submitted."""

    def __init__(self, rooms: Rooms, *, all_orientations: bool = True) -> None:
        """Work with `rooms`; `all_orientations`: find copies that were turned or mirrored as well."""
        self._rooms = rooms
        self._turned = all_orientations

    def screen(self, job: "Job", submission_id: str, source: "Source | None" = None) -> None:
        """Do the job of a submission, reading its bytes from `source` or else from the vault.

        Nothing that banks gain meanwhile is missed: matches are only kept together with new signals when no
        bank has changed since they were made. Otherwise the signals are kept first and matched again, and
        from then on whatever is added finds them by retroactive matching.

        Raises:
            LeaseLostError: somebody else does it; nothing was written.
        """
        rooms = self._rooms
        submission = rooms.submissions.submission(submission_id)
        content, members, fresh = self._content(submission, source)
        done = False
        while not done:
            banks = rooms.known.banks()
            found = matched(rooms.known, content, members)
            near = resembling(rooms, submission, content, found)
            with rooms.transactions.writing():
                if fresh:
                    rooms.submissions.examined(submission.sha256, content, members)
                if not fresh or rooms.known.banks() == banks:
                    keep_matches(rooms, submission, found, versions_of(banks), near)
                    rooms.jobs.done(job)
                    done = True
            fresh = False

    def _content(
        self, submission: Submission, source: "Source | None"
    ) -> tuple[Content, Sequence[Member], bool]:
        """What examining it and its members gives; whether that was just done and is not on record yet."""
        known = submission.content
        token = self._rooms.examiner.token(all_orientations=self._turned)
        # A child that was killed may have been so for lack of memory: each new submission tries once more.
        lost = known is not None and known.refused is not None and known.refused.code in CHILD_LOST
        if known is not None and known.looked == token and not lost:
            members = () if submission.inside is None else self._rooms.submissions.members(submission.sha256)
            return known, members, False
        opened = self._rooms.vault.open(submission.sha256) if source is None else nullcontext(source)
        with opened as at_hand:
            content = self._rooms.examiner.examine(at_hand, all_orientations=self._turned)
            content = attested(content, submission)
            content, members = look_inside(
                self._rooms.examiner, at_hand, content, all_orientations=self._turned
            )
        return content, members, True


def attested(content: Content, submission: Submission) -> Content:
    """`content` if it can be what was submitted; its SHA-256 is known without the child that examined it."""
    own = Signal(SignalType.SHA256, submission.sha256)
    told = [signal for signal in content.signals if signal.type is SignalType.SHA256]
    if told == [own]:
        return content
    if not told:
        return replace(content, size=submission.size, signals=(own, *content.signals))
    return Content("file", submission.size, (own,), Refusal.of(SubvertedError()), looked=content.looked)


def versions_of(banks: "Iterable[Bank]") -> dict[str, int]:
    """The version of each bank, by name."""
    return {bank.name: bank.version for bank in banks}


def resembling(
    rooms: Rooms, submission: Submission, content: Content, found: Sequence[Found]
) -> Sequence[bytes]:
    """Earlier contents that resemble one, if a case may be opened for it. Not inside a transaction."""
    if rooms.casework is None:
        return ()
    matched = any(matches.matches for _, matches in found)
    return rooms.casework.resembling(submission, content, matched=matched)


def keep_matches(
    rooms: Rooms,
    submission: Submission,
    found: Sequence[Found],
    versions: Mapping[str, int],
    near: Sequence[bytes] = (),
) -> list[MatchRecord]:
    """Keep the matches of a submission, tell the ledger and those outside, open a case; what is new.

    Runs in the caller's transaction; `near` is what `resembling` gave. Matches of a submission that was
    matched before are retroactive. The ledger says once that a submission was examined, whatever came of it,
    and of each retroactive find.
    """
    again = submission.matched is not None
    new = list(rooms.submissions.record_matches(submission.id, found, versions, retroactive=again))
    if new or not again:
        rooms.ledger.append(
            Event(
                "submission.matched" if again else "submission.examined",
                NODE,
                f"submission:{submission.id}",
                _summary(new, again),
                vouched=rooms.submissions.vouched_matches(submission.id),
            )
        )
    reported = [record for record in new if not record.suppressed]
    if reported and rooms.announce is not None:
        rooms.announce.announce("submission.matched", _announcement(submission, reported, again))
    if rooms.casework is not None and (reported or not again):
        rooms.casework.matched(submission, near, news=bool(reported))
    return new


def _summary(records: list[MatchRecord], retroactive: bool) -> "JsonObject":  # noqa: FBT001  # two values of one row
    return {
        "retroactive": retroactive,
        "matches": sum(1 for record in records if not record.suppressed),
        "suppressed": sum(1 for record in records if record.suppressed),
        "banks": sorted({str(record.match["bank"]) for record in records}),
    }


def _announcement(
    submission: Submission,
    records: list[MatchRecord],
    retroactive: bool,  # noqa: FBT001  # two values of one message
) -> "JsonObject":
    """What those outside are told: no hash, for the SHA-256 of what a list names is on that list."""
    return {
        "submission": submission.id,
        "received": submission.received.isoformat(),
        "platform": submission.context.platform,
        "account": submission.context.account,
        "url": submission.context.url,
        "retroactive": retroactive,
        "matches": [{**record.match, "bank_version": record.bank_version} for record in records],
    }
