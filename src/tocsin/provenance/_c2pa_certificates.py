"""Whether a signer that a legacy list knows has a subject that was pinned with it.

The reader of C2PA tells a signer's organisation and serial number, but not its organizationIdentifier. So
its certificate is looked for in the manifest, by that serial number, and its chain is verified once more up
to the list: a certificate that only looks like it has no such chain.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography.x509 import Certificate

    from tocsin.provenance._trust_model import Anchors, Pin

_SIGNATURE_LABEL: Final = b"c2pa.signature\0"
_DER: Final = b"\x30\x82"
"""A DER sequence of 256 to 65,535 bytes, as every certificate is (X.690, 8.1.3.5)."""
_DER_HEADER: Final = 4
_MAX_CANDIDATES: Final = 256
_LONGEST_CHAIN: Final = 8
_ORGANIZATION_IDENTIFIER: Final = "2.5.4.97"


def pinned_subject(
    manifest: bytes, known_by: "Anchors", organization: str | None, serial: str | None
) -> "Pin | None":
    """The pin of `known_by` that the signer of `manifest` meets, as the reader names that signer."""
    pins = [pin for pin in known_by.pins if pin.organization == organization]
    for pin in pins:
        if pin.identifier is None or pin.identifier in _identifiers(manifest, known_by, organization, serial):
            return pin
    return None


def _identifiers(
    manifest: bytes, known_by: "Anchors", organization: str | None, serial: str | None
) -> frozenset[str]:
    """The organizationIdentifier in the signer's certificate."""
    from cryptography import x509  # noqa: PLC0415  # heavy

    anchors = x509.load_pem_x509_certificates(known_by.pem.encode("ascii"))
    found = list(_certificates(manifest))
    for one in found:
        named = (_values(one, "2.5.4.10"), str(one.serial_number))
        if named == ([organization], serial) and _leads_to(one, found, anchors):
            return frozenset(_values(one, _ORGANIZATION_IDENTIFIER))
    return frozenset()


def _certificates(manifest: bytes) -> "Iterator[Certificate]":
    """Certificates in the signature box of a manifest, wherever its CBOR holds them."""
    from cryptography import x509  # noqa: PLC0415  # heavy

    at = manifest.find(_DER, max(manifest.rfind(_SIGNATURE_LABEL), 0))
    for _ in range(_MAX_CANDIDATES):
        if at < 0:
            return
        end = at + _DER_HEADER + int.from_bytes(manifest[at + 2 : at + _DER_HEADER])
        try:
            yield x509.load_der_x509_certificate(manifest[at:end])
        except ValueError:  # something else that begins like one
            end = at + 1
        at = manifest.find(_DER, end)


def _values(certificate: "Certificate", attribute: str) -> list[str]:
    from cryptography.x509 import ObjectIdentifier  # noqa: PLC0415  # heavy

    try:
        found = certificate.subject.get_attributes_for_oid(ObjectIdentifier(attribute))
    except ValueError:
        return []
    return [str(one.value) for one in found]


def _leads_to(
    certificate: "Certificate", found: "Sequence[Certificate]", anchors: "Sequence[Certificate]"
) -> bool:
    """Whether authorities among `found` lead from `certificate` to one of `anchors` by their signatures."""
    current = certificate
    for _ in range(_LONGEST_CHAIN):
        if current in anchors or any(_issued(current, one) for one in anchors):
            return True
        above = next((one for one in found if one != current and _issued(current, one)), None)
        if above is None:
            return False
        current = above
    return False


def _issued(certificate: "Certificate", issuer: "Certificate") -> bool:
    from cryptography import x509  # noqa: PLC0415  # heavy
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    try:
        if not issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return True
