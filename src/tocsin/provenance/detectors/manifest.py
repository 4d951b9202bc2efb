"""The manifest of a detector: what its model wants, what it answers, and what it may be used for."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tocsin.provenance.detectors.calibration import Calibration, Method
from tocsin.provenance.detectors.json_tables import Table, read_table
from tocsin.provenance.texts import shortened

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

MANIFEST: Final = "manifest.json"
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MAX_SIDE: Final = 2048
_MAX_CLASSES: Final = 100_000
_RESIZES: Final = ("shorter_side", "stretch", "none")
_RESAMPLINGS: Final = ("bilinear", "bicubic", "lanczos")
_CROPS: Final = ("center", "grid:5")
_LAYOUTS: Final = ("NCHW", "NHWC")
_RANGES: Final = ("0..1", "-1..1", "0..255")
_KINDS: Final = ("sigmoid", "softmax", "probability")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How a picture becomes the model's input."""

    name: str
    size: int
    """Pixels of both sides of what the model sees."""
    resize: str
    resize_to: int
    """Pixels of the shorter side before cropping, where that is resized."""
    resampling: str
    crop: str
    layout: str
    range: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @classmethod
    def read(cls, value: "JsonValue") -> Self:
        """Raises ManifestError."""
        known = "name size resize resize_to resampling crop layout range mean std"
        table = Table(value, "input", known.split())
        size = table.whole("size", 1, _MAX_SIDE)
        spec = cls(
            name=table.text("name"),
            size=size,
            resize=table.choice("resize", _RESIZES),
            resize_to=table.whole("resize_to", size, _MAX_SIDE, size),
            resampling=table.choice("resampling", _RESAMPLINGS, "bilinear"),
            crop=table.choice("crop", _CROPS, "center"),
            layout=table.choice("layout", _LAYOUTS),
            range=table.choice("range", _RANGES),
            mean=table.colours("mean", 0),
            std=table.colours("std", 1),
        )
        if min(map(abs, spec.std)) < 1e-6:  # noqa: PLR2004  # would divide by nothing
            table.refuse("std", "has a value that nothing can be divided by")
        return spec


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """How the model's output becomes a score: the log-odds of being generated, as the model sees them."""

    name: str
    kind: str
    """sigmoid: log-odds; softmax: one value for each class, before the softmax; probability: 0 to 1."""
    ai_index: int
    """Which of the values speaks for being generated."""

    @classmethod
    def read(cls, value: "JsonValue") -> Self:
        """Raises ManifestError."""
        table = Table(value, "output", ("name", "kind", "ai_index"))
        kind = table.choice("kind", _KINDS)
        return cls(table.text("name"), kind, table.whole("ai_index", 0, _MAX_CLASSES, 0))


@dataclass(frozen=True, slots=True)
class ValidFor:
    """What the detector was made for."""

    min_side: int
    domain: str

    @classmethod
    def read(cls, value: "JsonValue") -> Self:
        """Raises ManifestError."""
        table = Table(value, "valid_for", ("min_side", "media", "domain"))
        if table.value("media") not in (None, ["image"]):
            table.refuse("media", 'is not ["image"]; detectors look at pictures only')
        return cls(table.whole("min_side", 1, 100_000, 1), table.text("domain", "pictures"))


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that a manifest says."""

    id: str
    folder: Path
    onnx: str
    sha256: str
    license: str
    source: str
    input: InputSpec
    output: OutputSpec
    valid_for: ValidFor
    calibration: Calibration | None
    """The publisher's own."""

    @property
    def model(self) -> Path:
        """The model's file."""
        return self.folder / self.onnx

    @property
    def scale(self) -> str:
        """What a score depends on; a calibration holds for this only."""
        return repr((self.sha256, self.input, self.output))


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a detector's folder, which must be named as its id.

    Raises:
        ManifestError: it is not there, too large, no JSON, or says something that cannot be.
    """
    known = "id onnx sha256 license source input output calibration valid_for max_strength"
    table = read_table(folder / MANIFEST, known.split())
    table.choice("max_strength", ("S1",), "S1")  # what a detector may carry is not its publisher's to say
    name, onnx, digest = table.text("id"), table.text("onnx"), table.text("sha256").lower()
    if not _ID.fullmatch(name) or name != folder.name:
        table.refuse("id", f"is not the name of its folder, {shortened(folder.name)}, in plain letters")
    if Path(onnx).name != onnx or "\\" in onnx or not onnx.endswith(".onnx"):
        table.refuse("onnx", "is not the plain name of an .onnx file beside the manifest")
    if not _SHA256.fullmatch(digest):
        table.refuse("sha256", "is not 64 hexadecimal digits")
    return Manifest(
        id=name,
        folder=folder,
        onnx=onnx,
        sha256=digest,
        license=table.text("license"),
        source=table.text("source"),
        input=InputSpec.read(table.value("input")),
        output=OutputSpec.read(table.value("output")),
        valid_for=ValidFor.read(table.value("valid_for") or {}),
        calibration=_published(table.value("calibration")),
    )


def _published(value: "JsonValue") -> Calibration | None:
    """The publisher's calibration, as far as it is used."""
    if value is None:
        return None
    known = "method a b dataset n_real n_ai fpr_at by_generator"
    table = Table(value, "calibration", known.split())
    if table.choice("method", (Method.PLATT, "none")) == "none":
        return None
    if table.number("a") <= 0:
        table.refuse("a", "is not positive: a higher score must speak for being generated")
    most = 10**9
    return Calibration(
        method=Method.PLATT,
        dataset=table.text("dataset"),
        real=table.whole("n_real", 1, most),
        generated=table.whole("n_ai", 1, most),
        slope=table.number("a"),
        intercept=table.number("b"),
    )
