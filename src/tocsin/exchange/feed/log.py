"""Writing the log of a feed: a folder of files that any host can serve.

Order is what makes it safe: bundles, then tiles, then the checkpoint, each durable before the next. What no
checkpoint covers is nobody's business, so a writer that is killed leaves a log that verifies.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from tocsin.evidence import files
from tocsin.evidence.files import sync_folder
from tocsin.exchange.feed.bundles import Bundle
from tocsin.exchange.feed.errors import FeedError, LogAccessError, LogBusyError, LogDamagedError
from tocsin.exchange.feed.merkle import EMPTY_ROOT, WIDTH, edge, leaf_hash, levels, root, subtree_root
from tocsin.exchange.feed.notes import (
    LONGEST_NOTE,
    Checkpoint,
    Signer,
    read_checkpoint,
    sign_checkpoint,
)
from tocsin.exchange.feed.rotation import change_note, fate_name, revocation_note
from tocsin.exchange.feed.sources import FolderSource
from tocsin.exchange.feed.tiles import CHECKPOINT, Leaf, join_leaves, tile_name
from tocsin.exchange.feed.tree import ENTRIES, Seen, SignedTree

_PUBLIC_MODE: Final = 0o644
_LOCK: Final = ".lock"


class LogWriter:
    """The one writer of a log; others may read its folder meanwhile. Use `create`, `open`, and `with`."""

    def __init__(self, folder: Path, signers: Sequence[Signer], lock: int, checkpoint: Checkpoint) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self.checkpoint = checkpoint
        """As it was signed last."""
        self._signers = tuple(signers)
        self._lock = lock
        self._edges: list[list[bytes]] = []
        self._entries: list[bytes] = []

    @classmethod
    def create(cls, folder: Path, signers: Sequence[Signer], now: int) -> Self:
        """Begin a log in a folder that holds none. Raises LogDamagedError if it does, LogBusyError."""
        with _translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(folder)
        try:
            _check_none(folder)
            writer = cls(folder, signers, lock, _empty(signers))
            writer.sign(now)
        except BaseException:
            os.close(lock)
            raise
        return writer

    @classmethod
    def open(cls, folder: Path, signers: Sequence[Signer], known: Seen | None = None) -> Self:
        """Go on with a log. `known`: what this node remembers elsewhere to have signed last.

        The first of `signers` is the key of the feed's name; during a rotation the old and the new one sign.
        Raises LogDamagedError if the folder does not verify, or is behind `known` or beside it (an old
        backup, say): to sign it would be a fork. Raises LogBusyError.
        """
        lock = _locked(folder)
        try:
            writer = cls(folder, signers, lock, _empty(signers))
            writer._load(known)
        except BaseException:
            os.close(lock)
            raise
        return writer

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let others write."""
        self.close()

    def close(self) -> None:
        """Let others write."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def size(self) -> int:
        """How many leaves are signed."""
        return self.checkpoint.size

    def put(self, bundle: Bundle) -> Leaf:
        """Write a bundle's file, durably; its leaf, to be appended. Twice the same changes nothing."""
        leaf = bundle.leaf
        self._write(leaf.name, bundle.data)
        return leaf

    def append(self, leaves: Sequence[Leaf], now: int) -> Checkpoint:
        """Append leaves whose files are there, and sign the tree, as of `now` (seconds since 1970)."""
        entries, edges, size = list(self._entries), [list(one) for one in self._edges], self.size
        dirty: set[int] = set()
        for leaf in leaves:
            data = leaf.to_bytes()
            entries.append(data)
            dirty |= self._grow(edges, leaf_hash(data), size)
            size += 1
            if len(entries) == WIDTH:
                self._write(tile_name(ENTRIES, (size - 1) // WIDTH), join_leaves(entries))
                entries = []
        if entries and leaves:
            self._write(tile_name(ENTRIES, *edge(size, 0)), join_leaves(entries))
        for level in sorted(dirty):
            if edges[level]:
                self._write(tile_name(level, *edge(size, level)), b"".join(edges[level]))
        before = self.size
        self._sign(Checkpoint(self.checkpoint.origin, size, root(size, lambda at: edges[at]), now))
        self._entries, self._edges = entries, edges
        self._drop_partial(before)
        return self.checkpoint

    def sign(self, now: int) -> Checkpoint:
        """Sign the same tree as being the newest at `now`: what keeps a quiet feed fresh."""
        self._sign(Checkpoint(self.checkpoint.origin, self.size, self.checkpoint.root, now))
        return self.checkpoint

    def rotate(self, new: Signer, now: int) -> Checkpoint:
        """Let `new` take the place of the key; the old one still signs beside it, until `open` lacks it."""
        old = self._signers[0]
        self._write(fate_name(old.verifier), change_note(old, new))
        self._signers = (new, old)
        return self.sign(now)

    def revoke(self, key: Signer) -> None:
        """Say, signed by itself, that a key is not to be believed any more."""
        self._write(fate_name(key.verifier), revocation_note(key))

    def leaves(self, start: int = 0) -> Iterator[tuple[int, Leaf]]:
        """The leaves from an index on, verified: so that who was killed knows what was appended."""
        return SignedTree(FolderSource(self.folder), self.checkpoint.size, self.checkpoint.root).leaves(start)

    def _load(self, known: Seen | None) -> None:
        source = FolderSource(self.folder)
        note = source.read(CHECKPOINT, LONGEST_NOTE)
        if note is None:
            message = f"there is no feed in {self.folder}"
            raise LogDamagedError(message)
        try:
            self.checkpoint = _read_own(note, self._signers)
            tree = SignedTree(source, self.checkpoint.size, self.checkpoint.root)
            if known is not None:
                tree.check_contains(known)
            self._edges = [list(tree.edge(level)) for level in levels(self.size)]
            self._entries = tree.entries(*edge(self.size, 0)) if self.size % WIDTH else []
        except FeedError as error:
            message = f"the feed in {self.folder} is not as it was signed: {error.message}"
            raise LogDamagedError(message) from error

    def _grow(self, edges: list[list[bytes]], hashed: bytes, size: int) -> set[int]:
        """Add a leaf's hash to a tree of `size`, writing tiles that become full; levels that changed."""
        changed = set()
        for level in range(len(edges) + 1):
            if level == len(edges):
                edges.append([])
            edges[level].append(hashed)
            changed.add(level)
            if len(edges[level]) < WIDTH:
                break
            self._write(tile_name(level, edge(size, level)[0]), b"".join(edges[level]))
            hashed = subtree_root(edges[level])
            edges[level] = []
        return changed

    def _sign(self, checkpoint: Checkpoint) -> None:
        note = sign_checkpoint(checkpoint, self._signers)
        with _translated(self.folder):
            files.write_durably(self.folder / CHECKPOINT, note, _PUBLIC_MODE)
        self.checkpoint = checkpoint

    def _write(self, name: str, data: bytes) -> None:
        """Write a file durably, and the folders it needs."""
        path = self.folder / name
        with _translated(path):
            _make_folders(self.folder, path.parent)
            with suppress(FileNotFoundError):
                if path.stat().st_size == len(data) and path.read_bytes() == data:
                    sync_folder(path.parent)  # who wrote it may have been killed just before doing so
                    return
            files.write_durably(path, data, _PUBLIC_MODE)

    def _drop_partial(self, before: int) -> None:
        """Remove partial tiles of which the full one is signed now."""
        for level in (ENTRIES, *levels(self.size)):
            at = 0 if isinstance(level, str) else level
            for index in range(edge(before, at)[0], edge(self.size, at)[0]):
                folder = self.folder / f"{tile_name(level, index)}.p"
                with suppress(FileNotFoundError):
                    for path in list(folder.iterdir()):
                        path.unlink(missing_ok=True)
                    folder.rmdir()


def _check_none(folder: Path) -> None:
    if (folder / CHECKPOINT).exists() or (folder / "tile").exists():
        message = f"there is a feed in {folder} already"
        raise LogDamagedError(message)


def _empty(signers: Sequence[Signer]) -> Checkpoint:
    return Checkpoint(signers[0].verifier.name, 0, EMPTY_ROOT, 0)


def _read_own(note: bytes, signers: Sequence[Signer]) -> Checkpoint:
    """The checkpoint as any of our keys signed it last: one of them may be new."""
    failure: FeedError | None = None
    for signer in signers:
        try:
            return read_checkpoint(note, signer.verifier)
        except FeedError as error:
            failure = error
    raise failure or LogDamagedError


def _locked(folder: Path) -> int:
    if not folder.is_dir():
        message = f"there is no feed in {folder}"
        raise LogDamagedError(message)
    with _translated(folder):
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise LogBusyError from error
    return handle


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"the feed cannot be written: {error.strerror or error}: {path}"
        raise LogAccessError(message) from error


def _make_folders(top: Path, folder: Path) -> None:
    """Make a folder below `top` durably."""
    if folder == top or folder.is_dir():
        return
    _make_folders(top, folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
