"""The tip: a small signed file beside the database that remembers the ledger's last row.

Rows cut off at the end of the ledger leave a chain that is whole. The tip, which the database does not hold,
shows it. It is written after rows are committed, so it may lag behind the ledger and is never ahead of it.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Final

from tocsin.evidence.chain import Row, Tip, tip_message
from tocsin.evidence.errors import KeysError
from tocsin.evidence.files import write_durably
from tocsin.evidence.keys import Keys

FILE: Final = "ledger.tip"


def read_tip(path: Path) -> Tip | None:
    """The tip in a file; None where there is none, or (after a power cut) one that cannot be read.

    Raises KeysError.
    """
    try:
        found = json.loads(path.read_bytes())
        return Tip(
            int(found["number"]),
            bytes.fromhex(found["hash"]),
            str(found["key"]),
            bytes.fromhex(found["signature"]),
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"the ledger's tip cannot be read: {error.strerror}: {path}"
        raise KeysError(message) from error
    except (ValueError, KeyError, TypeError):
        return None


def write_tip(path: Path, keys: Keys, row: Row) -> None:
    """Remember a committed row, unless a later one is remembered already. Raises KeysError."""
    try:
        folder = os.open(keys.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if (before := read_tip(path)) is None or before.number < row.number:
                # Not synced: after a power cut an older tip, or none, says less and nothing wrong.
                write_durably(path, _tip_of(keys, row), sync=False)
        finally:
            os.close(folder)
    except OSError as error:
        message = f"the ledger's tip cannot be written: {error.strerror}: {path}"
        raise KeysError(message) from error


def _tip_of(keys: Keys, row: Row) -> bytes:
    """The file that remembers a row, signed with the key that signed the row."""
    signer = keys.ledger_id
    signature = keys.sign(signer, tip_message(row.number, row.hash))
    fields = {"number": row.number, "hash": row.hash.hex(), "key": signer, "signature": signature.hex()}
    return json.dumps(fields).encode() + b"\n"
