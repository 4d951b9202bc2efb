"""What a C2PA reading means, as evidence items."""

from typing import TYPE_CHECKING, Final

from tocsin.provenance.c2pa.evidence import (
    LOWER,
    RELATIONS,
    Evidence,
    fingerprints,
    remarks,
    signer_of,
    subject,
    teller,
)
from tocsin.provenance.c2pa.manifests import Manifest, last_part
from tocsin.provenance.c2pa.origins import is_generated, origins, speaks_of_generated
from tocsin.provenance.c2pa.reader import reader_name
from tocsin.provenance.c2pa.standing import Standing, Tier
from tocsin.provenance.model import DerivationKind, Direction
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import quoted, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.provenance.c2pa.manifests import Role
    from tocsin.provenance.model import Derivation, Item

_MAX_NAMES: Final = 24


def findings(evidence: Evidence) -> "Iterator[Item | Derivation]":
    """Items on every manifest, the active one first."""
    for manifest in evidence.relatives.manifests:
        role = evidence.relatives.roles[manifest.label]
        if manifest.label == evidence.reading.active:
            yield _signature(evidence, manifest)
            yield from _product(evidence, manifest)
        yield from origins(evidence, manifest, role)
        yield from _edits(evidence, manifest, role)
        yield from _watermarks(evidence, manifest, role)
        yield from _inputs(evidence, manifest, role)


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
        f"{_who_signed(manifest, standing)}, {_when(manifest, standing)}. "
        f"The reader says {reading.state}; {codes}.",
        *evidence.where(None, manifest.label),
        subject=subject(manifest, manifest.generator, manifest.generator_version),
        fingerprints=fingerprints(manifest),
        caveats=standing.remarks,
        reader=reader_name(),
    )


def _who_signed(manifest: Manifest, standing: Standing) -> str:
    name = signer_of(manifest)
    if standing.tier is Tier.BROKEN:
        return f"unverified text found in a broken manifest names {name} as signer"
    if standing.tier is Tier.SELF_DECLARED or standing.known_by is None:
        return f"signed by somebody who calls themselves {name}, whom no imported list vouches for"
    return f"signed by {name}, known by trust list {standing.known_by.name}"


def _when(manifest: Manifest, standing: Standing) -> str:
    if manifest.signer.time is None:
        return "without a time stamp"
    authority = "a listed authority" if standing.stamped else "an authority on no imported list"
    return f"time-stamped {quoted(manifest.signer.time)} by {authority}"


def _product(evidence: Evidence, manifest: Manifest) -> "Iterator[Item]":
    product = evidence.product(manifest)
    if product is None:
        return
    level = "" if product.max_level is None else f", assurance level {product.max_level} at most"
    yield evidence.file.item(
        rules("c2pa")["c2pa.product"],
        f"{quoted(product.common_name)} of {quoted(product.organization)} is a conforming product "
        f"({product.category}{level})",
        *evidence.where(product.common_name, manifest.label),
        subject=subject(manifest, product.common_name, None),
        reader=reader_name(),
    )


def _edits(evidence: Evidence, manifest: Manifest, role: "Role") -> "Iterator[Item]":
    table = document("c2pa")["actions"]
    skipped = {*table["inception"], *table["watermarking"]}
    actions = [one for one in manifest.actions if one.name not in skipped]
    if not actions:
        return
    rule = rules("c2pa")[f"c2pa.edits.{evidence.of[manifest.label].tier}"]
    names = sorted({quoted(one.name) for one in actions})[:_MAX_NAMES]
    agents = sorted({quoted(one.agent) for one in actions if one.agent})[:_MAX_NAMES]
    changes = [one for one in actions if one.name not in table["non_editorial"]]
    vouched = all(one.vouched for one in actions)
    yield evidence.file.item(
        rule,
        f"{teller(evidence, manifest, role)} lists {', '.join(names)}"
        + (f", with {', '.join(agents)}" if agents else ""),
        *evidence.where(actions[0].name, manifest.label),
        subject=subject(manifest, manifest.generator, manifest.generator_version),
        caveats=remarks(evidence, manifest, vouched=vouched),
        strength=None if vouched else LOWER.get(rule.strength),
        direction=None if changes else Direction.NEUTRAL,
        reader=reader_name(),
    )


def _watermarks(evidence: Evidence, manifest: Manifest, role: "Role") -> "Iterator[Item]":
    watermarking = document("c2pa")["actions"]["watermarking"]
    done = sorted({one.name for one in manifest.actions if one.name in watermarking})
    named = sorted(set(map(quoted, manifest.soft_bindings)))
    if not done and not named:
        return
    parts = ([f"soft binding {', '.join(named[:_MAX_NAMES])}"] if named else []) + done
    yield evidence.file.item(
        rules("c2pa")[f"c2pa.watermark.{evidence.of[manifest.label].tier}"],
        f"{teller(evidence, manifest, role)} says that a watermark or fingerprint exists, "
        f"which is not read here: {', '.join(parts)}",
        *evidence.where(manifest.soft_bindings[0] if named else done[0], manifest.label),
        subject=subject(manifest, manifest.generator, manifest.generator_version),
        caveats=remarks(evidence, manifest),
        reader=reader_name(),
    )


def _inputs(evidence: Evidence, manifest: Manifest, role: "Role") -> "Iterator[Derivation]":
    """Pictures and videos that went into generated content, but for those that were generated themselves."""
    if not any(speaks_of_generated(one) for one in manifest.actions):
        return
    by_label = {one.label: one for one in evidence.relatives.manifests}
    for ingredient in manifest.ingredients:
        own = by_label.get(ingredient.manifest or "")
        made = own is not None and any(is_generated(one) for one in own.actions)
        source = document("c2pa")["source_types"].get(last_part(ingredient.source_address) or "")
        if not ingredient.is_media or made or source == Direction.GENERATED.value:
            continue
        title = shortened(ingredient.title) or "a file without a name"
        relation = RELATIONS.get(ingredient.relation, "an ingredient")
        pictured = "; the manifest holds a small picture of it" if ingredient.pictured else ""
        yield evidence.file.derivation(
            rules("c2pa")["c2pa.input"],
            DerivationKind.INPUT_FILE,
            title,
            f"{teller(evidence, manifest, role)} says that {quoted(title)} went into it "
            f"as {relation}{pictured}",
            *evidence.where(ingredient.title, manifest.label),
            caveats=remarks(evidence, manifest),
            reader=reader_name(),
        )
