"""From a stored picture to what a detector's model sees, as its manifest says."""

from typing import TYPE_CHECKING, Final

from tocsin.provenance.detectors.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from tocsin.provenance.detectors.manifest import InputSpec

_WHITE: Final = 255
_COLOURS: Final = 3
_MOST_RESIZED: Final = 1 << 16


def upright_rgb(stored: "NDArray[np.uint8]", orientation: int) -> "NDArray[np.uint8]":
    """(h, w, 3) as a viewer shows it: turned as Exif says, transparency on white."""
    import numpy as np  # noqa: PLC0415  # only with pixels

    from tocsin.media.pixels import oriented  # noqa: PLC0415  # numpy

    turned = oriented(stored, orientation)
    if turned.ndim < _COLOURS:
        return np.repeat(turned[:, :, None], _COLOURS, axis=2)
    if turned.shape[2] == _COLOURS:
        return turned
    colours, alpha = turned[:, :, :_COLOURS], turned[:, :, _COLOURS:].astype(np.uint16)
    return ((colours * alpha + _WHITE * (_WHITE - alpha) + _WHITE // 2) // _WHITE).astype(np.uint8)


def crops(pixels: "NDArray[np.uint8]", spec: "InputSpec") -> "Iterator[NDArray[np.float32]]":
    """What the model is to see, with a batch of one: `(1, 3, size, size)` or `(1, size, size, 3)` float32.

    Raises:
        AnswerError: the picture is smaller than the model's input and is not to be resized, or too narrow.
    """
    from PIL import Image  # noqa: PLC0415  # only with pixels

    image = _resized(Image.fromarray(pixels), spec)
    width, height, size = image.width, image.height, spec.size
    if min(width, height) < size:
        message = f"a picture of {width} by {height} pixels is smaller than the {size} that the model wants"
        raise AnswerError(message)
    right, bottom = width - size, height - size
    corners = [(right // 2, bottom // 2)]
    if spec.crop != "center":
        corners += [(0, 0), (right, 0), (0, bottom), (right, bottom)]
    for left, top in dict.fromkeys(corners):
        yield _values(image.crop((left, top, left + size, top + size)), spec)


def _resized(image: "Image", spec: "InputSpec") -> "Image":
    from PIL.Image import Resampling  # noqa: PLC0415  # as above

    if spec.resize == "none":
        return image
    width = height = spec.size
    if spec.resize == "shorter_side":
        shorter = min(image.width, image.height)
        width, height = (
            max(spec.size, round(side * spec.resize_to / shorter)) for side in (image.width, image.height)
        )
    if width * height > spec.resize_to * _MOST_RESIZED:
        message = f"a picture of {image.width} by {image.height} pixels is too narrow to be resized"
        raise AnswerError(message)
    return image.resize((width, height), Resampling[spec.resampling.upper()])


def _values(image: "Image", spec: "InputSpec") -> "NDArray[np.float32]":
    import numpy as np  # noqa: PLC0415  # as above

    values = np.array(image, np.float32)
    if spec.range == "0..1":
        values /= _WHITE
    elif spec.range == "-1..1":
        values /= _WHITE / 2
        values -= 1
    values -= np.array(spec.mean, np.float32)
    values /= np.array(spec.std, np.float32)
    if spec.layout == "NCHW":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None], np.float32)
