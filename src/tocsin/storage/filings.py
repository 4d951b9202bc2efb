"""Filings in one database: `tocsin.filing.store_filings.Filings` on either database."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Final

from tocsin.filing.cybertip.reading import details_of, report_of
from tocsin.filing.cybertip.writing import details_xml, report_xml
from tocsin.filing.draft import Draft, DraftFile
from tocsin.filing.errors import UnknownFilingError, UnsuitableFilingError
from tocsin.filing.model import (
    Authority,
    Call,
    Environment,
    Fate,
    FiledFile,
    Filing,
    OpenedReport,
    Receipt,
    State,
    Subject,
)
from tocsin.filing.store_filings import Course, NewCall, NewFiling, WantedFilings
from tocsin.storage import filing_rows as rows
from tocsin.storage import filing_vouching, times
from tocsin.storage.database import Database, Row, Value

_ADD = """
    INSERT INTO filing (case_number, decision_id, authority, environment, kind, platform, account, state,
        created, author, follows)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'drafted', ?, ?, ?) RETURNING number"""
_FILING = f"{rows.FILING} WHERE number = ?"
_CONDITIONS: Final = {"case": "case_number = ?", "authority": "authority = ?", "before": "number < ?"}
_COUNTS = "SELECT state, COUNT(*) FROM filing GROUP BY state"
_KEEP_DRAFT = """
    INSERT INTO filing_draft (filing, report, notes) VALUES (?, ?, ?)
    ON CONFLICT (filing) DO UPDATE SET report = excluded.report, notes = excluded.notes"""
_DROP_FILES = "DELETE FROM filing_draft_file WHERE filing = ?"
_ADD_FILE = """
    INSERT INTO filing_draft_file (filing, place, sha256, size, details, include)
    VALUES (?, ?, ?, ?, ?, ?)"""
_DRAFT = "SELECT report, notes FROM filing_draft WHERE filing = ?"
_FILES = """
    SELECT place, sha256, size, details, include FROM filing_draft_file WHERE filing = ? ORDER BY place"""
_OPEN_TO_CHANGE = """
    SELECT 1 FROM filing WHERE number = ? AND state IN ('drafted', 'checked', 'stopped')
        AND NOT EXISTS (SELECT 1 FROM filing_report WHERE filing = filing.number AND fate = 'open')"""
_REVISE = """
    UPDATE filing SET revision = revision + 1, state = 'drafted', checked_by = '', confirmed_by = '[]',
        stopped = '', intent = '', because = '' WHERE number = ?"""
_CHECKED = "UPDATE filing SET state = 'checked', checked_by = ? WHERE number = ?"
_CONFIRMED = "UPDATE filing SET confirmed_by = ?, state = ? WHERE number = ?"
_SET_STATE = "UPDATE filing SET state = ?, stopped = ? WHERE number = ?"
_SET_INTENT = "UPDATE filing SET intent = ?, because = ? WHERE number = ?"
_FORGIVE = """
    UPDATE filing SET forgiven =
        (SELECT COUNT(*) FROM filing_report WHERE filing = filing.number AND spoiled <> '')
    WHERE number = ?"""
_BEGIN = """
    INSERT INTO filing_call (filing, step, report_id, place, begun, request) VALUES (?, ?, ?, ?, ?, ?)
    RETURNING id"""
_END = """
    UPDATE filing_call SET ended = ?, status = ?, request_id = ?, answer = ?, problem = ?
    WHERE id = ? AND filing = ? AND ended IS NULL"""
_LINK = "UPDATE filing_call SET ordinal = ?, chain = ? WHERE id = ?"
_OPEN = """
    INSERT INTO filing_report (filing, environment, report_id, opened, modified, fate)
    SELECT number, environment, ?, ?, ?, ? FROM filing WHERE number = ? RETURNING id"""
_SET_FILE = """
    INSERT INTO filing_file (report, place, sha256, size, file_id, md5, detailed) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (report, place) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size,
        file_id = excluded.file_id, md5 = excluded.md5, detailed = excluded.detailed"""
_FILED = """
    SELECT place, sha256, size, file_id, md5, detailed FROM filing_file WHERE report = ? ORDER BY place"""
_KEEP_RECEIPT = """
    INSERT INTO filing_receipt (filing, report_id, time, environment, file_ids, raw, request_id, inferred)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_OF_CASES = f"""{rows.RECEIPT} JOIN filing ON filing.number = filing_receipt.filing
    WHERE filing.case_number IN ({{values}})"""
_CONTENTS: Final = """
    SELECT content.sha256 FROM filing
    JOIN case_submission ON case_submission.case_number = filing.case_number
    JOIN submission ON submission.number = case_submission.submission
        AND submission.platform = filing.platform AND submission.account = filing.account
    JOIN content ON content.id = submission.content_id
    WHERE filing.number = ? ORDER BY submission.number"""
_REPORT_IDS = """
    SELECT filing_receipt.report_id FROM filing_receipt JOIN filing ON filing.number = filing_receipt.filing
    WHERE filing.authority = ? AND filing_receipt.environment = ? AND filing.platform = ?
        AND filing.account = ?
    ORDER BY filing_receipt.time, filing.number"""
_TOO_LARGE: Final = 1 << 63
"""For any number in a database."""


class FilingStore:
    """The filings of one database. Every method takes part in the caller's transaction, if there is one."""

    def __init__(self, database: Database) -> None:
        """Use the tables of `database`."""
        self._database = database

    # ---- filings and drafts

    def add(self, new: NewFiling, created: datetime) -> Filing:
        """Keep a new one."""
        values = (
            new.case,
            new.decision,
            new.authority.value,
            new.environment.value,
            new.kind.value,
            new.subject.platform,
            new.subject.account,
            times.to_number(created),
            new.author,
            new.follows,
        )
        with self._database.writing():
            number = self._database.number(_ADD, values)
            self._keep(number, new.draft)
            return self.filing(number)

    def filing(self, number: int) -> Filing:
        """The filing of that number. Raises UnknownFilingError."""
        return rows.filing(self._row(_FILING, number))

    def page(self, wanted: WantedFilings, *, before: int | None = None, limit: int = 50) -> list[Filing]:
        """Filings, newest first."""
        asked: dict[str, Value] = {"case": wanted.case, "before": before}
        asked["authority"] = wanted.authority.value if wanted.authority else None
        conditions = [_CONDITIONS[name] for name, value in asked.items() if value is not None]
        values: list[Value] = [value for value in asked.values() if value is not None]
        if wanted.states:
            conditions.append(f"state IN ({', '.join('?' * len(wanted.states))})")
            values += sorted(wanted.states)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        with self._database.reading():
            found = self._database.rows(
                f"{rows.FILING} {where} ORDER BY number DESC LIMIT ?", [*values, limit]
            )
        return [rows.filing(row) for row in found]

    def counts(self) -> dict[State, int]:
        """How many there are in each state."""
        with self._database.reading():
            found: dict[str, int] = dict(self._database.rows(_COUNTS))
        return {state: found.get(state.value, 0) for state in State}

    def draft(self, number: int) -> Draft:
        """Its draft as it is now. Raises UnknownFilingError."""
        with self._database.reading():
            report, notes = self._row(_DRAFT, number)
            files = self._database.rows(_FILES, (number,))
        drafted = tuple(
            DraftFile(place, sha256, size, details_of(details), bool(include))
            for place, sha256, size, details, include in files
        )
        return Draft(report_of(report), drafted, rows.sources(notes), rows.left_out(notes))

    def set_draft(self, number: int, draft: Draft) -> Filing:
        """Replace its draft: the next revision, a draft again, confirmed by nobody.

        Raises UnknownFilingError, UnsuitableFilingError.
        """
        with self._database.writing():
            self._demand_open_to_change(number)
            self._keep(number, draft)
            self._database.change(_REVISE, (number,))
            return self.filing(number)

    def set_environment(self, number: int, environment: Environment) -> None:
        """Where it goes. Raises UnknownFilingError, UnsuitableFilingError."""
        with self._database.writing():
            self._demand_open_to_change(number)
            self._change("UPDATE filing SET environment = ? WHERE number = ?", environment.value, number)

    def checked(self, number: int, by: str) -> None:
        """It keeps the rules, says somebody who saw its revision."""
        self._change(_CHECKED, by, number)

    def confirmed(self, number: int, by: str, *, enough: bool) -> None:
        """Somebody confirms it; with `enough` it is to be sent."""
        with self._database.writing():
            now = self.filing(number)
            people = list(dict.fromkeys((*now.confirmed_by, by)))
            state = State.CONFIRMED if enough else now.state
            self._change(_CONFIRMED, json.dumps(people), state.value, number)

    def set_state(self, number: int, state: State, stopped: str = "") -> None:
        """Where it stands, and why it waits for a person."""
        self._change(_SET_STATE, state.value, stopped, number)

    # ---- sending

    def course(self, number: int) -> Course:
        """What the outbox keeps of it. Raises UnknownFilingError."""
        return rows.course(self._row(rows.COURSE, number))

    def set_job(self, number: int, job: int) -> None:
        """From now on that job sends it."""
        self._change("UPDATE filing SET job = ? WHERE number = ?", job, number)

    def set_intent(self, number: int, intent: State | None, because: str = "") -> None:
        """What it is to become once no report of it is open."""
        self._change(_SET_INTENT, intent.value if intent else "", because, number)

    def forgive(self, number: int) -> None:
        """The reports opened so far do not count against those that it may open."""
        self._change(_FORGIVE, number)

    def begin_call(self, call: NewCall) -> int:
        """Note a request before it is sent; its number."""
        begun = times.to_number(call.begun)
        with self._database.writing():
            return self._database.number(
                _BEGIN, (call.filing, call.step, call.report_id, call.place, begun, call.request)
            )

    def end_call(self, call: Call) -> None:
        """Note how it was answered, once. Raises RuntimeError where that has been noted."""
        ended = None if call.ended is None else times.to_number(call.ended)
        said = (ended, call.status, call.request_id, call.answer, call.problem, call.id, call.filing)
        with self._database.writing():
            if ended is None or not self._database.change(_END, said):
                message = f"call {call.id} cannot be ended, or has been"
                raise RuntimeError(message)
            ordinal, before = self._database.row(rows.LAST_LINK, (call.filing,)) or (0, b"")
            chain = rows.link(before, self._row(f"{rows.CALL} WHERE id = ?", call.id))
            self._database.change(_LINK, (ordinal + 1, chain, call.id))

    def call(self, call: int) -> Call:
        """One of them."""
        return rows.call(self._row(f"{rows.CALL} WHERE id = ?", call))

    def calls(self, filing: int) -> list[Call]:
        """All of a filing's, in order."""
        return [rows.call(row) for row in self._rows(f"{rows.CALL} WHERE filing = ? ORDER BY id", filing)]

    def in_doubt(self, filing: int) -> list[Call]:
        """Those of a filing that were begun, and not ended."""
        statement = f"{rows.CALL} WHERE filing = ? AND ended IS NULL ORDER BY id"
        return [rows.call(row) for row in self._rows(statement, filing)]

    def open_report(self, filing: int, report_id: str, now: datetime, fate: Fate = Fate.OPEN) -> OpenedReport:
        """A report was opened. A second OPEN one for a filing is an error that undoes the transaction."""
        time = times.to_number(now)
        with self._database.writing():
            number = self._database.number(_OPEN, (report_id, time, time, fate.value, filing))
            return self.report(number)

    def report(self, report: int) -> OpenedReport:
        """One of them, by its `id`."""
        return rows.report(self._row(f"{rows.REPORT} WHERE id = ?", report))

    def reports(self, filing: int) -> list[OpenedReport]:
        """All that were opened for it, in order."""
        return [rows.report(row) for row in self._rows(f"{rows.REPORT} WHERE filing = ? ORDER BY id", filing)]

    def numbered(self, environment: Environment, report_id: str) -> list[OpenedReport]:
        """Those, of all filings, that have this number in an environment."""
        statement = f"{rows.REPORT} WHERE environment = ? AND report_id = ? ORDER BY id"
        return [rows.report(row) for row in self._rows(statement, environment.value, report_id)]

    def touch_report(self, report: int, now: datetime) -> None:
        """Something was added to it."""
        self._change("UPDATE filing_report SET modified = ? WHERE id = ?", times.to_number(now), report)

    def spoil_report(self, report: int, why: str) -> None:
        """It is to be retracted, and another opened."""
        self._change("UPDATE filing_report SET spoiled = ? WHERE id = ?", why, report)

    def set_alarmed(self, report: int, now: datetime) -> None:
        """It was said that it is about to expire."""
        self._change("UPDATE filing_report SET alarmed = ? WHERE id = ?", times.to_number(now), report)

    def set_fate(self, report: int, fate: Fate) -> None:
        """What became of it. A second FINISHED for one filing is an error that undoes the transaction."""
        self._change("UPDATE filing_report SET fate = ? WHERE id = ?", fate.value, report)

    def files(self, report: int) -> list[FiledFile]:
        """What was uploaded to it."""
        return [rows.file(row) for row in self._rows(_FILED, report)]

    def set_file(self, report: int, file: FiledFile) -> None:
        """Where one file stands in it."""
        values = (report, file.place, file.sha256, file.size, file.file_id, file.md5, int(file.detailed))
        self._change(_SET_FILE, *values)

    # ---- receipts

    def keep_receipt(self, receipt: Receipt) -> None:
        """Keep a filing's one receipt."""
        self._change(
            _KEEP_RECEIPT,
            receipt.filing,
            receipt.report_id,
            times.to_number(receipt.time),
            receipt.environment.value,
            json.dumps(list(receipt.file_ids)),
            receipt.raw,
            receipt.request_id,
            int(receipt.inferred),
        )

    def receipt(self, number: int) -> Receipt | None:
        """The receipt of a filing."""
        found = self._rows(f"{rows.RECEIPT} WHERE filing = ?", number)
        return rows.receipt(found[0]) if found else None

    def receipts_of_case(self, cases: Collection[int]) -> list[Receipt]:
        """The receipts of all filings of those cases, oldest first."""
        with self._database.reading():
            found = [
                rows.receipt(row) for row in self._database.rows_among(_OF_CASES, (), sorted(set(cases)))
            ]
        return sorted(found, key=lambda one: (one.time, one.filing))

    def report_ids(self, authority: Authority, environment: Environment, subject: Subject) -> list[str]:
        """Numbers of finished reports about an account of a platform, oldest first."""
        found = self._rows(_REPORT_IDS, authority.value, environment.value, subject.platform, subject.account)
        return [report_id for (report_id,) in found]

    def contents(self, number: int) -> list[bytes]:
        """SHA-256 of all that a filing's account submitted in its case, in the order in which it came."""
        return list(dict.fromkeys(sha256 for (sha256,) in self._rows(_CONTENTS, number)))

    def vouched(self, number: int) -> bytes:
        """A filing with its draft, calls and receipt, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return filing_vouching.filing(self._database, number)

    def _keep(self, number: int, draft: Draft) -> None:
        report = report_xml(draft.report)
        self._database.change(_KEEP_DRAFT, (number, report, rows.notes_text(draft)))
        self._database.change(_DROP_FILES, (number,))
        self._database.change_many(
            _ADD_FILE,
            [
                (number, one.place, one.sha256, one.size, details_xml(one.details), int(one.include))
                for one in draft.files
            ],
        )

    def _demand_open_to_change(self, number: int) -> None:
        now = self.filing(number)
        if self._database.row(_OPEN_TO_CHANGE, (number,)) is None:
            message = f"filing {number} is {now.state}: its draft cannot be changed"
            raise UnsuitableFilingError(message)

    def _row(self, statement: str, number: int) -> Row:
        """The row of that number. Raises UnknownFilingError."""
        with self._database.reading():
            row = self._database.row(statement, (number,)) if 0 < number < _TOO_LARGE else None
        if row is None:
            message = f"there is no filing with the number {number}"
            raise UnknownFilingError(message)
        return row

    def _rows(self, statement: str, *values: Value) -> list[Row]:
        with self._database.reading():
            return self._database.rows(statement, values)

    def _change(self, statement: str, *values: Value) -> None:
        with self._database.writing():
            self._database.change(statement, values)
