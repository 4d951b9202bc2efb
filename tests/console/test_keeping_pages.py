"""The pages of authorities, holds, notices and the register, over HTTP and without scripts."""

import hashlib
from collections.abc import Iterator

import pytest
from support.case_pages import said
from support.console import Console
from support.files import small_picture
from support.filing_pages import (
    PASSWORD,
    USER,
    at,
    cybertip,
    drafted,
    filing_console,
    reported_case,
    state,
    until,
)

from tocsin.filing.holding import DestructionState
from tocsin.filing.model import Authority, Environment, State
from tocsin.filing.nca.model import EntryState
from tocsin.filing.notice_model import NoticeState
from tocsin.filing.store_notices import WantedNotices
from tocsin.simulators.cybertip.server import Cybertip

HOST = "report.cybertip.org"
NCMEC = "/authorities/ncmec"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with filing_console(tmp_path_factory.mktemp("keeping") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def authority(served: Console) -> Iterator[Cybertip]:
    with cybertip(served) as simulated:
        yield simulated


@pytest.fixture(scope="module")
def case(served: Console) -> int:
    return reported_case(served, small_picture(1))


def test_an_account_is_kept_checked_and_never_shown(served: Console, authority: Cybertip) -> None:
    manager = served.client("mia", "filing-manager")
    page = at(manager, "/authorities")
    assert "This goes to a simulator on this machine." in page.said
    assert PASSWORD not in page.text
    assert "knows the account" in said(manager.act(f"{NCMEC}/check", environment="simulator"))
    assert manager.act(f"{NCMEC}/schema", environment="simulator").status_code == 303
    assert served.node.reporting.connections.schema(Authority.NCMEC, Environment.SIMULATOR) is not None
    given = {"environment": "simulator", "url": authority.url, "user": USER, "password": "another-one"}
    assert manager.act(f"{NCMEC}/connect", **given).status_code == 303
    assert "does not let us in" in said(manager.act(f"{NCMEC}/check", environment="simulator"))
    for odd in (
        {**given, "url": "http://192.0.2.1/ispws"},
        {**given, "environment": "test", "url": "", "password": "changeme"},
    ):
        refused = manager.act(f"{NCMEC}/connect", **odd)
        assert refused.status_code == 422
        assert "changeme" not in refused.text
    assert manager.act(f"{NCMEC}/connect", **{**given, "password": PASSWORD}).status_code == 303
    assert manager.act("/authorities/nobody/connect", **given).status_code == 404
    assert manager.act(f"{NCMEC}/connect", environment="nowhere").status_code == 404
    asked = manager.act(f"{NCMEC}/remove", environment="simulator")
    assert "Forget this account?" in said(asked)


@pytest.mark.slow
def test_production_takes_two_who_type_its_name(tmp_path_factory: pytest.TempPathFactory) -> None:
    with filing_console(tmp_path_factory.mktemp("switch") / "home", working=False) as opened:
        one, other = (opened.client(name, "filing-manager") for name in ("one", "other"))
        assert one.act(f"{NCMEC}/switch", host=HOST, reason="so").status_code == 409
        account = {"environment": "production", "user": "forum-77120", "password": "Zq7-woods-lantern"}
        assert one.act(f"{NCMEC}/connect", **account).status_code == 303
        mistyped = one.act(f"{NCMEC}/switch", host="cybertip.org", reason="a long reason")
        assert mistyped.status_code == 422
        assert "a long reason" in mistyped.text, "what was typed is not lost"
        assert one.act(f"{NCMEC}/switch", host=HOST, reason="we begin").status_code == 303
        mine, theirs = at(one, "/authorities"), at(other, "/authorities")
        assert "somebody else has to confirm" in mine.said
        assert f"/console{NCMEC}/confirm" not in mine.actions.values()
        assert one.act(f"{NCMEC}/confirm", host=HOST).status_code == 409
        assert theirs.send(other, f"/console{NCMEC}/confirm", host="x").status_code == 422
        assert theirs.send(other, f"/console{NCMEC}/confirm", host=HOST).status_code == 303
        assert "PRODUCTION This is real" in at(one, "/authorities").said
        back = at(one, "/authorities").send(one, f"/console{NCMEC}/back")
        assert back.status_code == 303
        assert "This is real" not in at(one, "/authorities").said


def test_a_receipt_is_held_longer_released_and_what_it_held_destroyed_by_two(
    served: Console, authority: Cybertip
) -> None:
    assert authority.url
    rita, one, other = (
        served.client("rita", "reporter"),
        served.client("keeper", "filing-manager"),
        served.client("second", "filing-manager"),
    )
    data = small_picture(2)
    number = drafted(rita, reported_case(served, data, account={"id": "u-2"}), "u-2")
    assert rita.act(f"/filings/{number}/check", revision="1").status_code == 303
    assert rita.act(f"/filings/{number}/confirm", revision="1", read="1").status_code == 303
    until(lambda: state(served, number) is State.FINISHED)
    (hold,) = served.node.reporting.holds.of_filing(number)
    assert f"Hold {hold.number}" in at(rita, "/holds").said
    path = f"/holds/{hold.number}"
    page = at(one, path)
    assert page.said.startswith("TEST: Hold")
    assert "binds all the same" in page.said
    assert f"hold {hold.number} binds it" in page.said
    for odd in ("", "never", "2020-01-01"):
        assert one.act(f"{path}/extend", how="until", until=odd, reason="an order").status_code == 409
    assert one.act(f"{path}/extend", how="until", until="2099-01-01", reason="an order").status_code == 303
    assert "keeps it longer" in at(one, path).said
    digest = hashlib.sha256(data).hexdigest()
    early = one.act("/destructions", sha256=digest, reason="it is over", request="")
    assert early.status_code == 409
    assert digest in early.text, "what was typed is not lost"
    assert one.act(f"{path}/release", reason="").status_code == 422
    assert one.act(f"{path}/release", reason="the order was withdrawn").status_code == 303
    asked = one.act("/destructions", sha256=digest, reason="it is over", request="LE-17")
    assert asked.status_code == 303, said(asked)
    (wish,) = served.node.reporting.destroying.of_content(bytes.fromhex(digest))
    assert f"/console/destructions/{wish.number}/confirm" not in at(one, "/destructions").actions.values()
    assert one.act(f"/destructions/{wish.number}/confirm").status_code == 409
    confirmed = at(other, "/destructions").send(other, f"/console/destructions/{wish.number}/confirm")
    assert confirmed.status_code == 303, said(confirmed)
    destroying = served.node.reporting.destroying
    until(lambda: destroying.destruction(wish.number).state is DestructionState.DESTROYED)
    assert "destroyed" in at(rita, "/destructions").said


def test_a_letter_is_followed_by_a_hold(served: Console, case: int) -> None:
    manager = served.client("mia", "filing-manager")
    letter = {"case": str(case), "since": "2026-11-01", "reason": "letter 17"}
    triggers = at(manager, "/holds").text
    named = next(one.trigger for one in served.node.review.packs.retentions if "2703" in one.provision.id)
    assert f'value="{named}"' in triggers
    letter["trigger"] = named
    assert manager.act("/holds", **{**letter, "since": "soon"}).status_code == 409
    assert manager.act("/holds", **{**letter, "since": "2099-01-01"}).status_code == 409
    assert manager.act("/holds", **{**letter, "trigger": "moon"}).status_code == 409
    assert manager.act("/holds", **{**letter, "case": "999999"}).status_code == 404
    made = manager.act("/holds", **letter)
    assert made.status_code == 303, said(made)
    page = at(manager, made.headers["location"].split("?")[0].removeprefix("/console"))
    assert "letter 17" in page.said
    assert not page.said.startswith("TEST")
    (extending,) = (one for one in page.forms if one.endswith("/extend"))
    renewed = page.send(manager, extending, how="renew", reason="letter 18")
    assert renewed.status_code == 303, said(renewed)


def test_a_notice_is_drafted_of_a_link_handed_in_and_answered(served: Console, case: int) -> None:
    rita, manager = served.client("rita", "reporter"), served.client("mia", "filing-manager")
    provider = {"name": "forum", "address": "https://forum.example/report", "language": "en"}
    assert manager.act("/providers", **provider, channel="pigeon", hosts="").status_code == 422
    kept = manager.act("/providers", **provider, channel="hand", hosts="forum.example")
    assert kept.status_code == 303, said(kept)
    listed = at(rita, f"/notices?case={case}")
    assert "TEST The settings allow only tests" in listed.said
    drafted_now = listed.send(rita, "/console/notices")
    assert drafted_now.status_code == 303, said(drafted_now)
    number = served.node.reporting.notices.page(served.principal("rita"), WantedNotices())[0].number
    page = at(rita, f"/notices/{number}")
    assert page.said.startswith("TEST: Notice")
    assert "https://forum.example/posts/17" in page.said
    assert page.send(rita, f"/console/notices/{number}/by-hand", reference="T-1").status_code == 303
    stale = page.send(rita, f"/console/notices/{number}/discard")
    assert stale.status_code == 409
    answered = at(rita, f"/notices/{number}").send(
        rita, f"/console/notices/{number}/answer", state="removed", words="gone <b>"
    )
    assert answered.status_code == 303, said(answered)
    notice = served.node.reporting.notices.notice(served.principal("rita"), number)
    assert (notice.state, notice.their_reference) == (NoticeState.REMOVED, "T-1")
    assert "gone &lt;b&gt;" in rita.get(f"/console/notices/{number}").text
    assert manager.act("/providers/remove", name="forum").status_code == 303
    assert "has been removed from the list" in at(rita, f"/notices/{number}").said
    assert "Links of the case without a notice" not in at(rita, f"/notices?case={case}").said


def test_a_report_to_the_nca_is_filled_in_handed_in_and_asked_about(served: Console, case: int) -> None:
    rita = served.client("rita", "reporter")
    assert rita.act("/register", case=str(case), account="nobody").status_code == 422
    begun = rita.act("/register", case=str(case), account="u-17")
    assert begun.status_code == 303, said(begun)
    register = served.node.reporting.register
    path = begun.headers["location"].split("?")[0].removeprefix("/console")
    number = int(path.rsplit("/", 1)[1])

    def act(what: str, **fields: str) -> int:
        revision = register.entry(served.principal("rita"), number).revision
        return rita.act(f"{path}/{what}", revision=str(revision), **fields).status_code

    page = at(rita, path)
    assert "NOT SENT Nothing leaves by itself" in page.said
    assert "nobody has answered this" in page.said
    assert act("answer", key="account.email", how="not-held") == 303
    assert act("answer", key="content.text", how="held", text="") == 422
    assert act("answer", key="content.text", how="held", text="some <i>words") == 303
    assert act("answer", key="declaration.true", how="not-held") == 422
    assert act("priority", priority="P9") == 422
    assert act("priority", priority="P3") == 422, "lower than the facts speak for needs a reason"
    assert act("priority", priority="P2") == 303
    form = rita.act(f"{path}/form.txt")
    assert "some <i>words" in form.text
    assert form.headers["content-disposition"].startswith("attachment")
    assert rita.act(f"{path}/form.json").json()["schedule"]
    handed_in = {"reference": "NCA-1", "sent": "2026-11-01T10:00"}
    assert act("record", **handed_in) == 422, "whether it was an exercise is asked"
    assert act("record", **{**handed_in, "sent": "soon"}, kind="test") == 422
    assert act("record", **handed_in, kind="test") == 303
    assert "TEST It was an exercise." in at(rita, path).said
    assert act("acknowledge", when="2026-11-01T11:00", words="thanks") == 303
    assert act("ask", asked="2026-11-02T11:00", words="which port?") == 303
    assert "which port?" in at(rita, "/register").said
    (question,) = register.questions(served.principal("rita"), number)
    assert rita.act(f"{path}/reply", question=str(question.id), words="443").status_code == 303
    entry = register.entry(served.principal("rita"), number)
    assert (entry.state, entry.test) == (EntryState.ACKNOWLEDGED, True)
    assert rita.act(f"{path}/discard", revision=str(entry.revision), reason="no more").status_code == 409
    assert "443" in at(rita, path).said
