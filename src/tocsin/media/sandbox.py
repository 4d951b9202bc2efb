"""A pool of killable child processes in which strangers' bytes are parsed (design invariant 4).

A task is a function, named `module:function`, that a child calls for each job::

    def task(source: BinaryIO, options: JsonObject, emit: Callable[[JsonObject], None]) -> None

It reads `source`, calls `emit` once for each finding and raises a subclass of `tocsin.errors.Error` to
refuse. Whatever happens to the child, each job is answered exactly once. docs/explanation/sandbox.md says
what the children may and may not do, and why.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Self, TypeVar

from tocsin.errors import Error, Refusal, UsageError
from tocsin.media._crew import Crew, Ended, Found, Lost
from tocsin.media._landlock import landlock_version
from tocsin.media._messages import MAX_JOB_BYTES, JsonObject, JsonValue, ProtocolError, pack
from tocsin.media._parent import Setup
from tocsin.media.limits import ChildLimits
from tocsin.media.regular import FilePath, open_regular

__all__ = ["ChildLimits", "Job", "JsonObject", "JsonValue", "Outcome", "Pool", "Reply", "landlock_version"]

K = TypeVar("K")

MAX_CONSTANT_BYTES = 1_000_000
_MAX_ATTEMPTS = 2
"""A job whose child was killed from outside is tried once more before the file is blamed."""


@dataclass(frozen=True, slots=True)
class Job(Generic[K]):
    """One file to examine. `key` is the caller's and comes back with what was found."""

    key: K
    opener: Callable[[], int]
    """Opens the file when its turn comes and returns a descriptor that the pool closes; may raise an Error.
    It is called again if the job has to be repeated."""
    options: JsonObject = field(default_factory=dict)

    @classmethod
    def of_path(
        cls, key: K, path: FilePath, options: JsonObject | None = None, *, follow: bool = True
    ) -> "Job[K]":
        """A job on the regular file at `path`; `follow` as in `open_regular`."""
        return Job(key, lambda: open_regular(path, follow=follow), options or {})

    @classmethod
    def of_bytes(cls, key: K, data: bytes, options: JsonObject | None = None) -> "Job[K]":
        """A job on bytes that are in memory; they touch no disk where the system can avoid it."""
        return Job(key, lambda: _descriptor_of(data), options or {})


@dataclass(frozen=True, slots=True)
class Reply(Generic[K]):
    """One finding of a job that goes on."""

    key: K
    item: JsonObject


@dataclass(frozen=True, slots=True)
class Outcome(Generic[K]):
    """The end of a job: what was found, and why there is no more if it was cut short or refused."""

    key: K
    items: tuple[JsonObject, ...]
    refusal: Refusal | None


@dataclass(slots=True)
class _Pending(Generic[K]):
    job: Job[K]
    failures: int = 0
    replied: bool = False
    found: list[JsonObject] = field(default_factory=list)
    """What was found, where it is gathered."""
    stale: bool = False
    """What was found is of an attempt that failed; the next finding replaces it."""

    def gather(self, item: JsonObject) -> None:
        """Keep a finding. A job that is repeated finds the same again."""
        if self.stale:
            self.found.clear()
            self.stale = False
        self.found.append(item)


class Pool:
    """Workers for one task. Started at once in the background, ended by `close` or the `with` block.

    One run at a time; what other threads of the caller do meanwhile does not matter.
    """

    def __init__(  # noqa: PLR0913  # what can be said about a pool
        self,
        task: str,
        *,
        workers: int | None = None,
        limits: ChildLimits | None = None,
        preload: Sequence[str] = (),
        path: Sequence[str] = (),
        readable: Sequence[str] = (),
        constants: JsonObject | None = None,
    ) -> None:
        """Start the zygote.

        Args:
            task: `module:function` of the task.
            workers: most children at a time; by default one for each core this process may use.
            limits: what each child may use.
            preload: modules to load before the first child is forked, so that children share them; with
                `module:function` the function is also called, without arguments and without limits.
            path: folders to import from besides those of the installation.
            readable: further folders that children may read.
            constants: options that every job has, sent once; up to `MAX_CONSTANT_BYTES` as JSON.

        Raises:
            UsageError: the constants are too large.
        """
        constants = constants or {}
        _check_length(constants, MAX_CONSTANT_BYTES, "the constants of a pool")
        size = workers or len(os.sched_getaffinity(0))
        setup = Setup(task, limits or ChildLimits(), tuple(preload), tuple(path), tuple(readable), constants)
        self._crew = Crew(size, setup)
        self._running = False
        self._closed = False

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Kill all children. A second call does nothing."""
        if not self._closed:
            self._closed = True
            self._crew.close()

    def run(self, jobs: Iterable[Job[K]]) -> Generator[Outcome[K], None, None]:
        """Outcomes of `jobs` as they are done, each job's findings gathered; takes jobs as it needs them.

        A job whose child was killed from outside is repeated, whatever it had found already.

        Raises:
            SandboxError: children cannot be started at all.
            UsageError: a run of this pool is under way, the pool is closed, or a job's options are too large.
        """
        for event in self._run(jobs, gather=True):
            if isinstance(event, Outcome):
                yield event

    def stream(self, jobs: Iterable[Job[K]]) -> Generator[Reply[K] | Outcome[K], None, None]:
        """As `run`, but each finding comes as a `Reply` as soon as it is made, and outcomes hold none.

        The clock of a job starts anew with each finding, so that a long archive may take its time while it
        gets on. A job that has found something is not repeated: the caller knows best where to go on.
        """
        yield from self._run(jobs, gather=False)

    def _run(self, jobs: Iterable[Job[K]], *, gather: bool) -> Generator[Reply[K] | Outcome[K], None, None]:
        if self._running or self._closed:
            message = "this pool is closed" if self._closed else "a run of this pool is under way"
            raise UsageError(message)
        self._running = True
        try:
            yield from self._stream(enumerate(jobs), gather=gather)
        finally:
            self._running = False
            if not self._closed:
                self._crew.drop_busy()

    def _stream(self, jobs: Iterator[tuple[int, Job[K]]], *, gather: bool) -> Iterator[Reply[K] | Outcome[K]]:
        pending: dict[int, _Pending[K]] = {}
        again: deque[int] = deque()
        while (yield from self._hand_out(jobs, pending, again)) or pending:
            for event in self._crew.listen():
                about = pending[event.ticket]
                match event:
                    case Found(_, item) if gather:
                        about.gather(item)
                    case Found(_, item):
                        about.replied = True
                        yield Reply(about.job.key, item)
                    case Lost(ticket, suspicion) if _deserves_another(about, suspicion):
                        about.stale = True
                        again.append(ticket)
                    case Lost(ticket, refusal) | Ended(ticket, refusal):
                        del pending[ticket]
                        yield Outcome(about.job.key, tuple(about.found), refusal)

    def _hand_out(
        self, jobs: Iterator[tuple[int, Job[K]]], pending: dict[int, _Pending[K]], again: deque[int]
    ) -> Generator[Outcome[K], None, bool]:
        """Hand in jobs while there is room; False when there are no more of them.

        What cannot be opened is over before it began.
        """
        while self._crew.has_room():
            if not again:
                ticket, job = next(jobs, (-1, None))
                if job is None:
                    return False
                _check_length(job.options, MAX_JOB_BYTES, "the options of a job")
                pending[ticket] = _Pending(job)
                again.append(ticket)
            ticket = again.popleft()
            job = pending[ticket].job
            try:
                descriptor = job.opener()
            except Error as error:
                del pending[ticket]
                yield Outcome(job.key, (), Refusal.of(error))
                continue
            try:
                handed = self._crew.hand(ticket, job.options, descriptor)
            finally:
                os.close(descriptor)
            if not handed:
                again.appendleft(ticket)
                break
        return True


def _deserves_another(pending: _Pending[K], suspicion: Refusal | None) -> bool:
    if suspicion is not None:
        pending.failures += 1
    return pending.failures < _MAX_ATTEMPTS and not pending.replied


def _check_length(options: JsonObject, most: int, what: str) -> None:
    try:
        fits = len(pack(options)) <= most
    except ProtocolError:
        fits = False
    if not fits:
        message = f"{what} may have {most:,} bytes as JSON"
        raise UsageError(message)


def _descriptor_of(data: bytes) -> int:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("tocsin", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:  # has no name, so nothing stays behind
            descriptor = os.dup(file.fileno())
    with open(descriptor, "wb", closefd=False) as file:  # a descriptor, not a path
        file.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
