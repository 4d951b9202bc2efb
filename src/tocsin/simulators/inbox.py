"""The inbox of the demo and the tests: pictures to bank, and files to screen with the answers they deserve.

Everything is benign, made by code from a seed, and said in the manifest that `write` returns.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from PIL import Image

from tocsin.hashing.signals import Orientation
from tocsin.simulators import encoders
from tocsin.simulators.alterations import ALTERATIONS, Alteration
from tocsin.simulators.damage import DAMAGES
from tocsin.simulators.origins import ORIGINS
from tocsin.simulators.pictures import flat, picture

WIDTH, HEIGHT = 640, 480
"""Size of the pictures; larger than 512, so that PDQ's two dialects differ."""
_STRIDE: Final = 1_000_000
"""Pictures of one role (known, allowed, unrelated) are numbered from a multiple of this."""


class Expectation(StrEnum):
    """The answer a file deserves."""

    MATCH = "match"
    NO_MATCH = "no match"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Original:
    """A picture to bank."""

    id: str
    path: Path


@dataclass(frozen=True, slots=True)
class Item:
    """A file to screen and the answer it deserves."""

    path: Path
    expectation: Expectation
    of: str | None = None
    """The id of the original it is a copy of."""
    alteration: str = ""
    """How the file was made."""
    view: str | None = None
    """The view that matches the original best, where that is certain."""
    orientation: Orientation | None = None
    """How that view must be turned to look like the original."""
    member: str = ""
    """The name inside the archive, if the file is one."""
    rules: frozenset[str] = frozenset()
    """Rules of provenance that must find a sign in it; no other file of the inbox speaks for a generator."""
    contradicted: bool = False
    """Whether its signs of origin do not fit together."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was written."""

    known: tuple[Original, ...]
    """To put into a bank of kind `match`."""
    allowed: tuple[Original, ...]
    """To put into a bank of kind `allow`; each is known as well, so that its match is suppressed."""
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A file that will be written: its bytes, and the item with its path inside the inbox."""

    data: bytes
    item: Item


def write(folder: Path, *, known: int = 6, seed: int = 0) -> Manifest:
    """Write `known/`, `allowed/` and `inbox/` into the folder and say what every file is.

    The inbox holds a copy by every available alteration of a known picture, an unrelated picture in the same
    form, an exact copy, a copy of an allow-listed picture, featureless pictures, pictures with signs of where
    they came from, and every kind of broken file.
    The same seed writes the same files wherever the same versions of the encoders are installed, but for
    signatures: their keys are drawn anew.
    """
    originals = tuple(
        _original(folder / "known", f"known-{index + 1}", seed, index) for index in range(known)
    )
    spared = _original(folder / "allowed", "allowed-1", seed, _STRIDE)
    also_known = Original(spared.id, folder / "known" / spared.path.name)
    also_known.path.write_bytes(spared.path.read_bytes())
    inbox = folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    items = tuple(_put(inbox, plan) for plan in _plans(originals, spared, seed))
    return Manifest((*originals, also_known), (spared,), items)


def _original(folder: Path, name: str, seed: int, index: int) -> Original:
    """Write a picture to bank as a JPEG of high quality."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jpg"
    path.write_bytes(encoders.jpeg(_picture(seed, index), 92))
    return Original(name, path)


def _picture(seed: int, index: int) -> Image.Image:
    """The picture of a number under a seed."""
    return Image.fromarray(picture(seed * 10 * _STRIDE + index, WIDTH, HEIGHT))


def _put(inbox: Path, plan: _Plan) -> Item:
    """Write a planned file and say where it lies."""
    item = plan.item
    path = inbox / item.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(plan.data)
    return replace(item, path=path)


def _plans(originals: tuple[Original, ...], spared: Original, seed: int) -> Iterator[_Plan]:
    """Every file of the inbox, one folder after the other."""
    yield from _copies(originals, spared)
    yield from _unrelated(seed)
    yield from _origins(seed)
    yield from _broken(_picture(seed, 3 * _STRIDE))


def _copies(originals: tuple[Original, ...], spared: Original) -> Iterator[_Plan]:
    """Copies of the known pictures, which the alterations take in turn, and one of the spared picture."""
    for index, how in enumerate(_available()):
        original = originals[index % len(originals)]
        with Image.open(original.path) as image:
            yield _Plan(how.make(image), _copy(original, how))
    exact = Item(
        Path("copies", "exact-copy.jpg"),
        Expectation.MATCH,
        originals[0].id,
        "exact-copy",
        "picture",
        Orientation.UPRIGHT,
    )
    yield _Plan(originals[0].path.read_bytes(), exact)
    with Image.open(spared.path) as image:
        yield _Plan(
            encoders.jpeg(image, 60),
            Item(
                Path("copies", "allow-listed.jpg"),
                Expectation.SUPPRESSED,
                spared.id,
                "jpeg-q60",
                "picture",
                Orientation.UPRIGHT,
            ),
        )


def _available() -> tuple[Alteration, ...]:
    return tuple(alteration for alteration in ALTERATIONS if alteration.available)


def _copy(original: Original, how: Alteration) -> Item:
    """The match that a copy by one alteration deserves."""
    return Item(
        Path("copies", how.name + how.suffix),
        Expectation.MATCH,
        original.id,
        how.name,
        how.view,
        how.orientation,
        how.member,
    )


def _unrelated(seed: int) -> Iterator[_Plan]:
    """Pictures nobody banked, one in the form of each alteration, and two that show next to nothing."""
    for index, how in enumerate(_available()):
        image = _picture(seed, 2 * _STRIDE + index)
        path = Path("unrelated", how.name + how.suffix)
        yield _Plan(how.make(image), Item(path, Expectation.NO_MATCH, alteration=how.name, member=how.member))
    for name, level in (("flat-grey", 128), ("flat-white", 255)):
        path = Path("unrelated", f"{name}.png")
        yield _Plan(
            encoders.png(Image.fromarray(flat(WIDTH, HEIGHT, level))),
            Item(path, Expectation.NO_MATCH, alteration=name),
        )


def _origins(seed: int) -> Iterator[_Plan]:
    """Pictures nobody banked that carry signs of where they came from."""
    for index, sample in enumerate(ORIGINS):
        path = Path("origins", sample.name + sample.suffix)
        yield _Plan(
            sample.make(_picture(seed, 4 * _STRIDE + index)),
            Item(
                path,
                Expectation.NO_MATCH,
                alteration=sample.name,
                rules=sample.rules,
                contradicted=sample.contradicted,
            ),
        )


def _broken(image: Image.Image) -> Iterator[_Plan]:
    """Files that must be refused, each with a reason."""
    for damage in DAMAGES:
        path = Path("broken", damage.name + damage.suffix)
        yield _Plan(damage.make(image), Item(path, Expectation.REFUSED, alteration=damage.name))
