"""Opinions that we give partners on their records; implements `tocsin.exchange.store.GivenOpinions`."""

from collections.abc import Callable
from datetime import datetime

from tocsin.banks.batch import check_texts
from tocsin.clock import present
from tocsin.exchange.model import OpinionToGive, Stance
from tocsin.exchange.store import GivenOpinion, Giving, UnknownExchangeError
from tocsin.storage import times
from tocsin.storage.database import Database, Row

_ASK = """INSERT INTO exchange_opinion
    (exchange_id, key, entry_id, stance, reason, signal, author, asked, state)
    SELECT id, ?, ?, ?, ?, ?, ?, ?, 'waiting' FROM exchange WHERE name = ? RETURNING id"""
_ALL = """SELECT exchange_opinion.id, exchange.name, entry_id, key, stance, reason, signal, author, asked,
    exchange_opinion.state, exchange_opinion.ended, exchange_opinion.message
    FROM exchange_opinion JOIN exchange ON exchange.id = exchange_opinion.exchange_id"""
_ONE = f"{_ALL} WHERE exchange_opinion.id = ?"
_PAGE = f"{_ALL} WHERE exchange.name = ? AND exchange_opinion.id > ? ORDER BY exchange_opinion.id LIMIT ?"
_NOTE = "UPDATE exchange_opinion SET state = ?, message = ?, ended = ? WHERE id = ?"


class GivenOpinionStore:
    """In one database. Methods take part in the caller's transaction, if there is one."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = present) -> None:
        """Keep them in `database`; `clock` is ours, in UTC."""
        self._database = database
        self._clock = clock

    def ask_opinion(self, name: str, entry: int, what: OpinionToGive, author: str) -> int:
        """Keep one that is to be given; its number. Raises UnknownExchangeError, InvalidTextError."""
        check_texts((name, what.key, what.reason, what.signal, author))
        said = (what.key, entry, what.stance.value, what.reason, what.signal, author)
        with self._database.writing():
            row = self._database.row(_ASK, (*said, times.to_number(self._clock()), name))
        if row is None:
            message = f"there is no exchange named {name!r}"
            raise UnknownExchangeError(message)
        return int(row[0])

    def opinion(self, number: int) -> GivenOpinion | None:
        """An opinion that we give."""
        with self._database.reading():
            row = self._database.row(_ONE, (number,))
        return None if row is None else _opinion(row)

    def opinions(self, name: str, *, after: int = 0, limit: int = 100) -> list[GivenOpinion]:
        """The opinions we give on an exchange's records, oldest first."""
        with self._database.reading():
            return [_opinion(row) for row in self._database.rows(_PAGE, (name, after, limit))]

    def note_opinion(self, number: int, state: Giving, message: str = "") -> None:
        """How far it has come."""
        over = state in {Giving.GIVEN, Giving.REFUSED, Giving.UNKNOWN}
        ended = times.to_number(self._clock()) if over else None
        with self._database.writing():
            self._database.change(_NOTE, (state.value, message, ended, number))


def _opinion(row: Row) -> GivenOpinion:
    number, name, entry, key, stance, reason, signal, author, asked, state, ended, message = row
    return GivenOpinion(
        id=number,
        exchange=name,
        entry=entry,
        what=OpinionToGive(key, Stance(stance), reason, signal),
        author=author,
        asked=times.from_number(asked),
        state=Giving(state),
        ended=times.from_stored(ended),
        message=message,
    )
