"""The pages of filing over HTTP, without scripts: from a decided case to the simulator's receipt."""

import re
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest
from support.case_pages import Page, said
from support.console import Client, Console
from support.files import small_picture
from support.filing_pages import at, cybertip, drafted, filing_console, reported_case, state, until

from tocsin.filing.draft import Source
from tocsin.filing.model import Environment, State, Subject
from tocsin.filing.store_filings import WantedFilings
from tocsin.simulators.cybertip.faults import Fault, Kind, Step
from tocsin.simulators.cybertip.server import Cybertip

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

SIMULATED = "This goes to a simulator on this machine."
PLATFORM = "value-report/incidentSummary/platform"
SUMMARY = "/change?part=report/incidentSummary"
seeds = count(100)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with filing_console(tmp_path_factory.mktemp("filing") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def authority(served: Console) -> Iterator[Cybertip]:
    with cybertip(served) as simulated:
        yield simulated


@pytest.fixture
def rita(served: Console, authority: Cybertip) -> Client:
    assert authority.url
    return served.client("rita", "reporter")


@pytest.fixture
def filing(served: Console, rita: Client) -> int:
    """A draft about a case of its own."""
    seed = next(seeds)
    return drafted(rita, reported_case(served, small_picture(seed), account={"id": f"u-{seed}"}), f"u-{seed}")


def confirm_page(client: Client, number: int) -> Page:
    """The page that confirms a draft that was just checked."""
    checked = at(client, f"/filings/{number}/draft").send(client, f"/console/filings/{number}/check")
    assert checked.status_code == 303, said(checked)
    return at(client, f"/filings/{number}/confirm")


def test_a_decided_case_waits_to_be_drafted_and_a_draft_says_where_it_comes_from(
    served: Console, rita: Client
) -> None:
    case = reported_case(served, small_picture(1), account={"id": "<b>u\u202e</b>"})
    waiting = at(rita, "/filings")
    assert f"Case {case}" in waiting.said
    assert "<b>u" not in waiting.text
    number = drafted(rita, case, "<b>u\u202e</b>")
    assert f'name="case" value="{case}"' not in at(rita, "/filings").text
    page = at(rita, f"/filings/{number}/draft")
    assert page.said.startswith("TEST: Filing")
    assert SIMULATED in page.said
    assert "the log of looks ( no look )" in page.said
    assert "Reporter" in page.said
    assert "helps much File 1: no confirmed looks" in page.said
    assert "\u202e" not in page.text
    again = rita.act("/filings/draft", case=str(case), account="<b>u\u202e</b>", kind="report")
    assert again.status_code == 409
    assert "draft a follow-up of it" in said(again)
    assert rita.act("/filings/draft", case=str(case), account="", kind="nonsense").status_code == 409


def test_an_account_is_drafted_whatever_ends_a_line_in_its_name(served: Console, rita: Client) -> None:
    """Browsers send each of them as CR LF."""
    case = reported_case(served, small_picture(2), account={"id": "a\nb\rc\r\nd"})
    number = drafted(rita, case, "a\r\nb\r\nc\r\nd")
    assert served.node.reporting.filings.filing(number).account == "a\nb\rc\r\nd"


def test_accounts_that_two_platforms_name_alike_are_told_apart(served: Console, rita: Client) -> None:
    """Each line of the list has a form of its own, and says where its account is."""
    alike: dict[str, JsonValue] = {"account": {"id": "alike"}, "url": "https://forum.example/alike"}
    served.submit(small_picture(31), **alike, platform="chat.example", review=True)
    case = reported_case(served, small_picture(32), **alike, platform="mail.example")
    waiting = at(rita, "/filings").said
    assert "alike chat.example" in waiting
    assert "alike mail.example" in waiting
    fields = {"case": str(case), "account": "alike", "kind": "report"}
    assert rita.act("/filings/draft", **fields).status_code == 409
    for platform in ("chat.example", "mail.example"):
        assert rita.act("/filings/draft", **fields, platform=platform).status_code == 303
        made = served.node.reporting.filings.page(WantedFilings(case=case))[0]
        assert made.subject == Subject(platform, "alike")
        assert f"alike {platform}" in at(rita, f"/filings/{made.number}").said


def test_from_the_draft_to_the_receipt(served: Console, rita: Client, filing: int) -> None:
    form = at(rita, f"/filings/{filing}{SUMMARY}")
    changed = form.send(rita, f"/console/filings/{filing}/change", **{PLATFORM: "Forum <i>of</i> examples"})
    assert changed.status_code == 303, said(changed)
    draft = served.node.reporting.filings.draft(filing)
    assert draft.report.incident_summary.platform == "Forum <i>of</i> examples"
    people = {one.field for one in draft.sources if one.source is Source.PERSON}
    assert people == {"report/incidentSummary/platform"}, "what was not changed keeps its source"
    page = confirm_page(rita, filing)
    assert SIMULATED in page.said
    assert page.said.index("What is missing") < page.said.index("I have read below")
    unticked = page.send(rita, f"/console/filings/{filing}/confirm")
    assert (unticked.status_code, state(served, filing)) == (422, State.CHECKED)
    assert "tick the box first" in said(unticked)
    done = page.send(rita, f"/console/filings/{filing}/confirm", read="1")
    assert done.status_code == 303, said(done)
    until(lambda: state(served, filing) is State.FINISHED)
    told = at(rita, f"/filings/{filing}")
    receipt = served.node.reporting.filings.receipt(filing)
    assert receipt is not None
    for words in (receipt.report_id, receipt.request_id, "Of a test: it proves no report.", SIMULATED):
        assert words in told.said
    for step in ("Open the report", "Upload a file", "Say what there is to say about a file", "Finish"):
        assert step in told.said
    (hold,) = served.node.reporting.holds.of_filing(filing)
    assert f'href="/console/holds/{hold.number}"' in told.text
    assert "&lt;reportDoneResponse" in told.text
    assert "Forum &amp;lt;i&amp;gt;of" in told.text, "the request as it was sent, as text"
    assert "<i>of" not in told.text
    assert 'action="/console/filings/draft"' in told.text, "a follow-up can be drafted"
    assert receipt.report_id in at(rita, "/filings?group=finished").said


def test_an_older_revision_is_neither_changed_nor_confirmed(
    served: Console, rita: Client, filing: int
) -> None:
    form = at(rita, f"/filings/{filing}{SUMMARY}")
    assert form.send(rita, f"/console/filings/{filing}/change", **{PLATFORM: "first"}).status_code == 303
    late = form.send(rita, f"/console/filings/{filing}/change", **{PLATFORM: "second"})
    assert late.status_code == 409
    assert 'value="second"' in late.text, "what was typed is not lost"
    assert "has been changed since you saw it" in said(late)
    page = confirm_page(rita, filing)
    old = page.send(rita, f"/console/filings/{filing}/confirm", read="1", revision="1")
    assert (old.status_code, state(served, filing)) == (409, State.CHECKED)
    form = at(rita, f"/filings/{filing}{SUMMARY}")
    assert form.send(rita, f"/console/filings/{filing}/change", **{PLATFORM: "third"}).status_code == 303
    assert state(served, filing) is State.DRAFTED, "a change asks for another check"
    assert rita.get(f"/console/filings/{filing}/confirm").status_code == 409


def test_what_breaks_a_rule_is_said_with_a_way_to_mend_it(rita: Client, filing: int) -> None:
    form = at(rita, f"/filings/{filing}{SUMMARY}")
    name = "value-report/incidentSummary/incidentDateTime"
    odd = form.send(rita, f"/console/filings/{filing}/change", **{name: "yesterday"})
    assert odd.status_code == 422
    assert "a time with its zone" in said(odd)
    late = form.send(rita, f"/console/filings/{filing}/change", **{name: "2099-01-01T00:00:00Z"})
    assert late.status_code == 303
    broken = rita.act(f"/filings/{filing}/check", revision="2")
    assert broken.status_code == 422
    assert "1 rule is not kept report/incidentSummary/incidentDateTime" in said(broken)
    assert "change?part=report%2FincidentSummary" in broken.text


def test_a_file_is_left_out_and_taken_in_again(served: Console, rita: Client, filing: int) -> None:
    page = at(rita, f"/filings/{filing}/draft")
    assert page.send(rita, f"/console/filings/{filing}/include").status_code == 303
    assert not served.node.reporting.filings.draft(filing).files[0].include
    left = at(rita, f"/filings/{filing}/draft")
    assert "left out" in left.said
    assert rita.act(f"/filings/{filing}/check", revision="2").status_code == 422
    assert left.send(rita, f"/console/filings/{filing}/include").status_code == 303
    assert served.node.reporting.filings.draft(filing).files[0].include
    viewed = {"value-file[1]/fileViewedByEsp": "true"}
    change = at(rita, f"/filings/{filing}/change?part=file[1]")
    forged = change.send(rita, f"/console/filings/{filing}/change", **viewed)
    assert forged.status_code == 422, "what was viewed is the log's to say"
    assert rita.get(f"/console/filings/{filing}/change?part=file[9]").status_code == 409


def test_a_draft_is_discarded_and_what_is_finished_cannot_be_taken_back(
    served: Console, rita: Client, filing: int
) -> None:
    assert rita.act(f"/filings/{filing}/discard").status_code == 303
    assert state(served, filing) is State.RETRACTED
    assert rita.act(f"/filings/{filing}/discard").status_code == 409
    given_up = served.node.reporting.filings.filing(filing)
    second = drafted(rita, given_up.case, given_up.account)
    page = confirm_page(rita, second)
    assert rita.act(f"/filings/{second}/retract", reason="a mistake").status_code == 409
    assert rita.act(f"/filings/{second}/retry").status_code == 409
    assert page.send(rita, f"/console/filings/{second}/confirm", read="1").status_code == 303
    until(lambda: state(served, second) is State.FINISHED)
    assert rita.act(f"/filings/{second}/retract", reason="a mistake").status_code == 409


def test_who_only_reads_is_offered_nothing(served: Console, filing: int) -> None:
    reader = served.client("reader", "reviewer")
    page = at(reader, f"/filings/{filing}/draft")
    assert set(page.actions.values()) == {"/console/sign-out", ""}
    assert at(reader, f"/filings/{filing}").actions == at(reader, "/authorities").actions
    assert reader.get(f"/console/filings/{filing}{SUMMARY}").status_code == 403
    assert reader.act(f"/filings/{filing}/check", revision="1").status_code == 403


@pytest.mark.slow
def test_in_production_two_people_confirm_and_the_pages_say_that_it_is_real(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Nothing is sent: the node does no jobs."""
    with filing_console(tmp_path_factory.mktemp("production") / "home", working=False) as opened:
        one, other = (opened.client(name, "filing-manager") for name in ("one", "other"))
        account = {"environment": "production", "user": "forum-77120", "password": "Zq7-woods-lantern"}
        assert one.act("/authorities/ncmec/connect", **account).status_code == 303
        host = "report.cybertip.org"
        assert one.act("/authorities/ncmec/switch", host=host, reason="we begin").status_code == 303
        assert other.act("/authorities/ncmec/confirm", host=host).status_code == 303
        rita, rolf = (opened.client(name, "reporter") for name in ("rita", "rolf"))
        number = drafted(rita, reported_case(opened, small_picture(3)))
        page = confirm_page(rita, number)
        assert page.said.startswith("Filing")
        assert "PRODUCTION This is real" in page.said
        assert "2 more people are needed" in page.said
        assert page.send(rita, f"/console/filings/{number}/confirm", read="1").status_code == 303
        assert state(opened, number) is State.CHECKED, "the author alone confirms nothing"
        half = at(rita, f"/filings/{number}/confirm")
        assert "You have confirmed it. Somebody else has to confirm it too." in half.said
        assert f"/console/filings/{number}/confirm" not in half.actions.values()
        twice = rita.act(f"/filings/{number}/confirm", read="1", revision="1")
        assert (twice.status_code, state(opened, number)) == (409, State.CHECKED)
        second = at(rolf, f"/filings/{number}/confirm")
        assert "1 more person is needed" in second.said
        assert second.send(rolf, f"/console/filings/{number}/confirm", read="1").status_code == 303
        assert state(opened, number) is State.CONFIRMED
        filing = opened.node.reporting.filings.filing(number)
        assert filing.confirmed_by == ("person:rita", "person:rolf")
        assert filing.environment is Environment.PRODUCTION
        assert re.search(r'class="environment live"', rolf.get(f"/console/filings/{number}").text)


def test_what_stopped_says_why_and_goes_on_when_somebody_says_so(
    served: Console, rita: Client, authority: Cybertip, filing: int
) -> None:
    page = confirm_page(rita, filing)
    authority.faults.then(Step.SUBMIT, Fault(Kind.CODE, code=4100))
    assert page.send(rita, f"/console/filings/{filing}/confirm", read="1").status_code == 303
    until(lambda: state(served, filing) is State.STOPPED)
    stopped = at(rita, f"/filings/{filing}")
    assert "stopped: it waits for a person" in stopped.said
    assert "4100" in stopped.said.partition("Why it stopped:")[2]
    assert f"Filing {filing}" in at(rita, "/filings?group=stopped").said
    assert stopped.send(rita, f"/console/filings/{filing}/retry").status_code == 303
    until(lambda: state(served, filing) is State.FINISHED)


def test_what_is_open_says_when_it_expires_and_is_retracted_for_a_reason(
    served: Console, rita: Client, authority: Cybertip, filing: int
) -> None:
    page = confirm_page(rita, filing)
    authority.faults.always(Fault(Kind.HTML, status=503), Step.FINISH)
    try:
        assert page.send(rita, f"/console/filings/{filing}/confirm", read="1").status_code == 303
        until(lambda: "The last attempt failed:" in at(rita, f"/filings/{filing}").said)
        opened = at(rita, f"/filings/{filing}")
        assert "If it is not finished, the authority deletes what is open at" in opened.said
        assert "It is tried again at" in opened.said
        assert "HTTP 503" in opened.said
        assert rita.act(f"/filings/{filing}/retract", reason="").status_code == 422
        assert opened.send(rita, f"/console/filings/{filing}/retract", reason="a mistake").status_code == 303
        until(lambda: state(served, filing) is State.RETRACTED)
    finally:
        authority.faults.clear()
    told = at(rita, f"/filings/{filing}")
    assert "asked for it to be given up" in told.said
    assert "a mistake" in told.said
    assert "Nothing of it is at the authority." in told.said
    assert "It is being given up" not in told.said
