"""Notices and the register over a home with cases: decided by hand, sent to what stands in for providers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from support.accounts import Clock
from support.cases import Desk, person
from tocsin.access.model import Permission, Principal
from tocsin.cases.model import Decision, Observation, Observed, Outcome, Proposal, Standpoint
from tocsin.errors import Error, Refusal
from tocsin.evidence.keys import Keys
from tocsin.filing.filer import Filer
from tocsin.filing.nca.register import Register
from tocsin.filing.notice_model import Channel, Notice, NotSentError, Provider
from tocsin.filing.notice_providers import Providers
from tocsin.filing.notice_sending import NoticeWork
from tocsin.filing.notice_steps import SEND, WATCH
from tocsin.filing.notice_terms import MailServer, Sender, Terms
from tocsin.filing.notices import Notices, Wanted
from tocsin.filing.record import CaseRecord, ContentRecord
from tocsin.filing.store_notices import Carrier, mail_purpose
from tocsin.jobs.model import Job
from tocsin.law.facts import Fact, Value
from tocsin.outgoing.mail import Mail
from tocsin.outgoing.provider_api import ProviderApi
from tocsin.storage import times
from tocsin.storage.jobs import JobStore
from tocsin.storage.notices import NoticeStore
from tocsin.storage.register import RegisterStore

if TYPE_CHECKING:
    import ssl

    from tocsin.filing.model import Receipt
    from tocsin.law.duties import Occasion
    from tocsin.media.sandbox import JsonObject

REPORTER = person("rita", "reporter", "filing-manager")
READER = Principal("person:lena", frozenset({Permission.READ_FILINGS}))
PROGRAM = Principal("token:bot", frozenset(Permission))
URL = "https://files.example.org/a.b/c?d=1"
SENDER = Sender("Hotline of Examples", "desk@example.net", "+1 555 0100")
LAWS = {"us": "18 U.S.C. 2258A"}
TERMS = Terms(SENDER, LAWS, test_address="tests@example.net")
ORGANISATION = Filer(
    company="Hotline of Examples", first_name="Rita", last_name="Filer", email="desk@example.net"
)
LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that was begun."""

    occasion: "Occasion"
    case: int
    contents: tuple[bytes, ...]
    is_test: bool


@dataclass
class Holder:
    """Notes the holds that it is told to begin."""

    held: list[Held] = field(default_factory=list)

    def begin_of_case(  # noqa: PLR0913  # the shape of Holds
        self,
        occasion: "Occasion",
        case: int,
        contents: "Iterable[bytes]",
        *,
        is_test: bool,
        actor: str,  # noqa: ARG002  # the shape of Holds
        reason: str,  # noqa: ARG002
    ) -> None:
        """Note one."""
        self.held.append(Held(occasion, case, tuple(contents), is_test))


@dataclass
class Bureau:
    """Those who write to providers and to the NCA, over one home."""

    desk: Desk
    clock: Clock
    keys: Keys
    terms: Terms = TERMS
    tls: "ssl.SSLContext | None" = None
    decided: dict[int, Outcome] = field(default_factory=dict)
    observed: dict[int, list[Observation]] = field(default_factory=dict)
    receipts: "list[Receipt]" = field(default_factory=list)
    holder: Holder = field(default_factory=Holder)

    @classmethod
    def over(cls, desk: Desk, **rest: object) -> "Bureau":
        """Over a desk's home."""
        ledger_keys = desk.ledger._keys  # those that it signs with
        assert ledger_keys is not None
        made = cls(desk, desk.clock, ledger_keys)
        return replace(made, **rest)  # type: ignore[arg-type]  # names of fields

    def __post_init__(self) -> None:
        """Its services."""
        database = self.desk.database
        self.queue = JobStore(database, lambda: times.to_number(self.clock()))
        self.store = NoticeStore(database, self.keys)
        providers = Providers(database, self.store, self.desk.ledger, self.terms)
        self.notices = Notices(
            database,
            self.store,
            self.queue,
            self.desk.ledger,
            self.record,
            providers,
            self.terms,
            self.clock,
        )
        self.register_store = RegisterStore(database)
        self.register = Register(
            database,
            self.register_store,
            self.desk.ledger,
            self.record,
            lambda cases: [one for one in self.receipts if cases],
            self.holder,
            ORGANISATION,
            self.clock,
        )

    @property
    def providers(self) -> Providers:
        """Those that are known."""
        return self.notices.providers

    def work(self) -> NoticeWork:
        """What does the jobs."""
        carriers: dict[Channel, Carrier] = {Channel.API: ProviderApi(SENDER, tls=self.tls, seconds=10)}
        server = self.terms.mail
        if server is not None:
            purpose = mail_purpose(server.host, server.port, server.user)
            carriers[Channel.MAIL] = Mail(
                server, SENDER, lambda: self.store.secret(purpose), tls=self.tls, seconds=10
            )
        return NoticeWork(
            self.desk.database,
            self.store,
            self.queue,
            self.desk.ledger,
            self.terms,
            carriers,
            self.record,
            self.clock,
        )

    def record(self, case: int) -> CaseRecord:
        """What is on record of a case, decided as tests say."""
        outcome = self.decided.get(case)
        decision = None
        if outcome is not None:
            proposal = Proposal(outcome)
            decision = Decision(case, case, proposal, "person:anna", self.clock(), Standpoint.IN_FORCE)
        submissions = tuple(map(self.desk.submissions.submission, self.desk.cases.submissions(case)))
        contents = tuple(
            ContentRecord(
                place,
                one.sha256,
                one.size,
                one.content,
                (one.id,),
                tuple(self.desk.submissions.matches(one.id)),
                tuple(self.observed.get(case, ())),
                (),
            )
            for place, one in enumerate(submissions, 1)
        )
        return CaseRecord(self.desk.cases.case(case), decision, submissions, contents)

    def observe(self, case: int, **facts: Value) -> None:
        """Have it recorded of each content of a case."""
        for name, value in facts.items():
            seen = Observed(fact=Fact(name), value=value)
            self.observed.setdefault(case, []).append(
                Observation(1, case, b"", seen, "person:anna", self.clock())
            )

    def case(self, outcome: Outcome | None = Outcome.REPORT, context: "JsonObject | None" = None) -> int:
        """A case, decided."""
        number = self.desk.case(context=context or {"review": True, "url": URL})
        if outcome is not None:
            self.decided[number] = outcome
        return number

    def provider(
        self, channel: Channel = Channel.MAIL, address: str = "abuse@host.example", name: str = "host"
    ) -> Provider:
        """A provider."""
        made = Provider(name, channel, address, ("example.org",))
        self.providers.keep(REPORTER, made)
        return made

    def draft(self, provider: str = "host", url: str = URL, case: int | None = None) -> Notice:
        """A notice of a new case."""
        found = self.clock() - timedelta(hours=1)
        wanted = Wanted(url, provider, found, "us")
        return self.notices.draft(REPORTER, self.case() if case is None else case, wanted)

    def queued(self, provider: str = "host") -> Notice:
        """A notice that is to be sent."""
        drafted = self.draft(provider)
        return self.notices.send(REPORTER, drafted.number, drafted.revision)

    def job(self) -> Job | None:
        """The next job that is due."""
        return self.queue.claim([SEND, WATCH], "test", LEASE)

    def run(self, work: NoticeWork | None = None) -> int:
        """Do all jobs that are due, as a runner does; how many."""
        work = work or self.work()
        handlers, done = work.handlers(), 0
        while (job := self.job()) is not None:
            done += 1
            try:
                handlers[job.kind](job)
            except NotSentError as error:
                self.queue.failed(job, Refusal.of(error), retry=timedelta(minutes=1))
        return done

    def kinds(self, subject: str) -> list[str]:
        """The kinds of what the ledger says of a subject."""
        return [row.kind for row in self.desk.ledger.rows_of(subject)]

    def what(self, number: int) -> list[str]:
        """What happened to a notice."""
        return [one.what for one in self.store.history(number)]


def mail_server(port: int, user: str = "", security: str = "starttls") -> MailServer:
    """One on this machine."""
    return MailServer("127.0.0.1", port, security, user, "notices@example.net")


def raised(action: Callable[[], object], kind: type[Error]) -> str:
    """The message of what an action raises."""
    try:
        action()
    except kind as error:
        return error.message
    message = f"{kind.__name__} was not raised"
    raise AssertionError(message)


NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)
