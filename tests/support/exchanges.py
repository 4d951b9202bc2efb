"""A partner made of a list in memory, and exchanges over a home."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tocsin.banks.model import EntryDraft, Label, Origin, Policy
from tocsin.evidence.keys import Keys
from tocsin.exchange.model import Heard, OpinionToGive, Page, Partner, Record, Telling, Withdrawal
from tocsin.exchange.services.model import Environment, Secret, Service
from tocsin.exchange.store import NewExchange
from tocsin.exchange.transport import Web
from tocsin.hashing.signals import Signal, SignalType
from tocsin.media.sandbox import JsonObject
from tocsin.storage.exchanges import ExchangeStore
from tocsin.storage.home import Home

START = datetime(2026, 1, 1, tzinfo=UTC)


def digest(text: str) -> Signal:
    """A hash of nothing but this text."""
    return Signal(SignalType.SHA256, hashlib.sha256(text.encode()).digest())


def record(
    key: str,
    version: int = 0,
    *,
    code: str = "A1",
    heard: tuple[Heard, ...] = (),
    changed: datetime | None = None,
) -> Record:
    """A record under `key`: another `version` has another signal, another `code` only another label."""
    draft = EntryDraft((digest(f"{key}/{version}"),), Origin("partner", "7", key), (Label("x", "1", code),))
    return Record(key, draft, changed or START, heard)


def page(
    *records: Record,
    gone: Sequence[str] = (),
    at: int = 0,
    telling: Telling = Telling.CHANGES,
    up_to: datetime | None = None,
) -> Page:
    """A page with these records, after which the checkpoint is `at`."""
    withdrawals = tuple(Withdrawal(key, "taken down") for key in gone)
    return Page(records, withdrawals, (), {"at": at}, telling, up_to)


def exchange(home: Home, name: str = "list", clock: Callable[[], datetime] | None = None) -> ExchangeStore:
    """A store with an exchange of that name, which fills a bank of that name."""
    store = ExchangeStore(home) if clock is None else ExchangeStore(home, clock)
    home.create_bank(name, Policy())
    store.add(NewExchange(name, "memory", name), "local:test")
    return store


def live(home: Home, bank: str = "list") -> dict[str, tuple[str, str]]:
    """What of a bank can be matched: by the record's key, its signal and its label's code."""
    found: dict[str, tuple[str, str]] = {}
    for entry in home.entries(bank):
        if entry.withdrawn is None:
            assert entry.origin.id not in found, "two live entries of one record"
            found[entry.origin.id] = (entry.signals[0].hex, entry.labels[0].code)
    return found


@dataclass
class MemoryPartner:
    """A list with a change log; `trouble` is asked before each page and may raise."""

    log: list[Record | Withdrawal] = field(default_factory=list)
    size: int = 10
    """Items of a page."""
    trouble: Callable[[int], None] = lambda _at: None
    given: list[OpinionToGive] = field(default_factory=list)
    giving: Callable[[OpinionToGive], None] = lambda _opinion: None

    def fetch(self, checkpoint: JsonObject | None, now: datetime) -> Iterator[Page]:
        """As `Partner.fetch`: the log from where the checkpoint says."""
        at = 0 if checkpoint is None else int(str(checkpoint["at"]))
        while at < len(self.log):
            self.trouble(at)
            part = self.log[at : at + self.size]
            at += len(part)
            # What a log says of a key last is how it stands.
            last = {one.key: one for one in part}.values()
            yield Page(
                tuple(one for one in last if isinstance(one, Record)),
                tuple(one for one in last if isinstance(one, Withdrawal)),
                (),
                {"at": at},
                up_to=now - timedelta(seconds=5) if at == len(self.log) else None,
            )
        self.trouble(at)

    def give(self, opinion: OpinionToGive) -> None:
        """As `Partner.give`."""
        self.giving(opinion)
        self.given.append(opinion)

    def truth(self) -> dict[str, tuple[str, str]]:
        """What is live in it, as `live` says it."""
        last = {one.key: one for one in self.log}.values()
        return {
            one.key: (one.draft.signals[0].hex, one.draft.labels[0].code)
            for one in last
            if isinstance(one, Record)
        }


def service_of(partner: Partner, seen: list[tuple[str, JsonObject, Secret]] | None = None) -> Service:
    """A service whose every exchange speaks to `partner`; `seen` is told with what it was made."""

    def make(_web: Web, url: str, settings: JsonObject, secret: Secret) -> Partner:
        if seen is not None:
            seen.append((url, settings, secret))
        return partner

    environments = {
        "simulator": Environment(""),
        "test": Environment("https://test.example.org/list"),
        "production": Environment("https://example.org/list", production=True),
    }
    return Service("memory", "A list in memory", environments, make)


def keys_in(home: Home) -> Keys:
    """The keys of a home, made if need be."""
    return Keys.open(home.folder, create=True)
