"""What is said of looking at a file follows from the log of looks, and says no more than the log does."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cases.store_viewing import Look
from tocsin.filing.viewed import Extent, Inside, Viewed, counted, covers, viewed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHA256 = hashlib.sha256(b"a picture").digest()
PICTURE = Inside({0: Extent(1, complete=True)})
CASE = 7
SIDE = 4
"""Pictures of the property test have so many cells a side."""
CELL = 1_000_000 // SIDE
Region = tuple[int, int, int, int]
"""Left, top, width, height in cells."""


def look(  # noqa: PLR0913  # what is on record of a look
    shown: int | None = 10,
    *,
    region: "dict[str, int] | None" = None,
    still: int = 0,
    member: int = 0,
    failed: bool = False,
    metadata: bool = False,
    case: int = CASE,
    time: datetime = NOON,
) -> Look:
    """A look at an original, as the log has it; `shown` is None where no page said that it ended."""
    part: dict[str, object] = {"region": region, "still": still}
    if member:
        part["member"] = member
    if metadata:
        part = {"metadata": True}
    about = (date(2026, 3, 1), time, case, SHA256, json.dumps(part), "/cases/7", 10)
    return Look("person:anna", *about, 1, shown, failed)


def cells(left: int, top: int, width: int, height: int) -> dict[str, int]:
    """A region of whole cells."""
    sides = {"left": left, "top": top, "width": width, "height": height}
    return {name: one * CELL for name, one in sides.items()}


def said(*looks: Look, inside: Inside = PICTURE) -> Viewed:
    """What looks say."""
    return viewed(looks, lambda: inside)


def flags(*looks: Look, inside: Inside = PICTURE) -> tuple[bool | None, bool | None]:
    """The two flags that looks lead to."""
    found = said(*looks, inside=inside)
    return found.file, found.metadata


def never() -> Inside:
    """Fails: nobody looked, so nobody needs to know what there is."""
    pytest.fail("it was asked what there is to look at")


def test_nobody_has_looked() -> None:
    """Then neither file nor metadata was viewed, and no sandbox child is asked."""
    assert viewed([], never) == Viewed(
        file=False, metadata=False, because="nobody has looked at the original"
    )


def test_one_confirmed_look_at_all_of_a_picture() -> None:
    """That is what "viewed" means; it says nothing of the metadata."""
    assert flags(look(3)) == (True, False)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(look(None), None, id="a page that never said that the look ended"),
        pytest.param(look(0), False, id="a page that says that nothing was shown"),
        pytest.param(look(0, failed=True), False, id="a picture that could not be made"),
        pytest.param(
            look(None, failed=True), False, id="a picture that failed before its page said anything"
        ),
        pytest.param(look(region=cells(0, 0, 4, 3)), False, id="three quarters of it"),
        pytest.param(look(None, region=cells(0, 0, 4, 3)), False, id="three quarters, confirmed or not"),
    ],
)
def test_a_look_that_is_not_one_at_all_of_it(one: Look, expected: object) -> None:
    """A thumbnail that stayed blurred, or half a look, is no viewing; what nobody knows is not said."""
    assert said(one).file is expected


def test_regions_together() -> None:
    """Looks at parts add up; one that is not confirmed leaves it open."""
    left, right = cells(0, 0, 2, 4), cells(2, 0, 2, 4)
    assert said(look(region=left), look(region=right)).file is True
    assert said(look(region=left), look(None, region=right)).file is None
    assert said(look(region=left), look(failed=True, region=right)).file is False


def test_regions_in_thirds() -> None:
    """Thirds are logged as 333,333 millionths, three of which are not a million: no slit is made of that."""
    thirds = [round(place * 1_000_000 / 3) for place in range(3)]
    looks = [look(region={"left": at, "top": 0, "width": 333_333, "height": 1_000_000}) for at in thirds]
    assert said(*looks).file is True


@pytest.mark.parametrize(("gap", "whole"), [(2, True), (3, False)])
def test_a_slit_is_no_more_than_rounding_makes(gap: int, *, whole: bool) -> None:
    sides = {"top": 0, "height": 1_000_000}
    left = {"left": 0, "width": 500_000, **sides}
    right = {"left": 500_000 + gap, "width": 500_000 - gap, **sides}
    assert said(look(region=left), look(region=right)).file is whole


def test_an_animation() -> None:
    """Every still of it, and only where its stills are all its frames."""
    short = Inside({0: Extent(3, complete=True)})
    long = Inside({0: Extent(8, complete=False)})
    stills = [look(still=number) for number in range(8)]
    assert said(*stills[:3], inside=short).file is True
    assert said(*stills[:2], inside=short).file is False
    assert said(*stills[:2], look(None, still=2), inside=short).file is None
    assert said(*stills, inside=long).file is False


def test_an_archive() -> None:
    """Every member of it: one that nobody saw, or that cannot be shown, is a part that was not viewed."""
    members = {1: Extent(1, complete=True), 2: Extent(2, complete=True)}
    both = [look(member=1), look(member=2), look(member=2, still=1)]
    assert said(*both, inside=Inside(dict(members))).file is True
    assert said(*both[:2], inside=Inside(dict(members))).file is False
    assert said(*both, inside=Inside(dict(members), complete=False)).file is False
    text = Inside({**members, 3: Extent(0, complete=False)})
    assert said(*both, inside=text).file is False


def test_what_there_is_to_look_at_cannot_be_told() -> None:
    """Nobody knows then whether the first still is all."""
    unknown = Inside({0: None})
    assert said(look(), inside=unknown).file is None
    assert said(look(region=cells(0, 0, 1, 1)), inside=unknown).file is False


def test_an_empty_archive_is_not_viewed_by_looking_at_nothing() -> None:
    """All of nothing is not all of something."""
    assert said(look(), inside=Inside({})).file is False


def test_metadata() -> None:
    """It is "viewed" only by a confirmed look at it, and only where all of the file was viewed."""
    assert flags(look(), look(metadata=True)) == (True, True)
    assert flags(look(), look(None, metadata=True)) == (True, None)
    assert flags(look(), look(0, metadata=True)) == (True, False)
    assert flags(look(metadata=True)) == (False, None)
    assert flags(look(region=cells(0, 0, 1, 1)), look(metadata=True)) == (False, None)


def test_looks_elsewhere_do_not_count() -> None:
    """Equal bytes of another account, looked at in another case, are not this file; nor what came later."""
    hour = timedelta(hours=1)
    before, other, here = look(time=NOON - hour), look(case=8), look(time=NOON + hour)
    assert counted([before, other, here, look(failed=True)], CASE, NOON) == (here,)


regions = st.tuples(*[st.integers(0, SIDE - 1)] * 2, *[st.integers(1, SIDE)] * 2).map(
    lambda one: (one[0], one[1], min(one[2], SIDE - one[0]), min(one[3], SIDE - one[1]))
)
logs = st.lists(
    st.builds(
        look,
        st.sampled_from([None, 0, 1, 10]),
        region=st.one_of(st.none(), regions.map(lambda one: cells(*one))),
        still=st.integers(0, 2),
        member=st.integers(0, 2),
        failed=st.booleans(),
        metadata=st.sampled_from([False, False, False, True]),
    ),
    max_size=30,
)
insides = st.builds(
    Inside,
    st.dictionaries(
        st.integers(0, 2),
        st.one_of(st.none(), st.builds(Extent, st.integers(0, 3), complete=st.booleans())),
        max_size=3,
    ),
    st.booleans(),
)


def _painted(looks: list[Look], *, granted: bool) -> dict[tuple[int, int], set[tuple[int, int]]]:
    """The cells that were shown of each member and still; with `granted` also those that may have been."""
    painted: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for one in looks:
        part = json.loads(one.part)
        shown = one.shown is None if granted and one.shown is None else bool(one.shown)
        if one.failed or not shown or "metadata" in part:
            continue
        at = part["region"] or cells(0, 0, SIDE, SIDE)
        across = range(at["left"] // CELL, (at["left"] + at["width"]) // CELL)
        down = range(at["top"] // CELL, (at["top"] + at["height"]) // CELL)
        seen = painted.setdefault((part.get("member", 0), part["still"]), set())
        seen |= {(x, y) for x in across for y in down}
    return painted


def _every(painted: dict[tuple[int, int], set[tuple[int, int]]], inside: Inside) -> bool:
    """Whether every cell of everything there is was painted; of what cannot be told, of its first still."""
    return inside.complete and bool(inside.parts) and all(
        (one is None or (one.complete and one.stills > 0))
        and all(
            len(painted.get((member, still), ())) == SIDE * SIDE
            for still in range(1 if one is None else one.stills)
        )
        for member, one in inside.parts.items()
    )  # fmt: skip


@given(logs, insides)
def test_any_log(looks: list[Look], inside: Inside) -> None:
    """Against painting by cells: true only if each was shown, false only if one certainly was not."""
    found = viewed(looks, lambda: inside)
    known = all(one is not None for one in inside.parts.values())
    certain = known and _every(_painted(looks, granted=False), inside)
    possible = _every(_painted(looks, granted=True), inside)
    assert found.file is (True if certain else None if possible else False)
    confirmed = any("metadata" in one.part and one.shown and not one.failed for one in looks)
    if found.metadata:
        assert found.file
        assert confirmed
    if found.metadata is False:
        assert not confirmed


@given(st.lists(regions, max_size=12))
def test_covering(found: list[Region]) -> None:
    """Rectangles cover a picture if and only if they cover each of its cells."""
    painted = {
        (x, y)
        for left, top, width, height in found
        for x in range(left, left + width)
        for y in range(top, top + height)
    }
    rectangles = [
        (left * CELL, top * CELL, (left + width) * CELL, (top + height) * CELL)
        for left, top, width, height in found
    ]
    assert covers(rectangles) is (len(painted) == SIDE * SIDE)
