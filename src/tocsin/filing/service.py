"""Everything about reports to authorities, in one place to hand around."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.filing.connections import Connections
    from tocsin.filing.destroying import Destroying
    from tocsin.filing.drafting import Drafting
    from tocsin.filing.duties import Duties
    from tocsin.filing.gathering import Gathering
    from tocsin.filing.holds import Holds
    from tocsin.filing.nca.register import Register
    from tocsin.filing.notices import Notices
    from tocsin.filing.outbox import Outbox
    from tocsin.filing.store_filings import Filings


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
