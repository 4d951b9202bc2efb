"""What is wrong with how a peer (Coop, as it was in September 2026) files reports, and that ours is not so.

The table names a test for each; those that no other module has are here.
"""

import ast
import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from support.outbox import Office, cybertip, office

import tocsin
from tocsin.filing.holds import Holds
from tocsin.filing.model import State
from tocsin.law.packs import assemble, shipped
from tocsin.simulators.cybertip.faults import Fault, Kind, Moment, Step
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.storage.holds import HoldStore

__all__ = ["cybertip", "office"]

TESTS: Final = Path(__file__).parents[1]
SOURCE: Final = Path(tocsin.__file__).parent
HOUR: Final = timedelta(hours=1)
HERE: Final = Path(__file__).stem
DEFECTS: Final = {
    "Each event of an address becomes an element of a file, which the schema takes one of: 4100.": (
        "test_filling::test_a_file_has_one_ip_capture_event_and_the_account_all",
        "test_filling::test_whatever_is_submitted_makes_a_draft_that_can_be_sent",
    ),
    "What is not known is sent as an empty element: 4100.": (
        "test_filling::test_what_is_not_known_of_an_event_is_not_an_empty_element",
        "test_cybertip_documents::test_an_empty_part_is_not_written",
    ),
    "Files and EXIF are always said to have been viewed; so are supplemental files and logs.": (
        "test_filling::test_flags_are_those_of_the_log",
        "test_viewed::test_any_log",
        "test_viewed_in_drafts::test_nobody_looked",
        "test_filing::test_a_supplemental_file",
    ),
    "After a failure nothing is retracted or resumed: each retry opens and fills another report.": (
        "test_outbox_faults::test_what_is_unclear_of_a_file_costs_its_report",
        "test_outbox_faults::test_an_account_that_is_not_let_in_stops_a_filing_where_it_stands",
        "test_outbox_races::test_a_worker_killed_at_any_moment_leaves_what_another_can_finish",
        "test_filing_kills::test_40_reports_are_finished_once_each_whatever_is_killed",
    ),
    "A database that fails after the finish leads to a second report of the same.": (
        "test_outbox_races::test_a_database_that_is_away_when_an_answer_comes_costs_nothing_that_was_answered",
        "test_filings::test_a_filing_is_finished_once_and_has_one_open_report",
    ),
    "Of the answer to finish only the status of HTTP counts.": (
        f"{HERE}::test_it_is_finished_when_the_answer_says_so_whatever_its_status",
        "test_cybertip_answers::test_the_code_counts_whatever_the_status",
        "test_cybertip_answers::test_success_without_what_must_come_with_it_is_not_believed",
    ),
    "The MD5 of what arrived is not compared.": (
        "test_outbox_faults::test_a_file_that_arrives_damaged_costs_its_report",
    ),
    "A user is reported once, for ever; earlier reports are never named.": (
        "test_drafting::test_an_account_is_reported_again_with_the_numbers_of_earlier_reports",
        "test_filling::test_earlier_reports_about_the_account_are_named",
        "test_filing::test_a_follow_up_names_the_report_that_it_follows",
    ),
    "An incident of words alone is not reported.": (
        "test_filling::test_an_incident_of_words_has_no_files_and_names_no_crime_by_itself",
        "test_filing::test_an_incident_of_words_alone",
    ),
    "Who is reported is told to a host that is written into the program.": (
        f"{HERE}::test_no_host_but_the_authoritys_is_written_into_the_program",
        "test_filing::test_a_report_of_several_files",  # support.loopback: whoever speaks to others fails
    ),
    "Where preserving fails, a report that was filed is said to have failed.": (
        f"{HERE}::test_a_report_is_finished_even_if_no_rule_says_how_long_it_is_kept",
    ),
    "Preserving is a message sent once: nothing is held here, and no clock runs.": (
        "test_holds::test_a_receipt_begins_a_hold_of_a_year",
        "test_holds::test_it_is_part_of_the_transaction_of_its_receipt",
        "test_destroying::test_two_people_destroy_what_a_rule_lets_go",
    ),
    "Documents have no prolog, no schema and no charset.": (
        f"{HERE}::test_documents_say_what_they_are",
        "test_cybertip_documents::test_a_whole_report_is_this_text",
    ),
    "What is refused is sent again, 4100 as well.": (
        f"{HERE}::test_what_is_refused_is_asked_for_once",
        "test_outbox_faults::test_what_an_authority_refuses_stops_with_its_words_and_can_be_changed",
    ),
    "Retries are nested: up to 36 requests for one, within milliseconds.": (
        f"{HERE}::test_each_request_is_on_record_and_the_next_one_waits_longer",
    ),
    "After those nothing tries again by itself.": (
        "test_outbox_faults::test_an_outage_of_hours_ends_in_one_finished_report",
    ),
    "The password of the authority is kept in plain text.": (
        "test_connections::test_an_account_is_kept_sealed_and_shown_nowhere",
        "test_cybertip_transport::test_the_account_is_in_no_log_and_no_error",
    ),
    "One variable of the environment leads to production.": (
        "test_connections::test_two_people_switch",
        "test_connections::test_a_copied_home_does_not_go_on",
        "test_filing::test_nothing_goes_to_production_unless_two_people_have_switched",
    ),
    "What the authority answers is only kept while debugging.": (
        "test_outbox::test_a_filing_is_finished_with_all_its_files_and_the_receipt_is_kept",
        "test_filings::test_what_the_outbox_keeps_comes_back",
    ),
    "Platform, times, places, upload times, victims and much else have no place in its reports.": (
        "test_filling::test_a_report_of_many_files_is_one_report_with_all_its_parts",
        "test_cybertip_documents::test_any_report_is_read_back_equal_and_valid",
        "test_editing::test_what_a_draft_says_can_be_written_where_it_stands",
    ),
    "The time of an incident is the newest one, moved into the past where it has not come.": (
        "test_filling::test_no_time_that_has_not_come_is_sent",
    ),
    "Every file is classified, whether anybody said so or not.": (
        "test_filling::test_the_industrys_classification_needs_its_code_and_the_setting",
        "test_filling::test_nothing_is_said_of_a_file_that_no_person_recorded",
    ),
    "Nothing tests the schema, refusals, expiry or retracting.": (
        "test_cybertip_agreement::test_a_report_without_problems_is_taken",
        "test_outbox_faults::test_a_report_that_the_authority_deleted_is_opened_anew",
        "test_outbox::test_a_decision_undone_while_a_report_is_open_retracts_it",
    ),
}
"""What is wrong there, and the tests that ours does not have it."""
HOSTS: Final = frozenset({"report.cybertip.org", "exttest.cybertip.org", "127.0.0.1", "www.w3.org"})
_URL: Final = re.compile(r"\bhttps?://([A-Za-z0-9.-]*[A-Za-z0-9])")


def test_each_defect_has_tests_that_are_there() -> None:
    """By name: who renames one is told."""
    there = {
        f"{path.stem}::{node.name}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    named = {name for tests in DEFECTS.values() for name in tests}
    assert named <= there, named - there
    own = {name for name in there if name.startswith(f"{HERE}::test_")}
    assert own <= named | {f"{HERE}::test_each_defect_has_tests_that_are_there"}


def test_documents_say_what_they_are(office: Office, cybertip: Cybertip) -> None:
    office.confirmed(b"first", b"second")
    office.work()
    documents = [one for one in cybertip.requests if one.step in {Step.SUBMIT, Step.FILEINFO}]
    assert len(documents) == 3
    for one in documents:
        assert one.headers["content-type"] == "text/xml; charset=utf-8"
        assert one.request.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
        assert b"noNamespaceSchemaLocation=" in one.request


@pytest.mark.parametrize("step", [Step.SUBMIT, Step.UPLOAD, Step.FILEINFO, Step.FINISH])
@pytest.mark.parametrize("code", [4000, 4100])
def test_what_is_refused_is_asked_for_once(office: Office, cybertip: Cybertip, step: Step, code: int) -> None:
    """A person is told; the same would be refused the next time, too."""
    cybertip.faults.always(Fault(Kind.CODE, code=code), step)
    number = office.confirmed(b"first")
    office.work(cybertip.clock, within=30 * HOUR)
    assert office.state(number) is State.STOPPED
    assert [one.step for one in cybertip.requests].count(step) == 1


def test_each_request_is_on_record_and_the_next_one_waits_longer(office: Office, cybertip: Cybertip) -> None:
    """No loop of tries within another: what came is what is on record, and it comes ever more rarely."""
    cybertip.faults.always(Fault(Kind.HTML, status=503))
    number = office.confirmed(b"first")
    office.work(cybertip.clock, within=HOUR)
    asked = [one.at for one in cybertip.requests]
    assert len(asked) == len(office.outbox.timeline(number).calls)
    waited = [later - earlier for earlier, later in pairwise(asked)]
    assert waited
    assert min(waited) >= timedelta(seconds=2)
    assert all(later > earlier / 2 for earlier, later in pairwise(waited))
    assert waited[-1] >= timedelta(minutes=5)


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("code", [1000, 1300])
def test_it_is_finished_when_the_answer_says_so_whatever_its_status(
    office: Office, cybertip: Cybertip, status: int, code: int
) -> None:
    """A status of success with a code of trouble is trouble: asked for again until it is done."""
    cybertip.faults.then(Step.FINISH, Fault(Kind.CODE, Moment.BEFORE, code, status))
    number = office.confirmed(b"first")
    job = office.claim()
    assert job is not None
    office.do(job)
    assert cybertip.requests[-1].status == status
    assert office.filings.receipt(number) is None
    assert not cybertip.finished
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.FINISHED
    assert len(cybertip.finished) == 1


def test_no_host_but_the_authoritys_is_written_into_the_program() -> None:
    """In what files, decides, keeps and sends: all other hosts are an operator's to name."""
    rooms = ("filing", "outgoing", "node", "cases", "intake", "storage", "evidence", "jobs", "access")
    found = {
        host
        for room in rooms
        for path in (SOURCE / room).rglob("*.py")
        for text in _texts(ast.parse(path.read_text("utf-8")))
        for host in _URL.findall(text)
    }
    assert found - HOSTS == set()


def _texts(tree: ast.AST) -> list[str]:
    """The texts of a module that are no docstrings."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]


def test_a_report_is_finished_even_if_no_rule_says_how_long_it_is_kept(
    office: Office, cybertip: Cybertip
) -> None:
    """The hold says what is missing, and binds; the report, its receipt and its job are as they are."""
    packs = assemble([one for one in shipped().packs if one.jurisdiction != "us"])
    settling = office.outbox.sending.settling
    holds = Holds(office.database, HoldStore(office.database), settling.ledger, packs, settling.clock)
    object.__setattr__(settling, "holds", holds)
    number = office.confirmed(b"first")
    office.work()
    assert office.state(number) is State.FINISHED
    assert office.filings.receipt(number) is not None
    assert len(cybertip.finished) == 1
    (hold,) = holds.of_filing(number)
    assert hold.problems
    assert hold.binds(cybertip.clock() + timedelta(days=36_500))
