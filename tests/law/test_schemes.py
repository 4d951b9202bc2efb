"""Codes within their scheme, and steps between schemes that are refused."""

from dataclasses import replace
from itertools import permutations

import pytest

from tocsin.law.errors import NoCrosswalkError, UnknownSchemeError
from tocsin.law.model import Verdict
from tocsin.law.packs import shipped
from tocsin.law.schemes import code_of, crosswalk, knows


def test_codes_are_written_with_scheme_and_version() -> None:
    scheme, code = code_of("vics-us:2.0:0")
    assert (scheme.id, code) == ("vics-us:2.0", "0")
    assert code_of("ucs:v3:element-7")[1] == "element-7"
    for written in ("iwf:2024:D", "iwf:2024:", "iwf:A", "A", "", "iwf:2023:A", "ncmec:2025:a1"):
        with pytest.raises(UnknownSchemeError):
            code_of(written)


def test_which_codes_may_be_recorded() -> None:
    assert knows("ncmec:2025", "B2")
    assert knows("ncmec:2025", "")
    assert not knows("ncmec:2025", "C1")
    assert knows("vics-ca:2.0", "7")
    assert not knows("nowhere:1", "")


def test_no_code_is_turned_into_another_but_one_that_is_the_same() -> None:
    same = []
    for source, target in permutations(shipped().schemes.values(), 2):
        for code in source.codes:
            written = f"{source.id}:{code.code}"
            try:
                found = crosswalk(written, target.id)
            except NoCrosswalkError as error:
                assert f"{written} is not turned into a code of {target.id}: " in error.message  # noqa: PT017  # most raise
            else:
                assert found.verdict is Verdict.SAME
                same.append((written, target.id))
    assert same == [("iccam:2024:baseline", "interpol:2024")]


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("ncmec:2025:A1", "iwf:2024", "they grade by different things"),
        ("iwf:2024:C", "vics-us:2.0", "VICS 3 is computer graphics and animation"),
        ("vics-us-dhs:1:0", "vics-us:2.0", "0 and 5 are swapped"),
        ("interpol:2024:baseline", "iccam:2024", "a code means something within its scheme only"),
    ],
)
def test_the_reason_is_said(source: str, target: str, reason: str) -> None:
    with pytest.raises(NoCrosswalkError, match=reason):
        crosswalk(source, target)


def test_a_candidate_is_no_more_than_that() -> None:
    (candidate,) = (one for one in shipped().crosswalks if one.target == "uk.cja2009.s62")
    step = replace(candidate, source="iwf:2024:A", target="ncmec")
    packs = replace(shipped(), packs=(replace(shipped().packs[0], crosswalks=(step,)), *shipped().packs[1:]))
    with pytest.raises(NoCrosswalkError, match="a person has to observe what the rule asks"):
        crosswalk("iwf:2024:A", "ncmec:2025", packs)


def test_a_step_has_two_schemes_that_are_there() -> None:
    with pytest.raises(NoCrosswalkError, match="is a code of iwf:2024 already"):
        crosswalk("iwf:2024:A", "iwf:2024")
    with pytest.raises(UnknownSchemeError):
        crosswalk("iwf:2024:A", "moon:1")


def test_schemes_have_codes_and_no_prose_of_what_is_shown() -> None:
    for name in ("iwf:2024", "ncmec:2025", "caid:2024"):
        titles = {code.title for code in shipped().scheme(name).codes}
        assert titles <= {"", "Prohibited image"}
