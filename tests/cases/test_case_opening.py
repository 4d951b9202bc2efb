"""Cases are opened for what asks for it, and hold what belongs together; on each engine."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.cases import ANNA, Desk, entry_match

from tocsin.cases import grouping
from tocsin.cases.grouping import Key, KeyKind, keys_of
from tocsin.cases.model import Novelty, Observed
from tocsin.cases.opening import due_by_law
from tocsin.content.model import Content
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.context import context_of
from tocsin.intake.model import Member, Submission
from tocsin.law.facts import Fact, Value
from tocsin.matching.matches import Matches
from tocsin.storage import case_openings
from tocsin.storage.home import Home
from tocsin.storage.observations import ObservationStore

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

ACCOUNT: "JsonObject" = {"platform": "forum", "account": {"id": "u1"}, "review": True}


def placed(desk: Desk, data: bytes | None = None, context: "JsonObject | None" = None) -> int:
    """The case of a submission that asks for one."""
    _, number = desk.submit(data, context={"review": True} if context is None else context)
    assert number is not None
    return number


def matched_later(desk: Desk, submission: Submission, *, exact: bool = True, entry: int = 7) -> int | None:
    """What becomes of a submission when a list that grows knows it."""
    found = Matches((entry_match(entry, exact=exact),))
    desk.submissions.record_matches(submission.id, [(None, found)], {}, retroactive=True)
    return desk.casework.matched(submission, news=True)


@pytest.mark.parametrize(
    ("context", "why"),
    [
        ({"review": True}, ["review"]),
        ({"danger": True}, ["danger"]),
        ({"notice": "us.tida"}, ["notice"]),
        ({"danger": True, "review": True}, ["danger", "review"]),
        ({}, None),
        ({"review": False, "danger": False, "notice": ""}, None),
        ({"note": "danger"}, None),
    ],
)
def test_a_case_is_opened_for_what_a_context_asks(
    desk: Desk, context: "JsonObject", why: list[str] | None
) -> None:
    submission, number = desk.submit(context=context)
    if why is None:
        assert number is None
        return
    assert number is not None
    (event,) = desk.events(number)
    told = json.loads(event.detail)
    assert (event.kind, told["submission"], told["for"]) == ("case.opened", submission.id, why)
    assert desk.queue.case(ANNA, number).standing.danger == ("danger" in why)


def test_a_case_is_opened_for_a_match_and_not_for_a_suppressed_one(desk: Desk) -> None:
    _, number = desk.submit(None, entry_match())
    assert number is not None
    assert desk.submit(None, suppressed=[entry_match()])[1] is None


def test_a_case_is_opened_for_everything_where_the_operator_says_so(home: Home) -> None:
    desk = Desk.over(home, open_all=True)
    _, number = desk.submit()
    assert number is not None
    assert json.loads(desk.events(number)[0].detail)["for"] == ["setting"]


def test_a_duty_that_a_notice_begins_falls_due(desk: Desk) -> None:
    submission, number = desk.submit(context={"notice": "us.tida"})
    assert number is not None
    assert desk.queue.case(ANNA, number).standing.due == submission.received + timedelta(hours=48)


def test_when_a_duty_falls_due_is_in_the_rule_packs() -> None:
    received = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert due_by_law("us.tida", received) == received + timedelta(hours=48)
    assert due_by_law("us.tida", received - timedelta(days=365)) is None  # not in force then
    assert due_by_law("xx.unheard-of", received) is None


def test_a_notice_under_no_rule_opens_a_case_without_a_date(desk: Desk) -> None:
    number = placed(desk, context={"notice": "xx.unheard-of"})
    assert desk.queue.case(ANNA, number).standing.due is None
    assert json.loads(desk.events(number)[0].detail)["notice"] == "xx.unheard-of"


@pytest.mark.parametrize(
    ("exact", "novelty"), [((), "new"), ((False,), "near"), ((True,), "known"), ((False, True), "known")]
)
def test_what_matched_tells_how_new_it_is(desk: Desk, exact: tuple[bool, ...], novelty: str) -> None:
    matches = [entry_match(place, exact=one) for place, one in enumerate(exact)]
    _, number = desk.submit(None, *matches, context={"review": True})
    assert number is not None
    assert desk.queue.case(ANNA, number).standing.novelty == novelty


def test_the_newest_content_of_a_case_counts(desk: Desk) -> None:
    _, number = desk.submit(None, entry_match(exact=True), context=ACCOUNT)
    assert number is not None
    assert desk.queue.case(ANNA, number).standing.novelty is Novelty.KNOWN
    assert placed(desk, context=ACCOUNT) == number
    assert desk.queue.case(ANNA, number).standing.novelty is Novelty.NEW


@pytest.mark.parametrize(
    ("members", "matches", "novelty"),
    [(3, {1: True, 2: True}, "new"), (2, {1: True, 2: False}, "near"), (2, {1: True, 2: True}, "known")],
)
def test_an_archive_is_as_new_as_the_newest_file_in_it(
    desk: Desk, members: int, matches: dict[int, bool], novelty: str
) -> None:
    files = [
        Member(
            number, f"{number}.jpg", Content("image", 9, (Signal(SignalType.SHA256, bytes([number] * 32)),))
        )
        for number in range(1, members + 1)
    ]
    submission, number = desk.submit(members=files, context={"review": True})
    found = [(files[one - 1], Matches((entry_match(one, exact=exact),))) for one, exact in matches.items()]
    desk.submissions.record_matches(submission.id, found, {}, retroactive=True)
    assert desk.casework.matched(submission) == number
    assert number is not None
    assert desk.queue.case(ANNA, number).standing.novelty == novelty


def test_what_belongs_together_is_one_case(desk: Desk) -> None:
    first = placed(desk, b"one", {**ACCOUNT, "url": "https://example.org/a"})
    assert placed(desk, b"one") == first
    assert placed(desk, b"two", ACCOUNT) == first
    assert placed(desk, b"three", {"review": True, "url": "https://example.org/a"}) == first
    apart: list[JsonObject] = [
        {**ACCOUNT, "platform": "another"},
        {**ACCOUNT, "account": {"id": "u2"}},
        {"review": True, "platform": "forum", "url": "https://example.org/b"},
        {"review": True},
    ]
    others = [placed(desk, None, context) for context in apart]
    assert len({first, *others}) == 5
    assert desk.queue.case(ANNA, first).submissions == 4
    assert desk.kinds(first) == ["opened", "joined", "joined", "joined"]
    assert [json.loads(one.detail)["because"] for one in desk.events(first)[1:]] == [
        "content",
        "account",
        "url",
    ]


def test_near_copies_are_one_case(desk: Desk) -> None:
    first, number = desk.submit(context={"review": True})
    _, joined = desk.submit(near=[bytes(32), first.sha256], context={"review": True})
    assert joined == number
    assert number is not None
    desk.cases.close(number)
    _, later = desk.submit(near=[first.sha256], context={"review": True})
    assert later not in {None, number}
    assert later is not None
    for one, other in ((number, later), (later, number)):
        assert [(link.case.number, link.because) for link in desk.queue.linked(ANNA, one)] == [
            (other, "near")
        ]


@pytest.mark.parametrize("stage", ["decided", "second"])
def test_what_was_decided_or_proposed_takes_nothing(desk: Desk, stage: str) -> None:
    number = placed(desk, b"one", ACCOUNT)
    if stage == "decided":
        desk.cases.close(number)
    else:
        desk.cases.await_second(number, ANNA.id)
    before = desk.queue.case(ANNA, number)
    later = placed(desk, b"one", ACCOUNT)
    assert later != number
    assert desk.queue.case(ANNA, number) == before
    assert [link.case.number for link in desk.queue.linked(ANNA, later)] == [number]


def test_what_somebody_works_on_takes_only_what_is_in_it(desk: Desk) -> None:
    number = placed(desk, b"one", ACCOUNT)
    desk.queue.claim(ANNA, number)
    assert placed(desk, b"one") == number
    other = placed(desk, b"two", ACCOUNT)
    assert other != number
    assert placed(desk, b"three", ACCOUNT) == other
    assert desk.queue.contents(number) == [desk.queue.members(ANNA, number)[0].sha256]


def test_danger_and_duties_of_any_submission_are_the_cases(desk: Desk) -> None:
    number = placed(desk, context=ACCOUNT)
    late = desk.queue.case(ANNA, number).standing
    assert (late.danger, late.due) == (False, None)
    placed(desk, context={**ACCOUNT, "danger": True, "notice": "us.tida"})
    placed(desk, context={**ACCOUNT, "notice": "us.tida"})
    standing = desk.queue.case(ANNA, number).standing
    first = desk.submissions.submission(desk.queue.submissions(number)[1])
    assert (standing.danger, standing.due) == (True, first.received + timedelta(hours=48))


def test_what_becomes_known_later_is_noted_in_the_case(desk: Desk) -> None:
    submission, number = desk.submit(context={"review": True})
    assert number is not None
    assert matched_later(desk, submission) == number
    case = desk.queue.case(ANNA, number)
    assert (case.standing.novelty, case.submissions) == (Novelty.KNOWN, 1)
    assert desk.kinds(number) == ["opened"]


def test_what_becomes_known_after_the_decision_opens_another_case(desk: Desk) -> None:
    submission, number = desk.submit(context={"review": True})
    assert number is not None
    desk.cases.close(number)
    assert desk.casework.matched(submission, news=False) == number
    later = matched_later(desk, submission)
    assert later not in {None, number}
    assert desk.casework.matched(submission) == later


def test_what_was_reported_is_not_opened_again(desk: Desk) -> None:
    submission, number = desk.submit(context={"review": True})
    assert number is not None
    with desk.database.writing():
        desk.cases.close(number)
        desk.database.change(
            """INSERT INTO decision
                (case_number, outcome, proposal, author, time, standpoint, needs_second, idempotency_key,
                claim, asked_by)
            VALUES (?, 'report', '{}', 'person:anna', 0, 'in_force', '[]', 'k', 1, '')""",
            (number,),
        )
    assert matched_later(desk, submission) == number


def test_categories_are_the_kind_and_the_labels_of_what_matched(desk: Desk) -> None:
    _, number = desk.submit(
        None, entry_match(labels=["ncmec:A1", "iwf:B"]), suppressed=[entry_match(2, labels=["x:y"])]
    )
    assert number is not None
    assert desk.queue.case(ANNA, number).categories == ("image", "iwf:B", "ncmec:A1")


def observe(desk: Desk, number: int, sha256: bytes, fact: Fact, value: Value) -> None:
    ObservationStore(desk.database).add(Observed(fact, value), number, sha256, ANNA.id, 1)
    desk.cases.restand(number)


@pytest.mark.parametrize("fact", [Fact.REAL_CHILD, Fact.VICTIM_IDENTIFIED])
def test_a_child_is_looked_for_until_people_say_otherwise_of_every_content(desk: Desk, fact: Fact) -> None:
    first, number = desk.submit(b"one", context=ACCOUNT)
    second, _ = desk.submit(b"two", context=ACCOUNT)
    assert number is not None
    settled = Value.NO if fact is Fact.REAL_CHILD else Value.YES
    for sha256, value, child in (
        (first.sha256, settled, True),
        (second.sha256, Value.UNDETERMINED, True),
        (second.sha256, settled, False),
        (first.sha256, Value.UNDETERMINED, True),
    ):
        observe(desk, number, sha256, fact, value)
        assert desk.queue.case(ANNA, number).standing.child is child


def test_a_new_content_may_depict_a_child(desk: Desk) -> None:
    submission, number = desk.submit(b"one", context=ACCOUNT)
    assert number is not None
    observe(desk, number, submission.sha256, Fact.REAL_CHILD, Value.NO)
    assert not desk.queue.case(ANNA, number).standing.child
    assert placed(desk, b"one") == number
    assert not desk.queue.case(ANNA, number).standing.child
    assert placed(desk, b"two", ACCOUNT) == number
    assert desk.queue.case(ANNA, number).standing.child


def test_danger_that_a_person_sees_counts(desk: Desk) -> None:
    submission, number = desk.submit(context=ACCOUNT)
    assert number is not None
    observe(desk, number, submission.sha256, Fact.PRESENT_DANGER, Value.YES)
    assert desk.queue.case(ANNA, number).standing.danger
    observe(desk, number, submission.sha256, Fact.PRESENT_DANGER, Value.NO)
    assert not desk.queue.case(ANNA, number).standing.danger


def test_a_case_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_openings, "MOST_SUBMISSIONS", 500)
    with desk.database.writing():
        first = placed(desk, b"same", ACCOUNT)
        desk.database.change(
            "UPDATE review_case SET submissions = ? WHERE number = ?", (grouping.MOST_SUBMISSIONS - 1, first)
        )
    assert placed(desk, b"same", ACCOUNT) == first
    assert desk.queue.case(ANNA, first).submissions == grouping.MOST_SUBMISSIONS
    second = placed(desk, b"same", ACCOUNT)
    assert second != first
    assert placed(desk, b"another", ACCOUNT) == second
    assert {link.case.number for link in desk.queue.linked(ANNA, first)} == {second}


def test_strangers_texts_of_any_sort(desk: Desk) -> None:
    accounts = ["x" * 1000, "x" * 999, "\u202e", "a\nb", "' OR 1=1 --", "\U0001f642" * 500, " ", "u1\uffff"]
    contexts: list[JsonObject] = [{"review": True, "account": {"id": one}} for one in accounts]
    contexts += [{"review": True, "url": f"https://example.org/{'y' * 8000}{one}"} for one in range(2)]
    numbers = [placed(desk, None, context) for context in contexts]
    assert len(set(numbers)) == len(contexts)
    assert [placed(desk, None, context) for context in contexts] == numbers


def test_many_labels_are_bounded(desk: Desk) -> None:
    labels = [f"scheme:{'l' * 400}{number}" for number in range(3)]
    labels += [f"scheme:{number}" for number in range(case_openings.MOST_CATEGORIES)]
    _, number = desk.submit(None, entry_match(labels=labels))
    assert number is not None
    categories = desk.queue.case(ANNA, number).categories
    assert len(categories) == case_openings.MOST_CATEGORIES
    assert max(map(len, categories)) <= 300
    assert "image" in categories


def test_keys_are_not_mixed_up() -> None:
    contexts: list[JsonObject] = [
        {"platform": "a", "account": {"id": "bc"}},
        {"platform": "ab", "account": {"id": "c"}},
        {"platform": "a:1", "account": {"id": "c"}},
        {"url": "a"},
    ]
    digests = [key.digest for one in contexts for key in keys_of(context_of(one))]
    assert len(set(digests)) == len(digests) - 1  # the account's name alone, once
    assert Key.of(KeyKind.URL, "\ud800").digest != Key.of(KeyKind.URL, "\ud801").digest


def test_earlier_submissions_are_put_into_cases_once(home: Home) -> None:
    before = Desk.over(home)
    wanted = [before.submit(None, context={})[0] for _ in range(5)]
    desk = Desk.over(home, open_all=True)
    after: int | None = 0
    opened = 0
    while after is not None:
        after, count = desk.casework.open_earlier(after, 2)
        opened += count
    assert opened == len(wanted)
    assert len(desk.queue.page(ANNA)) == len(wanted)
    assert desk.casework.open_earlier() == (None, 0)
    numbers = desk.casework.open_for([one.id for one in wanted])
    assert len(set(numbers)) == len(wanted)
    assert [desk.queue.case(ANNA, number).submissions for number in numbers] == [1] * len(wanted)


def test_a_case_that_fails_to_be_opened_leaves_nothing(desk: Desk) -> None:
    def interrupted() -> None:
        with desk.database.writing():
            desk.submit(context={"review": True})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert desk.queue.page(ANNA) == []
