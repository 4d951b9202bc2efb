"""What libxml2 says of a document that breaks its schema, in the words of Xerces' XMLSchemaMessages.

The real service quotes Xerces; whoever reads its answers should be tested with the like.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.etree import _Element

_EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( (.*) \)")
_ATTRIBUTE: Final = re.compile(r"attribute '([^']*)'")
_QUOTED: Final = re.compile(r"'([^']*)'")
_LAST: Final = re.compile(r"'([^']*)'[^']*$")
_ATTRIBUTES: Final = {
    "CVC_COMPLEX_TYPE_3_2_1": "cvc-complex-type.3.2.2: Attribute '{named}' is not allowed to appear in "
    "element '{name}'.",
    "CVC_COMPLEX_TYPE_4": "cvc-complex-type.4: Attribute '{named}' must appear on element '{name}'.",
    "CVC_TYPE_3_1_1": "cvc-type.3.1.1: Element '{name}' is a simple type, so it cannot have attributes, "
    "excepting those whose namespace name is identical to 'http://www.w3.org/2001/XMLSchema-instance' and "
    "whose [local name] is one of 'type', 'nil', 'schemaLocation' or 'noNamespaceSchemaLocation'. However, "
    "the attribute, '{named}' was found.",
}
_STRUCTURE: Final = {
    "CVC_COMPLEX_TYPE_2_1": "cvc-complex-type.2.1: Element '{name}' must have no character or "
    "element information item [children], because the type's content type is empty.",
    "CVC_COMPLEX_TYPE_2_2": "cvc-complex-type.2.2: Element '{name}' must have no element [children], and "
    "the value must be valid.",
    "CVC_COMPLEX_TYPE_2_3": "cvc-complex-type.2.3: Element '{name}' cannot have character [children], "
    "because the type's content type is element-only.",
    "CVC_TYPE_3_1_2": "cvc-type.3.1.2: Element '{name}' is a simple type, so it must have no "
    "element information item [children].",
    "CVC_ELT_5_2_2_2_2": "cvc-elt.5.2.2.2.2: The value of element '{name}' does not match the {{fixed}} "
    "value '{last}'.",
}


def worded(kind: str, message: str, element: "_Element") -> tuple[list[str], bool]:
    """What Xerces would say, and whether it would say so at the end tag.

    `kind` and `message` are libxml2's, of an error of validation.
    """
    kind = kind.removeprefix("SCHEMAV_")
    name = str(element.tag).rpartition("}")[2]
    attribute = _ATTRIBUTE.search(message)
    if kind == "ELEMENT_CONTENT":
        return _content(message, name)
    if kind == "CVC_ELT_1":
        return [f"cvc-elt.1.a: Cannot find the declaration of element '{name}'."], False
    if kind in _ATTRIBUTES:
        named = (attribute[1] if attribute else _last(message)).rpartition("}")[2]
        return [_ATTRIBUTES[kind].format(name=name, named=named)], False
    if kind in _STRUCTURE:
        return [_STRUCTURE[kind].format(name=name, last=_last(message))], True
    return _value(kind, message, element, attribute[1] if attribute else None)


def _last(message: str) -> str:
    """What it names last; a value before may have apostrophes of its own."""
    found = _LAST.search(message)
    return found[1] if found else ""


def _content(message: str, name: str) -> tuple[list[str], bool]:
    expected = _EXPECTED.search(message)
    choice = f"'{{{expected[1].replace(' ', '').replace(',', ', ')}}}'" if expected else ""
    if "Missing child" in message:
        text = f"The content of element '{name}' is not complete. One of {choice} is expected."
        return [f"cvc-complex-type.2.4.b: {text}"], True
    begins = f"Invalid content was found starting with element '{name}'."
    if not expected:
        text = "No child element is expected at this point."
        return [f"cvc-complex-type.2.4.d: {begins} {text}"], False
    return [f"cvc-complex-type.2.4.a: {begins} One of {choice} is expected."], False


def _value(kind: str, message: str, element: "_Element", attribute: str | None) -> tuple[list[str], bool]:
    """A simple value that breaks its type: first how, then where."""
    name = str(element.tag)
    value = element.get(attribute, "") if attribute else element.text or ""
    facet = next((words for known, words in _FACETS.items() if known in kind), None)
    if facet is None:  # none that the schema gives rise to: libxml2's own words
        return [f"{kind.lower().replace('_', '-', 1).replace('_', '.')}: {message}"], False
    how = facet(message, value).replace("#AnonType", f"#AnonType_{attribute or name}")
    if attribute:
        where = (
            f"cvc-attribute.3: The value '{value}' of attribute '{attribute}' on element '{name}' is not "
            f"valid with respect to its type, '#AnonType_{attribute}'."
        )
    elif element.attrib:
        where = _STRUCTURE["CVC_COMPLEX_TYPE_2_2"].format(name=name, last="")
    else:
        where = f"cvc-type.3.1.3: The value '{value}' of element '{name}' is not valid."
    return [how, where], attribute is None


def _enumeration(message: str, value: str) -> str:
    choice = ", ".join(_QUOTED.findall(message.rpartition("{")[2]))
    return (
        f"cvc-enumeration-valid: Value '{value}' is not facet-valid with respect to enumeration '[{choice}]'"
        ". It must be a value from the enumeration."
    )


def _length(message: str, value: str) -> str:
    most = _last(message)
    return (
        f"cvc-maxLength-valid: Value '{value}' with length = '{len(value)}' is not facet-valid with respect "
        f"to maxLength '{most}' for type '#AnonType'."
    )


def _pattern(message: str, value: str) -> str:
    pattern = message.rpartition(" pattern ")[2].strip(".'")
    return (
        f"cvc-pattern-valid: Value '{value}' is not facet-valid with respect to pattern '{pattern}' for type "
        "'#AnonType'."
    )


def _bound(which: str) -> Callable[[str, str], str]:
    return lambda message, value: (
        f"cvc-{which}-valid: Value '{value}' is not facet-valid with respect to {which} "
        f"'{_last(message)}' for type '#AnonType'."
    )


def _datatype(message: str, value: str) -> str:
    kind = _last(message).removeprefix("xs:")
    return f"cvc-datatype-valid.1.2.1: '{value}' is not a valid value for '{kind}'."


_FACETS: Final[dict[str, Callable[[str, str], str]]] = {
    "ENUMERATION": _enumeration,
    "MAXLENGTH": _length,
    "PATTERN": _pattern,
    "MAXINCLUSIVE": _bound("maxInclusive"),
    "MININCLUSIVE": _bound("minInclusive"),
    "DATATYPE": _datatype,
}
