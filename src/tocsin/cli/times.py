"""Times as people write them for commands, and as commands print them."""

from datetime import UTC, datetime

from tocsin.errors import UsageError


def time_of(text: str | None) -> datetime:
    """A time with its zone; without a text, now. Raises UsageError."""
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"write a time like 2026-11-23T14:05:00Z, not {text!r}"
        raise UsageError(message) from error
    if found.utcoffset() is None:
        message = f"{text!r} has no zone: add Z if it is UTC, or an offset such as +01:00"
        raise UsageError(message)
    return found


def minute(time: datetime) -> str:
    """A time to the minute, for a line."""
    return f"{time:%Y-%m-%d %H:%M}"
