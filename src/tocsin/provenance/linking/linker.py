"""Finding links among contents, from what was seen of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from tocsin.provenance.linking.model import (
    Copies,
    Counts,
    Group,
    Link,
    Links,
    Reading,
    Weak,
    Weighed,
    files_of,
)
from tocsin.provenance.linking.sightings import Sighting, Sightings
from tocsin.provenance.linking.weighing import Kind, Scale
from tocsin.provenance.model import Fingerprint

_MAX_PARTS: Final = 12
"""Fingerprints of one content that are tried in pairs: 66 pairs, however many it has."""
_EXAMPLES: Final = 10
_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class _Shared:
    """A fingerprint that two or more contents have; contents by their place in the order of names."""

    fingerprint: Fingerprint
    worth: Kind
    weight: float
    contents: tuple[int, ...]
    latest: int
    """Where its sightings begin."""


class Linker:
    """Links among contents, from what was seen of them. Work grows with sightings, never with pairs."""

    def __init__(self, seen: Sightings, figures: Scale) -> None:
        """`seen` must be complete."""
        self._seen = seen
        self._scale = figures
        contents = seen.contents()
        order = sorted(range(len(contents)), key=lambda number: _by_name(contents[number]))
        self._contents = [contents[number] for number in order]
        self._rank = [0] * len(order)
        for rank, number in enumerate(order):
            self._rank[number] = rank
        self._parent = list(range(len(order)))
        self._unit = "files" if all(len(one.files) == 1 for one in contents) else "contents"

    def links(self) -> Links:
        """Everything there is to say."""
        shared = tuple(self._shared())
        weak = [one for one in shared if one.weight < self._scale.threshold]
        found = [self._alone(one) for one in shared if one.weight >= self._scale.threshold]
        found += self._together(shared)
        for contents, _ in found:
            for content in contents[1:]:
                self._join(contents[0], content)
        groups = self._groups(found)
        roots = {self._root(contents[0]) for contents, _ in found}
        return Links(
            groups=groups,
            ungrouped=files_of(
                one for rank, one in enumerate(self._contents) if self._root(rank) not in roots
            ),
            copies=tuple(one for one in self._contents if len(one.files) > 1),
            shared_but_weak=tuple(map(self._weak, sorted(weak, key=_most_shared))),
            counts=self._counts(groups, len(shared)),
        )

    def _counts(self, groups: Sequence[Group], shared: int) -> Counts:
        told = {self._rank[number] for number in self._seen.with_fingerprint()}
        return Counts(
            files=_files(self._contents),
            contents=len(self._contents),
            without_fingerprint=_files(one for rank, one in enumerate(self._contents) if rank not in told),
            in_groups=sum(_files(group.contents) for group in groups),
            fingerprints=self._seen.distinct(),
            shared=shared,
            dropped=tuple(sorted(self._seen.dropped.items())),
        )

    def _shared(self) -> Iterator[_Shared]:
        for fingerprint, row in self._seen.fingerprints():
            sightings = list(self._seen.back_from(row))
            contents = tuple(sorted({self._rank[one.content] for one in sightings}))
            if len(contents) > 1:
                certified = any(one.origin.certified for one in sightings)
                rules = {one.origin.rule.partition("@")[0] for one in sightings}
                worth = self._scale.worth(fingerprint, rules, certified=certified)
                weight = self._scale.weight(worth, len(contents), len(self._contents))
                yield _Shared(fingerprint, worth, round(weight, _DIGITS), contents, row)

    def _alone(self, one: _Shared) -> tuple[tuple[int, ...], Link]:
        part = self._weighed(one)
        return one.contents, self._link((one,), one.contents, one.weight, part.why)

    def _together(self, shared: Sequence[_Shared]) -> Iterator[tuple[tuple[int, ...], Link]]:
        """Weak ones that add up, by the contents that have them all."""
        by_pair: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for content, numbers in self._tried(shared).items():
            able = (number for number in numbers if self._can_add(shared[number]))
            for pair in combinations(able, 2):
                if self._sum([shared[number] for number in pair]) >= self._scale.threshold:
                    by_pair[pair].append(content)
        by_contents: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)
        for pair, some in by_pair.items():
            if len(some) > 1:
                by_contents[tuple(sorted(some))].update(pair)
        for contents, together in sorted(by_contents.items()):
            parts = sorted((shared[number] for number in sorted(together)), key=lambda one: -one.weight)
            weight = self._sum(parts)
            yield contents, self._link(parts, contents, weight, self._why_together(parts, contents, weight))

    def _tried(self, shared: Sequence[_Shared]) -> dict[int, list[int]]:
        """For each content the fingerprints to be tried in pairs, as numbers in `shared`.

        Which they are must not depend on frequency, or an added content could part a group.
        """
        order = sorted(range(len(shared)), key=lambda number: (-shared[number].worth.base, number))
        tried: defaultdict[int, list[int]] = defaultdict(list)
        for number in order:
            if shared[number].worth.base >= self._scale.part:
                for content in shared[number].contents:
                    if len(tried[content]) < _MAX_PARTS:
                        tried[content].append(number)
        return tried

    def _can_add(self, one: _Shared) -> bool:
        return self._scale.part <= one.weight < self._scale.threshold

    def _sum(self, parts: Sequence[_Shared]) -> float:
        """What several weigh together; of those that say one thing twice, the heaviest counts."""
        heaviest: dict[str, float] = {}
        for one in parts:
            heaviest[one.worth.aspect] = max(heaviest.get(one.worth.aspect, 0.0), one.weight)
        return round(sum(heaviest.values()), _DIGITS)

    def _link(self, parts: Sequence[_Shared], contents: tuple[int, ...], weight: float, why: str) -> Link:
        return Link(
            parts=tuple(map(self._weighed, parts)),
            weight=weight,
            why=why,
            contents=tuple(self._contents[content] for content in contents),
            readings=tuple(dict.fromkeys(r for one in parts for r in self._readings(one, contents))),
        )

    def _readings(self, one: _Shared, contents: tuple[int, ...]) -> Iterator[Reading]:
        wanted = frozenset(contents)
        sightings = self._seen.back_from(one.latest)
        found = (sighting for sighting in sightings if self._rank[sighting.content] in wanted)
        for sighting in sorted(found, key=self._by_place):
            origin = sighting.origin
            yield Reading(
                file=self._contents[self._rank[sighting.content]].files[0],
                fingerprint=one.fingerprint,
                rule=origin.rule,
                container=origin.container,
                segment=origin.segment,
                offset=sighting.offset,
                length=sighting.length,
            )

    def _by_place(self, sighting: Sighting) -> tuple[int, str, str, int]:
        origin, offset = sighting.origin, sighting.offset
        return (
            self._rank[sighting.content],
            origin.rule,
            origin.segment or "",
            -1 if offset is None else offset,
        )

    def _weighed(self, one: _Shared) -> Weighed:
        return Weighed(one.fingerprint, one.worth.name, one.weight, self._why(one))

    def _why(self, one: _Shared) -> str:
        share = f"{len(one.contents):,} of {len(self._contents):,} {self._unit} have it"
        if one.weight < round(one.worth.base, _DIGITS):
            share += f", which brings it from {one.worth.base:.2f} down to {one.weight:.2f}"
        return f"{one.worth.reason}. {share}."

    def _why_together(self, parts: Sequence[_Shared], contents: tuple[int, ...], weight: float) -> str:
        weights = ", ".join(f"{one.worth.name} {one.weight:.2f}" for one in parts)
        less = weight < round(sum(one.weight for one in parts), _DIGITS)
        why = ": what says one thing twice counts once" if less else ""
        return (
            f"None of these makes a link alone ({weights}), but {len(contents):,} {self._unit} have "
            f"them all. Together they weigh {weight:.2f}{why}."
        )

    def _weak(self, one: _Shared) -> Weak:
        some = files_of(self._contents[content] for content in one.contents[:_EXAMPLES])
        return Weak(self._weighed(one), len(one.contents), some[:_EXAMPLES])

    def _groups(self, found: Sequence[tuple[tuple[int, ...], Link]]) -> tuple[Group, ...]:
        links: defaultdict[int, list[Link]] = defaultdict(list)
        for contents, one in found:
            links[self._root(contents[0])].append(one)
        members: defaultdict[int, list[Copies]] = defaultdict(list)
        for rank, content in enumerate(self._contents):
            if (root := self._root(rank)) in links:
                members[root].append(content)
        return tuple(
            Group(tuple(contents), tuple(sorted(links[root], key=lambda one: -one.weight)))
            for root, contents in members.items()
        )

    def _root(self, content: int) -> int:
        while self._parent[content] != content:
            self._parent[content] = self._parent[self._parent[content]]
            content = self._parent[content]
        return content

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._parent[second] = first


def _most_shared(one: _Shared) -> tuple[int, str, str]:
    return -len(one.contents), one.fingerprint.kind.value, one.fingerprint.value


def _by_name(content: Copies) -> tuple[tuple[str, ...], str]:
    return content.files, content.sha256 or ""


def _files(contents: Iterable[Copies]) -> int:
    return sum(len(content.files) for content in contents)
