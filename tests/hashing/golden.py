"""Golden PDQ hashes, made by the peer from pictures made by code.

`python tests/hashing/golden.py` writes golden.json anew; it needs pdqhash (requirements/peers.txt).
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.simulators.pictures import picture

FILE = Path(__file__).with_name("golden.json")
SIZES = (
    (640, 480),
    (513, 1),
    (2, 800),
    (512, 512),
    (513, 300),
    (1, 9),
    (5, 5),
    (64, 64),
    (97, 1031),
    (1500, 1000),
    (33, 700),
)


def pictures() -> list[tuple[str, NDArray[np.uint8]]]:
    """Pictures of many sizes (width, height), and two made to be hard: one symmetric, one of noise."""
    made = [(f"{width}x{height}", cropped(seed, width, height)) for seed, (width, height) in enumerate(SIZES)]
    half = picture(99, 300, 400)
    noise = np.random.default_rng(7).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    return [*made, ("symmetric", np.concatenate([half, half[:, ::-1]], axis=1)), ("noise", noise)]


def cropped(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """A picture of any size, also one too small to be drawn."""
    return picture(seed, max(8, width), max(8, height))[:height, :width]


def squashed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What the reference tool hashes: sampled as CImg does, written here apart from the code under test."""
    height, width = pixels.shape[:2]
    if height <= 512 and width <= 512:
        return pixels
    rows = [y * height // 512 for y in range(512)]
    columns = [x * width // 512 for x in range(512)]
    return np.ascontiguousarray(pixels[rows][:, columns])


def main() -> None:
    """Write what pdqhash says."""
    import pdqhash  # noqa: PLC0415  # tests read the file and need no peer

    def by_peer(pixels: NDArray[np.uint8]) -> dict[str, object]:
        bits, quality = pdqhash.compute(np.ascontiguousarray(pixels))
        return {"pdq": np.packbits(bits).tobytes().hex(), "quality": int(quality)}

    golden = {
        name: {"full": by_peer(pixels), "squash512": by_peer(squashed(pixels))} for name, pixels in pictures()
    }
    FILE.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
