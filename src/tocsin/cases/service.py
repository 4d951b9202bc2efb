"""Everything about review, in one place to hand around."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.law.deriving import Status, derive

if TYPE_CHECKING:
    from datetime import date

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

    def statuses(self, sha256: bytes, on: "date") -> tuple[Status, ...]:
        """What the rules in force on a day say of what is held of a content at present."""
        said = [one.observed for one in self.observing.current(sha256)]
        age = next((one.age for one in said if one.age is not None), None)
        codes = {one.scheme: one.code for one in said if one.code}
        return derive(self.observing.facts(sha256), on, self.packs, age=age, codes=codes)
