"""What a tool's keys say of the pictures that went in. Which keys mean what is data: `[[key]]` tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tocsin.provenance.generators.forms import (
    NOT_SHOWN,
    bare,
    looks_like_a_hash,
    looks_like_a_name,
    looks_like_a_number,
    may_hold_a_prompt,
    pairs_shown,
)
from tocsin.provenance.model import DerivationKind, Fingerprint, FingerprintKind
from tocsin.provenance.rules import document
from tocsin.provenance.texts import quoted, shortened

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

MAX_VALUE: Final = 200
"""Characters of a value that are carried."""
_MAX_KEY: Final = 64
_LOOKED_AT: Final = 4096
_MOST_EACH: Final = 20
_OFF: Final = frozenset({"", "none", "null", "false", "off", "no", "disabled", "[]", "{}", "()"})
_SECOND_HAND: Final = "Nobody has yet checked this key in the tool's source or on a genuine sample."


@dataclass(frozen=True, slots=True)
class Trait:
    """A sign of derivation, as one key or several together give it."""

    kind: DerivationKind
    value: str
    found: str
    hash: str | None = None
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traits:
    """What the keys of one settings text say."""

    found: tuple[Trait, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    caveats: tuple[str, ...] = ()
    """For the item: why a key was not counted."""
    left_out: int = 0
    """Keys that say so as well and are not among those found."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A `[[key]]` table."""

    kind: DerivationKind
    says: str
    names: frozenset[str]
    starts: tuple[str, ...]
    words: tuple[str, ...]
    each: bool
    below_one: bool
    unless: str
    unless_says: str
    fingerprint: str
    caveats: tuple[str, ...]

    def takes(self, key: str, value: str) -> bool:
        """Whether this row is about the key with this value; both in lower case."""
        named = key in self.names or bool(self.starts and key.startswith(self.starts))
        if not named or value.strip() in _OFF:
            return False
        if self.below_one:
            return 0 <= number(value) < 1
        return not self.words or any(word in value for word in self.words)


@cache
def _rows(tool: str) -> tuple[_Row, ...]:
    return tuple(_row(table) for table in document("generators")["key"] if tool in table["of"])


def _row(table: Mapping[str, Any]) -> _Row:
    doubts = (_SECOND_HAND,) if table.get("second_hand") else ()
    return _Row(
        kind=DerivationKind(table["kind"]),
        says=table["says"],
        names=frozenset(table.get("names", ())),
        starts=tuple(table.get("starts", ())),
        words=tuple(table.get("words", ())),
        each=table.get("each", False),
        below_one=table.get("below_one", False),
        unless=table.get("unless", ""),
        unless_says=table.get("unless_says", ""),
        fingerprint=table.get("fingerprint", ""),
        caveats=(*table.get("caveats", ()), *doubts),
    )


def read_traits(tool: str, values: Mapping[str, str]) -> Traits:
    """What `values` of a settings text of `tool` say; each key counts for the first row that takes it."""
    left = {key: value for key, value in values.items() if len(key) <= _MAX_KEY}
    low = {key: (key.lower(), value[:_LOOKED_AT].lower()) for key, value in left.items()}
    found: list[Trait] = []
    prints: list[Fingerprint] = []
    caveats: list[str] = []
    left_out = 0
    for row in _rows(tool):
        hits = [key for key in left if row.takes(*low[key])]
        if not hits:
            continue
        taken = {key: left.pop(key) for key in hits}
        if row.unless and any(key.lower().startswith(row.unless) for key in left | taken):
            caveats.append(row.unless_says)
            continue
        found.extend(_traits(row, taken))
        left_out += max(0, len(taken) - _MOST_EACH)
        prints += (
            Fingerprint(FingerprintKind.INPUT_FILE, bare(value))
            for key, value in taken.items()
            if key.lower() == row.fingerprint and looks_like_a_hash(bare(value))
        )
    return Traits(tuple(found), tuple(prints), tuple(caveats), left_out)


def _traits(row: _Row, taken: Mapping[str, str]) -> list[Trait]:
    """A trait of each key, or one of all of them."""
    few = {key: _carried(key, value) for key, value in list(taken.items())[:_MOST_EACH]}
    few = {key if looks_like_a_name(key) else NOT_SHOWN: value for key, value in few.items()}
    stated = [f"{quoted(key)}: {quoted(value)}" for key, value in few.items()]
    values = list(few.values())
    if not row.each and len(stated) > 1:
        stated = ["; ".join(stated)]
        values = ["; ".join(f"{shortened(key)}: {shortened(value, MAX_VALUE)}" for key, value in few.items())]
    return [
        Trait(row.kind, value, f"{row.says} ({told})", caveats=row.caveats)
        for value, told in zip(values, stated, strict=True)
    ]


def _carried(key: str, value: str) -> str:
    """A value as it can be carried: a prompt, or a picture that stands there as text, is not."""
    text = bare(value)
    if looks_like_a_number(text):
        return text
    if may_hold_a_prompt(key) or (text.startswith(("{", "[")) and may_hold_a_prompt(text)):
        return f"({len(text):,} characters that may be a prompt)"
    if text.startswith("data:") or (len(text) > MAX_VALUE and " " not in text[:MAX_VALUE]):
        return f"({len(text):,} characters that may be a picture)"
    return text if ": " not in text and looks_like_a_name(text) else pairs_shown(text)[:_LOOKED_AT]


def number(text: str) -> float:
    """The number that a value begins with; -1 if it is none."""
    try:
        return float(text.strip()[:32])
    except ValueError:
        return -1.0


def as_texts(values: Mapping[str, "JsonValue"]) -> dict[str, str]:
    """The members of a JSON object as texts, so that keys can be read alike whatever a tool writes."""
    return {key: as_text(value) for key, value in values.items()}


def as_text(value: "JsonValue") -> str:
    """A JSON value as text, as far as it is a name, a number or a list of them."""
    match value:
        case str():
            return value
        case None:
            return ""
        case list():
            return ", ".join(filter(None, map(_member, value)))
        case dict():
            return _member(value)
        case _:
            return str(value)


def _member(value: "JsonValue") -> str:
    """A member of a list: itself, or what names it if it is an object."""
    if isinstance(value, dict):
        names: Sequence[JsonValue] = [
            value.get(key) for key in ("file", "model", "name", "modelFileName", "label")
        ]
        return next((name for name in names if isinstance(name, str)), "")
    return "" if value is None or isinstance(value, list) else str(value)
