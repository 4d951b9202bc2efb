"""What cameras write into Exif: makers, their private notes, completeness, serial numbers, position.

All of it can be copied from any photograph with one command, so it is one declared sign and no more. What in
it does not fit together is looked at in `_camera_contradictions`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.camera.contradictions import contradictions, encoded_as_programs_do
from tocsin.provenance.camera.exif import Exif, presentable
from tocsin.provenance.camera.makers import MakerNote, maker_of, note_of
from tocsin.provenance.camera.thumbnail import embedded
from tocsin.provenance.model import (
    Absent,
    Finding,
    Fingerprint,
    FingerprintKind,
    Item,
    NotChecked,
    Strength,
    Subject,
)
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import quoted

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment
    from tocsin.provenance.fields import Field
    from tocsin.provenance.model import Place
    from tocsin.provenance.opened import Opened

_SERIALS: Final = (
    ("body", ("Exif:BodySerialNumber", "IFD0:0xc62f")),
    ("lens", ("Exif:LensSerialNumber",)),
)
_OWNER: Final = ("Exif:CameraOwnerName",)
_NO_NUMBER: Final = frozenset({"none", "unknown", "undefined", "n/a", "null"})
_SHORTEST_NUMBER: Final = 4
_LEAST_CAMERA_FIELDS: Final = 2
"""Fields that only cameras write, from which on there is a claim without a listed maker."""
_PRINTABLE: Final = frozenset({9, 10, 13, *range(32, 127)})
_TEXT_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Claim:
    """What Exif says of the camera."""

    maker: str | None
    model: str | None
    note: MakerNote | None
    present: tuple[str, ...]
    """Labels of the fields that are there, of those that cameras write."""
    missing: tuple[str, ...]
    cited: "tuple[Segment | Place, ...]"
    camera_fields: int
    """How many of them only cameras write."""

    @property
    def made(self) -> bool:
        """Whether Exif claims at all that a camera took this."""
        return self.maker is not None or self.camera_fields >= _LEAST_CAMERA_FIELDS


def signs(file: "Opened") -> Iterator[Finding]:
    """What Exif says of a camera; nothing for what is no picture."""
    if file.type.kind != "image":
        return
    exif = Exif.of(file.fields)
    if not exif.named:
        if file.fields.problems or file.type.format not in document("camera")["formats"]["without_exif"]:
            yield _nothing(file)
        return
    claim = read_claim(exif)
    yield _exif_item(file, claim) if claim.made else Absent("what cameras write into Exif", OWN_READER)
    yield _note_finding(file, exif, claim)
    yield _serials_finding(file, exif, claim)
    yield _location_finding(file, exif)
    contradicting = tuple(contradictions(file, exif, claim.maker, claim.note, claimed=claim.made))
    yield from contradicting or (Absent("contradictions within Exif", OWN_READER),)


def _nothing(file: "Opened") -> Finding:
    if not file.fields.problems:
        return Absent("Exif", OWN_READER)
    return NotChecked("Exif", f"not all metadata could be read: {file.fields.problems[0].reason}")


def read_claim(exif: Exif) -> Claim:
    """What `exif` says of the camera."""
    completeness = document("camera")["completeness"]
    make, model, raw = exif.text("IFD0:Make"), exif.text("IFD0:Model"), exif.note
    maker = maker_of(make) if make else None
    note = note_of(raw.raw, maker) if raw else None
    found: dict[str, Field | None] = {}
    for field in completeness["field"]:
        found[field["label"]] = exif.first(*field["names"])
    found["maker's note"] = raw if _is_note(raw, note, completeness["least_note_bytes"]) else None
    present = {label: field for label, field in found.items() if field is not None}
    others = {
        "position": exif.position is not None,
        "thumbnail": embedded(exif) is not None,
        "interoperability": exif.has("Interop:"),
    }
    only = [field["label"] for field in completeness["field"] if field.get("cameras_only")]
    labels = (*found, *others)
    there = frozenset(present) | {label for label, is_there in others.items() if is_there}
    return Claim(
        maker=maker,
        model=presentable(model) if maker and model else None,
        note=note,
        present=tuple(label for label in labels if label in there),
        missing=tuple(label for label in labels if label not in there),
        cited=tuple(field.where for field in present.values()),
        camera_fields=sum(label in present for label in only),
    )


def _is_note(field: "Field | None", note: MakerNote | None, least: int) -> bool:
    """Whether this is a maker's note: Fooocus writes words there, and others JSON."""
    if field is None or len(field.raw) < least:
        return False
    head = field.raw[:least]
    return note is not None or sum(byte in _PRINTABLE for byte in head) < _TEXT_SHARE * len(head)


def _exif_item(file: "Opened", claim: Claim) -> Item:
    enough = claim.maker is not None and len(claim.present) >= document("camera")["completeness"]["enough"]
    who = f"{claim.maker} is named as the maker" if claim.maker else "No listed maker is named"
    which = f", {quoted(claim.model)} as the model" if claim.model else ""
    total = len(claim.present) + len(claim.missing)
    there = ", ".join(claim.present) or "none"
    lacking = ", ".join(claim.missing) or "none"
    found = (
        f"{who}{which}. Of {total} things that cameras write {len(claim.present)} are there: {there}; "
        f"not there: {lacking}."
    )
    return file.item(
        rules("camera")["camera.exif"],
        found,
        *claim.cited,
        subject=Subject(vendor=claim.maker, model=claim.model),
        caveats=encoded_as_programs_do(file),
        strength=None if enough else Strength.S1,
    )


def _note_finding(file: "Opened", exif: Exif, claim: Claim) -> Finding:
    field, note = exif.note, claim.note
    if field is None:
        return Absent("a maker's private note", OWN_READER)
    if note is None:
        return Absent("a maker's private note that is recognised", OWN_READER)
    if claim.maker not in note.makers:
        return Absent("a maker's private note that fits the maker", OWN_READER)
    found = (
        f"{len(field.raw):,} bytes of private note begin as {note.vendor}'s do; the maker is {claim.maker}."
    )
    rule, subject = rules("camera")["camera.maker_note"], Subject(vendor=claim.maker, model=claim.model)
    least = document("camera")["completeness"]["least_note_bytes"]
    weaker = None if len(field.raw) >= least else Strength.S1
    return file.item(rule, found, field.where, subject=subject, strength=weaker)


def _serials_finding(file: "Opened", exif: Exif, claim: Claim) -> Finding:
    who = claim.maker or "unlisted maker"
    found: list[tuple[Field, str, Fingerprint]] = []
    for part, names in _SERIALS:
        field = exif.first(*names)
        number = _serial(field.value) if field else None
        if field and number:
            fingerprint = Fingerprint(FingerprintKind.DEVICE, f"{who} {part} {number}")
            found.append((field, f"{part} {quoted(number)}", fingerprint))
    if exif.note and claim.note and claim.note.serial:
        number = f"{claim.note.serial:010}"
        fingerprint = Fingerprint(FingerprintKind.DEVICE, f"{who} body {number}")
        found.append((exif.note, f"body {number} (in its private note)", fingerprint))
    owner = exif.first(*_OWNER)
    name = presentable(owner.value) if owner else None
    if owner and name:
        found.append((owner, "the owner's name", Fingerprint(FingerprintKind.AUTHOR, name)))
    if not found:
        return Absent("serial numbers of camera and lens", OWN_READER)
    return file.item(
        rules("camera")["camera.serial"],
        f"Exif states {', '.join(words for _, words, _ in found)}.",
        *(field.where for field, _, _ in found),
        subject=Subject(vendor=claim.maker, model=claim.model),
        fingerprints=tuple(fingerprint for _, _, fingerprint in found),
    )


def _serial(value: str) -> str | None:
    """A number that tells one device from another; makers fill the field with zeros where they have none."""
    number = presentable(value)
    if number is None or len(number) < _SHORTEST_NUMBER or number.casefold() in _NO_NUMBER:
        return None
    return number if len(set(number) - set(" -.")) > 1 else None


def _location_finding(file: "Opened", exif: Exif) -> Finding:
    if exif.position is None:
        return Absent("a position in Exif", OWN_READER)
    found = (
        "Exif states where the picture was taken. Coordinates are not carried here: read them in the file."
    )
    # The digest of a coordinate alone would give it away, there being few of them; so all around it is cited.
    holder = _holder(file, exif.position)
    return file.item(rules("camera")["camera.location"], found, *([holder] if holder else []))


def _holder(file: "Opened", field: "Field") -> "Segment | None":
    """The part of the container in which a field stands."""
    offset = field.where.offset
    if offset is None:
        return None
    around = [one for one in file.walk.segments if one.offset <= offset < one.offset + one.length]
    return min(around, key=lambda one: one.length, default=None)
