"""What the nodes of one ComfyUI graph say: models, seeds, prompts' hashes, and what went in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from tocsin.provenance.generators.forms import NOT_SHOWN
from tocsin.provenance.generators.graphs import (
    MAX_INPUTS,
    Sign,
    Trait,
    file_name,
    fingerprint,
    items,
    meaning,
    name_of,
)
from tocsin.provenance.generators.tags import read_tags
from tocsin.provenance.model import DerivationKind, Fingerprint, FingerprintKind
from tocsin.provenance.rules import document
from tocsin.provenance.texts import prompt_hash, quoted

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

_MUTED: Final = frozenset({2, 4})  # LGraphEventMode NEVER and, of ComfyUI, bypass
_OFF: Final = "This node was switched off in the graph."
_HOPS: Final = 8
_LONGEST: Final = 256
_NUMBERS: Final = re.compile(r"[_ ]?\d+")
_EMBEDDING: Final = re.compile(r"\bembedding:\s{0,4}([^\s,:;()<>\"'|]{1,200})", re.IGNORECASE)
_FURTHER: Final = "(further tags)"
_UNREAD: Final = "(a tag that cannot be read)"


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its class, and its inputs by name, a link being a list of a node's key and an output."""

    kind: str
    inputs: "Mapping[str, JsonValue]"
    off: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph in one of its two forms."""

    form: str
    kinds: tuple[str, ...]
    """Of all nodes."""
    nodes: Mapping[str, Node]
    """As many as are looked into."""

    def literal(self, value: "JsonValue") -> "JsonValue":
        """What a value comes to, links to nodes that pass a value on followed; None if that is unknown."""
        return self._followed(value)[0]

    def name(self, value: "JsonValue") -> "JsonValue":
        """The same for a name, which no link to a prompt leads to."""
        found, through = self._followed(value)
        return NOT_SHOWN if any(_is(node, "prompts") for node in through) else found

    def _followed(self, value: "JsonValue") -> "tuple[JsonValue, list[Node]]":
        """What a value comes to, and the nodes on the way there."""
        through: list[Node] = []
        for _ in range(_HOPS):
            if not isinstance(value, list):
                return value, through
            node = self.linked(value)
            if node is None:
                return None, through
            through.append(node)
            value = next((node.inputs[name] for name in _table()["passing"] if name in node.inputs), None)
        return None, through

    def linked(self, value: "JsonValue") -> Node | None:
        """The node that a link leads to."""
        key = self.key(value)
        return None if key is None else self.nodes[key]

    def key(self, value: "JsonValue") -> str | None:
        """The key of that node."""
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int):  # noqa: PLR2004
            key = str(value[0])[:64]
            return key if key in self.nodes else None
        return None


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = document("graphs")["comfyui"]
    return table


def shown(kind: str, node: "JsonObject") -> Node:
    """A node as the editor has it, its values named as far as the data file names them."""
    values = node.get("widgets_values")
    inputs: dict[str, JsonValue] = {}
    if isinstance(values, dict):
        inputs = values
    elif isinstance(values, list):
        names = _table()["widgets"].get(kind, ())
        inputs = dict(zip(names, values, strict=False))
        inputs.pop("", None)
        spare = islice((one for one in values if isinstance(one, dict) and "lora" in one), MAX_INPUTS + 1)
        inputs.update({f"widget {number}": one for number, one in enumerate(spare)})
    return Node(kind, inputs, off=node.get("mode") in _MUTED if isinstance(node.get("mode"), int) else False)


def generates(graph: Graph, traits: tuple[Trait, ...]) -> bool:
    """Whether a node of the graph is known to generate, rather than to edit what went in."""
    if any(isinstance(one, Fingerprint) and one.kind is FingerprintKind.MODEL_NAME for one in traits):
        return True
    return any(_is(node, "generating") for node in graph.nodes.values())


def traits(graph: Graph) -> Iterator[Trait]:
    """Everything of interest that a graph says, again and again where it does so."""
    undesired = _undesired(graph)
    read: set[tuple[str, bool]] = set()
    for key, node in graph.nodes.items():
        for one in _of_node(graph, node):
            yield _marked(one) if node.off and isinstance(one, Sign) else one
        if _is(node, "prompts"):
            yield from _of_prompt(graph, node, read, wanted=key not in undesired)
    looked_into = {node.kind for node in graph.nodes.values()}
    for kind in dict.fromkeys(graph.kinds):
        if kind not in looked_into:
            yield from meaning(_table()["nodes"], kind)


def _marked(sign: Sign) -> Sign:
    return Sign(sign.kind, sign.value, sign.says, sign.hash, (_OFF,))


def _is(node: Node, names: str) -> bool:
    low = node.kind[:256].casefold()
    return any(part in low for part in _table()[names])


def _of_kind(graph: Graph, node: Node) -> Iterator[Trait]:
    """What the kind of a node says."""
    known = next(meaning(_table()["nodes"], node.kind), None)
    if known and known.kind is DerivationKind.INPUT_FILE:
        yield from _files(graph, node, known)
    elif known:
        yield known
    elif _is(node, "generating"):
        yield from _steered(graph, node)


def _of_node(graph: Graph, node: Node) -> Iterator[Trait]:
    yield from _of_kind(graph, node)
    for name, value in _looked_into(node):
        base = _base(name)
        if isinstance(value, dict) and "lora" in value:
            yield from _adapter(value["lora"], switched_on=value.get("on") is not False)
        elif base in _table()["stacks"]:
            yield from _stack(value)
        elif _ends(base, "adapters"):
            yield from _adapter(_named(graph, base, value))
        elif _ends(base, "models") and not (base.endswith("model_name") and _is(node, "not_models")):
            yield from fingerprint(FingerprintKind.MODEL_NAME, graph.name(value))
        elif base in _table()["seeds"]:
            yield from fingerprint(FingerprintKind.SEED, graph.literal(value))
        elif base == "denoise" and _is(node, "denoisers"):
            yield from _denoising(graph.literal(value), node)


def _looked_into(node: Node) -> "Iterator[tuple[str, JsonValue]]":
    """Inputs whose names may say something, `MAX_INPUTS` of them, however many others there are."""
    named = (one for one in node.inputs.items() if _wanted().search(one[0][-_LONGEST:]))
    return islice(named, MAX_INPUTS)


def looks_into_all(node: Node) -> bool:
    """Whether no input that may say something was left out."""
    if len(node.inputs) <= MAX_INPUTS:
        return True
    return sum(_wanted().search(name[-_LONGEST:]) is not None for name in node.inputs) <= MAX_INPUTS


@cache
def _wanted() -> re.Pattern[str]:
    names = (name for table in ("models", "adapters", "stacks", "seeds") for name in _table()[table])
    parts = {"denoise", "widget", "lora", *(part for name in names for part in name.split("_"))}
    return re.compile("|".join(map(re.escape, sorted(parts - {"name"}))), re.IGNORECASE)


def _named(graph: Graph, base: str, value: "JsonValue") -> "JsonValue":
    """What an input names; where a link leads to no name, that there is one. A stack of LoRAs is none."""
    found = graph.name(value)
    return NOT_SHOWN if found is None and isinstance(value, list) and base.endswith("_name") else found


def _base(name: str) -> str:
    """An input's name without what numbers it: `lora_name` of lora_name_2, lora_2_name, loras.2.lora_name."""
    return _NUMBERS.sub("", name[-_LONGEST:].rpartition(".")[2]).strip("_ ").casefold()


def _ends(name: str, table: str) -> bool:
    return any(name == end or name.endswith("_" + end) for end in _table()[table])


def _files(graph: Graph, node: Node, known: Sign) -> Iterator[Trait]:
    """The files that a node loads, or the node if it does not name them."""
    values = (node.inputs.get(name) for name in _table()["files"])
    names = (file_name(graph.name(value), known.value) for value in values if value is not None)
    found = tuple(dict.fromkeys(name for name in names if name))
    for name in found or (known.value,):
        yield Sign(DerivationKind.INPUT_FILE, name, known.says)
    for name in found:
        yield Fingerprint(FingerprintKind.INPUT_FILE, name)


def _adapter(value: "JsonValue", *, switched_on: bool = True) -> Iterator[Trait]:
    name = name_of(value)
    if name and switched_on:
        yield Fingerprint(FingerprintKind.ADAPTER, name)
        yield Sign(DerivationKind.ADAPTER, name, "a LoRA took part")


def _stack(value: "JsonValue") -> Iterator[Trait]:
    """LoRA Manager's list, which ComfyUI wraps so that it is no link: each with name and whether it is on."""
    listed = value.get("__value__") if isinstance(value, dict) else value
    for one in items(listed):
        yield from _adapter(one.get("name"), switched_on=one.get("active") is not False)


def _steered(graph: Graph, node: Node) -> Iterator[Sign]:
    """Pictures that lead into a node which generates: those of services have no other node that says so."""
    for name, value in node.inputs.items():
        if graph.key(value) is not None and _base(name) in _table()["pictures"]:
            kind = name_of(node.kind) or "a node"
            yield Sign(DerivationKind.CONTROL, kind, "a picture leads into a node that generates")
            return


def _denoising(value: "JsonValue", node: Node) -> Iterator[Trait]:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
        says = f"denoising below 1 in {quoted(name_of(node.kind) or NOT_SHOWN)}"
        yield Sign(DerivationKind.DENOISING, f"{value:.4g}", says)


def _of_prompt(graph: Graph, node: Node, read: set[tuple[str, bool]], *, wanted: bool) -> Iterator[Trait]:
    """The hash of a prompt, and the names in it. Prompts themselves stay where they are."""
    for name in _table()["texts"]:
        text = graph.literal(node.inputs.get(name))
        # Many nodes can lead to one text of many megabytes.
        if not isinstance(text, str) or (text, wanted) in read:
            continue
        new = (text, not wanted) not in read
        read.add((text, wanted))
        if wanted and text.strip():
            yield Fingerprint(FingerprintKind.PROMPT, prompt_hash(text))
        if new:
            for called in dict.fromkeys(match[1] for match in _EMBEDDING.finditer(text)):
                yield from _embedding(called)
            yield from _of_tags(text)


def _of_tags(text: str) -> Iterator[Trait]:
    """What a prompt calls by tags. ComfyUI does nothing with them, extensions of it do."""
    tags, left_out = read_tags(text)
    if left_out:
        yield Sign(DerivationKind.ADAPTER, _FURTHER, "a prompt calls more LoRAs or embeddings than are read")
    for tag in tags:
        if tag.name is None or name_of(tag.name) is None:
            yield Sign(DerivationKind.ADAPTER, _UNREAD, "a prompt calls a LoRA or embedding")
        elif tag.embedding:
            yield from _embedding(tag.name)
        else:
            yield from _adapter(tag.name)


def _embedding(text: str) -> Iterator[Trait]:
    name = name_of(text) or _UNREAD
    yield Fingerprint(FingerprintKind.EMBEDDING, name)
    yield Sign(DerivationKind.EMBEDDING, name, "an embedding took part")


def _undesired(graph: Graph) -> frozenset[str]:
    """The nodes that only lead to what a picture should not have; such prompts are alike everywhere."""
    negative = _leading(graph, "negative", "positive")
    return negative - _leading(graph, "positive", "negative") if negative else negative


def _leading(graph: Graph, along: str, against: str) -> frozenset[str]:
    """The nodes from which links lead to an input called `along`, never through one called `against`."""
    ahead = list(_keys(graph, (node.inputs.get(along) for node in graph.nodes.values())))
    seen = set(ahead)
    while ahead:
        inputs = graph.nodes[ahead.pop()].inputs
        links = (value for name, value in islice(inputs.items(), MAX_INPUTS) if name != against)
        new = set(_keys(graph, links)) - seen
        seen |= new
        ahead += new
    return frozenset(seen)


def _keys(graph: Graph, links: "Iterable[JsonValue]") -> Iterator[str]:
    return (key for link in links if (key := graph.key(link)) is not None)
