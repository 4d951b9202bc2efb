"""One HTTP request to a partner and its answer: what `tocsin.outgoing.partners` implements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whatever its status."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""


class Web(Protocol):
    """Requests to the one host that an exchange names; redirections are answers, not followed."""

    def get(self, url: str, headers: Mapping[str, str], *, longest: int, tries: int = 5) -> Answer:
        """GET `url`, tried again after 429, 5xx, and connections that break, with growing pauses.

        `longest`: bytes of an answer that are taken. Encoded (compressed) answers are not taken.
        Raises PartnerUnreachableError (no answer, or not whole, or of 429 or 5xx to the last, or too long),
        PartnerRefusedError (the address may not be asked).
        """
        ...

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, longest: int) -> Answer:
        """One request with a body, never repeated by itself. Raises as `get`, but answers any status."""
        ...
