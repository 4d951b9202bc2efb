"""Exif's fields by their names, and their values as far as they can be shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.texts import shortened

_LONGEST: Final = 64
_NO_NAME: Final = re.compile(r"[{}<>\[\]\n\r]|:\s*\d")
_DATE: Final = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_NUMBER: Final = re.compile(r"([+-]?\d{1,12})(?:/([+-]?\d{1,12}))?\Z")
_POSITION: Final = ("GPS:GPSLatitude", "GPS:GPSLongitude")
_NOTE: Final = ("Exif:MakerNote",)


@dataclass(frozen=True, slots=True)
class Exif:
    """The Exif fields of a file."""

    named: Mapping[str, Sequence[Field]]
    """All that have one name, in their order."""

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """Those among `fields`."""
        named: dict[str, list[Field]] = {}
        for one in fields.found:
            if one.space is Space.EXIF:
                named.setdefault(one.name, []).append(one)
        return cls(named)

    def first(self, *names: str) -> Field | None:
        """The first field that has one of these names."""
        return next((self.named[name][0] for name in names if name in self.named), None)

    def text(self, *names: str) -> str:
        """Its value without padding; empty where there is none."""
        field = self.first(*names)
        return field.value.replace("\0", " ").strip() if field else ""

    def has(self, prefix: str) -> bool:
        """Whether there is a field of one directory, such as `Interop:`."""
        return any(name.startswith(prefix) for name in self.named)

    @property
    def note(self) -> Field | None:
        """The maker's private note."""
        return self.first(*_NOTE)

    @property
    def position(self) -> Field | None:
        """The latitude, where there is a longitude as well."""
        return self.first(_POSITION[0]) if all(name in self.named for name in _POSITION) else None


def presentable(value: str) -> str | None:
    """A name as it may be shown and linked by; None for what looks like no name, which may be a prompt."""
    text = value.replace("\0", " ").strip()
    if not text or len(text) > _LONGEST or _NO_NAME.search(text):
        return None
    return shortened(text)


def ratio(value: str) -> tuple[int, int] | None:
    """Numerator and denominator of a number as the fields have it; None for what is none."""
    match = _NUMBER.match(value.strip())
    return (int(match[1]), int(match[2] or 1)) if match else None


def moment(value: str) -> datetime | str | None:
    """A date of Exif (3.0, 4.6.5), `impossible` for one that no clock shows, None for blanks and the like."""
    match = _DATE.match(value)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        # Some phones write 24 for midnight, and clocks may show a leap second.
        return datetime(year, month, day, hour % 24, minute, min(second, 59))  # noqa: DTZ001  # Exif has none
    except ValueError:
        return "impossible"
