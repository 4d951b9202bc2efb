"""What a store's manifests say, and how they hang together: the active one and what went into it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tocsin.provenance.c2pa.reader import list_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tocsin.media.sandbox import JsonValue
    from tocsin.provenance.c2pa.reader import Reading

MAX_MANIFESTS: Final = 64
MAX_PARTS: Final = 256
"""Actions, and ingredients, of one manifest that are looked at."""
_MAX_TEXT: Final = 300
_ACTIONS: Final = "c2pa.actions"
_SOFT_BINDING: Final = "c2pa.soft-binding"
_IDENTITY: Final = "cawg.identity"
_MEDIA: Final = ("image/", "video/")


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom the certificate of a signature names."""

    common_name: str | None
    organization: str | None
    serial: str | None
    time: str | None
    """Of the time stamp; None without one."""

    def __str__(self) -> str:
        """For a sentence."""
        names = [one for one in (self.common_name, self.organization) if one]
        return " of ".join(names) or "somebody without a name"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that was done."""

    name: str
    source_address: str | None
    """The digital source type as it stands."""
    agent: str | None
    agent_version: str | None
    vouched: bool
    """Whether the signer vouches for it; not so for what a claim only gathered (C2PA 2.2, 10.2.2)."""

    @property
    def source_type(self) -> str | None:
        """The last part of its digital source type."""
        return last_part(self.source_address)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something that went in."""

    title: str
    relation: str
    """parentOf, componentOf or inputTo."""
    manifest: str | None
    """Label of its own manifest."""
    is_media: bool
    """Whether it is a picture or video; not a prompt, a model or a text."""
    pictured: bool
    """Whether the manifest holds a small picture of it."""
    source_address: str | None
    recorded_failures: frozenset[str]
    """What its signer recorded to be wrong with it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest."""

    label: str
    signer: Signer
    generator: str | None
    generator_version: str | None
    instance: str | None
    actions: tuple[Action, ...]
    ingredients: tuple[Ingredient, ...]
    soft_bindings: tuple[str, ...]
    """Algorithms of watermarks and fingerprints."""
    identities: int
    """Identity assertions, which are not read here."""
    left_out: int
    """Actions and ingredients that are more than are looked at."""


@dataclass(frozen=True, slots=True)
class Role:
    """How a manifest comes into a store."""

    ingredient: Ingredient | None = None
    """None for the active manifest, and where nothing refers to the manifest."""
    above: str | None = None
    """Label of the manifest that refers to it."""


@dataclass(frozen=True, slots=True)
class Family:
    """All manifests of a store, the active one first, and how each comes into it."""

    manifests: tuple[Manifest, ...]
    roles: "Mapping[str, Role]" = field(default_factory=dict)
    left_out: int = 0

    def below(self, label: str) -> frozenset[str]:
        """The labels of all manifests that went into this one."""
        by_label = {one.label: one for one in self.manifests}
        found: set[str] = set()
        waiting = [label]
        while waiting:
            manifest = by_label.get(waiting.pop())
            if manifest:
                new = {one.manifest for one in manifest.ingredients if one.manifest} - found
                found |= new
                waiting += new
        return frozenset(found)


def family(reading: "Reading") -> Family:
    """The manifests that the reader found, breadth first from the active one; strays come last."""
    found: dict[str, Manifest] = {}
    roles: dict[str, Role] = {}
    queue = [(reading.active, Role())]
    while queue and len(found) < MAX_MANIFESTS:
        label, role = queue.pop(0)
        if label in found or label not in reading.manifests:
            continue
        found[label], roles[label] = _manifest(label, reading), role
        queue += [(one.manifest, Role(one, label)) for one in found[label].ingredients if one.manifest]
    for label in sorted(reading.manifests):
        if label not in found and len(found) < MAX_MANIFESTS:
            found[label], roles[label] = _manifest(label, reading), Role()
    return Family(tuple(found.values()), roles, len(reading.manifests) - len(found))


def last_part(address: str | None) -> str | None:
    """The token of a digital source type, whether it is written as an address or bare."""
    return address.rstrip("/").rpartition("/")[2] if address else None


def _manifest(label: str, reading: "Reading") -> Manifest:
    short = _table(reading.manifests[label])
    detailed = _table(reading.detailed.get(label))
    claim, assertions = _table(detailed.get("claim")), _table(detailed.get("assertion_store"))
    generator = _generator(claim)
    actions = list(_actions(claim, assertions))
    listed = list_of(short.get("ingredients"))
    return Manifest(
        label=label,
        signer=_signer(_table(short.get("signature_info"))),
        generator=_text(generator.get("name")) or _text(claim.get("claim_generator")),
        generator_version=_text(generator.get("version")),
        instance=_text(claim.get("instanceID")),
        actions=tuple(actions[:MAX_PARTS]),
        ingredients=tuple(_ingredient(_table(one), assertions) for one in listed[:MAX_PARTS]),
        soft_bindings=tuple(_soft_bindings(assertions)),
        identities=sum(one.startswith(_IDENTITY) for one in assertions),
        left_out=len(actions[MAX_PARTS:]) + len(listed[MAX_PARTS:]),
    )


def _table(value: "JsonValue") -> "Mapping[str, JsonValue]":
    return value if isinstance(value, dict) else {}


def _text(value: "JsonValue") -> str | None:
    return (text_of(value) or "")[:_MAX_TEXT] or None


def _signer(info: "Mapping[str, JsonValue]") -> Signer:
    return Signer(
        common_name=_text(info.get("common_name")),
        organization=_text(info.get("issuer")),  # so called, but it is the subject's organisation
        serial=_text(info.get("cert_serial_number")),
        time=_text(info.get("time")),
    )


def _generator(claim: "Mapping[str, JsonValue]") -> "Mapping[str, JsonValue]":
    """One in version 2 of claims, a list of them in version 1."""
    info = claim.get("claim_generator_info")
    return _table(info[0]) if isinstance(info, list) and info else _table(info)


def _actions(claim: "Mapping[str, JsonValue]", assertions: "Mapping[str, JsonValue]") -> "Iterator[Action]":
    vouched = None
    if "created_assertions" in claim or "gathered_assertions" in claim:
        links = [_table(link).get("url") for link in list_of(claim.get("created_assertions"))]
        vouched = {last_part(text_of(link)) for link in links}
    for label, data in sorted(assertions.items()):  # the reader gives them in no order
        if label.partition("__")[0] not in {_ACTIONS, f"{_ACTIONS}.v2"}:
            continue
        for one in list_of(_table(data).get("actions")):
            action = _table(one)
            agent = action.get("softwareAgent")
            name = _table(agent).get("name") if isinstance(agent, dict) else agent
            yield Action(
                name=_text(action.get("action")) or "an action without a name",
                source_address=_text(action.get("digitalSourceType")),
                agent=_text(name),
                agent_version=_text(_table(agent).get("version")),
                vouched=vouched is None or label in vouched,
            )


def _ingredient(one: "Mapping[str, JsonValue]", assertions: "Mapping[str, JsonValue]") -> Ingredient:
    stored = _table(assertions.get(text_of(one.get("label")) or ""))
    kind = _text(one.get("format")) or ""
    return Ingredient(
        title=_text(one.get("title")) or "",
        relation=_text(one.get("relationship")) or "componentOf",
        manifest=_text(one.get("active_manifest")),
        is_media=(not kind or kind.startswith(_MEDIA)) and not one.get("data_types"),
        pictured="thumbnail" in one,
        source_address=_text(stored.get("digitalSourceType")),
        recorded_failures=frozenset(_recorded(one)),
    )


def _recorded(one: "Mapping[str, JsonValue]") -> "Iterator[str]":
    """Codes of failures as the signer recorded them: of the ingredient's own active manifest."""
    results = _table(_table(one.get("validation_results")).get("activeManifest"))
    for status in (*list_of(results.get("failure")), *list_of(one.get("validation_status"))):
        code = text_of(_table(status).get("code"))
        if code:
            yield code


def _soft_bindings(assertions: "Mapping[str, JsonValue]") -> "Iterator[str]":
    for label, data in sorted(assertions.items()):  # the reader gives them in no order
        if label.partition("__")[0] == _SOFT_BINDING:
            yield _text(_table(data).get("alg")) or "without a name"
