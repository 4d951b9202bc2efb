"""The pool's end of the zygote: starting it, asking it for workers, and reading what became of them."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tocsin.errors import Refusal
from tocsin.media._messages import Inbox, JsonObject, send
from tocsin.media.errors import KilledError, OutOfTimeError
from tocsin.media.limits import ChildLimits

_ROOT = str(Path(__file__).resolve().parents[2])
_BOOTSTRAP = """\
import sys
sys.path.append(sys.argv[1])
from tocsin.media._zygote import main
main(int(sys.argv[2]))
"""
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "HOME", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_FEW_ARENAS = {"MALLOC_ARENA_MAX": "1"}  # each arena reserves 64 MiB of the address space that is limited
_END_SECONDS = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class Setup:
    """What a zygote and its workers are told once."""

    task: str
    limits: ChildLimits
    preload: tuple[str, ...]
    path: tuple[str, ...]
    readable: tuple[str, ...]
    constants: JsonObject


class Zygote:
    """A running zygote, as its pool sees it."""

    def __init__(self, setup: Setup) -> None:
        """Start the process; it loads its modules while the caller goes on."""
        self.inbox = Inbox()
        self.control, theirs = socket.socketpair()
        with theirs:
            # -I: neither the environment nor the current folder decides what is imported. A session of its
            # own: Ctrl-C at the terminal reaches the pool, and the pool ends its children.
            self._process = subprocess.Popen(  # noqa: S603  # this Python and our own code
                [sys.executable, "-I", "-c", _BOOTSTRAP, _ROOT, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            send(self.control, dataclasses.asdict(setup))

    @property
    def process(self) -> int:
        """The number of its process."""
        return self._process.pid

    def fork(self, number: int) -> socket.socket:
        """Have a worker forked; this is the pool's end of its socket. OSError if the zygote is gone."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                send(self.control, {"fork": number}, [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        ours.settimeout(0)
        return ours

    def kill(self, number: int) -> None:
        """Have a worker killed, if it still runs."""
        try:
            send(self.control, {"kill": number})
        except OSError:
            return  # the zygote is gone, and its workers die with it

    def close(self, *, at_once: bool = False) -> int:
        """End the zygote and with it all its workers; its exit status.

        `at_once`: it has none, so nobody waits for what it is still loading.
        """
        self.control.close()
        if at_once:
            self._process.kill()
        try:
            return self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return kept | _ONE_THREAD | _FEW_ARENAS


def post_mortem(status: int, limits: ChildLimits) -> Refusal:
    """Why a worker that ended by itself with `status` (negative: the signal) has not answered."""
    if status == -signal.SIGXCPU:
        return Refusal.of(OutOfTimeError(f"the file took more than {limits.cpu_seconds} s of processor time"))
    if status == -signal.SIGKILL:
        return Refusal.of(KilledError("the sandbox child was killed from outside, or for lack of memory"))
    if status < 0:
        known = {int(member): member.name for member in signal.Signals}
        name = known.get(-status, f"signal {-status}")
        return Refusal.of(KilledError(f"the sandbox child crashed ({name}) while it examined the file"))
    return Refusal.of(KilledError(f"the sandbox child ended (status {status}) while it examined the file"))
