"""Archives give their members, refuse what cannot be read one by one, and never end in silence."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures_by_code import file_of

from tocsin.media.archives import Member, members
from tocsin.media.errors import (
    CorruptError,
    MediaError,
    TooLargeError,
    TooManyMembersError,
    TruncatedError,
    UnsupportedError,
)
from tocsin.media.limits import ArchiveLimits
from tocsin.media.sandbox import Job, Pool, Reply

HERE = str(Path(__file__).parent)
CONTENT = {f"folder/{number}.txt": f"content {number} ".encode() * (number * 40) for number in range(12)}


def tar_of(content: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(content: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.mkdir("folder")
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue()


FORMS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "tar": tar_of,
    "gnu tar": lambda content: tar_of(content, tarfile.GNU_FORMAT),
    "tar.gz": lambda content: gzip.compress(tar_of(content)),
    "tar.bz2": lambda content: bz2.compress(tar_of(content)),
    "tar.xz": lambda content: lzma.compress(tar_of(content)),
    "zip": zip_of,
    "stored zip": lambda content: zip_of(content, zipfile.ZIP_STORED),
    "bzip2 zip": lambda content: zip_of(content, zipfile.ZIP_BZIP2),
    "lzma zip": lambda content: zip_of(content, zipfile.ZIP_LZMA),
}


def read(
    data: bytes, limits: ArchiveLimits | None = None
) -> tuple[dict[str, bytes], dict[str, str], str | None]:
    """Contents, the codes of refused members, and the code of the error that ended it."""
    contents: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    try:
        for member in members(io.BytesIO(data), limits or ArchiveLimits()):
            name = member.name.decode("utf-8", "surrogateescape")
            if member.refusal:
                refused[name] = member.refusal.code
            if member.opened:
                contents[name] = member.opened.read()
    except MediaError as error:
        return contents, refused, error.code
    return contents, refused, None


@pytest.mark.parametrize("form", FORMS)
def test_members_come_with_their_content_and_folders_do_not_count(form: str) -> None:
    assert read(FORMS[form](CONTENT)) == (CONTENT, {}, None)
    assert [member.index for member in members(io.BytesIO(FORMS[form](CONTENT)))] == list(range(12))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("buffered", [0, 100])
def test_members_too_large_to_hold_are_streamed(form: str, buffered: int) -> None:
    assert read(FORMS[form](CONTENT), ArchiveLimits(buffered_bytes=buffered)) == (CONTENT, {}, None)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15)
@given(start=st.integers(0, 13), stride=st.integers(1, 4))
def test_workers_share_an_archive_without_gap_or_overlap(form: str, start: int, stride: int) -> None:
    source = io.BytesIO(ARCHIVED[form])
    seen: list[int] = []
    for offset in range(stride):
        for member in members(source, start=start, stride=stride, offset=offset):
            assert member.opened is not None
            assert member.opened.read() == CONTENT[member.name.decode()]
            seen.append(member.index)
    assert sorted(seen) == list(range(start, 12))


ARCHIVED = {form: make(CONTENT) for form, make in FORMS.items()}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_cut_archive_gives_what_is_whole_and_then_says_so(form: str, tenth: int) -> None:
    data = ARCHIVED[form]
    contents, refused, ended = read(data[: len(data) * tenth // 10])
    assert ended is not None or refused
    assert contents.items() <= CONTENT.items()
    if form in {"tar", "zip"} and tenth > 5:
        assert len(contents) >= 3


def test_a_tar_without_its_end_mark_is_called_cut() -> None:
    data = tar_of({"a": b"x" * 512})
    end = data.rstrip(b"\0")
    whole = data[: -(-len(end) // 512) * 512]
    contents, _, ended = read(whole)
    assert (contents, ended) == ({"a": b"x" * 512}, TruncatedError.code)


def test_a_broken_header_in_a_tar_is_not_taken_for_its_end() -> None:
    data = bytearray(tar_of({"a": b"a", "b": b"b"}))
    at = data.rindex(b"b\0\0\0")
    at = bytes(data).index(b"b" + bytes(99))
    data[at + 148] ^= 7
    contents, _, ended = read(bytes(data))
    assert (contents, ended) == ({"a": b"a"}, CorruptError.code)


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_size_below_zero_does_not_send_a_tar_in_circles(kind: bytes) -> None:
    info = tarfile.TarInfo("a")
    info.type = kind
    info.size = -1024
    header = info.tobuf(tarfile.GNU_FORMAT)
    before = tar_of({"first": b"1"})[: 3 * tarfile.BLOCKSIZE]
    contents, refused, ended = read(before + header + bytes(4096))
    assert contents == {"first": b"1"}
    assert ended in {CorruptError.code, TruncatedError.code} or refused


def test_a_size_beyond_the_end_of_a_tar_is_told() -> None:
    info = tarfile.TarInfo("a")
    info.size = 1 << 40
    contents, refused, ended = read(info.tobuf() + b"little")
    assert contents == {}
    assert refused or ended == TruncatedError.code


def test_encrypted_members_are_refused_one_by_one() -> None:
    data = bytearray(zip_of({"open": b"o" * 50, "locked": b"l" * 50}))
    local, central = data.index(b"PK\x03\x04", data.index(b"open") + 4), data.rindex(b"PK\x01\x02")
    data[local + 6] |= 1
    data[central + 8] |= 1
    assert read(bytes(data)) == ({"open": b"o" * 50}, {"locked": "media.encrypted"}, None)


def test_unknown_compression_is_refused_one_by_one() -> None:
    data = bytearray(zip_of({"open": b"o" * 50, "odd": b"l" * 50}))
    local, central = data.index(b"PK\x03\x04", data.index(b"open") + 4), data.rindex(b"PK\x01\x02")
    data[local + 8] = data[central + 10] = 97
    assert read(bytes(data)) == ({"open": b"o" * 50}, {"odd": "media.unsupported"}, None)


@pytest.mark.parametrize("stated", [10, 100_000])
def test_a_zip_member_that_lies_about_its_size_is_refused(stated: int) -> None:
    data = bytearray(zip_of({"liar": b"l" * 5000, "honest": b"h" * 50}))
    central = data.index(b"PK\x01\x02", data.rindex(b"PK\x03\x04"))
    central = data.index(b"PK\x01\x02", central + 4)  # the first is the folder's
    data[central + 24 : central + 28] = struct.pack("<I", stated)
    contents, refused, ended = read(bytes(data))
    assert contents == {"honest": b"h" * 50}
    assert list(refused) == ["liar"]
    assert refused["liar"] in {"media.corrupt", "media.truncated"}
    assert ended is None


def test_overlapping_members_of_a_zip_are_refused() -> None:
    """As in D. Fifield, A better zip bomb (WOOT 2019): many directory entries, one kernel."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("kernel", bytes(100_000))
        for number in range(5):
            copy = zipfile.ZipInfo(f"copy{number}")
            first = archive.infolist()[0]
            copy.header_offset, copy.compress_size, copy.file_size = 0, first.compress_size, first.file_size
            copy.CRC, copy.compress_type = first.CRC, first.compress_type
            archive.filelist.append(copy)
    contents, refused, _ = read(out.getvalue())
    assert contents == {}
    assert len(refused) == 6
    assert set(refused.values()) == {"media.corrupt"}


def test_archives_in_archives_are_named_and_not_opened() -> None:
    inner = zip_of({"deep": b"d"})
    data = tar_of({"inner.zip": inner, "picture.png": file_of("PNG")})
    contents, refused, ended = read(data)
    assert contents == {"inner.zip": inner, "picture.png": file_of("PNG")}
    assert refused == {"inner.zip": "media.nested_archive"}
    assert ended is None


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_names_that_would_escape_are_only_names(make: Callable[[dict[str, bytes]], bytes]) -> None:
    odd = {"/etc/absolute": b"1", "../../up": b"2", "new\nline": b"3", "\u00fcml\u00e4ut": b"4"}
    assert read(make(odd)) == (odd, {}, None)


def test_names_that_are_not_utf8_are_kept_as_bytes() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as tar:
        tar.addfile(tarfile.TarInfo("\udcff\udcfe"))
    (member,) = members(io.BytesIO(out.getvalue()))
    assert member.name == b"\xff\xfe"


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_names_longer_than_any_are_cut_and_their_members_read(
    make: Callable[[dict[str, bytes]], bytes],
) -> None:
    length = 3_000_000 if make is tar_of else 65_000
    data = make({"a": b"1", "x" * length + ".jpg": b"22", "c": b"3"})
    begun: list[bytes] = []
    found = [
        (member.name, member.opened.read() if member.opened else None)
        for member in members(io.BytesIO(data), began=lambda _, name: begun.append(name))
    ]
    assert [content for _, content in found] == [b"1", b"22", b"3"]
    assert [name for name, _ in found] == begun
    assert len(begun[1]) <= 4096
    assert begun[1].startswith(b"xxx")
    assert begun[1].endswith(b"x.jpg")


def test_one_name_that_is_not_utf8_does_not_hide_a_zip() -> None:
    within = zip_of({"bad\u00e9": b"22"}).replace("bad\u00e9".encode(), b"bad\xff\xfe")
    directory = within[within.index(b"PK\1\2") : within.index(b"PK\5\6")]  # a member that looks like one
    content = {"good\u00e9": b"1", "bad\u00e9": b"22", "inner": directory}
    data = zip_of(content, zipfile.ZIP_STORED).replace("bad\u00e9".encode(), b"bad\xff\xfe")
    found = {member.name: member.opened and member.opened.read() for member in members(io.BytesIO(data))}
    assert found == {
        "good\u00e9".encode(): b"1",
        b"bad\xff\xfe": b"22",
        b"inner": directory,
    }


def test_a_zip_member_with_another_name_in_its_own_header_is_read() -> None:
    data = zip_of({"one": b"1", "two": b"22"}, zipfile.ZIP_STORED).replace(b"two", b"ten", 1)
    assert read(data) == ({"one": b"1", "two": b"22"}, {}, None)


def test_links_devices_and_sparse_members_are_not_read() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("device", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        tar.addfile(tarfile.TarInfo("file"))
    assert read(out.getvalue()) == ({"file": b""}, {}, None)


@pytest.mark.parametrize("kind", [b"Q", b"7", b"D", b"M"])
def test_members_of_types_nobody_knows_are_files(kind: bytes) -> None:
    """POSIX.1-2017, pax: "other values ... shall be treated as if they were regular files"."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        label = tarfile.TarInfo("label")
        label.type = b"V"
        tar.addfile(label)
        info = tarfile.TarInfo("odd")
        info.type, info.size = kind, 700
        tar.addfile(info, io.BytesIO(b"x" * 700))
        tar.addfile(tarfile.TarInfo("after"))
    assert read(out.getvalue()) == ({"odd": b"x" * 700, "after": b""}, {}, None)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("zeros", [512, 1024, 300 << 10])
def test_a_tar_is_read_on_behind_zeros(pack: Callable[[bytes], bytes], zeros: int) -> None:
    one, two = tar_of({"a": b"1", "b": b"22" * 999}), tar_of({"c": b"3" * 600, "d": b""})
    data = one.rstrip(b"\0")
    data += bytes(-len(data) % 512 + zeros)
    expected = {"a": b"1", "b": b"22" * 999, "c": b"3" * 600, "d": b""}
    assert read(pack(data + two)) == (expected, {}, None)


@pytest.mark.parametrize("behind", [b"x", b"x" * 512, b"\xff\xd8\xff" * 1000])
def test_what_is_no_tar_behind_a_tar_is_said(behind: bytes) -> None:
    contents, _, ended = read(tar_of({"a": b"1"}) + behind)
    assert (contents, ended) == ({"a": b"1"}, CorruptError.code)


def test_limits_on_members_and_bytes_are_told_after_what_is_within_them() -> None:
    data = ARCHIVED["tar"]
    contents, _, ended = read(data, ArchiveLimits(members=3))
    assert (len(contents), ended) == (3, TooManyMembersError.code)
    _, refused, ended = read(data, ArchiveLimits(member_bytes=1000))
    assert (refused["folder/11.txt"], ended) == (TooLargeError.code, None)
    for form in FORMS:
        contents, refused, ended = read(ARCHIVED[form], ArchiveLimits(decompressed_bytes=9000))
        assert 1 <= len(contents) < 12
        assert TooLargeError.code in {ended, *refused.values()}


@pytest.mark.parametrize("form", ["tar.gz", "tar.bz2", "tar.xz"])
def test_a_compressed_tar_that_inflates_without_measure_is_refused(form: str) -> None:
    data = FORMS[form]({"zeros": bytes(2 << 20)})
    _, refused, ended = read(data, ArchiveLimits(ratio=50, ratio_applies_from=1 << 20))
    assert TooLargeError.code in {ended, *refused.values()}


def test_a_zip_member_that_inflates_without_measure_is_refused() -> None:
    data = zip_of({"zeros": bytes(2 << 20), "fine": b"fine"})
    contents, refused, ended = read(data, ArchiveLimits(ratio=50, ratio_applies_from=1 << 20))
    assert (contents, refused, ended) == ({"fine": b"fine"}, {"zeros": TooLargeError.code}, None)


def test_what_is_no_archive_is_refused() -> None:
    for data in (file_of("PNG"), gzip.compress(b"just words"), b"words"):
        with pytest.raises(UnsupportedError):
            list(members(io.BytesIO(data)))


def test_signs_of_life_are_given_while_members_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.media._members._TICK_MEMBERS", 40)
    data = tar_of({str(number): b"" for number in range(50)})
    signs: list[None] = []
    (member,) = members(io.BytesIO(data), start=49, progress=lambda: signs.append(None))
    assert isinstance(member, Member)
    assert signs


@settings(max_examples=50)
@given(data=st.binary(max_size=3000), form=st.sampled_from(sorted(FORMS)), at=st.integers(0, 3000))
def test_damage_never_raises_anything_but_a_named_error(data: bytes, form: str, at: int) -> None:
    whole = ARCHIVED[form]
    read(whole[:at] + data + whole[at + len(data) :])


def test_a_scan_goes_on_behind_the_member_that_killed_its_child() -> None:
    data = tar_of({"a": b"1", "b": b"22", "fatal": b"333", "c": b"4444", "d": b"55555"})
    with Pool("sandbox_tasks:list_members", workers=1, path=[HERE]) as pool:
        events = list(pool.stream([Job.of_bytes(1, data)]))
        found = [event.item for event in events if isinstance(event, Reply)]
        last = found[-1]["index"]
        assert isinstance(last, int)
        events = list(pool.stream([Job.of_bytes(2, data, {"start": last + 2})]))
        found += [event.item for event in events if isinstance(event, Reply)]
    assert [item["name"] for item in found] == ["a", "b", "c", "d"]
