"""Tables of ICSE, NSRL and python-threatexchange: a cut one says no more than it holds; no pickle is read."""

import io
import pickle
from pathlib import Path

import pytest

from tocsin.banks.lists.source import Source
from tocsin.banks.model import Label, Policy
from tocsin.exchange.files import icse_writing
from tocsin.exchange.files.errors import (
    FileCutError,
    MalformedFileError,
    NotThisFormatError,
    PickledFileError,
    WrongBankKindError,
)
from tocsin.exchange.files.formats import FileFormat, FileOptions
from tocsin.exchange.files.importing import import_partner_file
from tocsin.exchange.files.reading import Reading
from tocsin.exchange.files.staging import Item, Staging
from tocsin.hashing.signals import SignalType
from tocsin.storage.home import Home

MD5, SHA1, PDQ = "AB" * 16, "CD" * 20, "ef" * 32
HEADER = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline"
)
ROW = f'{MD5};{SHA1};{"QUJD" * 48};4711;Yes;No;;"a; \u00e9";3;Yes;Image;Yes'


def read(
    data: bytes | str, form: FileFormat, name: str = "", kind: SignalType | None = None
) -> tuple[dict[str, Item], Reading]:
    """What a file says, by key."""
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    stream.name = name or "list"
    with Staging() as staging:
        options = FileOptions(form, type=kind)
        reading = Reading(Source.open(stream), options, staging, lambda _done, _size: None)
        reading.run()
        return {item.key: item for item in staging.merged()}, reading


def test_a_row_of_icse_keeps_every_column() -> None:
    items, _ = read(f"\ufeff{HEADER}\r\n{ROW}\r\n", FileFormat.ICSE)
    assert items["4711"].signals == ((SignalType.MD5, MD5.lower()), (SignalType.SHA1, SHA1.lower()))
    assert set(items["4711"].labels) == {
        Label("fingerprint:photodna", "", "QUJD" * 48),
        Label("icse:Is distributed", "", "Yes"),
        Label("icse:Victim identified", "", "No"),
        Label("icse:Series name", "", "a; \u00e9"),
        Label("icse:Number of submissions", "", "3"),
        Label("icse:File Available", "", "Yes"),
        Label("icse:Media Type", "", "Image"),
        Label("interpol", "2024", "baseline"),
    }


def test_baseline_says_yes_or_no_or_is_kept_as_it_stands() -> None:
    text = f"MD5;Image ID;Baseline\n{MD5};1;no\n{MD5};2;\n{MD5};3;perhaps\n"
    items, _ = read(text, FileFormat.ICSE)
    assert [items[key].labels for key in "123"] == [
        (Label("interpol", "2024", "not-baseline"),),
        (),
        (Label("icse:Baseline", "", "perhaps"),),
    ]


def test_icse_cut_at_any_byte_is_refused_or_holds_whole_rows_only() -> None:
    rows = [ROW, ROW.replace("4711", "12"), ROW.replace("4711", "13")]
    data = ("\r\n".join([HEADER, *rows]) + "\r\n").encode()
    whole, _ = read(data, FileFormat.ICSE)
    taken = 0
    for end in range(len(data)):
        try:
            found, reading = read(data[:end], FileFormat.ICSE)
        except (FileCutError, NotThisFormatError):
            continue
        taken += 1
        assert data[:end].endswith(b"\n")
        assert not reading.bad.count
        assert found == {key: whole[key] for key in found}
    assert taken == len(rows)


def test_bad_rows_of_icse_are_set_aside_alone() -> None:
    text = f'{HEADER}\n{ROW}\n{ROW};more\n{ROW.replace(MD5, "x")}\n"{ROW}\n{";" * 11}\n{ROW}\n'
    items, reading = read(text, FileFormat.ICSE)
    assert [bad.code for bad in reading.bad.lines] == ["wrong_columns", "bad_hash", "bad_csv", "no_hash"]
    assert len(items) == 1
    for wrong in ("", "a;b\n", f"{MD5}\n"):
        with pytest.raises(NotThisFormatError):
            read(wrong, FileFormat.ICSE)


def test_a_line_without_an_end_does_not_fill_memory() -> None:
    with pytest.raises(MalformedFileError):
        read(HEADER + "\n" + "x" * (3 << 20), FileFormat.ICSE)


def test_icse_written_after_reading_says_the_same(tmp_path: Path) -> None:
    rows = [ROW, ROW.replace("4711", "12").replace("a; ", "=1+"), f"{SHA1[:32]};;;13" + ";" * 8]
    data = ("\n".join([HEADER, *rows]) + "\n").encode()
    with Home.open(tmp_path, create=True) as home:
        home.create_bank("known", Policy())
        import_partner_file(home, "known", io.BytesIO(data), FileOptions(FileFormat.ICSE))
        written = io.BytesIO()
        done = icse_writing.write(home.entries("known"), written)
    again, whole = read(written.getvalue(), FileFormat.ICSE)[0], read(data, FileFormat.ICSE)[0]
    assert {key: (item.signals, set(item.labels)) for key, item in again.items()} == {
        key: (item.signals, set(item.labels)) for key, item in whole.items()
    }
    assert (done.entries, done.left_out) == (3, 0)


def test_nsrl_takes_files_without_a_special_code_into_allow_banks_only(tmp_path: Path) -> None:
    text = (
        '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"\r\n'
        f'"{SHA1}","{MD5}","0","a.dll",1,2,"362",""\r\n'
        f'"{SHA1}","{MD5}","0","b\xe9.dll",1,3,"362",""\r\n'
        f'"{"EE" * 20}","{"EE" * 16}","0","c.exe",1,2,"362","M"\r\n'
    ).encode("latin-1")
    items, reading = read(text, FileFormat.NSRL)
    assert list(items) == [SHA1.lower()]
    assert [bad.code for bad in reading.bad.lines] == ["special_code"]
    with Home.open(tmp_path, create=True) as home:
        home.create_bank("known", Policy())
        with pytest.raises(WrongBankKindError):
            import_partner_file(home, "known", io.BytesIO(text), FileOptions(FileFormat.NSRL))
    with pytest.raises(NotThisFormatError):
        read("a,b\n1,2\n", FileFormat.NSRL)


def test_what_python_threatexchange_prints_and_keeps() -> None:
    printed = (
        "signal_type,signal_str,collab,category,tags\r\n"
        f"pdq,{PDQ},One,POSITIVE_CLASS,a b\r\n"
        f"pdq,{PDQ},Two,DISPUTED,\r\n"
        f"video_md5,{MD5},One,NEGATIVE_CLASS,\r\n"
        "raw_text,words,One,POSITIVE_CLASS,\r\n"
    )
    items, reading = read(printed, FileFormat.THREATEXCHANGE)
    assert set(items[f"pdq:{PDQ}"].labels) == {
        Label("threatexchange:category", "", "POSITIVE_CLASS", "One"),
        Label("threatexchange:category", "", "DISPUTED", "Two"),
        Label("threatexchange:tag", "", "a", "One"),
        Label("threatexchange:tag", "", "b", "One"),
    }
    assert [bad.code for bad in reading.bad.lines] == ["negative", "unknown_type"]
    state, _ = read(f"{PDQ},123,2026-01-01,a\r\n", FileFormat.THREATEXCHANGE, "simple.HASH_PDQ.te")
    assert state[f"pdq:{PDQ}"].labels == (Label("threatexchange:tag", "", "a"),)
    plain, _ = read(f"pdq {PDQ}\nmd5 {MD5}\n", FileFormat.THREATEXCHANGE)
    assert set(plain) == {f"pdq:{PDQ}", f"md5:{MD5.lower()}"}
    typed, _ = read(f"{PDQ}\n", FileFormat.THREATEXCHANGE, kind=SignalType.PDQ)
    assert set(typed) == {f"pdq:{PDQ}"}


def test_a_pickle_is_never_read(tmp_path: Path) -> None:
    with Home.open(tmp_path, create=True) as home:
        home.create_bank("known", Policy())
        path = tmp_path / "One.state.pickle"
        for data, name in ((pickle.dumps({PDQ: 1}), "list"), (b"(dp0\n.", path.name)):
            (tmp_path / name).write_bytes(data)
            for form in FileFormat:
                with pytest.raises((PickledFileError, WrongBankKindError)):
                    import_partner_file(home, "known", tmp_path / name, FileOptions(form))
