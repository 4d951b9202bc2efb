"""Notices to hosting providers, and the register of what was told the NCA (schema version 4)."""

NOTICES: tuple[str, ...] = ()
