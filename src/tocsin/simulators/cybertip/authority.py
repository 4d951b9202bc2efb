"""The authority's books: which reports there are, who owns them, and what may be done with them when."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.simulators.cybertip.codes import Code, RefusedError
from tocsin.simulators.cybertip.forms import Sent
from tocsin.simulators.cybertip.truth import Exchange, File, Report, State

LIFETIME: Final = timedelta(hours=24)
"""From opening; an unfinished report is deleted then, or"""
AFTER_CHANGE: Final = timedelta(hours=1)
"""after the last file or file's details, whichever is later (documentation, "Report lifetime")."""
FIRST_NUMBER: Final = 4_600_001
_HEX_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Switches:
    """Where the documentation leaves open, or contradicts itself about, what the service does."""

    expired: Code = Code.NO_SUCH_REPORT
    """What is said of a report nobody finished: "deleted" (5001) or "automatically retracted" (5101)."""
    second_details: Code = Code.VALIDATION_FAILED
    """What is said to a second `fileDetails` for a file; SUCCESS takes it."""
    always_200: bool = False
    """Every answer that is not 401 has HTTP status 200, as in 2016: only its code says what it is."""
    latin_1_header: bool = False
    """The header says ISO-8859-1 and the prolog UTF-8, as in 2016: the prolog is right."""
    check_prior_reports: bool = True
    """A prior report must be one that was finished here."""


@dataclass(slots=True)
class _Entry:
    report: Report
    exchanges: list[Exchange] = field(default_factory=list)


class Authority:
    """The books. Every method may be called from any thread; those that change raise RefusedError."""

    def __init__(self, clock: Callable[[], datetime], switches: Switches) -> None:
        """Empty books."""
        self._clock = clock
        self.switches = switches
        self._lock = threading.RLock()
        self._entries: dict[int, _Entry] = {}

    def open(self, account: str, xml: bytes) -> int:
        """Begin a report. Returns its number."""
        with self._lock:
            number, now = FIRST_NUMBER + len(self._entries), self._clock()
            report = Report(number, account, State.OPEN, xml, now, now, now + LIFETIME)
            self._entries[number] = _Entry(report)
            return number

    def add_file(self, account: str, number: int, sent: Sent, md5: str) -> File:
        """Keep a file of an open report, with this MD5."""
        with self._changing(account, number) as entry:
            now = self._clock()
            file = File(secrets.token_hex(_HEX_BYTES), sent.name, sent.size, md5, sent.sha256, now)
            self._touch(entry, now, (*entry.report.files, file))
            return file

    def add_details(self, account: str, number: int, file_id: str, xml: bytes) -> None:
        """Keep what is said about a file of an open report."""
        with self._changing(account, number) as entry:
            files = entry.report.files
            place = next((at for at, one in enumerate(files) if one.id == file_id), None)
            if place is None:
                raise RefusedError(Code.NO_SUCH_FILE)
            if files[place].details and self.switches.second_details:
                raise RefusedError(self.switches.second_details, "File details have already been submitted.")
            changed = replace(files[place], details=(*files[place].details, xml))
            self._touch(entry, self._clock(), (*files[:place], changed, *files[place + 1 :]))

    def finish(self, account: str, number: int, check: Callable[[Report], None]) -> tuple[str, ...]:
        """Finish an open report if `check` does not raise. Returns the ids of its files."""
        with self._changing(account, number) as entry:
            check(entry.report)
            entry.report = replace(entry.report, state=State.FINISHED, ended_at=self._clock())
            return tuple(one.id for one in entry.report.files)

    def retract(self, account: str, number: int) -> None:
        """Give up an open report."""
        with self._changing(account, number) as entry:
            entry.report = replace(entry.report, state=State.RETRACTED, ended_at=self._clock())

    def note(self, number: int, exchange: Exchange) -> None:
        """Remember that a request named this report."""
        with self._lock:
            if number in self._entries:
                self._entries[number].exchanges.append(exchange)

    def knows(self, number: int) -> bool:
        """Whether there is a finished report of that number."""
        with self._lock:
            report = self.report(number)
            return report is not None and report.state is State.FINISHED

    def report(self, number: int) -> Report | None:
        """One, without what was said to it."""
        with self._lock:
            entry = self._entries.get(number)
            return None if entry is None else self._now(entry)

    def reports(self) -> tuple[Report, ...]:
        """All, oldest first, as they are now."""
        with self._lock:
            entries = self._entries.values()
            return tuple(replace(self._now(one), exchanges=tuple(one.exchanges)) for one in entries)

    @contextmanager
    def _changing(self, account: str, number: int) -> Iterator[_Entry]:
        """The entry of an open report of this account."""
        with self._lock:
            entry = self._entries.get(number)
            if entry is None:
                raise RefusedError(Code.NO_SUCH_REPORT)
            if entry.report.account != account:
                raise RefusedError(Code.MAY_NOT_UPDATE)
            state = self._now(entry).state
            if state is not State.OPEN:
                raise RefusedError(
                    {
                        State.FINISHED: Code.ALREADY_FINISHED,
                        State.RETRACTED: Code.ALREADY_RETRACTED,
                        State.EXPIRED: self.switches.expired,
                    }[state]
                )
            yield entry

    def _now(self, entry: _Entry) -> Report:
        """The report; deleted, if its time has come."""
        report = entry.report
        if report.state is State.OPEN and self._clock() >= report.deadline:
            entry.report = report = replace(report, state=State.EXPIRED, ended_at=report.deadline)
        return report

    @staticmethod
    def _touch(entry: _Entry, now: datetime, files: tuple[File, ...]) -> None:
        deadline = max(entry.report.opened_at + LIFETIME, now + AFTER_CHANGE)
        entry.report = replace(entry.report, modified_at=now, deadline=deadline, files=files)
