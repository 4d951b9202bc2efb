"""The settings text of AUTOMATIC1111 and of everything that writes alike: prompts, then one line of settings.

    a lighthouse at dusk <lora:lamps:0.8>
    Negative prompt: fog
    Steps: 20, Sampler: Euler a, Seed: 7, Size: 512x768, Lora hashes: "lamps: 0123456789ab", Version: v1.10.1

Values with a comma, a colon or a line break stand in quotes as JSON writes them (`quote` in the web UI's
modules/infotext_utils.py); some tools put bare JSON there. The readers that people use take the line apart
with a regular expression that a megabyte of hostile text holds up for 20 seconds. This one goes over the line
twice at most, and over no more than a mebibyte of it. Prompts and values can have lines that begin as the
settings do, so all such lines are looked at.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

MAX_LINE: Final = 1 << 20
MAX_PAIRS: Final = 1000
MAX_LINES: Final = 8
"""Lines that begin as settings do; tools write one."""
MAX_KEY: Final = 64
_NEGATIVE: Final = "Negative prompt:"
_STEPS: Final = "Steps: "
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)  # possessive: it never goes back
_NESTED: Final = re.compile(_STRING.pattern + r'|[\[\]{}]|"', re.DOTALL)
_OPENING: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Settings:
    """A settings text, taken apart."""

    prompt: str
    values: Mapping[str, str]
    """By their keys in lower case, as the line has them, quotes taken off."""
    whole: bool
    """Whether all of the line was read."""


def has_settings_line(text: str) -> bool:
    """Whether a line of the text begins as settings do."""
    return text.startswith(_STEPS) or "\n" + _STEPS in text


def read_settings(text: str) -> Settings:
    """Take `text` apart by its last settings line, or its last line if no line begins as settings do."""
    return next(read_all_settings(text))


def read_all_settings(text: str) -> Iterator[Settings]:
    """The same by each of its settings lines, the last one first; of the first one only if there are many.

    Of what is no settings text the values make no sense; that is for others to see.
    """
    at = _last(text, len(text))
    if at < 0:
        yield _read(text, text.rstrip().rfind("\n") + 1, len(text))
        return
    end = len(text)
    for number in range(MAX_LINES):
        more = _last(text, at - 1) if at else -1
        whole = more < 0 or number < MAX_LINES - 1
        yield _read(text, at, end, whole=whole)
        if more < 0:
            return
        at, end = more, at


def _last(text: str, end: int) -> int:
    """The beginning of the last settings line that begins before `end`; -1 if there is none."""
    at = text.rfind("\n" + _STEPS, 0, max(end, 0))
    return at + 1 if at >= 0 else 0 if end > 0 and text.startswith(_STEPS) else -1


def _read(text: str, at: int, end: int, *, whole: bool = True) -> Settings:
    line = text[at : min(end, at + MAX_LINE)]
    values, all_pairs = scan(line)
    return Settings(_prompt(text[:at]), values, whole and all_pairs and end - at <= MAX_LINE)


def _prompt(before: str) -> str:
    """What stands before the settings and before the negative prompt."""
    if before.startswith(_NEGATIVE):
        return ""
    at = before.find("\n" + _NEGATIVE)
    return (before if at < 0 else before[:at]).strip()


def scan(line: str) -> tuple[dict[str, str], bool]:
    """Keys (in lower case) and values of a settings line, the first of each key; and whether that was all."""
    return _Scanner(line).pairs()


class _Scanner:
    """One pass over a line. An opening quote or bracket that nothing closes is looked for only once."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.closes = True

    def pairs(self) -> tuple[dict[str, str], bool]:
        found: dict[str, str] = {}
        while len(found) < MAX_PAIRS:
            colon = self.line.find(":", self.at)
            if colon < 0:
                return found, True
            key = self.line[self.at : colon].replace("\n", ",").rpartition(",")[2].strip().lower()
            self.at = colon + 1
            value = self._value()
            if key and len(key) <= MAX_KEY:
                found[key] = found.get(key) or value
        return found, False

    def _value(self) -> str:
        while self.line[self.at : self.at + 1] == " ":
            self.at += 1
        first = self.line[self.at : self.at + 1]
        end = -1
        if self.closes and first == '"':
            end = self._after_quote(self.at)
        elif self.closes and first and first in "[{":
            end = self._after_bracket()
        if end < 0:
            return self._to_comma(self.at).strip()
        start = self.at
        self._to_comma(end)
        return _unquoted(self.line[start:end])

    def _to_comma(self, start: int) -> str:
        """What stands from `start` to the end of the pair; the scanner stands behind it afterwards."""
        comma, break_ = self.line.find(",", start), self.line.find("\n", start)
        end = min((at for at in (comma, break_) if at >= 0), default=len(self.line))
        self.at = end + 1
        return self.line[start:end]

    def _after_quote(self, opening: int) -> int:
        """The place after the string that opens here; -1 if nothing closes it."""
        match = _STRING.match(self.line, opening)
        self.closes = match is not None
        return match.end() if match else -1

    def _after_bracket(self) -> int:
        """The place after the JSON that opens here; -1 if nothing closes it."""
        depth = 0
        for match in _NESTED.finditer(self.line, self.at):
            if match[0] == '"':
                break  # a string that nothing closes
            depth += _OPENING.get(match[0], 0)
            if not depth:
                return match.end()
        self.closes = False
        return -1


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        text: str = json.loads(value)
    except ValueError:  # a backslash that JSON does not know: the text as it stands says the same
        return value[1:-1]
    return text
