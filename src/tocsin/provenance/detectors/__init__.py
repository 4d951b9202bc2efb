"""Learned detectors that the operator plugs in: none is shipped, none runs unless somebody put it there.

A detector is a folder with a manifest and an ONNX model. Its answer is the weakest kind of sign, whatever it
says, and has a meaning only through a calibration on the operator's own pictures. A low score is no sign that
a picture is real, so it is never shown as one. docs/howto/plug-in-a-detector.md shows how it is done.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin.errors import Error, Refusal
from tocsin.provenance.detectors.calibration import Calibration, Method, calibrate
from tocsin.provenance.detectors.calibration_file import read_calibration
from tocsin.provenance.detectors.errors import AnswerError, UnknownDetectorError
from tocsin.provenance.detectors.manifest import MANIFEST, Manifest, read_manifest
from tocsin.provenance.detectors.pixels import crops, upright_rgb
from tocsin.provenance.detectors.session import Session, read_model
from tocsin.provenance.fields import Space
from tocsin.provenance.model import Failed, Finding, Item, NotChecked, Subject
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import shortened

if TYPE_CHECKING:
    from tocsin.provenance.opened import Opened

__all__ = [
    "Calibration",
    "Detector",
    "Manifest",
    "Method",
    "UnknownDetectorError",
    "Unusable",
    "calibrate",
    "check_model",
    "load",
    "load_one",
    "signs",
]

FAMILY: Final = "detectors"
MOST_DETECTORS: Final = 16
_OPEN_SESSIONS: Final = 2
"""Models that stay in memory between pictures."""


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector that the operator plugged in; its model is read when it first runs."""

    manifest: Manifest
    calibration: Calibration | None
    """The operator's own."""

    @property
    def id(self) -> str:
        """Its name."""
        return self.manifest.id


@dataclass(frozen=True, slots=True)
class Unusable:
    """What stands among the detectors and is none, or not one that can be used."""

    id: str
    refusal: Refusal


def load(folder: Path) -> tuple[Detector | Unusable, ...]:
    """The detectors in `folder`, one in each of its folders, by name. Models are not read yet.

    Raises:
        OSError: the folder is there and cannot be read.
    """
    if not folder.exists():
        return ()
    names = sorted(one.name for one in folder.iterdir() if (one / MANIFEST).exists())
    return tuple(_load_one(folder / name) for name in names[:MOST_DETECTORS])


def _load_one(folder: Path) -> Detector | Unusable:
    try:
        return load_one(folder)
    except Error as error:
        return Unusable(shortened(folder.name), Refusal.of(error))


def load_one(folder: Path) -> Detector:
    """The detector in its own folder.

    Raises:
        ManifestError: it cannot be used as it stands there.
        CalibrationError: its calibration is for another model or another way of preparing pictures.
    """
    manifest = read_manifest(folder)
    return Detector(manifest, read_calibration(manifest))


def check_model(detector: Detector) -> None:
    """Read the detector's model without running it. Raises ModelError: it is not what its manifest says."""
    read_model(detector.manifest)


def signs(file: "Opened", detectors: Sequence[Detector | Unusable] | None = None) -> Iterator[Finding]:
    """What each detector says of the picture: these, or those plugged in where the file's reader may look."""
    if detectors is None:
        detectors = load(file.detectors) if file.detectors else ()
    if not detectors:
        yield NotChecked("learned detectors", "none is plugged in (off by default)")
    for detector in detectors:
        if isinstance(detector, Unusable):
            refusal = detector.refusal
            yield Failed(_name(detector), refusal.code, f"{refusal.message} {refusal.advice}")
        elif why := not_for(file, detector.manifest):
            yield NotChecked(_name(detector), why)
        else:
            yield _answer(file, detector)


def _name(detector: Detector | Unusable) -> str:
    return f"learned detector {detector.id}"


def not_for(file: "Opened", manifest: Manifest) -> str:
    """Why the detector does not look at this file; empty if it does."""
    if file.type.kind != "image":
        return "it looks at pictures only"
    if file.stored is None:
        return file.why_no_pixels or "there are no pixels"
    shorter = min(file.stored.pixels.shape[:2])
    if shorter < manifest.valid_for.min_side:
        return (
            f"the picture's shorter side has {shorter} pixels; it is made for {manifest.valid_for.min_side}"
        )
    return ""


def _answer(file: "Opened", detector: Detector) -> Finding:
    try:
        score = score_of(file, detector.manifest)
    except Error as error:
        return Failed(_name(detector), error.code, f"{error.message} {error.advice}")
    return _item(file, detector, score)


def score_of(file: "Opened", manifest: Manifest) -> float:
    """The detector's score of the stored picture, the mean over its crops.

    Raises:
        DetectorError: there are no pixels, or the detector cannot be run on them.
    """
    if file.stored is None:
        raise AnswerError(file.why_no_pixels or None)
    session = _session(manifest)
    scores = [
        session.score(crop) for crop in crops(upright_rgb(file.stored.pixels, _turned(file)), manifest.input)
    ]
    return sum(scores) / len(scores)


@lru_cache(_OPEN_SESSIONS)
def _session(manifest: Manifest) -> Session:
    """The model ready to run; opening it takes a thousand times as long as looking at one picture."""
    return Session(manifest)


def _turned(file: "Opened") -> int:
    """Exif's orientation, 1 where there is none."""
    one = file.fields.first(Space.EXIF, "IFD0:Orientation")
    return int(one.value) if one and one.value in {"2", "3", "4", "5", "6", "7", "8"} else 1


def _item(file: "Opened", detector: Detector, score: float) -> Item:
    manifest = detector.manifest
    calibration = detector.calibration or manifest.calibration
    own = detector.calibration is not None
    rule, found = _reading(manifest.id, calibration, score, own=own)
    return file.item(
        rules(FAMILY)[rule],
        found,
        file.pixels_place,
        subject=Subject(),
        caveats=_caveats(manifest, calibration if own else None),
        reader=_session(manifest).reader,
    )


def _reading(name: str, calibration: Calibration | None, score: float, *, own: bool) -> tuple[str, str]:
    """The rule that a score falls under, and the sentence that says it."""
    if calibration is None:
        return (
            "detectors.uncalibrated",
            f"The detector {name} ran; it is uncalibrated, so its score means nothing.",
        )
    dataset = f"“{shortened(calibration.dataset)}”"
    if calibration.method is Method.RANK:
        share = f"{calibration.share_below(score):.0%}"
        sets = f"the {calibration.real:,} real pictures of {dataset}"
        return (
            "detectors.ranked",
            f"The detector {name} gave a score higher than about {share} of {sets} got.",
        )
    ratio = calibration.ratio(score)
    sets = f"{dataset} ({calibration.real:,} real and {calibration.generated:,} generated pictures)"
    least = document(FAMILY)["least_ratio"]
    if ratio < least:
        found = f"The detector {name} gave a score whose likelihood ratio by {sets} is below {least:.0f}."
        return ("detectors.indecisive" if own else "detectors.publisher"), found
    said = f"about {ratio:,.0f} times as likely for generated as for real pictures, by {sets}"
    if not own:
        return "detectors.publisher", f"The detector {name} gave a score that its publisher calls {said}."
    return "detectors.calibrated", f"The detector {name} gave a score that is {said}."


def _caveats(manifest: Manifest, calibration: Calibration | None) -> tuple[str, ...]:
    caveats = [
        f"The model is {manifest.onnx} with the SHA-256 {manifest.sha256}.",
        f"Its publisher made it for {shortened(manifest.valid_for.domain)}.",
    ]
    if calibration and calibration.reached:
        real, generated = calibration.reached
        caveats.append(
            f"In cross-validation {real:,} of {calibration.real:,} real and {generated:,} of"
            f" {calibration.generated:,} generated pictures reached the ratio that counts as a sign."
        )
    return tuple(caveats)
