"""The time, where nothing else is given for it."""

from datetime import UTC, datetime


def present() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)
