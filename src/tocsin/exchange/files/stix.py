"""A bank as a STIX 2.1 bundle: a `file` for each entry, what STIX has no word for in an extension of ours.

The extension `media-fingerprints` is described in docs/formats/misp-and-stix.md. Standard digests stand in
`hashes`. An entry without one has a PDQ there, under the open vocabulary: a `file` needs a hash or a name.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, Final
from uuid import uuid5

from tocsin.banks.model import Entry
from tocsin.exchange.files import fingerprint_words as words
from tocsin.exchange.files.fingerprint_words import NAMESPACE, Sheet
from tocsin.exchange.files.formats import Written
from tocsin.hashing.signals import SignalType

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

EXTENSION: Final = f"extension-definition--{uuid5(NAMESPACE, 'stix-extension media-fingerprints')}"
AUTHOR: Final = f"identity--{uuid5(NAMESPACE, 'stix-identity tocsin')}"
SCHEMA: Final = "docs/formats/misp-and-stix.md"
_MADE: Final = "2026-11-23T00:00:00.000Z"
"""When the extension was defined."""
_HASHES: Final = {SignalType.MD5: "MD5", SignalType.SHA1: "SHA-1", SignalType.SHA256: "SHA-256"}
_MARKS: Final = {
    "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
    "amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
    "white": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
}
"""STIX 2.1, 7.2.1.4: every reader knows these four, of TLP 1."""
_TLP_1: Final = {"clear": "white", "green": "green", "amber": "amber", "amber+strict": "red", "red": "red"}
"""The word of TLP 1 that allows no more."""


def write(entries: Iterable[Entry], stream: BinaryIO, sheet: Sheet) -> Written:
    """Write live entries as one bundle, piece by piece; what was written.

    An entry with an onward-sharing rule is left out, and counted as unwritable: a mark of TLP says less.
    """
    done = Written()
    number = uuid5(NAMESPACE, json.dumps(["bundle", sheet.bank, words.utc(sheet.time)]))
    head = f'{{"type": "bundle", "id": "bundle--{number}", "objects": [\n'
    stream.write(head.encode() + b",\n".join(json.dumps(one).encode() for one in _definitions()))
    for entry in entries:
        if entry.withdrawn is not None:
            done.withdrawn += 1
        elif words.has_terms(entry):
            done.unwritable += 1
        else:
            stream.write(b",\n" + json.dumps(_file(entry, sheet)).encode())
            done.entries += 1
            done.records += 1
    stream.write(b"\n]}\n")
    return done


def _definitions() -> "list[JsonObject]":
    """What the files refer to: who made the extension, the extension, the marks."""
    common: JsonObject = {"spec_version": "2.1", "created": _MADE, "modified": _MADE}
    identity: JsonObject = {"type": "identity", "id": AUTHOR, **common, "name": "Tocsin"}
    extension: JsonObject = {
        "type": "extension-definition",
        "id": EXTENSION,
        **common,
        "created_by_ref": AUTHOR,
        "name": "media-fingerprints",
        "description": "Perceptual hashes of a file and classifications in their owners' schemes.",
        "schema": SCHEMA,
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }
    marks: list[JsonObject] = [
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": number,
            "created": "2017-01-20T00:00:00.000Z",
            "definition_type": "tlp",
            "name": f"TLP:{word.upper()}",
            "definition": {"tlp": word},
        }
        for word, number in _MARKS.items()
    ]
    return [identity, extension, *marks]


def _file(entry: Entry, sheet: Sheet) -> "JsonObject":
    """An entry."""
    hashes = {_HASHES[kind]: value for kind, value in words.digests(entry).items()}
    if not hashes:  # then all it has is PDQ
        hashes = {"PDQ": entry.signals[0].hex}
    origin = entry.origin
    labels = [
        {
            "scheme": one.scheme,
            "version": one.version,
            "code": one.code,
            "author": one.author,
            "time": one.time,
        }
        for one in words.classifications(entry)
    ]
    return {
        "type": "file",
        "spec_version": "2.1",
        "id": f"file--{words.id_of(entry, 'file')}",
        "hashes": {**hashes},
        "object_marking_refs": [_MARKS[_TLP_1[words.mark_of(entry, sheet)]]],
        "extensions": {
            EXTENSION: {
                "extension_type": "property-extension",
                "fingerprints": [{**one} for one in words.fingerprints(entry)],
                "labels": [{**one} for one in labels],
                "origin": {"source": origin.source, "member": origin.member, "id": origin.id},
                "added": words.utc(entry.added),
            }
        },
    }
