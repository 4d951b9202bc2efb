"""Submissions and matches: `tocsin.intake.model.Submissions` on either database."""

import json
import secrets
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast
from uuid import UUID

from tocsin.banks.batch import check_texts
from tocsin.content.model import Content
from tocsin.intake.model import (
    Context,
    Found,
    MatchRecord,
    Member,
    NewSubmission,
    OtherContentError,
    Submission,
    UnknownSubmissionError,
    Wanted,
)
from tocsin.matching.matches import Match
from tocsin.media.identify import READABLE_ARCHIVES
from tocsin.storage import contents, times, vouching
from tocsin.storage.database import Database, Row, Value

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_ADD_CONTENT = """
    INSERT INTO content (id, sha256, size, received) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING"""
_CONTENT = "SELECT id, examined, answer FROM content WHERE sha256 = ?"
_ADD = """
    INSERT INTO submission
        (id, content_id, received, submitter, idempotency_key, platform, account, url, context)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_COLUMNS = """
    SELECT submission.id, submission.number, content.sha256, content.size, submission.received,
        submission.submitter, submission.platform, submission.account, submission.url, submission.context,
        submission.job, submission.matched, content.id, content.examined, content.answer
    FROM submission JOIN content ON content.id = submission.content_id"""
_SUBMISSION = f"{_COLUMNS} WHERE submission.id = ?"
_SENT = f"{_COLUMNS} WHERE submission.submitter = ? AND submission.idempotency_key = ?"
_OF_CONTENT = """
    SELECT submission.id FROM submission JOIN content ON content.id = submission.content_id
    WHERE content.sha256 = ? ORDER BY submission.number"""
_NUMBER = "SELECT number FROM submission WHERE id = ?"
_HAS_JOB = "UPDATE submission SET job = ? WHERE id = ?"
_MATCHED = "UPDATE submission SET matched = ? WHERE number = ? AND matched IS NULL"
_ADD_MATCH = """
    INSERT INTO submission_match
        (submission, found, retroactive, member, bank, bank_version, entry_id, type, distance, radius,
        suppressed, detail)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (submission, member, entry_id, type, bank, suppressed) DO NOTHING"""
_MATCHES = """
    SELECT found, retroactive, bank_version, suppressed, detail
    FROM submission_match WHERE submission = ? ORDER BY id"""
_CONDITIONS = {
    "submitter": "submission.submitter = ?",
    "platform": "submission.platform = ?",
    "account": "submission.account = ?",
    "url": "submission.url = ?",
    "sha256": "content.sha256 = ?",
}


class SubmissionStore:
    """Everything of this room in one database. Every method takes part in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        """Keep submissions in `database`."""
        self._database = database

    def add(self, new: NewSubmission) -> tuple[Submission, bool]:
        """Record a submission; it, and whether it is new (not sent before with the same key).

        Raises OtherContentError, InvalidTextError.
        """
        check_texts(
            [new.submitter, new.key or "", new.context.platform, new.context.account, new.context.url]
        )
        with self._database.writing():
            if (earlier := self.sent(new)) is not None:
                return earlier, False
            submission_id = self._insert(new)
            return self.submission(submission_id), True

    def _insert(self, new: NewSubmission) -> str:
        now = times.now()
        if (row := self._database.row(_CONTENT, (new.sha256,))) is None:
            number = self._database.take_numbers("content", 1)
            self._database.change(_ADD_CONTENT, (number, new.sha256, new.size, now))
        else:
            number = row[0]
        submission_id = new_id(time.time_ns())
        about = new.context
        given = json.dumps(about.given)  # its escapes are ASCII: there is nothing a database cannot store
        where = (about.platform, about.account, about.url)
        self._database.change(_ADD, (submission_id, number, now, new.submitter, new.key, *where, given))
        return submission_id

    def has_job(self, submission_id: str, job: int) -> None:
        """Note which job examines and matches a submission."""
        with self._database.writing():
            self._database.change(_HAS_JOB, (job, submission_id))

    def submission(self, submission_id: str) -> Submission:
        """The submission of that id. Raises UnknownSubmissionError."""
        with self._database.reading():
            row = self._database.row(_SUBMISSION, (sought(submission_id),))
            if row is None:
                message = f"there is no submission {submission_id!r}"
                raise UnknownSubmissionError(message)
            return self._submission(row)

    def sent(self, new: NewSubmission) -> Submission | None:
        """What came earlier with the same key, if anything.

        Raises OtherContentError: it was used for other content, or in another context.
        """
        if new.key is None:
            return None
        with self._database.reading():
            row = self._database.row(_SENT, (sought(new.submitter), sought(new.key)))
            earlier = None if row is None else self._submission(row)
        if earlier is not None and (earlier.sha256, earlier.context) != (new.sha256, new.context):
            raise OtherContentError
        return earlier

    def submissions_of(self, sha256: bytes) -> list[str]:
        """The ids of all submissions of that content, oldest first."""
        with self._database.reading():
            return [row[0] for row in self._database.rows(_OF_CONTENT, (sha256,))]

    def page(self, wanted: Wanted, *, before: str | None = None, limit: int = 100) -> list[Submission]:
        """Submissions, newest first; with `before`, those older than the submission of that id.

        Raises UnknownSubmissionError.
        """
        conditions, values = _where(wanted)
        with self._database.reading():
            if before is not None:
                conditions.append("submission.number < ?")
                values.append(self._number(before))
            where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
            statement = f"{_COLUMNS} {where} ORDER BY submission.number DESC LIMIT ?"
            return [self._submission(row) for row in self._database.rows(statement, (*values, limit))]

    def examined(self, sha256: bytes, content: Content, members: Sequence[Member] = ()) -> None:
        """Note what examining a content, and the members of an archive, gave; once more replaces it.

        Raises UnknownSubmissionError: nobody has submitted that content.
        """
        with self._database.writing():
            contents.keep(self._database, self._content_number(sha256), content, members)

    def members(self, sha256: bytes, numbers: Collection[int] | None = None) -> list[Member]:
        """The members of an archive that was submitted, in their order: those numbered so, or all.

        Raises UnknownSubmissionError.
        """
        with self._database.reading():
            return contents.members(self._database, self._content_number(sha256), numbers)

    def pictures(self, sha256: bytes, *, since: int = 1, limit: int = 100) -> list[Member]:
        """Members of an archive that are pictures or videos, from that number on.

        Raises UnknownSubmissionError.
        """
        with self._database.reading():
            return contents.pictures(self._database, self._content_number(sha256), since, limit)

    def _content_number(self, sha256: bytes) -> int:
        row = self._database.row(_CONTENT, (sha256,))
        if row is None:
            message = f"nobody has submitted content with the SHA-256 {sha256.hex()}"
            raise UnknownSubmissionError(message)
        return int(row[0])

    def record_matches(
        self, submission_id: str, matches: Sequence[Found], versions: Mapping[str, int], *, retroactive: bool
    ) -> list[MatchRecord]:
        """Keep matches, each once for a submission, member, entry and signal type; those that are new.

        `versions` gives each bank's version. From now on the submission counts as matched.
        """
        new: list[MatchRecord] = []
        with self._database.writing():
            number, now = self._number(submission_id), times.now()
            self._database.change(_MATCHED, (now, number))
            for member, match, suppressed, detail in _details(matches):
                version = versions.get(match.bank, 0)
                about = (number, now, int(retroactive), 0 if member is None else member.number)
                if self._database.change(
                    _ADD_MATCH, (*about, *_match_row(match, version), int(suppressed), json.dumps(detail))
                ):
                    when = times.from_number(now)
                    new.append(MatchRecord(submission_id, when, retroactive, version, suppressed, detail))
        return new

    def matches(self, submission_id: str) -> list[MatchRecord]:
        """All matches ever made of a submission, oldest first. Raises UnknownSubmissionError."""
        with self._database.reading():
            rows = self._database.rows(_MATCHES, (self._number(submission_id),))
        return [
            MatchRecord(
                submission_id,
                times.from_number(found),
                bool(retroactive),
                version,
                bool(suppressed),
                cast("JsonObject", json.loads(detail)),
            )
            for found, retroactive, version, suppressed, detail in rows
        ]

    def vouched(self, submission_id: str) -> bytes:
        """A submission as it was received, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return vouching.received(self._database, self._number(submission_id))

    def vouched_matches(self, submission_id: str) -> bytes:
        """All matches of a submission so far, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return vouching.matches(self._database, self._number(submission_id))

    def _number(self, submission_id: str) -> int:
        row = self._database.row(_NUMBER, (sought(submission_id),))
        if row is None:
            message = f"there is no submission {submission_id!r}"
            raise UnknownSubmissionError(message)
        return int(row[0])

    def _submission(self, row: Row) -> Submission:
        *about, job, matched, content_id, examined, answer = row
        submission_id, number, sha256, size, received, submitter, platform, account, url, context = about
        content = None if examined is None else contents.own_content(self._database, content_id, answer)
        is_archive = content is not None and content.format in READABLE_ARCHIVES
        return Submission(
            id=submission_id,
            number=number,
            sha256=sha256,
            size=size,
            received=times.from_number(received),
            submitter=submitter,
            context=Context(platform, account, url, cast("JsonObject | None", json.loads(context))),
            content=content,
            inside=contents.inside(self._database, content_id) if is_archive else None,
            matched=None if matched is None else times.from_number(matched),
            job=job,
        )


def _where(wanted: Wanted) -> tuple[list[str], list[Value]]:
    """The conditions that a submission has to meet, and the values in them."""
    conditions: list[str] = []
    values: list[Value] = []
    for name, condition in _CONDITIONS.items():
        if (value := getattr(wanted, name)) is not None:
            conditions.append(condition)
            values.append(sought(value) if isinstance(value, str) else value)
    for when, condition in (
        (wanted.since, "submission.received >= ?"),
        (wanted.until, "submission.received < ?"),
    ):
        if when is not None:
            conditions.append(condition)
            values.append(times.to_number(when))
    if wanted.matched:
        conditions.append(
            "EXISTS (SELECT 1 FROM submission_match WHERE submission = submission.number AND suppressed = 0)"
        )
    return conditions, values


def _details(found: Iterable[Found]) -> Iterator[tuple[Member | None, Match, bool, "JsonObject"]]:
    """Each match of each member, whether it is suppressed, and all there is to tell of it."""
    for member, matches in found:
        name = None if member is None else member.name
        for match in matches.matches:
            yield member, match, False, {**match.to_json(), "member": name}
        for one in matches.suppressed:
            yield member, one.match, True, {**one.to_json(), "member": name}


def _match_row(match: Match, version: int) -> tuple[Value, ...]:
    return match.bank, version, match.entry, match.type.value, match.distance, match.radius


def sought(text: str) -> str:
    """`text` as something to look for: what no database can store becomes what none of them holds."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def new_id(nanoseconds: int) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): ids sort by the time (since 1970) they were made."""
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000  # section 6.2, method 3
    number = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return str(UUID(int=number))
