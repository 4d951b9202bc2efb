"""Files made to hang or fill whoever looks for signs of origin, each with what cannot be said about it."""

import gzip
import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import numpy as np
from PIL import Image

from support import camera_samples as cameras
from support.containers import box, chunk, jpeg_with, marker, plain, png_with
from support.hostile import MIB, deflated_zeros, header
from support.marking import stealthy_raw
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture

XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"


def _laughs() -> bytes:
    entities = b"".join(
        b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10) for number in range(1, 10)
    )
    packet = b'<!DOCTYPE x [<!ENTITY l0 "ha">%s]><x:xmpmeta xmlns:x="adobe:ns:meta/">&l9;</x:xmpmeta>'
    return jpeg_with(marker(0xE1, XMP + packet % entities))


def _deep() -> bytes:
    return jpeg_with(marker(0xE1, XMP + b"<a>" * 10_000 + b"</a>" * 5_000))


def _exif(*directories: bytes) -> bytes:
    return jpeg_with(marker(0xE1, b"Exif\0\0II*\0" + struct.pack("<I", 8) + b"".join(directories)))


def _loop() -> bytes:
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return _exif(struct.pack("<H", 1) + entry + struct.pack("<I", 8))


def _huge_counts() -> bytes:
    entries = [struct.pack("<HHII", 0x010F + number, 2, 0xFFFFFFFF, 8) for number in range(8)]
    return _exif(struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4))


def _many_entries() -> bytes:
    entries = b"".join(struct.pack("<HHII", number, 4, 1, number) for number in range(65_535))
    body = b"II*\0" + struct.pack("<IH", 8, 65_535) + entries + bytes(4)
    return png_with(chunk(b"eXIf", body))


def _hidden(content: bytes, length: int, kind: bytes = b"stealth_pngcomp") -> bytes:
    block = kind + length.to_bytes(4) + content
    pixels = picture(5, 700, 700)
    return encoders.png(Image.fromarray(stealthy_raw(pixels, block, colours=False)))


def _gzip_bomb() -> bytes:
    packed = gzip.compress(bytes(32 * MIB), mtime=0)
    return _hidden(packed, len(packed) * 8)


def _four_by_four() -> bytes:
    return encoders.png(Image.fromarray(np.full((4, 4, 4), 255, np.uint8)))


def _large(width: int, height: int, depth: int, colour: int, row: int) -> bytes:
    start = header(width, height, depth, colour)
    return start + chunk(b"IDAT", deflated_zeros(row * height)) + chunk(b"IEND", b"")


def _video(*boxes: bytes) -> bytes:
    return box(b"ftyp", b"mp42\0\0\0\0mp42") + b"".join(boxes)


def _nested() -> bytes:
    inner = b""
    for _ in range(20_000):
        inner = struct.pack(">I4s", 8 + len(inner), b"moov") + inner
    return _video(inner)


@cache
def _gib() -> bytes:
    return deflated_zeros(1 << 30)


def _profile() -> bytes:
    return png_with(chunk(b"iCCP", b"key\0\0" + _gib()))


def _packed_text(kind: bytes) -> bytes:
    head = b"parameters\0\0" if kind == b"zTXt" else b"parameters\0\1\0\0\0"
    return png_with(chunk(kind, head + _gib()))


def _cut_chunk() -> bytes:
    data = plain("PNG")
    return data[:33] + struct.pack(">I", (1 << 31) - 1) + b"tEXt" + data[33:]


def _flood() -> bytes:
    text = chunk(b"tEXt", b"parameters\0b")
    data = plain("PNG")
    return data[:33] + text * 200_000 + data[33:]


def _thumbnail() -> bytes:
    """A thumbnail that claims very many pixels."""
    small = bytearray(cameras.thumbnail_of(cameras.photograph()))
    at = small.index(b"\xff\xc0") + 5
    small[at : at + 4] = b"\xff\xff\xff\xff"
    return cameras.jpeg(cameras.photograph(), cameras.of_camera().with_thumbnail(bytes(small)))


HOSTILE: Final[Mapping[str, Callable[[], bytes]]] = {
    "text-bomb.png": lambda: _packed_text(b"zTXt"),
    "international-bomb.png": lambda: _packed_text(b"iTXt"),
    "profile-bomb.png": _profile,
    "chunk-of-2-gb.png": _cut_chunk,
    "200-k-chunks.png": _flood,
    "60-mb-text.png": lambda: png_with(chunk(b"tEXt", b"parameters\0" + b"a, " * 20_000_000)),
    "exif-loop.jpg": _loop,
    "exif-counts.jpg": _huge_counts,
    "exif-entries.png": _many_entries,
    "laughs.jpg": _laughs,
    "deep.jpg": _deep,
    "stealth-bomb.png": _gzip_bomb,
    "stealth-length.png": lambda: _hidden(b"", (1 << 32) - 1),
    "stealth-plain-length.png": lambda: _hidden(b"", (1 << 32) - 1, b"stealth_pnginfo"),
    "four-by-four.png": _four_by_four,
    "boxes.mp4": lambda: _video(b"\0\0\0\x08free" * 100_000),
    "nested.mp4": _nested,
    "uuid.mp4": lambda: _video(struct.pack(">I4sQ", 1, b"uuid", 1 << 62) + bytes(64)),
    "bilevel.png": lambda: _large(50_000, 50_000, 1, 0, 6_251),
    "169-megapixels.png": lambda: _large(13_000, 13_000, 8, 6, 52_001),
    "json-deep.png": lambda: png_with(chunk(b"tEXt", b"prompt\0" + b'{"1":{"class_type":' * 25_000)),
    "settings.png": lambda: png_with(chunk(b"tEXt", b"parameters\0a\nSteps: 1, " + b'"\\' * 400_000)),
    "thumbnail.jpg": _thumbnail,
}
