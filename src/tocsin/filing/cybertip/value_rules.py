"""What every value of a report must keep, whatever stands around it."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from tocsin.filing.cybertip.problems import DOC, OURS, XSD, Problem
from tocsin.filing.cybertip.shape import Part, Rule, elements, parts_of, place_of, placed
from tocsin.filing.cybertip.values import COUNTRIES, HASH_LENGTHS, LARGEST_NUMBER, STATES

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"[^\s@<>()\[\],;:\\\"]{{1,64}}@(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}")
_CALLING_CODE = re.compile(r"\+[0-9]{1,3}")
_DIGITS = re.compile(r"[0-9]+")
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to say (section 2.2)."""
_PRINTABLE_ASCII = re.compile(r"[!-~]+")
_OLDEST_AGE = 150
_LARGEST_PORT = 65535


def of_values(value: object, root: str, now: datetime) -> Iterator[Problem]:
    """The problems with single values in the dataclass whose path is `root`."""
    for path, one in elements(value, root):
        for part in parts_of(type(one)):
            found = placed(one, part, path)
            if not found and Rule.REQUIRED in part.rules:
                yield Problem(place_of(part, path), "required", "It must be there.", XSD)
            for at, leaf in found:
                if not is_dataclass(leaf):
                    yield from _of_leaf(leaf, part, at, now)


def keeps(rule: Rule, leaf: object) -> bool:
    """Whether one value keeps one rule of those that speak of what is in it."""
    return _RULES[rule][0](leaf)


def _of_leaf(leaf: object, part: Part, at: str, now: datetime) -> Iterator[Problem]:
    if isinstance(leaf, str):
        yield from _of_text(leaf, part, at)
    if isinstance(leaf, datetime) and leaf.tzinfo is None:
        yield Problem(at, "no_zone", "It does not say of which time zone it is.", DOC)
    elif isinstance(leaf, date) and Rule.PAST in part.rules and not _is_past(leaf, now):
        yield Problem(at, "not_past", "It is not in the past.", DOC)
    for rule, (kept, code, sentence) in _RULES.items():
        if rule in part.rules and not kept(leaf):
            yield Problem(at, code, sentence, DOC)


def _of_text(text: str, part: Part, at: str) -> Iterator[Problem]:
    if part.limit and len(text) > part.limit:
        yield Problem(at, "too_long", f"It has {len(text)} characters, and may have {part.limit}.", XSD)
    if NOT_XML.search(text):
        yield Problem(at, "unprintable", "It has a character that XML has no way to say.", XSD)
    if not text.strip():
        yield Problem(at, "blank", "It says nothing: leave it out.", OURS)


def _is_past(time: date, now: datetime) -> bool:
    return time < now if isinstance(time, datetime) else time < now.astimezone(UTC).date()


def _is_url(leaf: object) -> bool:
    text = str(leaf)
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises ValueError for what is no port
    except ValueError:
        return False
    return bool(
        _PRINTABLE_ASCII.fullmatch(text) and parts.scheme in {"http", "https", "ftp"} and parts.hostname
    )


def _is_ip(leaf: object) -> bool:
    try:
        return "%" not in str(leaf) and bool(ipaddress.ip_address(str(leaf)))
    except ValueError:
        return False


def _is_email(leaf: object) -> bool:
    return bool(_EMAIL.fullmatch(str(leaf)))


def _is_calling_code(leaf: object) -> bool:
    return bool(_CALLING_CODE.fullmatch(str(leaf)))


def _is_digits(leaf: object) -> bool:
    return bool(_DIGITS.fullmatch(str(leaf)))


def _within(least: int, most: int) -> Callable[[object], bool]:
    return lambda leaf: (
        isinstance(leaf, int | Decimal) and Decimal(leaf).is_finite() and least <= leaf <= most
    )


def _among(words: frozenset[str]) -> Callable[[object], bool]:
    return lambda leaf: leaf in words


_RULES: dict[Rule, tuple[Callable[[object], bool], str, str]] = {
    Rule.URL: (
        _is_url,
        "not_a_url",
        "It is not a whole address with http, https or ftp, a host, and no characters but ASCII's.",
    ),
    Rule.EMAIL: (
        _is_email,
        "not_an_email",
        "It is not an e-mail address: up to 64 characters, @, and a domain as DNS has it.",
    ),
    Rule.IP: (_is_ip, "not_an_ip", "It is not an address of IPv4 or IPv6."),
    Rule.COUNTRY: (_among(COUNTRIES), "not_a_country", "It is not a country's code of two letters."),
    Rule.STATE: (_among(STATES), "not_a_state", "It is not the code of a state of the US."),
    Rule.CALLING_CODE: (_is_calling_code, "not_a_calling_code", "It is not + and one to three digits."),
    Rule.DIGITS: (_is_digits, "not_digits", "It has more than digits."),
    Rule.HASH_TYPE: (
        _among(frozenset(HASH_LENGTHS)),
        "unknown_hash_type",
        f"It is not one of {', '.join(HASH_LENGTHS)}.",
    ),
    Rule.AGE: (_within(0, _OLDEST_AGE), "not_an_age", f"It is not between 0 and {_OLDEST_AGE} years."),
    Rule.PORT: (_within(1, _LARGEST_PORT), "not_a_port", f"It is not between 1 and {_LARGEST_PORT}."),
    Rule.LATITUDE: (_within(-90, 90), "out_of_range", "It is not between -90 and 90 degrees."),
    Rule.LONGITUDE: (_within(-180, 180), "out_of_range", "It is not between -180 and 180 degrees."),
    Rule.NUMBER: (_within(1, LARGEST_NUMBER), "not_a_number", "It is not a report's number."),
}
