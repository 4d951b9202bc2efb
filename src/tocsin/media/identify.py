"""Telling what a file is by its first bytes, never by its name.

Pure Python and cheap, so that it may run on strangers' bytes outside the sandbox: it compares a few bytes at
fixed places and follows no length field further than the box header it stands in.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["image", "video", "text", "file"]

HEAD_BYTES: Final = 4096
"""How much of the file `identify` wants to see; less is fine."""


@dataclass(frozen=True, slots=True)
class FileType:
    """What a file is: its kind, its format's short name and its media type."""

    kind: Kind
    format: str
    mime: str


UNKNOWN: Final = FileType("file", "unknown", "application/octet-stream")
EMPTY: Final = FileType("file", "empty", "application/x-empty")
_TEXT: Final = FileType("text", "text", "text/plain")

# (offset, magic bytes, type), most specific first. From the formats' specifications and the registrations
# at IANA; the ISO base media brands are those of the MP4 Registration Authority.
_MAGIC: Final[tuple[tuple[int, bytes, FileType], ...]] = (
    (0, b"\xff\xd8\xff", FileType("image", "jpeg", "image/jpeg")),
    (0, b"\x89PNG\r\n\x1a\n", FileType("image", "png", "image/png")),
    (0, b"GIF87a", FileType("image", "gif", "image/gif")),
    (0, b"GIF89a", FileType("image", "gif", "image/gif")),
    (0, b"II*\0", FileType("image", "tiff", "image/tiff")),
    (0, b"MM\0*", FileType("image", "tiff", "image/tiff")),
    (0, b"II+\0", FileType("image", "tiff", "image/tiff")),
    (0, b"MM\0+", FileType("image", "tiff", "image/tiff")),
    (0, b"\xff\x0a", FileType("image", "jxl", "image/jxl")),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", FileType("image", "jxl", "image/jxl")),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", FileType("image", "jp2", "image/jp2")),
    (0, b"\xff\x4f\xff\x51", FileType("image", "j2k", "image/jp2")),
    (0, b"8BPS", FileType("image", "psd", "image/vnd.adobe.photoshop")),
    (0, b"\0\0\1\0", FileType("image", "ico", "image/vnd.microsoft.icon")),
    (0, b"FLV\x01", FileType("video", "flv", "video/x-flv")),
    (0, b"OggS", FileType("video", "ogg", "application/ogg")),
    (0, b"\x00\x00\x01\xba", FileType("video", "mpeg", "video/mpeg")),
    (0, b"\x00\x00\x01\xb3", FileType("video", "mpeg", "video/mpeg")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FileType("video", "asf", "video/x-ms-asf")),
    (0, b"PK\x03\x04", FileType("file", "zip", "application/zip")),
    (0, b"PK\x05\x06", FileType("file", "zip", "application/zip")),
    (0, b"\x1f\x8b", FileType("file", "gzip", "application/gzip")),
    (0, b"BZh", FileType("file", "bzip2", "application/x-bzip2")),
    (0, b"\xfd7zXZ\0", FileType("file", "xz", "application/x-xz")),
    (0, b"\x28\xb5\x2f\xfd", FileType("file", "zstd", "application/zstd")),
    (0, b"7z\xbc\xaf\x27\x1c", FileType("file", "7z", "application/x-7z-compressed")),
    (0, b"Rar!\x1a\x07", FileType("file", "rar", "application/vnd.rar")),
    (257, b"ustar", FileType("file", "tar", "application/x-tar")),
    (0, b"%PDF-", FileType("file", "pdf", "application/pdf")),
)
_RIFF: Final = {
    b"WEBP": FileType("image", "webp", "image/webp"),
    b"AVI ": FileType("video", "avi", "video/vnd.avi"),
}
_BMP: Final = FileType("image", "bmp", "image/bmp")
_DIB_HEADERS: Final = (12, 16, 40, 52, 56, 64, 108, 124)  # the sizes of the headers a BMP may go on with
_AVIF: Final = FileType("image", "avif", "image/avif")
_HEIC: Final = FileType("image", "heic", "image/heic")
_QUICKTIME: Final = FileType("video", "quicktime", "video/quicktime")
_MP4: Final = FileType("video", "mp4", "video/mp4")
_BRANDS: Final = {
    **dict.fromkeys((b"avif", b"avis"), _AVIF),
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"), _HEIC),
    b"qt  ": _QUICKTIME,
    b"M4A ": FileType("file", "m4a", "audio/mp4"),
}
_STILL_BRANDS: Final = (b"mif1", b"msf1")  # say "still images" but not in which coding: look at the others
_QUICKTIME_BOXES: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

ARCHIVES: Final = frozenset({"zip", "tar", "gzip", "bzip2", "xz", "zstd", "7z", "rar"})
"""Formats that hold other files, whether or not they can be read here."""
READABLE_ARCHIVES: Final = frozenset({"zip", "tar", "gzip", "bzip2", "xz"})
"""Formats that `archives.members` reads; gzip, bzip2 and xz only where there is a tar inside."""
SHAREABLE_ARCHIVES: Final = frozenset({"zip", "tar"})
"""Formats in which any member can be reached without reading those before it."""


def identify(head: bytes) -> FileType:
    """What the file that begins with `head` is; `HEAD_BYTES` of it are enough, fewer may be too few."""
    if not head:
        return EMPTY
    for offset, magic, file_type in _MAGIC:
        if head.startswith(magic, offset):
            return file_type
    if container := _container(head):
        return container
    return _TEXT if _is_text(head) else UNKNOWN


def _container(head: bytes) -> FileType | None:
    """Formats whose first bytes must be read, not only compared."""
    found: FileType | None = None
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _DIB_HEADERS:
        found = _BMP
    elif head.startswith(b"RIFF"):
        found = _RIFF.get(head[8:12], UNKNOWN)
    elif head.startswith(b"\x1aE\xdf\xa3"):
        found = _matroska(head)
    elif head[4:8] == b"ftyp":
        found = _iso_media(head)
    elif head[4:8] in _QUICKTIME_BOXES:
        found = _QUICKTIME
    elif _is_old_tar(head):
        found = FileType("file", "tar", "application/x-tar")
    return found


def _matroska(head: bytes) -> FileType:
    if b"webm" in head[:64]:
        return FileType("video", "webm", "video/webm")
    return FileType("video", "matroska", "video/matroska")


def _iso_media(head: bytes) -> FileType:
    """Major brand first, then the compatible ones (ISO/IEC 14496-12, 4.3; 23008-12 for still images)."""
    size = min(int.from_bytes(head[:4]), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    for brand in brands:
        if brand in _BRANDS:
            return _BRANDS[brand]
    return _HEIC if any(brand in _STILL_BRANDS for brand in brands) else _MP4


def _is_old_tar(head: bytes) -> bool:
    """A tar from before POSIX has no magic, but a checksum that hardly fits by chance (V7 tar header)."""
    if len(head) < 512 or not head[0]:  # noqa: PLR2004  # the size of a tar header
        return False
    digits = head[148:156].strip(b" \0")
    if not digits or not all(48 <= digit <= 55 for digit in digits):  # noqa: PLR2004  # "0" to "7"
        return False
    return int(digits, 8) == sum(head[:148]) + 8 * 32 + sum(head[156:512])


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters other than white space; a character cut at the end is forgiven."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or error.reason != "unexpected end of data":
            return False
        text = head[: error.start].decode()
    return bool(text) and all(character >= " " or character in "\t\n\r\f" for character in text)
