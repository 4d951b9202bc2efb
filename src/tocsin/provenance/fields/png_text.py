"""Text chunks of PNG (PNG specification, third edition, 11.3.3), and what other programs pack into them."""

import re
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Space
from tocsin.provenance.fields.exif import read_exif
from tocsin.provenance.fields.gather import Block, Gather
from tocsin.provenance.fields.iptc import read_photoshop
from tocsin.provenance.fields.xmp import read_xmp

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment

CODE: Final = "provenance.png_text"
_XMP: Final = "XML:com.adobe.xmp"
_MAX_KEYWORD: Final = 79
# ImageMagick's way to carry other formats' blocks: a line with the name, one with the length, hexadecimal.
_PROFILE: Final = re.compile(rb"\n[^\n]{1,32}\n *[0-9]{1,10}\n")
_EXIF_PROFILES: Final = ("Raw profile type exif", "Raw profile type APP1")
_IPTC_PROFILES: Final = ("Raw profile type iptc", "Raw profile type 8bim")
_XMP_PROFILE: Final = "Raw profile type xmp"


def read_text(gather: Gather, segment: "Segment") -> None:
    """Add what a tEXt, zTXt or iTXt chunk says."""
    block = gather.read(segment)
    keyword, separator, rest = block.data.partition(b"\0")
    if not separator or len(keyword) > _MAX_KEYWORD:
        gather.problem(CODE, f"the {segment.name} chunk at byte {segment.offset:,} has no keyword")
        return
    start, packed = _text_start(segment.name, rest)
    if start is None:
        gather.problem(CODE, f"the {segment.name} chunk at byte {segment.offset:,} breaks off")
        return
    text: Block | None = block.part(len(keyword) + 1 + start)
    if packed and text is not None:
        text = gather.unpack(text)
    if text is not None:
        _add(gather, keyword.decode("latin-1"), text)


def _text_start(kind: str, rest: bytes) -> tuple[int | None, bool]:
    """Where the text begins behind the keyword, None if it does not, and whether it is compressed."""
    if kind == "tEXt":
        return 0, False
    if kind == "zTXt":
        return (1 if rest else None), True
    language = rest.find(b"\0", 2)
    translated = rest.find(b"\0", language + 1) if language >= 0 else -1
    return (None if translated < 0 else translated + 1), rest[:1] == b"\1"


def _add(gather: Gather, keyword: str, text: Block) -> None:
    if keyword == _XMP:
        read_xmp(gather, text)
    elif keyword in {*_EXIF_PROFILES, *_IPTC_PROFILES, _XMP_PROFILE}:
        _profile(gather, keyword, text)
    else:
        gather.add_text(Space.TEXT, keyword, text)


def _profile(gather: Gather, keyword: str, text: Block) -> None:
    head = _PROFILE.match(text.data)
    try:
        data = bytes.fromhex(text.data[head.end() :].rstrip(b"\0").decode("ascii")) if head else b""
    except ValueError:
        data = b""
    if not data:
        gather.problem(CODE, f"{keyword} is not written in hexadecimal")
        return
    block = Block(data, text.segment, exact=False)
    if keyword == _XMP_PROFILE or data.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        read_xmp(gather, block.part(data.find(b"\0") + 1 if data.startswith(b"http") else 0))
    elif keyword in _IPTC_PROFILES:
        read_photoshop(gather, block)
    else:
        read_exif(gather, block)
