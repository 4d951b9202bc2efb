"""Lengths of time as laws write them: `48 hours`, `21 days`, `12 months`, `5 years`."""

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,3}) (hour|day|month)s?|([1-9][0-9]?) (year)s?")
_MONTHS: Final = {"month": 1, "year": 12}
MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class Period:
    """A number of hours, days, months or years."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The period that `text` writes. Raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if not found:
            message = f"{text!r} is no period such as `48 hours`, `21 days`, `12 months` or `5 years`"
            raise ValueError(message)
        return cls(int(found[1] or found[3]), found[2] or found[4])

    def __str__(self) -> str:
        """As it is written in a pack."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    def after(self, start: datetime, *, longest: bool = True) -> datetime:
        """The end of it. Where the month has no such day, the first of the next; not `longest`: its last."""
        if self.unit not in _MONTHS:
            return start + timedelta(**{f"{self.unit}s": self.count})
        months = start.year * MONTHS_A_YEAR + start.month - 1 + self.count * _MONTHS[self.unit]
        year, month = divmod(months, MONTHS_A_YEAR)
        last = calendar.monthrange(year, month + 1)[1]
        if start.day <= last:
            return start.replace(year=year, month=month + 1)
        end = start.replace(year=year, month=month + 1, day=last)
        return end + timedelta(days=1) if longest else end
