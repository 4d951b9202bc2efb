"""XMP (ISO 16684-1): the properties of a packet, under their usual prefixes, each with its place."""

import pyexpat
import re
from typing import Final

from tocsin.provenance.fields import Space
from tocsin.provenance.fields.gather import Block, Gather

CODE: Final = "provenance.xmp"
_SEPARATOR: Final = "}"
_UTF8: Final = "UTF-8"
_PADDING: Final = b"\t\n\r \0"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
PREFIXES: Final = {
    "adobe:ns:meta/": "x",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/bj/": "xmpBJ",
    "http://ns.adobe.com/xap/1.0/t/pg/": "xmpTPg",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia/": "xmpDM",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": "stRef",
    "http://ns.adobe.com/xap/1.0/sType/Version#": "stVer",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://ns.adobe.com/pdf/1.3/": "pdf",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://www.tc260.org.cn/ns/AIGC/1.0/": "TC260",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://ns.google.com/photos/1.0/container/item/": "Item",
    "http://ns.google.com/photos/1.0/depthmap/": "GDepth",
    "http://ns.google.com/photos/1.0/image/": "GImage",
    "http://ns.google.com/photos/1.0/panorama/": "GPano",
    "http://ns.apple.com/HDRGainMap/1.0/": "HDRGainMap",
    "http://ns.adobe.com/hdr-gain-map/1.0/": "hdrgm",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
}
"""Usual prefixes by namespace: what a file calls them is its own business."""
_DEEPEST: Final = 100
_MAX_NAME: Final = 512
_WINDOW: Final = 4096
"""Bytes within which the next attribute is looked for: what stands between is a namespace or two."""


_TAG: Final = re.compile(rb"""<[^"'>]*+(?:(?:"[^"]*+"|'[^']*+')[^"'>]*+)*+>""")


class _RefusedError(Exception):
    """The packet is made to hold readers up."""


class _Element:
    """An element that is open."""

    __slots__ = ("children", "path", "start", "text")

    def __init__(self, path: str, start: int) -> None:
        self.path = path
        self.start = start
        self.text: list[str] = []
        self.children = False


def read_xmp(gather: Gather, block: Block, *, sure: bool = True) -> None:
    """Add the properties of a packet; those of structures as `xmpMM:DerivedFrom/stRef:documentID`.

    Of XML that is not `sure` to be a packet only what stands in RDF is taken.
    """
    if _encoding(block.data) == _UTF8:
        start = len(block.data) - len(block.data.lstrip(_PADDING))
        block = block.part(start, len(block.data[start:].rstrip(_PADDING)))
    if not block.data:
        gather.problem(CODE, f"the XMP packet in {block.segment.name} is empty")
        return
    _Packet(gather, block, sure=sure).read()


class _Packet:
    """One packet while it is parsed."""

    def __init__(self, gather: Gather, block: Block, *, sure: bool) -> None:
        self._gather = gather
        self._sure = sure
        self._block = block
        self._open: list[_Element] = []
        self._in_rdf = 0
        encoding = _encoding(block.data)
        self._plain = encoding == _UTF8
        parser = self._parser = pyexpat.ParserCreate(encoding, _SEPARATOR)
        parser.ordered_attributes = True
        parser.buffer_text = True  # else every line is a call
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartDoctypeDeclHandler = self._doctype

    def read(self) -> None:
        """Parse it; what was found before something went wrong stays."""
        at = f"the XMP packet in {self._block.segment.name} at byte {self._block.segment.offset:,}"
        try:
            self._parser.Parse(self._block.data, True)  # noqa: FBT003  # the last piece; it takes no keywords
        except pyexpat.ExpatError as error:
            self._gather.problem(CODE, f"{at} is not well-formed ({error})")
        except _RefusedError as error:
            self._gather.problem(CODE, f"{at} {error}")

    def _doctype(self, *_: object) -> None:
        message = "has a document type declaration, which XMP forbids and which can make a text explode"
        raise _RefusedError(message)

    def _namespace(self, _: str | None, uri: str | None) -> None:
        if uri and len(uri) > _MAX_NAME:  # it is repeated with every name
            message = "has a namespace that is too long"
            raise _RefusedError(message)

    def _start(self, name: str, attributes: list[str]) -> None:
        self._gather.count()
        if len(self._open) == _DEEPEST:
            message = f"has more than {_DEEPEST} elements within each other"
            raise _RefusedError(message)
        path = ""
        if self._open:
            self._open[-1].children = True
            path = self._open[-1].path
        uri, _, local = name.rpartition(_SEPARATOR)
        if uri == _RDF:
            self._in_rdf += local == "RDF"
        elif self._in_rdf:
            path = _below(path, uri, local)
        self._open.append(_Element(path, self._parser.CurrentByteIndex))
        if attributes:
            self._attributes(path, attributes)

    def _attributes(self, path: str, attributes: list[str]) -> None:
        """Properties written as attributes; `rdf:resource` and `rdf:value` are the value of their element."""
        data = self._block.data
        at = self._parser.CurrentByteIndex
        stop = data.find(b"<", at + 1)  # which no attribute can hold
        stop = len(data) if stop < 0 else stop
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            uri, _, local = name.rpartition(_SEPARATOR)
            raw = value.encode()
            where = self._block.segment
            for quote in (b'"', b"'") if self._plain else ():
                written = b"%b=%b%b%b" % (local.encode(), quote, raw, quote)
                found = data.find(written, at, min(stop, at + len(written) + _WINDOW))
                if found >= 0:
                    at = found + len(written)
                    where = self._block.where(at - 1 - len(raw), len(raw))
                    break
            if uri == _RDF and local in {"resource", "value"} and path:
                self._gather.add(Space.XMP, path, value, raw, where)
            elif uri not in {"", _RDF, _XML} and value and (self._in_rdf or self._sure):
                self._gather.add(Space.XMP, _below(path, uri, local), value, raw, where)

    def _text(self, text: str) -> None:
        if self._open and (element := self._open[-1]).path:
            element.text.append(text)

    def _end(self, name: str) -> None:
        element = self._open.pop()
        self._in_rdf -= name == f"{_RDF}{_SEPARATOR}RDF"
        text = "".join(element.text)
        if not text.strip():
            return
        raw, where = text.encode(), self._block.segment
        if self._plain and (tag := _TAG.match(self._block.data, element.start)):
            raw = self._block.data[tag.end() : self._parser.CurrentByteIndex]
            where = self._block.where(tag.end(), len(raw))
        self._gather.add(Space.XMP, element.path, text, raw, where)


def _below(path: str, uri: str, local: str) -> str:
    prefix = PREFIXES.get(uri)
    name = f"{prefix}:{local[:_MAX_NAME]}" if prefix else f"{{{uri}}}{local[:_MAX_NAME]}"
    return f"{path}/{name}" if path else name


def _encoding(data: bytes) -> str:
    """Of the packet, by its beginning (ISO 16684-1, 7.3.2): what it declares itself is not needed."""
    if data.startswith((b"\xfe\xff", b"\0<")):
        return "UTF-16BE"
    return "UTF-16LE" if data.startswith((b"\xff\xfe", b"<\0")) else _UTF8
