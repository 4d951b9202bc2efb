"""What is in a case, which cases belong to it, and finding cases by what people know of them."""

import re
from typing import Final

from tocsin.cases.grouping import Key, KeyKind
from tocsin.cases.store_cases import Joined, Linked
from tocsin.storage import times
from tocsin.storage.case_rows import COLUMNS
from tocsin.storage.database import Database, Row
from tocsin.storage.submissions import sought

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

MOST: Final = 100
"""Cases that are told of as linked or found."""
_CONTENTS = """
    SELECT content.sha256 FROM case_content JOIN content ON content.id = case_content.content_id
    WHERE case_number = ? ORDER BY content.id"""
_MEMBERS = """
    SELECT submission.id, content.sha256, submission.received, case_submission.because
    FROM case_submission JOIN submission ON submission.number = case_submission.submission
        JOIN content ON content.id = submission.content_id
    WHERE case_submission.case_number = ? AND case_submission.submission > ?
    ORDER BY case_submission.submission LIMIT ?"""
_NUMBER = "SELECT COALESCE(MAX(number), 0) FROM submission WHERE id = ?"
_LINKED = "SELECT other, because FROM case_link WHERE case_number = ? ORDER BY other DESC LIMIT ?"
_SHARING_CONTENT = """
    SELECT DISTINCT theirs.case_number, 'content' FROM case_content AS ours
        JOIN case_content AS theirs ON theirs.content_id = ours.content_id
    WHERE ours.case_number = ? AND theirs.case_number <> ? ORDER BY 1 DESC LIMIT ?"""
_SHARING_KEY = """
    SELECT DISTINCT theirs.case_number, theirs.kind FROM case_key AS ours
        JOIN case_key AS theirs ON theirs.digest = ours.digest
    WHERE ours.case_number = ? AND theirs.case_number <> ? AND ours.kind <> 'name' ORDER BY 1 DESC LIMIT ?"""
_OF_SUBMISSION = f"""
    SELECT {COLUMNS} FROM review_case WHERE number IN (
        SELECT case_number FROM case_submission
            JOIN submission ON submission.number = case_submission.submission WHERE submission.id = ?)
    ORDER BY number DESC LIMIT ?"""
_OF_CONTENT = f"""
    SELECT {COLUMNS} FROM review_case WHERE number IN (
        SELECT case_number FROM case_content JOIN content ON content.id = case_content.content_id
        WHERE content.sha256 = ?)
    ORDER BY number DESC LIMIT ?"""
_OF_KEY = f"""
    SELECT {COLUMNS} FROM review_case WHERE number IN (
        SELECT case_number FROM case_key WHERE digest IN (?, ?) ORDER BY case_number DESC LIMIT ?)
    ORDER BY number DESC LIMIT ?"""
_OF_NUMBER = f"SELECT {COLUMNS} FROM review_case WHERE number = ?"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_CASE_NUMBER = re.compile(r"#?([0-9]{1,18})")


def contents(database: Database, number: int) -> list[bytes]:
    """The SHA-256 of each content in a case, in the order in which they came."""
    with database.reading():
        return [row[0] for row in database.rows(_CONTENTS, (number,))]


def members(database: Database, number: int, after: str | None, limit: int) -> list[Joined]:
    """The case's submissions, oldest first, with what brought them in."""
    with database.reading():
        last = 0 if after is None else database.number(_NUMBER, (sought(after),))
        return [
            Joined(submission, sha256, times.from_number(received), because)
            for submission, sha256, received, because in database.rows(_MEMBERS, (number, last, limit))
        ]


def linked(database: Database, number: int) -> list[Linked]:
    """Cases that belong to that one, newest first, no more than a hundred."""
    with database.reading():
        rows = database.rows(_LINKED, (number, MOST))
        rows += database.rows(_SHARING_CONTENT, (number, number, MOST))
        rows += database.rows(_SHARING_KEY, (number, number, MOST))
    found: dict[int, str] = {}
    for other, because in rows:
        found.setdefault(other, because)
    return [Linked(other, found[other]) for other in sorted(found, reverse=True)[:MOST]]


def find(database: Database, text: str) -> list[Row]:
    """The rows of the cases that somebody looks for, newest first."""
    text = text.strip()
    found: dict[int, Row] = {}
    rows: list[Row] = []
    if match := _CASE_NUMBER.fullmatch(text):
        rows += database.rows(_OF_NUMBER, (int(match[1]),))
    if _SHA256.fullmatch(text):
        rows += database.rows(_OF_CONTENT, (bytes.fromhex(text), MOST))
    rows += database.rows(_OF_SUBMISSION, (sought(text), MOST))
    url, name = Key.of(KeyKind.URL, text), Key.of(KeyKind.NAME, text)
    rows += database.rows(_OF_KEY, (url.digest, name.digest, MOST, MOST))
    for row in rows:
        found.setdefault(row[0], row)
    return [found[number] for number in sorted(found, reverse=True)[:MOST]]
