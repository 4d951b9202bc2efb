"""Exchanges, the records they fill banks with, what was set aside and heard (schema version 5)."""

EXCHANGES: tuple[str, ...] = ()
