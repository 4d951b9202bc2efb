"""What does not fit together in a picture's Exif, each as an item of its own."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tocsin.media.headers import stated_size
from tocsin.provenance.camera.exif import Exif, moment, presentable, ratio
from tocsin.provenance.camera.makers import MakerNote, maker_of
from tocsin.provenance.camera.tables import Encoding, TablesError, default_of, family_of, read_encoding
from tocsin.provenance.camera.thumbnail import embedded, shape_of
from tocsin.provenance.fields import Space
from tocsin.provenance.model import Finding, NotChecked, Subject
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import quoted

if TYPE_CHECKING:
    from tocsin.provenance.fields import Field
    from tocsin.provenance.opened import Opened

_SOFTWARE: Final = (
    "IFD0:Software",
    "IFD0:ProcessingSoftware",
    "Exif:ImageEditingSoftware",
    "Exif:RAWDevelopingSoftware",
)
_WIDTH, _HEIGHT = "Exif:PixelXDimension", "Exif:PixelYDimension"
_TAKEN, _CHANGED = "Exif:DateTimeOriginal", "IFD0:DateTime"
_PATIENCE: Final = timedelta(minutes=1)
"""Within which a camera has written what it took."""
_THUMBNAIL_SHAPE: Final = 4 / 3
_SHAPE: Final = 0.04
_PROGRAMS: Final = {
    "camera.tables.mozjpeg": "mozjpeg and services that use it",
    "camera.tables.ffmpeg": "ffmpeg and programs that use it",
}


def contradictions(
    file: "Opened", exif: Exif, maker: str | None, note: MakerNote | None, *, claimed: bool
) -> Iterator[Finding]:
    """Everything in `exif` that does not fit together or does not fit the file."""
    encoding = _encoding(file)
    size = (encoding.width, encoding.height) if encoding else _stated_size(file)
    yield from _size(file, exif, size)
    yield from _dates(file, exif)
    yield from _impossible(file, exif)
    yield from _makes(file, exif)
    yield from _note(file, exif, maker, note)
    yield from _thumbnail_shape(file, exif, size)
    if claimed:
        yield from _software(file, exif)
        yield from _encoder(file, exif, encoding) if encoding else _format(file, exif)


def encoded_as_programs_do(file: "Opened") -> tuple[str, ...]:
    """What is to be kept in mind of a camera's claim, as the tables of a JPEG were written."""
    encoding = _encoding(file)
    if encoding is None:
        return ()
    family = family_of(encoding)
    doubts: dict[str, str] = document("camera")["doubts"]
    kind = "camera.tables.ijg.default" if default_of(family, encoding) else family.rule
    return (doubts[kind],) if kind in doubts else ()


def _encoding(file: "Opened") -> Encoding | None:
    if file.type.format != "jpeg":
        return None
    with suppress(TablesError):  # said by `tables`
        return read_encoding(file)
    return None


def _stated_size(file: "Opened") -> tuple[int, int] | None:
    """Width and height that the header of another format than JPEG states, where that is cheap to read."""
    if file.type.format == "png" and (header := next(iter(file.walk.named("IHDR")), None)):
        data = file.read(header, 8)
        return int.from_bytes(data[:4]), int.from_bytes(data[4:])
    return stated_size(file.source, file.type.format)


def _software(file: "Opened", exif: Exif) -> Iterator[Finding]:
    rule = rules("camera")["camera.contradiction.software"]
    for field in (field for name in _SOFTWARE for field in exif.named.get(name, ())[:1]):
        editor = _editor(field.value)
        if editor:
            program = quoted(presentable(field.value) or editor)
            found = f"Exif claims a camera, but the program it names is {program}."
            yield file.item(rule, found, field.where, subject=Subject(tool=editor))


def _editor(software: str) -> str | None:
    text = software.strip().casefold()
    names: list[str] = document("camera")["editors"]["names"]
    return next((name for name in names if text.startswith(name.casefold())), None)


def _size(file: "Opened", exif: Exif, real: tuple[int, int] | None) -> Iterator[Finding]:
    width, height = exif.first(_WIDTH), exif.first(_HEIGHT)
    stated = _integers(width, height)
    if width is None or height is None or stated is None:
        return
    if real is None:
        yield NotChecked(
            "the size that Exif states",
            f"the size of this {file.type.format} is not known without decoding it",
        )
    elif sorted(stated) != sorted(real):
        found = f"Exif states {stated[0]} by {stated[1]} pixels; the picture has {real[0]} by {real[1]}."
        rule = rules("camera")["camera.contradiction.size"]
        yield file.item(rule, found, width.where, height.where)


def _integers(*fields: "Field | None") -> tuple[int, ...] | None:
    values = [ratio(field.value) for field in fields if field]
    return tuple(value[0] for value in values if value) if all(values) else None


def _dates(file: "Opened", exif: Exif) -> Iterator[Finding]:
    taken, changed = exif.first(_TAKEN), exif.first(_CHANGED)
    before, after = (moment(field.value) if field else None for field in (taken, changed))
    if not (taken and changed and isinstance(before, datetime) and isinstance(after, datetime)):
        return
    if abs(after - before) > _PATIENCE:
        order = "later" if after > before else "earlier, which cannot be"
        found = f"Exif has it taken at {before} and changed at {after}: {order}."
        yield file.item(rules("camera")["camera.contradiction.dates"], found, taken.where, changed.where)


def _impossible(file: "Opened", exif: Exif) -> Iterator[Finding]:
    known = document("camera")["impossible"]
    names = [name for name in known["positive"] if _not_positive(exif.first(name))]
    names += [name for name in known["dates"] if _no_date(exif.first(name))]
    if names:
        found = f"Values that nothing measured in {', '.join(names)}."
        places = [field.where for name in names if (field := exif.first(name))]
        yield file.item(rules("camera")["camera.contradiction.impossible"], found, *places)


def _not_positive(field: "Field | None") -> bool:
    value = ratio(field.value) if field else None
    return value is not None and (value[0] == 0 or value[1] == 0 or (value[0] < 0) != (value[1] < 0))


def _no_date(field: "Field | None") -> bool:
    return field is not None and moment(field.value) == "impossible"


def _makes(file: "Opened", exif: Exif) -> Iterator[Finding]:
    fields = [*exif.named.get("IFD0:Make", ())[:2], *file.fields.named(Space.XMP, "tiff:Make")[:1]]
    makers: dict[str, Field] = {}
    for field in fields:
        if maker := maker_of(field.value):
            makers.setdefault(maker, field)
    if len(makers) > 1:
        places = (field.where for field in makers.values())
        found = f"The metadata name as makers {' and '.join(makers)}."
        yield file.item(rules("camera")["camera.contradiction.makes"], found, *places)


def _note(file: "Opened", exif: Exif, maker: str | None, note: MakerNote | None) -> Iterator[Finding]:
    make, raw = exif.first("IFD0:Make"), exif.note
    if make and raw and note and maker and maker not in note.makers:
        found = f"The private note begins as {note.vendor}'s do, but the maker named is {maker}."
        yield file.item(rules("camera")["camera.contradiction.maker_note"], found, make.where, raw.where)


def _thumbnail_shape(file: "Opened", exif: Exif, real: tuple[int, int] | None) -> Iterator[Finding]:
    field = embedded(exif)
    small = shape_of(field) if field else None
    if field is None or small is None or real is None or 0 in (*small, *real):
        return
    thumbnail, picture = small[0] / small[1], real[0] / real[1]
    filled_up = abs(thumbnail / _THUMBNAIL_SHAPE - 1) <= _SHAPE
    if not filled_up and abs(thumbnail / picture - 1) > _SHAPE:
        found = (
            f"The thumbnail is {small[0]} by {small[1]}, the picture {real[0]} by {real[1]}: "
            "it may have been cropped or turned since."
        )
        yield file.item(rules("camera")["camera.contradiction.thumbnail_shape"], found, field.where)


def _encoder(file: "Opened", exif: Exif, encoding: Encoding) -> Iterator[Finding]:
    family = family_of(encoding)
    program = default_of(family, encoding) or _PROGRAMS.get(family.rule)
    sizes: list[list[int]] = document("camera")["generator_sizes"]["sizes"]
    if program and sorted((encoding.width, encoding.height)) in sizes:
        make = exif.first("IFD0:Make")
        found = (
            f"Exif claims a camera, but the picture is encoded as {program} encode by default, and "
            f"{encoding.width} by {encoding.height} is a size that generators make."
        )
        places = [*([make.where] if make else []), *encoding.cited]
        yield file.item(rules("camera")["camera.contradiction.encoder"], found, *places)


def _format(file: "Opened", exif: Exif) -> Iterator[Finding]:
    if file.type.format in document("camera")["formats"]["never"]:
        make = exif.first("IFD0:Make")
        found = (
            f"Exif claims a camera, but cameras do not write {file.type.format}: it was converted or made."
        )
        rule = rules("camera")["camera.contradiction.format"]
        yield file.item(rule, found, *([make.where] if make else []))
