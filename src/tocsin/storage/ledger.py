"""The ledger in the database, on SQLite and PostgreSQL; implements `tocsin.evidence.ledger.Ledger`.

Rows are appended where writers are alone, so that each finds the one before it. A ledger is signed by one key
at a time: a new key is introduced by a row that the key before it signed.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tocsin.evidence import chain
from tocsin.evidence.chain import Head, Row
from tocsin.evidence.errors import InvalidEventError, KeysError, NoKeysError
from tocsin.evidence.keys import Keys
from tocsin.evidence.ledger import Event
from tocsin.evidence.tip import FILE, write_tip
from tocsin.storage import statements as sql
from tocsin.storage import times
from tocsin.storage.database import Database

_LOG = logging.getLogger(__name__)
COUNTER: Final = "ledger"
_PAGE: Final = 1000

_ROW_COLUMNS = "number, time, actor, kind, subject, detail, previous, hash, key_id, signature"
_APPEND = f"INSERT INTO ledger ({_ROW_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # a constant
_LAST = f"SELECT {_ROW_COLUMNS} FROM ledger ORDER BY number DESC LIMIT 1"  # noqa: S608  # a constant
_AFTER = f"SELECT {_ROW_COLUMNS} FROM ledger WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608  # a constant
_OF_SUBJECT = f"SELECT {_ROW_COLUMNS} FROM ledger WHERE subject = ? AND number > ? ORDER BY number LIMIT ?"  # noqa: S608  # a constant
_COUNTER = "SELECT value FROM counter WHERE name = ?"
_HEAD_COLUMNS = "number, time, hash, previous, key_id, signature, time_stamp"
_SIGN = f"""INSERT INTO ledger_head ({_HEAD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, NULL)
    ON CONFLICT (number) DO NOTHING"""  # noqa: S608  # a constant
_HEADS = f"SELECT {_HEAD_COLUMNS} FROM ledger_head WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608  # a constant
_LAST_HEAD = f"SELECT {_HEAD_COLUMNS} FROM ledger_head ORDER BY number DESC LIMIT 1"  # noqa: S608  # a constant
_UNSTAMPED = f"""SELECT {_HEAD_COLUMNS} FROM ledger_head WHERE time_stamp IS NULL
    ORDER BY number DESC LIMIT ?"""  # noqa: S608  # a constant
_STAMP = """UPDATE ledger_head SET time_stamp = ?, time_stamp_failure = ''
    WHERE number = ? AND time_stamp IS NULL"""
_STAMP_FAILED = "UPDATE ledger_head SET time_stamp_failure = ? WHERE number = ? AND time_stamp IS NULL"
_FAILURES = """SELECT number, time_stamp_failure FROM ledger_head
    WHERE time_stamp IS NULL AND time_stamp_failure <> '' ORDER BY number"""


def keys_of(home: Path, database: Database) -> Keys:
    """The keys of a home, made if nothing has been recorded yet.

    A ledger that has begun has its keys: new ones, or another home's, beside it would seal what nobody else
    can open. Raises NoKeysError, MissingKeyError, KeysDamagedError, KeysError.
    """
    last = LedgerStore(database).head()
    keys = Keys.open(home, create=last is None)
    if last is not None:
        keys.public(last.key_id)
    return keys


class LedgerStore:
    """The ledger of one database. Reading needs no keys; appending and signing do."""

    def __init__(self, database: Database, keys: Keys | None = None) -> None:
        """Keep the ledger in `database`, signed with `keys`; the tip is a file beside their folder."""
        self._database = database
        self._keys = keys

    def append(self, event: Event) -> int:
        """Record an event in the caller's transaction (or one of its own); the number of its row.

        Raises InvalidEventError, NoKeysError, MissingKeyError, KeysDamagedError.
        """
        vouched = {"vouched": self._with_keys().vouch(event.vouched)} if event.vouched else {}
        detail = chain.canonical({**event.detail, **vouched})
        _check(event)
        with self._database.writing():
            last, key_id = self.head(), self._with_keys().ledger_id
            if last is None or last.key_id != key_id:
                last = self._introduce(last, key_id)
            self._database.after_commit(self.note_tip)
            return self._write(event, detail, last, key_id).number

    def head(self) -> Row | None:
        """The last row."""
        with self._database.reading():
            found = self._database.row(_LAST)
        return None if found is None else Row(*found)

    def identity(self) -> str:
        """The identity of the home, from which the chain begins."""
        with self._database.reading():
            found = self._database.row(sql.IDENTITY)
        return "" if found is None else str(found[0])

    def count(self) -> int:
        """How many rows were ever appended, as the counter beside them says."""
        with self._database.reading():
            return self._database.number(_COUNTER, (COUNTER,))

    def rows(self, after: int = 0, limit: int | None = None) -> Iterator[Row]:
        """Rows with numbers beyond `after`, in order, read a page at a time."""
        return self._paged(_AFTER, (), after, limit)

    def rows_of(self, subject: str, after: int = 0, limit: int | None = None) -> Iterator[Row]:
        """Rows about a subject, in order."""
        return self._paged(_OF_SUBJECT, (subject,), after, limit)

    def sign_head(self) -> Head | None:
        """Sign the head; the signed head of the last row, made before or now. None while there are no rows.

        Raises NoKeysError, MissingKeyError, KeysDamagedError.
        """
        with self._database.writing():
            last, before = self.head(), self._last_head()
            if last is None or (before is not None and before.number == last.number):
                return before
            keys = self._with_keys()
            now, previous = times.now(), 0 if before is None else before.number
            signer = last.key_id if last.key_id in keys.ids("ledger") else keys.ledger_id
            signature = keys.sign(signer, chain.head_message(last.number, now, last.hash, previous))
            self._database.change(_SIGN, (last.number, now, last.hash, previous, signer, signature))
            return Head(last.number, now, last.hash, previous, signer, signature)

    def heads(self) -> Iterator[Head]:
        """Every signed head, in order."""
        after = 0
        while True:
            with self._database.reading():
                page = [Head(*row) for row in self._database.rows(_HEADS, (after, _PAGE))]
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].number

    def note_tip(self) -> None:
        """Let the file outside the database remember the last row, which is committed by now.

        Where it cannot be written it stays behind, which the log says: what was recorded is safe.
        """
        keys, last = self._with_keys(), self.head()
        if last is not None and not self._database.inside:
            try:
                write_tip(keys.folder.parent / FILE, keys, last)
            except KeysError as error:
                _LOG.warning("the ledger's tip stays behind: %s", error.message)

    def unstamped(self, limit: int = 100) -> list[Head]:
        """Signed heads without a time stamp, the newest first."""
        with self._database.reading():
            return [Head(*row) for row in self._database.rows(_UNSTAMPED, (limit,))]

    def note_time_stamp(self, number: int, answer: bytes) -> None:
        """Keep an authority's answer about the head of that number, unless there is one."""
        with self._database.writing():
            self._database.change(_STAMP, (answer, number))

    def note_failure(self, number: int, reason: str) -> None:
        """Keep why the head of that number could not be stamped."""
        with self._database.writing():
            self._database.change(_STAMP_FAILED, (reason, number))

    def failures(self) -> list[tuple[int, str]]:
        """The heads that could not be stamped so far, with the reason of the last attempt."""
        with self._database.reading():
            return [(number, reason) for number, reason in self._database.rows(_FAILURES)]

    def _last_head(self) -> Head | None:
        found = self._database.row(_LAST_HEAD)
        return None if found is None else Head(*found)

    def _introduce(self, last: Row | None, key_id: str) -> Row:
        """Make a key known: signed by the key before it, or by itself where the ledger begins."""
        keys = self._with_keys()
        signer = key_id if last is None else last.key_id
        public = keys.public(key_id).hex()
        event = Event(chain.INTRODUCED, "node", f"key:{key_id}", {"algorithm": "ed25519", "public": public})
        return self._write(event, chain.canonical(event.detail), last, signer)

    def _write(self, event: Event, detail: str, last: Row | None, signer: str) -> Row:
        keys = self._with_keys()
        number, now = self._database.take_numbers(COUNTER, 1), times.now()
        previous = chain.genesis(self.identity()) if last is None else last.hash
        hashed = chain.row_hash(number, now, event, detail, previous)
        signature = keys.sign(signer, chain.row_message(hashed))
        row = Row(
            number, now, event.actor, event.kind, event.subject, detail, previous, hashed, signer, signature
        )
        self._database.change(
            _APPEND,
            (number, now, row.actor, row.kind, row.subject, detail, previous, hashed, signer, signature),
        )
        return row

    def _with_keys(self) -> Keys:
        if self._keys is None:
            raise NoKeysError
        return self._keys

    def _paged(self, statement: str, values: tuple[str, ...], after: int, limit: int | None) -> Iterator[Row]:
        while limit is None or limit > 0:
            size = _PAGE if limit is None else min(_PAGE, limit)
            with self._database.reading():
                page = [Row(*row) for row in self._database.rows(statement, (*values, after, size))]
            yield from page
            if len(page) < size:
                return
            after = page[-1].number
            limit = None if limit is None else limit - len(page)


def _check(event: Event) -> None:
    """Refuse what the columns cannot hold."""
    for text in (event.actor, event.kind, event.subject):
        chain.canonical(text)
        if not text or "\0" in text:
            message = f"an event's actor, kind and subject are texts without NUL: {text!r}"
            raise InvalidEventError(message)
    if event.kind == chain.INTRODUCED:
        message = f"only the ledger itself records {chain.INTRODUCED}"
        raise InvalidEventError(message)
