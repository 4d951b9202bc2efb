"""One file, opened for reading its signs: what every family of signs is given."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin import __version__
from tocsin.errors import Error
from tocsin.media.containers import walk
from tocsin.media.containers.segments import Segment, Walk
from tocsin.provenance.fields import Fields
from tocsin.provenance.fields.reading import read as read_fields
from tocsin.provenance.model import (
    Derivation,
    DerivationKind,
    Direction,
    Fingerprint,
    Item,
    Place,
    Rule,
    Strength,
    Subject,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tocsin.media.identify import FileType
    from tocsin.provenance.trust import Trust

OWN_READER: Final = f"tocsin {__version__}"
MAX_READ: Final = 8 << 20
"""Bytes of one segment that are read as metadata."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """The first picture as it is stored: before it is turned upright, with its alpha channel."""

    pixels: "NDArray[np.uint8]"
    """(h, w) grey, (h, w, 3) RGB or (h, w, 4) RGBA, C-contiguous."""
    exact: bool
    """Whether these are the very values of the file: 8 bits a sample, no palette, no conversion."""


class Opened:
    """A file at hand. Nothing is read before it is asked for, and nothing twice."""

    def __init__(  # noqa: PLR0913  # what can be known of a file beforehand
        self,
        source: BinaryIO,
        file_type: "FileType",
        *,
        trust: "Trust | None" = None,
        detectors: "Path | None" = None,
        stored: Stored | None = None,
        decode: "Callable[[], Stored] | None" = None,
        why_no_pixels: str = "",
    ) -> None:
        """A file whose `source` can seek, with its pixels, or a way to get them when they are asked for.

        `why_no_pixels` says why there are none. `detectors` is the folder of those that are plugged in.
        """
        self.source = source
        self.type = file_type
        self.size = source.seek(0, os.SEEK_END)
        self.trust = trust
        self.detectors = detectors
        self.why_no_pixels = why_no_pixels
        self._given = stored
        self._decode = decode

    @cached_property
    def stored(self) -> Stored | None:
        """The pixels; None where there are none, and then `why_no_pixels` says why."""
        if self._given is not None or self._decode is None:
            return self._given
        try:
            return self._decode()
        except Error as error:
            self.why_no_pixels = error.message
            return None

    def without_pixels(self, why: str) -> None:
        """Have no pixels, and this as the reason."""
        self._given = self._decode = None
        self.why_no_pixels = why

    @cached_property
    def walk(self) -> Walk:
        """The parts of the file."""
        return walk(self.source, self.type)

    @cached_property
    def fields(self) -> Fields:
        """The metadata of the file."""
        return read_fields(self)

    def read(self, segment: Segment, most: int = MAX_READ) -> bytes:
        """The bytes of a segment, `most` of them at most."""
        self.source.seek(segment.offset)
        return self.source.read(min(segment.length, most))

    def place(self, where: Segment | Place) -> Place:
        """The place that evidence cites: the segment with the digest of its bytes."""
        if isinstance(where, Place):
            return where
        digest, left = hashlib.sha256(), where.length
        self.source.seek(where.offset)
        while left and (chunk := self.source.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        return Place(where.container, where.name, where.offset, where.length - left, digest.hexdigest())

    @cached_property
    def pixels_place(self) -> Place:
        """The place that evidence in the pixels cites."""
        if self.stored is None:
            message = "there are no pixels"
            raise ValueError(message)
        digest = hashlib.sha256(self.stored.pixels.data).hexdigest()
        return Place(self.type.format, "pixels", None, None, digest)

    def item(  # noqa: PLR0913  # the parts of an item
        self,
        rule: Rule,
        found: str,
        *where: Segment | Place,
        subject: Subject | None = None,
        fingerprints: tuple[Fingerprint, ...] = (),
        caveats: tuple[str, ...] = (),
        strength: Strength | None = None,
        direction: Direction | None = None,
        reader: str = OWN_READER,
    ) -> Item:
        """An evidence item on these places; its subject is the rule's tool unless one is given."""
        return Item(
            rule=rule,
            found=found,
            reader=reader,
            where=tuple(map(self.place, where)),
            subject=subject or Subject(tool=rule.tool, vendor=rule.vendor),
            fingerprints=fingerprints,
            caveats=caveats,
            strength=strength,
            direction=direction,
        )

    def derivation(  # noqa: PLR0913  # as above
        self,
        rule: Rule,
        kind: DerivationKind,
        value: str,
        found: str,
        *where: Segment | Place,
        hash_: str | None = None,
        caveats: tuple[str, ...] = (),
        reader: str = OWN_READER,
    ) -> Derivation:
        """A derivation sign on these places."""
        places = tuple(map(self.place, where))
        return Derivation(rule, kind, value, found, reader, places, hash_, caveats)
