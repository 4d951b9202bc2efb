"""`python -m bench`: every bench, one after the other, each in a process of its own.

The rows are those of the budgets: search at 1 M and 10 M with a new entry and a flood, hashing from pixels
and from JPEG bytes, then scanning, importing, recall, explaining, serving, changes seen by several
processes, review, and uploads to an authority. Takes about 50 minutes on 2 cores.
"""

import subprocess
import sys

from bench.photos import default_folder

PHOTOS = str(default_folder())
BENCHES = (
    ("bench.search", "--n", "1000000"),
    ("bench.search", "--n", "10000000"),
    ("bench.hash", PHOTOS),
    ("bench.scan", PHOTOS),
    ("bench.imports", "--n", "1000000"),
    ("bench.recall", PHOTOS),
    ("bench.provenance", PHOTOS),
    ("bench.marks", PHOTOS),
    ("bench.serve",),
    ("bench.live",),
    ("bench.review",),
    ("bench.upload",),
)


def main() -> int:
    """Run them; the number that failed."""
    failed = 0
    for module, *arguments in BENCHES:
        print(f"\n== {module} {' '.join(arguments)}", flush=True)
        failed += subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode != 0  # noqa: S603  # ours
    return failed


if __name__ == "__main__":
    sys.exit(main())
