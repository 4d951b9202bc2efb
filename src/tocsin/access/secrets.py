"""Secrets that the node hands out once and keeps only a digest of: tokens, sessions, recovery codes.

Each has at least 120 random bits, so one unsalted SHA-256 keeps it: NIST SP 800-63B (5.1.2.2) asks for more
below 112 bits only. It is looked up by that digest, so the time of a look-up tells about the digest alone,
whose beginning nobody can choose.
"""

import base64
import hashlib
import secrets
import zlib

TOKEN_PREFIX = "tocsin_"  # noqa: S105  # what scanners for leaked secrets look for
_RANDOM_BYTES = 32
_CODE_BYTES = 15
_CODE_LETTERS = 24
_GROUP = 4


def new_token() -> str:
    """A token: the prefix, 32 random bytes and their CRC-32, in base64url."""
    random = secrets.token_bytes(_RANDOM_BYTES)
    return TOKEN_PREFIX + _base64(random + _checksum(random))


def is_token(text: str) -> bool:
    """Whether `text` is spelt like a token. A mistyped one is told without asking the database."""
    body = text.removeprefix(TOKEN_PREFIX)
    if body == text or len(body) != (_RANDOM_BYTES + 4) * 4 // 3 or not body.isascii():
        return False
    try:
        data = base64.b64decode(body, altchars=b"-_", validate=True)
    except ValueError:
        return False
    return _checksum(data[:_RANDOM_BYTES]) == data[_RANDOM_BYTES:]


def new_session() -> str:
    """The secret of a session, fit for a cookie."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def new_recovery_code() -> str:
    """Six groups of four letters and digits: 120 bits."""
    letters = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode("ascii").lower()
    return "-".join(letters[start : start + _GROUP] for start in range(0, _CODE_LETTERS, _GROUP))


def recovery_letters(text: str) -> str | None:
    """A recovery code as it is digested, however it was spaced; None if `text` is not spelt like one."""
    letters = text.lower().replace("-", "").replace(" ", "")
    spelt = len(letters) == _CODE_LETTERS and letters.isascii() and letters.isalnum()
    return letters if spelt else None


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii")
