"""Which submissions belong together: those with the same content, near copies, account or address."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from tocsin.intake.model import Context

MOST_SUBMISSIONS: Final = 500
"""In one case: then another one is opened, which is linked with it."""


class KeyKind(StrEnum):
    """What a key stands for."""

    ACCOUNT = "account"
    """An account on a platform."""
    URL = "url"
    NAME = "name"
    """An account on whatever platform: cases are found by it, and not put together."""


@dataclass(frozen=True, slots=True)
class Key:
    """Something that submissions share, as a digest: strangers' texts are of any length."""

    kind: KeyKind
    digest: bytes

    @classmethod
    def of(cls, kind: KeyKind, *parts: str) -> Self:
        """The key of a text, or of several that belong together."""
        told = hashlib.sha256()
        for part in (kind.value, *parts):
            data = part.encode(errors="surrogatepass")
            told.update(b"%d:" % len(data) + data)  # so that no two lists of parts are told alike
        return cls(kind, told.digest())


def keys_of(context: "Context") -> tuple[Key, ...]:
    """What other submissions can share with one of that context."""
    keys = []
    if context.account:
        keys.append(Key.of(KeyKind.ACCOUNT, context.platform, context.account))
        keys.append(Key.of(KeyKind.NAME, context.account))
    if context.url:
        keys.append(Key.of(KeyKind.URL, context.url))
    return tuple(keys)
