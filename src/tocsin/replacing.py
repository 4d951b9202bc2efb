"""Writing a file: its place holds the old one or the new one, never half, and a page replaces pages only."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.errors import Error

GENERATOR: Final = '<meta name="generator" content="Tocsin'
"""Stands near the beginning of every page that Tocsin writes."""
_OURS: Final = (
    GENERATOR.encode(),
    b"<title>Tocsin scan report</title>",
)  # reports before they had a generator
_DOCTYPE: Final = b"<!doctype html>"
_BEGINNING: Final = 1024


class TargetError(Error):
    """A page would replace a file that is no page of Tocsin."""

    code = "replacing.not_ours"
    advice = "Name a file that is not there yet, or move away the one that is; nothing was written."


def check_target(target: Path) -> None:
    """Raise TargetError if a page at `target` would destroy a file that is not an earlier page, nor empty.

    A device or a pipe is written into, so nothing is destroyed there. What cannot be read is not ours.
    """
    if not target.is_file():
        return
    try:
        with target.open("rb") as file:
            beginning = file.read(_BEGINNING)
    except OSError as error:
        message = f"{target} is there already and cannot be read: {error.strerror}"
        raise TargetError(message) from error
    ours = beginning.startswith(_DOCTYPE) and any(mark in beginning for mark in _OURS)
    if beginning and not ours:
        message = f"{target} is there already and is no page of Tocsin"
        raise TargetError(message)


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `target` when the block ends and vanishes if it fails; or an OSError.

    A link's target is replaced, not the link. What is there and is no regular file (a device, a pipe) is
    written into: renaming over it would destroy it.
    """
    real = Path(os.path.realpath(target))
    if real.exists() and not real.is_file():
        with real.open("wb") as special:
            yield special
        return
    if not real.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(real.parent))
    handle, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).replace(real)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
