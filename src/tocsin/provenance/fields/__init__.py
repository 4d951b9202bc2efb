"""Metadata of whatever container as one list of fields, each with the place it was read from."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment
    from tocsin.provenance.model import Place


class Space(StrEnum):
    """Where a field's name comes from."""

    TEXT = "text"
    """PNG text chunks by their keyword; JPEG's COM and GIF's comments under the name `comment`."""
    EXIF = "exif"
    """`IFD0:Make`, `Exif:UserComment`, `GPS:GPSLatitude`, `IFD1:Compression`, `Interop:...`; others
    in hexadecimal: `IFD0:0xf00d`. Numbers as text, fractions as they stand: `4032`, `50/1`, several with
    blanks between. `IFD1:Thumbnail` is the small JPEG, without a value."""
    XMP = "xmp"
    """`dc:description`: the namespace's usual prefix, whatever the file calls it; `{uri}name` for others.
    A list has one field for each item; a part of a structure is `xmpMM:DerivedFrom/stRef:documentID`."""
    IPTC = "iptc"
    """Record and data set of IPTC's information interchange model: `2:80`."""
    TAG = "tag"
    """Tags of videos and sounds as the container has them: `com.apple.quicktime.make`, `©too`, `COMMENT`.
    `MuxingApp` and `WritingApp` of Matroska, `ISFT` of AVI, `handler_name` of tracks in MP4 and MOV."""
    STEALTH = "stealth"
    """Text hidden in pixels: `parameters` or the keys of its JSON."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value that somebody wrote into a file."""

    space: Space
    name: str
    value: str
    """Decoded; empty for bytes that are no text, such as maker notes."""
    raw: bytes
    """The bytes of the value: what is compressed in the file is decompressed here."""
    where: "Segment | Place"
    """The value's own bytes in the file where they stand as such, else the segment that holds them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the metadata could not be read."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fields:
    """All fields of a file in the order in which they stand, and what could not be read of them."""

    found: tuple[Field, ...] = ()
    problems: tuple[Problem, ...] = ()

    def named(self, space: Space, *names: str) -> tuple[Field, ...]:
        """The fields of `space` with one of these names."""
        return tuple(one for one in self.found if one.space is space and one.name in names)

    def first(self, space: Space, *names: str) -> Field | None:
        """The first of them, if there is any."""
        return next(iter(self.named(space, *names)), None)
