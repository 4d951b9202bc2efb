"""A bank as a MISP event: digests in the object `file`, what is compared by distance in `media-fingerprint`.

MISP has no attribute for perceptual hashes and no object with one (misp-objects 54538c6): the object
`media-fingerprint` is ours, described in docs/formats/misp-and-stix.md. No attribute is for detection
(`to_ids` is false): a match is for a person to look at.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, Final
from uuid import uuid5

from tocsin.banks.model import Entry, Label
from tocsin.exchange.files import fingerprint_words as words
from tocsin.exchange.files.fingerprint_words import NAMESPACE, Sheet
from tocsin.exchange.files.formats import Written

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

OBJECT: Final = "media-fingerprint"
OBJECT_ID: Final = str(uuid5(NAMESPACE, f"misp-object {OBJECT}"))
OBJECT_VERSION: Final = 1
_FILE: Final = ("file", "688c46fb-5edb-40a3-8273-1af7923e2215", 25)
"""MISP's own object template: name, id, version."""


def write(entries: Iterable[Entry], stream: BinaryIO, sheet: Sheet) -> Written:
    """Write live entries as one event, piece by piece; what was written.

    An entry with an onward-sharing rule is left out, and counted as unwritable: a tag of TLP says less.
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
    """Nobody but the organisation that takes it in is given it, until somebody there decides otherwise."""
    return {
        "uuid": str(uuid5(NAMESPACE, json.dumps(["event", sheet.bank, words.utc(sheet.time)]))),
        "info": f"Hash list: {sheet.bank}",
        "date": words.utc(sheet.time)[:10],
        "timestamp": str(int(sheet.time.timestamp())),
        "distribution": "0",
        "threat_level_id": "4",
        "analysis": "2",
        "published": False,
        "Tag": [{"name": f"tlp:{words.tlp_word(sheet.tlp)}"}],
    }


def _objects(entry: Entry, sheet: Sheet) -> "list[JsonObject]":
    """One `file` for the digests, one `media-fingerprint` for each other value; all say the labels."""
    tags = [f"tlp:{words.mark_of(entry, sheet)}", *map(_tag, words.classifications(entry))]
    digests = [(kind.value, kind.value, value) for kind, value in words.digests(entry).items()]
    found = [_object(entry, _FILE, digests, tags)] if digests else []
    template = (OBJECT, OBJECT_ID, OBJECT_VERSION)
    for one in words.fingerprints(entry):
        values = [(name, "text", str(value)) for name, value in one.items()]
        found.append(_object(entry, template, values, tags))
    return found


def _object(
    entry: Entry, template: tuple[str, str, int], values: list[tuple[str, str, str]], tags: list[str]
) -> "JsonObject":
    """An object of those values: relation, type and value each."""
    name, number, version = template
    own = words.id_of(entry, name, *(value for *_, value in values))
    attributes: list[JsonObject] = [
        {
            "uuid": words.id_of(entry, own, relation),
            "object_relation": relation,
            "type": kind,
            "category": "Payload delivery" if kind != "text" else "Other",
            "value": value,
            "to_ids": False,
            "Tag": [{"name": tag} for tag in tags],
        }
        for relation, kind, value in values
    ]
    return {
        "uuid": own,
        "name": name,
        "meta-category": "file",
        "template_uuid": number,
        "template_version": str(version),
        "timestamp": str(int(entry.added.timestamp())),
        "comment": f"{entry.origin.source} {entry.origin.member} {entry.origin.id}".strip(),
        "Attribute": [*attributes],
    }


def _tag(label: Label) -> str:
    """A label as a machine tag: namespace, predicate, value. No code is turned into one of a taxonomy."""
    scheme, code = (
        text.replace('"', "'") for text in (f"{label.scheme} {label.version}".strip(), label.code)
    )
    return f'tocsin-label:{scheme.replace(":", ".")}="{code}"'
