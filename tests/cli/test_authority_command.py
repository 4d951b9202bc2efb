"""`tocsin authority`: accounts, the check, the schema, and two people who switch to production."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import Said, tocsin

from tocsin.simulators.cybertip.server import Cybertip
from tocsin.storage.home import Home

PASSWORD = "twelve little towns"  # noqa: S105  # of people who do not exist
USER, SECRET = "Esp-4711", "hG6zR2kkl9"  # of nobody
HOST = "report.cybertip.org"


class Shell:
    """Somebody at a shell, with what they type on standard input."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Over the home folder `home`."""
        self.home = home
        self._monkeypatch = monkeypatch

    def run(self, *arguments: str, typed: tuple[str, ...] = ()) -> Said:
        """Run a command; nobody is at a terminal."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        return tocsin(*arguments, "--home", self.home)

    def authority(self, *arguments: str, typed: tuple[str, ...] = ()) -> Said:
        """Run `tocsin authority`."""
        return self.run("authority", *arguments, typed=typed)

    def person(self, name: str, role: str = "filing-manager") -> Iterator[str]:
        """Somebody with a second factor; their recovery codes, each good for once."""
        given = ("--role", role, "--password-stdin", "--json")
        said = self.run("admin", "user", "add", name, *given, typed=(PASSWORD,))
        return iter(said.objects[0]["recovery_codes"])

    def connect(self, environment: str, *more: str, user: str = USER) -> Said:
        """Keep an account."""
        return self.authority(
            "connect", "ncmec", "--environment", environment, "--account-stdin", *more, typed=(user, SECRET)
        )


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    home = tmp_path / "home"
    Home.open(home, create=True).close()
    return Shell(home, monkeypatch)


@pytest.fixture
def simulator() -> Iterator[Cybertip]:
    with Cybertip(USER, SECRET) as started:
        yield started


def test_a_simulator_is_connected_and_checked(shell: Shell, simulator: Cybertip) -> None:
    assert "There are none" in shell.authority("list").err
    made = shell.connect("simulator", "--url", simulator.url, "--json")
    assert made.objects[0] | {"connected": "", "connected_by": "", "since": "", "by": ""} == {
        "authority": "ncmec",
        "environment": "simulator",
        "url": simulator.url,
        "connected": "",
        "connected_by": "",
        "in_use": True,
        "since": "",
        "by": "",
        "here": True,
    }
    assert "IN USE since" in shell.authority("list").out
    checked = shell.authority("check", "ncmec")
    assert (checked.code, "knows the account\n  Remote User" in checked.out) == (0, True)
    assert shell.authority("check", "ncmec", "--json").objects[0]["status"] == 200
    assert "--fetch" in shell.authority("schema", "ncmec").err
    fetched = shell.authority("schema", "ncmec", "--fetch", "--json").objects[0]
    assert fetched["bytes"] > 1000
    assert fetched["sha256"] in shell.authority("schema", "ncmec").out
    assert "<xs:schema" in shell.authority("schema", "ncmec", "--text").out
    shell.connect("simulator", "--url", simulator.url, user="Somebody-else")
    refused = shell.authority("check", "ncmec")
    assert (refused.code, "refuses the account" in refused.out) == (4, True)
    assert "tocsin authority connect ncmec --environment simulator" in refused.err
    assert shell.authority("disconnect", "ncmec", "--environment", "simulator").code == 0
    assert shell.authority("check", "ncmec").code == 4


def test_what_an_account_is_goes_nowhere(shell: Shell, simulator: Cybertip) -> None:
    said = [shell.connect("simulator", "--url", simulator.url), shell.authority("list", "--json")]
    said += [shell.run("ledger", "show"), shell.connect("test", user="changeme"), shell.authority("list")]
    for one in said:
        assert USER not in one.out + one.err
        assert SECRET not in one.out + one.err
    assert (said[-2].code, "placeholder" in said[-2].err) == (4, True)
    for path in shell.home.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes()


def test_a_refused_url_is_not_repeated(shell: Shell) -> None:
    said = shell.connect("simulator", "--url", "http://user:hidden@127.0.0.1:80/ispws")
    assert (said.code, "hidden" in said.err) == (4, False)


def test_nobody_is_asked_without_a_terminal(shell: Shell) -> None:
    assert shell.authority("connect", "ncmec", "--environment", "test").code == 2
    assert shell.authority("switch", "ncmec", "--as", "anna", "--reason", "x").code == 2
    assert shell.authority("switch", "ncmec", "--as", "anna", "--reason", "x", "--host", HOST).code == 2


@pytest.mark.slow
def test_two_people_sign_in_to_switch(shell: Shell) -> None:
    anna, ben, nora = shell.person("anna"), shell.person("ben"), shell.person("nora", "reviewer")
    shell.connect("test", user="Esp-4711-test")
    assert shell.connect("production").out.endswith("not in use\n")

    def switch(name: str, code: str, host: str = HOST) -> Said:
        given = ("--as", name, "--reason", "we are ready", "--host", host, "--sign-in-stdin")
        return shell.authority("switch", "ncmec", *given, typed=(PASSWORD, code))

    def confirm(name: str, code: str) -> Said:
        given = ("--as", name, "--host", HOST, "--sign-in-stdin")
        return shell.authority("confirm", "ncmec", *given, typed=(PASSWORD, code))

    assert "access.sign_in_refused" in switch("anna", "000000").err
    assert "access.denied" in switch("nora", next(nora)).err
    assert "filing.host_mistyped" in switch("anna", next(anna), "exttest.cybertip.org").err
    assert switch("anna", next(anna)).code == 0
    assert "person:anna has asked for production" in shell.authority("list").err
    assert "filing.second_person" in confirm("anna", next(anna)).err
    assert "filing.not_switched" in shell.authority("check", "ncmec", "--environment", "production").err
    done = confirm("ben", next(ben))
    assert "we are ready" in done.err
    assert "IN USE" in done.out
    assert "by person:anna, person:ben" in done.out
    assert "ncmec  test" in shell.authority("back", "ncmec", "--reason", "a trial").out
    assert "filing.no_such_switch" in shell.authority("back", "ncmec").err
    with Home.open(shell.home) as home:
        kinds = [row.kind for row in home.ledger.rows() if row.kind == "authority.switched"]
        assert len(kinds) == 3
    assert shell.run("admin", "sessions", "list", "--json").objects == []
