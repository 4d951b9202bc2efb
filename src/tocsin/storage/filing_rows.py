"""Rows of filings, as they are read and written (see tables/filings.py)."""

import hashlib
import json
from typing import Final

from tocsin.filing.draft import Draft, Source, Sourced
from tocsin.filing.model import (
    Authority,
    Call,
    Environment,
    Fate,
    FiledFile,
    Filing,
    Kind,
    OpenedReport,
    Receipt,
    State,
)
from tocsin.filing.store_filings import Course
from tocsin.media.answers import list_in, text_in
from tocsin.storage import times
from tocsin.storage.database import Database, Row
from tocsin.storage.vouching import in_bytes

FILING: Final = """
    SELECT number, case_number, decision_id, authority, environment, kind, platform, account, state, revision,
        created, author, checked_by, confirmed_by, stopped,
        (SELECT report_id FROM filing_report
            WHERE filing_report.filing = filing.number AND fate IN ('open', 'finished')
            ORDER BY fate LIMIT 1),
        follows
    FROM filing"""
COURSE: Final = "SELECT job, intent, because, forgiven FROM filing WHERE number = ?"
REPORT: Final = """
    SELECT id, filing, report_id, opened, modified, fate, environment, spoiled, alarmed FROM filing_report"""
CALL: Final = """
    SELECT id, filing, step, report_id, place, begun, request, ended, status, request_id, answer, problem
    FROM filing_call"""
LAST_LINK: Final = """
    SELECT ordinal, chain FROM filing_call WHERE filing = ? AND ordinal IS NOT NULL
    ORDER BY ordinal DESC LIMIT 1"""
RECEIPT: Final = """
    SELECT filing_receipt.filing, filing_receipt.report_id, filing_receipt.time, filing_receipt.environment,
        filing_receipt.file_ids, filing_receipt.raw, filing_receipt.request_id, filing_receipt.inferred
    FROM filing_receipt"""


def filing(row: Row) -> Filing:
    """A filing from its row."""
    number, case, decision, authority, environment, kind, platform, account, *rest = row
    state, revision, created, author, checked_by, confirmed_by, stopped, report_id, follows = rest
    return Filing(
        number=number,
        case=case,
        decision=decision,
        authority=Authority(authority),
        environment=Environment(environment),
        kind=Kind(kind),
        platform=platform,
        account=account,
        state=State(state),
        revision=revision,
        created=times.from_number(created),
        author=author,
        checked_by=checked_by,
        confirmed_by=tuple(json.loads(confirmed_by)),
        stopped=stopped,
        report_id=report_id or "",
        follows=follows,
    )


def course(row: Row) -> Course:
    """What the outbox keeps of a filing."""
    job, intent, because, forgiven = row
    return Course(job, State(intent) if intent else None, because, forgiven)


def report(row: Row) -> OpenedReport:
    """An opened report from its row."""
    number, of, report_id, opened, modified, fate, environment, spoiled, alarmed = row
    return OpenedReport(
        id=number,
        filing=of,
        report_id=report_id,
        opened=times.from_number(opened),
        modified=times.from_number(modified),
        fate=Fate(fate),
        environment=Environment(environment),
        spoiled=spoiled,
        alarmed=times.from_stored(alarmed),
    )


def file(row: Row) -> FiledFile:
    """A file of a report from its row."""
    place, sha256, size, file_id, md5, detailed = row
    return FiledFile(place, sha256, size, file_id, md5, bool(detailed))


def call(row: Row) -> Call:
    """A call from its row."""
    number, of, step, report_id, place, begun, request, ended, status, request_id, answer, problem = row
    return Call(
        id=number,
        filing=of,
        step=step,
        report_id=report_id,
        place=place,
        begun=times.from_number(begun),
        request=request,
        ended=times.from_stored(ended),
        status=status,
        request_id=request_id,
        answer=answer or b"",
        problem=problem,
    )


def receipt(row: Row) -> Receipt:
    """A receipt from its row."""
    of, report_id, time, environment, file_ids, raw, request_id, inferred = row
    return Receipt(
        filing=of,
        report_id=report_id,
        time=times.from_number(time),
        environment=Environment(environment),
        file_ids=tuple(json.loads(file_ids)),
        raw=raw,
        request_id=request_id,
        inferred=bool(inferred),
    )


def notes_text(draft: Draft) -> str:
    """Where the fields of a draft come from, and what is not in it, as it is kept."""
    sources = [[one.field, one.source.value, one.which] for one in draft.sources]
    kept = {"sources": sources, "left_out": list(draft.left_out)}
    return json.dumps(kept, separators=(",", ":"))


def sources(text: str) -> tuple[Sourced, ...]:
    """The sources, read."""
    found = [list_in(one) for one in list_in(json.loads(text)["sources"])]
    return tuple(
        Sourced(text_in(field), Source(text_in(kind)), text_in(which)) for field, kind, which in found
    )


def left_out(text: str) -> tuple[str, ...]:
    """What is not in the draft, read."""
    return tuple(text_in(one) for one in list_in(json.loads(text)["left_out"]))


def link(before: bytes, row: Row) -> bytes:
    """The digest of a call that ended and all that ended before it."""
    return hashlib.sha256(before + in_bytes([row])).digest()


def chain(database: Database, number: int) -> list[bytes]:
    """The digests after each call of a filing that ended, worked out again from what is there."""
    links = [b""]
    for row in database.rows(f"{CALL} WHERE filing = ? AND ended IS NOT NULL ORDER BY ordinal", (number,)):
        links.append(link(links[-1], row))
    return links
