"""The decode that the pixel tier shares, as a step of its own: if it ends the process, it can be named."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.provenance.model import Finding
    from tocsin.provenance.opened import Opened


def signs(file: "Opened") -> Iterator["Finding"]:
    """Decode; what cannot be decoded is told by the families that need it."""
    _ = file.stored
    yield from ()
