"""Settings of Draw Things: XMP names it as the creator tool and has its settings as JSON in exif:UserComment.

Keys are `c` (prompt), `uc` (negative prompt), `model`, `seed`, `strength`, `lora`, `control`, and under `v2`
the whole configuration with `loras` and `controls` by their files.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.generators.candidates import objects
from tocsin.provenance.generators.statement import (
    MAX_NAMED,
    Named,
    Statement,
    evidence,
    fitting,
    in_words,
    joined,
    named,
    tagged,
)
from tocsin.provenance.generators.traits import as_text, as_texts, read_traits
from tocsin.provenance.model import Derivation, Failed, Item, NotChecked, Strength
from tocsin.provenance.rules import document, rules

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.opened import Opened

_TOOL: Final = "Draw Things"
_RICH: Final = 6


def signs(file: "Opened", fields: Fields) -> Iterator[Item | Derivation | Failed | NotChecked]:
    """Signs in settings of Draw Things, and its name alone where there are none."""
    creator = fields.first(Space.XMP, "xmp:CreatorTool")
    if creator and not creator.value.startswith(_TOOL):
        creator = None
    told = False
    for read in objects("drawthings", fields):
        if not isinstance(read, tuple):
            yield read
            continue
        for finding in _settings(file, creator, *read):
            told = True
            yield finding
    if creator and not told:
        rule = rules("generators")["generators.drawthings"]
        found = f"{in_words(creator)} names Draw Things as the program that made the picture."
        yield file.item(rule, found, creator.where, strength=Strength.S2)


def _settings(
    file: "Opened", creator: Field | None, field: Field, values: "JsonObject"
) -> Iterator[Item | Derivation]:
    known = fitting(document("generators")["known"]["drawthings"], values)
    if known < _RICH:
        return
    rule = rules("generators")["generators.drawthings"]
    found = f"Settings as JSON stand in {in_words(field)}: {known} of the keys that Draw Things writes."
    places = (field, creator) if creator else (field,)
    strength = None if creator else Strength.S2
    yield from evidence(file, rule, found, places, _statement(values), strength=strength)


def _statement(values: "JsonObject") -> Statement:
    whole = values.get("v2")
    whole = whole if isinstance(whole, dict) else {}
    controls = ", ".join(filter(None, (as_text(values.get("control")), as_text(whole.get("controls")))))
    prompt = as_text(values.get("c"))
    called, embedded = tagged(prompt)
    return Statement(
        model=named(as_text(values.get("model"))),
        seed=named(as_text(values.get("seed"))),
        prompt=prompt,
        adapters=joined(_names(values.get("lora")), _names(whole.get("loras")), called),
        embeddings=joined(embedded),
        traits=read_traits("drawthings", {**as_texts(values), "control": controls}),
    )


def _names(listed: "JsonValue") -> Iterator[Named]:
    for one in listed[: MAX_NAMED * 5] if isinstance(listed, list) else []:
        yield Named(as_text(one))
