"""The simulated CyberTipline on a port of the loopback."""

import base64
import hmac
import secrets
import socket
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, cast

from tocsin.simulators.cybertip.answering import Answering
from tocsin.simulators.cybertip.authority import Authority, Switches
from tocsin.simulators.cybertip.clock import Clock
from tocsin.simulators.cybertip.control import LARGEST, PATH, control
from tocsin.simulators.cybertip.documents import Documents
from tocsin.simulators.cybertip.faults import Faults, Step
from tocsin.simulators.cybertip.rules import Rules
from tocsin.simulators.cybertip.service import Service
from tocsin.simulators.cybertip.truth import Exchange, Report, State
from tocsin.simulators.serving import Quiet, Served

if TYPE_CHECKING:
    _Request = socket.socket | tuple[bytes, socket.socket]

ROOT: Final = "/ispws"
_GET: Final = (Step.STATUS, Step.XSD)
_POST: Final = (Step.SUBMIT, Step.UPLOAD, Step.FILEINFO, Step.FINISH, Step.RETRACT)


class Cybertip(Served):
    """The service, from entering until leaving.

    `url` is where a client finds it, `reports` what it really has, `requests` what really came and left,
    `faults` what is to go wrong, `clock` its time.
    """

    def __init__(  # noqa: PLR0913  # what a simulator is made of
        self,
        user: str,
        password: str,
        *,
        clock: Clock | None = None,
        port: int = 0,
        address: str = "127.0.0.1",
        others: Mapping[str, str] | None = None,
        switches: Switches | None = None,
        schema: bytes | None = None,
    ) -> None:
        """Listen on that port (0: a free one).

        `others` are more accounts, passwords by user; `schema` is another XSD than the simulator's own.
        """
        self.clock = clock or Clock()
        self.faults = Faults()
        self.switches = switches or Switches()
        self.authority = Authority(self.clock, self.switches)
        self._accounts = {user: password, **(others or {})}
        self._requests: list[Exchange] = []
        self._lock = threading.Lock()
        prior = self.authority.knows if self.switches.check_prior_reports else lambda _: True
        rules = Rules(self.clock, prior)
        self.service = Service(self.authority, Documents(schema), rules)
        super().__init__(_Server((address, port), self))

    @property
    def url(self) -> str:
        """What a client puts its paths behind."""
        return f"http://{self._server.server_address[0]!s}:{self.port}{ROOT}"

    @property
    def reports(self) -> tuple[Report, ...]:
        """Every report that was ever opened, oldest first, as it is now."""
        return self.authority.reports()

    @property
    def finished(self) -> tuple[Report, ...]:
        """The reports that were finished."""
        return tuple(one for one in self.reports if one.state is State.FINISHED)

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """Every request that came with a whole head, in order."""
        with self._lock:
            return tuple(self._requests)

    def begin(self, step: Step, headers: Mapping[str, str]) -> Exchange:
        """Write down a request that came."""
        known = {name: value for name, value in headers.items() if name != "authorization"}
        with self._lock:
            exchange = Exchange(len(self._requests) + 1, self.clock(), step, _user(headers), known)
            exchange.request_id = secrets.token_hex(8)
            self._requests.append(exchange)
        return exchange

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Whether the request comes with the name and password of an account."""
        name, _, password = _credentials(headers).partition(":")
        wanted = self._accounts.get(name)
        return wanted is not None and hmac.compare_digest(wanted.encode(), password.encode())


def step_of(method: str, path: str) -> Step:
    """Which call a request is."""
    name = path.partition("?")[0].removeprefix(f"{ROOT}/")
    steps = {"GET": _GET, "POST": _POST}.get(method, ())
    return next((one for one in steps if one.value == name), Step.OTHER)


def _credentials(headers: Mapping[str, str]) -> str:
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode()
    except ValueError:
        return ""


def _user(headers: Mapping[str, str]) -> str:
    return _credentials(headers).partition(":")[0]


class _Handler(Quiet, BaseHTTPRequestHandler):
    """One connection."""

    server: "_Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # the other side has gone

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path.startswith(f"{PATH}/"):
            self._control(headers)
            return
        Answering(self.server.cybertip, self, headers, step_of(self.command, self.path)).serve()

    def _control(self, headers: Mapping[str, str]) -> None:
        text = headers.get("content-length", "0")
        length = int(text) if text.isdigit() else LARGEST + 1
        if not ip_address(self.client_address[0]).is_loopback or length > LARGEST:
            self.close_connection = True
            return
        status, body = control(self.server.cybertip, self.command, self.path, self.rfile.read(length))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True  # what waits is let go by `over`, what reads by `server_close`
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], cybertip: Cybertip) -> None:
        self.cybertip = cybertip
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: "_Request", client_address: object) -> None:
        with self._lock:
            self._connections.add(cast("socket.socket", request))
        super().process_request(request, client_address)

    def shutdown_request(self, request: "_Request") -> None:
        connection = cast("socket.socket", request)
        with self._lock:
            self._connections.discard(connection)
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER):
            self.close_request(request)  # a reset: with no word of goodbye
        else:
            super().shutdown_request(request)

    def server_close(self) -> None:
        self._close_connections()
        super().server_close()

    def _close_connections(self) -> None:
        with self._lock:
            for one in self._connections:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:  # it was closed by the other side
                    continue
