"""Exchanges on SQLite and PostgreSQL; implements `tocsin.exchange.store.Exchanges`."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from tocsin.banks.batch import check_texts
from tocsin.banks.opinions import Verdict
from tocsin.clock import present
from tocsin.exchange.fitting import fit
from tocsin.exchange.model import Heard, Page, SetAside, Telling, Withdrawal
from tocsin.exchange.store import (
    GUARD_LEAST,
    GUARD_PERCENT,
    Counts,
    Exchange,
    ExchangeExistsError,
    FloodError,
    KeptRecord,
    KeptSetAside,
    NewExchange,
    State,
    UnknownExchangeError,
)
from tocsin.storage import curating, times
from tocsin.storage.exchange_pages import Committing
from tocsin.storage.exchange_rows import COLUMNS, exchange, number, text_of

if TYPE_CHECKING:
    from tocsin.exchange.fitting import Fit
    from tocsin.storage.home import Home

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

_ADD = """INSERT INTO exchange
    (name, service, environment, production, bank_id, settings, every, state, created, created_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_ALL = f"SELECT {COLUMNS} FROM exchange JOIN bank ON bank.id = exchange.bank_id"
_ONE = f"{_ALL} WHERE exchange.name = ?"
_STATE = "SELECT generation, guard_since, guard_of, guard_count FROM exchange WHERE id = ?"
_ADVANCE = """UPDATE exchange SET checkpoint = ?, up_to = COALESCE(?, up_to), generation = ?, sweeping = ?
    WHERE id = ?"""
_GUARD = "UPDATE exchange SET guard_since = ?, guard_of = ?, guard_count = ? WHERE id = ?"
_SWEPT = "UPDATE exchange SET sweeping = 0 WHERE id = ?"
_UNNAMED = """SELECT key FROM exchange_record
    WHERE exchange_id = ? AND key > ? AND generation < ? AND withdrawn IS NULL ORDER BY key LIMIT ?"""
_COUNT_UNNAMED = """SELECT COUNT(*) FROM exchange_record
    WHERE exchange_id = ? AND generation < ? AND withdrawn IS NULL"""
_RECORD = "SELECT key, entry_id, changed, withdrawn FROM exchange_record WHERE exchange_id = ? AND key = ?"
_HEARD = """SELECT author, verdict, reason, time, count FROM exchange_heard
    WHERE exchange_id = ? AND key = ? ORDER BY author"""
_SET_ASIDE = """INSERT INTO exchange_set_aside (exchange_id, key, code, message, text, time, digest)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (exchange_id, digest) DO UPDATE
        SET time = excluded.time, times = exchange_set_aside.times + 1"""
_FORGET_ASIDE = """DELETE FROM exchange_set_aside WHERE exchange_id = ? AND id <= (
    SELECT id FROM exchange_set_aside WHERE exchange_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)"""
_ASIDE = """SELECT id, key, code, message, text, time, times FROM exchange_set_aside
    WHERE exchange_id = ? AND id > ? ORDER BY id LIMIT ?"""
KEPT_ASIDE: Final = 10_000
"""So many things set aside are kept of each exchange, the newest."""
PORTION: Final = 5_000
"""Records that are withdrawn together when the whole list no longer names them."""
_GUARD_FOR: Final = timedelta(days=1)
NO_LONGER_LISTED: Final = "no longer in the partner's list"


class ExchangeStore:
    """The exchanges of one home. Methods take part in the caller's transaction, if there is one."""

    def __init__(self, home: "Home", clock: Callable[[], datetime] = present) -> None:
        """Over the banks of `home`; `clock` is ours, in UTC."""
        self._home = home
        self._database = home.database
        self._clock = clock

    def add(self, new: NewExchange, by: str) -> Exchange:
        """Keep an exchange. Raises ExchangeExistsError, UnknownBankError, InvalidTextError."""
        check_texts((new.name, new.service, new.environment, by))
        with self._database.writing():
            bank = curating.bank(self._database, new.bank)
            values = (new.name, new.service, new.environment, int(new.production), bank.id)
            rest = (text_of(new.settings), new.every, State.READY.value, times.to_number(self._clock()), by)
            if not self._database.change(_ADD, (*values, *rest)):
                message = f"there is an exchange named {new.name!r}, or one that fills the bank {new.bank!r}"
                raise ExchangeExistsError(message)
            return self.exchange(new.name)

    def exchange(self, name: str) -> Exchange:
        """The exchange of that name. Raises UnknownExchangeError."""
        with self._database.reading():
            row = None if "\0" in name else self._database.row(_ONE, (name,))
        if row is None:
            message = f"there is no exchange named {name!r}"
            raise UnknownExchangeError(message)
        return exchange(row)

    def exchanges(self) -> list[Exchange]:
        """All of them, by name."""
        with self._database.reading():
            return [exchange(row) for row in self._database.rows(f"{_ALL} ORDER BY exchange.name")]

    def apply(self, name: str, page: Page) -> Counts:
        """Commit a page whole, with its checkpoint. Raises FloodError, PageTooLargeError, and does nothing.

        The last page of a whole list leaves it to `sweep` to withdraw what was not named.
        """
        fitting = fit(page, self._clock())
        with self._database.writing():
            found = self.exchange(name)
            generation = self._database.number(_STATE, (found.id,)) + (page.telling is Telling.ANEW)
            counts = self._commit(found, generation, fitting)
            sweeping = page.telling is Telling.WHOLE or (found.sweeping and page.telling is Telling.CHANGES)
            about = (text_of(page.checkpoint), number(page.up_to), generation, int(sweeping))
            self._database.change(_ADVANCE, (*about, found.id))
        return counts

    def sweep(self, name: str) -> Counts | None:
        """Withdraw a portion of what the whole list no longer names; None when nothing is left to do.

        Raises FloodError.
        """
        with self._database.writing():
            found = self.exchange(name)
            if not found.sweeping:
                return None
            generation = self._database.number(_STATE, (found.id,))
            keys = [key for (key,) in self._database.rows(_UNNAMED, (found.id, "", generation, PORTION))]
            if not keys:
                self._database.change(_SWEPT, (found.id,))
                return None
            if len(keys) == PORTION and not found.accepted:
                self._guard(found, self._database.number(_COUNT_UNNAMED, (found.id, generation)), keep=False)
            gone = tuple(Withdrawal(key, NO_LONGER_LISTED) for key in keys)
            page = Page((), gone, (), {})
            return self._commit(found, generation, fit(page, self._clock()))

    def _commit(self, found: Exchange, generation: int, fitting: "Fit") -> Counts:
        committing = Committing(self._home, found, generation, fitting)
        if (loses := committing.loses) and not found.accepted:
            self._guard(found, loses, keep=True)
        counts = committing.run()
        if fitting.set_aside:
            self._keep_aside(found.id, fitting.set_aside)
        return counts + Counts(set_aside=len(fitting.set_aside))

    def _guard(self, found: Exchange, loses: int, *, keep: bool) -> None:
        """Raise FloodError where `loses` more withdrawals are too many for one day; else count them."""
        now = times.to_number(self._clock())
        _, since, of, count = self._database.rows(_STATE, (found.id,))[0]
        if since is None or not 0 <= now - since < _GUARD_FOR // timedelta(microseconds=1):
            since, of, count = now, found.records - found.withdrawn, 0
        if count + loses > max(GUARD_LEAST, of * GUARD_PERCENT // 100):
            message = (
                f"{found.name}: the partner would withdraw or replace {count + loses:,} of {of:,} records "
                "within a day"
            )
            raise FloodError(message)
        if keep:
            self._database.change(_GUARD, (since, of, count + loses, found.id))

    def _keep_aside(self, number_: int, aside: Sequence[SetAside]) -> None:
        now = times.to_number(self._clock())
        rows = [
            (number_, one.key, one.code, one.message, one.text, now, _digest_of_aside(one)) for one in aside
        ]
        self._database.change_many(_SET_ASIDE, rows)
        self._database.change(_FORGET_ASIDE, (number_, number_, KEPT_ASIDE))

    def record(self, name: str, key: str) -> KeptRecord | None:
        """A record as it is known. Raises UnknownExchangeError."""
        with self._database.reading():
            row = self._database.row(_RECORD, (self.exchange(name).id, key))
        if row is None:
            return None
        return KeptRecord(row[0], row[1], times.from_stored(row[2]), times.from_stored(row[3]))

    def heard(self, name: str, key: str) -> list[Heard]:
        """What others say of a record. Raises UnknownExchangeError."""
        with self._database.reading():
            rows = self._database.rows(_HEARD, (self.exchange(name).id, key))
        return [
            Heard(author, Verdict(verdict), reason, times.from_stored(time), count)
            for author, verdict, reason, time, count in rows
        ]

    def set_aside(self, name: str, *, after: int = 0, limit: int = 100) -> list[KeptSetAside]:
        """What was set aside, oldest first. Raises UnknownExchangeError."""
        with self._database.reading():
            rows = self._database.rows(_ASIDE, (self.exchange(name).id, after, limit))
        return [KeptSetAside(row[0], SetAside(*row[1:5]), times.from_number(row[5]), row[6]) for row in rows]


def _digest_of_aside(one: SetAside) -> bytes:
    return blake2b(f"{one.key}\0{one.code}\0{one.text}".encode(), digest_size=16).digest()
