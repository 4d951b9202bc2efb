"""Opening a file that strangers may have prepared: only regular files, and never a wait."""

import errno
import os
import stat
from pathlib import Path

from tocsin.media.errors import NotRegularError, UnreadableError

FilePath = str | bytes | Path
"""A path as the system has it: bytes, or text in which undecodable bytes are surrogate escapes (PEP 383)."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_REASONS = {
    errno.ENOENT: "there is no such file",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "its symbolic links form a loop",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
}


def open_regular(path: FilePath, *, follow: bool = True) -> int:
    """A read-only file descriptor of the regular file at `path`; the caller closes it.

    Opened without blocking, so that a pipe nobody writes to cannot hold the caller up, and checked after
    opening, so that nobody can exchange the file between check and use. A symbolic link in the last place is
    followed unless `follow` is False (a scan that walks folders by itself passes False: it meets the target
    where it really is, or the target lies outside of what it was asked to scan).

    Raises:
        NotRegularError: it is a folder, pipe, socket or device, or a link that is not to be followed.
        UnreadableError: the system refuses to open it; the message says why.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(os.fsencode(path), flags)
    except OSError as error:
        if error.errno == errno.ELOOP and not follow and Path(os.fsdecode(path)).is_symlink():
            message = "this is a symbolic link, not a regular file"
            raise NotRegularError(message) from error
        if error.errno == errno.ENXIO:  # a socket, or a device without a driver
            message = "this is a socket or a device, not a regular file"
            raise NotRegularError(message) from error
        raise UnreadableError(_sentence(error)) from error
    except (ValueError, UnicodeEncodeError) as error:  # a null character, or text the system cannot encode
        message = "the name is not one the system can have"
        raise UnreadableError(message) from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        os.set_blocking(descriptor, True)
        return descriptor
    os.close(descriptor)
    message = f"this is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not a regular file"
    raise NotRegularError(message)


def _sentence(error: OSError) -> str:
    known = _REASONS.get(error.errno or 0)
    return f"the file cannot be opened: {known or error.strerror or error}"


def reopened(descriptor: int) -> int:
    """Another descriptor of the same file, at its beginning; the caller closes it."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.dup(descriptor)
