"""InvokeAI: the settings of versions 3 and later, the graph that was run, and what versions 1 and 2 wrote."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from tocsin.provenance.forgeable import declared
from tocsin.provenance.generators import graphs
from tocsin.provenance.generators.forms import NOT_SHOWN, bare, looks_like_a_hash
from tocsin.provenance.generators.graphs import Sign, Trait, fingerprint, items, name_of
from tocsin.provenance.model import (
    Derivation,
    DerivationKind,
    Failed,
    Fingerprint,
    FingerprintKind,
    Item,
    NotChecked,
    Strength,
    Subject,
)
from tocsin.provenance.names import with_hash
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import TextError, parse_json, prompt_hash, quoted

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.fields import Field, Fields
    from tocsin.provenance.opened import Opened

_MOST_COMMAND: Final = 4096
_NUMERIC: Final = re.compile(r"-(?:[sSWHCnbg]|-?(?:steps|seed|width|height|cfg_scale))\Z")
_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,9})?")
_LEAST: Final = 3
_FIRST_SWITCH: Final = re.compile(r" -s ?(?=\d{1,6} -S ?-?\d)")


def signs(file: "Opened", fields: "Fields") -> Iterator[Item | Derivation | Failed | NotChecked]:
    """What InvokeAI wrote into a file."""
    table = document("graphs")["invokeai"]
    found = graphs.Signs()
    for field in fields.found:
        name = bare(field.name).casefold()
        text = bare(field.value)
        try:
            if name in table["metadata"]:
                read = _metadata(text, table)
            elif name in table["old"]:
                read = _old(text, table)
            elif name in table["commands"]:
                read = _command(text)
            elif name in table["graphs"]:
                read = _graph(text, table)
            else:
                continue
        except TextError as error:
            yield Failed(OWN_READER, error.code, f"InvokeAI's {name} cannot be read: {error}")
            continue
        if read is not None:
            found.add(read.traits, file.place(field.where))
            yield _item(file, field, read)
            yield from graphs.not_kept(read.traits)
    kinds = dict.fromkeys(DerivationKind, rules("graphs")["invokeai.derivation"])
    yield from found.told(file, kinds, "The settings of InvokeAI say")


@dataclass(frozen=True, slots=True)
class _Read:
    """What one field says."""

    rule: str
    traits: tuple[Trait, ...]
    version: str | None = None
    rich: bool = True
    """Whether there is enough of what the tool writes."""


def _item(file: "Opened", field: "Field", read: _Read) -> Item:
    rule, traits = rules("graphs")[read.rule], read.traits
    strength = None if read.rich else Strength.S2
    model = graphs.named(traits, FingerprintKind.MODEL_NAME)
    found = f"Settings of InvokeAI in the field {quoted(field.name)}"
    return file.item(
        rule,
        found + (f", with the model {quoted(model)}." if model else "."),
        field.where,
        subject=Subject(
            tool=rule.tool,
            version=read.version,
            model=model,
            model_hash=graphs.named(traits, FingerprintKind.MODEL_HASH),
        ),
        fingerprints=graphs.kept(traits),
        caveats=declared(rule, strength=strength),
        strength=strength,
    )


def _metadata(text: str, table: "Mapping[str, Any]") -> _Read | None:
    value = parse_json(text)
    known = len(value.keys() & set(table["known"])) if isinstance(value, dict) else 0
    if not isinstance(value, dict) or not known:
        return None
    version = name_of(value.get("app_version"))
    return _Read("invokeai.metadata", tuple(_settings(value, table)), version, rich=known >= _LEAST)


def _settings(value: "JsonObject", table: "Mapping[str, Any]") -> Iterator[Trait]:
    yield from _model(value.get("model"))
    yield from fingerprint(FingerprintKind.SEED, value.get("seed"))
    yield from _prompt(value.get("positive_prompt"))
    yield from _mode(value.get("generation_mode"), table)
    yield from _strength(value.get("strength"), "strength")
    yield from _input(value.get("init_image"), "the picture to begin with")
    loras = value.get("loras")
    for lora in items(loras):
        yield from _adapter(lora)
    for setting, kind in table["pictures"].items():
        if value.get(setting):
            yield from _pictures(value[setting], setting, DerivationKind(kind))


def _model(value: "JsonValue") -> Iterator[Fingerprint]:
    if isinstance(value, dict):
        name = value.get("name") or value.get("model_name") or value.get("key")
        yield from fingerprint(FingerprintKind.MODEL_NAME, name)
        yield from fingerprint(FingerprintKind.MODEL_HASH, value.get("hash"))
    else:
        yield from fingerprint(FingerprintKind.MODEL_NAME, value)


def _prompt(value: "JsonValue") -> Iterator[Fingerprint]:
    if isinstance(value, str) and value.strip():
        yield Fingerprint(FingerprintKind.PROMPT, prompt_hash(value))


def _mode(value: "JsonValue", table: "Mapping[str, Any]") -> Iterator[Sign]:
    mode = bare(value) if isinstance(value, str) else ""
    for end, kind in table["modes"].items():
        if mode.endswith(end):
            yield Sign(DerivationKind(kind), name_of(mode) or NOT_SHOWN, "the mode of generation")


def _strength(value: "JsonValue", setting: str) -> Iterator[Sign]:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
        yield Sign(DerivationKind.DENOISING, f"{value:.4g}", f"{setting} below 1")


def _input(value: "JsonValue", says: str) -> Iterator[Trait]:
    name = graphs.file_name(value, "a picture")
    if name:
        yield Sign(DerivationKind.INPUT_FILE, name, says)
        yield Fingerprint(FingerprintKind.INPUT_FILE, name)


def _adapter(lora: "JsonObject") -> Iterator[Trait]:
    model = lora.get("model") or lora.get("lora") or lora
    if isinstance(model, dict):
        name = name_of(model.get("name") or model.get("model_name") or model.get("key"))
        if name:
            hash_ = graphs.named(
                fingerprint(FingerprintKind.MODEL_HASH, model.get("hash")), FingerprintKind.MODEL_HASH
            )
            yield from with_hash(FingerprintKind.ADAPTER, name, hash_)
            yield Sign(DerivationKind.ADAPTER, name, "a LoRA took part", hash_)


def _pictures(value: "JsonValue", setting: str, kind: DerivationKind) -> Iterator[Trait]:
    """What a setting that names pictures holds: the setting itself, the models, the pictures' names."""
    names = tuple(_image_names(value))
    if names or setting != "canvas_v2_metadata":
        yield Sign(kind, setting, "pictures steered the result")
    for name in names:
        yield from _input(name, f"a picture in {setting}")


def _image_names(value: "JsonValue") -> Iterator[str]:
    """Every `image_name` in a value; JSON that was read is bounded in size and depth."""
    ahead: list[JsonValue] = [value]
    while ahead:
        one = ahead.pop()
        if isinstance(one, dict):
            if isinstance(name := one.get("image_name"), str):
                yield name
            ahead += (inner for inner in one.values() if isinstance(inner, dict | list))
        elif isinstance(one, list):
            ahead += (inner for inner in one if isinstance(inner, dict | list))


def _graph(text: str, table: "Mapping[str, Any]") -> _Read | None:
    """The graph by its nodes' types: `{id: {type}}` as it ran, `[{data: {type}}]` as the editor shows it."""
    value = parse_json(text)
    nodes = tuple(_nodes(value.get("nodes") if isinstance(value, dict) else None))
    kinds = [kind for node in nodes if isinstance(kind := node.get("type"), str)]
    if not kinds:
        return None
    return _Read("invokeai.graph", tuple(_of_graph(nodes, kinds, table["nodes"])))


def _nodes(value: "JsonValue") -> "Iterator[JsonObject]":
    for node in items(value):
        data = node.get("data")
        yield data if isinstance(data, dict) and "type" in data else node


def _of_graph(
    nodes: "Iterable[JsonObject]", kinds: list[str], table: "list[Mapping[str, Any]]"
) -> Iterator[Trait]:
    yield graphs.workflow(kinds)
    for kind in dict.fromkeys(kinds):
        yield from graphs.meaning(table, kind)
    for node in nodes:
        yield from _model(node.get("model")) if isinstance(node.get("model"), dict) else ()
        if isinstance(node.get("lora"), dict):
            yield from _adapter(node)
        for name in _image_names(node.get("image")):
            yield from _input(name, "a picture in the graph")


def _old(text: str, table: "Mapping[str, Any]") -> _Read | None:
    value = parse_json(text)
    known = len(value.keys() & set(table["known_old"])) if isinstance(value, dict) else 0
    if not isinstance(value, dict) or not known:
        return None
    traits: list[Trait] = list(_of_old_model(value))
    image = value.get("image")
    for settings in items(value.get("images", [image])):  # a grid has several
        traits += _of_old(settings, table)
    version = name_of(value.get("app_version"))
    return _Read("invokeai.old_metadata", tuple(traits), version, rich=known >= _LEAST - 1)


def _of_old_model(value: "JsonObject") -> Iterator[Fingerprint]:
    """The server writes `model_weights`, the command line `model_id`; `model` is the same in all files."""
    yield from fingerprint(FingerprintKind.MODEL_NAME, value.get("model_weights") or value.get("model_id"))
    yield from fingerprint(FingerprintKind.MODEL_HASH, value.get("model_hash"))


def _of_old(image: "JsonObject", table: "Mapping[str, Any]") -> Iterator[Trait]:
    yield from fingerprint(FingerprintKind.SEED, image.get("seed"))
    prompts = image.get("prompt")
    first = next(items(prompts), {}).get("prompt") if isinstance(prompts, list) else prompts
    yield from _prompt(first)
    yield from _mode(image.get("type"), table)
    began = image.get("init_image_path") or image.get("init_img")
    yield from _input(began, "the picture to begin with")
    yield from _input(image.get("mask_image_path") or image.get("init_mask"), "the mask")
    if began or image.get("type") == "img2img":
        yield from _strength(image.get("strength", image.get("strength_steps")), "strength")
    yield from _input_hash(image)
    for after in items(image.get("postprocessing")):
        yield from _input_hash(after)


def _input_hash(value: "JsonObject") -> Iterator[Trait]:
    """SHA-256 of the file of the picture to begin with: whoever holds that file can be told by it."""
    digest = name_of(value.get("orig_hash"))
    if digest and looks_like_a_hash(digest):
        yield Sign(DerivationKind.INPUT_FILE, digest, "SHA-256 of the file of a picture that went in", digest)
        yield Fingerprint(FingerprintKind.INPUT_FILE, digest)
    elif digest:
        yield Sign(DerivationKind.INPUT_FILE, NOT_SHOWN, "SHA-256 of the file of a picture that went in")


def _command(text: str) -> _Read | None:
    """A command line: the prompt, in quotation marks or not; switches (-I picture, -f strength, -S seed).

    Version 2.2 writes it without marks (`dream_prompt_str`), and the number of steps as the first switch.
    """
    end = text[-_MOST_COMMAND:]
    prompt, mark, switches = end.rpartition('" -')
    if not mark and (begin := _FIRST_SWITCH.search(end)):
        prompt, mark, switches = end[: begin.start()], begin[0], f"s {end[begin.end() :]}"
    words = f"-{switches}".split()
    numbers = sum(bool(_NUMERIC.match(one) and _NUMBER.fullmatch(word)) for one, word in _switches(words))
    if not mark or not numbers:
        return None
    traits = tuple(_of_command(prompt, words))
    return _Read("invokeai.old_metadata", traits, rich=numbers >= _LEAST - 1)


def _switches(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each switch with what follows it, or what is glued to it as in -S42."""
    yield from pairwise(words)
    yield from ((word[:2], word[2:]) for word in words if len(word) > 2)  # noqa: PLR2004  # a dash and a letter


def _of_command(prompt: str, words: list[str]) -> Iterator[Trait]:
    yield from _prompt(prompt.removeprefix('"'))
    for switch, word in _switches(words):
        if switch == "-S" and word.isdecimal():
            yield from fingerprint(FingerprintKind.SEED, word)
        elif switch in {"-I", "--init_img"}:
            yield from _input(word.strip("\"'"), "the picture to begin with")
        elif switch in {"-M", "--init_mask"}:
            yield Sign(DerivationKind.INPAINTING, name_of(word) or switch, "a mask")
        elif switch in {"-f", "--strength"}:
            yield from _number(word)


def _number(word: str) -> Iterator[Sign]:
    try:
        yield from _strength(float(word), "strength")
    except ValueError:  # another switch whose name begins alike
        return
