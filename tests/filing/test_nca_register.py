"""The register of reports to the NCA: prepared, recorded, acknowledged, asked about, answered."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.cases import Desk
from support.notices import PROGRAM, READER, REPORTER, URL, Bureau

from tocsin.access.errors import DeniedError
from tocsin.banks.batch import InvalidTextError
from tocsin.cases.model import Outcome
from tocsin.filing.errors import InvalidReasonError, NotToBeReportedError, OutdatedDraftError
from tocsin.filing.model import Subject
from tocsin.filing.nca.exporting import form_from_text
from tocsin.filing.nca.form import Standing
from tocsin.filing.nca.model import (
    Entry,
    EntryState,
    InvalidEntryError,
    UnknownEntryError,
    UnknownQuestionError,
    UnsuitableEntryError,
)
from tocsin.filing.nca.priorities import Priority
from tocsin.filing.nca.store_register import WantedEntries
from tocsin.law.facts import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.errors import Error
    from tocsin.media.sandbox import JsonObject

DAY = timedelta(days=1)


@pytest.fixture
def bureau(desk: Desk) -> Bureau:
    return Bureau.over(desk)


def prepared(bureau: Bureau, account: str = "u-1") -> Entry:
    context: JsonObject = {"review": True, "url": f"{URL}&{account}", "account": {"id": account}}
    return bureau.register.prepare(REPORTER, bureau.case(context=context), account)


def sent(bureau: Bureau, reference: str = "NCA-1", *, test: bool = False, account: str = "u-1") -> Entry:
    entry = prepared(bureau, account)
    entry = bureau.register.set_priority(REPORTER, entry.number, entry.revision, Priority.P2)
    return bureau.register.record(
        REPORTER, entry.number, entry.revision, reference, bureau.clock(), test=test
    )


def test_a_report_from_its_form_to_the_last_question(bureau: Bureau) -> None:
    entry = prepared(bureau)
    register, number = bureau.register, entry.number
    assert entry.proposed.priority is Priority.P2
    entry = register.answer(REPORTER, number, entry.revision, "account.billing", None, not_held=True)
    entry = register.answer(REPORTER, number, entry.revision, "declaration.true", "Rita Reporter")
    entry = register.set_priority(REPORTER, number, entry.revision, Priority.P1, "a hunch")
    bureau.clock.move(timedelta(hours=1))
    handed = bureau.clock() - timedelta(minutes=10)
    entry = register.record(REPORTER, number, entry.revision, "NCA-77", handed, test=False)
    assert (entry.state, entry.reference, entry.sent, entry.sent_by, entry.test) == (
        EntryState.SENT,
        "NCA-77",
        handed,
        REPORTER.id,
        False,
    )
    form = {item.key: item for item in form_from_text(entry.form).items}
    assert form["account.billing"].standing is Standing.NOT_HELD
    entry = register.acknowledge(REPORTER, number, entry.revision, bureau.clock(), "thank you")
    question = register.ask(REPORTER, number, bureau.clock(), "Which port?")
    assert question.due == bureau.clock() + 7 * DAY
    assert register.open_questions(READER) == [question]
    bureau.clock.move(8 * DAY)
    assert question.late(bureau.clock())
    answered = register.reply(REPORTER, question.id, "4711")
    assert answered.late(bureau.clock() + DAY)
    assert not register.open_questions(READER)
    assert register.questions(READER, number) == [answered]
    assert bureau.kinds(f"register:{number}") == [
        f"register.{what}"
        for what in (
            "prepared",
            "changed",
            "changed",
            "prioritised",
            "recorded",
            "acknowledged",
            "asked",
            "answered",
        )
    ]


def test_what_was_reported_is_held_from_when_it_was_sent(bureau: Bureau) -> None:
    entry = sent(bureau)
    (held,) = bureau.holder.held
    assert (held.occasion.trigger, held.occasion.time) == ("uk.nca_report_sent", entry.sent)
    contents = [one.sha256 for one in bureau.record(entry.case).submissions]
    assert (held.case, held.contents, held.is_test) == (entry.case, tuple(contents), False)


def test_a_test_holds_nothing_and_its_reference_may_repeat(bureau: Bureau) -> None:
    first = sent(bureau, "X", test=True)
    second = sent(bureau, "X", test=True)
    assert first.test
    assert second.test
    assert not bureau.holder.held
    real = sent(bureau, "X")
    assert not real.test
    with pytest.raises(InvalidEntryError, match="already"):
        sent(bureau, "X")


def test_a_priority_below_the_facts_needs_a_reason(bureau: Bureau) -> None:
    entry = prepared(bureau)
    bureau.observe(entry.case, present_danger=Value.YES)
    assert bureau.register.proposal(READER, entry.number).priority is Priority.P1
    with pytest.raises(InvalidReasonError):
        bureau.register.set_priority(REPORTER, entry.number, 1, Priority.P2, "  ")
    chosen = bureau.register.set_priority(REPORTER, entry.number, 1, Priority.P2, "999 was called")
    assert (chosen.priority, chosen.priority_by, chosen.priority_reason) == (
        Priority.P2,
        REPORTER.id,
        "999 was called",
    )


def test_nothing_is_recorded_without_a_priority_that_somebody_chose(bureau: Bureau) -> None:
    entry = prepared(bureau)
    with pytest.raises(UnsuitableEntryError, match="priority"):
        bureau.register.record(REPORTER, entry.number, 1, "NCA-1", bureau.clock(), test=False)
    assert not bureau.holder.held


def test_what_was_sent_is_not_changed_but_supplemented(bureau: Bureau) -> None:
    first = sent(bureau)
    number, revision = first.number, first.revision
    calls: list[Callable[[], object]] = [
        lambda: bureau.register.answer(REPORTER, number, revision, "content.text", "x"),
        lambda: bureau.register.set_priority(REPORTER, number, revision, Priority.P3, "x"),
        lambda: bureau.register.discard(REPORTER, number, revision, "x"),
        lambda: bureau.register.record(REPORTER, number, revision, "Y", bureau.clock(), test=True),
    ]
    for call in calls:
        with pytest.raises(UnsuitableEntryError):
            call()
    more = bureau.register.prepare(REPORTER, first.case, "u-1", follows=number)
    items = {item.key: item.values for item in bureau.register.form(READER, more.number).items}
    assert items["earlier.reference"] == ("NCA-1",)
    with pytest.raises(UnsuitableEntryError, match="complete it instead"):
        bureau.register.prepare(REPORTER, first.case, "u-1", follows=more.number)


def test_references_of_nobody_in_particular_stay_with_their_case(bureau: Bureau) -> None:
    """Reports that name no account are not all about one."""
    first = bureau.register.prepare(
        REPORTER, bureau.case(context={"review": True, "url": "https://a.example"})
    )
    first = bureau.register.set_priority(REPORTER, first.number, 1, Priority.P2)
    bureau.register.record(REPORTER, first.number, 2, "NCA-9", bureau.clock(), test=False)
    other = bureau.register.prepare(
        REPORTER, bureau.case(context={"review": True, "url": "https://b.example"})
    )
    assert other.case != first.case
    items = {item.key: item.values for item in bureau.register.form(READER, other.number).items}
    assert items["earlier.reference"] == ()


def test_an_account_of_that_name_on_another_platform_is_another(bureau: Bureau) -> None:
    """Neither its references nor its contents are told of this one, and it is chosen by its platform."""
    alike: list[JsonObject] = [
        {"review": True, "url": URL, "platform": platform, "account": {"id": "u-1"}}
        for platform in ("chat.example", "forum.example")
    ]
    first = bureau.register.prepare(REPORTER, bureau.case(context=alike[0]), "u-1")
    assert first.subject == Subject("chat.example", "u-1")
    first = bureau.register.set_priority(REPORTER, first.number, 1, Priority.P2)
    bureau.register.record(REPORTER, first.number, 2, "NCA-9", bureau.clock(), test=False)
    case = bureau.case(context=alike[1])
    assert case == first.case
    with pytest.raises(InvalidEntryError, match=r"name one of chat\.example, forum\.example"):
        bureau.register.prepare(REPORTER, case, "u-1")
    other = bureau.register.prepare(REPORTER, case, "u-1", platform="forum.example")
    items = {item.key: item.values for item in bureau.register.form(READER, other.number).items}
    assert items["earlier.reference"] == ()
    assert items["content.platform"] == ("forum.example",)
    with pytest.raises(InvalidEntryError, match=r"on mail\.example"):
        bureau.register.prepare(REPORTER, case, "u-1", platform="mail.example")


def test_what_cannot_be(bureau: Bureau) -> None:
    entry = prepared(bureau)
    register, number, now = bureau.register, entry.number, bureau.clock()
    calls: list[tuple[Callable[[], object], type[Error]]] = [
        (lambda: register.prepare(REPORTER, bureau.case(Outcome.NO_ACTION)), NotToBeReportedError),
        (lambda: register.prepare(REPORTER, entry.case, "nobody"), InvalidEntryError),
        (lambda: register.answer(REPORTER, number, 9, "content.text", "x"), OutdatedDraftError),
        (lambda: register.answer(REPORTER, number, 1, "content.nonsense", "x"), InvalidEntryError),
        (lambda: register.answer(REPORTER, number, 1, "content.text", "x\0"), InvalidTextError),
        (
            lambda: register.answer(REPORTER, number, 1, "content.text", "x", not_held=True),
            InvalidEntryError,
        ),
        (
            lambda: register.answer(REPORTER, number, 1, "declaration.true", None, not_held=True),
            InvalidEntryError,
        ),
        (lambda: register.record(REPORTER, number, 1, " ", now, test=True), InvalidEntryError),
        (lambda: register.record(REPORTER, number, 1, "a\nb", now, test=True), InvalidEntryError),
        (lambda: register.record(REPORTER, number, 1, "a", now + DAY, test=True), InvalidEntryError),
        (
            lambda: register.record(REPORTER, number, 1, "a", datetime(2031, 1, 1), test=True),  # noqa: DTZ001
            InvalidEntryError,
        ),
        (lambda: register.ask(REPORTER, number, now, "why?"), UnsuitableEntryError),
        (lambda: register.reply(REPORTER, 99, "so"), UnknownQuestionError),
        (lambda: register.acknowledge(REPORTER, number, 1, now), UnsuitableEntryError),
        (lambda: register.entry(READER, 1 << 70), UnknownEntryError),
        (lambda: register.set_priority(PROGRAM, number, 1, Priority.P1), DeniedError),
        (lambda: register.record(PROGRAM, number, 1, "a", now, test=True), DeniedError),
        (lambda: register.answer(PROGRAM, number, 1, "declaration.true", "bot"), DeniedError),
        (lambda: register.prepare(READER, entry.case, "u-1"), DeniedError),
        (lambda: register.exported(READER, number, "html"), DeniedError),
    ]
    for call, error in calls:
        with pytest.raises(error):
            call()
    assert bureau.register.entry(READER, number) == entry


def test_a_question_is_answered_once(bureau: Bureau) -> None:
    entry = sent(bureau)
    question = bureau.register.ask(REPORTER, entry.number, bureau.clock(), "Why?")
    bureau.register.reply(REPORTER, question.id, "so")
    with pytest.raises(UnsuitableEntryError):
        bureau.register.reply(REPORTER, question.id, "so")


def test_pages_of_the_register(bureau: Bureau) -> None:
    first, second = sent(bureau, "A", account="u-1"), prepared(bureau, "u-2")
    page = bureau.register.page(READER, WantedEntries(), limit=1)
    assert page == [second]
    assert bureau.register.page(READER, WantedEntries(), before=second.number) == [first]
    states = frozenset({EntryState.SENT})
    assert bureau.register.page(READER, WantedEntries(states, first.case, Subject("", "u-1"))) == [first]
    assert not bureau.register.page(READER, WantedEntries(subject=Subject("", "u-3")))
    assert bureau.register.counts(READER) == {EntryState.SENT: 1, EntryState.PREPARED: 1}
    gone = bureau.register.discard(REPORTER, second.number, 1, "sent to NCMEC instead")
    assert gone.state is EntryState.DISCARDED


def test_what_leaves_is_noted(bureau: Bureau) -> None:
    entry = prepared(bureau)
    bureau.register.exported(REPORTER, entry.number, "html")
    assert bureau.kinds(f"register:{entry.number}")[-1] == "register.exported"
