"""The services of review, put together over one node's stores."""

from functools import partial
from typing import TYPE_CHECKING, Protocol

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
    from tocsin.node.node import Node
    from tocsin.node.settings import ReviewSettings
    from tocsin.storage.database import Database
    from tocsin.storage.earlier import EarlierContents
    from tocsin.storage.home import Home
    from tocsin.storage.ledger import LedgerStore
    from tocsin.storage.submissions import SubmissionStore


class Parts(Protocol):
    """What of a node cases are opened and decided with; a shell has these without the rest of it."""

    @property
    def banks(self) -> "Home":
        """The home."""
        ...

    @property
    def database(self) -> "Database":
        """Its database."""
        ...

    @property
    def ledger(self) -> "LedgerStore":
        """What was done."""
        ...

    @property
    def submissions(self) -> "SubmissionStore":
        """What was submitted."""
        ...

    @property
    def earlier(self) -> "EarlierContents":
        """The index of it."""
        ...

    @property
    def curation(self) -> "Curation":
        """The banks, as people change them."""
        ...

    @property
    def review_settings(self) -> "ReviewSettings":
        """The settings of review."""
        ...


def casework(node: Parts) -> Casework:
    """What opens cases as submissions are matched. Raises what reading the home's rule packs raises."""
    return Casework(
        node.database,
        OpeningStore(node.database, ObservationStore(node.database)),
        node.submissions,
        node.ledger,
        node.earlier,
        due=partial(due_by_law, packs=packs_with(law_folder(node.banks.folder))),
        open_all=node.review_settings.open == "all",
    )


def review(node: "Node") -> Review:
    """The services of review. Raises what reading the home's rule packs raises."""
    packs, database, settings = packs_with(law_folder(node.banks.folder)), node.database, node.review_settings
    observations, decisions = ObservationStore(database), DecisionStore(database)
    cases = case_store(node)
    viewing = Viewing(
        database,
        ViewingStore(database),
        cases,
        decisions,
        node.renderer,
        node.ledger,
        settings.limits,
        settings.zone,
        settings.languages,
    )
    return Review(
        queue=Queue(
            database,
            cases,
            node.ledger,
            viewing.opted_out,
            partial(_reviews, node.accounts),
            queues=settings.queues,
        ),
        observing=Observing(database, cases, observations, node.ledger, partial(knows, packs=packs)),
        deciding=deciding(node, cases),
        viewing=viewing,
        packs=packs,
    )


def case_store(node: Parts) -> CaseStore:
    """Where cases are kept."""
    return CaseStore(node.database, ObservationStore(node.database), lease=node.review_settings.lease)


def deciding(node: Parts, cases: CaseStore) -> Deciding:
    """Decisions about cases."""
    observations, decisions = ObservationStore(node.database), DecisionStore(node.database)
    effects = Effects(node.curation, node.submissions, observations, decisions)
    return Deciding(
        node.database, cases, decisions, effects, node.ledger, undo_within=node.review_settings.undo
    )


def _reviews(accounts: "Accounts", principal: str) -> bool:
    """Whether somebody of that id is a person who may review."""
    kind, _, name = principal.partition(":")
    found = (person for person in accounts.people.all(_NODE) if person.name == name)
    return kind == "person" and any(
        person.active and Permission.REVIEW in permissions_of(person.roles) for person in found
    )


_NODE: Principal = local("node")
"""Reads who there is, for nobody in particular."""
