"""What is known of a content: its matches as a reviewer reads them, each with its distance and its radius."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Principal, Right
from tocsin.banks.model import Label
from tocsin.banks.opinions import Opinion, Verdict
from tocsin.banks.store import UnknownEntryError
from tocsin.hashing.signals import SignalType
from tocsin.intake.visible import visible_records
from tocsin.media.answers import list_in, number_in, object_in, text_in

if TYPE_CHECKING:
    from tocsin.intake.model import MatchRecord
    from tocsin.media.sandbox import JsonObject, JsonValue
    from tocsin.node.node import Node

SCALE: Final = 64
"""Bits that a drawn distance reaches to: no bank's radius is larger."""
TRUSTED: Final = frozenset({SignalType.SHA256, SignalType.SHA1})
"""Types that say that it is the same file. Files with equal MD5 can be made by anybody."""


@dataclass(frozen=True, slots=True)
class MatchCard:
    """One match, as far as the reader may know of it."""

    bank: str
    type: SignalType
    distance: int | None
    labels: tuple[Label, ...]
    found: datetime
    suppressed: bool
    retroactive: bool
    member: str | None
    """Which file of an archive it is about."""
    entry: int = 0
    """0 where the reader may not read the bank; the following are empty then."""
    version: int | None = None
    """Of the bank, when the match was made."""
    radius: int | None = None
    view: str = ""
    dialect: str = ""
    orientation: str = ""
    withdrawn: bool = False
    opinions: tuple[Opinion, ...] = ()
    by: str = ""
    """The allow bank that suppressed it."""

    @property
    def exact(self) -> bool:
        """Whether it is the same file."""
        return self.type.exact

    @property
    def trusted(self) -> bool:
        """Whether what it is can be told without a look.

        The same file, by a digest that nobody can forge, as an entry that stands and that nobody disputes.
        """
        disputed = any(one.verdict is Verdict.DISPUTE for one in self.opinions)
        known = bool(self.entry) and self.member is None
        return known and self.type in TRUSTED and not (self.suppressed or self.withdrawn or disputed)


def cards_of(node: "Node", person: Principal, submissions: Iterable[str]) -> tuple[MatchCard, ...]:
    """The matches of submissions of one content, each entry and type once, those that count first."""
    cards: dict[tuple[object, ...], MatchCard] = {}
    for submission in submissions:
        for record in visible_records(node.submissions.matches(submission), person):
            card = card_of(record, person)
            cards.setdefault((card.bank, card.entry, card.type, card.member, card.suppressed), card)
    found = [_with_standing(node, card) for card in cards.values()]
    return tuple(sorted(found, key=_rank))


def card_of(record: "MatchRecord", person: Principal) -> MatchCard:
    """A match on record; what only readers of the bank may know is left out for others."""
    match = record.match
    bank = text_in(match["bank"])
    card = MatchCard(
        bank=bank,
        type=SignalType(text_in(match["type"])),
        distance=_number(match.get("distance")),
        labels=tuple(_label(object_in(one)) for one in list_in(match["labels"])),
        found=record.found,
        suppressed=record.suppressed,
        retroactive=record.retroactive,
        member=_text(match.get("member")) or None,
    )
    if not person.may_in(bank, Right.READ):
        return card
    by = match.get("by")
    return replace(
        card,
        entry=_number(match.get("entry")) or 0,
        version=record.bank_version,
        radius=_number(match.get("radius")),
        view=_text(match.get("view")),
        dialect=_text(match.get("dialect")),
        orientation=_text(match.get("orientation")),
        by=text_in(object_in(by)["bank"]) if by is not None else "",
    )


def _with_standing(node: "Node", card: MatchCard) -> MatchCard:
    """With what is said of its entry today; an entry that was removed with its bank counts as withdrawn."""
    if not card.entry:
        return card
    try:
        entry = node.banks.entry(card.entry)
        opinions: Sequence[Opinion] = node.curation.opinions.of(card.entry)
    except UnknownEntryError:
        return replace(card, withdrawn=True)
    return replace(card, withdrawn=entry.withdrawn is not None, opinions=tuple(opinions))


def _rank(card: MatchCard) -> tuple[object, ...]:
    distance = SCALE * 4 if card.distance is None else card.distance
    return card.suppressed, not card.exact, distance, card.bank, card.entry


def _label(item: "JsonObject") -> Label:
    return Label(*(text_in(item[name]) for name in ("scheme", "version", "code", "author", "time")))


def _number(value: "JsonValue") -> int | None:
    return None if value is None else number_in(value)


def _text(value: "JsonValue") -> str:
    return "" if value is None else text_in(value)
