"""Waiting until the process is told to end."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def signals() -> Iterator[Callable[[], bytes]]:
    """Call the result to wait for a SIGTERM or SIGINT. After the block a second one ends the process at once.

    Not a threading.Event: a handler that sets it can come while this thread holds the event's own lock.
    """
    reading, writing = os.pipe()
    ends = (signal.SIGTERM, signal.SIGINT)
    before = {one: signal.signal(one, lambda *_: os.write(writing, b"!")) for one in ends}
    try:
        yield lambda: os.read(reading, 1)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        os.close(reading)
        os.close(writing)
