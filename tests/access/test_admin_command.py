"""`tocsin admin` from a shell, also beside other processes."""

import io
import json
import re
import time
from pathlib import Path
from typing import Any

import pyotp
import pytest
from support.accounts import PASSWORD, secret_in
from support.commands import Said, tocsin, tocsin_process

from tocsin.access.accounts import Accounts
from tocsin.access.errors import NotSignedInError
from tocsin.access.model import Permission, Right
from tocsin.cli.exits import FAILED, NOT_UNDERSTOOD
from tocsin.evidence.keys import Keys
from tocsin.intake.lookups import LookupCount
from tocsin.storage.access import SqlAccess
from tocsin.storage.home import Home
from tocsin.storage.lookups import LookupStore

pytestmark = pytest.mark.slow  # computes passwords at their full cost, on real databases


class Desk:
    """A shell in a home."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing there yet."""
        self.folder = folder
        self._patch = monkeypatch

    def __call__(self, *words: str, stdin: str = "") -> Said:
        """Run a command of `tocsin admin`."""
        self._patch.setattr("sys.stdin", io.StringIO(stdin))
        return tocsin("admin", *words, "--home", self.folder)

    def done(self, *words: str, stdin: str = "") -> list[dict[str, Any]]:
        """Run one that must succeed; the objects it printed."""
        said = self(*words, "--json", stdin=stdin)
        assert (said.code, said.out != "") == (0, True), said
        return said.objects

    def kinds(self) -> list[str]:
        """What is in the ledger, done from this shell."""
        with Home.open(self.folder) as home:
            rows = list(home.ledger.rows())
        return [row.kind for row in rows if row.actor.startswith("local:")]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path / "home", monkeypatch)


@pytest.fixture
def ready(desk: Desk) -> Desk:
    desk.done("init", "--password-stdin", stdin=PASSWORD + "\n")
    assert tocsin("bank", "create", "known", "--home", desk.folder).code == 0
    return desk


def accounts(home: Home) -> Accounts:
    return Accounts.over(home.database, SqlAccess(home.database), home.ledger, Keys.open(home.folder))


def test_the_first_administrator_can_sign_in_with_what_was_printed(desk: Desk) -> None:
    (made,) = desk.done("init", "--name", "root", "--password-stdin", stdin=PASSWORD + "\n")
    assert made["name"] == "root"
    assert len(made["recovery_codes"]) == 10
    with Home.open(desk.folder) as home:
        sessions = accounts(home).sessions
        code = pyotp.TOTP(secret_in(made["second_factor"])).now()
        principal = sessions.principal_of(sessions.sign_in("root", PASSWORD, code).secret)
    assert principal.permissions == {Permission.MANAGE_ACCESS, Permission.READ_LEDGER}
    assert desk.kinds() == ["person.created", "person.second_factor_set"]


def test_init_again_says_who_is_there_and_changes_nothing(ready: Desk) -> None:
    before = ready.kinds()
    (there,) = ready.done("init", "--name", "other", "--password-stdin", stdin=PASSWORD + "\n")
    assert (there["name"], there["roles"]) == ("admin", ["administrator"])
    assert ready.kinds() == before
    ready.done("user", "disable", "admin")
    (made,) = ready.done("init", "--name", "other", "--password-stdin", stdin=PASSWORD + "\n")
    assert made["name"] == "other"


def test_shutting_out_the_last_who_manages_people_is_said(ready: Desk) -> None:
    for name, role in (("anna", "administrator"), ("ben", "reviewer")):
        ready.done("user", "add", name, "--role", role, "--password-stdin", stdin=PASSWORD + "\n")
    assert ready("user", "disable", "anna").err == ""
    assert ready("user", "disable", "ben").err == ""
    said = ready("user", "disable", "admin")
    assert said.code == 0
    assert "`tocsin admin user enable admin`" in said.err
    assert ready("user", "disable", "admin").err == ""  # nothing changes


def test_a_password_is_asked_for_only_at_a_terminal(desk: Desk) -> None:
    said = desk("init")
    assert said.code == NOT_UNDERSTOOD
    assert "--password-stdin" in said.err


def test_words_for_people_show_the_second_factor_once(desk: Desk) -> None:
    said = desk("init", "--password-stdin", stdin=PASSWORD + "\n")
    assert "otpauth://totp/Tocsin:admin" in said.out
    again = desk("init", "--password-stdin", stdin=PASSWORD + "\n")
    assert "otpauth" not in again.out + again.err
    assert PASSWORD not in said.out + said.err + again.out + again.err


def test_a_token_printed_alone_on_stdout_works_and_ends_when_revoked(ready: Desk) -> None:
    said = ready("token", "create", "uploads", "--role", "submitter", "--bank", "known", "--days", "1")
    secret = said.out.strip()
    with Home.open(ready.folder) as home:
        found = accounts(home).tokens.principal_of(secret)
        assert found.may(Permission.SUBMIT)
        assert found.banks == {"known": {Right.MATCH}}
        assert ready.done("token", "revoke", "uploads") == [
            {"name": "uploads", "revoked": True, "before": False}
        ]
        with pytest.raises(NotSignedInError):
            accounts(home).tokens.principal_of(secret)
    (listed,) = ready.done("token", "list")
    assert listed["revoked"] is not None
    assert secret not in json.dumps(listed)


def test_a_partners_token_may_only_match(ready: Desk) -> None:
    (made,) = ready.done("token", "create", "partner", "--may-only-match", "--bank", "known")
    assert (made["roles"], made["rate"]) == (["matcher"], 60)
    with Home.open(ready.folder) as home:
        partner = accounts(home).tokens.principal_of(made["token"])
    assert partner.permissions == {Permission.MATCH}
    assert partner.banks == {"known": {Right.MATCH}}


@pytest.mark.parametrize(
    "words",
    [
        ["--may-only-match"],
        ["--may-only-match", "--bank", "known", "--role", "curator"],
        ["--may-only-match", "--bank", "known", "--right", "read"],
        ["--right", "read"],
        ["--right", "own"],
    ],
)
def test_a_token_that_contradicts_itself_is_not_made(ready: Desk, words: list[str]) -> None:
    assert ready("token", "create", "odd", *words).code == NOT_UNDERSTOOD
    assert ready("token", "list").out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["token", "create", "odd", "--bank", "knwon"],
        ["token", "create", "odd", "--role", "god"],
        ["token", "create", "odd", "--days", "366"],
        ["token", "create", "odd", "--days", "99999999999"],
        ["token", "revoke", "odd"],
        ["grant", "person:admin", "knwon", "match"],
        ["grant", "person:nobody", "known", "match"],
        ["user", "show", "nobody"],
        ["user", "role", "admin", "god"],
        ["sessions", "revoke", "7"],
        ["sessions", "revoke", "--person", "nobody"],
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_named_with_advice_and_nothing_changes(ready: Desk, words: list[str]) -> None:
    before = ready.kinds()
    said = ready(*words)
    assert said.code == FAILED
    assert "[access." in said.err or "[banks." in said.err
    assert ready.kinds() == before


def test_rights_are_granted_and_taken_back(ready: Desk) -> None:
    ready.done("grant", "person:admin", "*", "read")
    assert ready.done("grant", "person:admin", "known", "none") == [
        {"principal": "person:admin", "bank": "known", "rights": []}
    ]
    assert len(ready.done("grants")) == 2
    (taken,) = ready.done("revoke-grant", "person:admin", "known")
    assert taken == {"principal": "person:admin", "bank": "known", "rights": ["read"], "removed": True}
    assert ready.done("grants") == [{"principal": "person:admin", "bank": "*", "rights": ["read"]}]


def test_a_person_from_first_to_last(ready: Desk) -> None:
    ready.done("user", "add", "anna", "--role", "reviewer", "--password-stdin", stdin=PASSWORD)
    (shown,) = ready.done("user", "show", "anna")
    assert (shown["enrolled"], shown["roles"]) == (True, ["reviewer"])
    (shown,) = ready.done("user", "role", "anna", "curator", "auditor")
    assert shown["roles"] == ["auditor", "curator"]
    (shown,) = ready.done("user", "disable", "anna")
    assert not shown["active"]
    (shown,) = ready.done("user", "enable", "anna")
    assert shown["active"]
    ready.done("user", "password", "anna", "--password-stdin", stdin="another password\n")
    assert "second_factor" in ready.done("user", "reset-second-factor", "anna")[0]
    (shown,) = ready.done("user", "reset-second-factor", "anna", "--enrol-later")
    assert (shown["enrolled"], shown["must_enrol"]) == (False, True)
    assert [one["name"] for one in ready.done("user", "list")] == ["admin", "anna"]
    assert ready.kinds()[2:] == [
        "bank.created",
        "person.created",
        "person.second_factor_set",
        "person.roles_set",
        "person.disabled",
        "person.enabled",
        "person.password_set",
        "person.second_factor_set",
        "person.second_factor_reset",
    ]


def test_without_a_second_factor_only_where_it_is_said(ready: Desk) -> None:
    (shown,) = ready.done(
        "user", "add", "demo", "--without-second-factor", "--password-stdin", stdin=PASSWORD + "\n"
    )
    assert not shown["must_enrol"]
    with Home.open(ready.folder) as home:
        sessions = accounts(home).sessions
        secret = sessions.sign_in("demo", PASSWORD).secret
        (listed,) = ready.done("sessions", "list")
        assert listed["person"] == "demo"
        assert ready.done("sessions", "revoke", str(listed["id"])) == [{"ended": 1}]
        with pytest.raises(NotSignedInError):
            sessions.principal_of(secret)
        sessions.sign_in("demo", PASSWORD)
    assert ready.done("sessions", "revoke", "--person", "demo") == [{"ended": 1}]
    assert ready("sessions", "list").err == "Nobody is signed in.\n"


def test_roles_are_listed_without_a_home(desk: Desk) -> None:
    roles = {one["role"]: one["permissions"] for one in tocsin("admin", "roles", "--json").objects}
    assert roles["matcher"] == ["match.query"]
    assert not desk.folder.exists()


def documented() -> dict[str, set[str]]:
    """The fields of each object in docs/reference/json-admin.md."""
    page = Path(__file__).parents[2] / "docs/reference/json-admin.md"
    found: dict[str, set[str]] = {}
    for section in page.read_text("utf-8").split("\n## ")[1:]:
        heading, _, rest = section.partition("\n")
        found[heading] = set(re.findall(r"^\| `(\w+)` \|", rest, re.MULTILINE))
    found["new token"] |= found["token"]
    return found


def test_objects_are_as_documented(desk: Desk) -> None:
    given = PASSWORD + "\n"
    printed = {"enrolment": desk.done("init", "--password-stdin", stdin=given)}
    assert tocsin("bank", "create", "known", "--home", desk.folder).code == 0
    desk.done("user", "add", "demo", "--without-second-factor", "--password-stdin", stdin=given)
    with Home.open(desk.folder) as home:
        accounts(home).sessions.sign_in("demo", PASSWORD)
        LookupStore(home.database).add({("token:uploads", int(time.time()) // 60): LookupCount(2, 1, 0)})
    printed |= {
        "person": desk.done("user", "list"),
        "new token": desk.done("token", "create", "uploads", "--bank", "known"),
        "token": desk.done("token", "list"),
        "revoked token": desk.done("token", "revoke", "uploads"),
        "grant": desk.done("grants"),
        "revoked grant": desk.done("revoke-grant", "token:uploads", "known"),
        "role": desk.done("roles"),
        "day of look-ups": desk.done("lookups"),
        "session": desk.done("sessions", "list"),
        "ended sessions": desk.done("sessions", "revoke", "--person", "demo"),
    }
    assert {name: set(objects[0]) for name, objects in printed.items()} == documented()


def test_the_commands_work_as_processes_of_their_own(tmp_path: Path) -> None:
    folder = str(tmp_path / "home")
    words = ["admin", "init", "--password-stdin", "--home", folder]
    made = tocsin_process(*words, stdin="Grüße aus Köln\n".encode())
    assert (made.code, "otpauth://" in made.out) == (0, True)
    refused = tocsin_process(
        "admin", "user", "add", "x", "--password-stdin", "--home", folder, stdin=b"\xff\n"
    )
    assert refused.code == FAILED
