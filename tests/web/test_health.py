"""What tells operators how the node is: alive, ready, metrics; and who may match only is told no more."""

from collections.abc import Iterator

import pytest
from support.nodes import Served, bearer, served

from tocsin import __version__
from tocsin.access.model import EVERY_BANK, Right
from tocsin.hashing.signals import parse_signal

KNOWN = "pdq:" + "0f" * 32


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("node") / "home") as opened:
        opened.bank("known", parse_signal(KNOWN))
        yield opened


def test_a_sound_node_is_ready(one: Served) -> None:
    answer = one.client.get("/health/ready")
    assert answer.status_code == 200
    names = {check["name"] for check in answer.json()["checks"]}
    assert names == {"database", "keys", "disk", "index", "workers"}


def test_the_root_says_what_answers_here_and_no_more(one: Served) -> None:
    answer = one.client.get("/").json()
    assert answer == {
        "name": "tocsin",
        "version": __version__,
        "openapi": "/openapi.json",
        "health": "/health/ready",
    }
    assert [one.client.get(answer[name]).status_code for name in ("openapi", "health")] == [200, 200]


@pytest.mark.parametrize("damaged", ["current.json", "vault-*.key", "ledger-*.key"])
def test_a_node_whose_keys_are_not_what_they_were_is_not_ready(one: Served, damaged: str) -> None:
    (path,) = one.node.keys.folder.glob(damaged)
    whole = path.read_bytes()
    path.write_text("something else")
    try:
        answer = one.client.get("/health/ready")
        assert answer.status_code == 503
        assert [check["name"] for check in answer.json()["checks"] if not check["ok"]] == ["keys"]
    finally:
        path.write_bytes(whole)
    assert one.client.get("/health/ready").status_code == 200


def test_a_node_that_cannot_keep_content_is_not_ready(one: Served) -> None:
    folder = one.node.banks.folder / "incoming"
    assert one.client.get("/health/ready").status_code == 200
    folder.rmdir()
    folder.write_text("in the way")
    try:
        answer = one.client.get("/health/ready")
        assert answer.status_code == 503
        assert [check["name"] for check in answer.json()["checks"] if not check["ok"]] == ["disk"]
        assert one.client.get("/health/live").status_code == 200
    finally:
        folder.unlink()


def test_metrics_count_by_route_not_by_path(one: Served) -> None:
    headers = one.everything()
    one.client.get("/v1/banks/some-name-of-a-bank", headers=headers)
    one.client.request("BREW", "/some-path", headers=headers)
    text = one.client.get("/metrics", headers=headers).text
    assert 'route="/v1/banks/{bank}"' in text
    assert "some-name-of-a-bank" not in text
    assert "some-path" not in text
    assert "BREW" not in text
    assert 'tocsin_entries{state="live"} 1.0' in text
    assert 'tocsin_jobs{state="dead"} 0.0' in text or "tocsin_jobs" in text


def test_who_may_match_only_is_told_bank_labels_and_distance(one: Served) -> None:
    matcher = bearer(one.token("match-only", "matcher", banks={EVERY_BANK: frozenset({Right.MATCH})}))
    question = {"signals": [{"type": "pdq", "value": "0f" * 31 + "0e"}]}
    (answer,) = one.client.post("/v1/match", headers=matcher, json=question).json()["signals"]
    (match,) = answer["matches"]
    told = {name: value for name, value in match.items() if value is not None}
    assert told == {"bank": "known", "type": "pdq", "distance": 1, "labels": []}
    for path in ("/v1/banks", "/v1/banks/known/entries", "/v1/entries/1"):
        assert one.client.get(path, headers=matcher).status_code == 403


def test_who_may_not_read_a_bank_sees_no_hash_of_it(one: Served) -> None:
    curator = bearer(one.token("match-curator", "curator", banks={"known": frozenset({Right.MATCH})}))
    assert one.client.get("/v1/banks/known/entries", headers=curator).status_code == 403
    assert one.client.get("/v1/entries/1", headers=curator).status_code == 404
    assert one.client.get("/v1/entries/1/opinions", headers=curator).status_code == 404
    assert one.client.post("/v1/entries/1/withdraw", headers=curator, json={"reason": "x"}).status_code == 404
    shown = one.client.get("/v1/banks", headers=curator).json()["items"]
    assert [(bank["name"], bank["entries"]) for bank in shown] == [("known", None)]


def test_more_look_ups_than_a_token_may_are_told_to_wait(one: Served) -> None:
    slow = bearer(one.token("slow", "matcher", rate=10))
    question = {"signals": [{"type": "md5", "value": "00" * 16}] * 10}
    assert one.client.post("/v1/match", headers=slow, json=question).status_code == 200
    answer = one.client.post("/v1/match", headers=slow, json=question)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
