"""The memory of scans as long as it works: it only saves time, so a scan goes on without it."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tocsin.errors import Error
from tocsin.matching.seen import ITSELF, MemberNote, SeenFile, SeenMember
from tocsin.matching.walk import Stamp
from tocsin.names import shown
from tocsin.storage.seen import SeenStore


class SpareSeen:
    """A `SeenFiles` that forgets everything, and says so once, when its file fails (damage, a full disk)."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        """Open or make the file at `path`; `warn` is told what went wrong with it, fit to be shown."""
        self._warn = warn
        self._store: SeenStore | None = None
        with self._sparing():
            self._store = SeenStore(path)

    @contextmanager
    def _sparing(self) -> Iterator[None]:
        """Give the file up when it fails in this block; the block is left there."""
        try:
            yield
        except (Error, OSError, sqlite3.Error) as error:
            self.close()
            advice = f"  {error.advice}  [{error.code}]" if isinstance(error, Error) else ""
            why = error.message if isinstance(error, Error) else str(error)
            self._warn(shown(f"scanning goes on without the memory of earlier scans: {why}{advice}"))

    def close(self) -> None:
        """Let the file go."""
        if self._store is not None:
            self._store.close()
        self._store = None

    def __enter__(self) -> Self:
        """The memory itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def recall(self, paths: Iterable[str]) -> Mapping[str, SeenFile]:
        """What is remembered of the files at `paths`."""
        with self._sparing():
            if self._store is not None:
                return self._store.recall(paths)
        return {}

    def members(self, path: str, stamp: Stamp) -> Iterator[tuple[int, SeenMember | None]]:
        """The members remembered of an archive; without a memory a damaged one, so that it is opened again.

        The file may have failed since it was recalled that the archive is known to its end.
        """
        with self._sparing():
            if self._store is not None:
                yield from self._store.members(path, stamp)
                return
        yield ITSELF, None

    def remember(self, files: Mapping[str, SeenFile], members: Sequence[MemberNote] = ()) -> None:
        """Remember files and members, as long as that is possible."""
        with self._sparing():
            if self._store is not None:
                self._store.remember(files, members)

    def complete(self, path: str, stamp: Stamp, count: int) -> None:
        """Note that an archive is known to its end, as long as that is possible."""
        with self._sparing():
            if self._store is not None:
                self._store.complete(path, stamp, count)
