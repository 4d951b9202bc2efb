"""The state of the node: in numbers for whoever watches it, and whether it can do its work."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.errors import Error
from tocsin.evidence.folder import FOLDER as VAULT
from tocsin.evidence.keys import Keys
from tocsin.web.uploads import incoming_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tocsin.node.node import Node
    from tocsin.web.metrics import Gauge

FREE_BYTES: Final = 256 << 20
"""Less room than that on the home's disk, and the node says it is not ready."""
LAG_SIGNALS: Final = 100_000
WAITING_SECONDS: Final = 600.0
"""Work that has been due for longer says that nobody does it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so for the node to do its work."""

    name: str
    ok: bool
    detail: str = ""


def checks(node: "Node") -> list[Check]:
    """What must be so: database, keys, disk, index, workers."""
    return [_database(node), _keys(node), _disk(node), _index(node), _workers(node)]


def gauges(node: "Node") -> "Iterator[Gauge]":
    """Jobs by state, how long work has waited, entries, room on the disk, sandbox children."""
    counts = {state.value: float(count) for state, count in node.jobs.counts().items()}
    yield "tocsin_jobs", "Jobs by state.", counts
    yield (
        "tocsin_jobs_waited_seconds",
        "How long the job has been due that has been so longest.",
        {"": node.jobs.waited().total_seconds()},
    )
    banks = [node.banks.counts(bank.name) for bank in node.banks.banks()]
    entries = {
        "live": float(sum(one.entries - one.withdrawn for one in banks)),
        "withdrawn": float(sum(one.withdrawn for one in banks)),
    }
    yield "tocsin_entries", "Entries of all banks.", entries
    lag = node.banks.lag()
    yield "tocsin_index_lag_signals", "PDQ signals that the index has not taken in yet.", {"": float(lag)}
    yield (
        "tocsin_free_bytes",
        "Room where the home is, or its vault where that is less.",
        {"": float(_free(node))},
    )
    yield (
        "tocsin_sandbox_children",
        "Contents that can be examined at a time.",
        {"": float(node.examiner.workers)},
    )


def _database(node: "Node") -> Check:
    try:
        node.ledger.identity()  # one row
    except Error as error:
        return Check("database", ok=False, detail=error.code)
    return Check("database", ok=True)


def _keys(node: "Node") -> Check:
    """Whether the current keys are there to be read, as a process that starts now would read them."""
    try:
        keys = Keys.open(node.banks.folder)
        keys.public(keys.ledger_id)
        keys.identity(keys.vault_id)
    except Error as error:
        return Check("keys", ok=False, detail=error.code)
    return Check("keys", ok=True)


def _disk(node: "Node") -> Check:
    """Whether content can be kept."""
    try:
        if not all(os.access(one, os.W_OK | os.X_OK) for one in _folders(node)):
            return Check("disk", ok=False, detail="cannot be written")
        free = _free(node)
    except Error as error:
        return Check("disk", ok=False, detail=error.code)
    except OSError as error:
        return Check("disk", ok=False, detail=os.strerror(error.errno or 0))
    return Check("disk", ok=free >= FREE_BYTES, detail=f"{free >> 20} MiB free")


def _index(node: "Node") -> Check:
    """An index that is far behind answers rightly, but slowly."""
    try:
        lag = node.banks.lag()
    except Error as error:
        return Check("index", ok=False, detail=error.code)
    return Check("index", ok=lag < LAG_SIGNALS, detail=f"{lag} signals behind")


def _workers(node: "Node") -> Check:
    try:
        waited = node.jobs.waited().total_seconds()
    except Error as error:
        return Check("workers", ok=False, detail=error.code)
    return Check("workers", ok=waited < WAITING_SECONDS, detail=f"work has waited {waited:.0f} s")


def _folders(node: "Node") -> "list[Path]":
    """Where contents are written: each of these may be a disk of its own."""
    home = node.banks.folder
    return [home, incoming_folder(home), *(one for one in [home / VAULT] if one.is_dir())]


def _free(node: "Node") -> int:
    """Bytes, where there is least room."""
    stats = [os.statvfs(one) for one in _folders(node)]
    return min(one.f_bavail * one.f_frsize for one in stats)
