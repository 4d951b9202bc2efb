"""Time stamps (RFC 3161) of signed heads: an authority's word that the ledger had reached a row by then.

What is stamped is the SHA-256 of a head's signed message and its signature, and nothing else leaves the node.
An authority that does not answer stops nothing: the reason is kept with the head, which is stamped later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.errors import Error
from tocsin.evidence.chain import Head, head_statement

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

Ask = Callable[[str, bytes], bytes]
"""Posts a request (`application/timestamp-query`, DER) to a URL; the answer's body. Raises Error."""
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_LONGEST_REASON: Final = 500


class TimeStampError(Error):
    """The authority's answer is no time stamp of this head."""

    code = "evidence.time_stamp"
    advice = "Check the authority's URL and root certificates; the head stays signed, and is stamped later."


class StampedHeads(Protocol):
    """Heads that wait for their stamps; `tocsin.storage.ledger.LedgerStore` is one."""

    def unstamped(self, limit: int = 100) -> list[Head]:
        """Signed heads without a time stamp, the newest first."""
        ...

    def note_time_stamp(self, number: int, answer: bytes) -> None:
        """Keep an authority's answer about the head of that number."""
        ...

    def note_failure(self, number: int, reason: str) -> None:
        """Keep why the head of that number could not be stamped."""
        ...


@dataclass(frozen=True, slots=True)
class Stamping:
    """What became of an attempt."""

    stamped: int
    failure: str = ""
    """Why the next one could not be stamped; empty if all were."""


def stamp_heads(heads: StampedHeads, url: str, ask: Ask, roots: "Sequence[Certificate]" = ()) -> Stamping:
    """Have the heads that wait stamped, the newest first, until the authority fails.

    With `roots`, a stamp counts only if one of them stands behind it.
    """
    stamped = 0
    for head in heads.unstamped():
        try:
            answer = _stamped(head, url, ask, roots)
        except Error as error:
            heads.note_failure(head.number, error.message[:_LONGEST_REASON])
            return Stamping(stamped, error.message)
        heads.note_time_stamp(head.number, answer)
        stamped += 1
    return Stamping(stamped)


def _stamped(head: Head, url: str, ask: Ask, roots: "Sequence[Certificate]") -> bytes:
    """An authority's answer about a head, checked. Raises TimeStampError, and what `ask` raises."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415  # not on --help

    builder = TimestampRequestBuilder().data(head_statement(head)).hash_algorithm(HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    answer = ask(url, request.as_bytes())
    check_stamp(head, answer, roots, nonce=request.nonce)
    return answer


def check_stamp(
    head: Head, answer: bytes, roots: "Sequence[Certificate]" = (), *, nonce: int | None = None
) -> datetime:
    """The time that an authority says a head was there by.

    Without `roots` nobody stands behind the answer: only that it speaks of this head is checked. Raises
    TimeStampError.
    """
    import hashlib  # noqa: PLC0415  # as below

    decoded = _decoded(answer)
    info = decoded.tst_info
    imprint = info.message_imprint
    digest = hashlib.sha256(head_statement(head)).digest()
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != digest:
        message = f"the time stamp speaks of something else than head {head.number}"
        raise TimeStampError(message)
    if nonce is not None and info.nonce != nonce:
        message = "the time stamp answers another request"
        raise TimeStampError(message)
    if roots:
        _verify(decoded, digest, roots)
    return info.gen_time


def _decoded(answer: bytes) -> "TimeStampResponse":
    from rfc3161_client import PKIStatus, decode_timestamp_response  # noqa: PLC0415  # not on --help

    try:
        decoded = decode_timestamp_response(answer)
        if decoded.status != PKIStatus.GRANTED:
            message = f"the authority refuses with status {decoded.status}"
            raise TimeStampError(message)
        decoded.tst_info  # noqa: B018  # parsed here, so that what is wrong with it shows here
    except ValueError as error:
        message = f"the answer is no time stamp: {error}"
        raise TimeStampError(message) from error
    return decoded


def _verify(decoded: "TimeStampResponse", digest: bytes, roots: "Sequence[Certificate]") -> None:
    from rfc3161_client import VerificationError, VerifierBuilder  # noqa: PLC0415  # not on --help

    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify(decoded, digest)
    except (VerificationError, ValueError) as error:
        message = f"no root certificate given stands behind the time stamp: {error}"
        raise TimeStampError(message) from error


def read_roots(pem: bytes) -> "list[Certificate]":
    """The certificates in a PEM file. Raises TimeStampError."""
    from cryptography import x509  # noqa: PLC0415  # not on --help

    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        message = f"the file holds no certificates: {error}"
        raise TimeStampError(message) from error
