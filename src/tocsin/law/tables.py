"""Reading TOML tables strictly: every key is known, of its type, and named in the error if it is not."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NoReturn, TypeVar

from tocsin.law.errors import MalformedPackError
from tocsin.law.periods import Period

E = TypeVar("E", bound=StrEnum)
UNKNOWN = "unknown"


class Table:
    """A table of which each key is taken once; `end` refuses what nobody took."""

    def __init__(self, values: Mapping[str, object], where: str) -> None:
        """`where` names the table in errors."""
        self._values = dict(values)
        self.where = where

    @classmethod
    def parse(cls, text: str, where: str) -> "Table":
        """The whole of a document."""
        try:
            return cls(tomllib.loads(text), where)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            message = f"{where} is no TOML: {error}"
            raise MalformedPackError(message) from error

    def refuse(self, what: str) -> NoReturn:
        """Raise the error that says what is wrong with this table."""
        message = f"{self.where}: {what}"
        raise MalformedPackError(message)

    def has(self, key: str) -> bool:
        """Whether a key is there that nobody has taken."""
        return key in self._values

    def keys(self) -> list[str]:
        """The keys that nobody has taken."""
        return sorted(self._values)

    def text(self, key: str, default: str | None = None) -> str:
        """A text, not empty unless it is the default."""
        value = self._values.pop(key, default)
        if not isinstance(value, str) or not (value.strip() or value == default):
            self.refuse(f"`{key}` is to be a text")
        return value

    def number(self, key: str) -> int:
        """A whole number from 1."""
        value = self._values.pop(key, None)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.refuse(f"`{key}` is to be a whole number from 1")
        return value

    def yes_or_no(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._values.pop(key, default)
        if not isinstance(value, bool):
            self.refuse(f"`{key}` is to be true or false")
        return value

    def day(self, key: str, default: date | None = None, *, unknown: bool = False) -> date | None:
        """A date; None where it is not there or, if it may be, `unknown`."""
        value = self._values.pop(key, default)
        if value is None or (unknown and value == UNKNOWN):
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(f"`{key}` is to be a date such as 2026-04-07, without quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where it is not there."""
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            self.refuse(f"`{key}` is to be a list of texts")
        return tuple(value)

    def one_of(self, key: str, kind: type[E]) -> E:
        """A word of an enumeration."""
        return self._word(self.text(key), kind, key)

    def some_of(self, key: str, kind: type[E]) -> frozenset[E]:
        """One or more words of an enumeration."""
        words = self.texts(key)
        if not words:
            self.refuse(f"`{key}` is empty")
        return frozenset(self._word(word, kind, key) for word in words)

    def _word(self, word: str, kind: type[E], key: str) -> E:
        try:
            return kind(word)
        except ValueError:
            allowed = ", ".join(kind)
            self.refuse(f"`{key}` has {word!r}, and may have {allowed}")

    def period(self, key: str) -> Period | None:
        """A length of time, where there is one."""
        if not self.has(key):
            return None
        try:
            return Period.parse(self.text(key))
        except ValueError as error:
            self.refuse(f"`{key}`: {error}")

    def tables(self, key: str) -> "Iterator[Table]":
        """The tables of a list, each named by its id or its place."""
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.refuse(f"`{key}` is to be a list of tables, written [[{key}]]")
        for at, one in enumerate(value, 1):
            yield Table(one, f"{self.where}: {key} {one.get('id', at)}")

    def table(self, key: str) -> "Table":
        """A table within."""
        value = self._values.pop(key, None)
        if not isinstance(value, dict):
            self.refuse(f"`{key}` is to be a table")
        return Table(value, f"{self.where}: {key}")

    def end(self) -> None:
        """Refuse keys that nobody took: a word that is misspelt must not be law left out."""
        if self._values:
            self.refuse(f"`{min(self._values)}` is not known here")
