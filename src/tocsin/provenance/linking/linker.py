"""Finding links among files, from what was seen of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from tocsin.provenance.linking.model import Counts, Group, Link, Links, Reading, Weak, Weighed
from tocsin.provenance.linking.sightings import Sighting, Sightings
from tocsin.provenance.linking.weighing import Kind, Scale
from tocsin.provenance.model import Fingerprint

_MAX_PARTS: Final = 12
"""Fingerprints of one file that are tried in pairs: 66 pairs, however many it has."""
_EXAMPLES: Final = 10
_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class _Shared:
    """A fingerprint that two or more files have; files by their place in the order of names."""

    fingerprint: Fingerprint
    worth: Kind
    weight: float
    files: tuple[int, ...]
    latest: int
    """Where its sightings begin."""


class Linker:
    """Links among files, from what was seen of them. Work grows with sightings, never with pairs of files."""

    def __init__(self, seen: Sightings, figures: Scale) -> None:
        """`seen` must be complete."""
        self._seen = seen
        self._scale = figures
        self._paths = sorted(seen.paths)
        ranks = {path: rank for rank, path in enumerate(self._paths)}
        self._rank = [ranks[path] for path in seen.paths]
        self._parent = list(range(len(self._paths)))

    def links(self) -> Links:
        """Everything there is to say."""
        shared = tuple(self._shared())
        weak = [one for one in shared if one.weight < self._scale.threshold]
        found = [self._alone(one) for one in shared if one.weight >= self._scale.threshold]
        found += self._together(shared)
        for files, _ in found:
            for file in files[1:]:
                self._join(files[0], file)
        groups = self._groups(found)
        grouped = sum(len(group.files) for group in groups)
        roots = {self._root(files[0]) for files, _ in found}
        return Links(
            groups=groups,
            ungrouped=tuple(p for rank, p in enumerate(self._paths) if self._root(rank) not in roots),
            shared_but_weak=tuple(map(self._weak, sorted(weak, key=_most_shared))),
            counts=Counts(
                files=len(self._paths),
                without_fingerprint=self._seen.without(),
                in_groups=grouped,
                fingerprints=self._seen.distinct(),
                shared=len(shared),
                dropped=tuple(sorted(self._seen.dropped.items())),
            ),
        )

    def _shared(self) -> Iterator[_Shared]:
        for fingerprint, row in self._seen.fingerprints():
            sightings = list(self._seen.back_from(row))
            files = tuple(sorted({self._rank[one.file] for one in sightings}))
            if len(files) > 1:
                certified = any(one.origin.certified for one in sightings)
                rules = {one.origin.rule.partition("@")[0] for one in sightings}
                worth = self._scale.worth(fingerprint, rules, certified=certified)
                weight = self._scale.weight(worth, len(files), len(self._paths))
                yield _Shared(fingerprint, worth, round(weight, _DIGITS), files, row)

    def _alone(self, one: _Shared) -> tuple[tuple[int, ...], Link]:
        part = self._weighed(one)
        return one.files, self._link((one,), one.files, one.weight, part.why)

    def _together(self, shared: Sequence[_Shared]) -> Iterator[tuple[tuple[int, ...], Link]]:
        """Weak ones that add up, by the files that have them all."""
        by_pair: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for file, numbers in self._tried(shared).items():
            able = (number for number in numbers if self._can_add(shared[number]))
            for pair in combinations(able, 2):
                if self._sum([shared[number] for number in pair]) >= self._scale.threshold:
                    by_pair[pair].append(file)
        by_files: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)
        for pair, some in by_pair.items():
            if len(some) > 1:
                by_files[tuple(sorted(some))].update(pair)
        for files, together in sorted(by_files.items()):
            parts = sorted((shared[number] for number in sorted(together)), key=lambda one: -one.weight)
            weight = self._sum(parts)
            yield files, self._link(parts, files, weight, self._why_together(parts, files, weight))

    def _tried(self, shared: Sequence[_Shared]) -> dict[int, list[int]]:
        """For each file the fingerprints to be tried in pairs, as numbers in `shared`.

        Which they are must not depend on frequency, or an added file could part a group.
        """
        order = sorted(range(len(shared)), key=lambda number: (-shared[number].worth.base, number))
        tried: defaultdict[int, list[int]] = defaultdict(list)
        for number in order:
            if shared[number].worth.base >= self._scale.part:
                for file in shared[number].files:
                    if len(tried[file]) < _MAX_PARTS:
                        tried[file].append(number)
        return tried

    def _can_add(self, one: _Shared) -> bool:
        return self._scale.part <= one.weight < self._scale.threshold

    def _sum(self, parts: Sequence[_Shared]) -> float:
        """What several weigh together; of those that say one thing twice, the heaviest counts."""
        heaviest: dict[str, float] = {}
        for one in parts:
            heaviest[one.worth.aspect] = max(heaviest.get(one.worth.aspect, 0.0), one.weight)
        return round(sum(heaviest.values()), _DIGITS)

    def _link(self, parts: Sequence[_Shared], files: tuple[int, ...], weight: float, why: str) -> Link:
        return Link(
            parts=tuple(map(self._weighed, parts)),
            weight=weight,
            why=why,
            files=tuple(self._paths[file] for file in files),
            readings=tuple(reading for one in parts for reading in self._readings(one, files)),
        )

    def _readings(self, one: _Shared, files: tuple[int, ...]) -> Iterator[Reading]:
        wanted = frozenset(files)
        found = (
            sighting for sighting in self._seen.back_from(one.latest) if self._rank[sighting.file] in wanted
        )
        for sighting in sorted(found, key=self._by_place):
            origin = sighting.origin
            yield Reading(
                file=self._paths[self._rank[sighting.file]],
                fingerprint=one.fingerprint,
                rule=origin.rule,
                container=origin.container,
                segment=origin.segment,
                offset=sighting.offset,
                length=sighting.length,
            )

    def _by_place(self, sighting: Sighting) -> tuple[int, str, str, int]:
        origin, offset = sighting.origin, sighting.offset
        return self._rank[sighting.file], origin.rule, origin.segment or "", -1 if offset is None else offset

    def _weighed(self, one: _Shared) -> Weighed:
        return Weighed(one.fingerprint, one.worth.name, one.weight, self._why(one))

    def _why(self, one: _Shared) -> str:
        share = f"{len(one.files):,} of {len(self._paths):,} files have it"
        if one.weight < round(one.worth.base, _DIGITS):
            share += f", which brings it from {one.worth.base:.2f} down to {one.weight:.2f}"
        return f"{one.worth.reason}. {share}."

    def _why_together(self, parts: Sequence[_Shared], files: tuple[int, ...], weight: float) -> str:
        weights = ", ".join(f"{one.worth.name} {one.weight:.2f}" for one in parts)
        less = weight < round(sum(one.weight for one in parts), _DIGITS)
        why = ": what says one thing twice counts once" if less else ""
        return (
            f"None of these makes a link alone ({weights}), but {len(files):,} files have them all. "
            f"Together they weigh {weight:.2f}{why}."
        )

    def _weak(self, one: _Shared) -> Weak:
        some = tuple(self._paths[file] for file in one.files[:_EXAMPLES])
        return Weak(self._weighed(one), len(one.files), some)

    def _groups(self, found: Sequence[tuple[tuple[int, ...], Link]]) -> tuple[Group, ...]:
        links: defaultdict[int, list[Link]] = defaultdict(list)
        for files, one in found:
            links[self._root(files[0])].append(one)
        members: defaultdict[int, list[str]] = defaultdict(list)
        for rank, path in enumerate(self._paths):
            if (root := self._root(rank)) in links:
                members[root].append(path)
        return tuple(
            Group(tuple(files), tuple(sorted(links[root], key=lambda one: -one.weight)))
            for root, files in members.items()
        )

    def _root(self, file: int) -> int:
        while self._parent[file] != file:
            self._parent[file] = self._parent[self._parent[file]]
            file = self._parent[file]
        return file

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._parent[second] = first


def _most_shared(one: _Shared) -> tuple[int, str, str]:
    return -len(one.files), one.fingerprint.kind.value, one.fingerprint.value
