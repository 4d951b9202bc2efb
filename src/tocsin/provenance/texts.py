"""Reading strangers' text without being held up by it."""

import hashlib
import json
import unicodedata
from typing import TYPE_CHECKING, Final

from tocsin.errors import Error

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

MAX_JSON: Final = 8 << 20
MAX_DEPTH: Final = 200
"""Deeper than this is no metadata. Python's own parser stops at about a thousand, too."""
_MAX_DIGITS: Final = 40
_TOO_DEEP: Final = f"a JSON text is nested more than {MAX_DEPTH} deep"
_SHOWN: Final = 80
_QUOTES: Final = dict.fromkeys(
    (0x22, 0xAB, 0xBB, 0x201C, 0x201D, 0x201E, 0x201F, 0x301D, 0x301E, 0xFF02), "'"
)
"""Quotation marks in names, by their code points."""
_MAX_NORMALISED: Final = 4096
"""Characters of a prompt whose Unicode form is evened out; it takes time by the square of a run of marks."""


class TextError(Error):
    """Text that should be JSON is not, or is too large to be read."""

    code = "provenance.text"
    advice = "Look at the bytes at the place named: they may be damaged, or made to hold readers up."


def parse_json(text: str) -> "JsonValue":
    """The value that `text` writes; NaN and infinities, which Python's writers leave behind, become None.

    Raises:
        TextError: it is not JSON, larger than `MAX_JSON` or nested deeper than `MAX_DEPTH`.
    """
    if len(text) > MAX_JSON:
        message = f"a JSON text of {len(text):,} characters is too large"
        raise TextError(message)
    try:
        value: JsonValue = json.loads(text, parse_constant=lambda _: None, parse_int=_integer)
    except RecursionError as error:
        raise TextError(_TOO_DEEP) from error
    except ValueError as error:
        message = f"a text that should be JSON is not ({str(error)[:_SHOWN]})"
        raise TextError(message) from error
    _check_depth(value)
    return value


def _check_depth(value: "JsonValue") -> None:
    """Level by level, because what walks the value afterwards may be written with recursion."""
    level: list[JsonValue] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise TextError(_TOO_DEEP)


def _integer(digits: str) -> "JsonValue":
    """Python refuses to read integers of thousands of digits; no seed has more than 40."""
    return int(digits) if len(digits) <= _MAX_DIGITS else digits[:_MAX_DIGITS]


def prompt_hash(prompt: str) -> str:
    """SHA-256 of a prompt as far as people would call it the same: case, spacing and Unicode form aside."""
    form = unicodedata.normalize("NFKC", prompt) if len(prompt) <= _MAX_NORMALISED else prompt
    normal = " ".join(form.casefold().split())
    return hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()


def fault(error: Exception) -> str:
    """What an unforeseen error is and where it was raised; its own words may quote a prompt."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = "" if at is None else f" at {at.tb_frame.f_globals.get('__name__')}:{at.tb_lineno}"
    return f"{type(error).__name__}{where}"


def shortened(text: str, most: int = _SHOWN) -> str:
    """A name from a file, fit to stand in a sentence: one line, printable, and not long."""
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def quoted(text: str, most: int = _SHOWN) -> str:
    """A name from a file for a sentence of ours, in quotation marks that nothing in it can close."""
    return f"“{shortened(text, most).translate(_QUOTES)}”"
