"""`tocsin exchange` over a simulated partner, as somebody at a shell uses it."""

import io
from pathlib import Path

import pytest
from support.commands import tocsin

from tocsin.simulators.ncmec.server import NcmecSimulator

PASSWORD = "kq3-Zr8v"  # noqa: S105  # of nobody


def test_a_list_is_fetched_and_said_how_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = ("--home", tmp_path / "home")
    assert tocsin(*home, "bank", "create", "other").code == 0
    with NcmecSimulator("member", PASSWORD) as simulator:
        simulator.list.fill(50, 1)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"member\n{PASSWORD}\n"))
        place = ("--service", "ncmec", "--environment", "simulator", "--url", simulator.url)
        added = tocsin(*home, "exchange", "add", "nc", *place, "--account-stdin", "--json")
        assert (added.code, added.objects[0]["bank"], added.objects[0]["production"]) == (0, "nc", False)
        assert PASSWORD not in added.out + added.err
        ran = tocsin(*home, "exchange", "run", "nc", "--json")
        assert (ran.code, ran.objects[0]["outcome"]) == (0, "done")
        assert 0 < ran.objects[0]["counts"]["added"] <= 50
        assert "nothing new" in tocsin(*home, "exchange", "run", "nc").out
    status = tocsin(*home, "exchange", "status", "nc", "--cases", "--json").objects
    assert [(one["running"], one["open_cases"], one["failures"]) for one in status] == [(False, 0, 0)]
    assert tocsin(*home, "exchange", "pause", "nc").code == 0
    refused = tocsin(*home, "exchange", "run", "nc")
    assert (refused.code, "exchange.not_ready" in refused.err) == (4, True)
    assert "paused" in tocsin(*home, "exchange", "list").out
    assert tocsin(*home, "exchange", "resume", "nc").code == 0
    assert tocsin(*home, "exchange", "set-aside", "nc").code == 0
    assert tocsin(*home, "exchange", "opinions", "nc").out == ""
    assert tocsin(*home, "exchange", "remove", "nc", "--yes").code == 0
    assert "There are none" in tocsin(*home, "exchange", "list").err
