"""User data that encoders leave in H.264 and H.265 streams: SEI messages of the type user_data_unregistered.

The message is payload type 5, ITU-T H.264 (08/2021) D.1.6 and H.265 (08/2021) D.2.6: a UUID of 16 bytes,
then whatever its writer likes. Streams stand in files in two framings: with start codes (Annex B), or with a
length before each unit (ISO/IEC 14496-15; Matroska does the same). The bytes of a UUID may occur by chance or
by malice, so a message counts only inside a unit whose framing and messages fit together to its last byte.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_USER_DATA: Final = 5
_UUID_BYTES: Final = 16
_TRAILING: Final = 0x80
"""What remains after the last message: a set bit and zeros (rbsp_trailing_bits, H.264 7.3.2.11)."""
_START_CODE: Final = b"\0\0\1"
_HEADERS: Final = ((b"\x06", "H.264"), (b"\x4e\x01", "H.265"), (b"\x50\x01", "H.265"))
"""First bytes of SEI units: H.264's, H.265's before and after a picture."""
_LENGTH_BYTES: Final = (4, 2)
"""Sizes of the length before a unit: in samples, and in the decoder configuration of H.265."""
_SMALLEST_UNIT: Final = 1 + 2 + _UUID_BYTES + 1
_LARGEST_UNIT: Final = 1 << 16
_MOST_MESSAGES: Final = 64
_MOST_CANDIDATES: Final = 2000
_BEFORE: Final = 512
_MOST_HEADERS: Final = 32
"""Other messages may stand before ours in a unit; this far back its header is looked for, this often."""
_MOST_BYTES: Final = 16 << 20
_EACH_UNIT: Final = 256
"""What trying a unit costs beside its bytes."""


class Work:
    """How much may still be tried in one file, counted in bytes of what may be units."""

    def __init__(self) -> None:
        """Nothing is tried yet."""
        self._left = _MOST_BYTES
        self.cut = False
        """Whether something was not tried."""

    def spend(self, size: int) -> bool:
        """Count a unit that is about to be tried; whether it may be."""
        self._left -= size + _EACH_UNIT
        self.cut |= self._left < 0
        return self._left >= 0

    @property
    def over(self) -> bool:
        """Whether nothing more may be tried."""
        return self._left < 0


@dataclass(frozen=True, slots=True)
class UserData:
    """One message of user data."""

    uuid: bytes
    data: bytes
    """What follows the UUID, without the bytes that framing inserts."""
    coding: str
    """H.264 or H.265."""
    start: int
    """Of the UUID in the bytes searched; of the unit, where framing bytes were inserted into it."""
    length: int


def user_data(
    window: bytes, known: Iterable[bytes], unknown_within: int, work: Work | None = None
) -> Iterator[UserData]:
    """The messages in `window`, a stretch of a file: those with `known` UUIDs, then others near its start.

    Others are found only where they stand first in their unit and begin before `unknown_within`. A message
    may come twice. No more is tried than `work` allows, and some thousands of places in one window; whether
    something was left out stands there afterwards.
    """
    work = work or Work()
    for uuid in known:
        for at in _places(window, uuid, len(window), work):
            yield from _around(window, at, uuid, work)
    for header, coding in _HEADERS:
        for at in _places(window, header + bytes([_USER_DATA]), unknown_within, work):
            yield from _in_unit(window, at, header, coding, work)


def _places(window: bytes, pattern: bytes, end: int, work: Work) -> Iterator[int]:
    at, left = window.find(pattern, 0, end), _MOST_CANDIDATES
    while at >= 0 and left and not work.over:
        yield at
        at, left = window.find(pattern, at + 1, end), left - 1
    work.cut |= at >= 0


def _around(window: bytes, at: int, uuid: bytes, work: Work) -> Iterator[UserData]:
    """The message whose UUID stands at `at`: the nearest header before it that makes a sound unit counts."""
    earliest = max(0, at - _BEFORE)
    for header, coding in _HEADERS:
        start, left = window.rfind(header, earliest, at), _MOST_HEADERS
        while start >= 0 and left and not work.over:
            found = [one for one in _in_unit(window, start, header, coding, work) if one.uuid == uuid]
            if found:
                yield from found
                return
            start, left = window.rfind(header, earliest, start), left - 1


def _in_unit(window: bytes, at: int, header: bytes, coding: str, work: Work) -> Iterator[UserData]:
    """The messages of user data in the unit that begins at `at`, if one does."""
    for end in _ends(window, at):
        if not work.spend(end - at):
            return
        unit = window[at:end].rstrip(b"\0")
        if unit[-1] != _TRAILING:
            continue
        plain = unit.replace(b"\0\0\3", b"\0\0")  # H.264 7.4.1: such a 3 is no part of the content
        messages = _messages(plain, len(header))
        if messages is None:
            continue
        for start, length in messages:
            uuid, data = plain[start : start + _UUID_BYTES], plain[start + _UUID_BYTES : start + length]
            whole = len(plain) != len(unit)
            yield UserData(uuid, data, coding, at if whole else at + start, len(unit) if whole else length)
        return


def _ends(window: bytes, at: int) -> Iterator[int]:
    """Where the unit that begins at `at` may end: what a start code or a length before it says."""
    if window.endswith(_START_CODE, 0, at):
        ends = (window.find(code, at, at + _LARGEST_UNIT) for code in (_START_CODE, b"\0\0\0"))
        yield min((end for end in ends if end >= 0), default=min(len(window), at + _LARGEST_UNIT))
    for size in _LENGTH_BYTES:
        length = int.from_bytes(window[at - size : at]) if at >= size else 0
        if _SMALLEST_UNIT <= length <= _LARGEST_UNIT and at + length <= len(window):
            yield at + length


def _messages(unit: bytes, at: int) -> list[tuple[int, int]] | None:
    """Start and length of each message of user data, or None if the unit is no sequence of messages."""
    found: list[tuple[int, int]] = []
    for _ in range(_MOST_MESSAGES):
        kind, at = _number(unit, at)
        length, at = _number(unit, at)
        if at + length >= len(unit):
            return None
        if kind == _USER_DATA and length >= _UUID_BYTES:
            found.append((at, length))
        at += length
        if at == len(unit) - 1:  # what remains is the trailing byte
            return found
    return None


def _number(unit: bytes, at: int) -> tuple[int, int]:
    """A number as SEI has it, bytes of 255 to be added up, and where it ends; past the end are zeros."""
    total = 0
    while at < len(unit) and unit[at] == 0xFF:  # noqa: PLR2004  # see above
        total, at = total + 0xFF, at + 1
    return total + (unit[at] if at < len(unit) else 0), at + 1
