"""Findings as JSON and back: how a sandbox child says what it found, and how that is remembered.

A child may have been subverted, so what it says is checked. Rules are named, not sent: what a rule means
comes from our own data, and an answer that cites a rule we do not have is not believed.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from tocsin.errors import Error
from tocsin.media.answers import list_in, object_in, text_in
from tocsin.provenance.model import (
    Absent,
    Derivation,
    DerivationKind,
    Direction,
    Failed,
    Finding,
    Fingerprint,
    FingerprintKind,
    Item,
    NotChecked,
    Place,
    Rule,
    Strength,
    Subject,
)
from tocsin.provenance.rules import rule_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tocsin.media.sandbox import JsonObject, JsonValue

T = TypeVar("T")
EnumT = TypeVar("EnumT", bound=StrEnum)

MOST_TEXT = 2000
"""Characters of one value or sentence that are carried."""
MOST_PARTS = 50
"""Places or caveats of one finding that are carried."""
MOST_FINGERPRINTS = 20_000
"""Characters of all fingerprints of one finding that are carried."""


class FindingError(Error):
    """A finding is not one that this version knows."""

    code = "provenance.finding"
    advice = "Examine the file again: the answer was damaged or comes from another version."


def finding_to_json(finding: Finding) -> "JsonObject":
    """What `finding_from_json` reads; the key `finding` says which class it is."""
    match finding:
        case Item():
            return {"finding": "item", **_cited(finding), **_item_parts(finding)}
        case Derivation():
            parts = {
                "kind": finding.kind.value,
                "value": _cut(finding.value),
                "hash": _cut_or_none(finding.hash),
            }
            return {"finding": "derivation", **_cited(finding), **parts}
        case Absent():
            return {"finding": "absent", "what": _cut(finding.what), "reader": _cut(finding.reader)}
        case NotChecked():
            return {"finding": "not_checked", "what": _cut(finding.what), "why": _cut(finding.why)}
        case Failed():
            return {
                "finding": "failed",
                "reader": _cut(finding.reader),
                "code": _cut(finding.code),
                "reason": _cut(finding.reason),
            }


def finding_from_json(item: "JsonValue") -> Finding:
    """The finding that `finding_to_json` wrote. Raises FindingError."""
    try:
        return _READERS[text_in(object_in(item)["finding"])](object_in(item))
    except (KeyError, TypeError, ValueError) as error:
        message = f"a finding cannot be read ({type(error).__name__})"
        raise FindingError(message) from error


def _cited(finding: Item | Derivation) -> "dict[str, JsonValue]":
    """What items and derivation signs have in common."""
    return {
        "rule": finding.rule.name,
        "found": _cut(finding.found),
        "reader": _cut(finding.reader),
        "where": [place_to_json(place) for place in finding.where[:MOST_PARTS]],
        "caveats": [_cut(caveat) for caveat in finding.caveats[:MOST_PARTS]],
    }


def _item_parts(item: Item) -> "dict[str, JsonValue]":
    return {
        "subject": subject_to_json(item.subject),
        "fingerprints": [
            {"kind": one.kind.value, "value": _cut(one.value)} for one in _that_fit(item.fingerprints)
        ],
        "strength": None if item.strength is None else item.strength.value,
        "direction": None if item.direction is None else item.direction.value,
    }


def _that_fit(fingerprints: Sequence[Fingerprint]) -> Iterator[Fingerprint]:
    left = MOST_FINGERPRINTS
    for one in fingerprints:
        left -= min(len(one.value), MOST_TEXT) + len(one.kind)
        if left >= 0:
            yield one


def place_to_json(place: Place) -> "JsonObject":
    """The documented shape of a place."""
    return {
        "container": place.container,
        "segment": _cut(place.segment),
        "offset": place.offset,
        "length": place.length,
        "sha256": place.sha256,
    }


def subject_to_json(subject: Subject) -> "JsonObject":
    """The documented shape of a subject."""
    return {
        "tool": _cut_or_none(subject.tool),
        "version": _cut_or_none(subject.version),
        "vendor": _cut_or_none(subject.vendor),
        "model": _cut_or_none(subject.model),
        "model_hash": _cut_or_none(subject.model_hash),
        "signer": _cut_or_none(subject.signer),
    }


def _item(item: "JsonObject") -> Item:
    return Item(
        rule=_rule(item),
        found=text_in(item["found"]),
        reader=text_in(item["reader"]),
        where=_places(item),
        subject=_subject(object_in(item["subject"])),
        fingerprints=_all(item["fingerprints"], _fingerprint),
        caveats=_all(item["caveats"], text_in),
        strength=_choice(Strength, item["strength"]),
        direction=_choice(Direction, item["direction"]),
    )


def _derivation(item: "JsonObject") -> Derivation:
    return Derivation(
        rule=_rule(item),
        kind=DerivationKind(text_in(item["kind"])),
        value=text_in(item["value"]),
        found=text_in(item["found"]),
        reader=text_in(item["reader"]),
        where=_places(item),
        hash=_text_or_none(item["hash"]),
        caveats=_all(item["caveats"], text_in),
    )


_READERS: "Mapping[str, Callable[[JsonObject], Finding]]" = {
    "item": _item,
    "derivation": _derivation,
    "absent": lambda item: Absent(text_in(item["what"]), text_in(item["reader"])),
    "not_checked": lambda item: NotChecked(text_in(item["what"]), text_in(item["why"])),
    "failed": lambda item: Failed(text_in(item["reader"]), text_in(item["code"]), text_in(item["reason"])),
}


def _rule(item: "JsonObject") -> Rule:
    return rule_named(text_in(item["rule"]))


def _places(item: "JsonObject") -> tuple[Place, ...]:
    return _all(item["where"], lambda one: _place(object_in(one)))


def _place(item: "JsonObject") -> Place:
    return Place(
        container=text_in(item["container"]),
        segment=text_in(item["segment"]),
        offset=_number_or_none(item["offset"]),
        length=_number_or_none(item["length"]),
        sha256=bytes.fromhex(text_in(item["sha256"])).hex(),
    )


def _subject(item: "JsonObject") -> Subject:
    return Subject(**{name: _text_or_none(item[name]) for name in Subject.__slots__})


def _fingerprint(item: "JsonValue") -> Fingerprint:
    return Fingerprint(FingerprintKind(text_in(object_in(item)["kind"])), text_in(object_in(item)["value"]))


def _choice(kind: type[EnumT], item: "JsonValue") -> EnumT | None:
    return None if item is None else kind(text_in(item))


def _all(item: "JsonValue", read: "Callable[[JsonValue], T]") -> tuple[T, ...]:
    return tuple(map(read, list_in(item)))


def _text_or_none(item: "JsonValue") -> str | None:
    return None if item is None else text_in(item)


def _number_or_none(item: "JsonValue") -> int | None:
    if item is not None and (not isinstance(item, int) or item < 0):
        raise TypeError
    return item


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _cut_or_none(text: str | None) -> str | None:
    return None if text is None else _cut(text)
