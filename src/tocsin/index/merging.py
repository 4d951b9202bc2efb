"""When to merge which segments."""

from collections.abc import Sequence

from tocsin.index.settings import Settings


def run_to_merge(rows: Sequence[int], settings: Settings) -> range | None:
    """Which neighbouring segments (of these many rows, oldest first) to merge into one, if any.

    The longest run up to the newest segment whose oldest member is no larger than the newer ones together.
    What is left is ordered by size, each segment larger than all newer ones together, so there are at most
    log2(n / live_rows) + 1 of them and a pair is rewritten at most that often.
    """
    newer = 0
    found = None
    for first in range(len(rows) - 1, -1, -1):
        if newer + rows[first] > settings.segment_rows:
            break
        if first < len(rows) - 1 and rows[first] <= newer:
            found = range(first, len(rows))
        newer += rows[first]
    return found


def runs_to_compact(rows: Sequence[int], settings: Settings) -> list[range]:
    """All segments as few runs of neighbours, none with more rows than a segment may have."""
    runs: list[range] = []
    first = total = 0
    for number, count in enumerate(rows):
        if number > first and total + count > settings.segment_rows:
            runs.append(range(first, number))
            first, total = number, 0
        total += count
    if rows:
        runs.append(range(first, len(rows)))
    return runs


def too_many_tombstones(tombstones: int, rows: int, settings: Settings) -> bool:
    """Whether so much was removed that everything should be rewritten without it."""
    return tombstones > max(settings.live_rows, settings.tombstone_share * rows)
