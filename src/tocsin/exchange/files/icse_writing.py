"""Writing the table that users of ICSE export: what is read from it gives the same entries, in meaning."""

import csv
import io
from collections.abc import Iterable
from typing import BinaryIO, Final

from tocsin.banks.lists.cells import guarded
from tocsin.banks.model import Entry
from tocsin.exchange.files import icse
from tocsin.exchange.files.formats import Written
from tocsin.exchange.files.records import FINGERPRINT, has_terms

_YES_NO: Final = {"baseline": "Yes", "not-baseline": "No"}
_BY_SCHEME: Final = {icse.FIELD + name: name for name in (*icse.KEPT, "Baseline")} | {
    FINGERPRINT + "photodna": "PhotoDNA"
}


def write(entries: Iterable[Entry], stream: BinaryIO) -> Written:
    """Write live entries that have an MD5 as a table of ICSE; what was written.

    A row has room for one value in each column: a second hash of a type, or label of a scheme, is left out.
    """
    done = Written()
    stream.write(_line(icse.HEADER))
    for entry in entries:
        if entry.withdrawn is not None:
            done.withdrawn += 1
            continue
        row = _row(entry, done)
        if not row["MD5"] or has_terms(entry):
            done.unwritable += 1
            continue
        stream.write(_line([row[name] for name in icse.HEADER]))
        done.entries += 1
        done.records += 1
    return done


def _row(entry: Entry, done: Written) -> dict[str, str]:
    """An entry's cells by the names of their columns."""
    row = dict.fromkeys(icse.HEADER, "") | {"Image ID": guarded(entry.origin.id)}
    for signal in entry.signals:
        name = signal.type.value.upper()
        if name in row and not row[name]:
            row[name] = signal.hex.upper()
        else:
            done.left_out += 1
    for label in entry.labels:
        name, text = _BY_SCHEME.get(label.scheme, ""), guarded(label.code)
        if (label.scheme, label.version) == icse.BASELINE and label.code in _YES_NO:
            name, text = "Baseline", _YES_NO[label.code]
        if name and not row[name]:
            row[name] = text
        else:
            done.left_out += 1
    return row


def _line(cells: Iterable[str]) -> bytes:
    """A line as RFC 4180 writes it; line breaks in texts become blanks, for readers that go by lines."""
    text = io.StringIO()
    whole = (" ".join(cell.splitlines()) for cell in cells)
    csv.writer(text, delimiter=icse.DELIMITER, lineterminator="\r\n").writerow(whole)
    return text.getvalue().encode()
