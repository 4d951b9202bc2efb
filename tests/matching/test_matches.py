"""Under any policies: what matches, what is suppressed, and in which order it is said."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.known import MemoryItems, digest, distance, pdq

from tocsin.banks.model import BankKind, EntryDraft, Label, Policy
from tocsin.banks.store import UnknownBankError
from tocsin.content.model import Content
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.matching.matches import Match, Matcher, Matches
from tocsin.storage.home import Home

few = settings(max_examples=25, deadline=None)
EVIDENCE = [SignalType.SHA256, SignalType.SHA1, SignalType.MD5, SignalType.PDQ]
PLAIN_VIEWS = ("picture", "on-white")

policies = st.builds(
    Policy,
    kind=st.sampled_from(BankKind),
    radius=st.sampled_from([0, 1, 3, 31, 64]),
    quality_floor=st.sampled_from([0, 50, 80, 100]),
)
bits = st.lists(st.integers(0, 40), max_size=5, unique=True)
pdqs = st.builds(
    lambda bits, quality, view, dialect, turn: pdq(
        *bits, quality=quality, view=view, dialect=dialect, orientation=turn
    ),
    bits,
    st.sampled_from([None, 0, 49, 50, 79, 80, 100]),
    st.sampled_from(["picture", "on-white", "borderless", "frame-2"]),
    st.sampled_from(Dialect),
    st.sampled_from([Orientation.UPRIGHT, Orientation.MIRROR]),
)
digests = st.builds(
    digest, st.sampled_from([SignalType.MD5, SignalType.SHA1, SignalType.SHA256]), st.integers(0, 1)
)
signals = st.lists(pdqs | digests, max_size=6)


@st.composite
def known(draw: st.DrawFn) -> MemoryItems:
    """Up to four banks with up to three entries each."""
    items = MemoryItems(dict(zip("abcd", draw(st.lists(policies, max_size=4)), strict=False)))
    entry = 0
    for bank in items.policies:
        for content in draw(st.lists(signals, max_size=3)):
            entry += 1
            items.add(bank, entry, content)
    return items


def all_of(found: Matches) -> list[Match]:
    return [*found.matches, *(suppressed.match for suppressed in found.suppressed)]


def expected(items: MemoryItems, content: Sequence[Signal]) -> dict[tuple[str, int, SignalType], int]:
    """Which (bank, entry, type) match and at which distance, told again from the words of the promise."""
    names = sorted(items.policies)
    best: dict[tuple[str, int, SignalType], int] = {}
    for one in content:
        for other in items.signals:
            if one.type is not other.signal.type:
                continue
            bank = names[other.bank_id]
            policy = items.policies[bank]
            bits = distance(one.value, other.signal.value)
            plain = any(
                quality is not None and quality < policy.quality_floor
                for quality in (one.quality, other.signal.quality)
            )
            if bits > (0 if one.type.exact else policy.radius) or (plain and not one.type.exact):
                continue
            key = bank, other.entry_id, one.type
            best[key] = min(bits, best.get(key, 256))
    return best


@few
@given(known(), signals)
def test_each_entry_and_type_within_its_banks_policy_comes_once_and_nothing_else(
    items: MemoryItems, content: list[Signal]
) -> None:
    found = all_of(Matcher(items).match(content))
    assert len({(match.bank, match.entry, match.type) for match in found}) == len(found)
    assert {(match.bank, match.entry, match.type): match.distance for match in found} == expected(
        items, content
    )


@few
@given(known(), st.lists(signals, max_size=5))
def test_several_contents_at_once_match_as_each_by_itself(
    items: MemoryItems, contents: list[list[Signal]]
) -> None:
    matcher = Matcher(items)
    assert matcher.match_each(contents) == [matcher.match(one) for one in contents]


@few
@given(known(), signals)
def test_matches_come_best_first_and_say_the_radius_of_their_bank(
    items: MemoryItems, content: list[Signal]
) -> None:
    found = Matcher(items).match(content)
    for listed in (found.matches, [one.match for one in found.suppressed if one.by is None]):
        ranks = [(EVIDENCE.index(match.type), match.distance) for match in listed]
        assert ranks == sorted(ranks)
    for match in all_of(found):
        assert match.radius == (0 if match.type.exact else items.policies[match.bank].radius)


def ways(items: MemoryItems, content: Sequence[Signal]) -> list[tuple[str, int, SignalType, str | None, int]]:
    """Every (bank, entry, type, view, distance) within its bank's policy."""
    names = sorted(items.policies)
    return [
        (names[other.bank_id], other.entry_id, one.type, one.view, bits)
        for one in content
        for other in items.signals
        if one.type is other.signal.type
        for bits in (distance(one.value, other.signal.value),)
        for policy in (items.policies[names[other.bank_id]],)
        if bits <= (0 if one.type.exact else policy.radius)
        and (
            one.type.exact
            or all(q is None or q >= policy.quality_floor for q in (one.quality, other.signal.quality))
        )
    ]


@few
@given(known(), signals)
def test_an_allow_match_suppresses_just_what_is_no_better_evidence_in_its_view(
    items: MemoryItems, content: list[Signal]
) -> None:
    every = ways(items, content)
    allowing = [way for way in every if items.policies[way[0]].kind is BankKind.ALLOW]

    def withheld(kind: SignalType, view: str | None, bits: int) -> bool:
        return any(
            (EVIDENCE.index(other), distance_there) <= (EVIDENCE.index(kind), bits)
            and (other.exact or other_view == view)
            for _, _, other, other_view, distance_there in allowing
        )

    found = Matcher(items).match(content)
    reported = {
        (bank, entry, kind)
        for bank, entry, kind, view, bits in every
        if items.policies[bank].kind is BankKind.MATCH and not withheld(kind, view, bits)
    }
    assert {(match.bank, match.entry, match.type) for match in found.matches} == reported
    for match in found.matches:
        assert not withheld(match.type, match.view, match.distance)
    for suppressed in found.suppressed:
        assert (suppressed.by is None) == (items.policies[suppressed.match.bank].kind is BankKind.ALLOW)
        if suppressed.by is not None:
            assert items.policies[suppressed.by.bank].kind is BankKind.ALLOW


def test_a_harmless_frame_does_not_shield_an_animation() -> None:
    items = MemoryItems({"known": Policy(), "harmless": Policy(BankKind.ALLOW)})
    items.add("known", 1, [pdq(1, 2)])
    items.add("harmless", 2, [pdq(30, 31)])
    found = Matcher(items).match([pdq(30, 31, view="picture"), pdq(1, 2, view="frame-1")])
    assert [(match.entry, match.view) for match in found.matches] == [(1, "frame-1")]


@few
@given(known(), signals)
def test_an_exact_match_is_never_hidden_by_a_look_alike(items: MemoryItems, content: list[Signal]) -> None:
    """Leave exact digests out of the allow banks: whatever else they hold, no exact match is suppressed."""
    allow = {
        n for n, name in enumerate(sorted(items.policies)) if items.policies[name].kind is BankKind.ALLOW
    }
    items.signals = [one for one in items.signals if one.bank_id not in allow or not one.signal.type.exact]
    found = Matcher(items).match(content)
    assert not [one for one in found.suppressed if one.match.type.exact]


@few
@given(known(), signals)
def test_of_equally_near_ways_the_plainest_is_named(items: MemoryItems, content: list[Signal]) -> None:
    def plainness(signal: Signal) -> tuple[bool, bool, bool]:
        turned = signal.orientation is not Orientation.UPRIGHT
        return turned, signal.view not in PLAIN_VIEWS, signal.dialect is not Dialect.FULL

    for match in all_of(Matcher(items).match(content)):
        if match.type.exact:
            assert (match.view, match.dialect, match.orientation) == (None, None, None)
            continue
        floor = items.policies[match.bank].quality_floor
        candidates = [
            plainness(one)
            for one in content
            for other in items.signals
            if one.type is other.signal.type is SignalType.PDQ
            and other.entry_id == match.entry
            and distance(one.value, other.signal.value) == match.distance
            and all(q is None or q >= floor for q in (one.quality, other.signal.quality))
        ]
        named = pdq(
            view=match.view or "",
            dialect=match.dialect or Dialect.SQUASH512,
            orientation=match.orientation or Orientation.MIRROR,
        )
        assert plainness(named) == min(candidates)


@few
@given(known(), signals)
def test_a_filter_leaves_out_the_other_match_banks_and_no_allow_bank(
    items: MemoryItems, content: list[Signal]
) -> None:
    assume(items.policies)
    names = sorted(items.policies)
    chosen = names[: max(1, len(names) // 2)]
    kept = [n for n in names if n in chosen or items.policies[n].kind is BankKind.ALLOW]
    alone = MemoryItems({name: items.policies[name] for name in kept})
    alone.signals = [
        replace(one, bank_id=kept.index(names[one.bank_id]))
        for one in items.signals
        if names[one.bank_id] in kept
    ]
    assert Matcher(items, chosen).match(content) == Matcher(alone).match(content)


@few
@given(known(), signals)
def test_a_view_below_a_floor_is_said_to_be_too_plain(items: MemoryItems, content: list[Signal]) -> None:
    plain = Matcher(items).match(content).too_plain
    floors = [policy.quality_floor for policy in items.policies.values()]
    for signal in content:
        shown = signal.type is SignalType.PDQ and signal.orientation is Orientation.UPRIGHT
        below = signal.quality is not None and bool(floors) and signal.quality < max(floors)
        assert (signal in plain) == (shown and below)


@few
@given(known(), signals)
def test_a_type_is_compared_if_a_bank_would_take_one_of_its_signals(
    items: MemoryItems, content: list[Signal]
) -> None:
    said = Matcher(items).match(content).compared
    floors = [policy.quality_floor for policy in items.policies.values()]
    assert set(said) == {
        one.type for one in content if floors and (one.quality is None or one.quality >= min(floors))
    }
    assert sorted(said, key=EVIDENCE.index) == list(said)


def test_no_signals_and_no_banks_match_nothing() -> None:
    assert Matcher(MemoryItems({})).match([pdq(1), digest(SignalType.MD5, 1)]) == Matches()
    assert Matcher(MemoryItems({"a": Policy()})).match([]) == Matches()
    assert not Matcher(MemoryItems({})).match([pdq(1)]).compared


def test_an_unknown_bank_is_an_error_before_anything_is_matched() -> None:
    with pytest.raises(UnknownBankError, match="'nowhere'"):
        Matcher(MemoryItems({"a": Policy()}), ["a", "nowhere"])


def test_the_object_of_a_match_has_the_documented_shape() -> None:
    items = MemoryItems({"known": Policy(), "harmless": Policy(BankKind.ALLOW, radius=4)})
    items.add("known", 1, [pdq(1, 2), digest(SignalType.MD5, 7)])
    items.add("harmless", 2, [pdq(1)])
    said = (
        Matcher(items)
        .match([pdq(1, 2, 3, view="frame-1"), digest(SignalType.MD5, 7)])
        .to_json(Content("image", 9, ()))
    )
    near = {"dialect": "full", "labels": [], "orientation": "upright", "type": "pdq", "view": "frame-1"}
    assert said == {
        "kind": "image",
        "bytes": 9,
        "sha256": None,
        "matches": [
            {"bank": "known", "entry": 1, "type": "md5", "distance": 0, "radius": 0, "labels": []}
            | {"view": None, "dialect": None, "orientation": None},
            near | {"bank": "known", "entry": 1, "distance": 1, "radius": 31},
        ],
        "suppressed": [near | {"bank": "harmless", "entry": 2, "distance": 2, "radius": 4, "by": None}],
        "compared": ["md5", "pdq"],
        "too_plain": [],
        "refused": None,
    }


def test_the_same_in_a_real_home_where_policies_and_withdrawals_count_at_once(tmp_path: Path) -> None:
    label = Label("scheme", "2", "B1", "somebody", "2026-01-01")
    with Home.open(tmp_path / "home", create=True) as home:
        home.create_bank("known", Policy(radius=10))
        home.create_bank("harmless", Policy(BankKind.ALLOW))
        first = home.add_entries(
            "known", [EntryDraft((pdq(), digest(SignalType.SHA256, 5)), labels=(label,))]
        )
        home.add_entries("harmless", [EntryDraft((pdq(1, 2),))])
        content = [pdq(1), digest(SignalType.SHA256, 5)]

        found = Matcher(home).match(content)
        assert [(match.type, match.labels) for match in found.matches] == [(SignalType.SHA256, (label,))]
        assert [(one.match.bank, one.by is None) for one in found.suppressed] == [
            ("known", False),
            ("harmless", True),
        ]

        home.set_policy("harmless", Policy(BankKind.ALLOW, radius=0))
        assert [match.distance for match in Matcher(home).match(content).matches] == [0, 1]
        home.set_policy("known", Policy(radius=0))
        assert [match.type for match in Matcher(home).match(content).matches] == [SignalType.SHA256]
        home.withdraw(first.entry_ids, "a mistake")
        assert not Matcher(home).match(content).matches
