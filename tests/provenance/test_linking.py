"""Linking: what links files and what does not, whatever their order and whatever their names."""

import json
from itertools import chain
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.explained import Pair, item, link_files, place, rule, sharing

from tocsin.cli.link import SHOWN, lines
from tocsin.provenance.answer import Explanation, explanation_of
from tocsin.provenance.linking import Answer, link
from tocsin.provenance.linking.model import Links
from tocsin.provenance.linking.sightings import MAX_PER_FILE, MAX_VALUE
from tocsin.provenance.linking.weighing import scale
from tocsin.provenance.model import FingerprintKind as Kind
from tocsin.provenance.model import ForgeCost

LORA: Pair = (Kind.ADAPTER, "hills v3 0123456789ab")
SEED: Pair = (Kind.SEED, "3735928559")
PROMPT: Pair = (Kind.PROMPT, "ab" * 32)
MODEL: Pair = (Kind.MODEL_HASH, "0badc0ffee")
TABLES: Pair = (Kind.TABLES, "cd" * 32)
NOTHING = sharing()


def linked(*answers: tuple[str, Explanation]) -> Links:
    return link_files(answers)


def groups(links: Links) -> list[tuple[str, ...]]:
    return [group.files for group in links.groups]


def test_a_rare_fingerprint_links_and_says_where_it_was_read() -> None:
    links = linked(("b.png", sharing(LORA)), ("a.png", sharing(LORA)), ("c.png", NOTHING))
    assert groups(links) == [("a.png", "b.png")]
    assert links.ungrouped == ("c.png",)
    (one,) = links.groups[0].links
    assert one.rules == ("test.sign@1",)
    assert [(r.file, r.container, r.segment, r.offset, r.length) for r in one.readings] == [
        ("a.png", "png", "tEXt parameters", 33, 100),
        ("b.png", "png", "tEXt parameters", 33, 100),
    ]
    assert one.weight == 0.7
    assert "2 of 3 files have it" in one.why
    assert links.counts.without_fingerprint == 1


@pytest.mark.parametrize(
    "pair",
    [
        MODEL,
        TABLES,
        SEED,
        PROMPT,
        (Kind.ENCODER, "x264 crf=23"),
        (Kind.WORKFLOW, "ef" * 32),
        (Kind.DEVICE, "0000000000"),
        (Kind.DEVICE, "canon body 123456"),
        (Kind.DEVICE, "canon body 1234567890"),
        (Kind.DEVICE, "canon lens 012345678901"),
        (Kind.DEVICE, "nikon body 111111"),
        (Kind.DEVICE, "unlisted maker body AAAAAA"),
        (Kind.DEVICE, "nikon lens 00-00-00"),
        (Kind.DEVICE, "nikon lens 987654321"),
        (Kind.DEVICE, "nikon body None"),
        (Kind.AUTHOR, "Unknown"),
        (Kind.INPUT_FILE, "C:\\pictures\\image (2).PNG"),
        (Kind.INPUT_FILE, "00012.png"),
        (Kind.SIGNER, "1234 OpenAI Media Service/OpenAI"),
    ],
)
def test_what_is_common_by_nature_makes_no_link_and_says_so(pair: Pair) -> None:
    links = linked(("a", sharing(pair)), ("b", sharing(pair)), ("c", NOTHING))
    assert not links.groups
    assert links.ungrouped == ("a", "b", "c")
    (weak,) = links.shared_but_weak
    assert (weak.part.fingerprint.kind, weak.part.fingerprint.value) == pair
    assert weak.part.weight < 0.5
    assert weak.sharing == 2
    assert weak.files == ("a", "b")
    assert weak.part.why


def test_two_weak_ones_add_up() -> None:
    links = linked(("a", sharing(SEED, PROMPT)), ("b", sharing(SEED, PROMPT)), ("c", sharing(SEED)))
    assert groups(links) == [("a", "b")]
    (one,) = links.groups[0].links
    assert [part.fingerprint.kind for part in one.parts] == [Kind.SEED, Kind.PROMPT]
    assert one.weight == 0.75
    assert "None of these makes a link alone" in one.why
    assert {weak.part.fingerprint.kind: weak.sharing for weak in links.shared_but_weak} == {
        Kind.SEED: 3,
        Kind.PROMPT: 2,
    }


def test_what_says_one_thing_twice_counts_once() -> None:
    answer = sharing(SEED, PROMPT, MODEL, (Kind.MODEL_NAME, "hills"))
    ((one,),) = [group.links for group in linked(("a", answer), ("b", answer)).groups]
    assert len(one.parts) == 4
    assert one.weight == 1.0
    assert "counts once" in one.why
    model = sharing(MODEL, (Kind.MODEL_NAME, "hills"), TABLES, (Kind.ENCODER, "x264 crf=23"))
    assert not linked(("a", model), ("b", model)).groups


@pytest.mark.parametrize("seed", ["0", "-1", "1", "42", "156680208700286"])
def test_seeds_that_people_type_add_nothing(seed: str) -> None:
    answer = sharing((Kind.SEED, seed), PROMPT)
    assert not linked(("a", answer), ("b", answer)).groups


def test_what_many_have_together_does_not_add_up() -> None:
    both = sharing(SEED, PROMPT)
    links = link_files((f"{number:04}", both) for number in range(900))
    assert not links.groups
    assert {weak.sharing for weak in links.shared_but_weak} == {900}


def test_frequency_weighs_down_what_looks_specific_and_says_so() -> None:
    answers = [(f"{number:04}", sharing(LORA) if number < 600 else NOTHING) for number in range(3000)]
    links = link_files(answers)
    assert not links.groups
    (weak,) = links.shared_but_weak
    assert "600 of 3,000 files have it, which brings it from 0.70 down to 0.20" in weak.part.why
    assert len(weak.files) == 10


def test_the_serial_number_of_a_device_links_however_many_have_it() -> None:
    answer = sharing((Kind.DEVICE, "SN 4711"))
    links = link_files((f"{number:04}", answer) for number in range(2000))
    assert len(links.groups[0].files) == 2000


@pytest.mark.parametrize("number", ["032021001234", "112233", "0000c14f02", "123457", "4711"])
def test_a_serial_number_that_is_no_placeholder_links_and_claims_no_more_than_it_can(number: str) -> None:
    answer = sharing((Kind.DEVICE, f"canon body {number}"))
    (one,) = linked(("a", answer), ("b", answer)).groups[0].links
    assert one.weight < 1
    assert "can be typed or copied" in one.why


COPY = "ab" * 32


def test_identical_files_are_one_content_and_make_no_link() -> None:
    answers = [Answer(name, COPY, sharing(LORA)) for name in ("c.png", "a.png", "b.png")]
    links = link([*answers, Answer("d.png", "cd" * 32, NOTHING)])
    assert not links.groups
    assert not links.shared_but_weak
    assert links.ungrouped == ("a.png", "b.png", "c.png", "d.png")
    assert [(one.sha256, one.files) for one in links.copies] == [(COPY, ("a.png", "b.png", "c.png"))]
    assert (links.counts.files, links.counts.contents, links.counts.shared) == (4, 2, 0)
    assert links.counts.without_fingerprint == 1


def test_copies_are_listed_with_the_content_and_counted_apart() -> None:
    links = link(
        Answer(name, digest, sharing(LORA))
        for name, digest in (("a", COPY), ("b", "cd" * 32), ("c", COPY), ("d", None), ("c", COPY))
    )
    (group,) = links.groups
    assert group.files == ("a", "c", "b", "d")
    assert group.counted == group.links[0].counted == "3 contents in 4 files"
    assert "3 of 3 contents have it" in group.links[0].why
    assert [reading.file for reading in group.links[0].readings] == ["a", "b", "d"]
    assert links.counts.in_groups == 4
    told = "\n".join(lines(links, 80))
    assert "group 1: 3 contents in 4 files" in told
    assert "same content: c" in told


def test_what_was_read_from_one_copy_alone_holds_for_the_content() -> None:
    """A reader may have been stopped at one of them."""
    links = link(
        [Answer("a", COPY, NOTHING), Answer("b", COPY, sharing(LORA)), Answer("c", None, sharing(LORA))]
    )
    assert groups(links) == [("a", "b", "c")]
    assert links.counts.without_fingerprint == 0


def test_two_contents_of_one_name_are_both_told() -> None:
    """An archive may hold two members of one name."""
    links = link(Answer("a.zip, member x", digest, sharing(LORA)) for digest in (COPY, "cd" * 32))
    assert groups(links) == [("a.zip, member x", "a.zip, member x")]


def test_long_lists_are_counted_on_a_terminal() -> None:
    many = linked(*((f"{number:03}", NOTHING) for number in range(SHOWN + 1)))
    told = list(lines(many, 80))
    assert f"{SHOWN + 1} files in no group; --json lists them all" in told
    assert "  000" not in told
    one = "\n".join(lines(linked(("alone", NOTHING)), 80))
    assert "1 file, 0 of them in 0 groups" in one
    assert "1 file in no group:\n  alone" in one


@pytest.mark.parametrize("width", [60, 80, 200])
def test_lines_keep_to_the_width_and_end_with_what_links_do_not_prove(width: int) -> None:
    answer = sharing(LORA, SEED, PROMPT, MODEL)
    told = list(lines(linked(("a", answer), ("b", answer)), width))
    assert max(map(len, told)) <= max(width, len(f"        {PROMPT[1]},"))
    assert " ".join(told).replace("\n", " ").endswith("how soon it should be looked at.")
    assert "can be copied from one file to another" in " ".join(told)


def test_a_trusted_signer_links_to_the_vendor_and_a_self_made_one_to_a_hand() -> None:
    pair = (Kind.SIGNER, "99 Somebody")
    own = explanation_of([item(pair, by=rule(forge_cost=ForgeCost.SELF_MADE_KEY))])
    vouched = explanation_of([item(pair, by=rule("test.trusted", forge_cost=ForgeCost.CA_KEY))])
    assert groups(linked(("a", own), ("b", own))) == [("a", "b")]
    sonya = explanation_of([item((Kind.SIGNER, "98 Sonya"), by=rule(forge_cost=ForgeCost.SELF_MADE_KEY))])
    assert groups(linked(("a", sonya), ("b", sonya))) == [("a", "b")]
    links = linked(("a", own), ("b", own), ("c", vouched))
    assert not links.groups
    assert "not to a hand" in links.shared_but_weak[0].part.why


def test_tables_of_a_common_library_weigh_next_to_nothing() -> None:
    library = explanation_of([item(TABLES, by=rule("camera.tables.ijg")), item(MODEL, PROMPT)])
    own = explanation_of([item(TABLES, by=rule("camera.tables.own")), item(PROMPT)])
    (weak,) = [one for one in linked(("a", library), ("b", library)).shared_but_weak if one.part.weight < 0.1]
    assert weak.part.fingerprint.kind is Kind.TABLES
    assert groups(linked(("a", own), ("b", own))) == [("a", "b")]


def test_files_are_one_group_over_others() -> None:
    device = (Kind.DEVICE, "SN 4711")
    links = linked(("a", sharing(LORA)), ("b", sharing(LORA, device)), ("c", sharing(device)))
    assert groups(links) == [("a", "b", "c")]
    assert [one.weight for one in links.groups[0].links] == [0.8, 0.7]


def test_no_hub_costs_the_square_of_its_files() -> None:
    """All pairs of 10,000 files would be 50 million; this would not end within the time of a test."""
    device = sharing((Kind.DEVICE, "SN 4711"), SEED, PROMPT)
    links = link_files((str(number), device) for number in range(10_000))
    assert len(links.groups[0].links[0].files) == 10_000


def test_many_light_ones_do_not_crowd_out_what_adds_up() -> None:
    names = [(Kind.MODEL_NAME, f"hills {number}") for number in range(20)]
    answer = sharing(*names, SEED, PROMPT)
    assert groups(linked(("a", answer), ("b", answer))) == [("a", "b")]


def test_what_cannot_be_kept_is_counted() -> None:
    many = sharing(*((Kind.JOB, f"job {number}") for number in range(MAX_PER_FILE + 5)))
    links = linked(("a", sharing((Kind.JOB, "x" * (MAX_VALUE + 1)))), ("b", many), ("c", many))
    assert links.counts.dropped == (("beyond 256 of one file", 10), ("longer than 4,096 characters", 1))
    assert groups(links) == [("b", "c")]


def test_a_place_that_cannot_be_is_no_place() -> None:
    answer = explanation_of([item(LORA, where=(place(2**70),))])
    links = linked(("a", answer), ("b", answer))
    assert {reading.offset for reading in links.groups[0].links[0].readings} == {None}


def test_what_is_in_the_pixels_links_too() -> None:
    answer = explanation_of([item(LORA, where=(place(None, "pixels"),))])
    links = linked(("a", answer), ("b", answer))
    assert {reading.segment for reading in links.groups[0].links[0].readings} == {"pixels"}


def test_lines_and_json_are_safe_and_whole() -> None:
    hostile = ("\udcff\u202e<script>.png", "b\nc.png")
    links = link_files((name, sharing((Kind.ADAPTER, "\u202e\x1b[31m<b>"), SEED, PROMPT)) for name in hostile)
    told = list(lines(links, 80))
    assert all(line.isprintable() for line in told)
    assert "  \\udcff\\u202e<script>.png" in told
    printed = json.loads(json.dumps(links.to_json()))
    assert set(printed) == {"groups", "ungrouped", "copies", "shared_but_weak", "counts"}
    one, other = printed["groups"][0]["links"]
    assert set(one) == {"kind", "value", "weight", "why", "with", "contents", "files", "rules", "places"}
    assert other["with"] == []
    assert {len(one["with"]), len(other["with"])} == {0, 1}
    assert printed["groups"][0]["files"] == sorted(hostile)


def test_the_data_file_speaks_of_every_kind_and_no_common_value_links_alone() -> None:
    figures = scale()
    assert set(figures.kinds) == set(Kind)
    assert all(kind.least <= kind.base <= 1 and kind.reason for kind in figures.kinds.values())
    every = [*chain.from_iterable(figures.common.values())]
    assert all(common.weight < figures.part < figures.threshold and common.reason for common in every)


VALUES = {
    Kind.ADAPTER: ["one", "two", "three"],
    Kind.DEVICE: ["SN 1", "000"],
    Kind.SEED: ["3735928559", "3405691582", "1"],
    Kind.PROMPT: ["aa", "bb"],
    Kind.MODEL_HASH: ["0badc0ffee", "6ce0161689"],
    Kind.WORKFLOW: ["cc"],
    Kind.SIGNER: ["12 A", "13 B"],
}
PAIRS = [(kind, value) for kind, values in VALUES.items() for value in values]
FOLDERS = st.dictionaries(
    st.text(min_size=1, max_size=4), st.lists(st.sampled_from(PAIRS), max_size=5).map(tuple), max_size=12
)
Folder = dict[str, tuple[Pair, ...]]


@settings(max_examples=50)
@given(FOLDERS, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(folder: Folder, random: Random) -> None:
    answers = [(path, sharing(*pairs)) for path, pairs in folder.items()]
    forwards = link_files(answers)
    random.shuffle(answers)
    assert link_files(answers) == forwards
    assert link_files(reversed(answers)) == forwards


def shape(links: Links) -> list[tuple[list[str], list[tuple[float, list[str]]]]]:
    """Groups and links by the first files of their contents."""
    return [
        (
            [content.files[0] for content in group.contents],
            [(one.weight, [content.files[0] for content in one.contents]) for one in group.links],
        )
        for group in links.groups
    ]


@settings(max_examples=50)
@given(FOLDERS, st.integers(1, 30))
def test_copies_change_no_group_no_link_and_no_weight(folder: Folder, copies: int) -> None:
    answers = [
        Answer(path, f"{number:064}", sharing(*pairs)) for number, (path, pairs) in enumerate(folder.items())
    ]
    more = [one._replace(path=f"{one.path}\U0010ffff{number}") for one in answers for number in range(copies)]
    before, after = link(answers), link([*answers, *more])
    assert shape(before) == shape(after)
    assert [weak.part.weight for weak in before.shared_but_weak] == [
        weak.part.weight for weak in after.shared_but_weak
    ]
    told = [*chain.from_iterable(group.files for group in after.groups), *after.ungrouped]
    assert sorted(told) == sorted(one.path for one in (*answers, *more))


@settings(max_examples=50)
@given(FOLDERS)
def test_every_file_is_told_once_and_all_evidence_is_true(folder: Folder) -> None:
    links = link_files((path, sharing(*pairs)) for path, pairs in folder.items())
    told = [*chain.from_iterable(group.files for group in links.groups), *links.ungrouped]
    assert sorted(told) == sorted(folder)
    for group in links.groups:
        assert len(group.files) > 1
        assert set(group.files) == set(chain.from_iterable(one.files for one in group.links))
        for one in group.links:
            assert one.weight >= 0.5
            wanted = {(part.fingerprint.kind, part.fingerprint.value) for part in one.parts}
            assert {path for path, pairs in folder.items() if wanted <= set(pairs)} == set(one.files)
            assert {reading.file for reading in one.readings} == set(one.files)
    for weak in links.shared_but_weak:
        pair = (weak.part.fingerprint.kind, weak.part.fingerprint.value)
        having = [path for path, pairs in folder.items() if pair in pairs]
        assert weak.sharing == len(having) > 1
        assert set(weak.files) <= set(having)


@settings(max_examples=15)
@given(FOLDERS, st.sampled_from([1, 30, 1500]))
def test_files_that_share_nothing_never_part_a_group(folder: Folder, more: int) -> None:
    """The rule: weights only rise when files are added that do not have the fingerprint."""
    answers = [(path, sharing(*pairs)) for path, pairs in folder.items()]
    copies = [(f"{path} {number}", answer) for path, answer in answers for number in range(20)]
    unrelated = [(f"unrelated {number}", NOTHING) for number in range(more)]
    before = link_files(copies)
    after = {file: group.files for group in link_files([*copies, *unrelated]).groups for file in group.files}
    for group in before.groups:
        assert set(group.files) <= set(after[group.files[0]])
