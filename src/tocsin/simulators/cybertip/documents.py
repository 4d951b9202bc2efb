"""The XML that comes: read, and held against the schema."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from tocsin.simulators.cybertip.codes import Code, RefusedError

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

    def all(self, name: str) -> Iterator["_Element"]:
        """Every element of that name, wherever it stands."""
        return self.root.iter(name)


class Documents:
    """Reads documents."""

    @cached_property
    def schema(self) -> bytes:
        """The XSD, as `/xsd` gives it."""
        return files("tocsin.simulators").joinpath("data/cybertip.xsd").read_bytes()

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
        if parsed.getroottree().docinfo.doctype:
            raise RefusedError(Code.MALFORMED_XML, "DOCTYPE is disallowed")
        if parsed.tag != root:
            raise RefusedError(Code.VALIDATION_FAILED, f"the document is not a {root}")
        return Document(parsed, source)


def _check_type(content_type: str) -> None:
    kind, _, options = content_type.lower().partition(";")
    if kind.strip() != "text/xml" or options.replace(" ", "").replace('"', "") != "charset=utf-8":
        raise RefusedError(Code.INVALID_REQUEST, "Content-Type must be text/xml; charset=utf-8")
