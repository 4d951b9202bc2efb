"""Reading the JSON files of a detector: each field known, each value of its type."""

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, NoReturn

from tocsin.provenance.detectors.errors import ManifestError
from tocsin.provenance.texts import TextError, parse_json, shortened

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.media.sandbox import JsonValue

_MAX_BYTES: Final = 1 << 16
_LONGEST_TEXT: Final = 2000


def read_table(path: "Path", known: Collection[str]) -> "Table":
    """The object in a JSON file. Raises ManifestError: there is no such file, or it is something else."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        message = f"{path.name} of {shortened(path.parent.name)} cannot be read ({error.strerror})"
        raise ManifestError(message) from error
    if len(data) > _MAX_BYTES:
        message = f"{path.name} has more than {_MAX_BYTES:,} bytes"
        raise ManifestError(message)
    try:
        value = parse_json(data.decode())
    except (UnicodeDecodeError, TextError) as error:
        message = f"{path.name} is not JSON ({error})"
        raise ManifestError(message) from error
    return Table(value, "", known)


class Table:
    """One object of the manifest. Every field must be known, and what is read is of the right type."""

    def __init__(self, value: "JsonValue", path: str, known: Collection[str]) -> None:
        """Raises ManifestError if `value` is no object, or has a field that is not in `known`."""
        if not isinstance(value, dict):
            message = f"{path or 'the file'} is not an object"
            raise ManifestError(message)
        self._value: Mapping[str, JsonValue] = value
        self._path = f"{path}." if path else ""
        if unknown := sorted(set(value) - set(known)):
            self.refuse(unknown[0], "is not a field of a manifest")

    def refuse(self, name: str, why: str) -> NoReturn:
        """Say what is wrong with a field. Raises ManifestError."""
        message = f"{shortened(self._path + name)} {why}"
        raise ManifestError(message)

    def value(self, name: str) -> "JsonValue":
        """What stands there, None where nothing does."""
        return self._value.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A text of one line that is not empty."""
        value = self._value.get(name, default)
        if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_TEXT or not value.isprintable():
            self.refuse(name, "is not a text of one line")
        return value

    def choice(self, name: str, choices: Collection[str], default: str | None = None) -> str:
        """One of the texts in `choices`."""
        value = self._value.get(name, default)
        if not isinstance(value, str) or value not in choices:
            self.refuse(name, f"is not one of {', '.join(choices)}")
        return value

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number."""
        value = self._value.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.refuse(name, f"is not a whole number from {least:,} to {most:,}")
        return value

    def number(self, name: str) -> float:
        """A finite number."""
        return self._number(name, self._value.get(name))

    def numbers(self, name: str, most: int, default: "JsonValue" = None) -> tuple[float, ...]:
        """Finite numbers, at least one and `most` of them at most."""
        value = self._value.get(name, default)
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            self.refuse(name, f"is not a list of 1 to {most} numbers")
        return tuple(self._number(name, one) for one in value)

    def colours(self, name: str, default: float) -> tuple[float, float, float]:
        """Three finite numbers, for red, green and blue."""
        values = self.numbers(name, 3, [default] * 3)
        if len(values) < 3:  # noqa: PLR2004  # red, green and blue
            self.refuse(name, "is not a list of three numbers")
        return values[0], values[1], values[2]

    def _number(self, name: str, value: "JsonValue") -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.refuse(name, "is not a finite number")
        return float(value)
