"""Every kind of report, from what a platform submits to the receipt: a real node, a simulated authority."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image
from support.databases import BOTH
from support.files import small_picture, zip_of
from support.filing_pages import PASSWORD, USER, until
from support.nodes import OPERATOR

from tocsin.access.model import EVERY_BANK, Principal, Right, permissions_of
from tocsin.cases.model import Observed, Outcome, Proposal
from tocsin.config import SETTINGS
from tocsin.filing.cybertip.reading import details_of, report_of
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.cybertip.values import FileRelevance, IncidentType
from tocsin.filing.errors import NotSwitchedError, UnsuitableFilingError
from tocsin.filing.holding import CYBERTIPLINE_FINISHED
from tocsin.filing.model import Authority, Environment, Filing, Kind, State
from tocsin.filing.nca.priorities import Priority
from tocsin.intake.context import context_of
from tocsin.intake.service import Arrived
from tocsin.law.facts import Fact, Value
from tocsin.law.model import Purpose
from tocsin.law.owing import Owed
from tocsin.law.owing import State as Duty
from tocsin.node.node import Node
from tocsin.node.settings import NodeSettings
from tocsin.simulators import encoders
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.simulators.pictures import picture

if TYPE_CHECKING:
    from support.databases import Databases

    from tocsin.filing.cybertip.files import FileDetails
    from tocsin.filing.cybertip.report import Report
    from tocsin.media.sandbox import JsonValue
    from tocsin.simulators.cybertip.truth import Report as Received

pytestmark = pytest.mark.timeout(120)
ANNA, RITA, MARA = (
    Principal(f"person:{name}", permissions_of([role]), {EVERY_BANK: frozenset(Right)})
    for name, role in (("anna", "reviewer"), ("rita", "reporter"), ("mara", "filing-manager"))
)
SMALL: Final = NodeSettings(children=1, explain="off")
WHO: Final = """
[filing]
company = "Forum Example"
service = "forum.example"
first_name = "Robin"
last_name = "Reporter"
email = "reports@forum.example"
legal_url = "https://forum.example/legal"
[duties]
jurisdictions = ["us", "uk"]
services = ["user_to_user"]
established_in = ["us", "uk"]
"""
OF_PRODUCTION: Final = "k8-Lr2v-Qw"  # of nobody
OWN: Final = Schema.of(resources.files("tocsin.simulators").joinpath("data/cybertip.xsd").read_bytes())
AUTHORITY: Final = os.environ.get("TOCSIN_CYBERTIP_XSD")
"""The authority's own schema, where somebody has fetched it."""
seeds = count(7000)


def fresh() -> bytes:
    """A picture that no other test has."""
    return small_picture(next(seeds))


def moving() -> bytes:
    """An animation of three frames."""
    return encoders.gif_animated([Image.fromarray(picture(next(seeds), 160, 120)) for _ in range(3)])


@dataclass
class Platform:
    """A node that does its jobs, the people at it, and the authority that it has an account at."""

    node: Node
    cybertip: Cybertip
    home: Path
    accounts: Iterator[int] = field(default_factory=count)

    def account(self) -> str:
        """The name of an account that nobody has reported."""
        return f"account-{next(self.accounts)}"

    def submit(self, data: bytes, account: str, name: str, **more: "JsonValue") -> int:
        """Submit a file as a platform does, and wait until it was matched; the number of its case."""
        number = next(seeds)
        context: dict[str, JsonValue] = {
            "platform": "forum.example",
            "account": {"id": account, "display_name": "Somebody", "email": f"{account}@mail.example"},
            "url": f"https://forum.example/posts/{number}",
            "file_name": name,
            "ip_events": [
                {"ip": "192.0.2.7", "port": 50_123, "time": "2026-03-01T14:05:09Z", "event": "upload"},
                {"ip": "2001:db8::7", "time": "2026-03-01T13:05:09Z", "event": "login"},
            ],
            "times": {"uploaded": "2026-03-01T14:05:10Z"},
            "review": True,
            **more,
        }
        arrived = Arrived(io.BytesIO(data), hashlib.sha256(data).digest(), len(data))
        answer = self.node.intake.submit(arrived, OPERATOR, context_of(context), wait=timedelta(seconds=60))
        assert answer.matches is not None, "it was not matched in time"
        return max(one.number for one in self.node.review.queue.find(OPERATOR, answer.submission.id))

    def decide(self, case: int, looks: Mapping[bytes, tuple[tuple[int, int], ...]]) -> None:
        """Anna looks at these stills and members of files, says what she saw, and decides to report."""
        review, claim = self.node.review, self.node.review.queue.claim(ANNA, case).claim
        for data, parts in looks.items():
            sha256 = hashlib.sha256(data).digest()
            for still, member in parts:
                look = review.viewing.reveal(
                    ANNA, case, claim, sha256, None, 1, "tests", still, member=member
                )
                review.viewing.ended(ANNA, look.id, 1)
            real = Observed(Fact.REAL_CHILD, Value.YES)
            review.observing.record(ANNA, case, claim, sha256, real)
        review.deciding.decide(ANNA, case, claim, Proposal(Outcome.REPORT, unseen=True), f"{case}-{claim}")

    def draft(self, case: int, account: str, kind: Kind = Kind.REPORT, follows: int | None = None) -> Filing:
        """Rita drafts a report."""
        return self.node.reporting.drafting.draft(RITA, case, account, kind, follows)

    def file(self, filing: Filing, **edits: str) -> "Sent":
        """Rita writes into it, checks it and confirms it; it as it was received."""
        reporting, number = self.node.reporting, filing.number
        if edits:
            filing = reporting.drafting.edit(RITA, number, filing.revision, edits)
        assert reporting.drafting.check(RITA, number, filing.revision) == ()
        reporting.outbox.confirm(RITA, number, filing.revision)
        until(lambda: reporting.filings.filing(number).state in {State.FINISHED, State.STOPPED})
        done = reporting.filings.filing(number)
        assert done.state is State.FINISHED, done.stopped
        return self.sent(done)

    def sent(self, filing: Filing) -> "Sent":
        """A finished filing as the authority has it: all of it there once, valid, acknowledged and held."""
        (received,) = [one for one in self.cybertip.finished if str(one.number) == filing.report_id]
        made = Sent(filing, received)
        for document in made.documents:
            assert OWN.violations(document) == ()
            if AUTHORITY:
                assert Schema.of(Path(AUTHORITY).read_bytes()).violations(document) == ()
        self._acknowledged(made)
        return made

    def _acknowledged(self, sent: "Sent") -> None:
        reporting, number = self.node.reporting, sent.filing.number
        receipt = reporting.receipt(number)
        assert (receipt.report_id, receipt.inferred) == (sent.filing.report_id, False)
        assert sorted(receipt.file_ids) == sorted(one.id for one in sent.received.files)
        assert not sent.received.undetailed
        (hold,) = reporting.holds.of_filing(number)
        assert hold.occasion.trigger == CYBERTIPLINE_FINISHED
        assert {one.hex() for one in hold.contents} >= {one.sha256 for one in sent.received.files}
        until_when = hold.until(Purpose.CONTENT)
        assert until_when is not None
        assert until_when >= receipt.time + timedelta(days=364)
        assert hold.binds(receipt.time)


@dataclass(frozen=True)
class Sent:
    """A filing, and what the authority received of it."""

    filing: Filing
    received: "Received"

    @property
    def documents(self) -> list[bytes]:
        """Every document of it."""
        return [self.received.xml, *(xml for one in self.received.files for xml in one.details)]

    @property
    def report(self) -> "Report":
        """What was reported."""
        return report_of(self.received.xml)

    @property
    def files(self) -> "dict[str, FileDetails]":
        """What was said of each file, by the SHA-256 of what was uploaded."""
        return {one.sha256: details_of(one.details[0]) for one in self.received.files}

    def details(self, data: bytes) -> "FileDetails":
        """What was said of a file, which arrived as it is."""
        return self.files[hashlib.sha256(data).hexdigest()]


@pytest.fixture(scope="module", params=BOTH)
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A node on each database."""
    home = tmp_path_factory.mktemp("filing") / "home"
    home.mkdir()
    if request.param == "sqlite":
        yield from opened(home, WHO)
        return
    postgres: Databases = request.getfixturevalue("postgres")
    with postgres.new(empty=True) as url:
        yield from opened(home, f'{WHO}[database]\nurl = "{url}"\n')


def opened(home: Path, settings: str) -> Iterator[Platform]:
    (home / SETTINGS).write_text(settings, "utf-8")
    schema = Path(AUTHORITY).read_bytes() if AUTHORITY else None
    with Cybertip(USER, PASSWORD, schema=schema) as cybertip, Node.open(home, SMALL, create=True) as node:
        for name, role in (("anna", "reviewer"), ("rita", "reporter"), ("mara", "filing-manager")):
            node.accounts.people.create(OPERATOR, name, PASSWORD, (role,), must_enrol=False)
        node.reporting.connections.connect(
            MARA, Authority.NCMEC, Environment.SIMULATOR, user=USER, password=PASSWORD, url=cybertip.url
        )
        node.reporting.connections.fetch_schema(MARA, Authority.NCMEC, Environment.SIMULATOR)
        with node.work(1):
            yield Platform(node, cybertip, home)


def reported(platform: Platform, account: str) -> Sent:
    """A report about one file."""
    data = fresh()
    case = platform.submit(data, account, "one.jpg")
    platform.decide(case, {data: ((0, 0),)})
    return platform.file(platform.draft(case, account))


def test_a_report_of_several_files(platform: Platform) -> None:
    """Each is uploaded and described once, and the flags say what Anna looked at, and no more."""
    account = platform.account()
    still, animation, cut, unseen = fresh(), moving(), moving(), fresh()
    whole, part = (zip_of({"a.jpg": fresh(), "b.jpg": fresh()}) for _ in range(2))
    files = {still: "s.jpg", animation: "a.gif", cut: "c.gif", unseen: "u.jpg", whole: "w.zip", part: "p.zip"}
    (case,) = {platform.submit(data, account, name) for data, name in files.items()}
    platform.decide(
        case,
        {
            still: ((0, 0),),
            animation: ((0, 0), (1, 0), (2, 0)),
            cut: ((0, 0), (1, 0)),
            whole: ((0, 1), (0, 2)),
            part: ((0, 1),),
        },
    )
    sent = platform.file(platform.draft(case, account))
    assert len(sent.received.files) == len(files)
    for data, name in files.items():
        details = sent.details(data)
        assert details.original_file_name == name
        assert details.file_viewed_by_esp is (data in {still, animation, whole}), name
        assert details.exif_viewed_by_esp is False
        assert details.file_relevance is FileRelevance.REPORTED
        assert details.uploaded_to_esp_timestamp is not None
        assert details.ip_capture_event is not None
    (who,) = sent.report.person_or_user_reported
    assert (who.esp_identifier, len(who.ip_capture_event)) == (account, 2)
    assert sent.report.incident_summary.platform == "forum.example"


def test_a_follow_up_names_the_report_that_it_follows(platform: Platform) -> None:
    """What came later of the same account is another case; the file that was reported is not sent again."""
    account = platform.account()
    first = reported(platform, account)
    later = fresh()
    case = platform.submit(later, account, "later.jpg")
    platform.decide(case, {later: ((0, 0),)})
    sent = platform.file(platform.draft(case, account, Kind.FOLLOW_UP, first.filing.number))
    (who,) = sent.report.person_or_user_reported
    assert who.prior_ct_reports == (first.received.number,)
    assert f"follows report {first.received.number}" in sent.report.additional_info
    assert list(sent.files) == [hashlib.sha256(later).hexdigest()]


def test_a_file_that_went_viral(platform: Platform) -> None:
    """One report for all who had it: their ids, the file, and nothing else."""
    data, accounts = fresh(), [platform.account() for _ in range(3)]
    (case,) = {platform.submit(data, one, "funny.jpg") for one in accounts}
    platform.decide(case, {data: ((0, 0),)})
    sent = platform.file(platform.draft(case, "", Kind.BATCHED))
    assert [one.esp_identifier for one in sent.report.person_or_user_reported] == accounts
    assert sent.report.batched_report is not None
    (details,) = sent.files.values()
    assert details.file_annotations is not None
    assert details.file_annotations.viral
    assert details.original_file_name == ""


def test_an_incident_of_words_alone(platform: Platform) -> None:
    """The words are submitted as a text, which is kept as evidence; what happened in them, people say."""
    account, words = platform.account(), f"A benign conversation, number {next(seeds)}.".encode()
    case = platform.submit(words, account, "conversation.txt", note="A user reported this conversation.")
    platform.decide(case, {})
    filing = platform.draft(case, account, Kind.TEXT)
    (missing,) = platform.node.reporting.drafting.problems(filing.number)
    assert missing.field == "report/incidentSummary/incidentType"
    said = {
        missing.field: IncidentType.ONLINE_ENTICEMENT.value,
        "report/internetDetails[2]/chatImIncident/content": words.decode(),
    }
    sent = platform.file(filing, **said)
    assert sent.received.files == ()
    assert sent.report.incident_summary.incident_type is IncidentType.ONLINE_ENTICEMENT
    chat = sent.report.internet_details[1].chat_im_incident
    assert chat is not None
    assert chat.content == words.decode()
    (hold,) = platform.node.reporting.holds.of_filing(filing.number)
    assert hold.contents == (hashlib.sha256(words).digest(),)


def test_a_supplemental_file(platform: Platform) -> None:
    """What shows how it came about, beside what is reported: a person says which of them it is."""
    account, data = platform.account(), fresh()
    log = f"2026-03-01 14:05:09 upload, number {next(seeds)}\n".encode()
    (case,) = {platform.submit(data, account, "one.jpg"), platform.submit(log, account, "log.txt")}
    platform.decide(case, {data: ((0, 0),)})
    filing = platform.draft(case, account)
    draft = platform.node.reporting.filings.draft(filing.number)
    (place,) = [one.place for one in draft.files if one.sha256 == hashlib.sha256(log).digest()]
    sent = platform.file(filing, **{f"file[{place}]/fileRelevance": "Supplemental Reported"})
    assert sent.details(log).file_relevance is FileRelevance.SUPPLEMENTAL
    assert sent.details(log).file_viewed_by_esp is False
    assert sent.details(data).file_relevance is FileRelevance.REPORTED


def test_words_that_are_sent_along(platform: Platform) -> None:
    """An incident of words may come with their file, beside which nothing else is reported."""
    account, words = platform.account(), f"Another benign conversation, number {next(seeds)}.".encode()
    case = platform.submit(words, account, "conversation.txt")
    platform.decide(case, {})
    said = {
        "report/incidentSummary/incidentType": IncidentType.ONLINE_ENTICEMENT.value,
        "file[1]/fileRelevance": "Supplemental Reported",
    }
    sent = platform.file(platform.draft(case, account), **said)
    assert sent.report.incident_summary.incident_type is IncidentType.ONLINE_ENTICEMENT
    assert sent.details(words).file_relevance is FileRelevance.SUPPLEMENTAL


def test_nothing_goes_to_production_unless_two_people_have_switched(platform: Platform) -> None:
    """An account there is not used by having it: drafts go to the simulator, and what does not is refused."""
    reporting, account = platform.node.reporting, platform.account()
    reporting.connections.connect(
        MARA, Authority.NCMEC, Environment.PRODUCTION, user="esp-4711", password=OF_PRODUCTION
    )
    with pytest.raises(NotSwitchedError):
        reporting.connections.transport(Authority.NCMEC, Environment.PRODUCTION)
    data = fresh()
    case = platform.submit(data, account, "one.jpg")
    platform.decide(case, {data: ((0, 0),)})
    filing = platform.draft(case, account)
    assert filing.environment is Environment.SIMULATOR
    assert reporting.drafting.check(RITA, filing.number, filing.revision) == ()

    def force() -> None:
        with platform.node.database.writing():
            reporting.filings.set_environment(filing.number, Environment.PRODUCTION)  # as no page can
            reporting.filings.checked(filing.number, RITA.id)
            revision = reporting.filings.filing(filing.number).revision
            reporting.outbox.confirm(RITA, filing.number, revision)

    with pytest.raises(UnsuitableFilingError, match="filings go to simulator now"):
        force()
    after = reporting.filings.filing(filing.number)
    assert (after.state, after.environment) == (State.CHECKED, Environment.SIMULATOR)


def test_what_is_owed_for_a_case(platform: Platform) -> None:
    """A test meets no duty; a form to the NCA does, and what that asks is owed an answer in seven days."""
    reporting, account = platform.node.reporting, platform.account()
    case = reported(platform, account).filing.case

    def owed() -> dict[str, Owed]:
        return {one.rule: one for one in reporting.owed(case, datetime.now(UTC))}

    for rule in ("us.2258A", "uk.osa66.p2"):  # open is what nobody has graded the picture for
        assert owed()[rule].state is Duty.UNDETERMINED
        assert "sent to a test system meets nothing" in owed()[rule].because
    entry = reporting.register.prepare(RITA, case, account)
    entry = reporting.register.set_priority(RITA, entry.number, entry.revision, Priority.P2, "as it seems")
    asked = datetime.now(UTC)
    reporting.register.record(RITA, entry.number, entry.revision, f"NCA-{case}", asked, test=False)
    assert (owed()["us.2258A"].state, owed()["uk.osa66.p2"].state) == (Duty.UNDETERMINED, Duty.SATISFIED)
    assert owed()["uk.osa66.answer"].state is Duty.NOT_APPLICABLE
    question = reporting.register.ask(RITA, entry.number, asked, "Which day was it?")
    answer = owed()["uk.osa66.answer"]
    assert (answer.state, answer.by) == (Duty.OWED, question.asked + timedelta(days=7))
    reporting.register.reply(RITA, question.id, "The first of March.")
    assert owed()["uk.osa66.answer"].state is Duty.SATISFIED


def test_the_ledger_vouches_for_all_of_it(platform: Platform) -> None:
    """Two reports about one account, and everything that was done for them, is whole."""
    account = platform.account()
    first, second = reported(platform, account), reported(platform, account)
    (who,) = second.report.person_or_user_reported
    assert who.prior_ct_reports == (first.received.number,)
    command = [sys.executable, "-m", "tocsin", "--home", str(platform.home), "ledger", "verify"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
