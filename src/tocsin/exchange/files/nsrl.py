"""NSRL and the like: sets of files known to be harmless, which enter allow banks and no others."""

from collections.abc import Mapping, Sequence
from typing import Final

from tocsin.banks.lists.objects import Json
from tocsin.exchange.files.errors import NotThisFormatError
from tocsin.exchange.files.records import BadRecordError, checked, digits, type_named
from tocsin.exchange.files.staging import Item
from tocsin.exchange.files.vics import Context
from tocsin.hashing.signals import SignalType

DELIMITER: Final = ","
SPECIAL: Final = "SpecialCode"
BENIGN: Final = 8
"""The category by which NSRL marks benign files in the format that it calls CAID's, which is VICS 1.2."""
BENIGN_VERSION: Final = "1.2"


def columns_of(header: Sequence[str]) -> dict[SignalType | str, int]:
    """Where hashes and the special code stand. Raises NotThisFormatError."""
    found: dict[SignalType | str, int] = {}
    for number, name in enumerate(header):
        if (kind := type_named(name)) and kind.exact:
            found[kind] = number
        elif name.strip() == SPECIAL:
            found[SPECIAL] = number
    if not any(isinstance(one, SignalType) for one in found):
        message = "a list of NSRL begins with a line that names its columns, SHA-1 or MD5 among them"
        raise NotThisFormatError(message)
    return found


def item(row: Sequence[str], columns: Mapping[SignalType | str, int], width: int) -> Item:
    """What a row says. Raises BadRecordError, also where a special code marks it, such as malicious."""
    if len(row) != width:
        code, message = "wrong_columns", f"there are {len(row)} columns, not {width}"
        raise BadRecordError(code, message)
    if SPECIAL in columns and (special := row[columns[SPECIAL]].strip()):
        code, message = "special_code", f"NSRL marks it with the special code {special[:10]!r}"
        raise BadRecordError(code, message)
    signals = tuple(
        (kind, digits(kind, row[number]))
        for kind, number in columns.items()
        if isinstance(kind, SignalType) and row[number].strip()
    )
    return checked(Item(_longest(signals), signals))


def demand_benign_set(context: Context) -> None:
    """Raise NotThisFormatError for a VICS file other than the kind in which NSRL hands out benign sets."""
    if context.version != BENIGN_VERSION:
        message = f"a VICS file of version {context.version} is no set of benign files: NSRL's are of 1.2"
        raise NotThisFormatError(message)


def benign(record: Json) -> Json:
    """The record, which says that its file is benign. Raises NotThisFormatError: one other spoils the set."""
    if isinstance(record, dict) and record.get("Category") in (BENIGN, str(BENIGN)):
        return record
    said = record.get("Category") if isinstance(record, dict) else record
    message = f"this is no set of benign files: a record has the category {str(said)[:40]!r}, not {BENIGN}"
    raise NotThisFormatError(message)


def _longest(signals: Sequence[tuple[SignalType, str]]) -> str:
    """The strongest of the hashes, which names the file."""
    return max((digits for _, digits in signals), key=len, default="")
