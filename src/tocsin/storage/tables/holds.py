"""Holds on what has to be kept, and what was destroyed (schema version 4)."""

HOLDS: tuple[str, ...] = ()
