"""How many entries a second are imported, format by format, into a fresh bank, index included.

    python -m bench.imports --n 1000000 [--folder FOLDER] [--formats lines csv] [--server URL]

With `--server` (the URL of a database on a PostgreSQL server) into a new database there; CPU time and size
are then those of this process and of the index only.

Prints entries a second by the clock and by CPU time (which leaves out waiting for the disk and for other
programs), what importing the same file again costs, and the peak of memory.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.banks.importing import ImportOptions, import_file
from tocsin.banks.model import Policy
from tocsin.hashing.signals import SignalType
from tocsin.storage.home import Home

_TOGETHER = 10_000

Row = Callable[[int, str], str]
FORMATS: dict[str, tuple[str, str, SignalType | None, Row]] = {
    "lines": ("one PDQ hash a line", "", SignalType.PDQ, lambda _number, pdq: pdq),
    "md5": ("one MD5 a line", "", None, lambda _number, pdq: pdq[:32]),
    "column": ("CSV: pdq", "pdq\n", None, lambda _number, pdq: pdq),
    "csv": ("CSV: id,pdq,quality", "id,pdq,quality\n", None, lambda n, pdq: f"{n},{pdq},{n % 101}"),
    "labels": (
        "CSV: id,md5,pdq,scheme,code",
        "id,md5,pdq,scheme,code\n",
        None,
        lambda n, pdq: f"{n},{pdq[:32]},{pdq},industry,A{n % 2}",
    ),
    "ndjson": (
        "NDJSON, flat: pdq, quality",
        "",
        None,
        lambda n, pdq: f'{{"pdq": "{pdq}", "quality": {n % 101}}}',
    ),
}


def write_list(path: Path, header: str, row: Row, count: int) -> None:
    """Write a list of random values."""
    with path.open("w") as stream:
        stream.write(header)
        for block in _blocks(row, count):
            stream.write(block)


def _blocks(row: Row, count: int) -> Iterator[str]:
    for start in range(0, count, _TOGETHER):
        several = min(_TOGETHER, count - start)
        digits = os.urandom(32 * several).hex()
        yield "".join(row(start + n, digits[64 * n : 64 * n + 64]) + "\n" for n in range(several))


def measure(name: str, count: int, folder: Path) -> None:
    """Import a list of format `name` twice and print how long that took."""
    title, header, kind, row = FORMATS[name]
    path = folder / "list"
    write_list(path, header, row, count)
    options = ImportOptions(type=kind)
    with Home.open(folder / "home", create=True) as home:
        home.create_bank("known", Policy())
        clock, cpu = time.perf_counter(), time.process_time()
        report = import_file(home, "known", path, options)
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
        if (report.added, report.bad) != (count, 0):
            sys.exit(f"{name}: {report.added} of {count} entries were added, {report.bad} lines set aside")
        again = time.perf_counter()
        import_file(home, "known", path, options)
        again = time.perf_counter() - again
    size = sum(file.stat().st_size for file in (folder / "home").rglob("*") if file.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{title:28} {count / clock:10,.0f}/s {count / cpu:10,.0f}/CPU s {count / again:10,.0f}/s again"
        f" {peak:6,} MB peak {size / count:6,.0f} B an entry",
        flush=True,
    )


@contextmanager
def new_database(server: str | None) -> Iterator[dict[str, str]]:
    """The environment that makes a home use a new database on the server, if there is one."""
    if server is None:
        yield dict(os.environ)
        return
    import psycopg  # noqa: PLC0415  # an extra

    url = re.sub(r"^(\w+://[^/]*/)[^?]*", r"\1tocsin_bench", server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE tocsin_bench TEMPLATE template0")
        try:
            yield dict(os.environ) | {"TOCSIN_DATABASE": url}
        finally:
            connection.execute("DROP DATABASE tocsin_bench WITH (FORCE)")


def main() -> None:
    """Measure each format in a process of its own, so that each starts fresh."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument(
        "--n", type=int, default=1_000_000, help="entries in each list (default: a million)"
    )
    arguments.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    arguments.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    arguments.add_argument(
        "--server", help="URL of any database of a PostgreSQL server, to make new ones there"
    )
    arguments.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    for name in given.formats:
        folder = Path(tempfile.mkdtemp(dir=given.folder))
        try:
            if given.alone:
                measure(name, given.n, folder)
            else:
                with new_database(given.server) as environment:
                    command = ["--alone", "--n", str(given.n), "--formats", name, "--folder", str(folder)]
                    subprocess.run(  # noqa: S603  # ourselves
                        [sys.executable, "-m", "bench.imports", *command], check=True, env=environment
                    )
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
