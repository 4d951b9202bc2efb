"""A rendition for reports from which the picture cannot be made out: tiny, grey and heavily blurred."""

import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tocsin.media.pixels import Pixels

_GRID = 12
"""Longer side of the grid of grey values that is all the preview keeps of the picture."""
_SIDE = 96
_READ = 256
"""Pixels read along each side: enough for the grid's averages, little for a huge picture."""


def preview(pixels: "Pixels") -> bytes:
    """PNG bytes of a grey rendition of at most 96 pixels a side, smooth, with 12 grid cells along it.

    What the grid does not hold is gone from the bytes, so no reader of a report can sharpen it back.
    """
    from PIL import Image  # noqa: PLC0415  # only reports need it

    height, width = pixels.shape[:2]
    sample = np.ascontiguousarray(pixels[:: max(1, height // _READ), :: max(1, width // _READ)])
    longer = max(height, width)
    grid = (max(1, round(width * _GRID / longer)), max(1, round(height * _GRID / longer)))
    size = (max(1, round(width * _SIDE / longer)), max(1, round(height * _SIDE / longer)))
    grey = Image.fromarray(sample).convert("L").resize(grid, Image.Resampling.BOX)
    out = io.BytesIO()
    grey.resize(size, Image.Resampling.BICUBIC).save(out, "PNG", optimize=True)
    return out.getvalue()
