"""Reports to authorities, put together over one node's stores."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.clock import present
from tocsin.filing.destroying import Destroying
from tocsin.filing.drafting import Drafting
from tocsin.filing.duties import Duties
from tocsin.filing.extents import Extents
from tocsin.filing.gathering import Gathering
from tocsin.filing.holds import Holds
from tocsin.filing.model import Authority, Environment
from tocsin.filing.outbox import Outbox
from tocsin.filing.sending import Sending
from tocsin.filing.service import Reporting
from tocsin.filing.settling import Settling
from tocsin.node.authorities import connections
from tocsin.node.notices import NoticeParts, notices, register
from tocsin.node.review import case_store
from tocsin.node.settings import DutiesSettings, FilingSettings
from tocsin.storage.decisions import DecisionStore
from tocsin.storage.destructions import DestructionStore
from tocsin.storage.filing_candidates import CandidateStore
from tocsin.storage.filings import FilingStore
from tocsin.storage.holds import HoldStore
from tocsin.storage.observations import ObservationStore
from tocsin.storage.viewing import ViewingStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tocsin.evidence.keys import Keys
    from tocsin.evidence.metadata import MetadataReader
    from tocsin.evidence.renditions import Renderer
    from tocsin.evidence.vault import Vault
    from tocsin.intake.model import Announce
    from tocsin.jobs.model import JobQueue
    from tocsin.node.review import Parts


@dataclass(frozen=True, slots=True)
class FilingParts:
    """What of a node reports are made and sent with, beside what cases are decided with."""

    review: "Parts"
    keys: "Keys"
    vault: "Vault"
    jobs: "JobQueue"
    announce: "Announce"
    renderer: "Renderer"
    metadata: "MetadataReader"
    clock: "Callable[[], datetime]" = present


def gathering(parts: "Parts") -> Gathering:
    """What collects all that is on record of a case."""
    database = parts.database
    return Gathering(
        database,
        case_store(parts),
        DecisionStore(database),
        ObservationStore(database),
        parts.submissions,
        ViewingStore(database),
    )


def reporting(parts: FilingParts, noticing: NoticeParts) -> Reporting:
    """The services of filing. Raises what reading the home's settings and rule packs raises."""
    database, ledger = parts.review.database, parts.review.ledger
    home = parts.review.banks.folder
    filings, collected = FilingStore(database), gathering(parts.review)
    organisation = FilingSettings.read(home).organisation
    linked = connections(parts.review.banks, parts.keys)
    holds = Holds(database, HoldStore(database), ledger, parts.review.packs)

    def environment() -> Environment:
        return linked.connection(Authority.NCMEC).environment

    return Reporting(
        filings=filings,
        gathering=collected,
        drafting=Drafting(
            database,
            filings,
            collected,
            CandidateStore(database),
            Extents(parts.review.submissions, parts.renderer),
            parts.metadata,
            ledger,
            environment,
            linked.schema,
            organisation,
            parts.clock,
        ),
        outbox=Outbox(
            Sending(
                database,
                filings,
                DecisionStore(database),
                linked,
                parts.vault,
                Settling(filings, parts.jobs, ledger, holds, parts.announce, parts.clock),
                parts.clock,
            )
        ),
        connections=linked,
        duties=Duties(
            DutiesSettings.read(home).organisation, parts.review.packs, holds, filings.filing, filings.draft
        ),
        holds=holds,
        destroying=Destroying(
            database, holds, DestructionStore(database), filings, parts.vault, parts.jobs, ledger
        ),
        notices=notices(noticing),
        register=register(noticing, filings.receipts_of_case, holds, organisation),
    )
