"""The feed with millions of items: written, sealed, followed and opened, on one core in bounded memory.

`python -m bench.exchange [--items 10000000]` prints items a second of each half and the greatest memory.
"""

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyrage import x25519

from tocsin.exchange.feed.bundles import open_bundle, seal
from tocsin.exchange.feed.following import Follower
from tocsin.exchange.feed.log import LogWriter
from tocsin.exchange.feed.notes import Signer, Verifier
from tocsin.exchange.feed.sources import FolderSource

if TYPE_CHECKING:
    from tocsin.exchange.feed.tiles import Leaf

_NAME = "bench.example/feed"
_AT_ONCE = 64


def lines(count: int) -> Iterator[bytes]:
    """Items of the size that entries with a PDQ and an MD5 have, which compress as little."""
    for number in range(count):
        digest = sha256(number.to_bytes(8, "big")).hexdigest()
        yield (
            b'{"type":"entry","key":"%s","signals":[["pdq","%s"],["md5","%s"]],"labels":[["scheme","1","A1"]],'
            b'"terms":[{"rule":"hotlines-and-law-enforcement","country":"NL"}],"purpose":"detection"}'
            % (digest[:32].encode(), digest.encode(), digest[32:].encode())
        )


def write(folder: Path, key: Signer, recipient: str, count: int) -> int:
    """Publish that many; how many leaves it took."""
    with LogWriter.create(folder, [key], int(time.time())) as writer:
        waiting: list[Leaf] = []
        for bundle in seal(lines(count), [recipient], _NAME):
            waiting.append(writer.put(bundle))
            if len(waiting) == _AT_ONCE:
                writer.append(waiting, int(time.time()))
                waiting = []
        writer.append(waiting, int(time.time()))
        return writer.size


def follow(folder: Path, key: Signer, identity: x25519.Identity) -> int:
    """Verify and open everything; how many items that were."""
    follower = Follower(FolderSource(folder), key.verifier)
    follower.look(int(time.time()))
    return sum(
        len(open_bundle(follower.body(leaf), [identity], _NAME) or ()) for _, leaf in follower.leaves()
    )


def main() -> None:
    """Print the findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    count = parser.parse_args().items
    private, identity = Ed25519PrivateKey.generate(), x25519.Identity.generate()
    key = Signer(Verifier(_NAME, private.public_key().public_bytes_raw()), private.sign)
    folder = Path(tempfile.mkdtemp())
    try:
        started = time.process_time()
        for _ in lines(count):
            pass
        making = time.process_time() - started
        started = time.process_time()
        leaves = write(folder, key, str(identity.to_public()), count)
        written = time.process_time() - started - making
        started = time.process_time()
        found = follow(folder, key, identity)
        followed = time.process_time() - started
    finally:
        shutil.rmtree(folder)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{found:,} items in {leaves:,} leaves; at most {memory:.0f} MiB of memory")
    print(f"write  {count / written:>10,.0f} items a second of one core")
    print(f"follow {count / followed:>10,.0f} items a second of one core")


if __name__ == "__main__":
    main()
