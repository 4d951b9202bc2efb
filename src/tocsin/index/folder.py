"""Reading the state of an index back from its folder."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tocsin.index.errors import IndexMissingError
from tocsin.index.files import corrupt
from tocsin.index.log import Log, Tail
from tocsin.index.manifest import NAME, Manifest, decoded
from tocsin.index.rows import Live
from tocsin.index.segment import Segment, open_segment
from tocsin.index.settings import Step
from tocsin.index.snapshot import Snapshot
from tocsin.index.tombstones import Tombstones

_OURS = re.compile(r"(segment|log|tombstones)-\d+\.[a-z]+|.*\.tmp")
_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Loaded:
    """A folder's state, and what is needed to notice that it has moved on."""

    manifest: Manifest
    manifest_descriptor: int
    tail: Tail
    snapshot: Snapshot
    tombstones: Tombstones
    """Those in the manifest's file, before the log's operations."""

    def replaced(self) -> bool:
        """Whether there is a newer manifest: the file held open has lost its name."""
        return os.fstat(self.manifest_descriptor).st_nlink == 0

    def close(self) -> None:
        """Let the files go."""
        os.close(self.manifest_descriptor)
        self.tail.close()


def load(folder: Path, known: tuple[Segment, ...] = ()) -> Loaded:
    """The state that `folder` holds, taking segments that are open already from `known`.

    Tries again when the writer replaces the manifest meanwhile and removes the files it named.
    Raises IndexMissingError, IndexCorruptError.
    """
    for _attempt in range(_ATTEMPTS):
        loaded = _attempt_to_load(folder, {segment.ref.file: segment for segment in known})
        if loaded is not None:
            return loaded
    raise corrupt(folder / NAME, "it names files that are not there")


def _attempt_to_load(folder: Path, known: dict[str, Segment]) -> Loaded | None:
    """The state, or None when a newer manifest came in between."""
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        message = f"there is no index in {folder}"
        raise IndexMissingError(message) from None
    try:
        manifest = decoded(os.pread(descriptor, os.fstat(descriptor).st_size, 0), path)
        tail = Tail(folder / manifest.log, manifest.sequence)
    except FileNotFoundError as error:
        _missing(descriptor, error)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    try:
        start = _opened(folder, manifest, known)
        snapshot = replayed(start, tail)
        tail.check_rest()
    except FileNotFoundError as error:
        tail.close()
        _missing(descriptor, error)
        return None
    except BaseException:
        tail.close()
        os.close(descriptor)
        raise
    return Loaded(manifest, descriptor, tail, snapshot, start.tombstones)


def _missing(descriptor: int, error: FileNotFoundError) -> None:
    """Raise IndexCorruptError if the manifest that named the missing file is still the current one."""
    current = os.fstat(descriptor).st_nlink > 0
    os.close(descriptor)
    if current:
        raise corrupt(Path(error.filename), "it is missing") from error


def _opened(folder: Path, manifest: Manifest, known: dict[str, Segment]) -> Snapshot:
    """The manifest's state."""
    return Snapshot(
        segments=tuple(known.get(ref.file) or open_segment(folder, ref) for ref in manifest.segments),
        live=Live.empty(),
        tombstones=Tombstones.read(folder / manifest.tombstones)
        if manifest.tombstones
        else Tombstones.none(),
        sequence=manifest.sequence,
        checkpoint=manifest.checkpoint,
    )


def replayed(snapshot: Snapshot, tail: Tail) -> Snapshot:
    """The state after the operations that `tail` has not yielded yet."""
    for record in tail.records():
        snapshot = snapshot.after(record)
    return snapshot


def remove_orphans(folder: Path, manifest: Manifest) -> None:
    """Delete what an interrupted write or merge left behind."""
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in manifest.files():
            path.unlink()


def create(folder: Path, step: Step) -> None:
    """Make `folder` an empty index if it is none. Raises IndexCorruptError if its manifest is gone."""
    if (folder / NAME).exists():
        return
    if any(folder.glob("segment-*.seg")):
        raise corrupt(folder / NAME, "it is missing")
    log = Log.create(folder / "log-00000001.log", step)
    log.close()
    Manifest(0, 2, log.path.name, None, None, ()).write(folder, step)
