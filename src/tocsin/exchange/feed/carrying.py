"""Copying a feed onto a disk that is carried: what was proven, and the bundles that are still wanted."""

from pathlib import Path
from typing import Final

from tocsin.evidence.files import write_durably
from tocsin.exchange.feed.following import Follower
from tocsin.exchange.feed.merkle import WIDTH, edge, levels
from tocsin.exchange.feed.notes import LONGEST_NOTE, Verifier
from tocsin.exchange.feed.rotation import fate_name, read_fate
from tocsin.exchange.feed.sources import Source
from tocsin.exchange.feed.tiles import CHECKPOINT, join_leaves, tile_name
from tocsin.exchange.feed.tree import ENTRIES, SignedTree

_MODE: Final = 0o644


def carry(source: Source, known: Verifier, follower: Follower, target: Path, start: int = 0) -> int:
    """Copy what `follower` looked at into the folder `target`; how many bundles that were.

    The log is copied whole, which is small; bundles from the leaf `start` on, where whoever it is carried to
    stopped the last time. `known`: the key that they know, from which on notes about keys are copied. The
    checkpoint comes last, so a copy that was stopped is no feed yet, or is the one that was there before.
    Raises WithheldError, AlteredError, LimitError, OSError, and what the source raises.
    """
    tree, count = follower.tree, 0
    for _, leaf in tree.leaves(start):
        path = target / leaf.name
        if not path.exists() or path.stat().st_size != leaf.size:
            _write(path, follower.body(leaf))
        count += 1
    _carry_tree(tree, target)
    key = known
    while key != follower.verifier and (note := source.read(fate_name(key), LONGEST_NOTE)) is not None:
        _write(target / fate_name(key), note)
        key = read_fate(note, key).next or follower.verifier
    _write(target / CHECKPOINT, follower.note)
    return count


def _carry_tree(tree: SignedTree, target: Path) -> None:
    for level in levels(tree.size):
        full, width = edge(tree.size, level)
        for index in range(full + (width > 0)):
            wide = WIDTH if index < full else width
            _write(target / tile_name(level, index, wide), b"".join(tree.hashes(level, index)))
            if level == 0:
                _write(target / tile_name(ENTRIES, index, wide), join_leaves(tree.entries(index, wide)))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, data, _MODE)
