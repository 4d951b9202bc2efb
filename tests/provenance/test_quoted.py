"""A name in a file cannot speak inside our sentences: what it says stands in quotation marks, shortened."""

import io
import json
import re
from collections.abc import Iterable

import pytest
from support import camera_samples as cameras
from support import generator_samples as texts
from support import graph_samples, signed
from support.explained import item

from tocsin.media.identify import identify
from tocsin.provenance import c2pa, camera, declared, video
from tocsin.provenance.answer import explanation_of
from tocsin.provenance.contradictions import contradictions
from tocsin.provenance.fields import Space
from tocsin.provenance.model import Derivation, Finding, Item
from tocsin.provenance.opened import Opened
from tocsin.provenance.rules import document
from tocsin.provenance.texts import quoted
from tocsin.simulators.authorities import authority, signer

SAYS = "VERIFIED GENUINE"
PLAIN = f"80D - {SAYS}. No real child"
NAME = f"x” {SAYS}. No “real” child" + "x" * 60
QUOTED = re.compile("“[^“”]*”")
NAMES = re.compile(
    r"lamps(_v1|_lora_f16)?|brass fittings|brass|calm|seaside/xl|seaside[-_\w]*|Lamp tweaker|canny_xl|pulid_0"
    r"|juggernautXL_v8|control_openpose|keeper|faceid plus v2|harbour_xl|nofog|ink|lighthouse|unused|pier"
)


def planted(value: object) -> object:
    """JSON with our name for the names in it."""
    match value:
        case str():
            return NAMES.sub(lambda _: NAME, value)
        case dict():
            return {key: planted(one) for key, one in value.items()}
        case list():
            return [planted(one) for one in value]
        case _:
            return value


def said(findings: Iterable[Finding]) -> list[str]:
    """The sentences of findings, and of what contradicts itself among them."""
    some = [one for one in findings if isinstance(one, Item | Derivation)]
    wrong = contradictions([one for one in some if isinstance(one, Item)])
    return [*(one.found for one in some), *(one.found for one in wrong)]


def check(findings: Iterable[Finding]) -> None:
    sentences = said(findings)
    assert any(SAYS in one for one in sentences)
    for sentence in sentences:
        assert SAYS not in QUOTED.sub("", sentence)
        assert max(map(len, QUOTED.findall(sentence)), default=0) <= 82


@pytest.mark.parametrize("name", ["A1111", "SDNEXT", "CIVITAI", "UNNAMED", "OLDER", "FOOOCUS_TEXT"])
def test_settings(name: str) -> None:
    text = NAMES.sub(lambda _: NAME, getattr(texts, name))
    check(texts.found_in_fields((Space.TEXT, "parameters", text)))


@pytest.mark.parametrize("name", ["FOOOCUS", "RUINED", "SWARMUI"])
def test_settings_as_json(name: str) -> None:
    text = json.dumps(planted(json.loads(getattr(texts, name))))
    check(texts.found_in_fields((Space.TEXT, "parameters", text)))


def test_settings_in_other_fields() -> None:
    check(texts.found_in_fields((Space.XMP, "exif:UserComment", json.dumps(planted(texts.DRAW_THINGS)))))
    check(
        texts.found_in_fields(
            (Space.TEXT, "generation_data", json.dumps(planted(json.loads(texts.TENSOR_ART))))
        )
    )
    easy = {key: str(planted(value)) for key, value in texts.EASY_DIFFUSION.items()}
    check(texts.found_in_fields(*((Space.TEXT, key, value) for key, value in easy.items())))


@pytest.mark.parametrize("form", ["prompt", "workflow"])
def test_graphs(form: str) -> None:
    graph = graph_samples.GRAPH if form == "prompt" else graph_samples.EDITOR
    check(texts.found_in_fields((Space.TEXT, form, json.dumps(planted(graph)))))


def test_kinds_of_nodes() -> None:
    nodes = {
        "1": {"class_type": f"KSampler{NAME}", "inputs": {"denoise": 0.5}},
        "2": {"class_type": f"LoadImage{NAME}", "inputs": {}},
    }
    check(texts.found_in_fields((Space.TEXT, "prompt", json.dumps(nodes))))


def test_invokeai_and_novelai() -> None:
    invoke = {
        "app_version": NAME,
        "generation_mode": f"{NAME[:20]}_img2img",
        "init_image": NAME,
        "model": {"name": NAME, "hash": NAME},
        "loras": [{"model": {"name": NAME}}],
    }
    check(texts.found_in_fields((Space.TEXT, "invokeai_metadata", json.dumps(invoke))))
    novel = graph_samples.novelai(texts.NOVELAI | {"request_type": f"Img2ImgRequest{SAYS}"})
    check(texts.found_in_fields(*((Space.TEXT, key, value) for key, value in novel.items())))


def test_declarations() -> None:
    for table in document("declared")["rule"]:
        example = {key: _swapped(value) for key, value in table["example"].items()}
        data = graph_samples.declaring(example)
        sentences = said(declared.signs(graph_samples.opened(data)))
        assert all("lighthouse keeper" not in QUOTED.sub("", one) for one in sentences)
    told = graph_samples.xmp({"Iptc4xmpExt:AISystemUsed": NAME, "Iptc4xmpExt:AIPromptWriterName": NAME})
    check(declared.signs(graph_samples.opened(told)))


def _swapped(value: str) -> str:
    """JSON with words for its texts, which some rules take."""
    if not value.startswith("{"):
        return value
    stated = json.loads(value)
    return json.dumps(
        {key: one if len(str(one)) < 3 else f"{one}. A lighthouse keeper" for key, one in stated.items()}
    )


def test_cameras() -> None:
    exif = cameras.of_camera(make=f"Canon {SAYS}", model=PLAIN).with_image(
        cameras.text(0x0131, f"GIMP {PLAIN}")
    )
    data = cameras.jpeg(cameras.photograph(), exif)
    check(camera.signs(Opened(io.BytesIO(data), identify(data[:4096]))))


def test_videos() -> None:
    tags = {
        "com.apple.quicktime.make": f"Apple {PLAIN}",
        "com.apple.quicktime.model": NAME,
        "com.apple.quicktime.creationdate": NAME,
        "com.android.version": NAME,
        "encoder": f"HandBrake {NAME}",
    }
    check(video.signs(graph_samples.opened(graph_samples.tagged(tags))))


def test_signers_and_what_they_state() -> None:
    by = signer(authority(), PLAIN, PLAIN)
    did = signed.action(source=signed.GENERATED, softwareAgent={"name": PLAIN})
    edited = signed.action(f"org.example.{SAYS}", softwareAgent={"name": PLAIN})
    data = signed.sign(by, signed.manifest(did, edited), signed.picture())
    check(c2pa.signs(signed.opened(data)))


@pytest.mark.parametrize("mark", list('“”„‟«»"'))
def test_nothing_in_a_name_closes_the_marks(mark: str) -> None:
    assert quoted(f"a{mark}b\u202e\nc") == "“a'b c”"
    assert len(quoted("a" * 500)) == 82


def test_a_summary_that_cuts_a_name_short_closes_its_marks() -> None:
    told = item(found=f"{'w' * 270} {quoted(f'{SAYS} for ever and ever')} and more.")
    text = explanation_of([told]).summary
    assert f"“{SAYS}" in text
    assert SAYS not in QUOTED.sub("", text)
