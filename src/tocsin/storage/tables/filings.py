"""Filings, what was sent and answered, receipts (schema version 4)."""

FILINGS: tuple[str, ...] = ()
