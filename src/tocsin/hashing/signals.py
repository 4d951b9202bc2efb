"""The signal: a typed value computed from content or received from a partner."""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.errors import Error


class InvalidSignalError(Error):
    """The value is not a signal of the stated type."""

    code = "hashing.invalid_signal"
    advice = "Give hexadecimal digits: 64 for pdq and sha256, 40 for sha1, 32 for md5."


class SignalType(StrEnum):
    """What a signal's value means."""

    PDQ = "pdq"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"

    @property
    def size(self) -> int:
        """Length of the value in bytes."""
        return _SIZES[self]

    @property
    def exact(self) -> bool:
        """Whether two values match only when they are equal."""
        return self is not SignalType.PDQ


_SIZES = {SignalType.PDQ: 32, SignalType.MD5: 16, SignalType.SHA1: 20, SignalType.SHA256: 32}


class Dialect(StrEnum):
    """Which of the two ways of preparing a picture a PDQ hash was made by (design section 7)."""

    FULL = "full"
    """Hashed at full size, as pdqhash and python-threatexchange do."""
    SQUASH512 = "squash512"
    """Larger pictures squashed to 512x512 by nearest neighbour first, as the C++ reference tool does."""


class Orientation(StrEnum):
    """How the content must be turned to look like the entry: the eight symmetries of the square.

    Rotations are clockwise. `mirror` swaps left and right, `flip` swaps top and bottom, `transpose` reflects
    about the main diagonal and `transverse` about the other one.
    """

    UPRIGHT = "upright"
    ROTATE90 = "rotate90"
    ROTATE180 = "rotate180"
    ROTATE270 = "rotate270"
    MIRROR = "mirror"
    FLIP = "flip"
    TRANSPOSE = "transpose"
    TRANSVERSE = "transverse"


@dataclass(frozen=True, slots=True)
class Signal:
    """One typed value; a perceptual one also says of which view, in which dialect and orientation it is."""

    type: SignalType
    value: bytes
    quality: int | None = None
    """PDQ's own measure of how much there is to hash, 0 to 100; None where it is unknown."""
    view: str | None = None
    dialect: Dialect | None = None
    orientation: Orientation | None = None

    def __post_init__(self) -> None:
        """Refuse a value of the wrong length, so that no later step has to check."""
        if len(self.value) != self.type.size:
            message = f"a {self.type} value has {self.type.size} bytes, not {len(self.value)}"
            raise InvalidSignalError(message)

    @property
    def hex(self) -> str:
        """The value in lower-case hexadecimal digits."""
        return self.value.hex()


def parse_signal(text: str) -> Signal:
    """The signal that `type:hex` writes, as `pdq:` and 64 hexadecimal digits in either case.

    Raises:
        InvalidSignalError: it is not written so.
    """
    kind, _, digits = text.partition(":")
    try:
        return Signal(SignalType(kind.strip().lower()), bytes.fromhex(digits))
    except ValueError as error:
        message = f"{text[:80]!r} is not a type and a value such as md5:0123..."
        raise InvalidSignalError(message) from error
