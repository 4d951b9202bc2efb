"""The console on a real port with a person of each role, and pages of it in Chromium."""

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx2 as httpx

from support.accounts import CHEAP, PASSWORD
from support.nodes import OPERATOR, SMALL, with_queues
from support.recording import Recording, recorded
from support.seen import assert_nothing_seen_unlogged
from tocsin.access.accounts import Accounts
from tocsin.access.model import ROLES, Principal
from tocsin.access.passwords import Passwords
from tocsin.intake.context import context_of
from tocsin.intake.service import Arrived
from tocsin.node.node import Node
from tocsin.node.settings import NodeSettings
from tocsin.storage.access import SqlAccess
from tocsin.web.app import create_app
from tocsin.web.callers import COOKIE, csrf_of
from tocsin.web.server import Listening, Server, listen

if TYPE_CHECKING:
    import socket

    from playwright.sync_api import Browser, Page, ViewportSize

    from tocsin.media.sandbox import JsonValue

EVERY_ROLE: Final = tuple(sorted(ROLES))
WINDOW: Final[dict[str, int]] = {"width": 1366, "height": 768}
ZOOMED: "Final[dict[int, ViewportSize]]" = {
    200: {"width": WINDOW["width"] // 2, "height": WINDOW["height"] // 2},
    400: {"width": 320, "height": 256},
}
"""A zoomed window, in pixels of CSS, by percent."""
ON_COLOURS: Final = ("color-contrast", "link-in-text-block")
"""The rules of axe-core that look at colours."""
SERIOUS: Final = frozenset({"serious", "critical"})


@dataclass(slots=True)
class Console:
    """A node whose console answers at `url`."""

    node: Node
    recording: Recording
    """What goes by between browsers and the node."""
    _sessions: dict[str, str] = field(default_factory=dict)
    _clients: "list[Client]" = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where browsers find it, without a slash at its end."""
        return self.recording.url

    def session(self, name: str = "reviewer", *roles: str) -> str:
        """The secret of a session of that person, who is made, with these roles, if there is none yet.

        A person with the name of a role has that role, unless others are given.
        """
        if name not in self._sessions:
            accounts = self.node.accounts
            accounts.people.create(OPERATOR, name, PASSWORD, roles or (name,), must_enrol=False)
            address = f"192.0.2.{len(self._sessions) % 250}"  # tries are counted by address
            self._sessions[name] = accounts.sessions.sign_in(name, PASSWORD, address=address).secret
        return self._sessions[name]

    def principal(self, name: str = "reviewer", *roles: str) -> Principal:
        """That person as services know them."""
        return self.node.accounts.sessions.principal_of(self.session(name, *roles))

    def client(self, name: str = "reviewer", *roles: str) -> "Client":
        """That person's browser as far as HTTP goes; closed with the console."""
        opened = Client(self, self.session(name, *roles))
        self._clients.append(opened)
        return opened

    def close(self) -> None:
        """Let the clients go."""
        for one in self._clients:
            one.close()

    def submit(self, data: bytes, **context: "JsonValue") -> str:
        """Send a content in with that context, and wait until it was matched; the submission's id.

        `review=True` in the context opens a case for it, whatever it matches.
        """
        arrived = Arrived(io.BytesIO(data), hashlib.sha256(data).digest(), len(data))
        answer = self.node.intake.submit(arrived, OPERATOR, context_of(context), wait=timedelta(seconds=120))
        assert answer.matches is not None, "it was not matched in time"
        return answer.submission.id

    @contextmanager
    def page(  # what a window is like
        self,
        browser: "Browser",
        name: str = "reviewer",
        *roles: str,
        theme: str = "light",
        language: str = "en",
        zoom: float = 1.0,
    ) -> "Iterator[Page]":
        """A window of a browser of its own in which that person is signed in, at no page yet.

        At 200 % zoom a window shows half as many pixels of CSS each way. Fails if the page's console says
        that something was refused or went wrong, or anything is asked of another host.
        """
        size: ViewportSize = {
            "width": round(WINDOW["width"] / zoom),
            "height": round(WINDOW["height"] / zoom),
        }
        context = browser.new_context(
            base_url=self.url,
            viewport=size,
            device_scale_factor=zoom,
            color_scheme="dark" if theme == "dark" else "light",
            locale=language,
        )
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": COOKIE, "value": self.session(name, *roles), "url": self.url}])
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if "Content Security" in line.text else None)
        page.on("request", lambda one: wrong.append(one.url) if self._foreign(one.url) else None)
        try:
            yield page
        finally:
            context.close()
        assert not wrong, wrong

    def _foreign(self, url: str) -> bool:
        return not url.startswith((f"{self.url}/", "blob:", "data:", "about:", "chrome"))


class Client(httpx.Client):
    """Requests with a person's cookie; `act` sends a form as the console's pages do."""

    def __init__(self, console: Console, session: str) -> None:
        """To `console`."""
        super().__init__(base_url=console.url, cookies={COOKIE: session}, timeout=30, verify=False)
        self.csrf = csrf_of(session)

    def act(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form to a path below /console."""
        return self.post(f"/console{path}", data={"csrf": self.csrf, **fields})


@contextmanager
def console(home: Path, settings: NodeSettings = SMALL) -> Iterator[Console]:
    """The console of a node over `home`, served by uvicorn in a thread; passwords cost little there.

    Everything goes through a proxy that keeps it; in the end, what could be seen must be on record.
    """
    with Node.open(with_queues(home), settings, create=True) as node:
        cheap = Passwords(CHEAP)
        node.accounts = Accounts.over(
            node.database, SqlAccess(node.database), node.ledger, node.keys, passwords=cheap
        )
        where = Listening(port=0, stop_seconds=2)
        opened: socket.socket = listen(where)
        ready = threading.Event()
        server = Server(create_app(node), where, ready.set)
        thread = threading.Thread(target=server.run, args=([opened],))
        thread.start()
        try:
            assert ready.wait(60), "the server did not start"
            url = f"http://127.0.0.1:{opened.getsockname()[1]}"
            with recorded(url) as recording, closing(Console(node, recording)) as made:
                yield made
            assert_nothing_seen_unlogged(node, recording)
        finally:
            server.should_exit = True
            thread.join(60)
            opened.close()


def serious_findings(page: "Page", *rules: str) -> list[str]:
    """What axe-core finds serious or critical on a page, a line each; by those rules alone, if named."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # with the browser only

    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in SERIOUS
    ]


def findings_in_each_theme(page: "Page") -> list[str]:
    """What axe-core finds serious in light and in dark, which differ in colours alone (`light-dark()`)."""
    found = [f"light: {one}" for one in serious_findings(page)]
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {one}" for one in serious_findings(page, *ON_COLOURS)]
    page.emulate_media(color_scheme="light")
    return found


def cut_off(page: "Page") -> list[str]:
    """Whether it scrolls sideways at 200 %, and at 400 % of 1280 pixels (WCAG 1.4.10)."""
    before, found = page.viewport_size, []
    for percent, size in ZOOMED.items():
        page.set_viewport_size(size)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"cut off at {percent} %")
    if before is not None:
        page.set_viewport_size(before)
    return found


def assert_accessible(console: Console, browser: "Browser", path: str, name: str, *roles: str) -> None:
    """axe-core finds nothing serious on that page, in any theme, and when zoomed nothing is cut off."""
    with console.page(browser, name, *roles) as page:
        page.goto(path)
        assert not findings_in_each_theme(page)
        assert not cut_off(page)
