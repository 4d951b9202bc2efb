"""VICS, the Video Image Classification Standard of Project VIC and CAID, 1.1 to 2.0: reading.

There is no public schema; what is here was gathered from writers and readers of the format, and is written
down in docs/formats/vics-and-icse.md.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tocsin.banks.lists.objects import Json
from tocsin.banks.model import Label
from tocsin.exchange.files.errors import NotThisFormatError, SchemeConflictError
from tocsin.exchange.files.json_text import JsonText
from tocsin.exchange.files.records import BadRecordError, checked, digits, fingerprint, kept, type_named
from tocsin.exchange.files.staging import Item
from tocsin.hashing.signals import SignalType

FLAGS: Final = (
    *("VictimIdentified", "OffenderIdentified", "IsDistributed", "IsSuspected", "IsPrecategorized"),
    "SelfGenerated",
)
TEXTS: Final = ("Series", "Tags")
SOURCE: Final = "PrecategorizationSource"
FIELD: Final = "vics:"
"""Begins the scheme of a label that keeps another field than the category: `vics:Series`."""
_READ = {"MediaID", "Category", "MD5", "SHA1", "PhotoDNA", "AlternativeHashes", "DateUpdated", SOURCE}
_READ |= {*FLAGS, *TEXTS}
_CONTEXTS: Final = ("@odata.context", "odata.metadata")
_OLD = re.compile(
    r"https?://github\.com/ICMEC/ProjectVic/DataModels/(1\.[0-9])\.xml/?#(Cases|Media)", re.IGNORECASE
)
_NEW = re.compile(
    r"https?://github\.com/VICSDATAMODEL/ProjectVic/DataModels/(2\.[0-9])\.xml/"
    r"([A-Za-z0-9_-]{1,40})/\$metadata#(Cases|Media)",
    re.IGNORECASE,
)
_NET_DATE = re.compile(r"/Date\((-?[0-9]{1,16})(?:[+-][0-9]{4})?\)/")
_MAX_CATEGORY = 9999
_MAX_DIGITS = 4
_MAX_NAMES = 100  # that are counted; a hostile file may have any number
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """What the first member of a file says of the rest."""

    version: str
    region: str
    """As written, which is what its categories' scheme hangs on; empty in 1.x, which does not say."""
    cases: bool
    """Whether `value` holds cases, with media inside, or media."""

    @property
    def scheme(self) -> tuple[str, str]:
        """Name and version of the scheme that its categories are of, as far as the file says."""
        name = f"vics-{self.region.lower()}" if self.region else "vics"
        return name, self.version

    def scheme_with(self, said: tuple[str, str] | None) -> tuple[str, str]:
        """The scheme, where somebody says which it is. Raises SchemeConflictError."""
        if said is not None and self.region and said != self.scheme:
            message = f"the file's categories are of {':'.join(self.scheme)}, not of {':'.join(said)}"
            raise SchemeConflictError(message)
        return said or self.scheme


@dataclass(slots=True)
class Told:
    """What is to be known of a file besides its records."""

    context: Context | None = None
    scheme: tuple[str, str] | None = None
    """Name and version of the scheme under which its categories are kept."""
    mended: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    """Names of fields that are not kept, each with how many records have it."""


def context_of(written: str) -> Context:
    """What a context says. Raises NotThisFormatError."""
    if found := _OLD.fullmatch(written):
        return Context(found[1], "", found[2].lower() == "cases")
    if found := _NEW.fullmatch(written):
        return Context(found[1], found[2], found[3].lower() == "cases")
    message = f"the file begins with a context that is none of VICS: {written[:80]!r}"
    raise NotThisFormatError(message)


def media(
    read: Callable[[], bytes], told: Told, demand: Callable[[Context], None] = lambda _: None
) -> Iterator[Json]:
    """The media records of a file, decoded, in their order; what else it says goes to `told`.

    `demand` is shown the context before any record is read, and raises what it likes.

    Raises NotThisFormatError, FileCutError, MalformedFileError: what came before is to be forgotten.
    """
    text = JsonText(read)
    if not text.at("{"):
        message = "a VICS file is one JSON object, and this begins with something else"
        raise NotThisFormatError(message)
    there = False
    for name in text.members():
        if name in _CONTEXTS:
            told.context = context_of(str(text.value()))
            demand(told.context)
        elif name != "value":
            text.value()
        elif told.context is None or there or not text.at("["):
            message = "`value` should be an array, come once, and after the context"
            raise NotThisFormatError(message)
        else:
            there = True
            yield from _of_cases(text) if told.context.cases else text.values()
    text.end()
    told.mended = text.mended
    if told.context is None or not there:
        message = "the file has no context, or no `value`"
        raise NotThisFormatError(message)


def _of_cases(text: JsonText) -> Iterator[Json]:
    """The media of the cases in an array. What else is said of a case is not for a bank."""
    for _ in text.items():
        if not text.at("{"):
            message = "a case should be an object"
            raise NotThisFormatError(message)
        for name in text.members():
            if name == "Media" and text.at("["):
                yield from text.values()
            else:
                text.value()


def item(record: Json, told: Told) -> Item:
    """What a media record of a file says, nothing guessed. Raises BadRecordError."""
    version = told.context.version if told.context else ""
    if not isinstance(record, dict):
        code, message = "bad_record", "a media record should be an object"
        raise BadRecordError(code, message)
    md5 = digits(SignalType.MD5, _text(record, "MD5"))
    signals, labels = [(SignalType.MD5, md5)], _category(record, told.scheme or ("vics", version), version)
    if sha1 := _text(record, "SHA1"):
        signals.append((SignalType.SHA1, digits(SignalType.SHA1, sha1)))
    if photodna := _text(record, "PhotoDNA"):
        labels.append(fingerprint("photodna", photodna))
    for name, value in _alternative(record):
        if kind := type_named(name):
            signals.append((kind, digits(kind, value)))
        else:
            labels.append(fingerprint(name, value))
    for name in FLAGS:
        if flag := _flag(record.get(name)):
            labels.append(Label(FIELD + name, version, kept(flag)))
    for name in TEXTS:
        if words := _text(record, name):
            labels.append(Label(FIELD + name, version, kept(words)))
    found = Item(md5, tuple(dict.fromkeys(signals)), tuple(dict.fromkeys(labels)))
    _note_left_out(record, told)
    return checked(found)


def _category(record: dict[str, Json], scheme: tuple[str, str], version: str) -> list[Label]:
    """The label that a category makes; 0 is one, and null is none."""
    source = kept(_text(record, SOURCE))
    written = record.get("Category")
    if isinstance(written, str) and written.isascii() and written.isdigit() and len(written) <= _MAX_DIGITS:
        written = int(written)
    if written is None or written == "":
        return [Label(FIELD + SOURCE, version, source)] if source else []
    if isinstance(written, bool) or not isinstance(written, int) or not 0 <= written <= _MAX_CATEGORY:
        code, message = "bad_category", f"the category {str(written)[:40]!r} is no number from 0 to 9999"
        raise BadRecordError(code, message)
    return [Label(*scheme, str(written), source, kept(_time(_text(record, "DateUpdated"))))]


def _time(written: str) -> str:
    """A time as it is written, only .NET's milliseconds made ISO 8601."""
    if not (found := _NET_DATE.fullmatch(written)):
        return written
    try:
        time = _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return written
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _flag(value: Json) -> str:
    """What a flag says: `true` or `false`, however that is written; anything else as it stands."""
    if value is None or isinstance(value, list | dict):
        return ""
    if isinstance(value, bool | str):
        text = str(value).strip()
        return text.lower() if text.lower() in {"true", "false"} else text
    return str(value)


def _text(record: dict[str, Json], name: str) -> str:
    """A text member, or nothing. Raises BadRecordError."""
    value = record.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if name in TEXTS and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(str(one) for one in value)
    code, message = "bad_field", f"{name} should be a text"
    raise BadRecordError(code, message)


def _alternative(record: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """Names and values of the hashes beside MD5, SHA1 and PhotoDNA. Raises BadRecordError."""
    several = record.get("AlternativeHashes")
    for one in several if isinstance(several, list) else []:
        if not isinstance(one, dict):
            code, message = "bad_field", "AlternativeHashes should hold objects"
            raise BadRecordError(code, message)
        name, value = _text(one, "HashName"), _text(one, "HashValue")
        if name and value:
            yield name, value


def _note_left_out(record: dict[str, Json], told: Told) -> None:
    """Count the fields of a record that are not kept and say something."""
    for name in record.keys() - _READ:
        if record[name] not in (None, "", []) and "@odata." not in name:
            word = name[:40]
            if word in told.left_out or len(told.left_out) < _MAX_NAMES:
                told.left_out[word] = told.left_out.get(word, 0) + 1
