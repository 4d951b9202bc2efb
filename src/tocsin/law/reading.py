"""A pack from its TOML text, checked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from tocsin.law.conditions import AgeIn, All, Any, Beyond, CodeIn, Condition, FactIs, Has, leaves
from tocsin.law.facts import About, AgeBand, Fact, Value
from tocsin.law.model import (
    DECIDED,
    Code,
    Confidence,
    Crosswalk,
    Duty,
    Pack,
    Provision,
    Purpose,
    Retention,
    Rule,
    Satisfaction,
    Scheme,
    Verdict,
)
from tocsin.law.tables import Table

_ID: Final = re.compile(r"(?=.{1,100}\Z)[a-z0-9]+(?:[-_.][A-Za-z0-9_-]+)*")
_CODE: Final = re.compile(r"[^\s:]{1,64}")
_DEEPEST: Final = 8
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Head:
    """What the parts of a pack take over from it."""

    jurisdiction: str
    reviewer: str
    effective_from: date | None
    effective_to: date | None


def read_pack(text: str, origin: str) -> Pack:
    """The pack that `text` writes; `origin` names it in errors. Raises MalformedPackError."""
    table = Table.parse(text, origin)
    pack = _pack(table, origin)
    table.end()
    return pack


def _pack(table: Table, origin: str) -> Pack:
    since = table.day("effective_from")
    until = table.day("effective_to")
    head = _Head(table.text("jurisdiction"), table.text("reviewer"), since, until)
    return Pack(
        id=_id(table),
        version=table.text("version"),
        jurisdiction=head.jurisdiction,
        title=table.text("title"),
        reviewer=head.reviewer,
        notes=table.texts("notes"),
        origin=origin,
        effective_from=since,
        effective_to=until,
        rules=tuple(_whole(one, head, _rule) for one in table.tables("rule")),
        duties=tuple(_whole(one, head, _duty) for one in table.tables("duty")),
        retentions=tuple(_whole(one, head, _retention) for one in table.tables("retention")),
        satisfactions=tuple(_whole(one, head, _satisfaction) for one in table.tables("satisfaction")),
        schemes=tuple(_scheme(one) for one in table.tables("scheme")),
        crosswalks=tuple(_crosswalk(one) for one in table.tables("crosswalk")),
    )


def _whole(table: Table, head: _Head, read: Callable[[Table, Provision], T]) -> T:
    found = read(table, _provision(table, head))
    table.end()
    return found


def _id(table: Table) -> str:
    found = table.text("id")
    if not _ID.fullmatch(found):
        table.refuse(f"{found!r} is no id such as `uk.pca1978.s1`")
    return found


def _provision(table: Table, head: _Head) -> Provision:
    if not table.has("effective_from") and head.effective_from is None:
        table.refuse('`effective_from` is missing: a date, or "unknown" where that is not known')
    since = table.day("effective_from", head.effective_from, unknown=True)
    until = table.day("effective_to", head.effective_to)
    if since is not None and until is not None and since >= until:
        table.refuse(f"it is in force until {until}, which is not after {since}")
    if since is not None and head.effective_from is not None and since < head.effective_from:
        table.refuse(f"it is in force from {since}, before its pack is")
    if head.effective_to is not None and (until is None or until > head.effective_to):
        table.refuse(f"it is in force after its pack is, which ends on {head.effective_to}")
    return Provision(
        id=_id(table),
        version=table.number("version"),
        jurisdiction=head.jurisdiction,
        title=table.text("title"),
        effective_from=since,
        effective_to=until,
        source=table.text("source"),
        confidence=table.one_of("confidence", Confidence),
        reviewer=table.text("reviewer", head.reviewer),
        caveats=table.texts("caveats"),
    )


def _rule(table: Table, provision: Provision) -> Rule:
    when = _condition(table.table("when"), 0)
    if any(isinstance(leaf, Has) for leaf in leaves(when)):
        table.refuse(
            "the status of content does not depend on who has it: only `applies` of a duty asks that"
        )
    return Rule(
        provision=provision,
        status=table.text("status"),
        when=when,
        decides=table.text("decides"),
        duties=table.texts("duties"),
    )


def _duty(table: Table, provision: Provision) -> Duty:
    within, immediately = table.period("within"), table.yes_or_no("immediately", default=False)
    if within is not None and immediately:
        table.refuse("it cannot be due both immediately and within a time")
    return Duty(
        provision=provision,
        who=table.text("who"),
        to=table.text("to"),
        what=table.text("what"),
        when=table.text("when"),
        within=within,
        immediately=immediately,
        begins=table.text("begins", DECIDED),
        applies=_condition(table.table("applies"), 0) if table.has("applies") else None,
        one_of=table.text("one_of", ""),
    )


def _satisfaction(table: Table, provision: Provision) -> Satisfaction:
    found = Satisfaction(provision, table.texts("duties"), table.text("by"))
    if not found.duties:
        table.refuse("`duties` is empty")
    return found


def _retention(table: Table, provision: Provision) -> Retention:
    found = Retention(
        provision=provision,
        trigger=table.text("trigger"),
        purposes=table.some_of("purposes", Purpose),
        keep=table.period("keep"),
        at_most=table.period("at_most"),
        extension=table.period("extension"),
        then=table.text("then"),
    )
    if found.keep is None and found.at_most is None:
        table.refuse("it needs `keep`, `at_most` or both")
    return found


def _scheme(table: Table) -> Scheme:
    found = Scheme(
        name=_name(table, "name"),
        version=_name(table, "version"),
        title=table.text("title"),
        owner=table.text("owner"),
        codes=tuple(_code(one) for one in table.tables("code")),
        complete=table.yes_or_no("complete", default=True),
        source=table.text("source"),
        confidence=table.one_of("confidence", Confidence),
        note=table.text("note", ""),
    )
    table.end()
    codes = [one.code for one in found.codes]
    if len(codes) != len(set(codes)):
        table.refuse("a code is there twice")
    if found.complete and not codes:
        table.refuse("a complete scheme has codes")
    return found


def _name(table: Table, key: str) -> str:
    found = table.text(key)
    if not _CODE.fullmatch(found):
        table.refuse(f"`{key}` has a space or a colon in it, or is too long")
    return found


def _code(table: Table) -> Code:
    found = Code(_name(table, "code"), table.text("title", ""))
    table.end()
    return found


def _crosswalk(table: Table) -> Crosswalk:
    found = Crosswalk(
        source=table.text("from"),
        target=table.text("to"),
        verdict=table.one_of("verdict", Verdict),
        reason=table.text("reason"),
        confidence=table.one_of("confidence", Confidence),
    )
    table.end()
    return found


def _condition(table: Table, depth: int) -> Condition:
    if depth > _DEEPEST:
        table.refuse(f"conditions are nested more than {_DEEPEST} deep")
    kinds = [kind for kind in _KINDS if table.has(kind)]
    if len(kinds) != 1:
        table.refuse(f"a condition has one of {', '.join(_KINDS)}, and this has {table.keys()}")
    found = _KINDS[kinds[0]](table, depth)
    table.end()
    return found


def _fact(table: Table, _: int) -> Condition:
    value = table.one_of("is", Value)
    if value is Value.UNDETERMINED:
        table.refuse("a fact is asked for as yes or as no; not knowing is no fact")
    return FactIs(table.one_of("fact", Fact), value)


def _age(table: Table, _: int) -> Condition:
    return AgeIn(table.some_of("age", AgeBand))


def _in_scheme(table: Table, _: int) -> Condition:
    codes = table.texts("codes")
    if not codes:
        table.refuse("`codes` is empty")
    return CodeIn(table.text("scheme"), frozenset(codes))


def _has(table: Table, _: int) -> Condition:
    any_of = table.texts("any_of")
    if not any_of:
        table.refuse("`any_of` is empty")
    return Has(table.one_of("about", About), frozenset(any_of))


def _beyond(table: Table, _: int) -> Condition:
    return Beyond(table.text("beyond"))


def _parts(table: Table, key: str, depth: int) -> tuple[Condition, ...]:
    parts = tuple(_condition(one, depth + 1) for one in table.tables(key))
    if not parts:
        table.refuse(f"`{key}` is empty")
    return parts


_KINDS: Final[dict[str, Callable[[Table, int], Condition]]] = {
    "fact": _fact,
    "age": _age,
    "scheme": _in_scheme,
    "about": _has,
    "beyond": _beyond,
    "all": lambda table, depth: All(_parts(table, "all", depth)),
    "any": lambda table, depth: Any(_parts(table, "any", depth)),
}
