"""Partners with their keys, what was offered to them, and the feeds followed (schema version 5)."""

FEEDS: tuple[str, ...] = ()
