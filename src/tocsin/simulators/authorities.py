"""A public-key infrastructure of made-up names: authorities and signers, made in a millisecond each."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

C2PA_EKU = "1.3.6.1.4.1.62558.2.1"
DOCUMENT_EKU = "1.3.6.1.5.5.7.3.36"
EMAIL_EKU = "1.3.6.1.5.5.7.3.4"
TIME_EKU = "1.3.6.1.5.5.7.3.8"
_IDENTIFIER = x509.ObjectIdentifier("2.5.4.97")


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate with its key, and the authorities above it that come along with a signature."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def chain_pem(self) -> str:
        """The certificate and the authorities that come along."""
        pems = [one.public_bytes(serialization.Encoding.PEM) for one in (self.certificate, *self.above)]
        return b"".join(pems).decode("ascii")

    @property
    def key_pem(self) -> str:
        """The private key."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode("ascii")


def authority(
    name: str = "Test Root", issuer: Certified | None = None, *, days: tuple[float, float] = (-400, 3650)
) -> Certified:
    """An authority: a root, or one below `issuer`. It is valid within `days` from now."""
    return _make(_name(name, "Test Authorities"), issuer, days, usages=None)


def signer(  # noqa: PLR0913  # what tells signers apart
    issuer: Certified,
    name: str = "Test Signer",
    organization: str = "Test Organisation",
    *,
    identifier: str | None = None,
    eku: str = C2PA_EKU,
    days: tuple[float, float] = (-30, 365),
    serial: int | None = None,
) -> Certified:
    """Somebody whom `issuer` certified to sign."""
    made = _make(_name(name, organization, identifier), issuer, days, usages=(eku,), serial=serial)
    return Certified(made.certificate, made.key, _along_with(issuer))


def _along_with(issuer: Certified) -> tuple[x509.Certificate, ...]:
    """The authorities between a signer and the root, without the root."""
    if issuer.certificate.issuer == issuer.certificate.subject:
        return ()
    return (issuer.certificate, *issuer.above)


def _name(common_name: str, organization: str, identifier: str | None = None) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "NZ"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    if identifier:
        parts.append(x509.NameAttribute(_IDENTIFIER, identifier))
    return x509.Name(parts)


def _make(
    name: x509.Name,
    issuer: Certified | None,
    days: tuple[float, float],
    usages: tuple[str, ...] | None,
    serial: int | None = None,
) -> Certified:
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key = issuer.key if issuer else key
    is_authority, now = usages is None, datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(_key_usage(authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
    )
    if usages:
        oids = [x509.ObjectIdentifier(one) for one in usages]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=True)
    return Certified(builder.sign(signing_key, hashes.SHA256()), key)


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
