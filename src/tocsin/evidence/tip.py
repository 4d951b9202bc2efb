"""The tip: a small signed file beside the database that remembers the ledger's last row.

Rows cut off at the end of the ledger leave a chain that is whole. The tip, which the database does not hold,
shows it. It is written after rows are committed, so it may lag behind the ledger and is never ahead of it.

It is written in place, in one sector, and not synced: to replace it would cost as much as the commit it
follows (ext4 flushes what a rename replaces: 1.3 ms in place of 0.08). After a power cut it may be older, or
unreadable, which is as if there were none.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Final

from tocsin.evidence.chain import Row, Tip, tip_message
from tocsin.evidence.errors import KeysError
from tocsin.evidence.keys import Keys

FILE: Final = "ledger.tip"
_SIZE: Final = 512
"""Filled up with blanks: a sector, so that every tip lies over all of the one before."""


def read_tip(path: Path) -> Tip | None:
    """The tip in a file; None where there is none, or (after a power cut) one that cannot be read.

    Raises KeysError.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"the ledger's tip cannot be read: {error.strerror}: {path}"
        raise KeysError(message) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        return _parsed(os.pread(handle, _SIZE, 0))
    finally:
        os.close(handle)


def write_tip(path: Path, keys: Keys, row: Row) -> None:
    """Remember a committed row, unless a later one is remembered already. Raises KeysError."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if (before := _parsed(os.pread(handle, _SIZE, 0))) is None or before.number < row.number:
                os.pwrite(handle, _tip_of(keys, row).ljust(_SIZE - 1) + b"\n", 0)
        finally:
            os.close(handle)
    except OSError as error:
        message = f"the ledger's tip cannot be written: {error.strerror}: {path}"
        raise KeysError(message) from error


def _parsed(text: bytes) -> Tip | None:
    try:
        found = json.loads(text)
        return Tip(
            int(found["number"]),
            bytes.fromhex(found["hash"]),
            str(found["key"]),
            bytes.fromhex(found["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _tip_of(keys: Keys, row: Row) -> bytes:
    """The file that remembers a row, signed with the key that signed the row."""
    signer = keys.ledger_id
    signature = keys.sign(signer, tip_message(row.number, row.hash))
    fields = {"number": row.number, "hash": row.hash.hex(), "key": signer, "signature": signature.hex()}
    return json.dumps(fields).encode()
