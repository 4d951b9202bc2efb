"""Settings of Fooocus and its relatives, which are JSON.

PNG carries them as text `parameters` beside `fooocus_scheme`; JPEG and WebP as Exif UserComment in IFD0, with
the scheme in the place of camera makers' notes (modules/meta_parser.py). Fooocus can write the form of
AUTOMATIC1111 instead, which is read with its like. RuinedFooocus and Fooocus-MRE name themselves under
`software`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Space
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
from tocsin.provenance.model import Derivation, Failed, Item, NotChecked, Strength
from tocsin.provenance.rules import document, rules

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.opened import Opened

_RICH: Final = 6
_LEAST: Final = 3
_RUINED: Final = "RuinedFooocus"


def signs(file: "Opened", fields: Fields) -> Iterator[Item | Derivation | Failed | NotChecked]:
    """Signs in settings of Fooocus and its relatives."""
    silent = True
    for read in objects("fooocus", fields):
        if not isinstance(read, tuple):
            yield read
            continue
        for finding in _settings(file, fields, *read):
            silent = False
            yield finding
    software = fields.first(Space.EXIF, "IFD0:Software")
    if silent and software and software.value.startswith("Fooocus"):
        rule = rules("generators")["generators.fooocus_software"]
        yield file.item(rule, f"Fooocus is named in {in_words(software)}.", software.where)


def _settings(
    file: "Opened", fields: Fields, field: Field, values: "JsonObject"
) -> Iterator[Item | Derivation | NotChecked]:
    software = as_text(values.get("software"))
    ruined = software == _RUINED
    known = fitting(document("generators")["known"]["ruined_fooocus" if ruined else "fooocus"], values)
    schemes = fields.named(Space.TEXT, "fooocus_scheme")[:1]
    own = "Fooocus" in software or as_text(values.get("version")).startswith("Fooocus") or bool(schemes)
    if known < _LEAST or not (own or known >= _RICH):
        return
    rule = rules("generators")["generators.ruined_fooocus" if ruined else "generators.fooocus"]
    found = f"Settings as JSON stand in {in_words(field)}: {known} of the keys that {rule.tool} writes."
    strength = None if own and known >= _RICH else Strength.S2
    yield from evidence(file, rule, found, (field, *schemes), _statement(values), strength=strength)


def _statement(values: "JsonObject") -> Statement:
    prompt = as_text(values.get("prompt", values.get("Prompt")))
    return Statement(
        version=named(as_text(values.get("version", values.get("software")))),
        model=named(as_text(values.get("base_model", values.get("base_model_name")))),
        model_hash=named(as_text(values.get("base_model_hash"))),
        seed=named(as_text(values.get("seed"))),
        author=named(as_text(values.get("created_by"))),
        prompt=prompt,
        adapters=joined(_listed(values.get("loras")), _combined(values)),
        traits=read_traits("fooocus", as_texts(values)),
    )


def _listed(loras: "JsonValue") -> Iterator[Named]:
    """Fooocus: [name, weight, hash]. RuinedFooocus: [hash, "weight - name"]."""
    for one in loras if isinstance(loras, list) else [loras]:
        parts = list(map(as_text, one)) if isinstance(one, list) else []
        if len(parts) == len(("name", "weight", "hash")):
            yield Named(parts[0], parts[2])
        elif len(parts) == len(("hash", "weight - name")):
            yield Named(parts[1].partition(" - ")[2] or parts[1], parts[0])
        else:
            yield Named(as_text(one))


def _combined(values: "JsonObject") -> Iterator[Named]:
    """`lora_combined_1`: `name : weight`."""
    for key, value in values.items():
        if key.startswith("lora_combined_"):
            yield Named(as_text(value).rpartition(" : ")[0])
