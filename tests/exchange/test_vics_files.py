"""VICS files: every trap either read right or the file refused whole; what is written means the same."""

import io
import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.banks.lists.objects import Json
from tocsin.banks.lists.source import Source
from tocsin.banks.model import BankKind, Entry, EntryDraft, Label, Policy
from tocsin.exchange import rights
from tocsin.exchange.files import vics_writing
from tocsin.exchange.files.errors import (
    FileCutError,
    MalformedFileError,
    NothingReadError,
    NotThisFormatError,
    SchemeConflictError,
    UnwritableSchemeError,
    WrongBankKindError,
)
from tocsin.exchange.files.formats import FileFormat, FileOptions
from tocsin.exchange.files.importing import import_partner_file
from tocsin.exchange.files.json_text import MAX_ITEM
from tocsin.exchange.files.reading import Reading
from tocsin.exchange.files.staging import Item, Staging
from tocsin.hashing.signals import SignalType
from tocsin.storage.home import Home

US = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"
OLD = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"
MD5 = "0123456789ABCDEF" * 2
SHA1 = "0123456789" * 4


class Slowly(io.BytesIO):
    """Gives a few bytes at a time, so that every place is once the end of what has been read."""

    def read(self, size: int | None = -1, /) -> bytes:
        """At most seven bytes."""
        return super().read(min(7, size if size is not None and size >= 0 else 7))


def document(media: Sequence[object], context: str = US, name: str = "@odata.context") -> str:
    """A file of these media records."""
    return json.dumps({name: context, "value": media})


def read(
    data: bytes | str, scheme: tuple[str, str] | None = None, form: FileFormat = FileFormat.VICS
) -> tuple[dict[str, Item], Reading]:
    """What a file says, by key."""
    raw = data.encode() if isinstance(data, str) else data
    with Staging() as staging:
        options = FileOptions(form, scheme=scheme)
        reading = Reading(Source.open(io.BytesIO(raw)), options, staging, lambda _done, _size: None)
        reading.run()
        return {item.key: item for item in staging.merged()}, reading


def one(record: dict[str, object], context: str = US, name: str = "@odata.context") -> Item:
    """What a file of one record says."""
    items, _ = read(document([{"MD5": MD5, **record}], context, name))
    return items[MD5.lower()]


def test_a_category_keeps_the_scheme_of_region_and_version_and_0_is_one() -> None:
    assert one({"Category": 0}).labels == (Label("vics-us", "2.0", "0"),)
    assert one({"Category": "3"}, US.replace("/US/", "/UK/")).labels == (Label("vics-uk", "2.0", "3"),)
    assert one({"Category": 1}, OLD, "odata.metadata").labels == (Label("vics", "1.3", "1"),)
    assert one({"Category": None}).labels == one({}).labels == ()


def test_the_scheme_that_somebody_says_holds_where_the_file_says_none() -> None:
    old = document([{"MD5": MD5, "Category": 0}], OLD, "odata.metadata")
    items, _ = read(old, ("vics-us-dhs", "1"))
    assert items[MD5.lower()].labels == (Label("vics-us-dhs", "1", "0"),)
    with pytest.raises(SchemeConflictError):
        read(document([{"MD5": MD5, "Category": 0}]), ("vics-us-dhs", "1"))


def test_both_dates_and_booleans_as_texts() -> None:
    net = one({"Category": 1, "DateUpdated": "/Date(1686104000000+0200)/", "PrecategorizationSource": "X"})
    iso = one({"Category": 1, "DateUpdated": "2023-06-07T02:13:20.000Z", "PrecategorizationSource": "X"})
    assert net.labels == iso.labels == (Label("vics-us", "2.0", "1", "X", "2023-06-07T02:13:20.000Z"),)
    texts = one({"IsDistributed": "TRUE", "VictimIdentified": "false"})
    assert texts == one({"IsDistributed": True, "VictimIdentified": False})
    assert Label("vics:VictimIdentified", "2.0", "false") in texts.labels


def test_records_of_one_file_become_one_item_with_all_that_they_say() -> None:
    rows = [
        {"MD5": MD5, "Category": 1, "SHA1": SHA1},
        {"MD5": "ff" * 16, "Category": 0},
        {
            "MD5": MD5.lower(),
            "Category": 2,
            "AlternativeHashes": [{"HashName": "PDQ", "HashValue": "ab" * 32}],
        },
    ]
    items, reading = read(document(rows))
    merged = items[MD5.lower()]
    assert {kind for kind, _ in merged.signals} == {SignalType.MD5, SignalType.SHA1, SignalType.PDQ}
    assert [label.code for label in merged.labels] == ["1", "2"]
    assert (len(items), reading.records) == (2, 3)


def test_photodna_is_kept_as_it_is_written_and_fields_that_are_not_kept_are_counted() -> None:
    items, reading = read(
        document([{"MD5": MD5, "PhotoDNA": "QUJD" * 48, "Comments": "x", "Exifs": [], "MediaSize": 5}])
    )
    assert items[MD5.lower()].labels == (Label("fingerprint:photodna", "", "QUJD" * 48),)
    assert reading.told.left_out == {"Comments": 1, "MediaSize": 1}


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"MD5": "12"}, "bad_hash"),
        ({"Category": 1}, "bad_hash"),
        ({"MD5": MD5, "Category": True}, "bad_category"),
        ({"MD5": MD5, "Category": -1}, "bad_category"),
        ({"MD5": MD5, "Series": "a\0b"}, "bad_text"),
        ({"MD5": MD5, "Series": "\ud800"}, "bad_text"),
        ({"MD5": MD5, "Series": "x" * 2000}, "too_long"),
        (
            {"MD5": MD5, "AlternativeHashes": [{"HashName": f"n{n}", "HashValue": "1"} for n in range(500)]},
            "",
        ),
        ([], "bad_record"),
        (7, "bad_record"),
    ],
)
def test_a_bad_record_is_set_aside_alone(record: object, code: str) -> None:
    _, reading = read(document([{"MD5": "ff" * 16}, record, {"MD5": "ee" * 16}]))
    assert [bad.code for bad in reading.bad.lines] == ([code] if code else [])


def test_cut_at_any_byte_it_is_refused_whole() -> None:
    row = {"MD5": MD5, "Category": 10, "Series": '\u00e9\\"', "IsDistributed": "true", "MediaSize": 12.5}
    cases = US.replace("#Media", "#Cases")
    for text in (document([row, row]), document([{"CaseNumber": "7", "Media": [row, row]}], cases)):
        data = b"\xef\xbb\xbf" + text.replace("\\u00e9", "\u00e9").encode()
        whole, _ = read(data)
        assert len(whole) == 1
        for end in range(len(data)):
            with pytest.raises((FileCutError, NotThisFormatError)):
                read(data[:end])


def test_read_in_pieces_of_any_size_it_says_the_same() -> None:
    text = document([{"MD5": f"{n:032x}", "Category": n, "Series": "\\ \u00e9 \u20ac"} for n in range(50)])
    with Staging() as staging:
        options = FileOptions(FileFormat.VICS)
        source = Source.open(Slowly(text.encode()))
        Reading(source, options, staging, lambda _done, _size: None).run()
        assert {item.key: item for item in staging.merged()} == read(text)[0]


def test_single_backslashes_and_tabs_of_files_written_by_hand_mean_themselves() -> None:
    rows = [{"MD5": f"{n:032x}", "Series": f"C:^Dir^{n}", "Tags": "a~b"} for n in range(30)]
    items, reading = read(document(rows).replace("^", "\\").replace("~", "\t"))
    assert items[f"{3:032x}"].labels == (
        Label("vics:Series", "2.0", "C:\\Dir\\3"),
        Label("vics:Tags", "2.0", "a\tb"),
    )
    assert reading.told.mended == 30 * 2


@pytest.mark.parametrize(
    "text",
    [
        document([{"MD5": MD5, "Series": "@"}]).replace("@", 'a "quoted" word'),
        document([{"MD5": MD5}]) + "{}",
        document([{"MD5": MD5}])[:-1] + ', "rest": NaN}' + " " * 40,
        document([{"MD5": MD5}]).replace("[", "[" + "[" * 200_000),
        document([{"MD5": MD5, "Comments": "@"}]).replace('"@"', "9" * 10_000) + " " * 40,
        document([{"MD5": MD5, "Comments": "x" * (MAX_ITEM + 2_000_000)}]),
        document([{"MD5": MD5}]).replace("]}", "],}" + " " * 40),
    ],
    ids=["quote", "two", "nan", "deep", "number", "long", "comma"],
)
def test_what_is_no_json_or_a_bomb_is_refused_whole(text: str) -> None:
    with pytest.raises(MalformedFileError):
        read(text)


def test_bytes_that_are_no_utf8_and_other_files_are_refused() -> None:
    with pytest.raises(MalformedFileError):
        read(document([{"MD5": MD5, "Series": "@"}] * 9).encode().replace(b"@", b"\xff"))
    for text in (
        "[]",
        '{"value": []}',
        '{"@odata.context": "http://example.org/$metadata#Media", "value": []}',
        json.dumps({"value": [], "@odata.context": US}),
        json.dumps({"@odata.context": US}),
    ):
        with pytest.raises(NotThisFormatError):
            read(text)
    with pytest.raises(NothingReadError):
        read(document([{"MD5": "x"}]))


def test_only_nsrls_own_kind_of_vics_is_a_set_of_benign_files() -> None:
    context = OLD.replace("1.3", "1.2")
    items, _ = read(document([{"MD5": MD5, "Category": 8}], context, "odata.metadata"), None, FileFormat.NSRL)
    assert len(items) == 1
    rows = [{"MD5": MD5, "Category": 8}, {"MD5": "ff" * 16, "Category": 1}]
    for text in (
        document(rows, context, "odata.metadata"),
        document([{"MD5": MD5, "Category": 8}]),
        document([{"MD5": MD5}], context, "odata.metadata"),
    ):
        with pytest.raises(NotThisFormatError):
            read(text, None, FileFormat.NSRL)


hexes = {kind: st.binary(min_size=kind.size, max_size=kind.size).map(bytes.hex) for kind in SignalType}
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text == text.strip()
)
records = st.fixed_dictionaries(
    {"MD5": st.sampled_from([f"{n:032x}" for n in range(4)])},
    optional={
        "Category": st.none() | st.integers(0, 9),
        "SHA1": hexes[SignalType.SHA1],
        "PhotoDNA": st.sampled_from(["QUJD" * 48, "REVG" * 48]),
        "IsDistributed": st.booleans() | st.sampled_from(["true", "False"]),
        "VictimIdentified": st.booleans(),
        "Series": words,
        "Tags": words,
        "PrecategorizationSource": words,
        "DateUpdated": st.sampled_from(["2023-06-07T02:13:20.5Z", "/Date(1686104000000)/"]),
        "AlternativeHashes": st.lists(
            st.one_of(
                *(
                    st.builds(
                        lambda name, value: {"HashName": name, "HashValue": value}, st.just(kind), hashes
                    )
                    for kind, hashes in hexes.items()
                ),
                st.just({"HashName": "Other", "HashValue": "abc"}),
            ),
            max_size=3,
        ),
    },
)


def entries_of(items: Iterable[Item]) -> list[Entry]:
    """The entries that a bank would hold."""
    now = datetime.now(UTC)
    drafts: list[EntryDraft] = [item.draft("", "") for item in items]
    return [
        Entry(number, "a", one.signals, one.origin, one.labels, now, None)
        for number, one in enumerate(drafts, 1)
    ]


def meaning(items: dict[str, Item]) -> dict[str, tuple[set[object], set[object]]]:
    """What items say, whatever the order."""
    return {key: (set(item.signals), set(item.labels)) for key, item in items.items()}


@given(
    st.lists(records, min_size=1, max_size=8),
    st.sampled_from([(US, ("vics-us", "2.0")), (OLD, ("vics", "1.3")), (OLD, ("vics-us", "1.3"))]),
)
def test_what_is_written_after_reading_says_the_same(
    media: list[dict[str, Json]], how: tuple[str, tuple[str, str]]
) -> None:
    context, scheme = how
    name = "odata.metadata" if context == OLD else "@odata.context"
    said = scheme if context == OLD else None
    items, reading = read(document(media, context, name), said)
    assert not reading.bad.count
    written = io.BytesIO()
    done = vics_writing.write(entries_of(items.values()), written, scheme)
    again, _ = read(written.getvalue(), said)
    assert meaning(again) == meaning(items)
    assert (done.entries, done.left_out) == (len(items), 0)


def test_no_code_of_another_scheme_is_written_and_what_is_left_out_is_counted() -> None:
    item = Item(MD5.lower(), ((SignalType.MD5, MD5.lower()),), (Label("iwf", "2024", "A"),))
    written = io.BytesIO()
    done = vics_writing.write(
        [*entries_of([item]), *entries_of([Item("k", ((SignalType.SHA1, SHA1),))])],
        written,
        ("vics-us", "2.0"),
    )
    assert (done.entries, done.unwritable, done.left_out) == (1, 1, 1)
    assert b"Category" not in written.getvalue()
    ruled = Item(MD5.lower(), ((SignalType.MD5, MD5.lower()),), (Label(rights.SCHEME, "1", "nobody"),))
    assert vics_writing.write(entries_of([ruled]), written, ("vics-us", "2.0")).unwritable == 1
    for scheme in (("iwf", "2024"), ("vics", "2.0"), ("vics-us-dhs", "1"), ("vics-a/b", "2.0")):
        with pytest.raises(UnwritableSchemeError):
            vics_writing.write([], io.BytesIO(), scheme)


def test_a_file_enters_a_bank_whole_or_not_at_all_and_once(tmp_path: Path) -> None:
    rows = [{"MD5": f"{n % 700:032x}", "Category": n % 3, "DateUpdated": f"{n}"} for n in range(1000)]
    random.Random(1).shuffle(rows)  # noqa: S311  # an order, no secret
    text = document(rows).encode()
    with Home.open(tmp_path, create=True) as home:
        home.create_bank("known", Policy())
        home.create_bank("benign", Policy(kind=BankKind.ALLOW))
        options = FileOptions(FileFormat.VICS, folder=home.folder)
        with pytest.raises(FileCutError):
            import_partner_file(home, "known", io.BytesIO(text[:-3]), options)
        assert home.counts("known").entries == 0
        with pytest.raises(WrongBankKindError):
            import_partner_file(home, "benign", io.BytesIO(text), options)
        first = import_partner_file(home, "known", io.BytesIO(text), options)
        again = import_partner_file(home, "known", io.BytesIO(text), options)
        assert (first.counts.added, first.records, again.counts.already_there) == (700, 1000, 700)
        labels = {entry.origin.id: set(entry.labels) for entry in home.entries("known")}
        assert all(len(labels[f"{n:032x}"]) == (2 if n < 300 else 1) for n in range(700))
