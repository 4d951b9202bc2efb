"""One `<queryResult>` as a whole: its entries, and the link to what comes after it.

A page that is no XML is asked for again. When it comes as damaged again and again, its items are read one by
one out of its text, so that one character that NCMEC wrote wrongly does not end an exchange: but only when
the page is whole and has as many items as it says.
"""

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Final

from tocsin.exchange.model import SetAside
from tocsin.exchange.services.ncmec.entries import Found, read_item
from tocsin.exchange.services.ncmec.xml import UnreadableError, attribute, child, name_of, root_of, text_of

if TYPE_CHECKING:
    from lxml import etree

_ROOT: Final = "queryresult"
_GROUPS: Final = frozenset({"images", "videos"})
_KNOWN: Final = _GROUPS | {"paging"}
_WHOLE: Final = re.compile(rb"</(?:[A-Za-z0-9]+:)?queryResult>\s*\Z")
_ITEM: Final = re.compile(rb"<(image|video|deletedImage|deletedVideo)(?=[\s>]).*?</\1\s*>", re.DOTALL)
_COUNT: Final = re.compile(rb"<(?:images|videos)\b[^>]{0,200}?\bcount=\"([0-9]{1,9})\"")
_NEXT: Final = re.compile(rb"<next>([^<]{1,4000})</next>")


@dataclass(frozen=True, slots=True)
class Entries:
    """What one answer holds."""

    found: Found
    next: str
    """A path behind the environment's URL; empty on the last page."""


def read_entries(document: bytes, environment: str) -> Entries:
    """Read an answer. Raises UnreadableError for one that is none; what is wrong in it is set aside."""
    root = root_of(document)
    if name_of(root) != _ROOT:
        message = f"it is <{name_of(root)[:40]}>, not <queryResult>"
        raise UnreadableError(message)
    found = Found()
    for group in root:
        if name_of(group) in _GROUPS:
            _read_group(group, environment, found)
        elif name_of(group) not in _KNOWN:
            _aside(found, f"a group of the unknown kind {name_of(group)[:60]!r}, with {len(group)} items")
    paging = child(root, "paging")
    return Entries(found, "" if paging is None else text_of(child(paging, "next")))


def _read_group(group: "etree._Element", environment: str, found: Found) -> None:
    said = attribute(group, "count")
    if said.isascii() and said.isdigit() and int(said[:9]) > len(group):
        message = f"it says that it has {said[:9]} {name_of(group)}, and has {len(group)}"
        raise UnreadableError(message)
    for item in group:
        read_item(item, environment, found)


def read_damaged(document: bytes, environment: str) -> Entries:
    """Read what is no XML, item by item. Raises UnreadableError where that could lose one."""
    if not _WHOLE.search(document):
        message = "it is not well-formed XML, and breaks off"
        raise UnreadableError(message)
    items = [one[0] for one in _ITEM.finditer(document)]
    counts = [int(one) for one in _COUNT.findall(document)]
    if not items or not counts or sum(counts) != len(items):
        message = "it is not well-formed XML, and its items cannot be told apart"
        raise UnreadableError(message)
    found = Found()
    for item in items:
        try:
            element = root_of(item)
        except UnreadableError:
            found.items += 1
            _aside(found, "an entry that is not well-formed XML", "ncmec.damaged_item")
        else:
            read_item(element, environment, found)
    link = _NEXT.search(document)
    return Entries(found, "" if link is None else unescape(link[1].decode("utf-8", "replace")).strip())


def _aside(found: Found, message: str, code: str = "ncmec.unknown_item") -> None:
    found.set_aside.append(SetAside("", code, message, ""))
