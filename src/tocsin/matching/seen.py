"""What earlier scans found out about files, so that an unchanged file is not read again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.content.model import Content
from tocsin.matching.walk import Stamp

ITSELF = -1
"""In place of a member's number: what is noted concerns the archive itself, not a file in it.

An archive can be damaged in several ways; the second is noted under -2, and so on down.
"""


@dataclass(frozen=True, slots=True)
class SeenMember:
    """One member of a seen archive."""

    name: str
    content: Content


@dataclass(frozen=True, slots=True)
class MemberNote:
    """A member to remember: of the archive at `path` while it has that stamp."""

    path: str
    stamp: Stamp
    number: int
    member: SeenMember


@dataclass(frozen=True, slots=True)
class SeenFile:
    """What examining a file gave."""

    stamp: Stamp
    content: Content
    complete: bool = True
    """False for an archive while members of it are still to be examined."""


class SeenFiles(Protocol):
    """A place that remembers them. Several scans may use it at once, also of the same files."""

    def recall(self, paths: Iterable[str]) -> Mapping[str, SeenFile]:
        """What is remembered of the files at `paths`."""
        ...

    def members(self, path: str, stamp: Stamp) -> Iterator[tuple[int, SeenMember | None]]:
        """The members remembered of an archive, with their numbers, in order; None for a damaged memory."""
        ...

    def remember(self, files: Mapping[str, SeenFile], members: Sequence[MemberNote] = ()) -> None:
        """Remember files, forgetting members of the same paths under other stamps, then members."""
        ...

    def complete(self, path: str, stamp: Stamp, count: int) -> None:
        """Note that an archive is known to its end, provided that all `count` members are remembered."""
        ...
