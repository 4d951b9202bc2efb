"""Validation against the XSD: libxml2 finds what is wrong, `xerces` words it as the real service does.

The place is where Xerces reports it: behind the start tag, or behind the end tag where the content is wrong.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from tocsin.simulators.cybertip.xerces import worded

if TYPE_CHECKING:
    from lxml.etree import XMLSchema, _Element, _LogEntry

_TAG_END: Final = re.compile(rb"""(?:[^>"']|"[^"]*"|'[^']*')*>""")


@dataclass(slots=True)
class _Place:
    """Where an element stands: byte offsets behind its start tag and behind its end tag."""

    start: int
    end: int = 0


class Schema:
    """An XSD to validate against, from any thread."""

    def __init__(self, text: bytes) -> None:
        """Of this text."""
        self.text = text
        self._lock = threading.Lock()  # lxml keeps the errors of a validation with the schema

    @cached_property
    def _compiled(self) -> "XMLSchema":
        from lxml import etree  # noqa: PLC0415  # slow to load, and only the simulator needs it

        return etree.XMLSchema(etree.fromstring(self.text))

    def violations(self, source: bytes, root: "_Element") -> list[str]:
        """What in a well-formed document breaks the schema, each as `[line,column] - message`."""
        with self._lock:
            if self._compiled.validate(root):
                return []
            entries = list(self._compiled.error_log)
        tree = root.getroottree()
        standing = {
            tree.getpath(one): (one, at) for one, at in zip(root.iter("*"), _places(source), strict=True)
        }
        return [
            f"[{_line_and_column(source, place)}] - {message}"
            for entry in entries
            for message, place in _told(entry, *standing[entry.path or tree.getpath(root)])
        ]


def _told(entry: "_LogEntry", element: "_Element", place: _Place) -> Iterator[tuple[str, int]]:
    """The messages of Xerces for one of libxml2, each with its place."""
    messages, at_end = worded(entry.type_name, entry.message, element)
    for message in messages:
        yield message, place.end if at_end else place.start


def _places(source: bytes) -> list[_Place]:
    """Of every element, in document order."""
    found: list[_Place] = []
    inside: list[_Place] = []
    parser = expat.ParserCreate()

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        tag = _TAG_END.match(source, parser.CurrentByteIndex)
        found.append(_Place(tag.end() if tag else parser.CurrentByteIndex))
        inside.append(found[-1])

    def end(_name: str) -> None:
        tag = _TAG_END.match(source, parser.CurrentByteIndex)
        place = inside.pop()
        place.end = max(tag.end() if tag else 0, place.start)

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.Parse(source, True)  # noqa: FBT003  # expat's own
    return found


def _line_and_column(source: bytes, place: int) -> str:
    """Both from 1; the column is that of the character behind the tag."""
    before = source[:place]
    line = before.rpartition(b"\n")[2].decode("utf-8", "replace")
    number = before.count(b"\n") + 1
    return f"{number},{len(line) + 1}"
