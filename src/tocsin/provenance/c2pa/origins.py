"""What C2PA manifests state about how content came about, as evidence items."""

from typing import TYPE_CHECKING, Final

from tocsin.provenance.c2pa.evidence import (
    GATHERED,
    LOWER,
    Evidence,
    fingerprints,
    remarks,
    signer_of,
    subject,
    teller,
)
from tocsin.provenance.c2pa.manifests import Action, Manifest
from tocsin.provenance.c2pa.reader import reader_name
from tocsin.provenance.c2pa.standing import Tier
from tocsin.provenance.forgeable import declared
from tocsin.provenance.model import Direction, Strength
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.provenance.c2pa.manifests import Role
    from tocsin.provenance.model import Item, Rule

_MAX_CLAIMS: Final = 16
"""Origin claims of one manifest that become items of their own; repetitions do not."""


def origins(evidence: Evidence, manifest: Manifest, role: "Role") -> "Iterator[Item]":
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
        f"{teller(evidence, manifest, role)} states {quoted(action.name)} with digital source type "
        f"{quoted(action.source_type or '')}" + (f", done with {quoted(by)}" if by else "")
    )
    return evidence.file.item(
        rule,
        f"{found} (signer: {signer_of(manifest)})",
        *evidence.where(action.source_address, manifest.label),
        subject=subject(manifest, by, action.agent_version if action.agent else manifest.generator_version),
        fingerprints=fingerprints(manifest),
        caveats=declared(
            rule, *caveats, *remarks(evidence, manifest), strength=strength, direction=direction
        ),
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
        f"{quoted(product.common_name)} claims {claimed}, which the conformance programme does not let it",
        *evidence.where(action.source_address, manifest.label),
        subject=subject(manifest, product.common_name, None),
        reader=reader_name(),
    )


def _silent(evidence: Evidence, manifest: Manifest, role: "Role") -> "Item":
    return evidence.file.item(
        rules("c2pa")[f"c2pa.ingredient.{evidence.of[manifest.label].tier}"],
        f"{teller(evidence, manifest, role)} says nothing about how it came about "
        f"(signer: {signer_of(manifest)})",
        *evidence.where(None, manifest.label),
        subject=subject(manifest, manifest.generator, manifest.generator_version),
        fingerprints=fingerprints(manifest),
        caveats=remarks(evidence, manifest),
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
        strength = LOWER.get(strength, strength)
        caveats.append(GATHERED)
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
    if not evidence.trust.products:
        return ["No list of conforming products has been imported, so it is not known what the signer is."]
    product = evidence.product(manifest)
    if product is None:
        return ["The signer is not on the list of conforming products."]
    if claimed in product.disallowed:
        return [f"The conformance programme does not let {quoted(product.common_name)} claim {claimed}."]
    if claimed.startswith("captured") and product.category != "camera":
        return [f"{quoted(product.common_name)} is not known to be a camera."]
    return []


def speaks_of_generated(action: Action) -> bool:
    """Whether it says that something was generated."""
    token = document("c2pa")["source_types"].get(action.source_type or "")
    return token in (Direction.GENERATED.value, Direction.PARTLY_GENERATED.value)


def is_generated(action: Action) -> bool:
    """Whether it says that everything was generated."""
    token = document("c2pa")["source_types"].get(action.source_type or "")
    return _is_inception(action) and token == Direction.GENERATED.value
