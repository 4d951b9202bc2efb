"""The NCA's form: what is held, what is not held, and what nobody has answered."""

from dataclasses import replace

import pytest
from support.cases import Desk, entry_match
from support.notices import NOON, ORGANISATION, Bureau

from tocsin.filing.filer import Filer
from tocsin.filing.model import Environment, Receipt
from tocsin.filing.nca.exporting import BLANK, NOT_HELD, as_html, as_text, form_from_text, form_to_text
from tocsin.filing.nca.filling import held_of
from tocsin.filing.nca.form import KEYS, Answer, Form, From, Standing, form_of
from tocsin.filing.nca.model import Entry, EntryState
from tocsin.filing.nca.priorities import Priority, Proposed
from tocsin.media.sandbox import JsonObject

CONTEXT: JsonObject = {
    "review": True,
    "platform": "Example Share",
    "url": "https://example.org/a",
    "account": {"id": "u-1", "display_name": "<b>Somebody</b>", "email": "u1@example.org"},
    "ip_events": [
        {"ip": "192.0.2.1", "time": "2031-05-01T10:00:00Z", "port": 4711, "event": "upload"},
        {"ip": "192.0.2.2", "time": "2031-04-01T10:00:00Z", "event": "Login"},
        {"ip": "192.0.2.3", "time": "2031-04-02T10:00:00Z", "event": "password change"},
        {"ip": "192.0.2.4", "time": "2031-04-03T10:00:00Z"},
    ],
    "times": {"uploaded": "2031-05-01T10:00:01Z", "seen": "2031-05-02T10:00:00Z"},
}
ENTRY = Entry(
    case=1,
    platform="",
    account="u-1",
    follows=None,
    proposed=Proposed(Priority.P2, ("because",)),
    author="person:rita",
    number=5,
    state=EntryState.PREPARED,
    revision=1,
    created=NOON,
)


@pytest.fixture
def bureau(desk: Desk) -> Bureau:
    return Bureau.over(desk)


def filled(bureau: Bureau, answers: dict[str, Answer] | None = None) -> Form:
    _, number = bureau.desk.submit(None, entry_match(distance=4), context=CONTEXT)
    assert number is not None
    held = held_of(bureau.record(number), bureau.record(number).subjects[0], ORGANISATION, ["NCA-0"])
    return form_of(held, answers or {})


@pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
def test_the_form_is_filled_from_what_is_on_record(bureau: Bureau) -> None:
    items = {item.key: item for item in filled(bureau).items}
    assert tuple(items) == KEYS
    values = {key: item.values for key, item in items.items() if item.standing is Standing.HELD}
    assert values["upload.ip"] == ("192.0.2.1 port 4711, 2031-05-01T10:00:00Z",)
    assert values["account.logins"] == ("192.0.2.2, 2031-04-01T10:00:00Z",)
    assert values["upload.other_ip"] == (
        "192.0.2.3, 2031-04-02T10:00:00Z (password change)",
        "192.0.2.4, 2031-04-03T10:00:00Z",
    )
    assert values["upload.time"] == ("2031-05-01T10:00:01Z (uploaded)",)
    assert values["account.username"] == ("u-1",)
    assert values["content.hashes"][0].startswith("file 1: sha256 ")
    assert "matched the list known at distance 4" in values["content.detected"][0]
    assert values["earlier.reference"] == ("NCA-0",)
    assert items["reporter.name"].source is From.SETTINGS
    blank = {key for key, item in items.items() if item.standing is Standing.BLANK}
    assert {"account.billing", "account.recovery_email", "declaration.true", "reporter.phone"} <= blank


@pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
def test_not_held_is_an_answer_and_a_blank_is_none(bureau: Bureau) -> None:
    answers = {
        "account.billing": Answer("", not_held=True, by="person:rita"),
        "account.email": Answer("", not_held=True, by="person:rita"),  # though one is on record
        "content.text": Answer("as told in the chat", not_held=False, by="person:rita"),
    }
    form = filled(bureau, answers)
    items = {item.key: item for item in form.items}
    assert items["account.billing"].standing is Standing.NOT_HELD
    assert items["account.email"].values == ()
    assert items["content.text"].source is From.PERSON
    assert "account.billing" not in {one.key for one in form.blanks}
    text = as_text(ENTRY, form)
    assert f"Billing details\n    {NOT_HELD}" in text
    assert f"Recovery e-mail\n    {BLANK}" in text


@pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
def test_the_form_is_read_back_as_it_was(bureau: Bureau) -> None:
    form = filled(bureau, {"account.billing": Answer("", not_held=True, by="person:rita")})
    assert form_from_text(form_to_text(form)) == form


@pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
def test_the_page_is_inert(bureau: Bureau) -> None:
    form = filled(
        bureau, {"content.text": Answer("<script>alert(1)</script>", not_held=False, by="person:r")}
    )
    page = as_html(ENTRY, form)
    assert "<script" not in page
    assert "&lt;b&gt;Somebody&lt;/b&gt;" in page
    assert "default-src 'none'" in page
    assert page.count("<tr>") == len(KEYS)


@pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
def test_another_account_s_data_stay_out(bureau: Bureau) -> None:
    """The accounts of a case are reported one by one."""
    other: JsonObject = {**CONTEXT, "account": {"id": "u-2", "email": "u2@example.org"}}
    data = b"the same"
    _, number = bureau.desk.submit(data, context=CONTEXT)
    bureau.desk.submit(data, context=other)
    assert number is not None
    record = bureau.record(number)
    assert [one.account for one in record.subjects] == ["u-1", "u-2"]
    form = form_of(held_of(record, record.subjects[1], ORGANISATION), {})
    items = {item.key: item.values for item in form.items}
    assert items["account.email"] == ("u2@example.org",)
    assert items["connections.accounts"] == ("u-1 (in the same case)",)


@pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
def test_what_went_to_a_system_for_tests_was_reported_to_nobody(bureau: Bureau) -> None:
    _, number = bureau.desk.submit(None, context=CONTEXT)
    assert number is not None
    record = bureau.record(number)
    receipts = [
        Receipt(1, f"46000{place}", NOON, environment, (), b"", "")
        for place, environment in enumerate(Environment)
    ]
    form = form_of(held_of(record, record.subjects[0], ORGANISATION, (), receipts), {})
    (said,) = (item.values for item in form.items if item.key == "earlier.reported")
    assert said == (f"NCMEC CyberTipline, report 460002, {NOON:%Y-%m-%d %H:%M} UTC",)


def test_an_organisation_that_said_nothing_of_itself() -> None:
    form = form_of({}, {})
    assert {item.key for item in form.blanks} == set(KEYS)
    assert as_text(replace(ENTRY, priority=Priority.P1), form).startswith("Priority P1. Immediately")
    assert Filer() == replace(Filer(), company="")
