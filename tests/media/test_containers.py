"""Every part of every container is found, where it is, and no file can hold a walker up."""

import io
import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from support.containers import (
    EBML,
    FTYP,
    XMP,
    box,
    chunk,
    element,
    film,
    heic,
    jpeg_with,
    marker,
    picture,
    plain,
    png_with,
    riff_chunk,
    saved,
)

from tocsin.media.containers import Walk, walk
from tocsin.media.containers.segments import MAX_SEGMENTS, Segment
from tocsin.media.identify import FileType, identify

FORMATS = ["jpeg", "png", "webp", "avi", "gif", "tiff", "heic", "jxl", "mp4", "webm"]


def walked(data: bytes) -> Walk:
    return walk(io.BytesIO(data), identify(data[:4096]))


def payload(data: bytes, segment: Segment) -> bytes:
    return data[segment.offset : segment.offset + segment.length]


def one(data: bytes, name: str) -> bytes:
    """Payload of the one segment with this name."""
    (segment,) = walked(data).named(name)
    return payload(data, segment)


def names(data: bytes) -> list[str]:
    return [segment.name for segment in walked(data).segments]


def test_a_jpeg_with_everything_pillow_writes() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = saved("JPEG", progressive=True, exif=exif, xmp=XMP, comment=b"a remark", icc_profile=b"p" * 99)
    walk_ = walked(data)
    assert walk_.problem is None
    assert [segment.name for segment in walk_.segments][:5] == ["APP0", "APP1", "APP1", "APP2", "COM"]
    assert len(walk_.named("SOS")) > 1  # of the scans of a progressive JPEG
    assert walk_.segments[-1] == Segment("jpeg", "EOI", len(data), 0)
    assert one(data, "COM") == b"a remark"
    assert payload(data, walk_.named("APP1")[0]) == exif.tobytes()
    assert payload(data, walk_.named("APP1")[1]).endswith(XMP)


def test_every_marker_segment_accounts_for_the_whole_jpeg() -> None:
    """Between the payloads there is nothing but markers, lengths and entropy-coded data."""
    data = saved("JPEG", progressive=True)
    at = 2
    for segment in walked(data).segments:
        between = data[at : segment.offset]
        assert between[-2:] == b"\xff\xd9" or between[-4:-2][:1] == b"\xff"
        coded = between[:-2] if segment.name == "EOI" else between[:-4]
        assert all(
            coded[place + 1] in {0, *range(0xD0, 0xD8)}
            for place in range(len(coded) - 1)
            if coded[place] == 0xFF
        )
        at = segment.offset + segment.length
    assert at == len(data)


def test_markers_in_a_jpegs_payloads_are_no_markers() -> None:
    thumbnail = plain("JPEG")
    data = jpeg_with(marker(0xE1, b"Exif\0\0" + thumbnail), marker(0xFE, b"\xff\xd9\xff\xda"))
    assert names(data)[:2] == ["APP1", "COM"]
    assert names(data)[2:] == names(plain("JPEG"))


def test_segments_behind_the_scan_and_what_follows_the_end() -> None:
    data = plain("JPEG")[:-2] + marker(0xFE, b"late") + b"\xff\xff\xff\xd9" + b"SEFT more"
    assert names(data)[-3:] == ["COM", "EOI", "trailer"]
    assert one(data, "COM") == b"late"
    assert one(data, "trailer") == b"SEFT more"


def test_stray_bytes_between_jpeg_segments_are_passed_over_as_decoders_do() -> None:
    data = plain("JPEG")
    assert names(data[:20] + b"stray\0\xff\0" + data[20:]) == names(data)


def test_stray_beginnings_are_passed_over_without_reading_much_again() -> None:
    data = plain("JPEG")
    many = data[:20] + b"\0\xff\xd8" * 100_000 + (b"\0" + marker(0xFE, b"x")) * 2000 + data[20:]
    source = Counting(many)
    found = walk(source, identify(many[:4096]))
    assert [segment.name for segment in found.segments if segment.name != "COM"] == names(data)
    assert len(found.named("COM")) == 2000
    assert source.total < 50 * len(many)


class Counting(io.BytesIO):
    """Counts what is read."""

    total = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """As BytesIO."""
        data = super().read(size)
        self.total += len(data)
        return data


@pytest.mark.parametrize("size", range(70_000, 70_010))
def test_a_marker_is_found_wherever_it_falls(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.media.containers.jpeg._CHUNK", 7)
    data = (
        b"\xff\xd8"
        + marker(0xDA, b"\1\1\0\0\x3f\0")
        + b"\xff\0a\xff\xd3b" * (size // 600)
        + b"c" * (size % 10)
    )
    assert names(data + marker(0xC4, b"table") + b"\xff\xd9") == ["SOS", "DHT", "EOI"]


@pytest.mark.parametrize(
    ("tail", "problem"),
    [
        (b"", "without an EOI"),
        (b"\xff", "without an EOI"),
        (b"\xff\xe1", "impossible or cut off"),
        (b"\xff\xe1\0", "impossible or cut off"),
        (b"\xff\xe1\0\1", "impossible or cut off"),
        (b"\xff\xe1\xff\xffabc", "ends within APP1"),
    ],
)
def test_a_jpeg_that_breaks_off_says_so(tail: bytes, problem: str) -> None:
    found = walked(b"\xff\xd8" + marker(0xFE, b"x") + tail)
    assert found.segments[0].name == "COM"
    assert problem in str(found.problem)


def test_a_png_with_text_before_and_behind_the_picture() -> None:
    before = PngImagePlugin.PngInfo()
    before.add_text("first", "words")
    before.add_text("packed", "words" * 99, zip=True)
    before.add_itxt("it", "wörds")
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = saved("PNG", pnginfo=before, exif=exif)
    data = data[:-12] + chunk(b"tEXt", b"late\0text") + data[-12:] + b"behind"
    found = walked(data)
    assert [segment.name for segment in found.segments] == [
        "IHDR", "tEXt", "zTXt", "iTXt", "eXIf", "IDAT", "tEXt", "IEND", "trailer",
    ]  # fmt: skip
    assert found.problem is None
    assert payload(data, found.named("tEXt")[0]) == b"first\0words"
    assert payload(data, found.named("tEXt")[1]) == b"late\0text"
    assert one(data, "eXIf") == exif.tobytes()[6:]
    assert one(data, "trailer") == b"behind"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (plain("PNG")[:-12], "without an IEND"),
        (plain("PNG")[:-20], "ends within IDAT"),
        (plain("PNG")[:33] + b"\0\0\0\1\0\0\0\0" + plain("PNG")[33:], "no chunk"),
        (plain("PNG")[:33] + b"\x80\0\0\0tEXt" + plain("PNG")[33:], "ends within tEXt"),
    ],
)
def test_a_png_that_breaks_off_says_so(data: bytes, problem: str) -> None:
    assert problem in str(walked(data).problem)


def test_a_webp_with_metadata() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = saved("WEBP", exif=exif, xmp=XMP) + b"behind"
    assert names(data) == ["VP8X", "VP8 ", "EXIF", "XMP ", "trailer"]
    assert one(data, "XMP ") == XMP
    assert one(data, "EXIF") == exif.tobytes()[6:]
    assert walked(data).problem is None


def test_an_avi_with_lists_within_lists() -> None:
    data = film("avi", {"title": "Waves"})
    assert one(data, "LIST/INFO/INAM").rstrip(b"\0") == b"Waves"
    assert {"LIST/hdrl/avih", "LIST/hdrl/LIST/strl/strh", "LIST/movi", "idx1"} <= set(names(data))
    assert not [name for name in names(data) if name.startswith("LIST/movi/")]
    assert walked(data).problem is None


def test_riff_problems_are_told() -> None:
    data = plain("WEBP")
    assert "promises" in str(walked(data[:-10]).problem)
    deep = riff_chunk(b"LIST", b"abcd")
    for _ in range(20):
        deep = riff_chunk(b"LIST", b"abcd" + deep)
    found = walked(b"RIFF" + struct.pack("<I", 4 + len(deep)) + b"AVI " + deep + riff_chunk(b"next", b""))
    assert "nested deeper" in str(found.problem)
    inner = riff_chunk(b"LIST", b"INFO" + struct.pack("<4sI", b"ISFT", 1 << 31)) + riff_chunk(
        b"idx1", b"x" * 9
    )
    found = walked(b"RIFF" + struct.pack("<I", 4 + len(inner)) + b"AVI " + inner)
    assert "longer than what it is in" in str(found.problem)


def test_a_gif_with_comments_and_applications() -> None:
    frames = [picture(), picture().rotate(180)]
    data = saved(
        "GIF", of=frames[0], save_all=True, append_images=frames[1:], loop=0, duration=70, comment=b"c" * 300
    )
    assert "application/NETSCAPE2.0" in names(data)
    assert names(data).count("image") == 2
    assert one(data, "comment") == b"\xff" + b"c" * 255 + b"\x2d" + b"c" * 45
    assert one(data, "application/NETSCAPE2.0") == b"\x03\x01\0\0"
    assert walked(data).problem is None
    assert one(data + b"behind", "trailer") == b"behind"


def test_gif_problems_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    data = plain("GIF")
    assert "without a trailer" in str(walked(data[:-1]).problem)
    assert "within a block" in str(walked(data[:-2]).problem)
    assert "no block" in str(walked(data[:-1] + b"?").problem)
    monkeypatch.setattr("tocsin.media.containers.gif._MAX_BLOCKS", 1000)
    found = walked(data[:-1] + b"\x21\xfe" + b"\1x" * 2000 + b"\0;")
    assert "too many small blocks" in str(found.problem)


def test_a_tiff_names_its_blocks_of_metadata() -> None:
    tags = {700: XMP, 33723: b"\x1c\x02\x50\0\2Me"}
    data = saved("TIFF", tiffinfo=tags)
    assert one(data, "XMP") == XMP
    assert one(data, "IPTC") == b"\x1c\x02\x50\0\2Me"
    assert one(data, "TIFF") == data
    assert walked(data).problem is None


def test_a_bigtiff_is_read_like_a_tiff() -> None:
    data = saved("TIFF", tiffinfo={700: XMP}, big_tiff=True)
    assert data[2] == 43
    assert one(data, "XMP") == XMP


def test_tiff_directories_in_a_loop_are_told() -> None:
    data = struct.pack("<2sHIH12xI", b"II", 42, 8, 1, 8)
    assert "loop" in str(walked(data).problem)
    assert "cut short" in str(walked(struct.pack("<2sHIH", b"II", 42, 8, 65535)).problem)
    assert "lies outside" in str(walked(struct.pack("<2sHI", b"II", 42, 1 << 31)).problem)


@pytest.mark.parametrize("form", ["avif", "heic"])
def test_items_are_segments(form: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = heic(exif.tobytes(), XMP) if form == "heic" else saved("AVIF", exif=exif.tobytes(), xmp=XMP)
    assert identify(data).format == form
    assert one(data, "meta/item/mime") == XMP
    assert exif.tobytes()[6:] in one(data, "meta/item/Exif")
    assert walked(data).problem is None


def full(version: int, *parts: bytes) -> bytes:
    return struct.pack(">I", version << 24) + b"".join(parts)


def test_an_item_in_the_idat_box_and_one_in_two_pieces() -> None:
    infe = [box(b"infe", full(2, struct.pack(">HH", number, 0), b"Exif\0")) for number in (1, 2)]
    iinf = box(b"iinf", full(0, struct.pack(">H", 2), *infe))
    in_idat = struct.pack(">HHHHII", 1, 1, 0, 1, 2, 3)
    in_file = struct.pack(">HHHHIIII", 2, 0, 0, 2, 0, 4, 8, 4)
    iloc = box(b"iloc", full(1, b"\x44\x00", struct.pack(">H", 2), in_idat, in_file))
    data = box(b"ftyp", b"heic") + box(b"meta", full(0, iinf, iloc, box(b"idat", b"abcdefg")))
    found = walked(data)
    assert [payload(data, item) for item in found.named("meta/item/Exif")] == [b"cde"]
    pieces = found.named("meta/item/extents/2/Exif")
    assert [payload(data, item) for item in pieces] == [data[:4], data[8:12]]
    assert found.problem is None
    far = data.replace(in_file, struct.pack(">HHHHIIII", 2, 0, 0, 2, 1 << 31, 0, 8, 4))
    assert payload(far, walked(far).named("meta/item/extents/2/Exif")[0]) == b""


@pytest.mark.parametrize("form", ["mp4", "mov"])
def test_a_film_in_boxes(form: str) -> None:
    data = film(form, {"title": "Waves"}, options={"movflags": "use_metadata_tags"})
    assert b"title" in one(data, "moov/udta/meta/keys")
    assert b"Waves" in one(data, "moov/udta/meta/ilst")
    assert {"ftyp", "mdat", "moov/mvhd", "moov/trak/mdia/hdlr", "moov/trak/mdia/minf/stbl/stsd"} <= set(
        names(data)
    )
    assert walked(data).problem is None


def test_boxes_of_unusual_sizes() -> None:
    uuid = bytes(range(16))
    long = struct.pack(">I4sQ", 1, b"uuid", 16 + 16 + 3) + uuid + b"abc"
    open_ended = struct.pack(">I4s", 0, b"mdat") + b"to the end"
    data = FTYP + long + box(b"moov", box(b"udta", box(b"\xa9too", b"x"), bytes(4))) + open_ended
    assert one(data, "uuid") == uuid + b"abc"
    assert one(data, "moov/udta/©too") == b"x"
    assert one(data, "mdat") == b"to the end"
    assert walked(data).problem is None


def test_box_problems_are_told() -> None:
    assert "no box" in str(walked(FTYP + b"\0\0\0\3oops").problem)
    assert one(FTYP + b"\0\0\0\3oops", "trailer") == b"\0\0\0\3oops"
    assert "ends within mdat" in str(walked(FTYP + struct.pack(">I4sQ", 1, b"mdat", 1 << 62)).problem)
    inner = box(b"moov", struct.pack(">I4s", 99, b"mvhd")) + box(b"free")
    found = walked(FTYP + inner)
    assert "longer than what it is in" in str(found.problem)
    assert found.segments[-1].name == "free"


def test_a_jxl_with_boxes_and_one_without() -> None:
    pytest.importorskip("pillow_jxl")
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = saved("JXL", exif=exif.tobytes())
    assert exif.tobytes()[6:] in one(data, "Exif")
    assert walked(data).segments[0].container == "jxl"
    assert walked(b"\xff\x0a" + bytes(9)) == Walk(())


@pytest.mark.parametrize(("form", "codec"), [("matroska", "mpeg4"), ("webm", "libvpx")])
@pytest.mark.parametrize("live", ["0", "1"])
def test_a_film_in_elements(form: str, codec: str, live: str) -> None:
    """A live WebM has a segment and clusters of unknown size."""
    data = film(form, {"title": "Waves", "prompt": "{}"}, codec, {"live": live})
    assert one(data, "Segment/Info/Title") == b"Waves"
    assert one(data, "Segment/Info/MuxingApp").startswith(b"Lavf")
    values = [payload(data, part) for part in walked(data).named("Segment/Tags/Tag/SimpleTag/TagString")]
    assert b"{}" in values
    assert "Segment/Cluster" in names(data)
    assert walked(data).problem is None


def test_tags_behind_a_cluster_of_unknown_size_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = b"\xff"
    cluster = element(0x1F43B675, element(0xE7, b"\0"), element(0xA3, b"block"), size=unknown)
    tags = element(
        0x1254C367, element(0x7373, element(0x67C8, element(0x45A3, b"KEY"), element(0x4487, b"value")))
    )
    data = EBML + element(0x18538067, cluster, cluster, tags, size=unknown)
    assert one(data, "Segment/Tags/Tag/SimpleTag/TagName") == b"KEY"
    assert names(data).count("Segment/Cluster") == 2
    assert walked(data).problem is None
    monkeypatch.setattr("tocsin.media.containers.matroska._MAX_BLOCKS", 3)
    assert "unknown size" in str(walked(data).problem)


def test_ebml_problems_are_told() -> None:
    assert "no element" in str(walked(EBML + bytes(20)).problem)
    assert "ends within" in str(walked(EBML + element(0x18538067, b"abc", size=b"\x40\xff")).problem)
    deep = element(0x67C8)
    for _ in range(30):
        deep = element(0x67C8, deep)
    found = walked(EBML + element(0x18538067, element(0x1254C367, element(0x7373, deep))))
    assert "nested deeper" in str(found.problem)


@pytest.mark.parametrize("form", ["flv", "mpeg", "psd", "bmp", "ogg"])
def test_a_container_without_a_walker_is_told(form: str) -> None:
    found = walk(io.BytesIO(b"x"), FileType("video", form, "video/x"))
    assert found == Walk((), walked=False)


def test_what_is_no_picture_and_no_film_has_no_parts() -> None:
    assert walked(b"plain words") == Walk(())


@pytest.mark.parametrize(
    "data",
    [
        png_with(chunk(b"tEXt", b"k\0v") * (MAX_SEGMENTS + 1)),
        FTYP + box(b"free") * (MAX_SEGMENTS + 1),
        jpeg_with(marker(0xFE, b"") * (MAX_SEGMENTS + 1)),
        b"RIFF"
        + struct.pack("<I", 8 * MAX_SEGMENTS + 12)
        + b"WEBP"
        + riff_chunk(b"free", b"") * (MAX_SEGMENTS + 1),
        plain("GIF")[:-1] + b"\x21\xfe\0" * (MAX_SEGMENTS + 1) + b";",
        EBML + element(0xEC, size=b"\x80") * (MAX_SEGMENTS + 1),
    ],
    ids=["png", "boxes", "jpeg", "riff", "gif", "ebml"],
)
def test_parts_beyond_the_limit_are_told(data: bytes) -> None:
    found = walked(data)
    assert len(found.segments) == MAX_SEGMENTS
    assert "more than 20,000 parts" in str(found.problem)


def test_boxes_nested_without_end_are_told() -> None:
    depth = 20_000
    data = FTYP + b"".join(struct.pack(">I4s", 8 * (depth - level), b"moov") for level in range(depth))
    found = walked(data)
    assert "nested deeper" in str(found.problem)
    assert len(found.segments) < 20


def test_a_gigabyte_of_payload_is_passed_over(tmp_path: Path) -> None:
    """The file is sparse: nothing of the gigabyte is on disk, and nothing of it may be read."""
    path = tmp_path / "large.png"
    data = plain("PNG")
    with path.open("wb") as file:
        file.write(data[:33] + struct.pack(">I", 1 << 30) + b"tEXt")
        file.seek(1 << 30, io.SEEK_CUR)
        file.write(b"\0\0\0\0" + data[33:])
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            found = walk(file, identify(data[:4096]))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert found.named("tEXt")[0].length == 1 << 30
    assert found.problem is None


def test_a_header_that_reaches_beyond_what_it_is_in_has_no_payload() -> None:
    tag = element(0x7373, b"\x67\xc8\x40", size=b"\x83") + b"\x02xx"
    found = walked(EBML + element(0x18538067, element(0x1254C367, tag), b"\xec\x80"))
    assert found.named("Segment/Tags/Tag/SimpleTag")[0].length == 0
    boxes = walked(
        FTYP + box(b"moov", struct.pack(">I4s", 1, b"udta")) + struct.pack(">Q", 99) + box(b"free")
    )
    assert boxes.named("moov/udta")[0].length == 0


def check_invariants(data: bytes, found: Walk) -> None:
    assert len(found.segments) <= MAX_SEGMENTS
    for segment in found.segments:
        assert segment.offset >= 0
        assert segment.length >= 0
        assert segment.offset + segment.length <= len(data)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMATS), st.binary(max_size=400))
def test_arbitrary_bytes_never_raise(form: str, data: bytes) -> None:
    check_invariants(data, walk(io.BytesIO(data), FileType("image", form, "image/x")))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_never_raise(choice: st.DataObject) -> None:
    form = choice.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"]))
    data = bytearray(plain(form))
    for _ in range(choice.draw(st.integers(1, 8))):
        # Headers stand at the beginning, or at the end.
        at = choice.draw(st.integers(-200, min(600, len(data)) - 1))
        data[at] = choice.draw(st.integers(0, 255))
    cut = bytes(data[: choice.draw(st.integers(0, len(data)))])
    check_invariants(cut, walk(io.BytesIO(cut), identify(plain(form)[:4096])))
