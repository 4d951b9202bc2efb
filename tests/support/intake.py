"""Rooms around an intake, over real stores."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from PIL import Image

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import EntryDraft
from tocsin.content.examine import signals_of
from tocsin.content.examiner import Examiner
from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import Keys
from tocsin.intake.model import Context
from tocsin.intake.screening import Examining, Rooms
from tocsin.intake.service import Answer, Arrived, Intake
from tocsin.jobs.model import Job
from tocsin.simulators.pictures import picture
from tocsin.storage.earlier import EarlierContents
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.lookups import LookupStore
from tocsin.storage.submissions import SubmissionStore

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

PLATFORM = Principal(
    "token:uploads",
    frozenset({Permission.SUBMIT, Permission.MATCH}),
    {"*": frozenset({Right.MATCH, Right.READ})},
)
PARTNER = Principal("token:partner", frozenset({Permission.MATCH}), {"known": frozenset({Right.MATCH})})
LONG = timedelta(seconds=120)
"""Longer than anything takes."""


class Announced:
    """Keeps what was announced."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.events: list[tuple[str, JsonObject]] = []

    def announce(self, kind: str, body: "JsonObject") -> None:
        """Keep an event."""
        self.events.append((kind, body))


def rooms_of(home: Home, examiner: Examining, announced: Announced | None = None) -> Rooms:
    """Everything an intake needs, in one home."""
    keys = Keys.open(home.folder, create=True)
    return Rooms(
        transactions=home.database,
        ledger=LedgerStore(home.database, keys),
        vault=FolderVault(home.folder / FOLDER, keys),
        jobs=JobStore(home.database),
        submissions=SubmissionStore(home.database),
        known=home,
        examiner=examiner,
        announce=announced,
        earlier=EarlierContents(home.folder, home.database),
        lookups=LookupStore(home.database),
    )


@contextmanager
def intake_of(home: Home, examiner: Examiner, announced: Announced | None = None) -> Iterator[Intake]:
    """An intake over a home."""
    with Intake(rooms_of(home, examiner, announced)) as intake:
        yield intake


def arrived(data: bytes) -> Arrived:
    """Bytes that have come in."""
    return Arrived(io.BytesIO(data), hashlib.sha256(data).digest(), len(data))


def submit(
    intake: Intake,
    data: bytes,
    *,
    key: str | None = None,
    context: Context | None = None,
    wait: timedelta = LONG,
) -> Answer:
    """Submit bytes and wait for the answer."""
    return intake.submit(arrived(data), PLATFORM, context or Context(), key=key, wait=wait)


def entry_of(data: bytes) -> EntryDraft:
    """An entry with all signals of a content."""
    return EntryDraft(signals_of(data))


def do_jobs(intake: Intake, jobs: JobStore) -> list[Job]:
    """Do all jobs that are due, one after the other, as a worker would; those that were done."""
    done: list[Job] = []
    handlers = intake.handlers()
    while (job := jobs.claim(handlers, "test", timedelta(minutes=5))) is not None:
        handlers[job.kind](job)
        done.append(job)
    return done


def jpeg(seed: int, quality: int = 90) -> bytes:
    """A benign photograph-like picture, the same for the same seed."""
    file = io.BytesIO()
    Image.fromarray(picture(seed, 256, 192)).save(file, "JPEG", quality=quality)
    return file.getvalue()
