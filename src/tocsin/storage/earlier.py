"""What was submitted earlier, as retroactive matching looks it up: `tocsin.intake.retroactive.Earlier`."""

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.retroactive import rematch_job
from tocsin.storage import reading
from tocsin.storage.database import Database
from tocsin.storage.jobs import JobStore

if TYPE_CHECKING:
    from tocsin.storage.near import NearSearch

INDEX = Path("index", "contents")
_SIGNALS_OF_ENTRIES = """
    SELECT id, entry_id, entry_id, type, value, quality, view, dialect, orientation
    FROM signal WHERE entry_id >= ? AND entry_id <= ? ORDER BY entry_id, id"""
# "type <> 'pdq'" repeats the condition of the partial index exact_content_signal.
_EXACT = """
    SELECT DISTINCT content_id, member FROM content_signal
    WHERE type = ? AND type <> 'pdq' AND value IN ({values})"""
_CONTENT_OF = "SELECT id, content_id, member FROM content_signal WHERE id IN ({values})"
_SHA256 = "SELECT id, sha256 FROM content WHERE id IN ({values}) ORDER BY id"
_Part = tuple[int, int]
"""The numbers of a content, and of a member of it; 0 for the content itself."""


class EarlierContents:
    """The contents of a home. Threads may share it."""

    def __init__(self, home: Path, database: Database) -> None:
        """Search the contents in `database` by the help of an index in the folder `home`."""
        self._folder = home / INDEX
        self._database = database
        self._search: NearSearch[_Part] | None = None
        self._turn = threading.Lock()

    def close(self) -> None:
        """Let the index's files go."""
        if self._search is not None:
            self._search.follower.close()

    def signals_of(self, first: int, last: int) -> list[Signal]:
        """The signals of the entries with these numbers, withdrawn ones included."""
        with self._database.reading():
            return [reading.signal(row) for row in self._database.rows(_SIGNALS_OF_ENTRIES, (first, last))]

    def resembling(
        self, signals: Sequence[Signal], radius: int, *, newest: int | None = None
    ) -> list[tuple[bytes, frozenset[int]]]:
        """Contents with an equal digest, or with a PDQ within `radius` bits, of one of these.

        Each with its SHA-256 and the numbers of its members that resemble them, 0 for itself; oldest first.
        With `newest`, no more than that many PDQ signals are looked at for each of `signals`, the newest. Not
        inside a transaction.
        """
        near = self._near({one.value for one in signals if one.type is SignalType.PDQ}, radius, newest)
        with self._database.reading():
            found = near | self._exact(signals)
            members: defaultdict[int, set[int]] = defaultdict(set)
            for content, member in found:
                members[content].add(member)
            rows = self._database.rows_among(_SHA256, (), sorted(members))
            return [(sha256, frozenset(members[content])) for content, sha256 in rows]

    def _exact(self, signals: Sequence[Signal]) -> set[_Part]:
        found: set[_Part] = set()
        for kind in SignalType:
            asked = {one.value for one in signals if one.type is kind and kind.exact}
            if asked:
                rows = self._database.rows_among(_EXACT, (kind.value,), sorted(asked))
                found |= {(content, member) for content, member in rows}
        return found

    def _near(self, values: set[bytes], radius: int, newest: int | None) -> set[_Part]:
        with self._database.reading():
            there = reading.counters(self._database)["last_content_pdq"] > 0
        if not values or not there:
            return set()
        import numpy as np  # noqa: PLC0415  # 0.2 s that exact look-ups do not need

        queries = np.frombuffer(b"".join(sorted(values)), np.uint8).reshape(-1, SignalType.PDQ.size)
        return {part for _, part, _ in self._searching().search(queries, radius, newest)}

    def _searching(self) -> "NearSearch[_Part]":
        """The search, made when first needed."""
        with self._turn:
            if self._search is None:
                from tocsin.storage.followed import CONTENTS  # noqa: PLC0415
                from tocsin.storage.near import NearSearch  # noqa: PLC0415

                self._search = NearSearch(self._folder, self._database, CONTENTS, _contents_of)
            return self._search


def _contents_of(database: Database, numbers: Collection[int]) -> dict[int, _Part]:
    """What each of these signals belongs to, by the signal's number."""
    rows = database.rows_among(_CONTENT_OF, (), sorted(numbers))
    return {number: (content, member) for number, content, member in rows}


def leave_rematch(database: Database, bank: str, entries: Collection[int]) -> None:
    """In the transaction that adds or changes entries: have earlier submissions matched against them.

    Costs one small read as long as nothing has been submitted.
    """
    if entries and reading.counters(database)["content"] > 0:
        JobStore(database).enqueue(rematch_job(bank, entries))
