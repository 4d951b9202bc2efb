"""Following a feed: what its host shows is held against the partner's key and what was seen before."""

import hashlib
from collections.abc import Iterator
from typing import Final

from tocsin.exchange.feed.bundles import LIMITS, Limits
from tocsin.exchange.feed.errors import (
    AheadError,
    AlteredError,
    LimitError,
    NotSignedError,
    StaleError,
    WithheldError,
)
from tocsin.exchange.feed.notes import LONGEST_NOTE, Checkpoint, Verifier, read_checkpoint
from tocsin.exchange.feed.rotation import newest_key
from tocsin.exchange.feed.sources import Source
from tocsin.exchange.feed.tiles import CHECKPOINT, Leaf
from tocsin.exchange.feed.tree import Seen, SignedTree

DAY: Final = 86400
SKEW: Final = 600
"""Seconds that a partner's clock may be ahead of ours."""


class Follower:
    """One look at a partner's feed; made anew for each run.

    `look` first; then `leaves` from where the last run stopped, and `body` of those that are wanted.
    """

    def __init__(
        self,
        source: Source,
        verifier: Verifier,
        seen: Seen | None = None,
        *,
        oldest: int = DAY,
        limits: Limits = LIMITS,
    ) -> None:
        """Follow the feed that `verifier` names, in `source`.

        `seen`: the tree of the last look, None before the first. `oldest`: seconds after which a signed time
        is stale; a disk that is carried needs more than a network.
        """
        self.verifier = verifier
        """The partner's key; after `look` the one that signs now, where this names it: to be remembered."""
        self.seen = seen
        self._source = source
        self._oldest = oldest
        self._limits = limits
        self.note = b""
        """The checkpoint as it was read."""
        self._tree: SignedTree | None = None

    def look(self, now: int) -> Seen:
        """Verify the checkpoint and all it rests on; what is to be remembered for the next look.

        `now`: seconds since 1970. Raises NotSignedError, RevokedError, RollbackError, ForkError,
        WithheldError, AlteredError, StaleError, AheadError, and what the source raises.
        """
        self.verifier = newest_key(self._source, self.verifier)
        checkpoint = self._checkpoint()
        tree = SignedTree(self._source, checkpoint.size, checkpoint.root)
        if self.seen is not None:
            tree.check_contains(self.seen)
        _check_time(checkpoint.time, now, self._oldest)
        self._tree = tree
        self.seen = Seen(checkpoint.size, checkpoint.root, checkpoint.time)
        return self.seen

    def leaves(self, start: int = 0) -> Iterator[tuple[int, Leaf]]:
        """The leaves from `start` on with their indices, each proven to be in the tree that `look` saw."""
        return self.tree.leaves(start)

    def body(self, leaf: Leaf) -> bytes:
        """The file of a leaf, proven. Raises WithheldError, AlteredError, LimitError (too large)."""
        if leaf.size > self._limits.sealed:
            message = f"a bundle of {leaf.size} bytes is more than the {self._limits.sealed} that are taken"
            raise LimitError(message)
        data = self._source.read(leaf.name, leaf.size)
        if data is None or len(data) < leaf.size:
            message = f"{leaf.name} is {'missing' if data is None else 'cut'}"
            raise WithheldError(message)
        if len(data) != leaf.size or hashlib.sha256(data).digest() != leaf.sha256:
            message = f"{leaf.name} is not what was signed"
            raise AlteredError(message)
        return data

    def compare(self, note: bytes) -> None:
        """Hold a checkpoint that somebody else saw against this one, to find that each is told its own past.

        Raises NotSignedError if the key did not sign it, ForkError if both cannot be of one log,
        RollbackError if it is the newer one: then this source holds something back.
        """
        other = read_checkpoint(note, self.verifier)
        self.tree.check_contains(Seen(other.size, other.root, other.time))

    @property
    def tree(self) -> SignedTree:
        """What `look` saw. Raises WithheldError before it did."""
        if self._tree is None:
            message = "look at the feed first"
            raise WithheldError(message)
        return self._tree

    def _checkpoint(self) -> Checkpoint:
        note = self._source.read(CHECKPOINT, LONGEST_NOTE)
        if note is None:
            message = f"there is no checkpoint of {self.verifier.name}"
            raise WithheldError(message)
        if len(note) > LONGEST_NOTE:
            raise NotSignedError
        self.note = note
        return read_checkpoint(note, self.verifier)


def _check_time(time: int, now: int, oldest: int) -> None:
    if time > now + SKEW:
        message = f"the feed says that it is {time - now} seconds from now"
        raise AheadError(message)
    if time < now - oldest:
        message = f"the feed was signed {now - time} seconds ago; at most {oldest} are allowed"
        raise StaleError(message)
