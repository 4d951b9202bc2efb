"""Asking a time-stamping authority that the operator named, over HTTP (RFC 3161, 3.4).

The operator may name one in their own network, so that any address will do; but redirections are not
followed, and proxies that the environment names are not asked.
"""

from ipaddress import ip_network
from typing import Final

from tocsin.errors import Error
from tocsin.evidence.time_stamps import TimeStampError
from tocsin.outgoing.addresses import Target, checked_addresses, parse

_SECONDS: Final = 20.0
_LONGEST: Final = 1 << 16
_OK: Final = 200
_ANYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def ask(url: str, request: bytes) -> bytes:
    """The authority's answer to a request (both DER). Raises TimeStampError."""
    try:
        return _posted(parse(url), request)
    except TimeStampError:
        raise
    except Error as error:
        message = f"the authority does not answer: {error.message}"
        raise TimeStampError(message) from error


def _posted(target: Target, request: bytes) -> bytes:
    """Raises TimeStampError, FetchRefusedError, FetchFailedError."""
    import ssl  # noqa: PLC0415  # this and the next take 0.1 s to import

    from tocsin.outgoing.connecting import Deadline, Request, exchange  # noqa: PLC0415

    deadline = Deadline.after(_SECONDS)
    addresses = checked_addresses(target, _ANYWHERE, deadline.left())
    headers = {
        "Content-Type": "application/timestamp-query",
        "Content-Length": str(len(request)),
        "Accept-Encoding": "identity",
    }
    asked = Request("POST", target, headers, request)
    body = b""
    with exchange(asked, addresses, deadline, ssl.create_default_context()) as response:
        if response.status != _OK:
            message = f"the authority answers with status {response.status}"
            raise TimeStampError(message)
        for piece in response.iter_stream():
            body += piece
            if len(body) > _LONGEST:
                message = "the authority's answer is too long to be one"
                raise TimeStampError(message)
    return body
