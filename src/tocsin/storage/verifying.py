"""Verifying all the evidence of a home: its ledger, its vault, and that the two and the tables agree."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin.evidence import chain
from tocsin.evidence.checking import Broken, LedgerCheck
from tocsin.evidence.errors import MissingKeyError, NoKeysError, VaultDamagedError
from tocsin.evidence.keys import LEDGER, Keys
from tocsin.evidence.tip import FILE, read_tip
from tocsin.evidence.vault import Vault
from tocsin.storage import case_vouching, filing_vouching, hold_vouching, notice_vouching, vouching
from tocsin.storage.database import Database
from tocsin.storage.ledger import LedgerStore

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_PAGE: Final = 1000
_UNRECORDED = """SELECT id FROM submission WHERE NOT EXISTS
    (SELECT 1 FROM ledger WHERE subject = 'submission:' || submission.id AND kind = 'submission.received')
    ORDER BY number"""
# 12: after "submission:". A comparison with the column itself can use its index.
_UNKNOWN = """SELECT subject FROM ledger WHERE kind = 'submission.received' AND NOT EXISTS
    (SELECT 1 FROM submission WHERE submission.id = SUBSTR(ledger.subject, 12)) ORDER BY time, number"""
# Destroyed, and not submitted again since.
_CONTENTS = """
    SELECT id, sha256, EXISTS (SELECT 1 FROM destruction
        WHERE destruction.sha256 = content.sha256 AND destruction.state = 'destroyed'
            AND destruction.ended >
                (SELECT MAX(submission.received) FROM submission WHERE submission.content_id = content.id))
    FROM content WHERE id > ? ORDER BY id LIMIT ?"""
_COUNT_CONTENTS = "SELECT COUNT(*) FROM content"


@dataclass(slots=True)
class Verification:
    """What is verified, and how far that has come."""

    database: Database
    home: Path
    vault: Vault | None = None
    """None where the vault is not to be read."""
    roots: "Sequence[Certificate]" = ()
    """As of LedgerCheck."""
    fingerprint: bytes | None = None
    """As of LedgerCheck; all that is known of the key that began the ledger of a home without keys."""
    rows: int = 0
    heads: int = 0
    stamps: int = 0
    files: int = 0
    keys: dict[str, bytes] = field(default_factory=dict)
    """The public keys that the ledger introduced, by id."""

    def size(self) -> int:
        """How many steps it will take: rows, and files of the vault."""
        with self.database.reading():
            contents = self.database.number(_COUNT_CONTENTS) if self.vault is not None else 0
        return LedgerStore(self.database).count() + contents

    def run(self, advance: Callable[[int], None] = lambda _: None) -> Iterator[Broken]:
        """Everything that is broken: in the ledger in its order, then in the vault, then between them."""
        yield from self._ledger(advance)
        yield from self._references()
        if self.vault is not None:
            yield from self._files(self.vault, advance)

    def _ledger(self, advance: Callable[[int], None]) -> Iterator[Broken]:
        store = LedgerStore(self.database)
        # In this order, so that rows appended meanwhile are not missed by what was said of fewer rows.
        tip, heads, count = read_tip(self.home / FILE), list(store.heads()), store.count()
        check = LedgerCheck(
            chain.genesis(store.identity()),
            self.fingerprint,
            known=_public_keys(self.home),
            heads=iter(heads),
            tip=tip,
            roots=self.roots,
        )
        for broken in check.check(store.rows(), count):
            yield broken
            advance(check.rows)
        if (now := store.count()) < check.last:
            yield Broken("counter", f"it says {now}, but the last row is {check.last}")
        self.rows, self.heads, self.keys = check.rows, check.heads_checked, check.keys
        self.stamps = check.stamps_checked

    def _references(self) -> Iterator[Broken]:
        """Submissions and their first rows in the ledger, both ways."""
        with self.database.reading():
            unrecorded = self.database.rows(_UNRECORDED)
            unknown = self.database.rows(_UNKNOWN)
        for (identity,) in unrecorded:
            yield Broken(f"submission {identity}", "the ledger does not say that it was received")
        for (subject,) in unknown:
            identity = str(subject).removeprefix("submission:")
            yield Broken(f"submission {identity}", "the ledger says that it was received, but it is gone")
        if (keys := _keys(self.home)) is not None:
            yield from vouching.broken(self.database, keys)
            yield from case_vouching.broken(self.database, keys)
            yield from filing_vouching.broken(self.database, keys)
            yield from hold_vouching.broken(self.database, keys)
            yield from notice_vouching.broken(self.database, keys)

    def _files(self, vault: Vault, advance: Callable[[int], None]) -> Iterator[Broken]:
        """Each content of the database is in the vault unless destroyed; each file there is what it was."""
        for sha256, destroyed in self._contents():
            if vault.has(sha256) == destroyed:
                why = (
                    "it was destroyed, but the vault holds it" if destroyed else "the vault does not hold it"
                )
                yield Broken(f"file {sha256.hex()}", why)
        for sha256 in vault.digests():
            self.files += 1
            advance(self.rows + self.files)
            try:
                with vault.open(sha256):
                    pass
            except (VaultDamagedError, MissingKeyError) as error:
                yield Broken(f"file {sha256.hex()}", error.message)

    def _contents(self) -> Iterator[tuple[bytes, bool]]:
        """Each content, and whether it was destroyed."""
        after = 0
        while True:
            with self.database.reading():
                page = self.database.rows(_CONTENTS, (after, _PAGE))
            yield from ((sha256, bool(destroyed)) for _, sha256, destroyed in page)
            if len(page) < _PAGE:
                return
            after = page[-1][0]


def _public_keys(home: Path) -> dict[str, bytes] | None:
    """The public parts of a home's ledger keys; None where it has no keys."""
    keys = _keys(home)
    return None if keys is None else {one: keys.public(one) for one in keys.ids(LEDGER)}


def _keys(home: Path) -> Keys | None:
    try:
        return Keys.open(home)
    except NoKeysError:
        return None
