"""The nouns of this room: filings and where they stand, what an authority answered, receipts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Authority(StrEnum):
    """Whom is reported to."""

    NCMEC = "ncmec"
    """The US clearinghouse, by its CyberTipline."""
    NCA = "nca"
    """The UK's National Crime Agency, by its portal."""


class Environment(StrEnum):
    """Which of an authority's systems a filing goes to. Whatever is not PRODUCTION is a test and says so."""

    SIMULATOR = "simulator"
    """`tocsin simulate`, on the loopback."""
    TEST = "test"
    """The authority's own system for tests."""
    PRODUCTION = "production"

    @property
    def is_test(self) -> bool:
        """Whether nobody acts on what is sent there."""
        return self is not Environment.PRODUCTION


class State(StrEnum):
    """Where a filing stands."""

    DRAFTED = "drafted"
    """It is being prepared, and may be changed."""
    CHECKED = "checked"
    """It keeps every rule that is known, and waits to be confirmed. Changing it makes it a draft again."""
    CONFIRMED = "confirmed"
    """It is to be sent: the outbox has it."""
    OPENED = "opened"
    """A report of it is open at the authority."""
    FINISHED = "finished"
    """The authority has taken it: there is a receipt."""
    RETRACTED = "retracted"
    """Given up before it was finished; whatever was open was retracted or has expired."""
    STOPPED = "stopped"
    """It waits for a person, who is told why."""

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self in {State.FINISHED, State.RETRACTED}


class Kind(StrEnum):
    """What kind of report it is."""

    REPORT = "report"
    FOLLOW_UP = "follow_up"
    """More about what was reported earlier: it names the earlier reports."""
    BATCHED = "batched"
    """One file that went viral, and the accounts that had it, by rules of their own."""
    TEXT = "text"
    """An incident without files."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a report is about: an account on a platform, as `Context` names both.

    Two platforms may each have an account of the same name: they are two people, as far as anybody knows.
    """

    platform: str
    """Empty: none is known, as `account`."""
    account: str

    @property
    def words(self) -> str:
        """It, for people."""
        account = self.account or "an account that nobody has named"
        return f"{account} ({self.platform})" if self.platform else account


@dataclass(frozen=True, slots=True)
class Filing:
    """A report to an authority, from its draft to its receipt."""

    number: int
    case: int
    decision: int
    """The decision that it follows from."""
    authority: Authority
    environment: Environment
    kind: Kind
    platform: str
    """Where the account is, as `Context.platform`; empty: none is known."""
    account: str
    """Which account of the case it is about, as `Context.account`; empty: none is known."""
    state: State
    revision: int
    """Counts the changes of its draft; who checks and confirms names the one that they saw."""
    created: datetime
    author: str
    """Who drafted it: `Principal.id`."""
    checked_by: str = ""
    confirmed_by: tuple[str, ...] = ()
    """In production these are two people, of whom at most one wrote it (`Outbox.confirm`)."""
    stopped: str = ""
    """Why it waits for a person."""
    report_id: str = ""
    """The number that the authority gave it: of the report that is open, or that is finished."""
    follows: int | None = None
    """The filing that this is a follow-up of."""

    @property
    def is_test(self) -> bool:
        """Whether nobody acts on it."""
        return self.environment.is_test

    @property
    def subject(self) -> Subject:
        """Whom it is about."""
        return Subject(self.platform, self.account)


class Fate(StrEnum):
    """What became of one report that was opened at an authority."""

    OPEN = "open"
    FINISHED = "finished"
    RETRACTED = "retracted"
    EXPIRED = "expired"
    """The authority deleted it because it was not finished in time."""
    STRAY = "stray"
    """It is not used, and is still to be retracted."""


@dataclass(frozen=True, slots=True)
class OpenedReport:
    """One report as the authority numbers it. A filing may need several: at most one is ever finished."""

    id: int
    filing: int
    report_id: str
    opened: datetime
    modified: datetime
    """When something was last added to it."""
    fate: Fate
    environment: Environment = Environment.SIMULATOR
    """Where it was opened."""
    spoiled: str = ""
    """Why it is to be retracted and another opened; empty: it is not."""
    alarmed: datetime | None = None
    """When it was said that it is about to expire."""


@dataclass(frozen=True, slots=True)
class FiledFile:
    """Where one file of a filing stands in the report that is open."""

    place: int
    """Among the files of the filing, from 1."""
    sha256: bytes
    size: int
    file_id: str = ""
    """What the authority calls it, once it was uploaded."""
    md5: bytes = b""
    """Of what was sent, equal to what the authority says it has received."""
    detailed: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an authority, recorded before it was sent and after it was answered."""

    id: int
    filing: int
    step: str
    """submit, upload, fileinfo, finish, retract."""
    report_id: str
    place: int
    """Of the file, for upload and fileinfo; else 0."""
    begun: datetime
    request: bytes
    """What was sent; of an upload everything but the file's bytes. Never credentials."""
    ended: datetime | None = None
    """None: it is not known whether it reached the authority."""
    status: int = 0
    """Of HTTP; 0 where there was no answer."""
    request_id: str = ""
    """The authority's name for the request, to be quoted to its support."""
    answer: bytes = b""
    """As it came, up to a limit."""
    problem: str = ""
    """Why there was no answer, or what was wrong with it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An authority's acknowledgement that it has a report."""

    filing: int
    report_id: str
    time: datetime
    """When the answer came."""
    environment: Environment
    file_ids: tuple[str, ...]
    raw: bytes
    """The answer as it came: 18 USC 2258A(h)(1) makes it a request to preserve."""
    request_id: str
    inferred: bool = False
    """The answer itself was lost, and asking again said that it had been finished already."""
