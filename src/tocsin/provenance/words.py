"""The words of the answer's terms, for people who meet them for the first time."""

from typing import Final

from tocsin.provenance.model import Basis, DerivationKind, Direction, ForgeCost, Strength, StripCost
from tocsin.provenance.triage import Reason

DIRECTIONS: Final = {
    Direction.CAPTURED: "Signs that a camera took it",
    Direction.PARTLY_GENERATED: "Signs that a generator made a part of it",
    Direction.EDITED: "Signs that it was edited or put together",
    Direction.GENERATED: "Signs that it was generated",
    Direction.INTEGRITY: "On whether it is unchanged",
    Direction.NEUTRAL: "Other signs",
}
"""In the order of the page: first what may show something real."""
STRENGTHS: Final = {
    Strength.S1: "a hint: statistics, or something that is missing",
    Strength.S2: "weak: one field or trait",
    Strength.S3: "medium: several parts that fit together",
    Strength.S4: "strong: chance hardly makes it, but who made it is not proven",
    Strength.S5: "strongest: signed by a trusted identity, bound to these bytes",
}
FORGERY: Final = {
    ForgeCost.TEXT_EDIT: "anybody with an editor",
    ForgeCost.CUSTOM_TOOL: "anybody with a suitable program",
    ForgeCost.SELF_MADE_KEY: "anybody who makes a signing key of their own",
    ForgeCost.CA_KEY: "only who holds a key that an authority certified, or the vendor's own",
}
STRIPPING: Final = {
    StripCost.METADATA_REMOVAL: "when metadata are not copied, as messengers do",
    StripCost.RE_ENCODE: "when the file is compressed anew",
}
BASES: Final = {
    Basis.GENUINE_SAMPLE: "seen on a genuine file",
    Basis.SOURCE_CODE: "read in the tool's source",
    Basis.SPECIFICATION: "from a published specification",
    Basis.MEASURED: "from our own measurements",
    Basis.SECOND_HAND: "somebody else's report, not to be relied on alone",
}
DERIVATIONS: Final = {
    DerivationKind.DENOISING: "made from another picture",
    DerivationKind.INPUT_FILE: "a file went in",
    DerivationKind.INPAINTING: "a part of a picture was made anew",
    DerivationKind.CONTROL: "a picture steered the result",
    DerivationKind.IDENTITY: "a face was transferred",
    DerivationKind.ADAPTER: "a LoRA, which may be trained on a person",
    DerivationKind.EMBEDDING: "an embedding, which may be trained on a person",
}
REASONS: Final = {
    Reason.MAY_DEPICT_A_PERSON: "a real person may be depicted",
    Reason.MAY_BE_CAPTURED: "a camera may have taken it",
    Reason.CONTRADICTED: "its signs do not fit together",
    Reason.UNREADABLE: "not everything could be read",
}
