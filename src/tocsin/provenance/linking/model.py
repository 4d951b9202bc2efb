"""What links files by the fingerprints they share: groups with the evidence, and what weighs little."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.provenance.model import Fingerprint

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


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
    """Where a fingerprint was read from one file. The file's explanation has the digest of the bytes."""

    file: str
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
    """Heaviest first. Every one of the files has every one of them."""
    weight: float
    why: str
    files: tuple[str, ...]
    readings: tuple[Reading, ...]

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
            "files": list(self.files),
            "rules": list(self.rules),
            "places": [reading.to_json() for reading in self.readings],
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Files that links connect, in order of their names, and the links, heaviest first."""

    files: tuple[str, ...]
    links: tuple[Link, ...]

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {"files": list(self.files), "links": [link.to_json() for link in self.links]}


@dataclass(frozen=True, slots=True)
class Weak:
    """A fingerprint that files share and that makes no link by itself."""

    part: Weighed
    sharing: int
    """How many files have it."""
    files: tuple[str, ...]
    """The first few of them."""

    def to_json(self) -> "JsonObject":
        """The documented shape; `files` names the first few, `shared_by` counts all."""
        return {**self.part.to_json(), "shared_by": self.sharing, "files": list(self.files)}


@dataclass(frozen=True, slots=True)
class Counts:
    """What was compared, and what was left out and why."""

    files: int
    without_fingerprint: int
    in_groups: int
    fingerprints: int
    """Different ones."""
    shared: int
    """Of them, those that two or more files have."""
    dropped: tuple[tuple[str, int], ...]
    """Why fingerprints were not compared, and how many."""

    def to_json(self) -> "JsonObject":
        """The documented shape."""
        return {
            "files": self.files,
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
    shared_but_weak: tuple[Weak, ...]
    """Most shared first."""
    counts: Counts

    def to_json(self) -> "JsonObject":
        """The documented shape: `groups`, `ungrouped`, `shared_but_weak` and `counts`."""
        return {
            "groups": [group.to_json() for group in self.groups],
            "ungrouped": list(self.ungrouped),
            "shared_but_weak": [weak.to_json() for weak in self.shared_but_weak],
            "counts": self.counts.to_json(),
        }
