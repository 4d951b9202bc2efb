"""The child that parses strangers' bytes: takes one job after the other from its socket, and answers."""

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from tocsin.errors import Error, Refusal
from tocsin.media._confine import confine, rearm_cpu
from tocsin.media._messages import JsonObject, ProtocolError, receive, send
from tocsin.media.errors import MediaError, OutOfMemoryError, UnreadableError
from tocsin.media.limits import ChildLimits

Emit = Callable[[JsonObject], None]
Task = Callable[[BinaryIO, JsonObject, Emit], None]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker is for, the same for all of a pool."""

    task: Task
    limits: ChildLimits
    readable: tuple[str, ...]
    """Folders that it may read, besides those that programs are loaded from."""
    constants: JsonObject
    """Options that every job has."""


def work(channel: socket.socket, assignment: Assignment, parent: int) -> None:
    """Confine this process, then answer jobs until the pool hangs up."""
    sys.dont_write_bytecode = True  # nothing can be written, and trying costs time
    limits = assignment.limits
    confine(limits, parent, assignment.readable)
    send(channel, {"ready": True})
    while (arrived := receive(channel)) is not None:
        message, descriptors = arrived
        rearm_cpu(limits.cpu_seconds)
        refusal, spent = _answer(channel, assignment, message, descriptors)
        done = {"done": refusal.to_json() if refusal else None, "spent": spent}
        send(channel, done)
        if spent:
            return


def _answer(
    channel: socket.socket, assignment: Assignment, message: JsonObject, descriptors: list[int]
) -> tuple[Refusal | None, bool]:
    """Run the task on one job. Also says whether this process is spent and must be replaced."""
    options = message.get("options")
    if not isinstance(options, dict) or len(descriptors) != 1:
        error_text = "a job is its options and one file"
        raise ProtocolError(error_text)

    def emit(item: JsonObject) -> None:
        send(channel, {"item": item})
        rearm_cpu(assignment.limits.cpu_seconds)

    try:
        with os.fdopen(descriptors[0], "rb") as source:
            assignment.task(source, {**assignment.constants, **options}, emit)
    except Error as error:
        return Refusal.of(error), isinstance(error, OutOfMemoryError)
    except MemoryError:
        return Refusal.of(OutOfMemoryError()), True
    except OSError as error:
        sentence = f"the file cannot be read to its end: {error.strerror or error}"
        return Refusal.of(UnreadableError(sentence)), False
    except Exception as error:  # noqa: BLE001  # one job's fault must not stop the others; it is told in full
        return Refusal.of(MediaError(f"the task failed ({type(error).__name__}: {str(error)[:300]})")), True
    return None, False
