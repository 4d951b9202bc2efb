"""Writing a file so that its place holds the old one or the new one, never half of it."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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
