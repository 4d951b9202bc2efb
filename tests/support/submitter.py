"""Submits one content in a process that ends by `kill -9` at a place that is named; run by its path.

Arguments: the home, the place, and the file to submit.
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

sys.path.insert(0, str(Path(__file__).parent.parent))
from support.intake import rooms_of, submit
from tocsin.content.examiner import Examiner
from tocsin.content.model import Content
from tocsin.intake.screening import Rooms
from tocsin.intake.service import Intake

if TYPE_CHECKING:
    from tocsin.banks.store import NearHit
    from tocsin.content.examiner import Source
    from tocsin.jobs.model import Job
    from tocsin.media.sandbox import JsonObject
from tocsin.evidence.folder import FolderVault
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore

PLACES = ("kept", "accepted", "examined", "matched", "told", "ending", "answered")
"""In the order in which they are come to."""
LEASE = timedelta(seconds=1)


def die() -> None:
    """As by the operator's `kill -9`, or for lack of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


class Killing:
    """The parts that end the process; each is told whether it is the one."""

    class Vault(FolderVault):
        """Ends it when the content is kept."""

        def put(self, source: BinaryIO, sha256: bytes) -> None:
            super().put(source, sha256)
            die()

    class Examining(Examiner):
        """Ends it before or after examining."""

        before = True

        def examine(
            self,
            source: "Source",
            suffix: str = "",
            *,
            all_orientations: bool = False,
            origin: bool = True,
            timeout: float | None = None,
        ) -> Content:
            if self.before:
                die()
            content = super().examine(
                source, suffix, all_orientations=all_orientations, origin=origin, timeout=timeout
            )
            die()
            return content

    class Known(Home):
        """Ends it when it has been searched."""

        def near(self, values: Sequence[bytes], radius: int) -> "list[NearHit]":
            found = super().near(values, radius)
            die()
            return found

    class Announce:
        """Ends it inside the second transaction."""

        def announce(self, kind: str, body: "JsonObject") -> None:
            assert kind
            assert body
            die()

    class Jobs(JobStore):
        """Ends it when all has been written, before it is committed."""

        def done(self, job: "Job") -> None:
            super().done(job)
            die()


def killing(rooms: Rooms, place: str) -> Rooms:
    """The rooms with one part that ends the process."""
    home = rooms.known
    assert isinstance(home, Home)
    match place:
        case "kept":
            vault = rooms.vault
            assert isinstance(vault, FolderVault)
            vault.__class__ = Killing.Vault
        case "accepted" | "examined":
            rooms.examiner.__class__ = Killing.Examining
            Killing.Examining.before = place == "accepted"
        case "matched":
            home.__class__ = Killing.Known
        case "told":
            return replace(rooms, announce=Killing.Announce())
        case "ending":
            return replace(rooms, jobs=Killing.Jobs(home.database))
        case _:
            pass
    return rooms


def main() -> None:
    """Submit, and die."""
    folder, place, file = sys.argv[1:]
    with Home.open(folder) as home, Examiner(1) as examiner:
        intake = Intake(killing(rooms_of(home, examiner), place), lease=LEASE)
        print(submit(intake, Path(file).read_bytes(), key="k").submission.id, flush=True)  # noqa: T201  # read by the test
        die()


if __name__ == "__main__":
    main()
