"""XML as it is read here: no document type, no entities, nothing fetched, and not more than a limit."""

import re
from typing import TYPE_CHECKING, TypedDict

from tocsin.filing.errors import UnreadableDocumentError

if TYPE_CHECKING:
    from lxml import etree

LARGEST = 10_000_000
"""Bytes of a document. libxml2 ends a single text there too."""

_ENCODINGS = frozenset({"utf-8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})
"""All of them write `<` as ASCII does, so that a document type cannot hide."""
_ENCODING = re.compile(rb"""\A(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{1,40})["']""")


def root_of(document: bytes, limit: int = LARGEST) -> "etree._Element":
    """The root element of a document, without its comments and processing instructions.

    Raises UnreadableDocumentError for whatever is not well-formed, too large, in an unusual encoding, or has
    a document type: none of those that are exchanged here has one, and it is what attacks are made of.
    """
    from lxml import etree  # noqa: PLC0415 - heavy, and most commands read no XML

    guard(document, limit)
    try:
        root = etree.fromstring(document, etree.XMLParser(**safe_parsing()))
    except (etree.XMLSyntaxError, ValueError) as error:
        message = f"it is not well-formed XML{_where(error)}"
        raise UnreadableDocumentError(message) from error
    if root.getroottree().docinfo.internalDTD is not None:
        message = "it has a document type"
        raise UnreadableDocumentError(message)
    return root


def guard(document: bytes, limit: int = LARGEST) -> None:
    """Refuse by its bytes what is not to be parsed at all. Raises UnreadableDocumentError."""
    if len(document) > limit:
        message = f"it is larger than {limit} bytes"
        raise UnreadableDocumentError(message)
    said = _ENCODING.match(document)
    begins = document[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    if not begins or b"\0" in document or (said and said[1].decode("latin-1").lower() not in _ENCODINGS):
        message = "it does not begin as XML does, or is in an encoding that is not used here"
        raise UnreadableDocumentError(message)
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        message = "it has a document type"
        raise UnreadableDocumentError(message)


class Safety(TypedDict):
    """The switches of lxml's parsers that matter here."""

    resolve_entities: bool
    load_dtd: bool
    dtd_validation: bool
    attribute_defaults: bool
    no_network: bool
    huge_tree: bool
    remove_comments: bool
    remove_pis: bool


def safe_parsing() -> Safety:
    """How every parser of XML is made here."""
    return Safety(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _where(error: Exception) -> str:
    line, column = getattr(error, "position", (None, None))
    return "" if line is None else f" (line {line}, column {column})"
