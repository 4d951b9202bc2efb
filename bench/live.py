"""A node of two servers and two workers while its banks change under load: is every change seen at once?

    python -m bench.live [--entries 10000000] [--database sqlite|postgres]

Look-ups go to both servers at a pace, also while they take long. Meanwhile entries are added one by one over
HTTP; at each server a look-up of the new hash is repeated until it finds it, and after a withdrawal until it
finds it no more. Contents submitted before tell when a worker has found a new entry. Prints times, memory and
how soon `tocsin serve` answers after its start, at a million entries and at all of them. Fails over a limit.
"""

import argparse
import itertools
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench import postgres
from bench.live_node import Client, Process, Server, ready_after
from bench.search import flipped
from tocsin.access.model import ROLES, Right, local
from tocsin.access.tokens import Scope
from tocsin.banks.batch import HashBatch
from tocsin.banks.model import Policy
from tocsin.hashing.signals import SignalType
from tocsin.node.node import Node
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture

BANK = "BENCH"
RADIUS = 31
TOGETHER = 250_000
PLANTED = 1000
"""So many of the first hashes are looked up within their radius."""
START_AT = 1_000_000
CONNECTIONS = 4
"""To each server."""
POLL_SECONDS = 0.002
SEEN_LIMIT = 1.0
START_LIMIT = 3.0
INDEX_LIMIT = 1300.0
"""MB of the index's files resident, shared by all processes (budget at 10 M)."""
GIVEN_UP = 60.0
Hashes = NDArray[np.uint8]


@dataclass(slots=True)
class Verdict:
    """What was over its limit."""

    failures: list[str] = field(default_factory=list)

    def within(self, what: str, found: float, limit: float, unit: str) -> None:
        """Note it if `found` is over the limit."""
        if found > limit:
            self.failures.append(f"{what}: {found:.2f} {unit}, over {limit:g} {unit}")


def times(title: str, seconds: Sequence[float]) -> None:
    """Print a line of how long something took."""
    p50, p99, most = np.percentile(seconds, [50, 99, 100]) * 1e3
    print(f"  {title:62} p50 {p50:8.1f} ms  p99 {p99:8.1f} ms  max {most:8.1f} ms", flush=True)


class Home:
    """The folder of the node, and hashes to fill it with."""

    def __init__(self, folder: Path) -> None:
        """An empty home with a bank, in `folder`."""
        self.folder = folder
        self._random = np.random.default_rng(20_261_123)
        self._held = 0
        self.planted: Hashes = np.empty((0, 32), np.uint8)
        with Node.open(folder, create=True) as node:
            node.banks.create_bank(BANK, Policy())
            scope = Scope(frozenset(ROLES), {BANK: frozenset(Right)})
            self.token = node.accounts.tokens.create(local("bench"), "bench", scope)

    def fill(self, until: int) -> None:
        """Have that many entries in the bank."""
        begun = time.perf_counter()
        with Node.open(self.folder) as node, node.banks.bulk():
            while self._held < until:
                values = self.fresh(min(TOGETHER, until - self._held))
                if not self._held:
                    self.planted = values[:PLANTED].copy()
                node.banks.add_batches(BANK, [HashBatch(SignalType.PDQ, values.tobytes())], None, [])
                self._held += len(values)
        took = time.perf_counter() - begun
        print(f"{self._held:,} entries ({took:.1f} s); {_load()}", flush=True)

    def fresh(self, count: int) -> Hashes:
        """Hashes that nothing is near to."""
        return self._random.integers(0, 256, (count, 32), dtype=np.uint8)


def measure_start(home: Home, verdict: Verdict, limit: float | None) -> None:
    """Start a server a few times; from its start until it is ready, and until a look-up is answered."""
    ready, answered, cpu = [], [], []
    for turn in range(3):
        with Server(home.folder, "--no-worker") as server:
            ready.append(ready_after(server))
            with Client(server, home.token) as client:
                if not client.entries_near(home.planted[turn].tobytes()):
                    verdict.failures.append("a server's first look-up did not find what is there")
            answered.append(time.perf_counter() - server.begun)
            cpu.append(server.cpu())
    print(f"`tocsin serve`, from exec, {len(ready)} starts:", flush=True)
    times("until /health/ready is 200", ready)
    times("until the first look-up is answered", answered)
    times("processor time by then", cpu)
    if limit is not None:
        verdict.within("starting `tocsin serve`", max(answered), limit, "s")


class Load(threading.Thread):
    """Look-ups over one connection, each due at its time: one that is late counts from when it was due."""

    def __init__(
        self, client: Client, queries: Sequence[tuple[bytes, bool]], pause: float, delay: float
    ) -> None:
        """`queries`: hashes, and whether anything is to be found."""
        super().__init__(daemon=True)
        self._client = client
        self._queries = itertools.cycle(queries)
        self._pause, self._delay = pause, delay
        self._over = threading.Event()
        self.waits: list[float] = []
        self.wrong = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        """Ask until told to stop."""
        due = time.perf_counter() + self._delay
        try:
            while not self._over.wait(max(0.0, due - time.perf_counter())):
                value, known = next(self._queries)
                self.wrong += bool(self._client.entries_near(value)) != known
                self.waits.append(time.perf_counter() - due)
                due += self._pause
        except BaseException as error:  # noqa: BLE001  # told by whoever started it
            self.error = error
        finally:
            self._client.close()

    def stop(self) -> None:
        """Stop. Raises what it failed with."""
        self._over.set()
        self.join()
        if self.error is not None:
            raise self.error


@contextmanager
def load(home: Home, servers: Sequence[Server], rate: float) -> Iterator[list[Load]]:
    """`rate` look-ups a second at each server, half of them of what is near to an entry."""
    near = flipped(home.planted, RADIUS, np.random.default_rng(5))
    pairs = zip(near, home.fresh(len(near)), strict=True)
    queries = [both for a, b in pairs for both in ((a.tobytes(), True), (b.tobytes(), False))]
    pause = CONNECTIONS / rate
    running = [
        Load(Client(server, home.token), queries[place::CONNECTIONS], pause, pause * place / CONNECTIONS)
        for server in servers
        for place in range(CONNECTIONS)
    ]
    for one in running:
        one.start()
    try:
        yield running
    finally:
        for one in running:
            one.stop()


@dataclass(slots=True)
class Seen:
    """How long changes took to be acknowledged, and to be seen at each server, counted from their sending."""

    acknowledged: list[float] = field(default_factory=list)
    at: list[list[float]] = field(default_factory=list)
    late: int = 0
    """Look-ups that began after the acknowledgement and did not show the change."""


class Changes:
    """Changes made at one server, watched at each."""

    def __init__(self, servers: Sequence[Server], token: str) -> None:
        """Connect."""
        self._curators = [Client(server, token) for server in servers]
        self._watchers = [Client(server, token) for server in servers]
        self._pool = ThreadPoolExecutor(len(servers))

    def __enter__(self) -> Self:
        """Connected."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._pool.shutdown()
        for client in (*self._curators, *self._watchers):
            client.close()

    def add(self, turn: int, value: bytes, seen: Seen) -> int:
        """Add an entry at one server, and see it found at each; its number."""
        draft = {"signals": [{"type": "pdq", "value": value.hex(), "quality": 90}]}
        curator = self._curators[turn % len(self._curators)]

        def change() -> int:
            (number,) = curator.ask("POST", f"/v1/banks/{BANK}/entries", {"entries": [draft]})["entries"]
            return int(number)

        return self._watched(change, value, seen, present=True)

    def withdraw(self, turn: int, number: int, value: bytes, seen: Seen) -> None:
        """Withdraw an entry at one server, and see it found no more at each."""
        curator = self._curators[turn % len(self._curators)]

        def change() -> int:
            curator.ask("POST", f"/v1/entries/{number}/withdraw", {"reason": "bench"})
            return number

        self._watched(change, value, seen, present=False)

    def _watched(self, change: Callable[[], int], value: bytes, seen: Seen, *, present: bool) -> int:
        acknowledged: list[float] = []
        begun = time.perf_counter()

        def watch(client: Client) -> tuple[float, int]:
            late = 0
            while time.perf_counter() - begun < GIVEN_UP:
                asked = time.perf_counter()
                if bool(client.entries_near(value)) == present:
                    return time.perf_counter() - begun, late
                late += bool(acknowledged) and asked > acknowledged[0]
                time.sleep(POLL_SECONDS)
            message = f"a change was not seen within {GIVEN_UP:g} s"
            raise TimeoutError(message)

        watching = [self._pool.submit(watch, client) for client in self._watchers]
        number = change()
        acknowledged.append(time.perf_counter())
        seen.acknowledged.append(acknowledged[0] - begun)
        found = [one.result() for one in watching]
        seen.at.append([seconds for seconds, _ in found])
        seen.late += sum(late for _, late in found)
        return number


def report(what: str, seen: Seen, verdict: Verdict) -> None:
    """Print how long a kind of change took, and judge it."""
    times(f"{what}: acknowledged", seen.acknowledged)
    for place, seconds in enumerate(zip(*seen.at, strict=True)):
        times(f"{what}: seen at server {place + 1}, from its sending", seconds)
        verdict.within(f"{what}, until it is seen at server {place + 1}", max(seconds), SEEN_LIMIT, "s")
    if seen.late:
        verdict.failures.append(f"{what}: {seen.late} look-ups after the acknowledgement did not show it")


def retroactive(server: Server, token: str, count: int) -> list[float]:
    """Seconds from adding an entry until a worker has matched what was submitted before with it."""
    with Client(server, token) as client:
        return [_matched_again(client, number) for number in range(count)]


def _matched_again(client: Client, number: int) -> float:
    """The same for one content: one of the pictures with this number."""
    data = encoders.png(Image.fromarray(picture(900_000 + number, 320, 240)))
    mark = "bench-live-f00d"
    body = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'.encode()
    body += data + f"\r\n--{mark}--\r\n".encode()
    form = f"multipart/form-data; boundary={mark}"
    (answer,) = [client.send("POST", "/v1/match", body, form)["file"]]
    submitted = client.send("POST", "/v1/submissions?wait=30", body, form)["id"]
    signals = [
        {name: one[name] for name in ("type", "value", "quality")}
        for one in answer["signals"]
        if one["type"] == "pdq"
    ]
    begun = time.perf_counter()
    client.ask("POST", f"/v1/banks/{BANK}/entries", {"entries": [{"signals": signals[:1]}]})
    while not client.ask("GET", f"/v1/submissions/{submitted}")["matches"]:
        if time.perf_counter() - begun > GIVEN_UP:
            message = f"no worker has matched an earlier submission within {GIVEN_UP:g} s"
            raise TimeoutError(message)
        time.sleep(POLL_SECONDS)
    return time.perf_counter() - begun


def run(home: Home, rate: float, changes: int, verdict: Verdict) -> None:
    """The whole check, on a home that is filled."""
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(home.folder, "--no-worker")) for _ in range(2)]
        workers = [
            stack.enter_context(Process(home.folder, ["worker", "--threads", "2"], "working"))
            for _ in range(2)
        ]
        for server in servers:  # how soon they answer is measured by itself
            with Client(server, home.token) as client:
                client.entries_near(home.planted[0].tobytes())
        making = stack.enter_context(Changes(servers, home.token))
        added, withdrawn = Seen(), Seen()
        with load(home, servers, rate) as looking:
            time.sleep(2)
            for one in looking:
                one.waits.clear()
            begun = time.perf_counter()
            values = [value.tobytes() for value in home.fresh(changes)]
            numbers = [making.add(turn, value, added) for turn, value in enumerate(values)]
            for turn, (number, value) in enumerate(zip(numbers, values, strict=True)):
                making.withdraw(turn, number, value, withdrawn)
            seconds = time.perf_counter() - begun
            waits = [wait for one in looking for wait in one.waits]
            again = retroactive(servers[0], home.token, 10)
        print(f"2 servers, 2 workers, {rate:g} look-ups a second at each server, {changes} changes each:")
        report("an entry added", added, verdict)
        report("an entry withdrawn", withdrawn, verdict)
        times("an earlier submission matched by a worker, from the adding", again)
        verdict.within("until a worker has found an entry", max(again), SEEN_LIMIT, "s")
        times(f"look-ups meanwhile ({len(waits) / seconds:.0f} a second), from when due", waits)
        if wrong := sum(one.wrong for one in looking):
            verdict.failures.append(f"{wrong} look-ups were answered wrongly")
        if len(waits) / seconds < 0.9 * rate * len(servers):
            verdict.failures.append("the pace of look-ups was not kept")
        for name, process in (
            ("server", servers[0]),
            ("server", servers[1]),
            *(("worker", w) for w in workers),
        ):
            memory = process.memory()
            print(f"  {name}: {memory.private:.0f} MB of its own, {memory.index:.0f} MB of the shared index")
            verdict.within("the index in memory", memory.index, INDEX_LIMIT, "MB")
            for line in process.complaints()[:5]:
                print(f"    {line}")


def _load() -> str:
    return "load averages " + " ".join(f"{one:.1f}" for one in os.getloadavg()) + f", {os.cpu_count()} cores"


def main() -> int:
    """Parse the command line and measure; 1 when something is over its limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rate", type=float, default=100.0, help="look-ups a second, at each server")
    parser.add_argument("--changes", type=int, default=50, help="entries added, and then withdrawn")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    verdict = Verdict()
    engine = postgres.server() if options.database == "postgres" else nullcontext()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, engine as url:
        place = Path(folder) / "home"
        place.mkdir()
        if url is not None:
            (place / "tocsin.toml").write_text(f'[database]\nurl = "{url}"\n')
        print(f"{options.entries:,} entries on {options.database}; {_load()}", flush=True)
        home = Home(place)
        for size in sorted({min(START_AT, options.entries), options.entries}):
            home.fill(size)
            measure_start(home, verdict, START_LIMIT if size <= START_AT else None)
        run(home, options.rate, options.changes, verdict)
        print(f"at the end: {_load()}")
    for failure in verdict.failures:
        print(f"FAILED: {failure}")
    return bool(verdict.failures)


if __name__ == "__main__":
    sys.exit(main())
