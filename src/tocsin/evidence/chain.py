"""The chain as pure functions: the bytes of a row and of a head, their hashes, and what is signed.

The format is described for other implementers in docs/formats/ledger.md. Rows are written down as JSON in the
canonical form of RFC 8785, of which only the simple part occurs: no fractions, whole numbers below 2^53.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.evidence.errors import InvalidEventError
from tocsin.evidence.ledger import Event

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

INTRODUCED: Final = "key.introduced"
"""The kind of a row by which the ledger makes known the key that signs the rows after it."""
_GREATEST: Final = (1 << 53) - 1
_GENESIS: Final = b"tocsin-ledger-1\n"
_ROW: Final = b"tocsin-ledger-row-1\n"
_HEAD: Final = b"tocsin-ledger-head-1\n"
_TIP: Final = b"tocsin-ledger-tip-1\n"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the ledger."""

    number: int
    time: int
    """Microseconds since 1970, UTC."""
    actor: str
    kind: str
    subject: str
    detail: str
    """Canonical JSON of an object."""
    previous: bytes
    """The hash of the row before; of the first row, what `genesis` makes of the home's identity."""
    hash: bytes
    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """A signed statement that the ledger reached a row, to be kept elsewhere."""

    number: int
    time: int
    hash: bytes
    previous: int
    """The number of the head before; 0 for the first."""
    key_id: str
    signature: bytes
    time_stamp: bytes | None = None
    """An authority's answer (RFC 3161, DER) about `head_statement`, once there is one."""


@dataclass(frozen=True, slots=True)
class Tip:
    """The last row as a file outside the database remembers it."""

    number: int
    hash: bytes
    key_id: str
    signature: bytes


def canonical(value: "JsonValue") -> str:
    """JSON in canonical form. Raises InvalidEventError for what cannot be written so."""
    _refuse_odd(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _refuse_odd(value: "JsonValue") -> None:
    """Raise InvalidEventError for fractions, great numbers, halves of characters, and keys beyond ASCII."""
    if isinstance(value, dict):
        for key, below in value.items():
            if not key.isascii():
                message = f"a key of an event's detail is not ASCII: {key!r}"
                raise InvalidEventError(message)
            _refuse_odd(below)
    elif isinstance(value, list):
        for below in value:
            _refuse_odd(below)
    elif isinstance(value, str):
        _refuse_surrogates(value)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > _GREATEST):
        message = f"a number cannot be written in the ledger: {value!r}"
        raise InvalidEventError(message)


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        message = f"a text is not valid Unicode: {text!r}"
        raise InvalidEventError(message) from error


def genesis(identity: str) -> bytes:
    """What the first row of a home's ledger holds in place of a hash before it."""
    return hashlib.sha256(_GENESIS + identity.encode()).digest()


def row_hash(number: int, time: int, event: Event, detail: str, previous: bytes) -> bytes:
    """The hash of a row; `detail` is the canonical JSON of the event's."""
    fields: JsonObject = {
        "actor": event.actor,
        "detail": detail,
        "kind": event.kind,
        "number": number,
        "previous": previous.hex(),
        "subject": event.subject,
        "time": time,
    }
    return hashlib.sha256(canonical(fields).encode()).digest()


def hash_of(row: Row) -> bytes:
    """The hash that a row should hold. Raises InvalidEventError."""
    event = Event(row.kind, row.actor, row.subject)
    return row_hash(row.number, row.time, event, row.detail, row.previous)


def row_message(hashed: bytes) -> bytes:
    """What is signed for a row of this hash."""
    return _ROW + hashed


def head_message(number: int, time: int, hashed: bytes, previous: int) -> bytes:
    """What is signed for a head."""
    fields: JsonObject = {"hash": hashed.hex(), "number": number, "previous": previous, "time": time}
    return _HEAD + canonical(fields).encode()


def head_statement(head: Head) -> bytes:
    """What an authority stamps the SHA-256 of: a head's signed message and its signature."""
    return head_message(head.number, head.time, head.hash, head.previous) + head.signature


def tip_message(number: int, hashed: bytes) -> bytes:
    """What is signed for the tip."""
    return _TIP + canonical({"hash": hashed.hex(), "number": number}).encode()
