"""The vault in an object store (S3, Azure, Google, or any other that obstore speaks to).

The objects are the files of `tocsin.evidence.folder` under the same names. A content is encrypted into a
temporary file first, so that nothing is sent of bytes that are not what their digest says.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from tocsin.evidence import sealed_files
from tocsin.evidence.errors import NotInVaultError, VaultAccessError, VaultFullError
from tocsin.evidence.keys import Keys
from tocsin.evidence.vault import SUFFIX, place_of

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class ObjectVault:
    """Implements `tocsin.evidence.vault.Vault`. Durable on return is what the store calls so."""

    def __init__(self, store: "ObjectStore", keys: Keys) -> None:
        """Use `store`, whose paths begin where the vault does."""
        self._store = store
        self._keys = keys

    def put(self, source: BinaryIO, sha256: bytes) -> None:
        """Keep what `source` (seekable, at its beginning) holds. See `Vault.put`.

        Raises VaultFullError, VaultAccessError, WrongContentError.
        """
        import obstore  # noqa: PLC0415  # an extra

        place, size = place_of(sha256), sealed_files.size_of(source)
        with _translated():
            if self._is_whole(place, size):
                return
            with sealed_files.private_file(size) as file:
                sealed_files.encrypt(source, file, self._keys.identity(self._keys.vault_id), sha256)
                file.seek(0)
                obstore.put(self._store, place, file)

    @contextmanager
    def open(self, sha256: bytes) -> Iterator[BinaryIO]:
        """The content, decrypted and verified. See `Vault.open`.

        Raises NotInVaultError, VaultDamagedError, MissingKeyError, VaultAccessError, VaultFullError.
        """
        with self._kept(sha256) as kept:
            plain = sealed_files.private_file(sealed_files.size_of(kept))
            try:
                with _translated():
                    sealed_files.decrypt(kept, plain, self._keys.identities(), sha256)
            except BaseException:
                plain.close()
                raise
        with plain:
            yield plain

    def has(self, sha256: bytes) -> bool:
        """Whether there is an object for it. Raises VaultAccessError."""
        import obstore  # noqa: PLC0415  # an extra

        with _translated():
            try:
                obstore.head(self._store, place_of(sha256))
            except FileNotFoundError:
                return False
            return True

    def destroy(self, sha256: bytes) -> bool:
        """Remove a content; False if it was not there. A store that keeps versions keeps them.

        See `Vault.destroy`. Raises VaultAccessError.
        """
        import obstore  # noqa: PLC0415  # an extra

        if not self.has(sha256):
            return False
        with _translated():
            obstore.delete(self._store, place_of(sha256))
        return True

    def digests(self) -> Iterator[bytes]:
        """What the store holds. Raises VaultAccessError."""
        import obstore  # noqa: PLC0415  # an extra

        with _translated():
            for page in obstore.list(self._store):
                for found in page:
                    name = found["path"].rpartition("/")[2].removesuffix(SUFFIX)
                    with suppress(ValueError):  # a name that is no digest is none of ours
                        yield bytes.fromhex(name)

    def renew(self, sha256: bytes) -> bool:
        """Encrypt a content to the current identity; False if it was so already.

        Raises NotInVaultError, VaultDamagedError, MissingKeyError, VaultAccessError, VaultFullError.
        """
        import obstore  # noqa: PLC0415  # an extra

        identity = self._keys.identity(self._keys.vault_id)
        with self._kept(sha256) as kept:
            if sealed_files.opens(kept, identity):
                return False
        with (
            self.open(sha256) as plain,
            _translated(),
            sealed_files.private_file(sealed_files.size_of(plain)) as file,
        ):
            sealed_files.encrypt(plain, file, identity, sha256)
            file.seek(0)
            obstore.put(self._store, place_of(sha256), file)
        return True

    @contextmanager
    def _kept(self, sha256: bytes) -> Iterator[BinaryIO]:
        """An object as it is, in a private file. Raises NotInVaultError, VaultAccessError, VaultFullError."""
        import obstore  # noqa: PLC0415  # an extra

        with _translated():
            try:
                answer = obstore.get(self._store, place_of(sha256))
            except FileNotFoundError as error:
                message = f"the vault does not hold {sha256.hex()}"
                raise NotInVaultError(message) from error
            kept = sealed_files.private_file(answer.meta["size"])
            try:
                for piece in answer.stream():
                    kept.write(piece)
                kept.seek(0)
            except BaseException:
                kept.close()
                raise
        with kept:
            yield kept

    def _is_whole(self, place: str, size: int) -> bool:
        import obstore  # noqa: PLC0415  # an extra

        try:
            length = obstore.head(self._store, place)["size"]
        except FileNotFoundError:
            return False
        end = min(length, sealed_files.LONGEST_HEADER)
        beginning = bytes(obstore.get_range(self._store, place, start=0, end=end)) if end else b""
        return sealed_files.is_whole(beginning, length, size)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the store's errors into ours."""
    from obstore.exceptions import BaseError  # noqa: PLC0415  # an extra

    try:
        yield
    except BaseError as error:
        message = f"the object store: {error}"
        raise VaultAccessError(message) from error
    except OSError as error:
        ours = VaultFullError if error.errno in {errno.ENOSPC, errno.EDQUOT} else VaultAccessError
        message = f"the object store: {error}"
        raise ours(message) from error
