"""The services of review, put together over one node's stores."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from tocsin.access.errors import UnknownPersonError
from tocsin.access.model import Permission, Principal, local, permissions_of
from tocsin.cases.deciding import Deciding
from tocsin.cases.effects import Effects
from tocsin.cases.observing import Observing
from tocsin.cases.opening import Casework, due_by_law
from tocsin.cases.queue import Queue
from tocsin.cases.service import Review
from tocsin.cases.viewing import Viewing
from tocsin.config import law_folder
from tocsin.law.packs import packs_with
from tocsin.law.schemes import knows
from tocsin.storage.case_openings import OpeningStore
from tocsin.storage.cases import CaseStore
from tocsin.storage.decisions import DecisionStore
from tocsin.storage.observations import ObservationStore
from tocsin.storage.viewing import ViewingStore

if TYPE_CHECKING:
    from tocsin.access.accounts import Accounts
    from tocsin.banks.curation import Curation
    from tocsin.evidence.metadata import MetadataReader
    from tocsin.evidence.renditions import Renderer
    from tocsin.law.packs import Packs
    from tocsin.node.settings import ReviewSettings
    from tocsin.storage.database import Database
    from tocsin.storage.earlier import EarlierContents
    from tocsin.storage.home import Home
    from tocsin.storage.ledger import LedgerStore
    from tocsin.storage.submissions import SubmissionStore


@dataclass(frozen=True)
class Parts:
    """What of a node cases are opened and decided with; a shell has these without the rest of it."""

    banks: "Home"
    database: "Database"
    ledger: "LedgerStore"
    submissions: "SubmissionStore"
    earlier: "EarlierContents"
    curation: "Curation"
    settings: "ReviewSettings"

    @cached_property
    def packs(self) -> "Packs":
        """The rule packs that hold in the home, read once. Raises what reading its own ones raises."""
        return packs_with(law_folder(self.banks.folder))


def casework(parts: Parts) -> Casework:
    """What opens cases as submissions are matched. Raises what reading the home's rule packs raises."""
    return Casework(
        parts.database,
        OpeningStore(parts.database, ObservationStore(parts.database)),
        parts.submissions,
        parts.ledger,
        parts.earlier,
        due=partial(due_by_law, packs=parts.packs),
        open_all=parts.settings.open == "all",
    )


def review(parts: Parts, renderer: "Renderer", reader: "MetadataReader", accounts: "Accounts") -> Review:
    """The services of review. Raises what reading the home's rule packs raises."""
    database, settings = parts.database, parts.settings
    observations, decisions = ObservationStore(database), DecisionStore(database)
    cases = case_store(parts)
    viewing = Viewing(
        database,
        ViewingStore(database),
        cases,
        decisions,
        renderer,
        reader,
        parts.ledger,
        settings.limits,
        settings.zone,
        settings.languages,
    )
    return Review(
        queue=Queue(
            database,
            cases,
            parts.ledger,
            viewing.opted_out,
            partial(_reviews, accounts),
            queues=settings.queues,
        ),
        observing=Observing(database, cases, observations, parts.ledger, partial(knows, packs=parts.packs)),
        deciding=deciding(parts, cases),
        viewing=viewing,
        packs=parts.packs,
    )


def case_store(parts: Parts) -> CaseStore:
    """Where cases are kept."""
    return CaseStore(parts.database, ObservationStore(parts.database), lease=parts.settings.lease)


def deciding(parts: Parts, cases: CaseStore) -> Deciding:
    """Decisions about cases."""
    observations, decisions = ObservationStore(parts.database), DecisionStore(parts.database)
    effects = Effects(parts.curation, parts.submissions, observations, decisions)
    return Deciding(parts.database, cases, decisions, effects, parts.ledger, undo_within=parts.settings.undo)


def _reviews(accounts: "Accounts", principal: str) -> bool:
    """Whether somebody of that id is a person who may review."""
    kind, _, name = principal.partition(":")
    if kind != "person":
        return False
    try:
        person = accounts.people.person(_NODE, name)
    except UnknownPersonError:
        return False
    return person.active and Permission.REVIEW in permissions_of(person.roles)


_NODE: Principal = local("node")
"""Reads who there is, for nobody in particular."""
