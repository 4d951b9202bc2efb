"""C2PA: what a signature proves and what it does not, on files signed here with authorities made here."""

import hashlib
import io
import json
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import c2pa
import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.pools import TESTS
from support.signed import (
    CAPTURED,
    GENERATED,
    IPTC,
    Part,
    action,
    listener,
    manifest,
    mime,
    movie,
    opened,
    picture,
    sign,
    trusting,
)

from tocsin.media.sandbox import Job, Pool
from tocsin.provenance.c2pa import MAX_BOXES, signs
from tocsin.provenance.c2pa.certificates import known_signer
from tocsin.provenance.c2pa.manifests import Signer
from tocsin.provenance.c2pa.raw import Store, find_stores
from tocsin.provenance.c2pa.reader import settings
from tocsin.provenance.contradictions import contradictions
from tocsin.provenance.findings import finding_to_json
from tocsin.provenance.model import (
    Absent,
    Derivation,
    Direction,
    Failed,
    Finding,
    FingerprintKind,
    Item,
    NotChecked,
    Strength,
)
from tocsin.provenance.trust import Anchors, Kind, Pin, Product, Trust
from tocsin.simulators.authorities import (
    C2PA_EKU,
    DOCUMENT_EKU,
    EMAIL_EKU,
    TIME_EKU,
    Certified,
    authority,
    signer,
)
from tocsin.simulators.time_stamp import time_stamps

CAMERA = Product("Test Camera", "Test Organisation", "camera", 2, ())
MADE = manifest(action(source=GENERATED))
TAKEN = manifest(action(source=CAPTURED))
OPENED = action("c2pa.opened", parameters={"ingredientIds": ["part-0"]})


@cache
def root() -> Certified:
    return authority()


@cache
def below() -> Certified:
    return authority("Test Intermediate", root())


@cache
def listed(name: str = "Test Signer") -> Certified:
    """Somebody below the root that tests put on lists."""
    return signer(below(), name)


@cache
def stranger() -> Certified:
    """Somebody with a certificate of their own making, who says to be a camera maker."""
    return signer(authority("Stranger's Root"), "Test Camera", "Test Organisation")


@cache
def generated() -> bytes:
    """A JPEG that a listed signer says was generated."""
    return sign(listed(), MADE)


def look(data: bytes, trust: Trust | None = None) -> list[Finding]:
    return list(signs(opened(data, trust)))


def items(data: bytes, trust: Trust | None = None) -> dict[str, Item]:
    """The items by their rules, of which none may come twice."""
    found = [one for one in look(data, trust) if isinstance(one, Item)]
    by_rule = {one.rule.id: one for one in found}
    assert len(by_rule) == len(found)
    return by_rule


def of_type(kind: type[Finding], findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if isinstance(one, kind)]


# A signature that holds


@pytest.mark.parametrize(
    "data", [picture(), picture("PNG"), picture("WEBP"), picture("GIF"), movie()], ids=mime
)
def test_a_listed_signer_is_trusted_in_every_container(data: bytes) -> None:
    signed = sign(listed(), MADE, data)
    found = items(signed, trusting(root()))
    assert found["c2pa.signature.trusted"].carries is Strength.S5
    claim = found["c2pa.origin.trusted"]
    assert (claim.leans, claim.carries) == (Direction.GENERATED, Strength.S5)
    assert "Test Signer of Test Organisation" in claim.found
    for item in found.values():
        for place in item.where:
            assert place.offset is not None
            assert place.length is not None
            content = signed[place.offset : place.offset + place.length]
            assert (len(content), hashlib.sha256(content).hexdigest()) == (place.length, place.sha256)
    place = claim.where[0]
    assert signed[place.offset :].startswith(GENERATED[:20].encode())
    if mime(data) != "image/gif":  # which cuts it up
        assert place.length == len(GENERATED)


def test_what_links_files_is_the_certificate_and_the_instance() -> None:
    item = items(generated(), trusting(root()))["c2pa.signature.trusted"]
    serial = listed().certificate.serial_number
    values = {one.kind: one.value for one in item.fingerprints}
    assert values[FingerprintKind.SIGNER] == f"{serial} Test Signer/Test Organisation"
    assert values[FingerprintKind.JOB].startswith("xmp.iid:")


def test_without_a_list_nobody_is_known() -> None:
    findings = look(generated())
    assert "tocsin trust import" in next(
        one.why for one in findings if isinstance(one, NotChecked) and one.what == "identity of C2PA signers"
    )
    found = items(generated())
    assert found["c2pa.signature.self_declared"].carries is Strength.S4
    assert found["c2pa.origin.self_declared"].carries is Strength.S2
    assert NotChecked("revocation of C2PA certificates", "that would need a network") in findings


def test_a_self_made_certificate_never_makes_a_camera() -> None:
    signed = sign(stranger(), TAKEN)
    found = items(signed, trusting(root(), products=[CAMERA]))
    claim = found["c2pa.origin.self_declared"]
    assert (claim.leans, claim.carries) == (Direction.CAPTURED, Strength.S2)
    assert any("Nothing shows that a camera signed it" in one for one in claim.caveats)
    assert set(found) == {"c2pa.signature.self_declared", "c2pa.origin.self_declared"}


def test_a_file_without_a_manifest_is_told_apart() -> None:
    assert {type(one) for one in look(picture())} == {Absent}
    assert {type(one) for one in look(b"plain text, no picture" * 40)} == {Absent}  # every byte was searched
    bitmap = io.BytesIO()
    Image.new("RGB", (8, 8)).save(bitmap, "BMP")
    assert {type(one) for one in look(bitmap.getvalue())} == {NotChecked, Absent}


# What was changed since


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "a bit of the picture": lambda data: flipped(data, len(data) - 40),
    "bytes behind the end": lambda data: data + b"1234567",
    "the source type": lambda data: data.replace(b"trainedAlgorithmicMedia", b"virtualRecording1234567"),
    "the program": lambda data: data.replace(b"Test Program", b"Best Program"),
    "the half of it": lambda data: data[: len(data) - 300],
    "another picture": lambda data: (
        picture(colour=9)[:20] + data[20 : 20 + len(data) - len(picture())] + picture(colour=9)[20:]
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_changed_bytes_break_the_manifest(how: str) -> None:
    changed = TAMPERED[how](generated())
    assert changed != generated()
    found = items(changed, trusting(root()))
    assert found["c2pa.signature.altered"].carries is Strength.S3
    assert "mismatch" in found["c2pa.signature.altered"].found
    assert found["c2pa.origin.broken"].carries is Strength.S2
    for item in found.values():
        assert "unverified text found in a broken manifest" in item.found


def test_a_manifest_of_another_file_is_a_contradiction() -> None:
    signed = sign(listed(), MADE, picture("PNG"))
    at = signed.index(b"caBX") - 4
    blob = signed[at : at + 12 + int.from_bytes(signed[at : at + 4])]
    other = picture("PNG", colour=9)
    for data in (other[:33] + blob + other[33:], flipped(signed, len(signed) - 30)):
        found = contradictions(list(items(data, trusting(root())).values()))
        assert "c2pa.signature.altered" in {one.rule for one in found}
    assert not contradictions(list(items(signed, trusting(root())).values()))


def test_what_is_not_searched_for_manifests_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples are searched after all else."""
    store = b"\0\0\1\0jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0".ljust(256)
    clip = movie() + struct.pack(">I4s", 8 + 5000, b"mdat") + bytes(4000) + store.ljust(1000)
    assert "c2pa.unread" in items(clip)
    monkeypatch.setattr("tocsin.provenance.c2pa.raw.MAX_SCAN", len(clip) - 2000)
    told = of_type(NotChecked, look(clip))
    assert "2,000 bytes of the file" in " ".join(one.what for one in told if isinstance(one, NotChecked))
    assert "c2pa.unread" in items(clip + struct.pack(">I4s", 264, b"free") + store)


def test_a_changed_movie_breaks_its_manifest() -> None:
    signed = sign(listed(), MADE, movie())
    changed = flipped(signed, signed.index(b"mdat") + 60)
    assert "assertion.bmffHash.mismatch" in items(changed, trusting(root()))["c2pa.signature.altered"].found


def test_a_manifest_is_gone_after_saving_anew() -> None:
    out = io.BytesIO()
    Image.open(io.BytesIO(generated())).save(out, "JPEG")
    assert {type(one) for one in look(out.getvalue(), trusting(root()))} == {Absent}


def test_a_manifest_that_is_cut_off_is_told() -> None:
    findings = look(generated()[:1500], trusting(root()))
    unread = next(one for one in findings if isinstance(one, Item))
    assert unread.rule.id == "c2pa.unread"
    assert "their end is missing" in unread.found
    assert of_type(Failed, findings)


def test_a_manifest_that_the_reader_does_not_look_for_is_told() -> None:
    hidden = sign(listed(), MADE, picture("PNG")).replace(b"caBX", b"caBY")
    item = items(hidden, trusting(root()))["c2pa.unread"]
    assert "they stand where no reader looks" in item.found
    start = item.where[0].offset
    assert start is not None
    assert hidden[start + 4 : start + 8] == b"jumb"


def test_bytes_that_only_mention_c2pa_are_no_manifest() -> None:
    mentioning = picture() + b"jumb....jumdc2pa and c2pa again"
    assert {type(one) for one in look(mentioning)} == {Absent}


# Manifests kept elsewhere


def test_addresses_are_told_and_never_asked() -> None:
    with listener() as (address, asked):
        elsewhere = sign(listed(), MADE, address=address, embed=False)
        findings = look(elsewhere, trusting(root()))
        both = items(sign(listed(), MADE, address=address), trusting(root()))
        assert asked == []
        with pytest.raises(c2pa.C2paError):  # the control: with its own settings the reader does ask
            c2pa.Reader("image/jpeg", io.BytesIO(elsewhere), context=c2pa.Context())
        assert asked
    item = next(one for one in findings if isinstance(one, Item))
    assert (item.rule.id, item.carries) == ("c2pa.remote", Strength.S2)
    assert address in item.found
    place = item.where[0]
    assert place.offset is not None
    assert elsewhere[place.offset :].startswith(address.encode())
    assert of_type(NotChecked, findings)
    assert {"c2pa.remote", "c2pa.signature.trusted"} <= set(both)


def test_the_reader_is_let_near_no_network() -> None:
    told = json.loads(settings(trusting(root()).anchors))
    assert told["core"]["allowed_network_hosts"] == []
    assert not any((told["verify"]["remote_manifest_fetch"], told["verify"]["ocsp_fetch"]))
    assert not told["core"]["decode_identity_assertions"]


# Whom a list knows


@pytest.mark.parametrize("eku", [C2PA_EKU, DOCUMENT_EKU, EMAIL_EKU])
def test_all_usages_of_genuine_signers_count(eku: str) -> None:
    signed = sign(signer(below(), eku=eku), MADE)
    assert "c2pa.signature.trusted" in items(signed, trusting(root()))
    assert "c2pa.signature.self_declared" in items(signed, trusting(authority("Another Root")))


def test_an_operator_can_add_a_usage() -> None:
    eku = "1.3.6.1.4.1.99999.7"
    signed = sign(signer(below(), eku=eku), MADE, eku=eku)
    trust = trusting(root())
    assert "c2pa.signature.invalid" in items(signed, trust)
    assert "c2pa.signature.trusted" in items(
        signed, replace(trust, anchors=(replace(trust.anchors[0], ekus=(eku,)),))
    )


@pytest.mark.parametrize(("eku", "state"), [(C2PA_EKU, "Invalid"), (EMAIL_EKU, "Trusted")])
def test_why_usages_are_configured(eku: str, state: str) -> None:
    """The reader alone calls genuine signers invalid; where it no longer does, look at our settings."""
    trust = {"trust": {"trust_anchors": root().pem}}
    signed = io.BytesIO(sign(signer(below(), eku=eku), MADE))
    with c2pa.Reader("image/jpeg", signed, context=c2pa.Context.from_dict(trust)) as reader:
        assert reader.get_validation_state() == state


PINS = {
    "the organisation": (Pin("Test Organisation"), "pinned"),
    "its identifier": (Pin("Test Organisation", "NTRNZ-77"), "pinned"),
    "another organisation": (Pin("Test Organisation Ltd"), "self_declared"),
    "another identifier": (Pin("Test Organisation", "NTRNZ-78"), "self_declared"),
}


@pytest.mark.parametrize("what", PINS)
def test_a_legacy_list_counts_for_pinned_subjects_only(what: str) -> None:
    pin, tier = PINS[what]
    by = signer(below(), identifier="NTRNZ-77", eku=EMAIL_EKU)
    found = items(sign(by, MADE), trusting(root(), pins=[pin]))
    assert set(found) == {f"c2pa.signature.{tier}", f"c2pa.origin.{tier}"}
    assert found[f"c2pa.signature.{tier}"].carries is Strength.S4
    assert found[f"c2pa.origin.{tier}"].carries is (Strength.S4 if tier == "pinned" else Strength.S2)
    assert ("is not pinned" in str(found[f"c2pa.signature.{tier}"].caveats)) is (tier != "pinned")


def lists(*kinds: Kind, names: str = "") -> Trust:
    """Lists of these kinds, all of the same root."""
    pins = {Kind.LEGACY: (Pin("Nobody"),)}
    return Trust(
        tuple(
            Anchors(kind, f"{kind}{names}", "", "0" * 64, "2026-01-01", root().pem, pins.get(kind, ()))
            for kind in kinds
        )
    )


@pytest.mark.parametrize("number", range(6))
def test_lists_that_share_an_authority_do_not_change_the_answer(number: int) -> None:
    """The reader keeps its lists in no order, so that what it names differs from run to run."""
    trust = lists(Kind.TSA, Kind.LEGACY, Kind.C2PA, names=str(number))
    assert f"known by trust list c2pa{number}" in items(generated(), trust)["c2pa.signature.trusted"].found


@pytest.mark.parametrize("kind", [Kind.TSA, Kind.LEGACY])
def test_other_kinds_of_lists_do_not_know_signers(kind: Kind) -> None:
    found = items(generated(), lists(kind))
    assert found["c2pa.signature.self_declared"].caveats
    assert found["c2pa.origin.self_declared"].carries is Strength.S2


# Time stamps


def test_time_stamps_count_by_their_own_list() -> None:
    stamps = authority("Stamps Root")
    with time_stamps(signer(stamps, "Stamper", "Stamps", eku=TIME_EKU)) as address:
        signed = sign(listed(), MADE, time_stamps=address)
    trust = trusting(root())
    listed_stamps = Anchors(Kind.TSA, "stamps", "", "0" * 64, "2026-01-01", stamps.pem)
    assert "without a time stamp" in items(generated(), trust)["c2pa.signature.trusted"].found
    assert "an authority on no imported list" in items(signed, trust)["c2pa.signature.trusted"].found
    trust = replace(trust, anchors=(*trust.anchors, listed_stamps))
    assert "by a listed authority" in items(signed, trust)["c2pa.signature.trusted"].found


def test_a_list_of_signers_is_none_of_time_stamps() -> None:
    with time_stamps(signer(below(), "Stamper", "Stamps", eku=TIME_EKU)) as address:
        signed = sign(listed(), MADE, time_stamps=address)
    found = items(signed, trusting(root()))["c2pa.signature.trusted"].found
    assert "timeStamp.trusted" in found
    assert "an authority on no imported list" in found


@pytest.mark.slow
def test_only_listed_time_stamps_outlast_a_certificate() -> None:
    """The reader counts a stamp by an authority on the list of signers as well."""
    stamps, brief = authority("Stamps Root"), signer(below(), days=(-30, 2 / 86400))
    signed = {}
    for who, issuer in (("listed", stamps), ("signers", below())):
        with time_stamps(signer(issuer, "Stamper", "Stamps", eku=TIME_EKU)) as address:
            signed[who] = sign(brief, MADE, time_stamps=address)
    signed["nobody"] = sign(brief, MADE)
    time.sleep(max(0, brief.certificate.not_valid_after_utc.timestamp() + 1 - time.time()))
    trust = trusting(root())
    trust = replace(trust, anchors=(*trust.anchors, replace(trust.anchors[0], kind=Kind.TSA, pem=stamps.pem)))
    assert "c2pa.signature.trusted" in items(signed["listed"], trust)
    for who in ("signers", "nobody"):
        item = items(signed[who], trust)["c2pa.signature.invalid"]
        assert "signingCredential.expired" in item.found


def test_a_certificate_that_only_looks_pinned_leads_nowhere() -> None:
    """It stands beside the signer's own, with the same number and names and a better identifier."""
    own = signer(below(), identifier="NTRNZ-1")
    forged = signer(
        authority("Test Intermediate"), identifier="NTRNZ-77", serial=own.certificate.serial_number
    )
    named = Signer("Test Signer", "Test Organisation", str(own.certificate.serial_number), None)
    (known_by,) = trusting(root(), pins=[Pin("Test Organisation", "NTRNZ-77")]).anchors
    ders = [
        one.public_bytes(Encoding.DER)
        for one in (forged.certificate, *forged.above, own.certificate, *own.above)
    ]
    known = known_signer(b"c2pa.signature\0" + b"".join(ders), named, [known_by])
    assert known
    assert known.identifiers == {"NTRNZ-1"}
    assert known.pin("Test Organisation") is None
    assert known_signer(b"c2pa.signature\0" + ders[0], named, [known_by]) is None


def test_a_signer_cannot_certify_another() -> None:
    """Whoever holds a certificate can sign with its key, but only authorities certify."""
    holder = signer(root(), "Holder")
    forged = signer(replace(holder, above=()), "Test Signer")
    named = Signer("Test Signer", "Test Organisation", str(forged.certificate.serial_number), None)
    ders = [one.certificate.public_bytes(Encoding.DER) for one in (forged, holder)]
    assert known_signer(b"".join(ders), named, trusting(root()).anchors) is None


# What signers are, and may say


@pytest.mark.parametrize(
    ("products", "strength", "doubt"),
    [
        ((CAMERA,), Strength.S5, ""),
        ((replace(CAMERA, category="editor"),), Strength.S4, "is not known to be a camera"),
        ((replace(CAMERA, disallowed=("capturedMedia",)),), Strength.S4, "does not let “Test Camera” claim"),
        ((replace(CAMERA, common_name="Else"),), Strength.S4, "not on the list of conforming products"),
        ((), Strength.S4, "No list of conforming products has been imported"),
    ],
)
def test_only_a_camera_captures(products: tuple[Product, ...], strength: Strength, doubt: str) -> None:
    found = items(sign(listed("Test Camera"), TAKEN), trusting(root(), products=products))
    claim = found["c2pa.origin.trusted"]
    assert (claim.leans, claim.carries) == (Direction.CAPTURED, strength)
    assert (doubt in " ".join(claim.caveats)) if doubt else not claim.caveats
    assert ("c2pa.disallowed" in found) is ("does not let" in doubt)
    if any(one.common_name == "Test Camera" for one in products):
        assert products[0].category in found["c2pa.product"].found


def test_what_a_signer_only_gathered_deserves_less() -> None:
    said = manifest(action(source=GENERATED), vouched=False)
    claim = items(sign(listed(), said), trusting(root()))["c2pa.origin.trusted"]
    assert claim.carries is Strength.S4
    assert any("does not vouch" in one for one in claim.caveats)


def test_the_first_version_of_claims_is_read() -> None:
    said = manifest(action(source=GENERATED, softwareAgent="Old Program 2"), version=1)
    claim = items(sign(listed(), said), trusting(root()))["c2pa.origin.trusted"]
    assert (claim.carries, claim.subject.tool) == (Strength.S5, "Old Program 2")


@pytest.mark.parametrize(
    ("name", "source", "direction"),
    [
        ("c2pa.created", f"{IPTC}trainedAlgorithmicMedia", Direction.GENERATED),
        ("c2pa.created", "trainedAlgorithmicMedia", Direction.GENERATED),
        ("c2pa.created", f"{IPTC}compositeSynthetic".replace("http:", "https:"), Direction.PARTLY_GENERATED),
        ("c2pa.edited", GENERATED, Direction.PARTLY_GENERATED),
        ("c2pa.created", "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData", Direction.GENERATED),
        ("c2pa.created", "http://c2pa.org/digitalsourcetype/empty", Direction.NEUTRAL),
        ("c2pa.created", f"{IPTC}algorithmicMedia", Direction.NEUTRAL),
        ("c2pa.created", f"{IPTC}somethingNew", Direction.NEUTRAL),
        ("c2pa.converted", CAPTURED, Direction.NEUTRAL),
    ],
)
def test_source_types_say_what_they_speak_for(name: str, source: str, direction: Direction) -> None:
    first, parts = ((), []) if name == "c2pa.created" else ((OPENED,), [Part(picture())])
    found = items(sign(listed(), manifest(*first, action(name, source)), parts=parts), trusting(root()))
    assert found["c2pa.origin.trusted"].leans is direction


def test_edits_and_watermarks_are_told_and_training_rules_are_not() -> None:
    said = manifest(
        action(source=CAPTURED),
        action("c2pa.edited", softwareAgent={"name": "Brush", "version": "3"}),
        action("c2pa.watermarked.bound"),
    )
    said["assertions"] += [
        {"label": "c2pa.soft-binding", "data": {"alg": "org.example.mark", "blocks": []}, "created": True},
        {"label": "c2pa.training-mining", "data": {"entries": {"c2pa.data_mining": {"use": "notAllowed"}}}},
    ]
    found = items(sign(listed(), said), trusting(root()))
    assert found["c2pa.edits.trusted"].leans is Direction.EDITED
    assert "“c2pa.edited”, with “Brush”" in found["c2pa.edits.trusted"].found
    assert "org.example.mark" in found["c2pa.watermark.trusted"].found
    assert "c2pa.watermarked.bound" in found["c2pa.watermark.trusted"].found
    assert not any("training" in item.found for item in found.values())


# What went in


def test_what_only_an_ingredient_says_is_told_with_its_name() -> None:
    found = items(sign(listed(), manifest(OPENED), parts=[Part(generated())]), trusting(root()))
    item = found["c2pa.ingredient.trusted"]
    assert (item.leans, item.carries) == (Direction.PARTLY_GENERATED, Strength.S5)
    assert "“parent.jpg” (what the file was made from)" in item.found
    assert not [rule for rule in found if rule.startswith("c2pa.origin")]


def test_chains_are_walked_to_their_end() -> None:
    middle = sign(listed(), manifest(OPENED), parts=[Part(generated(), "first.jpg")])
    last = sign(listed(), manifest(OPENED), parts=[Part(middle, "second.jpg")])
    told = [one.found for one in look(last, trusting(root())) if isinstance(one, Item)]
    assert sum("first.jpg" in one and "trainedAlgorithmicMedia" in one for one in told) == 1
    assert sum("second.jpg" in one and "says nothing" in one for one in told) == 1


@pytest.mark.parametrize("recording", [True, False])
def test_a_trusted_file_does_not_lend_its_trust_to_what_went_in(*, recording: bool) -> None:
    """Where its signer recorded that, the reader calls the file Trusted without a word on the ingredient."""
    parts = [Part(sign(stranger(), TAKEN))]
    found = items(sign(listed(), manifest(OPENED), parts=parts, recording=recording), trusting(root()))
    assert set(found) == {"c2pa.signature.trusted", "c2pa.ingredient.self_declared"}
    assert found["c2pa.ingredient.self_declared"].carries is Strength.S2


def test_a_self_made_file_does_not_gain_by_a_trusted_ingredient() -> None:
    """Anybody can take the manifest of a generated picture along with a real one."""
    wrapped = sign(stranger(), manifest(OPENED), parts=[Part(generated())])
    item = items(wrapped, trusting(root()))["c2pa.ingredient.self_declared"]
    assert item.carries is Strength.S2
    assert any("what refers to it is less" in one for one in item.caveats)


def test_an_ingredient_that_was_altered_before_is_broken() -> None:
    altered = TAMPERED["a bit of the picture"](generated())
    found = items(sign(listed(), manifest(OPENED), parts=[Part(altered)]), trusting(root()))
    assert {"c2pa.signature.trusted", "c2pa.ingredient.broken"} == set(found)


def test_an_ingredient_that_was_altered_afterwards_breaks_the_file() -> None:
    signed = sign(listed(), manifest(OPENED), parts=[Part(generated())])
    changed = TAMPERED["the source type"](signed)
    assert {"c2pa.signature.altered", "c2pa.ingredient.broken"} == set(items(changed, trusting(root())))


def test_pictures_that_went_into_generated_ones_are_told_first_of_all() -> None:
    said = manifest(action("c2pa.edited", f"{IPTC}compositeWithTrainedAlgorithmicMedia"), OPENED)
    parts = [
        Part(picture(), "holiday.jpg"),
        Part(picture("PNG"), "face.png", "inputTo"),
        Part(generated(), "made.jpg", "componentOf"),
        Part(picture(), "words.jpg", "inputTo", (("data_types", [{"type": "c2pa.types.generator.prompt"}]),)),
    ]
    findings = look(sign(listed(), said, parts=parts), trusting(root()))
    values = {one.value for one in findings if isinstance(one, Derivation)}
    assert values == {"holiday.jpg", "face.png"}
    plain = look(sign(listed(), manifest(OPENED), parts=parts[:1]), trusting(root()))
    assert not of_type(Derivation, plain)


def test_small_pictures_of_what_went_in_are_told() -> None:
    said = manifest(action("c2pa.edited", GENERATED), OPENED)
    signed = sign(listed(), said, parts=[Part(picture(size=512), "holiday.jpg")], thumbnails=True)
    derivation = next(one for one in look(signed, trusting(root())) if isinstance(one, Derivation))
    assert "holds a small picture of it" in derivation.found


def test_a_manifest_in_many_segments_is_one() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG", quality=95)
    signed = sign(listed(), MADE, out.getvalue(), thumbnails=True)
    file = opened(signed)
    (found,) = find_stores(file)
    assert len(found.parts) > 1
    store = Store(file, found)
    assert len(store.data) == int.from_bytes(store.data[:4])
    assert list(store.manifests) == [
        store.data[store.data.index(b"urn:c2pa:") :].partition(b"\0")[0].decode()
    ]
    places = items(signed, trusting(root()))["c2pa.signature.trusted"].where
    assert sum(place.length or 0 for place in places) == len(store.data) - 38


# What is made to break readers


@pytest.mark.parametrize("data", [generated(), sign(listed(), MADE, movie())], ids=mime)
def test_a_file_cut_anywhere_is_answered(data: bytes) -> None:
    for length in range(0, len(data), 500):
        findings = look(data[:length] or b"\xff\xd8\xff", trusting(root()))
        assert findings
        trusted = [one for one in findings if isinstance(one, Item) and one.rule.id.endswith(".trusted")]
        assert not trusted


def flip_and_look(data: bytes, seed: int) -> None:
    """Whatever bits change, there is an answer."""
    random = np.random.default_rng(seed)
    changed = bytearray(data)
    for at in random.integers(0, len(data), random.integers(1, 8)):
        changed[at] ^= 1 << random.integers(0, 8)
    assert look(bytes(changed), trusting(root()))


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bits_are_answered(seed: int) -> None:
    flip_and_look(sign(listed(), manifest(OPENED), parts=[Part(generated())]), seed)


@pytest.mark.slow
@pytest.mark.parametrize("data", [picture(), picture("PNG")], ids=mime)
def test_no_byte_of_the_picture_can_change(data: bytes) -> None:
    """Every byte behind the manifest and, in a PNG, its checksum, which no signature covers."""
    signed = sign(listed(), MADE, data)
    ((part,),) = (found.parts for found in find_stores(opened(signed)))
    start = part.offset + part.length + (4 if mime(data) == "image/png" else 0)
    assert len(signed) - start > 50
    for at in range(start, len(signed)):
        rules = {one.rule.id for one in look(flipped(signed, at), trusting(root())) if isinstance(one, Item)}
        assert not rules & {"c2pa.signature.trusted", "c2pa.origin.trusted"}


@pytest.mark.slow
@pytest.mark.parametrize("data", [picture("PNG"), picture("WEBP"), movie()], ids=mime)
def test_flipped_bits_are_answered_in_every_container(data: bytes) -> None:
    signed = sign(listed(), MADE, data)
    for seed in range(400):
        flip_and_look(signed, seed)


def test_a_file_of_boxes_without_end_does_not_reach_the_reader() -> None:
    boxes = movie() + struct.pack(">I4s", 8, b"free") * 100_000
    (failed,) = look(boxes)
    assert isinstance(failed, Failed)
    assert failed.code == "provenance.c2pa.too_many_boxes"
    fewer = movie() + struct.pack(">I4s", 8, b"free") * (MAX_BOXES - 10)
    assert {type(one) for one in look(fewer)} == {Absent}


def test_a_png_of_chunks_without_end_does_not_reach_the_reader() -> None:
    plain = picture("PNG")
    (failed,) = look(plain[:33] + struct.pack(">I4sI", 0, b"teSt", 0) * 20_000 + plain[33:])
    assert isinstance(failed, Failed)
    assert failed.code == "provenance.c2pa.too_many_boxes"


@given(
    st.binary(max_size=300),
    st.integers(0, 300),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]),
)
def test_the_search_for_manifests_survives_anything(noise: bytes, at: int, head: bytes) -> None:
    mark = b"\0\0\1\0jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\3c2pa\0"
    file = opened(head + noise[:at] + mark + noise[at:])
    for found in find_stores(file):
        store = Store(file, found)
        assert all(end <= len(store.data) for _, end in store.manifests.values())
        for label in store.manifests:
            assert len(store.with_active(label, store.manifests)) <= len(store.data) + 8


# In a sandbox child


@pytest.mark.slow
@pytest.mark.parametrize(
    "preload", [(), ("c2pa",), ("support.c2pa_tasks:use_before_forking",)], ids=["nothing", "loaded", "used"]
)
def test_a_confined_child_answers_the_same(preload: tuple[str, ...]) -> None:
    """It may write nothing and connect to nobody, and uses nothing that was made before the fork."""
    trust = trusting(root())
    signed = [generated(), sign(listed(), manifest(OPENED), parts=[Part(generated())]), picture()]
    signed += [sign(listed(), MADE, data) for data in (picture("PNG"), movie())]
    options = {"trust": json.dumps(trust.to_json())}
    jobs = [Job.of_bytes(number, data, options) for number, data in enumerate(signed * 2)]
    with Pool("support.c2pa_tasks:look", workers=1, preload=preload, path=[TESTS]) as pool:
        outcomes = {outcome.key: outcome for outcome in pool.run(jobs)}
    for number, data in enumerate(signed * 2):
        assert outcomes[number].refusal is None
        assert list(outcomes[number].items) == [finding_to_json(one) for one in look(data, trust)]
