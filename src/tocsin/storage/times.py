"""Times as the database keeps them: microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

from tocsin.clock import present

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """The present, as a number."""
    return to_number(present())


def to_number(time: datetime) -> int:
    """`time` in microseconds. One without a zone is taken as UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def from_stored(number: int | None) -> datetime | None:
    """The time of a number, where there is one."""
    return None if number is None else from_number(number)


def from_number(number: int) -> datetime:
    """The time `number` microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=number)
