"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature), Ed25519.

A checkpoint of ours carries two signatures of each of its log's keys: one of the kind 0x01 over its text, and
one of the kind 0x04, which adds the time at which this was the log's newest tree. So freshness is proven by
the standard's own means, without extension lines and without a leaf for each heartbeat.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.exchange.feed.errors import CardError, NotSignedError

LONGEST_NOTE: Final = 16384
_PLAIN: Final = 1
_TIMED: Final = 4
_MOST_SIGNATURES: Final = 64
_KEY_SIZE: Final = 32
_SIGNATURE_SIZE: Final = 64
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,199})")
_RESERVED: Final = ("cosignature/", "tocsin-feed")
"""How no name may begin: lines by which a signed text says that it is no checkpoint."""
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_SIGNATURE: Final = re.compile(r"— (\S{1,200}) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that others sign with, under its name, which is the feed's origin."""

    name: str
    public: bytes
    """32 bytes."""

    def __post_init__(self) -> None:
        """Raise CardError for a name or a key that cannot be one."""
        if len(self.public) != _KEY_SIZE or not is_name(self.name):
            raise CardError

    @property
    def key_id(self) -> str:
        """Its id in signatures of the plain kind: 8 hexadecimal digits."""
        return key_id(self.name, self.public, _PLAIN).hex()

    def to_text(self) -> str:
        """As partners give it: name, id and key, joined by plus signs (signed-note's `vkey`)."""
        return f"{self.name}+{self.key_id}+{_base64(bytes([_PLAIN]) + self.public)}"

    @classmethod
    def from_text(cls, text: str) -> "Verifier":
        """Read what `to_text` gives. Raises CardError."""
        name, _, rest = text.partition("+")
        claimed, _, encoded = rest.partition("+")
        data = _bytes(encoded)
        if data is None or data[:1] != bytes([_PLAIN]):
            raise CardError
        found = cls(name, data[1:])
        if found.key_id != claimed:
            message = f"the id of the key does not fit: {text!r}"
            raise CardError(message)
        return found


@dataclass(frozen=True, slots=True)
class Signer:
    """A key of ours: what signs, and what others verify it with."""

    verifier: Verifier
    sign: Callable[[bytes], bytes]
    """Message to Ed25519 signature, 64 bytes."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree: how many leaves, and their root."""

    origin: str
    size: int
    root: bytes
    time: int
    """Seconds since 1970: when this was the newest tree, as the log's key says; 0 if it does not say."""

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


def is_name(text: str) -> bool:
    """Whether a text can name a key and a feed."""
    return _NAME.fullmatch(text) is not None and not text.startswith(_RESERVED)


def key_id(name: str, public: bytes, kind: int) -> bytes:
    """The id of a key for signatures of a kind, 4 bytes."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """A note: a text that ends in a newline, signed by each of the keys."""
    lines = [_line(signer, _PLAIN, signer.sign(text.encode())) for signer in signers]
    return f"{text}\n{''.join(lines)}".encode()


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """The note of a checkpoint, signed with its time by each of the keys."""
    note = sign_note(checkpoint.text, signers).decode()
    for signer in signers:
        signature = signer.sign(_timed(checkpoint.text, checkpoint.time))
        note += _line(signer, _TIMED, checkpoint.time.to_bytes(8, "big") + signature)
    return note.encode()


def read_checkpoint(note: bytes, verifier: Verifier) -> Checkpoint:
    """A checkpoint that `verifier` signed, with its time. Raises NotSignedError."""
    text, signatures = _split(note)
    _check(text, signatures, verifier)
    lines = text.split("\n")
    root = _bytes(lines[2]) if len(lines) == 4 and lines[0] == verifier.name else None  # noqa: PLR2004  # lines
    if root is None or len(root) != _KEY_SIZE or not _NUMBER.fullmatch(lines[1]):
        message = f"what {verifier.name} signed is no checkpoint of theirs"
        raise NotSignedError(message)
    return Checkpoint(lines[0], int(lines[1]), root, _time(text, signatures, verifier))


def read_note(note: bytes, verifiers: Sequence[Verifier]) -> str:
    """The text of a note that every one of the keys signed. Raises NotSignedError."""
    text, signatures = _split(note)
    for verifier in verifiers:
        _check(text, signatures, verifier)
    return text


def _split(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note and its signatures: name, and id with signature. Raises NotSignedError."""
    try:
        text, blank, rest = note.decode().rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise NotSignedError from error
    lines = rest.removesuffix("\n").split("\n")
    found = [_SIGNATURE.fullmatch(line) for line in lines[:_MOST_SIGNATURES]]
    if len(note) > LONGEST_NOTE or not blank or not rest.endswith("\n") or not all(found):
        message = "this is no signed note"
        raise NotSignedError(message)
    if any(c < " " and c != "\n" for c in text) or len(lines) > _MOST_SIGNATURES:
        message = "this is no signed note"
        raise NotSignedError(message)
    return text + "\n", [(one[1], _bytes(one[2]) or b"") for one in found if one is not None]


def _check(text: str, signatures: Sequence[tuple[str, bytes]], verifier: Verifier) -> None:
    """Raise NotSignedError unless the key signed the text, and all that is said to be its signature is."""
    known = _of(signatures, verifier, _PLAIN)
    if not known or not all(_verifies(verifier, one, text.encode()) for one in known):
        message = f"not signed by the key {verifier.key_id} of {verifier.name}"
        raise NotSignedError(message)


def _time(text: str, signatures: Sequence[tuple[str, bytes]], verifier: Verifier) -> int:
    """The newest time that the key signed. Raises NotSignedError if none."""
    times = []
    for one in _of(signatures, verifier, _TIMED):
        time = int.from_bytes(one[:8], "big")
        if not _verifies(verifier, one[8:], _timed(text, time)):
            message = f"the time of {verifier.name}'s checkpoint is not signed by their key"
            raise NotSignedError(message)
        times.append(time)
    if not times:
        message = f"the checkpoint of {verifier.name} carries no signed time"
        raise NotSignedError(message)
    return max(times)


def _of(signatures: Sequence[tuple[str, bytes]], verifier: Verifier, kind: int) -> list[bytes]:
    wanted = key_id(verifier.name, verifier.public, kind)
    return [data[4:] for name, data in signatures if name == verifier.name and data[:4] == wanted]


def _verifies(verifier: Verifier, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # not needed to match and scan
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  # not to match and scan
        Ed25519PublicKey,
    )

    if len(signature) != _SIGNATURE_SIZE:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _timed(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _line(signer: Signer, kind: int, signature: bytes) -> str:
    verifier = signer.verifier
    return f"— {verifier.name} {_base64(key_id(verifier.name, verifier.public, kind) + signature)}\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
