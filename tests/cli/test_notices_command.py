"""`tocsin notices` and `tocsin register`: from a decided case to what was answered."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cases import ANNA
from support.commands import Said, tocsin
from support.deciding import Table

from tocsin.cases.model import Outcome
from tocsin.simulators.mail import MailSink
from tocsin.storage.home import Home

URL = "https://files.example.org/a.b"
SETTINGS = """
[filing]
company = "Hotline of Examples"
first_name = "Rita"
last_name = "Reporter"
email = "desk@example.net"
[notices]
organisation = "Hotline of Examples"
contact = "desk@example.net"
test_address = "tests@example.net"
laws = {us = "18 U.S.C. 2258A"}
mail_host = "127.0.0.1"
mail_port = %d
mail_security = "none"
mail_user = "notices"
mail_from = "notices@example.net"
"""


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink(user="notices", password="pa55") as opened:  # noqa: S106  # of nobody
        yield opened


@pytest.fixture
def folder(tmp_path: Path, sink: MailSink) -> Path:
    """A home with one case that was decided to be reported."""
    folder = tmp_path / "home"
    with Home.open(folder, create=True) as home:
        table = Table.over(home)
        number = table.desk.case(context={"review": True, "url": URL, "account": {"id": "u-1"}})
        table.decide(ANNA, number, Outcome.REPORT)
    (folder / "tocsin.toml").write_text(SETTINGS % sink.port)
    return folder


def notices(folder: Path, *arguments: str) -> Said:
    return tocsin("notices", *arguments, "--home", folder)


def register(folder: Path, *arguments: str) -> Said:
    return tocsin("register", *arguments, "--home", folder)


def test_a_notice_by_commands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "the mail server refuses the password" in notices(folder, "check").err
    monkeypatch.setattr("sys.stdin", io.StringIO("pa55\n"))
    notices(folder, "password", "--password-stdin")
    checked = notices(folder, "check")
    assert checked.out == "tests only (live = false)\nthe mail server takes us\n"
    notices(folder, "provider", "keep", "host", "mail", "abuse@host.example", "--host", "example.org")
    assert notices(folder, "provider", "list").out == "host  mail  abuse@host.example  example.org\n"
    assert notices(folder, "urls", "1").out == f"{URL}  host\n"
    drafted = notices(folder, "draft", "1", URL, "--law", "us")
    assert "hxxps://files[.]example[.]org/a.b" in drafted.out
    (queued,) = notices(folder, "send", "1", "--json").objects
    assert (queued["state"], queued["test"], queued["law"]) == ("queued", True, "18 U.S.C. 2258A")
    assert notices(folder, "list", "--state", "queued", "--case", "1").out.startswith("     1  queued  TEST")
    shown = notices(folder, "show", "1", "--json").objects[0]
    assert [one["what"] for one in shown["history"]] == ["drafted", "queued"]
    refused = notices(folder, "answer", "1", "removed")
    assert refused.code == 4
    assert "[notices.unsuitable]" in refused.err


def test_an_entry_of_the_register_by_commands(folder: Path) -> None:
    assert register(folder, "prepare", "1").code == 4  # its account has a name
    (entry,) = register(folder, "prepare", "1", "--account", "u-1", "--json").objects
    assert (entry["state"], entry["proposed"]["priority"], entry["test"]) == ("prepared", "P2", None)
    register(folder, "answer", "1", "account.billing", "--not-held")
    register(folder, "answer", "1", "declaration.true", "Rita Reporter")
    shown = register(folder, "show", "1", "--json").objects[0]
    assert "account.billing" not in shown["blank"]
    assert "account.recovery_email" in shown["blank"]
    register(folder, "priority", "1", "P2")
    assert register(folder, "record", "1", "NCA-1").code == 2  # whether it was a test has to be said
    (sent,) = register(folder, "record", "1", "NCA-1", "--as", "real", "--json").objects
    assert (sent["state"], sent["reference"], sent["test"]) == ("sent", "NCA-1", False)
    assert "Billing details\n    Not held." in register(folder, "form", "1").out
    assert register(folder, "form", "1", "--as", "html").out.startswith("<!DOCTYPE html>")
    (asked,) = register(folder, "ask", "1", "Which port?", "--json").objects
    assert register(folder, "questions").out.startswith(f"question {asked['question']}  entry 1  due ")
    register(folder, "reply", str(asked["question"]), "4711")
    assert register(folder, "questions").err == "There are none.\n"
    register(folder, "acknowledge", "1", "--words", "thanks")
    assert register(folder, "list", "--state", "acknowledged").out.startswith("     1  acknowledged  P2")
