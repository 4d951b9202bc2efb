"""Which vault a home has."""

from pathlib import Path

from tocsin.evidence.errors import VaultAccessError
from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import Keys
from tocsin.evidence.vault import Vault


def open_vault(home: Path, keys: Keys, url: str = "") -> Vault:
    """The vault at `url`, an object store's such as `s3://bucket/folder`; the home's folder if it is empty.

    Raises VaultAccessError.
    """
    if not url:
        return FolderVault(home / FOLDER, keys)
    try:
        from obstore.exceptions import BaseError  # noqa: PLC0415  # an extra
        from obstore.store import from_url  # noqa: PLC0415
    except ImportError as error:
        message = "object stores need the extra `objects`: pip install 'tocsin[objects]'"
        raise VaultAccessError(message) from error
    from tocsin.evidence.objects import ObjectVault  # noqa: PLC0415

    try:
        return ObjectVault(from_url(url), keys)
    except (BaseError, ValueError) as error:
        message = f"the vault's URL cannot be used: {error}"
        raise VaultAccessError(message) from error
