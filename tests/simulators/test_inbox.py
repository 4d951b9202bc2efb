"""The inbox: what its manifest says is so, as far as the reference hash and Pillow can tell."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence

from tocsin.hashing.signals import Orientation
from tocsin.simulators import inbox
from tocsin.simulators.alterations import ALTERATIONS
from tocsin.simulators.damage import DAMAGES
from tocsin.simulators.inbox import Expectation, Item, Manifest
from tocsin.simulators.origins import ORIGINS

pytestmark = pytest.mark.slow  # writing the inbox takes more than a second

TURN_BACK = {
    Orientation.UPRIGHT: None,
    Orientation.ROTATE180: Image.Transpose.ROTATE_180,
    Orientation.ROTATE270: Image.Transpose.ROTATE_90,  # Pillow turns the other way round
    Orientation.MIRROR: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.FLIP: Image.Transpose.FLIP_TOP_BOTTOM,
}
READ_BY_PLUG_IN = {".heic", ".jxl"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return inbox.write(tmp_path_factory.mktemp("inbox"), known=3)


def of(manifest: Manifest, expectation: Expectation) -> list[Item]:
    return [item for item in manifest.items if item.expectation is expectation]


def content(item: Item) -> bytes:
    """The bytes of the file, or of the one picture inside the archive."""
    data = item.path.read_bytes()
    if item.path.name.endswith(".zip"):
        return zipfile.ZipFile(io.BytesIO(data)).read(item.member)
    if item.path.name.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            member = archive.extractfile(item.member)
            assert member is not None
            return member.read()
    return data


def view(item: Item) -> Image.Image:
    """The view that the manifest says will match, made by the shortest means Pillow offers."""
    image = Image.open(io.BytesIO(content(item)))
    name = item.view or "on-white"
    if name.startswith("frame-"):
        return ImageSequence.Iterator(image)[int(name.removeprefix("frame-"))].convert("RGB")
    if name == "on-white":
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    if name == "planes":
        return Image.fromarray(np.asarray(image)[..., :3])
    if name == "borderless":
        shown = np.asarray(image.convert("RGB")).astype(np.int16)
        inside = np.abs(shown - shown[0, 0]).max(axis=2) > 24
        rows, columns = np.flatnonzero(inside.mean(axis=1) > 0.1), np.flatnonzero(inside.mean(axis=0) > 0.1)
        return image.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))
    if image.mode == "I;16":  # Pillow's own conversion cuts such values off at 255
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    return ImageOps.exif_transpose(image).convert("RGB")


def pdq(image: Image.Image) -> NDArray[np.uint8]:
    bits: NDArray[np.uint8] = pytest.importorskip("pdqhash").compute(np.asarray(image))[0]
    return bits


def test_each_copy_is_near_its_original_in_the_stated_view_and_orientation(written: Manifest) -> None:
    known = {original.id: pdq(Image.open(original.path)) for original in written.known}
    far = {}
    for item in (*of(written, Expectation.MATCH), *of(written, Expectation.SUPPRESSED)):
        if item.path.suffix in READ_BY_PLUG_IN:
            continue
        shown = view(item)
        turn = TURN_BACK[item.orientation or Orientation.UPRIGHT]
        distance = np.count_nonzero(
            pdq(shown if turn is None else shown.transpose(turn)) != known[item.of or ""]
        )
        if distance > 24:
            far[item.path.name] = distance
    assert far == {}


def test_every_alteration_and_damage_is_there(written: Manifest) -> None:
    copies = {item.alteration for item in of(written, Expectation.MATCH)}
    assert copies == {how.name for how in ALTERATIONS if how.available} | {"exact-copy"}
    assert {item.alteration for item in of(written, Expectation.REFUSED)} == {how.name for how in DAMAGES}
    assert len(of(written, Expectation.SUPPRESSED)) == 1
    assert {item.path for item in written.items} == {p for p in all_files(written) if p.is_file()}


def all_files(manifest: Manifest) -> list[Path]:
    return list(manifest.items[0].path.parent.parent.rglob("*"))


def test_the_exact_copy_has_the_digest_of_its_original(written: Manifest) -> None:
    exact = next(item for item in written.items if item.alteration == "exact-copy")
    original = next(known for known in written.known if known.id == exact.of)
    assert (
        hashlib.sha256(exact.path.read_bytes()).digest()
        == hashlib.sha256(original.path.read_bytes()).digest()
    )


def test_what_is_allowed_is_known_as_well(written: Manifest) -> None:
    (spared,) = written.allowed
    assert spared.path.read_bytes() in [original.path.read_bytes() for original in written.known]


def test_the_same_seed_writes_the_same_files(tmp_path: Path, written: Manifest) -> None:
    """But for signatures, whose keys are drawn anew."""
    again = inbox.write(tmp_path, known=3)
    signed = {sample.name for sample in ORIGINS if not sample.repeatable}
    for item, before in zip(again.items, written.items, strict=True):
        same = item.path.read_bytes() == before.path.read_bytes()
        assert same is (item.alteration not in signed), item.path


def test_an_unrelated_picture_is_no_copy(written: Manifest) -> None:
    known = [pdq(Image.open(original.path)) for original in written.known]
    plain = [item for item in of(written, Expectation.NO_MATCH) if item.path.suffix == ".jpg"]
    for item in plain:
        shown = pdq(Image.open(item.path).convert("RGB"))
        assert min(np.count_nonzero(shown != hashed) for hashed in known) > 60


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("png-16-bit-rgb.png", "RGB"),
        ("png-16-bit-grey.png", "I;16"),
        ("png-1-bit.png", "1"),
        ("gif.gif", "P"),
    ],
)
def test_a_colour_mode_is_what_its_name_says(written: Manifest, name: str, mode: str) -> None:
    path = next(item.path for item in of(written, Expectation.MATCH) if item.path.name == name)
    with Image.open(path) as image:
        assert image.mode == mode
    if "16-bit" in name:
        assert path.read_bytes()[24] == 16  # IHDR's bit depth
