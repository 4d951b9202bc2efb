"""Settings of Easy Diffusion: PNG texts, one a setting; in JPEG and WebP one JSON as Exif UserComment.

Keys are those of the request (`num_inference_steps`), or their labels ("Steps") where settings are saved as
text too (ui/easydiffusion/utils/save_utils.py, sdkit/utils/file_utils.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.generators.candidates import key_of, objects
from tocsin.provenance.generators.forms import bare
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
from tocsin.provenance.generators.traits import as_texts, read_traits
from tocsin.provenance.model import Derivation, Failed, Item, NotChecked, Strength
from tocsin.provenance.rules import document, rules

if TYPE_CHECKING:
    from tocsin.provenance.opened import Opened

_OWN: Final = "use_stable_diffusion_model"
_RICH: Final = 6
_LEAST: Final = 3


def signs(file: "Opened", fields: Fields) -> Iterator[Item | Derivation | Failed | NotChecked]:
    """Signs in settings of Easy Diffusion."""
    texts = _texts(fields)
    yield from _settings(file, list(texts.values()), {key: bare(field.value) for key, field in texts.items()})
    for read in objects("easydiffusion", fields):
        if isinstance(read, tuple):
            field, values = read
            yield from _settings(file, [field], _keyed(as_texts(values)))
        else:
            yield read


@cache
def _keys() -> Mapping[str, str]:
    """The key of a setting by its key or label."""
    own: list[str] = document("generators")["known"]["easydiffusion"]
    labels: Mapping[str, str] = document("generators")["easydiffusion_labels"]
    return {**{key.casefold(): key for key in own}, **{one.casefold(): key for one, key in labels.items()}}


def _texts(fields: Fields) -> Mapping[str, Field]:
    """The first text of each setting."""
    found: dict[str, Field] = {}
    for field in fields.found:
        if field.space is Space.TEXT and (key := _keys().get(key_of(field))):
            found.setdefault(key, field)
    return found


def _keyed(values: Mapping[str, str]) -> Mapping[str, str]:
    return {_keys().get(key.casefold(), key): value for key, value in values.items()}


def _settings(
    file: "Opened", fields: Sequence[Field], values: Mapping[str, str]
) -> Iterator[Item | Derivation | NotChecked]:
    known = fitting(_keys().values(), values)
    if _OWN not in values or known < _LEAST:
        return
    rule = rules("generators")["generators.easydiffusion"]
    found = f"{known} settings as Easy Diffusion names them stand in {in_words(fields[0])}"
    found += f" and {len(fields) - 1} more." if len(fields) > 1 else "."
    strength = None if known >= _RICH else Strength.S2
    yield from evidence(file, rule, found, fields, _statement(values), strength=strength)


def _statement(values: Mapping[str, str]) -> Statement:
    prompt = values.get("prompt", "")
    return Statement(
        model=named(values.get(_OWN)),
        seed=named(values.get("seed")),
        prompt=prompt,
        adapters=joined(
            _names(values.get("use_lora_model", "")),
            _names(values.get("use_hypernetwork_model", "")),
        ),
        embeddings=joined(_names(values.get("use_embeddings_model", ""))),
        traits=read_traits("easydiffusion", values),
    )


def _names(text: str) -> tuple[Named, ...]:
    """A name, or a list of names as Python writes it."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    return tuple(Named(one.name.strip("'\"")) for one in only_names(bare))
