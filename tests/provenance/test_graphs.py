"""Graphs and settings of ComfyUI and InvokeAI are read wherever they stand, within bounds, and told apart."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.graph_samples import EDITOR, GRAPH, exif, opened, png, tagged, with_chunk

from tocsin.media.containers.segments import Segment
from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.forgeable import FORGEABLE
from tocsin.provenance.generators import comfyui, graphs, invokeai
from tocsin.provenance.model import (
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
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import prompt_hash

API, SHOWN = json.dumps(GRAPH), json.dumps(EDITOR)
Kinds = DerivationKind
PROMPTS = ("a lighthouse, embedding:seaside:1.1", "blurry, (embedding:nofog)")


def comfy(data: bytes) -> list[Finding]:
    file = opened(data)
    return list(comfyui.signs(file, file.fields))


def invoke(texts: dict[str, str]) -> list[Finding]:
    file = opened(png(texts))
    return list(invokeai.signs(file, file.fields))


def items(findings: Iterable[Finding]) -> list[Item]:
    return [one for one in findings if isinstance(one, Item)]


def derived(findings: Iterable[Finding]) -> set[tuple[DerivationKind, str]]:
    return {(one.kind, one.value) for one in findings if isinstance(one, Derivation)}


def values(one: Item, kind: FingerprintKind) -> list[str]:
    return [fingerprint.value for fingerprint in one.fingerprints if fingerprint.kind is kind]


def workflow(kinds: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(kinds)).encode()).hexdigest()


CARRIERS = {
    "png": png({"prompt": API}),
    "webp": exif({"IFD0:Model": f"prompt:{API}"}, "WEBP"),
    "avif": exif({"IFD0:Model": f"prompt:{API}"}, "AVIF"),
    "older webp": exif({"IFD0:Make": f"Prompt:{API}"}, "WEBP"),
    "mp4": tagged({"prompt": API}),
    "webm": tagged({"prompt": API}, "webm"),
    "helper suite": tagged({"comment": json.dumps({"prompt": API})}),
    "helper suite webm": tagged({"comment": json.dumps({"prompt": GRAPH})}, "webm"),
    "animated png": with_chunk(b"comf", b"prompt\0" + API.encode("latin-1")),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_graph_is_read_from_every_carrier_and_its_place_holds_it(carrier: str) -> None:
    data = CARRIERS[carrier]
    findings = comfy(data)
    (one,) = items(findings)
    assert one.subject.model == "harbour_xl.safetensors"
    assert values(one, FingerprintKind.WORKFLOW) == [
        workflow([str(node["class_type"]) for node in GRAPH.values()])
    ]
    assert (one.leans, one.carries) == (Direction.GENERATED, Strength.S3)
    assert FORGEABLE in one.caveats
    (place,) = one.where
    assert place.offset is not None
    assert place.length is not None
    held = data[place.offset : place.offset + place.length]
    assert hashlib.sha256(held).hexdigest() == place.sha256
    assert b"KSampler" in held
    assert carrier != "animated png" or held == API.encode()
    assert not any(isinstance(one, Failed | NotChecked) for one in findings)


def test_a_graph_tells_what_went_in() -> None:
    assert derived(comfy(CARRIERS["png"])) == {
        (Kinds.DENOISING, "0.45"),
        (Kinds.INPUT_FILE, "lighthouse.jpg"),
        (Kinds.CONTROL, "ControlNetApplyAdvanced"),
        (Kinds.IDENTITY, "ReActorFaceSwap"),
        (Kinds.ADAPTER, "ink.safetensors"),
        (Kinds.EMBEDDING, "seaside"),
        (Kinds.EMBEDDING, "nofog"),
    }


def test_links_lead_to_the_seed_and_only_the_wanted_prompt_is_hashed() -> None:
    (one,) = items(comfy(CARRIERS["png"]))
    assert values(one, FingerprintKind.SEED) == ["987654321"]
    assert values(one, FingerprintKind.PROMPT) == [prompt_hash(PROMPTS[0])]
    assert values(one, FingerprintKind.ADAPTER) == ["ink"]
    assert values(one, FingerprintKind.MODEL_NAME) == ["harbour_xl"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_prompts_are_never_carried(carrier: str) -> None:
    told = repr(comfy(CARRIERS[carrier]))
    assert "a lighthouse" not in told
    assert "blurry" not in told


def test_the_editors_graph_gives_the_same_and_says_which_nodes_were_off() -> None:
    findings = comfy(png({"workflow": SHOWN}))
    (one,) = items(findings)
    assert "workflow" in one.found
    assert one.subject.model == "harbour_xl.safetensors"
    assert values(one, FingerprintKind.SEED) == ["7"]
    assert derived(findings) == {
        (Kinds.DENOISING, "0.6"),
        (Kinds.INPUT_FILE, "pier.png"),
        (Kinds.INPUT_FILE, "waves.mp4"),
        (Kinds.ADAPTER, "ink.safetensors"),
    }
    (off,) = (one for one in findings if isinstance(one, Derivation) and one.value == "pier.png")
    assert "switched off" in off.caveats[0]


def test_a_sign_in_both_forms_is_told_once_with_both_places() -> None:
    both = {**EDITOR, "nodes": [{"type": "LoadImage", "widgets_values": ["lighthouse.jpg"]}]}
    findings = comfy(png({"prompt": API, "workflow": json.dumps(both)}))
    assert len(items(findings)) == 2
    (sign,) = (one for one in findings if isinstance(one, Derivation) and one.value == "lighthouse.jpg")
    assert len(sign.where) == 2


NUMBERED: dict[str, Any] = {
    "LoRA Stacker": {"lora_count": 2, "lora_name_1": "ink.safetensors", "lora_name_2": "None"},
    "easy loraStack": {"num_loras": 1, "lora_1_name": "ink.safetensors", "lora_1_strength": 1.0},
    "Lora Loader Stack (rgthree)": {"lora_01": "ink.safetensors", "strength_01": 0.8, "lora_02": "None"},
    "LoadLoraModel": {"loras.0.lora_name": "ink.safetensors", "loras.0.enabled": True},
    "Lora Loader (LoraManager)": {
        "loras": {
            "__value__": [{"name": "ink.safetensors", "active": True}, {"name": "unused", "active": False}]
        }
    },
}


@pytest.mark.parametrize("kind", NUMBERED)
def test_stacks_of_adapters_number_their_inputs_in_several_ways(kind: str) -> None:
    graph = {"1": {"class_type": kind, "inputs": NUMBERED[kind]}}
    findings = comfy(png({"prompt": json.dumps(graph)}))
    assert derived(findings) == {(Kinds.ADAPTER, "ink.safetensors")}


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ("ReActorFaceSwapOpt", Kinds.IDENTITY),
        ("ReActorFaceSimilarity", None),
        ("ReActorRestoreFace", None),
        ("ApplyInstantID", Kinds.IDENTITY),
        ("ApplyPulidAdvanced", Kinds.IDENTITY),
        ("IPAAdapterFaceIDBatch", Kinds.IDENTITY),
        ("IPAdapterAdvanced", Kinds.CONTROL),
        ("PhotoMakerEncode", Kinds.IDENTITY),
        ("Face Swap (mtb)", Kinds.IDENTITY),
        ("SwapFaceVideo", Kinds.IDENTITY),
        ("SimswapFaceSwapOpt", Kinds.IDENTITY),
        ("WanPhantomSubjectToVideo", Kinds.IDENTITY),
        ("WanAnimateToVideo", Kinds.IDENTITY),
        ("KlingLipSyncAudioToVideoNode", Kinds.IDENTITY),
        ("KlingTryOnNode", Kinds.IDENTITY),
        ("FluxVTONode", Kinds.IDENTITY),
        ("FluxKontextProImageNode", Kinds.CONTROL),
        ("TextEncodeQwenImageEditPlus", Kinds.CONTROL),
        ("FluxProFillNode", Kinds.INPAINTING),
        ("VAEEncodeForInpaint", Kinds.INPAINTING),
        ("VAEEncode", Kinds.DENOISING),
        ("VAEEncodeAudio", None),
        ("LTXVImgToVideo", Kinds.DENOISING),
        ("ViduStartEndToVideoNode", Kinds.DENOISING),
        ("GrokImageEditNode", Kinds.DENOISING),
        ("KSampler", None),
        ("ImageUpscaleWithModel", None),
        ("CreateHookKeyframe", None),
    ],
)
def test_names_of_nodes_as_their_sources_have_them(node: str, kind: DerivationKind | None) -> None:
    graph = {"1": {"class_type": node, "inputs": {}}}
    found = derived(comfy(png({"prompt": json.dumps(graph)})))
    assert found == ({(kind, node)} if kind else set())


def test_a_picture_that_leads_into_a_service_steers_it() -> None:
    graph: dict[str, Any] = {
        "1": {"class_type": "ImageScale", "inputs": {}},
        "2": {"class_type": "GeminiImageNode", "inputs": {"images": ["1", 0], "prompt": "a pier"}},
        "3": {"class_type": "ByteDanceSeedreamNode", "inputs": {"model.image_2": ["1", 0]}},
        "4": {"class_type": "OpenAIGPTImage1", "inputs": {"prompt": "a pier"}},
    }
    found = derived(comfy(png({"prompt": json.dumps(graph)})))
    assert found == {(Kinds.CONTROL, "GeminiImageNode"), (Kinds.CONTROL, "ByteDanceSeedreamNode")}


def test_a_graph_without_a_generating_node_is_not_said_to_generate() -> None:
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "pier.png"}},
        "2": {"class_type": "ImageScale", "inputs": {"image": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}},
    }
    (one,) = items(comfy(png({"prompt": json.dumps(graph)})))
    assert one.leans is Direction.NEUTRAL
    assert FORGEABLE not in one.caveats
    assert one.caveats


@pytest.mark.parametrize(
    "text",
    [
        "a lighthouse at dusk",
        "{{lighthouse}}, {dusk}",
        "{a|b} lighthouse",
        '{"prompt": "a lighthouse"}',
        '{"nodes": [1, 2]}',
        '{"a": {"class_type": 3, "inputs": {}}}',
        "[]",
        "{}",
        "",
        "{",
    ],
)
@pytest.mark.parametrize("name", ["prompt", "workflow", "comment"])
def test_what_is_no_graph_is_not_called_one(text: str, name: str) -> None:
    assert not comfy(png({name: text}))


@pytest.mark.parametrize("name", ["prompt", "workflow"])
def test_a_damaged_graph_is_told_as_failed(name: str) -> None:
    (failed,) = comfy(png({name: API[:-20]}))
    assert isinstance(failed, Failed)
    assert failed.code == "provenance.text"
    assert "lighthouse" not in failed.reason


def test_the_meaning_of_nodes_follows_the_data_file() -> None:
    table = document("graphs")["comfyui"]["nodes"]
    expected = {
        "ReActorFaceSwap": Kinds.IDENTITY,
        "ApplyInstantID": Kinds.IDENTITY,
        "ApplyPulidFlux": Kinds.IDENTITY,
        "IPAdapterFaceID": Kinds.IDENTITY,
        "PhotoMakerEncode": Kinds.IDENTITY,
        "IPAdapterAdvanced": Kinds.CONTROL,
        "ControlNetApply": Kinds.CONTROL,
        "T2IAdapterLoader": Kinds.CONTROL,
        "ReferenceLatent": Kinds.CONTROL,
        "VAEEncodeForInpaint": Kinds.INPAINTING,
        "InpaintModelConditioning": Kinds.INPAINTING,
        "SetLatentNoiseMask": Kinds.INPAINTING,
        "ImagePadForOutpaint": Kinds.INPAINTING,
        "WanImageToVideo": Kinds.DENOISING,
        "SVD_img2vid_Conditioning": Kinds.DENOISING,
        "LoadImage": Kinds.INPUT_FILE,
        "LoadImageMask": Kinds.INPUT_FILE,
        "LoadVideo": Kinds.INPUT_FILE,
        "VHS_LoadVideoPath": Kinds.INPUT_FILE,
        "VHS_LoadImages": Kinds.INPUT_FILE,
    }
    found = {node: [sign.kind for sign in graphs.meaning(table, node)] for node in expected}
    assert found == {node: [kind] for node, kind in expected.items()}
    for neutral in (
        "FaceDetailer",
        "ReActorRestoreFace",
        "SaveImage",
        "KSampler",
        "PreviewImage",
        "VAEDecode",
    ):
        assert not list(graphs.meaning(table, neutral))


def test_every_kind_of_derivation_has_its_rule() -> None:
    for kind in DerivationKind:
        assert rules("graphs")[f"comfyui.{kind.value}"].strength is Strength.S3


@pytest.mark.parametrize("content", ["data:image/png;base64,QUJD", "A" * 5000])
def test_a_picture_within_the_graph_is_not_carried_as_a_name(content: str) -> None:
    graph = {"1": {"class_type": "ETN_LoadImageBase64", "inputs": {"image": content}}}
    findings = comfy(png({"prompt": json.dumps(graph)}))
    assert derived(findings) == {(Kinds.INPUT_FILE, "ETN_LoadImageBase64")}


def test_not_a_number_links_in_circles_and_odd_links_are_borne() -> None:
    graph: dict[str, Any] = {
        "1": {
            "class_type": "KSampler",
            "inputs": {"denoise": float("nan"), "seed": [1, 0], "positive": ["2", 0]},
        },
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": ["3", 0], "positive": ["1", 0]}},
        "3": {"class_type": "Passing", "inputs": {"value": ["2", 0], "text": [[["3"]], 0]}},
        "4": {"class_type": "KSampler", "inputs": {"denoise": ["3", 0], "seed": [None, {}]}},
        "5": {"class_type": "", "inputs": {}},
        "6": {"class_type": "KSampler", "inputs": []},
        "7": None,
    }
    (one,) = items(comfy(png({"prompt": json.dumps(graph)})))
    assert not values(one, FingerprintKind.SEED)


def test_numbers_as_links_lead_to_nodes() -> None:
    graph = {
        "1": {"class_type": "KSampler", "inputs": {"denoise": [2, 0]}},
        "2": {"class_type": "PrimitiveFloat", "inputs": {"value": 0.3}},
    }
    assert derived(comfy(png({"prompt": json.dumps(graph)}))) == {(Kinds.DENOISING, "0.3")}


def test_a_graph_of_many_nodes_is_read_in_part_and_that_is_told() -> None:
    node = '{"class_type":"LoadImage","inputs":{"image":"%d.png"}}'
    text = "{" + ",".join(f'"{number}":' + node % number for number in range(12_000)) + "}"
    findings = fields_of(text)
    (one,) = items(findings)
    assert values(one, FingerprintKind.WORKFLOW) == [workflow(["LoadImage"] * 12_000)]
    assert len(derived(findings)) == graphs.MAX_SIGNS
    told = [one for one in findings if isinstance(one, NotChecked)]
    assert "names, hashes or seeds" in told[0].what
    assert ["2,000 nodes" in told[1].why, "9,800 further" in told[2].what] == [True, True]


def test_what_stands_behind_the_nodes_that_are_looked_into_is_told_by_its_kind() -> None:
    text = "{" + ",".join(f'"{number}":{{"class_type":"x","inputs":{{}}}}' for number in range(10_000))
    assert derived(fields_of(text + ',"y":{"class_type":"ReActorFaceSwap","inputs":{}}}')) == {
        (Kinds.IDENTITY, "ReActorFaceSwap")
    }


def test_many_signs_of_one_kind_leave_no_other_kind_out() -> None:
    nodes = {str(at): {"class_type": "LoadImage", "inputs": {"image": f"{at}.png"}} for at in range(300)}
    nodes["face"] = {"class_type": "ReActorFaceSwap", "inputs": {"input_image": ["1", 0]}}
    findings = fields_of(json.dumps(nodes))
    assert (Kinds.IDENTITY, "ReActorFaceSwap") in derived(findings)
    told = [one.what for one in findings if isinstance(one, NotChecked)]
    assert told == ["260 further names, hashes or seeds", "100 further derivation signs"]


def test_as_many_adapters_as_anybody_uses_are_linked_by_and_more_are_told() -> None:
    nodes = {
        str(at): {"class_type": "LoraLoader", "inputs": {"lora_name": f"ink{at}.sft"}} for at in range(41)
    }
    findings = fields_of(json.dumps(nodes))
    assert values(items(findings)[0], FingerprintKind.ADAPTER) == [f"ink{at}" for at in range(40)]
    assert [one.what for one in findings if isinstance(one, NotChecked)] == [
        "1 further names, hashes or seeds"
    ]


def test_inputs_without_a_meaning_leave_none_out() -> None:
    inputs = {f"x{at}": 1 for at in range(300)} | {"lora_name": "ink.safetensors"}
    findings = fields_of(json.dumps({"1": {"class_type": "LoraLoader", "inputs": inputs}}))
    assert derived(findings) == {(Kinds.ADAPTER, "ink.safetensors")}
    assert not [one for one in findings if isinstance(one, NotChecked)]


def test_a_node_of_more_inputs_than_are_looked_into_is_told() -> None:
    inputs = {f"lora_{at}": "None" for at in range(300)} | {"lora_name": "ink.safetensors"}
    (told,) = (
        one
        for one in fields_of(json.dumps({"1": {"class_type": "LoraLoader", "inputs": inputs}}))
        if isinstance(one, NotChecked)
    )
    assert "more inputs than are looked into" in told.why


def test_names_behind_blanks_and_prompts_of_any_length_are_read() -> None:
    nodes: dict[str, Any] = {
        "1": {"class_type": "LoraLoader", "inputs": {"lora_name": " " * 1030 + "ink.safetensors"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "x" * (1 << 20) + " embedding:fog "}},
    }
    assert derived(fields_of(json.dumps(nodes))) == {
        (Kinds.ADAPTER, "ink.safetensors"),
        (Kinds.EMBEDDING, "fog"),
    }


def test_more_names_in_a_prompt_than_are_read_are_told() -> None:
    node = {"class_type": "CLIPTextEncode", "inputs": {"text": "<lora:ink:1>" * 1001}}
    assert (Kinds.ADAPTER, "(further tags)") in derived(fields_of(json.dumps({"1": node})))


CANARY = "a canary sits in a tree"


@pytest.mark.parametrize("source", ["CLIPTextEncode", "String Literal"])
@pytest.mark.parametrize(
    ("kind", "name", "sign"),
    [
        ("LoadImage", "image", Kinds.INPUT_FILE),
        ("LoraLoader", "lora_name", Kinds.ADAPTER),
        ("CheckpointLoaderSimple", "ckpt_name", None),
    ],
)
def test_links_that_lead_to_a_prompt_name_nothing(
    source: str, kind: str, name: str, sign: DerivationKind | None
) -> None:
    nodes: dict[str, Any] = {
        "1": {"class_type": kind, "inputs": {name: ["2", 0]}},
        "2": {"class_type": source, "inputs": {"text": CANARY}},
    }
    findings = fields_of(json.dumps(nodes))
    assert "canary" not in repr(findings)
    assert derived(findings) == ({(sign, "(text, not shown)")} if sign else set())
    nodes["2"] = {"class_type": source, "inputs": {"text": "canary"}}
    assert ("canary" in repr(fields_of(json.dumps(nodes)))) is (source == "String Literal")


@pytest.mark.parametrize("kind", ["KSampler", "LoadImage", "ReActorFaceSwap"])
def test_kinds_of_nodes_that_are_sentences_are_not_shown(kind: str) -> None:
    node = {"class_type": f"{kind} {CANARY}", "inputs": {"denoise": 0.5}}
    findings = fields_of(json.dumps({"1": node}))
    assert derived(findings)
    assert "canary" not in repr(findings)


def test_junk_does_not_hide_a_graph() -> None:
    place = Segment("png", "tEXt", 8, 4)
    junk = json.dumps({"1": {"class_type": "x", "inputs": {}}})
    texts = ["{}"] * 500 + [junk] * 100 + ["\ufeff" + API + "\0"]
    fields = Fields(tuple(Field(Space.TEXT, "PROMPT", text, b"", place) for text in texts))
    assert (Kinds.IDENTITY, "ReActorFaceSwap") in derived(comfyui.signs(PLAIN, fields))


def test_workflows_of_other_programs_are_no_graphs() -> None:
    node = {
        "id": "5", "name": "Load image", "type": "n8n-nodes-base.loadImage", "position": [0, 0],
        "typeVersion": 1, "parameters": {},
    }  # fmt: skip
    assert not fields_of(json.dumps({"nodes": [node], "extra": {}, "connections": {}}), "workflow")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a pier <lora:ink<wash:1>", "ink<wash"),
        ("a pier <lora:ink\nwash:1>", "ink"),
        ("a pier <lora:" + "x" * 5000 + ":1>", "x" * 80),
        ("a pier <lora:a", "(a tag that cannot be read)"),
    ],
)
def test_no_tag_in_a_prompt_of_a_graph_is_passed_over(text: str, value: str) -> None:
    node = {"class_type": "CLIPTextEncode", "inputs": {"text": text}}
    assert (Kinds.ADAPTER, value) in derived(fields_of(json.dumps({"1": node})))


def fields_of(text: str, name: str = "prompt") -> list[Finding]:
    place = Segment("png", "tEXt", 8, 4)
    return list(comfyui.signs(PLAIN, Fields((Field(Space.TEXT, name, text, b"", place),))))


PLAIN = opened(png({}))


@pytest.mark.parametrize(
    "text", ['{"1":' * 5000, '{"a":' + "[" * 100_000, '{"class_type":"' + "x" * 9_000_000]
)
def test_deep_and_large_texts_are_told_as_failed_or_passed(text: str) -> None:
    assert all(isinstance(one, Failed) for one in fields_of(text))
    assert len(fields_of(f'{{"nodes"{text}')) <= 1


def test_many_graphs_are_cut_and_that_is_told() -> None:
    place = Segment("png", "tEXt", 8, 4)
    fields = Fields((Field(Space.TEXT, "prompt", API, b"", place),) * 201)
    findings = list(comfyui.signs(PLAIN, fields))
    assert len(items(findings)) == 200
    assert sum(isinstance(one, NotChecked) for one in findings) == 1
    assert derived(findings)


NODES = st.fixed_dictionaries(
    {"class_type": st.sampled_from(["KSampler", "CLIPTextEncode", "LoadImage", "LoraLoader", "x"])},
    optional={
        "inputs": st.dictionaries(
            st.sampled_from(
                ["seed", "denoise", "text", "image", "lora_1", "ckpt_name", "positive", "negative"]
            ),
            st.recursive(
                st.none() | st.floats() | st.integers() | st.text(max_size=5) | st.sampled_from(["1", "2"]),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
                ),
                max_leaves=5,
            ),
            max_size=5,
        ),
        "type": st.just("KSampler"),
        "widgets_values": st.lists(st.integers() | st.text(max_size=4), max_size=8),
        "mode": st.integers(0, 5) | st.text(max_size=2),
    },
)
GRAPHS = st.one_of(
    st.dictionaries(
        st.sampled_from(["1", "2", "3", "nodes", "links"]), NODES | st.lists(NODES, max_size=3), max_size=5
    ),
    st.fixed_dictionaries({"nodes": st.lists(NODES, max_size=4), "links": st.none()}),
)


@settings(max_examples=40, deadline=None)
@given(
    GRAPHS,
    st.sampled_from(["prompt", "workflow", "comment", "invokeai_metadata", "invokeai_graph", "sd-metadata"]),
)
def test_no_graph_whatever_is_an_exception(graph: Any, name: str) -> None:  # noqa: ANN401  # any JSON
    text = json.dumps({"prompt": graph} if name == "comment" else graph)
    place = Segment("png", "tEXt", 8, 4)
    fields = Fields((Field(Space.TEXT, name, text, b"", place),))
    for one in (*comfyui.signs(PLAIN, fields), *invokeai.signs(PLAIN, fields)):
        assert not isinstance(one, Item) or len(one.fingerprints) <= 100


# ---- InvokeAI

INVOKE: dict[str, Any] = {
    "app_version": "5.6.0",
    "generation_mode": "sdxl_img2img",
    "positive_prompt": "a lighthouse",
    "seed": 99,
    "strength": 0.55,
    "init_image": "5f0a.png",
    "model": {"key": "k", "hash": "blake3:ab12", "name": "Harbour XL", "base": "sdxl"},
    "loras": [{"model": {"name": "ink", "hash": "blake3:cd34"}, "weight": 0.7}],
    "controlnets": [{"image": {"image_name": "pose.png"}, "control_model": {"name": "canny"}}],
    "ipAdapters": [],
}


def test_invokes_settings_name_model_hash_and_what_went_in() -> None:
    findings = invoke({"invokeai_metadata": json.dumps(INVOKE)})
    (one,) = items(findings)
    subject = one.subject
    assert (subject.version, subject.model, subject.model_hash) == ("5.6.0", "Harbour XL", "blake3:ab12")
    assert values(one, FingerprintKind.PROMPT) == [prompt_hash("a lighthouse")]
    assert values(one, FingerprintKind.SEED) == ["99"]
    assert derived(findings) == {
        (Kinds.DENOISING, "sdxl_img2img"),
        (Kinds.DENOISING, "0.55"),
        (Kinds.INPUT_FILE, "5f0a.png"),
        (Kinds.INPUT_FILE, "pose.png"),
        (Kinds.CONTROL, "controlnets"),
        (Kinds.ADAPTER, "ink"),
    }
    (adapter,) = (one for one in findings if isinstance(one, Derivation) and one.kind is Kinds.ADAPTER)
    assert adapter.hash == "blake3:cd34"
    assert "a lighthouse" not in repr(findings)


def test_invokes_settings_are_read_from_films_too() -> None:
    file = opened(tagged({"invokeai_metadata": json.dumps(INVOKE)}))
    (one,) = items(invokeai.signs(file, file.fields))
    assert one.subject.model == "Harbour XL"


def test_invokes_version_3_names_its_models_otherwise() -> None:
    old = {
        **INVOKE,
        "model": {"model_name": "harbour", "base_model": "sd-1"},
        "loras": [{"lora": {"model_name": "ink"}}],
    }
    findings = invoke({"invokeai_metadata": json.dumps(old)})
    assert items(findings)[0].subject.model == "harbour"
    assert (Kinds.ADAPTER, "ink") in derived(findings)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("txt2img", None), ("flux_inpaint", Kinds.INPAINTING), ("outpaint", Kinds.INPAINTING), (None, None)],
)
def test_invokes_mode_of_generation(mode: str | None, kind: DerivationKind | None) -> None:
    findings = invoke({"invokeai_metadata": json.dumps({"app_version": "5", "generation_mode": mode})})
    assert {one for one, _ in derived(findings)} == ({kind} if kind else set())


def test_invokes_canvas_is_a_sign_only_where_it_holds_pictures() -> None:
    empty = {"app_version": "5", "canvas_v2_metadata": {"referenceImages": [], "controlLayers": []}}
    assert not derived(invoke({"invokeai_metadata": json.dumps(empty)}))
    layer = {"objects": [{"image": {"image_name": "pier.png"}}]}
    filled = {"app_version": "5", "canvas_v2_metadata": {"controlLayers": [layer]}}
    assert derived(invoke({"invokeai_metadata": json.dumps(filled)})) == {
        (Kinds.CONTROL, "canvas_v2_metadata"),
        (Kinds.INPUT_FILE, "pier.png"),
    }


def test_invokes_graph_gives_a_fingerprint_and_derivation_signs() -> None:
    graph = {
        "nodes": {
            "a": {"type": "denoise_latents"},
            "b": {"type": "controlnet", "image": {"image_name": "pose.png"}},
            "c": {"type": "lora_loader", "lora": {"name": "ink", "hash": "blake3:cd34"}},
        }
    }
    editor = {"nodes": [{"id": "x", "data": {"type": "create_denoise_mask"}}]}
    findings = invoke({"invokeai_graph": json.dumps(graph), "invokeai_workflow": json.dumps(editor)})
    first, second = items(findings)
    assert values(first, FingerprintKind.WORKFLOW) == [
        workflow(["denoise_latents", "controlnet", "lora_loader"])
    ]
    assert values(second, FingerprintKind.WORKFLOW) == [workflow(["create_denoise_mask"])]
    assert derived(findings) == {
        (Kinds.CONTROL, "controlnet"),
        (Kinds.INPUT_FILE, "pose.png"),
        (Kinds.ADAPTER, "ink"),
        (Kinds.INPAINTING, "create_denoise_mask"),
    }


def test_what_older_versions_wrote() -> None:
    old = {
        "app_version": "v2.2.4",
        "model_weights": "harbour-1.5",
        "model_hash": "ab12cd34",
        "image": {
            "prompt": [{"prompt": "a lighthouse", "weight": 1}],
            "seed": 5,
            "type": "img2img",
            "strength": 0.7,
        },
    }
    findings = invoke({"sd-metadata": json.dumps(old)})
    (one,) = items(findings)
    assert (one.subject.model, one.subject.model_hash) == ("harbour-1.5", "ab12cd34")
    assert derived(findings) == {(Kinds.DENOISING, "img2img"), (Kinds.DENOISING, "0.7")}


def test_the_models_of_older_versions_are_not_called_stable_diffusion_all_of_them() -> None:
    old = {"model": "stable diffusion", "model_id": "harbour-1.5", "image": {"type": "txt2img"}}
    (one,) = items(invoke({"sd-metadata": json.dumps(old)}))
    assert values(one, FingerprintKind.MODEL_NAME) == ["harbour-1.5"]
    (same,) = items(invoke({"sd-metadata": json.dumps({"model": "stable diffusion"})}))
    assert not values(same, FingerprintKind.MODEL_NAME)


def test_older_versions_tell_the_hash_of_the_picture_that_went_in() -> None:
    digest = hashlib.sha256(b"a pier").hexdigest()
    old = {
        "images": [
            {"type": "img2img", "seed": 1, "strength_steps": 0.4, "orig_hash": digest},
            {"type": "txt2img", "seed": 2},
        ],
        "model_hash": digest.upper(),
    }
    findings = invoke({"sd-metadata": json.dumps(old)})
    assert derived(findings) == {
        (Kinds.DENOISING, "img2img"),
        (Kinds.DENOISING, "0.4"),
        (Kinds.INPUT_FILE, digest),
    }
    (one,) = items(findings)
    assert values(one, FingerprintKind.INPUT_FILE) == [digest]
    assert values(one, FingerprintKind.SEED) == ["1", "2"]
    assert values(one, FingerprintKind.MODEL_HASH) == [digest, digest[:10], digest[:12]]


def test_little_of_what_invoke_writes_carries_less() -> None:
    for texts in (
        {"Dream": '"a pier" -s 50'},
        {"sd-metadata": '{"model": "ink"}'},
        {"invokeai_metadata": '{"scheduler": "ink"}'},
    ):
        (one,) = items(invoke(texts))
        assert one.carries is Strength.S2


def test_what_may_be_a_prompt_is_not_carried_by_invokes_settings() -> None:
    old = {
        "app_version": CANARY,
        "images": [{"orig_hash": CANARY, "init_image_path": CANARY, "seed": CANARY}],
    }
    new = {
        "positive_prompt": CANARY, "model": {"name": CANARY, "hash": CANARY}, "init_image": CANARY,
        "loras": [{"model": {"name": CANARY, "hash": CANARY}}], "seed": CANARY,
    }  # fmt: skip
    findings = invoke({"sd-metadata": json.dumps(old), "invokeai_metadata": json.dumps(new)})
    assert "canary" not in repr(findings)
    hidden = "(text, not shown)"
    assert derived(findings) == {(Kinds.INPUT_FILE, hidden), (Kinds.ADAPTER, hidden)}


def test_a_command_line_without_quotation_marks() -> None:
    findings = invoke({"Dream": "a lighthouse -s 3 times -s 50 -S 424242 -W 512 -I pier.png -f 0.6"})
    (one,) = items(findings)
    assert values(one, FingerprintKind.PROMPT) == [prompt_hash("a lighthouse -s 3 times")]
    assert derived(findings) == {(Kinds.INPUT_FILE, "pier.png"), (Kinds.DENOISING, "0.6")}


def test_a_command_line_of_the_oldest_versions() -> None:
    findings = invoke(
        {"Dream": '"a "lighthouse" -I fog" -s 50 -S 424242 -W 512 -I pier.png -f0.6 -M mask.png'}
    )
    (one,) = items(findings)
    assert values(one, FingerprintKind.SEED) == ["424242"]
    assert values(one, FingerprintKind.PROMPT) == [prompt_hash('a "lighthouse" -I fog')]
    assert derived(findings) == {
        (Kinds.INPUT_FILE, "pier.png"),
        (Kinds.INPAINTING, "mask.png"),
        (Kinds.DENOISING, "0.6"),
    }


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"Dream": "of the sea"},
        {"Dream": 'I dreamt of "a house" -s of gold'},
        {"sd-metadata": "{}"},
        {"invokeai_metadata": "{}"},
        {"invokeai_graph": "[]"},
        {"sd-metadata": "7"},
    ],
)
def test_what_invoke_did_not_write_is_passed_in_silence(texts: dict[str, str]) -> None:
    assert not invoke(texts)


def test_damaged_settings_of_invoke_are_told_as_failed() -> None:
    (failed,) = invoke({"invokeai_metadata": json.dumps(INVOKE)[:-3]})
    assert isinstance(failed, Failed)
    assert "lighthouse" not in failed.reason
