"""What an upload to the CyberTipline costs: `python -m bench.upload`.

A process of its own sends a file of 5 GB to the simulated CyberTipline, which hashes it and keeps nothing:
once straight from a sparse file, once out of a vault, which decrypts it into a temporary file and verifies
it first. Prints the time and the most memory that was resident.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.evidence.folder import FolderVault
from tocsin.evidence.keys import Keys
from tocsin.filing.credentials import Account
from tocsin.filing.model import Environment
from tocsin.outgoing.cybertip import transport
from tocsin.simulators.cybertip.server import Cybertip

SOURCES: Final = ("sparse", "vault")
_ACCOUNT: Final = Account("esp-one", "correct horse")
_REPORT: Final = (
    b"<report><incidentSummary><incidentType>Child Sex Tourism</incidentType>"
    b"<incidentDateTime>2026-01-02T03:04:05Z</incidentDateTime></incidentSummary>"
    b"<reporter><reportingPerson><email>ada@photos.example</email></reportingPerson></reporter></report>"
)
"""The least that is valid."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an upload took."""

    status: int
    """Of the answer."""
    before: int
    """The most memory that was resident before it, in bytes."""
    peak: int
    """The same after it."""
    opening_seconds: float
    """Until the file could be read."""
    seconds: float
    processor_seconds: float


def uploaded(folder: Path, size: int, source: str) -> Cost:
    """Upload that many zeros, by a process of its own, with files in `folder`."""
    with Cybertip(_ACCOUNT.user, _ACCOUNT.password) as simulator:
        command = [
            sys.executable,
            "-m",
            "bench.upload",
            "--child",
            simulator.url,
            str(folder),
            str(size),
            source,
        ]
        done = subprocess.run(  # noqa: S603  # ours
            command, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parents[1]
        )
        (file,) = simulator.reports[-1].files
        if file.size != size:
            raise AssertionError(file)
    return Cost(**json.loads(done.stdout))


def main() -> None:
    """Measure and print, or be the process that uploads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=5_000_000_000)
    parser.add_argument("--child", nargs=4, metavar=("URL", "FOLDER", "SIZE", "SOURCE"))
    given = parser.parse_args()
    if given.child:
        url, folder, size, source = given.child
        _child(url, Path(folder), int(size), source)
        return
    for source in SOURCES:
        with tempfile.TemporaryDirectory() as folder:
            cost = uploaded(Path(folder), given.bytes, source)
        speed = given.bytes / cost.seconds / 1e6
        print(
            f"{given.bytes / 1e9:.1f} GB, {source}: opened in {cost.opening_seconds:.1f} s, sent in "
            f"{cost.seconds:.1f} s, {speed:.0f} MB/s, {cost.processor_seconds:.1f} s of processor, "
            f"peak {cost.peak / 1e6:.1f} MB (before: {cost.before / 1e6:.1f} MB)"
        )


def _child(url: str, folder: Path, size: int, source: str) -> None:
    there = transport(Environment.SIMULATOR, url, _ACCOUNT)
    found = re.search(rb"<reportId>([0-9]+)<", there.submit(_REPORT).body)
    if found is None:
        raise AssertionError
    with ExitStack() as stack:
        file, opening = (_kept if source == "vault" else _sparse)(folder, size, stack)
        before, begun, worked = _peak(), time.monotonic(), time.process_time()
        answer = there.upload(found[1].decode(), "film.mp4", file, size)
        took = {"seconds": time.monotonic() - begun, "processor_seconds": time.process_time() - worked}
    told = {"status": answer.status, "before": before, "peak": _peak(), "opening_seconds": opening}
    json.dump({**told, **took}, sys.stdout)


def _sparse(folder: Path, size: int, stack: ExitStack) -> tuple[BinaryIO, float]:
    """A file of that many zeros that takes no room, and how long it took to open."""
    file = stack.enter_context((folder / "sparse").open("w+b"))
    file.truncate(size)
    return file, 0.0


def _kept(folder: Path, size: int, stack: ExitStack) -> tuple[BinaryIO, float]:
    """The same in a vault."""
    plain, _ = _sparse(folder, size, stack)
    digest = hashlib.sha256()
    while piece := plain.read(1 << 20):
        digest.update(piece)
    plain.seek(0)
    vault = FolderVault(folder / "vault", Keys.open(folder, create=True))
    vault.put(plain, digest.digest())
    begun = time.monotonic()
    return stack.enter_context(vault.open(digest.digest())), time.monotonic() - begun


def _peak() -> int:
    """The most memory that was resident so far, in bytes.

    `ru_maxrss` would be no less than what the process that started this one held (getrusage(2), execve).
    """
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
