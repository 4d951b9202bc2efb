"""Metadata of what the vault holds, as names and values: read by a sandbox child, never by this process."""

import threading
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from tocsin.content.model import SubvertedError
from tocsin.errors import Refusal
from tocsin.evidence.errors import NotRenderedError
from tocsin.evidence.pictures import checked
from tocsin.media.answers import list_in, number_in, text_in
from tocsin.media.limits import ChildLimits
from tocsin.media.regular import reopened
from tocsin.media.sandbox import Job, Pool
from tocsin.provenance.fields import Space
from tocsin.provenance.fields.listing import MOST_CHARACTERS, MOST_FIELDS, TASK

if TYPE_CHECKING:
    from tocsin.evidence.vault import Vault
    from tocsin.media.sandbox import JsonObject, JsonValue

CHILD_LIMITS: Final = ChildLimits(cpu_seconds=10, wall_seconds=30.0)
_LONGEST_NAME: Final = 4000


@dataclass(frozen=True, slots=True)
class Named:
    """One value that somebody wrote into a file: a stranger's text."""

    space: Space
    name: str
    value: str
    characters: int
    """How many the value has in the file: more than are here where it was cut."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """All values of a file's metadata, those of EXIF first."""

    fields: tuple[Named, ...]
    more: int
    """How many there are beside these."""
    problems: int
    """How many parts of it could not be read."""

    @property
    def whole(self) -> bool:
        """Whether nothing of it is missing here."""
        return not (self.more or self.problems) and all(
            len(one.value) == one.characters for one in self.fields
        )


class MetadataReader:
    """One sandbox child that reads what the vault holds; threads take turns. It starts when first asked."""

    def __init__(self, vault: "Vault") -> None:
        """Read contents from `vault`."""
        self._vault = vault
        self._turn = threading.Lock()
        self._pool: Pool | None = None

    def metadata(self, sha256: bytes, *, member: int = 0) -> Metadata:
        """The metadata of a content, or of a member of an archive by its number from 1.

        Raises:
            NotRenderedError: it cannot be read; it says why.
            VaultError: the content cannot be read.
            SandboxError: a child cannot be started.
        """
        with self._turn, self._vault.open(sha256) as plain:
            descriptor = plain.fileno()
            if self._pool is None:
                self._pool = Pool(TASK, workers=1, limits=CHILD_LIMITS, preload=("tocsin.provenance.opened",))
            (outcome,) = self._pool.run([Job(0, lambda: reopened(descriptor), {"member": member})])
        if outcome.refusal is not None or not outcome.items:
            raise NotRenderedError(outcome.refusal or Refusal.of(SubvertedError()))
        with checked():
            return _metadata(outcome.items)

    def close(self) -> None:
        """End the child."""
        with self._turn:
            if self._pool is not None:
                self._pool.close()
            self._pool = None

    def __enter__(self) -> Self:
        """The reader itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _metadata(answers: "tuple[JsonObject, ...]") -> Metadata:
    """Raises KeyError, TypeError, ValueError: a child answered with something else."""
    found = [_named(one) for answer in answers for one in list_in(answer.get("fields", []))]
    if len(found) > MOST_FIELDS:
        raise ValueError
    last = answers[-1]
    return Metadata(tuple(found), number_in(last["more"]), number_in(last["problems"]))


def _named(item: "JsonValue") -> Named:
    space, name, value, characters = list_in(item)
    text = text_in(value)
    if len(text) > MOST_CHARACTERS:
        raise ValueError
    return Named(Space(text_in(space)), text_in(name)[:_LONGEST_NAME], text, number_in(characters))
