"""Where a feed is read from: a folder (a disk carried by hand), or any host of files.

A source is not believed: whatever it gives is checked by who asks.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.exchange.model import PartnerRefusedError, PartnerUnreachableError

if TYPE_CHECKING:
    from tocsin.exchange.transport import Web

_ABSENT: Final = frozenset({404, 410})
_REFUSED: Final = frozenset({401, 403})
_FOUND: Final = 200


class Source(Protocol):
    """Read access to the files of one feed."""

    def read(self, name: str, longest: int) -> bytes | None:
        """A file, or None if there is none; of one that is longer than `longest`, one byte more than that.

        `name` is relative, with `/`. Raises PartnerUnreachableError, PartnerRefusedError.
        """
        ...


class FolderSource:
    """A feed in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read from `folder`, which need not be there yet."""
        self._folder = folder

    def read(self, name: str, longest: int) -> bytes | None:
        """See `Source.read`. What is no regular file (a link, a pipe, a device) counts as absent."""
        try:
            handle = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                return None
            if (self._folder / name).is_symlink():
                return None
            message = f"the file cannot be read: {self._folder / name}: {error.strerror}"
            raise PartnerUnreachableError(message) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            return None
        with os.fdopen(handle, "rb") as file:
            try:
                return file.read(longest + 1)
            except OSError as error:
                message = f"the file cannot be read: {self._folder / name}: {error.strerror}"
                raise PartnerUnreachableError(message) from error


class WebSource:
    """A feed on a host of files."""

    def __init__(self, web: "Web", url: str, headers: Mapping[str, str] | None = None) -> None:
        """Read below `url` (a trailing slash changes nothing), with these headers in each request."""
        self._web = web
        self._url = url.rstrip("/")
        self._headers = dict(headers or {})

    def read(self, name: str, longest: int) -> bytes | None:
        """See `Source.read`. A longer file is refused by the transport (PartnerUnreachableError)."""
        answer = self._web.get(f"{self._url}/{name}", self._headers, longest=longest + 1)
        if answer.status == _FOUND:
            return answer.body
        if answer.status in _ABSENT:
            return None
        message = f"the host of the feed answers {answer.status} to {name}"
        raise (PartnerRefusedError if answer.status in _REFUSED else PartnerUnreachableError)(message)
