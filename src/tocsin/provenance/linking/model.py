"""What links files by the fingerprints they share: groups with the evidence, and what weighs little.

Identical files are one content. Whatever is counted to weigh and to link is contents; whatever is listed is
files, those of one content beside each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tocsin.provenance.model import Fingerprint

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject
    from tocsin.provenance.answer import Explanation


class Answer(NamedTuple):
    """What explains one file."""

    path: str
    digest: str | None
    """SHA-256 of the file. Files of one digest are one content; a file without one is a content by itself."""
    explanation: "Explanation"


@dataclass(frozen=True, slots=True)
class Copies:
    """A content and all files that have it, in order of their names; most contents have one file."""

    sha256: str | None
    files: tuple[str, ...]

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {"sha256": self.sha256, "files": list(self.files)}


def files_of(contents: Iterable[Copies]) -> tuple[str, ...]:
    """The files of `contents`, those of one content beside each other."""
    return tuple(file for content in contents for file in content.files)


def counted(contents: int, files: int) -> str:
    """How many files there are, and how many different ones if some are copies: `3 contents in 5 files`."""
    told = f"{files:,} {'file' if files == 1 else 'files'}"
    return (
        told if contents == files else f"{contents:,} {'content' if contents == 1 else 'contents'} in {told}"
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """A fingerprint that files share, and what it weighs."""

    fingerprint: Fingerprint
    name: str
    """Its kind in words."""
    weight: float
    why: str

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {
            "kind": self.fingerprint.kind.value,
            "value": self.fingerprint.value,
            "weight": self.weight,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a fingerprint was read from one content. The file's explanation has the digest of the bytes."""

    file: str
    """The first file of the content."""
    fingerprint: Fingerprint
    rule: str
    container: str | None
    segment: str | None
    offset: int | None
    length: int | None

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {
            "file": self.file,
            "kind": self.fingerprint.kind.value,
            "rule": self.rule,
            "container": self.container,
            "segment": self.segment,
            "offset": self.offset,
            "length": self.length,
        }


@dataclass(frozen=True, slots=True)
class Link:
    """Files that share a fingerprint of weight, or several that add up."""

    parts: tuple[Weighed, ...]
    """Heaviest first. Every one of the contents has every one of them."""
    weight: float
    why: str
    contents: tuple[Copies, ...]
    readings: tuple[Reading, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the contents."""
        return files_of(self.contents)

    @property
    def counted(self) -> str:
        """How many contents and files, in words."""
        return counted(len(self.contents), len(self.files))

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules by which the fingerprints were read, as items cite them."""
        return tuple(sorted({reading.rule for reading in self.readings}))

    def to_json(self) -> "JsonObject":
        """The documented shape: the heaviest part, and the others under `with`."""
        first, *others = self.parts
        return {
            "kind": first.fingerprint.kind.value,
            "value": first.fingerprint.value,
            "weight": self.weight,
            "why": self.why,
            "with": [part.to_json() for part in others],
            "contents": len(self.contents),
            "files": list(self.files),
            "rules": list(self.rules),
            "places": [reading.to_json() for reading in self.readings],
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Contents that links connect, in order of their names, and the links, heaviest first."""

    contents: tuple[Copies, ...]
    links: tuple[Link, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the contents."""
        return files_of(self.contents)

    @property
    def counted(self) -> str:
        """How many contents and files, in words."""
        return counted(len(self.contents), len(self.files))

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {
            "contents": len(self.contents),
            "files": list(self.files),
            "links": [link.to_json() for link in self.links],
        }


@dataclass(frozen=True, slots=True)
class Weak:
    """A fingerprint that contents share and that makes no link by itself."""

    part: Weighed
    sharing: int
    """How many contents have it."""
    files: tuple[str, ...]
    """The first few of their files."""

    def to_json(self) -> "JsonObject":
        """The documented shape; `files` names the first few, `shared_by` counts all."""
        return {**self.part.to_json(), "shared_by": self.sharing, "files": list(self.files)}


@dataclass(frozen=True, slots=True)
class Counts:
    """What was compared, and what was left out and why."""

    files: int
    contents: int
    """Different ones: copies count once."""
    without_fingerprint: int
    """Files, as `in_groups` counts them."""
    in_groups: int
    fingerprints: int
    """Different ones."""
    shared: int
    """Of them, those that two or more contents have."""
    dropped: tuple[tuple[str, int], ...]
    """Why fingerprints were not compared, and how many."""

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {
            "files": self.files,
            "contents": self.contents,
            "without_fingerprint": self.without_fingerprint,
            "in_groups": self.in_groups,
            "fingerprints": self.fingerprints,
            "shared": self.shared,
            "dropped": dict(self.dropped),
        }


@dataclass(frozen=True, slots=True)
class Links:
    """What links files. The order is that of the files' names; it says nothing about urgency."""

    groups: tuple[Group, ...]
    ungrouped: tuple[str, ...]
    """All other files."""
    copies: tuple[Copies, ...]
    """The contents that stand in more than one file, in a group or not."""
    shared_but_weak: tuple[Weak, ...]
    """Most shared first."""
    counts: Counts

    def to_json(self) -> "JsonObject":
        """The documented shape: `groups`, `ungrouped`, `copies`, `shared_but_weak` and `counts`."""
        return {
            "groups": [group.to_json() for group in self.groups],
            "ungrouped": list(self.ungrouped),
            "copies": [content.to_json() for content in self.copies],
            "shared_but_weak": [weak.to_json() for weak in self.shared_but_weak],
            "counts": self.counts.to_json(),
        }
