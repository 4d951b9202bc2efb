"""The part of `tocsin demo` that runs a node: starts it, submits over HTTP, and says how to sign in later."""

import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin.cli.output import put
from tocsin.errors import Error

if TYPE_CHECKING:
    import httpx2

    from tocsin.matching.scan import Scanned

NAME: Final = "demo"
ROLES: Final = ("administrator", "auditor", "bank-manager", "curator", "operator", "reviewer", "submitter")
SHOWN: Final = 16
"""How many files are submitted."""
_START_SECONDS: Final = 60
_LISTENING: Final = re.compile(r"listening on (http://\S+)")


class DemoNodeError(Error):
    """The node of the demonstration did not start or did not answer."""

    code = "cli.demo_node"
    advice = "Start it by hand with `tocsin serve` and see what it says."


@dataclass(frozen=True, slots=True)
class Access:
    """How to get into the node."""

    password: str
    token: str


def show_node(home: Path, scanned: Sequence["Scanned"]) -> int:
    """Submit some of what was scanned to a node over the same home; how many answers differ from the scan's.

    Raises DemoNodeError.
    """
    access = _let_in(home)
    chosen = _some_of(scanned)
    with _node(home) as url:
        put(f"   it listens on {url}, on this machine only, until this demonstration ends")
        wrong = _submit(url, access.token, chosen)
    put(f"   sign in later (POST /v1/session) as {NAME} with the password {access.password}")
    return wrong


def _let_in(home: Path) -> Access:
    """A person and a token, made anew at each demonstration: secrets are shown once and kept nowhere."""
    from tocsin.access.model import EVERY_BANK, Right, local  # noqa: PLC0415  # not on --help
    from tocsin.access.tokens import Scope  # noqa: PLC0415
    from tocsin.node.node import Node  # noqa: PLC0415

    me, password = local(NAME), secrets.token_hex(8)
    with Node.open(home) as node:
        people, tokens = node.accounts.people, node.accounts.tokens
        if any(person.name == NAME for person in people.all(me)):
            people.set_password(me, NAME, password)
        else:
            people.create(me, NAME, password, ROLES, must_enrol=False)
            node.accounts.grants.grant(me, f"person:{NAME}", EVERY_BANK, Right)
        scope = Scope(
            frozenset({"submitter"}),
            {EVERY_BANK: frozenset({Right.MATCH, Right.READ})},
            lifetime=timedelta(hours=1),
        )
        return Access(password, tokens.create(me, f"demo-{time.time_ns()}", scope))


def _some_of(scanned: Sequence["Scanned"]) -> list["Scanned"]:
    """Files, not members of archives, from all over the inbox; always the same ones."""
    files = sorted((one for one in scanned if one.member is None), key=lambda one: one.path)
    return files[:: max(1, len(files) // SHOWN)][:SHOWN]


@contextmanager
def _node(home: Path) -> Iterator[str]:
    """A node as an operator starts it; its URL."""
    command = [sys.executable, "-m", "tocsin", "serve", "--port", "0", "--home", str(home)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # ourselves
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
        for one in chosen:
            path = Path(one.path)
            answered, wanted = _answered(client, path), _scanned(one)
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


def _answered(client: "httpx2.Client", path: Path) -> str:
    """What the node answers about a file. Raises DemoNodeError."""
    import httpx2  # noqa: PLC0415  # 0.3 s

    try:
        with path.open("rb") as file:
            answer = client.post("/v1/submissions?wait=30", files={"file": file})
    except httpx2.HTTPError as error:
        message = f"the node did not answer: {error}"
        raise DemoNodeError(message) from error
    if answer.status_code != httpx2.codes.CREATED:
        message = f"the node answered {answer.status_code}: {answer.text[:300]}"
        raise DemoNodeError(message)
    told = answer.json()
    found = {(match["bank"], match["entry"]) for match in told["matches"] if not match["suppressed"]}
    return _told(found, suppressed=bool(told["matches"]), refused=told["content"]["refused"] is not None)
