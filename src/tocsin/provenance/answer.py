"""The answer about one file: items, contradictions, what is absent, unchecked or failed, and a summary."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.provenance.contradictions import contradictions
from tocsin.provenance.findings import place_to_json, subject_to_json
from tocsin.provenance.model import (
    Absent,
    Contradiction,
    Derivation,
    Direction,
    Failed,
    Finding,
    Item,
    NotChecked,
)
from tocsin.provenance.summary import summary
from tocsin.provenance.triage import Raise, raises

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

_ORDER = tuple(Direction)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What shows where a file came from. No part of it is a verdict, and nothing in it lowers a priority."""

    derivation: tuple[Derivation, ...]
    """First of all: signs that a real person may be depicted."""
    items: tuple[Item, ...]
    """Strongest first."""
    contradictions: tuple[Contradiction, ...]
    absent: tuple[Absent, ...]
    not_checked: tuple[NotChecked, ...]
    failed: tuple[Failed, ...]
    raises: tuple[Raise, ...]
    """Why somebody should look sooner; there is no way to say "later"."""
    summary: str

    @property
    def telling(self) -> tuple[Item, ...]:
        """The items that speak for something; neutral ones stand in nearly every file."""
        return tuple(item for item in self.items if item.leans is not Direction.NEUTRAL)

    def to_json(self) -> "dict[str, JsonValue]":
        """The documented shape, without the path that only the caller knows."""
        return {
            "derivation": [_derivation_to_json(one) for one in self.derivation],
            "items": [_item_to_json(one) for one in self.items],
            "contradictions": [
                {"rule": one.rule, "found": one.found, "items": list(one.items)}
                for one in self.contradictions
            ],
            "absent": [{"what": one.what, "reader": one.reader} for one in self.absent],
            "not_checked": [{"what": one.what, "why": one.why} for one in self.not_checked],
            "failed": [{"reader": one.reader, "code": one.code, "reason": one.reason} for one in self.failed],
            "raises": [{"reason": one.reason.value, "because": one.because} for one in self.raises],
            "summary": self.summary,
        }


def explanation_of(findings: Iterable[Finding]) -> Explanation:
    """The answer that `findings` make up; what is said twice is said once."""
    found = tuple(dict.fromkeys(findings))
    items = tuple(sorted((one for one in found if isinstance(one, Item)), key=_rank))
    derivation = tuple(one for one in found if isinstance(one, Derivation))
    against = contradictions(items)
    absent = tuple(one for one in found if isinstance(one, Absent))
    not_checked = tuple(one for one in found if isinstance(one, NotChecked))
    failed = tuple(one for one in found if isinstance(one, Failed))
    return Explanation(
        derivation=derivation,
        items=items,
        contradictions=against,
        absent=absent,
        not_checked=not_checked,
        failed=failed,
        raises=raises(items, derivation, against, failed),
        summary=summary(items, derivation, against, absent, not_checked, failed),
    )


def _rank(item: Item) -> tuple[int, int, str]:
    return -int(item.carries[1:]), _ORDER.index(item.leans), item.rule.id


def _item_to_json(item: Item) -> "JsonObject":
    return {
        "rule": item.rule.name,
        "direction": item.leans.value,
        "strength": item.carries.value,
        "forge_cost": item.rule.forge_cost.value,
        "strip_cost": item.rule.strip_cost.value,
        "found": item.found,
        "means": item.rule.means,
        "subject": subject_to_json(item.subject),
        "fingerprints": [{"kind": one.kind.value, "value": one.value} for one in item.fingerprints],
        "where": [place_to_json(place) for place in item.where],
        "reader": item.reader,
        "caveats": list(item.all_caveats),
        "basis": item.rule.basis.value,
        "confirmed": item.rule.confirmed,
        "source": item.rule.source,
    }


def _derivation_to_json(sign: Derivation) -> "JsonObject":
    return {
        "rule": sign.rule.name,
        "kind": sign.kind.value,
        "value": sign.value,
        "hash": sign.hash,
        "found": sign.found,
        "means": sign.rule.means,
        "forge_cost": sign.rule.forge_cost.value,
        "where": [place_to_json(place) for place in sign.where],
        "reader": sign.reader,
        "caveats": list(sign.all_caveats),
        "basis": sign.rule.basis.value,
        "confirmed": sign.rule.confirmed,
        "source": sign.rule.source,
    }
