"""Single declarations are read wherever they stand, say no more than they do, and never carry a prompt."""

import hashlib
import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.graph_samples import declaring, exif, iptc, opened, png, samsung, tagged, xmp

from tocsin.media.containers.segments import Segment
from tocsin.provenance import declarations
from tocsin.provenance.declared import signs
from tocsin.provenance.fields import Field, Fields, Space, exif_names
from tocsin.provenance.forgeable import FORGEABLE
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
from tocsin.provenance.opened import MAX_READ
from tocsin.provenance.rules import document, rules
from tocsin.provenance.texts import prompt_hash

TABLES: list[dict[str, Any]] = document("declared")["rule"]
UUID = "0f1c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"
SOURCE_TYPE = "Iptc4xmpExt:DigitalSourceType"
CV = "http://cv.iptc.org/newscodes/digitalsourcetype/"
LABEL = {"Label": "1", "ContentProducer": "00119111", "ProduceID": "p-1"}


def found(data: bytes) -> list[Finding]:
    return list(signs(opened(data)))


def items(data: bytes) -> list[Item]:
    return [one for one in found(data) if isinstance(one, Item)]


def item(data: bytes, rule: str) -> Item:
    (one,) = (one for one in items(data) if one.rule.id == f"declared.{rule}")
    return one


def prints(one: Item) -> set[tuple[FingerprintKind, str]]:
    return {(fingerprint.kind, fingerprint.value) for fingerprint in one.fingerprints}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["id"])
def test_every_rule_finds_its_example_in_a_real_file_and_points_at_its_bytes(table: dict[str, Any]) -> None:
    data = declaring(table["example"])
    one = item(data, table["id"].removeprefix("declared."))
    assert one.where
    for place in one.where:
        assert place.offset is not None
        assert place.length is not None
        held = data[place.offset : place.offset + place.length]
        assert hashlib.sha256(held).hexdigest() == place.sha256
    assert len(one.where) <= len(table["example"])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["id"])
def test_what_speaks_for_a_generator_without_proof_says_that_it_can_be_forged(table: dict[str, Any]) -> None:
    for one in items(declaring(table["example"])):
        artificial = one.leans in {Direction.GENERATED, Direction.PARTLY_GENERATED}
        assert (FORGEABLE in one.caveats) is artificial
        assert one.carries <= Strength.S3


def test_every_rule_is_declared_in_full() -> None:
    for declaration in declarations.declarations():
        assert declaration.topic
        assert declaration.found.endswith(".")
        assert not declaration.fields[0].optional
        assert declaration.rule.basis.value in {"specification", "source_code", "second_hand"}


def test_a_place_is_as_narrow_as_the_value_where_the_value_stands_as_such() -> None:
    data = png({"hf-job-id": UUID})
    (place,) = item(data, "hosted_job").where
    assert place.offset is not None
    assert place.length is not None
    assert data[place.offset : place.offset + place.length] == UUID.encode()


@pytest.mark.parametrize(
    ("value", "direction"),
    [(value, says["direction"]) for value, says in TABLES[0]["values"].items()],
)
def test_each_digital_source_type_speaks_for_what_iptc_says(value: str, direction: str) -> None:
    assert item(xmp({SOURCE_TYPE: CV + value}), "source_type").leans == direction


@pytest.mark.parametrize(
    "spelling",
    [CV, CV.replace("http:", "https:"), "", "http://c2pa.org/digitalsourcetype/", "digsrctype:"],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_source_types_are_read_however_they_are_spelled(spelling: str, kind: str) -> None:
    one = item(xmp({SOURCE_TYPE: f"{spelling}trainedAlgorithmicMedia"}, kind), "source_type")
    assert one.leans is Direction.GENERATED


def test_procedural_media_are_not_said_to_be_generated_by_a_trained_model() -> None:
    one = item(xmp({SOURCE_TYPE: f"{CV}algorithmicMedia"}), "source_type")
    assert one.leans is Direction.NEUTRAL


def test_an_unknown_source_type_is_told_and_speaks_for_nothing() -> None:
    one = item(xmp({SOURCE_TYPE: f"{CV}dreamtOfMedia"}), "source_type")
    assert one.leans is Direction.NEUTRAL
    assert "dreamtOfMedia" in one.found


def test_prompts_are_hashed_and_never_carried() -> None:
    prompt = "a heron over reeds"
    for data in (
        xmp({"Iptc4xmpExt:AIPromptInformation": prompt}),
        png({"Description": f"{prompt} --v 7.0 Job ID: {UUID}"}),
    ):
        one = next(one for one in items(data) if one.leans is Direction.GENERATED)
        assert (FingerprintKind.PROMPT, prompt_hash(prompt)) in prints(one)
        assert prompt not in repr(found(data))


def test_iptcs_fields_name_system_and_version() -> None:
    data = xmp({"Iptc4xmpExt:AISystemUsed": "Model A", "Iptc4xmpExt:AISystemVersionUsed": "3"})
    subject = item(data, "ai_system").subject
    assert (subject.model, subject.version) == ("Model A", "3")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (xmp({"TC260:AIGC": json.dumps(LABEL)}), "TC260:AIGC"),
        (png({"AIGC": json.dumps(LABEL)}), "AIGC"),
        (exif({"Exif:UserComment": json.dumps({"AIGC": LABEL})}), "Exif:UserComment"),
        (exif({"IFD0:ImageDescription": json.dumps({"AIGC": json.dumps(LABEL)})}), "IFD0:ImageDescription"),
        (tagged({"AIGC": json.dumps(LABEL)}), "AIGC"),
        (tagged({"AIGC": json.dumps(LABEL)}, "webm"), "AIGC"),
    ],
)
def test_chinas_label_is_read_in_every_place_it_is_written(data: bytes, where: str) -> None:
    one = item(data, "aigc")
    assert where in one.found
    assert one.leans is Direction.GENERATED
    assert {(FingerprintKind.PRODUCER, "00119111"), (FingerprintKind.JOB, "p-1")} == prints(one)


@pytest.mark.parametrize(
    ("label", "direction", "strength"),
    [
        ("1", Direction.GENERATED, Strength.S2),
        (2, Direction.GENERATED, Strength.S1),
        ("3", Direction.GENERATED, Strength.S1),
        ("9", Direction.NEUTRAL, Strength.S2),
        (None, Direction.NEUTRAL, Strength.S2),
    ],
)
def test_a_label_that_only_supposes_carries_less(
    label: object, direction: Direction, strength: Strength
) -> None:
    one = item(png({"AIGC": json.dumps({**LABEL, "Label": label})}), "aigc")
    assert (one.leans, one.carries) == (direction, strength)


def test_a_signature_that_cannot_be_verified_is_said_not_to_be_checked() -> None:
    data = png({"AIGC": json.dumps({**LABEL, "ReservedCode1": '{"SecurityData":"x"}'})})
    (one,) = (one for one in found(data) if isinstance(one, NotChecked))
    assert "ReservedCode1" in one.what


def test_a_damaged_label_is_told_as_failed_and_not_as_absent() -> None:
    findings = found(png({"AIGC": json.dumps(LABEL)[:-1]}))
    assert any(isinstance(one, Failed) and one.code == "provenance.text" for one in findings)
    assert Absent("China's AIGC label", "") not in [
        Absent(one.what, "") for one in findings if isinstance(one, Absent)
    ]


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("img2img", DerivationKind.DENOISING), ("inpainting", DerivationKind.INPAINTING), ("txt2img", None)],
)
def test_the_mode_of_flux_is_a_derivation_sign(mode: str, kind: DerivationKind | None) -> None:
    data = exif({"IFD0:Software": f"AI generated;{mode};flux", "IFD0:Model": "flux-dev"})
    assert item(data, "flux").subject.model == "flux-dev"
    signs_found = [one.kind for one in found(data) if isinstance(one, Derivation)]
    assert signs_found == ([kind] if kind else [])


def test_midjourneys_description_gives_job_version_and_author() -> None:
    data = png({"Description": f"a pier --ar 3:2 --v 7.0 Job ID: {UUID}", "Author": "someone"})
    one = item(data, "midjourney")
    assert one.subject.version == "7.0"
    assert {(FingerprintKind.JOB, UUID), (FingerprintKind.AUTHOR, "someone")} < prints(one)


def test_groks_signature_needs_the_identifier_beside_it_in_the_same_space() -> None:
    signature = "Signature: " + "QUJD" * 20
    pair = exif({"IFD0:ImageDescription": signature, "IFD0:Artist": UUID})
    assert item(pair, "grok").carries is Strength.S3
    assert not items(exif({"IFD0:ImageDescription": signature, "IFD0:Artist": "A. Person"}))
    assert not items(exif({"IFD0:ImageDescription": signature}))
    apart = opened(PLAIN)
    one, other = _places()
    apart.fields = Fields(
        (
            Field(Space.EXIF, "IFD0:ImageDescription", signature, b"", one),
            Field(Space.TEXT, "Author", UUID, b"", other),
        )
    )
    assert not any(isinstance(finding, Item) for finding in signs(apart))


@pytest.mark.parametrize(
    ("credit", "direction"),
    [
        ("Made with Google AI", Direction.GENERATED),
        ("Edited with Google AI", Direction.PARTLY_GENERATED),
        ("Apple Image Playground", Direction.GENERATED),
        ("Apple Photos Generative Edit: Clean Up", Direction.PARTLY_GENERATED),
    ],
)
def test_credit_lines_are_read_in_both_of_their_fields(credit: str, direction: Direction) -> None:
    for data in (xmp({"photoshop:Credit": credit}), iptc({"2:110": credit})):
        (one,) = items(data)
        assert one.leans is direction


@pytest.mark.parametrize(("kind", "told"), [(0, 0), (1, 1), (7, 1)])
def test_samsungs_data_speak_only_where_a_generating_tool_was_used(kind: int, told: int) -> None:
    data = samsung("PhotoEditor_Re_Edit_Data", json.dumps({"originalPath": "", "genAIType": kind}))
    assert len(items(data)) == told
    if told:
        (place,) = item(data, "samsung").where
        assert place.offset is not None
        assert place.length is not None
        assert json.loads(data[place.offset : place.offset + place.length])["genAIType"] == kind


@pytest.mark.parametrize("kind", ["false", "null", '""', "0.0", '"0"'])
def test_samsungs_data_that_deny_it_say_nothing(kind: str) -> None:
    assert not items(samsung("PhotoEditor_Re_Edit_Data", f'{{"genAIType":{kind}}}'))


@pytest.mark.parametrize(
    "content",
    [
        '{}\0\0PhotoEditor_Re_Edit_Data{"genAIType":2}',
        '{"genAIType":2}\0\0PhotoEditor_Re_Edit_Data{}',
        '{"a":"' + "b" * 300_000 + '","genAIType":2}',
        ' {"gen\\u0041IType":2.0}',
    ],
    ids=["a decoy before", "a decoy behind", "a long one", "escapes"],
)
def test_samsungs_data_are_found_behind_decoys_and_however_long(content: str) -> None:
    data = samsung("PhotoEditor_Re_Edit_Data", content)
    (place,) = item(data, "samsung").where
    assert place.offset is not None
    assert data[place.offset : place.offset + 1] == b"{"


def test_more_of_samsungs_blocks_than_are_looked_at_are_told() -> None:
    data = samsung("PhotoEditor_Re_Edit_Data", '{"genAIType":2}' + "PhotoEditor_Re_Edit_Data{}" * 1000)
    (left,) = (one for one in found(data) if isinstance(one, NotChecked))
    assert "behind the end of the picture" in left.what
    assert "a vendor's own label" not in {one.what for one in found(data) if isinstance(one, Absent)}


def test_what_is_not_searched_behind_the_end_of_a_picture_is_said_and_not_called_absent() -> None:
    data = samsung("PhotoEditor_Re_Edit_Data", json.dumps({"genAIType": 2}))
    end = data.index(b"\xff\xd9") + 2
    buried = data + bytes(MAX_READ)
    seen = list(signs(opened(buried)))
    assert not [one for one in seen if isinstance(one, Item)]
    (left,) = (one for one in seen if isinstance(one, NotChecked))
    assert f"{len(data) - end:,} bytes" in left.what
    assert "PhotoEditor_Re_Edit_Data" in left.why
    assert "a vendor's own label" not in {one.what for one in seen if isinstance(one, Absent)}
    last = list(signs(opened(data[:end] + bytes(MAX_READ) + data[end:])))
    assert [one.rule.id for one in last if isinstance(one, Item)] == ["declared.samsung"]
    assert any(isinstance(one, NotChecked) for one in last)


def test_a_model_of_flux_that_works_on_another_picture_says_so() -> None:
    made = {"IFD0:Software": "AI generated;txt2img;flux", "IFD0:Make": "Black Forest Labs"}
    seen = list(signs(opened(exif({**made, "IFD0:Model": "flux-dev-fill"}))))
    assert [(one.kind, one.value) for one in seen if isinstance(one, Derivation)] == [
        (DerivationKind.INPAINTING, "fill")
    ]
    plain = list(signs(opened(exif({**made, "IFD0:Model": "flux-dev"}))))
    assert not [one for one in plain if isinstance(one, Derivation)]


def test_a_video_that_bytedance_labelled_as_nothing_is_not_said_to_be_generated() -> None:
    assert not items(tagged({"aigc_info": '{"aigc_label_type":0}'}))
    assert items(tagged({"aigc_info": '{"aigc_label_type":1}'}))


@pytest.mark.parametrize(
    "name",
    [
        "Midjourney",
        "midjourney v6.1",
        "DALL-E 3",
        "gpt-image-1",
        "Stable Diffusion 3.5 Large",
        "Imagen 4 (web)",
    ],
)
def test_generators_are_known_by_their_whole_names(name: str) -> None:
    assert item(exif({"IFD0:Software": name}), "generator_name").subject.tool


@pytest.mark.parametrize(
    "data",
    [
        exif({"IFD0:Software": "Stable Diffusion book typesetter"}),
        exif({"IFD0:Software": "Midjourney gallery downloader 1.0"}),
        exif({"IFD0:Software": "Imagenie 2.0"}),
        png({"Source": "Luma AIrlines"}),
        exif({"IFD0:ImageDescription": f"Printer Job ID: {UUID}", "IFD0:Artist": "A. Person"}),
        png({"Description": f"HR letter. Job ID: {UUID}"}),
        png({"Description": f"Job ID: {UUID} of --v", "Author": "A. Person"}),
    ],
)
def test_words_that_only_begin_or_end_like_a_generators_are_none(data: bytes) -> None:
    assert not items(data)


def test_midjourneys_job_without_parameters_needs_an_author_and_weighs_less() -> None:
    one = item(png({"Description": f"a pier Job ID: {UUID}", "Author": "user"}), "midjourney_author")
    assert one.carries is Strength.S1


def test_a_declaration_is_read_however_much_stands_before_it() -> None:
    long = png({"Description": f"{'sea ' * 90_000} --v 7 Job ID: {UUID}"})
    assert item(long, "midjourney").leans is Direction.GENERATED
    place = Segment("png", "tEXt", 8, 4)
    junk = [Field(Space.EXIF, "IFD0:Artist", "junk", b"", place)] * 60
    grok = next(table["example"] for table in TABLES if table["id"] == "declared.grok")
    file = opened(png({}))
    signed = [Field(Space.EXIF, name.split(" ")[1], value, b"", place) for name, value in grok.items()]
    file.fields = Fields((*junk, *signed))
    assert [one.rule.id for one in signs(file) if isinstance(one, Item)] == ["declared.grok"]


def test_many_alike_declarations_do_not_hide_another() -> None:
    place = Segment("png", "tEXt", 8, 4)
    captured = [Field(Space.XMP, SOURCE_TYPE, f"{CV}digitalCapture", b"", place)] * 500
    made = Field(Space.XMP, SOURCE_TYPE, f"{CV}trainedAlgorithmicMedia", b"", place)
    file = opened(png({}))
    file.fields = Fields((*captured, made))
    findings = list(signs(file))
    leans = [one.leans for one in findings if isinstance(one, Item)]
    assert leans == [Direction.CAPTURED, Direction.GENERATED]
    assert sum(isinstance(one, NotChecked) for one in findings) == 1


def test_an_editor_is_named_with_its_version_and_speaks_for_editing_only() -> None:
    one = item(exif({"IFD0:Software": "GIMP 2.10.30"}), "editor")
    assert (one.subject.tool, one.subject.version, one.leans) == ("GIMP", "2.10.30", Direction.EDITED)


def test_the_same_declaration_in_two_places_is_one_item_with_two_places() -> None:
    data = png({"Software": "GIMP 3.0", "XML:com.adobe.xmp": ""})
    assert len(item(data, "editor").where) == 1
    both = Fields(tuple(Field(Space.EXIF, "IFD0:Software", "GIMP 3.0", b"", place) for place in _places()))
    file = opened(png({}))
    file.fields = both
    (one,) = (one for one in signs(file) if isinstance(one, Item))
    assert len(one.where) == 2


def _places() -> Iterator[Segment]:
    yield from (Segment("png", "tEXt", 8, 4), Segment("png", "tEXt", 12, 4))


@pytest.mark.parametrize(
    "data",
    [
        png({}),
        png({"Description": "a pier at dusk", "Author": "A. Person", "Software": "scanner", "AIGC": "no"}),
        exif({"IFD0:Make": "Canon", "IFD0:Model": "EOS R5", "IFD0:Software": "Firmware 1.8.1"}),
        exif({"IFD0:ImageDescription": '{"place": "harbour"}', "Exif:UserComment": "Label: sea"}),
        tagged({"comment": "holiday", "title": "sea"}),
        xmp({"dc:description": "a harbour", "photoshop:Credit": "A. Person", "xmp:CreatorTool": "HDR+ 1.0"}),
    ],
)
def test_ordinary_files_declare_nothing_and_each_topic_is_told_as_absent(data: bytes) -> None:
    findings = found(data)
    assert all(isinstance(one, Absent) for one in findings)
    assert len(findings) == len({one["topic"] for one in TABLES})


def test_many_fields_that_declare_different_things_are_cut_and_that_is_told() -> None:
    place = Segment("png", "tEXt", 8, 4)
    file = opened(png({}))
    file.fields = Fields(
        tuple(Field(Space.TEXT, "hf-job-id", f"job-{number:06}", b"", place) for number in range(500))
    )
    findings = list(signs(file))
    assert sum(isinstance(one, Item) for one in findings) == 50
    assert sum(isinstance(one, NotChecked) for one in findings) == 1


PLAIN = png({})
NAMES = sorted({place for table in TABLES for field in table["field"] for place in field["at"]})
WORDS = st.sampled_from(
    [value for table in TABLES for value in table["example"].values()]
    + ["Signature: ", "Job ID: ", " --v ", "AI generated;", '{"AIGC":', '{"Label":', "digsrctype:", "{", "}"]
)
TEXTS = st.one_of(st.text(max_size=60), WORDS, st.lists(WORDS | st.text(max_size=9), max_size=4).map("".join))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=6))
def test_no_text_whatever_is_an_exception(fields: list[tuple[str, str]]) -> None:
    file = opened(PLAIN)
    pairs = [[*name.split(" ", 1), text] for name, text in fields if not name.startswith("trailer")]
    place = Segment("png", "tEXt", 8, 4)
    file.fields = Fields(
        tuple(
            Field(Space(space), name, text, text.encode("utf-8", "replace"), place)
            for space, name, text in pairs
        )
    )
    for one in signs(file):
        assert not isinstance(one, Item) or one.rule is rules("declared")[one.rule.id]


@pytest.mark.parametrize("filler", ["a", " --", "Job ID: ", "{", '"', "Signature: ", "/", "0-"])
def test_texts_of_a_hundred_thousand_characters_are_read_to_an_end(filler: str) -> None:
    text = filler * (100_000 // len(filler))
    place = Segment("png", "tEXt", 8, 4)
    keys = [name.split(" ", 1) for name in NAMES if not name.startswith("trailer")]
    file = opened(PLAIN)
    file.fields = Fields(tuple(Field(Space(space), key, text, b"", place) for space, key in keys))
    assert len({one.rule.id for one in signs(file) if isinstance(one, Item)}) >= 4


def test_every_exif_name_in_the_rules_is_one_that_fields_have() -> None:
    text = resources.files("tocsin.provenance").joinpath("data/declared.toml").read_text("utf-8")
    named = set(re.findall(r'"exif [A-Za-z0-9]+:([A-Za-z]+)"', text))
    assert "ProcessingSoftware" in named
    assert named <= {*exif_names.IMAGE.values(), *exif_names.GPS.values()}
