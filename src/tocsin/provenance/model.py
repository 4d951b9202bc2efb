"""What an answer about a file's origin is made of. There is no score and no verdict in it.

An evidence item is one sign: what was found, what it speaks for, how strong it is, what it would cost to
forge, how easily it goes missing, and where in the file it stands, so that somebody else can look.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Direction(StrEnum):
    """What a sign speaks for."""

    GENERATED = "generated"
    PARTLY_GENERATED = "partly_generated"
    CAPTURED = "captured"
    EDITED = "edited"
    INTEGRITY = "integrity"
    """It says whether bytes are as somebody signed them, nothing about where they came from."""
    NEUTRAL = "neutral"

    @property
    def artificial(self) -> bool:
        """Whether it speaks for a generator, for all of a file or a part."""
        return self in {Direction.GENERATED, Direction.PARTLY_GENERATED}


class Strength(StrEnum):
    """How much a sign can carry, strongest last."""

    S1 = "S1"
    """Statistics, or the lack of something."""
    S2 = "S2"
    """One declared field."""
    S3 = "S3"
    """Rich structure of one generator that fits together; can be forged by hand, seldom is."""
    S4 = "S4"
    """Cryptographic integrity without a proven identity, or a mark in the pixels that chance hardly makes."""
    S5 = "S5"
    """Cryptographic, with a trusted identity, bound to these very bytes or pixels."""


class ForgeCost(StrEnum):
    """What somebody needs who wants to fake a sign."""

    TEXT_EDIT = "text_edit"
    CUSTOM_TOOL = "custom_tool"
    SELF_MADE_KEY = "self_made_key"
    CA_KEY = "ca_key"
    """A signing key that a listed authority certified, or the vendor's own."""


class StripCost(StrEnum):
    """The least that makes a sign vanish, innocently or not."""

    METADATA_REMOVAL = "metadata_removal"
    """Any program that writes the file anew without copying its metadata, as messengers do."""
    RE_ENCODE = "re_encode"
    """Lossy compression."""


class Basis(StrEnum):
    """What a rule is based on."""

    GENUINE_SAMPLE = "genuine_sample"
    """Seen on a file that the tool itself made."""
    SOURCE_CODE = "source_code"
    """Read in the tool's source."""
    SPECIFICATION = "specification"
    """A published format or standard."""
    MEASURED = "measured"
    """Found by our own measurements."""
    SECOND_HAND = "second_hand"
    """Somebody else's report; not to be relied on alone."""


class FingerprintKind(StrEnum):
    """What two files can share that came from one hand."""

    MODEL_HASH = "model_hash"
    MODEL_NAME = "model_name"
    ADAPTER = "adapter"
    """A LoRA or other small model on top of another: its name, and its hash where stated."""
    EMBEDDING = "embedding"
    SIGNER = "signer"
    """Serial number and name of the certificate that signed."""
    AUTHOR = "author"
    JOB = "job"
    PRODUCER = "producer"
    DEVICE = "device"
    """Serial number of a camera or lens."""
    SEED = "seed"
    PROMPT = "prompt"
    """SHA-256 of the normalised prompt; the prompt itself is never carried along."""
    INPUT_FILE = "input_file"
    WORKFLOW = "workflow"
    """SHA-256 of the kinds of nodes in a workflow graph."""
    ENCODER = "encoder"
    """Option string of a video encoder."""
    TABLES = "tables"
    """SHA-256 of quantisation tables, subsampling and marker order of a JPEG."""


class DerivationKind(StrEnum):
    """Signs that something was made from a picture of, or trained on, somebody or something real."""

    DENOISING = "denoising"
    """Generated from another picture, not from noise alone."""
    INPUT_FILE = "input_file"
    """The name of a picture or video that went in."""
    INPAINTING = "inpainting"
    CONTROL = "control"
    """ControlNet, T2I adapter, IP adapter: a picture steered the result."""
    IDENTITY = "identity"
    """Face swap, InstantID, PuLID, FaceID: a face was transferred."""
    ADAPTER = "adapter"
    """A LoRA, which may be trained on a person."""
    EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes stand that an item rests on."""

    container: str
    segment: str
    offset: int | None
    """None for what is in the decoded pixels only."""
    length: int | None
    sha256: str
    """Of file[offset : offset + length], or of the decoded pixels in row order."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Something two files can share; its value is compared as it stands."""

    kind: FingerprintKind
    value: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a sign names, as the file has it."""

    tool: str | None = None
    version: str | None = None
    vendor: str | None = None
    model: str | None = None
    model_hash: str | None = None
    signer: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to recognise a sign; a data file in `provenance/data` states it."""

    id: str
    version: int
    direction: Direction
    strength: Strength
    forge_cost: ForgeCost
    strip_cost: StripCost
    basis: Basis
    source: str
    """Where the rule is taken from."""
    means: str
    """What it says about a file, in one sentence without the file's own words."""
    tool: str | None = None
    vendor: str | None = None
    caveats: tuple[str, ...] = ()
    contradiction: bool = False
    """Whether the sign is in itself two things in the file that do not fit together."""
    runs: str | None = None
    """Another tool that this one runs, whose signs it leaves in files beside its own."""

    @property
    def name(self) -> str:
        """The rule as items cite it."""
        return f"{self.id}@{self.version}"

    @property
    def confirmed(self) -> bool:
        """Whether it was ever seen to hold on a genuine sample."""
        return self.basis is Basis.GENUINE_SAMPLE


@dataclass(frozen=True, slots=True)
class Item:
    """One evidence item."""

    rule: Rule
    found: str
    """What was found in this file: a sentence for people. Never a prompt: prompts may be abusive text."""
    reader: str
    """The program that read it, with its version."""
    where: tuple[Place, ...] = ()
    subject: Subject = field(default_factory=Subject)
    fingerprints: tuple[Fingerprint, ...] = ()
    caveats: tuple[str, ...] = ()
    """Those of this file, beside the rule's own."""
    strength: Strength | None = None
    """Where this file deserves less, or more, than the rule's strength."""
    direction: Direction | None = None
    """Where this file's own words decide it, as with IPTC's digital source type."""

    @property
    def leans(self) -> Direction:
        """What the item speaks for."""
        return self.direction or self.rule.direction

    @property
    def all_caveats(self) -> tuple[str, ...]:
        """What to keep in mind: by the rule, and for this file."""
        return (*self.rule.caveats, *self.caveats)

    @property
    def carries(self) -> Strength:
        """How much the item can carry."""
        return self.strength or self.rule.strength


@dataclass(frozen=True, slots=True)
class Derivation:
    """A sign that a real person may be depicted; these stand first in every answer."""

    rule: Rule
    kind: DerivationKind
    value: str
    """As the file has it: a strength, a file's name, the name of a node or LoRA."""
    found: str
    reader: str
    where: tuple[Place, ...] = ()
    hash: str | None = None
    """Hash of the LoRA or embedding, as the file states it."""
    caveats: tuple[str, ...] = ()

    @property
    def all_caveats(self) -> tuple[str, ...]:
        """What to keep in mind: by the rule, and for this file."""
        return (*self.rule.caveats, *self.caveats)


@dataclass(frozen=True, slots=True)
class Absent:
    """Something was looked for in working order and is not there. Absence is not evidence of anything."""

    what: str
    reader: str


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Something was not looked for."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A reader could not do its work, so nothing can be said about what it looks for."""

    reader: str
    code: str
    reason: str


Finding = Item | Derivation | Absent | NotChecked | Failed
"""What a family of signs yields."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Items that do not fit together."""

    rule: str
    found: str
    items: tuple[str, ...]
    """The rules of the items, as they cite them."""
