"""`tocsin match --remote`: hashes leave this machine, content does not; what comes back is not trusted."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.commands import Said, tocsin
from support.files import small_picture, write
from support.served import Server, token

from tocsin.access.model import Right
from tocsin.hashing.signals import Signal, SignalType
from tocsin.outgoing.remote_match import RemoteMatcher, RemoteMatchError
from tocsin.simulators.serving import Quiet, Served

NOTHING: dict[str, list[str]] = {"matches": [], "suppressed": [], "compared": [], "too_plain": []}


@dataclass
class Fake:
    """A node that answers as it is told, in turn; what it was asked."""

    answers: list[tuple[int, bytes, dict[str, str]]]
    asked: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def fake(*answers: tuple[int, bytes, dict[str, str]]) -> Iterator[Fake]:
    told = Fake(list(answers))

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.asked.append({"path": self.path, "token": self.headers["Authorization"], **json.loads(body)})
            count = len(told.asked[-1]["contents"])
            none: tuple[int, bytes, dict[str, str]] = (
                200,
                json.dumps({"contents": [NOTHING] * count}).encode(),
                {},
            )
            status, answer, headers = told.answers.pop(0) if told.answers else none
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

    with Served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        told.port = server.port
        yield told


def contents(*sizes: int) -> list[tuple[Signal, ...]]:
    """Contents with so many different hashes each."""
    return [
        tuple(Signal(SignalType.PDQ, (number * 1000 + place).to_bytes(32)) for place in range(size))
        for number, size in enumerate(sizes)
    ]


def test_only_hashes_are_sent_each_once_and_no_more_than_a_question_holds() -> None:
    with fake() as node:
        found = list(RemoteMatcher(node.url, "t").match_each(contents(150, 0, 190, 200, 250, 180, 90, 120)))
    assert found == [()] * 8
    assert [[len(one["signals"]) for one in asked["contents"]] for asked in node.asked] == [
        [150, 190, 200, 200, 180],
        [90, 120],
    ]
    for asked in node.asked:
        assert (asked["path"], asked["token"]) == ("/v1/match", "Bearer t")
        assert {name for one in asked["contents"] for said in one["signals"] for name in said} == {
            "type",
            "value",
        }


def test_a_node_that_is_busy_is_asked_again_when_it_says() -> None:
    waited: list[float] = []
    with fake((429, b"", {"Retry-After": "7"}), (503, b"", {})) as node:
        assert list(RemoteMatcher(node.url, "t", pause=waited.append).match_each(contents(1))) == [()]
    assert waited == [7.0, 2.0]
    assert node.asked[0] == node.asked[1] == node.asked[2]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b'{"contents": []}',
        b'{"contents": [{"matches": [{}]}]}',
        b'{"contents": [{"matches": [{"bank": 1, "type": "pdq", "distance": 1, "labels": []}]}]}',
        b'{"contents": [{"matches": [{"bank": "b", "type": "new", "distance": 1, "labels": []}]}]}',
        b'{"contents": [{"matches": []}, {"matches": []}]}',
        b'{"contents": ' + b"[" * 100_000,
    ],
    ids=lambda text: text[:30].decode(),
)
def test_an_answer_that_is_none_is_an_error_and_not_no_match(answer: bytes) -> None:
    with fake((200, answer, {})) as node, pytest.raises(RemoteMatchError):
        list(RemoteMatcher(node.url, "t").match_each(contents(1)))


def test_the_token_goes_out_in_the_clear_to_this_machine_alone(tmp_path: Path) -> None:
    secret = write(tmp_path / "token", b"tocsin_secret\n")
    answer = tocsin(
        "match", "--hash", "md5:" + "00" * 16, "--remote", "http://192.0.2.1", "--token-file", secret
    )
    assert (answer.code, "https" in answer.err) == (4, True)
    for wrong in (b"", b"two words", b"\xff", b"line\nline"):
        secret = write(tmp_path / "wrong", wrong)
        assert _match("http://127.0.0.1:1", secret, []).code == 2
    assert tocsin("match", "x", "--remote", "http://127.0.0.1:1").code == 2


def test_what_the_node_says_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b[31mred\u202e"
    label = dict.fromkeys(("scheme", "version", "code", "author", "time"), evil)
    match = {"bank": evil, "type": "pdq", "distance": 1, "labels": [label]}
    refusal = json.dumps({"detail": evil, "code": evil}).encode()
    told = json.dumps({"contents": [{"matches": [match]}]}).encode()
    secret = write(tmp_path / "token", b"t")
    with fake((200, told, {}), (403, refusal, {})) as node:
        shown = [_match(node.url, secret, []) for _ in range(2)]
    assert [one.code for one in shown] == [1, 4]
    assert not any(word in one.out + one.err for one in shown for word in ("\x1b", "\u202e"))


@pytest.mark.slow
def test_a_platform_without_a_list_finds_what_a_node_knows(tmp_path: Path) -> None:
    home = tmp_path / "home"
    secret = write(
        tmp_path / "token", token(home, "platform", ["matcher"], {"known": frozenset({Right.MATCH})}).encode()
    )
    known = write(tmp_path / "known.jpg", small_picture(1))
    other = write(tmp_path / "other.jpg", small_picture(2))
    text = write(tmp_path / "note.txt", b"hello")
    tocsin("bank", "create", "known", "--home", home)
    tocsin("bank", "add", "known", known, "--label", "vics.uk:2.0:2", "--home", home)
    server = Server(home, "--no-worker")
    try:
        url = f"http://127.0.0.1:{server.port}"
        said = _match(url, secret, ["--json", known, other, text])
    finally:
        server.stop()
    assert (said.code, [bool(one["matches"]) for one in said.objects]) == (1, [True, False, False]), said.err
    (first, *_) = said.objects[0]["matches"]
    assert set(first) == {"bank", "type", "distance", "labels"}
    assert (first["bank"], first["distance"], first["labels"][0]["code"]) == ("known", 0, "2")


def _match(url: str, secret: str, more: Sequence[str]) -> Said:
    hashes = () if more else ("--hash", "md5:" + "00" * 16)
    return tocsin("match", *hashes, *more, "--remote", url, "--token-file", secret)
