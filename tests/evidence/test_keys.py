"""Keys: made once, kept for ever, and sealing small secrets."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.evidence import keys
from support.evidence_processes import finished, started_child

from tocsin.errors import Error
from tocsin.evidence.errors import (
    KeysDamagedError,
    MissingKeyError,
    NoKeysError,
    SealBrokenError,
)
from tocsin.evidence.keys import LEDGER, VAULT, Keys

__all__ = ["keys"]


def test_there_are_none_until_they_are_made(tmp_path: Path) -> None:
    with pytest.raises(NoKeysError):
        Keys.open(tmp_path)
    made = Keys.open(tmp_path, create=True)
    again = Keys.open(tmp_path, create=True)
    assert (made.ledger_id, made.vault_id) == (again.ledger_id, again.vault_id)


@pytest.mark.slow  # starts processes
def test_processes_make_one_set(tmp_path: Path) -> None:
    running = [started_child(tmp_path, "keys") for _ in range(6)]
    said = {tuple(finished(child)) for child in running}
    assert len(said) == 1
    assert len(list((tmp_path / "keys").glob("*.key"))) == 2


def test_signatures_verify_with_the_public_part(keys: Keys) -> None:
    signature = keys.sign(keys.ledger_id, b"message")
    Ed25519PublicKey.from_public_bytes(keys.public(keys.ledger_id)).verify(signature, b"message")


def test_old_keys_stay_and_everybody_sees_the_new_one(keys: Keys, tmp_path: Path) -> None:
    other = Keys.open(tmp_path)
    old, new = keys.rotate(LEDGER)
    assert old != new == keys.ledger_id == other.ledger_id
    assert set(other.ids(LEDGER)) == {old, new}
    assert other.public(old) != other.public(new)
    before, after = other.rotate(VAULT)
    assert keys.vault_id == after
    assert len(keys.identities()) == 2
    assert set(keys.ids(VAULT)) == {before, after}


@given(secret=st.binary(max_size=200), purpose=st.text(max_size=20), place=st.integers(0, 1 << 16))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_seal_opens_for_its_purpose_and_unaltered_only(
    keys: Keys, secret: bytes, purpose: str, place: int
) -> None:
    sealed = keys.seal(secret, purpose)
    assert keys.unseal(sealed, purpose) == secret
    with pytest.raises(SealBrokenError):
        keys.unseal(sealed, purpose + "x")
    at = place % len(sealed)
    with pytest.raises((SealBrokenError, MissingKeyError)):
        keys.unseal(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], purpose)
    with pytest.raises((SealBrokenError, MissingKeyError)):
        keys.unseal(sealed[:at], purpose)


def test_a_seal_of_an_old_key_still_opens_and_another_homes_does_not(keys: Keys, tmp_path: Path) -> None:
    sealed = keys.seal(b"secret")
    keys.rotate(VAULT)
    assert keys.unseal(sealed) == b"secret"
    (tmp_path / "other").mkdir()
    with pytest.raises(MissingKeyError):
        Keys.open(tmp_path / "other", create=True).unseal(sealed)


@pytest.mark.parametrize(
    "damage", [b"", b"nonsense", b"\xff\xfe", b"{}", b"[1]", b'{"vault": 1, "ledger": 2}']
)
def test_damaged_files_are_named_and_never_replaced(keys: Keys, tmp_path: Path, damage: bytes) -> None:
    for path in sorted(keys.folder.iterdir()):
        whole = path.read_bytes()
        path.write_bytes(damage)
        with pytest.raises(KeysDamagedError) as told:
            use(tmp_path)
        assert path.name in told.value.message
        assert path.read_bytes() == damage
        path.write_bytes(whole)
    use(tmp_path)


def test_keys_in_each_others_place_are_damaged(keys: Keys, tmp_path: Path) -> None:
    old, new = keys.rotate(LEDGER)
    (keys.folder / f"{LEDGER}-{new}.key").write_bytes((keys.folder / f"{LEDGER}-{old}.key").read_bytes())
    with pytest.raises(KeysDamagedError):
        use(tmp_path)


def test_a_missing_key_is_named(keys: Keys, tmp_path: Path) -> None:
    (keys.folder / f"{VAULT}-{keys.vault_id}.key").unlink()
    with pytest.raises(MissingKeyError, match=keys.vault_id):
        use(tmp_path)


def test_a_folder_that_cannot_be_made_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("in the way")
    with pytest.raises(Error):
        Keys.open(tmp_path, create=True)


def use(home: Path) -> None:
    """Use every key of a home."""
    keys = Keys.open(home, create=True)
    keys.sign(keys.ledger_id, b"message")
    keys.identities()
