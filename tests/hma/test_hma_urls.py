"""Contents named by URLs: fetched under the node's rules, then answered like files."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
from starlette.testclient import TestClient
from support.hma import LISTED, Clients, clients, encoded
from support.nodes import Served

from tocsin.node.node import Node
from tocsin.node.settings import NodeSettings
from tocsin.web.app import create_app

FILES = {"/photo": encoded(80), "/broken": encoded(80)[:1500], "/text": b"words"}


@pytest.fixture(scope="module")
def hma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    with clients(tmp_path_factory.mktemp("hma") / "home") as opened:
        yield opened


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        data = FILES.get(self.path)
        self.send_response(200 if data else 404)
        # Types are told wrongly on purpose: the bytes say what a content is.
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base has it
        """Say nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory, host: int) -> Iterator[Clients]:
    """A node that may fetch from this machine."""
    settings = NodeSettings(
        children=1,
        explain="off",
        hma_anonymous_networks=(ip_network("10.0.0.0/8"),),
        allowed_networks=(ip_network("127.0.0.0/8"),),
        fetch_ports=(host,),
    )
    with Node.open(tmp_path_factory.mktemp("hma") / "home", settings, create=True) as node:
        app = create_app(node)
        with TestClient(app, client=(LISTED, 1)) as client:
            yield Clients(Served(node, app, client), client, client)


def test_a_url_is_hashed_banked_and_looked_up(near: Clients, host: int) -> None:
    url = f"http://127.0.0.1:{host}/photo"
    hashed = near.listed.get("/hma/h/hash", params={"url": url})
    assert hashed.json() == {"pdq": near.hash_of(FILES["/photo"])}
    bank = near.bank("BY_URL")
    added = near.listed.post(
        f"/hma/c/bank/{bank}/content",
        params={"url": url, "content_type": "photo"},
        json={"metadata": {"content_id": "9"}, "note": "by URL"},
    )
    assert added.json()["signals"] == hashed.json()
    found = near.listed.get("/hma/m/lookup", params={"url": url}).json()
    assert found["pdq"] == {bank: [{"bank_content_id": added.json()["id"], "distance": "0"}]}
    one = near.listed.get("/hma/m/lookup", params={"url": url, "signal_type": "pdq"}).json()
    assert one == found["pdq"]


@pytest.mark.parametrize("path", ["/broken", "/text", "/nothing"])
def test_what_a_url_does_not_give_is_refused_with_the_reason(near: Clients, host: int, path: str) -> None:
    answer = near.listed.get("/hma/h/hash", params={"url": f"http://127.0.0.1:{host}{path}"})
    assert answer.status_code == 400
    assert answer.json()["message"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://169.254.169.254/latest/", "file:///etc/passwd", "http://[::1]/", "x"]
)
@pytest.mark.parametrize("path", ["/hma/h/hash", "/hma/m/lookup"])
def test_addresses_of_this_network_are_not_fetched(hma: Clients, path: str, url: str) -> None:
    answer = hma.listed.get(path, params={"url": url})
    assert answer.status_code == 400
    assert answer.json()["message"]
