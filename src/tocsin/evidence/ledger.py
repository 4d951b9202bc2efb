"""The ledger: append-only, each row holding the hash of the one before, each row signed by the node."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done, as it is to be recorded. No content, no hash of a list, no password in it."""

    kind: str
    """Noun and past participle, as in `submission.received`, `entry.withdrawn`, `token.revoked`."""
    actor: str
    """Who did it: `Principal.id`, as in `person:anna`, `token:uploads`, `local:root`, `node`."""
    subject: str
    """What it was done to, as in `submission:01J...`, `bank:known`, `entry:17`."""
    detail: "JsonObject" = field(default_factory=dict)
    vouched: bytes = b""
    """What other tables hold of it. A keyed digest goes into the row: it shows a change and tells nothing."""


class Ledger(Protocol):
    """Where events are recorded."""

    def append(self, event: Event) -> int:
        """Record an event in the caller's transaction (or one of its own); the number of its row."""
        ...
