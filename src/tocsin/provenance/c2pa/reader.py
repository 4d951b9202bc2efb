"""The reader of C2PA (c2pa-python over c2pa-rs): asked without a network, answering in our terms.

Its settings decide what it says: without the extended key usages it calls genuine signers invalid, and by
default it fetches manifests from addresses that files name (c2pa-rs, docs/settings.md). What kind of list
knows a signer is not asked of it: c2pa-rs 0.91 counts anchors for time stamps as anchors for signers, and
where two lists know an authority it names one by chance.
"""

import io
import json
import os
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.media.answers import object_in
from tocsin.provenance.rules import document
from tocsin.provenance.texts import TextError, parse_json
from tocsin.provenance.trust.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import c2pa

    from tocsin.media.sandbox import JsonValue
    from tocsin.provenance.trust.model import Anchors

MAX_MANIFEST_MB: Final = 32
"""What a compressed manifest may unpack to."""
_STORE_TYPE: Final = "application/c2pa"
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of a manifest store."""

    state: str
    """Trusted, Valid or Invalid, as the reader has it: of the active manifest."""
    active: str
    """Label of the active manifest."""
    success: frozenset[str]
    informational: frozenset[str]
    failure: frozenset[str]
    ingredient_failures: "Mapping[str, frozenset[str]]"
    """Failures in ingredients that their signer did not record, by the address they are about."""
    manifests: "Mapping[str, JsonValue]"
    """By their labels."""
    detailed: "Mapping[str, JsonValue]"
    """The same with claims and assertions as they are stored."""


@dataclass(frozen=True, slots=True)
class NoManifest:
    """The reader found no manifest."""


@dataclass(frozen=True, slots=True)
class Remote:
    """There is no manifest in the file, but the address of one."""

    url: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The reader gave up."""

    reason: str
    unsupported: bool = False
    """Because it does not know the format."""


@cache
def reader_name() -> str:
    """The reader as evidence cites it."""
    return f"c2pa-python {version('c2pa-python')}"


def read(
    source: BinaryIO, mime: str, anchors: "tuple[Anchors, ...]"
) -> Reading | NoManifest | Remote | Unreadable:
    """What the reader says of the file in `source` when it trusts these lists."""
    import c2pa  # noqa: PLC0415  # heavy, and loads a native library

    source.seek(0)
    try:
        with c2pa.Reader(mime, source, context=_context(anchors, os.getpid())) as reader:
            short, detailed = reader.json(), reader.detailed_json()
    except c2pa.C2paError as error:
        return _refusal(error)
    try:
        return _reading(parse_json(short), parse_json(detailed))
    except (TextError, KeyError, TypeError) as error:
        return Unreadable(f"its answer cannot be read ({type(error).__name__}: {str(error)[:_SHOWN]})")


def read_store(store: bytes, anchors: "tuple[Anchors, ...]") -> Reading | None:
    """What it says of the active manifest of a store without a file; None if it cannot read it."""
    found = read(io.BytesIO(store), _STORE_TYPE, anchors)
    return found if isinstance(found, Reading) else None


def settings(anchors: "Iterable[Anchors]") -> str:
    """The reader's settings as JSON: no network in any way, and these lists."""
    anchors = tuple(anchors)
    usages: list[str] = document("c2pa")["reader"]["ekus"]
    extra = sorted({usage for one in anchors for usage in one.ekus})
    config = "\n".join([*usages, *extra])
    return json.dumps(
        {
            "version": 1,
            "verify": {
                "remote_manifest_fetch": False,
                "ocsp_fetch": False,
                "verify_trust": True,
                "verify_timestamp_trust": True,
            },
            "core": {
                "allowed_network_hosts": [],
                "allow_redirects": False,
                "decode_identity_assertions": False,  # resolving their identities needs a network
                "max_decompressed_manifest_size_in_mb": MAX_MANIFEST_MB,
            },
            "trust": {
                # Of all signers, known or not: it decides whether their certificates are of a proper kind.
                "trust_config": config,
                "anchors": [
                    {
                        "trust_anchors": one.pem,
                        "trust_uri": f"tocsin:{one.kind}:{one.name}",
                        "trust_kind": "tsa" if one.kind is Kind.TSA else "manifest",
                        "trust_config": config,
                    }
                    for one in anchors
                ],
            },
        }
    )


@lru_cache(maxsize=8)
def _context(anchors: "tuple[Anchors, ...]", process: int) -> "c2pa.Context":
    """The reader that trusts these lists, for this process.

    c2pa-python's resources belong to the process that made them, and not to its forked children.
    """
    import c2pa  # noqa: PLC0415  # heavy

    del process
    return c2pa.Context.from_json(settings(anchors))


def _refusal(error: "c2pa.C2paError") -> NoManifest | Remote | Unreadable:
    import c2pa  # noqa: PLC0415  # heavy

    text = str(error)
    if isinstance(error, c2pa.C2paError.ManifestNotFound):
        return NoManifest()
    if text.startswith("Remote:"):  # "must fetch remote manifests from url URL"; it has no class of its own
        return Remote(text.rpartition(" ")[2])
    return Unreadable(text[:_SHOWN], unsupported=isinstance(error, c2pa.C2paError.NotSupported))


def _reading(short: "JsonValue", detailed: "JsonValue") -> Reading:
    table, results = object_in(short), object_in(object_in(short)["validation_results"])
    active = object_in(results["activeManifest"])
    deltas: dict[str, frozenset[str]] = {}
    for address, code in _delta_failures(results.get("ingredientDeltas")):
        deltas[address] = deltas.get(address, frozenset()) | {code}
    return Reading(
        state=str(table["validation_state"]),
        active=str(table["active_manifest"]),
        success=_codes(active, "success"),
        informational=_codes(active, "informational"),
        failure=_codes(active, "failure"),
        ingredient_failures=deltas,
        manifests=object_in(table["manifests"]),
        detailed=object_in(object_in(detailed)["manifests"]),
    )


def _delta_failures(deltas: "JsonValue") -> "Iterator[tuple[str, str]]":
    for delta in list_of(deltas):
        for status in list_of(object_in(object_in(delta)["validationDeltas"]).get("failure")):
            yield str(object_in(status).get("url", "")), str(object_in(status)["code"])


def _codes(table: "Mapping[str, JsonValue]", kind: str) -> frozenset[str]:
    return frozenset(str(object_in(status)["code"]) for status in list_of(table.get(kind)))


def list_of(value: "JsonValue") -> "list[JsonValue]":
    """A JSON array; what is none, or missing, is empty."""
    return value if isinstance(value, list) else []


def text_of(value: "JsonValue") -> str | None:
    """A text; None for anything else."""
    return value if isinstance(value, str) else None
