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
    RunEnd,
    State,
    Swept,
    UnknownExchangeError,
)
from tocsin.storage import curating, times
from tocsin.storage import statements as sql
from tocsin.storage.database import Row, Value
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
_STILL_UNNAMED = """SELECT key FROM exchange_record
    WHERE exchange_id = ? AND generation < ? AND withdrawn IS NULL AND key IN ({values})"""
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
_OF_ENTRY = """SELECT exchange.name, key, entry_id, changed, exchange_record.withdrawn
    FROM exchange_record JOIN exchange ON exchange.id = exchange_record.exchange_id WHERE entry_id = ?"""
_ACCOUNT = "SELECT sealed FROM exchange WHERE id = ?"
_END = """outcome = ?, message = ?, counts = ?, state = ?, failures = ?, ended = ?, next = ?, accepted = ''"""
_SET_STATE = "state = ?, accepted = ?, confirmed_by = CASE WHEN ? = '' THEN confirmed_by ELSE ? END"
_REMOVE = (
    "DELETE FROM exchange_record WHERE exchange_id = ?",
    "DELETE FROM exchange_superseded WHERE exchange_id = ?",
    "DELETE FROM exchange_heard WHERE exchange_id = ?",
    "DELETE FROM exchange_set_aside WHERE exchange_id = ?",
    "DELETE FROM exchange_opinion WHERE exchange_id = ?",
    "DELETE FROM exchange WHERE id = ?",
)
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
        state = State.UNCONFIRMED if new.production else State.READY
        with self._database.writing():
            bank = curating.bank(self._database, new.bank)
            if self._database.number(sql.COUNTS, (bank.id,)):
                message = f"the bank {new.bank!r} is not empty"
                raise ExchangeExistsError(message)
            values = (new.name, new.service, new.environment, int(new.production), bank.id)
            rest = (text_of(new.settings), new.every, state.value, times.to_number(self._clock()), by)
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

    def sweep(self, name: str, after: str = "") -> Swept | None:
        """Withdraw a portion of what the whole list no longer names; None when nothing is left to do.

        `after`: the key up to which an earlier portion came. Raises FloodError.
        """
        found = self.exchange(name)
        if not found.sweeping:
            return None
        with self._database.reading():  # which may look at millions, while others write
            generation = self._database.number(_STATE, (found.id,))
            rows = self._database.rows(_UNNAMED, (found.id, after, generation, PORTION))
            there = 0 if after else self._database.number(_COUNT_UNNAMED, (found.id, generation))
        keys = [key for (key,) in rows]
        with self._database.writing():
            if generation != self._database.number(_STATE, (found.id,)):
                return None  # it is told anew meanwhile
            if not keys:
                self._database.change(_SWEPT, (found.id,))
                return None
            if there and not found.accepted:
                self._guard(found, there, keep=False)
            still = self._database.rows_among(_STILL_UNNAMED, (found.id, generation), keys)
            gone = tuple(Withdrawal(key, NO_LONGER_LISTED) for (key,) in still)
            counts = self._commit(found, generation, fit(Page((), gone, (), {}), self._clock()))
        return Swept(counts, keys[-1])

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
        return None if row is None else _record(row)

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

    def of_entry(self, entry: int) -> tuple[str, KeptRecord] | None:
        """The exchange and the record that an entry holds now."""
        with self._database.reading():
            row = self._database.row(_OF_ENTRY, (entry,))
        return None if row is None else (row[0], _record(row[1:]))

    def account(self, name: str) -> bytes | None:
        """The account, sealed. Raises UnknownExchangeError."""
        with self._database.reading():
            row = self._database.row(_ACCOUNT, (self.exchange(name).id,))
        return None if row is None or row[0] is None else bytes(row[0])

    def keep_account(self, name: str, sealed: bytes) -> None:
        """Keep another account. Raises UnknownExchangeError."""
        self._change("sealed = ?", (sealed,), name)

    def plan(self, name: str, job: int, due: datetime) -> None:
        """That job is to run it, at that time. Raises UnknownExchangeError."""
        self._change("job = ?, next = ?", (job, times.to_number(due)), name)

    def begin(self, name: str) -> None:
        """A run begins. Raises UnknownExchangeError."""
        self._change("run = run + 1, started = ?", (times.to_number(self._clock()),), name)

    def end(self, name: str, how: RunEnd) -> None:
        """A run ended; what was accepted for it is accepted no more. Raises UnknownExchangeError."""
        counts = text_of({**how.counts.to_json()})
        said: tuple[Value, ...] = (how.outcome, how.message, counts, how.state.value, how.failures)
        now, due = times.to_number(self._clock()), times.to_number(how.next)
        self._change(_END, (*said, now, due), name)

    def restart(self, name: str) -> None:
        """Forget the checkpoint: the list is told from its beginning. Raises UnknownExchangeError."""
        self._change("checkpoint = NULL, sweeping = 0", (), name)

    def set_state(self, name: str, state: State, *, accepted: str = "", confirmed: str = "") -> None:
        """Change the state; who accepts what the next run withdraws, who confirmed it."""
        values = (state.value, accepted, confirmed, confirmed)
        self._change(_SET_STATE, values, name)

    def set_paused(self, name: str, *, paused: bool) -> None:
        """Whether it rests. Raises UnknownExchangeError."""
        self._change("paused = ?", (int(paused),), name)

    def remove(self, name: str) -> None:
        """Forget an exchange and its records; the entries stay in the bank. Raises UnknownExchangeError."""
        with self._database.writing():
            number_ = self.exchange(name).id
            for statement in _REMOVE:
                self._database.change(statement, (number_,))

    def _change(self, what: str, values: Sequence[Value], name: str) -> None:
        with self._database.writing():
            self._database.change(
                f"UPDATE exchange SET {what} WHERE id = ?", (*values, self.exchange(name).id)
            )


def _record(row: Row) -> KeptRecord:
    key, entry, changed, withdrawn = row
    return KeptRecord(key, entry, times.from_stored(changed), times.from_stored(withdrawn))


def _digest_of_aside(one: SetAside) -> bytes:
    return blake2b(f"{one.key}\0{one.code}\0{one.text}".encode(), digest_size=16).digest()
