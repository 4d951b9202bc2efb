"""Everything about reports to authorities, in one place to hand around."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.filing.asked import destructions, questions
from tocsin.filing.errors import NoReceiptError

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.filing.connections import Connections
    from tocsin.filing.destroying import Destroying
    from tocsin.filing.drafting import Drafting
    from tocsin.filing.duties import Duties
    from tocsin.filing.gathering import Gathering
    from tocsin.filing.holds import Holds
    from tocsin.filing.model import Receipt
    from tocsin.filing.nca.register import Register
    from tocsin.filing.notices import Notices
    from tocsin.filing.outbox import Outbox
    from tocsin.filing.store_filings import Filings
    from tocsin.law.owing import Owed


@dataclass(frozen=True, slots=True)
class Reporting:
    """The services of this room, over one database. Threads may share them."""

    filings: "Filings"
    gathering: "Gathering"
    drafting: "Drafting"
    outbox: "Outbox"
    connections: "Connections"
    duties: "Duties"
    holds: "Holds"
    destroying: "Destroying"
    notices: "Notices"
    register: "Register"

    def receipt(self, number: int) -> "Receipt":
        """The receipt of a filing. Raises UnknownFilingError, NoReceiptError."""
        filing = self.filings.filing(number)
        found = self.filings.receipt(number)
        if found is None:
            message = f"filing {number} is {filing.state}"
            raise NoReceiptError(message)
        return found

    def owed(self, case: int, on: "datetime") -> "tuple[Owed, ...]":
        """Every duty as it stands for a case at a time. Raises UnknownCaseError."""
        with self.gathering.transactions.reading():
            record = self.gathering.record(case)
            receipts = self.filings.receipts_of_case([case])
            asked = questions(self.register.store, case, on)
            asked += destructions(self.destroying.records, record, on)
            return self.duties.of(record, receipts, on, events=asked)
