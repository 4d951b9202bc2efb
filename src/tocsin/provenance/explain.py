"""Looking at one file for signs of where it came from: every family in turn, each failure told.

This runs in a sandbox child. Readers that are not ours come last, and before each of them everything found so
far is handed over together with the note that the reader ended the child: if it does, that note is the truth,
and if it does not, the next message replaces it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Final

from tocsin.provenance.findings import finding_to_json
from tocsin.provenance.model import Absent, Failed, Finding, NotChecked
from tocsin.provenance.opened import OWN_READER, Opened

FindingsSoFar = Callable[[tuple[Finding, ...]], None]
KINDS: Final = frozenset({"image", "video"})
ENDED: Final = "provenance.reader_ended"
MOST_BYTES: Final = 600_000
"""Length of all findings of one file as JSON; one message of the sandbox holds a megabyte."""


class Tier(StrEnum):
    """How far a file is looked into."""

    FAST = "fast"
    """Metadata and C2PA: nothing is decoded."""
    PIXELS = "pixels"
    """The decoded picture as well."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of signs: a module of this room with a function `signs`."""

    name: str
    looks_for: str
    tier: Tier = Tier.FAST
    foreign: bool = False
    """Whether it hands strangers' bytes to a reader that is not ours."""


FAMILIES: Final = (
    Family("generators.reading", "settings that generators write"),
    Family("declared", "declared origin (IPTC, vendors' labels)"),
    Family("camera", "what cameras write"),
    Family("tables", "quantisation tables"),
    Family("video", "what video encoders and cameras write"),
    Family("c2pa", "C2PA manifests", foreign=True),
    Family("stealth", "text hidden in pixels", Tier.PIXELS, foreign=True),  # the first to ask for pixels
    Family("novelai_signature", "NovelAI's signature over the pixels", Tier.PIXELS),
    Family("marks", "marks that reference code hides in pixels", Tier.PIXELS),
    Family("thumbnail", "the thumbnail against the picture", Tier.PIXELS, foreign=True),
    Family("detectors", "learned detectors", Tier.PIXELS, foreign=True),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to look."""

    tier: Tier = Tier.FAST
    skipped: tuple[tuple[str, str], ...] = ()
    """Families to leave out, each with the reason why it failed before."""


class _Collector:
    """Findings, as many as one answer can hold."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._bytes = 0
        self._full = False

    def add(self, finding: Finding) -> bool:
        """Keep the finding; False if there is no room, which is told once."""
        self._bytes += len(json.dumps(finding_to_json(finding)))
        if self._bytes > MOST_BYTES and not self._full:
            self._full = True
            what, why = "further signs", "the file holds more signs than one answer can list"
            self.found.append(NotChecked(what, why))
        if self._full:
            return False
        self.found.append(finding)
        return True


def look(file: Opened, wanted: Wanted, so_far: FindingsSoFar = lambda _: None) -> tuple[Finding, ...]:
    """Everything that the families find in `file`; whatever goes wrong is one of the findings."""
    if file.type.kind not in KINDS:
        why = f"only pictures and videos are looked at, not {file.type.mime}"
        return (NotChecked("signs of origin", why),)
    collector = _Collector()
    problems = _problems(file)
    for problem in problems:
        collector.add(problem)
    skipped = dict(wanted.skipped)
    for number, family in enumerate(FAMILIES):
        if family.name in skipped:
            collector.add(Failed(family.name, ENDED, skipped[family.name]))
        elif family.tier is Tier.PIXELS and wanted.tier is Tier.FAST:
            collector.add(NotChecked(family.looks_for, "the pixels were not asked for"))
        else:
            if family.foreign:
                so_far((*collector.found, *_if_it_ends(number)))
            _run(family, file, collector, doubtful=bool(problems))
    return tuple(collector.found)


def _problems(file: Opened) -> list[Failed | NotChecked]:
    """What is wrong with the container and its metadata, or that nobody can read them."""
    try:
        if not file.walk.walked:
            return [NotChecked("metadata", f"the parts of {file.type.format} files are not known here")]
        found: list[Failed | NotChecked] = [
            Failed(OWN_READER, problem.code, problem.reason) for problem in file.fields.problems
        ]
        if file.walk.problem:
            found.append(Failed(OWN_READER, "provenance.container", file.walk.problem))
    except Exception as error:  # noqa: BLE001  # it is told; the families meet the same and tell it, too
        return [_failed("metadata", error)]
    return found


def _if_it_ends(number: int) -> Iterator[Finding]:
    """What is true if the family with this number ends the process."""
    family = FAMILIES[number]
    yield Failed(family.name, ENDED, "it ended the sandbox child that it ran in")
    for later in FAMILIES[number + 1 :]:
        why = f"the reader of {family.looks_for} had ended the sandbox child"
        yield NotChecked(later.looks_for, why)


def _run(family: Family, file: Opened, collector: _Collector, *, doubtful: bool) -> None:
    try:
        for finding in _signs(family, file):
            if doubtful and isinstance(finding, Absent) and family.tier is Tier.FAST:
                why = "not found, but a part of the metadata could not be read"
                kept = collector.add(NotChecked(finding.what, why))
            else:
                kept = collector.add(finding)
            if not kept:
                return
    except Exception as error:  # noqa: BLE001  # one family's fault must not silence the others; it is told
        collector.add(_failed(family.looks_for, error))


def _signs(family: Family, file: Opened) -> Iterable[Finding]:
    if family.name == "detectors":
        from tocsin.provenance import detectors  # noqa: PLC0415  # numpy, only for pixels

        return detectors.signs(file, detectors.load(file.detectors) if file.detectors else ())
    module = import_module(f"tocsin.provenance.{family.name}")
    found: Iterable[Finding] = module.signs(file)
    return found


def _failed(what: str, error: Exception) -> Failed:
    """A fault of our own, or of a reader that raises what it never should."""
    reason = f"{what}: {type(error).__name__}: {str(error)[:300]}"
    return Failed(OWN_READER, "provenance.family_failed", reason)
