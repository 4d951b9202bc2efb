"""Which contents of a case a person has something to judge by; inside the caller's transaction."""

from typing import Final

from tocsin.cases.sights import PICTURES, Sight
from tocsin.media.identify import READABLE_ARCHIVES
from tocsin.storage.database import Database

_NOTE = """
    INSERT INTO case_seen (case_number, person, content_id, claim)
    SELECT ?, ?, id, ? FROM content WHERE sha256 = ?
    ON CONFLICT (case_number, person, content_id) DO NOTHING"""
# In the order of the case's contents (see case_finding.contents).
_SIGHTS = """
    SELECT content.id, content.sha256, content.kind, content.format,
        EXISTS (SELECT 1 FROM content_member WHERE content_member.content_id = content.id
            AND content_member.kind IN ('image', 'video')),
        EXISTS (SELECT 1 FROM case_seen WHERE case_seen.case_number = case_content.case_number
            AND case_seen.person = ? AND case_seen.content_id = content.id),
        EXISTS (SELECT 1 FROM observation WHERE observation.content_id = content.id
            AND observation.author = ?)
    FROM case_content JOIN content ON content.id = case_content.content_id
    WHERE case_content.case_number = ? ORDER BY content.id"""
# Files with equal MD5 can be made by anybody: that is no sign of the same file.
_KNOWN = """
    SELECT DISTINCT submission.content_id
    FROM case_submission
        JOIN submission ON submission.number = case_submission.submission
        JOIN submission_match AS found ON found.submission = submission.number
        JOIN entry ON entry.id = found.entry_id
    WHERE case_submission.case_number = ? AND found.member = 0 AND found.suppressed = 0
        AND found.type IN ('sha256', 'sha1') AND entry.withdrawn IS NULL
        AND NOT EXISTS (SELECT 1 FROM opinion
            WHERE opinion.entry_id = entry.id AND opinion.verdict = 'dispute')"""
_MEMBER_DIGEST = """
    SELECT content_signal.value FROM content
        JOIN content_signal ON content_signal.content_id = content.id
    WHERE content.sha256 = ? AND content_signal.member = ? AND content_signal.type = 'sha256' LIMIT 1"""
_MOST_MEMBERS: Final = 1 << 31


def note(database: Database, person: str, case: int, claim: int, sha256: bytes) -> None:
    """Note that a content of a case was served to a person."""
    database.change(_NOTE, (case, person, claim, sha256))


def sights(database: Database, case: int, person: str) -> list[Sight]:
    """What a person knows of the contents of a case, in their order; not what was judged."""
    known = {content for (content,) in database.rows(_KNOWN, (case,))}
    rows = database.rows(_SIGHTS, (person, person, case))
    return [
        Sight(
            place=place,
            sha256=bytes(sha256),
            kind=kind,
            showable=kind in PICTURES or bool(pictures and form in READABLE_ARCHIVES),
            seen=bool(seen),
            observed=bool(observed),
            known=content in known,
        )
        for place, (content, sha256, kind, form, pictures, seen, observed) in enumerate(rows, 1)
    ]


def member_digest(database: Database, sha256: bytes, member: int) -> bytes | None:
    """The SHA-256 of a member of an archive, by its number from 1; None where it is not known."""
    if not 0 < member < _MOST_MEMBERS:
        return None
    row = database.row(_MEMBER_DIGEST, (sha256, member))
    return None if row is None else bytes(row[0])
