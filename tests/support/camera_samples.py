"""Benign pictures with the metadata that cameras write: Exif by hand, private notes that look like some."""

import io
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from PIL import Image, ImageOps

from tocsin.simulators.pictures import picture

Entry = tuple[int, int, bytes]
"""Tag, TIFF type and the value's bytes."""

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_EXIF, _GPS, _INTEROP, _THUMB_AT, _THUMB_LENGTH = 0x8769, 0x8825, 0xA005, 0x0201, 0x0202

MAKE, MODEL, SOFTWARE, DATE = 0x010F, 0x0110, 0x0131, 0x0132
TAKEN, SUBSECOND, OFFSET = 0x9003, 0x9291, 0x9011
EXPOSURE, APERTURE, SENSITIVITY, FOCAL = 0x829A, 0x829D, 0x8827, 0x920A
NOTE, WIDTH, HEIGHT, LENS, BODY_SERIAL, LENS_SERIAL, OWNER = (
    0x927C, 0xA002, 0xA003, 0xA434, 0xA431, 0xA435, 0xA430,
)  # fmt: skip


def text(tag: int, value: str) -> Entry:
    """An ASCII field."""
    return tag, 2, value.encode() + b"\0"


def short(tag: int, *values: int) -> Entry:
    """A field of 16-bit numbers."""
    return tag, 3, struct.pack(f"<{len(values)}H", *values)


def number(tag: int, *values: int) -> Entry:
    """A field of 32-bit numbers."""
    return tag, 4, struct.pack(f"<{len(values)}I", *values)


def rational(tag: int, *values: int) -> Entry:
    """A field of fractions: numerator, denominator, and so on."""
    return tag, 5, struct.pack(f"<{len(values)}I", *values)


def raw(tag: int, value: bytes) -> Entry:
    """A field of bytes whose meaning is not told."""
    return tag, 7, value


def apple_note() -> bytes:
    """A private note that begins as Apple's do."""
    return b"Apple iOS\0\0\x01MM" + bytes(range(256))


def nikon_note() -> bytes:
    """A private note that begins as Nikon's do."""
    return b"Nikon\0\x02\x11\0\0II*\0" + bytes(range(256))


def canon_note(serial: int = 0) -> bytes:
    """A directory with the tags that Canon's private notes have, and values behind it."""
    tags = (1, 2, 3, 4, 6, 7, 9, 12, 16)
    entries = b"".join(
        struct.pack("<HHII", tag, 4, 1, serial) if tag == 12 else struct.pack("<HHII", tag, 3, 1, tag)
        for tag in tags
    )
    return struct.pack("<H", len(tags)) + entries + bytes(4) + bytes(range(200))


def of_camera(make: str = "NIKON CORPORATION", model: str = "NIKON D90", note: bytes | None = None) -> "Exif":
    """All that a camera writes of a picture of 640 by 480."""
    return Exif(
        image=[text(MAKE, make), text(MODEL, model), text(DATE, "2024:05:06 07:08:09")],
        exif=[
            text(TAKEN, "2024:05:06 07:08:09"), text(SUBSECOND, "42"), text(OFFSET, "+02:00"),
            rational(EXPOSURE, 1, 60), rational(APERTURE, 28, 10), short(SENSITIVITY, 400),
            rational(FOCAL, 35, 1), text(LENS, "35.0 mm f/1.8"), raw(NOTE, note or nikon_note()),
            number(WIDTH, 640), number(HEIGHT, 480), text(BODY_SERIAL, "6012345"),
            text(LENS_SERIAL, "20098765"),
        ],
        gps=[text(1, "N"), rational(2, 52, 1, 30, 1, 0, 1), text(3, "E"), rational(4, 13, 1, 24, 1, 0, 1)],
        interop=[text(1, "R98")],
    )  # fmt: skip


class Exif:
    """An Exif block in the making, little-endian; entries of a tag that is there already take its place."""

    def __init__(
        self,
        image: Sequence[Entry] = (),
        exif: Sequence[Entry] = (),
        gps: Sequence[Entry] = (),
        interop: Sequence[Entry] = (),
        thumbnail: bytes = b"",
    ) -> None:
        """The entries of each directory, and the JPEG of IFD1."""
        self.image, self.exif, self.gps, self.interop = (
            {one[0]: one for one in entries} for entries in (image, exif, gps, interop)
        )
        self.thumbnail = thumbnail

    def with_image(self, *entries: Entry) -> "Exif":
        """The same with these entries in IFD0."""
        self.image.update({one[0]: one for one in entries})
        return self

    def with_exif(self, *entries: Entry) -> "Exif":
        """The same with these entries in the Exif directory."""
        self.exif.update({one[0]: one for one in entries})
        return self

    def with_thumbnail(self, thumbnail: bytes) -> "Exif":
        """The same with a JPEG as its thumbnail."""
        self.thumbnail = thumbnail
        return self

    def without(self, *tags: int) -> "Exif":
        """The same without these tags in IFD0 and the Exif directory."""
        for tag in tags:
            self.image.pop(tag, None)
            self.exif.pop(tag, None)
        return self

    def block(self) -> bytes:
        """From the identifier `Exif` on, as an APP1 segment has it."""
        at = 8
        # Directories one behind the other; pointers are put in once their places are known.
        image, exif = dict(self.image), dict(self.exif)
        parts: list[bytes] = []
        if self.interop:
            parts.append(_directory(self.interop, at))
            exif[_INTEROP] = number(_INTEROP, at)
            at += len(parts[-1])
        if exif:
            parts.append(_directory(exif, at))
            image[_EXIF] = number(_EXIF, at)
            at += len(parts[-1])
        if self.gps:
            parts.append(_directory(self.gps, at))
            image[_GPS] = number(_GPS, at)
            at += len(parts[-1])
        first = at
        following = first + len(_directory(image, first)) if self.thumbnail else 0
        parts.append(_directory(image, first, following))
        if self.thumbnail:
            size = len(_directory({1: number(_THUMB_AT, 0), 2: number(_THUMB_LENGTH, 0)}, following))
            pointers = {
                _THUMB_AT: number(_THUMB_AT, following + size),
                _THUMB_LENGTH: number(_THUMB_LENGTH, len(self.thumbnail)),
            }
            parts += [_directory(pointers, following), self.thumbnail]
        return b"Exif\0\0II*\0" + struct.pack("<I", first) + b"".join(parts)


def _directory(entries: Mapping[int, Entry], at: int, following: int = 0) -> bytes:
    """A directory that stands at `at`, its long values behind it (TIFF 6.0, section 2)."""
    head = struct.pack("<H", len(entries))
    values_at = at + 2 + 12 * len(entries) + 4
    values = b""
    for tag in sorted(entries):
        _, kind, value = entries[tag]
        head += struct.pack("<HHI", tag, kind, len(value) // _SIZES[kind])
        if len(value) <= 4:
            head += value.ljust(4, b"\0")
        else:
            head += struct.pack("<I", values_at + len(values))
            values += value + b"\0" * (len(value) % 2)
    return head + struct.pack("<I", following) + values


def photograph(seed: int = 1, width: int = 640, height: int = 480) -> Image.Image:
    """A benign picture with structure everywhere, made larger from a small one, which is faster."""
    return Image.fromarray(picture(seed, 80, 60)).resize((width, height), Image.Resampling.BICUBIC)


def thumbnail_of(image: Image.Image, size: tuple[int, int] = (160, 120)) -> bytes:
    """A thumbnail as cameras write it: the whole picture, with black bars where its shape differs."""
    small = ImageOps.pad(image.convert("RGB"), size, Image.Resampling.BOX, color=(0, 0, 0))
    return jpeg(small, quality=75)


def jpeg(image: Image.Image, exif: Exif | None = None, /, **options: object) -> bytes:
    """A JPEG as Pillow writes it, with the Exif block given."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **({"exif": exif.block()} if exif else {}), **options)
    return buffer.getvalue()


def saved(image: Image.Image, kind: str, exif: Exif, **options: object) -> bytes:
    """A file of another format as Pillow writes it, with the Exif block given."""
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=exif.block(), **options)
    return buffer.getvalue()
