"""Which place this is: one home folder on one machine with one database that only ever grows.

Two files beside the database, in no backup, tell it:

- `place`, a number drawn at random, and removed when production is left. A copy has another inode number,
  and another machine another name or id. Containers get a new name whenever they are made anew, so theirs
  does not count: there the file and its inode, on the volume, tell copies apart.
- `place.used`, the ledger's last row when something was last sent to production from here. A database that
  was put back to an earlier state has another row there, or none: what was filed since would be filed again.
"""

import fcntl
import hashlib
import json
import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tocsin.evidence.files import sync_folder, write_durably
from tocsin.filing.errors import PlaceError
from tocsin.filing.switching import Place
from tocsin.storage.database import Database
from tocsin.storage.ledger import LedgerStore

_LOG = logging.getLogger(__name__)
MARK: Final = "place"
USED: Final = "place.used"
_SIZE: Final = 512
"""A sector, written over in one piece, as the ledger's tip is."""
_IN_CONTAINERS: Final = ("/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io")
_MACHINE_IDS: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")


class HomePlace:
    """The place of one home folder; implements `tocsin.filing.switching.Places`."""

    def __init__(self, home: Path, database: Database) -> None:
        """Of that folder, with its database."""
        self._home = home
        self._database = database
        self._ledger = LedgerStore(database)

    def here(self) -> Place | None:
        """This place; None where it was never marked, or the database has lost what it held when last used.

        None too, with a warning in the log, where that cannot be read: then nothing is sent.
        """
        try:
            handle = os.open(self._home / MARK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            with os.fdopen(handle, "rb") as file:
                drawn, inode = file.read(_SIZE), os.fstat(handle).st_ino
            if not self._goes_on():
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            _LOG.warning("which place this is cannot be read: %s", error)
            return None
        told = json.dumps([drawn.hex(), inode, *_machine()]).encode()
        return Place(hashlib.sha256(told).hexdigest(), f"{socket.gethostname()}:{self._home.resolve()}")

    def marked(self) -> Place:
        """This place, marked if it is not; anew where the database was put back. Raises PlaceError."""
        if (found := self.here()) is not None:
            return found
        with _translated():
            (self._home / USED).unlink(missing_ok=True)
            write_durably(self._home / MARK, f"{secrets.token_hex(32)}\n".encode())
        if (found := self.here()) is None:
            message = "what was just written into the home folder cannot be read"
            raise PlaceError(message)
        return found

    def left(self) -> None:
        """Production is not used from here any more: what was confirmed for this place never holds again."""
        self._database.after_commit(self._unmark)

    def used(self) -> None:
        """Something is about to be sent from here: the database must never again be older than now.

        Raises PlaceError.
        """
        self._database.after_commit(self._remember)  # what is not committed may still be undone

    def _unmark(self) -> None:
        """Remove the mark. Where that fails production has ended all the same, so it is only told."""
        try:
            (self._home / MARK).unlink(missing_ok=True)
            sync_folder(self._home)
        except OSError as error:
            _LOG.warning("the mark of this place cannot be removed: %s", error)

    def _remember(self) -> None:
        last = self._ledger.head()
        if last is None:
            return
        with _translated():
            handle = os.open(self._home / USED, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                before = _parsed(os.pread(handle, _SIZE, 0))
                if before is None or before[0] < last.number:
                    text = json.dumps([last.number, last.hash.hex()]).encode()
                    os.pwrite(handle, text.ljust(_SIZE - 1) + b"\n", 0)
                    os.fdatasync(handle)
            finally:
                os.close(handle)

    def _goes_on(self) -> bool:
        """Whether the ledger still has the row that was its last when something was last sent."""
        try:
            found = _parsed((self._home / USED).read_bytes())
        except FileNotFoundError:
            return True
        if found is None:  # torn by a power cut: as if nothing had been sent
            return True
        number, digest = found
        row = next(iter(self._ledger.rows(number - 1, 1)), None)
        return row is not None and row.number == number and row.hash == digest


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{error.strerror or error}: {error.filename or 'the home folder'}"
        raise PlaceError(message) from error


def _parsed(text: bytes) -> tuple[int, bytes] | None:
    try:
        number, digest = json.loads(text)
        return int(number), bytes.fromhex(digest)
    except (ValueError, TypeError):
        return None


def _machine() -> list[str]:
    """What tells one machine from another, as far as it can be known."""
    name = "" if any(Path(one).exists() for one in _IN_CONTAINERS) else socket.gethostname()
    return [name, _machine_id()]


def _machine_id() -> str:
    for one in _MACHINE_IDS:
        try:
            return Path(one).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
    return ""
