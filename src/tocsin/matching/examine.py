"""Examining a few files that a person names, in the sandbox, in the order given."""

import os
import sys
from collections.abc import Iterator, Sequence

from tocsin.content.examine import TASK, suffix_of
from tocsin.content.model import Content, content_of
from tocsin.media.errors import UnreadableError
from tocsin.media.sandbox import Job, JsonObject, Pool

STDIN = "-"
COMPILED_FROM = 12
"""Files from which on the compiled kernel earns back the second it takes to load."""
PLAIN = ("tocsin.hashing.pdq", "tocsin.media.views", "PIL.Image")
"""What children load beforehand for a picture or two."""
COMPILED = (*PLAIN, "tocsin.hashing._pdq_numba")
"""What they load for many."""


def examine_paths(
    paths: Sequence[str], *, all_orientations: bool, compiled: bool
) -> Iterator[tuple[str, Content]]:
    """The content of each path, `-` standing for stdin, each as soon as it and those before it are done."""
    workers = min(len(paths), len(os.sched_getaffinity(0)))
    options: JsonObject = {"all_orientations": all_orientations, "compiled": compiled}
    done: dict[int, Content] = {}
    following = 0
    with Pool(TASK, workers=workers, preload=COMPILED if compiled else PLAIN) as pool:
        for outcome in pool.run(_job(number, path, options) for number, path in enumerate(paths)):
            done[outcome.key] = content_of(outcome)
            while following in done:
                yield paths[following], done.pop(following)
                following += 1


def _job(number: int, path: str, options: JsonObject) -> Job[int]:
    if path == STDIN:
        if sys.stdin is None:
            return Job(number, _closed_stdin, options)
        return Job.of_bytes(number, sys.stdin.buffer.read(), options)
    return Job.of_path(number, path, {**options, "suffix": suffix_of(path)})


def _closed_stdin() -> int:
    message = "the standard input is closed"
    raise UnreadableError(message)
