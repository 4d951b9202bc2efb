"""Which place this is: one home folder on one machine, so that a copy of it is told from it.

A file beside the database holds a number drawn at random. It is in no backup. The file's inode number differs
in a copy, and so does the name or id of another machine. Containers get a new name whenever they are made
anew, so theirs does not count: there the file and its inode, on the volume, tell copies apart.
"""

import hashlib
import json
import os
import secrets
import socket
from pathlib import Path
from typing import Final

from tocsin.evidence.files import write_durably
from tocsin.filing.connections import Place

FILE: Final = "place"
_IN_CONTAINERS: Final = ("/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io")
_MACHINE_IDS: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")


class HomePlace:
    """The place of one home folder; implements `tocsin.filing.connections.Places`."""

    def __init__(self, home: Path) -> None:
        """Of that folder."""
        self._home = home
        self._path = home / FILE

    def here(self) -> Place | None:
        """This place, where it was marked before. Raises OSError for a mark that cannot be read."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            drawn, inode = file.read(1 << 10), os.fstat(handle).st_ino
        told = json.dumps([drawn.hex(), inode, *_machine()]).encode()
        return Place(hashlib.sha256(told).hexdigest(), f"{socket.gethostname()}:{self._home.resolve()}")

    def marked(self) -> Place:
        """This place, marked now if need be. Raises OSError."""
        found = self.here()
        if found is None:
            write_durably(self._path, f"{secrets.token_hex(32)}\n".encode())
            found = self.here()
        assert found is not None  # noqa: S101  # written above; for the type checker
        return found


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
