"""Tasks for sandbox children of tests: examining as usual, except for files named after what goes wrong."""

import os
import signal
from collections.abc import Callable, Mapping
from typing import BinaryIO

from tocsin.content.examine import examine
from tocsin.content.model import Content
from tocsin.media.sandbox import JsonObject, JsonValue

Emit = Callable[[Mapping[str, JsonValue]], None]


def die_at_names(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Examine, but die at a file that says `kill`, and at names.

    A member called `kill...` ends the child after it was begun, `unlisted...` before, and a picture called
    `late...`, or a file with that suffix, when its first view is known.
    """
    if "stride" not in options and source.read(4) == b"kill":
        os.kill(os.getpid(), signal.SIGKILL)
    source.seek(0)
    answers = 0

    def emit_or_die(item: Mapping[str, JsonValue]) -> None:
        nonlocal answers
        name = str(item.get("name", options.get("suffix", "")))
        answers = 0 if item.get("begun") else answers + 1
        if (
            (name.startswith("kill") and not item.get("begun"))
            or name.startswith("unlisted")
            or (name.startswith(("late", ".late")) and answers > 1)
        ):
            os.kill(os.getpid(), signal.SIGKILL)
        emit(item)

    examine(source, options, emit_or_die)


def lie(source: BinaryIO, options: JsonObject, emit: Emit) -> None:
    """Answer as a subverted child might: nothing for a file, odd numbers and names for members."""
    if "stride" not in options:
        if source.read(2) == b"PK":
            source.seek(0)
            examine(source, options, emit)
        return
    good = Content("file", 1, ()).to_answer()
    for number, name in ((1 << 80, "large"), (-1, "itself"), (True, "\ud800"), (0, "zero"), ("x", "text")):
        emit({"index": number, "name": name, **good})
    emit({"index": 1, "name": "one", "kind": 7})
