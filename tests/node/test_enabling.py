"""Contents that were switched off for a while come back, recorded once and as done by the node."""

from datetime import timedelta
from pathlib import Path

from tocsin.banks.model import EntryDraft, Policy
from tocsin.hashing.signals import Signal, SignalType
from tocsin.jobs.model import JobState, NewJob
from tocsin.node.enabling import Enabling
from tocsin.storage.hma import DISABLED, ENABLE, ContentNote, HmaNotes
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore

UNTIL = 1_900_000_000


def test_what_was_switched_off_comes_back_and_the_ledger_says_so_once(tmp_path: Path) -> None:
    with Home.open(tmp_path, create=True) as home:
        jobs, notes = JobStore(home.database), HmaNotes(home.database)
        home.create_bank("A", Policy())
        (entry,) = home.add_entries("A", [EntryDraft((Signal(SignalType.MD5, bytes(16)),))]).entry_ids
        home.withdraw([entry], DISABLED)
        notes.set_content(entry, ContentNote(UNTIL))
        leased = jobs.enqueue(NewJob(ENABLE, {"entry": entry, "until": UNTIL}), leased=timedelta(minutes=1))
        before = home.ledger.count()
        Enabling(home.database, home, notes, jobs).handlers()[ENABLE](leased)
        assert home.entry(entry).withdrawn is None
        assert [(row.kind, row.actor) for row in home.ledger.rows(before)] == [("entry.reinstated", "node")]
        assert jobs.job(leased.id).state is JobState.DONE
