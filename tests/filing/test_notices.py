"""Notices to providers: who may, of what, in which order; what the ledger says of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.cases import Desk
from support.notices import PROGRAM, READER, REPORTER, TERMS, URL, Bureau

from tocsin.access.errors import DeniedError
from tocsin.cases.model import Outcome
from tocsin.evidence.errors import SealBrokenError
from tocsin.filing.errors import NotToBeReportedError, OutdatedDraftError
from tocsin.filing.notice_model import (
    Channel,
    InvalidNoticeError,
    Notice,
    NoticeState,
    NotSetUpError,
    Provider,
    UnknownNoticeError,
    UnknownProviderError,
    UnsuitableNoticeError,
)
from tocsin.filing.notice_terms import MailServer, Sender
from tocsin.filing.notices import Wanted
from tocsin.filing.store_notices import WantedNotices, mail_purpose, token_purpose

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def bureau(desk: Desk) -> Bureau:
    return Bureau.over(desk, terms=replace(TERMS, mail=MailServer("127.0.0.1", sender="n@example.net")))


def test_only_what_was_decided_to_be_reported_is_asked_to_be_removed(bureau: Bureau) -> None:
    bureau.provider()
    for outcome in (None, Outcome.NO_ACTION, Outcome.UNDETERMINED):
        number = bureau.case(outcome, {"review": True, "url": f"{URL}&{outcome}"})
        with pytest.raises(NotToBeReportedError):
            bureau.draft(case=number)
    assert not bureau.store.page(WantedNotices())


def test_a_notice_goes_its_way_and_the_ledger_says_so(bureau: Bureau) -> None:
    bureau.provider(Channel.HAND, "https://host.example/form")
    drafted = bureau.draft()
    assert (drafted.state, drafted.test, drafted.law) == (NoticeState.DRAFTED, True, "18 U.S.C. 2258A")
    sent = bureau.notices.sent_by_hand(REPORTER, drafted.number, drafted.revision, "T-1")
    acknowledged = bureau.notices.answer(
        REPORTER, sent.number, sent.revision, NoticeState.ACKNOWLEDGED, words="we look at it"
    )
    bureau.clock.move(timedelta(hours=3))
    removed = bureau.notices.answer(REPORTER, sent.number, acknowledged.revision, NoticeState.REMOVED)
    assert (removed.state, removed.their_reference, removed.answered) == (
        NoticeState.REMOVED,
        "T-1",
        bureau.clock(),
    )
    assert removed.next_reminder is None
    history = bureau.notices.history(READER, drafted.number)
    assert [one.what for one in history] == ["drafted", "sent", "acknowledged", "removed"]
    assert {one.by for one in history} == {REPORTER.id}
    kinds = bureau.kinds(f"notice:{drafted.number}")
    assert kinds == ["notice.drafted", "notice.sent", "notice.answered", "notice.removed"]


def test_the_ledger_tells_of_no_url_and_of_nobody_s_words(bureau: Bureau) -> None:
    bureau.provider(Channel.HAND, "https://host.example/form")
    drafted = bureau.draft()
    sent = bureau.notices.sent_by_hand(REPORTER, drafted.number, drafted.revision)
    bureau.notices.answer(REPORTER, sent.number, sent.revision, NoticeState.REFUSED, words="go away")
    told = " ".join(str(row.detail) for row in bureau.desk.ledger.rows_of(f"notice:{drafted.number}"))
    assert drafted.reference in told
    assert "files.example.org" not in told
    assert "go away" not in told


def test_a_text_names_no_program_can_open(bureau: Bureau) -> None:
    bureau.provider()
    drafted = bureau.draft()
    text = bureau.notices.text(READER, drafted.number)
    assert "hxxps://files[.]example[.]org/a.b/c?d=1" in text.body
    assert "http://" not in text.body
    assert "https://" not in text.body
    assert text.subject.startswith("[TEST] Notice N-")


def change(bureau: Bureau, notice: Notice, **values: object) -> Notice:
    wanted = Wanted(notice.url, notice.provider, notice.found)
    return bureau.notices.change(
        REPORTER,
        notice.number,
        notice.revision,
        replace(wanted, **values),  # type: ignore[arg-type]  # names of fields
    )


def test_a_draft_is_changed_by_whoever_saw_it(bureau: Bureau) -> None:
    bureau.provider()
    drafted = bureau.draft()
    changed = change(bureau, drafted, url=f"{URL}&e=2", law="")
    assert (changed.url, changed.law, changed.revision) == (f"{URL}&e=2", "", 2)
    with pytest.raises(OutdatedDraftError):
        change(bureau, drafted)
    assert bureau.store.notice(drafted.number) == changed


def test_what_no_provider_could_find_is_refused(bureau: Bureau) -> None:
    bureau.provider()
    drafted = bureau.draft()
    wrong: list[dict[str, object]] = [
        {"url": "ftp://example.org/a"},
        {"law": "nz"},
        {"found": datetime(2020, 1, 1)},  # noqa: DTZ001  # without its zone, on purpose
        {"found": datetime(2099, 1, 1).astimezone()},
    ]
    for values in wrong:
        with pytest.raises(InvalidNoticeError):
            change(bureau, drafted, **values)
    assert bureau.store.notice(drafted.number) == drafted


def test_what_was_sent_is_not_sent_again_nor_changed(bureau: Bureau) -> None:
    bureau.provider()
    queued = bureau.queued()
    calls: list[Callable[[], object]] = [
        lambda: change(bureau, queued),
        lambda: bureau.notices.send(REPORTER, queued.number, queued.revision),
        lambda: bureau.notices.discard(REPORTER, queued.number, queued.revision),
        lambda: bureau.notices.remind(REPORTER, queued.number, queued.revision),
        lambda: bureau.notices.answer(REPORTER, queued.number, queued.revision, NoticeState.REMOVED),
        lambda: bureau.notices.sent_by_hand(REPORTER, queued.number, queued.revision),
    ]
    for call in calls:
        with pytest.raises(UnsuitableNoticeError):
            call()
    assert bureau.store.notice(queued.number) == queued


def test_a_draft_is_discarded(bureau: Bureau) -> None:
    bureau.provider()
    drafted = bureau.draft()
    gone = bureau.notices.discard(REPORTER, drafted.number, drafted.revision, "wrong URL")
    assert gone.state.over
    with pytest.raises(UnsuitableNoticeError):
        bureau.notices.send(REPORTER, gone.number, gone.revision)
    assert bureau.notices.counts(READER) == {NoticeState.DISCARDED: 1}


def test_who_may_what(bureau: Bureau) -> None:
    bureau.provider()
    drafted = bureau.draft()
    number, revision = drafted.number, drafted.revision
    with pytest.raises(DeniedError):
        bureau.notices.send(PROGRAM, number, revision)  # it is a person's word
    with pytest.raises(DeniedError):
        bureau.notices.send(READER, number, revision)
    with pytest.raises(DeniedError):
        bureau.notices.draft(READER, drafted.case, Wanted(URL, "host", drafted.found))
    with pytest.raises(DeniedError):
        bureau.providers.keep(READER, Provider("other", Channel.MAIL, "a@example.org"))
    with pytest.raises(DeniedError):
        bureau.providers.set_mail_password(READER, "secret")
    assert bureau.notices.notice(READER, number) == drafted


def test_without_settings_nothing_is_made(desk: Desk) -> None:
    bureau = Bureau.over(desk, terms=replace(TERMS, sender=Sender("", "")))
    bureau.provider()
    with pytest.raises(NotSetUpError, match="organisation and contact"):
        bureau.draft()


@pytest.mark.parametrize("lacking", ["mail", "test_address"])
def test_without_a_way_nothing_is_sent(desk: Desk, lacking: str) -> None:
    mail = MailServer("127.0.0.1", sender="n@example.net")
    terms = replace(TERMS, mail=None) if lacking == "mail" else replace(TERMS, mail=mail, test_address="")
    bureau = Bureau.over(desk, terms=terms)
    bureau.provider()
    drafted = bureau.draft()
    with pytest.raises(NotSetUpError):
        bureau.notices.send(REPORTER, drafted.number, drafted.revision)
    assert bureau.store.notice(drafted.number) == drafted


def test_a_notice_that_is_no_test_waits_for_settings_that_are_live(bureau: Bureau, desk: Desk) -> None:
    live = Bureau.over(desk, terms=replace(bureau.terms, live=True))
    live.provider()
    drafted = live.draft()
    assert not drafted.test
    assert "TEST" not in live.notices.text(READER, drafted.number).subject
    bureau.decided = live.decided
    with pytest.raises(NotSetUpError, match="only tests"):
        bureau.notices.send(REPORTER, drafted.number, drafted.revision)


def test_a_decision_that_is_no_longer_in_force_sends_nothing(bureau: Bureau) -> None:
    bureau.provider()
    drafted = bureau.draft()
    bureau.decided[drafted.case] = Outcome.FALSE_MATCH
    with pytest.raises(NotToBeReportedError):
        bureau.notices.send(REPORTER, drafted.number, drafted.revision)


def test_the_urls_of_a_case_find_their_providers(bureau: Bureau) -> None:
    bureau.provider()
    bureau.providers.keep(REPORTER, Provider("files", Channel.MAIL, "f@example.org", ("files.example.org",)))
    number = bureau.case()
    (one,) = bureau.notices.candidates(READER, number)
    assert (one.url, one.provider and one.provider.name, one.notices) == (URL, "files", ())
    drafted = bureau.draft(case=number)
    (one,) = bureau.notices.candidates(READER, number)
    assert one.notices == (drafted,)
    found = [bureau.providers.of_url(url) for url in ("https://badexample.org/", "https://a.EXAMPLE.org:8/")]
    assert [one and one.name for one in found] == [None, "host"]


def test_pages_of_notices(bureau: Bureau) -> None:
    bureau.provider()
    made = [bureau.draft() for _ in range(3)]
    bureau.notices.discard(REPORTER, made[1].number, 1)
    page = bureau.notices.page(READER, WantedNotices(), limit=2)
    assert [one.number for one in page] == [made[2].number, made[1].number]
    rest = bureau.notices.page(READER, WantedNotices(), before=made[1].number)
    assert [one.number for one in rest] == [made[0].number]
    drafts = bureau.notices.page(READER, WantedNotices(frozenset({NoticeState.DRAFTED})))
    assert [one.number for one in drafts] == [made[2].number, made[0].number]
    of_case = bureau.notices.page(READER, WantedNotices(case=made[0].case, provider="host"))
    assert {one.case for one in of_case} == {made[0].case}
    assert [one.number for one in of_case] == [made[place].number for place in (2, 1, 0)]
    assert not bureau.notices.page(READER, WantedNotices(case=made[0].case + 1))
    assert not bureau.notices.page(READER, WantedNotices(provider="other"))
    for number in (99, 0, -1, 1 << 70):
        with pytest.raises(UnknownNoticeError):
            bureau.notices.notice(READER, number)


def test_providers_that_cannot_be_written_to_are_refused(bureau: Bureau) -> None:
    wrong = [
        Provider("Big Host", Channel.MAIL, "a@example.org"),
        Provider("host", Channel.MAIL, "a@example.org, b@example.org"),
        Provider("host", Channel.MAIL, "Anna <a@example.org>"),
        Provider("host", Channel.MAIL, "a@example.org\nBcc: b@example.org"),
        Provider("host", Channel.API, "http://api.example.org/"),
        Provider("host", Channel.API, "api.example.org"),
        Provider("host", Channel.HAND, "javascript:alert(1)"),
        Provider("host", Channel.MAIL, "a@example.org", ("https://example.org",)),
        Provider("host", Channel.MAIL, "a@example.org", language="xx"),
    ]
    for provider in wrong:
        with pytest.raises(InvalidNoticeError):
            bureau.providers.keep(REPORTER, provider)
    assert not bureau.providers.all(READER)


def test_a_token_is_sealed_for_one_address_and_shown_to_nobody(bureau: Bureau) -> None:
    there = Provider("host", Channel.API, "https://api.example.org/notices")
    bureau.providers.keep(REPORTER, there, "tok-123")
    assert bureau.store.secret(token_purpose(there)) == b"tok-123"
    with bureau.desk.database.reading():
        ((purpose, sealed),) = bureau.desk.database.rows("SELECT purpose, sealed FROM notice_secret")
    assert b"tok-123" not in sealed
    assert "tok-123" not in purpose
    told = " ".join(str(row.detail) for row in bureau.desk.ledger.rows_of("notice_provider:host"))
    assert "tok-123" not in told
    moved = replace(there, address="https://elsewhere.example.org/")
    bureau.providers.keep(REPORTER, moved)
    assert bureau.store.secret(token_purpose(moved)) is None
    assert bureau.store.secret(token_purpose(there)) is None
    with bureau.desk.database.writing():  # moved by hand, it does not open
        bureau.desk.database.change(
            "INSERT INTO notice_secret (purpose, sealed) VALUES (?, ?)", (token_purpose(moved), sealed)
        )
    with pytest.raises(SealBrokenError):
        bureau.store.secret(token_purpose(moved))


def test_a_provider_is_forgotten_with_its_token(bureau: Bureau) -> None:
    there = Provider("host", Channel.API, "https://api.example.org/notices")
    bureau.providers.keep(REPORTER, there, "tok-123")
    bureau.providers.remove(REPORTER, "host")
    assert bureau.store.secret(token_purpose(there)) is None
    with pytest.raises(UnknownProviderError):
        bureau.providers.remove(REPORTER, "host")
    with pytest.raises(InvalidNoticeError):
        bureau.providers.keep(REPORTER, Provider("m", Channel.MAIL, "a@example.org"), "tok")


def test_a_mail_password_is_for_one_server(desk: Desk) -> None:
    mail = MailServer("mail.example.net", 587, "starttls", "notices", "n@example.net")
    bureau = Bureau.over(desk, terms=replace(TERMS, mail=mail))
    bureau.providers.set_mail_password(REPORTER, "pa55")
    assert bureau.store.secret(mail_purpose("mail.example.net", 587, "notices")) == b"pa55"
    assert bureau.store.secret(mail_purpose("evil.example.net", 587, "notices")) is None
    told = " ".join(str(row.detail) for row in desk.ledger.rows_of("notice_mail"))
    assert "mail.example.net" in told
    assert "pa55" not in told
    bureau.providers.set_mail_password(REPORTER, "")
    assert bureau.store.secret(mail_purpose("mail.example.net", 587, "notices")) is None
