"""The XML that comes: read, and held against the schema."""

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from tocsin.simulators.cybertip.codes import Code, RefusedError
from tocsin.simulators.cybertip.schema import Schema

if TYPE_CHECKING:
    from lxml.etree import _Element

LARGEST: Final = 32 << 20
"""Bytes of XML that are read."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that keeps to the schema."""

    root: "_Element"
    source: bytes

    def text(self, name: str) -> str:
        """The text of a child of the root; empty if there is none."""
        return (self.root.findtext(name) or "").strip()


class Documents:
    """Reads documents."""

    def __init__(self, schema: bytes | None = None) -> None:
        """By this XSD; by the simulator's own, if none is given."""
        self.schema = Schema(schema or own_schema())

    def read(self, content_type: str, source: bytes, root: str) -> Document:
        """The document, if its root is of that name. Raises RefusedError."""
        from lxml import etree  # noqa: PLC0415  # slow to load, and only the simulator needs it

        _check_type(content_type)
        if len(source) > LARGEST:
            raise RefusedError(Code.INVALID_REQUEST, "the document is too large")
        try:
            parsed = etree.fromstring(source, etree.XMLParser(resolve_entities=False, no_network=True))
        except (etree.XMLSyntaxError, ValueError) as error:
            raise RefusedError(Code.MALFORMED_XML, str(error)) from error
        info = parsed.getroottree().docinfo
        if info.doctype:
            raise RefusedError(Code.MALFORMED_XML, "DOCTYPE is disallowed")
        if (info.encoding or "UTF-8").upper() not in ("UTF-8", "US-ASCII", "ASCII"):
            raise RefusedError(Code.MALFORMED_XML, f"the document says that it is in {info.encoding}")
        if found := self.schema.violations(source, parsed):
            raise RefusedError(Code.VALIDATION_FAILED, "\n".join(found))
        if parsed.tag != root:
            raise RefusedError(Code.VALIDATION_FAILED, f"{root} was expected, not {parsed.tag!s}")
        return Document(parsed, source)


def own_schema() -> bytes:
    """The simulator's XSD: our own words for what the public documentation describes."""
    return files("tocsin.simulators").joinpath("data/cybertip.xsd").read_bytes()


def _check_type(content_type: str) -> None:
    kind, _, options = content_type.lower().partition(";")
    if kind.strip() != "text/xml" or options.replace(" ", "").replace('"', "") != "charset=utf-8":
        raise RefusedError(Code.INVALID_REQUEST, "Content-Type must be text/xml; charset=utf-8")
