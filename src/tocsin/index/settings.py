"""The sizes at which the index changes its ways, and the hook that fault injection uses."""

from collections.abc import Callable
from dataclasses import dataclass

Step = Callable[[str], None]
"""Called with a name around each step that a crash must not spoil; tests kill the process there."""


def no_step(_name: str) -> None:
    """Do nothing: the step hook outside tests."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in rows unless said. The defaults are measured (docs/adr/0002-hamming-index.md)."""

    live_rows: int = 4096
    """The live part becomes a segment when it holds this many; an add of this many goes straight to one."""
    log_bytes: int = 4 << 20
    """The log is folded into the manifest when it is longer than this, whatever the live part holds."""
    log_operations: int = 10_000
    """Or when it has this many operations, so that replaying it stays quick."""
    flat_rows: int = 8192
    """A segment with fewer rows is scanned from end to end and carries no directory."""
    segment_rows: int = 1 << 24
    """Most rows of one segment: row numbers are stored in 24 bits, and a merge's memory is bounded by it."""
    most_segments: int = 24
    """Adding waits for the merger when there are more segments than this."""
    tombstone_share: float = 0.1
    """Segments are rewritten when tombstones are more than this share of the rows (and than `live_rows`)."""
    numpy_work: int = 100_000_000
    """Row comparisons done in NumPy (about 6 ns each) before it pays to load the compiled kernels (1.3 s)."""
    numpy_rows: int = 500_000
    """Rows from which it pays to load the compiled kernels for sorting a new segment."""
    probe_cost: int = 7
    """Rows that can be compared from end to end in the time of one probe of a directory."""
    merging: bool = True
    """Whether a background thread merges segments."""
