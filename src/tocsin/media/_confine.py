"""What a worker gives up before it touches a stranger's byte. All of it acts on the calling process."""

import ctypes
import math
import os
import resource
import signal
import sys
from pathlib import Path

from tocsin.media._landlock import allow_only_reading
from tocsin.media.limits import ChildLimits

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_SPACE_BESIDE_HEAP = 1 << 30  # allowance for libraries where /proc does not tell how much they map


def confine(limits: ChildLimits, parent: int, readable: tuple[str, ...] = ()) -> None:
    """Take on the limits that last for the life of this process, which must be a child of `parent`."""
    _set_process_flags()
    if os.getppid() != parent:  # it died before this process asked to die with it
        os._exit(0)
    allow_only_reading([*_needed_folders(), *readable])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size, limits.file_size))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
    space = _address_space(limits.memory)
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    rearm_cpu(limits.cpu_seconds)


def rearm_cpu(seconds: int) -> None:
    """Let this process run for `seconds` of processor time from now; then the system kills it by SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used) + seconds, hard))


def _set_process_flags() -> None:
    """Die with the zygote, gain no rights, be readable by nobody; on Linux, elsewhere there is no prctl."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is None:
        return
    prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)
    prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0)
    prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0)


def _needed_folders() -> list[str]:
    """Where Python, its packages, compiled code kept by numba and the system's libraries are read from."""
    home_cache = os.environ.get("XDG_CACHE_HOME") or str(Path(os.environ.get("HOME", "/nowhere")) / ".cache")
    cached = os.environ.get("NUMBA_CACHE_DIR") or str(Path(home_cache) / "numba")
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/proc/self"]
    return [folder for folder in (*sys.path, sys.prefix, sys.base_prefix, cached, *system) if folder]


def _address_space(memory: int) -> int:
    """Address space that keeps resident memory under `memory`.

    Libraries map far more than they ever touch (numba 400 MB), so a plain limit would either stop them or
    stop nothing. What is mapped now stays allowed; beyond it only as much as residency may still grow.
    """
    try:
        mapped, resident = (int(pages) * resource.getpagesize() for pages in _statm()[:2])
    except OSError:
        return memory + _SPACE_BESIDE_HEAP
    return mapped + max(memory - resident, 0)


def _statm() -> list[str]:
    return Path("/proc/self/statm").read_text(encoding="ascii").split()
