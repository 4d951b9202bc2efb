"""Look-ups over HTTP: `tocsin serve` beside HMA on the same hashes, one after the other, same machine.

`python -m bench.serve [--peer CHECKOUT --peer-python PYTHON] [--library-python PYTHON]`. Each side is one
server process with the same hashes, asked by the same load generator over the same number of connections:
look-ups by hash (half of them planted within the radius), then 12-megapixel JPEGs made by code. The answers
are compared: the same contents at the same distances.

HMA is not on PyPI: it is started from a checkout, with a Python that has what it needs and OMM_CONFIG set to
a migrated, empty database. Without it ours is measured alone, and the figures of an earlier measurement are
printed as what they are. `--library-python` names a Python with `threatexchange`, `gunicorn` and `pillow`:
the peer's own hasher and index behind the least of a web server, which does less than HMA for each request,
so that being so many times faster than it holds for HMA all the more.
"""

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench import serve_peer
from bench.search import flipped
from bench.serve_load import Load, get, post_photo, send
from tocsin.access.model import Right, local
from tocsin.access.tokens import Scope
from tocsin.banks.batch import HashBatch
from tocsin.banks.model import Policy
from tocsin.hashing.pdq import hash_signals
from tocsin.hashing.signals import Dialect, SignalType
from tocsin.node.node import Node
from tocsin.simulators.pictures import picture

BANK = "BENCH"
RADIUS = 31
WIDTH, HEIGHT = 4000, 3000
WARM_UP = 500
EARLIER = """HMA: not measured here (no --peer). Measured earlier on a machine of 2 cores with 200,000 hashes
in its index: 52 to 64 look-ups by hash a second, p50 125 ms with 8 clients; about 1 look-up a second of a
12-megapixel JPEG, p50 5.8 s with 8 clients."""
Hashes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Work:
    """What every side has, and what it is asked."""

    hashes: Hashes
    queries: Hashes
    pictures: list[bytes]


@dataclass(frozen=True, slots=True)
class Side:
    """Where a side is asked, and how."""

    port: int
    prefix: str = ""
    headers: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """One side's results."""

    by_hash: Load
    by_picture: Load
    start: float


def make_work(count: int, queries: int, pictures: int) -> Work:
    """Random hashes, those of the pictures among them; queries of which every second is within the radius."""
    random = np.random.default_rng(20_260_102)
    hashes = random.integers(0, 256, (count, 32), dtype=np.uint8)
    jpegs = []
    for number in range(pictures):
        pixels = picture(number, WIDTH, HEIGHT)
        encoded = io.BytesIO()
        Image.fromarray(pixels).save(encoded, "JPEG", quality=90)
        jpegs.append(encoded.getvalue())
        decoded = np.asarray(Image.open(io.BytesIO(jpegs[-1])))
        signal = next(one for one in hash_signals(decoded) if one.dialect is Dialect.FULL)
        hashes[number * (count // pictures)] = np.frombuffer(signal.value, np.uint8)
    asked = random.integers(0, 256, (queries, 32), dtype=np.uint8)
    asked[::2] = flipped(hashes[random.integers(0, count, len(asked[::2]))], RADIUS, random)
    return Work(hashes, asked, jpegs)


@contextmanager
def tocsin(work: Work, folder: Path) -> Iterator[tuple[Side, float]]:
    """`tocsin serve` on a fresh home, asked with a token; and the seconds until it answered."""
    home = folder / "home"
    with Node.open(home, create=True) as node:
        node.banks.create_bank(BANK, Policy())
        node.banks.add_batches(BANK, [HashBatch(SignalType.PDQ, work.hashes.tobytes())], None, [])
        scope = Scope(frozenset({"matcher"}), {BANK: frozenset({Right.MATCH, Right.READ})})
        token = node.accounts.tokens.create(local("bench"), "bench", scope)
    port = serve_peer.free_port()
    command = [sys.executable, "-m", "tocsin", "--home", str(home), "serve", "--port", str(port)]
    begun = time.perf_counter()
    with serve_peer.running(command, f"http://127.0.0.1:{port}/hma/status", folder / "serve.log"):
        yield Side(port, "/hma", f"Authorization: Bearer {token}\r\n"), time.perf_counter() - begun


def measure(side: Side, work: Work, clients: int, seconds: float) -> tuple[Load, Load]:
    """Look-ups by hash for about so many seconds, then each picture a few times."""
    port, path = side.port, f"{side.prefix}/m/lookup"
    requests = [
        get(f"{path}?signal={value.tobytes().hex()}&signal_type=pdq", side.headers) for value in work.queries
    ]
    send(port, requests[:WARM_UP], clients)
    trial = send(port, requests[:WARM_UP], clients)
    times = max(1, round(trial.rate * seconds / len(requests)))
    by_hash = send(port, requests * times, clients)
    uploads = [post_photo(path, one, side.headers) for one in work.pictures]
    send(port, uploads[:1], 1)
    return by_hash, send(port, uploads * max(1, clients // 2), clients)


def answers(load: Load, count: int) -> list[set[tuple[int, str]]]:
    """For each of the first `count` answers, the contents and distances in it. Raises on a failed request."""
    bad = next((status for status in load.statuses if status != 200), None)  # noqa: PLR2004  # OK
    if bad is not None:
        message = f"a request was answered with {bad}"
        raise RuntimeError(message)
    return [_pairs(json.loads(body)) for body in load.bodies[:count]]


def _pairs(item: dict[str, object]) -> set[tuple[int, str]]:
    matches = item.get("pdq", item)
    several = matches.get(BANK, []) if isinstance(matches, dict) else []
    return {(one["bank_content_id"], one["distance"]) for one in several}


def row(side: str, measured: Measured, ours: Measured) -> None:
    """Print one side's line."""
    cells = [f"{side:28}"]
    for load, base in ((measured.by_hash, ours.by_hash), (measured.by_picture, ours.by_picture)):
        times = "" if measured is ours else f"  (ours {base.rate / load.rate:.1f}x)"
        cells.append(
            f"{load.rate:9.1f}/s  p50 {load.percentile(50):8.2f} ms  p99 {load.percentile(99):8.2f} ms{times}"
        )
    print(f"{cells[0]} by hash    {cells[1]}\n{'':28} by 12 MP    {cells[2]}", flush=True)


def agreement(peer: Measured, ours: Measured, work: Work) -> str:
    """How many answers are the same."""
    said = []
    for name, count in (("by_hash", len(work.queries)), ("by_picture", len(work.pictures))):
        left, right = (answers(getattr(side, name), count) for side in (ours, peer))
        same = sum(a == b for a, b in zip(left, right, strict=True))
        said.append(f"{same} of {count} {name.replace('_', ' ')}, {sum(map(len, left))} matches")
    return "; ".join(said)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hashes", type=int, default=200_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--pictures", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0, help="of look-ups by hash, about")
    parser.add_argument("--peer", type=Path, help="a checkout of HMA")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has what HMA needs")
    parser.add_argument("--library-python", help="a Python that has threatexchange, gunicorn and pillow")
    options = parser.parse_args()
    work = make_work(options.hashes, options.queries, options.pictures)
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        (folder / "hashes").write_bytes(work.hashes.tobytes())
        load = (work, options.clients, options.seconds)
        with tocsin(work, folder) as (side, start):
            ours = Measured(*measure(side, *load), start)
        print(f"{options.hashes:,} PDQ hashes, {options.clients} clients, one server process each")
        print(f"tocsin serve answered {ours.start:.1f} s after it was started")
        row("tocsin serve", ours, ours)
        answers(ours.by_hash, len(work.queries))
        peers = {}
        if options.peer:
            with serve_peer.hma(options.peer, options.peer_python, folder / "hashes", folder) as port:
                peers["HMA"] = Measured(*measure(Side(port), *load), 0.0)
        if options.library_python:
            with serve_peer.library(options.library_python, folder / "hashes", folder) as port:
                peers["its library, bare server"] = Measured(*measure(Side(port), *load), 0.0)
        for name, measured in peers.items():
            row(name, measured, ours)
            print(f"{'':28} the same answers: {agreement(measured, ours, work)}")
        if not options.peer:
            print(EARLIER)


if __name__ == "__main__":
    main()
