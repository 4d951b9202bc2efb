"""The services of review, put together over one node's stores."""

from functools import partial
from typing import TYPE_CHECKING

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
    from tocsin.node.node import Node


def casework(node: "Node") -> Casework:
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
    cases = CaseStore(database, observations, lease=settings.lease)
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
        queue=Queue(database, cases, node.ledger, viewing.opted_out, partial(_reviews, node.accounts)),
        observing=Observing(database, cases, observations, node.ledger, partial(knows, packs=packs)),
        deciding=Deciding(
            database,
            cases,
            decisions,
            Effects(node.curation, node.submissions, observations, decisions),
            node.ledger,
        ),
        viewing=viewing,
        packs=packs,
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
