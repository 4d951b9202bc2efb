"""A task for sandbox children of tests: examining as usual, except where a file says that a reader dies.

A file says so by its last bytes, as `support.origin_files.deadly` writes them. Only children import this.
"""

import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.content.examine import examine as _examine
from tocsin.media import views
from tocsin.media.limits import PictureLimits
from tocsin.media.sandbox import JsonObject, JsonValue
from tocsin.provenance import explain
from tocsin.provenance.explain import Family
from tocsin.provenance.model import Failed, Finding, NotChecked
from tocsin.provenance.opened import Opened

if TYPE_CHECKING:
    from tocsin.media.pixels import TakeStored

_TAIL: Final = 300
_SAID: Final = re.compile(rb"#([a-z0-9_.]+)/([a-z]+)#")
_usual_signs = explain._signs
_usual_problems = explain._problems
_usual_views = views.views


def examine(source: BinaryIO, options: JsonObject, emit: Callable[[Mapping[str, JsonValue]], None]) -> None:
    """Sandbox task."""
    _examine(source, options, emit)


def _signs(family: Family, file: Opened) -> Iterable[Finding]:
    _die_if_said(family.name, file.source)
    return _usual_signs(family, file)


def _problems(file: Opened) -> list[Failed | NotChecked]:
    _die_if_said(explain.METADATA, file.source)
    return _usual_problems(file)


def _views(
    source: BinaryIO | bytes,
    limits: PictureLimits = views.DEFAULT_LIMITS,
    stored: "TakeStored | None" = None,
) -> Iterator[views.View]:
    if not isinstance(source, bytes):
        _die_if_said("decoder", source)
    yield from _usual_views(source, limits, stored)


def _die_if_said(reader: str, source: BinaryIO) -> None:
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _TAIL))
    said = source.read()
    source.seek(0)
    for name, way in _SAID.findall(said):
        if name.decode() == reader:
            _WAYS[way.decode()]()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _spin() -> None:
    while True:
        pass


def _swell() -> None:
    """As a reader in C does that cannot get the memory it wants."""
    try:
        held = []
        while True:
            held.append(bytes(64 << 20))
    except MemoryError:
        os.abort()


def _fault() -> None:
    message = "a fault"
    raise RuntimeError(message)


_WAYS: Final[Mapping[str, Callable[[], None]]] = {
    "kill": _kill,
    "abort": os.abort,
    "spin": _spin,
    "swell": _swell,
    "fault": _fault,
}
explain._signs = _signs
explain._problems = _problems
views.views = _views
