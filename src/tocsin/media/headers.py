"""The size that a picture's header states, for decoders that do not stop at it."""

from typing import BinaryIO

_HEAD_BYTES = 32
_CODESTREAM = b"\xff\x0a"
_BOX_HEADER_BYTES = 8
_LONG_BOX_HEADER_BYTES = 16
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def stated_size(source: BinaryIO, file_format: str) -> tuple[int, int] | None:
    """Width and height of a JPEG XL or WebP picture before Exif's turning; `source` is left at its beginning.

    None for other formats and where the header is not where it usually is: the decoder shall judge.
    """
    source.seek(0)
    head = source.read(_HEAD_BYTES)
    size: tuple[int, int] | None = None
    if file_format == "webp":
        size = _webp_size(head)
    elif file_format == "jxl":
        codestream = head if head.startswith(_CODESTREAM) else _codestream_in_container(source)
        if codestream.startswith(_CODESTREAM):
            size = _jxl_size(int.from_bytes(codestream[len(_CODESTREAM) :], "little"))
    source.seek(0)
    return size


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """RFC 9649, sections 2.7, 2.5 and 2.6 (lossy frames as in RFC 6386, 9.1)."""
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L":
            bits = _Bits(int.from_bytes(head[21:25], "little"))
            return 1 + bits.take(14), 1 + bits.take(14)
        case b"VP8 ":
            bits = _Bits(int.from_bytes(head[26:30], "little"))
            return bits.take(14), bits.take(16) >> 2  # behind two bits of scale
        case _:
            return None


def _codestream_in_container(source: BinaryIO) -> bytes:
    """JPEG XL's codestream in its boxes (ISO/IEC 18181-2; their headers as in 14496-12), or nothing."""
    at = 0
    while True:
        source.seek(at)
        head = source.read(_LONG_BOX_HEADER_BYTES)
        length, start = int.from_bytes(head[:4]), _BOX_HEADER_BYTES
        if length == 1:
            length, start = int.from_bytes(head[8:]), _LONG_BOX_HEADER_BYTES
        if head[4:8] == b"jxlp":
            start += 4  # its place among the parts
        if head[4:8] in {b"jxlc", b"jxlp"}:
            source.seek(at + start)
            return source.read(_HEAD_BYTES)
        if len(head) < _BOX_HEADER_BYTES or length < start:
            return b""
        at += length


class _Bits:
    """Read from the lowest on."""

    def __init__(self, bits: int) -> None:
        self._bits = bits

    def take(self, count: int) -> int:
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        return value


def _jxl_size(header: int) -> tuple[int, int]:
    """ISO/IEC 18181-1, SizeHeader."""
    bits = _Bits(header)
    in_eights = bits.take(1)
    height = _jxl_length(bits, in_eights)
    ratio = bits.take(3)
    if ratio:
        numerator, denominator = _RATIOS[ratio - 1]
        return height * numerator // denominator, height
    return _jxl_length(bits, in_eights), height


def _jxl_length(bits: _Bits, in_eights: int) -> int:
    if in_eights:
        return (1 + bits.take(5)) * 8
    return 1 + bits.take((9, 13, 18, 30)[bits.take(2)])
