"""Settings of Draw Things: XMP names it as the creator tool and has its settings as JSON in exif:UserComment.

Keys are `c` (prompt), `uc` (negative prompt), `model`, `seed`, `strength`, `lora`, `control`, and under `v2`
the whole configuration with `loras` and `controls` by their files. The description says much of it again in a
line like that of AUTOMATIC1111; it is read where the JSON is missing.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.generators.candidates import objects
from tocsin.provenance.generators.settings import MAX_LINE, read_settings
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

_TOOL: Final = "Draw Things"
_RICH: Final = 6
_PROMPTS: Final = frozenset({"c", "uc"})
"""Its own keys; NovelAI shares the second and others of the rest."""
_LORA: Final = re.compile(r"\bLoRA Model: ([^,\n]{1,200}),")


def signs(file: "Opened", fields: Fields) -> Iterator[Item | Derivation | Failed | NotChecked]:
    """Signs in settings of Draw Things, and its name alone where there are none."""
    named_in = creator(fields)
    told = False
    for read in objects("drawthings", fields):
        if not isinstance(read, tuple):
            yield read
            continue
        for finding in _settings(file, named_in, *read):
            told = True
            yield finding
    if named_in and not told:
        yield from _described(file, named_in, fields.first(Space.XMP, "dc:description"))


def creator(fields: Fields) -> Field | None:
    """The field that names Draw Things as the program that made the picture."""
    found = fields.first(Space.XMP, "xmp:CreatorTool")
    return found if found and found.value.startswith(_TOOL) else None


def _described(
    file: "Opened", named_in: Field, description: Field | None
) -> Iterator[Item | Derivation | NotChecked]:
    """What the description says, or the tool's name alone."""
    rule = rules("generators")["generators.drawthings"]
    found = f"Draw Things is named in {in_words(named_in)} as the program that made the picture."
    text = description.value if description else ""
    settings = read_settings(text)
    values, line = settings.values, text.rpartition("\nSteps: ")[2][:MAX_LINE]
    statement = Statement(
        model=named(values.get("model")),
        seed=named(values.get("seed")),
        prompt=settings.prompt.partition("\n-")[0] if values.get("steps") else "",
        adapters=joined(Named(name) for name in _LORA.findall(line)),
        traits=read_traits("drawthings", values),
    )
    places = (named_in, description) if description and values else (named_in,)
    yield from evidence(file, rule, found, places, statement, strength=Strength.S2)


def _settings(
    file: "Opened", named_in: Field | None, field: Field, values: "JsonObject"
) -> Iterator[Item | Derivation | NotChecked]:
    known = fitting(document("generators")["known"]["drawthings"], values)
    if known < _RICH or not values.keys() >= _PROMPTS:
        return
    rule = rules("generators")["generators.drawthings"]
    found = f"Settings as JSON stand in {in_words(field)}: {known} of the keys that Draw Things writes."
    places = (field, named_in) if named_in else (field,)
    strength = None if named_in else Strength.S2
    yield from evidence(file, rule, found, places, _statement(values), strength=strength)


def _statement(values: "JsonObject") -> Statement:
    whole = values.get("v2")
    whole = whole if isinstance(whole, dict) else {}
    controls = ", ".join(filter(None, (as_text(values.get("control")), as_text(whole.get("controls")))))
    prompt = as_text(values.get("c"))
    return Statement(
        model=named(as_text(values.get("model"))),
        seed=named(as_text(values.get("seed"))),
        prompt=prompt,
        adapters=joined(_names(values.get("lora")), _names(whole.get("loras"))),
        traits=read_traits("drawthings", {**as_texts(values), "control": controls}),
    )


def _names(listed: "JsonValue") -> Iterator[Named]:
    for one in listed if isinstance(listed, list) else []:
        yield Named(as_text(one))
