"""Ten thousand files explained side by side, and each answer is its own file's."""

import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.origin_files import RoughSearch, check, deadly, explained

from tocsin.provenance.explain import ENDED, Tier
from tocsin.provenance.model import Derivation, Failed, FingerprintKind, Item

pytestmark = pytest.mark.slow  # starts other processes
USER_COMMENT, EXIF, MAKE, MODEL, SERIAL = 0x9286, 0x8769, 0x010F, 0x0110, 0xA431
Own = frozenset[str]
"""Words that only one file has, in fingerprints and derivation signs."""
LETTERS: Final = "bcdfghklmnprstvz"


def files(count: int, dead: int) -> Iterator[tuple[str, bytes]]:
    """So many small files, each by a name that says what must be found; one in `dead` kills a reader."""
    for number in range(count):
        rng = random.Random(number)  # noqa: S311  # no secret
        data, own = _file(number, rng)
        ends = dead and number % dead == dead - 1
        if ends:
            data = deadly(data, (rng.choice(["c2pa", "decoder"]), "abort"))
        yield "|".join((str(number), "dies" if ends else "", *own)), data


def _file(number: int, rng: random.Random) -> tuple[bytes, Own]:
    image = Image.new("RGB", (16, 16), (number % 256, number // 256 % 256, number // 65_536))
    word = "".join(rng.choice(LETTERS) for _ in range(12))
    seed, digest = str(10**9 + number), f"{rng.getrandbits(40):010x}"
    settings = (
        f"a harbour <lora:{word}:1>\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: {seed}, Size: 16x16, "
        f'Model hash: {digest}, Model: m-{word}, Lora hashes: "{word}: {digest}", Version: v1.10.1'
    )
    generated = frozenset({seed, digest, word, f"m-{word}"})
    match number % 5:
        case 0:
            texts = PngInfo()
            texts.add_text("parameters", settings)
            return _saved(image, "PNG", pnginfo=texts), generated
        case 1 | 2:
            exif = Image.Exif()
            exif.get_ifd(EXIF)[USER_COMMENT] = b"UNICODE\0" + settings.encode("utf-16-be")
            return _saved(image, "JPEG" if number % 5 == 1 else "WEBP", exif=exif), generated
        case 3:
            exif = Image.Exif()
            exif.update({MAKE: "NIKON CORPORATION", MODEL: "NIKON D90"})
            exif.get_ifd(EXIF)[SERIAL] = seed
            return _saved(image, "JPEG", exif=exif), frozenset({seed})
        case _:
            return _saved(image, "PNG"), frozenset()


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def prove(count: int, dead: int, folder: Path) -> None:
    """Explain so many files with two children and hold each answer against what its file has."""
    answered = died = 0
    for name, data, answer, _ in explained(files(count, dead), folder, RoughSearch(Tier.PIXELS)):
        check(answer, data)
        _, dies, *own = name.split("|")
        findings = answer.content.findings or ()
        values = [
            one.value
            for item in findings
            if isinstance(item, Item)
            for one in item.fingerprints
            if one.kind not in {FingerprintKind.PROMPT, FingerprintKind.TABLES}
        ]
        values += [one.value for one in findings if isinstance(one, Derivation)]
        found = {value.removeprefix("Nikon body ") for one in values for value in one.split(":")}
        assert found == set(own), name
        ended = [one for one in findings if isinstance(one, Failed) and one.code == ENDED]
        assert len(ended) == bool(dies), name
        answered += 1
        died += bool(dies)
    assert answered == count
    assert died == count // dead


def test_three_hundred_files_and_readers_that_die_among_them(tmp_path: Path) -> None:
    prove(300, 50, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_files_and_readers_that_die_among_them(tmp_path: Path) -> None:
    prove(10_000, 100, tmp_path)
