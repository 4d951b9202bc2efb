"""Packs as data: what they must hold, and that another country needs no code."""

import re
from datetime import date
from pathlib import Path

import pytest
from support.commands import tocsin

from tocsin.law.deriving import derive
from tocsin.law.errors import MalformedPackError, NotInForceError, UnknownRuleError, UnknownSchemeError
from tocsin.law.facts import Fact, Value
from tocsin.law.model import Confidence
from tocsin.law.packs import assemble, packs_with, shipped
from tocsin.law.reading import read_pack

ATLANTIS = """
id = "atlantis"
version = "2026-11-23"
jurisdiction = "atlantis"
title = "Atlantis"
reviewer = "not reviewed by a lawyer"
effective_from = 2020-01-01

[[scheme]]
name = "trident"
version = "1"
title = "Trident"
owner = "Poseidon"
source = "Plato"
confidence = "general"
code = [{ code = "one" }, { code = "two" }]

[[rule]]
id = "atlantis.1"
version = 1
status = "atlantis.sunk"
title = "Sunk"
source = "Critias 108e"
confidence = "primary"
decides = "The sea"
duties = ["atlantis.tell"]
[rule.when]
any = [{ fact = "real_child", is = "yes" }, { scheme = "trident:1", codes = ["one"] }]

[[duty]]
id = "atlantis.tell"
version = 1
title = "Tell"
source = "Critias 108e"
confidence = "primary"
who = "Everybody"
to = "Poseidon"
what = "Tell"
when = "within 3 hours"
within = "3 hours"

[[retention]]
id = "atlantis.keep"
version = 1
title = "Keep"
source = "Critias 108e"
confidence = "primary"
trigger = "atlantis.told"
purposes = ["content"]
keep = "1 month"
then = "sink"
"""


def test_every_part_that_is_shipped_says_where_it_is_from_and_who_reviewed_it() -> None:
    parts = [part.provision for part in shipped().parts]
    assert {one.jurisdiction for one in parts} == {"uk", "us", "eu", "ca", "au", "nz", "interchange"}
    for one in parts:
        assert one.reviewer == "not reviewed by a lawyer"
        assert len(one.source) > 5
        assert one.effective_from is not None or one.confidence in (
            Confidence.UNCONFIRMED,
            Confidence.SECONDARY,
        )
    pending = {one.id for one in parts if one.effective_from is None}
    assert pending == {"uk.osa20A", "eu.eprivacy", "ca.mra.4"}


def test_another_country_needs_no_code(tmp_path: Path) -> None:
    assert packs_with(None) is packs_with(tmp_path) is shipped()
    (tmp_path / "atlantis.toml").write_text(ATLANTIS)
    packs = packs_with(tmp_path)
    statuses = derive({Fact.REAL_CHILD: Value.YES}, date(2026, 11, 23), packs)
    (found,) = (one for one in statuses if one.jurisdiction == "atlantis")
    assert (found.answer, found.status, found.duties) == (Value.YES, "atlantis.sunk", ("atlantis.tell",))
    assert len(statuses) == len(derive({}, date(2026, 11, 23))) + 1


def test_an_operators_pack_takes_the_place_of_one_that_is_shipped(tmp_path: Path) -> None:
    (tmp_path / "nz.toml").write_text(
        'id = "nz"\nversion = "2027"\njurisdiction = "nz"\ntitle = "Ours"\nreviewer = "A. Lawyer"\n'
    )
    packs = packs_with(tmp_path)
    assert [(pack.reviewer, pack.origin) for pack in packs.packs if pack.id == "nz"] == [
        ("A. Lawyer", "nz.toml")
    ]
    with pytest.raises(UnknownRuleError):
        packs.versions("nz.119E")


def test_a_universal_schema_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "ucs.toml").write_text(
        """id = "interchange-ucs"
version = "2026"
jurisdiction = "interchange"
title = "Elements, as approved organisations have them"
reviewer = "not reviewed by a lawyer"
[[scheme]]
name = "ucs"
version = "v3-full"
title = "Universal Classification Schema"
owner = "INHOPE"
source = "the organisation itself"
confidence = "primary"
code = [{ code = "element-1" }]
"""
    )
    assert packs_with(tmp_path).scheme("ucs:v3-full").has("element-1")


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('id = "atlantis"', "id = ", "atlantis.toml is no TOML"),
        ('id = "atlantis"', 'id = "At lantis"', "'At lantis' is no id"),
        ('title = "Atlantis"', "", "`title` is to be a text"),
        ('title = "Atlantis"', 'title = " "', "`title` is to be a text"),
        ('title = "Atlantis"', 'title = "Atlantis"\nlaw = 1', "`law` is not known here"),
        ("effective_from = 2020-01-01", "", "atlantis.1: `effective_from` is missing"),
        ("effective_from = 2020-01-01", 'effective_from = "soon"', "`effective_from` is to be a date"),
        ("effective_from = 2020-01-01", "effective_from = 2020-01-01T00:00:00Z", "is to be a date"),
        ("effective_from = 2020-01-01", 'effective_from = "unknown"', "`effective_from` is to be a date"),
        ('status = "atlantis.sunk"', 'status = "x"\neffective_to = "unknown"', "is to be a date"),
        ('id = "atlantis"', "id = " + "[" * 3000, "atlantis.toml is no TOML"),
        ('status = "atlantis.sunk"', "", "rule atlantis.1: `status` is to be a text"),
        ('status = "atlantis.sunk"', 'status = "x"\neffective_from = 2019-01-01', "before its pack is"),
        ('status = "atlantis.sunk"', 'status = "x"\neffective_to = 2020-01-01', "which is not after"),
        ("version = 1\nstatus", "version = 0\nstatus", "`version` is to be a whole number"),
        ("version = 1\nstatus", "version = true\nstatus", "`version` is to be a whole number"),
        ('fact = "real_child"', 'fact = "illegal"', "`fact` has 'illegal', and may have present_danger"),
        ('is = "yes"', 'is = "undetermined"', "not knowing is no fact"),
        ('is = "yes"', 'is = "yes", age = ["0-2"]', "a condition has one of fact, age, scheme"),
        ('is = "yes"', 'is = "yes", sure = true', "`sure` is not known here"),
        ('scheme = "trident:1"', 'scheme = "trident:2"', "the scheme trident:2, which is in no pack"),
        ('codes = ["one"]', 'codes = ["three"]', "the code three, which trident:1 does not list"),
        ('codes = ["one"]', "codes = []", "`codes` is empty"),
        ("any = [", "all = [], any = [", "a condition has one of"),
        ('duties = ["atlantis.tell"]', 'duties = ["atlantis.swim"]', "the duty atlantis.swim"),
        ('within = "3 hours"', 'within = "3 fortnights"', "is no period such as `48 hours`"),
        ('within = "3 hours"', 'within = "3 hours"\nimmediately = true', "both immediately and within"),
        ('purposes = ["content"]', 'purposes = ["fun"]', "`purposes` has 'fun'"),
        ('keep = "1 month"', "", "it needs `keep`, `at_most` or both"),
        ('{ code = "two" }', '{ code = "one" }', "a code is there twice"),
        ('{ code = "two" }', '{ code = "a:b" }', "has a space or a colon"),
        ('name = "trident"', 'name = "iwf"', "asks for a code of the scheme trident:1"),
        ('name = "trident"\nversion = "1"', 'name = "iwf"\nversion = "2024"', "iwf:2024 is there twice"),
        ('id = "atlantis.1"', 'id = "uk.pca1978.s1"', "uk.pca1978.s1 is there twice with version 1"),
        ('id = "atlantis.1"\nversion = 1', 'id = "uk.pca1978.s1"\nversion = 2', "in force at the same time"),
        ('id = "atlantis.1"', 'id = "us.tida"', "us.tida names both a duty and a rule"),
        ('id = "atlantis.keep"', 'id = "atlantis.tell"', "names both a duty and a retention"),
    ],
)
def test_a_malformed_pack_is_refused_in_plain_words(
    tmp_path: Path, was: str, becomes: str, said: str
) -> None:
    assert ATLANTIS.count(was) >= 1
    text = ATLANTIS.replace(was, becomes, 1).replace("all = [], any", "all = []\nany")
    (tmp_path / "atlantis.toml").write_text(text)
    with pytest.raises(MalformedPackError, match=re.escape(said)):
        packs_with(tmp_path)


def test_the_pack_in_the_documents_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/explanation/law.md").read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "example.toml").write_text(example)
    packs = packs_with(tmp_path)
    statuses = derive({Fact.REAL_CHILD: Value.YES}, date(2026, 11, 23), packs, codes={"iwf:2024": "A"})
    (found,) = (one for one in statuses if one.jurisdiction == "atlantis")
    assert found.words.endswith("Not to be observed: what only a court can say. A court decides.")


def test_conditions_are_not_nested_without_end() -> None:
    deep = "{ all = [" * 9 + '{ fact = "drawing", is = "yes" }' + "] }" * 9
    text = ATLANTIS.replace('{ fact = "real_child", is = "yes" }', deep)
    with pytest.raises(MalformedPackError, match="nested more than 8 deep"):
        read_pack(text, "atlantis.toml")


def test_a_file_that_cannot_be_read_is_no_pack(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(MalformedPackError, match=r"odd\.toml cannot be read"):
        packs_with(tmp_path)


def test_a_pack_is_there_once() -> None:
    pack = read_pack(ATLANTIS, "atlantis.toml")
    with pytest.raises(MalformedPackError, match="the pack atlantis is there twice"):
        assemble([pack, pack])


def test_what_is_not_known_to_be_in_force_is_never_applied() -> None:
    for on in (date(2026, 11, 23), date(2999, 1, 1)):
        with pytest.raises(NotInForceError, match="not known to be in force"):
            shipped().duty("uk.osa20A", on)
    with pytest.raises(UnknownSchemeError):
        shipped().scheme("iwf")


def test_the_command_reads_the_folder_of_the_home(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "atlantis.toml").write_text(ATLANTIS)
    said = tocsin("law", "derive", "--fact", "real_child=yes", "--home", tmp_path)
    assert said.code == 0
    assert "atlantis.1  Sunk: yes" in said.out
    (tmp_path / "law" / "atlantis.toml").write_text("id = 1")
    said = tocsin("law", "packs", "--home", tmp_path)
    assert (said.code, said.out) == (4, "")
    assert "law.malformed_pack" in said.err
