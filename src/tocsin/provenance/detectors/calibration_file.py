"""The operator's calibration of a detector, which rests beside its manifest."""

import hashlib
import json
from typing import TYPE_CHECKING, Final

from tocsin.provenance.detectors.calibration import FIELDS, Calibration
from tocsin.provenance.detectors.errors import CalibrationError
from tocsin.provenance.detectors.json_tables import read_table
from tocsin.replacing import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.provenance.detectors.manifest import Manifest

CALIBRATION: Final = "calibration.json"


def read_calibration(manifest: "Manifest") -> Calibration | None:
    """The operator's calibration of the detector, None if it has none.

    Raises:
        ManifestError: the file is none that `write_calibration` made.
        CalibrationError: it is for another model, or for pictures prepared in another way.
    """
    path = manifest.folder / CALIBRATION
    if not path.exists():
        return None
    table = read_table(path, ("scale", *FIELDS))
    if table.text("scale") != _scale(manifest):
        message = (
            "the calibration was made for another model or another manifest; calibrate the detector again"
        )
        raise CalibrationError(message)
    return Calibration.read(table)


def write_calibration(manifest: "Manifest", calibration: Calibration) -> "Path":
    """Put the calibration beside the manifest, in place of an earlier one. Raises OSError."""
    path = manifest.folder / CALIBRATION
    text = json.dumps({"scale": _scale(manifest), **calibration.to_json()}, indent=1)
    with replacing(path) as file:
        file.write(text.encode())
    return path


def _scale(manifest: "Manifest") -> str:
    return hashlib.sha256(manifest.scale.encode()).hexdigest()
