"""What tests let a child do to a home until it is killed or done; it says what was acknowledged."""

import sys
from pathlib import Path

from tocsin.banks.importing import ImportOptions, import_file
from tocsin.banks.model import EntryDraft
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage.home import Home


def value(number: int, kind: SignalType) -> bytes:
    """A value that tells the number, spread so that no two PDQ values are near."""
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251F86C6A11D0C18E95).to_bytes(64, "big")[
        -kind.size :
    ]


def add(folder: str, first: int, count: int) -> None:
    """Add entries one by one, saying each number once it is acknowledged."""
    with Home.open(folder) as home:
        for number in range(first, first + count):
            signals = tuple(Signal(kind, value(number, kind)) for kind in (SignalType.PDQ, SignalType.MD5))
            home.add_entries("known", [EntryDraft(signals)])
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


def run_import(folder: str, path: str, batch: int) -> None:
    """Import a list of PDQ hashes in small batches."""
    import tocsin.banks.importing as room  # noqa: PLC0415  # to set the size of its batches

    room.BATCH = batch
    with Home.open(folder) as home:

        def told(done: int, _size: int | None) -> None:
            sys.stdout.write(f"{home.counts('known').entries} {done}\n")
            sys.stdout.flush()

        report = import_file(home, "known", Path(path), ImportOptions(type=SignalType.PDQ), told)
    peak = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    ).split()[1]
    numbers = (
        report.added,
        report.already_there,
        len(report.bad_lines),
        report.resumed_from,
        int(peak) >> 10,
    )
    sys.stdout.write(f"done {' '.join(map(str, numbers))}\n")


if __name__ == "__main__":
    {"add": lambda a: add(a[0], int(a[1]), int(a[2])), "import": lambda a: run_import(a[0], a[1], int(a[2]))}[
        sys.argv[1]
    ](sys.argv[2:])
