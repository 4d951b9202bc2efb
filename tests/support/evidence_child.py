"""What tests let a child do to a ledger or a vault until it is killed or done."""

import hashlib
import io
import random
import sys
from pathlib import Path

from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import Keys
from tocsin.evidence.ledger import Event
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.opening import open_database

SIZE = 300_000


def content(number: int) -> bytes:
    """A content that tells its number."""
    return random.Random(number).randbytes(SIZE)  # noqa: S311  # a sample, no secret


def append(home: Path, name: str, count: int) -> None:
    """Append rows one by one, saying each number once it is acknowledged."""
    store = LedgerStore(open_database(home, create=False), Keys.open(home, create=True))
    for number in range(count):
        row = store.append(Event("thing.done", f"child:{name}", f"thing:{name}-{number}", {"n": number}))
        say(str(row))


def put(home: Path, first: int, count: int) -> None:
    """Put contents, saying the number of each once it is acknowledged."""
    vault = FolderVault(home / FOLDER, Keys.open(home, create=True))
    for number in range(first, first + count):
        data = content(number)
        vault.put(io.BytesIO(data), hashlib.sha256(data).digest())
        say(str(number))


def make_keys(home: Path) -> None:
    """Open the home's keys, making them if need be, and say which are current."""
    keys = Keys.open(home, create=True)
    say(f"{keys.ledger_id} {keys.vault_id}")


def say(line: str) -> None:
    """Acknowledge."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    task, where, *rest = sys.argv[1:]
    if task == "append":
        append(Path(where), rest[0], int(rest[1]))
    elif task == "put":
        put(Path(where), int(rest[0]), int(rest[1]))
    else:
        make_keys(Path(where))
