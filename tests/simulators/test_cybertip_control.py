"""The simulated CyberTipline from another process: the truth, the clock and the faults over HTTP."""

import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from support.commands import PROGRAM
from support.cybertip_calls import PASSWORD, REPORT, USER, Calls

from tocsin.simulators.cybertip.clock import Clock
from tocsin.simulators.cybertip.faults import Fault, Kind, Moment, Step
from tocsin.simulators.cybertip.server import Cybertip

CUT = {"kind": "cut", "moment": "after"}


@pytest.fixture
def running() -> Iterator[Cybertip]:
    with Cybertip(USER, PASSWORD, clock=Clock(datetime(2026, 11, 23, tzinfo=UTC), stands=True)) as running:
        yield running


def control(url: str, path: str, said: object = None) -> dict[str, Any]:
    body = None if said is None else json.dumps(said).encode()
    address = url.replace("/ispws", f"/_simulator/{path}")
    with urlopen(Request(address, body), timeout=30) as answer:  # noqa: S310  # the loopback
        found: dict[str, Any] = json.load(answer)
        return found


def test_the_truth_is_told(running: Cybertip) -> None:
    calls = Calls(running)
    number = calls.opened()
    file_id = calls.uploaded(number, b"x")
    calls.finish(number)
    (report,) = control(running.url, "reports")["reports"]
    assert (report["number"], report["state"], report["xml"]) == (number, "finished", REPORT)
    assert report["deadline"] == "2026-11-24T00:00:00+00:00"
    assert [(one["id"], one["md5"], one["details"]) for one in report["files"]] == [
        (file_id, "9dd4e461268c8034f5c8564e155c67a6", [])
    ]
    requests = control(running.url, "requests")["requests"]
    assert [one["step"] for one in requests] == ["submit", "upload", "finish"]
    assert report["requests"] == [one["number"] for one in requests]
    assert requests[2]["left"].endswith("</reportDoneResponse>")
    assert len(running.requests) == 3


def test_the_clock_is_moved(running: Cybertip) -> None:
    assert control(running.url, "clock") == {"now": "2026-11-23T00:00:00+00:00"}
    assert control(running.url, "clock", {"seconds": 90000}) == {"now": "2026-11-24T01:00:00+00:00"}


def test_faults_are_planned(running: Cybertip) -> None:
    cut = Fault(Kind.CUT, Moment.AFTER)
    draw = running.faults.draw
    control(running.url, "faults", {"plan": "then", "step": "finish", "faults": [CUT, None]})
    control(running.url, "faults", {"plan": "at", "step": "upload", "number": 2, "fault": CUT})
    assert [draw(Step.FINISH) for _ in range(3)] == [cut, None, None]
    assert [draw(Step.UPLOAD) for _ in range(3)] == [None, cut, None]
    control(
        running.url,
        "faults",
        {"plan": "always", "steps": ["status"], "fault": {"kind": "late", "seconds": 0.5}},
    )
    assert draw(Step.STATUS) == Fault(Kind.LATE, seconds=0.5)
    control(running.url, "faults", {"plan": "always", "fault": None})
    assert draw(Step.STATUS) is None
    control(running.url, "faults", {"plan": "random", "seed": 1, "share": 1, "most": 2})
    assert [draw(Step.SUBMIT) is None for _ in range(3)] == [False, False, True]
    control(running.url, "faults", {"plan": "random", "seed": 1, "share": 1})
    control(running.url, "faults", {"plan": "clear"})
    assert draw(Step.SUBMIT) is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nothing", None),
        ("nothing", {}),
        ("clock", {"seconds": "1"}),
        ("clock", [1]),
        ("faults", {"plan": "then", "step": "nowhere", "faults": []}),
        ("faults", {"plan": "then", "step": "submit", "faults": [{"kind": "cut", "sise": 1}]}),
        ("faults", {"plan": "then", "step": "submit", "faults": [{"moment": "after"}]}),
        ("faults", {"plan": "at", "step": "submit", "number": 1, "fault": "cut"}),
        ("faults", {"plan": "random", "seed": True, "share": 1}),
        ("faults", {"plan": "otherwise"}),
    ],
)
def test_what_is_not_understood_changes_nothing(running: Cybertip, path: str, said: object) -> None:
    with pytest.raises(HTTPError) as refused:
        control(running.url, path, said)
    with refused.value as answer:
        assert (answer.status, list(json.load(answer))) == (400, ["error"])
    assert running.clock() == datetime(2026, 11, 23, tzinfo=UTC)
    assert running.faults.draw(Step.SUBMIT) is None


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_as_a_process_until_told_to_end(end: signal.Signals) -> None:
    command = [*PROGRAM, "simulate", "cybertip", "--trouble", "1", "--seed", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert control(url, "reports") == {"reports": []}
        process.send_signal(end)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "password" in said
    assert "reaches anybody" in said
