"""Errors as answers: what a caller brings about has a status of its own, and what is ours tells nothing."""

import importlib
import json
import logging
import pkgutil
from pathlib import Path

import pytest
from support.nodes import served

import tocsin
from tocsin.errors import Error
from tocsin.web.logs import JsonLines
from tocsin.web.problems import STATUS, TITLES

CALLERS_ROOMS = ("access", "banks", "intake", "jobs", "outgoing", "web", "webhooks")
"""Rooms whose errors callers can bring about."""
NOT_ANSWERED = {
    "banks.ambiguous_type": "reading a list, at the command line",
    "banks.nothing_readable": "reading a list, at the command line",
    "banks.unknown_list": "reading a list, at the command line",
    "banks.unreadable_list": "reading a list, at the command line",
    "intake.archive_not_opened": "told in the answer, as why no more of an archive was looked at",
    "jobs.give_up": "ends a job",
    "jobs.lease_lost": "ends a job",
    "jobs.worker_died": "ends a job",
    "web.listen": "ends tocsin serve",
    "webhooks.not_delivered": "ends an attempt of a job",
}
"""Errors of those rooms that no request meets, with the place where they come up."""


def codes() -> set[str]:
    """The code of every error there is."""
    for module in pkgutil.walk_packages(tocsin.__path__, "tocsin."):
        importlib.import_module(module.name)
    found: set[str] = set()
    waiting: list[type[Error]] = [Error]
    while waiting:
        below = [kind for kind in waiting.pop().__subclasses__() if kind.__module__.startswith("tocsin.")]
        found |= {kind.code for kind in below}
        waiting += below
    return found


def test_what_callers_bring_about_has_a_status() -> None:
    theirs = {code for code in codes() if code.partition(".")[0] in CALLERS_ROOMS}
    assert theirs - STATUS.keys() - NOT_ANSWERED.keys() == set()


def test_the_table_speaks_of_errors_there_are() -> None:
    assert STATUS.keys() - codes() == set()
    assert set(STATUS.values()) <= TITLES.keys()


def test_what_goes_wrong_inside_is_told_to_the_log_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path / "home") as one:
        headers = one.everything()
        one.node.database.close()
        (tmp_path / "home" / "tocsin.db").write_bytes(b"no database at all" * 1000)
        answer = one.client.get("/v1/banks", headers=headers)
        assert answer.status_code == 500, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "x-request-id" in answer.headers
        problem = answer.json()
        assert "tocsin.db" not in answer.text
        lines = [JsonLines().format(record) for record in caplog.records if hasattr(record, "incident")]
        assert any(json.loads(line)["incident"] == problem["incident"] for line in lines)


@pytest.mark.parametrize("path", ["/v1/banks", "/hma/c/banks"])
def test_a_store_that_cannot_be_reached_is_to_be_asked_again(
    path: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    with served(home) as one:
        headers = one.everything()
        one.node.database._begin_anew()  # its connections are lost, as when a server goes away
        (home / "tocsin.db").rename(tmp_path / "away")
        answer = one.client.get(path, headers=headers)
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert "tocsin.db" not in answer.text
        assert "tocsin.db" in caplog.text
        (tmp_path / "away").rename(home / "tocsin.db")
        assert one.client.get(path, headers=headers).status_code == 200


def test_a_line_of_the_log_cannot_be_forged_and_holds_no_values() -> None:
    def fail(password: str) -> None:
        raise ValueError(password)

    try:
        fail("hunter2")
    except ValueError as error:
        record = logging.LogRecord("tocsin.web", 40, __file__, 1, "a\nb %s", ("\u2028x",), None)
        record.exc_info = (ValueError, error, error.__traceback__)
        record.secret = "not listed"  # noqa: S105  # the test's
        line = JsonLines().format(record)
    assert "\n" not in line
    assert line.isascii()
    item = json.loads(line)
    assert item["message"] == "a\nb \u2028x"
    assert "hunter2" not in line
    assert "not listed" not in line
    assert any("test_problems" in place for place in item["error"])
