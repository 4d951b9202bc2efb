"""The second factor: codes that change every 30 seconds (TOTP, RFC 6238), and recovery codes."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tocsin.access import secrets

PERIOD: Final = 30
"""Seconds a code is shown for."""
RECOVERY_CODES: Final = 10
_ISSUER: Final = "Tocsin"
_EARLIER_AND_LATER: Final = (0, -1, 1)
"""A step before and after the present one, for clocks that differ (RFC 6238, 5.2)."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person is shown once: put `uri` into an authenticator, keep the codes on paper."""

    uri: str = field(repr=False)
    """otpauth://totp/..., which holds the secret."""
    recovery_codes: tuple[str, ...] = field(repr=False)

    @property
    def recovery_digests(self) -> list[bytes]:
        """What is kept of the recovery codes."""
        return [secrets.digest(code.replace("-", "")) for code in self.recovery_codes]


def new_secret() -> bytes:
    """A TOTP secret: 160 bits in base32, as authenticators take it."""
    import pyotp  # noqa: PLC0415  # not to check tokens

    return pyotp.random_base32().encode("ascii")


def enrolment(name: str, secret: bytes) -> Enrolment:
    """What to show to the person whose new secret it is, with new recovery codes."""
    import pyotp  # noqa: PLC0415  # as above

    uri = pyotp.TOTP(secret.decode("ascii")).provisioning_uri(name=name, issuer_name=_ISSUER)
    return Enrolment(uri, tuple(secrets.new_recovery_code() for _ in range(RECOVERY_CODES)))


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step whose code this is, at most one from the present one; None if it is no such code."""
    import pyotp  # noqa: PLC0415  # as above

    totp = pyotp.TOTP(secret.decode("ascii"), interval=PERIOD)
    present = int(now.timestamp()) // PERIOD
    given = code.replace(" ", "").encode("utf-8", "surrogatepass")
    found = None
    for away in _EARLIER_AND_LATER:
        step = present + away
        if hmac.compare_digest(totp.generate_otp(step).encode("ascii"), given):
            found = step if found is None else found
    return found


def purpose(name: str) -> str:
    """What a secret is sealed for: this person's sign-in, so that it is of no use in another's row."""
    return f"second factor of {name}"
