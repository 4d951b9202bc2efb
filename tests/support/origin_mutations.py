"""Broken files with signs of origin: bits turned, lengths changed, parts repeated, dropped and spliced."""

import io
import random
from collections.abc import Callable, Iterator
from typing import Final

from support.origin_files import every_file
from tocsin.media.containers import walk
from tocsin.media.identify import identify

EDGES: Final = (0, 1, 7, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 62, (1 << 64) - 1)
Mutation = Callable[[random.Random, bytes, list[tuple[int, int]]], bytes]


def flipped(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """A few bits turned, most of them where lengths and names stand."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        start, length = rng.choice(parts)
        at = max(0, start - 12) + rng.randrange(min(length, 200) + 12)
        if at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """The beginning of it, often ending near a part's."""
    start, length = rng.choice(parts)
    return data[: rng.choice([rng.randrange(len(data)) + 1, start + rng.randrange(length + 1)])]


def mislaid(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """A length, or what may be one, set to where readers make mistakes."""
    start, length = rng.choice(parts)
    width = rng.choice([1, 2, 4, 4, 4, 8])
    at = max(0, start + rng.choice([-8, -4, -2, -16, 0, rng.randrange(length + 1)]))
    number = rng.choice([*EDGES, len(data), length + rng.randint(-9, 9)]) % (1 << 8 * width)
    return data[:at] + number.to_bytes(width, rng.choice(["big", "little"])) + data[at + width :]


def repeated(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """A part of it several times."""
    start, length = rng.choice(parts)
    start = max(0, start - rng.choice([0, 4, 8]))
    part = data[start : start + length + 12]
    times = min(rng.choice([2, 3, 50, 3000]), 1 + 2_000_000 // max(1, len(part)))
    return data[:start] + part * times + data[start + len(part) :]


def dropped(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """Without a part of it."""
    start, length = rng.choice(parts)
    return data[:start] + data[start + length :]


def filled(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """With other bytes in place of a part."""
    start, length = rng.choice(parts)
    length = min(length, 4000)
    filling = rng.choice([b"\0", b"\xff", b"{", b"[", b"<a>", rng.randbytes(4000)]) * length
    return data[:start] + filling[:length] + data[start + length :]


MUTATIONS: Final[tuple[Mutation, ...]] = (flipped, flipped, cut, mislaid, mislaid, repeated, dropped, filled)


def mutated(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many broken files, the same ones for a seed."""
    whole = {name: data for name, data in every_file().items() if not name.endswith(".txt")}
    parts = {name: _parts(data) for name, data in whole.items()}
    names = sorted(whole)
    for number in range(count):
        rng = random.Random(f"{seed} {number}")  # noqa: S311  # no secret
        name = rng.choice(names)
        data = whole[name]
        steps = []
        for _ in range(rng.choice([1, 1, 2, 3])):
            mutation = rng.choice(MUTATIONS)
            data = mutation(rng, data, parts[name]) or b"\0"
            steps.append(mutation.__name__)
        if rng.random() < 0.1:
            other = whole[rng.choice(names)]
            data = data[: rng.randrange(len(data)) + 1] + other[rng.randrange(len(other)) :]
            steps.append("spliced")
        yield f"{number}-{'-'.join(steps)}-{name}", data


def _parts(data: bytes) -> list[tuple[int, int]]:
    """Places and lengths of the parts of a file that is whole."""
    segments = walk(io.BytesIO(data), identify(data[:4096])).segments
    return [(segment.offset, segment.length) for segment in segments] or [(0, len(data))]
