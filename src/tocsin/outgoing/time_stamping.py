"""Asking a time-stamping authority that the operator named, over HTTP (RFC 3161, 3.4)."""

import http.client
import urllib.request
from typing import Final

from tocsin.evidence.time_stamps import TimeStampError

_SECONDS: Final = 20
_LONGEST: Final = 1 << 16


def ask(url: str, request: bytes) -> bytes:
    """The authority's answer to a request (both DER). Raises TimeStampError."""
    if not url.startswith(("http://", "https://")):
        message = f"the authority's URL begins with neither http:// nor https://: {url}"
        raise TimeStampError(message)
    asked = urllib.request.Request(  # noqa: S310  # the scheme is checked above
        url, request, {"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310  # as above
            body: bytes = answer.read(_LONGEST + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        message = f"the authority does not answer: {error}"
        raise TimeStampError(message) from error
    if len(body) > _LONGEST:
        message = "the authority's answer is too long to be one"
        raise TimeStampError(message)
    return body
