"""Sentences about a file that the report has no field for: what it matched, and signs of its origin."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tocsin.filing.cybertip.noting import Noted, clean, shortened
from tocsin.provenance.model import Derivation, Finding, Item, Strength

if TYPE_CHECKING:
    from tocsin.filing.record import ContentRecord
    from tocsin.intake.model import MatchRecord

MOST_MATCHES: Final = 20
MOST_SIGNS: Final = 12
NO_VERDICT: Final = "Signs of origin do not tell whether a real child is depicted."
_STRONGEST: Final = tuple(reversed(Strength))


def matches_told(content: "ContentRecord", wrong: frozenset[int], noted: Noted, path: str) -> list[str]:
    """What a content matched, each entry once, closest first; not what was suppressed or called wrong."""
    found: dict[tuple[object, ...], MatchRecord] = {}
    for one in sorted(content.matches, key=_rank):
        said = one.match
        if not one.suppressed and said.get("entry") not in wrong:
            found.setdefault((said.get("bank"), said.get("entry"), said.get("member")), one)
    if len(found) > MOST_MATCHES:
        noted.out(f"{path}: of {len(found):,} matches only the closest {MOST_MATCHES} are told")
    return [_match(one) for one in list(found.values())[:MOST_MATCHES]]


def signs_told(findings: Sequence[Finding] | None, noted: Noted, path: str) -> list[str]:
    """Signs of origin: first those that somebody real may be depicted, then the strongest."""
    signs = [*_derivations(findings or ()), *_items(findings or ())]
    if len(signs) > MOST_SIGNS:
        noted.out(f"{path}: of {len(signs):,} signs of origin only the first {MOST_SIGNS} are told")
    return [*signs[:MOST_SIGNS], NO_VERDICT] if signs else []


def _rank(one: "MatchRecord") -> tuple[int, bool]:
    distance = one.match.get("distance")
    return (distance if isinstance(distance, int) else 0), one.match.get("type") == "pdq"


def _match(one: "MatchRecord") -> str:
    said = one.match
    entry = f"entry {said['entry']}" if said.get("entry") else "an entry"
    how = f"an equal {str(said.get('type')).upper()}"
    if said.get("type") == "pdq":
        how = f"PDQ at a distance of {said.get('distance')} bits (radius {said.get('radius')})"
    where = f"its member {shortened(clean(str(said['member'])))!r}" if said.get("member") else "it"
    when = f"{one.found:%Y-%m-%d}"
    return (
        f"On {when} {where} matched {entry} of the list {shortened(clean(str(said.get('bank'))))!r}: {how}."
    )


def _derivations(findings: Sequence[Finding]) -> Iterator[str]:
    for one in findings:
        if isinstance(one, Derivation):
            yield f"Sign of origin ({one.rule.name}): {clean(one.rule.means)}"


def _items(findings: Sequence[Finding]) -> Iterator[str]:
    items = [one for one in findings if isinstance(one, Item)]
    for one in sorted(items, key=lambda one: _STRONGEST.index(one.carries)):
        leans = one.leans.value.replace("_", " ")
        yield f"Sign of origin ({one.rule.name}, {one.carries.value}, {leans}): {clean(one.found)}"
