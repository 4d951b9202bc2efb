"""What of a content may be looked at: filtered previews made here, and the pixels of a reveal.

Every picture that leaves is written by this process from samples that a sandbox child made. So nothing of a
stranger's file goes on: no byte, no metadata, and no more pixels than the limit of what was asked for.
docs/explanation/renditions.md says what each rendition keeps.
"""

import itertools
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from tocsin.content.model import SubvertedError
from tocsin.errors import Refusal, UsageError
from tocsin.evidence.errors import NotRenderedError, RendererBusyError
from tocsin.evidence.pictures import COLOUR, GREY, Picture, Strip, checked, pictures_from, timeline_from
from tocsin.media.errors import SandboxError
from tocsin.media.limits import ChildLimits
from tocsin.media.regular import reopened
from tocsin.media.renditions import (
    MOST_ORIGINAL_PIXELS,
    ORIGINAL_PIXELS,
    TASK,
    Region,
    Rendition,
    Wanted,
)
from tocsin.media.sandbox import Job, Pool
from tocsin.media.stills import Timeline

if TYPE_CHECKING:
    from tocsin.evidence.vault import Vault
    from tocsin.media.sandbox import Outcome

__all__ = ["Picture", "Region", "Renderer", "Rendition", "Strip", "Timeline"]

PRELOAD: Final = ("tocsin.media.filters", "tocsin.media.stills", "tocsin.media.archives", "simplejpeg")
"""What children load beforehand."""
CHILD_LIMITS: Final = ChildLimits(cpu_seconds=20, wall_seconds=60.0, reply_bytes=128 << 20)
WORKERS: Final = 2
PATIENCE: Final = 30.0
"""Seconds to wait for a free child."""
REMEMBERED: Final = 500
"""Contents whose blurred stills are kept in memory: some kilobytes each."""
REMEMBERED_SECONDS: Final = 600.0


class Renderer:
    """A few sandbox children that make renditions of what the vault holds; any number of threads may ask.

    They are started when somebody first asks.
    """

    def __init__(
        self, vault: "Vault", workers: int = WORKERS, *, task: str = TASK, path: Sequence[str] = ()
    ) -> None:
        """Read contents from `vault`; `workers` pictures are made at a time.

        `task` is what children do, and `path` further folders to import it from.
        """
        self._vault = vault
        self._task = task
        self._path = path
        self._free: queue.LifoQueue[Pool | None] = queue.LifoQueue()
        for _ in range(workers):
            self._free.put(None)
        self._closed = threading.Event()
        self._strips = _Remembered()

    def __enter__(self) -> Self:
        """The renderer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End the children, those at work once they are done; forget what was remembered."""
        self._closed.set()
        self._strips.forget()
        while True:
            try:
                pool = self._free.get_nowait()
            except queue.Empty:
                return
            if pool is not None:
                pool.close()

    def render(self, sha256: bytes, rendition: Rendition, still: int = 0, *, member: int = 0) -> Picture:
        """A filtered preview of a content, or of a member of an archive (its number, from 1): a grey PNG.

        Raises:
            NotRenderedError: there is nothing to show, or it cannot be decoded; it says why.
            RendererBusyError: no child was free in time.
            VaultError: the content cannot be read.
            SandboxError: children cannot be started.
        """
        if rendition is Rendition.BLUR:
            return self._of_strip(sha256, still, member)
        return self._one(sha256, Wanted(rendition, still, member))

    def original(
        self,
        sha256: bytes,
        region: Region | None = None,
        still: int = 0,
        *,
        longest: int = ORIGINAL_PIXELS,
        member: int = 0,
    ) -> Picture:
        """What a reveal shows: a region or the whole as decoded, at most `longest` pixels across, as JPEG.

        Raises:
            UsageError: `longest` is not between 1 and MOST_ORIGINAL_PIXELS.
            tocsin.errors.Error: as `render`.
        """
        if not 0 < longest <= MOST_ORIGINAL_PIXELS:
            message = f"a reveal has between 1 and {MOST_ORIGINAL_PIXELS} pixels across"
            raise UsageError(message)
        return self._one(sha256, Wanted(None, still, member, region, longest))

    def stills(self, sha256: bytes, *, member: int = 0) -> Timeline:
        """How many stills there are, and when they are shown. Raises as `render`."""
        outcome = self._run(sha256, Wanted(timeline=True, member=member))
        found = [one for one in outcome.items if "seconds" in one]
        if outcome.refusal is not None or not found:
            raise _not_rendered(outcome)
        with checked():
            return timeline_from(found[-1])

    def strip(self, sha256: bytes, *, member: int = 0) -> Strip:
        """All blurred stills at once, from one decoding. Raises as `render` if there is not even one."""
        kept = self._strips.get((sha256, member))
        if kept is not None and self._vault.has(sha256):
            return kept
        outcome = self._run(sha256, Wanted(Rendition.BLUR, None, member))
        with checked():
            made = pictures_from(outcome.items, Rendition.BLUR.longest, GREY)
        first = itertools.takewhile(made.__contains__, itertools.count())
        strip = Strip(tuple(made[number] for number in first), outcome.refusal)
        if not strip.pictures:
            raise _not_rendered(outcome)
        if outcome.refusal is None:
            self._strips.put((sha256, member), strip)
        return strip

    def _of_strip(self, sha256: bytes, still: int, member: int) -> Picture:
        strip = self.strip(sha256, member=member)
        if 0 <= still < len(strip.pictures):
            return strip.pictures[still]
        return self._one(sha256, Wanted(Rendition.BLUR, still, member))  # which says why there is none

    def _one(self, sha256: bytes, wanted: Wanted) -> Picture:
        outcome = self._run(sha256, wanted)
        if outcome.refusal is not None:
            raise NotRenderedError(outcome.refusal)
        longest, channels = wanted.longest, COLOUR
        if wanted.rendition is not None:
            longest, channels = wanted.rendition.longest, GREY
        with checked():
            return pictures_from(outcome.items, longest, channels)[wanted.still or 0]

    def _run(self, sha256: bytes, wanted: Wanted) -> "Outcome[int]":
        with self._pool() as pool, self._vault.open(sha256) as plain:
            descriptor = plain.fileno()
            job = Job(0, lambda: reopened(descriptor), wanted.options())
            (outcome,) = pool.run([job])
        return outcome

    @contextmanager
    def _pool(self) -> Iterator[Pool]:
        """A free child for this thread. One that cannot be used any more is replaced."""
        try:
            pool = None if self._closed.is_set() else self._free.get(timeout=PATIENCE)
        except queue.Empty as error:
            raise RendererBusyError from error
        try:
            if self._closed.is_set():
                message = "the renderer is closed"
                raise UsageError(message)
            if pool is None:
                pool = self._start()
            yield pool
        except SandboxError:
            if pool is not None:
                pool.close()
            pool = None
            raise
        finally:
            self._free.put(pool)
            if self._closed.is_set():
                self.close()

    def _start(self) -> Pool:
        optional = ("av",) if find_spec("av") is not None else ()
        return Pool(
            self._task, workers=1, limits=CHILD_LIMITS, preload=(*PRELOAD, *optional), path=self._path
        )


class _Remembered:
    """The blurred stills that were made last, for some minutes: a page asks for each of them by itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, int], tuple[float, Strip]] = OrderedDict()

    def get(self, key: tuple[bytes, int]) -> Strip | None:
        with self._lock:
            made, strip = self._kept.get(key, (0.0, None))
            if strip is not None and time.monotonic() - made > REMEMBERED_SECONDS:
                del self._kept[key]
                return None
            return strip

    def put(self, key: tuple[bytes, int], strip: Strip) -> None:
        with self._lock:
            self._kept[key] = time.monotonic(), strip
            self._kept.move_to_end(key)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


def _not_rendered(outcome: "Outcome[int]") -> NotRenderedError:
    return NotRenderedError(outcome.refusal or Refusal.of(SubvertedError()))
