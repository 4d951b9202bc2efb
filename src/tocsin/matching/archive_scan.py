"""Examining what is inside an archive, shared among sandbox children and outliving the loss of some."""

from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass

from tocsin.errors import Refusal
from tocsin.hashing.content import Content, SubvertedError
from tocsin.matching.seen import ITSELF, SeenMember
from tocsin.media.errors import KilledError, OutOfMemoryError, OutOfTimeError
from tocsin.media.identify import SHAREABLE_ARCHIVES
from tocsin.media.sandbox import Job, JsonObject, Pool, Reply

SHARE_FROM_BYTES = 16 << 20
"""Archives from this size on are shared among the workers, where their format lets them."""
MOST_LOST_MEMBERS = 50
"""Members of one archive that may end their child before the rest of it is refused."""
CHILD_LOST = frozenset({KilledError.code, OutOfMemoryError.code, OutOfTimeError.code})
"""Refusals of a job that are the doing of the member it was at, or of the machine."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive with members still to be examined, and the numbers of those that are known."""

    path: str
    content: Content
    known: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Share:
    """The members from `start` on whose index leaves `offset` when divided by `stride`."""

    start: int
    stride: int
    offset: int

    def next_index(self) -> int:
        """The member that the share begins with."""
        return self.start + (self.offset - self.start) % self.stride

    def after(self, index: int) -> "_Share":
        """What is left of the share behind member `index`."""
        return _Share(index + 1, self.stride, self.offset)


def examine_members(
    pool: Pool, archive: Archive, options: JsonObject, workers: int
) -> Iterator[tuple[int, SeenMember]]:
    """The members of `archive` that are not known yet, with their numbers.

    What is wrong with the archive itself comes once, with the number `ITSELF`. A member that ends its child
    comes with that as its refusal, and the others go on.
    """
    shared = archive.content.format in SHAREABLE_ARCHIVES and archive.content.size >= SHARE_FROM_BYTES
    stride = workers if shared else 1
    shares = [
        _Share(_first_unknown(offset, stride, archive.known), stride, offset) for offset in range(stride)
    ]
    said: set[Refusal] = set()
    lost = 0
    while shares:
        broken = yield from _read_shares(pool, archive.path, shares, options, said)
        lost += len(broken)
        if lost > MOST_LOST_MEMBERS:
            message = f"{lost} members of this archive ended their sandbox child; the rest was not looked at"
            yield _itself(Refusal.of(KilledError(message)))
            return
        for share, refusal in broken:
            number = share.next_index()
            yield number, SeenMember(f"member {number}", Content("file", 0, (), refusal))
        shares = [share.after(share.next_index()) for share, _ in broken]


def _read_shares(
    pool: Pool, path: str, shares: Sequence[_Share], options: JsonObject, said: set[Refusal]
) -> Generator[tuple[int, SeenMember], None, list[tuple[_Share, Refusal]]]:
    """What is in the shares; returns those that were cut short, from the culprit on, with the reason."""
    left = dict(enumerate(shares))
    broken: list[tuple[_Share, Refusal]] = []
    for event in pool.stream(_jobs(path, shares, options)):
        share = left[event.key]
        if isinstance(event, Reply):
            if "index" in event.item:  # an empty reply is a sign of life
                number, member = _member(event.item)
                if number >= share.start:  # a job that is repeated says again what it said before
                    left[event.key] = share.after(number)
                    yield number, member
        elif event.refusal is not None:
            if event.refusal.code in CHILD_LOST:
                broken.append((share, event.refusal))
            elif event.refusal not in said:  # every share meets the same damage
                said.add(event.refusal)
                yield _itself(event.refusal)
    return broken


def _jobs(path: str, shares: Sequence[_Share], options: JsonObject) -> Iterator[Job[int]]:
    for key, share in enumerate(shares):
        place = {"start": share.start, "stride": share.stride, "offset": share.offset}
        yield Job.of_path(key, path, {**options, **place})  # whether to follow a link was decided before


def _first_unknown(offset: int, stride: int, known: Collection[int]) -> int:
    number = offset
    while number in known:
        number += stride
    return number


def _member(item: JsonObject) -> tuple[int, SeenMember]:
    """A child's answer; one that makes no sense is held against the archive itself."""
    number, name = item["index"], item.get("name")
    if not isinstance(number, int) or not isinstance(name, str):
        return _itself(Refusal.of(SubvertedError()))
    return number, SeenMember(name, content_from(item))


def _itself(refusal: Refusal) -> tuple[int, SeenMember]:
    return ITSELF, SeenMember("", Content("file", 0, (), refusal))


def content_from(item: JsonObject) -> Content:
    """A child's answer, or a content refused because it is none."""
    try:
        return Content.from_answer(item)
    except SubvertedError as error:
        return Content("file", 0, (), Refusal.of(error))
