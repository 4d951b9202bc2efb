"""Files made to hang, flood or fool whoever scans them. None harms a careful reader; all are made by code."""

import bz2
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from support.files import small_picture, tar_of, write, write_raw, zip_of
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MIB = 1 << 20


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """The beginning of a PNG."""
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def deflated_zeros(count: int, level: int = 9) -> bytes:
    """What `count` zeros come to."""
    squeeze = zlib.compressobj(level)
    parts = [squeeze.compress(bytes(MIB)) for _ in range(count // MIB)]
    return b"".join([*parts, squeeze.compress(bytes(count % MIB)), squeeze.flush()])


def write_all(folder: Path) -> None:
    """Fill a folder with all of them."""
    _claims(folder / "claims")
    _floods(folder / "floods")
    _truncated(folder / "truncated")
    _misnamed(folder / "misnamed")
    _archives(folder / "archives")
    _names(folder / "names")
    _not_files(folder / "not-files")


def _claims(folder: Path) -> None:
    """Few bytes that claim, or come to, very many pixels."""
    write(
        folder / "bomb.png",
        header(60_000, 60_000) + chunk(b"IDAT", deflated_zeros(MIB)) + chunk(b"IEND", b""),
    )
    # 1.5 GB once decoded, and within the limit of pixels.
    wide = deflated_zeros((14_000 * 8 + 1) * 14_000, 1)
    write(folder / "deep.png", header(14_000, 14_000, 16, 6) + chunk(b"IDAT", wide) + chunk(b"IEND", b""))
    jpeg = bytearray(small_picture(1))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = b"\xff\xff\xff\xff"
    write(folder / "bomb.jpg", bytes(jpeg))
    write(
        folder / "bomb.gif",
        b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;",
    )
    write(
        folder / "bomb.bmp",
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 60, 0, 54, 40, 60_000, 60_000, 1, 24, *[0] * 6),
    )
    tiff = b"II*\0" + struct.pack("<IH", 8, 4)
    for tag, value in ((256, 100_000), (257, 100_000), (258, 8), (273, 8)):
        tiff += struct.pack("<HHII", tag, 4, 1, value)
    write(folder / "bomb.tif", tiff + bytes(4))


def _floods(folder: Path) -> None:
    """Much to read before there is anything to see."""
    whole = encoders.png(Image.fromarray(picture(3, 160, 120)))
    start, rest = whole[:33], whole[33:]
    write(folder / "text-chunk.png", start + struct.pack(">I", 1 << 30) + b"tEXt")
    with (folder / "text-chunk.png").open("r+b") as file:  # sparse: takes no room on disk
        file.truncate(len(start) + 8 + (1 << 30) + 4)
        file.seek(0, os.SEEK_END)
        file.write(rest)
    write(folder / "text-bomb.png", start + chunk(b"zTXt", b"key\0\0" + deflated_zeros(256 * MIB)) + rest)
    write(folder / "profile-bomb.png", start + chunk(b"iCCP", b"key\0\0" + deflated_zeros(256 * MIB)) + rest)
    write(folder / "endless-chunks.png", start + chunk(b"tEXt", b"a\0b") * 3_000_000)
    write(folder / "endless-data.png", start + chunk(b"IDAT", b"") * 3_000_000)
    write(folder / "endless-comments.jpg", b"\xff\xd8" + b"\xff\xfe\0\x04ab" * 5_000_000)
    write(folder / "endless-filling.jpg", b"\xff\xd8" + b"\xff" * (40 * MIB))
    write(folder / "endless-comments.gif", b"GIF89a\x10\0\x10\0\0\0\0" + b"!\xfe\x01a\0" * 5_000_000)
    frame = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    write(folder / "endless-frames.gif", b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(6) + frame * 500_000)
    write(
        folder / "endless-boxes.avif",
        struct.pack(">I4s4sI4s", 20, b"ftyp", b"avif", 0, b"avif") + b"\0\0\0\x08free" * 3_000_000,
    )
    loop = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", 256, 4, 1, 10) + struct.pack("<I", 8)
    write(folder / "loop.tif", loop)
    write(folder / "zeros.jpg", b"")
    os.truncate(folder / "zeros.jpg", 200 * MIB)


def _truncated(folder: Path) -> None:
    """Every format cut at every tenth of its length."""
    image = Image.fromarray(picture(2, 320, 240))
    makers = {
        "jpg": encoders.jpeg,
        "progressive.jpg": encoders.jpeg_progressive,
        "png": encoders.png,
        "gif": encoders.gif,
        "webp": encoders.webp,
        "tif": encoders.tiff,
        "bmp": encoders.bmp,
        "avif": encoders.avif,
        "heic": encoders.heic,
    }
    for name, make in makers.items():
        data = make(image)
        for tenth in range(10):
            write(folder / f"{tenth}.{name}", data[: len(data) * tenth // 10])


def _misnamed(folder: Path) -> None:
    write(folder / "picture.txt", small_picture(1))
    write(folder / "jpeg.png", small_picture(1))
    write(folder / "text.jpg", b"a note\n" * 100)
    write(folder / "program.gif", b"\x7fELF" + bytes(1000))
    write(folder / "zip.jpg", zip_of({"a": b"a"}))
    write(folder / "no-suffix", small_picture(1))


def _archives(folder: Path) -> None:
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("before.txt", b"before")
        with archive.open("bomb", "w") as member:
            for _ in range(256):
                member.write(bytes(MIB))
        archive.writestr("after.txt", b"after")
    write(folder / "nested.zip", zip_of({"inner.zip": zip_of({"a": b"a"}), "note.txt": b"note"}))
    write(folder / "outside.zip", zip_of({"../../outside": b"a", "/absolute": b"b", "\x1b[2J": b"c"}))
    write(folder / "outside.tar", tar_of({"../../outside": b"a", "/absolute": b"b", "\x1b[2J": b"c"}))
    write(folder / "bomb.tar.bz2", bz2.compress(tar_of({"zeros": bytes(200 * MIB)})))
    write(
        folder / "lying.zip", zip_of({"a": b"a" * 1000}).replace(struct.pack("<I", 1000), b"\xff\xff\xff\x7f")
    )
    write(folder / "garbage.zip", b"PK\x03\x04" + os.urandom(10_000))
    write(folder / "garbage.tar.gz", b"\x1f\x8b\x08\0" + os.urandom(10_000))


def _names(folder: Path) -> None:
    for name in (
        b"\xff\xfe.jpg",
        b"new\nline.jpg",
        b"\x1b[31mred\x1b]0;title\x07.jpg",
        b"\xe2\x80\xaegpj.exe",
        b"-rf",
        b"a" * 255,
    ):
        write_raw(folder, name, small_picture(1))


def _not_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe.jpg")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "self.jpg").symlink_to("self.jpg")
    (folder / "one").symlink_to("other")
    (folder / "other").symlink_to("one")
    write(folder / "unreadable.jpg", small_picture(1))
    (folder / "unreadable.jpg").chmod(0)
    write(folder / "closed" / "inside.jpg", small_picture(1))
    (folder / "closed").chmod(0)


def everything_in(folder: Path) -> Iterator[str]:
    """Every path to answer for: files and whatever is no folder; of a folder that is closed, itself."""
    for parent, folders, files in os.walk(folder):
        for name in folders:
            path = os.path.join(parent, name)  # noqa: PTH118  # names that are not text
            if os.path.islink(path) or name == "closed":  # noqa: PTH114  # as above
                yield path
        folders[:] = [name for name in folders if name != "closed"]
        yield from (os.path.join(parent, name) for name in files)  # noqa: PTH118  # as above
