"""Settings texts in the form of AUTOMATIC1111: the web UI, Forge, SD.Next, Civitai, and whoever copies them.

PNG carries them as text `parameters`, JPEG, WebP and AVIF as Exif UserComment (modules/images.py of the web
UI). Which of the tools wrote a text is told by what it states: `[[dialect]]` in generators.toml. A text is
recognised by values that look as that form has them, so that prose and recipes stay silent.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.generators.candidates import candidates
from tocsin.provenance.generators.civitai import Resources, read_hashes, read_resources
from tocsin.provenance.generators.drawthings import creator
from tocsin.provenance.generators.forms import bare
from tocsin.provenance.generators.settings import (
    Settings,
    has_settings_line,
    read_all_settings,
    read_settings,
)
from tocsin.provenance.generators.statement import (
    Named,
    Statement,
    derived,
    evidence,
    hashed_names,
    in_words,
    joined,
    named,
    only_names,
)
from tocsin.provenance.generators.traits import read_traits
from tocsin.provenance.model import (
    Derivation,
    Failed,
    Fingerprint,
    FingerprintKind,
    Item,
    NotChecked,
    Rule,
    Strength,
)
from tocsin.provenance.rules import document, rules

if TYPE_CHECKING:
    from tocsin.provenance.opened import Opened

_LEAST: Final = 3
"""Values of a strict form (whole numbers, sizes, hashes) that make a settings text."""
_RICH: Final = 5
"""Values of any known form that make one which fits together."""
_MAKING: Final = ("sampler", "model", "model hash")
"""Keys of which a text has one at least; numbers alone stand in many a caption."""
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "integer": re.compile(r"-?\d{1,20}"),
    "number": re.compile(r"-?\d{1,10}(\.\d{1,20})?"),
    "size": re.compile(r"\d{1,6}x\d{1,6}"),
    "hash": re.compile(r"(0x)?[0-9a-fA-F]{8,64}"),
    "word": re.compile(r"[^\n]{1,200}"),
}
_ADDITIONAL: Final = re.compile(r"(.{1,200})\(([0-9a-f]{8,64})\)")
_USED: Final = re.compile(r"(.{1,200}) \[([0-9a-f]{4,64})\]")


@dataclass(frozen=True, slots=True)
class _Form:
    """How far values look as they should."""

    strict: int
    fitting: int
    odd: tuple[str, ...]
    """Known keys with a value that they cannot have."""


def signs(file: "Opened", fields: Fields) -> Iterator[Item | Derivation | Failed | NotChecked]:
    """Signs in settings texts of this form."""
    for field in candidates("settings", fields, _is_likely):
        if isinstance(field, NotChecked):
            yield field
        elif not (field.space is Space.XMP and creator(fields)):  # those are read with its other settings
            yield from _settings(file, field)
    for field in candidates("extras", fields, lambda field: ":" in field.value):
        if isinstance(field, NotChecked):
            yield field
        else:
            yield from _extras(file, field)


def _is_likely(field: Field) -> bool:
    return has_settings_line(bare(field.value)) or field.value.count(":") >= _LEAST


def _settings(file: "Opened", field: Field) -> Iterator[Item | Derivation | NotChecked]:
    """What each line that begins as settings do says, the same sign once."""
    text = bare(field.value.removeprefix("parameters:"))
    read = tuple(read_all_settings(text))
    told: set[tuple[str, str, str | None]] = set()
    recognised = False
    for settings in read:
        for finding in _of_line(file, field, settings):
            recognised = True
            key = (finding.kind, finding.value, finding.hash) if isinstance(finding, Derivation) else None
            if key is None or key not in told:
                yield finding
            if key is not None:
                told.add(key)
    if not recognised and has_settings_line(text):
        yield from _unrecognised(file, field, read)
    if any(not settings.whole for settings in read) and (recognised or has_settings_line(text)):
        yield NotChecked("the rest of a settings text", "it is longer than any tool writes it")


def _unrecognised(
    file: "Opened", field: Field, read: tuple[Settings, ...]
) -> Iterator[Derivation | NotChecked]:
    """What calls adapters does so whatever stands beside it."""
    prompts = Statement(prompt=read[0].prompt)
    yield from derived(file, "The prompts before a line of settings", (file.place(field.where),), prompts)
    if any(_form(settings.values).strict >= _LEAST for settings in read):
        why = "it has numbers as settings have them, but neither a sampler nor a model"
        yield NotChecked(f"a text that may be settings in {in_words(field)}", why)


def _of_line(file: "Opened", field: Field, settings: Settings) -> Iterator[Item | Derivation | NotChecked]:
    rule, telling = _dialect(settings.values)
    form = _form(settings.values)
    making = telling or form.fitting >= _RICH or any(settings.values.get(key) for key in _MAKING)
    if form.strict + telling < _LEAST or not making:
        return
    strength = None if form.fitting + telling >= _RICH and not form.odd else Strength.S2
    what = f"A settings text as {rule.tool or 'AUTOMATIC1111 and many others'} would write it"
    found = f"{what} stands in {in_words(field)}: {form.fitting} settings have the form they should"
    found += f"; {', '.join(form.odd)} have not." if form.odd else "."
    yield from evidence(file, rule, found, (field,), _statement(settings), strength=strength)


def _extras(file: "Opened", field: Field) -> Iterator[Item]:
    """The note of the Extras tab, which makes pictures larger or touches faces up."""
    values = read_settings(field.value).values
    known = document("generators")["settings"]["extras"]
    stated = [key for key in known if key in values]
    if stated:
        found = f"The note of the Extras tab stands in {in_words(field)}: it has {', '.join(stated)}."
        yield file.item(rules("generators")["generators.a1111_extras"], found, field.where)


@cache
def _forms() -> Mapping[str, str]:
    tables: Mapping[str, Any] = document("generators")["settings"]
    return {key: form for form in _FORMS for key in tables[form]}


def _form(values: Mapping[str, str]) -> _Form:
    strict = fitting = 0
    odd = []
    for key, form in _forms().items():
        if not (value := values.get(key, "").strip()):
            continue
        if not _FORMS[form].fullmatch(value):
            odd.append(key)
            continue
        fitting += 1
        strict += form != "word"
    return _Form(strict, fitting, tuple(odd))


@cache
def _dialects() -> tuple[tuple[str, re.Pattern[str], Rule], ...]:
    known, tables = rules("generators"), document("generators")["dialect"]
    return tuple(
        (table["key"], re.compile(table["value"], re.DOTALL), known[table["rule"]]) for table in tables
    )


def _dialect(values: Mapping[str, str]) -> tuple[Rule, int]:
    """The rule of the tool that wrote the settings; and 1 if the settings name it."""
    for key, pattern, rule in _dialects():
        if key in values and pattern.fullmatch(values[key][:100]):
            return rule, 1
    return rules("generators")["generators.a1111_style"], 0


def _statement(settings: Settings) -> Statement:
    values = settings.values
    keys = document("generators")["settings"]
    models, hashes = _named(values, keys["model_names"]), _named(values, keys["model_hashes"])
    resources, stated = read_resources(values), read_hashes(values)
    return Statement(
        version=named(values.get("version")),
        model=named(values.get("model")) or resources.model,
        model_hash=named(values.get("model hash")) or stated.model_hash,
        seed=named(values.get("seed")),
        author=named(values.get("user")),
        prompt=settings.prompt,
        more_prompts=tuple(text for key, text in values.items() if "prompt" in key and "negative" not in key),
        adapters=joined(_adapters(values), stated.adapters, resources.adapters),
        embeddings=joined(_embeddings(values), stated.embeddings, resources.embeddings),
        traits=read_traits("settings", values),
        fingerprints=_more(models, hashes, resources),
        caveats=(*_unread(settings), *stated.caveats, *resources.caveats),
    )


def _named(values: Mapping[str, str], keys: list[str]) -> list[str]:
    return [name for name in (named(values.get(key)) for key in keys) if name]


def _more(models: list[str], hashes: list[str], resources: Resources) -> tuple[Fingerprint, ...]:
    """Second models (a refiner), and what Civitai numbers."""
    names = (Fingerprint(FingerprintKind.MODEL_NAME, name) for name in models)
    digests = (Fingerprint(FingerprintKind.MODEL_HASH, digest) for digest in hashes)
    return (*names, *digests, *resources.fingerprints)


def _adapters(values: Mapping[str, str]) -> tuple[Named, ...]:
    """Adapters as the web UI, its extension Additional Networks, Fooocus and SD.Next list them."""
    found = [one for one in hashed_names(values.get("lora hashes", "")) if one.hash]
    names = only_names(values.get("lora networks", ""))
    loose = [one.name for one in only_names(values.get("lora hashes", "")) if ":" not in one.name]
    if names and len(names) == len(loose):  # SD.Next lists names and hashes apart, in one order
        names = tuple(Named(one.name, digest) for one, digest in zip(names, loose, strict=True))
    else:
        names += tuple(map(Named, loose))  # digests, or what else: something is named there
    found += names
    found += (Named(one.name) for one in hashed_names(values.get("lora weights", "")))
    if hypernetwork := named(values.get("hypernet")):
        found.append(Named(hypernetwork, named(values.get("hypernet hash"))))
    for key, value in values.items():
        if key.startswith("addnet model") and (match := _ADDITIONAL.fullmatch(value.strip())):
            found.append(Named(match[1], match[2]))
    return tuple(found)


def _embeddings(values: Mapping[str, str]) -> tuple[Named, ...]:
    """Embeddings as the web UI lists them now and earlier, and as SD.Next does."""
    found = [*hashed_names(values.get("ti hashes", "")), *only_names(values.get("embeddings", ""))]
    for one in only_names(values.get("used embeddings", "")):
        match = _USED.fullmatch(one.name)
        found.append(Named(match[1], match[2]) if match else one)
    return tuple(found)


def _unread(settings: Settings) -> Iterator[str]:
    if not settings.whole:
        yield "The settings are longer than any tool writes them: not all of them were read."
