"""Calibrating a detector on pictures of known origin, which are decoded and scored in the sandbox."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.errors import Refusal
from tocsin.media.errors import UnsupportedError
from tocsin.media.sandbox import Job, Pool
from tocsin.provenance.detectors import FAMILY, not_for, score_of
from tocsin.provenance.detectors.calibration import Calibration, calibrate
from tocsin.provenance.detectors.calibration_file import write_calibration
from tocsin.provenance.detectors.errors import AnswerError, CalibrationError, ModelError, NoRuntimeError
from tocsin.provenance.detectors.manifest import Manifest, read_manifest
from tocsin.provenance.rules import document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tocsin.media.sandbox import JsonValue, Outcome

TASK: Final = "tocsin.provenance.detectors.calibrating:score_picture"
_PRELOAD: Final = ("onnxruntime", "PIL.Image", "tocsin.media.views", "tocsin.media.pixels")

Key = tuple[bool, int]
"""Whether a picture was generated, and its place among its like."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration that was written, and the pictures that it could not use."""

    calibration: Calibration
    file: Path
    refused: tuple[tuple[Path, Refusal], ...]


def calibrate_detector(
    folder: Path,
    real: Sequence[Path],
    generated: Sequence[Path] = (),
    *,
    dataset: str,
    workers: int | None = None,
) -> Calibrated:
    """Score pictures with the detector in `folder`, and write what its scores are worth beside its manifest.

    Args:
        folder: the detector's own.
        real: pictures that are known to be real, benign, and of the kind that will be examined.
        generated: pictures that are known to be generated; without them only ranks can be told.
        dataset: the name of this set of pictures, which every answer will cite.
        workers: sandbox children at a time.

    Raises:
        DetectorError: the detector cannot be used, or cannot be calibrated with these pictures.
        SandboxError: the sandbox cannot be started.
        OSError: the calibration cannot be written.
    """
    manifest = read_manifest(folder)
    if importlib.util.find_spec("onnxruntime") is None:
        raise NoRuntimeError
    scores: dict[Key, float] = {}
    refused: list[tuple[Path, Refusal]] = []
    for (is_generated, number), outcome in _scored(folder, real, generated, workers):
        if outcome.refusal is None:
            scores[is_generated, number] = _score_in(outcome.items)
            continue
        if outcome.refusal.code == ModelError.code:  # no other picture would fare better
            raise ModelError(outcome.refusal.message)
        refused.append(((generated if is_generated else real)[number], outcome.refusal))
    sides = [[scores[key] for key in sorted(scores) if key[0] is side] for side in (False, True)]
    if generated and not sides[True]:
        message = f"none of the generated pictures could be scored ({refused[-1][1].message})"
        raise CalibrationError(message)
    least = document(FAMILY)["least_ratio"]
    calibration = calibrate(*sides, dataset=dataset, least_ratio=least)
    return Calibrated(calibration, write_calibration(manifest, calibration), tuple(refused))


def _scored(
    folder: Path, real: Sequence[Path], generated: Sequence[Path], workers: int | None
) -> "Iterator[tuple[Key, Outcome[Key]]]":
    jobs = (
        Job.of_path((is_generated, number), path, follow=False)
        for is_generated, paths in ((False, real), (True, generated))
        for number, path in enumerate(paths)
    )
    constants: dict[str, JsonValue] = {"detector": str(folder)}
    with Pool(TASK, workers=workers, preload=_PRELOAD, readable=[str(folder)], constants=constants) as pool:
        for outcome in pool.run(jobs):
            yield outcome.key, outcome


def _score_in(items: "Sequence[Mapping[str, JsonValue]]") -> float:
    """The score that a child answered with, which may have been subverted."""
    score = items[0].get("score") if len(items) == 1 else None
    if isinstance(score, bool) or not isinstance(score, int | float):
        message = "a sandbox child answered with no score"
        raise AnswerError(message)
    return float(score)


def score_picture(
    source: BinaryIO, options: "Mapping[str, JsonValue]", emit: "Callable[[Mapping[str, JsonValue]], None]"
) -> None:
    """Sandbox task: decode one picture and say how the detector in the folder `detector` scores it."""
    from PIL import Image  # noqa: PLC0415  # loaded beforehand in sandbox children

    from tocsin.media.pictures import head_of  # noqa: PLC0415
    from tocsin.media.views import views  # noqa: PLC0415
    from tocsin.provenance.opened import Opened, Stored  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = None  # `PictureLimits` are the limits
    stored: list[Stored] = []

    def take(pixels: "NDArray[np.uint8]", exact: bool) -> None:  # noqa: FBT001  # as `TakeStored` has it
        stored.append(Stored(pixels, exact))

    file_type = head_of(source)
    next(iter(views(source, stored=take)), None)
    if not stored:
        raise UnsupportedError
    manifest = _manifest(options)
    file = Opened(source, file_type, stored=stored[0])
    if why := not_for(file, manifest):
        raise AnswerError(why)
    emit({"score": score_of(file, manifest)})


def _manifest(options: "Mapping[str, JsonValue]") -> Manifest:
    return read_manifest(Path(str(options["detector"])))
