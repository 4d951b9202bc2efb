"""The vault: content by its SHA-256, encrypted at rest in the age format, verified whenever it is read."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, Final, Protocol

SUFFIX: Final = ".age"


def place_of(sha256: bytes) -> str:
    """Where a content is within the vault, in a folder and in an object store alike."""
    name = sha256.hex()
    return f"{name[:2]}/{name}{SUFFIX}"


class Vault(Protocol):
    """Where content bytes rest."""

    def put(self, source: BinaryIO, sha256: bytes) -> None:
        """Keep what `source` (at its beginning) holds, of this SHA-256: durable on return.

        What is there already is left as it is. Raises VaultError when it cannot be written, or when the bytes
        are others than the digest says.
        """
        ...

    def open(self, sha256: bytes) -> AbstractContextManager[BinaryIO]:
        """The content of that digest, decrypted into a private temporary file and verified before that.

        Raises NotInVaultError, VaultDamagedError.
        """
        ...

    def has(self, sha256: bytes) -> bool:
        """Whether it is there, without reading it."""
        ...

    def renew(self, sha256: bytes) -> bool:
        """Encrypt a content to the key that is current now; False if it was so already. Raises VaultError."""
        ...

    def destroy(self, sha256: bytes) -> bool:
        """Remove a content for good; False if it was not there. Raises VaultError.

        Only `tocsin.filing.destroying` calls this: whoever else could delete content has to ask for holds.
        """
        ...

    def digests(self) -> Iterator[bytes]:
        """What the vault holds, in no particular order."""
        ...
