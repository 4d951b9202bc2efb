"""The schema as an operator fetched it from the authority: it has the last word before anything is sent.

The schema moves, and a document with an element that it does not have is refused whole. So what it lacks is
found by its declarations, left out and shown; whether what remains is valid says libxml2.
"""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Self

from tocsin.filing.cybertip.xml import root_of
from tocsin.filing.errors import UnreadableDocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

_XS = "{http://www.w3.org/2001/XMLSchema}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_LARGEST_SCHEMA = 2_000_000
_ELSEWHERE = tuple(f"{_XS}{name}" for name in ("include", "import", "redefine", "override"))
_REFERENCES = {
    "group": ("group", "ref"),
    "attributeGroup": ("attributeGroup", "ref"),
    "extension": ("complexType", "base"),
    "restriction": ("complexType", "base"),  # which says again what elements it has, and not what attributes
}
_ROOTS = ("report", "fileDetails")
_PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a document breaks the schema."""

    place: str
    """As libxml2 names it: an XPath."""
    sentence: str
    """Its words, which may repeat a value of the document: not for a log."""


@dataclass(slots=True)
class _Allowed:
    """What may stand in an element."""

    elements: "dict[str, etree._Element]" = field(default_factory=dict)
    """Names of children, and how each is declared."""
    attributes: set[str] = field(default_factory=set)
    any_element: bool = False
    any_attribute: bool = False


class Schema:
    """One XSD. Threads may share it."""

    def __init__(self, root: "etree._Element", valid: "etree.XMLSchema") -> None:
        """Use `Schema.of`."""
        self._valid = valid
        self._alone = Lock()
        """lxml keeps the errors of a validation with the schema: of two at once they would be mixed."""
        self._known: dict[etree._Element, _Allowed] = {}
        """What was worked out already."""
        self._named: dict[tuple[str, str], etree._Element] = {
            (str(one.tag), one.get("name", "")): one for one in root if one.get("name")
        }

    @classmethod
    def of(cls, xsd: bytes) -> Self:
        """Raises UnreadableDocumentError: it is no schema, not this one's, or made of several documents.

        Other documents are never fetched, neither from the network nor from this machine.
        """
        from lxml import etree  # noqa: PLC0415 - heavy, and most commands read no XML

        root = root_of(xsd, _LARGEST_SCHEMA)
        if next(root.iter(*_ELSEWHERE), None) is not None:
            message = "the schema is made of several documents"
            raise UnreadableDocumentError(message)
        try:
            schema = cls(root, etree.XMLSchema(root))
        except etree.XMLSchemaParseError as error:
            message = "it is not a schema"
            raise UnreadableDocumentError(message) from error
        missing = [name for name in _ROOTS if schema._global("element", name) is None]
        if missing:
            message = f"the schema has no {' and no '.join(missing)}"
            raise UnreadableDocumentError(message)
        return schema

    def lacks(self, document: bytes) -> tuple[str, ...]:
        """The paths of elements and attributes that have no place in the schema.

        What is below such an element is not named for itself. Raises UnreadableDocumentError.
        """
        return tuple(path for path, _, _ in self._lacking(root_of(document)))

    def pruned(self, document: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The document without what the schema lacks, and the paths of that. Raises UnreadableDocumentError.

        An element that may be omitted, and has nothing in it any more, goes as well. Where nothing is
        lacking, the bytes are the same.
        """
        from lxml import etree  # noqa: PLC0415 - see above

        root = root_of(document)
        lacking = tuple(self._lacking(root))
        for _, element, attribute in lacking:
            if attribute:
                del element.attrib[attribute]
            else:
                _remove(element)
        if not lacking:
            return document, ()
        self._without_empty(root)
        return (
            _PROLOG + etree.tostring(root, encoding="UTF-8", xml_declaration=False),
            tuple(path for path, _, _ in lacking),
        )

    def violations(self, document: bytes) -> tuple[Violation, ...]:
        """Where a document breaks the schema: nowhere if it is valid. Raises UnreadableDocumentError."""
        from lxml import etree  # noqa: PLC0415 - see above

        root = root_of(document)
        try:
            with self._alone:
                self._valid.assertValid(root)
        except etree.DocumentInvalid as error:
            return tuple(Violation(one.path or "", one.message) for one in error.error_log)
        return ()

    def _lacking(self, root: "etree._Element") -> "Iterator[tuple[str, etree._Element, str]]":
        """Path, element, and the attribute if it is one, of all that has no place."""
        name = str(root.tag)
        declared = self._global("element", name)
        if declared is None:
            message = f"the schema has no {name}"
            raise UnreadableDocumentError(message)
        yield from self._lacking_in(root, declared, name)

    def _lacking_in(
        self, element: "etree._Element", declared: "etree._Element", path: str
    ) -> "Iterator[tuple[str, etree._Element, str]]":
        allowed = self._allowed(declared)
        for name in [str(one) for one in element.attrib]:
            known = allowed.any_attribute or name in allowed.attributes or name.startswith(_XSI)
            if not known:
                yield f"{path}/@{name}", element, name
        names = Counter(str(child.tag) for child in element)
        places = Counter[str]()
        for child in element:
            name = str(child.tag)
            places[name] += 1
            at = f"{path}/{name}" + (f"[{places[name]}]" if names[name] > 1 else "")
            if name in allowed.elements:
                yield from self._lacking_in(child, allowed.elements[name], at)
            elif not allowed.any_element:
                yield at, child, ""

    def _without_empty(self, element: "etree._Element") -> None:
        """Take out what has become empty by taking out, where the schema lets it be omitted."""
        declared = self._global("element", str(element.tag))
        if declared is not None:
            self._without_empty_in(element, declared)

    def _without_empty_in(self, element: "etree._Element", declared: "etree._Element") -> None:
        allowed = self._allowed(declared)
        for child in list(element):
            how = allowed.elements.get(str(child.tag))
            if how is None:
                continue
            self._without_empty_in(child, how)
            if how.get("minOccurs") == "0" and not (len(child) or child.attrib or (child.text or "").strip()):
                _remove(child)

    def _allowed(self, declared: "etree._Element") -> _Allowed:
        """What may stand in an element that is declared like this."""
        if declared in self._known:
            return self._known[declared]
        found = _Allowed()
        kind = self._global("complexType", declared.get("type", ""))
        self._gather(declared if kind is None else kind, found, set())
        self._known[declared] = found
        return found

    def _gather(self, node: "etree._Element", found: _Allowed, seen: "set[tuple[str, str]]") -> None:
        for child in node:
            tag = str(child.tag).removeprefix(_XS)
            name = child.get("name") or _local(child.get("ref", ""))
            if tag == "element":
                found.elements[name] = child if child.get("name") else self._declared(child, name)
            elif tag == "attribute":
                found.attributes.add(name)
            elif tag == "any":
                found.any_element = True
            elif tag == "anyAttribute":
                found.any_attribute = True
            else:
                self._gather_from(tag, child, found, seen)

    def _gather_from(
        self, tag: str, child: "etree._Element", found: _Allowed, seen: "set[tuple[str, str]]"
    ) -> None:
        """What a group, or the type that is extended, brings; then what stands there itself."""
        kind, by = _REFERENCES.get(tag, ("", "ref"))
        key = (kind, child.get(by, ""))
        named = self._global(*key) if kind else None
        if named is not None and key not in seen:
            brought = _Allowed() if tag == "restriction" else found
            self._gather(named, brought, seen | {key})
            found.attributes |= brought.attributes
        self._gather(child, found, seen)

    def _declared(self, reference: "etree._Element", name: str) -> "etree._Element":
        declared = self._global("element", name)
        return reference if declared is None else declared

    def _global(self, kind: str, name: str) -> "etree._Element | None":
        return self._named.get((f"{_XS}{kind}", _local(name)))


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _remove(element: "etree._Element") -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
