"""A bank as a MISP event: digests in the object `file`, what is compared by distance in `media-fingerprint`.

MISP has no attribute for perceptual hashes and no object with one (misp-objects 54538c6): the object
`media-fingerprint` is ours, described in docs/formats/misp-and-stix.md. Attributes of digests are for
correlation and not for detection (`to_ids` is false): a match is for a person to look at.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.banks.model import Entry, Label
from tocsin.exchange.files import fingerprint_words as words
from tocsin.exchange.files.fingerprint_words import Sheet
from tocsin.exchange.files.formats import Written
from tocsin.hashing.signals import Signal

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

OBJECT: Final = "media-fingerprint"
OBJECT_ID: Final = "5a9a7d27-3c8b-5f0f-8f9e-0d1c2b3a4f50"
OBJECT_VERSION: Final = 1
FILE_ID: Final = "688c46fb-5edb-40a3-8273-1af7923e2215"
"""Of MISP's object template `file`."""
FILE_VERSION: Final = 25
_TAXONOMY: Final = "tocsin-label"


def write(entries: Iterable[Entry], stream: BinaryIO, sheet: Sheet) -> Written:
    """Write live entries as one event, piece by piece; what was written.

    An entry with an onward-sharing rule is left out and counted as unwritable: a tag of TLP says less than it.
    """
    done = Written()
    stream.write(b'{"Event": ' + json.dumps(_event(sheet)).encode()[:-1] + b', "Object": [')
    for entry in entries:
        if entry.withdrawn is not None:
            done.withdrawn += 1
        elif words.has_terms(entry):
            done.unwritable += 1
        else:
            done.entries += 1
            for one in _objects(entry, sheet):
                stream.write((b",\n" if done.records else b"\n") + json.dumps(one).encode())
                done.records += 1
    stream.write(b"\n]}}\n")
    return done


def _event(sheet: Sheet) -> "JsonObject":
    return {
        "uuid": words.uuid_of("event", sheet.bank, words.utc(sheet.time)),
        "info": f"Hash list: {sheet.bank}",
        "date": words.utc(sheet.time)[:10],
        "timestamp": str(int(sheet.time.timestamp())),
        "distribution": "0",  # this organisation only, until somebody there decides otherwise
        "threat_level_id": "4",  # undefined
        "analysis": "2",  # complete
        "published": False,
        "Tag": [{"name": f"tlp:{words.strictest(sheet.tlp)}"}],
    }


def _objects(entry: Entry, sheet: Sheet) -> "list[JsonObject]":
    found: list[JsonObject] = []
    attributes = [
        _attribute(entry, sheet, kind.value, kind.value, value)
        for kind, values in words.digests(entry.signals).items()
        for value in values[:1]  # `file` takes one of each
    ]
    if attributes:
        found.append(_object(entry, "file", FILE_ID, FILE_VERSION, attributes))
    for number, one in enumerate(words.perceptual(entry.signals)):
        found.append(_fingerprint(entry, sheet, str(number), _of_signal(one)))
    more = [
        (kind.value, value)
        for kind, values in words.digests(entry.signals).items()
        for value in values[1:]
    ]
    for number, (name, value) in enumerate([*more, *words.kept(entry.labels)]):
        said = {"algorithm": name, "value": value, "encoding": "as-given" if (name, value) not in more else "hex"}
        found.append(_fingerprint(entry, sheet, f"kept {number}", said))
    return found
