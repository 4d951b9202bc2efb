"""NovelAI's settings are read from text, EXIF and pixels; its signature proves these pixels or nothing."""

import json
from base64 import b64encode

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from support.graph_samples import decoded, exif, novelai, opened, png, signed
from support.marking import stealthy

from tocsin.media.containers.segments import Segment
from tocsin.provenance import novelai_signature, stealth
from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.forgeable import FORGEABLE
from tocsin.provenance.generators.novelai import signs
from tocsin.provenance.model import (
    Absent,
    Derivation,
    DerivationKind,
    Direction,
    Failed,
    Finding,
    FingerprintKind,
    Item,
    NotChecked,
    Strength,
)
from tocsin.provenance.opened import Opened
from tocsin.provenance.texts import prompt_hash
from tocsin.simulators.pictures import picture

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PIXELS = picture(3, 24, 16)
SETTINGS: dict[str, object] = {
    "prompt": "a lighthouse, ☂",
    "steps": 28,
    "scale": 5.0,
    "uncond_scale": 1e-05,
    "seed": 1234567890,
    "sampler": "k_euler",
    "request_type": "PromptGenerateRequest",
    "reference_strength_multiple": [],
    "controlnet_model": None,
    "lora_unet_weights": None,
    "sm": False,
}


def found(file: Opened) -> list[Finding]:
    return list(signs(file, file.fields))


def checked(file: Opened, key: bytes | None = PUBLIC) -> list[Item | NotChecked | Failed]:
    return list(novelai_signature.checked(file, file.fields, key))


def rule_of(one: Finding) -> str:
    assert isinstance(one, Item)
    return one.rule.id


def derived(data: bytes) -> set[tuple[DerivationKind, str]]:
    return {(one.kind, one.value) for one in found(opened(data)) if isinstance(one, Derivation)}


def test_the_text_of_a_png_gives_model_hash_seed_and_prompt_hash() -> None:
    findings = found(opened(png(novelai(SETTINGS))))
    (one,) = findings
    assert isinstance(one, Item)
    assert one.subject.model == "NovelAI Diffusion V4.5 4BDE2A90"
    assert one.subject.model_hash == "4bde2a90"
    prints = {(fingerprint.kind, fingerprint.value) for fingerprint in one.fingerprints}
    assert (FingerprintKind.SEED, "1234567890") in prints
    assert (FingerprintKind.PROMPT, prompt_hash("a lighthouse, ☂")) in prints
    assert (one.carries, one.leans) == (Strength.S3, Direction.GENERATED)
    assert FORGEABLE in one.caveats
    assert len(one.where) == 4


def test_places_are_those_of_the_values() -> None:
    texts = novelai(SETTINGS)
    data = png(texts)
    (one,) = found(opened(data))
    assert isinstance(one, Item)
    held = [data[place.offset : (place.offset or 0) + (place.length or 0)] for place in one.where]
    assert held == [texts[name].encode() for name in ("Title", "Software", "Source", "Comment")]


def test_webps_exif_says_the_same_in_other_fields() -> None:
    tags = {
        "IFD0:DocumentName": "NovelAI generated image",
        "IFD0:Software": "NovelAI Diffusion V4.5 4BDE2A90",
        "Exif:UserComment": json.dumps(SETTINGS),
    }
    (one,) = found(opened(exif(tags, "WEBP")))
    assert isinstance(one, Item)
    assert one.subject.model_hash == "4bde2a90"


def test_the_name_alone_carries_less() -> None:
    (one,) = found(opened(png({"Software": "NovelAI"})))
    assert isinstance(one, Item)
    assert one.carries is Strength.S2


@pytest.mark.parametrize(
    ("source", "model"),
    [
        ("Stable Diffusion XL 9CC2F394", "Stable Diffusion XL 9CC2F394"),
        ("NovelAI Diffusion V4 Curated 37442FCA", "NovelAI Diffusion V4 Curated 37442FCA"),
        ("NovelAI Diffusion V4.5 of a canary 4BDE2A90", "NovelAI Diffusion V4.5"),
        ("NovelAI canary", "NovelAI"),
        ("canary", "(text, not shown)"),
    ],
)
def test_only_what_has_the_form_of_a_source_is_carried(source: str, model: str) -> None:
    (one,) = found(opened(png({"software": "\ufeffNovelAI", "Source": source})))
    assert isinstance(one, Item)
    assert one.subject.model == model
    assert "canary" not in repr(one)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, set()),
        (
            {"request_type": "Img2ImgRequest", "strength": 0.6},
            {(DerivationKind.DENOISING, "Img2ImgRequest"), (DerivationKind.DENOISING, "0.6")},
        ),
        (
            {"request_type": "NativeInfillingRequest"},
            {(DerivationKind.INPAINTING, "NativeInfillingRequest")},
        ),
        (
            {"request_type": "VibeTransfer+CharacterReference+Img2ImgRequest"},
            {
                (kind, "VibeTransfer+CharacterReference+Img2ImgRequest")
                for kind in (DerivationKind.CONTROL, DerivationKind.IDENTITY, DerivationKind.DENOISING)
            },
        ),
        (
            {"reference_strength_multiple": [0.6]},
            {(DerivationKind.CONTROL, "reference_strength_multiple")},
        ),
        (
            {"director_reference_strengths": [1.0]},
            {(DerivationKind.IDENTITY, "director_reference_strengths")},
        ),
    ],
)
def test_what_went_in_is_a_derivation_sign(
    more: dict[str, object], expected: set[tuple[DerivationKind, str]]
) -> None:
    assert derived(png(novelai({**SETTINGS, **more}))) == expected


def test_settings_that_cannot_be_read_are_told_as_failed_beside_the_name() -> None:
    texts = {**novelai(SETTINGS), "Comment": '{"prompt": "a pier"'}
    findings = found(opened(png(texts)))
    assert sorted(type(one).__name__ for one in findings) == ["Failed", "Item"]
    assert "a pier" not in repr(findings)


@pytest.mark.parametrize("texts", [{}, {"Comment": '{"prompt": "x"}'}, {"Title": "Sea", "Software": "GIMP"}])
def test_other_text_is_passed_in_silence(texts: dict[str, str]) -> None:
    assert not found(opened(png(texts)))


def test_novelais_own_key_is_one_that_loads() -> None:
    assert len(novelai_signature.verify_key()) == 32
    Ed25519PublicKey.from_public_bytes(novelai_signature.verify_key())


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_signature_that_fits_is_the_strongest_sign(kind: str) -> None:
    comment = signed(PIXELS, SETTINGS, KEY)
    if kind == "PNG":
        data = png(novelai(comment), PIXELS)
    else:
        tags = {"IFD0:Software": "NovelAI Diffusion", "Exif:UserComment": json.dumps(comment)}
        data = exif(tags, "WEBP", PIXELS)
    (one,) = checked(decoded(data))
    assert rule_of(one) == "novelai.signature"
    assert isinstance(one, Item)
    assert (one.carries, one.leans) == (Strength.S5, Direction.GENERATED)
    assert FORGEABLE not in one.caveats


def test_transparency_is_not_signed() -> None:
    alpha = np.full((*PIXELS.shape[:2], 1), 254, np.uint8)
    data = png(novelai(signed(PIXELS, SETTINGS, KEY)), np.concatenate([PIXELS, alpha], axis=2))
    (one,) = checked(decoded(data))
    assert rule_of(one) == "novelai.signature"


def test_grey_pixels_folded_by_an_optimiser_still_fit() -> None:
    grey = PIXELS[:, :, 0]
    comment = signed(np.repeat(grey[:, :, None], 3, axis=2), SETTINGS, KEY)
    (one,) = checked(decoded(png(novelai(comment), grey)))
    assert rule_of(one) == "novelai.signature"


def test_one_lowest_bit_breaks_it_and_that_is_said() -> None:
    altered = PIXELS.copy()
    altered[5, 5, 1] ^= 1
    (one,) = checked(decoded(png(novelai(signed(PIXELS, SETTINGS, KEY)), altered)))
    assert rule_of(one) == "novelai.signature_broken"
    assert isinstance(one, Item)
    assert one.leans is Direction.INTEGRITY


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"signed_hash": ""},
        {"signed_hash": "no base64!"},
        {"signed_hash": 7},
        {"signed_hash": b64encode(bytes(64)).decode()},
        {"signed_hash": b64encode(bytes(9)).decode()},
    ],
)
def test_changed_settings_and_made_up_signatures_do_not_fit(change: dict[str, object]) -> None:
    comment = {**signed(PIXELS, SETTINGS, KEY), **change}
    (one,) = checked(decoded(png(novelai(comment), PIXELS)))
    assert rule_of(one) == "novelai.signature_broken"


def test_a_signature_of_anybody_elses_key_does_not_fit_novelais() -> None:
    (one,) = checked(decoded(png(novelai(signed(PIXELS, SETTINGS, KEY)), PIXELS)), key=None)
    assert rule_of(one) == "novelai.signature_broken"


def test_settings_with_what_json_does_not_know_are_written_again_to_the_letter() -> None:
    odd = {**SETTINGS, "sigma": float("inf"), "seed": 10**45, "x": "é\ud83d"}
    (one,) = checked(decoded(png({"Comment": json.dumps(signed(PIXELS, odd, KEY))}, PIXELS)))
    assert rule_of(one) == "novelai.signature"


def _fast() -> Opened:
    return opened(png(novelai(signed(PIXELS, SETTINGS, KEY)), PIXELS))


def _jpeg() -> Opened:
    comment = json.dumps(signed(PIXELS, SETTINGS, KEY))
    return decoded(exif({"IFD0:Software": "NovelAI", "Exif:UserComment": comment}, "JPEG", PIXELS))


def _palette() -> Opened:
    file = decoded(png(novelai(signed(PIXELS, SETTINGS, KEY)), PIXELS))
    assert file.stored is not None
    return Opened(file.source, file.type, stored=type(file.stored)(file.stored.pixels, exact=False))


@pytest.mark.parametrize("file", [_fast(), _jpeg(), _palette()], ids=["no pixels", "lossy", "converted"])
def test_what_cannot_be_checked_is_said_not_to_be_checked(file: Opened) -> None:
    (one,) = checked(file)
    assert isinstance(one, NotChecked)
    assert one.why


def test_no_signature_is_told_as_absent_and_a_damaged_one_as_failed() -> None:
    (absent,) = novelai_signature.signs(decoded(png({}, PIXELS)))
    assert isinstance(absent, Absent)
    (failed,) = novelai_signature.signs(decoded(png({"Comment": '{"signed_hash": "x"'}, PIXELS)))
    assert isinstance(failed, Failed)


def test_hidden_settings_are_read_with_their_signature() -> None:
    pixels = picture(3, 96, 96)
    comment = json.dumps(signed(pixels, SETTINGS, KEY))
    text = {**novelai(SETTINGS), "Comment": json.dumps({"Comment": comment})}
    file = decoded(png({}, stealthy(pixels, json.dumps(text), "stealth_pngcomp")))
    found_by_rule = {one.rule.id: one for one in stealth.signs(file) if isinstance(one, Item)}
    assert found_by_rule["novelai.metadata"].subject.model_hash == "4bde2a90"
    assert "novelai.signature_broken" in found_by_rule  # it is not NovelAI's own
    place = file.pixels_place
    fields = Fields((Field(Space.STEALTH, "Comment", text["Comment"], b"", place),))
    (one,) = novelai_signature.checked(file, fields, PUBLIC)
    assert rule_of(one) == "novelai.signature"


TEXTS = st.one_of(
    st.text(max_size=40),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*SETTINGS, "signed_hash", "Comment", "mask"]), inner, max_size=5
            )
        ),
        max_leaves=6,
    ).map(json.dumps),
)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["Title", "Software", "Source", "Comment"]), TEXTS, max_size=4),
    st.sampled_from([Space.TEXT, Space.STEALTH]),
    st.booleans(),
)
def test_no_text_whatever_is_an_exception(texts: dict[str, str], space: Space, named: bool) -> None:  # noqa: FBT001  # drawn
    if named:
        texts = {**texts, "Software": "NovelAI"}
    place = Segment("png", "tEXt", 8, 4)
    fields = Fields(tuple(Field(space, name, value, b"", place) for name, value in texts.items()))
    findings = list(signs(PLAIN, fields))
    assert not named or any(isinstance(one, Item) for one in findings)
    list(novelai_signature.checked(PLAIN, fields))


PLAIN = decoded(png({}, PIXELS))


@pytest.mark.parametrize("name", ["Title", "Software", "Source"])
@pytest.mark.parametrize("value", ["NovelAI compared with photographs", "NovelAI fan club", "about NovelAI"])
def test_a_field_that_speaks_about_novelai_is_not_novelais(name: str, value: str) -> None:
    assert found(opened(png({name: value}))) == []
