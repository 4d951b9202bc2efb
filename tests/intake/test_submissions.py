"""The store of submissions, on each engine."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.known import pdq

from tocsin.banks.batch import InvalidTextError
from tocsin.content.model import Content
from tocsin.errors import Refusal
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.model import (
    Context,
    Found,
    Inside,
    Member,
    NewSubmission,
    OtherContentError,
    UnknownSubmissionError,
    Wanted,
)
from tocsin.matching.matches import Match, Matches, Suppressed
from tocsin.storage import submissions
from tocsin.storage.database import Database
from tocsin.storage.submissions import SubmissionStore

GIVEN = Context(
    "forum", "u1", "https://example.org/1", {"platform": "forum", "extra": {"π": [1, None, "\U0001f642"]}}
)


@pytest.fixture
def store(database: Database) -> SubmissionStore:
    return SubmissionStore(database)


def new(number: int, key: str | None = None, context: Context = GIVEN, by: str = "token:a") -> NewSubmission:
    return NewSubmission(hashlib.sha256(b"%d" % number).digest(), 10 + number, by, context, key)


def content(*signals: Signal) -> Content:
    own = Signal(SignalType.SHA256, bytes(32))
    return Content("image", 10, (own, *signals), format="jpeg", looked="so")


def match(entry: int, distance: int = 3, bank: str = "known") -> Match:
    return Match(bank, entry, SignalType.PDQ, distance, 31, "picture", None, None, ())


def test_a_submission_is_kept_as_given(store: SubmissionStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    kept, is_new = store.add(new(1))
    assert is_new
    assert store.submission(kept.id) == kept
    assert kept.context == GIVEN
    assert (kept.sha256, kept.size) == (new(1).sha256, 11)
    assert before < kept.received < datetime.now(UTC) + timedelta(seconds=1)
    assert (kept.content, kept.matched) == (None, None)


def test_content_is_kept_once_however_often_it_is_submitted(
    store: SubmissionStore, database: Database
) -> None:
    ids = [store.add(new(1))[0].id for _ in range(3)]
    with database.reading():
        assert database.number("SELECT COUNT(*) FROM content") == 1
    assert store.submissions_of(new(1).sha256) == ids


def test_ids_sort_by_time(store: SubmissionStore) -> None:
    ids = [store.add(new(number))[0].id for number in range(50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50


def test_the_same_key_gives_the_same_submission(store: SubmissionStore) -> None:
    first, _ = store.add(new(1, "k"))
    again, is_new = store.add(new(1, "k"))
    assert (again.id, is_new) == (first.id, False)
    assert store.add(new(1, "k", by="token:b"))[0].id != first.id


@pytest.mark.parametrize(
    "other", [new(2, "k"), new(1, "k", replace(GIVEN, given={"platform": "forum", "extra": {"π": [1]}}))]
)
def test_the_same_key_for_something_else_is_refused(store: SubmissionStore, other: NewSubmission) -> None:
    store.add(new(1, "k"))
    with pytest.raises(OtherContentError):
        store.add(other)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_no_database_can_store_is_refused(store: SubmissionStore, text: str) -> None:
    for bad in (replace(GIVEN, url=text), replace(GIVEN, account=text), replace(GIVEN, platform=text)):
        with pytest.raises(InvalidTextError):
            store.add(new(1, context=bad))
    with pytest.raises(InvalidTextError):
        store.add(new(1, key=text))
    assert store.page(Wanted()) == []
    assert store.page(Wanted(url=text)) == []
    assert store.sent(new(1, key=text)) is None
    with pytest.raises(UnknownSubmissionError):
        store.submission(text)


def test_what_examining_gave_comes_back(store: SubmissionStore) -> None:
    kept, _ = store.add(new(1))
    refusal = Refusal("media.x", "why\0 not", "advice")
    found = replace(content(pdq(1), pdq(2, view="frame-1", quality=None)), refused=refusal, findings=())
    store.examined(kept.sha256, found)
    assert store.submission(kept.id).content == found


def test_examining_again_replaces_what_was_found(store: SubmissionStore, database: Database) -> None:
    kept, _ = store.add(new(1))
    store.examined(kept.sha256, content(pdq(1), pdq(2)))
    store.examined(kept.sha256, content(pdq(1), pdq(2)))  # the same: no signal gets another number
    with database.reading():
        assert database.number("SELECT MAX(id) FROM content_signal") == 3
    store.examined(kept.sha256, content(pdq(3)))
    assert store.submission(kept.id).content == content(pdq(3))
    with database.reading():
        assert database.rows("SELECT first_signal, last_signal FROM content_removal") == [(1, 3)]


def test_content_nobody_submitted_cannot_be_examined(store: SubmissionStore) -> None:
    with pytest.raises(UnknownSubmissionError):
        store.examined(bytes(32), content())


def test_each_match_is_kept_once(store: SubmissionStore) -> None:
    kept, _ = store.add(new(1))
    found = Matches((match(1), match(2)), (Suppressed(match(3), match(9, bank="fine")),))
    first = store.record_matches(kept.id, [(None, found)], {"known": 7}, retroactive=False)
    assert [(one.suppressed, one.bank_version, one.retroactive) for one in first] == [
        (False, 7, False),
        (False, 7, False),
        (True, 7, False),
    ]
    assert store.matches(kept.id) == first
    assert store.record_matches(kept.id, [(None, found)], {"known": 8}, retroactive=True) == []
    more = store.record_matches(
        kept.id, [(None, Matches((match(1), match(3))))], {"known": 9}, retroactive=True
    )
    assert [(one.match["entry"], one.retroactive, one.bank_version) for one in more] == [(3, True, 9)]
    assert len(store.matches(kept.id)) == 4
    assert store.matches(kept.id)[0].match == {**match(1).to_json(), "member": None}


def test_members_are_kept_with_their_signals_and_matched_each_for_itself(store: SubmissionStore) -> None:
    kept, _ = store.add(new(1))
    why = Refusal("media.corrupt", "it is damaged", "look at it")
    refused = replace(content(pdq(3)), refused=why)
    inside = (Member(1, "a.jpg", content(pdq(1), pdq(2))), Member(2, "b.jpg", refused))
    archive = replace(content(pdq(9)), format="zip")
    store.examined(kept.sha256, archive, inside)
    assert tuple(store.members(kept.sha256)) == inside
    assert store.members(kept.sha256, {2}) == [inside[1]]
    found = store.submission(kept.id)
    assert found.content == archive
    assert found.inside == Inside(2, 1, (("b.jpg", why),))
    matches: list[Found] = [(None, Matches((match(1),))), *((one, Matches((match(1),))) for one in inside)]
    first = store.record_matches(kept.id, matches, {}, retroactive=False)
    assert [one.match["member"] for one in first] == [None, "a.jpg", "b.jpg"]
    assert store.matches(kept.id) == first
    assert store.record_matches(kept.id, matches, {}, retroactive=True) == []
    store.examined(kept.sha256, archive, inside[:1])
    assert tuple(store.members(kept.sha256)) == inside[:1]


def test_a_submission_says_when_it_was_first_matched(store: SubmissionStore) -> None:
    kept, _ = store.add(new(1))
    store.record_matches(kept.id, [(None, Matches())], {}, retroactive=False)
    when = store.submission(kept.id).matched
    assert when is not None
    store.record_matches(kept.id, [(None, Matches((match(1),)))], {}, retroactive=True)
    assert store.submission(kept.id).matched == when


def test_pages_are_newest_first_and_complete(store: SubmissionStore) -> None:
    ids = [store.add(new(number % 3))[0].id for number in range(7)]
    seen: list[str] = []
    before = None
    while page := store.page(Wanted(), before=before, limit=3):
        seen += [one.id for one in page]
        before = page[-1].id
    assert seen == ids[::-1]
    with pytest.raises(UnknownSubmissionError):
        store.page(Wanted(), before="x")


def test_pages_hold_what_is_wanted(store: SubmissionStore) -> None:
    first, _ = store.add(new(1))
    second, _ = store.add(new(2, context=Context("shop", "u2", "https://example.org/2")))
    third, _ = store.add(new(3, by="token:b"))
    store.record_matches(second.id, [(None, Matches((match(1),)))], {}, retroactive=False)
    store.record_matches(
        third.id, [(None, Matches(suppressed=(Suppressed(match(1), None),)))], {}, retroactive=False
    )

    def ids(wanted: Wanted) -> list[str]:
        return [one.id for one in store.page(wanted)]

    assert ids(Wanted(platform="shop")) == [second.id]
    assert ids(Wanted(account="u1", submitter="token:a")) == [first.id]
    assert ids(Wanted(url="https://example.org/1")) == [third.id, first.id]
    assert ids(Wanted(sha256=third.sha256)) == [third.id]
    assert ids(Wanted(matched=True)) == [second.id]
    assert ids(Wanted(since=second.received)) == [third.id, second.id]
    assert ids(Wanted(until=second.received)) == [first.id]


@given(moments=st.lists(st.integers(0, (1 << 48) - 1), min_size=2, max_size=5))
def test_an_id_names_its_moment(moments: list[int]) -> None:
    made = [submissions.new_id(moment * 1_000_000) for moment in moments]
    assert sorted(made, key=lambda one: one[:13]) == [
        one for _, one in sorted(zip(moments, made, strict=True), key=lambda pair: pair[0])
    ]
    assert all(one[14] == "7" and one[19] in "89ab" for one in made)
