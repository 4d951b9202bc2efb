"""Contents examined one at a time for whoever asks: sandbox children kept warm and shared between threads."""

import os
import queue
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import BinaryIO, Final, Self

from tocsin import __version__
from tocsin.content.examine import TASK
from tocsin.content.explaining import (
    Search,
    Skipped,
    again_without,
    skipped_next,
    with_findings,
)
from tocsin.content.model import Content, content_of
from tocsin.errors import Error, UsageError
from tocsin.media.errors import SandboxError
from tocsin.media.regular import FilePath, open_regular, reopened
from tocsin.media.sandbox import Job, JsonObject, Pool
from tocsin.provenance.explain import DECODER

PRELOAD: Final = (
    "tocsin.hashing.pdq",
    "tocsin.media.views",
    "PIL.Image",
    "tocsin.hashing._pdq_numba",
)
"""What children load beforehand, the compiled kernels included."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A sandbox child for one content, and what jobs on it are made of."""

    pool: Pool
    opener: Callable[[], int]
    """Opens the content, anew each time."""
    options: JsonObject


Source = FilePath | int | BinaryIO
"""A path; or a descriptor or file object, which stays the caller's and is read from its beginning."""


class ExaminerBusyError(Error):
    """All sandbox children are at work, and none became free in time."""

    code = "content.examiner_busy"
    advice = "Send less at once, or give the node more workers. Nothing was lost."


class Examiner:
    """A few sandbox children, each used by one thread at a time.

    A reader of signs of origin that ends its child is told in the findings, and the content is looked at
    again without it. A content that ends its child in any other way is answered as refused, never retried.
    """

    def __init__(self, workers: int | None = None, *, search: Search | None = None) -> None:
        """Start `workers` children in the background, by default one for each core this process may use.

        With `search`, they also look for signs of where contents came from.
        """
        self._search = search
        self._looked = search.token() if search else "-"
        self._free: queue.SimpleQueue[Pool] = queue.SimpleQueue()
        self._pools: set[Pool] = set()
        self._turn = threading.Lock()
        self._closed = False
        self.workers = workers or len(os.sched_getaffinity(0))
        for _ in range(self.workers):
            self._free.put(self._start())

    def __enter__(self) -> Self:
        """The examiner itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End the children. Those who wait for one get an error."""
        with self._turn:
            self._closed = True
            pools, self._pools = self._pools, set()
        for _ in pools:
            try:
                self._free.get_nowait().close()
            except queue.Empty:  # at work: closed when it is given back
                return

    def token(self, *, all_orientations: bool, origin: bool = True) -> str:
        """A name for this way of looking: with the same one, the same bytes give the same content."""
        turned = "all" if all_orientations else "upright"
        return f"{__version__} {turned} {self._looked if origin else '-'}"

    def examine(
        self,
        source: Source,
        suffix: str = "",
        *,
        all_orientations: bool = False,
        origin: bool = True,
        timeout: float | None = None,
    ) -> Content:
        """What a content is, its signals and, where they are looked for, the signs of its origin.

        Args:
            source: see `Source`.
            suffix: the ending of its name with the dot, lower case; empty where it has no name.
            all_orientations: hash the eight symmetries of the square, for copies that were turned.
            origin: False to leave out the search for signs of origin, for who asks about matches only.
            timeout: seconds to wait for a free child; without it, as long as it takes.

        Raises:
            ExaminerBusyError: no child was free in time.
            SandboxError: children cannot be started.
            UsageError: the examiner is closed.
        """
        search = self._search if origin else None
        options: JsonObject = {
            "suffix": suffix,
            "all_orientations": all_orientations,
            **(search.options() if search else {}),
        }
        with _opener(source) as opener, self._pool(timeout) as pool:
            content = _explained(pool, opener, options) if search else _hashed(pool, opener, options)
        return replace(content, looked=self.token(all_orientations=all_orientations, origin=origin))

    @contextmanager
    def lend(
        self, source: Source, *, all_orientations: bool = False, timeout: float | None = None
    ) -> Iterator[Lent]:
        """A child for several jobs on one content, as the members of an archive are; they hash only.

        Args and errors as for `examine`.
        """
        options: JsonObject = {"all_orientations": all_orientations}
        with _opener(source) as opener, self._pool(timeout) as pool:
            yield Lent(pool, opener, options)

    @contextmanager
    def _pool(self, timeout: float | None) -> Iterator[Pool]:
        """A free child for this thread. One that cannot be used any more is replaced."""
        if self._closed:
            message = "the examiner is closed"
            raise UsageError(message)
        try:
            pool = self._free.get(timeout=timeout)
        except queue.Empty as error:
            raise ExaminerBusyError from error
        try:
            yield pool
        except SandboxError:
            pool = self._replaced(pool)
            raise
        finally:
            self._give_back(pool)

    def _replaced(self, pool: Pool) -> Pool:
        pool.close()
        with self._turn:
            self._pools.discard(pool)
        return self._start()

    def _give_back(self, pool: Pool) -> None:
        with self._turn:
            closed = self._closed
            if not closed:
                self._free.put(pool)
        if closed:
            pool.close()

    def _start(self) -> Pool:
        if self._search is None:
            pool = Pool(TASK, workers=1, preload=PRELOAD)
        else:
            pool = self._search.pool(workers=1, preload=PRELOAD)
        with self._turn:
            self._pools.add(pool)
        return pool


def _hashed(pool: Pool, opener: Callable[[], int], options: JsonObject) -> Content:
    (outcome,) = pool.run([Job(0, opener, options)])
    return content_of(outcome)


def _explained(pool: Pool, opener: Callable[[], int], options: JsonObject) -> Content:
    """Look for signs of origin too, and again without each reader that ends the child."""
    skipped: Skipped = ()
    cut_short: Content | None = None
    while True:
        (outcome,) = pool.run([Job(0, opener, {**options, **again_without(skipped)})])
        content = content_of(outcome)
        further = skipped_next(content, outcome.refusal, skipped)
        if not further:
            content = with_findings(content)
            return content if cut_short is None else replace(cut_short, findings=content.findings)
        skipped = further
        if skipped[-1][0] == DECODER.name:
            cut_short = content


@contextmanager
def _opener(source: Source) -> Iterator[Callable[[], int]]:
    """What opens the source for a child, as often as it is asked."""
    if isinstance(source, (str, bytes, os.PathLike)):
        yield lambda: open_regular(source)
        return
    if isinstance(source, int):
        yield lambda: reopened(source)
        return
    descriptor = descriptor_of(source)
    try:
        yield lambda: reopened(descriptor)
    finally:
        os.close(descriptor)


def descriptor_of(file: BinaryIO) -> int:
    """A descriptor, the caller's to close, of what a file object holds, be it on a disk or in memory."""
    try:
        file.flush()
        return os.dup(file.fileno())
    except OSError:  # io.UnsupportedOperation: it is in memory
        file.seek(0)
        with tempfile.TemporaryFile() as copy:  # has no name, so nothing stays behind
            while chunk := file.read(1 << 20):
                copy.write(chunk)
            copy.flush()
            return os.dup(copy.fileno())
