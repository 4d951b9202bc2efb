"""Text that generators hide in the lowest bits of pixels, to survive the loss of a file's metadata.

Down the columns, from the left, one bit of each pixel's transparency or three of its colours: 15 letters that
say which kind it is, the length in bits (32 bits, highest first), then UTF-8, plain or packed with gzip.
NovelAI may append a second length and error correction for the colours. After NovelAI/novelai-image-metadata
(nai_meta.py, nai_bch.py) and the web UI extensions that brought the format up.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.errors import Error
from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.model import Absent, Failed, Finding, Item, NotChecked, Strength
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import rules
from tocsin.provenance.texts import TextError, parse_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.provenance.opened import Opened

    Planes = NDArray[np.uint8]
    """(h, w, n): the planes that hold bits, in the order in which each pixel gives them."""

WHAT: Final = "text hidden in the lowest bits of the pixels"
MAX_TEXT: Final = 8 << 20
"""Bytes of hidden text, packed or not, that are read; settings take some kilobytes."""
_KINDS: Final = {
    b"stealth_pnginfo": ("stealth.alpha", "transparency", False),
    b"stealth_pngcomp": ("stealth.alpha", "transparency", True),
    b"stealth_rgbinfo": ("stealth.colours", "colours", False),
    b"stealth_rgbcomp": ("stealth.colours", "colours", True),
}
"""Rule, where the bits lie, and whether the text is packed, by the letters it begins with."""
_MAGIC_BITS: Final = 15 * 8
_LENGTH_BITS: Final = 32
_HEAD_BITS: Final = _MAGIC_BITS + _LENGTH_BITS
_GZIP: Final = 31
"""zlib's window size that stands for gzip."""
_CODE_BITS: Final = 28 * 8
"""NovelAI appends 28 bytes of a BCH code for each stretch of colours."""
_MAX_KEYS: Final = 64
_KNOWN_KEYS: Final = frozenset(
    {
        *("title", "description", "software", "source", "comment"),
        *("parameters", "prompt", "workflow", "sui_image_params", "fooocus_scheme", "generation_data"),
        *("sd-metadata", "invokeai_metadata", "invokeai_graph", "usercomment", "aigc"),
    }
)
"""Keys, casefolded, under which generators' settings stand; they come before all others."""
_MAX_MEMBERS: Final = 64
_ANIMATION: Final = frozenset({"acTL", "ANIM"})
"""Chunks of PNG and WebP files with several frames (PNG specification, third edition, 11.3.6.1; RFC 9649)."""
_FRAMES: Final = f"{WHAT}, in all frames but the first"


class StealthError(Error):
    """A block of hidden text begins in the pixels but cannot be read."""

    code = "provenance.stealth_broken"
    advice = "The picture may have been cropped or edited after the text was hidden in it."


class MetadataBombError(Error):
    """Metadata are made to grow beyond all measure when read."""

    code = "provenance.metadata_bomb"
    advice = "Somebody made this file to hold readers up; what else it says deserves little trust."


@dataclass(frozen=True, slots=True)
class Block:
    """A block of hidden text as it begins in the pixels."""

    magic: bytes
    planes: "Planes"

    @property
    def packed(self) -> bool:
        """Whether the text is compressed."""
        return _KINDS[self.magic][2]


def signs(file: "Opened") -> Iterator[Finding]:
    """The hidden text of a picture, and what it says about the generator."""
    if file.stored is None:
        yield NotChecked(WHAT, file.why_no_pixels)
        return
    found = tuple(blocks(file.stored.pixels))
    if not found:
        yield Absent(WHAT, OWN_READER)
    for block in found:
        yield from _block_signs(file, block)
    if file.walk.named(*_ANIMATION):
        yield NotChecked(_FRAMES, "the picture is animated, and only its first frame is decoded")


def fields_of(file: "Opened", text: str) -> Fields:
    """Hidden text as fields: the keys of a JSON object, or `parameters`, as web UIs call their text."""
    pairs: dict[str, JsonValue] = {"parameters": text}
    try:
        value = parse_json(text)
    except TextError:
        value = None  # most hidden texts are no JSON; whoever reads the field finds out what it is
    if isinstance(value, dict):
        pairs = dict(_known_first(value)[:_MAX_KEYS])
    return Fields(tuple(_field(file, name, value) for name, value in pairs.items()))


def _known_first(value: "JsonObject") -> "list[tuple[str, JsonValue]]":
    return sorted(value.items(), key=lambda pair: pair[0].casefold() not in _KNOWN_KEYS)


def _left_out(text: str) -> Iterator[NotChecked]:
    """What of hidden JSON is not read: keys beyond those taken, and all but the last of keys that repeat."""
    counts: list[tuple[int, int]] = []

    def count(pairs: "list[tuple[str, JsonValue]]") -> None:
        counts.append((len(pairs), len(dict(pairs))))

    try:
        json.loads(text, object_pairs_hook=count, parse_int=str)
    except (ValueError, RecursionError):
        return  # it is no JSON
    if any(there > different for there, different in counts):
        yield NotChecked(f"repeated keys in {WHAT}", "only the last value of each is read")
    if text.lstrip().startswith("{") and counts and counts[-1][1] > _MAX_KEYS:  # the outermost ends last
        what = f"{counts[-1][1] - _MAX_KEYS:,} further keys in {WHAT}"
        yield NotChecked(what, f"only {_MAX_KEYS} are read, those of generators first")


def _field(file: "Opened", name: str, value: "JsonValue") -> Field:
    text = value if isinstance(value, str) else json.dumps(value)
    return Field(Space.STEALTH, name, text, text.encode("utf-8", "surrogatepass"), file.pixels_place)


def blocks(pixels: "NDArray[np.uint8]") -> Iterator[Block]:
    """The blocks that begin in these pixels, (h, w), (h, w, 3) or (h, w, 4)."""
    if pixels.ndim < 3:  # noqa: PLR2004  # grey pictures have neither transparency nor colours
        return
    for planes in (pixels[:, :, 3:], pixels[:, :, :3]):
        magic = _bits(planes, 0, _MAGIC_BITS)
        if magic in _KINDS and planes.size >= _HEAD_BITS:
            yield Block(magic, planes)


def _bits(planes: "Planes", first: int, count: int) -> bytes:
    """`count` bits from the bit `first` on, packed; fewer where the picture ends."""
    import numpy as np  # noqa: PLC0415  # there are pixels only where numpy is loaded

    column = planes.shape[0] * planes.shape[2]
    if not column:
        return b""
    left, right = first // column, -(-(first + count) // column)
    bits = (planes[:, left:right] & 1).transpose(1, 0, 2).reshape(-1)
    skipped = first - left * column
    return np.packbits(bits[skipped : skipped + count]).tobytes()


def _block_signs(file: "Opened", block: Block) -> Iterator[Finding]:
    try:
        text = text_of(block)
    except (StealthError, MetadataBombError) as error:
        yield _item(file, block, f"its text cannot be read: {error.message}", Strength.S2)
        yield Failed(OWN_READER, error.code, error.message)
        return
    yield _item(file, block, f"{len(text):,} characters{_appended(block)}")
    yield from _generator_signs(file, fields_of(file, text))
    yield from _left_out(text)


def _generator_signs(file: "Opened", fields: Fields) -> Iterator[Finding]:
    from tocsin.provenance.generators.reading import signs as read  # noqa: PLC0415  # few have hidden text

    for finding in read(file, fields):
        if not isinstance(finding, Absent):  # the file's open fields are asked for that
            yield finding


def _item(file: "Opened", block: Block, what: str, strength: Strength | None = None) -> Item:
    rule, where, _ = _KINDS[block.magic]
    found = f"Text is hidden in the lowest bits of the {where} ({block.magic.decode()}): {what}."
    return file.item(rules("stealth")[rule], found, file.pixels_place, strength=strength)


def text_of(block: Block) -> str:
    """The text of a block.

    Raises:
        StealthError: it is cut, damaged or no text.
        MetadataBombError: it is longer than any generator's.
    """
    stated = _length(block, _MAGIC_BITS)
    if stated % 8 or stated > block.planes.size - _HEAD_BITS:
        message = f"it is said to be {stated:,} bits long, which the picture does not hold"
        raise StealthError(message)
    if stated > MAX_TEXT * 8:
        message = f"the hidden text is {stated // 8:,} bytes long; the limit is {MAX_TEXT:,}"
        raise MetadataBombError(message)
    data = _bits(block.planes, _HEAD_BITS, stated)
    try:
        return (_unpacked(data) if block.packed else data).decode()
    except UnicodeDecodeError as error:
        message = "it is not UTF-8"
        raise StealthError(message) from error


def _unpacked(data: bytes) -> bytes:
    """What gzip packed, in one member or several (RFC 1952, 2.2); zeros may follow."""
    text = bytearray()
    for _ in range(_MAX_MEMBERS):
        inflater = zlib.decompressobj(_GZIP)
        try:
            text += inflater.decompress(data, MAX_TEXT + 1 - len(text))
        except zlib.error as error:
            message = "its gzip data are damaged"
            raise StealthError(message) from error
        if len(text) > MAX_TEXT:
            message = f"the hidden text inflates to more than {MAX_TEXT:,} bytes"
            raise MetadataBombError(message)
        if not inflater.eof:
            message = "its gzip data end too early"
            raise StealthError(message)
        data = inflater.unused_data.lstrip(b"\0")
        if not data:
            return bytes(text)
    message = f"its gzip data are made of more than {_MAX_MEMBERS} parts"
    raise MetadataBombError(message)


def _length(block: Block, first: int) -> int:
    return int.from_bytes(_bits(block.planes, first, _LENGTH_BITS))


def _appended(block: Block) -> str:
    """What follows the text, if it has the shape of NovelAI's error correction; unused bits are all 1."""
    first = _HEAD_BITS + _length(block, _MAGIC_BITS)
    left = block.planes.size - first - _LENGTH_BITS
    length = _length(block, first) if left > 0 else 0
    if block.planes.shape[2] > 1 or not 0 < length <= left or length % _CODE_BITS:
        return ""
    return f", then {length // 8:,} bytes in the shape of NovelAI's error correction"
