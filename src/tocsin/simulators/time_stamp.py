"""A time-stamping authority on this machine (RFC 3161): tells the time truly, and nobody has to trust it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tocsin.simulators.authorities import Certified
from tocsin.simulators.serving import Quiet, Served

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_INTEGER = 2
_LONG = 0x80
"""The bit of a length that says how many bytes of length follow (X.690, 8.1.3.5)."""
_POLICY = "1.3.6.1.4.1.99999.2"


@contextmanager
def time_stamps(by: Certified, when: datetime | None = None) -> Iterator[str]:
    """The address of an authority that answers with stamps by `by`, of now or `when`."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = _answer(by, asked, when or datetime.now(UTC))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    with Served(HTTPServer(("127.0.0.1", 0), Handler)) as served:
        yield f"http://127.0.0.1:{served.port}/"


def _answer(by: Certified, asked: bytes, now: datetime) -> bytes:
    """TimeStampResp (RFC 3161, 2.4.2)."""
    imprint, nonce = _request(asked)
    serial, stamped = _tlv(2, b"\x01"), _tlv(0x18, now.strftime("%Y%m%d%H%M%SZ").encode())
    info = _sequence(_tlv(2, b"\x01"), _oid(_POLICY), imprint, serial, stamped, nonce)
    der = by.certificate.public_bytes(serialization.Encoding.DER)
    certificates = b"".join(
        one.public_bytes(serialization.Encoding.DER) for one in (by.certificate, *by.above)
    )
    attributes = b"".join(
        sorted(
            [
                _attribute(_CONTENT_TYPE, _oid(_TST_INFO)),
                _attribute(_SIGNING_TIME, _tlv(0x17, now.strftime("%y%m%d%H%M%SZ").encode())),
                _attribute(_MESSAGE_DIGEST, _tlv(4, hashlib.sha256(info).digest())),
                _attribute(
                    _SIGNING_CERTIFICATE,
                    _sequence(_sequence(_sequence(_tlv(4, hashlib.sha256(der).digest())))),
                ),
            ]
        )
    )
    signature = by.key.sign(_tlv(0x31, attributes), ec.ECDSA(hashes.SHA256()))
    signer = _sequence(
        _tlv(2, b"\x01"),
        _sequence(by.certificate.issuer.public_bytes(), _integer(by.certificate.serial_number)),
        _sequence(_oid(_SHA256)),
        _tlv(0xA0, attributes),
        _sequence(_oid(_ECDSA_SHA256)),
        _tlv(4, signature),
    )
    signed = _sequence(
        _tlv(2, b"\x03"),
        _tlv(0x31, _sequence(_oid(_SHA256))),
        _sequence(_oid(_TST_INFO), _tlv(0xA0, _tlv(4, info))),
        _tlv(0xA0, certificates),
        _tlv(0x31, signer),
    )
    token = _sequence(_oid(_SIGNED_DATA), _tlv(0xA0, signed))
    return _sequence(_sequence(_tlv(2, b"\x00")), token)


def _request(asked: bytes) -> tuple[bytes, bytes]:
    """The imprint and the nonce of a TimeStampReq, as they stand."""
    body = _split(_split(asked)[0][1])
    return body[1][2], next((whole for tag, _, whole in body[2:] if tag == _INTEGER), b"")


def _split(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """Tag, content and whole of each value in `data`."""
    found, at = [], 0
    while at < len(data):
        length, start = data[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[at + 2 : start])
        found.append((data[at], data[start : start + length], data[at : start + length]))
        at = start + length
    return found


def _tlv(tag: int, content: bytes) -> bytes:
    if len(content) < _LONG:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, _LONG | len(length)]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, b"".join(parts))


def _attribute(name: str, value: bytes) -> bytes:
    return _sequence(_oid(name), _tlv(0x31, value))


def _integer(value: int) -> bytes:
    return _tlv(2, value.to_bytes(value.bit_length() // 8 + 1))


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, x509.ObjectIdentifier(dotted).dotted_string.split("."))
    out = bytearray([first * 40 + second])
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        out += bytes(reversed(digits))
    return _tlv(6, bytes(out))
