"""What earlier scans found out about files, so that an unchanged file is not read again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.hashing.content import Content
from tocsin.matching.walk import Stamp

ITSELF = -1
"""In place of a member's number: what is noted concerns the archive itself, not a file in it."""


@dataclass(frozen=True, slots=True)
class SeenMember:
    """One member of a seen archive."""

    name: str
    content: Content


@dataclass(frozen=True, slots=True)
class SeenFile:
    """What examining a file gave."""

    stamp: Stamp
    content: Content
    complete: bool = True
    """False for an archive while members of it are still to be examined."""


class SeenFiles(Protocol):
    """A place that remembers them."""

    def recall(self, paths: Iterable[str]) -> Mapping[str, SeenFile]:
        """What is remembered of the files at `paths`."""
        ...

    def members(self, path: str) -> Iterator[tuple[int, SeenMember]]:
        """The members remembered of the archive at `path`, with their numbers, in order."""
        ...

    def remember(
        self, files: Mapping[str, SeenFile], members: Sequence[tuple[str, int, SeenMember]] = ()
    ) -> None:
        """Remember files, forgetting what was known of the same paths and their members, then members."""
        ...

    def complete(self, path: str) -> None:
        """Note that all members of the archive at `path` are remembered."""
        ...
