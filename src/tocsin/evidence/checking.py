"""Verifying a ledger: every row against the one before it and its signature, heads, tip and counter.

Nothing here knows where rows come from: a database and an exported file are verified by the same code.
After something is found broken, checking goes on from what stands there, so that each place is named and what
follows from it is not.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tocsin.evidence import chain
from tocsin.evidence.chain import Head, Row, Tip
from tocsin.evidence.errors import InvalidEventError
from tocsin.evidence.keys import key_id
from tocsin.evidence.time_stamps import TimeStampError, check_stamp

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.x509 import Certificate

    from tocsin.media.sandbox import JsonObject

_PUBLIC: Final = 32


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that is not as it was written."""

    what: str
    """As in `row 17`, `head 17`, `tip`, `file 3f...`, `submission 01J...`."""
    why: str

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {"what": self.what, "why": self.why}


@dataclass(slots=True)
class LedgerCheck:
    """Checks the rows of one ledger, in order, as they come."""

    genesis: bytes
    fingerprint: bytes | None = None
    """The SHA-256 of the public key that must have begun the ledger; None where nobody says."""
    known: Mapping[str, bytes] | None = None
    """The home's public keys, by id, one of which must have begun the ledger; None for an exported one."""
    heads: Iterator[Head] = field(default_factory=lambda: iter(()))
    """Signed heads, by number."""
    tip: Tip | None = None
    roots: "Sequence[Certificate]" = ()
    """Root certificates of the authorities whose time stamps count; empty: that stamps are of their heads."""
    rows: int = 0
    heads_checked: int = 0
    stamps_checked: int = 0
    last: int = 0
    """The number of the last row."""
    keys: dict[str, bytes] = field(default_factory=dict)
    """The public keys that the ledger introduced, by id."""
    _previous: tuple[bytes, ...] = ()
    _signer: str = ""
    _signers: "dict[str, Ed25519PublicKey]" = field(default_factory=dict)
    _head: Head | None = None
    _head_before: int = 0

    def check(self, rows: Iterable[Row], count: int | None = None) -> Iterator[Broken]:
        """What is broken, in the order of the ledger; `count` is what its counter says."""
        self._previous = (self.genesis,)
        for public in (self.known or {}).values():
            self._know(public)
        self._next_head()
        for row in rows:
            yield from self._row(row)
        yield from self._end(count)

    def _row(self, row: Row) -> Iterator[Broken]:
        self.rows += 1
        yield from self._in_order(row)
        computed = _hash(row)
        strange = "" if self._signer else self._begin(row)
        if reason := self._reason(row, computed) or strange:
            yield Broken(f"row {row.number}", reason)
        if (public := introduced(row)) is not None:
            self._know(public)
            self.keys[key_id(public)] = public
            self._signer = key_id(public)
        # Either may be what the next row holds, if only this one was altered.
        self._previous = (row.hash,) if computed in (None, row.hash) else (row.hash, computed or b"")
        self.last = max(self.last, row.number)
        yield from self._outside(row)

    def _in_order(self, row: Row) -> Iterator[Broken]:
        expected = self.last + 1
        if row.number > expected:
            gone = f"rows {expected} to {row.number - 1} are" if row.number > expected + 1 else "it is"
            yield Broken(f"row {expected}", f"{gone} missing")
            self._previous = (row.previous,)
        elif row.number < expected:
            yield Broken(f"row {row.number}", "it stands after a later row")

    def _reason(self, row: Row, computed: bytes | None) -> str:
        """Why a row is broken; empty if it is not."""
        if row.previous not in self._previous:
            return "it does not hold the hash of the row before it"
        if computed != row.hash:
            return "it is not what its hash was made of"
        return self._key_reason(row)

    def _key_reason(self, row: Row) -> str:
        """Whether the key in force signed a row."""
        if not self._signer:
            return "no key was introduced before it"
        if row.key_id != self._signer:
            return "it is not signed with the key that was in force"
        if not self._signed(row.key_id, chain.row_message(row.hash), row.signature):
            return "its signature is not that of the key in force"
        return ""

    def _begin(self, row: Row) -> str:
        """Find the key that begins the ledger; why it may not."""
        public = introduced(row) or (self.known or {}).get(row.key_id)
        if public is None:
            return ""
        self._know(public)
        self._signer = row.key_id
        if self.fingerprint is not None and hashlib.sha256(public).digest() != self.fingerprint:
            return "it introduces a key that is not the one given"
        if self.known is not None and key_id(public) not in self.known:
            return "it introduces a key that is not the home's"
        return ""

    def _outside(self, row: Row) -> Iterator[Broken]:
        """What was said of this row elsewhere: by the tip and by heads."""
        if self.tip is not None and self.tip.number == row.number and self.tip.hash != row.hash:
            yield Broken("tip", f"it remembers another row {row.number}")
        while self._head is not None and self._head.number <= row.number:
            if reason := self._head_reason(self._head, row):
                yield Broken(f"head {self._head.number}", reason)
            self._next_head()

    def _head_reason(self, head: Head, row: Row) -> str:
        message = chain.head_message(head.number, head.time, head.hash, head.previous)
        if not self._signed(head.key_id, message, head.signature):
            return "its signature is not that of a key of this ledger"
        if head.previous != self._head_before:
            return f"the head before it is missing: it names head {head.previous}"
        if head.number != row.number:
            return "its row is missing"
        if head.hash != row.hash:
            return "it was signed over another row"
        return self._stamp_reason(head)

    def _stamp_reason(self, head: Head) -> str:
        if head.time_stamp is None:
            return ""
        try:
            check_stamp(head, head.time_stamp, self.roots)
        except TimeStampError as error:
            return error.message
        self.stamps_checked += 1
        return ""

    def _next_head(self) -> None:
        if self._head is not None:
            self._head_before = self._head.number
            self.heads_checked += 1
        self._head = next(self.heads, None)

    def _end(self, count: int | None) -> Iterator[Broken]:
        """What was cut off: whatever names a row beyond the last one."""
        said = [(count, "the counter")] if count is not None else []
        if self.tip is not None:
            message = chain.tip_message(self.tip.number, self.tip.hash)
            if self._signed(self.tip.key_id, message, self.tip.signature):
                said.append((self.tip.number, "the tip"))
            else:
                yield Broken("tip", "its signature is not that of a key of this ledger")
        while self._head is not None:
            said.append((self._head.number, f"the head signed over row {self._head.number}"))
            self._next_head()
        if said and max(said)[0] > self.last:
            number, who = max(said)
            gone = f"rows {self.last + 1} to {number} are" if number > self.last + 1 else "it is"
            yield Broken(f"row {self.last + 1}", f"{gone} missing at the end: {who} names row {number}")

    def _know(self, public: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  # not on --help
            Ed25519PublicKey,
        )

        self._signers[key_id(public)] = Ed25519PublicKey.from_public_bytes(public)

    def _signed(self, signer: str, message: bytes, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # not on --help

        if (verifier := self._signers.get(signer)) is None:
            return False
        try:
            verifier.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def _hash(row: Row) -> bytes | None:
    """The hash a row should hold; None if it cannot be written down."""
    try:
        return chain.hash_of(row)
    except InvalidEventError:
        return None


def introduced(row: Row) -> bytes | None:
    """The public key (32 bytes) that a row introduces; None for a row that introduces none."""
    if row.kind != chain.INTRODUCED:
        return None
    try:
        public = bytes.fromhex(json.loads(row.detail)["public"])
    except (ValueError, KeyError, TypeError):
        return None
    return public if len(public) == _PUBLIC and row.subject == f"key:{key_id(public)}" else None
