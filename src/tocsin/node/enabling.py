"""Contents that HMA's clients switched off for a while: switched on when the time has come, by a job."""

from collections.abc import Callable, Mapping

from tocsin.banks.curation import RecordedBanks
from tocsin.banks.store import UnknownEntryError
from tocsin.intake.screening import NODE
from tocsin.jobs.model import Job, JobQueue
from tocsin.media.answers import number_in
from tocsin.storage.hma import DISABLED, ENABLE, HmaNotes
from tocsin.transactions import Transactions


class Enabling:
    """Does the jobs that `disable_until_ts` leaves behind."""

    def __init__(
        self, transactions: Transactions, banks: RecordedBanks, notes: HmaNotes, jobs: JobQueue
    ) -> None:
        """All are of one database."""
        self._transactions = transactions
        self._banks = banks
        self._notes = notes
        self._jobs = jobs

    def handlers(self) -> Mapping[str, Callable[[Job], None]]:
        """What does the job."""
        return {ENABLE: self._enable}

    def _enable(self, job: Job) -> None:
        """Reinstate the entry, if it still is what the job was left for."""
        entry, until = number_in(job.payload["entry"]), number_in(job.payload["until"])
        with self._transactions.writing(), self._banks.acting_as(NODE):
            if self._waits(entry, until):
                self._banks.reinstate([entry])
            self._jobs.done(job)

    def _waits(self, number: int, until: int) -> bool:
        try:
            entry = self._banks.entry(number)
        except UnknownEntryError:
            return False  # its bank is gone
        return entry.withdrawn_reason == DISABLED and self._notes.content(number).disable_until == until
