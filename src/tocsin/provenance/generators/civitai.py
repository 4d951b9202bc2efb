"""Two lists in settings texts that are JSON: `Hashes`, and `Civitai resources` with `Civitai metadata`.

    Hashes: {"model": "0123456789", "lora:lamps": "0123456789ab", "embed:fog": "0123456789ab"}
    Civitai resources: [{"type": "lora", "weight": 0.8, "modelVersionId": 1, "modelName": "Lamps"}]

The first is written by github.com/civitai/sd_civitai_extension and by nodes that copy it, the second by
Civitai's generator.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.generators.statement import Named, named
from tocsin.provenance.model import Fingerprint, FingerprintKind
from tocsin.provenance.texts import TextError, parse_json

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

_ADAPTERS: Final = frozenset({"lora", "lyco", "lycoris", "locon", "dora", "hypernet", "hypernetwork"})
_EMBEDDINGS: Final = frozenset({"embed", "embedding", "textualinversion", "ti"})


@dataclass(frozen=True, slots=True)
class Resources:
    """Models of one settings text, as such a list has them."""

    model: str | None = None
    model_hash: str | None = None
    adapters: tuple[Named, ...] = ()
    embeddings: tuple[Named, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    caveats: tuple[str, ...] = ()


def read_hashes(values: Mapping[str, str]) -> Resources:
    """What stands under `Hashes`."""
    listed, caveats = _json(values, "hashes")
    if not isinstance(listed, dict):
        return Resources(caveats=caveats)
    model_hash = None
    adapters, embeddings = [], []
    for key, value in list(listed.items()):
        kind, _, name = key.partition(":")
        digest = named(value) if isinstance(value, str) else None
        if key.lower() == "model":
            model_hash = digest
        elif kind.lower() in _ADAPTERS:
            adapters.append(Named(name, digest))
        elif kind.lower() in _EMBEDDINGS:
            embeddings.append(Named(name, digest))
    return Resources(None, model_hash, tuple(adapters), tuple(embeddings), (), caveats)


def read_resources(values: Mapping[str, str]) -> Resources:
    """What stands under `Civitai resources` and `Civitai metadata`."""
    listed, caveats = _json(values, "civitai resources")
    about, more = _json(values, "civitai metadata")
    members = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    model = None
    adapters, embeddings = [], []
    prints = [*_remix(about)]
    for one in members:
        kind, name, number = _text(one.get("type")).lower(), named(_text(one.get("modelName"))), _number(one)
        what = named(name or number)
        if kind in _ADAPTERS:
            adapters += [Named(what)] if what else []
            prints += _numbered(FingerprintKind.ADAPTER, number)
        elif kind in _EMBEDDINGS:
            embeddings += [Named(what)] if what else []
            prints += _numbered(FingerprintKind.EMBEDDING, number)
        elif kind == "checkpoint":
            model = model or what
            prints += _numbered(FingerprintKind.MODEL_NAME, number)
    return Resources(model, None, tuple(adapters), tuple(embeddings), tuple(prints), (*caveats, *more))


def _json(values: Mapping[str, str], key: str) -> "tuple[JsonValue, tuple[str, ...]]":
    """The JSON under a key; and a caveat if it cannot be read."""
    text = values.get(key, "").strip()
    if not text:
        return None, ()
    try:
        return parse_json(text), ()
    except TextError as error:
        return None, (f"What it states under “{key}” cannot be read: {error.message}.",)


def _text(value: "JsonValue") -> str:
    return value if isinstance(value, str) else ""


def _number(one: "Mapping[str, JsonValue]") -> str | None:
    """The number of a model's version on Civitai: stated as such, or the end of its resource name (air)."""
    number = one.get("modelVersionId")
    if isinstance(number, int) and not isinstance(number, bool):
        return f"civitai:{number}"
    _, at, version = _text(one.get("air")).rpartition("@")
    return f"civitai:{version[:20]}" if at and version.isascii() and version.isdigit() else None


def _numbered(kind: FingerprintKind, number: str | None) -> Iterator[Fingerprint]:
    if number:
        yield Fingerprint(kind, number)


def _remix(about: "JsonValue") -> Iterator[Fingerprint]:
    """The picture on Civitai that this one was made after."""
    remixed = about.get("remixOfId") if isinstance(about, dict) else None
    if isinstance(remixed, int) and not isinstance(remixed, bool):
        yield Fingerprint(FingerprintKind.JOB, f"civitai:remix:{remixed}")
