"""Tasks for the children of the tests' pools: they do on purpose what hostile files make decoders do."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tocsin.media._messages import MAX_MESSAGE_BYTES
from tocsin.media._worker import Emit
from tocsin.media.archives import members
from tocsin.media.errors import CorruptError
from tocsin.media.sandbox import JsonObject
from tocsin.media.views import views

if TYPE_CHECKING:
    from collections.abc import Callable


def echo(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Answer with the file's content and the options."""
    emit({"content": source.read().decode(), "options": options})


def lengths(_: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Answer with how long the options are."""
    emit({name: len(str(value)) for name, value in options.items()})


def misbehave(source: BinaryIO, options: JsonObject, emit: Emit) -> None:  # noqa: C901, PLR0912  # a list of sins
    """Do what `options` names."""
    match options.get("how"):
        case "memory":
            emit({"held": len(bytearray(2 << 30))})
        case "processor":
            while True:
                pass
        case "sleep":
            time.sleep(3600)
        case "crash":
            ctypes.string_at(0)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "reply, then killed":
            emit({"found": True})
            os.kill(os.getpid(), signal.SIGKILL)
        case "abort":
            os.abort()
        case "exit":
            os._exit(7)
        case "exception":
            raise KeyError(source.read())
        case "refuse":
            raise CorruptError
        case "recursion":
            misbehave(source, options, emit)
        case "long reply":
            emit({"text": "x" * MAX_MESSAGE_BYTES})
        case "endless replies":
            while True:
                emit({"text": "x" * 60_000})
        case "nonsense":
            socket.socket(fileno=3).sendall(b"\0\0\0\2[]")
        case "half a message":
            socket.socket(fileno=3).sendall(b"\0\0\0\x09{")
            os._exit(0)
        case "replies, then sleep":
            for number in range(3):
                emit({"number": number})
            time.sleep(3600)
        case _:
            emit({"fine": True})


def steadily(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Find something five times, with pauses that together pass the limit of wall-clock time."""
    del source, options
    for number in range(5):
        time.sleep(0.15)
        emit({"number": number})


def surroundings(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Tell what a child has."""
    del options
    emit(
        {
            "environment": sorted(os.environ),
            "descriptors": [
                number for number in range(3, 1024) if number != source.fileno() and is_open(number)
            ],
            "threads": len(os.listdir("/proc/self/task")),  # noqa: PTH208  # numbers, not paths
            "no_new_privs": "NoNewPrivs:\t1" in Path("/proc/self/status").read_text(encoding="ascii"),
            "modules": sorted({"numpy", "numba", "sqlite3", "multiprocessing"} & set(sys.modules)),
        }
    )


def is_open(descriptor: int) -> bool:
    """Whether the process has this descriptor."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def forbidden(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Try what a child must not be able to do, and name what worked."""
    del source
    folder, port = Path(str(options["folder"])), int(str(options["port"]))
    attempts: dict[str, Callable[[], object]] = {
        "write": lambda: (folder / "new").write_bytes(b"x"),
        "read": (folder / "secret").read_bytes,
        "list": lambda: list(folder.iterdir()),
        "remove": (folder / "secret").unlink,
        "rename": lambda: (folder / "secret").rename(folder / "other"),
        "make a folder": (folder / "made").mkdir,
        "connect": lambda: socket.create_connection(("127.0.0.1", port), 1).close(),
        "signal": lambda: os.kill(int(str(options["process"])), 0),
        "run": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    }
    worked = []
    for name, attempt in attempts.items():
        with contextlib.suppress(OSError, ValueError):
            attempt()
            worked.append(name)
    emit({"worked": worked})


def fill_a_file(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Write to memory that the system counts as a file."""
    del source, options
    descriptor = os.memfd_create("tried")
    try:
        os.write(descriptor, b"x")
    except OSError as error:
        emit({"error": os.strerror(error.errno or 0)})


def process(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Tell the numbers of the child and of the zygote, and take a moment."""
    del source
    emit({"worker": os.getpid(), "zygote": os.getppid()})
    time.sleep(float(str(options.get("seconds", 0))))


def look(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Name the views of a picture and the most memory the child ever had resident, in bytes."""
    del options
    try:
        for view in views(source):
            emit({"view": view.name, "shape": list(view.pixels.shape)})
            del view
    finally:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        emit({"peak": int(peak.split()[1]) * 1024})


def list_members(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Read an archive, dying at the member called `fatal`."""
    start = int(str(options.get("start", 0)))
    for member in members(source, start=start):
        content = member.opened.read() if member.opened else b""
        if member.name == b"fatal":
            os.kill(os.getpid(), signal.SIGSEGV)
        emit({"index": member.index, "name": member.name.decode(), "bytes": len(content)})


def load_for_long() -> None:
    """Stands for modules that take their time."""
    time.sleep(600)


def broken_start() -> None:
    """Fail to warm up."""
    message = "cannot warm up"
    raise RuntimeError(message)


def kill_first_zygotes() -> None:
    """Kill this zygote if it is one of the first eight."""
    die_unless_started_often("zygotes", 8)


def kill_first_workers() -> None:
    """Have the first eight workers killed at their start."""
    os.register_at_fork(after_in_child=lambda: die_unless_started_often("workers", 8))


def die_unless_started_often(name: str, count: int) -> None:
    """Count starts by the length of a file."""
    path = Path(os.environ["HOME"]) / name
    with path.open("ab") as file:
        file.write(b"x")
    if path.stat().st_size <= count:
        os.kill(os.getpid(), signal.SIGKILL)
