"""Examining what is inside an archive, shared among sandbox children and outliving the loss of some."""

import math
import os
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from tocsin.content.examine import NotAPictureError
from tocsin.content.explaining import Skipped, again_without, skipped_next
from tocsin.content.model import Content, SubvertedError, content_from
from tocsin.errors import Refusal
from tocsin.matching.seen import ITSELF, SeenMember
from tocsin.media.errors import ArchiveOutOfTimeError, KilledError, OutOfMemoryError, OutOfTimeError
from tocsin.media.identify import READABLE_ARCHIVES, SHAREABLE_ARCHIVES
from tocsin.media.sandbox import Job, JsonObject, Outcome, Pool, Reply
from tocsin.provenance.explain import DECODER

SHARE_FROM_BYTES = 16 << 20
"""Archives from this size on are shared among the workers, where their format lets them."""
MOST_LOST_MEMBERS = 50
"""Members of one archive that may end their child before the rest of it is refused."""
CHILD_LOST = frozenset({KilledError.code, OutOfMemoryError.code, OutOfTimeError.code})
"""Refusals of a job that are the doing of the member it was at, or of the machine."""
_LAST_NUMBER = (1 << 63) - 1
"""No archive has more members, whatever a child says."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive with members still to be examined, and the numbers of those that are known."""

    opener: Callable[[], int]
    """Opens it for a child; may raise an Error."""
    content: Content
    known: frozenset[int] = frozenset()
    until: float = math.inf
    """When looking into it is given up, by the clock of time.monotonic."""


@dataclass(frozen=True, slots=True)
class _Share:
    """The members from `start` on whose index leaves `offset` when divided by `stride`."""

    start: int
    stride: int
    offset: int

    def after(self, index: int) -> "_Share":
        """What is left of the share behind member `index`."""
        return _Share(index + 1, self.stride, self.offset)


@dataclass(slots=True)
class _Reading:
    """How far a child has come with a share."""

    share: _Share
    """What is left of it."""
    at: tuple[int, SeenMember] | None = None
    """The member that it has begun, with what is known of that by now; None between members."""


def examine_members(
    pool: Pool, archive: Archive, options: JsonObject, workers: int
) -> Generator[tuple[int, SeenMember], None, None]:
    """The members of `archive` that are not known yet, with their numbers.

    What is wrong with the archive itself comes once, with the number `ITSELF` or one below it. A member that
    ends its child comes with that as its refusal and with what was found out before, and the others go on. If
    a child ends between members, the list of them is what it cannot read, so the archive is given up.

    Raises ArchiveOutOfTimeError: it took longer than it may. What came until then is as it would be.
    """
    shared = archive.content.format in SHAREABLE_ARCHIVES and archive.content.size >= SHARE_FROM_BYTES
    stride = workers if shared else 1
    shares = [
        _Share(_first_unknown(offset, stride, archive.known), stride, offset) for offset in range(stride)
    ]
    said: list[Refusal] = []
    suspects: set[tuple[int, int]] = set()
    lost = 0
    while shares:
        broken = yield from _read_shares(pool, archive, shares, options, said)
        shares = []
        for reading, refusal in broken:
            share, at = reading.share, reading.at
            suspect = (share.offset, -1 if at is None else at[0])
            if refusal.code == KilledError.code and suspect not in suspects:
                suspects.add(suspect)  # it may have been killed from outside: once more before it is blamed
                shares.append(share)
            elif at is None:
                yield from _itself(said, _unlisted(refusal))
            else:
                number, member = at
                lost += 1
                if number not in archive.known:
                    content = replace(member.content, refused=refusal)
                    content = _looked_at_again(pool, archive.opener, options, number, content)
                    yield number, SeenMember(member.name, content)
                shares.append(share.after(number))
        if lost > MOST_LOST_MEMBERS:
            message = f"{lost} members of this archive ended their sandbox child; the rest was not looked at"
            yield from _itself(said, Refusal.of(KilledError(message)))
            return


def can_be_opened(content: Content) -> bool:
    """Whether it is an archive to look into, also one that is named like a picture."""
    sound = content.refused is None or content.refused.code == NotAPictureError.code
    return sound and content.format in READABLE_ARCHIVES


def with_refusal(content: Content, wrong: Sequence[Refusal]) -> Content:
    """An archive's content with the first thing found wrong with it on opening it."""
    return replace(content, refused=wrong[0]) if wrong else content


def _looked_at_again(
    pool: Pool, opener: Callable[[], int], options: JsonObject, number: int, content: Content
) -> Content:
    """`content` of a member whose child was ended by a reader of signs of origin, with what others find.

    Without the decoder it keeps its refusal and the signals that there were; without another reader it is
    examined to its end, and only the signs that this reader would have found may be missing.
    """
    skipped: Skipped = ()
    seen, refusal = content, content.refused
    while following := skipped_next(seen, refusal, skipped):
        skipped = following
        only = {"start": number, "stride": 1, "offset": 0, "only_first": True}
        job = Job(number, opener, {**options, **only, **again_without(skipped)})
        (outcome,) = pool.run([job])
        answers = [item for item in outcome.items if item.get("index") == number and "format" in item]
        if not answers:
            return content
        seen, refusal = content_from(answers[-1]), outcome.refusal
    if not skipped:
        return content
    return replace(content, findings=seen.findings) if DECODER.name in dict(skipped) else seen


def _unlisted(refusal: Refusal) -> Refusal:
    message = f"the list of the archive's members cannot be read to its end: {refusal.message}"
    return Refusal(refusal.code, message, refusal.advice)


def _read_shares(
    pool: Pool, archive: Archive, shares: Sequence[_Share], options: JsonObject, said: list[Refusal]
) -> Generator[tuple[int, SeenMember], None, list[tuple[_Reading, Refusal]]]:
    """What is in the shares; returns those that were cut short, with the reason."""
    left = {key: _Reading(share) for key, share in enumerate(shares)}
    broken: list[tuple[_Reading, Refusal]] = []
    for event in _events(pool, archive, _jobs(archive.opener, shares, options)):
        reading = left[event.key]
        refusal = event.refusal if isinstance(event, Outcome) else None
        if isinstance(event, Reply) and "index" in event.item:  # otherwise it is a sign of life
            try:
                number, member = _member(event.item)
            except SubvertedError as error:
                refusal = Refusal.of(error)
            else:
                if number < reading.share.start:
                    continue  # nobody asked for it
                if event.item.get("begun") or event.item.get("partial"):
                    reading.at = number, member
                    continue
                reading.at = None
                reading.share = reading.share.after(number)
                if number not in archive.known:
                    yield number, member
        if refusal is None:
            continue
        if refusal.code in CHILD_LOST:
            broken.append((reading, refusal))
        else:  # every share meets the same damage
            yield from _itself(said, refusal)
    return broken


def _events(pool: Pool, archive: Archive, jobs: Iterator[Job[int]]) -> Iterator[Reply[int] | Outcome[int]]:
    """What children say of jobs on an archive, signs of life included. Raises ArchiveOutOfTimeError."""
    with closing(pool.stream(jobs)) as events:
        for event in events:
            yield event
            if isinstance(event, Reply) and time.monotonic() > archive.until:
                raise ArchiveOutOfTimeError


def _jobs(opener: Callable[[], int], shares: Sequence[_Share], options: JsonObject) -> Iterator[Job[int]]:
    for key, share in enumerate(shares):
        place = {"start": share.start, "stride": share.stride, "offset": share.offset}
        yield Job(key, opener, {**options, **place})


def _first_unknown(offset: int, stride: int, known: Collection[int]) -> int:
    number = offset
    while number in known:
        number += stride
    return number


def _member(item: JsonObject) -> tuple[int, SeenMember]:
    """A child's answer. Raises SubvertedError if it makes no sense or cannot be written down."""
    number, name = item["index"], item.get("name")
    if not isinstance(number, int) or not 0 <= number <= _LAST_NUMBER or not isinstance(name, str):
        raise SubvertedError
    try:
        os.fsencode(name)
    except UnicodeEncodeError as error:
        raise SubvertedError from error
    begun = Content("file", 0, ())  # nothing is known of it yet
    return number, SeenMember(name, begun if item.get("begun") else content_from(item))


def _itself(said: list[Refusal], refusal: Refusal) -> Iterator[tuple[int, SeenMember]]:
    """What is wrong with the archive itself, said once, under a number of its own."""
    if refusal not in said:
        said.append(refusal)
        yield ITSELF - len(said) + 1, SeenMember("", Content("file", 0, (), refusal))
