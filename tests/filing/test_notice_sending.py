"""Notices on their way: by mail and by JSON, with servers that fail; reminders; what providers answer."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.cases import Desk
from support.notices import READER, REPORTER, TERMS, URL, Bureau, mail_server
from support.tls import TestAuthority

from tocsin.cases.model import Outcome
from tocsin.errors import Refusal
from tocsin.filing.notice_model import Channel, NoticeState, NotSentError, Provider
from tocsin.filing.notice_sending import NOTICE_POLICY
from tocsin.filing.notice_steps import SEND
from tocsin.filing.store_notices import WantedNotices
from tocsin.jobs.model import LeaseLostError
from tocsin.simulators.mail import Conduct, MailSink
from tocsin.simulators.provider import ProviderSimulator, Reaction

HOUR = timedelta(hours=1)
SQLITE = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
"""What asks nothing of the database that the others do not."""


def by_mail(desk: Desk, sink: MailSink) -> Bureau:
    bureau = Bureau.over(desk, terms=replace(TERMS, mail=mail_server(sink.port, security="none")))
    bureau.provider()
    return bureau


def by_api(desk: Desk, api: ProviderSimulator, token: str = "") -> Bureau:
    bureau = Bureau.over(desk)
    bureau.providers.keep(REPORTER, Provider("host", Channel.API, api.url, ("example.org",)), token)
    return bureau


def test_a_test_goes_to_the_operator_s_own_address(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        assert bureau.run() == 1
        (mailed,) = sink.taken
    notice = bureau.store.notice(number)
    assert (notice.state, notice.sent) == (NoticeState.SENT, bureau.clock())
    assert mailed.recipient == "tests@example.net"
    assert str(mailed.message["Subject"]).startswith("[TEST] Notice N-")
    assert mailed.message["Message-ID"] == f"<{notice.reference}.0@example.net>"
    assert bureau.what(number) == ["drafted", "queued", "attempted", "sent"]
    assert bureau.kinds(f"notice:{number}") == ["notice.drafted", "notice.queued", "notice.sent"]


@SQLITE
def test_what_is_live_goes_to_the_provider_and_says_nothing_of_tests(desk: Desk) -> None:
    with MailSink() as sink:
        terms = replace(TERMS, live=True, mail=mail_server(sink.port, security="none"))
        bureau = Bureau.over(desk, terms=terms)
        bureau.provider()
        bureau.queued()
        bureau.run()
        (mailed,) = sink.taken
    assert mailed.recipient == "abuse@host.example"
    assert b"TEST" not in mailed.data.split(b"\r\n\r\n")[0]


@SQLITE
def test_settings_that_were_live_when_it_was_queued(desk: Desk) -> None:
    """They say now that providers are not written to: nothing goes out."""
    with MailSink() as sink:
        mail = mail_server(sink.port, security="none")
        live = Bureau.over(desk, terms=replace(TERMS, live=True, mail=mail))
        live.provider()
        number = live.queued().number
        bureau = Bureau.over(desk, terms=replace(TERMS, mail=mail))
        bureau.run()
        assert not sink.taken
    assert bureau.store.notice(number).state is NoticeState.FAILED


@SQLITE
def test_a_decision_that_was_undone_meanwhile(desk: Desk) -> None:
    """It could be undone for some minutes, and a notice may have to wait for hours."""
    with MailSink() as sink:
        sink.then(Conduct.LATER)
        bureau = by_mail(desk, sink)
        queued = bureau.queued()
        bureau.run()
        bureau.clock.move(HOUR)
        del bureau.decided[queued.case]
        bureau.run()
        assert not sink.taken
    failed = bureau.store.notice(queued.number)
    assert failed.state is NoticeState.FAILED
    assert "no decision to report" in failed.problem


@SQLITE
def test_nobody_is_reminded_of_what_is_not_to_be_reported_any_more(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        sent = bureau.queued()
        bureau.run()
        bureau.decided[sent.case] = Outcome.FALSE_MATCH
        bureau.clock.move(25 * HOUR)
        bureau.run()
        assert len(sink.taken) == 1
    assert bureau.store.notice(sent.number).next_reminder is None


@SQLITE
def test_a_server_that_fails_for_a_while(desk: Desk) -> None:
    with MailSink() as sink:
        sink.then(Conduct.LATER, Conduct.CUT)
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        for _ in range(3):
            bureau.run()
            bureau.clock.move(HOUR)
        assert len(sink.taken) == 1
    assert bureau.store.notice(number).state is NoticeState.SENT
    assert bureau.what(number)[2:] == ["attempted", "not_sent", "attempted", "not_sent", "attempted", "sent"]


@SQLITE
def test_an_answer_that_was_lost_may_send_it_twice_under_one_name(desk: Desk) -> None:
    with MailSink() as sink:
        sink.then(Conduct.TAKE_AND_CUT)
        bureau = by_mail(desk, sink)
        bureau.queued()
        bureau.run()
        bureau.clock.move(HOUR)
        bureau.run()
        first, second = sink.taken
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_a_refusal_is_for_a_person_who_may_send_it_again(desk: Desk) -> None:
    with MailSink() as sink:
        sink.then(Conduct.REFUSE)
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        bureau.run()
        failed = bureau.store.notice(number)
        assert failed.state is NoticeState.FAILED
        assert "550 nobody of that name" in failed.problem
        assert bureau.run() == 0
        bureau.notices.send(REPORTER, number, failed.revision)
        bureau.run()
        assert len(sink.taken) == 1
    sent = bureau.store.notice(number)
    assert (sent.state, sent.problem) == (NoticeState.SENT, "")
    assert "notice.failed" in bureau.kinds(f"notice:{number}")


@SQLITE
def test_after_its_last_attempt_it_has_failed(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
    for _ in range(NOTICE_POLICY.attempts):
        assert bureau.run() == 1  # there is nobody any more
        assert bureau.store.notice(number).state is not NoticeState.SENT
        bureau.clock.move(HOUR)
    assert bureau.store.notice(number).state is NoticeState.FAILED
    assert bureau.run() == 0


def test_a_worker_that_lost_its_lease_writes_nothing(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        job = bureau.job()
        assert job is not None
        bureau.clock.move(HOUR)
        other = bureau.job()
        assert other is not None
        bureau.work().send(other)
        with pytest.raises(LeaseLostError):
            bureau.work().send(job)
        assert len(sink.taken) == 1
    assert bureau.what(number).count("sent") == 1


def test_a_worker_that_died_after_sending_sends_once_more_under_one_name(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        job = bureau.job()
        assert job is not None
        dying = replace(bureau.work(), queue=Dying())  # type: ignore[arg-type]  # it dies as it ends the job
        with pytest.raises(RuntimeError):
            dying.send(job)
        assert bureau.store.notice(number).state is NoticeState.QUEUED
        bureau.clock.move(HOUR)
        bureau.run()
        assert len({str(one.message["Message-ID"]) for one in sink.taken}) == 1
    assert bureau.store.notice(number).state is NoticeState.SENT


class Dying:
    """A queue that is gone."""

    def enqueue(self, *_: object, **__: object) -> None:
        """It dies."""
        raise RuntimeError

    done = enqueue


def test_reminders_until_there_is_an_answer(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        bureau.run()
        bureau.clock.move(23 * HOUR)
        assert bureau.run() == 0
        bureau.clock.move(HOUR)
        bureau.run()
        bureau.clock.move(24 * HOUR)
        bureau.run()
        first, second, third = sink.taken
        assert str(second.message["Subject"]).startswith("[TEST] Reminder: ")
        assert third.message["References"] == first.message["Message-ID"]
        notice = bureau.store.notice(number)
        assert (notice.reminders, notice.state) == (2, NoticeState.SENT)
        bureau.notices.answer(REPORTER, number, notice.revision, NoticeState.REMOVED)
        bureau.clock.move(48 * HOUR)
        bureau.run()
        assert len(sink.taken) == 3
    assert bureau.kinds(f"notice:{number}").count("notice.reminded") == 2


@SQLITE
def test_reminders_end(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        for _ in range(8):
            bureau.run()
            bureau.clock.move(24 * HOUR)
        assert len(sink.taken) == 1 + TERMS.most_reminders
    assert bureau.store.notice(number).next_reminder is None


def test_a_reminder_by_hand_is_sent_once(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        bureau.run()
        bureau.notices.remind(REPORTER, number, bureau.store.notice(number).revision)
        bureau.notices.remind(REPORTER, number, bureau.store.notice(number).revision)
        bureau.run()
        assert len(sink.taken) == 2
    assert bureau.store.notice(number).reminders == 1


@SQLITE
def test_a_reminder_that_is_refused_is_told_and_can_be_sent_later(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        bureau.run()
        sink.then(Conduct.REFUSE)
        bureau.clock.move(25 * HOUR)
        bureau.run()
        notice = bureau.store.notice(number)
        assert (notice.state, notice.next_reminder) == (NoticeState.SENT, None)
        assert "550" in notice.problem
        bureau.notices.remind(REPORTER, number, notice.revision)
        bureau.run()
        assert len(sink.taken) == 2
    assert bureau.store.notice(number).reminders == 1


def test_tls_and_a_sealed_password(desk: Desk, tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    with MailSink(tls=authority.server("127.0.0.1"), user="notices", password="pa55") as sink:  # noqa: S106  # of nobody
        terms = replace(TERMS, mail=mail_server(sink.port, "notices"))
        bureau = Bureau.over(desk, terms=terms, tls=authority.client())
        bureau.provider()
        number = bureau.queued().number
        bureau.run()
        failed = bureau.store.notice(number)  # no password yet: it is not tried for a day
        assert failed.state is NoticeState.FAILED
        assert "refuses the password" in failed.problem
        bureau.providers.set_mail_password(REPORTER, "pa55")
        bureau.notices.send(REPORTER, number, failed.revision)
        bureau.run()
        (mailed,) = sink.taken
    assert (mailed.encrypted, mailed.user) == (True, "notices")


def test_an_api_takes_a_notice_and_says_what_became_of_it(desk: Desk) -> None:
    with ProviderSimulator("tok-1") as api:
        bureau = by_api(desk, api, "tok-1")
        number = bureau.queued().number
        bureau.run()
        (there,) = api.notices.values()
        assert there.body["url"] == URL
        assert there.body["test"] is True
        assert set(there.body) == {
            *("reference", "url", "found", "law", "organisation", "contact", "phone", "test", "reminder")
        }
        sent = bureau.store.notice(number)
        assert (sent.state, sent.their_reference) == (NoticeState.SENT, there.id)
        api.settle(there.id, "acknowledged", "in our queue")
        bureau.clock.move(HOUR)
        bureau.run()
        assert bureau.store.notice(number).state is NoticeState.ACKNOWLEDGED
        api.settle(there.id, "removed")
        bureau.clock.move(HOUR)
        bureau.run()
        assert bureau.store.notice(number).state is NoticeState.REMOVED
        bureau.clock.move(48 * HOUR)
        bureau.run()
        assert {path for _, path in api.requests} == {"/notices", f"/notices/{there.id}"}
    said = [(one.what, one.by, one.words) for one in bureau.notices.history(READER, number)][-2:]
    assert said == [("acknowledged", "provider:host", "in our queue"), ("removed", "provider:host", "")]


def test_an_api_with_all_sorts_of_trouble_has_one_notice(desk: Desk) -> None:
    with ProviderSimulator() as api:
        api.then(Reaction.BUSY, Reaction.CUT, Reaction.TAKE_AND_CUT)
        bureau = by_api(desk, api)
        number = bureau.queued().number
        for _ in range(4):
            bureau.run()
            bureau.clock.move(timedelta(minutes=2))
        assert len(api.notices) == 1
    assert bureau.store.notice(number).state is NoticeState.SENT


@pytest.mark.parametrize("reaction", [Reaction.REFUSE, Reaction.REDIRECT])
@SQLITE
def test_an_api_that_refuses(desk: Desk, reaction: Reaction) -> None:
    with ProviderSimulator() as api:
        api.then(reaction)
        bureau = by_api(desk, api)
        number = bureau.queued().number
        bureau.run()
        assert len(api.requests) == 1
    assert bureau.store.notice(number).state is NoticeState.FAILED


@SQLITE
def test_a_wrong_token_is_for_a_person(desk: Desk) -> None:
    with ProviderSimulator("tok-1") as api:
        bureau = by_api(desk, api, "tok-2")
        number = bureau.queued().number
        bureau.run()
    failed = bureau.store.notice(number)
    assert failed.state is NoticeState.FAILED
    assert "401" in failed.problem
    assert "tok-2" not in failed.problem


@SQLITE
def test_an_api_that_answers_gibberish_has_taken_it(desk: Desk) -> None:
    with ProviderSimulator() as api:
        api.then(Reaction.GIBBERISH, Reaction.BUSY)
        bureau = by_api(desk, api)
        number = bureau.queued().number
        bureau.run()
        sent = bureau.store.notice(number)
        assert (sent.state, sent.their_reference) == (NoticeState.SENT, "")
        bureau.clock.move(HOUR)
        bureau.run()  # it cannot be asked just now
        api.settle("P1", "refused", "not ours")
        bureau.clock.move(HOUR)
        bureau.run()  # and is asked by our reference
    assert bureau.store.notice(number).state is NoticeState.REFUSED


@SQLITE
def test_an_api_is_reminded(desk: Desk) -> None:
    with ProviderSimulator() as api:
        bureau = by_api(desk, api)
        number = bureau.queued().number
        for _ in range(26):
            bureau.run()
            bureau.clock.move(HOUR)
        (there,) = api.notices.values()
        assert there.reminders == [1]
    assert bureau.store.notice(number).reminders == 1


@SQLITE
def test_a_test_goes_to_no_provider_s_api(desk: Desk) -> None:
    bureau = Bureau.over(desk)
    bureau.providers.keep(REPORTER, Provider("host", Channel.API, "https://192.0.2.7/notices"))
    number = bureau.queued().number
    bureau.run()
    assert bureau.store.notice(number).state is NoticeState.FAILED


@SQLITE
def test_a_provider_that_was_forgotten_meanwhile(desk: Desk) -> None:
    with ProviderSimulator() as api:
        bureau = by_api(desk, api)
        number = bureau.queued().number
        bureau.providers.remove(REPORTER, "host")
        bureau.run()
        assert not api.requests
    assert bureau.store.notice(number).state is NoticeState.FAILED


def test_a_job_that_comes_twice_sends_once(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        bureau.run()
        from tocsin.jobs.model import NewJob  # noqa: PLC0415  # only here

        bureau.queue.enqueue(NewJob(SEND, {"notice": number, "reminder": 0}))
        bureau.queue.enqueue(NewJob(SEND, {"notice": number, "reminder": 2}))
        bureau.run()
        assert len(sink.taken) == 1


def test_what_waits_for_an_answer_is_listed(desk: Desk) -> None:
    with MailSink() as sink:
        bureau = by_mail(desk, sink)
        number = bureau.queued().number
        bureau.run()
    waiting = WantedNotices(frozenset(one for one in NoticeState if one.waiting))
    assert [one.number for one in bureau.notices.page(READER, waiting)] == [number]


def test_why_it_was_not_sent_can_be_told() -> None:
    assert Refusal.of(NotSentError("x")).code == "notices.not_sent"
