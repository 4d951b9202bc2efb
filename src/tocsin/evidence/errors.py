"""What can go wrong with keys, vault and ledger, and what to do about it."""

from tocsin.errors import Error, Refusal


class KeysError(Error):
    """The node's keys cannot be used."""

    code = "evidence.keys"
    advice = "Check that the folder `keys` of the home may be read and written by you."


class NoKeysError(KeysError):
    """There are no keys in this home."""

    code = "evidence.no_keys"
    advice = "Keys are made when something is first recorded; or put back the home's `keys` from a backup."


class MissingKeyError(KeysError):
    """A key that is needed is not in this home."""

    code = "evidence.missing_key"
    advice = "Put the key's file back from a backup, or copy `keys` from the machine that has it."


class KeysDamagedError(KeysError):
    """A file of the node's keys is damaged."""

    code = "evidence.keys_damaged"
    advice = "Put the home's `keys` back from a backup; without them the vault cannot be opened."


class SealBrokenError(KeysError):
    """A sealed secret was altered, or was sealed for another purpose or by another home's keys."""

    code = "evidence.seal_broken"
    advice = "Set the secret anew; if nobody altered the database, put the home's `keys` back from a backup."


class VaultError(Error):
    """The vault cannot be used."""

    code = "evidence.vault"
    advice = "Look at the message, and at the disk or object store where the vault is."


class VaultFullError(VaultError):
    """There is no room left in the vault."""

    code = "evidence.vault_full"
    advice = "Make room on the disk (or raise the quota) and try again; nothing was half-written."


class VaultAccessError(VaultError):
    """The vault cannot be read or written."""

    code = "evidence.vault_access"
    advice = "Check that the vault's disk or object store can be reached, and may be read and written by you."


class VaultDamagedError(VaultError):
    """A content in the vault is not what it was when it was put there."""

    code = "evidence.vault_damaged"
    advice = "Put the file back from a backup; what it holds now cannot be relied on."


class NotInVaultError(VaultError):
    """The vault does not hold this content."""

    code = "evidence.not_in_vault"
    advice = "Put the file back from a backup, or submit the content again."


class WrongContentError(VaultError):
    """The bytes are others than their digest says."""

    code = "evidence.wrong_content"
    advice = "They changed while they were read: submit the content again."


class InvalidEventError(Error):
    """An event cannot be written down as it is."""

    code = "evidence.invalid_event"
    advice = "Texts must be valid Unicode, numbers whole and below 2^53; use text for others."


class LedgerFormatError(Error):
    """This is no exported ledger."""

    code = "evidence.ledger_format"
    advice = "Name a file that `tocsin ledger export` wrote."


class NotRenderedError(Error):
    """Nothing of this content can be shown."""

    code = "evidence.not_rendered"
    advice = "Judge it by what else is known of it: matches, signs of origin, context."

    def __init__(self, refusal: Refusal) -> None:
        """`refusal` says why: its code, sentence and advice are more precise than this error's."""
        self.refusal = refusal
        super().__init__(refusal.message)


class RendererBusyError(Error):
    """All sandbox children that make previews are at work, and none became free in time."""

    code = "evidence.renderer_busy"
    advice = "Try again in a moment."
