"""A small node in a temporary home, its interface, and callers of every kind; for tests of the web."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from tocsin.access.model import EVERY_BANK, ROLES, Principal, Right, local
from tocsin.access.tokens import Scope
from tocsin.banks.model import EntryDraft, Policy
from tocsin.config import SETTINGS
from tocsin.hashing.signals import Signal
from tocsin.node.node import Node
from tocsin.node.settings import NodeSettings
from tocsin.web.app import Limits, create_app

OPERATOR: Principal = local("tests")
SMALL = NodeSettings(children=1, explain="fast")
QUEUES = ("later", "legal", "urgent")
ALL_RIGHTS = {EVERY_BANK: frozenset(Right)}


@dataclass(frozen=True, slots=True)
class Served:
    """A node with its interface."""

    node: Node
    app: FastAPI
    client: TestClient

    def token(
        self, name: str, *roles: str, banks: dict[str, frozenset[Right]] | None = None, rate: int = 0
    ) -> str:
        """A new token with these roles; with all rights in every bank unless others are given."""
        scope = Scope(frozenset(roles), ALL_RIGHTS if banks is None else banks, rate, timedelta(days=1))
        return self.node.accounts.tokens.create(OPERATOR, name, scope)

    def everything(self, name: str = "everything") -> dict[str, str]:
        """Headers of a token that may do all there is."""
        return bearer(self.token(name, *ROLES))

    def bank(self, name: str, *signals: Signal, policy: Policy | None = None) -> list[int]:
        """A bank with an entry for each signal; their numbers."""
        self.node.curation.create_bank(OPERATOR, name, policy or Policy())
        drafts = [EntryDraft((one,)) for one in signals]
        return list(self.node.curation.add(OPERATOR, name, drafts).entry_ids) if drafts else []


def bearer(token: str) -> dict[str, str]:
    """The header that a token goes into."""
    return {"Authorization": f"Bearer {token}"}


def with_queues(home: Path) -> Path:
    """A home whose settings name the queues that tests move cases to, unless it has settings."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / SETTINGS
    if not path.exists():
        path.write_text(f"[review]\nqueues = {list(QUEUES)}\n", "utf-8")
    return home


@contextmanager
def served(home: Path, limits: Limits | None = None, settings: NodeSettings = SMALL) -> Iterator[Served]:
    """A node over the home at `home`, made if there is none, with one sandbox child."""
    with Node.open(with_queues(home), settings, create=True) as node:
        app = create_app(node, limits)
        with TestClient(app, base_url="http://testserver") as client:
            yield Served(node, app, client)
