"""Chunks that do not make the picture neither hide it nor cost memory."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from pictures_by_code import file_of, pixels, scene

from tocsin.media.errors import CorruptError
from tocsin.media.png import Pieces, picture_only
from tocsin.media.views import views


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunks(extra: bytes) -> bytes:
    """A picture's PNG with chunks put in behind its header."""
    data = file_of("PNG")
    return data[:33] + extra + data[33:]


def test_text_that_would_inflate_to_a_gigabyte_does_not_hide_the_picture() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    extra = chunk(b"zTXt", b"Comment\0\0" + bomb) + chunk(b"iCCP", b"x\0\0" + bomb)
    (view,) = views(with_chunks(extra))
    assert np.array_equal(view.pixels, pixels(scene()))


def test_only_chunks_of_the_picture_are_left() -> None:
    data = with_chunks(chunk(b"tEXt", b"Title\0secret words") + chunk(b"iTXt", b"secret words"))
    left = picture_only(io.BytesIO(data)).read()
    assert left == file_of("PNG")


def test_a_gigabyte_of_text_is_passed_over(tmp_path: Path) -> None:
    """The file is sparse: nothing of the gigabyte is on disk, and nothing of it may be read."""
    data = file_of("PNG")
    path = tmp_path / "bomb.png"
    with path.open("wb") as file:
        file.write(data[:33] + struct.pack(">I", 1 << 30) + b"tEXt")
        file.seek(1 << 30, io.SEEK_CUR)
        file.write(b"\0\0\0\0" + data[33:])
    with path.open("rb") as file:
        (view,) = views(file)
    assert np.array_equal(view.pixels, pixels(scene()))


def test_chunks_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.media.png._MAX_CHUNKS", 1000)
    with pytest.raises(CorruptError, match="too many chunks"):
        list(views(with_chunks(chunk(b"tEXt", b"a\0b") * 2000)))


def test_pieces_read_like_the_file_they_make() -> None:
    whole = bytes(range(100))
    pieces = Pieces(io.BytesIO(whole), [(0, 10), (50, 53), (90, 100)])
    expected = whole[:10] + whole[50:53] + whole[90:]
    assert pieces.read(-1) == expected
    for start in range(0, 25, 4):
        for size in (1, 5, 30):
            assert pieces.seek(start) == start
            assert pieces.read(size) == expected[start : start + size]
    assert pieces.seek(-3, io.SEEK_END) == 20
    assert pieces.read(10) == expected[20:]
