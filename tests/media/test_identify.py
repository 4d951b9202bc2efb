"""Files are told by their first bytes."""

import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures_by_code import encoded, scene

from tocsin.media.identify import HEAD_BYTES, identify


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("JPEG", "jpeg"),
        ("PNG", "png"),
        ("GIF", "gif"),
        ("WEBP", "webp"),
        ("BMP", "bmp"),
        ("TIFF", "tiff"),
        ("AVIF", "avif"),
        ("JPEG2000", "jp2"),
        ("ICO", "ico"),
    ],
)
def test_pictures_are_told_by_their_first_bytes(form: str, expected: str) -> None:
    found = identify(encoded(scene(64, 64), form)[:HEAD_BYTES])
    assert (found.kind, found.format) == ("image", expected)


def test_heic_and_jpeg_xl_are_told_by_their_first_bytes() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    pillow_heif.from_pillow(scene(64, 64)).save(out)
    assert identify(out.getvalue()).format == "heic"
    assert identify(b"\xff\x0a" + bytes(30)).format == "jxl"
    assert identify(b"\0\0\0\x0cJXL \r\n\x87\n").format == "jxl"


def test_archives_are_told_by_their_first_bytes() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("a"))
    assert identify(out.getvalue()).format == "gzip"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("a"))
    assert identify(out.getvalue()[:HEAD_BYTES]).format == "tar"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"a")
    assert identify(out.getvalue()).format == "zip"


def test_a_tar_from_before_posix_is_told_by_its_checksum() -> None:
    info = tarfile.TarInfo("a")
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert identify(bytes(header)).format == "tar"
    header[0] ^= 1
    assert identify(bytes(header)).format != "tar"


@pytest.mark.parametrize(
    ("head", "kind", "form"),
    [
        (b"", "file", "empty"),
        (b"plain words\n", "text", "text"),
        ("gr\u00fc\u00dfe".encode()[:-2], "text", "text"),
        (b"BM is how this text begins, and it goes on", "text", "text"),
        (b"\x80\x81\x82", "file", "unknown"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video", "mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video", "quicktime"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm", "video", "webm"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "image", "avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image", "heic"),
    ],
)
def test_other_beginnings(head: bytes, kind: str, form: str) -> None:
    found = identify(head)
    assert (found.kind, found.format) == (kind, form)


@given(st.binary(max_size=600))
def test_any_bytes_get_an_answer(head: bytes) -> None:
    assert identify(head).kind in {"image", "video", "text", "file"}
