"""Reading the files that trust lists are published in."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tocsin.media.answers import object_in
from tocsin.provenance.rules import document
from tocsin.provenance.texts import TextError, parse_json
from tocsin.provenance.trust.errors import (
    BadCertificateError,
    NoAuthorityError,
    NoCertificatesError,
    PrivateKeyError,
    ProductsError,
    SubjectError,
    UsagesError,
)
from tocsin.provenance.trust.model import UNKNOWN_CATEGORY, Pin, Product

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from tocsin.media.sandbox import JsonValue

MAX_FILE: Final = 4 << 20
_PRIVATE_KEY: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----")
_CERTIFICATE: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,100000}-----END CERTIFICATE-----"
)
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_OID: Final = re.compile(r"[0-2](\.\d{1,20}){1,30}")
_SUBJECT_PART: Final = re.compile(r"\s*(?P<name>[A-Za-z0-9.]+)\s*=\s*(?P<value>(?:[^,\\]|\\.)+?)\s*(?:,|$)")
_ORGANIZATION: Final = ("O", "organizationName", "2.5.4.10")
_IDENTIFIER: Final = ("organizationIdentifier", "2.5.4.97")
_STAMPING: Final = re.compile(r"\bTSAs?\b|time[ -]?stamp", re.IGNORECASE)
_CAPTURED: Final = "inception"


@dataclass(frozen=True, slots=True)
class Authorities:
    """The certificates of authorities that a file holds."""

    pem: str
    """Those and nothing else."""
    digests: frozenset[str]
    """SHA-256 of each certificate."""
    earliest_expiry: datetime
    expired: int
    stamping: int
    """How many are for time stamps, by their names or extended key usages."""
    not_stamping: int
    """How many are for other things only, by their extended key usages."""
    others: int
    """Certificates in the file that may not certify others, and are left out."""


def parse_authorities(data: bytes, now: datetime | None = None) -> Authorities:
    """The authorities in a PEM file, whatever text stands between them.

    Raises:
        PrivateKeyError, NoCertificatesError, BadCertificateError, NoAuthorityError: see their sentences.
    """
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415  # heavy

    if _PRIVATE_KEY.search(data):
        raise PrivateKeyError
    found = _certificates(data)
    authorities = {one.public_bytes(Encoding.DER): one for one in found if _is_authority(one)}
    if not authorities:
        raise NoAuthorityError
    ends = [one.not_valid_after_utc for one in authorities.values()]
    return Authorities(
        pem="".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in authorities.values()),
        digests=frozenset(hashlib.sha256(der).hexdigest() for der in authorities),
        earliest_expiry=min(ends),
        expired=sum(end < (now or datetime.now(UTC)) for end in ends),
        stamping=sum(_stamps(one) is True for one in authorities.values()),
        not_stamping=sum(_stamps(one) is False for one in authorities.values()),
        others=sum(not _is_authority(one) for one in found),
    )


def _certificates(data: bytes) -> "list[Certificate]":
    from cryptography import x509  # noqa: PLC0415  # heavy

    blocks = _CERTIFICATE.findall(data)
    if not data.count(_BEGIN):
        raise NoCertificatesError
    if len(blocks) != data.count(_BEGIN):
        message = f"certificate {len(blocks) + 1} of the file is not whole"
        raise BadCertificateError(message)
    found = []
    for number, block in enumerate(blocks, 1):
        try:
            found.append(x509.load_pem_x509_certificate(block))
        except ValueError as error:
            message = f"certificate {number} of the file cannot be read"
            raise BadCertificateError(message) from error
    return found


def _is_authority(certificate: "Certificate") -> bool:
    from cryptography import x509  # noqa: PLC0415  # heavy

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _stamps(certificate: "Certificate") -> bool | None:
    """Whether an authority is for time stamps, by its usages or its name; None if neither says."""
    from cryptography import x509  # noqa: PLC0415  # heavy
    from cryptography.x509.oid import ExtendedKeyUsageOID as Usage  # noqa: PLC0415  # heavy

    try:
        usages = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except (x509.ExtensionNotFound, ValueError):
        usages = set()
    if usages and not usages & {Usage.TIME_STAMPING, Usage.ANY_EXTENDED_KEY_USAGE}:
        return False
    if usages == {Usage.TIME_STAMPING} or _STAMPING.search(certificate.subject.rfc4514_string()):
        return True
    return None


def parse_products(data: bytes) -> tuple[Product, ...]:
    """The products of a conforming products list that sign; records of one subject become one product.

    Follows conforming-products-list.json of the C2PA conformance programme, as of August 2026.

    Raises:
        ProductsError: it is something else.
    """
    try:
        value = parse_json(data.decode("utf-8"))
    except (UnicodeDecodeError, TextError) as error:
        message = "the file is not JSON"
        raise ProductsError(message) from error
    if not isinstance(value, list):
        raise ProductsError
    merged: dict[tuple[str, str], Product] = {}
    for number, record in enumerate(value, 1):
        try:
            product = _product(record)
        except (KeyError, TypeError) as error:
            message = f"record {number} of the file is not a conforming product"
            raise ProductsError(message) from error
        if product:
            subject = (product.common_name, product.organization)
            merged[subject] = _merge(merged.get(subject), product)
    if not merged:
        message = "there is no product that signs in the file"
        raise ProductsError(message)
    return tuple(merged.values())


def _product(record: "JsonValue") -> Product | None:
    """One record; None for a product that only validates, or is not conformant."""
    product = object_in(object_in(record)["product"])
    if object_in(record)["status"] != "conformant" or product["productType"] != "generatorProduct":
        return None
    name = object_in(product["DN"])
    common_name, organization = name["CN"], name["O"]
    if not (isinstance(common_name, str) and isinstance(organization, str)):
        raise TypeError
    level = object_in(product.get("assurance") or {}).get("maxAssuranceLevel")
    disallowed = object_in(product.get("disallowedSignals") or {}).get(_CAPTURED) or []
    return Product(
        common_name=common_name.strip(),
        organization=organization.strip(),
        category=category(common_name.strip()),
        max_level=level if isinstance(level, int) else None,
        disallowed=tuple(sorted(str(one) for one in disallowed)) if isinstance(disallowed, list) else (),
    )


def _merge(first: Product | None, second: Product) -> Product:
    """What two records of one subject say together: a certificate does not tell which of them it is of."""
    if first is None:
        return second
    levels = [level for level in (first.max_level, second.max_level) if level is not None]
    return Product(
        first.common_name,
        first.organization,
        first.category,
        max(levels, default=None),
        tuple(one for one in first.disallowed if one in second.disallowed),
    )


def category(common_name: str) -> str:
    """What kind of product it is: camera, generator, editor or other, by our table of names."""
    for kind, names in document("c2pa")["categories"].items():
        if common_name in names:
            return str(kind)
    return UNKNOWN_CATEGORY


def parse_subject(text: str) -> Pin:
    r"""The pin that `O=Name,organizationIdentifier=Id` writes, commas in values as `\,` (RFC 4514).

    Raises:
        SubjectError: it names no organisation, or something that is not compared.
    """
    values: dict[str, str] = {}
    at = 0
    while at < len(text):
        part = _SUBJECT_PART.match(text, at)
        if not part or part["name"] in values:
            message = f"a subject is written O=NAME,organizationIdentifier=ID, not {text!r}"
            raise SubjectError(message)
        values[part["name"]] = re.sub(r"\\(.)", r"\1", part["value"])
        at = part.end()
    organization = next((values.pop(name) for name in _ORGANIZATION if name in values), None)
    identifier = next((values.pop(name) for name in _IDENTIFIER if name in values), None)
    if organization is None or values:
        what = f"{next(iter(values))} is not compared" if values else "it must name the organisation (O=)"
        message = f"the subject {text!r} does not do: {what}"
        raise SubjectError(message)
    return Pin(organization, identifier)


def checked_usages(usages: tuple[str, ...]) -> tuple[str, ...]:
    """Extended key usages as dotted numbers. Raises UsagesError."""
    for one in usages:
        if not _OID.fullmatch(one):
            message = f"{one!r} is not a dotted number"
            raise UsagesError(message)
    return usages
