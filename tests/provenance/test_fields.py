"""Every field that a library writes is read, with the place of its bytes; no file can hold the reader up."""

import io
import struct
import zlib
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, IptcImagePlugin, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational
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

from tocsin.media.identify import FileType, identify
from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.model import Place
from tocsin.provenance.opened import Opened

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation"


def fields(data: bytes) -> Fields:
    return Opened(io.BytesIO(data), identify(data[:4096])).fields


def values(data: bytes, space: Space) -> dict[str, str]:
    return {field.name: field.value for field in fields(data).found if field.space is space}


def codes(data: bytes) -> list[str]:
    return [problem.code for problem in fields(data).problems]


def stands_at(data: bytes, field: Field) -> bytes:
    assert not isinstance(field.where, Place)
    return data[field.where.offset : field.where.offset + field.where.length]


def check_places(data: bytes) -> None:
    """Every value is, byte for byte, at the place named."""
    found = fields(data)
    assert found.found
    assert not found.problems
    for field in found.found:
        assert stands_at(data, field) == field.raw, field.name


@cache
def exif() -> Image.Exif:
    """A block with all directories Pillow writes, in the order it writes them."""
    block = Image.Exif()
    block[ExifTags.Base.Make] = "Maker of cameras"
    block[ExifTags.Base.Model] = "Model 7"
    block[ExifTags.Base.YCbCrPositioning] = 1
    block[ExifTags.Base.XPComment] = "Wörds".encode("utf-16-le") + b"\0\0"
    inner = block.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.ExposureTime] = IFDRational(1, 60)
    inner[ExifTags.Base.ExifVersion] = b"0232"
    inner[ExifTags.Base.MakerNote] = b"Nikon\0\2\x10\0\0" + bytes(30)
    inner[ExifTags.Base.UserComment] = b"ASCII\0\0\0plain words"
    inner[ExifTags.Base.ISOSpeedRatings] = 100
    block.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (51.0, 30.0, 1.5)
    block.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return block


EXIF_VALUES = {
    "IFD0:Make": "Maker of cameras",
    "IFD0:Model": "Model 7",
    "IFD0:YCbCrPositioning": "1",
    "IFD0:XPComment": "Wörds",
    "Exif:ExposureTime": "1/60",
    "Exif:ExifVersion": "0232",
    "Exif:MakerNote": "",
    "Exif:UserComment": "plain words",
    "Exif:PhotographicSensitivity": "100",
    "GPS:GPSLatitudeRef": "N",
    "GPS:GPSLatitude": "51/1 30/1 3/2",
}


def in_container(form: str) -> bytes:
    if form == "HEIC":
        return heic(exif().tobytes(), XMP)
    if form == "JXL":
        pytest.importorskip("pillow_jxl")
        return saved("JXL", exif=exif().tobytes())
    return saved(form, exif=exif().tobytes(), xmp=XMP)  # Pillow puts no XMP into a PNG


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "HEIC", "JXL"])
def test_exif_in_every_container(form: str) -> None:
    data = in_container(form)
    assert values(data, Space.EXIF) == EXIF_VALUES
    check_places(data)


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "HEIC"])
def test_xmp_in_every_container(form: str) -> None:
    assert values(in_container(form), Space.XMP) == {
        "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE,
        "dc:description": "Two hills, a lake",
    }


def test_a_webp_whose_exif_has_the_prefix_of_a_jpegs() -> None:
    body = plain("WEBP")[8:] + riff_chunk(b"EXIF", exif().tobytes())
    assert values(b"RIFF" + struct.pack("<I", len(body)) + body, Space.EXIF) == EXIF_VALUES


def test_exif_of_a_tiff_file_is_the_file() -> None:
    data = saved("TIFF", exif=exif().tobytes())
    found = values(data, Space.EXIF)
    assert found["IFD0:ImageWidth"] == "64"
    assert {name: found.get(name) for name in EXIF_VALUES} == EXIF_VALUES
    check_places(data)


def test_all_exif_blocks_are_read() -> None:
    second = Image.Exif()
    second[ExifTags.Base.Make] = "Another"
    data = jpeg_with(marker(0xE1, exif().tobytes()), marker(0xE1, second.tobytes()))
    makes = fields(data).named(Space.EXIF, "IFD0:Make")
    assert [field.value for field in makes] == ["Maker of cameras", "Another"]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"UNICODE\0" + "steps: 20, ü".encode("utf-16-be"), "steps: 20, ü"),
        (b"UNICODE\0" + "steps: 20, ü".encode("utf-16-le"), "steps: 20, ü"),
        (b"UNICODE\0" + "steps".encode("utf-16"), "steps"),
        (b"UNICODE\0" + "山と湖の風景画".encode("utf-16-be"), "山と湖の風景画"),
        (b"UNICODE\0" + "山と湖の風景画".encode("utf-16-le"), "山と湖の風景画"),
        (b"ASCII\0\0\0words", "words"),
        (b"JIS\0\0\0\0\0" + "湖".encode("iso2022_jp"), "湖"),
        (b"JIS\0\0\0\0\0w\xf6rds", "wörds"),
        (bytes(8) + b"words\0\0", "words"),
        ('{"seed": 1, "ü": 2}'.encode(), '{"seed": 1, "ü": 2}'),
        (b"\1\2\3\4\5\6\7\x08\x0e", ""),
    ],
)
def test_user_comments_in_whatever_coding(raw: bytes, value: str) -> None:
    block = Image.Exif()
    block[ExifTags.Base.UserComment] = raw  # in the first directory, as Fooocus has it
    block.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = raw
    data = saved("JPEG", exif=block)
    found = fields(data)
    assert [field.value for field in found.named(Space.EXIF, "IFD0:UserComment", "Exif:UserComment")] == [
        value
    ] * 2
    check_places(data)


@pytest.mark.parametrize(
    ("raw", "readings"),
    [
        (b"UNICODE " + "steps: 20, ü".encode("utf-16-be"), ["steps: 20, ü"]),
        (b"UNICODE is a code", ["UNICODE is a code"]),
        (b"UNICODE\0" + ("\u0100" * 99 + "steps: 20").encode("utf-16-be"), ["\u0100" * 99 + "steps: 20"]),
        (b"UNICODE\0" + ("\u6100" * 99 + "steps: 20").encode("utf-16-be"), ["\u6100" * 99 + "steps: 20"]),
        (b"UNICODE\0\xff\xfe" + "steps: 20".encode("utf-16-be"), ["steps: 20"]),
        (b"ASCII\0\0\0" + "steps: 20".encode("utf-16-le"), ["steps: 20"]),
        (b"ODDNAME\0steps: 20", ["steps: 20"]),
    ],
)
def test_user_comments_that_hide_their_coding(raw: bytes, readings: list[str]) -> None:
    """Where two readings are possible, both are fields."""
    block = Image.Exif()
    block.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = raw
    found = fields(saved("JPEG", exif=block)).named(Space.EXIF, "Exif:UserComment")
    assert set(readings) <= {field.value for field in found}
    assert len(found) <= 2


def test_a_maker_note_that_is_text_is_text() -> None:
    """Fooocus names its scheme there."""
    block = Image.Exif()
    block[ExifTags.Base.MakerNote] = "fooocus"
    assert values(saved("JPEG", exif=block), Space.EXIF) == {"IFD0:MakerNote": "fooocus"}


def directory(*entries: tuple[int, int, int, bytes], follow: int = 0) -> bytes:
    """A directory of (tag, type, count, four bytes) in big-endian order."""
    table = b"".join(struct.pack(">HHI", *entry[:3]) + entry[3].ljust(4, b"\0") for entry in entries)
    return struct.pack(">H", len(entries)) + table + struct.pack(">I", follow)


def block_of(*parts: bytes) -> bytes:
    """A JPEG with an Exif block made of directories and values."""
    return jpeg_with(marker(0xE1, b"Exif\0\0MM\0*\0\0\0\x08" + b"".join(parts)))


def test_the_thumbnail_is_a_field_of_its_own() -> None:
    small = saved("JPEG", of=picture(16, 12))
    first = directory(follow=14)
    at = 14 + 2 + 24 + 4
    second = directory(
        (0x0201, 4, 1, struct.pack(">I", at)), (0x0202, 4, 1, struct.pack(">I", len(small))), follow=0
    )
    data = block_of(first, second, small)
    thumbnail = fields(data).first(Space.EXIF, "IFD1:Thumbnail")
    assert thumbnail is not None
    assert thumbnail.raw == small
    assert not thumbnail.value
    check_places(data)
    assert "lies outside" in fields(block_of(first, second, small[:-1])).problems[0].reason


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_other_metadata_within_exif_are_read(form: str) -> None:
    iptc = data_set(2, 110, b"A lake and hills")
    block = Image.Exif()
    block[700] = XMP
    block[33723] = iptc
    block[34377] = b"8BIM" + struct.pack(">HBxI", 0x0404, 0, len(iptc)) + iptc
    data = saved(form, exif=block)
    assert values(data, Space.XMP)["Iptc4xmpExt:DigitalSourceType"] == SOURCE_TYPE
    assert [field.value for field in fields(data).named(Space.IPTC, "2:110")] == ["A lake and hills"] * 2
    check_places(data)


def test_values_of_all_types() -> None:
    data = block_of(
        directory(
            (0x0112, 3, 1, b"\0\6"),
            (0xA301, 7, 1, b"\1"),
            (0x9101, 7, 4, b"\1\2\3\0"),
            (0xA431, 2, 4, b"12\xe9\0"),
            (0x9204, 10, 1, struct.pack(">I", 200)),
            (0x9400, 9, 1, struct.pack(">i", -3)),
            (0xF00D, 6, 2, b"\xff\1"),
            (0xA500, 11, 1, struct.pack(">f", 2.5)),
        ).ljust(192, b"\0"),
        struct.pack(">ii", -1, 3),
    )
    assert values(data, Space.EXIF) == {
        "IFD0:Orientation": "6",
        "IFD0:SceneType": "1",
        "IFD0:ComponentsConfiguration": "1 2 3 0",
        "IFD0:BodySerialNumber": "12é",
        "IFD0:ExposureBiasValue": "-1/3",
        "IFD0:Temperature": "-3",
        "IFD0:0xf00d": "-1 1",
        "IFD0:Gamma": "2.5",
    }
    check_places(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (jpeg_with(marker(0xE1, b"Exif\0\0rubbish!")), "no TIFF header"),
        (jpeg_with(marker(0xE1, b"Exif\0\0")), "no TIFF header"),
        (block_of(directory(follow=8)), "loop"),
        (block_of(struct.pack(">H", 65535)), "cut short"),
        (block_of(directory((0x8769, 4, 1, b"\0\0\xff\0"))), "outside"),
        (block_of(directory((0x8769, 4, 1, b"\0\0\0\x08"))), "loop"),
        (block_of(directory((0x010F, 2, 0xFFFFFFFF, b"\0\0\0\x08"))), "lies outside"),
        (block_of(directory((0x010F, 77, 1, b"abcd"))), "does not know"),
    ],
)
def test_exif_that_is_broken_is_a_problem(data: bytes, reason: str) -> None:
    (problem,) = fields(data).problems
    assert problem.code == "provenance.exif"
    assert reason in problem.reason


def test_entries_that_all_point_to_the_same_bytes_are_read_no_longer_than_allowed() -> None:
    entries = [(0x010E, 7, 60_000, b"\0\0\0\x08")] * 4000
    whole = b"MM\0*\0\0\0\x08" + directory(*entries).ljust(60_100, b"x")
    assert codes(png_with(chunk(b"eXIf", whole))) == ["provenance.too_much"]


def xmp_of(properties: str, attributes: str = "") -> bytes:
    start = XMP.index(b"<d:description>")
    stop = XMP.index(b"</rdf:Description>")
    packet = XMP[:start] + properties.encode() + XMP[stop:]
    return packet.replace(b" ext:Dig", f" {attributes} ext:Dig".encode())


def as_png(packet: bytes) -> bytes:
    return png_with(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))


def test_xmp_values_as_elements_attributes_lists_and_structures() -> None:
    packet = xmp_of(
        "<d:subject><rdf:Bag><rdf:li>hills</rdf:li><rdf:li>lakes</rdf:li></rdf:Bag></d:subject>"
        "<T:AIGC>{&quot;Label&quot;: 1}</T:AIGC>"
        '<mm:DerivedFrom xmlns:r="http://ns.adobe.com/xap/1.0/sType/ResourceRef#"'
        ' r:documentID="a" r:instanceID="b"/>'
        '<mm:History><rdf:Seq><rdf:li rdf:parseType="Resource"><e:action>saved</e:action></rdf:li>'
        "</rdf:Seq></mm:History>"
        '<t:provenance rdf:resource="https://example.org/m"/>'
        '<own:thing xmlns:own="http://example.org/own/">kept</own:thing><d:title/>',
        'xmlns:T="http://www.tc260.org.cn/ns/AIGC/1.0/" xmlns:mm="http://ns.adobe.com/xap/1.0/mm/"'
        ' xmlns:e="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" xmlns:t="http://purl.org/dc/terms/"'
        " xmlns:dc='http://ns.adobe.com/photoshop/1.0/' dc:Credit='one &amp; all' dc:City='Bern'",
    )
    data = as_png(packet)
    found = [(field.name, field.value) for field in fields(data).found]
    assert found == [
        ("photoshop:Credit", "one & all"),
        ("photoshop:City", "Bern"),
        ("Iptc4xmpExt:DigitalSourceType", SOURCE_TYPE),
        ("dc:subject", "hills"),
        ("dc:subject", "lakes"),
        ("TC260:AIGC", '{"Label": 1}'),
        ("xmpMM:DerivedFrom/stRef:documentID", "a"),
        ("xmpMM:DerivedFrom/stRef:instanceID", "b"),
        ("xmpMM:History/stEvt:action", "saved"),
        ("dcterms:provenance", "https://example.org/m"),
        ("{http://example.org/own/}thing", "kept"),
    ]
    places = {field.name: stands_at(data, field) for field in fields(data).found}
    assert places["TC260:AIGC"] == b"{&quot;Label&quot;: 1}"
    assert places["xmpMM:DerivedFrom/stRef:instanceID"] == b"b"
    assert places["dcterms:provenance"] == b"https://example.org/m"
    assert places["photoshop:City"] == b"Bern"
    assert places["photoshop:Credit"] == packet  # an escaped attribute has no place of its own


def test_xmp_in_other_codings_and_with_padding() -> None:
    assert values(as_png(b"  \n" + XMP + bytes(9)), Space.XMP)["dc:description"] == "Two hills, a lake"
    wide = jpeg_with(marker(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.decode().encode("utf-16")))
    assert values(wide, Space.XMP)["dc:description"] == "Two hills, a lake"


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "is empty"),
        (XMP[:-40], "not well-formed"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>', "document type"),
        (b"<x>" * 1000, "within each other"),
        (b'<a:x xmlns:a="' + b"u" * 2000 + b'"/>', "too long"),
    ],
)
def test_xmp_that_is_broken_or_hostile_is_a_problem(packet: bytes, reason: str) -> None:
    (problem,) = fields(as_png(packet)).problems
    assert problem.code == "provenance.xmp"
    assert reason in problem.reason


def test_what_stands_before_the_damage_is_read() -> None:
    assert "dc:description" in values(as_png(XMP[:-40]), Space.XMP)


def test_xmp_elements_without_end_are_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.provenance.fields.gather.MAX_PARTS", 1000)
    assert codes(as_png(XMP.replace(b"<d:desc", b"<a/>" * 1000 + b"<d:desc"))) == ["provenance.too_much"]


def test_extended_xmp_is_put_together() -> None:
    guid = b"0123456789ABCDEF0123456789ABCDEF"
    cut = len(XMP) // 2
    head = b"http://ns.adobe.com/xmp/extension/\0" + guid + struct.pack(">I", len(XMP))
    first = marker(0xE1, head + struct.pack(">I", 0) + XMP[:cut])
    second = marker(0xE1, head + struct.pack(">I", cut) + XMP[cut:])
    assert values(jpeg_with(second, first), Space.XMP)["dc:description"] == "Two hills, a lake"
    missing = fields(jpeg_with(first)).problems
    assert "missing" in missing[0].reason


def with_item(payload: bytes, *cuts: int) -> bytes:
    """A HEIF file with one mime item, whose extents end at `cuts`."""
    ends = [*cuts, len(payload)]
    infe = box(b"infe", b"\2\0\0\0\0\1\0\0mime\0application/rdf+xml\0")
    iinf = box(b"iinf", bytes(4), b"\0\1", infe)

    def head(at: int) -> bytes:
        extents = b"".join(
            struct.pack(">II", at + start, end - start) for start, end in zip([0, *cuts], ends, strict=True)
        )
        iloc = box(b"iloc", bytes(4), b"\x44\0\0\1", struct.pack(">HHH", 1, 0, len(ends)), extents)
        meta = box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(13)), iinf, iloc)
        return box(b"ftyp", b"heic\0\0\0\0mif1heic") + meta

    return head(len(head(0)) + 8) + box(b"mdat", payload)


BARE = XMP[XMP.index(b"<rdf:RDF") : XMP.index(b"</x:xmp")]


@pytest.mark.parametrize(
    "data",
    [
        with_item(XMP),
        with_item(XMP, 4, XMP.index(b"RDF") + 1),
        with_item(XMP.decode().encode("utf-16")),
        with_item(XMP.decode().encode("utf-16-le"), 99),
        with_item(XMP.replace(b"rdf:", b"r:").replace(b":rdf=", b":r=")),
        with_item(BARE.replace(b"rdf:", b"q:").replace(b":rdf=", b":q=")),
    ],
    ids=["whole", "extents", "UTF-16", "UTF-16 in extents", "prefix", "bare"],
)
def test_xmp_of_a_heif_item_however_it_is_written(data: bytes) -> None:
    assert values(data, Space.XMP)["Iptc4xmpExt:DigitalSourceType"] == SOURCE_TYPE
    assert not codes(data)


def test_xml_of_a_heif_item_that_is_no_xmp_has_no_fields() -> None:
    svg = b'<svg xmlns:l="http://www.w3.org/1999/xlink"><a l:href="x">words</a></svg>'
    assert fields(with_item(svg)) == Fields()
    assert fields(with_item(b"plain words")) == Fields()
    assert codes(with_item(b"<rdf:RDF")) == ["provenance.xmp"]


def test_xmp_values_that_stand_in_an_attribute_or_beside_elements() -> None:
    found = values(
        as_png(xmp_of('<d:title rdf:value="A lake"/><d:source>hills<d:part>of chalk</d:part></d:source>')),
        Space.XMP,
    )
    assert (
        found.items() >= {"dc:title": "A lake", "dc:source": "hills", "dc:source/dc:part": "of chalk"}.items()
    )


def test_xmp_in_a_gif_a_tiff_and_boxes() -> None:
    expected = {"Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE, "dc:description": "Two hills, a lake"}
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    gif = plain("GIF")[:-1] + b"\x21\xff\x0bXMP DataXMP" + XMP + trailer + b";"
    uuid = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP)
    for data in (
        gif,
        saved("TIFF", tiffinfo={700: XMP}),
        FTYP + uuid,
        FTYP + box(b"moov", box(b"udta", box(b"XMP_", XMP))),
        saved("WEBP", xmp=XMP),
    ):
        assert values(data, Space.XMP) == expected
        field = fields(data).named(Space.XMP, "dc:description")[0]
        assert stands_at(data, field) == b"Two hills, a lake"


def data_set(record: int, number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def test_iptc_in_photoshops_resources_and_in_a_tiff() -> None:
    iptc = data_set(1, 90, b"\x1b%G") + data_set(2, 80, "Müller".encode()) + data_set(2, 120, b"A lake")
    resource = b"8BIM" + struct.pack(">HBxI", 0x0404, 0, len(iptc)) + iptc
    other = b"8BIM" + struct.pack(">H", 0x03F3) + b"\5named" + struct.pack(">I", 3) + b"abc\0"
    data = jpeg_with(marker(0xED, b"Photoshop 3.0\0" + other + resource))
    assert values(data, Space.IPTC) == {"1:90": "\x1b%G", "2:80": "Müller", "2:120": "A lake"}
    check_places(data)
    assert values(saved("TIFF", tiffinfo={33723: iptc}), Space.IPTC)["2:120"] == "A lake"
    long = struct.pack(">BBBHI", 0x1C, 2, 120, 0x8004, 70_000) + b"x" * 70_000
    assert values(saved("TIFF", tiffinfo={33723: long}), Space.IPTC)["2:120"] == "x" * 70_000
    with Image.open(io.BytesIO(data)) as image:
        pillow = IptcImagePlugin.getiptcinfo(image) or {}
    assert pillow[2, 80] == "Müller".encode()
    cut = jpeg_with(marker(0xED, b"Photoshop 3.0\0" + resource[:-3]))
    assert set(codes(cut)) == {"provenance.iptc"}


def resource(signature: bytes, number: int, data: bytes) -> bytes:
    return signature + struct.pack(">HBxI", number, 0, len(data)) + data + b"\0" * (len(data) % 2)


def in_app13(*parts: bytes) -> bytes:
    return jpeg_with(*(marker(0xED, b"Photoshop 3.0\0" + part) for part in parts))


CREDIT = resource(b"8BIM", 0x0404, data_set(2, 110, b"A lake"))
LONG = resource(b"8BIM", 0x0405, bytes(70_000)) + CREDIT


@pytest.mark.parametrize(
    "data",
    [
        in_app13(resource(b"MeSa", 7000, b"abcd") + resource(b"DCSR", 1, b"x") + CREDIT),
        in_app13(LONG[:65_000], LONG[65_000:]),
        in_app13(*(LONG[at : at + 9000] for at in range(0, len(LONG), 9000))),
        in_app13(CREDIT[:2], CREDIT[2:]),
        in_app13(resource(b"8BIM", 1, b"odd")[:-1], CREDIT),
        in_app13(data_set(2, 110, b"A lake")),
    ],
    ids=["signatures", "two parts", "many parts", "cut in a signature", "no padding", "bare"],
)
def test_iptc_is_found_among_and_across_resources(data: bytes) -> None:
    assert values(data, Space.IPTC) == {"2:110": "A lake"}
    assert not codes(data)


@pytest.mark.parametrize(
    "data",
    [
        in_app13(b"8BIM\4\5\0\0\x7f\xff\xff\xff", CREDIT),
        in_app13(LONG[:65_000], CREDIT, LONG[65_000:]),
    ],
    ids=["a size without end", "another in between"],
)
def test_iptc_within_a_resource_that_may_be_a_decoy_is_read_too(data: bytes) -> None:
    assert values(data, Space.IPTC)["2:110"] == "A lake"


def test_what_ends_the_resources_is_told() -> None:
    assert codes(in_app13(resource(b"8BIM", 1, b"") + b"ODD!" + CREDIT)) == ["provenance.iptc"]
    assert not codes(in_app13(CREDIT + bytes(7)))


def test_marks_and_zeros_around_a_text_are_no_part_of_it() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("mark", "\ufeff{}")
    info.add_itxt("zero", "\0\ufeff{}\0")
    info.add(b"tEXt", b"latin\0\xef\xbb\xbfw\xf6rds")
    info.add(b"tEXt", b"wide\0" + "{} wörds".encode("utf-16"))
    data = saved("PNG", pnginfo=info)
    assert values(data, Space.TEXT) == {"mark": "{}", "zero": "{}", "latin": "wörds", "wide": "{} wörds"}
    check_places(data)


def test_png_text_is_what_pillow_reads() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "hills\nSteps: 20")
    info.add_text("packed", "words " * 99, zip=True)
    info.add_itxt("Comment", "wörds", lang="de", tkey="Bemerkung")
    info.add_itxt("packed too", "wörds" * 9, zip=True)
    info.add(b"tEXt", b"late\0behind the picture", after_idat=True)
    data = saved("PNG", pnginfo=info)
    with Image.open(io.BytesIO(data)) as image:
        assert isinstance(image, PngImagePlugin.PngImageFile)
        expected = dict(image.text)
    assert values(data, Space.TEXT) == expected
    for field in fields(data).found:
        assert "packed" in field.name or stands_at(data, field) == field.raw


def test_png_text_in_utf8_or_latin_1() -> None:
    data = png_with(chunk(b"tEXt", b"a\0w\xc3\xb6rds"), chunk(b"tEXt", b"b\0w\xf6rds"))
    assert values(data, Space.TEXT) == {"a": "wörds", "b": "wörds"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"tEXt", b"no separator"),
        (b"tEXt", b"k" * 80 + b"\0v"),
        (b"zTXt", b"key\0"),
        (b"iTXt", b"key\0\0\0lang"),
        (b"tEXt", b"Raw profile type exif\0\nexif\n 3\nzz"),
    ],
)
def test_text_chunks_that_break_off_are_problems(kind: bytes, body: bytes) -> None:
    assert codes(png_with(chunk(kind, body))) == ["provenance.png_text"]


def test_compressed_text_that_is_damaged_cut_or_a_bomb() -> None:
    packed = zlib.compress(b"words " * 1000)
    assert codes(png_with(chunk(b"zTXt", b"k\0\0nonsense"))) == ["provenance.compressed_text"]
    cut = png_with(chunk(b"zTXt", b"k\0\0" + packed[:-6]))
    assert codes(cut) == ["provenance.compressed_text"]
    assert values(cut, Space.TEXT)["k"].startswith("words words")
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(9)) + packer.flush()
    data = png_with(chunk(b"zTXt", b"k\0\0" + bomb), chunk(b"tEXt", b"after\0it"))
    assert codes(data) == ["provenance.metadata_bomb"]
    assert values(data, Space.TEXT) == {"after": "it"}


def test_many_bombs_cost_no_more_than_a_few() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(9)) + packer.flush()
    data = png_with(*[chunk(b"zTXt", b"k\0\0" + bomb)] * 500)
    assert set(codes(data)) == {"provenance.metadata_bomb"}


def test_profiles_that_imagemagick_writes_as_text() -> None:
    def profile(name: str, content: bytes) -> bytes:
        lines = "\n".join(content.hex()[at : at + 72] for at in range(0, 2 * len(content), 72))
        text = f"\n{name}\n{len(content):8}\n{lines}\n".encode()
        return chunk(b"zTXt", f"Raw profile type {name}\0\0".encode() + zlib.compress(text))

    iptc = data_set(2, 80, b"Me")
    data = png_with(
        profile("exif", exif().tobytes()),
        profile("xmp", XMP),
        profile("iptc", b"8BIM" + struct.pack(">HBxI", 0x0404, 0, len(iptc)) + iptc),
    )
    assert values(data, Space.EXIF) == EXIF_VALUES
    assert "dc:description" in values(data, Space.XMP)
    assert values(data, Space.IPTC) == {"2:80": "Me"}
    assert not fields(data).problems


def test_comments_of_jpeg_and_gif() -> None:
    assert values(saved("JPEG", comment="wörds"), Space.TEXT) == {"comment": "wörds"}
    short = saved("GIF", comment=b"a remark")
    assert values(short, Space.TEXT) == {"comment": "a remark"}
    check_places(short)
    assert values(saved("GIF", comment=b"long" * 100), Space.TEXT) == {"comment": "long" * 100}


TAGS = {"title": "Wäves", "comment": '{"a": 1}', "prompt": '{"1": 2}', "AIGC": '{"Label": "1"}'}


@pytest.mark.parametrize("form", ["mp4", "mov"])
def test_tags_with_keys_are_what_pyav_reads(form: str) -> None:
    import av  # noqa: PLC0415  # slow to load, and few tests need it

    data = film(form, TAGS | {"com.apple.quicktime.make": "Maker"}, options={"movflags": "use_metadata_tags"})
    with av.open(io.BytesIO(data)) as container:
        expected = dict(container.metadata)
    found = values(data, Space.TAG)
    assert found.pop("handler_name") == "VideoHandler"
    assert found == {
        name: value for name, value in expected.items() if not name.endswith(("brand", "brands", "version"))
    }
    check_places(data)


@pytest.mark.parametrize(
    ("form", "title"), [("mp4", "©nam"), ("mov", "©nam"), ("3gp", "titl"), ("avi", "INAM")]
)
def test_tags_by_the_names_of_boxes_and_chunks(form: str, title: str) -> None:
    data = film(form, {"title": "Wäves"})
    assert values(data, Space.TAG)[title] == "Wäves"
    check_places(data)


@pytest.mark.parametrize(("form", "codec"), [("matroska", "mpeg4"), ("webm", "libvpx")])
def test_simple_tags_are_what_pyav_reads(form: str, codec: str) -> None:
    import av  # noqa: PLC0415  # as above

    data = film(form, TAGS, codec)
    with av.open(io.BytesIO(data)) as container:
        expected = {name.casefold(): value for name, value in container.metadata.items()}
    found = {name.casefold(): value for name, value in values(data, Space.TAG).items()}
    assert expected.items() <= found.items()
    assert found["muxingapp"].startswith("Lavf")
    check_places(data)


def test_simple_tags_within_each_other_and_with_the_value_first() -> None:
    name, value = 0x45A3, 0x4487
    inner = element(0x67C8, element(value, b"deep"), element(name, b"INNER"))
    outer = element(0x67C8, element(name, b"OUTER"), inner, element(value, b"shallow"))
    binary = element(0x67C8, element(name, b"BIN"), element(0x4485, b"\0\1"))
    data = EBML + element(0x18538067, element(0x1254C367, element(0x7373, outer, element(0x67C8), binary)))
    assert values(data, Space.TAG) == {"INNER": "deep", "OUTER": "shallow", "BIN": ""}


def ilst_data(kind: int, value: bytes) -> bytes:
    return box(b"data", struct.pack(">II", kind, 0), value)


def test_itunes_items_of_all_kinds() -> None:
    free_form = box(
        b"----",
        box(b"mean", bytes(4), b"com.apple.iTunes"),
        box(b"name", bytes(4), b"Tool"),
        ilst_data(1, b"x"),
    )
    ilst = box(
        b"ilst",
        box(b"\xa9too", ilst_data(1, b"Encoder 1")),
        box(b"tmpo", ilst_data(21, b"\0\x78")),
        box(b"flt4", ilst_data(23, struct.pack(">f", 0.5))),
        box(b"wide", ilst_data(2, "ü".encode("utf-16-be"))),
        box(b"covr", ilst_data(13, b"\xff\xd8\xff\0")),
        free_form,
        box(b"cutt", box(b"data", b"\0")),
    )
    data = FTYP + box(b"moov", box(b"udta", box(b"meta", bytes(4), box(b"hdlr", bytes(24)), ilst)))
    assert values(data, Space.TAG) == {
        "©too": "Encoder 1",
        "tmpo": "120",
        "flt4": "0.5",
        "wide": "ü",
        "covr": "",
        "com.apple.iTunes:Tool": "x",
    }
    assert codes(data) == ["provenance.tags"]


def in_ilst(*items: bytes) -> bytes:
    meta = box(b"meta", bytes(4), box(b"hdlr", bytes(24)), box(b"ilst", *items))
    return FTYP + box(b"moov", box(b"udta", meta))


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (0, "湖 lake".encode()),
        (2, "湖 lake".encode("utf-16")),
        (2, "湖 lake".encode("utf-16-le")),
        (3, "湖 lake".encode("shift_jis")),
        (3, "湖 lake".encode()),
        (99, "湖 lake".encode()),
        (1, "\0湖 lake".encode()),
    ],
)
def test_itunes_texts_of_all_codings(kind: int, raw: bytes) -> None:
    assert values(in_ilst(box(b"\xa9cmt", ilst_data(kind, raw))), Space.TAG) == {"©cmt": "湖 lake"}


@pytest.mark.parametrize("junk", [b"\0\0\0\4junk", b"\0\0\xff\xffjunk", b"\0\0\0\1junk" + bytes(8)])
def test_an_item_of_impossible_size_is_told(junk: bytes) -> None:
    assert codes(in_ilst(junk, box(b"\xa9cmt", ilst_data(1, b"words")))) == ["provenance.tags"]
    assert not codes(in_ilst(box(b"\xa9cmt", ilst_data(1, b"words")), bytes(12)))


def test_simple_tags_repeat_names_and_values() -> None:
    name, value = 0x45A3, 0x4487

    def found(*parts: bytes) -> tuple[list[tuple[str, str]], list[str]]:
        data = EBML + element(0x18538067, element(0x1254C367, element(0x7373, element(0x67C8, *parts))))
        return [(field.name, field.value) for field in fields(data).found], codes(data)

    both = [("A", "one"), ("A", "two")]
    one, two, named = element(value, b"one"), element(value, b"\0two"), element(name, b"A\0")
    assert found(one, two, named) == found(named, one, two) == found(one, named, two) == (both, [])
    assert found(one, named, element(name, b"B")) == ([("A", "one"), ("B", "one")], [])
    assert found(one) == ([], ["provenance.tags"])


def test_quicktime_metadata_without_version_and_texts_in_user_data() -> None:
    key = b"com.apple.quicktime.make"
    keys = box(b"keys", struct.pack(">II", 0, 1), struct.pack(">I4s", 8 + len(key), b"mdta"), key)
    ilst = box(
        b"ilst",
        box(struct.pack(">I", 1), ilst_data(1, b"Maker")),
        box(struct.pack(">I", 9), ilst_data(1, b"?")),
    )
    texts = b"".join(struct.pack(">HH", len(word), 0x55C4) + word for word in (b"one", b"two"))
    user_data = box(
        b"udta",
        box(b"\xa9swr", texts),
        box(b"titl", bytes(6), "ü".encode("utf-16"), b"\0\0"),
        box(b"name", b"Core Media Video"),
        box(b"bin ", bytes(9)),
        box(b"\xa9enc", ilst_data(1, b"x264")),
    )
    data = FTYP + box(b"moov", box(b"meta", box(b"hdlr", bytes(24)), keys, ilst), box(b"trak", user_data))
    found = [(field.name, field.value) for field in fields(data).found]
    assert found == [
        ("com.apple.quicktime.make", "Maker"),
        ("\0\0\0\t", "?"),
        ("©swr", "one"),
        ("©swr", "two"),
        ("titl", "ü"),
        ("name", "Core Media Video"),
        ("©enc", "x264"),
    ]
    check_places(data)


def test_a_handler_box_that_is_too_short_has_no_name() -> None:
    media = box(b"mdia", box(b"hdlr", bytes(10)), box(b"hdlr", bytes(24), b"\x06Maker2"))
    data = FTYP + box(b"moov", box(b"trak", media))
    assert values(data, Space.TAG) == {"handler_name": "Maker2"}
    check_places(data)


def test_metadata_under_brotli_are_told() -> None:
    data = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"brob", b"other") + box(b"brob", b"Exif", b"packed")
    assert codes(data) == ["provenance.compressed_metadata"]


def test_a_long_text_is_cut_and_said_so() -> None:
    data = png_with(chunk(b"tEXt", b"k\0" + b"x" * (9 << 20)))
    assert codes(data) == ["provenance.too_much"]
    assert len(fields(data).found[0].raw) == (8 << 20) - 2


def test_fields_beyond_the_limit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.provenance.fields.gather.MAX_FIELDS", 100)
    found = fields(png_with(chunk(b"tEXt", b"k\0v") * 101))
    assert len(found.found) == 100
    assert [problem.code for problem in found.problems] == ["provenance.too_much"]


def test_no_metadata_no_fields() -> None:
    assert fields(plain("PNG")) == Fields()
    assert fields(b"plain words") == Fields()
    assert fields(b"") == Fields()


def check_invariants(data: bytes, file_type: FileType) -> None:
    for field in Opened(io.BytesIO(data), file_type).fields.found:
        assert not isinstance(field.where, Place)
        assert 0 <= field.where.offset <= field.where.offset + field.where.length <= len(data)


@cache
def rich(form: str) -> bytes:
    """A file with metadata of every kind its container has."""
    if form == "PNG":
        text = chunk(b"tEXt", b"k\0v") + chunk(b"zTXt", b"k\0\0" + zlib.compress(b"words"))
        return png_with(
            text, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP), chunk(b"eXIf", exif().tobytes()[6:])
        )
    if form == "JPEG":
        iptc = b"8BIM" + struct.pack(">HBxI", 0x0404, 0, 7) + data_set(2, 80, b"Me")
        return in_container("JPEG")[:2] + marker(0xED, b"Photoshop 3.0\0" + iptc) + in_container("JPEG")[2:]
    if form in {"mp4", "webm"}:
        options = {"movflags": "use_metadata_tags"} if form == "mp4" else {}
        return film(form, TAGS, "mpeg4" if form == "mp4" else "libvpx", options)
    return saved("TIFF", exif=exif().tobytes(), tiffinfo={700: XMP}) if form == "TIFF" else in_container(form)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_never_raise(choice: st.DataObject) -> None:
    form = choice.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF", "HEIC", "TIFF", "mp4", "webm"]))
    data = bytearray(rich(form))
    for _ in range(choice.draw(st.integers(1, 8))):
        data[choice.draw(st.integers(0, len(data) - 1))] = choice.draw(st.integers(0, 255))
    cut = choice.draw(st.integers(0, len(data)) | st.just(len(data)))
    check_invariants(bytes(data[:cut]), identify(rich(form)[:4096]))


HEADS = {
    "jpeg": b"\xff\xd8\xff\xe1\0\xffExif\0\0MM\0*\0\0\0\x08",
    "png": b"\x89PNG\r\n\x1a\n\0\0\1\0eXIfII*\0\x08\0\0\0",
    "tiff": b"II*\0\x08\0\0\0",
    "webp": b"RIFF\xff\0\0\0WEBPXMP \xf0\0\0\0<x",
    "mp4": FTYP + b"\0\0\0\0moov\0\0\0\0udta\0\0\0\0ilst",
    "quicktime": FTYP + b"\0\0\0\0moov\0\0\0\0udta\0\0\0\0\xa9swr",
    "webm": EBML + b"\x18\x53\x80\x67\xff\x12\x54\xc3\x67\xff",
}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(HEADS)), st.binary(max_size=300))
def test_arbitrary_metadata_never_raise(form: str, data: bytes) -> None:
    check_invariants(HEADS[form] + data, FileType("image", form, "image/x"))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_packets_never_raise(packet: bytes) -> None:
    for data in (
        as_png(packet),
        as_png(XMP[:300] + packet),
        jpeg_with(marker(0xED, b"Photoshop 3.0\x008BIM" + packet)),
    ):
        check_invariants(data, identify(data[:4096]))
