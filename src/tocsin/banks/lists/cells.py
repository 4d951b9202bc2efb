"""Cells of a table into values; anything that cannot be one raises BadRowError."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from tocsin.banks.batch import InvalidTextError, check_texts
from tocsin.banks.lists.hash_lines import BY_DIGITS
from tocsin.hashing.signals import SignalType

MAX_QUALITY = 100
HEX = frozenset("0123456789abcdefABCDEF")
FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet may take for the beginning of a formula (OWASP, "CSV Injection")."""
Value = TypeVar("Value")


class BadRowError(Exception):
    """A row cannot be an entry; becomes a BadLine."""

    def __init__(self, code: str, message: str) -> None:
        """Give the stable code, and the sentence for a person."""
        super().__init__(code, message)
        self.code = code
        self.message = message


def hashes(cells: Sequence[str], kind: SignalType) -> list[bytes | None]:
    """Values of one type; None for empty cells."""
    digits = 2 * kind.size
    try:
        values = bytes.fromhex("".join(cells))
    except ValueError:
        values = b""
    if len(values) == kind.size * len(cells) and set(map(len, cells)) == {digits}:
        return [values[start : start + kind.size] for start in range(0, len(values), kind.size)]
    return [_hash(cell.strip(), kind) for cell in cells]


def _hash(cell: str, kind: SignalType) -> bytes | None:
    """One value, or None for an empty cell."""
    if not cell:
        return None
    if not HEX.issuperset(cell):
        code, message = "not_hex", f"{kind}: there is something other than hexadecimal digits"
        raise BadRowError(code, message)
    if len(cell) != 2 * kind.size:
        code, message = "wrong_length", f"{kind} has {2 * kind.size} digits, this has {len(cell)}"
        raise BadRowError(code, message)
    return bytes.fromhex(cell)


def typed_hash(cell: str, type_cell: str | None, given: SignalType | None) -> tuple[SignalType, bytes] | None:
    """A hash whose type stands beside it, or is told by its length; None for an empty cell."""
    text = cell.strip()
    if not text:
        return None
    if type_cell:
        kind = word(type_cell.replace("-", ""), SignalType, "type")
    else:
        kind = given if given and len(text) == 2 * given.size else BY_DIGITS.get(len(text))
    if kind is None and len(text) == 2 * SignalType.PDQ.size:
        code, message = "ambiguous_type", "64 digits may be pdq or sha256: say which with --type"
        raise BadRowError(code, message)
    if kind is None:
        code, message = "unknown_type", f"no known type of hash, and none has {len(text)} digits"
        raise BadRowError(code, message)
    value = _hash(text, kind)
    return (kind, value) if value is not None else None


def word(cell: str, words: Callable[[str], Value], what: str) -> Value | None:
    """One of a fixed set of words, in whatever case; None for an empty cell."""
    if not (text := cell.strip().lower()):
        return None
    try:
        return words(text)
    except ValueError:
        code, message = f"bad_{what}", f"{what}: {text[:40]!r} is none that is known"
        raise BadRowError(code, message) from None


def quality(cell: str) -> int | None:
    """A whole number from 0 to 100; None for an empty cell."""
    if not (text := cell.strip()):
        return None
    if not (
        text.isascii() and text.isdigit() and len(text) <= len(str(MAX_QUALITY)) and int(text) <= MAX_QUALITY
    ):
        code, message = "bad_quality", f"quality: {text[:40]!r} is no whole number from 0 to {MAX_QUALITY}"
        raise BadRowError(code, message)
    return int(text)


def time(cell: str) -> datetime | None:
    """A time as in ISO 8601, UTC where it names no zone; None for an empty cell."""
    if not (text := cell.strip()):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        code, message = "bad_time", f"{text[:40]!r} is no time as ISO 8601 writes it"
        raise BadRowError(code, message) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def each(cells: Sequence[str], convert: Callable[[str], Value]) -> list[Value]:
    """`convert` every cell, equal ones once: columns of few different values are common."""
    values = {cell: convert(cell) for cell in set(cells)}
    return [values[cell] for cell in cells]


def texts(cells: Sequence[str]) -> list[str]:
    """Free text, checked, and without the apostrophe that keeps spreadsheets from running it."""
    checked(cells)
    if "'" in "".join(cells):
        return [plain(cell) for cell in cells]
    return list(cells)


def checked(several: Iterable[str]) -> None:
    """Raise BadRowError when one of the texts cannot be stored."""
    try:
        check_texts(several)
    except InvalidTextError as error:
        code = "bad_text"
        raise BadRowError(code, error.message) from None


def plain(cell: str) -> str:
    """A text as it was before `guarded`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] and cell[1] in FORMULA + "'" else cell


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe is put before what might be one."""
    return "'" + text if text and text[0] in FORMULA + "'" else text
