"""The list that the simulated hash sharing has: entries of random hashes, which are of nothing."""

import random
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

CLASSIFICATIONS: Final = ("A1", "A2", "B1", "B2", "")
REASONS: Final = {
    "01234567-abcd-0123-4567-0123456789a1": "Does not match the image",
    "01234567-abcd-0123-4567-0123456789a2": "Not in the scope of this list",
}
CATEGORIZATIONS: Final = {
    "01234567-abcd-0123-4567-0123456789c1": "Known Minor",
    "01234567-abcd-0123-4567-0123456789c2": "Potential Meme",
    "01234567-abcd-0123-4567-0123456789c3": "Viral",
}
_LENGTHS: Final = {"md5": 16, "sha1": 20, "pdq": 32, "pdna": 144, "netclean": 20}
_MEMBERS: Final = {1: "Example Member", 42: "Another & Member", 77: "Käse <Member>"}
_SPAN: Final = timedelta(days=900)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a member says of one fingerprint of an entry."""

    member: int
    type: str
    """As `Md5`, `Sha1`, `Pdq`."""
    time: datetime
    reason: str = ""
    """A GUID of REASONS; empty: affirmative."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as it is now."""

    member: int
    id: str
    video: bool
    time: datetime
    """When it changed last."""
    classification: str = ""
    fingerprints: tuple[tuple[str, str], ...] = ()
    """Tag and value; a tag may stand there twice. No value: a large fingerprint, given by a link."""
    categorizations: tuple[str, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    deleted: bool = False

    @property
    def key(self) -> str:
        """What it is known by."""
        return f"{self.member}-{self.id}"


@dataclass(slots=True)
class Listed:
    """All entries. Threads share it."""

    members: dict[int, str] = field(default_factory=lambda: dict(_MEMBERS))
    _items: dict[str, Item] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, item: Item) -> None:
        """Add an entry, or what has become of it."""
        with self._lock:
            self._items[item.key] = item

    def get(self, key: str) -> Item | None:
        """An entry as it is now."""
        with self._lock:
            return self._items.get(key)

    def all(self) -> tuple[Item, ...]:
        """Every entry as it is now, deleted ones too."""
        with self._lock:
            return tuple(self._items.values())

    def fill(self, count: int, seed: int, until: datetime | None = None) -> None:
        """Add so many entries, a third of them of one single second, a tenth deleted again."""
        chance = random.Random(seed)  # noqa: S311  # a test's choice, no secret
        until = until or datetime.now(UTC) - timedelta(minutes=1)
        crowded = until - _SPAN / 2
        for number in range(count):
            milliseconds = chance.randrange(int(_SPAN / timedelta(milliseconds=1)))
            when = crowded if chance.random() < 1 / 3 else until - timedelta(milliseconds=milliseconds)
            item = made(chance, number, when.replace(microsecond=when.microsecond // 1000 * 1000))
            self.put(replace(item, deleted=True) if chance.random() < 0.1 else item)  # noqa: PLR2004  # a tenth

    def change(self, chance: random.Random, now: datetime) -> None:
        """Let something happen: an entry is added, corrected, deleted, put back, or gathers feedback."""
        keys = sorted(one.key for one in self.all())
        item = self.get(chance.choice(keys)) if keys else None
        happening = chance.randrange(5)
        if item is None or happening == 0:
            item = made(chance, chance.randrange(1 << 40), now)
        elif happening == 1:
            item = replace(made(chance, 0, now), member=item.member, id=item.id, video=item.video)
        elif happening == 2:  # noqa: PLR2004  # one of five
            said = Feedback(chance.choice(list(_MEMBERS)), "Md5", now, chance.choice(["", *REASONS]))
            item = replace(item, time=now, feedback=(*item.feedback[-3:], said))
        else:
            item = replace(item, time=now, deleted=not item.deleted)
        self.put(item)


def made(chance: random.Random, number: int, when: datetime) -> Item:
    """An entry of random hashes: an MD5 always, the rest as it comes, some of it twice."""
    tags = ["md5", *(tag for tag in _LENGTHS if tag != "md5" and chance.random() < 0.5)]  # noqa: PLR2004  # half
    tags += ["pdq", "pdq"] if chance.random() < 0.1 else []  # noqa: PLR2004  # a tenth
    fingerprints = [(tag, chance.randbytes(_LENGTHS[tag]).hex()) for tag in tags]
    video = chance.random() < 0.3  # noqa: PLR2004  # as it comes
    if video:
        fingerprints.append(("videntifier", ""))
    guids = chance.sample(sorted(CATEGORIZATIONS), chance.randrange(3))
    return Item(
        chance.choice(list(_MEMBERS)),
        f"{'video' if video else 'image'}{number}",
        video,
        when,
        chance.choice(CLASSIFICATIONS),
        tuple(fingerprints),
        tuple(guids),
    )
