"""Committing one page of a partner's list: records become entries, corrections new ones, withdrawals hold.

All of it touches the exchange's own records only, each of which has an entry of its own: the key of that
entry (`entry_key.key`) is made of the exchange, the record's key and the entry before, so that no two records
share one and whatever else is in the bank stays what it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from tocsin.banks.batch import DraftBatch
from tocsin.banks.keys import KEY_BYTES
from tocsin.banks.model import BankKind, EntryDraft
from tocsin.evidence.ledger import Event
from tocsin.exchange.model import Record, Withdrawal
from tocsin.exchange.store import Counts, Exchange
from tocsin.storage import curating, times
from tocsin.storage import statements as sql
from tocsin.storage.adding import add_batch
from tocsin.storage.database import Row
from tocsin.storage.earlier import leave_rematch
from tocsin.storage.exchange_rows import DRAFT, HEARD, SIGNALS, digest_of, number

if TYPE_CHECKING:
    from tocsin.exchange.fitting import Fit
    from tocsin.media.sandbox import JsonObject
    from tocsin.storage.home import Home

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

_IN: Final = "IN ({values})"
_KNOWN = f"""SELECT key, entry_id, digest, generation, withdrawn, ours FROM exchange_record
    WHERE exchange_id = ? AND key {_IN}"""
_KEEP = """INSERT INTO exchange_record
    (exchange_id, key, entry_id, digest, changed, generation, withdrawn, ours) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (exchange_id, key) DO UPDATE SET entry_id = excluded.entry_id, digest = excluded.digest,
        changed = excluded.changed, generation = excluded.generation, withdrawn = excluded.withdrawn,
        ours = excluded.ours"""
_TAKEN_BACK = "UPDATE exchange_record SET withdrawn = ?, ours = ? WHERE exchange_id = ? AND key = ?"
_STANDING = f"SELECT id, withdrawn, withdrawn_reason FROM entry WHERE id {_IN} AND withdrawn IS NOT NULL"
_SUPERSEDED = """INSERT INTO exchange_superseded (entry_id, exchange_id, by_entry, time) VALUES (?, ?, ?, ?)
    ON CONFLICT (entry_id) DO NOTHING"""
_COUNT = "UPDATE exchange SET records = records + ?, withdrawn = withdrawn + ? WHERE id = ?"
_UNHEAR = "DELETE FROM exchange_heard WHERE exchange_id = ? AND key = ?"
_HEAR = """INSERT INTO exchange_heard (exchange_id, key, author, verdict, reason, time, count, heard)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (exchange_id, key, author) DO UPDATE SET verdict = excluded.verdict,
        reason = excluded.reason, time = excluded.time, count = excluded.count, heard = excluded.heard"""


@dataclass(frozen=True, slots=True)
class Known:
    """A record as it is known."""

    entry: int
    digest: bytes
    generation: int
    withdrawn: int | None
    ours: bool


@dataclass(slots=True)
class Sorted:
    """What is to be done with the records of a page."""

    new: list[Record] = field(default_factory=list)
    corrected: list[Record] = field(default_factory=list)
    revived: list[Record] = field(default_factory=list)
    unchanged: list[Record] = field(default_factory=list)
    digests: dict[str, bytes] = field(default_factory=dict)


class Committing:
    """One page on its way in; inside the caller's writing transaction."""

    def __init__(self, home: "Home", exchange: Exchange, generation: int, fitting: "Fit") -> None:
        """Of `exchange`; records are noted as told in `generation`."""
        self._home = home
        self._database = home.database
        self._exchange = exchange
        self._bank = curating.bank(home.database, exchange.bank)
        self._generation = generation
        self._now = times.now()
        self._records = fitting.records
        self._known = self._load((*fitting.records, *fitting.withdrawals))
        self._sorted = self._sort()
        self._gone = self._taken_back(fitting.withdrawals.values())
        self._unknown = sum(1 for key in fitting.withdrawals if key not in self._known)
        self._touched: list[int] = []
        self._entries = 0

    @property
    def loses(self) -> int:
        """How many live records it would withdraw, or replace by others with other signals."""
        replaced = sum(
            1
            for one in self._sorted.corrected
            if (known := self._known[one.key]).withdrawn is None
            and known.digest[SIGNALS] != self._sorted.digests[one.key][SIGNALS]
        )
        return len(self._gone) + replaced

    def run(self) -> Counts:
        """Do it; what became of the records and withdrawals."""
        self._add()
        self._note_unchanged()
        self._revive()
        self._withdraw()
        self._hear()
        counts = Counts(
            added=len(self._sorted.new),
            corrected=len(self._sorted.corrected),
            withdrawn=len(self._gone),
            reinstated=len(self._sorted.revived),
            unchanged=len(self._sorted.unchanged),
            unknown=self._unknown,
        )
        self._tell(counts)
        return counts

    def _load(self, keys: Sequence[str]) -> dict[str, Known]:
        rows = self._database.rows_among(_KNOWN, (self._exchange.id,), sorted(set(keys)))
        return {
            key: Known(entry, bytes(digest), generation, withdrawn, bool(ours))
            for key, entry, digest, generation, withdrawn, ours in rows
        }

    def _sort(self) -> Sorted:
        found = Sorted()
        for key, record in self._records.items():
            digest = found.digests[key] = digest_of(record)
            known = self._known.get(key)
            if known is None:
                found.new.append(record)
            elif known.digest[DRAFT] != digest[DRAFT]:
                found.corrected.append(record)
            elif known.withdrawn is not None and record.draft.withdrawn is None:
                found.revived.append(record)
            else:
                found.unchanged.append(record)
        return found

    def _taken_back(self, withdrawals: Iterable[Withdrawal]) -> list[Withdrawal]:
        """Withdrawals of live records; a record that arrives withdrawn is one too."""
        told = [
            Withdrawal(one.key, one.draft.withdrawn_reason, one.draft.withdrawn)
            for one in self._sorted.unchanged
            if one.draft.withdrawn is not None
        ]
        live = {key for key, known in self._known.items() if known.withdrawn is None}
        return [one for one in (*withdrawals, *told) if one.key in live]

    def _add(self) -> None:
        """New records, and corrected ones in place of what they were."""
        records = self._sorted.new + self._sorted.corrected
        if not records:
            return
        local = self._withdrawn_here()
        drafts = [self._draft(one, local) for one in records]
        batch = DraftBatch.of(drafts)
        batch.keys[:] = [self._entry_key(one) for one in records]
        placed = add_batch(self._database, self._bank.id, batch)
        if placed.counts.added != len(records):
            message = "an entry's key is taken, though each is made for one entry"
            raise AssertionError(message)
        rows = []
        for entry, record in zip(placed.ids, records, strict=True):
            withdrawn = number(record.draft.withdrawn)
            rows.append(
                (
                    self._exchange.id,
                    record.key,
                    entry,
                    self._sorted.digests[record.key],
                    number(record.changed),
                    self._generation,
                    withdrawn,
                    int(withdrawn is not None),
                )
            )
        self._database.change_many(_KEEP, sorted(rows))
        self._supersede(records, placed.ids)
        self._touched += [entry for entry, one in zip(placed.ids, drafts, strict=True) if not one.withdrawn]
        self._entries += placed.counts.added

    def _withdrawn_here(self) -> dict[int, tuple[int, str]]:
        """Entries of corrected records that somebody here has withdrawn: when and why."""
        entries = [
            known.entry
            for one in self._sorted.corrected
            if (known := self._known[one.key]).withdrawn is None or not known.ours
        ]
        rows = self._database.rows_among(_STANDING, (), sorted(entries))
        return {entry: (when, why) for entry, when, why in rows}

    def _draft(self, record: Record, local: dict[int, tuple[int, str]]) -> EntryDraft:
        """A record's entry: withdrawn where the one before it was by somebody here, for the same signals."""
        draft = record.draft
        known = self._known.get(record.key)
        if known is None or draft.withdrawn is not None or (why := local.get(known.entry)) is None:
            return draft
        if known.digest[SIGNALS] != self._sorted.digests[record.key][SIGNALS]:
            return draft
        return replace(draft, withdrawn=times.from_number(why[0]), withdrawn_reason=why[1])

    def _entry_key(self, record: Record) -> bytes:
        known = self._known.get(record.key)
        before = known.entry if known else 0
        data = f"exchange\0{self._exchange.id}\0{before}\0{record.key}".encode()
        return blake2b(data, digest_size=KEY_BYTES).digest()

    def _supersede(self, records: Sequence[Record], entries: Sequence[int]) -> None:
        """Withdraw the entries before corrections, and note by which they were superseded."""
        rows, live_before = [], 0
        for entry, record in zip(entries, records, strict=True):
            if (known := self._known.get(record.key)) is not None:
                rows.append((known.entry, entry))
                live_before += known.withdrawn is None
        now_withdrawn = sum(1 for one in records if one.draft.withdrawn is not None)
        before_withdrawn = len(rows) - live_before
        self._database.change(
            _COUNT, (len(records) - len(rows), now_withdrawn - before_withdrawn, self._exchange.id)
        )
        self._withdraw_entries([(old, f"corrected by entry {new}", self._now) for old, new in rows])
        noted = [(old, self._exchange.id, new, self._now) for old, new in rows]
        self._database.change_many(_SUPERSEDED, noted)

    def _note_unchanged(self) -> None:
        """Those that were told in this generation, and what others say now."""
        rows = [
            self._row(one, withdrawn=known.withdrawn, ours=known.ours)
            for one in self._sorted.unchanged
            if (known := self._known[one.key]).generation != self._generation
            or known.digest != self._sorted.digests[one.key]
        ]
        rows += [self._row(one, withdrawn=None, ours=False) for one in self._sorted.revived]
        if rows:
            self._database.change_many(_KEEP, sorted(rows))

    def _row(self, record: Record, *, withdrawn: int | None, ours: bool) -> Row:
        """What is kept of a record that keeps its entry."""
        about = (self._known[record.key].entry, self._sorted.digests[record.key], number(record.changed))
        return (self._exchange.id, record.key, *about, self._generation, withdrawn, int(ours))

    def _revive(self) -> None:
        """Reinstate the entries of records that came live again, unless somebody here withdrew them too."""
        entries = [known.entry for one in self._sorted.revived if (known := self._known[one.key]).ours]
        self._database.change(_COUNT, (0, -len(self._sorted.revived), self._exchange.id))
        done = (
            self._database.change_many(sql.REINSTATE, [(self._now, one) for one in sorted(entries)])
            if entries
            else 0
        )
        self._database.change(sql.CHANGE_COUNTS, (0, -done, self._bank.id))
        self._touched += entries

    def _withdraw(self) -> None:
        """Take back what the partner takes back."""
        entries = sorted(self._known[one.key].entry for one in self._gone)
        before = {entry for entry, *_ in self._database.rows_among(_STANDING, (), entries)}
        rows, told = [], []
        for one in self._gone:
            entry = self._known[one.key].entry
            when = self._now if one.time is None else times.to_number(one.time)
            told.append((when, int(entry not in before), self._exchange.id, one.key))
            rows.append((entry, one.reason or "withdrawn by the partner", when))
        self._database.change_many(_TAKEN_BACK, told)
        self._database.change(_COUNT, (0, len(told), self._exchange.id))
        self._withdraw_entries(rows)

    def _withdraw_entries(self, rows: list[tuple[int, str, int]]) -> None:
        """Withdraw entries (number, why, when) that are live."""
        if not rows:
            return
        values = [(when, why, self._now, one) for one, why, when in sorted(rows)]
        done = self._database.change_many(sql.WITHDRAW, values)
        self._database.change(sql.CHANGE_COUNTS, (0, done, self._bank.id))
        if self._bank.policy.kind is BankKind.ALLOW:  # what it suppressed counts again
            self._touched += [one for one, *_ in rows]

    def _hear(self) -> None:
        """Keep what others say of records, in place of what they said before."""
        rows, emptied = [], []
        for key, record in self._records.items():
            known, digest = self._known.get(key), self._sorted.digests[key]
            if known is not None and known.digest[HEARD] == digest[HEARD]:
                continue
            if known is not None:
                emptied.append((self._exchange.id, key))
            for one in record.heard:
                said = (one.verdict.value, one.reason, number(one.time), one.count, self._now)
                rows.append((self._exchange.id, key, one.author, *said))
        if emptied:
            self._database.change_many(_UNHEAR, emptied)
        if rows:
            self._database.change_many(_HEAR, rows)

    def _tell(self, counts: Counts) -> None:
        """If entries changed: record it, raise the bank's version, have matching and the index follow."""
        if not (counts.added or counts.corrected or counts.withdrawn or counts.reinstated):
            return
        detail: JsonObject = {"exchange": self._exchange.name, **counts.to_json()}
        self._home.ledger.append(Event("entries.exchanged", "node", f"bank:{self._bank.name}", detail))
        self._database.change(sql.RAISE_VERSION, (self._bank.id,))
        leave_rematch(self._database, self._bank.name, self._touched)
        self._database.after_commit(self._home.follow)
