"""What a tool's settings state, and how that becomes evidence: one item, and the signs of derivation.

The prompt is never carried: it may be abusive text. What remains of it is its digest, which links files.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tocsin.provenance.generators.traits import MAX_VALUE, Trait, Traits
from tocsin.provenance.model import (
    Derivation,
    DerivationKind,
    Fingerprint,
    FingerprintKind,
    Item,
    Rule,
    Strength,
    Subject,
)
from tocsin.provenance.names import linkable, with_hash
from tocsin.provenance.rules import rules
from tocsin.provenance.texts import prompt_hash, shortened

if TYPE_CHECKING:
    from tocsin.provenance.fields import Field
    from tocsin.provenance.opened import Opened

MAX_NAMED: Final = 40
"""Adapters, and embeddings, of one text that are listed."""
_OFF: Final = frozenset({"", "none", "null", "false"})
_TAG: Final = re.compile(
    r"<(lora|lyco|lycoris|hypernet|embed|embedding):([^<>:\n]{1,200})[:>]", re.IGNORECASE
)
_MOST_TAGS: Final = 1000


@dataclass(frozen=True, slots=True)
class Named:
    """An adapter or embedding: its name, and its hash where stated."""

    name: str
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What one settings text states. Everything is as the file has it."""

    version: str | None = None
    model: str | None = None
    model_hash: str | None = None
    seed: str | None = None
    author: str | None = None
    prompt: str = ""
    adapters: tuple[Named, ...] = ()
    embeddings: tuple[Named, ...] = ()
    traits: Traits = field(default_factory=Traits)
    fingerprints: tuple[Fingerprint, ...] = ()
    caveats: tuple[str, ...] = ()


def named(given: str | None) -> str | None:
    """A name, number or hash that can be carried; None for the words that stand for none."""
    text = (given or "").strip()
    return None if text.lower() in _OFF else text[:MAX_VALUE]


def tagged(prompt: str) -> tuple[tuple[Named, ...], tuple[Named, ...]]:
    """Adapters and embeddings that a prompt calls by tags such as `<lora:name:0.8>`."""
    adapters: list[Named] = []
    embeddings: list[Named] = []
    for match, _ in zip(_TAG.finditer(prompt), range(_MOST_TAGS), strict=False):
        (embeddings if match[1].lower().startswith("embed") else adapters).append(Named(match[2].strip()))
    return tuple(adapters), tuple(embeddings)


def joined(*lists: Iterable[Named]) -> tuple[Named, ...]:
    """The same things told in several ways: each name once, with its hash if any of them states it."""
    found: dict[str, Named] = {}
    for one in (one for names in lists for one in names):
        key = one.name.casefold()
        if named(one.name) and (key not in found or not found[key].hash):
            found[key] = Named(found[key].name if key in found else one.name[:MAX_VALUE], named(one.hash))
    return tuple(found.values())


def evidence(  # noqa: PLR0913  # the parts of an item
    file: "Opened",
    rule: Rule,
    found: str,
    fields: "Iterable[Field]",
    statement: Statement,
    *,
    strength: Strength | None = None,
) -> Iterator[Item | Derivation]:
    """The item for what `statement` says, and the signs of derivation in it."""
    places = tuple(file.place(field.where) for field in fields)
    yield file.item(
        rule,
        found,
        *places,
        subject=Subject(rule.tool, statement.version, rule.vendor, statement.model, statement.model_hash),
        fingerprints=_fingerprints(statement),
        caveats=(*statement.caveats, *statement.traits.caveats, *_left_out(statement)),
        strength=strength,
    )
    means = rules("generators")
    for trait in (*statement.traits.found, *_named_traits(statement)):
        cited = means[f"generators.{trait.kind.value}"]
        found = f"{rule.tool or 'The settings'}: {trait.found}."
        yield file.derivation(
            cited, trait.kind, trait.value, found, *places, hash_=trait.hash, caveats=trait.caveats
        )


def _fingerprints(statement: Statement) -> tuple[Fingerprint, ...]:
    kinds = FingerprintKind
    adapters, embeddings = statement.adapters[:MAX_NAMED], statement.embeddings[:MAX_NAMED]
    found: list[tuple[FingerprintKind, str | None]] = [
        (kinds.MODEL_HASH, statement.model_hash),
        (kinds.MODEL_NAME, statement.model),
        (kinds.SEED, statement.seed),
        (kinds.AUTHOR, statement.author),
        (kinds.PROMPT, prompt_hash(statement.prompt) if statement.prompt.strip() else None),
    ]
    prints = [Fingerprint(kind, value) for kind, value in found if value]
    prints += [*statement.fingerprints, *statement.traits.fingerprints]
    for kind, some in ((kinds.ADAPTER, adapters), (kinds.EMBEDDING, embeddings)):
        prints += (form for one in some for form in with_hash(kind, one.name, one.hash))
    return tuple(dict.fromkeys(linkable(prints)))


def _left_out(statement: Statement) -> Iterator[str]:
    for what, names in (("adapters", statement.adapters), ("embeddings", statement.embeddings)):
        if len(names) > MAX_NAMED:
            yield f"It names {len(names) - MAX_NAMED} more {what} than are listed here."


def _named_traits(statement: Statement) -> Iterator[Trait]:
    for one in statement.adapters[:MAX_NAMED]:
        found = f"used the adapter “{shortened(one.name)}”"
        yield Trait(DerivationKind.ADAPTER, one.name, found, one.hash)
    for one in statement.embeddings[:MAX_NAMED]:
        found = f"used the embedding “{shortened(one.name)}”"
        yield Trait(DerivationKind.EMBEDDING, one.name, found, one.hash)


def hashed_names(text: str) -> tuple[Named, ...]:
    """The list that A1111 writes under `Lora hashes` and `TI hashes`: `name: hash, name: hash`."""
    pairs = (entry.rpartition(":") for entry in text.split(",", MAX_NAMED * 5))
    return tuple(Named(name.strip(), value.strip()) for name, _, value in pairs if name.strip())


def only_names(text: str) -> tuple[Named, ...]:
    """Names with commas between them."""
    return tuple(Named(name.strip()) for name in text.split(",", MAX_NAMED * 5))


def in_words(field: "Field") -> str:
    """Where a field stands, for a sentence."""
    return f"the {field.space.value} field “{shortened(field.name)}” ({field.where.container})"


def fitting(known: Iterable[str], values: Mapping[str, object]) -> int:
    """How many of a tool's keys are there."""
    return sum(key in values for key in known)
