"""How large an answer about hashes can grow."""

from pathlib import Path

import pytest
from support.nodes import bearer, served

from tocsin.hashing.signals import Signal, SignalType
from tocsin.web.api import match


def test_an_answer_that_would_grow_out_of_hand_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match, "MOST_MATCHES", 30)
    with served(tmp_path / "home") as node:
        node.bank("alike", *[Signal(SignalType.PDQ, (1 << bit).to_bytes(32)) for bit in range(20)])
        who = bearer(node.token("reader", "matcher"))
        one = {"type": "pdq", "value": "0" * 64}
        alone = node.client.post("/v1/match", json={"signals": [one]}, headers=who)
        assert len(alone.json()["signals"][0]["matches"]) == 20
        several = node.client.post("/v1/match", json={"signals": [one] * 3}, headers=who)
        assert (several.status_code, several.json()["code"]) == (422, "web.invalid")
