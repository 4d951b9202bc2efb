"""Settings of SwarmUI, which are JSON: PNG text `parameters`, Exif UserComment, or hidden in pixels.

Its own description is docs/Image Metadata Format.md: `sui_image_params` has the parameters by their ids,
`sui_models` the models with their hashes, `sui_extra_data` what else was used.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.generators.candidates import key_of, objects
from tocsin.provenance.generators.statement import (
    Named,
    Statement,
    evidence,
    fitting,
    in_words,
    joined,
    named,
    only_names,
)
from tocsin.provenance.generators.traits import as_text, as_texts, read_traits
from tocsin.provenance.model import Derivation, Failed, Item, NotChecked, Strength
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import TextError, parse_json

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.opened import Opened

_PARAMETERS: Final = "sui_image_params"
_BESIDE: Final = ("sui_models", "sui_extra_data")
_RICH: Final = 4


def signs(file: "Opened", fields: Fields) -> Iterator[Item | Derivation | Failed | NotChecked]:
    """Signs in settings of SwarmUI."""
    for read in objects("swarmui", fields):
        if not isinstance(read, tuple):
            yield read
            continue
        field, stated = read
        if key_of(field) == _PARAMETERS:
            stated = {_PARAMETERS: stated, **dict(_hidden(fields))}
        yield from _settings(file, field, stated)


def _hidden(fields: Fields) -> "Iterator[tuple[str, JsonValue]]":
    """What stood beside the parameters in hidden JSON, whose keys come as fields of their own."""
    for field in fields.named(Space.STEALTH, *_BESIDE):
        with suppress(TextError):  # it was JSON a moment ago
            yield field.name, parse_json(field.value)


def _settings(file: "Opened", field: Field, stated: "JsonObject") -> Iterator[Item | Derivation | NotChecked]:
    parameters = stated.get(_PARAMETERS)
    if not isinstance(parameters, dict):
        return
    rule = rules("generators")["generators.swarmui"]
    known = fitting(document("generators")["known"]["swarmui"], parameters)
    found = f"Settings as JSON stand in {in_words(field)}: {known} of the parameters that SwarmUI writes."
    strength = None if known >= _RICH else Strength.S2
    yield from evidence(file, rule, found, (field,), _statement(stated, parameters), strength=strength)


def _statement(stated: "JsonObject", parameters: "JsonObject") -> Statement:
    extra = stated.get("sui_extra_data")
    extra = extra if isinstance(extra, dict) else {}
    prompt = as_text(parameters.get("prompt"))
    models = list(_models(stated.get("sui_models")))
    hashes = [one.hash for param, one in models if param == "model"]
    return Statement(
        version=named(as_text(parameters.get("swarm_version"))),
        model=named(as_text(parameters.get("model"))),
        model_hash=named(hashes[0]) if hashes else None,
        seed=named(as_text(parameters.get("seed"))),
        prompt=prompt,
        adapters=joined(
            (one for param, one in models if param == "loras"),
            _names(parameters.get("loras")),
            _names(extra.get("loras")),
        ),
        embeddings=joined(
            (one for param, one in models if param == "used_embeddings"),
            _names(extra.get("used_embeddings", parameters.get("used_embeddings"))),
        ),
        traits=read_traits("swarmui", as_texts(parameters)),
    )


def _models(listed: "JsonValue") -> "Iterator[tuple[str, Named]]":
    """The parameter of each model with its name and hash; names lose the ending that only this list has."""
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict):
            name = as_text(one.get("name")).removesuffix(".safetensors")
            yield as_text(one.get("param")), Named(name, as_text(one.get("hash")))


def _names(listed: "JsonValue") -> tuple[Named, ...]:
    """Names in a list, or in one text with commas."""
    if isinstance(listed, list):
        names = (as_text(one) for one in listed)
    else:
        names = (one.name for one in only_names(as_text(listed)))
    return tuple(Named(name.removesuffix(".safetensors")) for name in names)
