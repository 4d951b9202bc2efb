"""What a tool's settings state, and how that becomes evidence: one item, and the signs of derivation.

The prompt is never carried: it may be abusive text. What remains of it is its digest, which links files.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tocsin.provenance.generators.forms import NOT_SHOWN, bare, fits, looks_like_a_hash, name_shown
from tocsin.provenance.generators.graphs import kept, not_kept
from tocsin.provenance.generators.tags import Tag, read_tags
from tocsin.provenance.generators.traits import Trait, Traits
from tocsin.provenance.model import (
    Derivation,
    DerivationKind,
    Fingerprint,
    FingerprintKind,
    Item,
    NotChecked,
    Rule,
    Strength,
    Subject,
)
from tocsin.provenance.names import with_hash
from tocsin.provenance.rules import rules
from tocsin.provenance.texts import prompt_hash, quoted

if TYPE_CHECKING:
    from tocsin.provenance.fields import Field
    from tocsin.provenance.model import Place
    from tocsin.provenance.opened import Opened

_UNREAD: Final = "(a tag that cannot be read)"
_LOOK: Final = "Its name is not shown, since what stands there may be a prompt: look at the place named."
_CUT: Final = "The name goes on in the file; it is longer than names of files, or has a line break in it."
MAX_NAMED: Final = 40
"""Adapters, and embeddings, of one text that are listed."""
_OFF: Final = frozenset({"", "none", "null", "false"})


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
    more_prompts: tuple[str, ...] = ()
    """Those of further passes, as over faces; they call adapters, too."""
    adapters: tuple[Named, ...] = ()
    embeddings: tuple[Named, ...] = ()
    traits: Traits = field(default_factory=Traits)
    fingerprints: tuple[Fingerprint, ...] = ()
    caveats: tuple[str, ...] = ()


def named(given: str | None) -> str | None:
    """A name, number or hash that can be carried; None for the words that stand for none."""
    text = bare(given or "")
    return None if text.lower() in _OFF else text


def joined(*lists: Iterable[Named]) -> tuple[Named, ...]:
    """The same things told in several ways: each name once, with its hash if any of them states it."""
    found: dict[tuple[str, str | None], Named] = {}
    for one in (one for names in lists for one in names):
        name, digest = name_shown(bare(one.name)), named(one.hash)
        digest = digest if digest and looks_like_a_hash(digest) else None
        key = (bare(one.name).casefold(), digest if name == NOT_SHOWN else None)
        if named(one.name) and (key not in found or not found[key].hash):
            found[key] = Named(found[key].name if key in found else name, digest)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Called:
    """What a statement names, its prompts' tags with the rest."""

    adapters: tuple[Named, ...]
    embeddings: tuple[Named, ...]
    cut: frozenset[str]
    """Names of tags that go on in the file."""
    unread: "Mapping[DerivationKind, int]"
    """Tags whose name cannot be told."""
    left_out: int
    """Tags that are more than are read."""


def _called(statement: Statement) -> _Called:
    read = [read_tags(prompt) for prompt in (statement.prompt, *statement.more_prompts)]
    tags = [one for some, _ in read for one in some]
    unread = Counter(_kind(one) for one in tags if one.name is None)
    return _Called(
        adapters=joined(statement.adapters, _in_tags(tags, embedding=False)),
        embeddings=joined(statement.embeddings, _in_tags(tags, embedding=True)),
        cut=frozenset(one.name.casefold() for one in tags if one.name and one.cut),
        unread=unread,
        left_out=sum(more for _, more in read),
    )


def _kind(tag: Tag) -> DerivationKind:
    return DerivationKind.EMBEDDING if tag.embedding else DerivationKind.ADAPTER


def _in_tags(tags: Iterable[Tag], *, embedding: bool) -> Iterator[Named]:
    return (Named(one.name) for one in tags if one.name and one.embedding is embedding)


def evidence(  # noqa: PLR0913  # the parts of an item
    file: "Opened",
    rule: Rule,
    found: str,
    fields: "Iterable[Field]",
    statement: Statement,
    *,
    strength: Strength | None = None,
) -> Iterator[Item | Derivation | NotChecked]:
    """The item for what `statement` says, the signs of derivation in it, and what was left out of them."""
    places = tuple(file.place(field.where) for field in fields)
    prints = _fingerprints(statement)
    yield file.item(
        rule,
        found,
        *places,
        subject=_subject(rule, statement),
        fingerprints=kept(prints),
        caveats=(*statement.caveats, *statement.traits.caveats),
        strength=strength,
    )
    yield from derived(
        file, f"The settings of {rule.tool}" if rule.tool else "The settings", places, statement
    )
    yield from not_kept(prints)


def derived(
    file: "Opened", teller: str, places: "tuple[Place, ...]", statement: Statement
) -> Iterator[Derivation | NotChecked]:
    """The signs of derivation in a statement, and what was left out of them; `teller` is what says so."""
    called, means = _called(statement), rules("generators")
    for trait in (*statement.traits.found, *_named_traits(called)):
        cited = means[f"generators.{trait.kind.value}"]
        said = f"{teller} say: {trait.found}."
        yield file.derivation(
            cited, trait.kind, trait.value, said, *places, hash_=trait.hash, caveats=trait.caveats
        )
    yield from _left_out(statement, called)


def _subject(rule: Rule, statement: Statement) -> Subject:
    """Whom the statement names, as far as its values have the form of names and hashes."""
    version, model = (name_shown(one) if one else None for one in (statement.version, statement.model))
    digest = statement.model_hash
    digest = digest if digest is None or looks_like_a_hash(digest) else NOT_SHOWN
    return Subject(rule.tool, version, rule.vendor, model, digest)


def _fingerprints(statement: Statement) -> tuple[Fingerprint, ...]:
    kinds, called = FingerprintKind, _called(statement)
    found: list[tuple[FingerprintKind, str | None]] = [
        (kinds.MODEL_HASH, statement.model_hash),
        (kinds.MODEL_NAME, statement.model and name_shown(statement.model)),
        (kinds.SEED, statement.seed),
        (kinds.AUTHOR, statement.author),
        (kinds.PROMPT, prompt_hash(statement.prompt) if statement.prompt.strip() else None),
    ]
    prints = [Fingerprint(kind, value) for kind, value in found if value]
    prints += [*statement.fingerprints, *statement.traits.fingerprints]
    for kind, some in ((kinds.ADAPTER, called.adapters), (kinds.EMBEDDING, called.embeddings)):
        prints += (form for one in some[:MAX_NAMED] for form in with_hash(kind, one.name, one.hash))
    return tuple(one for one in prints if fits(one.kind, one.value))


def _left_out(statement: Statement, called: _Called) -> Iterator[NotChecked]:
    for what, names in (("adapters", called.adapters), ("embeddings", called.embeddings)):
        if len(names) > MAX_NAMED:
            why = f"the settings name {len(names):,}, and {MAX_NAMED} are listed"
            yield NotChecked(f"{len(names) - MAX_NAMED:,} further {what}", why)
    if called.left_out:
        yield NotChecked(f"{called.left_out:,} further tags in a prompt", "there are more than are read")
    if statement.traits.left_out:
        what = f"{statement.traits.left_out:,} further settings that say what went in"
        yield NotChecked(what, "there are more of one kind than are listed")


def _named_traits(called: _Called) -> Iterator[Trait]:
    for kind, what, names in (
        (DerivationKind.ADAPTER, "adapter", called.adapters),
        (DerivationKind.EMBEDDING, "embedding", called.embeddings),
    ):
        for one in names[:MAX_NAMED]:
            caveats = (_CUT,) if one.name.casefold() in called.cut else ()
            yield Trait(kind, one.name, f"the {what} {quoted(one.name)} was used", one.hash, caveats)
        if unread := called.unread[kind]:
            some = "1 tag that cannot" if unread == 1 else f"{unread:,} tags that cannot"
            yield Trait(kind, _UNREAD, f"the prompt calls {what}s by {some} be read", caveats=(_LOOK,))


def hashed_names(text: str) -> tuple[Named, ...]:
    """The list that A1111 writes under `Lora hashes` and `TI hashes`: `name: hash, name: hash`.

    An entry without a colon is a name, or it would be lost.
    """
    return tuple(_hashed(entry.strip()) for entry in text.split(",") if entry.strip())


def _hashed(entry: str) -> Named:
    name, _, value = entry.rpartition(":")
    return Named(name.strip(), value.strip()) if name.strip() else Named(value.strip())


def only_names(text: str) -> tuple[Named, ...]:
    """Names with commas between them."""
    return tuple(Named(name.strip()) for name in text.split(",") if name.strip())


def in_words(field: "Field") -> str:
    """Where a field stands, for a sentence."""
    return f"the {field.space.value} field {quoted(field.name)} ({field.where.container})"


def fitting(known: Iterable[str], values: Mapping[str, object]) -> int:
    """How many of a tool's keys are there."""
    return sum(key in values for key in known)
