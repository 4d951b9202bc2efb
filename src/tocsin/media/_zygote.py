"""The clean process that workers are forked from: one thread, modules loaded, nothing opened.

Forking takes a few milliseconds where starting Python and loading numpy takes hundreds, so a killed worker is
replaced at once. The zygote itself never sees a stranger's byte. Only it reaps workers, therefore a process
number it kills is always still that worker's. It ends when the pool hangs up, and its workers end with it.
"""

import dataclasses
import gc
import importlib
import os
import select
import signal
import socket
import sys
from typing import cast

from tocsin.media._messages import JsonObject, receive, send
from tocsin.media._worker import Assignment, Task, work
from tocsin.media.limits import ChildLimits

_WORKER_CHANNEL = 3


def main(descriptor: int) -> None:
    """Serve the pool at the other end of the socket `descriptor` until it hangs up."""
    control = socket.socket(fileno=descriptor)
    arrived = receive(control)
    if arrived is None:
        return
    try:
        assignment = _prepare(arrived[0])
    except Exception as error:  # noqa: BLE001  # whatever an import raises is told to the pool, which raises it
        send(control, {"failed": f"{type(error).__name__}: {error}"})
        return
    _Zygote(control, assignment).serve()
    os._exit(0)  # nothing to tidy up, and finalising numpy takes longer than the pool should wait


def _prepare(setup: JsonObject) -> Assignment:
    """Load what the workers will need; with `module:function` also call the function, to warm up."""
    sys.path.extend(cast("list[str]", setup["path"]))
    for name in cast("list[str]", setup["preload"]):
        module, _, function = name.partition(":")
        loaded = importlib.import_module(module)
        if function:
            getattr(loaded, function)()
    module, _, function = str(setup["task"]).partition(":")
    task = cast("Task", getattr(importlib.import_module(module), function))
    given = cast("dict[str, int]", setup["limits"])
    limits = ChildLimits(**{field.name: given[field.name] for field in dataclasses.fields(ChildLimits)})
    gc.collect()
    gc.freeze()  # so that collections in the workers do not copy the pages shared with them
    return Assignment(
        task, limits, tuple(cast("list[str]", setup["readable"])), cast("JsonObject", setup["constants"])
    )


class _Zygote:
    def __init__(self, control: socket.socket, assignment: Assignment) -> None:
        self._control = control
        self._assignment = assignment
        self._workers: dict[int, int] = {}  # process number -> the pool's number for it
        self._wake, self._woken = socket.socketpair()

    def serve(self) -> None:
        """Fork, kill and reap until the pool hangs up; then kill all that is left."""
        self._woken.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler, so that the system does wake us
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        try:
            while self._serve_once():
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass  # the pool is gone
        finally:
            signal.set_wakeup_fd(-1)  # nobody reads of these deaths, and Python would complain of that
            for process in self._workers:
                os.kill(process, signal.SIGKILL)

    def _serve_once(self) -> bool:
        ready, _, _ = select.select([self._control, self._wake], [], [])
        if self._wake in ready:
            self._wake.recv(4096)
            self._reap()
        if self._control in ready:
            arrived = receive(self._control)
            if arrived is None:
                return False
            message, descriptors = arrived
            if "fork" in message:
                self._fork(cast("int", message["fork"]), descriptors[0])
            else:
                self._kill(cast("int", message["kill"]))
        return True

    def _fork(self, number: int, descriptor: int) -> None:
        zygote = os.getpid()
        process = os.fork()
        if process:
            os.close(descriptor)
            self._workers[process] = number
            return
        status = 1
        try:
            work(_become_worker(descriptor), self._assignment, zygote)
            status = 0
        finally:
            os._exit(status)

    def _kill(self, number: int) -> None:
        for process, known in self._workers.items():
            if known == number:
                os.kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        while self._workers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            number = self._workers.pop(process)
            send(self._control, {"ended": number, "status": os.waitstatus_to_exitcode(status)})


def _become_worker(descriptor: int) -> socket.socket:
    """In the forked child: let go of everything that is the zygote's but the one socket."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # what C libraries print about hostile files is of no use to anybody
        os.dup2(null, standard)
    os.dup2(descriptor, _WORKER_CHANNEL)
    os.closerange(_WORKER_CHANNEL + 1, os.sysconf("SC_OPEN_MAX"))
    return socket.socket(fileno=_WORKER_CHANNEL)
