"""`tocsin detector`: what is plugged in, and calibrating it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.commands import tocsin
from support.detector_models import brightness, plug_in


def grey_pictures(folder: Path, start: int) -> Path:
    """Plain pictures from one brightness on."""
    folder.mkdir()
    for number in range(30):
        Image.fromarray(np.full((24, 24, 3), start + number, np.uint8)).save(folder / f"{number}.png")
    return folder


def test_no_detector_is_plugged_in(tmp_path: Path) -> None:
    said = tocsin("detector", "list", "--home", tmp_path)
    assert (said.code, said.out) == (0, "")
    assert "none runs" in said.err
    unknown = tocsin("detector", "calibrate", "bright", "--real", tmp_path, "--home", tmp_path)
    assert unknown.code == 4
    assert "[provenance.unknown_detector]" in unknown.err


def test_detectors_are_listed_with_what_is_wrong_with_them(tmp_path: Path) -> None:
    plug_in(tmp_path / "detectors", brightness(), name="a")
    plug_in(tmp_path / "detectors", brightness(), {"sha256": "0" * 64}, name="b")
    plug_in(tmp_path / "detectors", brightness(), {"id": "x"}, name="c")
    said = tocsin("detector", "list", "--home", tmp_path)
    assert said.code == 3
    assert "not calibrated here" in said.out
    assert "[provenance.detector_model]" in said.out
    assert "[provenance.detector_manifest]" in said.out
    objects = tocsin("detector", "list", "--json", "--home", tmp_path).objects
    assert [one["id"] for one in objects] == ["a", "b", "c"]
    assert [one["refused"] and one["refused"]["code"] for one in objects] == [
        None,
        "provenance.detector_model",
        "provenance.detector_manifest",
    ]
    assert {frozenset(one) for one in objects} == {frozenset(objects[0])}


@pytest.mark.slow  # starts sandboxes
def test_calibrating(tmp_path: Path) -> None:
    folder = plug_in(tmp_path / "detectors", brightness())
    real, generated = grey_pictures(tmp_path / "real", 60), grey_pictures(tmp_path / "generated", 80)
    calibrate = ("detector", "calibrate", "bright", "--home", tmp_path, "--workers", "1", "--real", real)
    alone = tocsin(*calibrate)
    assert alone.code == 0, alone.err
    assert "30 real and 0 generated" in alone.out

    (real / "notes.txt").write_text("no picture")
    both = tocsin(*calibrate, "--generated", generated, "--name", "greys", "--json")
    assert both.code == 3
    assert "notes.txt" in both.err
    (said,) = both.objects
    assert said["calibration"]["dataset"] == "greys"
    assert (said["calibration"]["n_real"], said["calibration"]["n_ai"]) == (30, 30)
    assert json.loads((folder / "calibration.json").read_text())["method"] == "platt"
    assert "calibrated on greys" in tocsin("detector", "list", "--home", tmp_path).out
