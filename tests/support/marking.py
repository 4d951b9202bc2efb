"""Writers of what generators hide in pixels, for pictures that have something to find.

Marks of reference code are embedded by `bench.embedder.marked`.
"""

import gzip
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Stealth = Literal["stealth_pnginfo", "stealth_pngcomp", "stealth_rgbinfo", "stealth_rgbcomp"]


def stealthy(
    pixels: NDArray[np.uint8], text: str | bytes, kind: Stealth, *, appended: bytes = b""
) -> NDArray[np.uint8]:
    """`pixels` [h, w, 3] with `text` in their lowest bits; [h, w, 4] for the kinds that use transparency.

    `appended` follows with a length of its own, as NovelAI's error correction does.
    """
    content = text.encode() if isinstance(text, str) else text
    if kind.endswith("comp"):
        content = gzip.compress(content, mtime=0)
    block = kind.encode() + (len(content) * 8).to_bytes(4) + content
    if appended:
        block += (len(appended) * 8).to_bytes(4) + appended
    return stealthy_raw(pixels, block, colours="rgb" in kind)


def stealthy_raw(pixels: NDArray[np.uint8], block: bytes, *, colours: bool) -> NDArray[np.uint8]:
    """`pixels` [h, w, 3] with any bytes in the lowest bits; what does not fit is left out."""
    height, width, _ = pixels.shape
    bits = [byte >> shift & 1 for byte in block for shift in range(7, -1, -1)]
    clear = np.full((height, width, 1), 255, np.uint8)
    whole = pixels.copy() if colours else np.concatenate([pixels, clear], axis=2)
    planes = (0, 1, 2) if colours else (3,)
    places = ((y, x, plane) for x in range(width) for y in range(height) for plane in planes)
    for place, bit in zip(places, bits, strict=False):
        whole[place] = whole[place] & 0xFE | bit
    return whole
