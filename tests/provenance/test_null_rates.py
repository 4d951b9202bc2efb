"""Pictures that no generator wrote anything into are never said to be generated, in part or in whole."""

import io
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from support.origin_files import check, explained

from tocsin.content.explaining import Search
from tocsin.provenance.explain import Tier
from tocsin.provenance.model import Direction
from tocsin.simulators.pictures import flat, picture

pytestmark = pytest.mark.slow  # starts other processes
CLAIMS: Final = frozenset({Direction.GENERATED, Direction.PARTLY_GENERATED})
SIZES: Final = ((512, 512), (640, 480), (768, 512), (1024, 1024), (300, 200), (257, 769))
WAYS: Final = (
    (".png", "PNG", {"compress_level": 1}),
    (".jpg", "JPEG", {"quality": 90}),
    (".jpg", "JPEG", {"quality": 95, "subsampling": 0}),
    (".webp", "WEBP", {"quality": 90, "method": 0}),
    (".png", "PNG", {"compress_level": 1, "rgba": True}),
)
"""Forms in which copies travel; two of them keep what is in the pixels."""


def made_by_code(count: int) -> Iterator[tuple[str, bytes]]:
    """Pictures of gradients and shapes, in sizes that generators like and in others."""
    for number in range(count):
        width, height = SIZES[number % len(SIZES)]
        pixels = flat(width, height, number % 256) if number % 20 == 19 else picture(number, width, height)
        yield _saved(f"code-{number}", Image.fromarray(pixels).convert("RGB"), number)


def crops(paths: Iterable[Path], count: int) -> Iterator[tuple[str, bytes]]:
    """So many pieces of photographs."""
    given = list(paths)
    for number in range(count):
        rng = random.Random(number)  # noqa: S311  # no secret
        path = given[number % len(given)]
        with Image.open(path) as image:
            width, height = min(rng.choice([512, 768, 1024]), image.width), min(512, image.height)
            left, top = rng.randrange(image.width - width + 1), rng.randrange(image.height - height + 1)
            piece = image.convert("RGB").crop((left, top, left + width, top + height))
        yield _saved(f"crop-{number}", piece, number)


def _saved(name: str, image: Image.Image, number: int) -> tuple[str, bytes]:
    suffix, form, options = WAYS[number % len(WAYS)]
    out = io.BytesIO()
    if "rgba" in options:
        image = image.convert("RGBA")
    image.save(out, form, **{key: value for key, value in options.items() if key != "rgba"})
    return name + suffix, out.getvalue()


def claimed(files: Iterable[tuple[str, bytes]], folder: Path, count: int) -> list[str]:
    """What is said to be generated among so many files."""
    found, looked_at = [], 0
    for name, data, answer, _ in explained(files, folder, Search(Tier.PIXELS)):
        check(answer, data)
        looked_at += 1
        assert answer.content.refused is None, name
        found += [f"{name}: {item.rule.id}" for item in answer.explanation.items if item.leans in CLAIMS]
        found += [f"{name}: {sign.rule.id}" for sign in answer.explanation.derivation]
    assert looked_at == count
    return found


def test_sixty_pictures_made_by_code(tmp_path: Path) -> None:
    assert claimed(made_by_code(60), tmp_path, 60) == []


@pytest.mark.long
@pytest.mark.photographs
@pytest.mark.timeout(1800)
def test_five_hundred_pictures(tmp_path: Path) -> None:
    """Must-show 4: photographs as they are, pieces of them, and pictures made by code."""
    from bench.photos import default_folder, photographs  # noqa: PLC0415  # only where they are

    if not default_folder().exists():
        pytest.skip("`make photos` fetches the photographs")
    paths = photographs(default_folder())
    whole = ((path.name, path.read_bytes()) for path in paths)
    assert claimed(whole, tmp_path, len(paths)) == []
    assert claimed(crops(paths, 250), tmp_path, 250) == []
    assert claimed(made_by_code(500), tmp_path, 500) == []
    assert len(paths) + 250 + 500 > 500
