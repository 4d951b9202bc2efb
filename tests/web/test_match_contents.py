"""Matching without the list: hashes of contents in, banks and distances out, and a row of the ledger."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from support.nodes import Served, bearer, served

from tocsin.access.model import Right
from tocsin.banks.model import BankKind, Label, Policy
from tocsin.banks.model import EntryDraft as Draft
from tocsin.hashing.signals import Signal, SignalType

MATCH = frozenset({Right.MATCH})
PDQ = bytes(32)
LABELS = (
    Label("vics.uk", "2.0", "2"),
    Label("onward-sharing", "1", "named partner=a.example/feed", "b.example/feed"),
    Label("stood-behind", "1", "analyst", "a pseudonym"),
)
"""The last two are between partners."""
SHA256 = bytes([7]) * 32


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("match") / "home") as opened:
        opened.bank("known")
        draft = Draft((Signal(SignalType.PDQ, PDQ, 100),), labels=LABELS)
        opened.node.banks.add_entries("known", [draft])
        opened.bank("harmless", Signal(SignalType.SHA256, SHA256), policy=Policy(BankKind.ALLOW))
        opened.bank("theirs", Signal(SignalType.PDQ, PDQ, 100))
        yield opened


def signal(value: bytes, kind: str = "pdq") -> dict[str, str]:
    return {"type": kind, "value": value.hex()}


def content(*signals: dict[str, str]) -> dict[str, object]:
    return {"signals": list(signals)}


def far(bits: int) -> bytes:
    return ((1 << bits) - 1).to_bytes(32)


def test_a_partner_is_told_bank_labels_and_distance_and_nothing_else(one: Served) -> None:
    who = bearer(one.token("partner", "matcher", banks={"known": MATCH}))
    asked = [
        content(signal(far(9)), signal(far(3)), signal(bytes(16), "md5")),
        content(signal(b"\xff" * 32)),
        content(signal(far(3)), signal(SHA256, "sha256")),  # an exact copy of something harmless
    ]
    answer = one.client.post("/v1/match", json={"contents": asked}, headers=who)
    assert answer.status_code == 200, answer.text
    first, second, third = answer.json()["contents"]
    (match,) = first["matches"]
    shown = {name: value for name, value in match.items() if value is not None}
    assert [label["code"] for label in shown.pop("labels")] == ["2"]
    assert shown == {"bank": "known", "type": "pdq", "distance": 3}
    assert (second["matches"], third["matches"]) == ([], [])
    assert (first["suppressed"], third["suppressed"]) == ([], [])
    rows = [row for row in one.node.ledger.rows() if row.kind == "lookups.answered"]
    (row,) = [row for row in rows if row.actor == "token:partner"]
    assert json.loads(row.detail) == {"asked": 3, "matched": 1}
    assert PDQ.hex() not in answer.text


def test_hashes_of_a_content_count_as_one_look_up_and_as_one_variant(one: Served) -> None:
    """Else one content in its eight orientations would look like somebody who reads the list out."""
    who = bearer(one.token("slow", "matcher", banks={"known": MATCH}, rate=2))
    asked = [content(*(signal(far(bits)) for bits in range(20)))] * 2
    assert one.client.post("/v1/match", json={"contents": asked}, headers=who).status_code == 200
    assert one.client.post("/v1/match", json={"contents": asked}, headers=who).status_code == 429


def test_a_list_cannot_be_walked_by_contents_either(one: Served) -> None:
    who = bearer(one.token("walker", "matcher", banks={"known": MATCH}))
    for bits in range(60):
        asked = {"contents": [content(signal((1 << bits).to_bytes(32)), signal(b"\xff" * 32))]}
        answer = one.client.post("/v1/match", json=asked, headers=who)
        if answer.status_code != 200:
            break
    assert (answer.status_code, answer.json()["code"], bits) == (429, "intake.too_many_lookups", 40)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"signals": [signal(PDQ)], "contents": [content(signal(PDQ))]},
        {"contents": []},
        {"contents": [content()]},
        {"contents": [content(*[signal(PDQ)] * 201)]},
        {"contents": [content(*(signal(bytes([a, b]) * 16) for a in range(20))) for b in range(51)]},
        {"contents": [{"signals": [signal(PDQ)], "file": "AAAA"}]},
    ],
)
def test_other_questions_are_refused(one: Served, body: dict[str, object]) -> None:
    who = one.client.headers | bearer(one.token(f"odd-{uuid4().hex}", "matcher"))
    answer = one.client.post("/v1/match", json=body, headers=who)
    assert (answer.status_code, answer.json()["code"]) == (422, "web.invalid")
