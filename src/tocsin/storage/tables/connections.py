"""Accounts at authorities, their secrets sealed (schema version 4)."""

CONNECTIONS: tuple[str, ...] = ()
