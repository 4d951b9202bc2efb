"""Explanations built by hand, for what works on answers and not on files."""

import hashlib
from collections.abc import Iterable

from tocsin.provenance.answer import Explanation, explanation_of
from tocsin.provenance.linking import Answer, link
from tocsin.provenance.linking.model import Links
from tocsin.provenance.model import (
    Absent,
    Basis,
    Derivation,
    DerivationKind,
    Direction,
    Failed,
    Fingerprint,
    FingerprintKind,
    ForgeCost,
    Item,
    NotChecked,
    Place,
    Rule,
    Strength,
    StripCost,
)

Pair = tuple[FingerprintKind, str]
HOSTILE = (
    "\udcff\u202e</title></style></svg><script>window.fooled=1</script>"
    "<img src=x onerror=window.fooled=1>'\"&lt;{{ 7 }}"
)
"""A name that would like to be more than a name."""
READER = "tocsin test"


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
    return Item(by or rule(), found, READER, where or (place(),), fingerprints=fingerprints)


def sharing(*pairs: Pair) -> Explanation:
    """An answer with one item and these fingerprints."""
    return explanation_of([item(*pairs)] if pairs else [])


def link_files(answers: Iterable[tuple[str, Explanation]]) -> Links:
    """What links files of which no two have the same bytes."""
    return link(Answer(path, None, explanation) for path, explanation in answers)


def full_answer() -> Explanation:
    """An answer in which there is something of everything."""
    generator = rule("test.generator")
    camera = rule(
        "test.camera", direction=Direction.CAPTURED, strength=Strength.S2, basis=Basis.SPECIFICATION
    )
    mark = rule("test.mark", strength=Strength.S4, forge_cost=ForgeCost.CUSTOM_TOOL, basis=Basis.MEASURED)
    signed = rule(
        "test.signed",
        direction=Direction.INTEGRITY,
        strength=Strength.S4,
        forge_cost=ForgeCost.SELF_MADE_KEY,
        basis=Basis.GENUINE_SAMPLE,
    )
    adapter = (FingerprintKind.ADAPTER, "hills v3:0123456789ab")
    prompt = (FingerprintKind.PROMPT, "ab" * 32)
    return explanation_of(
        [
            Derivation(
                rule=generator,
                kind=DerivationKind.ADAPTER,
                value="hills v3",
                found="It was made with the LoRA hills v3.",
                reader=READER,
                where=(place(),),
                hash="0123456789ab",
            ),
            Derivation(
                rule=generator,
                kind=DerivationKind.DENOISING,
                value="0.45",
                found="The denoising strength is 0.45.",
                reader=READER,
                where=(place(),),
            ),
            item(adapter, prompt, by=generator, found="It holds the settings of a generator."),
            item(by=mark, where=(place(None, "pixels"),), found="It has a mark in its pixels, z = 6.8."),
            item((FingerprintKind.DEVICE, "SN 12345"), by=camera, found="Exif has 21 fields of a camera."),
            item(by=signed, found="Somebody signed it, and it was not changed since."),
            Absent("a hidden text in the pixels", READER),
            NotChecked("learned detectors", "none is configured"),
            Failed("c2pa-python 0.38.1", "provenance.reader", "it was stopped after 10 seconds"),
        ]
    )
