"""Settings of Tensor.Art: JSON, with zero bytes behind it, as PNG text `generation_data`.

Beside it stands a graph of ComfyUI under `prompt`, which is read with its like.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields
from tocsin.provenance.generators.candidates import objects
from tocsin.provenance.generators.statement import (
    Named,
    Statement,
    evidence,
    fitting,
    in_words,
    joined,
    named,
)
from tocsin.provenance.generators.traits import as_text, as_texts, read_traits
from tocsin.provenance.model import (
    Derivation,
    Failed,
    Fingerprint,
    FingerprintKind,
    Item,
    NotChecked,
    Strength,
)
from tocsin.provenance.rules import document, rules

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.opened import Opened

_RICH: Final = 5
_LEAST: Final = 3
_ADAPTERS: Final = frozenset({"LORA", "LOCON", "LYCORIS", "DORA"})
_EMBEDDINGS: Final = frozenset({"EMBEDDING", "TEXTUAL_INVERSION"})


def signs(file: "Opened", fields: Fields) -> Iterator[Item | Derivation | Failed | NotChecked]:
    """Signs in settings of Tensor.Art."""
    for read in objects("tensorart", fields):
        if isinstance(read, tuple):
            yield from _settings(file, *read)
        else:
            yield read


def _settings(file: "Opened", field: Field, values: "JsonObject") -> Iterator[Item | Derivation | NotChecked]:
    known = fitting(document("generators")["known"]["tensorart"], values)
    if known < _LEAST:
        return
    rule = rules("generators")["generators.tensorart"]
    found = f"Settings as JSON stand in {in_words(field)}: {known} of the keys that Tensor.Art writes."
    strength = None if known >= _RICH else Strength.S2
    yield from evidence(file, rule, found, (field,), _statement(values), strength=strength)


def _statement(values: "JsonObject") -> Statement:
    base = values.get("baseModel")
    base = base if isinstance(base, dict) else {}
    models = [one for one in _list(values.get("models")) if isinstance(one, dict)]
    prompt = as_text(values.get("prompt"))
    return Statement(
        model=named(as_text(base.get("modelFileName"))) or named(as_text(base.get("label"))),
        model_hash=named(as_text(base.get("hash"))),
        seed=named(as_text(values.get("seed"))),
        prompt=prompt,
        adapters=joined(_of(models, _ADAPTERS)),
        embeddings=joined(_of(models, _EMBEDDINGS)),
        traits=read_traits("tensorart", as_texts(values)),
        fingerprints=tuple(_numbers([base, *models])),
    )


def _list(value: "JsonValue") -> "list[JsonValue]":
    return value if isinstance(value, list) else []


def _of(models: "Sequence[JsonObject]", types: frozenset[str]) -> Iterator[Named]:
    for one in models:
        if as_text(one.get("type")).upper() in types:
            yield Named(
                as_text(one.get("modelFileName")) or as_text(one.get("label")), as_text(one.get("hash"))
            )


def _numbers(models: "Sequence[JsonObject]") -> Iterator[Fingerprint]:
    """Numbers of models on the site: a second model's file name may be anything, its number may not."""
    for one in models:
        kind = as_text(one.get("type")).upper()
        number = named(as_text(one.get("modelFileId")) or as_text(one.get("modelId")))
        if number and kind in _ADAPTERS:
            yield Fingerprint(FingerprintKind.ADAPTER, f"tensorart:{number}")
        elif number and kind in _EMBEDDINGS:
            yield Fingerprint(FingerprintKind.EMBEDDING, f"tensorart:{number}")
        elif number:
            yield Fingerprint(FingerprintKind.MODEL_NAME, f"tensorart:{number}")
