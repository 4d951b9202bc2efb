"""Writing VICS: what is read from the file gives the same entries, in meaning, as those that were written."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import BinaryIO, Final

from tocsin.banks.lists.objects import Json
from tocsin.banks.model import Entry, Label
from tocsin.exchange.files.errors import UnwritableSchemeError
from tocsin.exchange.files.formats import Written
from tocsin.exchange.files.records import FINGERPRINT, has_terms
from tocsin.exchange.files.vics import FIELD, FLAGS, SOURCE, TEXTS, context_of
from tocsin.hashing.signals import Signal

_OLD_ROOT: Final = "http://github.com/ICMEC/ProjectVic/DataModels/{version}.xml#Media"
_NEW_ROOT: Final = (
    "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/{version}.xml/{region}/$metadata#Media"
)
_OWN: Final = frozenset({"MD5", "SHA1"})
_MAX_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class _Root:
    """How a file begins that holds categories of one scheme."""

    name: str
    context: str


def write(entries: Iterable[Entry], stream: BinaryIO, scheme: tuple[str, str]) -> Written:
    """Write live entries that have an MD5 as VICS, their categories those of `scheme`; what was written.

    `scheme` is `vics-REGION` and `2.0`, or `vics` or `vics-REGION` and `1.1`, `1.2` or `1.3`: those files do
    not say the region. A label of any other scheme is not written: no code is turned into another.

    Raises UnwritableSchemeError.
    """
    root = _root(scheme)
    done = Written()
    stream.write(f'{{{json.dumps(root.name)}: {json.dumps(root.context)}, "value": ['.encode())
    for entry in entries:
        if entry.withdrawn is not None:
            done.withdrawn += 1
            continue
        records, labels = _records(entry, scheme)
        done.left_out += labels
        if not records or has_terms(entry):
            done.unwritable += 1
            continue
        for record in records:
            done.records += 1
            comma = ",\n" if done.records > 1 else "\n"
            stream.write((comma + json.dumps({"MediaID": done.records} | record)).encode())
        done.entries += 1
    stream.write(b"\n]}\n")
    return done


def _root(scheme: tuple[str, str]) -> _Root:
    """How a file of that scheme begins. Raises UnwritableSchemeError."""
    name, version = scheme
    family, _, region = name.partition("-")
    if family == "vics" and version in {"1.1", "1.2", "1.3"}:
        return _Root("odata.metadata", _OLD_ROOT.format(version=version))
    shown = region.upper() if len(region) == len("US") else region.title()
    context = _NEW_ROOT.format(version=version, region=shown)
    if family != "vics" or version != "2.0" or not region.isascii() or not region.isalnum():
        message = f"{name}:{version} is no scheme of which a VICS file can be"
        raise UnwritableSchemeError(message)
    if context_of(context).scheme != scheme:
        message = f"a VICS file of {name}:{version} would be read as of another scheme"
        raise UnwritableSchemeError(message)
    return _Root("@odata.context", context)


def _records(entry: Entry, scheme: tuple[str, str]) -> tuple[list[dict[str, Json]], int]:
    """The records of an entry, none if it has no MD5; and how many of its labels they do not hold.

    There are as many as it takes: a record has room for one category, one value of a flag and the like, and a
    reader puts the records of one MD5 together again.
    """
    columns, alternative = _hashes(entry.signals)
    claims: list[dict[str, Json]] = []
    left_out = 0
    for label in entry.labels:
        fingerprint = label.scheme.removeprefix(FINGERPRINT) if _is_fingerprint(label) else ""
        name = label.scheme.removeprefix(FIELD)
        if (label.scheme, label.version) == scheme and _is_category(label.code):
            about = {SOURCE: label.author, "DateUpdated": label.time}
            claims.append(
                {"Category": int(label.code), **{name: text for name, text in about.items() if text}}
            )
        elif fingerprint == "photodna":
            columns.setdefault("PhotoDNA", []).append(label.code)
        elif fingerprint:
            alternative.append({"HashName": fingerprint, "HashValue": label.code})
        elif label.scheme == FIELD + SOURCE:
            claims.append({SOURCE: label.code})
        elif label.scheme.startswith(FIELD) and name in {*FLAGS, *TEXTS}:
            columns.setdefault(name, []).append(_value(name, label.code))
        else:
            left_out += 1
    if "MD5" not in columns:
        return [], left_out
    return _rows(columns, claims, alternative), left_out


def _hashes(signals: Sequence[Signal]) -> tuple[dict[str, list[Json]], list[dict[str, Json]]]:
    """The first MD5 and SHA-1, which have members of their own, and the others."""
    columns: dict[str, list[Json]] = {}
    alternative: list[dict[str, Json]] = []
    for one in signals:
        name, value = one.type.value.upper(), one.hex.upper()
        if name in _OWN and name not in columns:
            columns[name] = [value]
        else:
            alternative.append({"HashName": name, "HashValue": value})
    return columns, alternative


def _rows(
    columns: dict[str, list[Json]], claims: list[dict[str, Json]], alternative: list[dict[str, Json]]
) -> list[dict[str, Json]]:
    """Columns of values, and what is said of the category, as rows; the MD5 stands in each of them."""
    md5 = columns["MD5"][0]
    rows: list[dict[str, Json]] = []
    for claim, values in zip_longest(claims, zip_longest(*columns.values())):
        row: dict[str, Json] = {"MD5": md5}
        row |= {name: value for name, value in zip(columns, values or (), strict=False) if value is not None}
        rows.append(row | (claim or {}))
    if alternative:
        rows[0]["AlternativeHashes"] = [{"MD5": md5} | one for one in alternative]
    return rows


def _is_category(code: str) -> bool:
    """Whether a code can be written as the number that a category is."""
    return code.isascii() and code.isdigit() and len(code) <= _MAX_DIGITS and str(int(code)) == code


def _is_fingerprint(label: Label) -> bool:
    """Whether a label keeps a fingerprint, and not only says that there is one."""
    return label.scheme.startswith(FINGERPRINT) and " " not in label.code


def _value(name: str, code: str) -> Json:
    """A flag as a flag; all else as it stands."""
    return code == "true" if name in FLAGS and code in {"true", "false"} else code
