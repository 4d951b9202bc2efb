"""Reading one archive member: what comes out is counted against the limits, what goes wrong is named."""

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tocsin.errors import Error
from tocsin.media.errors import (
    CorruptError,
    EncryptedError,
    OutOfMemoryError,
    TooLargeError,
    TruncatedError,
    UnsupportedError,
)
from tocsin.media.limits import ArchiveLimits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_TICK_BYTES = 64 << 20
_TICK_MEMBERS = 10_000
_WORDS = 300
"""Characters of the standard library's messages, which may quote long names."""


@dataclass(frozen=True, slots=True)
class RawMember:
    """What the readers of the formats yield."""

    name: bytes
    size: int
    open: Callable[[], BinaryIO]
    """May raise an Error if the member cannot be read."""
    packed: int | None = None
    """Bytes it takes in the archive, where that is stated."""


class Budget:
    """Bytes that have come out of one archive so far, and signs of life while they do."""

    def __init__(self, limits: ArchiveLimits, progress: Callable[[], None]) -> None:
        """Nothing has come out yet."""
        self.limits = limits
        self._progress = progress
        self._spent = 0
        self._next_tick = _TICK_BYTES
        self._skipped = 0

    def spend(self, count: int) -> None:
        """Account for `count` bytes; TooLargeError once they are too many."""
        self._spent += count
        if self._spent > self.limits.decompressed_bytes:
            message = f"more than {self.limits.decompressed_bytes:,} bytes come out of the archive"
            raise TooLargeError(message)
        if self._spent >= self._next_tick:
            self._next_tick = self._spent + _TICK_BYTES
            self._progress()

    def check_ratio(self, out: int, consumed: int) -> None:
        """TooLargeError if `out` bytes from `consumed` compressed ones are more than any real file gives."""
        if out > self.limits.ratio_applies_from and out > consumed * self.limits.ratio:
            message = f"{out:,} bytes come out of {consumed:,}: a decompression bomb"
            raise TooLargeError(message)

    def tick(self) -> None:
        """A member was passed over."""
        self._skipped += 1
        if self._skipped % _TICK_MEMBERS == 0:
            self._progress()


class MemberStream(io.RawIOBase):
    """A member's bytes, exactly as many as the archive says or an error."""

    def __init__(self, inner: BinaryIO, size: int, budget: Budget) -> None:
        """`inner` yields the member's bytes, decompressed."""
        self._inner = inner
        self._left = size
        self._budget = budget

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read on; TruncatedError if the member has fewer bytes than it should, CorruptError if others."""
        view = memoryview(buffer).cast("B")
        with archive_errors():
            data = self._inner.read(min(len(view), max(self._left, 1)))
        if not data and self._left:
            message = f"the member ends {self._left:,} bytes too early"
            raise TruncatedError(message)
        if len(data) > self._left:
            message = "the member goes on behind its end"
            raise CorruptError(message)
        self._left -= len(data)
        self._budget.spend(len(data))
        view[: len(data)] = data
        return len(data)


@contextmanager
def archive_errors() -> Iterator[None]:
    """Turn what the standard library's readers raise into the class that says it."""
    try:
        yield
    except Error:
        raise
    except MemoryError as error:
        raise OutOfMemoryError from error
    except EOFError as error:
        message = "the archive ends within a member"
        raise TruncatedError(message) from error
    except NotImplementedError as error:
        message = f"the member is packed in a way that cannot be read ({str(error)[:_WORDS]})"
        raise UnsupportedError(message) from error
    except RuntimeError as error:
        if "encrypted" in str(error) or "password" in str(error):
            raise EncryptedError from error
        message = f"the archive makes no sense ({type(error).__name__}: {str(error)[:_WORDS]})"
        raise CorruptError(message) from error
    except tarfile.ReadError as error:
        message = f"the archive ends within a member ({str(error)[:_WORDS]})"
        raise TruncatedError(message) from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        message = f"the archive makes no sense ({type(error).__name__}: {str(error)[:_WORDS]})"
        raise CorruptError(message) from error
