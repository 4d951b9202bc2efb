"""Passwords: which are refused, and Argon2id (RFC 9106)."""

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tocsin.access.errors import TooManyRequestsError, WeakPasswordError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 12
MOST = 1000
_AT_A_TIME: Final = 2
"""Each computation takes 64 MiB; more at once would let strangers fill the memory by trying to sign in."""
_PLACES: Final = 8
"""How many may wait for their turn: a flood of attempts must not hold all threads of a server."""
_FULL_WAIT: Final = 1.0
_COMMON: Final = frozenset(
    {
        "123456789012",
        "1234567890123",
        "1q2w3e4r5t6y",
        "administrator",
        "administrator1",
        "changemechangeme",
        "correcthorsebatterystaple",
        "iloveyouiloveyou",
        "letmeinletmein",
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "qwerty123456",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiopasdf",
        "tocsintocsin",
        "welcomewelcome",
        "1qaz2wsx3edc",
    }
)
"""Those of 12 and more characters that are tried first."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one computation costs: RFC 9106, section 4, second recommended option, unless told otherwise."""

    passes: int = 3
    kibibytes: int = 65536
    lanes: int = 4


class Passwords:
    """Hashing and verifying passwords, a bounded number at a time."""

    def __init__(self, cost: Cost = Cost()) -> None:
        """Hashes of another `cost` still verify, and are due to be replaced."""
        self._cost = cost
        self._turns = threading.BoundedSemaphore(_AT_A_TIME)
        self._places = threading.BoundedSemaphore(_PLACES)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who wait for a computation. Raises TooManyRequestsError when all are taken."""
        if not self._places.acquire(blocking=False):
            raise TooManyRequestsError(_FULL_WAIT)
        try:
            yield
        finally:
            self._places.release()

    def hash(self, password: str) -> str:
        """The hash to keep, with its parameters and a random salt of 128 bits."""
        with self._turns:
            return self._hasher.hash(_prepared(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one whose hash was kept. One computation, whatever the answer.

        With None, for somebody who does not exist, it is compared with a hash that nothing verifies against.
        """
        from argon2.exceptions import VerifyMismatchError  # noqa: PLC0415  # see _hasher

        nobodys = self._nobodys  # made once, by whoever comes first: that, too, tells nothing
        given = _prepared(password if len(password) <= MOST else "")
        with self._turns:
            try:
                self._hasher.verify(nobodys if kept is None else kept, given)
            except VerifyMismatchError:
                return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether a hash was made at another cost."""
        return self._hasher.check_needs_rehash(kept)

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher  # noqa: PLC0415  # not to check tokens

        return PasswordHasher(self._cost.passes, self._cost.kibibytes, self._cost.lanes)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_bytes(32))


def check(name: str, password: str) -> None:
    """Refuse what would be tried first. Raises WeakPasswordError.

    Length is what counts; characters of several kinds are not asked for (NIST SP 800-63B, 5.1.1.2).
    """
    prepared = _prepared(password).decode("utf-8", "replace").casefold()
    if len(prepared) < LEAST:
        message = f"a password has at least {LEAST} characters"
    elif len(prepared) > MOST:
        message = f"a password has at most {MOST} characters"
    elif name in {prepared, prepared[::-1]}:
        message = "a password must not be the name"
    elif prepared in _COMMON or len(set(prepared)) <= LEAST // 4:
        message = "this password is among those tried first"
    else:
        return
    raise WeakPasswordError(message)


def _prepared(password: str) -> bytes:
    """The same bytes however an input method composes the letters (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
