"""What was changed, dropped or added by hand among notices and in the register is named."""

import pytest
from support.cases import Desk
from support.notices import REPORTER, Bureau

from tocsin.filing.nca.priorities import Priority
from tocsin.filing.notice_model import Channel, NoticeState
from tocsin.storage import notice_vouching

OTHERWISE = "it is not as the ledger says"
CHANGES = {
    "UPDATE notice SET url = 'https://elsewhere.example/'": ("notice 1", OTHERWISE),
    "UPDATE notice SET state = 'removed'": ("notice 1", OTHERWISE),
    "UPDATE notice SET sent = sent + 1": ("notice 1", OTHERWISE),
    "UPDATE notice SET test = 1 - test": ("notice 1", OTHERWISE),
    "UPDATE notice_event SET actor = 'person:eve' WHERE what = 'sent'": ("notice 1", OTHERWISE),
    "DELETE FROM notice_event WHERE what = 'refused'": ("notice 1", OTHERWISE),
    "DELETE FROM notice": ("notice 1", "the ledger tells of it, but it is gone"),
    """INSERT INTO notice (case_number, provider, url, found, law, reference, test, author, state, revision,
        created) SELECT case_number, provider, url, found, law, 'N-2', test, author, state, revision, created
        FROM notice""": ("notice 2", "the ledger says nothing of it"),
    "UPDATE register_entry SET reference = 'NCA-2'": ("register 1", OTHERWISE),
    "UPDATE register_entry SET priority = 'P3'": ("register 1", OTHERWISE),
    "UPDATE register_entry SET form = ''": ("register 1", OTHERWISE),
    "UPDATE register_entry SET acknowledged = 1": ("register 1", OTHERWISE),
    "UPDATE register_question SET due = due + 1": ("register 1", OTHERWISE),
    "DELETE FROM register_question": ("register 1", OTHERWISE),
    "DELETE FROM register_entry": ("register 1", "the ledger tells of it, but it is gone"),
}


@pytest.fixture
def bureau(desk: Desk) -> Bureau:
    bureau = Bureau.over(desk)
    bureau.provider(Channel.HAND, "https://host.example/form")
    drafted = bureau.draft()
    sent = bureau.notices.sent_by_hand(REPORTER, drafted.number, drafted.revision)
    bureau.notices.answer(REPORTER, sent.number, sent.revision, NoticeState.REFUSED, words="no")
    entry = bureau.register.prepare(REPORTER, drafted.case)
    entry = bureau.register.set_priority(REPORTER, entry.number, entry.revision, Priority.P2)
    entry = bureau.register.record(
        REPORTER, entry.number, entry.revision, "NCA-1", bureau.clock(), test=False
    )
    bureau.register.ask(REPORTER, entry.number, bureau.clock(), "Why?")
    return bureau


def broken(bureau: Bureau) -> list[tuple[str, str]]:
    found = notice_vouching.broken(bureau.desk.database, bureau.keys)
    return [(one.what, one.why) for one in found]


def test_what_is_as_it_was_is_not_broken(bureau: Bureau) -> None:
    assert broken(bureau) == []


@pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", CHANGES)
def test_what_was_changed_by_hand_is_named(bureau: Bureau, statement: str) -> None:
    where, why = CHANGES[statement]
    with bureau.desk.database.writing():
        if statement.startswith("DELETE FROM notice") and "_event" not in statement:
            bureau.desk.database.change("DELETE FROM notice_event")
        if statement == "DELETE FROM register_entry":
            bureau.desk.database.change("DELETE FROM register_question")
        bureau.desk.database.change(statement)
    ((first, told),) = broken(bureau)
    assert first == where
    assert told.startswith(why)
