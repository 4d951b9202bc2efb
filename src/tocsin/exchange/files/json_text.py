"""Reading a JSON text of any size piece by piece: its large arrays item by item, all else value by value.

The items are decoded by the standard library's decoder, so the speed is its speed; what is in memory is a
piece of the text and one item.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Final, NoReturn

from tocsin.banks.lists.objects import Json
from tocsin.exchange.files.errors import FileCutError, MalformedFileError

MAX_ITEM: Final = 4 << 20
"""Characters of the longest item, or value outside of the large arrays, that is read."""
_SPACE = re.compile(r"[ \t\n\r]*")
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})?')
_NEAR_END: Final = 12
"""So close to the end of what has been read, an error may vanish when more is read: `\\u12`, `tru`, `-`."""


def _no_constant(word: str) -> Json:
    """NaN and the infinities are not JSON (RFC 8259, section 6)."""
    message = f"{word} is no value of JSON"
    raise ValueError(message)


# Not strict: a bare tab in a text is common in files written by hand, and can mean nothing else.
_DECODER = json.JSONDecoder(strict=False, parse_constant=_no_constant)


class JsonText:
    """A position in a JSON text that is read from start to end.

    Raises FileCutError where the text ends too early, MalformedFileError where it is no JSON.
    """

    def __init__(self, read: Callable[[], bytes]) -> None:
        """Read pieces by `read` until one is empty. A byte order mark is passed over."""
        self._read = read
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("strict").decode
        self._buffer = ""
        self._at = 0
        self._before = 0
        self._ended = False
        self.mended = 0
        """Backslashes that stood alone in a text and were taken for themselves."""

    def members(self) -> Iterator[str]:
        """The names of an object's members, one by one; whoever is told a name reads its value."""
        self._take("{")
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            if self._peek() != '"':
                self._refuse("a name should stand here")
            name = self.value()
            self._take(":")
            yield str(name)
            if self._take(",}") == "}":
                return

    def items(self) -> Iterator[None]:
        """Once for each item of an array; whoever is told so reads the item."""
        self._take("[")
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield
            if self._take(",]") == "]":
                return

    def values(self) -> Iterator[Json]:
        """The items of an array, decoded."""
        for _ in self.items():
            yield self.value()

    def value(self) -> Json:
        """The value that stands here, decoded."""
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                self._meet(error)
                continue
            if end + 1 < len(self._buffer) or not self._fill():  # a number may go on in the next piece
                self._at = end
                found: Json = value
                return found

    def at(self, character: str) -> bool:
        """Whether the value that stands here begins so."""
        return self._peek() == character

    def end(self) -> None:
        """Nothing but white space may follow."""
        self._skip_space()
        if self._at < len(self._buffer):
            self._refuse("something follows after the end")

    def _meet(self, error: Exception) -> None:
        """Read more, or mend what can mean one thing only, so that decoding can be tried again."""
        rest = len(self._buffer) - self._at
        if not isinstance(error, json.JSONDecodeError):
            self._refuse(f"there is a value that is not read: {error}")
        sure = error.pos + _NEAR_END < len(self._buffer) and not error.msg.startswith("Unterminated")
        if error.msg.startswith("Invalid \\") and (sure or self._ended) and self._mend():
            return
        if sure:
            self._refuse(error.msg, error.pos)
        if rest > MAX_ITEM:
            self._refuse(f"one item has more than {MAX_ITEM} characters")
        if not self._fill():
            message = f"the file ends too early: character {self._place(len(self._buffer))} is its last"
            raise FileCutError(message) from error

    def _mend(self) -> bool:
        """Double the backslashes in what has been read that begin no escape; whether there were any."""
        held = len(self._buffer) - (0 if self._ended else _NEAR_END)
        count = 0

        def doubled(found: re.Match[str]) -> str:
            nonlocal count
            if len(found.group()) > 1 or found.start() >= held:
                return found.group()
            count += 1
            return "\\\\"

        self._before += self._at
        self._buffer = _ESCAPE.sub(doubled, self._buffer[self._at :])
        self._before -= count  # so that places further on are told as they are in the file
        self._at = 0
        self.mended += count
        return count > 0

    def _take(self, wanted: str) -> str:
        """The next character, which is one of `wanted`."""
        found = self._peek()
        if found not in wanted:
            self._refuse(f"{' or '.join(wanted)} should stand here")
        self._at += 1
        return found

    def _peek(self) -> str:
        """The next character that is no white space."""
        self._skip_space()
        if self._at == len(self._buffer):
            message = f"the file ends too early: character {self._place(self._at)} is its last"
            raise FileCutError(message)
        return self._buffer[self._at]

    def _skip_space(self) -> None:
        """Pass over white space."""
        while True:
            if found := _SPACE.match(self._buffer, self._at):
                self._at = found.end()
            if self._at < len(self._buffer) or not self._fill():
                return

    def _fill(self) -> bool:
        """Read a piece more; False at the end of the file."""
        while not self._ended:
            piece = self._read()
            self._ended = not piece
            try:
                text = self._decode(piece, final=self._ended)
            except UnicodeDecodeError as error:
                if self._ended:
                    message = "the file ends too early, in the middle of a character"
                    raise FileCutError(message) from error
                self._refuse("there are bytes that are not UTF-8", len(self._buffer))
            if text:
                self._before += self._at
                self._buffer = self._buffer[self._at :] + text
                self._at = 0
                return True
        return False

    def _refuse(self, why: str, at: int | None = None) -> NoReturn:
        """Say what is wrong at a place: here, unless said."""
        message = f"character {self._place(self._at if at is None else at)}: {why}"
        raise MalformedFileError(message)

    def _place(self, at: int) -> str:
        """A place in the buffer as one in the file, counted from 1."""
        return f"{self._before + at + 1:,}"
