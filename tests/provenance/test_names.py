"""Models are compared under one name and hash, whatever tool wrote them: files with the same LoRA link."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import generator_samples as samples
from support.generator_samples import opened
from support.graph_samples import exif

from tocsin.provenance import declared
from tocsin.provenance.answer import explanation_of
from tocsin.provenance.generators.reading import signs
from tocsin.provenance.linking import link
from tocsin.provenance.linking.model import Answer, Links
from tocsin.provenance.model import Fingerprint, FingerprintKind, Item
from tocsin.provenance.names import hash_forms, linkable, name_form, with_hash

KINDS = FingerprintKind
WHOLE = "0123456789ab" + "cd" * 26


@pytest.mark.parametrize(
    "name",
    [
        "ink",
        "INK",
        "ink.safetensors",
        "Style/ink.safetensors",
        r"style\Ink.SafeTensors",
        " ink.pt ",
        "ink.gguf",
    ],
)
def test_names_without_folders_and_endings(name: str) -> None:
    assert name_form(name) == "ink"


@pytest.mark.parametrize("name", ["ink v1.5", "civitai:128713", "ink.final", ".safetensors", "чернила"])
def test_names_that_stay(name: str) -> None:
    assert name_form(name) == name


@pytest.mark.parametrize(
    ("stated", "forms"),
    [
        ("ABCDEF0123", ["abcdef0123"]),
        (WHOLE.upper(), [WHOLE, WHOLE[:10], WHOLE[:12]]),
        (f"0x{WHOLE}", [WHOLE, WHOLE[:10], WHOLE[:12]]),
        (f"sha256:{WHOLE}", [WHOLE, WHOLE[:10], WHOLE[:12]]),
        ("blake3:AB12", ["blake3:ab12"]),
    ],
)
def test_hashes_in_lower_case_and_the_beginnings_that_tools_write(stated: str, forms: list[str]) -> None:
    assert list(hash_forms(stated)) == forms


@given(kind=st.sampled_from(KINDS), value=st.text(min_size=1, max_size=80))
def test_the_form_is_its_own_form(kind: FingerprintKind, value: str) -> None:
    once = list(linkable([Fingerprint(kind, value)]))
    assert once
    assert all(one.kind is kind for one in once)
    for one in once:
        assert next(linkable([one])) == one or not name_form(one.value)


def test_a_hash_is_left_out_where_only_the_name_shows_that_everybody_has_the_model() -> None:
    common = list(with_hash(KINDS.ADAPTER, "lcm-lora-sdv1-5", "0123456789ab"))
    assert common == [Fingerprint(KINDS.ADAPTER, "lcm-lora-sdv1-5")]
    assert len(list(with_hash(KINDS.ADAPTER, "ink", "0123456789ab"))) == 2


def comfy(lora: str, seed: int = 3) -> bytes:
    graph = {
        "1": {"class_type": "KSampler", "inputs": {"seed": seed, "denoise": 1}},
        "2": {"class_type": "LoraLoader", "inputs": {"lora_name": lora, "strength_model": 0.8}},
    }
    return samples.png({"prompt": json.dumps(graph)})


def a1111(lora: str, digest: str) -> bytes:
    line = f'{samples.CORE}, Lora hashes: "{lora}: {digest}"'
    return samples.png({"parameters": samples.settings_text(line, f"a pier <lora:{lora}:0.7>")})


def invoke(lora: str, digest: str) -> bytes:
    settings = {"app_version": "5.6.0", "loras": [{"model": {"name": lora, "hash": digest}, "weight": 1}]}
    return samples.png({"invokeai_metadata": json.dumps(settings)})


def swarm(lora: str, digest: str) -> bytes:
    stated = {
        "sui_image_params": {"prompt": "a pier", "model": "harbour", "seed": 1, "steps": 2, "loras": [lora]},
        "sui_models": [{"name": f"{lora}.safetensors", "param": "loras", "hash": digest}],
    }
    return samples.png({"parameters": json.dumps(stated)})


def linked(*files: bytes) -> Links:
    answers = (explanation_of(tuple(signs(opened(data)))) for data in files)
    return link(Answer(f"{number}.png", None, answer) for number, answer in enumerate(answers))


def shared(links: Links) -> set[tuple[str, str]]:
    parts = (part for group in links.groups for one in group.links for part in one.parts)
    return {(part.fingerprint.kind.value, part.fingerprint.value) for part in parts}


def test_the_same_lora_links_files_of_comfyui_and_of_automatic1111() -> None:
    links = linked(comfy("people/Harbour_Keeper.safetensors"), a1111("harbour_keeper", WHOLE[:12]))
    assert [group.files for group in links.groups] == [("0.png", "1.png")]
    assert shared(links) == {("adapter", "harbour_keeper")}


def test_a_lora_links_by_its_hash_where_it_was_renamed() -> None:
    links = linked(swarm("folder/keeper_v2", f"0x{WHOLE}"), a1111("harbour_keeper", WHOLE[:12]))
    assert shared(links) == {("adapter", WHOLE[:12])}


def test_all_tools_name_it_alike() -> None:
    links = linked(
        comfy("ink_keeper.safetensors"),
        a1111("Ink_Keeper", "ffffffffffff"),
        invoke("ink_keeper", "blake3:ab12"),
        swarm("x/ink_keeper", "0xeeee"),
    )
    assert [len(group.files) for group in links.groups] == [4]
    assert ("adapter", "ink_keeper") in shared(links)


@pytest.mark.parametrize("name", ["pytorch_lora_weights", "my_lora", "lora"])
def test_a_name_that_programs_give_links_nothing(name: str) -> None:
    links = linked(comfy(f"{name}.safetensors", 3), comfy(f"{name}.safetensors", 4))
    assert ("adapter", name) not in shared(links)


def test_declared_models_have_the_same_form() -> None:
    data = exif({"IFD0:Software": "AI generated;txt2img;flux", "IFD0:Model": "FLUX-dev"})
    (one,) = (one for one in declared.signs(opened(data)) if isinstance(one, Item))
    assert one.subject.model == "FLUX-dev"
    assert one.fingerprints == (Fingerprint(KINDS.MODEL_NAME, "flux-dev"),)
