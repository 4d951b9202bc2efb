"""Detectors that are plugged in: tiny models made here, which detect brightness at best."""

import contextlib
import dataclasses
import hashlib
import io
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import ModelProto, helper
from PIL import Image
from support.detector_models import (
    SHAPE,
    brightness,
    constant,
    endless,
    external,
    gluttonous,
    manifest,
    model,
    plug_in,
    two_classes,
)
from support.files import small_picture

from tocsin.errors import Error
from tocsin.media.identify import identify
from tocsin.media.sandbox import ChildLimits, Job, Pool
from tocsin.provenance.detectors import (
    Calibration,
    Detector,
    Method,
    Unusable,
    calibrate,
    load,
    load_one,
    score_of,
    signs,
)
from tocsin.provenance.detectors.calibrating import TASK, calibrate_detector
from tocsin.provenance.detectors.calibration_file import write_calibration
from tocsin.provenance.detectors.errors import (
    AnswerError,
    CalibrationError,
    ManifestError,
    ModelError,
    NoRuntimeError,
)
from tocsin.provenance.detectors.external_data import refuse_external_data
from tocsin.provenance.detectors.manifest import InputSpec, read_manifest
from tocsin.provenance.detectors.pixels import crops, upright_rgb
from tocsin.provenance.model import Direction, Failed, Finding, Item, NotChecked, Strength
from tocsin.provenance.opened import Opened, Stored

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

Spec = dict[str, "JsonValue"]
BRIGHTNESS = brightness().SerializeToString()


def grey(level: int, side: int = 32) -> NDArray[np.uint8]:
    return np.full((side, side, 3), level, np.uint8)


def opened(pixels: NDArray[np.uint8] | None, data: bytes = b"\x89PNG\r\n\x1a\n") -> Opened:
    stored = None if pixels is None else Stored(pixels, exact=True)
    return Opened(io.BytesIO(data), identify(data), stored=stored, why_no_pixels="they were not asked for")


def only(found: list[Finding]) -> Finding:
    (one,) = found
    return one


def answer(home: Path, pixels: NDArray[np.uint8]) -> Finding:
    return only(list(signs(opened(pixels), load(home))))


def calibrated(home: Path, calibration: Calibration) -> None:
    write_calibration(read_manifest(home / "bright"), calibration)


PLATT = Calibration(Method.PLATT, "holiday snaps", 400, 300, slope=2.0, intercept=0.0, reached=(2, 200))


# Off, and what keeps a detector from answering


def test_no_detector_is_the_default(tmp_path: Path) -> None:
    off = [NotChecked("learned detectors", "none is plugged in (off by default)")]
    assert list(signs(opened(grey(9)))) == off
    assert list(signs(opened(grey(9)), load(tmp_path / "detectors"))) == off


def test_other_media_small_pictures_and_missing_pixels_are_not_checked(tmp_path: Path) -> None:
    plug_in(tmp_path, brightness())
    detectors = load(tmp_path)
    for file, why in (
        (opened(grey(9), b"RIFF\0\0\0\0AVI "), "pictures only"),
        (opened(None), "not asked for"),
        (opened(grey(9, 15)), "15 pixels"),
    ):
        found = only(list(signs(file, detectors)))
        assert isinstance(found, NotChecked)
        assert why in found.why


# What an answer says


def test_an_uncalibrated_detector_says_nothing(tmp_path: Path) -> None:
    plug_in(tmp_path, brightness(gain=1000))
    for level in (0, 255):
        found = answer(tmp_path, grey(level))
        assert isinstance(found, Item)
        assert (found.leans, found.carries) == (Direction.NEUTRAL, Strength.S1)
        assert found.rule.id == "detectors.uncalibrated"
        assert not any(character.isdigit() for character in found.found)
        assert found.reader.startswith("onnxruntime ")


def test_a_calibrated_detector_gives_a_ratio_and_names_its_set(tmp_path: Path) -> None:
    folder = plug_in(tmp_path, brightness())
    calibrated(tmp_path, PLATT)
    found = answer(tmp_path, grey(204))  # 0.8 * 10 - 5 = 3, and e to the 2 * 3 is 403
    assert isinstance(found, Item)
    assert (found.leans, found.carries) == (Direction.GENERATED, Strength.S1)
    assert "401 times" in found.found, "400 real pictures support no more"
    assert "holiday snaps" in found.found
    assert any("2 of 400 real" in one for one in found.caveats)
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    assert any(digest in one for one in found.caveats)
    assert found.where[0].segment == "pixels"


@pytest.mark.parametrize("level", [0, 127, 150])
def test_a_low_ratio_is_neither_shown_nor_a_sign_of_a_camera(tmp_path: Path, level: int) -> None:
    plug_in(tmp_path, brightness())
    calibrated(tmp_path, PLATT)
    found = answer(tmp_path, grey(level))
    assert isinstance(found, Item)
    assert (found.rule.id, found.leans) == ("detectors.indecisive", Direction.NEUTRAL)
    assert "times" not in found.found


def test_real_pictures_alone_give_a_rank(tmp_path: Path) -> None:
    plug_in(tmp_path, brightness())
    scores = [10 * level / 255 - 5 for level in range(100)]
    calibrated(tmp_path, calibrate(scores, [], dataset="holidays", least_ratio=10))
    found = answer(tmp_path, grey(75))
    assert isinstance(found, Item)
    assert (found.rule.id, found.leans) == ("detectors.ranked", Direction.NEUTRAL)
    assert "75% of the 100 real pictures" in found.found


def test_a_publishers_calibration_is_no_sign(tmp_path: Path) -> None:
    published: Spec = {"method": "platt", "a": 5, "b": 0, "dataset": "theirs", "n_real": 9000, "n_ai": 9000}
    plug_in(tmp_path, brightness(), {"calibration": published})
    for level, said in ((255, "its publisher calls about 9,001 times"), (0, "below 10")):
        found = answer(tmp_path, grey(level))
        assert isinstance(found, Item)
        assert (found.rule.id, found.leans) == ("detectors.publisher", Direction.NEUTRAL)
        assert said in found.found


def test_every_detector_answers_for_itself(tmp_path: Path) -> None:
    plug_in(tmp_path, brightness(), name="a")
    plug_in(tmp_path, constant(math.nan), name="b")
    plug_in(tmp_path, brightness(), {"sha256": "0" * 64}, name="c")
    plug_in(tmp_path, brightness(), {"input": []}, name="d")
    (tmp_path / "not one").mkdir()
    found = list(signs(opened(grey(9)), load(tmp_path)))
    assert [type(one) for one in found] == [Item, Failed, Failed, Failed]
    codes = [one.code for one in found if isinstance(one, Failed)]
    assert codes == [
        "provenance.detector_answer",
        "provenance.detector_model",
        "provenance.detector_manifest",
    ]


def test_a_missing_runtime_is_told_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = plug_in(tmp_path, brightness())
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed
    found = answer(tmp_path, grey(9))
    assert isinstance(found, Failed)
    assert found.code == "provenance.no_onnxruntime"
    with pytest.raises(NoRuntimeError, match="not installed"):
        calibrate_detector(folder, [], dataset="none")
    assert "pip install 'tocsin[detectors]'" in NoRuntimeError.advice


# From pixels to a score


def score(folder: Path, pixels: NDArray[np.uint8]) -> float:
    return score_of(opened(pixels), read_manifest(folder))


def test_outputs_become_log_odds(tmp_path: Path) -> None:
    blue = np.zeros((32, 32, 3), np.uint8)
    blue[:, :, 2] = 255
    outputs: list[tuple[Spec, float]] = [
        ({"kind": "softmax", "ai_index": 1}, 1.0),
        ({"kind": "softmax", "ai_index": 0}, -1.0),
        ({"kind": "sigmoid", "ai_index": 1}, 1.0),
        ({"kind": "probability", "ai_index": 1}, math.log((1 - 1e-6) / 1e-6)),
    ]
    for spec, expected in outputs:
        folder = plug_in(tmp_path, two_classes(), {"output": {"name": "logits", **spec}})
        assert score(folder, blue) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"range": "0..255"}, 51 * 10 - 5),
        ({"range": "-1..1"}, -0.6 * 10 - 5),
        ({"mean": [0.2, 0.2, 0.2], "std": [0.1, 0.1, 0.1]}, -5),
        ({"resize": "shorter_side", "resize_to": 12, "crop": "grid:5"}, -3),
        ({"resize": "none", "resampling": "lanczos"}, -3),
    ],
)
def test_values_are_as_the_manifest_says(tmp_path: Path, changes: Spec, expected: float) -> None:
    spec = manifest(b"")["input"]
    assert isinstance(spec, dict)
    folder = plug_in(tmp_path, brightness(), {"input": {**spec, **changes}})
    assert score(folder, grey(51)) == pytest.approx(expected, abs=1e-4)


def spec_of(**changes: "JsonValue") -> InputSpec:
    given = manifest(b"")["input"]
    assert isinstance(given, dict)
    return InputSpec.read({**given, **changes})


def test_crops_show_the_middle_and_the_corners() -> None:
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:8, -8:] = 255
    seen = [crop.mean() for crop in crops(pixels, spec_of(resize="none", crop="grid:5"))]
    assert seen == [0, 0, 1, 0, 0]
    (wide,) = crops(pixels, spec_of(resize="shorter_side", layout="NHWC"))
    assert wide.shape == (1, 8, 8, 3)
    assert wide.dtype == np.float32


def test_resizing_is_pillows() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    (crop,) = crops(pixels, spec_of(resampling="bicubic"))
    expected = np.asarray(Image.fromarray(pixels).resize((8, 8), Image.Resampling.BICUBIC), np.float32) / 255
    assert np.allclose(crop[0].transpose(1, 2, 0), expected)


def test_extreme_shapes_are_refused() -> None:
    thin = np.zeros((2, 60_000, 3), np.uint8)
    with pytest.raises(AnswerError, match="narrow"):
        list(crops(thin, spec_of(resize="shorter_side", resize_to=2048)))
    with pytest.raises(AnswerError, match="smaller"):
        list(crops(thin, spec_of(resize="none")))


def test_pictures_are_upright_and_on_white() -> None:
    stored = np.array([[[10, 20, 30, 255], [0, 0, 0, 0]]], np.uint8)
    assert upright_rgb(stored, 1).tolist() == [[[10, 20, 30], [255, 255, 255]]]
    assert upright_rgb(stored, 6).shape == (2, 1, 3)
    assert upright_rgb(stored[:, :, 0], 3).tolist() == [[[0] * 3, [10] * 3]]


# Models and manifests that do not do


def passed(given: str = "pixels", to: str = "logits") -> ModelProto:
    """A model that hands its input on."""
    return model([helper.make_node("Identity", [given], [to])], output=SHAPE, name=given)


@pytest.mark.parametrize(
    ("made", "output", "error"),
    [
        (constant(math.inf), {}, AnswerError),
        (constant(math.nan), {}, AnswerError),
        (constant(2), {"kind": "probability"}, AnswerError),
        (constant(1), {"kind": "softmax"}, AnswerError),
        (brightness(), {"ai_index": 1}, AnswerError),
        (brightness(), {"name": "other"}, ModelError),
        (model(brightness().graph.node, shape=(1, 3, 9, 9)), {}, ModelError),
        (passed("other"), {}, ModelError),
        (model([helper.make_node("Unheard", ["pixels"], ["logits"])]), {}, ModelError),
    ],
)
def test_models_that_do_not_fit_their_manifest(
    tmp_path: Path, made: ModelProto, output: Spec, error: type[Error]
) -> None:
    folder = plug_in(tmp_path, made, {"output": {"name": "logits", "kind": "sigmoid", **output}})
    with pytest.raises(error):
        score(folder, grey(9))
    (found,) = signs(opened(grey(9)), load(tmp_path))
    assert isinstance(found, Failed)
    assert found.code == error.code


def test_an_input_of_another_shape_is_told(tmp_path: Path) -> None:
    folder = plug_in(
        tmp_path, model([helper.make_node("Identity", ["pixels"], ["logits"])], shape=(1, 3, 9, 9))
    )
    with pytest.raises(AnswerError, match="the model failed"):
        score(folder, grey(9))


def with_external_data(where: str) -> ModelProto:
    """`brightness` with a tensor that is said to be in another file."""
    made = brightness()
    if where == "graph":
        external(made.graph.initializer[0])
    elif where == "attribute":
        node = helper.make_node("Constant", [], ["unused"], value=made.graph.initializer[2])
        external(node.attribute[0].t)
        made.graph.node.insert(0, node)
    elif where == "subgraph":
        inner = helper.make_graph([], "inner", [], [], [made.graph.initializer[2]])
        external(inner.initializer[0])
        made.graph.node.append(helper.make_node("If", ["gain"], ["x"], then_branch=inner, else_branch=inner))
    else:
        node = helper.make_node("Constant", [], ["unused"], value=made.graph.initializer[2])
        external(node.attribute[0].t)
        made.functions.append(helper.make_function("d", "f", [], ["unused"], [node], []))
    return made


@pytest.mark.parametrize("where", ["graph", "attribute", "subgraph", "function"])
def test_tensors_in_other_files_are_refused(tmp_path: Path, where: str) -> None:
    folder = plug_in(tmp_path, with_external_data(where))
    (folder / "secret").write_bytes(bytes(64))
    with pytest.raises(ModelError, match="external data"):
        score(folder, grey(9))


def test_a_model_must_be_the_one_that_was_meant(tmp_path: Path) -> None:
    folder = plug_in(tmp_path, brightness())
    data = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelError, match="SHA-256"):
        score(folder, grey(9))
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        score(folder, grey(9))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = plug_in(tmp_path, brightness())
    (folder / "model.onnx").rename(tmp_path / "model.onnx")
    (folder / "model.onnx").symlink_to(tmp_path / "model.onnx")
    with pytest.raises(ModelError, match="leads out"):
        score(folder, grey(9))


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2**32))
def test_no_bytes_break_the_walk_through_a_model(noise: bytes, seed: int) -> None:
    data = bytearray(BRIGHTNESS)
    data[seed % len(data)] = seed >> 8 & 0xFF
    for model_bytes in (noise, bytes(data), bytes(data[: seed % len(data)])):
        with contextlib.suppress(ModelError):
            refuse_external_data(model_bytes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"onnx": "../model.onnx"}, "onnx is not the plain name"),
        ({"onnx": "/etc/model.onnx"}, "onnx is not the plain name"),
        ({"onnx": "model.pkl"}, "onnx is not the plain name"),
        ({"id": "Other"}, "id is not the name of its folder"),
        ({"sha256": "0"}, "64 hexadecimal digits"),
        ({"max_strength": "S5"}, "max_strength is not one of S1"),
        ({"license": ""}, "license is not a text"),
        ({"source": "a\nb"}, "source is not a text"),
        ({"onxx": 1}, "onxx is not a field"),
        ({"input": {"size": 8}}, "input.name is not a text"),
        ({"output": {"name": "logits", "kind": "magic"}}, "output.kind is not one of"),
        ({"output": {"name": "logits", "kind": "sigmoid", "ai_index": True}}, "output.ai_index"),
        ({"valid_for": {"media": ["video"]}}, "valid_for.media"),
        ({"calibration": {"method": "isotonic"}}, "calibration.method"),
        (
            {"calibration": {"method": "platt", "a": -1, "b": 0, "dataset": "d", "n_real": 1, "n_ai": 1}},
            "calibration.a is not positive",
        ),
        ({"calibration": {"method": "platt", "a": 1e999, "b": 0, "dataset": "d"}}, "calibration.a"),
    ],
)
def test_manifests_that_say_what_cannot_be(tmp_path: Path, changes: Spec, said: str) -> None:
    folder = plug_in(tmp_path, brightness(), changes)
    with pytest.raises(ManifestError) as raised:
        read_manifest(folder)
    assert said in raised.value.message


@pytest.mark.parametrize(
    "field", [{"size": 0}, {"size": 5000}, {"size": 8.5}, {"std": [1, 0, 1]}, {"mean": [1, 2]}, {"mean": "1"}]
)
def test_inputs_that_cannot_be(field: Spec) -> None:
    with pytest.raises(ManifestError):
        spec_of(**field)


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff", b"{" * 500, b" " * 70_000])
def test_what_is_no_manifest(tmp_path: Path, text: bytes) -> None:
    folder = plug_in(tmp_path, brightness())
    (folder / "manifest.json").write_bytes(text)
    (found,) = load(tmp_path)
    assert isinstance(found, Unusable)
    assert found.refusal.code == "provenance.detector_manifest"


def test_the_manifest_in_the_documents_is_one(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs/howto/plug-in-a-detector.md"
    text = page.read_text("utf-8").split("```json\n")[1].split("```")[0]
    folder = tmp_path / "my-detector"
    folder.mkdir()
    (folder / "manifest.json").write_text(
        text.replace("the model's SHA-256, 64 hexadecimal digits", "0" * 64), "utf-8"
    )
    assert read_manifest(folder).input.resize_to == 440
    for field in dataclasses.fields(InputSpec):
        assert f"input.{field.name}`" in page.read_text("utf-8")


# Calibration


def normal(seed: int, middle: float, count: int) -> list[float]:
    """Scores around a middle, one wide."""
    return [float(one) for one in np.random.default_rng(seed).normal(middle, 1.0, count)]


def test_a_fitted_curve_is_the_true_one() -> None:
    # Of two normal distributions at -1 and +1 with deviation 1, the logarithm of the ratio is 2 * score.
    found = calibrate(normal(1, -1, 6000), normal(2, 1, 2000), dataset="drawn", least_ratio=10)
    assert found.slope == pytest.approx(2, abs=0.1)
    assert found.intercept == pytest.approx(0, abs=0.1)
    assert found.reached is not None
    real, generated = found.reached
    assert real / 6000 == pytest.approx(0.0158, abs=0.006)  # beyond 1.151, two deviations above -1
    assert generated / 2000 == pytest.approx(0.44, abs=0.04)


def test_sets_that_do_not_overlap_are_bounded_by_their_sizes() -> None:
    found = calibrate([-5.0] * 30, [5.0] * 40, dataset="apart", least_ratio=10)
    assert found.ratio(1e300) == 31
    assert found.ratio(-1e300) == pytest.approx(1 / 41)


def test_sets_that_cannot_be_used() -> None:
    enough = normal(3, 0, 30)
    for real, generated in ((enough[1:], enough), (enough, enough[1:]), ([*enough, math.nan], enough)):
        with pytest.raises(CalibrationError):
            calibrate(real, generated, dataset="d", least_ratio=10)
    with pytest.raises(CalibrationError, match="cannot tell them apart"):
        calibrate([one + 2 for one in enough], enough, dataset="d", least_ratio=10)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100), st.floats(-100, 100))
def test_the_scale_of_scores_does_not_matter(seed: int, scale: float, shift: float) -> None:
    real, generated = normal(seed, 0, 60), normal(seed + 1, 2, 50)
    plain = calibrate(real, generated, dataset="d", least_ratio=10)
    moved = calibrate(
        [one * scale + shift for one in real],
        [one * scale + shift for one in generated],
        dataset="d",
        least_ratio=10,
    )
    assert moved.ratio(1.5 * scale + shift) == pytest.approx(plain.ratio(1.5), rel=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_a_higher_score_never_has_a_lower_ratio(scores: list[float]) -> None:
    ordered = sorted(scores)
    ratios = [PLATT.ratio(one) for one in ordered]
    assert ratios == sorted(ratios)
    assert all(1 / 301 <= one <= 401 for one in ratios)


def test_a_calibration_rests_beside_its_manifest_and_holds_for_its_model_only(tmp_path: Path) -> None:
    plug_in(tmp_path, brightness())
    for calibration in (PLATT, calibrate(normal(1, 0, 40), [], dataset="d", least_ratio=10)):
        calibrated(tmp_path, calibration)
        assert load_one(tmp_path / "bright").calibration == calibration
    plug_in(tmp_path, brightness(gain=3))
    (found,) = load(tmp_path)
    assert isinstance(found, Unusable)
    assert found.refusal.code == "provenance.detector_calibration"


# In the sandbox


def pictures(folder: Path, levels: Sequence[int]) -> list[Path]:
    """Plain pictures, each a little different."""
    folder.mkdir()
    paths = [folder / f"{number:03}.png" for number in range(len(levels))]
    for number, (path, level) in enumerate(zip(paths, levels, strict=True)):
        pixels = grey(level)
        pixels[0, number % 32] = 255 - level
        Image.fromarray(pixels).save(path)
    return paths


@pytest.mark.slow  # starts sandboxes
def test_calibrating_on_pictures(tmp_path: Path) -> None:
    folder = plug_in(tmp_path / "detectors", brightness())
    real = pictures(tmp_path / "real", [20 + 3 * number for number in range(40)])
    generated = pictures(tmp_path / "generated", [120 + 3 * number for number in range(35)])
    (tmp_path / "real/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    Image.new("L", (9, 9)).save(tmp_path / "real/small.png")
    real += [tmp_path / "real/broken.png", tmp_path / "real/small.png"]
    done = calibrate_detector(folder, real, generated, dataset="greys", workers=1)
    assert (done.calibration.real, done.calibration.generated) == (40, 35)
    assert {path.name for path, _ in done.refused} == {"broken.png", "small.png"}
    loaded = load_one(folder)
    assert loaded == Detector(loaded.manifest, done.calibration)
    found = answer(tmp_path / "detectors", grey(250))
    assert isinstance(found, Item)
    assert found.leans is Direction.GENERATED
    assert "greys" in found.found

    ranked = calibrate_detector(folder, real, dataset="greys", workers=1)
    assert ranked.calibration.method is Method.RANK
    with pytest.raises(CalibrationError, match="2 real"):
        calibrate_detector(folder, real[:2], dataset="greys", workers=1)
    (folder / "model.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match="SHA-256"):
        calibrate_detector(folder, real, dataset="greys", workers=1)


@pytest.mark.slow  # starts sandboxes, and waits for a limit
@pytest.mark.parametrize(
    ("made", "codes"),
    [
        (endless(), {"media.time", "media.killed"}),
        (gluttonous(), {"provenance.detector_answer", "media.memory", "media.killed"}),
    ],
)
def test_a_hostile_model_takes_no_more_than_its_child_may(
    tmp_path: Path, made: ModelProto, codes: set[str]
) -> None:
    folder = plug_in(tmp_path, made)
    limits = ChildLimits(cpu_seconds=1, wall_seconds=20)
    readable = [str(folder)]
    with Pool(TASK, workers=1, limits=limits, readable=readable, constants={"detector": str(folder)}) as pool:
        (outcome,) = pool.run([Job.of_bytes("one", small_picture(1))])
    assert outcome.refusal is not None
    assert outcome.refusal.code in codes
