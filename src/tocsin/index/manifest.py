"""The manifest: which files make up the index right now. Replacing it is what commits every larger change.

Layout: docs/formats/hamming-index.md, "Manifest".
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tocsin.index.files import checksum, corrupt, write_atomically
from tocsin.index.settings import Step

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """A segment as the manifest lists it."""

    file: str
    rows: int
    sequence: int
    """Removals up to this operation have been applied to its rows; later ones hide rows by tombstones."""
    header_crc: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of the index up to operation `sequence`; the log goes on from there."""

    sequence: int
    next_file: int
    """The number the next new file takes; file names are never used twice."""
    log: str
    tombstones: str | None
    checkpoint: bytes | None
    segments: tuple[SegmentRef, ...]

    def files(self) -> frozenset[str]:
        """All files it names."""
        names = {self.log, *(segment.file for segment in self.segments)}
        return frozenset(names | {self.tombstones} if self.tombstones else names)

    def encoded(self) -> bytes:
        """One line with the CRC-32 of the rest, then JSON."""
        fields = asdict(self)
        fields["checkpoint"] = None if self.checkpoint is None else self.checkpoint.hex()
        body = (json.dumps({"format": FORMAT, **fields}, indent=1) + "\n").encode()
        return b"%08x\n" % checksum(body) + body

    def write(self, folder: Path, step: Step) -> None:
        """Make this the manifest of `folder`."""
        write_atomically(folder / NAME, lambda file: file.write(self.encoded()), step)


def decoded(data: bytes, path: Path) -> Manifest:
    """The manifest that `data`, read from `path`, holds. Raises IndexCorruptError."""
    line, _, body = data.partition(b"\n")
    if line != b"%08x" % checksum(body):
        raise corrupt(path, "its checksum does not fit")
    fields = json.loads(body)
    if fields.pop("format") != FORMAT:
        raise corrupt(path, "it is of a format this version does not know")
    checkpoint = fields.pop("checkpoint")
    segments = tuple(SegmentRef(**segment) for segment in fields.pop("segments"))
    return Manifest(
        **fields, checkpoint=None if checkpoint is None else bytes.fromhex(checkpoint), segments=segments
    )
