"""Finding the files under given paths, without following links inside them and without a wait."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin.errors import Refusal
from tocsin.media.errors import NotRegularError, UnreadableError

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a symbolic link, which is not followed",
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells, without reading a file, that it is the one seen before."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """The stamp of a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file, or something that is refused for the reason given."""

    path: str
    """As the system has it; undecodable bytes are surrogate escapes (PEP 383)."""
    stamp: Stamp | None
    refused: Refusal | None = None


def walk(paths: Iterable[str]) -> Iterator[FoundFile]:
    """The files under `paths`, folder by folder in the order of their names.

    A link given as a path is followed; a link met on the way is named and refused, so that no loop of links
    can hold a scan and nothing is scanned twice.
    """
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116  # a Path would lose a trailing "/."
        except (OSError, ValueError) as error:
            yield FoundFile(path, None, _unreadable(error))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk_folder(path)
        else:
            yield _found(path, status)


def _walk_folder(folder: str) -> Iterator[FoundFile]:
    """Depth first, with a list of its own in place of recursion: folders may be nested without limit."""
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield FoundFile(current, None, _unreadable(error))
            continue
        folders = []
        for entry in inside:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                yield FoundFile(entry.path, None, _unreadable(error))
                continue
            if stat.S_ISDIR(status.st_mode):
                folders.append(entry.path)
            else:
                yield _found(entry.path, status)
        waiting.extend(reversed(folders))


def _found(path: str, status: os.stat_result) -> FoundFile:
    if stat.S_ISREG(status.st_mode):
        return FoundFile(path, Stamp.of(status))
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else than a file")
    return FoundFile(path, None, Refusal.of(NotRegularError(f"this is {kind}")))


def _unreadable(error: OSError | ValueError) -> Refusal:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Refusal.of(UnreadableError(f"this cannot be looked at: {reason}"))
