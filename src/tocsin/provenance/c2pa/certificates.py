"""Which trust list knows the signer of a manifest, told from the signer's certificate.

The reader of C2PA has verified the signature and says the signer's serial number and names, but not reliably
which list knows it, nor its organizationIdentifier. So the certificate is looked for in the manifest, and the
signatures on it are followed up to a list. One that only looks like it leads nowhere.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography.x509 import Certificate

    from tocsin.provenance.c2pa.manifests import Signer
    from tocsin.provenance.trust.model import Anchors, Pin

_SIGNATURE_LABEL: Final = b"c2pa.signature\0"
_DER: Final = b"\x30\x82"
"""A DER sequence of 256 to 65,535 bytes, as every certificate is (X.690, 8.1.3.5)."""
_DER_HEADER: Final = 4
_MAX_CANDIDATES: Final = 256
_MAX_CERTIFICATES: Final = 16
_COMMON_NAME: Final = "2.5.4.3"
_ORGANIZATION: Final = "2.5.4.10"
_ORGANIZATION_IDENTIFIER: Final = "2.5.4.97"


@dataclass(frozen=True, slots=True)
class KnownSigner:
    """A signer's certificate leads to a list."""

    known_by: "Anchors"
    identifiers: frozenset[str]
    """organizationIdentifier in the certificate."""

    def pin(self, organization: str | None) -> "Pin | None":
        """The pin of the list that this signer of `organization` meets."""
        for pin in self.known_by.pins:
            if pin.organization == organization and (
                pin.identifier is None or pin.identifier in self.identifiers
            ):
                return pin
        return None


def known_signer(manifest: bytes, signer: "Signer", lists: "Sequence[Anchors]") -> KnownSigner | None:
    """The first of `lists` to which the certificate of `signer` in `manifest` leads."""
    found = list(_certificates(manifest))
    named = [one for one in found if _is_of(one, signer)]
    for known_by in lists:
        anchors = _parsed(known_by.pem)
        for one in named:
            if _leads_to(one, found, anchors):
                return KnownSigner(known_by, frozenset(_values(one, _ORGANIZATION_IDENTIFIER)))
    return None


def _is_of(certificate: "Certificate", signer: "Signer") -> bool:
    return (
        str(certificate.serial_number) == signer.serial
        and (signer.organization or "") in (_values(certificate, _ORGANIZATION) or [""])
        and (signer.common_name or "") in (_values(certificate, _COMMON_NAME) or [""])
    )


def _certificates(manifest: bytes) -> "Iterator[Certificate]":
    """Certificates in the signature box of a manifest, wherever its CBOR holds them."""
    from cryptography import x509  # noqa: PLC0415  # heavy

    count, at = 0, manifest.find(_DER, max(manifest.rfind(_SIGNATURE_LABEL), 0))
    for _ in range(_MAX_CANDIDATES):
        if at < 0 or count == _MAX_CERTIFICATES:
            return
        end = at + _DER_HEADER + int.from_bytes(manifest[at + 2 : at + _DER_HEADER])
        try:
            yield x509.load_der_x509_certificate(manifest[at:end])
            count += 1
        except ValueError:  # something else that begins like one
            end = at + 1
        at = manifest.find(_DER, end)


@lru_cache(maxsize=8)
def _parsed(pem: str) -> "tuple[Certificate, ...]":
    from cryptography import x509  # noqa: PLC0415  # heavy

    return tuple(x509.load_pem_x509_certificates(pem.encode("ascii")))


def _values(certificate: "Certificate", attribute: str) -> list[str]:
    from cryptography.x509 import ObjectIdentifier  # noqa: PLC0415  # heavy

    try:
        found = certificate.subject.get_attributes_for_oid(ObjectIdentifier(attribute))
    except ValueError:  # a subject that is no proper name
        return []
    return [str(one.value) for one in found]


def _leads_to(
    certificate: "Certificate", found: "Sequence[Certificate]", anchors: "Sequence[Certificate]"
) -> bool:
    """Whether signatures of authorities among `found` lead from `certificate` to one of `anchors`."""
    reached, waiting = [certificate], [certificate]
    while waiting:
        current = waiting.pop()
        if current in anchors or any(_issued(current, one) for one in anchors):
            return True
        above = [one for one in found if one not in reached and _issued(current, one)]
        reached += above
        waiting += above
    return False


def _issued(certificate: "Certificate", issuer: "Certificate") -> bool:
    from cryptography import x509  # noqa: PLC0415  # heavy
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415

    try:
        if certificate.issuer != issuer.subject:
            return False
        if not issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
