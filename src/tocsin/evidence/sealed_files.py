"""One content as an age file (age-encryption.org/v1): encrypting, decrypting and verifying, in a stream."""

import errno
import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from tocsin.evidence.errors import MissingKeyError, VaultDamagedError, WrongContentError

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

_CHUNK: Final = 65536
"""age encrypts in chunks of this many bytes, each with a tag (C2SP, age.md, "Payload")."""
_TAG: Final = 16
_NONCE: Final = 16
LONGEST_HEADER: Final = 65536
_IN_MEMORY: Final = 64 << 20
"""A content up to this size is decrypted into memory only, so that nothing readable reaches a disk."""


class _Watched:
    """A file whose bytes are counted and hashed as they pass, and whose own failure is kept.

    pyrage wraps what a file raises in errors of its own, which no longer say what went wrong.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self.failure: OSError | None = None
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """Some of its bytes."""
        return self._passing(lambda: self._file.read(size))

    def write(self, data: bytes) -> int:
        """Write all of them."""
        return len(self._passing(lambda: _written(self._file, data)))

    def flush(self) -> None:
        """Nothing: whoever gave the file does it."""

    def _passing(self, act: Callable[[], bytes]) -> bytes:
        try:
            data = act()
        except OSError as error:
            self.failure = error
            raise
        self.digest.update(data)
        self.size += len(data)
        return data


def _written(file: BinaryIO, data: bytes) -> bytes:
    file.write(data)
    return data


def encrypt(source: BinaryIO, target: BinaryIO, to: "Identity", sha256: bytes) -> int:
    """Encrypt a source from where it stands; its size in bytes.

    Raises WrongContentError when its digest is another, and what source and target raise.
    """
    import pyrage  # noqa: PLC0415  # not needed to match and scan

    plain, kept = _Watched(source), _Watched(target)
    try:
        pyrage.encrypt_io(plain, kept, [to.to_public()])
    except (pyrage.EncryptError, OSError) as error:
        if (failure := plain.failure or kept.failure) is not None:
            raise failure from error
        raise
    if plain.digest.digest() != sha256:
        message = f"the bytes are not those of {sha256.hex()}"
        raise WrongContentError(message)
    return plain.size


def decrypt(kept: BinaryIO, target: BinaryIO, identities: "Sequence[Identity]", sha256: bytes) -> None:
    """Decrypt an age file into `target`, which then stands at its beginning.

    Raises VaultDamagedError, MissingKeyError, and what the files raise.
    """
    import pyrage  # noqa: PLC0415  # not needed to match and scan

    source, plain = _Watched(kept), _Watched(target)
    try:
        pyrage.decrypt_io(source, plain, list(identities))
    except (pyrage.DecryptError, OSError) as error:
        if (failure := source.failure or plain.failure) is not None:
            raise failure from error
        if "No matching keys" in str(error):  # the identity is another, or the line for it is damaged
            message = f"no identity of this home opens {sha256.hex()}, or the file is damaged"
            raise MissingKeyError(message) from error
        message = f"the vault's file of {sha256.hex()} is damaged: {error}"
        raise VaultDamagedError(message) from error
    if plain.digest.digest() != sha256:
        message = f"the vault's file of {sha256.hex()} holds another content"
        raise VaultDamagedError(message)
    target.flush()
    target.seek(0)


def opens(kept: BinaryIO, identity: "Identity") -> bool:
    """Whether an age file is encrypted to an identity; only its beginning is read."""
    import pyrage  # noqa: PLC0415  # not needed to match and scan

    source, enough = _Watched(kept), _Enough()
    try:
        pyrage.decrypt_io(source, enough, [identity])
    except (pyrage.DecryptError, OSError) as error:
        if source.failure is not None:
            raise source.failure from error
        return enough.reached
    return True


class _Enough:
    """A target that wants nothing more as soon as anything comes."""

    reached = False

    def write(self, _: bytes) -> int:
        """Stop."""
        self.reached = True
        raise OSError(errno.ECANCELED, "enough")

    def flush(self) -> None:
        """Nothing."""


def is_whole(beginning: bytes, length: int, size: int) -> bool:
    """Whether a file that begins so is as long as it should be for a content of `size` bytes."""
    end = beginning.find(b"\n", beginning.find(b"\n--- ") + 1)
    if not beginning.startswith(b"age-encryption.org/v1\n") or end < 0:
        return False
    return length == end + 1 + _NONCE + size + _TAG * max(1, math.ceil(size / _CHUNK))


def size_of(source: BinaryIO) -> int:
    """How many bytes a source at its beginning holds."""
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    return size


def private_file(size: int) -> BinaryIO:
    """A file nobody else can name: in memory, or among the temporary files if it is to be large."""
    if size <= _IN_MEMORY:
        return os.fdopen(os.memfd_create("tocsin"), "w+b")
    return cast("BinaryIO", tempfile.TemporaryFile())
