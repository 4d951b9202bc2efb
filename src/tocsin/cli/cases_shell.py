"""Review as the commands of `tocsin cases` use it: its stores and services, without a node around them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.cli.output import open_home

if TYPE_CHECKING:
    from tocsin.access.model import Principal
    from tocsin.cases.deciding import Deciding
    from tocsin.cases.observing import Observing
    from tocsin.cases.opening import Casework
    from tocsin.cases.queue import Queue
    from tocsin.node.review import Parts


@dataclass(frozen=True, slots=True)
class CasesShell:
    """Somebody at a shell of the machine, who may do everything that is recorded, and sees no material."""

    me: "Principal"
    parts: "Parts"
    queue: "Queue"
    observing: "Observing"
    deciding: "Deciding"

    def casework(self) -> "Casework":
        """What opens cases. Raises what reading the home's rule packs raises."""
        from tocsin.node.review import casework  # noqa: PLC0415  # not on --help

        return casework(self.parts)


@contextmanager
def open_cases(given: str | None) -> Iterator[CasesShell]:
    """Review over the home folder that the command line, the environment or the platform names."""
    from tocsin.access.model import local  # noqa: PLC0415  # not on --help
    from tocsin.banks.curation import Curation  # noqa: PLC0415
    from tocsin.cases.observing import Observing  # noqa: PLC0415
    from tocsin.cases.queue import Queue  # noqa: PLC0415
    from tocsin.node.review import Parts, case_store, deciding  # noqa: PLC0415
    from tocsin.node.settings import ReviewSettings  # noqa: PLC0415
    from tocsin.storage.earlier import EarlierContents  # noqa: PLC0415
    from tocsin.storage.observations import ObservationStore  # noqa: PLC0415
    from tocsin.storage.opinions import OpinionStore  # noqa: PLC0415
    from tocsin.storage.recording import local_actor  # noqa: PLC0415
    from tocsin.storage.submissions import SubmissionStore  # noqa: PLC0415

    with open_home(given) as home:
        database, ledger = home.database, home.ledger
        earlier = EarlierContents(home.folder, database)
        try:
            parts = Parts(
                banks=home,
                database=database,
                ledger=ledger,
                submissions=SubmissionStore(database),
                earlier=earlier,
                curation=Curation(database, home, OpinionStore(database), ledger),
                settings=ReviewSettings.read(home.folder),
            )
            cases = case_store(parts)
            yield CasesShell(
                me=local(local_actor().removeprefix("local:")),
                parts=parts,
                queue=Queue(database, cases, ledger),
                observing=Observing(database, cases, ObservationStore(database), ledger),
                deciding=deciding(parts, cases),
            )
        finally:
            earlier.close()
