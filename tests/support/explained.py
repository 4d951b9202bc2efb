"""Explanations built by hand, for what works on answers and not on files."""

import hashlib

from tocsin.provenance.answer import Explanation, explanation_of
from tocsin.provenance.model import (
    Basis,
    Direction,
    Fingerprint,
    FingerprintKind,
    ForgeCost,
    Item,
    Place,
    Rule,
    Strength,
    StripCost,
)

Pair = tuple[FingerprintKind, str]


def rule(
    name: str = "test.sign",
    *,
    direction: Direction = Direction.GENERATED,
    strength: Strength = Strength.S3,
    forge_cost: ForgeCost = ForgeCost.TEXT_EDIT,
    basis: Basis = Basis.SOURCE_CODE,
) -> Rule:
    """A rule that no data file has."""
    return Rule(
        id=name,
        version=1,
        direction=direction,
        strength=strength,
        forge_cost=forge_cost,
        strip_cost=StripCost.METADATA_REMOVAL,
        basis=basis,
        source="The source of a tool.",
        means="A tool wrote this.",
        caveats=("Anybody can write it.",),
    )


def place(offset: int | None = 33, segment: str = "tEXt parameters") -> Place:
    """A place of 100 bytes in a PNG, or in its pixels."""
    digest = hashlib.sha256(segment.encode("utf-8", "surrogatepass")).hexdigest()
    return Place("png", segment, offset, None if offset is None else 100, digest)


def item(*pairs: Pair, by: Rule | None = None, where: tuple[Place, ...] = (), found: str = "A sign.") -> Item:
    """An item with these fingerprints."""
    fingerprints = tuple(Fingerprint(kind, value) for kind, value in pairs)
    return Item(by or rule(), found, "tocsin test", where or (place(),), fingerprints=fingerprints)


def sharing(*pairs: Pair) -> Explanation:
    """An answer with one item and these fingerprints."""
    return explanation_of([item(*pairs)] if pairs else [])
