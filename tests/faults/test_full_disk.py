"""A disk fills up, or is read-only, under a running node: refused, nothing half-written, then over."""

import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from support.served import Answered, Client, Server, eventually, token

from tocsin.node.node import Node
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture
from tocsin.storage.verifying import Verification

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk"),
]
SMALL = 6 << 20
PAGE = 4096
CODES = {
    "storage.access": 503,
    "storage.io": 503,
    "evidence.vault_access": 503,
    "storage.full": 507,
    "evidence.vault_full": 507,
}
ROLES = ["submitter", "matcher", "curator", "bank-manager"]
Sent = dict[int, Answered]


def mount(*arguments: str) -> int:
    """Run the command; its exit code."""
    return subprocess.run(["/bin/mount", *arguments], check=False).returncode


@contextmanager
def disk(place: Path, size: int = SMALL) -> Iterator[Path]:
    """A disk of that many bytes at `place`."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = f"size={size},mode=0700"
    if mount("-t", "tmpfs", "-o", options, "tmpfs", str(place)):
        pytest.skip("no disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(place)], check=True)


def fill(place: Path, left: int = 0) -> Path:
    """Take all the room there is but for `left` pages; the file to remove."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(bytes(PAGE))
        file.truncate(max(0, file.tell() - left * PAGE))
    return ballast


def content(number: int) -> bytes:
    """A file of its own, of some kilobytes."""
    return encoders.png(Image.fromarray(picture(number, 96, 96)))


def submit(client: Client, numbers: Sequence[int]) -> Sent:
    """Submit contents, each under a key of its own; what was answered."""
    return {one: client.submit(content(one), key=f"content-{one}", wait=5) for one in numbers}


def is_refused(answer: Answered, home: Path) -> None:
    """Whether an answer is one that whoever asked can deal with, and tells nothing of our folders."""
    assert answer.status == CODES.get(answer.table["code"]), answer.body
    assert ("retry-after" in answer.headers) == (answer.status == 503)
    assert str(home).encode() not in answer.body


def all_matched(client: Client, sent: Sent) -> bool:
    """Whether all were examined: also what was accepted when there was room for no more than that."""
    asked = [client.ask("GET", f"/v1/submissions/{one.table['id']}") for one in sent.values()]
    return all(one.table["state"] != "waiting" for one in asked)


def is_whole(home: Path, ids: Sequence[str]) -> None:
    """These submissions are there and no others; nothing is broken; nothing half-written lies about."""
    with Node.open(home) as node:
        assert [one.to_json() for one in Verification(node.database, home, node.vault).run()] == []
        rows = [row for row in node.ledger.rows() if row.kind == "submission.received"]
        assert sorted(row.subject.removeprefix("submission:") for row in rows) == sorted(ids)
        assert all(node.submissions.submission(one).matched for one in ids)
    assert not list((home / "vault" / ".new").iterdir())
    assert not list((home / "incoming").iterdir())


@pytest.mark.parametrize(
    ("small", "others"),
    [(".", ()), (".", ("vault", "incoming")), ("vault", ()), ("incoming", ())],
    ids=["home", "database", "vault", "incoming"],
)
def test_a_full_disk_refuses_and_recovers(small: str, others: Sequence[str], tmp_path: Path) -> None:
    """First there is no room at all, then a few pages, then more: wherever writing ends, it ends well."""
    home = tmp_path / "home"
    with ExitStack() as stack:
        place = stack.enter_context(disk(home / small))
        for other in others:
            stack.enter_context(disk(home / other, 64 << 20))
        secret = token(home, "load", ROLES)
        server = Server(home)
        stack.callback(server.stop)
        client = Client(server, secret)
        sent = submit(client, [0])
        assert sent[0].status == 201
        for left in (0, 2, 12):
            ballast = fill(place, left)
            for number, answer in submit(client, range(1, 5)).items():
                if answer.status in {201, 202}:
                    sent[number] = answer
                else:
                    is_refused(answer, home)
            made = client.ask("POST", "/v1/banks", {"name": f"bank-{left}"})
            if made.status != 201:
                assert small == "."
                is_refused(made, home)
            assert client.ask("GET", "/v1/submissions").status == 200
            if not left:
                assert server.ask("GET", "/health/ready").status == 503
            ballast.unlink()
        sent |= submit(client, range(6))
        assert {answer.status for answer in sent.values()} <= {201, 202}
        eventually(lambda: all_matched(client, sent), 120)
        assert server.stop() == 0
        assert "incident" not in server.log
        is_whole(home, [answer.table["id"] for answer in sent.values()])


class _Large(BaseHTTPRequestHandler):
    """Answers with more than there is room for."""

    def do_GET(self) -> None:
        body = bytes(2 * SMALL)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):  # whoever asked has no room for it
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base has it
        """Say nothing."""


@contextmanager
def host() -> Iterator[int]:
    """A host on this machine; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Large)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_a_url_leads_to_finds_no_room(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ExitStack() as stack:
        place = stack.enter_context(disk(home / "incoming"))
        port = stack.enter_context(host())
        allowed = f'[node]\nallowed_networks = ["127.0.0.0/8"]\nfetch_ports = [{port}]\n'
        secret = token(home, "load", ROLES)
        (home / "tocsin.toml").write_text(allowed)
        server = Server(home)
        stack.callback(server.stop)
        client = Client(server, secret)
        url = f"http://127.0.0.1:{port}/"
        for fills in (False, True):
            if fills:
                fill(place)
            is_refused(client.ask("POST", "/v1/submissions", {"url": url}), home)
            refused = client.ask("GET", f"/hma/m/lookup?url={url}")
            assert (refused.status, "storage.full" in str(refused.table)) == (507, True)
            assert client.ask("GET", "/v1/submissions").table["items"] == []
        assert server.stop() == 0
        assert "incident" not in server.log


def test_a_vault_that_may_only_be_read_refuses_and_recovers(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ExitStack() as stack:
        place = stack.enter_context(disk(home / "vault", 64 << 20))
        secret = token(home, "load", ROLES)
        server = Server(home)
        stack.callback(server.stop)
        client = Client(server, secret)
        sent = submit(client, [0])
        assert mount("-o", "remount,ro", str(place)) == 0
        is_refused(submit(client, [1])[1], home)
        sent |= submit(client, [0])  # sent before: it is there
        assert client.ask("GET", f"/v1/submissions/{sent[0].table['id']}").status == 200
        assert mount("-o", "remount,rw", str(place)) == 0
        sent |= submit(client, [1])
        assert server.stop() == 0
        assert "incident" not in server.log
        is_whole(home, [answer.table["id"] for answer in sent.values()])
