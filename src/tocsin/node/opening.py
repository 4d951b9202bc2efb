"""The vault of a home, as its settings name it."""

from pathlib import Path

from tocsin.evidence.keys import Keys
from tocsin.evidence.opening import open_vault
from tocsin.evidence.vault import Vault
from tocsin.node.settings import NodeSettings


def home_vault(home: Path, keys: Keys) -> Vault:
    """The vault. Raises SettingsError, VaultAccessError."""
    return open_vault(home, keys, NodeSettings.read(home).vault)
