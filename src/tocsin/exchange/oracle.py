"""Oracles: partners that tell whether they know something, and give nobody their list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.banks.model import Label
from tocsin.errors import Error
from tocsin.hashing.signals import Signal


class ContentStaysError(Error):
    """Nobody has allowed content to be sent to this partner."""

    code = "exchange.content_stays"
    advice = "Ask by hashes. Sending content is switched on for one partner by a person who answers for it."


@dataclass(frozen=True, slots=True)
class Nearby:
    """A known item that is like what was asked for."""

    label: Label
    signals: tuple[Signal, ...]
    """Its digests, as the partner gives them."""
    seconds: float | None = None
    """Into the video that was asked for, where it is one."""


@dataclass(frozen=True, slots=True)
class OracleAnswer:
    """What a partner knows of one item."""

    known: bool
    label: Label | None = None
    """The partner's classification, exactly as it gives it; None where it knows nothing.

    A class of its own (such as Arachnid's `harmful-abusive-material`) is that class and no other one.
    """
    match: str = ""
    """How it was found, in the partner's word: `exact`, `near`."""
    nearby: tuple[Nearby, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentSwitch:
    """Content may be sent: who allowed it."""

    person: str
    """`Principal.id` of a person, not of a program."""


class Oracle(Protocol):
    """A partner that is asked."""

    def ask(self, pdq: Sequence[bytes]) -> Sequence[OracleAnswer]:
        """What is known of pictures with these PDQ hashes of 32 bytes, in their order. Nothing else is sent.

        Raises PartnerUnreachableError, PartnerRefusedError.
        """
        ...
