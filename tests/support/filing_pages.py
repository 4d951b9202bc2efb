"""Filings in a served console: a home that says who reports, decided cases, the simulated CyberTipline."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.case_pages import Page, open_case, said
from support.console import Client, Console, console
from support.nodes import QUEUES
from tocsin.access.model import EVERY_BANK, Principal, Right, permissions_of
from tocsin.cases.model import Outcome, Proposal
from tocsin.config import SETTINGS
from tocsin.filing.model import Authority, Environment, State
from tocsin.simulators.cybertip.server import Cybertip

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

JUDGE: Final = Principal("person:judge", permissions_of(["reviewer"]), {EVERY_BANK: frozenset(Right)})
USER: Final = "tocsin"
PASSWORD: Final = "kept-in-the-tests"  # noqa: S105  # of the simulator
SETTINGS_TEXT: Final = f"""
[review]
queues = {list(QUEUES)}
[filing]
company = "Forum Example"
service = "forum.example"
first_name = "Robin"
last_name = "Reporter"
email = "reports@forum.example"
[notices]
organisation = "Forum Example"
contact = "abuse@forum.example"
[duties]
jurisdictions = ["us", "uk"]
"""
CONTEXT: "Final[dict[str, JsonValue]]" = {
    "platform": "forum.example",
    "account": {"id": "u-17", "name": "somebody"},
    "url": "https://forum.example/posts/17",
    "ip_events": [{"ip": "192.0.2.7", "time": "2026-03-01T14:05:09Z", "event": "upload"}],
    "times": {"uploaded": "2026-03-01T14:05:09Z"},
}
LONGEST: Final = 60
"""Seconds that something of the outbox is waited for."""


@contextmanager
def filing_console(home: Path, *, working: bool = True) -> Iterator[Console]:
    """The console of a node that says who reports; `working`: it does its jobs."""
    home.mkdir(parents=True, exist_ok=True)
    (home / SETTINGS).write_text(SETTINGS_TEXT, "utf-8")
    with console(home) as opened:
        if not working:
            yield opened
            return
        work = opened.node.work(1)
        work.start()
        try:
            yield opened
        finally:
            work.stop()


@contextmanager
def cybertip(opened: Console) -> Iterator[Cybertip]:
    """A simulated CyberTipline that the node has an account at."""
    with Cybertip(USER, PASSWORD) as simulated:
        manager = opened.principal("connects", "filing-manager")
        opened.node.reporting.connections.connect(
            manager, Authority.NCMEC, Environment.SIMULATOR, user=USER, password=PASSWORD, url=simulated.url
        )
        yield simulated


def reported_case(opened: Console, data: bytes, **context: "JsonValue") -> int:
    """A case that was decided to be reported."""
    number = open_case(opened, data, **{**CONTEXT, **context})
    opened.session("judge", "reviewer")
    queue, deciding = opened.node.review.queue, opened.node.review.deciding
    case = queue.claim(JUDGE, number)
    deciding.decide(JUDGE, number, case.claim, Proposal(Outcome.REPORT, unseen=True), f"decided-{number}")
    return number


def drafted(client: Client, case: int, account: str = "u-17") -> int:
    """Draft a filing of a case on its page; its number."""
    answer = client.act("/filings/draft", case=str(case), account=account, kind="report")
    assert answer.status_code == 303, said(answer)
    return int(answer.headers["location"].split("?")[0].rsplit("/", 1)[1])


def at(client: Client, path: str) -> Page:
    """A page below /console."""
    answer = client.get(f"/console{path}")
    assert answer.status_code == 200, said(answer)
    return Page(answer.text)


def state(opened: Console, number: int) -> State:
    """Where a filing stands."""
    return opened.node.reporting.filings.filing(number).state


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)
