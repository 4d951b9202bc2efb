"""Telling partners what we think of their records: a job each, never sent twice without a person.

What was being sent when the answer was lost may have come through. It is `unknown` then, and stays so until a
person has it sent again.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.errors import Error
from tocsin.evidence.ledger import Event, Ledger
from tocsin.exchange.model import Partner, PartnerUnreachableError
from tocsin.exchange.store import Exchange, Exchanges, GivenOpinion, GivenOpinions, Giving
from tocsin.jobs.model import Job, JobQueue, NewJob
from tocsin.jobs.runner import Handler
from tocsin.media.answers import number_in
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_LOG = logging.getLogger(__name__)
GIVE: Final = "exchange.give"
"""The kind of job that gives one opinion; its payload is `{"opinion": NUMBER}`."""


@dataclass(frozen=True, slots=True)
class GivingWork:
    """Gives opinions. All of one database."""

    transactions: Transactions
    exchanges: Exchanges
    opinions: GivenOpinions
    queue: JobQueue
    ledger: Ledger
    partner: Callable[[Exchange], Partner]

    def handlers(self) -> Mapping[str, Handler]:
        """What does the jobs."""
        return {GIVE: self}

    def __call__(self, job: Job) -> None:
        """Give an opinion that waits. Raises LeaseLostError."""
        number = number_in(job.payload["opinion"])
        with self.transactions.writing():
            found = self.opinions.opinion(number)
            if found is None or found.state is not Giving.WAITING:
                if found is not None and found.state is Giving.SENDING:  # whoever sent it is gone
                    self._note(found, Giving.UNKNOWN, "the node was stopped while it was being sent")
                self.queue.done(job)
                return
            self.opinions.note_opinion(number, Giving.SENDING)
        state, message = self._give(found)
        with self.transactions.writing():
            self._note(found, state, message)
            self.queue.done(job)

    def _give(self, found: GivenOpinion) -> tuple[Giving, str]:
        try:
            self.partner(self.exchanges.exchange(found.exchange)).give(found.what)
        except PartnerUnreachableError as error:
            return Giving.UNKNOWN, error.message
        except Error as error:
            return Giving.REFUSED, error.message
        except Exception as error:  # noqa: BLE001  # logged, and kept as what became of it
            _LOG.exception("an opinion could not be given by a defect", extra={"opinion": found.id})
            return Giving.UNKNOWN, type(error).__name__
        return Giving.GIVEN, ""

    def _note(self, found: GivenOpinion, state: Giving, message: str) -> None:
        self.opinions.note_opinion(found.id, state, message[:1000])
        detail: JsonObject = {"exchange": found.exchange, "opinion": found.id, "state": state.value}
        self.ledger.append(Event("exchange.opinion_given", "node", f"entry:{found.entry}", detail))


def job_of(opinion: int) -> NewJob:
    """The job that gives an opinion."""
    return NewJob(GIVE, {"opinion": opinion})
