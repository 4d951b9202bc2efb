"""What the interface of HMA keeps beside banks and entries: ratios, notes, metadata, times."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.banks.batch import InvalidTextError, check_texts
from tocsin.media.answers import object_in
from tocsin.storage.database import Database

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_BANKS = """
    SELECT bank.name, hma_bank.enabled_ratio, hma_bank.made_by
    FROM hma_bank JOIN bank ON bank.id = hma_bank.bank_id"""
_SET_BANK = """
    INSERT INTO hma_bank (bank_id, enabled_ratio, made_by)
    SELECT id, ?, ? FROM bank WHERE name = ?
    ON CONFLICT (bank_id) DO UPDATE SET enabled_ratio = excluded.enabled_ratio"""
_RENAME = "UPDATE bank SET name = ? WHERE name = ?"
_RENAME_RIGHTS = "UPDATE bank_right SET bank = ? WHERE bank = ?"
_RIGHTS_OF = "DELETE FROM bank_right WHERE bank = ?"
_CONTENT = "SELECT disable_until, metadata, note FROM hma_content WHERE entry_id = ?"
_SET_CONTENT = """
    INSERT INTO hma_content (entry_id, disable_until, metadata, note) VALUES (?, ?, ?, ?)
    ON CONFLICT (entry_id) DO UPDATE SET
        disable_until = excluded.disable_until, metadata = excluded.metadata, note = excluded.note"""
_TYPES = "SELECT name, enabled_ratio FROM hma_signal_type"
_SET_TYPE = """
    INSERT INTO hma_signal_type (name, enabled_ratio) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET enabled_ratio = excluded.enabled_ratio"""

_SIZES = """
    SELECT type, SUM(entries), MAX(newest) FROM signal_count GROUP BY type"""

ENABLE: Final = "hma.enable"
"""The kind of job that lets a content match again when its time has come."""
DISABLED: Final = "disabled through /hma"
"""Why an entry is withdrawn that was switched off, perhaps for a while."""


@dataclass(frozen=True, slots=True)
class BankNote:
    """What is kept about a bank that was made or changed through the interface."""

    ratio: float
    """Share of look-ups in which the bank takes part, 0 to 1."""
    made_by: str = ""
    """`Principal.id` of whoever made it through the interface; empty where it was made elsewhere."""


@dataclass(frozen=True, slots=True)
class ContentNote:
    """What is kept about an entry that was made or changed through the interface."""

    disable_until: int = 1
    """As the interface speaks: 0 for off, 1 for on, else the second (Unix time) from which it is on again."""
    metadata: "JsonObject | None" = None
    note: str = ""


class HmaNotes:
    """The notes of one database. Every method takes part in the caller's transaction, if there is one."""

    def __init__(self, database: Database) -> None:
        """Keep them in `database`."""
        self._database = database

    def banks(self) -> dict[str, BankNote]:
        """What is kept about banks, by their names."""
        with self._database.reading():
            rows = self._database.rows(_BANKS)
        return {name: BankNote(float(ratio), made_by) for name, ratio, made_by in rows}

    def set_bank(self, name: str, note: BankNote) -> None:
        """Keep a bank's ratio; who made it counts the first time only."""
        with self._database.writing():
            self._database.change(_SET_BANK, (repr(note.ratio), note.made_by, name))

    def rename(self, name: str, new: str) -> None:
        """Give a bank another name, which no bank has; the rights in it stay as they are."""
        with self._database.writing():
            self._database.change(_RIGHTS_OF, (new,))  # left over from a bank that is gone
            self._database.change(_RENAME_RIGHTS, (new, name))
            self._database.change(_RENAME, (new, name))

    def content(self, entry_id: int) -> ContentNote:
        """What is kept about an entry."""
        with self._database.reading():
            row = self._database.row(_CONTENT, (entry_id,))
        if row is None:
            return ContentNote()
        until, metadata, note = row
        return ContentNote(until, object_in(json.loads(metadata)) if metadata else None, note)

    def set_content(self, entry_id: int, note: ContentNote) -> None:
        """Replace what is kept about an entry. Raises InvalidTextError."""
        metadata = "" if note.metadata is None else _json(note.metadata)
        check_texts([note.note, metadata])
        with self._database.writing():
            self._database.change(_SET_CONTENT, (entry_id, note.disable_until, metadata, note.note))

    def types(self) -> dict[str, float]:
        """The ratios of the signal types that were given one."""
        with self._database.reading():
            return {name: float(ratio) for name, ratio in self._database.rows(_TYPES)}

    def set_type(self, name: str, ratio: float) -> None:
        """Keep a signal type's ratio."""
        with self._database.writing():
            self._database.change(_SET_TYPE, (name, repr(ratio)))

    def sizes(self) -> dict[str, tuple[int, int]]:
        """For each type of signal how many entries have one, and the Unix time of the newest."""
        with self._database.reading():
            rows = self._database.rows(_SIZES)
        return {kind: (int(count), newest // 1_000_000) for kind, count, newest in rows}


def _json(metadata: "JsonObject") -> str:
    """Raises InvalidTextError for what could not be sent out again as JSON: an infinite number.

    Half a surrogate pair stays itself here, for `check_texts` to find.
    """
    try:
        return json.dumps(metadata, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        message = "a number in the metadata is not finite"
        raise InvalidTextError(message) from error
