"""Viewing over a table (see support.deciding), with pictures that are benign and need no vault."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest
from PIL import Image

from support.accounts import Clock
from support.cases import ANNA
from support.deciding import Table
from tocsin.access.model import Principal
from tocsin.cases.limits import Limits
from tocsin.cases.model import Case
from tocsin.cases.viewing import Viewing
from tocsin.errors import Refusal
from tocsin.evidence.errors import NotRenderedError
from tocsin.evidence.keys import Keys
from tocsin.evidence.metadata import Metadata
from tocsin.evidence.renditions import Picture, Region, Rendition, Timeline
from tocsin.simulators.pictures import flat
from tocsin.storage.cases import CaseStore
from tocsin.storage.database import Database
from tocsin.storage.decisions import DecisionStore
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.viewing import ViewingStore


@dataclass
class Pictures:
    """Makes one grey picture of whatever it is asked for, and remembers that it was."""

    made: list[bytes] = field(default_factory=list)
    broken: bool = False

    def render(self, sha256: bytes, rendition: Rendition, still: int = 0, *, member: int = 0) -> Picture:
        """A picture as large as the rendition may be."""
        del still, member
        return self._picture(sha256, rendition.longest)

    def stills(self, sha256: bytes, *, member: int = 0) -> Timeline:
        """One still."""
        del sha256, member
        self._check()
        return Timeline((None,))

    def original(
        self, sha256: bytes, region: Region | None = None, still: int = 0, *, member: int = 0
    ) -> Picture:
        """A larger picture."""
        del region, still, member
        return self._picture(sha256, 64)

    def _check(self) -> None:
        if self.broken:
            raise NotRenderedError(Refusal("media.undecodable", "It cannot be decoded.", "Nothing helps."))

    def _picture(self, sha256: bytes, side: int) -> Picture:
        self._check()
        self.made.append(sha256)
        buffer = io.BytesIO()
        Image.fromarray(flat(side, side)).save(buffer, "png")
        return Picture(buffer.getvalue(), "image/png", side, side)


@dataclass
class NoMetadata:
    """Reads no metadata, or what a test says, by content; remembers what it was asked."""

    known: dict[bytes, Metadata] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    broken: bool = False

    def metadata(self, sha256: bytes, *, member: int = 0) -> Metadata:
        """What a test says, or nothing."""
        del member
        self.asked.append(sha256)
        if self.broken:
            raise NotRenderedError(Refusal("media.undecodable", "It cannot be read.", "Nothing helps."))
        return self.known.get(sha256, Metadata((), 0, 0))


@dataclass
class Screen:
    """Somebody at a screen: viewing over a table, with a clock of its own that leases do not go by."""

    table: Table
    clock: Clock
    pictures: Pictures
    viewing: Viewing
    metadata: NoMetadata = field(default_factory=NoMetadata)
    opened: list[Database] = field(default_factory=list)

    @classmethod
    def over(cls, table: Table, limits: Limits | None = None) -> "Screen":
        """One over a table."""
        clock, pictures, metadata = Clock(), Pictures(), NoMetadata()
        database = table.home.database
        viewing = Viewing(
            transactions=database,
            store=ViewingStore(database),
            cases=table.desk.cases,
            judgements=DecisionStore(database),
            renderer=pictures,
            reader=metadata,
            ledger=table.desk.ledger,
            limits=limits or Limits(),
            clock=clock,
        )
        return cls(table, clock, pictures, viewing, metadata)

    def another(self) -> "Screen":
        """The same over connections of its own, as another server's; its clock is its own too."""
        here = self.table.home.database
        database = Database(here.engine)
        self.opened.append(database)
        clock = Clock()
        clock.now = self.clock.now
        viewing = replace(
            self.viewing,
            transactions=database,
            store=ViewingStore(database),
            cases=CaseStore(database, clock=self.table.desk.clock),
            judgements=DecisionStore(database),
            ledger=LedgerStore(database, Keys.open(self.table.home.folder)),
            clock=clock,
        )
        return replace(self, clock=clock, viewing=viewing)

    def close(self) -> None:
        """Close the connections of others."""
        for one in self.opened:
            one.close()

    def case(self, who: Principal = ANNA) -> "Held":
        """A new case that somebody has claimed."""
        number = self.table.case(data=uuid4().bytes)
        return Held(self, who, self.table.claimed(who, number))

    def kinds(self, number: int) -> list[str]:
        """What the ledger says of looking at a case."""
        found = (row.kind for row in self.table.desk.events(number))
        return [kind for kind in found if kind.startswith("content.")]


@dataclass
class Held:
    """A case in somebody's hands."""

    screen: Screen
    who: Principal
    case: Case

    @property
    def number(self) -> int:
        """Of the case."""
        return self.case.number

    @property
    def at(self) -> tuple[Principal, int, int, bytes]:
        """What is asked for with: who, case, claim, content."""
        content = self.screen.table.content(self.number)
        return self.who, self.number, self.case.claim, content

    def look(self) -> Picture:
        """A blurred preview."""
        return self.screen.viewing.rendition(*self.at, Rendition.BLUR)


def digest_of(text: str) -> bytes:
    """The SHA-256 of content that nobody has submitted."""
    return hashlib.sha256(text.encode()).digest()


@pytest.fixture
def screen(table: Table) -> Iterator[Screen]:
    """Viewing over an empty home, on each engine."""
    opened = Screen.over(table)
    yield opened
    opened.close()
