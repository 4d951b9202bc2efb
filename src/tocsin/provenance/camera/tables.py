"""Quantisation tables and marker order of a JPEG: what kind of encoder wrote it last.

Tables rule out more than they rule in: thousands of programs and cameras share the Independent JPEG Group's.
What they are good for is linking files and contradicting a claim. ITU-T T.81, Annex B, has the markers.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any, Final

from tocsin.errors import Error
from tocsin.provenance.model import Failed, Finding, Fingerprint, FingerprintKind, Item
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document, rules

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment
    from tocsin.provenance.opened import Opened

Table = tuple[int, ...]
"""64 values in the order in which they stand in the file: zigzag."""

ZIGZAG: Final = tuple(
    sorted(range(64), key=lambda at: (at // 8 + at % 8, at if (at // 8 + at % 8) % 2 else -at))
)
"""Where in the rows the values of a table stand, in their order in the file (T.81, figure 5)."""
_VALUES: Final = 64
_DESTINATIONS: Final = 4
_MOST_SEGMENTS: Final = 64
"""Segments that are read before the first scan; no encoder writes a tenth of that."""
_LARGEST: Final = 255
_LARGEST_WIDE: Final = 32767
_FRAME_BYTES: Final = 6
_COMPONENT_BYTES: Final = 3
_SAMPLINGS: Final[dict[tuple[tuple[int, int], ...], str]] = {
    ((1, 1), (1, 1), (1, 1)): "4:4:4",
    ((2, 1), (1, 1), (1, 1)): "4:2:2",
    ((2, 2), (1, 1), (1, 1)): "4:2:0",
    ((1, 2), (1, 1), (1, 1)): "4:4:0",
    ((4, 1), (1, 1), (1, 1)): "4:1:1",
}


class TablesError(Error):
    """The JPEG's tables cannot be read."""

    code = "provenance.tables"
    advice = "Look at the markers before the first scan: the file may be damaged or cut short."


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a JPEG was encoded, as its markers before the first scan say."""

    width: int
    height: int
    frame: str
    """Marker of the frame: SOF0 baseline, SOF2 progressive."""
    sampling: str
    luma: Table
    chroma: Table | None
    """That of the second component; None where there is none or it shares the first one's table."""
    markers: tuple[str, ...]
    """In order, several of one kind in a row as one."""
    cited: "tuple[Segment, ...]"
    """Where the tables and the frame stand."""
    fingerprint: str
    """SHA-256 of the tables in hexadecimal, sampling and markers; see `_fingerprint`."""


@dataclass(frozen=True, slots=True)
class Family:
    """The encoders whose tables these are."""

    rule: str
    words: str
    """Which of their settings; empty where that cannot be told."""
    quality: int | None = None
    """On the scale of that family, where both tables have the same."""


def signs(file: "Opened") -> Iterator[Finding]:
    """What the tables and markers of a JPEG say; nothing for other files."""
    if file.type.format != "jpeg":
        return
    try:
        encoding = read_encoding(file)
    except TablesError as error:
        yield Failed(OWN_READER, error.code, error.message)
        return
    yield _tables_item(file, encoding)
    yield _layout_item(file, encoding)


def read_encoding(file: "Opened") -> Encoding:
    """How the JPEG in `file` was encoded.

    Raises:
        TablesError: its markers before the first scan do not have a frame and its tables.
    """
    headers = tuple(takewhile(lambda segment: segment.name != "SOS", file.walk.segments))
    tables = _tables([one for one in headers if one.name == "DQT"][:_MOST_SEGMENTS], file)
    frame = next((one for one in headers if _is_frame(one.name)), None)
    if frame is None:
        message = "the JPEG has no frame header before its first scan"
        raise TablesError(message)
    width, height, components = _frame(file.read(frame, _LARGEST_WIDE))
    try:
        used = [tables[destination] for _, destination in components]
    except KeyError as error:
        message = f"the JPEG's quantisation table {error.args[0]} is missing"
        raise TablesError(message) from error
    markers = tuple(name for name, _ in groupby(one.name for one in headers))
    sampling = _sampling([factors for factors, _ in components])
    return Encoding(
        width=width,
        height=height,
        frame=frame.name,
        sampling=sampling,
        luma=used[0],
        chroma=used[1] if len(used) > 1 and components[0][1] != components[1][1] else None,
        markers=markers,
        cited=(*(one for one in headers if one.name == "DQT"), frame)[:_MOST_SEGMENTS],
        fingerprint=_fingerprint(tables, sampling, markers),
    )


def _is_frame(name: str) -> bool:
    return name.startswith("SOF")


def _tables(segments: "Iterable[Segment]", file: "Opened") -> dict[int, Table]:
    """Tables by destination; the last one counts. T.81, B.2.4.1."""
    found: dict[int, Table] = {}
    for segment in segments:
        data = file.read(segment, 1 << 16)
        while data:
            width = 2 if data[0] >> 4 else 1
            values = data[1 : 1 + _VALUES * width]
            destination = data[0] & 15
            if len(values) < _VALUES * width or destination >= _DESTINATIONS:
                message = "a quantisation table of the JPEG is cut short or has no destination"
                raise TablesError(message)
            pairs = range(0, len(values), width)
            found[destination] = tuple(int.from_bytes(values[at : at + width]) for at in pairs)
            data = data[1 + _VALUES * width :]
    return found


def _frame(data: bytes) -> tuple[int, int, list[tuple[tuple[int, int], int]]]:
    """Width, height, and of each component the sampling factors and the table's destination. T.81, B.2.2."""
    count = data[5] if len(data) >= _FRAME_BYTES else 0
    if not count or len(data) < _FRAME_BYTES + count * _COMPONENT_BYTES:
        message = "the JPEG's frame header is cut short"
        raise TablesError(message)
    triples = (data[_FRAME_BYTES + 3 * at : _FRAME_BYTES + 3 * at + 3] for at in range(count))
    components = [((one[1] >> 4, one[1] & 15), one[2]) for one in triples]
    return int.from_bytes(data[3:5]), int.from_bytes(data[1:3]), components


def _sampling(factors: list[tuple[int, int]]) -> str:
    if len(factors) == 1:
        return "grey"
    usual = _SAMPLINGS.get(tuple(factors))
    return usual or ", ".join(f"{across}x{down}" for across, down in factors[:_DESTINATIONS])


def _fingerprint(tables: Mapping[int, Table], sampling: str, markers: tuple[str, ...]) -> str:
    """SHA-256 of `0:values 1:values|4:2:0|APP1 DQT SOF0 DHT`, the values with commas in the file's order."""
    values = " ".join(f"{at}:{','.join(map(str, tables[at]))}" for at in sorted(tables))
    text = "|".join((values, sampling, " ".join(markers)))
    return hashlib.sha256(text.encode()).hexdigest()


def family_of(encoding: Encoding) -> Family:
    """The encoders that have these tables."""
    luma, chroma = encoding.luma, encoding.chroma
    for rule, scaled in _scaled_bases().items():
        bright = scaled["luma"].get(luma, ())
        colour = bright if chroma is None else scaled["chroma"].get(chroma, ())
        if bright and colour:
            return _scaled_family(rule, bright, colour)
    scale = _mpeg_scales().get(luma)
    if scale is not None and chroma in {None, luma}:
        return Family(document("camera")["mpeg"]["rule"], f"scale {scale}")
    preset = _preset(luma, chroma)
    if preset is not None:
        return Family("camera.tables.preset", f"the setting {preset}")
    return Family("camera.tables.own", "")


def _scaled_family(rule: str, bright: tuple[int, ...], colour: tuple[int, ...]) -> Family:
    """At the lowest qualities several make the same table, so both tables are asked."""
    both = [quality for quality in bright if quality in colour]
    if both:
        return Family(rule, f"quality {both[0]}", both[0])
    return Family(rule, f"quality {bright[0]} for brightness, {colour[0]} for colour")


@cache
def _scaled_bases() -> Mapping[str, Mapping[str, Mapping[Table, tuple[int, ...]]]]:
    """Of each base table of libraries that scale them: the scaled tables and their qualities."""
    found: dict[str, dict[str, dict[Table, tuple[int, ...]]]] = {}
    for base in document("camera")["base"]:
        found[base["rule"]] = {part: _scaled(base[part]) for part in ("luma", "chroma")}
    return found


def _scaled(base: list[int]) -> dict[Table, tuple[int, ...]]:
    """As jcparam.c of libjpeg does it, with and without its limit to 8 bits."""
    found: dict[Table, tuple[int, ...]] = {}
    stored = [base[at] for at in ZIGZAG]
    for quality in range(1, 101):
        percent = 5000 // quality if quality < 50 else 200 - 2 * quality  # noqa: PLR2004  # libjpeg's scale
        values = [max(1, (value * percent + 50) // 100) for value in stored]
        narrow, wide = (tuple(min(value, most) for value in values) for most in (_LARGEST, _LARGEST_WIDE))
        for table in {narrow, wide}:
            found[table] = (*found.get(table, ()), quality)
    return found


@cache
def _mpeg_scales() -> Mapping[Table, int]:
    """Tables of ffmpeg's MJPEG encoder and their scale: all but the first value follow it."""
    matrix = document("camera")["mpeg"]["matrix"]
    stored = [matrix[at] for at in ZIGZAG]
    return {
        (stored[0], *(min(value * scale >> 3, _LARGEST) for value in stored[1:])): scale
        for scale in range(1, 32)
    }


def _preset(luma: Table, chroma: Table | None) -> str | None:
    if chroma is None or max(*luma, *chroma) > _LARGEST:
        return None
    digest = hashlib.sha256(bytes(luma) + bytes(chroma)).hexdigest()
    presets: list[dict[str, Any]] = document("camera")["preset"]
    return next((one["name"] for one in presets if one["sha256"] == digest), None)


def default_of(family: Family, encoding: Encoding) -> str | None:
    """The programs that encode like this where nobody chose otherwise."""
    if family.rule != "camera.tables.ijg":
        return None
    wanted = (family.quality, encoding.sampling)
    defaults: list[dict[str, Any]] = document("camera")["default"]
    return next((one["programs"] for one in defaults if (one["quality"], one["subsampling"]) == wanted), None)


def _tables_item(file: "Opened", encoding: Encoding) -> Item:
    family = family_of(encoding)
    rule = rules("camera")[family.rule]
    default = default_of(family, encoding)
    usual = f" It is what {default} do where nobody chooses." if default else ""
    which = f"{family.words}; " if family.words else ""
    plain = document("camera")["plainly"][family.rule]
    found = f"{plain} ({which}colour sampled {encoding.sampling}).{usual}"
    fingerprint = Fingerprint(FingerprintKind.TABLES, encoding.fingerprint)
    return file.item(rule, found, *encoding.cited, fingerprints=(fingerprint,))


def _layout_item(file: "Opened", encoding: Encoding) -> Item:
    headers = tuple(takewhile(lambda segment: segment.name != "SOS", file.walk.segments))
    named: dict[str, list[Segment]] = {}
    for one in headers:
        named.setdefault(one.name, []).append(one)
    jfif = _begins(file, named.get("APP0"), b"JFIF\0")
    exif = _begins(file, named.get("APP1"), b"Exif\0\0")
    adobe = _begins(file, named.get("APP14"), b"Adobe")
    restart = next(iter(named.get("DRI", ())), None)
    words = [
        _opening(jfif, exif),
        {"SOF0": "baseline", "SOF1": "extended", "SOF2": "progressive"}.get(encoding.frame, encoding.frame),
    ]
    if adobe:
        words.append("with Adobe's marker, as Adobe's programs and encoders of CMYK write")
    if restart:
        words.append(
            f"a restart marker every {int.from_bytes(file.read(restart, 2))} units, as many cameras do"
        )
    found = f"{'; '.join(words)}. Order of markers: {' '.join(encoding.markers[:_MOST_SEGMENTS])}."
    cited = [one for one in (jfif, exif, adobe, restart) if one]
    return file.item(rules("camera")["camera.layout"], found, *(cited or encoding.cited))


def _begins(file: "Opened", segments: "list[Segment] | None", identifier: bytes) -> "Segment | None":
    """The first of `segments` that begins with `identifier`: that part of it."""
    for one in (segments or [])[:_MOST_SEGMENTS]:
        if file.read(one, len(identifier)) == identifier:
            return one.part(0, len(identifier))
    return None


def _opening(jfif: "Segment | None", exif: "Segment | None") -> str:
    if exif and not jfif:
        return "Exif without JFIF, as cameras write"
    if exif and jfif:
        return "JFIF and Exif, as programs write that save a picture again, and some phones"
    return "JFIF without Exif, as programs write" if jfif else "Neither JFIF nor Exif"
