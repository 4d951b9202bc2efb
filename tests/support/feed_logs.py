"""Logs of feeds made by code: keys from seeds, items that say nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyrage import x25519

from tocsin.exchange.feed.bundles import open_bundle, seal
from tocsin.exchange.feed.following import Follower
from tocsin.exchange.feed.log import LogWriter
from tocsin.exchange.feed.notes import Signer, Verifier
from tocsin.exchange.feed.sources import FolderSource

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

NAME = "a.example/feed"
NOW = 1_800_000_000


def signer(seed: int, name: str = NAME) -> Signer:
    """A key that is the same each time."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return Signer(Verifier(name, key.public_key().public_bytes_raw()), key.sign)


def items(start: int, count: int) -> list[bytes]:
    """Lines that differ."""
    return [b'{"item":%d}' % number for number in range(start, start + count)]


@dataclass
class Feed:
    """A feed in a folder, and somebody who can open it."""

    folder: Path
    key: Signer
    reader: "Identity"

    @classmethod
    def begin(cls, folder: Path, seed: int = 1) -> "Feed":
        """An empty feed."""
        feed = cls(folder, signer(seed), x25519.Identity.generate())
        LogWriter.create(folder, [feed.key], NOW).close()
        return feed

    def publish(self, lines: Sequence[bytes], now: int = NOW, per_bundle: int = 1) -> None:
        """Append the lines, `per_bundle` of them under each leaf."""
        with LogWriter.open(self.folder, [self.key]) as writer:
            recipient = str(self.reader.to_public())
            sealed = seal(lines, [recipient], self.key.verifier.name, per_bundle=per_bundle)
            writer.append([writer.put(one) for one in sealed], now)

    def follower(self, folder: Path | None = None) -> Follower:
        """Somebody who sees it for the first time, perhaps in a copy."""
        return Follower(FolderSource(folder or self.folder), self.key.verifier)

    def read(self, follower: Follower, start: int = 0) -> list[bytes]:
        """All it says, verified."""
        follower.look(NOW)
        found: list[bytes] = []
        for _, leaf in follower.leaves(start):
            opened = open_bundle(follower.body(leaf), [self.reader], self.key.verifier.name)
            assert opened is not None
            found += opened
        return found
