"""Vaults to be tested, altered copies of rows, and what a check of a ledger says."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from obstore.store import LocalStore, MemoryStore

from tocsin.evidence import chain
from tocsin.evidence.chain import Head, Row, Tip
from tocsin.evidence.checking import LedgerCheck
from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import LEDGER, Keys
from tocsin.evidence.objects import ObjectVault
from tocsin.evidence.vault import Vault

COLUMNS = (
    "number",
    "time",
    "actor",
    "kind",
    "subject",
    "detail",
    "previous",
    "hash",
    "key_id",
    "signature",
)
"""Of a row, as the table has them."""


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """The keys of a home in a folder of the test."""
    return Keys.open(tmp_path, create=True)


@pytest.fixture(params=["folder", "object store in a folder", "object store in memory"])
def vault(request: pytest.FixtureRequest, tmp_path: Path, keys: Keys) -> Vault:
    """An empty vault of each kind."""
    if request.param == "folder":
        return FolderVault(tmp_path / FOLDER, keys)
    if request.param == "object store in memory":
        return ObjectVault(MemoryStore(), keys)
    return ObjectVault(LocalStore(str(tmp_path / "objects"), mkdir=True), keys)


def put(vault: Vault, content: bytes) -> bytes:
    """Put a content into a vault; its digest."""
    digest = hashlib.sha256(content).digest()
    vault.put(io.BytesIO(content), digest)
    return digest


def read(vault: Vault, digest: bytes) -> bytes:
    """A content of a vault."""
    with vault.open(digest) as file:
        return file.read()


def home_check(keys: Keys, identity: str, heads: Iterable[Head] = (), tip: Tip | None = None) -> LedgerCheck:
    """The check of a home that has these keys."""
    known = {one: keys.public(one) for one in keys.ids(LEDGER)}
    return LedgerCheck(chain.genesis(identity), known=known, heads=iter(heads), tip=tip)


def changed(value: int | str | bytes) -> int | str | bytes:
    """Another value of the same type and kind, as little different as can be."""
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    last = "b" if value.endswith("a") else "a"
    return value[:-1] + last


def altered(row: Row, column: str) -> Row:
    """The row with another value in a column."""
    fields: dict[str, Any] = {column: changed(getattr(row, column))}
    return replace(row, **fields)


def rehashed(rows: list[Row], at: int) -> Iterator[Row]:
    """The rows with new hashes from a place on, as somebody makes them who has the database but no key."""
    previous = rows[at].previous
    for place, row in enumerate(rows):
        if place < at:
            yield row
            continue
        linked = replace(row, previous=previous)
        previous = chain.hash_of(linked)
        yield replace(linked, hash=previous)
