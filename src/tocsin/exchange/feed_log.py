"""Our own feed's folder, as publishing writes to it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin.exchange.feed.bundles import seal
from tocsin.exchange.feed.errors import LogDamagedError
from tocsin.exchange.feed.log import LogWriter
from tocsin.exchange.feed.rotation import fate_name
from tocsin.exchange.feed.tiles import CHECKPOINT
from tocsin.exchange.feed.tree import Seen
from tocsin.exchange.feed_store import Feeds
from tocsin.exchange.keys import FeedKeys


@dataclass(frozen=True, slots=True)
class FeedLog:
    """The log in a folder; implements `publishing.Log`. One process writes at a time."""

    folder: Path
    keys: FeedKeys
    feeds: Feeds
    now: Callable[[], datetime]

    def publish(self, parts: Iterable[tuple[Sequence[str], Sequence[bytes]]]) -> int:
        """Seal each part and append all of them under one checkpoint; how many bundles that were.

        Raises NoFeedError, FeedKeysError, LogBusyError, LogDamagedError, OSError.
        """
        name = self.feeds.own().me.name
        with self._writer(name) as writer:
            bundles = (one for ages, lines in parts for one in seal(lines, ages, name))
            leaves = [writer.put(bundle) for bundle in bundles]
            if leaves:
                writer.append(leaves, self._seconds())
                self._remember(writer)
        return len(leaves)

    def refresh(self) -> None:
        """Sign the newest tree anew, with the time. Raises as `publish` does."""
        with self._writer(self.feeds.own().me.name) as writer:
            writer.sign(self._seconds())
            self._remember(writer)

    def _writer(self, name: str) -> LogWriter:
        """The log, begun if nothing was ever signed; a key that was rotated takes its place now."""
        signer, before = self.keys.signer(name), self.keys.signer_before(name)
        known = _seen(self.feeds.signed())
        if known is None and not (self.folder / CHECKPOINT).exists():
            return LogWriter.create(self.folder, [signer], self._seconds())
        if before is None:
            return LogWriter.open(self.folder, [signer], known)
        if (self.folder / fate_name(before.verifier)).exists():
            return LogWriter.open(self.folder, [signer, before], known)
        writer = LogWriter.open(self.folder, [before], known)
        try:
            writer.rotate(signer, self._seconds())
        except BaseException:
            writer.close()
            raise
        return writer

    def _remember(self, writer: LogWriter) -> None:
        """A folder that is behind this one day is an old copy, and is not written to."""
        tree = writer.checkpoint
        self.feeds.set_signed(json.dumps([tree.size, tree.root.hex(), tree.time]))

    def _seconds(self) -> int:
        return int(self.now().timestamp())


def _seen(text: str) -> Seen | None:
    """What `_remember` wrote. Raises LogDamagedError."""
    if not text:
        return None
    try:
        size, root, time = json.loads(text)
        return Seen(int(size), bytes.fromhex(root), int(time))
    except (ValueError, TypeError) as error:
        message = "what was signed last cannot be read"
        raise LogDamagedError(message) from error
