"""What a C2PA reading means, as evidence items."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance._c2pa_manifests import Action, Manifest, last_part
from tocsin.provenance._c2pa_reader import reader_name
from tocsin.provenance._c2pa_standing import Standing, Tier
from tocsin.provenance.model import (
    DerivationKind,
    Direction,
    Fingerprint,
    FingerprintKind,
    Strength,
    Subject,
)
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers import Segment
    from tocsin.provenance._c2pa_manifests import Family, Role
    from tocsin.provenance._c2pa_raw import Store
    from tocsin.provenance._c2pa_reader import Reading
    from tocsin.provenance._trust_model import Product, Trust
    from tocsin.provenance.model import Derivation, Item, Place, Rule
    from tocsin.provenance.opened import Opened

_MAX_CLAIMS: Final = 16
"""Origin claims of one manifest that become items of their own; repetitions do not."""
_MAX_NAMES: Final = 24
_LOWER: Final = {Strength.S5: Strength.S4, Strength.S4: Strength.S3}
_GATHERED: Final = "The signer gathered this statement and does not vouch for it."
_RELATIONS: Final = {
    "parentOf": "what the file was made from",
    "componentOf": "a part that was put into the file",
    "inputTo": "an input to what made the file",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All there is to make items of."""

    file: "Opened"
    reading: "Reading"
    relatives: "Family"
    of: "dict[str, Standing]"
    store: "Store | None"
    trust: "Trust | None"

    def where(self, text: str | None, label: str) -> "tuple[Segment | Place, ...]":
        """Where a manifest says this, or where the manifest is."""
        return self.store.where(text or "", label) if self.store else ()

    def product(self, manifest: Manifest) -> "Product | None":
        """The product that signed a manifest, where its signer is trusted."""
        if self.trust is None or self.of[manifest.label].tier is not Tier.TRUSTED:
            return None
        return self.trust.product(manifest.signer.common_name, manifest.signer.organization)


def findings(evidence: Evidence) -> "Iterator[Item | Derivation]":
    """Items on every manifest, the active one first."""
    for manifest in evidence.relatives.manifests:
        role = evidence.relatives.roles[manifest.label]
        if manifest.label == evidence.reading.active:
            yield _signature(evidence, manifest)
            yield from _product(evidence, manifest)
        yield from _origins(evidence, manifest, role)
        yield from _edits(evidence, manifest, role)
        yield from _watermarks(evidence, manifest, role)
        yield from _inputs(evidence, manifest)


def _signature(evidence: Evidence, manifest: Manifest) -> "Item":
    standing, reading = evidence.of[manifest.label], evidence.reading
    kind, broken = standing.tier.value, standing.tier is Tier.BROKEN
    if broken:
        kind = "altered" if standing.altered else "invalid"
    codes = "; ".join(
        f"{what}: {', '.join(sorted(found)[:_MAX_NAMES])}"
        for what, found in (
            ("passed", reading.success),
            ("noted", reading.informational),
            ("failed", reading.failure | (frozenset(standing.failures) if broken else frozenset())),
        )
        if found
    )
    return evidence.file.item(
        rules("c2pa")[f"c2pa.signature.{kind}"],
        f"{_who_signed(manifest, standing)}, {_when(manifest, reading)}. "
        f"The reader says {reading.state}; {codes}.",
        *evidence.where(None, manifest.label),
        subject=_subject(manifest, manifest.generator, manifest.generator_version),
        fingerprints=_fingerprints(manifest),
        caveats=standing.remarks,
        reader=reader_name(),
    )


def _who_signed(manifest: Manifest, standing: Standing) -> str:
    name = shortened(str(manifest.signer))
    if standing.tier is Tier.BROKEN:
        return f"unverified text found in a broken manifest names {name} as signer"
    if standing.tier is Tier.SELF_DECLARED or standing.known_by is None:
        return f"signed by somebody who calls themselves {name}, whom no imported list vouches for"
    return f"signed by {name}, known by trust list {standing.known_by.name}"


def _when(manifest: Manifest, reading: "Reading") -> str:
    if manifest.signer.time is None:
        return "without a time stamp"
    listed = reading.time_stamp_list is not None
    authority = "a listed authority" if listed else "an authority on no imported list"
    return f"time-stamped {shortened(manifest.signer.time)} by {authority}"


def _product(evidence: Evidence, manifest: Manifest) -> "Iterator[Item]":
    product = evidence.product(manifest)
    if product is None:
        return
    level = "" if product.max_level is None else f", assurance level {product.max_level} at most"
    yield evidence.file.item(
        rules("c2pa")["c2pa.product"],
        f"{shortened(product.common_name)} of {shortened(product.organization)} is a conforming product "
        f"({product.category}{level})",
        *evidence.where(product.common_name, manifest.label),
        subject=_subject(manifest, product.common_name, None),
        reader=reader_name(),
    )


def _origins(evidence: Evidence, manifest: Manifest, role: "Role") -> "Iterator[Item]":
    """What the manifest says about how its content came about."""
    claims: dict[tuple[str | None, bool, bool], Action] = {}
    for action in manifest.actions:
        if action.source_type:
            claims.setdefault((action.source_type, _is_inception(action), action.vouched), action)
    for action in list(claims.values())[:_MAX_CLAIMS]:
        yield _origin(evidence, manifest, role, action)
        yield from _disallowed(evidence, manifest, action)
    if not claims and manifest.label != evidence.reading.active:
        yield _silent(evidence, manifest, role)


def _origin(evidence: Evidence, manifest: Manifest, role: "Role", action: Action) -> "Item":
    standing, active = evidence.of[manifest.label], manifest.label == evidence.reading.active
    rule = rules("c2pa")[f"c2pa.{'origin' if active else 'ingredient'}.{standing.tier}"]
    direction = _direction(action, active=active)
    strength, caveats = _deserved(evidence, manifest, rule, action, direction)
    by = action.agent or manifest.generator
    found = (
        f"{_teller(evidence, manifest, role)} states {shortened(action.name)} with digital source type "
        f"{shortened(action.source_type or '')}" + (f", done with {shortened(by)}" if by else "")
    )
    return evidence.file.item(
        rule,
        f"{found} (signer: {shortened(str(manifest.signer))})",
        *evidence.where(action.source_address, manifest.label),
        subject=_subject(manifest, by, action.agent_version if action.agent else manifest.generator_version),
        fingerprints=_fingerprints(manifest),
        caveats=(*caveats, *_remarks(evidence, manifest)),
        strength=strength,
        direction=direction,
        reader=reader_name(),
    )


def _disallowed(evidence: Evidence, manifest: Manifest, action: Action) -> "Iterator[Item]":
    product = evidence.product(manifest)
    claimed = document("c2pa")["inception_signals"].get(action.source_type or "")
    if product is None or claimed not in product.disallowed or not _is_inception(action):
        return
    yield evidence.file.item(
        rules("c2pa")["c2pa.disallowed"],
        f"{shortened(product.common_name)} claims {claimed}, which the conformance programme does not let it",
        *evidence.where(action.source_address, manifest.label),
        subject=_subject(manifest, product.common_name, None),
        reader=reader_name(),
    )


def _silent(evidence: Evidence, manifest: Manifest, role: "Role") -> "Item":
    return evidence.file.item(
        rules("c2pa")[f"c2pa.ingredient.{evidence.of[manifest.label].tier}"],
        f"{_teller(evidence, manifest, role)} says nothing about how it came about "
        f"(signer: {shortened(str(manifest.signer))})",
        *evidence.where(None, manifest.label),
        subject=_subject(manifest, manifest.generator, manifest.generator_version),
        fingerprints=_fingerprints(manifest),
        caveats=_remarks(evidence, manifest),
        reader=reader_name(),
    )


def _is_inception(action: Action) -> bool:
    return action.name in document("c2pa")["actions"]["inception"]


def _direction(action: Action, *, active: bool) -> Direction:
    """What a digital source type speaks for: of the whole, of an edit, or of something that went in."""
    token = document("c2pa")["source_types"].get(action.source_type or "", Direction.NEUTRAL)
    direction = Direction(token)
    if direction is Direction.GENERATED and not (active and _is_inception(action)):
        return Direction.PARTLY_GENERATED
    if direction is Direction.CAPTURED and not _is_inception(action):
        return Direction.NEUTRAL
    if direction is Direction.CAPTURED and not active:
        return Direction.EDITED
    return direction


def _deserved(
    evidence: Evidence, manifest: Manifest, rule: "Rule", action: Action, direction: Direction
) -> tuple[Strength | None, tuple[str, ...]]:
    """The strength that a claim deserves where that is less than its rule's, and why."""
    strength, caveats = rule.strength, []
    standing = evidence.of[manifest.label]
    if not action.vouched and standing.tier is not Tier.BROKEN:
        strength = _LOWER.get(strength, strength)
        caveats.append(_GATHERED)
    if standing.tier is Tier.TRUSTED and direction in (Direction.CAPTURED, Direction.EDITED):
        doubt = _doubt_of_capture(evidence, manifest, action)
        if doubt and strength is Strength.S5:
            strength = Strength.S4
        caveats += doubt
    elif standing.tier is Tier.SELF_DECLARED and direction is Direction.CAPTURED:
        caveats.append("Nothing shows that a camera signed it.")
    return (None if strength is rule.strength else strength), tuple(caveats)


def _doubt_of_capture(evidence: Evidence, manifest: Manifest, action: Action) -> list[str]:
    """Why a listed signer's claim of capture is not the word of a camera."""
    signals = document("c2pa")["inception_signals"]
    claimed = signals.get(action.source_type or "")
    if claimed is None:
        return []
    if not (evidence.trust and evidence.trust.products):
        return ["No list of conforming products has been imported, so it is not known what the signer is."]
    product = evidence.product(manifest)
    if product is None:
        return ["The signer is not on the list of conforming products."]
    if claimed in product.disallowed:
        return [f"The conformance programme does not let {product.common_name} claim {claimed}."]
    if claimed.startswith("captured") and product.category != "camera":
        return [f"{product.common_name} is not known to be a camera."]
    return []


def _edits(evidence: Evidence, manifest: Manifest, role: "Role") -> "Iterator[Item]":
    table = document("c2pa")["actions"]
    skipped = {*table["inception"], *table["watermarking"]}
    actions = [one for one in manifest.actions if one.name not in skipped]
    if not actions:
        return
    rule = rules("c2pa")[f"c2pa.edits.{evidence.of[manifest.label].tier}"]
    names = sorted({shortened(one.name) for one in actions})[:_MAX_NAMES]
    agents = sorted({shortened(one.agent) for one in actions if one.agent})[:_MAX_NAMES]
    changes = [one for one in actions if one.name not in table["non_editorial"]]
    vouched = all(one.vouched for one in actions)
    yield evidence.file.item(
        rule,
        f"{_teller(evidence, manifest, role)} lists {', '.join(names)}"
        + (f", with {', '.join(agents)}" if agents else ""),
        *evidence.where(actions[0].name, manifest.label),
        subject=_subject(manifest, manifest.generator, manifest.generator_version),
        caveats=_remarks(evidence, manifest, vouched=vouched),
        strength=None if vouched else _LOWER.get(rule.strength),
        direction=None if changes else Direction.NEUTRAL,
        reader=reader_name(),
    )


def _watermarks(evidence: Evidence, manifest: Manifest, role: "Role") -> "Iterator[Item]":
    watermarking = document("c2pa")["actions"]["watermarking"]
    done = sorted({one.name for one in manifest.actions if one.name in watermarking})
    named = sorted(set(map(shortened, manifest.soft_bindings)))
    if not done and not named:
        return
    parts = ([f"soft binding {', '.join(named[:_MAX_NAMES])}"] if named else []) + done
    yield evidence.file.item(
        rules("c2pa")[f"c2pa.watermark.{evidence.of[manifest.label].tier}"],
        f"{_teller(evidence, manifest, role)} says that a watermark or fingerprint exists, "
        f"which is not read here: {', '.join(parts)}",
        *evidence.where(manifest.soft_bindings[0] if named else done[0], manifest.label),
        subject=_subject(manifest, manifest.generator, manifest.generator_version),
        caveats=_remarks(evidence, manifest),
        reader=reader_name(),
    )


def _teller(evidence: Evidence, manifest: Manifest, role: "Role") -> str:
    """The manifest as the beginning of a sentence."""
    active = manifest.label == evidence.reading.active
    name = "the manifest" if active else f"the manifest of {_ingredient_name(role)}"
    if evidence.of[manifest.label].tier is Tier.BROKEN:
        return f"unverified text found in a broken manifest: {name}"
    return name


def _remarks(evidence: Evidence, manifest: Manifest, *, vouched: bool = True) -> tuple[str, ...]:
    """What is to be kept in mind of a manifest; of the active one its signature's item says it."""
    standing = evidence.of[manifest.label]
    gathered = () if vouched or standing.tier is Tier.BROKEN else (_GATHERED,)
    return gathered + (() if manifest.label == evidence.reading.active else standing.remarks)


def _inputs(evidence: Evidence, manifest: Manifest) -> "Iterator[Derivation]":
    """Pictures and videos that went into generated content, but for those that were generated themselves."""
    if not any(_speaks_of_generated(one) for one in manifest.actions):
        return
    by_label = {one.label: one for one in evidence.relatives.manifests}
    for ingredient in manifest.ingredients:
        own = by_label.get(ingredient.manifest or "")
        made = own is not None and any(_is_generated(one) for one in own.actions)
        source = document("c2pa")["source_types"].get(last_part(ingredient.source_address) or "")
        if not ingredient.is_media or made or source == Direction.GENERATED.value:
            continue
        title = shortened(ingredient.title) or "a file without a name"
        pictured = "; the manifest holds a small picture of it" if ingredient.pictured else ""
        yield evidence.file.derivation(
            rules("c2pa")["c2pa.input"],
            DerivationKind.INPUT_FILE,
            title,
            f"{title} went into it as {_RELATIONS.get(ingredient.relation, 'an ingredient')}{pictured}",
            *evidence.where(ingredient.title, manifest.label),
            caveats=_remarks(evidence, manifest),
            reader=reader_name(),
        )


def _speaks_of_generated(action: Action) -> bool:
    token = document("c2pa")["source_types"].get(action.source_type or "")
    return token in (Direction.GENERATED.value, Direction.PARTLY_GENERATED.value)


def _is_generated(action: Action) -> bool:
    token = document("c2pa")["source_types"].get(action.source_type or "")
    return _is_inception(action) and token == Direction.GENERATED.value


def _ingredient_name(role: "Role") -> str:
    if role.ingredient is None:
        return "something that nothing else in the file refers to"
    title = shortened(role.ingredient.title) or "a file without a name"
    return f"{title} ({_RELATIONS.get(role.ingredient.relation, 'an ingredient')})"


def _subject(manifest: Manifest, tool: str | None, tool_version: str | None) -> Subject:
    return Subject(
        tool=shortened(tool) if tool else None,
        version=shortened(tool_version) if tool_version else None,
        vendor=shortened(manifest.signer.organization) if manifest.signer.organization else None,
        signer=shortened(str(manifest.signer)),
    )


def _fingerprints(manifest: Manifest) -> tuple[Fingerprint, ...]:
    signer, found = manifest.signer, []
    if signer.serial:
        value = f"{signer.serial} {signer.common_name or ''}/{signer.organization or ''}"
        found.append(Fingerprint(FingerprintKind.SIGNER, value))
    if manifest.instance:
        found.append(Fingerprint(FingerprintKind.JOB, manifest.instance))
    return tuple(found)
