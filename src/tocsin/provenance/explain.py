"""Looking at one file for signs of where it came from: every family in turn, each failure told.

This runs in a sandbox child. Readers that are not ours come last, and before each family everything found so
far is handed over together with the note that it ended the child: if it does, that note is the truth, and if
it does not, the next message replaces it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Final

from tocsin.media.identify import READABLE_ARCHIVES
from tocsin.provenance.collecting import Collector
from tocsin.provenance.leftovers import leftovers
from tocsin.provenance.model import Absent, Failed, Finding, NotChecked
from tocsin.provenance.opened import OWN_READER, Opened
from tocsin.provenance.texts import fault

FindingsSoFar = Callable[[tuple[Finding, ...]], None]
KINDS: Final = frozenset({"image", "video"})
ENDED: Final = "provenance.reader_ended"


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
    in_pixels: bool = False
    """Whether it looks for nothing in the metadata."""


METADATA: Final = "metadata"
"""The reader that all families need."""
DECODER: Final = Family("decoder", "the decoded picture", Tier.PIXELS, in_pixels=True)
"""What the other families of its tier need."""
FAMILIES: Final = (
    Family("generators.reading", "settings that generators write"),
    Family("declared", "declared origin (IPTC, vendors' labels)"),
    Family("camera", "what cameras write"),
    Family("camera.tables", "quantisation tables"),
    Family("video", "what video encoders and cameras write"),
    Family("c2pa", "C2PA manifests"),
    DECODER,
    Family("stealth", "text hidden in pixels", Tier.PIXELS, in_pixels=True),
    Family("novelai_signature", "NovelAI's signature over the pixels", Tier.PIXELS),
    Family("marks", "marks that reference code hides in pixels", Tier.PIXELS, in_pixels=True),
    Family("camera.thumbnail", "the thumbnail against the picture", Tier.PIXELS),
    Family("detectors", "learned detectors", Tier.PIXELS, in_pixels=True),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to look."""

    tier: Tier = Tier.FAST
    skipped: tuple[tuple[str, str], ...] = ()
    """Families, or `METADATA`, to leave out, each with the reason why it failed before."""


def look(file: Opened, wanted: Wanted, so_far: FindingsSoFar = lambda _: None) -> tuple[Finding, ...]:
    """Everything that the families find in `file`; whatever goes wrong is one of the findings."""
    if file.type.kind not in KINDS:
        return (NotChecked("signs of origin", _why_not(file)),)
    skipped = dict(wanted.skipped)
    families = [one for one in FAMILIES if one is not DECODER or wanted.tier is Tier.PIXELS]
    if METADATA in skipped:
        return (Failed(METADATA, ENDED, skipped[METADATA]), *_unchecked_after(METADATA, families))
    so_far(tuple(_if_it_ends(METADATA, families)))
    collector = Collector()
    problems = _problems(file)
    for problem in problems:
        collector.add(problem)
    for number, family in enumerate(families, 1):
        if family.name in skipped:
            collector.add(Failed(family.name, ENDED, skipped[family.name]))
            if family is DECODER:
                file.without_pixels("the decoder had ended the sandbox child")
        elif family.tier is Tier.PIXELS and wanted.tier is Tier.FAST:
            collector.add(NotChecked(family.looks_for, "the pixels were not asked for"))
        else:
            so_far((*collector.findings(), *_if_it_ends(family.name, families[number:])))
            _run(family, file, collector, doubtful=bool(problems))
    _leave_over(file, collector)
    return collector.findings()


def _why_not(file: Opened) -> str:
    if file.type.format in READABLE_ARCHIVES:
        return "this is an archive: `tocsin scan --explain` and `tocsin link` look inside"
    return f"only pictures and videos are looked at, not {file.type.mime}"


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


def _if_it_ends(reader: str, later: Sequence[Family]) -> Iterator[Finding]:
    """What is true if a reader ends the process that families would have come in after it."""
    yield Failed(reader, ENDED, "it ended the sandbox child that it ran in")
    yield from _unchecked_after(reader, later)


def _unchecked_after(reader: str, later: Sequence[Family]) -> Iterator[NotChecked]:
    for family in later:
        yield NotChecked(family.looks_for, f"the reader of {reader} had ended the sandbox child")


def _run(family: Family, file: Opened, collector: Collector, *, doubtful: bool) -> None:
    try:
        for finding in _signs(family, file):
            if doubtful and isinstance(finding, Absent) and not family.in_pixels:
                why = "not found, but a part of the metadata could not be read"
                collector.add(NotChecked(finding.what, why))
            else:
                collector.add(finding)
    except Exception as error:  # noqa: BLE001  # one family's fault must not silence the others; it is told
        collector.add(_failed(family.looks_for, error))


def _signs(family: Family, file: Opened) -> Iterable[Finding]:
    module = import_module(f"tocsin.provenance.{family.name}")
    found: Iterable[Finding] = module.signs(file)
    return found


def _leave_over(file: Opened, collector: Collector) -> None:
    try:
        for finding in leftovers(file, collector.findings()):
            collector.add(finding)
    except Exception as error:  # noqa: BLE001  # as above
        collector.add(_failed("what nobody has read", error))


def _failed(what: str, error: Exception) -> Failed:
    """A fault of our own, or of a reader that raises what it never should."""
    reason = f"{what}: {fault(error)}"
    return Failed(OWN_READER, "provenance.family_failed", reason)
