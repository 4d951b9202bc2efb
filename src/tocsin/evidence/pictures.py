"""What sandbox children answer about what can be looked at, read strictly, and the files made of it.

A child that was taken over can answer anything. It gets no further than samples of a picture no larger than
what was asked for; whatever else it says is refused.
"""

import base64
import binascii
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tocsin.content.model import SubvertedError
from tocsin.errors import Refusal
from tocsin.evidence.errors import NotRenderedError
from tocsin.media.answers import list_in, number_in, object_in, text_in
from tocsin.media.stills import MOST_STILLS, Timeline
from tocsin.media.writing import colour_jpeg, grey_png

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

GREY: Final = 1
COLOUR: Final = 3


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be delivered, whole: a file of `media_type` without metadata."""

    data: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The blurred stills of a content: one of a picture, several of a video or an animation."""

    pictures: tuple[Picture, ...]
    refusal: Refusal | None = None
    """Why there are fewer than there should be, where that is so."""


@contextmanager
def checked() -> Iterator[None]:
    """A child that answers what is no answer has been taken over."""
    try:
        yield
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise NotRenderedError(Refusal.of(SubvertedError())) from error


def timeline_from(answer: "JsonObject") -> Timeline:
    """Raises KeyError, TypeError, ValueError."""
    seconds = tuple(_seconds(one) for one in list_in(answer["seconds"]))
    if not 0 < len(seconds) <= MOST_STILLS:
        raise ValueError
    frames = number_in(answer["frames"])
    if answer["cut"] is None:
        return Timeline(seconds, frames=frames)
    cut = object_in(answer["cut"])
    why = Refusal(*(text_in(cut[name]) for name in ("code", "message", "advice")))
    return Timeline(seconds, why, frames)


def _seconds(value: "JsonValue") -> float | None:
    if value is None:
        return None
    if not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise TypeError
    return float(value)


@dataclass(frozen=True, slots=True)
class _Samples:
    """What has arrived of a picture."""

    width: int
    height: int
    data: bytes = b""


def pictures_from(answers: "tuple[JsonObject, ...]", longest: int, channels: int) -> dict[int, Picture]:
    """The pictures that a child answered with, by the numbers of their stills; those cut short are left out.

    Raises KeyError, TypeError, ValueError: it answered with anything but pictures of the size that was asked.
    """
    arrived: dict[int, _Samples] = {}
    for answer in answers:
        if not answer:  # a sign of life
            continue
        number, width, height = (number_in(answer[name]) for name in ("still", "width", "height"))
        fits = 0 < width <= longest and 0 < height <= longest and 0 <= number < MOST_STILLS
        if not fits or answer["channels"] != channels:
            raise ValueError
        so_far = arrived.get(number, _Samples(width, height))
        if (so_far.width, so_far.height) != (width, height):
            raise ValueError
        data = base64.b64decode(text_in(answer["samples"]), validate=True)
        arrived[number] = replace(so_far, data=so_far.data + data)
    return {
        number: _written(one, channels)
        for number, one in arrived.items()
        if len(one.data) == one.width * one.height * channels
    }


def _written(samples: _Samples, channels: int) -> Picture:
    if channels == GREY:
        data, media_type = grey_png(samples.width, samples.height, samples.data), "image/png"
    else:
        data, media_type = colour_jpeg(samples.width, samples.height, samples.data), "image/jpeg"
    return Picture(data, media_type, samples.width, samples.height)
