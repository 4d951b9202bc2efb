"""Settings that generators write as text: recognised in every container, linked, and nothing made up."""

import hashlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import generator_samples as samples
from support.generator_samples import (
    derivations,
    fingerprints,
    found_in,
    found_in_fields,
    items,
    settings_text,
    stretch,
)

from tocsin.provenance.fields import Space
from tocsin.provenance.generators import reading
from tocsin.provenance.generators.settings import MAX_LINE, MAX_PAIRS, read_settings, scan
from tocsin.provenance.generators.statement import MAX_NAMED
from tocsin.provenance.model import Absent, Derivation, DerivationKind, Failed, NotChecked, Strength
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import prompt_hash

Place = tuple[Space, str]
PARAMETERS: Place = (Space.TEXT, "parameters")
CONTAINERS: dict[str, Callable[[str], bytes]] = {
    "PNG": lambda text: samples.png({"parameters": text}),
    "JPEG": lambda text: samples.commented("JPEG", text),
    "WebP": lambda text: samples.commented("WEBP", text),
    "AVIF": lambda text: samples.commented("AVIF", text),
}
A1111_TOOL = "AUTOMATIC1111 Stable Diffusion web UI"

# Text, rule, subject (tool, version, model, hash), and the signs of derivation, all of them.
SETTINGS = {
    "a1111": (
        samples.A1111,
        (A1111_TOOL, "v1.10.1", "seaside_v2", samples.HASH),
        {
            ("adapter", "lamps", samples.LONG_HASH),
            ("adapter", "brass fittings", "ab0123456789"),
            ("embedding", "calm", "9876543210"),
        },
    ),
    "forge": (
        samples.FORGE,
        ("Stable Diffusion WebUI Forge", "f2.0.1v1.10.1-previous-664", "seaside_v2", samples.HASH),
        {("denoising", "0.3", None)},
    ),
    "sdnext": (
        samples.SDNEXT,
        ("SD.Next", "0a1b2c3", "seaside_xl", "0011223344"),
        {
            ("denoising", "img2img; detailer", None),
            ("denoising", "0.6", None),
            (
                "denoising",
                "init image size: 800x600; init image hash: 0123456789abcdef0123456789abcdef",
                None,
            ),
            ("identity", "faceid 0 score: 0.91; faceid 0 gender: female; faceid 0 age: 34", None),
            ("adapter", "lamps", "aabbccddee00"),
            ("adapter", "brass", "aabbccddee11"),
        },
    ),
    "civitai": (
        samples.CIVITAI,
        ("Civitai generator", None, "Seaside [XL], real: yes", None),
        {("adapter", "Lamp tweaker", None), ("embedding", "calm", None)},
    ),
    "a1111_style": (
        samples.UNNAMED,
        (None, None, "seaside_v2", samples.HASH),
        {("adapter", "lamps", samples.LONG_HASH), ("embedding", "calm", "9876543210")},
    ),
    "sdcpp": (
        samples.SDCPP,
        ("stable-diffusion.cpp", "stable-diffusion.cpp", "seaside.safetensors", None),
        set(),
    ),
    "comfyui_settings": (samples.COMFYUI, ("ComfyUI", "ComfyUI", "seaside_v2", samples.HASH), set()),
    "fooocus": (
        samples.FOOOCUS_TEXT,
        ("Fooocus", "Fooocus v2.5.5", "seaside_v2", samples.HASH),
        {("adapter", "lamps", samples.LONG_HASH)},
    ),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("tool", SETTINGS)
def test_settings_text_of_a_tool_is_told_in_every_container(tool: str, container: str) -> None:
    text, subject, derived = SETTINGS[tool]
    findings = found_in(CONTAINERS[container](text))
    (item,) = items(findings)
    assert item.rule.id == f"generators.{tool}"
    assert item.carries is Strength.S3
    about = item.subject
    assert (about.tool, about.version, about.model, about.model_hash) == subject
    assert derivations(findings) == derived
    assert not [one for one in findings if isinstance(one, Absent | Failed | NotChecked)]


@pytest.mark.parametrize("container", CONTAINERS)
def test_place_is_where_the_text_stands(container: str) -> None:
    data = CONTAINERS[container](samples.A1111)
    for finding in found_in(data):
        (place,) = finding.where  # type: ignore[union-attr]  # items and derivations only
        held = stretch(data, place)
        encoding = "latin-1" if container == "PNG" else "utf-16-be"
        assert samples.A1111.encode(encoding) in held
        assert len(held) <= len(samples.A1111.encode(encoding)) + 8
        assert place.sha256 == hashlib.sha256(held).hexdigest()


def test_compressed_and_international_texts_are_read() -> None:
    text = settings_text(samples.CORE, "фонарь над морем")
    for data in (samples.png({"parameters": text}), samples.png({"parameters": text}, packed=True)):
        (item,) = items(found_in(data))
        assert ("prompt", prompt_hash("фонарь над морем")) in fingerprints(item)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [(b"UNICODE\0", "utf-16-le"), (b"ASCII\0\0\0", "ascii"), (bytes(8), "utf-8"), (b"", "utf-8")],
)
def test_user_comment_is_read_in_every_charset(charset: bytes, encoding: str) -> None:
    (item,) = items(found_in(samples.commented("JPEG", samples.A1111, charset=charset, encoding=encoding)))
    assert item.rule.id == "generators.a1111"


def test_files_are_linked_by_what_they_state() -> None:
    (item,) = items(found_in(samples.png({"parameters": samples.A1111})))
    assert fingerprints(item) == {
        ("model_hash", samples.HASH),
        ("model_name", "seaside_v2"),
        ("seed", "4711"),
        ("prompt", prompt_hash(samples.LORA_PROMPT)),
        ("adapter", "lamps"),
        ("adapter", samples.LONG_HASH),
        ("adapter", "brass fittings"),
        ("adapter", "ab0123456789"),
        ("embedding", "calm"),
        ("embedding", "9876543210"),
    }


def test_models_are_linked_by_their_numbers_on_civitai() -> None:
    (item,) = items(found_in(samples.commented("JPEG", samples.CIVITAI)))
    assert fingerprints(item) >= {
        ("model_name", "civitai:128713"),
        ("adapter", "civitai:62833"),
        ("adapter", "lamp tweaker"),
        ("embedding", "civitai:99"),
        ("job", "civitai:remix:11111"),
    }


def test_earlier_ways_to_list_adapters_and_embeddings() -> None:
    findings = found_in(samples.png({"parameters": samples.OLDER}))
    assert derivations(findings) == {
        ("adapter", "lamps_v1", "0123456789ab"),
        ("adapter", "brass", "55667788"),
        ("embedding", "calm", "119b"),
    }
    assert ("author", "keeper") in fingerprints(items(findings)[0])


def test_picture_made_from_a_masked_picture() -> None:
    findings = found_in(samples.png({"parameters": samples.A1111_IMG2IMG}))
    assert derivations(findings) == {
        ("denoising", "0.55", None),
        ("denoising", "00112233445566778899aabbccddeeff", None),
        ("inpainting", "mask blur: 4; inpaint area: Only masked; masked area padding: 32", None),
    }
    assert ("input_file", "00112233445566778899aabbccddeeff") in fingerprints(items(findings)[0])


def test_control_units_are_told_apart_from_carried_faces() -> None:
    found = derivations(found_in(samples.png({"parameters": samples.A1111_CONTROL})))
    assert {kind for kind, _, _ in found} == {"control", "identity"}
    assert (
        "identity",
        "Module: ip-adapter_face_id_plus, Model: ip-adapter-faceid-plusv2_sd15, Weight: 0.7",
        None,
    ) in found


def test_second_pass_is_not_taken_for_another_picture() -> None:
    findings = found_in(samples.png({"parameters": samples.A1111_HIRES}))
    assert not derivations(findings)
    assert any("hires fix" in caveat for caveat in items(findings)[0].caveats)


@pytest.mark.parametrize("strength", ["1", "1.0", "2", "nan", "all of it"])
def test_only_denoising_below_one_is_a_sign(strength: str) -> None:
    text = settings_text(f"{samples.CORE}, Denoising strength: {strength}, Version: v1.10.1")
    assert not derivations(found_in(samples.png({"parameters": text})))


def test_settings_with_values_that_cannot_be_carry_less() -> None:
    text = settings_text(samples.CORE.replace("Size: 512x768", "Size: huge"))
    (item,) = items(found_in(samples.png({"parameters": text})))
    assert item.carries is Strength.S2
    assert "size have not" in item.found


def test_extras_tab_edits_a_picture() -> None:
    note = "Postprocess upscale by: 4, Postprocess upscaler: R-ESRGAN 4x+"
    (item,) = items(found_in(samples.png({"postprocessing": note})))
    assert (item.rule.id, item.leans.value) == ("generators.a1111_extras", "edited")


# ---- JSON --------------------------------------------------------------------------------------------------

FOOOCUS_FILES = {
    "PNG": samples.png({"parameters": samples.FOOOCUS, "fooocus_scheme": "fooocus"}),
    "JPEG": samples.fooocus_exif("JPEG", samples.FOOOCUS),
    "WebP": samples.fooocus_exif("WEBP", samples.FOOOCUS),
}


@pytest.mark.parametrize("container", FOOOCUS_FILES)
def test_fooocus(container: str) -> None:
    data = FOOOCUS_FILES[container]
    findings = found_in(data)
    (item,) = items(findings)
    assert (item.rule.id, item.carries) == ("generators.fooocus", Strength.S3)
    assert item.subject.version == "Fooocus v2.5.5"
    assert derivations(findings) == {("adapter", "lamps", samples.LONG_HASH)}
    assert fingerprints(item) == {
        ("model_hash", "aeb7e9e689"),
        ("model_name", "juggernautxl_v8"),
        ("seed", "4711"),
        ("author", "keeper"),
        ("prompt", prompt_hash(samples.PROMPT)),
        ("adapter", "lamps"),
        ("adapter", samples.LONG_HASH),
    }
    assert samples.FOOOCUS.encode() in stretch(data, item.where[0])


def test_fooocus_in_the_other_form_and_by_its_name_alone() -> None:
    found = items(found_in(samples.fooocus_exif("JPEG", samples.FOOOCUS_TEXT, "a1111")))
    assert [item.rule.id for item in found] == ["generators.fooocus", "generators.fooocus_software"]
    (item,) = items(found_in(samples.fooocus_exif("JPEG", "none")))
    assert (item.rule.id, item.carries) == ("generators.fooocus_software", Strength.S2)


def test_relatives_of_fooocus_say_what_went_in() -> None:
    findings = found_in(samples.png({"parameters": samples.RUINED}))
    assert items(findings)[0].rule.id == "generators.ruined_fooocus"
    assert derivations(findings) == {
        ("denoising", "0.5", None),
        ("adapter", "lamps.safetensors", "4852686128"),
    }
    fork = json.loads(samples.FOOOCUS) | {
        "uov_method": "Vary (Strong)",
        "inpaint_strength": 0.8,
        "cn_type": None,
    }
    found = derivations(found_in(samples.png({"parameters": json.dumps(fork)})))
    assert {("denoising", "Vary (Strong)", None), ("inpainting", "0.8", None)} < found
    assert not {kind for kind, _, _ in found} & {"control", "identity"}


SWARM_FILES = {
    "PNG": samples.png({"parameters": samples.SWARMUI}),
    "JPEG": samples.commented("JPEG", samples.SWARMUI, encoding="utf-16-le"),
    "WebP": samples.commented("WEBP", samples.SWARMUI, encoding="utf-16-le"),
}


@pytest.mark.parametrize("container", SWARM_FILES)
def test_swarmui(container: str) -> None:
    findings = found_in(SWARM_FILES[container])
    (item,) = items(findings)
    assert (item.rule.id, item.carries) == ("generators.swarmui", Strength.S3)
    about = item.subject
    assert (about.version, about.model, about.model_hash) == ("0.9.3.1", "seaside/xl", "0xaabb")
    assert derivations(findings) == {
        ("denoising", "0.6", None),
        ("inpainting", "8", None),
        ("control", "controlnetstrength: 0.9; controlnetmodel: canny_xl", None),
        ("identity", "faceid plus v2", None),
        ("adapter", "lamps", "0xccdd"),
        ("embedding", "calm", None),
    }


def test_swarmui_hidden_in_pixels_comes_with_its_keys_apart() -> None:
    findings = found_in_fields(
        (Space.STEALTH, "sui_image_params", json.dumps(samples.SWARM_PARAMETERS)),
        (Space.STEALTH, "sui_models", json.dumps(samples.SWARM_MODELS)),
    )
    assert items(findings)[0].subject.model_hash == "0xaabb"
    assert ("adapter", "lamps", "0xccdd") in derivations(findings)


def test_settings_hidden_in_pixels_are_read() -> None:
    (item,) = items(found_in_fields((Space.STEALTH, "parameters", samples.FORGE)))
    assert item.rule.id == "generators.forge"


EASY_FILES = {
    "PNG": samples.png(samples.EASY_DIFFUSION),
    "JPEG": samples.commented("JPEG", json.dumps(samples.EASY_DIFFUSION)),
    "WebP": samples.commented("WEBP", json.dumps(samples.EASY_DIFFUSION)),
}


@pytest.mark.parametrize("container", EASY_FILES)
def test_easy_diffusion(container: str) -> None:
    findings = found_in(EASY_FILES[container])
    (item,) = items(findings)
    assert (item.rule.id, item.carries) == ("generators.easydiffusion", Strength.S3)
    assert item.subject.model == "seaside-v1"
    assert derivations(findings) == {
        ("denoising", "0.8", None),
        ("control", "control_openpose", None),
        ("adapter", "lamps", None),
        ("adapter", "brass", None),
    }
    assert len(item.where) == (len(samples.EASY_DIFFUSION) if container == "PNG" else 1)


def test_easy_diffusion_by_its_labels() -> None:
    (item,) = items(found_in(samples.png(samples.EASY_DIFFUSION_LABELS)))
    assert item.rule.id == "generators.easydiffusion"
    assert ("seed", "4711") in fingerprints(item)


@pytest.mark.parametrize("container", ["PNG", "JPEG", "WEBP"])
def test_draw_things(container: str) -> None:
    xmp = samples.draw_things_xmp(samples.DRAW_THINGS)
    findings = found_in(samples.with_xmp(container, xmp))  # type: ignore[arg-type]  # one of the three
    (item,) = items(findings)
    assert (item.rule.id, item.carries) == ("generators.drawthings", Strength.S3)
    assert item.subject.model == "seaside_q6p.ckpt"
    assert derivations(findings) == {
        ("denoising", "0.7", None),
        ("identity", "pulid_0.9.1_q8p.ckpt", None),
        ("adapter", "lamps_lora_f16.ckpt", None),
    }


def test_draw_things_from_text_alone_and_by_its_name_alone() -> None:
    plain = {**samples.DRAW_THINGS, "strength": 1, "v2": {}, "lora": []}
    assert not derivations(found_in(samples.with_xmp("PNG", samples.draw_things_xmp(plain))))
    (item,) = items(found_in(samples.with_xmp("PNG", samples.draw_things_xmp(None))))
    assert (item.rule.id, item.carries) == ("generators.drawthings", Strength.S2)


def test_draw_things_by_its_description() -> None:
    described = samples.draw_things_xmp(None, samples.DRAW_THINGS_DESCRIPTION)
    findings = found_in(samples.with_xmp("PNG", described))
    (item,) = items(findings)
    assert (item.rule.id, item.carries) == ("generators.drawthings", Strength.S2)
    assert ("prompt", prompt_hash(samples.PROMPT)) in fingerprints(item)
    assert derivations(findings) == {
        ("denoising", "0.5", None),
        ("adapter", "lamps.ckpt", None),
        ("adapter", "brass.ckpt", None),
    }
    both = samples.draw_things_xmp(samples.DRAW_THINGS, samples.DRAW_THINGS_DESCRIPTION)
    assert len(items(found_in(samples.with_xmp("PNG", both)))) == 1


def test_settings_of_novelai_are_not_taken_for_others() -> None:
    for data in (
        samples.commented("WEBP", json.dumps(samples.NOVELAI), charset=b"ASCII\0\0\0", encoding="ascii"),
        samples.png({"Comment": json.dumps(samples.NOVELAI), "Software": "NovelAI"}),
    ):
        assert not [one for one in items(found_in(data)) if one.rule.id.startswith("generators.")]


def test_tensor_art() -> None:
    findings = found_in(samples.png({"generation_data": samples.TENSOR_ART + "\0"}))
    (item,) = items(findings)
    assert (item.rule.id, item.carries) == ("generators.tensorart", Strength.S3)
    assert (item.subject.model, item.subject.model_hash) == ("seaside_v2", "31E35C80FC4829D1")
    assert derivations(findings) == {("adapter", "lamps_v1", "ABCDEF012345")}
    assert {("adapter", "tensorart:6002"), ("model_name", "tensorart:5002")} < fingerprints(item)


# ---- what must not happen ----------------------------------------------------------------------------------

EVERYTHING = [
    *(build(text) for text, _, _ in SETTINGS.values() for build in (CONTAINERS["PNG"],)),
    *(
        FOOOCUS_FILES["PNG"],
        samples.png({"parameters": samples.RUINED}),
        SWARM_FILES["PNG"],
        EASY_FILES["PNG"],
    ),
    samples.with_xmp("PNG", samples.draw_things_xmp(samples.DRAW_THINGS)),
    samples.png({"generation_data": samples.TENSOR_ART}),
]


def test_no_prompt_is_carried() -> None:
    for data in EVERYTHING:
        told = repr(found_in(data))
        assert "Item(" in told
        assert "lighthouse" not in told
        assert "fog" not in told


def test_prompts_of_any_length_have_a_digest_that_case_and_spacing_do_not_change() -> None:
    for length in (10, 10_000):
        prompt = "Café  lighthouse " * length
        assert prompt_hash(prompt) == prompt_hash(prompt.upper().replace("  ", "\n"))
    assert prompt_hash("Cafe\u0301") == prompt_hash("café")


def test_a_picture_within_settings_is_not_carried() -> None:
    stated = json.loads(samples.FOOOCUS) | {"input_image": "iVBORw0KGgo" + "A" * 900}
    findings = found_in(samples.png({"parameters": json.dumps(stated)}))
    assert "iVBORw0KGgo" not in repr(findings)
    assert ("denoising", "(911 characters that may be a picture)", None) in derivations(findings)


SILENT = {
    "prose": "Steps: walk to the pier, Size: small, Seed: none, Model: my sister",
    "longer prose": "A day out.\nSteps: we counted 20, then 30, Sampler: cakes. Size: large, Seed: poppy",
    "recipe": "Steps: 3, Time: 20 min, Serves: 4",
    "camera": "  ",
    "comment": "Created with GIMP",
    "json": json.dumps({"prompt": "how are you?", "seed": 1, "steps": 2}),
    "json list": json.dumps([1, 2, {"base_model": "x"}]),
    "settings of something else": json.dumps(
        {"width": 10, "height": 12, "scheduler": "cron", "version": "1.0"}
    ),
    "model card": json.dumps({"base_model": "x", "license": "mit", "version": 2}),
    "braces": "{masterpiece}, lighthouse",
    "nothing": "",
}
PLACES = [
    PARAMETERS,
    (Space.TEXT, "comment"),
    (Space.TEXT, "generation_data"),
    (Space.EXIF, "Exif:UserComment"),
    (Space.EXIF, "IFD0:ImageDescription"),
    (Space.XMP, "exif:UserComment"),
    (Space.STEALTH, "parameters"),
    (Space.STEALTH, "sui_image_params"),
    (Space.TAG, "comment"),
]


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_other_texts_are_no_sign(text: str) -> None:
    for space, name in PLACES:
        if name not in {"generation_data", "sui_image_params"}:  # names that speak for themselves
            assert found_in_fields((space, name, text)) == [Absent(reading.LOOKED_FOR, OWN_READER)]


def test_file_without_metadata_has_none() -> None:
    assert found_in(samples.png({})) == [Absent(reading.LOOKED_FOR, OWN_READER)]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (PARAMETERS, samples.SWARMUI[:-10]),
        ((Space.EXIF, "Exif:UserComment"), samples.FOOOCUS[:-1]),
        (PARAMETERS, '{"sui_image_params": ' + "[" * 300 + "}"),
        ((Space.TEXT, "generation_data"), "{broken"),
    ],
)
def test_broken_settings_are_told(place: Place, text: str) -> None:
    assert {type(one) for one in found_in_fields((*place, text))} == {Failed}


def test_vast_settings_and_too_many_fields_are_told() -> None:
    vast = json.dumps({"sui_image_params": {"prompt": "x" * 300_000}})
    assert [type(one) for one in found_in_fields((*PARAMETERS, vast))] == [NotChecked]
    many = found_in_fields(*[(*PARAMETERS, samples.A1111_HIRES)] * 204)
    assert len(items(many)) == 200
    assert NotChecked("4 fields of settings", "there are more than any tool writes") in many


def test_settings_beyond_measure_are_cut_and_that_is_told() -> None:
    text = settings_text(f"{samples.CORE}, Note: {'x' * MAX_LINE}, Version: v1.10.1")
    (item,) = items(found_in_fields((*PARAMETERS, text)))
    assert any("not all of them were read" in caveat for caveat in item.caveats)
    names = ", ".join(f"lamp{number}: 00112233" for number in range(60))
    findings = found_in_fields((*PARAMETERS, settings_text(f'{samples.CORE}, Lora hashes: "{names}"')))
    assert len(derivations(findings)) == MAX_NAMED
    assert [one.what for one in findings if isinstance(one, NotChecked)] == [
        "20 further adapters",
        "1 further names, hashes or seeds",
    ]


@pytest.mark.parametrize("name", ["parameters", "PARAMETERS", "\ufeffParameters"])
@pytest.mark.parametrize("before", ["", "\ufeff", "\0"])
def test_junk_case_and_marks_before_the_text_hide_nothing(name: str, before: str) -> None:
    junk = [(Space.TEXT, "parameters", f"x{number}") for number in range(300)]
    findings = found_in_fields(*junk, (Space.TEXT, name, before + samples.A1111))
    assert derivations(findings) == SETTINGS["a1111"][2]


@pytest.mark.parametrize(
    "text",
    [
        samples.A1111.replace("Sampler:", f"X: {'y' * 33_000}, Sampler:"),
        samples.A1111.replace("Sampler:", "".join(f"k{number}: 1, " for number in range(210)) + "Sampler:"),
        samples.A1111 + "\nSteps: ",
        samples.A1111 + "\nSteps: 20, Sampler: Euler, Seed: 5, Size: 8x8, CFG scale: 7",
    ],
)
def test_whatever_stands_around_settings_they_are_read(text: str) -> None:
    told = derivations(found_in_fields((*PARAMETERS, text)))
    assert SETTINGS["a1111"][2] == {one for one in told if one[2]}


def test_settings_of_which_the_rest_is_not_read_are_never_absent() -> None:
    for filler in (f"X: {'y' * MAX_LINE}, ", "".join(f"k{number}: 1, " for number in range(MAX_PAIRS))):
        findings = found_in_fields((*PARAMETERS, f"a pier <lora:ink:1>\nSteps: 20, {filler}Seed: 1"))
        assert derivations(findings) == {("adapter", "ink", None)}
        assert [one.what for one in findings[1:] if isinstance(one, NotChecked)] == [
            "the rest of a settings text"
        ]


def test_numbers_without_sampler_or_model_are_no_settings_and_that_is_told() -> None:
    text = "a day out\nSteps: 20, Seed: 5, Size: 512x512, denoising strength: 0.5, ControlNet: on"
    (told,) = found_in_fields((*PARAMETERS, text))
    assert isinstance(told, NotChecked)
    assert told.what.startswith("a text that may be settings")


CANARY = "a canary sits in a tree"


@pytest.mark.parametrize(
    "more",
    [
        f'ControlNet 0: "Module: canny, Caption: {CANARY}"',
        'ControlNet 0: "Module: canny, Caption: canary"',
        "ControlNet 0: canary bird",
        f'Reactor text: "{CANARY}"',
        "Outpaint description: canary",
        "FaceID negative: canary",
        "Face swap positive: canary",
        f"Refiner: {CANARY}",
        f"Init image hash: {CANARY}",
        f'Lora hashes: "{CANARY}: 0011"',
        f'TI hashes: "{CANARY}"',
        f"User: {CANARY}",
        f"Hypernet: {CANARY}, Hypernet hash: {CANARY}",
        'Outpaint: "canary, tree, sky"',
    ],
)
def test_what_may_be_a_prompt_is_not_carried_under_any_key(more: str) -> None:
    findings = found_in_fields((*PARAMETERS, settings_text(f"{samples.CORE}, {more}")))
    assert items(findings)
    assert bool(derivations(findings)) is not more.startswith(("Refiner", "User"))
    assert "canary" not in repr(findings).replace("canary bird", "")


def test_words_of_a_prompt_are_no_model() -> None:
    (item,) = items(found_in_fields((*PARAMETERS, f"a girl, model: {CANARY}, size: 8x8, steps: 20, seed: 5")))
    assert item.subject.model == "(text, not shown)"
    assert "canary" not in repr(item)
    easy = {**samples.EASY_DIFFUSION, "seed": "canary", "use_lora_model": CANARY}
    assert "canary" not in repr(found_in(samples.png(easy)))


UNREAD = "(a tag that cannot be read)"


@pytest.mark.parametrize(
    ("prompt", "kind", "value"),
    [
        ("a pier <lora:ink<wash:1>", "adapter", "ink<wash"),
        ("a pier <lora:ink\nwash:1>", "adapter", "ink"),
        ("a pier <lora:" + "x" * 5000 + ":1>", "adapter", "x" * 80),
        ("a pier <LORA: ink >", "adapter", "ink"),
        ("a pier <hypernet:ink:1>", "adapter", "ink"),
        ("a pier <embed:\nfog>", "embedding", "fog"),
        ("a pier <lora::1>", "adapter", UNREAD),
        ("a pier <lora:none:1>", "adapter", UNREAD),
        ("a pier <lyco:ink", "adapter", UNREAD),
        ("a pier <embedding:fog", "embedding", UNREAD),
    ],
)
def test_no_tag_of_an_adapter_is_passed_over(prompt: str, kind: str, value: str) -> None:
    findings = found_in_fields((*PARAMETERS, settings_text(samples.CORE, prompt)))
    assert derivations(findings) == {(kind, value, None)}
    (one,) = (one for one in findings if isinstance(one, Derivation))
    assert len(one.found) < 200
    assert bool(one.caveats) is (value in {UNREAD, "x" * 80} or "ink\n" in prompt)


@given(st.text('<>:lora \n,embed“”"', max_size=60))
def test_whatever_begins_as_a_tag_is_told(rest: str) -> None:
    findings = found_in_fields((*PARAMETERS, settings_text(samples.CORE, f"a pier <lora:{rest}")))
    assert any(one.kind is DerivationKind.ADAPTER for one in findings if isinstance(one, Derivation))


def test_what_nothing_closes_may_be_a_prompt_and_is_not_shown() -> None:
    findings = found_in_fields((*PARAMETERS, settings_text(samples.CORE, f"<lora: {samples.PROMPT}")))
    assert samples.PROMPT not in repr(findings)


def test_tags_and_pictures_without_number_are_counted() -> None:
    tags = "".join(f"<lora:lamp{number}:1>" for number in range(1500)) + "<embed:fog>"
    findings = found_in_fields((*PARAMETERS, settings_text(samples.CORE, tags)))
    assert [one.what for one in findings if isinstance(one, NotChecked)] == [
        "960 further adapters",
        "501 further tags in a prompt",
    ]
    units = ", ".join(f"ControlNet {number}: canny" for number in range(30))
    findings = found_in_fields((*PARAMETERS, settings_text(f"{samples.CORE}, {units}")))
    (told,) = (one for one in findings if isinstance(one, NotChecked))
    assert told.what == "10 further settings that say what went in"


def test_prompts_of_further_passes_call_adapters_too() -> None:
    line = f'{samples.CORE}, ADetailer prompt: "<lora:lamps:1>", ADetailer negative prompt: "<lora:fog:1>"'
    assert derivations(found_in_fields((*PARAMETERS, settings_text(line)))) == {("adapter", "lamps", None)}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Lora hashes: lamps", ("adapter", "lamps", None)),
        ('Lora hashes: "", Lora hashes: "lamps: 0011"', ("adapter", "lamps", "0011")),
        ('Lora hashes: "0011, 0022", Lora networks: "lamps"', ("adapter", "0022", None)),
        ("TI hashes: fog", ("embedding", "fog", None)),
    ],
)
def test_no_entry_of_a_list_is_passed_over(line: str, told: tuple[str, str, str | None]) -> None:
    assert told in derivations(found_in_fields((*PARAMETERS, settings_text(f"{samples.CORE}, {line}"))))


def test_signs_of_derivation_say_whose_word_they_are() -> None:
    findings = found_in_fields((*PARAMETERS, samples.A1111_IMG2IMG))
    told = [one.found for one in findings if isinstance(one, Derivation)]
    assert told
    assert all(one.startswith(f"The settings of {A1111_TOOL} say: ") for one in told)


def test_fault_of_one_reader_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MODULES", ("no_such_reader", "a1111"))
    failed, item, *_ = found_in(samples.png({"parameters": samples.A1111}))
    assert isinstance(failed, Failed)
    assert items([item])


def test_data_file_names_what_there_is() -> None:
    known, held = rules("generators"), document("generators")
    assert {f"generators.{kind.value}" for kind in DerivationKind} - set(known) == {"generators.input_file"}
    assert {row["rule"] for row in held["dialect"]} <= set(known)
    for row in held["key"]:
        assert f"generators.{DerivationKind(row['kind']).value}" in known
        assert row["names"] if "names" in row else row["starts"]
        assert set(row["of"]) <= set(held["places"])
        assert row["source"]
    for places in held["places"].values():
        assert all(Space(place.partition(":")[0]) for place in places)


# ---- the scanner -------------------------------------------------------------------------------------------

KEYS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def quoted(value: str) -> str:
    """A value as the web UI quotes it (modules/infotext_utils.py)."""
    return json.dumps(value, ensure_ascii=False) if any(one in value for one in ",\n:") else value


@settings(max_examples=40)
@given(
    st.dictionaries(KEYS.map(str.lower), VALUES.map(str.strip).filter(lambda value: value[:1] not in '"[{'))
)
def test_settings_line_comes_back_as_it_was_written(values: dict[str, str]) -> None:
    line = ", ".join(f"{key}: {quoted(value)}" for key, value in values.items())
    assert scan(line) == (values, True)


@settings(max_examples=40)
@given(st.lists(st.dictionaries(VALUES, VALUES | st.integers() | st.lists(VALUES), max_size=3), max_size=3))
def test_bare_json_comes_back_as_it_was_written(value: list[object]) -> None:
    found, _ = scan(f"Steps: 1, Civitai resources: {json.dumps(value)}, Seed: 2")
    assert json.loads(found["civitai resources"]) == value
    assert found["seed"] == "2"


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('a: "never closed, b: 2', {"a": '"never closed', "b": "2"}),
        ("a: [1, 2, b: 2", {"a": "[1", "b": "2"}),
        ('a: ["x, b: 2', {"a": '["x', "b": "2"}),
        ("Tiling, a: 1", {"a": "1"}),
        ("a: 1\nb: 2", {"a": "1", "b": "2"}),
        ("a: 1, A: 2", {"a": "1"}),
        (r'a: "\x: y", b: 2', {"a": r"\x: y", "b": "2"}),
        (f"{'k' * 65}: 1, b: 2", {"b": "2"}),
        ("no settings", {}),
    ],
)
def test_odd_lines(line: str, values: dict[str, str]) -> None:
    assert scan(line) == (values, True)


def test_pairs_are_limited() -> None:
    found, whole = scan(", ".join(f"k{number}: 1" for number in range(MAX_PAIRS + 1)))
    assert (len(found), whole) == (MAX_PAIRS, False)


def test_prompt_may_talk_of_settings() -> None:
    read = read_settings(settings_text("Steps: 5, Seed: 1", "Steps: 99, Seed: 2\nSteps: 98"))
    assert read.prompt == "Steps: 99, Seed: 2\nSteps: 98"
    assert read.values == {"steps": "5", "seed": "1"}
    assert read_settings("Negative prompt: fog\nSteps: 5").prompt == ""


HOSTILE = st.lists(
    st.sampled_from(
        [
            *('"', "\\", "[", "{", "}", "]", ",", ":", "\n", " ", "<lora:", ">", "a", "7", "\0", "\ud800"),
            *(
                "\nSteps: ",
                "Seed: 7",
                "Size: 8x8",
                "CFG scale: 7",
                "Hashes: ",
                "Civitai resources: ",
                "Lora hashes: ",
            ),
            *(
                "ControlNet 0: ",
                "Denoising strength: ",
                "Version: v1.10.1",
                '"sui_image_params"',
                '"base_model"',
            ),
            *('"uc"', "Fooocus", '"loras"', '{"a": 1}', "[1]", "AddNet Model 1: ", "User: "),
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=40)
@given(
    st.sampled_from(PLACES),
    st.text() | HOSTILE | HOSTILE.map(lambda text: settings_text(samples.CORE + ", " + text)),
)
def test_any_text_gives_an_answer(place: Place, text: str) -> None:
    findings = found_in_fields((*place, text))
    assert findings
    assert not [
        one for one in findings if isinstance(one, Failed) and one.code == "provenance.generator_failed"
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("7"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SAMPLES = [
    (PARAMETERS, json.loads(samples.FOOOCUS)),
    (PARAMETERS, json.loads(samples.RUINED)),
    (PARAMETERS, json.loads(samples.SWARMUI)),
    ((Space.STEALTH, "sui_image_params"), samples.SWARM_PARAMETERS),
    ((Space.EXIF, "Exif:UserComment"), dict(samples.EASY_DIFFUSION)),
    ((Space.XMP, "exif:UserComment"), dict(samples.DRAW_THINGS)),
    ((Space.TEXT, "generation_data"), json.loads(samples.TENSOR_ART)),
]


@settings(max_examples=40)
@given(st.sampled_from(SAMPLES), st.data())
def test_any_value_in_any_key_gives_an_answer(
    sample: tuple[Place, dict[str, object]], data: st.DataObject
) -> None:
    place, stated = sample
    key = data.draw(st.sampled_from(sorted(stated)))
    findings = found_in_fields((*place, json.dumps({**stated, key: data.draw(JSON)})))
    assert findings
    assert not [one for one in findings if isinstance(one, Failed)]
