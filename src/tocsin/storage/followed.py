"""Which PDQ signals an index follows: those of the entries of banks, or those of the contents submitted."""

from dataclasses import dataclass

from tocsin.storage import statements as sql


@dataclass(frozen=True, slots=True)
class Followed:
    """The statements that read the signals, and the counters that say how far they go."""

    after: str
    """id and value of those numbered above ? up to ?, at most ?, in order."""
    value: str
    """The value of number ?, if it is there."""
    removals_after: str
    """id, first_signal and last_signal of removals numbered above ?, in order."""
    removal_of: str
    """A row if the signal numbered ? (twice) was removed."""
    last_signal: str
    """The counter of the last signal."""
    last_removal: str
    """The counter of the last removal."""


ENTRIES = Followed(
    after=sql.PDQ_AFTER,
    value=sql.PDQ_VALUE,
    removals_after=sql.REMOVALS_AFTER,
    removal_of=sql.REMOVAL_OF,
    last_signal="last_pdq",
    last_removal="last_removal",
)
CONTENTS = Followed(
    after="""
        SELECT id, value FROM content_signal WHERE id > ? AND id <= ? AND type = 'pdq'
        ORDER BY id LIMIT ?""",
    value="SELECT value FROM content_signal WHERE id = ? AND type = 'pdq'",
    removals_after="SELECT id, first_signal, last_signal FROM content_removal WHERE id > ? ORDER BY id",
    removal_of="SELECT 1 FROM content_removal WHERE first_signal <= ? AND last_signal >= ?",
    last_signal="last_content_pdq",
    last_removal="last_content_removal",
)
