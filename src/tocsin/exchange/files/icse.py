"""INTERPOL ICSE: the table of hashes that a user of the database exports."""

from collections.abc import Mapping, Sequence
from typing import Final

from tocsin.banks.lists.cells import plain
from tocsin.banks.model import Label
from tocsin.exchange.files.errors import NotThisFormatError
from tocsin.exchange.files.records import BadRecordError, checked, digits, fingerprint, kept
from tocsin.exchange.files.staging import Item
from tocsin.hashing.signals import SignalType

HEADER: Final = (
    *("MD5", "SHA1", "PhotoDNA", "Image ID", "Is distributed", "Victim identified", "Offender identified"),
    *("Series name", "Number of submissions", "File Available", "Media Type", "Baseline"),
)
DELIMITER: Final = ";"
KEPT: Final = HEADER[4:11]
"""Columns whose texts are kept as they stand, each as a label of the scheme `icse:` and its name."""
FIELD: Final = "icse:"
BASELINE: Final = ("interpol", "2024")
"""The scheme of the column Baseline, where it says yes or no; see the pack `interchange`."""
_HASHES = {"MD5": SignalType.MD5, "SHA1": SignalType.SHA1}
_BASELINE_CODES = {
    **dict.fromkeys(("yes", "true", "1", "baseline"), "baseline"),
    **dict.fromkeys(("no", "false", "0", "not baseline"), "not-baseline"),
}


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Where each column stands. Raises NotThisFormatError."""
    found = {" ".join(name.split()).lower(): number for number, name in enumerate(header)}
    columns = {name: found[name.lower()] for name in HEADER if name.lower() in found}
    if "MD5" not in columns or "Image ID" not in columns:
        message = "an ICSE file begins with a line that names its columns, MD5 and Image ID among them"
        raise NotThisFormatError(message)
    return columns


def item(row: Sequence[str], columns: Mapping[str, int], width: int) -> Item:
    """What a row says, nothing guessed. Raises BadRecordError."""
    if len(row) != width:
        code, message = "wrong_columns", f"there are {len(row)} columns, not {width}"
        raise BadRecordError(code, message)
    cell = {name: plain(row[number].strip()) for name, number in columns.items()}
    signals = tuple((kind, digits(kind, cell[name])) for name, kind in _HASHES.items() if cell.get(name))
    labels = [fingerprint("photodna", cell["PhotoDNA"])] if cell.get("PhotoDNA") else []
    labels += [Label(FIELD + name, "", kept(cell[name])) for name in KEPT if cell.get(name)]
    if baseline := cell.get("Baseline", ""):
        said = _BASELINE_CODES.get(baseline.lower())
        labels.append(Label(*BASELINE, said) if said else Label(FIELD + "Baseline", "", kept(baseline)))
    key = cell["Image ID"] or (signals[0][1] if signals else "")
    return checked(Item(kept(key), signals, tuple(labels)))
