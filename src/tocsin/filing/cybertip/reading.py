"""Reports and file details out of XML, strictly: what the model does not say is refused, not passed over."""

import re
from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.shape import Part, Role, parts_of
from tocsin.filing.cybertip.writing import XSI
from tocsin.filing.cybertip.xml import root_of
from tocsin.filing.errors import UnreadableDocumentError

if TYPE_CHECKING:
    from lxml import etree

_Shape = TypeVar("_Shape")

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(_DATE.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def report_of(document: bytes) -> Report:
    """The report that a document holds. Raises UnreadableDocumentError, with the place."""
    return _read(document, "report", Report)


def details_of(document: bytes) -> FileDetails:
    """The details of a file that a document holds. Raises UnreadableDocumentError, with the place."""
    return _read(document, "fileDetails", FileDetails)


def value_of(kind: type, text: str) -> object:
    """One value of a type (`Part.type`), as XML Schema writes it. Raises ValueError."""
    if kind is str:
        return text
    text = text.strip(" \t\r\n")
    if issubclass(kind, StrEnum):
        return kind(text)
    readers = {bool: _boolean, int: _whole, Decimal: _decimal, date: _date, datetime: _time}
    return readers[kind](text)


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text]


def _whole(text: str) -> int:
    return int(_like(_WHOLE, text))


def _decimal(text: str) -> Decimal:
    return Decimal(_like(_DECIMAL, text))


def _date(text: str) -> date:
    return date.fromisoformat(_like(_DATE, text))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(_like(_TIME, text))


def _like(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text


def _read(document: bytes, name: str, shape: type[_Shape]) -> _Shape:
    root = root_of(document)
    if root.tag != name:
        _refuse("", f"it is not a {name}")
    root.attrib.pop(f"{{{XSI}}}noNamespaceSchemaLocation", None)
    return _value(root, shape, name)


def _value(element: "etree._Element", shape: type[_Shape], path: str) -> _Shape:
    parts = parts_of(shape)
    fields: dict[str, Any] = {}
    attributes = {part.name: part for part in parts if part.role is Role.ATTRIBUTE}
    for name, text in element.attrib.items():
        if name not in attributes:
            _refuse(path, "it has an attribute that is not known")
        part = attributes[str(name)]
        fields[part.field] = _leaf(part, str(text), f"{path}/@{part.name}")
    texts = [part for part in parts if part.role is Role.TEXT]
    if texts:
        if len(element):
            _refuse(path, "it has elements within its text")
        fields[texts[0].field] = _leaf(texts[0], element.text or "", path)
    else:
        fields |= _children(element, tuple(part for part in parts if part.role is Role.ELEMENT), path)
    try:
        return shape(**fields)
    except ValueError as error:
        raise UnreadableDocumentError(_placed(path, str(error))) from error


def _children(element: "etree._Element", parts: tuple[Part, ...], path: str) -> dict[str, object]:
    """The fields that child elements are, which must stand in their order."""
    if any((text or "").strip() for text in (element.text, *(child.tail for child in element))):
        _refuse(path, "it has text between its elements")
    found: dict[str, list[object]] = {}
    ahead = list(parts)
    unordered = all(part.is_flag for part in parts)
    for child in element:
        while not unordered and ahead and ahead[0].name != child.tag:
            ahead.pop(0)
        part = next((part for part in ahead if part.name == child.tag), None)
        if part is None:
            _refuse(path, "it has an element that is not known, or not at that place")
        ones = found.setdefault(part.field, [])
        at = f"{path}/{part.name}" + (f"[{len(ones) + 1}]" if part.repeated else "")
        if ones and not part.repeated:
            _refuse(at, "it is there twice")
        ones.append(_child(child, part, at))
    repeated = {part.field for part in parts if part.repeated}
    return {field: tuple(ones) if field in repeated else ones[0] for field, ones in found.items()}


def _child(child: "etree._Element", part: Part, path: str) -> object:
    if is_dataclass(part.type):
        return _value(child, part.type, path)
    if child.attrib or len(child):
        _refuse(path, "it has more than text")
    text = child.text or ""
    if part.is_flag:
        if text.strip() not in {"", "true"}:
            _refuse(path, "it can be said, and not denied")
        return True
    return _leaf(part, text, path)


def _leaf(part: Part, text: str, path: str) -> object:
    try:
        return value_of(part.type, text)
    except ValueError as error:
        raise UnreadableDocumentError(_placed(path, "its value is not one that it takes")) from error


def _refuse(path: str, why: str) -> NoReturn:
    raise UnreadableDocumentError(_placed(path, why))


def _placed(path: str, why: str) -> str:
    return f"{path}: {why}" if path else why
