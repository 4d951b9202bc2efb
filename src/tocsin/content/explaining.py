"""Explaining files: signs of origin looked for in the sandbox, and again where a reader ended its child."""

import hashlib
import json
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin import __version__
from tocsin.content.examine import TASK
from tocsin.content.model import Content, SubvertedError, content_of
from tocsin.errors import Refusal
from tocsin.media.sandbox import Job, JsonObject, JsonValue, Pool
from tocsin.provenance.answer import Explanation, explanation_of
from tocsin.provenance.explain import DECODER, ENDED, FAMILIES, METADATA, Tier
from tocsin.provenance.model import Failed, Finding, NotChecked
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import rules_digest

if TYPE_CHECKING:
    from tocsin.provenance.trust import Trust

PRELOAD: Final = (
    "tocsin.content.origin",
    "tocsin.media.views",
    "PIL.Image",
    "c2pa",
    "cryptography.x509",
    *(f"tocsin.provenance.{family.name}" for family in FAMILIES),
)
"""What children load beforehand to look for signs of origin."""


_READERS: Final = frozenset({METADATA, *(family.name for family in FAMILIES)})
Skipped = tuple[tuple[str, str], ...]
"""Readers to leave out, each with the reason why: it ended a child before."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One file and what was found out about its origin."""

    path: str
    content: Content

    @property
    def explanation(self) -> Explanation:
        """The answer about its origin."""
        return explanation_of(self.content.findings or ())


@dataclass(frozen=True, slots=True)
class _Task:
    path: str
    skipped: Skipped = ()


@dataclass(frozen=True, slots=True)
class Search:
    """How signs of origin are to be looked for."""

    tier: Tier = Tier.FAST
    trust: "Trust | None" = None
    detectors: Path | None = None
    """The folder of plugged-in detectors, which run with the pixel tier; None where there are none."""

    def options(self) -> "dict[str, JsonValue]":
        """What a sandbox job is told."""
        return {"origin": self.tier.value}

    def constants(self) -> JsonObject:
        """What all jobs of a pool are told."""
        constants: dict[str, JsonValue] = {}
        if self.trust is not None:
            constants["trust"] = json.dumps(self.trust.to_json())
        if self.detectors is not None:
            constants["detectors"] = str(self.detectors)
        return constants

    def readable(self) -> tuple[str, ...]:
        """Folders that the children of a pool have to read."""
        return () if self.detectors is None else (str(self.detectors),)

    def pool(self, *, workers: int, preload: Sequence[str] = ()) -> Pool:
        """Sandbox children that can look; they load `preload` as well."""
        constants, readable = self.constants(), self.readable()
        return Pool(
            TASK, workers=workers, preload=(*preload, *PRELOAD), constants=constants, readable=readable
        )

    def token(self, tier: Tier | None = None) -> str:
        """A name for this way of looking: with the same one, the same file gives the same findings.

        It goes through all trust lists and the folder of detectors: take it once for many files.
        """
        programs = __version__, version("c2pa-python"), rules_digest()
        known = json.dumps([programs, self.constants(), self._plugged_in()], sort_keys=True)
        return f"{tier or self.tier} {hashlib.sha256(known.encode()).hexdigest()[:16]}"

    def _plugged_in(self) -> list[tuple[str, int, int]]:
        """What tells whether detectors have changed."""
        files = sorted(self.detectors.rglob("*")) if self.detectors else []
        stats = [(str(file), file.lstat()) for file in files]
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]

    def answering(self) -> frozenset[str]:
        """The ways of looking that find what this search would find, and maybe more, by their tokens."""
        return frozenset({self.token(), self.token(Tier.PIXELS)})


def explain_paths(paths: Iterable[str], search: Search, *, workers: int | None = None) -> Iterator[Explained]:
    """Each file with its digests and findings, in no particular order; paths are taken as they are needed.

    A reader that ends its sandbox child is told, and the file is looked at again without it.

    Raises:
        tocsin.media.errors.SandboxError: sandbox children cannot be started.
    """
    size = workers or len(os.sched_getaffinity(0))
    with search.pool(workers=size) as pool:
        tasks: Iterable[_Task] = map(_Task, paths)
        while tasks := (yield from _explain(pool, tasks, search)):
            pass


def _explain(pool: Pool, tasks: Iterable[_Task], search: Search) -> Generator[Explained, None, list[_Task]]:
    """Explain all; returns those to be looked at again."""
    again: list[_Task] = []
    for outcome in pool.run(_job(task, search) for task in tasks):
        task, content = outcome.key, content_of(outcome)
        if skipped := skipped_next(content, outcome.refusal, task.skipped):
            again.append(_Task(task.path, skipped))
        else:
            yield Explained(task.path, with_findings(content))
    return again


def _job(task: _Task, search: Search) -> Job[_Task]:
    options = {**search.options(), "views": False, "skipped": dict(task.skipped)}
    return Job.of_path(task, task.path, options)


def skipped_next(content: Content, refusal: Refusal | None, skipped: Skipped) -> Skipped:
    """What to leave out when looking again, if a reader ended the child; nothing where that is no use.

    A subverted child may name readers that there are not, and so be asked for ever: only ours count.
    """
    left = _READERS - dict(skipped).keys()
    for finding in content.findings or ():
        if refusal and isinstance(finding, Failed) and finding.code == ENDED and finding.reader in left:
            return (*skipped, (finding.reader, f"{finding.reason}: {refusal.message}"))
    return ()


def again_without(skipped: Skipped) -> "dict[str, JsonValue]":
    """The options of a job that looks again; where the decoder ended the child, without views."""
    left_out = dict(skipped)
    return {"skipped": left_out, "views": DECODER.name not in left_out}


def with_findings(content: Content) -> Content:
    """`content`, and where nothing was said of its origin, that nothing is known of it, and why."""
    if content.findings is not None:
        return content
    refused = content.refused or Refusal.of(SubvertedError())
    nothing: tuple[Finding, ...] = (
        Failed(OWN_READER, refused.code, refused.message),
        NotChecked("signs of origin", refused.message),
    )
    return replace(content, findings=nothing)
