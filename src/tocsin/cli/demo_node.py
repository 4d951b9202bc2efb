"""The part of `tocsin demo` that runs a node: starts it, submits over HTTP, and opens the review console."""

import json
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tocsin.cli.output import put
from tocsin.errors import Error

if TYPE_CHECKING:
    import httpx2

    from tocsin.matching.scan import Scanned
    from tocsin.media.sandbox import JsonObject

NAME: Final = "demo"
SECOND: Final = "demo-second"
"""Who confirms what the first person proposes."""
PEOPLE: Final = {
    NAME: (
        "administrator",
        "auditor",
        "bank-manager",
        "curator",
        "filing-manager",
        "operator",
        "reporter",
        "review-manager",
        "reviewer",
        "submitter",
    ),
    SECOND: ("curator", "filing-manager", "reporter", "reviewer"),
}
CONFIRMED: Final = "confirmed-here"
"""The bank into which decisions publish."""
URGENT: Final = "camera-dressed-up.jpg"
"""The file whose submitter says that a child may be in danger: its case comes first."""
SHOWN: Final = 16
"""How many files are submitted."""
_START_SECONDS: Final = 60
_MATCHED_SECONDS: Final = 300
_LISTENING: Final = re.compile(r"listening on (http://\S+)")


class DemoNodeError(Error):
    """The node of the demonstration did not start or did not answer."""

    code = "cli.demo_node"
    advice = "Run the demonstration again; if that does not help, start `tocsin serve` and see what it says."


@dataclass(frozen=True, slots=True)
class Access:
    """How to get into the node."""

    password: str
    """Of each of the people."""
    token: str


def let_in(home: Path) -> Access:
    """People and a token, made anew at each demonstration: secrets are shown once and kept nowhere."""
    from tocsin.access.model import EVERY_BANK, Right, local  # noqa: PLC0415  # not on --help
    from tocsin.access.tokens import Scope  # noqa: PLC0415
    from tocsin.banks.model import Policy  # noqa: PLC0415
    from tocsin.node.node import Node  # noqa: PLC0415

    me, password = local(NAME), secrets.token_hex(8)
    with Node.open(home) as node:
        people, tokens = node.accounts.people, node.accounts.tokens
        known = {person.name for person in people.all(me)}
        for name, roles in PEOPLE.items():
            if name in known:
                people.set_password(me, name, password)
            else:
                people.create(me, name, password, roles, must_enrol=False)
                node.accounts.grants.grant(me, f"person:{name}", EVERY_BANK, Right)
        if all(bank.name != CONFIRMED for bank in node.banks.banks()):
            node.curation.create_bank(me, CONFIRMED, Policy(purpose="what reviewers here have confirmed"))
        scope = Scope(
            frozenset({"submitter"}),
            {EVERY_BANK: frozenset({Right.MATCH, Right.READ})},
            lifetime=timedelta(hours=1),
        )
        return Access(password, tokens.create(me, f"demo-{time.time_ns()}", scope))


def submit_some(url: str, access: Access, scanned: Sequence["Scanned"]) -> int:
    """Submit some of what was scanned; how many answers differ from the scan's. Raises DemoNodeError."""
    return _submit(url, access.token, _some_of(scanned))


def keep_open(url: str, access: Access) -> None:
    """Say how to get into the console, and wait until somebody has had enough of it."""
    put("")
    put(f"The review console is open:  {url}/console/")
    put(f"Sign in as:                  {NAME}   (a second reviewer: {SECOND})")
    put(f"Password of both:            {access.password}")
    put("Press . for the next case and ? for the other keys. Ctrl-C here ends the demonstration.")
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    put("")


def _some_of(scanned: Sequence["Scanned"]) -> list["Scanned"]:
    """Files, not members of archives, from all over the inbox, the urgent one last; always the same ones."""
    files = sorted((one for one in scanned if one.member is None), key=lambda one: one.path)
    urgent = [one for one in files if Path(one.path).name == URGENT]
    others = [one for one in files if one not in urgent]
    chosen = others[:: max(1, len(others) // SHOWN)][:SHOWN]
    # What can be shown comes first: those are the first cases that somebody takes.
    return sorted(chosen, key=lambda one: one.content.refused is not None) + urgent


@contextmanager
def _ending_well() -> Iterator[None]:
    """Being told to end, or losing the terminal, is an exit, in which the node is ended as well."""
    ends = (signal.SIGTERM, signal.SIGHUP)
    before = {one: signal.signal(one, lambda number, _: sys.exit(128 + number)) for one in ends}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def node_running(home: Path) -> Iterator[str]:
    """A node as an operator starts it; its URL."""
    command = [sys.executable, "-m", "tocsin", "serve", "--port", "0", "--home", str(home)]
    # In a session of its own: Ctrl-C is for us, who end it then.
    with (
        _ending_well(),
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process,  # noqa: S603  # ourselves
    ):
        timer = threading.Timer(_START_SECONDS, process.kill)
        timer.start()
        reader = threading.Thread(target=_read_on, args=(process,), daemon=True)
        try:
            url = _url_said(process)
            timer.cancel()
            reader.start()
            yield url
        finally:
            timer.cancel()
            process.terminate()
            process.wait()
            if reader.ident is not None:
                reader.join()


def _url_said(process: "subprocess.Popen[str]") -> str:
    """Where it says that it listens. Raises DemoNodeError."""
    said = list[str]()
    for line in process.stderr or ():
        said.append(line)
        if found := _LISTENING.search(line):
            return found[1]
    message = f"the node did not start: {''.join(said)[-500:]}"
    raise DemoNodeError(message)


def _read_on(process: "subprocess.Popen[str]") -> None:
    """Read the log, so that the node never waits for somebody to do that."""
    for _line in process.stderr or ():
        pass


def _submit(url: str, token: str, chosen: Sequence["Scanned"]) -> int:
    """Submit the files, print what was answered; how many answers were other than the scan's."""
    import httpx2  # noqa: PLC0415  # 0.3 s

    wrong = 0
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=_START_SECONDS, trust_env=False) as client:
        for number, one in enumerate(chosen):
            path = Path(one.path)
            answered, wanted = _answered(client, path, _context(number, path)), _scanned(one)
            wrong += answered != wanted
            name = f"{path.parent.name}/{path.name}"
            put(f"   {'ok   ' if answered == wanted else 'FAILED'} {name:38} {answered}")
    return wrong


def _scanned(one: "Scanned") -> str:
    """What the scan found of a file, in the words in which the node's answer is put."""
    found = {(match.bank, match.entry) for match in one.matches.matches}
    return _told(found, suppressed=bool(one.matches.suppressed), refused=one.content.refused is not None)


def _told(found: set[tuple[str, int]], *, suppressed: bool, refused: bool) -> str:
    """The banks and entries, or why there are none: what could not be examined is not unmatched."""
    names = ", ".join(f"{bank} entry {entry}" for bank, entry in sorted(found))
    return names or ("suppressed" if suppressed else "refused" if refused else "no match")


def _matched(client: "httpx2.Client", told: "dict[str, Any]") -> "dict[str, Any]":
    """The answer once there are matches in it: a busy machine takes its time. Raises DemoNodeError."""
    end = time.monotonic() + _MATCHED_SECONDS
    while told["matches"] is None:
        if time.monotonic() > end:
            message = f"a file was not examined within {_MATCHED_SECONDS} seconds: this machine is very busy"
            raise DemoNodeError(message)
        time.sleep(0.2)
        told = client.get(f"/v1/submissions/{told['id']}").json()
    return told


def _context(number: int, path: Path) -> "JsonObject":
    """Where a file is said to have come from: names and addresses that stand for nobody (RFC 2606, 5737)."""
    name = f"account-{number // 2}"
    return {
        "platform": "forum.example",
        "account": {
            "id": name,
            "name": name,
            "display_name": f"Member {number // 2}",
            "email": f"{name}@mail.example",
            "url": f"https://forum.example/members/{name}",
        },
        "url": f"https://forum.example/posts/{number}/{path.name}",
        "file_name": path.name,
        "ip_events": [
            {
                "ip": f"192.0.2.{number + 1}",
                "port": 50_000 + number,
                "time": "2026-03-01T14:05:09Z",
                "event": "upload",
            }
        ],
        "times": {"uploaded": "2026-03-01T14:05:10Z"},
        "note": "A harmless picture of the demonstration.",
        "review": True,
        "danger": path.name == URGENT,
        "extra": {"publicly_available": True},
    }


def _answered(client: "httpx2.Client", path: Path, context: "JsonObject") -> str:
    """What the node answers about a file. Raises DemoNodeError."""
    import httpx2  # noqa: PLC0415  # 0.3 s

    try:
        with path.open("rb") as file:
            answer = client.post(
                "/v1/submissions?wait=30", files={"file": file}, data={"context": json.dumps(context)}
            )
    except httpx2.HTTPError as error:
        message = f"the node did not answer: {error}"
        raise DemoNodeError(message) from error
    if answer.status_code not in {httpx2.codes.CREATED, httpx2.codes.ACCEPTED}:
        message = f"the node answered {answer.status_code}: {answer.text[:300]}"
        raise DemoNodeError(message)
    told = _matched(client, answer.json())
    found = {(match["bank"], match["entry"]) for match in told["matches"] if not match["suppressed"]}
    return _told(found, suppressed=bool(told["matches"]), refused=told["content"]["refused"] is not None)
