"""Reports and file details as the XML that the CyberTipline takes: each element in its place, none empty."""

from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.shape import Role, parts_of, placed
from tocsin.filing.cybertip.xml import LARGEST
from tocsin.filing.errors import UnwritableDocumentError

if TYPE_CHECKING:
    from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "https://report.cybertip.org/ispws/xsd"
"""Where the schema is, as the documentation's examples say it: a name, which nobody fetches."""

_PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_WIDEST_OFFSET = timedelta(hours=14)
"""Of a zone, in XML Schema."""


def report_xml(report: Report) -> bytes:
    """A report as a document. Raises UnwritableDocumentError."""
    return _document("report", report)


def details_xml(details: FileDetails) -> bytes:
    """The details of a file as a document. Raises UnwritableDocumentError."""
    return _document("fileDetails", details)


def text_of(value: object) -> str:
    """One value as XML Schema writes it. Raises TypeError for what is no single value, ValueError."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value.value if isinstance(value, StrEnum) else value
        case int():
            return str(value)
        case datetime():
            return _time(value)
        case date():
            return value.isoformat()
        case Decimal() if value.is_finite():
            return f"{value:f}"
    message = f"{type(value).__name__} is not written as one value"
    raise TypeError(message)


def _time(time: datetime) -> str:
    offset = time.utcoffset()
    if offset and (abs(offset) > _WIDEST_OFFSET or offset % timedelta(minutes=1)):
        time = time.astimezone(UTC)
    return time.isoformat().replace("+00:00", "Z")


def _document(name: str, value: Report | FileDetails) -> bytes:
    from lxml import etree  # noqa: PLC0415 - heavy, and most commands write no XML

    root = etree.Element(name, nsmap={"xsi": XSI})
    root.set(f"{{{XSI}}}noNamespaceSchemaLocation", SCHEMA)
    _fill(root, value, name)
    document = _PROLOG + etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    if len(document) > LARGEST:
        message = f"it is larger than {LARGEST} bytes"
        raise UnwritableDocumentError(message)
    return document


def _fill(element: "etree._Element", value: object, path: str) -> None:
    from lxml import etree  # noqa: PLC0415 - see above

    for part in parts_of(type(value)):
        for at, one in placed(value, part, path):
            if is_dataclass(one):
                _fill(etree.SubElement(element, part.name), one, at)
                continue
            try:
                if part.role is Role.ATTRIBUTE:
                    element.set(part.name, text_of(one))
                elif part.role is Role.TEXT:
                    element.text = text_of(one)
                else:
                    etree.SubElement(element, part.name).text = text_of(one)
            except (TypeError, ValueError) as error:
                message = f"{at} holds what XML cannot say"
                raise UnwritableDocumentError(message) from error
