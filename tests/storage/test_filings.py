"""Filings kept: drafts come back as they were, calls end once, no report is finished twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.filings import NOON, draft, new_filing

from tocsin.filing.errors import UnknownFilingError, UnsuitableFilingError
from tocsin.filing.model import (
    Authority,
    Call,
    Environment,
    Fate,
    FiledFile,
    Filing,
    Receipt,
    State,
    Subject,
)
from tocsin.filing.store_filings import Course, NewCall, WantedFilings
from tocsin.storage.database import Database
from tocsin.storage.filings import FilingStore

DIGEST = bytes(range(32))
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def store(database: Database) -> FilingStore:
    return FilingStore(database)


def added(store: FilingStore, case: int = 1) -> Filing:
    return store.add(new_filing(case, about=draft("account-1", (DIGEST, 10))), NOON)


def begun(store: FilingStore, filing: int, step: str = "submit") -> Call:
    return store.call(store.begin_call(NewCall(filing, step, "", 0, NOON, b"<report/>")))


def ended(call: Call) -> Call:
    return replace(call, ended=LATER, status=200, request_id="r-1", answer=b"<a/>", problem="")


def receipt(filing: int, report_id: str = "7") -> Receipt:
    return Receipt(filing, report_id, LATER, Environment.SIMULATOR, ("f1", "f2"), b"<done/>", "r-9")


def test_a_filing_and_its_draft_come_back_as_they_were_added(store: FilingStore) -> None:
    new = new_filing(3, "somebody", about=draft("somebody", (DIGEST, 10), (DIGEST[::-1], 20)))
    filing = store.add(new, NOON)
    assert store.filing(filing.number) == filing
    assert (filing.case, filing.account, filing.state) == (3, "somebody", State.DRAFTED)
    assert (filing.revision, filing.created, filing.author) == (1, NOON, "person:anna")
    assert store.draft(filing.number) == new.draft


@pytest.mark.parametrize("number", [0, -1, 99, 1 << 63])
def test_a_number_that_no_filing_has_is_unknown(store: FilingStore, number: int) -> None:
    for ask in (store.filing, store.draft, store.course):
        with pytest.raises(UnknownFilingError):
            ask(number)


def test_a_changed_draft_is_the_next_revision_and_confirmed_by_nobody(store: FilingStore) -> None:
    number = added(store).number
    store.checked(number, "person:anna")
    store.confirmed(number, "person:bela", enough=False)
    assert store.filing(number).confirmed_by == ("person:bela",)
    filing = store.set_draft(number, draft("account-2"))
    assert (filing.revision, filing.state) == (2, State.DRAFTED)
    assert (filing.checked_by, filing.confirmed_by) == ("", ())
    assert store.draft(number) == draft("account-2")


@pytest.mark.parametrize("state", [State.CONFIRMED, State.OPENED, State.FINISHED, State.RETRACTED])
def test_what_is_sent_keeps_its_draft(store: FilingStore, state: State) -> None:
    number = added(store).number
    store.set_state(number, state)
    with pytest.raises(UnsuitableFilingError):
        store.set_draft(number, draft())
    with pytest.raises(UnsuitableFilingError):
        store.set_environment(number, Environment.TEST)


def test_a_stopped_filing_can_be_changed_once_no_report_of_it_is_open(store: FilingStore) -> None:
    number = added(store).number
    opened = store.open_report(number, "7", NOON)
    store.set_state(number, State.STOPPED, "refused")
    with pytest.raises(UnsuitableFilingError):
        store.set_draft(number, draft())
    store.set_fate(opened.id, Fate.RETRACTED)
    assert store.filing(number).stopped == "refused"
    assert store.set_draft(number, draft()).stopped == ""


def test_confirming_counts_people_once_and_hands_over_with_the_last(store: FilingStore) -> None:
    number = added(store).number
    store.checked(number, "person:anna")
    store.confirmed(number, "person:anna", enough=False)
    store.confirmed(number, "person:anna", enough=False)
    assert store.filing(number).state is State.CHECKED
    store.confirmed(number, "person:bela", enough=True)
    assert store.filing(number).confirmed_by == ("person:anna", "person:bela")
    assert store.filing(number).state is State.CONFIRMED


def test_a_page_is_newest_first_and_holds_what_is_asked_for(store: FilingStore) -> None:
    numbers = [added(store, case).number for case in (1, 2, 1)]
    store.set_state(numbers[1], State.STOPPED, "why")

    def asked(wanted: WantedFilings, **more: int) -> list[int]:
        return [one.number for one in store.page(wanted, **more)]

    assert asked(WantedFilings()) == numbers[::-1]
    assert asked(WantedFilings(), limit=2) == numbers[:0:-1]
    assert asked(WantedFilings(), before=numbers[2]) == numbers[1::-1]
    assert asked(WantedFilings(case=1)) == [numbers[2], numbers[0]]
    assert asked(WantedFilings(states=frozenset({State.STOPPED, State.CHECKED}))) == [numbers[1]]
    assert asked(WantedFilings(frozenset({State.DRAFTED}), 1, Authority.NCMEC)) == [numbers[2], numbers[0]]
    assert asked(WantedFilings(authority=Authority.NCA)) == []
    assert store.counts() == dict.fromkeys(State, 0) | {State.DRAFTED: 2, State.STOPPED: 1}


def test_what_the_outbox_keeps_comes_back(store: FilingStore) -> None:
    number = added(store).number
    assert store.course(number) == Course(0, None, "", 0)
    store.set_job(number, 17)
    store.set_intent(number, State.RETRACTED, "the wrong account")
    store.spoil_report(store.open_report(number, "7", NOON).id, "no answer")
    store.forgive(number)
    assert store.course(number) == Course(17, State.RETRACTED, "the wrong account", 1)
    store.set_intent(number, None)
    assert store.course(number).intent is None


def test_a_call_is_in_doubt_until_it_ends_and_ends_once(store: FilingStore) -> None:
    number = added(store).number
    call = begun(store, number)
    assert (call.ended, store.in_doubt(number)) == (None, [call])
    store.end_call(ended(call))
    assert store.in_doubt(number) == []
    assert store.calls(number) == [ended(call)]
    with pytest.raises(RuntimeError):
        store.end_call(replace(ended(call), answer=b"<other/>"))
    assert store.calls(number) == [ended(call)]


def test_a_filing_is_finished_once_and_has_one_open_report(store: FilingStore, database: Database) -> None:
    number = added(store).number
    first = store.open_report(number, "7", NOON)
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.open_report(number, "8", NOON)
    stray = store.open_report(number, "9", NOON, Fate.STRAY)
    store.set_fate(first.id, Fate.FINISHED)
    with pytest.raises(Exception, match=r"(?i)unique"), database.writing():
        store.set_fate(stray.id, Fate.FINISHED)
    assert [one.fate for one in store.reports(number)] == [Fate.FINISHED, Fate.STRAY]
    assert store.filing(number).report_id == "7"


def test_a_report_and_its_files_are_kept_as_they_stand(store: FilingStore) -> None:
    number = added(store).number
    opened = store.open_report(number, "7", NOON)
    assert store.report(opened.id) == opened
    assert (opened.environment, opened.modified) == (Environment.SIMULATOR, NOON)
    store.touch_report(opened.id, LATER)
    store.spoil_report(opened.id, "no answer")
    store.set_alarmed(opened.id, LATER)
    assert store.reports(number) == [replace(opened, modified=LATER, spoiled="no answer", alarmed=LATER)]
    file = FiledFile(1, DIGEST, 10, "f" * 32, DIGEST[:16])
    store.set_file(opened.id, file)
    store.set_file(opened.id, replace(file, detailed=True))
    assert store.files(opened.id) == [replace(file, detailed=True)]


def test_a_filing_has_one_receipt(store: FilingStore) -> None:
    number, other = added(store, 1).number, added(store, 2).number
    assert store.receipt(number) is None
    store.keep_receipt(receipt(number))
    store.keep_receipt(replace(receipt(other, "8"), time=NOON))
    assert store.receipt(number) == receipt(number)
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.keep_receipt(receipt(number, "9"))
    assert [one.filing for one in store.receipts_of_case([1, 2, 3])] == [other, number]
    assert store.receipts_of_case([]) == []
    who = Subject("forum.example", "account-1")
    assert store.report_ids(Authority.NCMEC, Environment.SIMULATOR, who) == ["8", "7"]
    assert store.report_ids(Authority.NCMEC, Environment.TEST, who) == []
    assert store.report_ids(Authority.NCMEC, Environment.SIMULATOR, Subject("", "account-1")) == []


def test_what_is_vouched_for_differs_with_each_thing_that_is_kept(store: FilingStore) -> None:
    number = added(store).number
    call = begun(store, number)
    seen = [store.vouched(number)]
    for act in (
        lambda: store.end_call(ended(call)),
        lambda: store.open_report(number, "7", NOON),
        lambda: store.set_fate(1, Fate.FINISHED),
        lambda: store.keep_receipt(receipt(number)),
        lambda: store.set_state(number, State.FINISHED),
        lambda: store.end_call(ended(begun(store, number))),
    ):
        act()
        seen.append(store.vouched(number))
    assert len(set(seen)) == len(seen)
