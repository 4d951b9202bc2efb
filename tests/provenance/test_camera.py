"""What cameras write into Exif, and what in it does not fit together."""

import hashlib
import io
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support import camera_samples as c

from tocsin.media.identify import identify
from tocsin.provenance import camera
from tocsin.provenance.camera import tables
from tocsin.provenance.camera.makers import maker_of, note_of
from tocsin.provenance.model import (
    Absent,
    Direction,
    Finding,
    Fingerprint,
    FingerprintKind,
    Item,
    NotChecked,
    Strength,
)
from tocsin.provenance.opened import OWN_READER, Opened
from tocsin.provenance.rules import document, rules

SCENE = c.photograph()
SERIALS = (c.BODY_SERIAL, c.LENS_SERIAL)


def found(data: bytes) -> list[Finding]:
    return list(camera.signs(Opened(io.BytesIO(data), identify(data[:4096]))))


def items(data: bytes) -> dict[str, Item]:
    return {one.rule.id: one for one in found(data) if isinstance(one, Item)}


def claims(data: bytes) -> set[tuple[str, str, Strength]]:
    """What the items of camera and tables say, but for the order of markers."""
    file = Opened(io.BytesIO(data), identify(data[:4096]))
    both = [*camera.signs(file), *tables.signs(file)]
    kept = [one for one in both if isinstance(one, Item) and one.rule.id != "camera.layout"]
    return {(one.rule.id, one.found, one.carries) for one in kept}


def contradicting(data: bytes) -> set[str]:
    return {one for one in items(data) if one.startswith("camera.contradiction.")}


def test_a_camera_picture_says_who_made_it_and_how_much_of_a_cameras_fields_is_there() -> None:
    exif = c.of_camera().with_thumbnail(c.thumbnail_of(SCENE))
    item = items(c.jpeg(SCENE, exif))["camera.exif"]
    assert (item.subject.vendor, item.subject.model) == ("Nikon", "NIKON D90")
    assert (item.leans, item.carries) == (Direction.CAPTURED, Strength.S2)
    assert "14 are there" in item.found
    assert "not there: none" in item.found


def test_places_are_the_values_own_bytes() -> None:
    data = c.jpeg(SCENE, c.of_camera())
    make = items(data)["camera.exif"].where[0]
    assert make.offset is not None
    assert make.length is not None
    value = data[make.offset : make.offset + make.length]
    assert value == b"NIKON CORPORATION\0"
    assert make.sha256 == hashlib.sha256(value).hexdigest()


def test_few_fields_carry_less() -> None:
    exif = c.of_camera().without(c.NOTE, c.LENS, c.SUBSECOND, c.OFFSET, c.SENSITIVITY, c.FOCAL)
    exif.gps, exif.interop = {}, {}
    assert items(c.jpeg(SCENE, exif))["camera.exif"].carries is Strength.S1


def test_fields_without_a_listed_maker_carry_less_and_name_nobody() -> None:
    item = items(c.jpeg(SCENE, c.of_camera(make="Somebody", model="Something")))["camera.exif"]
    assert item.carries is Strength.S1
    assert (item.subject.vendor, item.subject.model) == (None, None)
    assert "Some" not in item.found


@pytest.mark.parametrize(
    ("make", "model"),
    [
        ("Black Forest Labs", "flux-dev"),
        ('workflow:{"nodes": []}', 'prompt:{"1": {"class_type": "KSampler"}}'),
        ("Ideogram", "v3"),
        ("Canonical", "Multipass"),
        ("", ""),
    ],
)
def test_generators_names_in_make_are_no_camera(make: str, model: str) -> None:
    exif = c.Exif(image=[c.text(c.MAKE, make), c.text(c.MODEL, model), c.raw(c.NOTE, b"fooocus" * 99)])
    data = c.jpeg(SCENE, exif)
    assert not [one for one in items(data).values() if one.leans is Direction.CAPTURED]
    assert Absent("what cameras write into Exif", OWN_READER) in found(data)


def test_what_looks_like_a_prompt_is_not_shown_as_a_model() -> None:
    item = items(c.jpeg(SCENE, c.of_camera(model='prompt:{"text": "a red barn"}')))["camera.exif"]
    assert item.subject.model is None
    assert "barn" not in item.found


@pytest.mark.parametrize(
    ("make", "maker"),
    [
        ("NIKON CORPORATION", "Nikon"),
        ("OLYMPUS IMAGING CORP.  ", "Olympus"),
        ("SONY", "Sony"),
        ("Sony Ericsson", "Sony Ericsson"),
        ("LG Electronics", "LG"),
        ("Nokia\0002", "Nokia"),
        ("HP", "Hewlett-Packard"),
        ("HPE", None),
        ("Canonical", None),
        ("canon" * 20, None),
        ("", None),
    ],
)
def test_makers_are_known_by_whole_words(make: str, maker: str | None) -> None:
    assert maker_of(make) == maker


def test_private_notes_are_known_by_how_they_begin() -> None:
    apple = note_of(c.apple_note(), "Apple")
    assert apple is not None
    assert apple.vendor == "Apple"
    assert note_of(b"\0" * 400, "Nikon") is None


def test_canons_note_is_known_by_its_directory_in_either_byte_order() -> None:
    little = c.canon_note()
    big = bytearray(little)
    for at in (0, *(2 + 12 * entry + field for entry in range(9) for field in (0, 2))):
        big[at : at + 2] = little[at : at + 2][::-1]
    for note in (little, bytes(big)):
        found_note = note_of(note, "Canon")
        assert found_note is not None
        assert found_note.vendor == "Canon"
        assert note_of(note, "Nikon") is None
    assert note_of(little[:50], "Canon") is None


def test_a_note_that_fits_its_maker_is_an_item_of_its_own() -> None:
    item = items(c.jpeg(SCENE, c.of_camera("Canon", "Canon EOS 70D", c.canon_note())))["camera.maker_note"]
    assert item.leans is Direction.CAPTURED
    assert item.subject.vendor == "Canon"


def test_all_makers_of_notes_are_listed() -> None:
    listed = {one["name"] for one in document("camera")["maker"]}
    assert {name for one in document("camera")["maker_note"] for name in one["makers"]} <= listed


def test_canons_number_in_its_private_note_links_devices() -> None:
    data = c.jpeg(SCENE, c.of_camera("Canon", "EOS 350D", c.canon_note(serial=530419)).without(*SERIALS))
    (fingerprint,) = items(data)["camera.serial"].fingerprints
    assert fingerprint == Fingerprint(FingerprintKind.DEVICE, "Canon body 0000530419")


def test_words_in_the_private_note_are_no_note() -> None:
    data = c.jpeg(SCENE, c.of_camera(note=b'{"sampler": "euler"}' * 20))
    assert "camera.maker_note" not in items(data)
    assert "not there: maker's note" in items(data)["camera.exif"].found


def test_serial_numbers_link_devices() -> None:
    exif = c.of_camera().with_exif(c.text(c.OWNER, "A. Keeper"))
    fingerprints = items(c.jpeg(SCENE, exif))["camera.serial"].fingerprints
    assert [(one.kind, one.value) for one in fingerprints] == [
        (FingerprintKind.DEVICE, "Nikon body 6012345"),
        (FingerprintKind.DEVICE, "Nikon lens 20098765"),
        (FingerprintKind.AUTHOR, "A. Keeper"),
    ]


@pytest.mark.parametrize("number", ["0000000000", "", "   ", "None", "12", "x" * 200])
def test_numbers_that_tell_nothing_link_nothing(number: str) -> None:
    exif = c.of_camera().with_exif(c.text(c.BODY_SERIAL, number), c.text(c.LENS_SERIAL, number))
    assert "camera.serial" not in items(c.jpeg(SCENE, exif))


def test_a_position_is_said_but_not_carried() -> None:
    data = c.jpeg(SCENE, c.of_camera())
    item = items(data)["camera.location"]
    (place,) = item.where
    start = data.index(b"Exif\0\0")
    assert place.offset == start  # all of the segment: the digest of a coordinate alone would give it away
    assert place.length is not None
    assert place.length > 500
    assert not any(character.isdigit() for character in item.found)


CONTRADICTIONS: list[tuple[str, Callable[[c.Exif], c.Exif]]] = [
    ("software", lambda exif: exif.with_image(c.text(c.SOFTWARE, "GIMP 2.10.36"))),
    ("size", lambda exif: exif.with_exif(c.number(c.WIDTH, 4032), c.number(c.HEIGHT, 3024))),
    ("dates", lambda exif: exif.with_image(c.text(c.DATE, "2024:05:07 07:08:09"))),
    ("dates", lambda exif: exif.with_image(c.text(c.DATE, "2023:05:06 07:08:09"))),
    ("impossible", lambda exif: exif.with_exif(c.rational(c.APERTURE, 0, 10))),
    ("impossible", lambda exif: exif.with_exif(c.rational(c.EXPOSURE, 1, 0))),
    ("impossible", lambda exif: exif.with_exif(c.text(c.TAKEN, "0000:00:00 00:00:00"))),
    ("maker_note", lambda exif: exif.with_exif(c.raw(c.NOTE, c.apple_note()))),
    ("thumbnail_shape", lambda exif: exif.with_thumbnail(c.thumbnail_of(SCENE, (160, 90)))),
]


@pytest.mark.parametrize(("name", "change"), CONTRADICTIONS)
def test_contradictions(name: str, change: Callable[[c.Exif], c.Exif]) -> None:
    assert contradicting(c.jpeg(SCENE, change(c.of_camera()))) == {f"camera.contradiction.{name}"}


def test_all_of_them_are_rules_of_contradictions_and_nothing_else_is() -> None:
    for rule in rules("camera").values():
        assert rule.contradiction == rule.id.startswith("camera.contradiction.")


def test_a_camera_picture_contradicts_nothing() -> None:
    data = c.jpeg(SCENE, c.of_camera().with_thumbnail(c.thumbnail_of(SCENE)))
    assert not contradicting(data)
    assert Absent("contradictions within Exif", OWN_READER) in found(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda exif: exif.with_exif(c.number(c.WIDTH, 480), c.number(c.HEIGHT, 640)),  # turned
        lambda exif: exif.with_image(c.text(c.SOFTWARE, "Ver.1.01")),  # firmware
        lambda exif: exif.with_image(c.text(c.DATE, "2024:05:06 07:08:39")),  # a long exposure
        lambda exif: exif.with_exif(c.text(c.TAKEN, "    :  :     :  :  ")),  # unknown, as Exif has it
        lambda exif: exif.without(c.EXPOSURE, c.APERTURE),
    ],
)
def test_what_cameras_do_is_no_contradiction(change: Callable[[c.Exif], c.Exif]) -> None:
    assert not contradicting(c.jpeg(SCENE, change(c.of_camera())))


def test_an_editor_without_a_camera_contradicts_nothing() -> None:
    data = c.jpeg(SCENE, c.Exif(image=[c.text(c.SOFTWARE, "GIMP 2.10.36")]))
    assert not items(data)


def test_two_makes_contradict_each_other() -> None:
    packet = (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Make="Apple"/></rdf:RDF>'
    )
    assert contradicting(c.jpeg(SCENE, c.of_camera(), xmp=packet)) == {"camera.contradiction.makes"}


@pytest.mark.parametrize(("size", "said"), [((1024, 1024), True), ((832, 1216), True), ((1000, 750), False)])
def test_a_programs_encoding_at_a_generators_size(size: tuple[int, int], said: bool) -> None:  # noqa: FBT001  # expected
    exif = c.of_camera().with_exif(c.number(c.WIDTH, size[0]), c.number(c.HEIGHT, size[1]))
    data = c.jpeg(c.photograph(3, *size), exif)
    assert ("camera.contradiction.encoder" in items(data)) is said
    if said:
        assert items(data)["camera.contradiction.encoder"].carries is Strength.S1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_that_pillow_writes(kind: str) -> None:
    exif = Image.Exif()
    exif[c.MAKE], exif[c.MODEL] = "FUJIFILM", "X-T5"
    exif.get_ifd(0x8769).update({c.EXPOSURE: 0.01, c.APERTURE: 2.8, c.WIDTH: 1, c.HEIGHT: 1})
    buffer = io.BytesIO()
    SCENE.save(buffer, kind, exif=exif)
    item = items(buffer.getvalue())["camera.exif"]
    assert (item.subject.vendor, item.subject.model) == ("Fujifilm", "X-T5")
    assert "exposure time, aperture" in item.found
    converted = set() if kind == "JPEG" else {"camera.contradiction.format"}
    assert contradicting(buffer.getvalue()) == {"camera.contradiction.size", *converted}


def test_a_size_that_cannot_be_compared_is_said() -> None:
    data = c.saved(SCENE, "AVIF", c.of_camera())
    assert any(isinstance(one, NotChecked) and "size" in one.what for one in found(data))


def test_a_picture_without_exif_is_not_silent() -> None:
    assert found(c.jpeg(SCENE)) == [Absent("Exif", OWN_READER)]


def test_exif_is_not_missed_where_it_has_no_place() -> None:
    assert found(c.saved(SCENE, "GIF", c.Exif())) == []
    assert found(c.saved(SCENE, "PNG", c.Exif())) == [Absent("Exif", OWN_READER)]


def test_a_claim_on_a_picture_that_a_program_encoded_says_so() -> None:
    by_default = items(c.jpeg(SCENE, c.of_camera()))["camera.exif"]
    assert any("as programs do it where nobody chooses" in one for one in by_default.caveats)
    chosen = items(c.jpeg(SCENE, c.of_camera(), quality=93))["camera.exif"]
    assert any("it may have been saved anew" in one for one in chosen.caveats)
    assert all("phones" in one for one in (*by_default.caveats, *chosen.caveats))
    own = c.jpeg(SCENE, c.of_camera(), qtables=[list(range(1, 65)), list(range(2, 66))])
    assert items(own)["camera.exif"].caveats == ()


def test_there_are_plain_words_for_all_tables() -> None:
    known = {name for name in rules("camera") if name.startswith("camera.tables.")}
    assert set(document("camera")["plainly"]) == known
    assert set(document("camera")["doubts"]) == known - {"camera.tables.own"} | {"camera.tables.ijg.default"}


def test_exif_that_cannot_be_read_is_not_absent() -> None:
    data = c.jpeg(SCENE, c.of_camera()).replace(b"Exif\0\0II*\0", b"Exif\0\0XX*\0")
    (finding,) = found(data)
    assert isinstance(finding, NotChecked)


def _with_text(data: bytes, text: str) -> Iterator[bytes]:
    """The JPEG with a generator's words as a comment, and in UserComment's place behind the first segment."""
    comment = text.encode()[:60000]
    yield data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + data[2:]
    exif = c.of_camera().with_thumbnail(SMALL).with_exif((0x9286, 7, b"ASCII\0\0\0" + comment[:30000]))
    yield c.jpeg(SCENE, exif)


SMALL = c.thumbnail_of(SCENE)
PLAIN = c.jpeg(SCENE, c.of_camera().with_thumbnail(SMALL))


@settings(max_examples=40)
@given(
    text=st.text(max_size=200).map(
        lambda text: f"{text}\nSteps: 20, Sampler: Euler a, Seed: 1, Size: 640x480"
    )
)
def test_a_generators_text_removes_no_item_of_a_camera(text: str) -> None:
    before = claims(PLAIN)
    for dressed in _with_text(PLAIN, text):
        assert before <= claims(dressed)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=12))
def test_broken_exif_never_raises_and_is_never_silent(changes: list[tuple[int, int]]) -> None:
    data = bytearray(PLAIN)
    start = data.index(b"Exif\0\0")
    for at, value in changes:
        data[start + at] = value
    assert found(bytes(data))


def test_nothing_is_said_of_what_is_no_picture() -> None:
    data = b"\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\0\x08free"
    assert not found(data)
