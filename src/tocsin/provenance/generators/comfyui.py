"""ComfyUI: the graph of nodes that it writes into pictures and videos.

Two forms are read: the graph as the server ran it (`prompt`) and as the editor shows it (`workflow`). Where
they stand follows ComfyUI's savers and VideoHelperSuite; what nodes mean is a table in `data/graphs.toml`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Space
from tocsin.provenance.forgeable import declared
from tocsin.provenance.generators import comfyui_nodes, graphs
from tocsin.provenance.generators.comfyui_nodes import Graph, Node
from tocsin.provenance.generators.forms import bare
from tocsin.provenance.model import (
    Derivation,
    DerivationKind,
    Direction,
    Failed,
    FingerprintKind,
    Item,
    NotChecked,
    Subject,
)
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import rules
from tocsin.provenance.texts import TextError, parse_json, quoted

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.fields import Field, Fields
    from tocsin.provenance.model import Place, Rule
    from tocsin.provenance.opened import Opened

_FORMS: Final = ("prompt", "workflow")
_COMMENTS: Final = frozenset({"comment", "©cmt", "com.apple.quicktime.comment", "exif:usercomment"})
_CHUNK: Final = "comf"
_MAX_GRAPHS: Final = 200
_MAX_CHARACTERS: Final = 24 << 20
"""Of all texts that look like graphs; the largest one that is read has 8 Mi."""
_MARKS: Final = ('"class_type"', '"nodes"')
_WRAPPED: Final = ('"prompt"', '"workflow"')
_HEAD: Final = 4096
_EDITORS: Final = frozenset({"links", "last_node_id", "extra"})
_OF_NODES: Final = frozenset({"widgets_values", "pos", "order", "mode", "outputs", "properties"})
"""Keys of nodes in the editor (LiteGraph); the nodes of other programs' workflows have none of them."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that may be a graph."""

    text: str
    where: "Segment | Place"
    wrapped: bool = False
    """Whether graphs stand under keys in it, as in the comment of VideoHelperSuite."""


def signs(file: "Opened", fields: "Fields") -> Iterator[Item | Derivation | Failed | NotChecked]:
    """What ComfyUI wrote into a file, or into the text that was hidden in it."""
    found = graphs.Signs()
    room = _Room()
    for text in _texts(file, fields):
        if not _is_likely(text):
            continue
        if not room.takes(text):
            yield NotChecked("further ComfyUI graphs", "there are more, or larger ones, than any file has")
            break
        yield from _of_text(file, text, found)
    yield from found.told(file, _derivation_rules(), "The graph of ComfyUI says")


@dataclass(slots=True)
class _Room:
    """What can still be read."""

    graphs: int = _MAX_GRAPHS
    characters: int = _MAX_CHARACTERS

    def takes(self, text: _Text) -> bool:
        """Whether there is room for the text."""
        self.graphs -= 1
        self.characters -= len(text.text)
        return self.graphs >= 0 and self.characters >= 0


def _of_text(
    file: "Opened", text: _Text, found: graphs.Signs
) -> Iterator[Item | Derivation | Failed | NotChecked]:
    for graph in _graphs(text):
        if isinstance(graph, Failed):
            yield graph
            continue
        place = file.place(text.where)
        traits = tuple(comfyui_nodes.traits(graph))
        found.add(traits, place)
        yield _item(file, graph, traits, place)
        yield from graphs.not_kept((graphs.workflow(graph.kinds), *traits))
        yield from _not_looked_into(graph)


def _is_likely(text: _Text) -> bool:
    """Whether a text may hold a graph; junk that cannot has no part in what is read."""
    marks = _WRAPPED if text.wrapped else _MARKS
    return _is_object(bare(text.text)) and any(mark in text.text for mark in marks)


def _not_looked_into(graph: Graph) -> Iterator[NotChecked]:
    what = "a part of a ComfyUI graph"
    if left := len(graph.kinds) - len(graph.nodes):
        yield NotChecked(what, f"it has {left:,} nodes more than are looked into")
    if crowded := sum(not comfyui_nodes.looks_into_all(node) for node in graph.nodes.values()):
        yield NotChecked(what, f"{crowded:,} of its nodes have more inputs than are looked into")


def _item(file: "Opened", graph: Graph, traits: tuple[graphs.Trait, ...], place: "Place") -> Item:
    rule = rules("graphs")["comfyui.graph"]
    model = graphs.named(traits, FingerprintKind.MODEL_NAME)
    found = f"A graph of ComfyUI ({graph.form}) with {len(graph.kinds):,} nodes"
    found += f" and the model {quoted(model)}." if model else "."
    direction = None if comfyui_nodes.generates(graph, traits) else Direction.NEUTRAL
    edits = "No node that generates is known in this graph: ComfyUI can also only edit a picture."
    caveats = (edits,) if direction else ()
    return file.item(
        rule,
        found,
        place,
        subject=Subject(tool=rule.tool, model=model),
        fingerprints=graphs.kept((graphs.workflow(graph.kinds), *traits)),
        caveats=declared(rule, *caveats, direction=direction),
        direction=direction,
    )


def _derivation_rules() -> "Mapping[DerivationKind, Rule]":
    return {kind: rules("graphs")[f"comfyui.{kind.value}"] for kind in DerivationKind}


def _texts(file: "Opened", fields: "Fields") -> Iterator[_Text]:
    """Whatever may be a graph, wherever ComfyUI or its extensions write one."""
    for field in fields.found:
        yield from _of_field(field)
    if not any(field.space is Space.STEALTH for field in fields.found):
        for segment in file.walk.named(_CHUNK):
            key, _, text = file.read(segment).partition(b"\0")
            if key in {b"prompt", b"workflow"}:
                # SaveAnimatedPNG writes Latin-1, which for Python's JSON is ASCII.
                yield _Text(text.decode("latin-1"), segment.part(len(key) + 1, segment.length))


def _of_field(field: "Field") -> Iterator[_Text]:
    name = bare(field.name).casefold()
    if field.space is not Space.EXIF and name in _FORMS:
        yield _Text(field.value, field.where)
    elif name in _COMMENTS:
        yield _Text(field.value, field.where, wrapped=True)
    elif field.space is Space.EXIF and field.name.startswith("IFD0:"):
        form, _, text = field.value.partition(":")
        if bare(form).casefold() in _FORMS:
            yield _Text(text, field.where)


def _graphs(text: _Text) -> Iterator[Graph | Failed]:
    value = bare(text.text)
    try:
        parsed = parse_json(value)
        for one in _unwrapped(parsed) if text.wrapped else (parsed,):
            if graph := _graph(one):
                yield graph
    except TextError as error:
        if any(mark in value for mark in _MARKS):
            yield Failed(OWN_READER, error.code, f"a graph of ComfyUI cannot be read: {error}")


def _is_object(text: str) -> bool:
    """Whether a text sets out to be a JSON object. Prompts that begin with two braces do not."""
    return text.startswith("{") and text[1:_HEAD].lstrip()[:1] in {'"', "}", ""}


def _unwrapped(value: "JsonValue") -> "Iterator[JsonValue]":
    """The graphs under the keys of an object; as objects, or as JSON once more."""
    if not isinstance(value, dict):
        return
    for form in _FORMS:
        inner = value.get(form)
        if isinstance(inner, str) and _is_object(bare(inner)):
            yield parse_json(bare(inner))
        elif inner is not None:
            yield inner


def _graph(value: "JsonValue") -> Graph | None:
    if not isinstance(value, dict):
        return None
    return _ran(value) or _shown(value)


def _ran(value: "JsonObject") -> Graph | None:
    """The graph as the server ran it: nodes by their number, each with its class and its inputs."""
    kinds: list[str] = []
    nodes: dict[str, Node] = {}
    for key, node in value.items():
        if isinstance(node, dict) and isinstance(kind := node.get("class_type"), str):
            kinds.append(kind)
            inputs = node.get("inputs")
            if len(nodes) < graphs.MAX_NODES and isinstance(inputs, dict):
                nodes[key] = Node(kind, inputs)
    return Graph("prompt", tuple(kinds), nodes) if nodes else None


def _shown(value: "JsonObject") -> Graph | None:
    """The graph as the editor shows it: a list of nodes, and further ones in the definitions of subgraphs."""
    if not _EDITORS & value.keys():
        return None
    lists = [value.get("nodes")]
    definitions = value.get("definitions")
    if isinstance(definitions, dict):
        lists += [one.get("nodes") for one in graphs.items(definitions.get("subgraphs"))]
    kinds: list[str] = []
    nodes: dict[str, Node] = {}
    own = False
    for node in (one for part in lists if isinstance(part, list) for one in part if isinstance(one, dict)):
        own = own or not _OF_NODES.isdisjoint(node)
        if isinstance(kind := node.get("type"), str):
            kinds.append(kind)
            if len(nodes) < graphs.MAX_NODES:
                nodes[str(len(nodes))] = comfyui_nodes.shown(kind, node)
    return Graph("workflow", tuple(kinds), nodes) if nodes and own else None
