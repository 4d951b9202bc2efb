"""Must-show 8: files made to exhaust or stall a decoder end in a refusal, within memory and time."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pictures_by_code import encoded, file_of, scene

from tocsin.media.sandbox import ChildLimits, Job, JsonValue, Outcome, Pool

HERE = str(Path(__file__).parent)
GIGABYTE = 1_000_000_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One child that names a picture's views and its own largest resident size."""
    limits = ChildLimits(cpu_seconds=8, jobs=1)
    with Pool("sandbox_tasks:look", workers=1, limits=limits, path=[HERE], preload=["numpy"]) as opened:
        yield opened


def look(pool: Pool, path: Path) -> tuple[list[JsonValue], str | None]:
    """Names of the views and the refusal's code, once the child is known to have stayed small."""
    (outcome,) = pool.run([Job.of_path(1, path)])
    assert isinstance(outcome, Outcome)
    for item in outcome.items:
        assert int(str(item.get("peak", 0))) < GIGABYTE
    views = [item["view"] for item in outcome.items if "view" in item]
    return views, outcome.refusal.code if outcome.refusal else None


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def blank_png(path: Path, width: int, height: int, *, rgba: bool) -> None:
    """A PNG of nothing but zeros, RGBA or 1 bit a pixel, which packs a thousandfold."""
    packer = zlib.compressobj(1)
    bits, colour_type, row_bytes = (8, 6, width * 4) if rgba else (1, 0, (width + 7) // 8)
    row = bytes(1 + row_bytes)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def test_a_hundred_megapixel_jpeg_is_decoded_within_a_gigabyte(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    scene(10_000, 10_000).save(path, quality=85)
    assert look(pool, path) == (["picture"], None)


def test_pixel_bombs_are_refused(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    blank_png(path, 13_000, 13_000, rgba=True)
    assert look(pool, path) == ([], "media.memory")
    blank_png(path, 50_000, 5_000, rgba=False)
    assert look(pool, path) == ([], "media.too_many_pixels")


def test_a_gigabyte_of_text_does_not_hide_the_picture(pool: Pool, tmp_path: Path) -> None:
    data = encoded(scene(), "PNG")
    path = tmp_path / "text.png"
    with path.open("wb") as file:
        file.write(data[:33] + struct.pack(">I", 1 << 30) + b"tEXt")
        file.seek(1 << 30, io.SEEK_CUR)
        file.write(b"\0\0\0\0" + data[33:])
    assert look(pool, path) == (["picture"], None)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: file_of("PNG")[:33] + chunk(b"tEXt", b"") * 1_500_000, "media.corrupt"),
        (lambda: b"\xff\xd8" + b"\xff\xee\0\2" * 10_000_000, "media.corrupt"),
        (lambda: b"\xff\xd8" + (b"\xff\xee\xff\xff" + bytes(65533)) * 8200, "media.too_large"),
        (lambda: file_of("GIF")[:13] + b"\x21\xfe" + b"\xffx" * 20_000_000, "media.corrupt"),
    ],
    ids=["png", "jpeg", "longer jpeg", "gif"],
)
def test_chunks_without_end_come_to_an_end(
    pool: Pool, tmp_path: Path, data: Callable[[], bytes], code: str
) -> None:
    path = tmp_path / "endless"
    path.write_bytes(data())
    views, found = look(pool, path)
    assert views == []
    assert found in {code, "media.time", "media.memory"}


@pytest.mark.parametrize(
    "begin",
    [
        b"GIF89a",
        b"II*\0\x08\0\0\0\xff\xff",
        b"RIFF\xf8\xff\xff\x3fWEBPVP8 ",
        b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\xff\xd8\xff\xe0",
        b"\xff\x0a",
    ],
)
def test_a_gigabyte_of_nothing_behind_a_magic_number_is_refused(
    pool: Pool, tmp_path: Path, begin: bytes
) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(1 << 30)
    views, found = look(pool, path)
    assert views == []
    assert found is not None


def test_the_name_of_a_file_decides_nothing(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "holiday.txt"
    path.write_bytes(encoded(scene(), "WEBP"))
    assert look(pool, path) == (["picture"], None)
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"only words\n")
    assert look(pool, path) == ([], "media.unsupported")
