"""Lists into banks: what is read, what is set aside and why, and what a second run does."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.banks.importing import Format, ImportOptions, ImportReport, import_file
from tocsin.banks.lists.errors import (
    AmbiguousTypeError,
    NothingReadableError,
    UnknownListError,
    UnreadableListError,
)
from tocsin.banks.lists.lines import MAX_LINE
from tocsin.banks.model import Entry, Label, Origin, Policy
from tocsin.banks.store import UnknownBankError
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.storage.home import Home

pytestmark = pytest.mark.slow  # many real databases, each with its syncs

PDQ = ImportOptions(type=SignalType.PDQ)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", create=True) as home:
        home.create_bank("known", Policy())
        yield home


def digits(number: int, kind: SignalType) -> str:
    return f"{number:0{2 * kind.size}x}"


def md5(number: int) -> str:
    return digits(number, SignalType.MD5)


def pdq(number: int) -> str:
    return digits(number, SignalType.PDQ)


def run(home: Home, data: bytes | str, options: ImportOptions | None = None) -> ImportReport:
    raw = data.encode() if isinstance(data, str) else data
    return import_file(home, "known", io.BytesIO(raw), options)


def entries(home: Home) -> list[Entry]:
    return list(home.entries("known"))


def values(home: Home) -> list[str]:
    return [signal.hex for entry in home.entries("known") for signal in entry.signals]


def bad(report: ImportReport) -> list[tuple[int, str]]:
    assert report.bad == len(report.bad_lines)
    return [(line.line, line.code) for line in report.bad_lines]


@pytest.mark.parametrize("kind", SignalType)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_one_hash_a_line_in_either_case(home: Home, kind: SignalType, ending: str) -> None:
    wanted = [digits(0xABCDEF + number, kind) for number in range(5)]
    text = ending.join(value.upper() if place % 2 else value for place, value in enumerate(wanted))
    report = run(home, text, ImportOptions(type=kind))
    assert (report.added, report.lines, report.format) == (5, 5, Format.LINES)
    assert values(home) == wanted
    assert {entry.signals[0].type for entry in entries(home)} == {kind}


def test_the_type_of_a_hash_is_told_by_its_length(home: Home) -> None:
    report = run(home, f"{md5(1)}\n{digits(2, SignalType.SHA1)}\n{md5(3)}\n")
    assert report.added == 3
    assert sorted(entry.signals[0].type for entry in entries(home)) == ["md5", "md5", "sha1"]


@pytest.mark.parametrize(
    "text",
    [
        pdq(1) + "\n",
        f"{pdq(2)}\n{pdq(3)}\n",
        f"{md5(1)},{pdq(2)}\n",
        f"hash\n{pdq(1)}\n",
        f"hash;quality\n{md5(1)};3\n{pdq(1)};4\n",
    ],
)
def test_64_digits_are_not_guessed_at(home: Home, text: str) -> None:
    with pytest.raises(AmbiguousTypeError) as error:
        run(home, text)
    assert "--type" in error.value.advice
    assert run(home, text, PDQ).bad == 0
    assert {entry.signals[-1].type for entry in entries(home)} <= {SignalType.PDQ, SignalType.MD5}


def test_64_digits_that_come_late_are_set_aside(home: Home) -> None:
    report = run(home, "".join(md5(number) + "\n" for number in range(200)) + pdq(1) + "\n")
    assert bad(report) == [(201, "ambiguous_type")]
    assert report.added == 200


def test_the_output_of_md5sum_is_a_list(home: Home) -> None:
    report = run(home, f"{md5(1)}  a, picture.jpg\n{md5(2)} *b.bin\nnothing  c.jpg\n{md5(3)}\n")
    assert values(home) == [md5(1), md5(2), md5(3)]
    assert bad(report) == [(3, "not_hex")]


def test_blank_lines_and_comments_are_passed_over(home: Home) -> None:
    report = run(home, f"# a list\n\n  {md5(1)}  \n\t\n{md5(2)}")
    assert (report.added, report.bad, report.lines) == (2, 0, 5)


def test_bad_lines_are_set_aside_wherever_they_are(home: Home) -> None:
    wanted, lines, expected = [], [], []
    for number in range(3000):
        fault = {7: "x" * 64, 8: "ab", 1234: pdq(1)[:-1] + " ", 2999: "é" * 32}.get(number)
        if fault is None:
            wanted.append(pdq(number))
        else:
            expected.append((number + 1, "wrong_length" if number in (8, 1234) else "not_hex"))
        lines.append(fault or pdq(number))
    report = run(home, "\n".join(lines), PDQ)
    assert bad(report) == expected
    assert values(home) == wanted


def test_a_bad_line_is_shown_without_what_could_harm_a_terminal(home: Home) -> None:
    report = run(home, md5(1).encode() + b"\n\x1b[2J\xff\x00" + b"z" * 5000)
    assert report.bad_lines[0].text.startswith("\ufffd[2J\ufffd\ufffdzzz")
    assert len(report.bad_lines[0].text) == 100


def test_a_table_with_everything(home: Home) -> None:
    head = "ID;Image PDQ;MD-5;SHA_1;sha256;pdq;quality;dialect;view;orientation"
    head += ";source;member;scheme;version;label;author;time"
    row = f"7;x;{md5(1)};{digits(2, SignalType.SHA1)};;{pdq(3).upper()};81;Squash512;trimmed;mirror"
    row += ";s;m;v;2;A1;me;now"
    report = run(home, f"\ufeff{head}\r\n{row}\r\n")
    (entry,) = entries(home)
    assert report.ignored_columns == ("Image PDQ",)
    assert entry.origin == Origin("s", "m", "7")
    assert entry.labels == (Label("v", "2", "A1", "me", "now"),)
    assert set(entry.signals) == {
        Signal(SignalType.MD5, (1).to_bytes(16, "big")),
        Signal(SignalType.SHA1, (2).to_bytes(20, "big")),
        Signal(SignalType.PDQ, (3).to_bytes(32, "big"), 81, "trimmed", Dialect.SQUASH512, Orientation.MIRROR),
    }


def test_a_column_may_name_the_type_of_each_row(home: Home) -> None:
    text = f"type,value,entry\nPDQ,{pdq(1)},a\nsha-1,{digits(2, SignalType.SHA1)},b\nsha256,{pdq(3)},c\n"
    assert run(home, text).added == 3
    assert [(entry.signals[0].type, entry.origin.id) for entry in entries(home)] == [
        ("pdq", "a"),
        ("sha1", "b"),
        ("sha256", "c"),
    ]


def test_a_table_without_a_header_is_told_by_its_looks(home: Home) -> None:
    report = run(home, f"cat.jpg\t{md5(1)}\t{pdq(2)}\ndog.jpg\t{md5(3)}\t\n", PDQ)
    assert report.added == 2
    assert [[signal.type for signal in entry.signals] for entry in entries(home)] == [["md5", "pdq"], ["md5"]]


def test_a_table_of_one_column(home: Home) -> None:
    assert run(home, f"PDQ\n{pdq(1)}\n{pdq(2)}\n").added == 2
    assert entries(home)[0].signals[0].type is SignalType.PDQ


def test_what_the_person_says_holds_where_the_list_is_silent(home: Home) -> None:
    label = Label("ours", "1", "known")
    options = ImportOptions(None, None, Dialect.FULL, Origin("list", "them"), (label,))
    run(home, f"pdq,dialect,member,code\n{pdq(1)},,,\n{pdq(2)},squash512,us,B2\n", options)
    run(home, f"{md5(3)}\n", options)
    run(home, json.dumps({"signals": [{"type": "pdq", "value": pdq(4)}]}), options)
    one, two, three, four = entries(home)
    assert [one.signals[0].dialect, two.signals[0].dialect] == [Dialect.FULL, Dialect.SQUASH512]
    assert (three.signals[0].dialect, four.signals[0].dialect) == (None, Dialect.FULL)
    assert [entry.origin.member for entry in entries(home)] == ["them", "us", "them", "them"]
    assert two.labels == (label, Label("", "", "B2"))
    assert one.labels == three.labels == four.labels == (label,)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"{md5(1)},{pdq(1)}", "wrong_columns"),
        (f"{md5(1)},{pdq(1)},1,,,extra", "wrong_columns"),
        (",,1,,", "no_hash"),
        (f"{md5(1)}0,,1,,", "wrong_length"),
        (f"{md5(1)[1:]}g,,1,,", "not_hex"),
        (f",{pdq(1)},101,,", "bad_quality"),
        (f",{pdq(1)},-1,,", "bad_quality"),
        (f",{pdq(1)},\u0663,,", "bad_quality"),
        (f",{pdq(1)},1,half,", "bad_dialect"),
        (f",{pdq(1)},1,,a\0b", "bad_text"),
        (f'{md5(1)},,"1,,', "bad_csv"),
        (f'{md5(1)},,"1"1,,', "bad_csv"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(home: Home, row: str, code: str) -> None:
    good = [f"{md5(number)},,,," for number in range(10, 30)]
    report = run(home, "\n".join(["md5,pdq,quality,dialect,id", *good[:10], row, *good[10:]]))
    assert bad(report) == [(12, code)]
    assert report.added == 20


def test_bytes_that_are_no_utf8_cost_only_their_row(home: Home) -> None:
    text = f"md5,id\n{md5(1)},Andr\xe9\n{md5(2)},\u20ac\n".encode("latin-1", "replace")
    report = run(home, text)
    assert bad(report) == [(2, "bad_text")]
    assert report.added == 1
    unused = f"md5,file name\n{md5(3)},Andr\xe9\n".encode("latin-1")
    assert run(home, unused).added == 1


def test_quoted_fields_may_hold_anything(home: Home) -> None:
    text = f'md5,id\n{md5(1)},"a ""b"", c\r\nd"\n{md5(2)},plain\n\n{md5(3)},"x\n\ny"\n'
    report = run(home, text)
    assert [entry.origin.id for entry in entries(home)] == ['a "b", c\r\nd', "plain", "x\n\ny"]
    assert (report.bad, report.lines) == (0, 8)


def test_a_stray_quotation_mark_does_not_take_its_neighbours_with_it(home: Home) -> None:
    rows = [f"{md5(number)},{number}" for number in range(1, 4001)]
    rows[10] = f'{md5(11)},"11'
    rows[20] = f'{md5(21)},21"'
    rows[3990] = f'"{md5(3991)},3991'
    report = run(home, "md5,id\n" + "\n".join(rows))
    assert bad(report) == [(12, "bad_csv"), (3992, "bad_csv")]
    assert report.added == 3998


def test_a_record_may_lie_across_blocks(home: Home) -> None:
    rows = [f'{md5(number)},"{number}\n{"x" * 250}"' for number in range(6000)]
    report = run(home, "md5,id\n" + "\n".join(rows))
    assert (report.added, report.bad) == (6000, 0)
    assert [entry.origin.id.partition("\n")[0] for entry in entries(home)] == [str(n) for n in range(6000)]


def test_objects_of_either_shape(home: Home) -> None:
    full = {
        "entry": 12,
        "origin": {"source": "s", "member": "m", "id": "7"},
        "signals": [
            {"type": "pdq", "value": pdq(1).upper(), "quality": 90, "view": "frame 1", "dialect": "full"},
            {"type": "md5", "value": md5(2)},
        ],
        "labels": [{"scheme": "v", "version": "2", "code": "A1", "author": "me", "time": "now"}],
        "withdrawn": "2026-01-02T03:04:05+00:00",
        "withdrawn_reason": "asked to",
        "unheard of": [1, 2, {}],
    }
    flat = [{"pdq": pdq(3), "quality": 5}, {"PDQ": pdq(4), "quality": None}, {"md5": md5(5), "id": 17}]
    report = run(home, "\n".join(json.dumps(one) for one in [full, *flat]) + "\n\n")
    assert (report.added, report.bad, report.format) == (4, 0, Format.NDJSON)
    one, two, _three, four = entries(home)
    assert one.origin == Origin("s", "m", "7")
    assert one.signals[0] == Signal(SignalType.PDQ, (1).to_bytes(32, "big"), 90, "frame 1", Dialect.FULL)
    assert one.labels == (Label("v", "2", "A1", "me", "now"),)
    assert one.withdrawn_reason == "asked to"
    assert two.signals[0].quality == 5
    assert four.origin.id == "17"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "bad_json"),
        ("[1]", "bad_json"),
        ("17", "bad_json"),
        ("[" * 100_000, "bad_json"),
        ('{"pdq": ' + "9" * 5000 + "}", "bad_json"),
        ("{}", "no_hash"),
        ('{"signals": []}', "no_hash"),
        ('{"signals": 5}', "bad_field"),
        ('{"signals": [5]}', "bad_field"),
        ('{"signals": [{"type": "pdna", "value": "00"}]}', "bad_type"),
        ('{"signals": [{"type": "md5", "value": "00"}]}', "wrong_length"),
        (f'{{"signals": [{{"value": "{pdq(1)}"}}]}}', "ambiguous_type"),
        (f'{{"md5": "{md5(1)}", "id": "\\u0000"}}', "bad_text"),
        (f'{{"md5": "{md5(1)}", "id": "\\ud800"}}', "bad_text"),
        (f'{{"md5": "{md5(1)}", "id": {{}}}}', "bad_field"),
        (f'{{"md5": "{md5(1)}", "withdrawn": "yesterday"}}', "bad_time"),
    ],
)
def test_a_bad_object_is_set_aside_with_its_reason(home: Home, line: str, code: str) -> None:
    good = [f'{{"md5": "{md5(number)}"}}' for number in range(10, 14)]
    report = run(home, "\n".join([*good[:2], line, *good[2:]]))
    assert bad(report) == [(3, code)]
    assert report.added == 4


@pytest.mark.parametrize("options", [ImportOptions(), ImportOptions(format=Format.CSV)])
def test_a_line_too_long_is_set_aside_without_being_held(home: Home, options: ImportOptions) -> None:
    long = "0" * (3 * MAX_LINE)
    report = run(
        home, f"{md5(1)}\n{md5(2)}\n{long}\n{md5(3)}\n{long[: MAX_LINE + 1]}\n{md5(4)}\n{long}", options
    )
    assert bad(report) == [(3, "too_long"), (5, "too_long"), (7, "too_long")]
    assert values(home) == [md5(number) for number in range(1, 5)]


class Endless(io.RawIOBase):
    """One hash, and then a gibibyte of digits without a newline."""

    left = 1 << 30
    started = False

    def read(self, size: int = -1) -> bytes:
        if not self.started:
            self.started = True
            return md5(1).encode() + b"\n"
        piece = b"0" * min(size, self.left)
        self.left -= len(piece)
        return piece


@pytest.mark.slow
def test_a_gibibyte_without_a_newline_is_read_in_little_memory(home: Home) -> None:
    tracemalloc.start()
    report = import_file(home, "known", Endless())  # type: ignore[arg-type]  # a raw stream reads, too
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (report.added, bad(report)) == (1, [(2, "too_long")])
    assert peak < 32 << 20


def test_gzip_is_read_as_what_it_holds(home: Home, tmp_path: Path) -> None:
    text = "".join(md5(number) + "\n" for number in range(100)).encode()
    path = tmp_path / "list.gz"
    path.write_bytes(gzip.compress(text[:1000]) + gzip.compress(text[1000:]))
    seen: list[tuple[int, int | None]] = []
    report = import_file(home, "known", path, progress=lambda done, size: seen.append((done, size)))
    assert (report.added, report.bad) == (100, 0)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize("cut", [30, 2000, -4])
def test_a_gzip_file_cut_short_gives_what_it_holds_and_says_so(home: Home, cut: int) -> None:
    text = "".join(md5(number * 7919**5) + "\n" for number in range(1, 1001)).encode()
    report = run(home, gzip.compress(md5(0).encode() + b"\n", 0) + gzip.compress(text)[:cut])
    assert report.bad_lines[-1].code == "damaged_gzip"
    assert report.added >= 1
    assert {line.code for line in report.bad_lines[:-1]} <= {"wrong_length"}


def test_a_list_of_nothing_but_bad_lines_fails(home: Home) -> None:
    with pytest.raises(NothingReadableError, match="line 1: "):
        run(home, "this is\nno list\n")
    with pytest.raises(NothingReadableError):
        run(home, "nonsense\n" * 30_000)
    assert home.counts("known").entries == 0


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "md5,id\n"])
def test_an_empty_list_is_no_error(home: Home, text: str) -> None:
    assert run(home, text).counts.added == 0


@pytest.mark.parametrize(
    "data",
    [
        f'[{{"md5": "{md5(1)}"}}]'.encode(),
        f"{md5(1)}\n".encode("utf-16"),
        b"name,size\ncat,3\n",
        b"cat,dog\nfish,bird\n",
        f"id,id,md5\n1,2,{md5(1)}\n".encode(),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(home: Home, data: bytes) -> None:
    with pytest.raises(UnknownListError):
        run(home, data)


@pytest.mark.parametrize("options", [ImportOptions(), ImportOptions(format=Format.CSV)])
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"pdq,code\rabc,d\r", "CR alone"),
        (gzip.compress(gzip.compress(f"{md5(1)}\n".encode())), "gzipped twice"),
    ],
    ids=["old Macintosh", "gzip in gzip"],
)
def test_what_is_wrong_with_a_list_as_a_whole_is_named(
    home: Home, data: bytes, why: str, options: ImportOptions
) -> None:
    with pytest.raises(UnknownListError, match=why):
        run(home, data, options)


@pytest.mark.parametrize("before", ["", "# a comment\n" * 6000])
def test_a_header_of_very_many_columns_is_read_whole(home: Home, before: str) -> None:
    names = [f"column {number}" for number in range(20_000)]
    report = run(home, f"{before}{','.join(names)},md5\n{',' * 20_000}{md5(1)}\n")
    assert (report.added, report.bad, len(report.ignored_columns)) == (1, 0, 20_000)
    assert values(home) == [md5(1)]


def test_a_header_that_is_too_long_is_named(home: Home) -> None:
    row = "," * MAX_LINE + "\n"
    with pytest.raises(NothingReadableError, match="line 1: the line has more than"):
        run(home, f"md5{row}{md5(1)}\n", ImportOptions(format=Format.CSV))


def test_a_file_that_cannot_be_read_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UnreadableListError):
        import_file(home, "known", tmp_path / "nowhere")
    with pytest.raises(UnreadableListError):
        import_file(home, "known", tmp_path)


def test_a_bank_that_is_not_there_is_refused_before_anything_is_read(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UnknownBankError):
        import_file(home, "unknown", tmp_path / "nowhere")


def test_importing_again_adds_nothing_and_revives_nothing(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(f"{md5(1)}\nbad\n{md5(2)}\n{md5(1)}\n")
    first = import_file(home, "known", path)
    assert (first.added, first.already_there, first.bad) == (2, 1, 1)
    home.withdraw([entries(home)[0].id], "why")
    again = import_file(home, "known", path)
    assert (again.added, again.already_there, again.bad, again.resumed_from) == (0, 3, 1, 0)
    assert again.counts.still_withdrawn == 2
    assert len(home.exact([Signal(SignalType.MD5, bytes.fromhex(md5(1)))])) == 0


class InterruptedImportError(Exception):
    """Stands for whatever stops an import."""


@pytest.mark.parametrize("form", ["lines", "csv", "ndjson", "gzip"])
def test_an_interrupted_import_goes_on_where_it_was(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr("tocsin.banks.importing.BATCH", 1000)
    monkeypatch.setattr("tocsin.banks.lists.source._PIECE", 32768)
    row = {"csv": '{0},"{1}\n{1}"', "ndjson": '{{"pdq": "{0}"}}'}.get(form, "{0}")
    lines = [row.format(pdq(number), number) for number in range(5000)]
    lines[5] = lines[4_000] = "bad"
    text = ("pdq,id\n" if form == "csv" else "") + "\n".join(lines) + "\n"
    path = tmp_path / "list"
    path.write_bytes(gzip.compress(text.encode()) if form == "gzip" else text.encode())
    options = PDQ if form in ("lines", "gzip") else ImportOptions()
    calls: list[int] = []

    def stop(done: int, _size: int | None) -> None:
        calls.append(done)
        if len(calls) > 4:
            raise InterruptedImportError

    with pytest.raises(InterruptedImportError):
        import_file(home, "known", path, options, stop)
    before = home.counts("known").entries
    assert 1000 <= before < 4500
    report = import_file(home, "known", path, options)
    assert report.resumed_from >= before
    assert (report.added, report.already_there, len(bad(report))) == (4998, 0, 2)
    assert values(home) == [pdq(number) for number in range(5000) if number not in (5, 4_000)]
    fresh = import_file(home, "known", path, options)
    assert (fresh.resumed_from, fresh.already_there, len(bad(fresh))) == (0, 4998, 2)
    assert (report.lines, report.bad_lines) == (fresh.lines, fresh.bad_lines)


def test_an_interrupted_import_of_a_file_that_changed_starts_over(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.banks.importing.BATCH", 1000)
    path = tmp_path / "list"
    path.write_text("".join(pdq(number) + "\n" for number in range(8_000)))

    def stop(_done: int, _size: int | None) -> None:
        raise InterruptedImportError

    with pytest.raises(InterruptedImportError):
        import_file(home, "known", path, PDQ, stop)
    path.write_text("".join(pdq(number) + "\n" for number in range(1, 8_001)))
    report = import_file(home, "known", path, PDQ)
    assert (report.resumed_from, report.added + report.already_there) == (0, 8_000)
    assert home.counts("known").entries == 8_001
