"""The deployment files call commands that are there, and say what the pages about them say."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from tocsin.cli.main import cli
from tocsin.node.settings import NodeSettings

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
CONTAINERFILE = (DEPLOY / "container/Containerfile").read_text("utf-8")


def started() -> dict[str, list[str]]:
    """The words after the program's name, by the file that starts it so."""
    found = {}
    for unit in UNITS:
        (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text("utf-8"), flags=re.MULTILINE)
        found[unit.name] = shlex.split(line)[1:]
    (command,) = re.findall(r"^CMD (.*)$", CONTAINERFILE, flags=re.MULTILINE)
    return found | {"Containerfile": json.loads(command)}


@pytest.mark.parametrize("file", started())
def test_what_is_started_is_a_command_with_those_options(file: str) -> None:
    name, *words = started()[file]
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    with command.make_context(name, words, obj=None):
        pass  # raises click.UsageError for what is not there


@pytest.mark.slow  # asks systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_units(unit: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze")
    copies = []
    for one in UNITS:  # they name each other; the program is not installed here
        text = one.read_text("utf-8").replace("/opt/tocsin/bin/tocsin", "/bin/true")
        copies.append(tmp_path / one.name)
        copies[-1].write_text(text)
    command = [analyze, "verify", "--man=no", str(tmp_path / unit.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert str(tmp_path) not in done.stderr


def test_the_units_differ_in_what_they_start_alone() -> None:
    settings = [
        {line for line in unit.read_text("utf-8").splitlines() if re.match(r"[A-Z]\w+=", line)}
        for unit in UNITS
    ]
    differing = {line.partition("=")[0] for line in settings[0] ^ settings[1]}
    assert differing == {"Description", "After", "ExecStart"}


def test_proxies_let_the_largest_upload_through() -> None:
    largest = NodeSettings().upload_bytes >> 20
    nginx = (DEPLOY / "proxy/nginx.conf").read_text("utf-8")
    caddy = (DEPLOY / "proxy/Caddyfile").read_text("utf-8")
    assert f"client_max_body_size {largest + 1}m;" in nginx
    assert f"max_size {largest + 1}MiB" in caddy
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx  # not $proxy_add_x_forwarded_for


def test_the_container_runs_as_nobody_in_particular() -> None:
    last = CONTAINERFILE.rpartition("\nFROM ")[2]
    assert "\nUSER tocsin\n" in last
    assert "/health/ready" in last


def test_what_the_container_copies_is_not_ignored() -> None:
    kept = {
        line[1:]
        for line in (DEPLOY / "container/Containerfile.dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", CONTAINERFILE, flags=re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert set(copied) == kept
    assert all((ROOT / one).exists() for one in copied)
