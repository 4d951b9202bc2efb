"""The home: banks in a database, and a folder with the PDQ index that follows it."""

import logging
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tocsin.banks.batch import Batch, DraftBatch
from tocsin.banks.model import Bank, BankKind, Entry, EntryDraft, Policy
from tocsin.banks.store import (
    AddCounts,
    AddResult,
    BadLine,
    BankCounts,
    ImportProgress,
    KnownSignal,
    NearHit,
    UnfinishedImport,
    UnknownEntryError,
)
from tocsin.errors import Error
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage import curating, imports, reading
from tocsin.storage import statements as sql
from tocsin.storage.adding import Placed, add_batch
from tocsin.storage.database import Database
from tocsin.storage.earlier import leave_rematch
from tocsin.storage.opening import DATABASE, open_database
from tocsin.storage.recording import Recorder

if TYPE_CHECKING:
    from tocsin.storage.ledger import LedgerStore
    from tocsin.storage.near import NearSearch

_LOG = logging.getLogger(__name__)
__all__ = ["DATABASE", "INDEX", "Home"]

Added = Callable[[str, Sequence[int]], None]
"""Is told a bank's name and the numbers of the entries added, some of which may have arrived withdrawn."""
INDEX = Path("index", "pdq")
_PAGE = 1000


class Home:
    """Everything that rests in one folder; implements `tocsin.banks.store.ImportStore`.

    Any number of processes and threads may use the same folder at once. Each method that writes is one
    transaction: what it did is durable when it returns, and what every other process sees from then on.
    """

    def __init__(
        self, folder: Path, database: Database, added: Added | None = None, actor: str | None = None
    ) -> None:
        """The home in `folder`, whose banks are in `database`; `Home.open` finds out which that is.

        `added` is told in the same transaction of entries that were added or reinstated. `actor` is who does
        it, for the ledger: whoever runs this process, unless given.
        """
        self.folder = folder
        self.database = database
        self._added = added
        self._recorder = Recorder(folder, database, actor)
        self._search: NearSearch[KnownSignal] | None = None
        self._turn = threading.RLock()

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, create: bool = False, actor: str | None = None) -> Self:
        """Open the home in folder `path`; with `create`, make it (readable by its owner only) if need be.

        An existing SQLite file without tables is damaged, not new.

        Raises NoHomeError, OwnerError, FutureSchemaError, OldSqliteError, StoreAccessError,
        StoreDamagedError, and where the settings name a PostgreSQL database also SettingsError,
        StoreUnreachableError, NoPostgresError, UnsuitableServerError.
        """
        folder = Path(path)
        return cls(folder, open_database(folder, create=create), actor=actor)

    @property
    def ledger(self) -> "LedgerStore":
        """Where each change is recorded in its transaction; its keys are made when first needed."""
        return self._recorder.ledger

    def acting_as(self, actor: str) -> AbstractContextManager[None]:
        """What this thread changes inside is recorded as done by `actor`."""
        return self._recorder.acting_as(actor)

    def close(self) -> None:
        """Let the database and the index go."""
        with self._turn:
            if self._search is not None:
                self._search.follower.close()
            self.database.close()

    def __enter__(self) -> Self:
        """The home itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def banks(self) -> list[Bank]:
        """All banks, by name."""
        with self.database.reading():
            return [reading.bank(row) for row in self.database.rows(sql.BANKS)]

    def bank(self, name: str) -> Bank:
        """The bank of that name. Raises UnknownBankError."""
        with self.database.reading():
            return curating.bank(self.database, name)

    def create_bank(self, name: str, policy: Policy) -> Bank:
        """Make a bank.

        Raises BankExistsError, InvalidBankNameError, InvalidPolicyError, InvalidTextError.
        """
        with self.database.writing():
            made = curating.create_bank(self.database, name, policy)
            self._recorder.bank_created(name, policy)
        return made

    def set_policy(self, name: str, policy: Policy) -> Bank:
        """Replace a bank's policy. Raises UnknownBankError, InvalidPolicyError, InvalidTextError."""
        with self.database.writing():
            changed = curating.set_policy(self.database, name, policy)
            self._recorder.policy_set(name, policy)
            self._tell_of(name, curating.entry_range(self.database, changed.id))
        return changed

    def remove_bank(self, name: str) -> int:
        """Delete a bank with its entries for good; how many entries that were. Raises UnknownBankError."""
        with self.database.writing():
            removed = curating.remove_bank(self.database, name)
            self._recorder.bank_removed(name, removed)
            self.database.after_commit(self.follow)
        return removed

    def counts(self, name: str) -> BankCounts:
        """How many entries a bank holds. Raises UnknownBankError."""
        with self.database.reading():
            number = curating.bank(self.database, name).id
            return BankCounts(*self.database.rows(sql.COUNTS, (number,))[0])

    def add_entries(self, name: str, drafts: Iterable[EntryDraft]) -> AddResult:
        """Add entries to a bank; drafts already there are left as they are, unless they say "withdrawn".

        Raises UnknownBankError, NoSignalError, InvalidTextError, and then adds nothing.
        """
        batch = DraftBatch.of(drafts)
        with self.database.writing():
            number = curating.bank(self.database, name).id
            placed = add_batch(self.database, number, batch)
            self._tell_of(name, placed.added)
            self._changed(number, name, [placed])
        counts = placed.counts
        return AddResult(
            tuple(placed.ids), counts.added, counts.already_there, counts.still_withdrawn, counts.withdrawn
        )

    def entries(self, name: str) -> Iterator[Entry]:
        """A bank's entries, withdrawn ones included, in the order added. Raises UnknownBankError.

        They are read a page at a time, so what is added meanwhile comes as well.
        """
        number = self.bank(name).id
        after = 0
        while page := self._page(number, after, _PAGE):
            yield from page
            after = page[-1].id

    def page(self, name: str, *, after: int, limit: int) -> list[Entry]:
        """Up to `limit` entries of a bank with numbers beyond `after`, in order. Raises UnknownBankError."""
        return self._page(self.bank(name).id, after, limit)

    def _page(self, number: int, after: int, limit: int) -> list[Entry]:
        with self.database.reading():
            rows = self.database.rows(sql.ENTRIES_AFTER, (number, after, limit))
            return reading.entries(self.database, rows)

    def entry(self, entry_id: int) -> Entry:
        """One entry, withdrawn or not. Raises UnknownEntryError."""
        with self.database.reading():
            found = reading.entries(self.database, self.database.rows(sql.ENTRY, (entry_id,)))
        if not found:
            message = f"there is no entry number {entry_id}"
            raise UnknownEntryError(message)
        return found[0]

    def withdraw(self, entry_ids: Sequence[int], reason: str) -> int:
        """Withdraw entries; how many were live before. Raises UnknownEntryError, InvalidTextError."""
        with self.database.writing():
            changed = curating.withdraw(self.database, entry_ids, reason)
            self._recorder.withdrawn(changed, reason)
            for name, numbers in changed.items():
                if curating.bank(self.database, name).policy.kind is BankKind.ALLOW:
                    self._tell_of(name, numbers)  # what it suppressed counts again
        return sum(map(len, changed.values()))

    def reinstate(self, entry_ids: Sequence[int]) -> int:
        """Undo withdrawals; how many were withdrawn before. Raises UnknownEntryError."""
        with self.database.writing():
            changed = curating.reinstate(self.database, entry_ids)
            self._recorder.reinstated(changed)
            for name, numbers in changed.items():
                self._tell_of(name, numbers)
        return sum(map(len, changed.values()))

    def exact(self, signals: Sequence[Signal]) -> list[NearHit]:
        """Live signals equal to one of `signals`; those of a perceptual type find nothing here."""
        found: defaultdict[tuple[SignalType, bytes], list[KnownSignal]] = defaultdict(list)
        with self.database.reading():
            for kind in SignalType:
                asked = {signal.value for signal in signals if signal.type is kind and kind.exact}
                rows = list(self.database.rows_among(sql.LIVE_EXACT, (kind.value,), sorted(asked)))
                for one in reading.known_signals(self.database, rows).values():
                    found[kind, one.signal.value].append(one)
        return [
            NearHit(query, one, 0)
            for query, signal in enumerate(signals)
            for one in found.get((signal.type, signal.value), ())
        ]

    def near(self, values: Sequence[bytes], radius: int) -> list[NearHit]:
        """Live PDQ signals within `radius` bits of one of `values` (32 bytes each), nearest first."""
        if self.database.inside:
            message = "searching compares the index with the newest state, which a transaction does not see"
            raise RuntimeError(message)
        if not values or (self._search is None and not self._has_pdq()):
            return []
        import numpy as np  # noqa: PLC0415  # 0.2 s that exact look-ups do not need

        queries = np.frombuffer(b"".join(values), np.uint8).reshape(-1, SignalType.PDQ.size)
        return [NearHit(*hit) for hit in self._near_search().search(queries, radius)]

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Expect many batches: the index stays open for writing meanwhile."""
        with self._turn:
            search = self._near_search()
        with search.follower.held():
            yield

    def unfinished_import(self, name: str, fingerprint: str) -> UnfinishedImport | None:
        """The interrupted import of that fingerprint, if there is one. Raises UnknownBankError."""
        with self.database.reading():
            number = curating.bank(self.database, name).id
            return imports.unfinished(self.database, number, fingerprint)

    def add_batches(
        self, name: str, batches: Sequence[Batch], progress: ImportProgress | None, bad: Sequence[BadLine]
    ) -> AddCounts:
        """Add batches, note how far the import has come and what it set aside. Raises UnknownBankError."""
        with self.database.writing():
            number = curating.bank(self.database, name).id
            placed = []
            for batch in batches:
                placed.append(add_batch(self.database, number, batch))
                self._tell_of(name, placed[-1].added)
            counts = self._changed(number, name, placed)
            if progress is not None:
                imports.save(self.database, number, progress, counts, bad)
        return counts

    def finish_import(self, name: str, fingerprint: str) -> None:
        """Forget the progress of an import that has come to its end. Raises UnknownBankError."""
        with self.database.writing():
            number = curating.bank(self.database, name).id
            if (done := imports.unfinished(self.database, number, fingerprint)) is not None:
                self._recorder.import_finished(name, done.progress)
                imports.forget(self.database, number, fingerprint)

    def preload(self) -> None:
        """Bring what looking up needs into memory, before the first look-up: worth it for a server."""
        if self._has_pdq():
            self._near_search().follower.preload()

    def _has_pdq(self) -> bool:
        """Whether any PDQ signal was ever added."""
        with self.database.reading():
            return reading.counters(self.database)["last_pdq"] > 0

    def lag(self) -> int:
        """How many signal numbers the PDQ index has not come to yet; those are searched one by one."""
        return self._near_search().follower.lag() if self._has_pdq() else 0

    def _tell_of(self, name: str, entry_ids: Sequence[int]) -> None:
        """Have earlier submissions matched with entries that can be found from now on, or count otherwise."""
        if not entry_ids:
            return
        leave_rematch(self.database, name, entry_ids)
        if self._added is not None:
            self._added(name, entry_ids)

    def _changed(self, bank_id: int, name: str, placed: Sequence[Placed]) -> AddCounts:
        """If anything was added or withdrawn: record it, raise the bank's version, have the index follow."""
        counts = sum((one.counts for one in placed), AddCounts())
        if counts.added or counts.withdrawn:
            self._recorder.entries_added(name, placed)
            self.database.change(sql.RAISE_VERSION, (bank_id,))
            self.database.after_commit(self.follow)
        return counts

    def follow(self) -> None:
        """Bring the index up to what has been committed; every method that adds has that done by itself.

        Failing at that is no failure of what was committed: what is newer than the index is compared row by
        row. Nothing is done inside a transaction, which does not see the newest state.
        """
        try:
            if not self.database.inside and self._has_pdq():
                with self._turn:
                    self._near_search().follower.follow()
        except Error as error:
            _LOG.warning("the PDQ index could not be brought up to date: %s", error)

    def _near_search(self) -> "NearSearch[KnownSignal]":
        """The search, with its index, made when first needed: NumPy takes 0.2 s to import."""
        if self._search is not None:
            return self._search
        with self._turn:
            if self._search is None:
                from tocsin.storage.followed import ENTRIES  # noqa: PLC0415
                from tocsin.storage.near import NearSearch  # noqa: PLC0415

                self._search = NearSearch(self.folder / INDEX, self.database, ENTRIES, reading.live_signals)
            return self._search
