"""Scanning for tests, with the pools of `support.pools`, and what came of it in a form to compare."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from support.known import MemoryItems
from tocsin.banks.store import KnownItems
from tocsin.matching.matches import Matcher
from tocsin.matching.scan import Scanned, Scanner
from tocsin.media.sandbox import Pool
from tocsin.storage.seen import SeenStore

Answer = tuple[str, str | None, str | None, int]


def examined(
    pool: Pool | None, seen: SeenStore, paths: Iterable[str | Path], known: KnownItems | None = None
) -> list[Scanned]:
    return list(scanner_with(pool, seen, known).scan(map(str, paths)))


def recalled(seen: SeenStore, paths: Iterable[str | Path], known: KnownItems | None = None) -> list[Scanned]:
    """A scan that must not read a byte: it never starts a pool."""
    scanner = scanner_with(None, seen, known)
    found = list(scanner.scan(map(str, paths)))
    assert scanner._started is None
    assert all(one.recalled for one in found)
    return found


def answers(found: Iterable[Scanned]) -> Counter[Answer]:
    """What was said, in a form to compare: path, member, refusal, and how many signals there are."""
    return Counter(
        (
            one.path,
            one.member,
            None if one.content.refused is None else one.content.refused.code,
            len(one.content.signals),
        )
        for one in found
    )


def scanner_with(
    pool: Pool | None, seen: SeenStore, known: KnownItems | None = None, workers: int = 2
) -> Scanner:
    """A scanner on a pool that stays open; without one it starts its own where it has to read."""
    scanner = Scanner(Matcher(known or MemoryItems({})), seen, workers=workers)
    scanner._started = pool
    return scanner
