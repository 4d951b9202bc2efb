"""The page on calling the interface: its curl lines do what it says, on a real server; answers outlive it."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from support.nodes import bearer
from support.served import Server, eventually, multipart, token
from support.sockets import received, status

from tocsin.access.model import ROLES
from tocsin.intake.model import Wanted
from tocsin.node.node import Node

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "call-the-api.md"
pytestmark = pytest.mark.slow


def commands() -> str:
    """The commands of the page's console blocks, as a shell takes them."""
    found = re.findall(r"^```console\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^[$>] ?", "", "".join(found), flags=re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_examples_work(tmp_path: Path) -> None:
    home = tmp_path / "home"
    secret = token(home, "uploads", ["submitter", "curator", "bank-manager"])
    server = Server(home)
    try:
        environment = {**os.environ, "TOKEN": secret, "TOCSIN": f"http://127.0.0.1:{server.port}"}
        done = subprocess.run(
            ["/bin/sh", "-eux", "-c", commands()],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout.count('"bank":"known"') >= 3
        assert '"state":"matched"' in done.stdout
        assert '"status":"ready"' in done.stdout
    finally:
        assert server.stop() == 0


def test_answers_are_the_same_after_a_restart(tmp_path: Path) -> None:
    home = tmp_path / "home"
    headers = bearer(token(home, "all", list(ROLES)))
    server = Server(home)
    try:
        body = b'{"name": "known"}'
        json_headers = {**headers, "Content-Type": "application/json"}
        assert server.ask("POST", "/v1/banks", body, json_headers).status == 201
        entries = b'{"entries": [{"signals": [{"type": "pdq", "value": "' + b"0f" * 32 + b'"}]}]}'
        assert server.ask("POST", "/v1/banks/known/entries", entries, json_headers).status == 201
        paths = (
            "/v1/banks",
            "/v1/banks/known/entries",
            "/v1/entries/1",
            "/v1/tokens",
            "/v1/grants",
            "/v1/me",
        )
        question = b'{"signals": [{"type": "pdq", "value": "' + b"0f" * 31 + b'0e"}]}'

        def answers() -> list[bytes]:
            asked = [server.ask("GET", path, None, headers) for path in paths]
            asked.append(server.ask("POST", "/v1/match", question, json_headers))
            assert {one.status for one in asked} == {200}
            return [one.body for one in asked]

        before = answers()
        assert b'"distance":1' in before[-1]
        assert server.stop() == 0
        server.start()
        assert answers() == before
        server.kill()
        server.start()
        assert answers() == before
    finally:
        server.stop()


def test_a_head_of_the_ledger_is_signed_when_it_stops(tmp_path: Path) -> None:
    home = tmp_path / "home"
    headers = bearer(token(home, "all", list(ROLES)))
    server = Server(home)
    try:
        assert server.ask("GET", "/v1/ledger/head", None, headers).table["head"]
    finally:
        assert server.stop() == 0
    with Node.open(home) as node:
        (head, *_) = reversed(list(node.ledger.heads()))
        last = node.ledger.head()
        assert last is not None
        assert head.number == last.number


def test_a_request_that_has_begun_is_ended_when_the_server_is_told_to_stop(tmp_path: Path) -> None:
    home = tmp_path / "home"
    secret = token(home, "uploads", ["submitter"])
    server = Server(home)
    try:
        body, kind = multipart({"file": b"begun before, ended after"})
        head = (
            f"POST /v1/submissions?wait=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
            f"Expect: 100-continue\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(head.encode())
            assert b" 100 " in connection.recv(1 << 16), "it has begun"
            server.process.terminate()
            eventually(lambda: refuses(server.port))
            connection.sendall(body)
            answer = received(connection)
        assert status(answer) in {201, 202}, answer
        assert server.stop() == 0
    finally:
        server.stop()
    with Node.open(home) as node:
        assert len(node.submissions.page(Wanted())) == 1


def refuses(port: int) -> bool:
    """Whether nobody listens there any more."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except OSError:
        return True
    return False
