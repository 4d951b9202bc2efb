"""Tasks for sandbox children of tests that make renditions: as usual, but for contents that say otherwise."""

import base64
import os
import signal
from collections.abc import Callable
from typing import BinaryIO, Final

from tocsin.media.renditions import render
from tocsin.media.sandbox import JsonObject

TASK: Final = "support.rendition_tasks:rough"
KILL: Final = b"kill me"
"""A content at which the child ends."""
LATE: Final = b"late"
"""At the end of a content: the child ends after what it made first."""
LIES: Final[dict[bytes, list[JsonObject]]] = {
    b"lie: large": [
        {
            "still": 0,
            "width": 640,
            "height": 480,
            "channels": 1,
            "samples": base64.b64encode(b"\1" * 307200).decode(),
        }
    ],
    b"lie: colours": [{"still": 0, "width": 8, "height": 8, "channels": 3, "samples": ""}],
    b"lie: short": [{"still": 0, "width": 8, "height": 8, "channels": 1, "samples": "AAAA"}],
    b"lie: long": [
        {"still": 0, "width": 8, "height": 8, "channels": 1, "samples": base64.b64encode(b"\1" * 65).decode()}
    ],
    b"lie: number": [{"still": 1 << 70, "width": 1, "height": 1, "channels": 1, "samples": "AAAA"}],
    b"lie: another": [{"still": 5, "width": 1, "height": 1, "channels": 1, "samples": "AA=="}],
    b"lie: none": [{"still": 0, "width": 0, "height": 0, "channels": 1, "samples": ""}],
    b"lie: text": [{"still": 0, "width": "8", "height": 8, "channels": 1, "samples": ""}],
    b"lie: no base64": [{"still": 0, "width": 8, "height": 8, "channels": 1, "samples": "<svg onload=x>"}],
    b"lie: size": [
        {"still": 0, "width": 8, "height": 8, "channels": 1, "samples": ""},
        {"still": 0, "width": 24, "height": 8, "channels": 1, "samples": ""},
    ],
    b"lie: times": [{"seconds": ["<b>"], "cut": None}],
    b"lie: many": [{"seconds": [0.0] * 9000, "cut": None}],
    b"lie: infinite": [{"seconds": [1e300, True], "cut": {}}],
    b"lie: nothing": [{}],
}
"""Contents, and what a child that has been taken over answers about them."""


def rough(source: BinaryIO, options: JsonObject, emit: Callable[[JsonObject], None]) -> None:
    """Make renditions, but die or lie at contents that say so."""
    data = source.read()
    source.seek(0)
    if data == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    for answer in LIES.get(data, ()):
        emit(answer)
    if data in LIES:
        return

    def emit_and_die(item: JsonObject) -> None:
        emit(item)
        if data.endswith(LATE):
            os.kill(os.getpid(), signal.SIGKILL)

    render(source, options, emit_and_die)
