"""What somebody says of a partner's file beside what it says itself."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tocsin.hashing.signals import SignalType


class FileFormat(StrEnum):
    """Whose format a file has."""

    VICS = "vics"
    ICSE = "icse"
    NSRL = "nsrl"
    THREATEXCHANGE = "threatexchange"


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What somebody says of a file beside what it says itself."""

    format: FileFormat
    source: str = ""
    """Whose list it is."""
    member: str = ""
    scheme: tuple[str, str] | None = None
    """Name and version of the scheme of VICS 1.x's categories, which such a file does not say."""
    type: SignalType | None = None
    """Of hashes that do not state theirs."""
    folder: Path | None = None
    """Where records wait until the file has been read; None: where the system keeps temporary files."""


@dataclass(slots=True)
class Written:
    """What of a bank was written into a file."""

    entries: int = 0
    records: int = 0
    withdrawn: int = 0
    """Withdrawn entries, for which the format has no room."""
    unwritable: int = 0
    """Live entries that lack what the format demands, such as an MD5, or have terms that it cannot say."""
    left_out: int = 0
    """Labels and hashes for which the format has no room; labels of another scheme than the file's."""
