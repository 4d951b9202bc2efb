"""The contract of vaults, on every kind of them."""

import hashlib
import io
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.evidence import keys, put, read, vault

from tocsin.evidence.errors import NotInVaultError, VaultError, WrongContentError
from tocsin.evidence.keys import VAULT, Keys
from tocsin.evidence.vault import Vault

__all__ = ["keys", "vault"]

CHUNK = 65536


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311  # a sample, no secret


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 1_000_000])
def test_what_is_put_comes_back(vault: Vault, size: int) -> None:
    digest = put(vault, noise(size))
    assert vault.has(digest)
    assert read(vault, digest) == noise(size)
    assert list(vault.digests()) == [digest]


@given(content=st.binary(max_size=2000))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_content_comes_back(vault: Vault, content: bytes) -> None:
    digest = put(vault, content)
    put(vault, content)
    assert read(vault, digest) == content


def test_what_was_never_put_is_not_there(vault: Vault) -> None:
    digest = hashlib.sha256(b"never").digest()
    assert not vault.has(digest)
    assert list(vault.digests()) == []
    with pytest.raises(NotInVaultError), vault.open(digest):
        pass


def test_bytes_that_are_not_what_their_digest_says_are_refused(vault: Vault) -> None:
    digest = hashlib.sha256(b"one").digest()
    with pytest.raises(WrongContentError):
        vault.put(io.BytesIO(b"other"), digest)
    assert not vault.has(digest)
    assert list(vault.digests()) == []


def test_what_is_there_is_left_as_it_is(vault: Vault, keys: Keys) -> None:
    digest = put(vault, b"content")
    keys.rotate(VAULT)
    put(vault, b"content")
    assert vault.renew(digest), "it was still encrypted to the old identity"


def test_old_keys_go_on_opening_and_content_can_be_renewed(vault: Vault, keys: Keys) -> None:
    digests = [put(vault, noise(size)) for size in (10, 20)]
    old, _ = keys.rotate(VAULT)
    newer = put(vault, noise(30))
    assert [read(vault, one) for one in (*digests, newer)] == [noise(10), noise(20), noise(30)]
    assert [vault.renew(one) for one in (*digests, newer)] == [True, True, False]
    assert [vault.renew(one) for one in digests] == [False, False]
    (keys.folder / f"{VAULT}-{old}.key").unlink()
    assert [read(vault, one) for one in (*digests, newer)] == [noise(10), noise(20), noise(30)]


def test_a_source_that_fails_leaves_nothing(vault: Vault) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= CHUNK:
                message = "the disk is gone"
                raise OSError(5, message)
            return super().read(size)

    content = noise(5 * CHUNK)
    digest = hashlib.sha256(content).digest()
    with pytest.raises(VaultError, match="the disk is gone"):
        vault.put(Failing(content), digest)
    assert not vault.has(digest)
    assert put(vault, content) == digest


def test_threads_put_the_same_and_others_at_once(vault: Vault) -> None:
    start = threading.Barrier(6)

    def work(number: int) -> bytes:
        start.wait()
        return put(vault, noise(100_000 + number % 2))

    with ThreadPoolExecutor(6) as pool:
        digests = set(pool.map(work, range(6)))
    assert digests == set(vault.digests())
    assert {len(read(vault, one)) for one in digests} == {100_000, 100_001}


def test_what_is_destroyed_is_gone_and_nothing_else_is(vault: Vault) -> None:
    digest, other = put(vault, noise(300_000)), put(vault, noise(10))
    assert vault.destroy(digest)
    assert not vault.has(digest)
    assert list(vault.digests()) == [other]
    with pytest.raises(NotInVaultError), vault.open(digest):
        pass
    assert not vault.destroy(digest), "it was not there any more"
    assert put(vault, noise(300_000)) == digest
    assert read(vault, digest) == noise(300_000)
