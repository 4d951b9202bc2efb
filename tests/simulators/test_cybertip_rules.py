"""The simulated CyberTipline's rules beside its schema: each refuses what breaks it, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from support.cybertip_calls import PASSWORD, REPORT, USER, Calls

from tocsin.simulators.cybertip.authority import Switches
from tocsin.simulators.cybertip.clock import Clock
from tocsin.simulators.cybertip.server import Cybertip

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FUTURE = "2026-11-23T12:00:01Z"
PAST = "2026-11-23T11:59:59Z"
INCIDENT = "</incidentSummary>"
PERSON = "<reportingPerson>"
END = "</reporter>"
BATCHED = REPORT.replace("<report>", '<report><batchedReport reason="VIRAL_POTENTIAL_MEME"/>')
USER_1 = "<personOrUserReported><espIdentifier>1</espIdentifier></personOrUserReported>"
GRADE = "<industryClassification>A1</industryClassification>"
SUPPLEMENTAL = "<fileRelevance>Supplemental Reported</fileRelevance>"
MEME = "<fileAnnotations><viral/><potentialMeme/></fileAnnotations>"


@pytest.fixture(scope="module")
def calls() -> Iterator[Calls]:
    with Cybertip(USER, PASSWORD, clock=Clock(NOW, stands=True)) as running:
        yield Calls(running)


def reported(more: str) -> str:
    """The least report, with this in its personOrUserReported."""
    return REPORT.replace(END, f"{END}<personOrUserReported>{more}</personOrUserReported>")


def before_reporter(more: str) -> str:
    """The least report, with this before its reporter."""
    return REPORT.replace(INCIDENT, INCIDENT + more)


def page(url: str) -> str:
    return before_reporter(
        f"<internetDetails><webPageIncident><url>{url}</url></webPageIncident></internetDetails>"
    )


def mail(address: str) -> str:
    """A report of a person with this address, and an incident with finn's."""
    incident = "<emailIncident><emailAddress>finn@harbour.example</emailAddress></emailIncident>"
    report = before_reporter(f"<internetDetails>{incident}</internetDetails>")
    person = f"<personOrUserReportedPerson><email>{address}</email></personOrUserReportedPerson>"
    return report.replace(END, f"{END}<personOrUserReported>{person}</personOrUserReported>")


def contact(email: str) -> str:
    return REPORT.replace("ada@photos.example", email)


def disabled(attributes: str) -> str:
    return reported(f"<accountTemporarilyDisabled {attributes}>true</accountTemporarilyDisabled>")


def place(more: str) -> str:
    return reported(f"<estimatedLocation>{more}</estimatedLocation>")


def seen(address: str, time: str = PAST) -> str:
    return reported(
        f"<ipCaptureEvent><ipAddress>{address}</ipAddress><dateTime>{time}</dateTime></ipCaptureEvent>"
    )


def verified(attributes: str) -> str:
    email = f"<email {attributes}>finn@harbour.example</email>"
    return reported(f"<personOrUserReportedPerson>{email}</personOrUserReportedPerson>")


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (REPORT.replace("2026-01-02T03:04:05Z", FUTURE), "incidentDateTime must be in the past."),
        (REPORT.replace("03:04:05Z", "03:04:05"), "incidentDateTime must be a time with its zone."),
        (seen("192.0.2.1", FUTURE), "dateTime must be in the past."),
        (seen("192.0.2"), "ipAddress must be a valid"),
        (seen("fe80::1%eth0"), "ipAddress must be a valid"),
        (reported("<profileUrl>harbour.example/u</profileUrl>"), "profileUrl must be a valid URL."),
        (page("https://"), "url must be a valid URL."),
        (page("//harbour.example/"), "url must be a valid URL."),
        (page("https://harbour example/"), "url must be a valid URL."),
        (contact("ada"), "email must be a valid"),
        (contact(f"{'a' * 65}@harbour.example"), "email must be a valid"),
        (REPORT.replace("<email>ada@photos.example</email>", ""), "reportingPerson must have an e-mail"),
        (mail("other@harbour.example"), "must also be given for a person of the report"),
        (verified(f'verificationDate="{PAST}"'), "only be given if verified is true"),
        (verified(f'verified="true" verificationDate="{FUTURE}"'), "verificationDate must be in the past."),
        (REPORT.replace("</email>", "</email><dateOfBirth>2026-11-24</dateOfBirth>"), "dateOfBirth must be"),
        (disabled(f'disabledDate="{PAST}" userNotifiedDate="2026-01-01T00:00:00Z"'), "userNotifiedDate must"),
        (disabled(f'disabledDate="{PAST}" reenabledDate="{PAST}"'), "reenabledDate must be after"),
        (disabled(f'disabledDate="{FUTURE}"'), "disabledDate must be in the past."),
        (place("<city>Austin</city><countryCode>US</countryCode>"), "region is required"),
        (place("<region>Texas</region><countryCode>US</countryCode>"), "region must be a US state."),
        (REPORT.replace(END, END + USER_1 + USER_1), "Only one personOrUserReported"),
        (reported("<priorCTReports>4600000</priorCTReports>"), "4600000 is not a valid report ID."),
        (BATCHED.replace(END, END + USER_1 + "<victim><victimPerson/></victim>"), "may not have victim"),
        (BATCHED.replace(END, f"{END}<additionalInfo>a</additionalInfo>"), "may not have additionalInfo"),
        (BATCHED.replace(END, f"{END}<personOrUserReported/>"), "and nothing else"),
    ],
)  # fmt: skip
def test_a_report_that_breaks_a_rule_is_not_opened(calls: Calls, xml: str, words: str) -> None:
    before = calls.simulator.reports
    reply = calls.submit(xml)
    assert (reply.status, reply.code) == (400, 4100)
    assert words in reply.text("responseDescription")
    assert calls.simulator.reports == before


@pytest.mark.parametrize(
    "xml",
    [
        REPORT.replace("2026-01-02T03:04:05Z", "2026-11-23T12:00:00Z"),
        REPORT.replace("2026-01-02T03:04:05Z", "2026-11-23T13:59:59.123456789+02:00"),
        seen("2001:db8::1"),
        seen("::ffff:192.0.2.1"),
        page("https://harbour.example/a?b=c#d"),
        mail("Finn@harbour.example"),
        verified(f'verified="true" verificationDate="{PAST}"'),
        disabled(f'disabledDate="{PAST}" userNotifiedDate="{PAST}" reenabledDate="{FUTURE}"'),
        place("<city>Austin</city><region>TX</region><countryCode>US</countryCode>"),
        disabled(f'userNotifiedDate="{PAST}" reenabledDate="{FUTURE}"'),
        place("<city>Oslo</city><countryCode>NO</countryCode>"),
        BATCHED.replace(END, END + USER_1 + USER_1),
    ],
)
def test_a_report_that_keeps_the_rules_is_opened(calls: Calls, xml: str) -> None:
    reply = calls.submit(xml)
    assert (reply.code, reply.text("responseDescription")) == (0, "Success")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("<exifViewedByEsp>true</exifViewedByEsp>", "fileViewedByEsp must be true"),
        ("<fileViewedByEsp>0</fileViewedByEsp><exifViewedByEsp>1</exifViewedByEsp>", "fileViewedByEsp must"),
        (SUPPLEMENTAL + MEME, "may not be annotated"),
        (SUPPLEMENTAL + GRADE,
         "may not have an industryClassification"),
        (f"<uploadedToEspTimestamp>{FUTURE}</uploadedToEspTimestamp>", "must be in the past"),
        ("<locationOfFile>here</locationOfFile>", "locationOfFile must be a valid URL."),
        ("<originalFileHash hashType='MD5'>00</originalFileHash>", "is not a valid MD5"),
        ("<originalFileHash hashType=''>00</originalFileHash>", "is not a valid hash"),
    ],
)  # fmt: skip
def test_details_that_break_a_rule_are_not_kept(calls: Calls, more: str, words: str) -> None:
    number = calls.opened()
    reply = calls.fileinfo(number, calls.uploaded(number), more)
    assert reply.code == 4100
    assert words in reply.text("responseDescription")
    assert len(calls.simulator.reports[-1].undetailed) == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "must be annotated"),
        ("<fileAnnotations><viral/><infant/></fileAnnotations>", "and as nothing else"),
        (f"<originalFileName>a</originalFileName>{MEME}", "may not have originalFileName"),
        (f"{MEME}<additionalInfo>a</additionalInfo>", "may not have additionalInfo"),
        (SUPPLEMENTAL + MEME, "must be Reported"),
    ],
)
def test_a_batch_has_rules_for_its_file(calls: Calls, more: str, words: str) -> None:
    number = calls.opened(BATCHED)
    file_id = calls.uploaded(number)
    assert words in calls.fileinfo(number, file_id, more).text("responseDescription")
    assert calls.fileinfo(number, file_id, MEME).code == 0
    assert calls.finish(number).code == 0


def test_a_batch_with_two_files_can_only_be_retracted(calls: Calls) -> None:
    number = calls.opened(BATCHED)
    calls.upload(number)
    calls.upload(number)
    reply = calls.finish(number)
    assert (reply.status, reply.code) == (400, 4100)
    assert calls.retract(number).code == 0


def test_a_prior_report_is_one_that_was_finished(calls: Calls) -> None:
    number = calls.opened()
    naming = reported(f"<priorCTReports>{number}</priorCTReports>")
    assert calls.submit(naming).code == 4100
    calls.finish(number)
    assert calls.submit(naming).code == 0


def test_prior_reports_can_be_from_before_the_simulator() -> None:
    with Cybertip(USER, PASSWORD, switches=Switches(check_prior_reports=False)) as running:
        assert Calls(running).submit(reported("<priorCTReports>7</priorCTReports>")).code == 0


def test_the_past_is_what_its_clock_says() -> None:
    xml = REPORT.replace("2026-01-02T03:04:05Z", "2026-11-24T00:00:00Z")
    with Cybertip(USER, PASSWORD, clock=Clock(NOW, stands=True)) as running:
        assert Calls(running).submit(xml).code == 4100
        running.clock.move(timedelta(days=1))
        assert Calls(running).submit(xml).code == 0


@pytest.mark.parametrize("time", ["-0044-03-15T12:00:00Z", "12026-01-01T00:00:00Z", "2026-01-01T24:00:00Z"])
def test_a_time_that_no_machine_of_ours_knows_is_refused(calls: Calls, time: str) -> None:
    assert calls.submit(REPORT.replace("2026-01-02T03:04:05Z", time)).code == 4100


@pytest.mark.parametrize("day", ["12026-01-01", "2026-11-24+14:00"])
def test_a_birthday_to_come_is_refused(calls: Calls, day: str) -> None:
    born = f"</email><dateOfBirth>{day}</dateOfBirth>"
    assert calls.submit(REPORT.replace("</email>", born)).code == 4100
    assert calls.submit(REPORT.replace("</email>", born.replace(day, "1986-01-01Z"))).code == 0
