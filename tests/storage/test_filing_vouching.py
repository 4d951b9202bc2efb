"""What was filed and was changed, dropped or added by hand is named by `tocsin ledger verify`."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from support.outbox import PASSWORD, USER, Office

from tocsin.simulators.cybertip.clock import Clock
from tocsin.simulators.cybertip.faults import Fault, Kind, Moment, Step
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.storage.database import Database

OTHERWISE: Final = "it is not as the ledger says"
CHANGES: Final = {
    "UPDATE filing SET account = 'other' WHERE number = 1": OTHERWISE,
    "UPDATE filing SET environment = 'production' WHERE number = 1": OTHERWISE,
    "UPDATE filing SET state = 'retracted' WHERE number = 1": OTHERWISE,
    "UPDATE filing SET state = 'opened' WHERE number = 1": OTHERWISE,
    "UPDATE filing SET author = 'person:eve' WHERE number = 1": OTHERWISE,
    "UPDATE filing SET confirmed_by = '[\"person:eve\"]' WHERE number = 1": OTHERWISE,
    "UPDATE filing SET checked_by = 'person:eve' WHERE number = 1": OTHERWISE,
    "UPDATE filing SET decision_id = 7 WHERE number = 1": OTHERWISE,
    """UPDATE filing_draft SET report = (SELECT answer FROM filing_call WHERE ordinal = 1 AND filing = 1)
        WHERE filing = 1""": OTHERWISE,
    "UPDATE filing_draft SET notes = '[]' WHERE filing = 1": OTHERWISE,
    "UPDATE filing_draft_file SET size = size + 1 WHERE filing = 1": OTHERWISE,
    "DELETE FROM filing_draft_file WHERE filing = 1": OTHERWISE,
    "UPDATE filing_report SET report_id = '99' WHERE filing = 1": OTHERWISE,
    "UPDATE filing_report SET fate = 'expired' WHERE filing = 1": OTHERWISE,
    "DELETE FROM filing_report WHERE filing = 1 AND fate <> 'finished'": OTHERWISE,
    "UPDATE filing_call SET request = answer WHERE filing = 1 AND step = 'submit'": OTHERWISE,
    "UPDATE filing_call SET answer = request WHERE filing = 1 AND step = 'finish'": OTHERWISE,
    "UPDATE filing_call SET status = 500 WHERE filing = 1 AND step = 'upload'": OTHERWISE,
    "UPDATE filing_call SET ended = ended + 1 WHERE filing = 1 AND step = 'retract'": OTHERWISE,
    "UPDATE filing_call SET problem = '' WHERE filing = 1 AND problem <> ''": OTHERWISE,
    "UPDATE filing_call SET request_id = 'r' WHERE filing = 1": OTHERWISE,
    "DELETE FROM filing_call WHERE filing = 1 AND step = 'retract'": OTHERWISE,
    "DELETE FROM filing_call WHERE filing = 1 AND step = 'finish'": OTHERWISE,
    "DELETE FROM filing_call WHERE filing = 1": OTHERWISE,
    """UPDATE filing_receipt SET raw = (SELECT answer FROM filing_call WHERE ordinal = 1 AND filing = 1)
        WHERE filing = 1""": OTHERWISE,
    "UPDATE filing_receipt SET inferred = 1 - inferred WHERE filing = 1": OTHERWISE,
    "UPDATE filing_receipt SET time = time - 1 WHERE filing = 1": OTHERWISE,
    "UPDATE filing_receipt SET file_ids = '[]' WHERE filing = 1": OTHERWISE,
    "DELETE FROM filing_receipt WHERE filing = 1": OTHERWISE,
    "DELETE FROM filing WHERE number = 1": "the ledger tells of it, but it is gone",
}
ADD_CALL: Final = """
    INSERT INTO filing_call (filing, step, report_id, place, begun, request, ended, ordinal)
    SELECT filing, step, report_id, place, begun, request, 1, 99 FROM filing_call
    WHERE filing = 1 AND ordinal = 1"""
ADD_FILING: Final = """
    INSERT INTO filing (case_number, decision_id, authority, environment, kind, platform, account, state,
        created, author)
    VALUES (1, 1, 'ncmec', 'production', 'report', '', '', 'finished', 0, 'person:eve')"""


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[Office]:
    """Filing 1 is finished, its second report; filing 2 waits for an authority that is away."""
    with Cybertip(USER, PASSWORD, clock=Clock(stands=True)) as cybertip:
        made = Office.over(database, tmp_path, cybertip.url, cybertip.clock)
        cybertip.faults.then(Step.UPLOAD, Fault(Kind.WRONG_MD5, Moment.AFTER))
        made.confirmed(b"one", b"two")
        made.work(cybertip.clock, within=made.lease)
        cybertip.faults.always(Fault(Kind.HTML, status=503), Step.FINISH)
        made.confirmed(b"three")
        made.work(cybertip.clock, within=made.lease)
        yield made


class UndoneError(Exception):
    """Ends a transaction without effect."""


def broken_after(office: Office, statement: str) -> list[str]:
    """What is broken once that was done by hand; it is undone again."""
    found: list[str] = []
    with suppress(UndoneError), office.database.writing():
        assert office.database.change(statement), statement
        found = office.broken()
        raise UndoneError
    return found


def test_what_was_changed_is_named(office: Office) -> None:
    for statement, why in CHANGES.items():
        found = broken_after(office, statement)
        assert found, statement
        assert why in found[0], statement
        assert all(one.startswith(("filing 1: ", "filing 1 ")) for one in found), statement
    assert office.broken() == []


def test_what_was_added_is_named(office: Office) -> None:
    assert broken_after(office, ADD_FILING) == ["filing 3: the ledger says nothing of it"]
    assert OTHERWISE in broken_after(office, ADD_CALL)[0]


def test_what_was_answered_before_the_newest_row_is_vouched_for_while_a_filing_waits(office: Office) -> None:
    waiting = "UPDATE filing_call SET answer = request WHERE filing = 2 AND step = 'submit'"
    assert OTHERWISE in broken_after(office, waiting)[0]
