"""Screening folders: every file under given paths examined in the sandbox and matched, resumably.

A file that has not changed since an earlier scan is not read again: what was found out about it is recalled
and matched against the banks as they are now. So an interrupted scan continues where it stopped.
"""

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tocsin.batches import batched
from tocsin.content.examine import TASK, suffix_of
from tocsin.content.explaining import Search, Skipped, again_without, skipped_next, with_findings
from tocsin.content.model import Content, content_of
from tocsin.matching.archive_scan import CHILD_LOST, Archive, can_be_opened, examine_members, with_refusal
from tocsin.matching.examine import COMPILED
from tocsin.matching.matches import Matcher, Matches
from tocsin.matching.seen import MemberNote, SeenFile, SeenFiles
from tocsin.matching.walk import FoundFile, Stamp, walk
from tocsin.media.errors import MediaError, UnreadableError
from tocsin.media.identify import READABLE_ARCHIVES
from tocsin.media.regular import open_regular
from tocsin.media.sandbox import Job, JsonObject, Pool
from tocsin.provenance.answer import Explanation, explanation_of
from tocsin.provenance.explain import DECODER

if TYPE_CHECKING:
    from tocsin.errors import Refusal

CHUNK = 2000
"""Files looked up and handed out together: enough to keep the workers busy, few enough to hold in memory."""
REMEMBER_EVERY = 200
REMEMBER_SECONDS = 2.0
OPTIONS: JsonObject = {"all_orientations": True, "preview": True}
_PASSING = CHILD_LOST | {MediaError.code, UnreadableError.code}
"""Refusals that may be different next time, so they are not remembered."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """One content that a scan came upon: a file, or a member of an archive."""

    path: str
    member: str | None
    content: Content
    matches: Matches
    recalled: bool
    """Whether it was seen by an earlier scan and not read again."""
    explanation: Explanation | None = None
    """What shows where it came from, where that was asked for."""

    @property
    def name(self) -> str:
        """What people call it: the path, and the member if it is one."""
        return self.path if self.member is None else f"{self.path}, member {self.member}"


@dataclass(frozen=True, slots=True)
class _Opening:
    """An archive to look into, and the numbers of the members that are known."""

    path: str
    stamp: Stamp
    content: Content
    known: frozenset[int] = frozenset()

    def archive(self) -> Archive:
        """The archive; whether to follow a link was decided before."""
        return Archive(lambda: open_regular(self.path), self.content, self.known)


@dataclass(slots=True)
class _Notes:
    """What is to be remembered soon."""

    files: dict[str, SeenFile] = field(default_factory=dict)
    members: list[MemberNote] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def due(self) -> bool:
        count = len(self.files) + len(self.members)
        return count >= REMEMBER_EVERY or (count > 0 and time.monotonic() - self.since > REMEMBER_SECONDS)


class Scanner:
    """Scans paths with a pool of sandbox children, which is started when there is something to read."""

    def __init__(
        self,
        matcher: Matcher,
        seen: SeenFiles,
        *,
        workers: int,
        fresh: bool = False,
        search: Search | None = None,
    ) -> None:
        """Match with `matcher`, remember in `seen`, and keep `workers` sandbox children busy.

        With `fresh`, read every file, whatever is remembered of it. With `search`, also look for signs of
        where files came from; files that were seen without are read again.
        """
        self._search = search
        self._looked = search.token() if search else ""
        self._answering = search.answering() if search else frozenset()
        self._options: JsonObject = {**OPTIONS, **(search.options() if search else {})}
        self._matcher = matcher
        self._seen = seen
        self._workers = workers
        self._fresh = fresh
        self._notes = _Notes()
        self._started: Pool | None = None
        self._given: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        """The scanner itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remember what is not yet remembered, and end the children."""
        try:
            self._remember()
        finally:
            if self._started is not None:
                self._started.close()

    def scan(self, paths: Iterable[str]) -> Iterator[Scanned]:
        """Everything under `paths`, in no particular order; whatever cannot be examined says why.

        A path that is given twice is scanned once.

        Raises:
            SandboxError: sandbox children cannot be started.
            tocsin.errors.Error: the banks or the memory cannot be read or written.
        """
        self._given = frozenset(given := list(dict.fromkeys(paths)))
        for files in batched(walk(given), CHUNK):
            fresh, archives = yield from self._recall(files)
            archives += yield from self._examine(fresh)
            for archive in archives:
                yield from self._open(archive)
        self._remember()

    def _recall(
        self, files: Sequence[FoundFile]
    ) -> Generator[Scanned, None, tuple[dict[str, Stamp], list[_Opening]]]:
        """What is known of `files`; returns what is not: files to read and archives to open."""
        fresh: dict[str, Stamp] = {}
        archives: list[_Opening] = []
        paths = [file.path for file in files if file.stamp is not None]
        recalled = {} if self._fresh else self._seen.recall(paths)
        for file in {file.path: file for file in files}.values():  # given paths may overlap
            if file.stamp is None:
                yield self._scanned(file.path, self._noted(Content("file", 0, (), file.refused)))
                continue
            known = recalled.get(file.path)
            if known is None or known.stamp != file.stamp or not self._is_answered_by(known.content):
                fresh[file.path] = file.stamp
                continue
            if known.content.format not in READABLE_ARCHIVES:
                yield self._scanned(file.path, known.content, recalled=True)
                continue
            members = yield from self._recall_members(file.path, known)
            if members is not None:
                archives.append(_Opening(file.path, file.stamp, known.content, members))
        return fresh, archives

    def _recall_members(self, path: str, known: SeenFile) -> Generator[Scanned, None, frozenset[int] | None]:
        """What is known of an archive's members; returns their numbers, or None if these are all.

        The archive itself comes last, when all is known that may be wrong with it.
        """
        numbers: set[int] = set()
        wrong: list[Refusal] = []
        all_there = known.complete
        for number, member in self._seen.members(path, known.stamp):
            if member is None:
                all_there = False
            elif number >= 0:
                numbers.add(number)
                yield self._scanned(path, member.content, member.name, recalled=True)
            elif member.content.refused is not None:
                wrong.append(member.content.refused)
        if not all_there:
            return frozenset(numbers)
        yield self._scanned(path, with_refusal(known.content, wrong), recalled=True)
        return None

    def _is_answered_by(self, content: Content) -> bool:
        return self._search is None or content.looked in self._answering

    def _examine(self, files: dict[str, Stamp]) -> Generator[Scanned, None, list[_Opening]]:
        """Read files; returns the archives among them."""
        archives: list[_Opening] = []
        tasks: dict[str, Skipped] = dict.fromkeys(files, ())
        cut_short: dict[str, Content] = {}
        while tasks:
            tasks = yield from self._examine_once(tasks, files, archives, cut_short)
        return archives

    def _examine_once(
        self,
        tasks: dict[str, Skipped],
        files: dict[str, Stamp],
        archives: list[_Opening],
        cut_short: dict[str, Content],
    ) -> Generator[Scanned, None, dict[str, Skipped]]:
        """Read files; returns those whose child was ended by a reader that can be left out next time.

        `cut_short` keeps what was known when the decoder was that reader: signals, and why there are no more.
        """
        again: dict[str, Skipped] = {}
        for outcome in self._pool().run(self._job(path, skipped) for path, skipped in tasks.items()):
            path, content = outcome.key, self._noted(content_of(outcome))
            if skipped := skipped_next(content, outcome.refusal, tasks[path]):
                again[path] = skipped
                if skipped[-1][0] == DECODER.name:
                    cut_short[path] = content
                continue
            if path in cut_short:
                content = replace(cut_short[path], findings=content.findings)
            is_archive = can_be_opened(content)
            if is_archive:
                archives.append(_Opening(path, files[path], content))
            if content.refused is None or content.refused.code not in _PASSING:
                self._notes.files[path] = SeenFile(files[path], content, complete=not is_archive)
                self._remember_if_due()
            if not is_archive:
                yield self._scanned(path, content)
        return again

    def _noted(self, content: Content) -> Content:
        """`content` with how signs of its origin were looked for, if they were."""
        if self._search is None:
            return content
        return replace(with_findings(content), looked=self._looked)

    def _job(self, path: str, skipped: Skipped) -> Job[str]:
        """A link that was named on the command line is followed, one met on the way has been refused."""
        options = {**self._options, "suffix": suffix_of(path), **again_without(skipped)}
        return Job.of_path(path, path, options, follow=path in self._given)

    def _open(self, archive: _Opening) -> Iterator[Scanned]:
        """What is inside an archive, and then the archive itself."""
        path, stamp, count = archive.path, archive.stamp, len(archive.known)
        wrong: list[Refusal] = []
        for number, member in examine_members(self._pool(), archive.archive(), self._options, self._workers):
            member = replace(member, content=self._noted(member.content))  # noqa: PLW2901  # the same member
            self._notes.members.append(MemberNote(path, stamp, number, member))
            self._remember_if_due()
            if number >= 0:
                count += 1
                yield self._scanned(path, member.content, member.name)
            elif member.content.refused is not None:
                wrong.append(member.content.refused)
        self._remember()
        self._seen.complete(path, stamp, count)
        yield self._scanned(path, with_refusal(archive.content, wrong))

    def _remember_if_due(self) -> None:
        if self._notes.due():
            self._remember()

    def _remember(self) -> None:
        notes, self._notes = self._notes, _Notes()
        if notes.files or notes.members:
            self._seen.remember(notes.files, notes.members)

    def _scanned(
        self, path: str, content: Content, member: str | None = None, *, recalled: bool = False
    ) -> Scanned:
        matches = self._matcher.match(content.signals)
        explanation = explanation_of(with_findings(content).findings or ()) if self._search else None
        return Scanned(path, member, content, matches, recalled, explanation)

    def _pool(self) -> Pool:
        if self._started is None:
            search = self._search
            if search is None:
                self._started = Pool(TASK, workers=self._workers, preload=COMPILED)
            else:
                self._started = search.pool(workers=self._workers, preload=COMPILED)
        return self._started
