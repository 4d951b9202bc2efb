"""The workers of a pool: who is at which job, what came back, who has to be killed and replaced.

Jobs are tickets here, numbers that the pool gives out. Each ticket handed in comes back in exactly one
`Ended` or `Lost`. No threads: one selector waits for all sockets and for the nearest deadline.
"""

import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from tocsin.errors import Refusal
from tocsin.media._messages import Inbox, JsonObject, ProtocolError, pack
from tocsin.media._parent import Setup, Zygote, post_mortem
from tocsin.media.errors import KilledError, OutOfTimeError, SandboxError

_DEPTH = 2
"""Jobs a worker has at hand: the next one is there when it finishes one, and no more are open than needed."""
_MAX_LOSSES = 5
"""Zygotes, or workers that were never ready, lost in a row before the machine is given up."""
_MAX_KILLED = 12
"""The same for those killed from outside, as a machine short of memory does it; that may pass."""
_PAUSE_SECONDS = 0.01
"""Time given to such a machine after the first loss, doubled for each further one in a row."""
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a job that goes on."""

    ticket: int
    item: JsonObject


@dataclass(frozen=True, slots=True)
class Ended:
    """A job is over."""

    ticket: int
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Lost:
    """A job has to be handed in again; if it had begun, `suspicion` is what its worker died of."""

    ticket: int
    suspicion: Refusal | None


Event = Found | Ended | Lost


@dataclass(slots=True, eq=False)
class _Worker:
    number: int
    channel: socket.socket
    deadline: float
    inbox: Inbox = field(default_factory=Inbox)
    queue: deque[int] = field(default_factory=deque)
    """Tickets given to it; it works on the first."""
    ready: bool = False
    given: int = 0
    reply_bytes: int = 0
    """Of the replies to the job it works on."""
    spent: bool = False
    """Gets no further job."""
    leaving: bool = False
    """Has said that it ends by itself."""
    verdict: Refusal | None = None
    """Why the crew had it killed."""
    status: int | None = None
    """What the zygote told of its end."""
    orphaned: bool = False
    """Died with the zygote, which is counted as one loss."""
    silent: bool = False
    """Its socket has been read to its end."""


class Crew:
    """Up to `size` workers under one zygote."""

    def __init__(self, size: int, setup: Setup) -> None:
        """Start the zygote."""
        self._size = size
        self._limits = setup.limits
        self._setup = setup
        self._workers: dict[int, _Worker] = {}
        self._numbers = 0
        self._losses = 0
        self._failure = ""
        self._selector = selectors.DefaultSelector()
        self._start_zygote()

    def has_room(self) -> bool:
        """Whether a job can be handed in now."""
        return self._idlest() is not None or len(self._workers) < self._size

    def hand(self, ticket: int, options: JsonObject, descriptor: int) -> bool:
        """Give a job to a worker, without waiting; False if that failed and it must be handed in again.

        A worker is forked as long as every one there is has something to do.
        """
        worker = self._idlest()
        try:
            if (worker is None or worker.queue) and len(self._workers) < self._size:
                worker = self._fork()
            if worker is None:
                return False
            data = pack({"options": options})
            sent = socket.send_fds(worker.channel, [data], [descriptor])
        except OSError:  # it has died, which is noticed when its socket is read
            return False
        worker.queue.append(ticket)
        worker.given += 1
        worker.spent = worker.spent or worker.given >= self._limits.jobs
        if len(worker.queue) == 1 and worker.ready:
            self._rearm(worker)
        if sent != len(data):  # cannot be, by the size of jobs; a worker left with half a job is of no use
            self._condemn(worker, Refusal.of(KilledError("the sandbox child did not take its job")))
        return True

    def listen(self) -> list[Event]:
        """Wait until something happens, and say what. SandboxError once no child can be started."""
        if self._failure:
            raise SandboxError(self._failure)
        busy = [w for w in self._workers.values() if (w.queue or not w.ready) and not w.verdict]
        nearest = min((worker.deadline for worker in busy), default=None)
        timeout = None if nearest is None else max(0.0, nearest - time.monotonic())
        events: list[Event] = []
        for key, _ in self._selector.select(timeout):
            if isinstance(key.data, _Worker):
                events.extend(self._hear(key.data))
            else:
                self._hear_zygote()
        # Only now: what had arrived in time counts, even if the caller was slow to come back for it.
        now = time.monotonic()
        for worker in busy:
            if worker.deadline <= now and worker.number in self._workers and not worker.verdict:
                self._out_of_time(worker)
        for worker in list(self._workers.values()):
            if worker.silent and worker.status is not None:
                events.extend(self._bury(worker))
        return events

    def drop_busy(self) -> None:
        """Kill the workers that are at a job, and forget their jobs."""
        for worker in [worker for worker in self._workers.values() if worker.queue]:
            self._zygote.kill(worker.number)
            self._forget(worker)

    def close(self) -> None:
        """Kill all children and wait for the zygote's end."""
        for worker in list(self._workers.values()):
            self._forget(worker)
        self._selector.close()
        self._zygote.close(at_once=not self._numbers)

    # ---- starting

    def _start_zygote(self) -> None:
        self._zygote = Zygote(self._setup)
        self._selector.register(self._zygote.control, selectors.EVENT_READ)

    def _fork(self) -> _Worker:
        number = self._numbers
        self._numbers += 1
        channel = self._zygote.fork(number)
        worker = _Worker(number, channel, time.monotonic() + self._limits.start_seconds)
        self._workers[number] = worker
        self._selector.register(channel, selectors.EVENT_READ, worker)
        return worker

    def _idlest(self) -> _Worker | None:
        fit = (
            w for w in self._workers.values() if not w.spent and w.status is None and len(w.queue) < _DEPTH
        )
        return min(fit, key=lambda worker: len(worker.queue), default=None)

    # ---- hearing

    def _hear(self, worker: _Worker) -> Iterator[Event]:
        try:
            data = worker.channel.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if not data:
            worker.silent = worker.spent = True
            self._selector.unregister(worker.channel)
            return
        try:
            for message, length in worker.inbox.feed(data):
                if worker.verdict is None:
                    yield from self._understand(worker, message, length)
        except (ProtocolError, KeyError, TypeError) as error:
            self._condemn(worker, Refusal.of(KilledError(f"the sandbox child answered nonsense ({error})")))

    def _understand(self, worker: _Worker, message: JsonObject, length: int) -> Iterator[Event]:
        if "ready" in message:
            worker.ready = True
            self._losses = 0
        elif not worker.queue:
            error = "an answer that nobody asked for"
            raise ProtocolError(error)
        elif "item" in message:
            item = message["item"]
            if not isinstance(item, Mapping):
                error = "a finding must be an object"
                raise ProtocolError(error)
            worker.reply_bytes += length
            if worker.reply_bytes > self._limits.reply_bytes:
                text = f"the findings passed the limit of {self._limits.reply_bytes:,} bytes"
                self._condemn(worker, Refusal.of(KilledError(text)))
                return
            yield Found(worker.queue[0], item)
        else:
            refusal = _refusal(message["done"])
            yield Ended(worker.queue.popleft(), refusal)
            worker.reply_bytes = 0
            if message["spent"]:
                worker.spent = worker.leaving = True
            elif worker.spent and not worker.queue:
                worker.leaving = True
                worker.channel.shutdown(socket.SHUT_WR)  # it ends when it has nothing more to read
        self._rearm(worker)

    def _hear_zygote(self) -> None:
        try:
            data = self._zygote.control.recv(_CHUNK_BYTES)
        except ConnectionResetError:
            data = b""
        if not data:
            self._replace_zygote()
            return
        for message, _ in self._zygote.inbox.feed(data):
            if "failed" in message:
                msg = f"the task cannot be loaded: {message['failed']}"
                raise self._broken(msg)
            if "ended" in message and (worker := self._workers.get(cast("int", message["ended"]))):
                worker.status = cast("int", message["status"])

    def _replace_zygote(self) -> None:
        """Its workers die with it, which is not their jobs' fault."""
        self._selector.unregister(self._zygote.control)
        status = self._zygote.close()
        self._count_loss(f"its first process ended with status {status}", status)
        for worker in self._workers.values():
            if worker.status is None:
                worker.status = -signal.SIGKILL
                worker.orphaned = True
        self._start_zygote()

    # ---- ending

    def _rearm(self, worker: _Worker) -> None:
        worker.deadline = time.monotonic() + self._limits.wall_seconds

    def _out_of_time(self, worker: _Worker) -> None:
        if not worker.ready:
            msg = f"no child was ready within {self._limits.start_seconds:g} s"
            raise self._broken(msg)
        text = f"the file took more than {self._limits.wall_seconds:g} s"
        self._condemn(worker, Refusal.of(OutOfTimeError(text)))

    def _condemn(self, worker: _Worker, verdict: Refusal) -> None:
        worker.verdict = verdict
        worker.spent = True
        self._zygote.kill(worker.number)

    def _bury(self, worker: _Worker) -> Iterator[Event]:
        """Account for the jobs of a worker that is dead and has been read to its end."""
        self._forget(worker)
        status = cast("int", worker.status)
        if not worker.ready and not worker.verdict:
            if not worker.orphaned:
                self._count_loss(f"a child ended with status {status} before it was ready", status)
        elif worker.queue and not worker.leaving:
            ticket = worker.queue.popleft()
            if worker.verdict:
                yield Ended(ticket, worker.verdict)
            elif status == -signal.SIGKILL:
                yield Lost(ticket, post_mortem(status, self._limits))
            else:
                yield Ended(ticket, post_mortem(status, self._limits))
        for ticket in worker.queue:
            yield Lost(ticket, None)

    def _forget(self, worker: _Worker) -> None:
        self._workers.pop(worker.number, None)
        if not worker.silent:
            self._selector.unregister(worker.channel)
        worker.channel.close()

    def _count_loss(self, what: str, status: int) -> None:
        self._losses += 1
        killed = status == -signal.SIGKILL
        if killed:
            time.sleep(_PAUSE_SECONDS * (1 << min(self._losses - 1, 5)))
        if self._losses > (_MAX_KILLED if killed else _MAX_LOSSES):
            msg = f"the sandbox's children cannot be started: {what}"
            raise self._broken(msg)

    def _broken(self, sentence: str) -> SandboxError:
        """The error to raise, now and whenever this crew is used again."""
        self._failure = sentence
        return SandboxError(sentence)


def _refusal(value: object) -> Refusal | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        error = "a refusal must be an object"
        raise ProtocolError(error)
    return Refusal(*(str(value[name]) for name in ("code", "message", "advice")))
