"""Everything about review, in one place to hand around."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.cases.deciding import Deciding
    from tocsin.cases.observing import Observing
    from tocsin.cases.queue import Queue
    from tocsin.cases.viewing import Viewing
    from tocsin.law.packs import Packs


@dataclass(frozen=True, slots=True)
class Review:
    """The services of this room, over one database. Threads may share them."""

    queue: "Queue"
    observing: "Observing"
    deciding: "Deciding"
    viewing: "Viewing"
    packs: "Packs"
    """The law and the schemes that hold here: what is shipped, and the home's own."""
