"""XML as it is read here: no document type, no entities, nothing fetched, not more than a limit."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml import etree

LONGEST: Final = 16 << 20
"""Bytes of an answer. A page holds 1,000 entries, of one to three kilobytes each."""


class UnreadableError(Exception):
    """It is no XML that is read here; says why."""


def root_of(document: bytes) -> "etree._Element":
    """The root element, without comments and processing instructions. Raises UnreadableError."""
    from lxml import etree  # noqa: PLC0415  # heavy, and most commands read no XML

    if b"\0" in document or b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        message = "it has a document type, or is in an encoding that is not read here"
        raise UnreadableError(message)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(document.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        message = "it is not well-formed XML"
        raise UnreadableError(message) from error
    if root.getroottree().docinfo.internalDTD is not None:
        message = "it has a document type"
        raise UnreadableError(message)
    return root


def name_of(element: "etree._Element") -> str:
    """An element's name without its namespace, in lower case."""
    return str(element.tag).rpartition("}")[2].lower()


def child(element: "etree._Element", name: str) -> "etree._Element | None":
    """The first child of that name (lower case), whatever its namespace."""
    return next((one for one in element if name_of(one) == name), None)


def children(element: "etree._Element", name: str) -> "list[etree._Element]":
    """The children of the first child of that name; none where there is no such child."""
    found = child(element, name)
    return [] if found is None else list(found)


def text_of(element: "etree._Element | None") -> str:
    """The text of an element, without white space around it; empty where there is none."""
    return "" if element is None else "".join(element.itertext()).strip()


def attribute(element: "etree._Element", name: str) -> str:
    """An attribute's value; empty where it is missing."""
    return str(element.get(name) or "").strip()
