"""`tocsin law`: what the rule packs say."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.cli.times import time_of
from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tocsin.law.deriving import Status
    from tocsin.law.facts import AgeBand, Fact, Value
    from tocsin.law.model import Duty, Provision, Retention, Satisfaction
    from tocsin.law.packs import Packs
    from tocsin.media.sandbox import JsonValue

COMMANDS = {
    "derive": "tocsin.cli.law:derive_statuses",
    "duties": "tocsin.cli.law:list_duties",
    "packs": "tocsin.cli.law:list_packs",
    "schemes": "tocsin.cli.law:list_schemes",
    "show": "tocsin.cli.law:show_rule",
}
_ADVICE = "A candidate is no finding: a lawyer or the authority decides. No pack is legal advice."
on_option = click.option(
    "--on", metavar="DATE", help="The day whose law counts, as in 2026-04-07  [default: today]"
)


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def law() -> None:
    """Show what the rule packs say: rules of status, duties, how long to keep, classification schemes.

    Packs are dated data: those that come with Tocsin, and an operator's own, *.toml in the folder `law` of
    the home. Nothing here is legal advice.
    """


@click.command("packs")
@json_option
@home_option
@click.pass_obj
def list_packs(home: str | None, *, as_json: bool) -> None:
    """List the packs, who reviewed each, and the rules in it."""
    from tocsin.law.objects import pack_to_json  # noqa: PLC0415  # not on --help

    for pack in _packs(home).packs:
        if as_json:
            put_json(pack_to_json(pack))
            continue
        put(shown(f"{pack.id}  {pack.title}, version {pack.version}, {pack.reviewer} ({pack.origin})"))
        for part in pack.parts:
            put(f"  {_line(part.provision)}")
        for note in pack.notes:
            put(f"  note: {shown(note)}")


@click.command("show")
@click.argument("rule")
@json_option
@home_option
@click.pass_obj
def show_rule(home: str | None, rule: str, *, as_json: bool) -> None:
    """Show a rule, duty or retention rule by its id, in all its versions."""
    from tocsin.law.objects import part_to_json  # noqa: PLC0415  # not on --help

    for part in _packs(home).versions(rule):
        told = part_to_json(part)
        if as_json:
            put_json(told)
            continue
        put(_line(part.provision))
        for name, value in told.items():
            if name not in {"id", "title", "effective_from", "effective_to"} and value not in (
                [],
                None,
                False,
            ):
                put(f"  {name}: {shown(_words(value))}")


@click.command("derive")
@click.option(
    "--fact",
    "facts",
    multiple=True,
    metavar="FACT=VALUE",
    help="What was observed, as in real_child=yes (or no, or undetermined); may be repeated.",
)
@click.option("--age", metavar="BAND", help="Apparent age of the youngest, as in 7-10.")
@click.option(
    "--code",
    "codes",
    multiple=True,
    metavar="SCHEME:VERSION:CODE",
    help="What somebody graded, as in iwf:2024:A; may be repeated.",
)
@on_option
@json_option
@home_option
@click.pass_obj
def derive_statuses(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    facts: tuple[str, ...],
    age: str | None,
    codes: tuple[str, ...],
    on: str | None,
    as_json: bool,
) -> None:
    """Derive what each rule in force says of a content of which these facts were observed."""
    from tocsin.law.deriving import derive  # noqa: PLC0415  # not on --help
    from tocsin.law.objects import status_to_json  # noqa: PLC0415  # not on --help

    packs = _packs(home)
    statuses = derive(_facts(facts), _day(on), packs, age=_band(age), codes=_codes(codes, packs))
    for status in statuses:
        if as_json:
            put_json(status_to_json(status))
        else:
            _put_status(status)
    if not as_json:
        say(_ADVICE)


@click.command("duties")
@click.option(
    "--received", metavar="TIME", help="Say when each falls due that began then (ISO 8601 with its zone)."
)
@on_option
@json_option
@home_option
@click.pass_obj
def list_duties(home: str | None, *, received: str | None, on: str | None, as_json: bool) -> None:
    """List who must do what by when, how long things are kept, and what meets duties, as in force on a day.

    With `--received` the day is that of the time given.
    """
    packs = _packs(home)
    began = None if received is None else time_of(received)
    if began is not None and on is not None:
        message = "--received names the day already: leave --on out"
        raise UsageError(message)
    day = _day(on) if began is None else began.astimezone(UTC).date()
    parts: list[Duty | Retention | Satisfaction] = [*packs.duties, *packs.retentions, *packs.satisfactions]
    for part in parts:
        if part.provision.in_force(day):
            _put_part(part, began, packs, as_json=as_json)
    if not as_json:
        say(_ADVICE)


@click.command("schemes")
@json_option
@home_option
@click.pass_obj
def list_schemes(home: str | None, *, as_json: bool) -> None:
    """List classification schemes with their codes, and what there is to say against steps between them."""
    from tocsin.law.objects import crosswalk_to_json, scheme_to_json  # noqa: PLC0415  # not on --help

    packs = _packs(home)
    if as_json:
        for scheme in packs.schemes.values():
            put_json(scheme_to_json(scheme))
        for crosswalk in packs.crosswalks:
            put_json(crosswalk_to_json(crosswalk))
        return
    for scheme in packs.schemes.values():
        codes = [one.code + (f" ({one.title})" if one.title else "") for one in scheme.codes]
        open_end = [] if scheme.complete else ["others, not known here"]
        put(shown(f"{scheme.id}  {scheme.title}: {', '.join([*codes, *open_end])}"))
        if scheme.note:
            put(f"  {shown(scheme.note)}")
    put("")
    for crosswalk in packs.crosswalks:
        put(shown(f"{crosswalk.source} -> {crosswalk.target}: {crosswalk.verdict}, {crosswalk.reason}"))


def _packs(home: str | None) -> "Packs":
    from tocsin.config import home_folder, law_folder  # noqa: PLC0415  # not on --help
    from tocsin.law.packs import packs_with  # noqa: PLC0415

    return packs_with(law_folder(home_folder(home)))


def _facts(given: "Sequence[str]") -> "Mapping[Fact, Value]":
    from tocsin.law.facts import Fact, Value  # noqa: PLC0415  # not on --help

    found = {}
    for one in given:
        name, _, value = one.partition("=")
        if name not in set(Fact):
            message = f"there is no fact {name!r}; there are {', '.join(Fact)}"
            raise UsageError(message)
        if value not in set(Value):
            message = f"a fact is yes, no or undetermined, not {value!r}"
            raise UsageError(message)
        if Fact(name) in found:
            message = f"{name} is given twice"
            raise UsageError(message)
        found[Fact(name)] = Value(value)
    return found


def _band(given: str | None) -> "AgeBand | None":
    from tocsin.law.facts import AgeBand  # noqa: PLC0415  # not on --help

    if given is not None and given not in set(AgeBand):
        message = f"there is no age band {given!r}; there are {', '.join(AgeBand)}"
        raise UsageError(message)
    return None if given is None else AgeBand(given)


def _codes(given: "Sequence[str]", packs: "Packs") -> dict[str, str]:
    from tocsin.law.schemes import code_of  # noqa: PLC0415  # not on --help

    found: dict[str, str] = {}
    for one in given:
        scheme, code = code_of(one, packs)
        if scheme.id in found:
            message = f"two codes of the scheme {scheme.id} are given"
            raise UsageError(message)
        found[scheme.id] = code
    return found


def _day(given: str | None) -> date:
    try:
        return datetime.now(UTC).date() if given is None else date.fromisoformat(given)
    except ValueError as error:
        message = f"{given!r} is no date such as 2026-04-07"
        raise UsageError(message) from error


def _due(duty: "Duty", began: datetime | None, packs: "Packs") -> str | None:
    from tocsin.law.duties import due  # noqa: PLC0415  # not on --help

    ends = None if began is None else due(duty.provision.id, began, packs)
    return None if ends is None else ends.astimezone(UTC).isoformat()


def _line(provision: "Provision") -> str:
    since = provision.effective_from or "a day not known"
    until = f" to {provision.effective_to}" if provision.effective_to else ""
    version = f"version {provision.version}"
    return shown(f"{provision.id}  {provision.title} ({version}, in force from {since}{until})")


def _words(value: "JsonValue") -> str:
    import json  # noqa: PLC0415  # not on --help

    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def _put_status(status: "Status") -> None:
    put(shown(f"{status.rule}  {status.title}: {status.answer}"))
    put(f"  {shown(status.words)}")
    if status.because:
        put("  because: " + shown(", ".join(f"{one.about} is {one.said}" for one in status.because)))
    if status.missing:
        put(f"  missing: {shown(', '.join(status.missing))}")
    if status.questions:
        put(f"  not to be observed: {shown('; '.join(status.questions))}")
    if status.duties:
        put(f"  duties to look at, if it holds: {shown(', '.join(status.duties))}")
    put(shown(f"  {status.source} ({status.confidence}; {status.reviewer})"))


def _put_part(
    part: "Duty | Retention | Satisfaction", began: datetime | None, packs: "Packs", *, as_json: bool
) -> None:
    from tocsin.law.model import Duty, Retention  # noqa: PLC0415  # not on --help
    from tocsin.law.objects import part_to_json  # noqa: PLC0415

    match part:
        case _ if as_json:
            ends = {"due": _due(part, began, packs)} if isinstance(part, Duty) else {}
            put_json({**part_to_json(part), **ends})
        case Duty():
            _put_duty(part, _due(part, began, packs))
        case Retention():
            _put_retention(part)
        case _:
            put(shown(f"{part.provision.id}  {part.provision.title}"))
            put(shown(f"  {part.by} meets {', '.join(part.duties)}"))


def _put_duty(duty: "Duty", ends: str | None) -> None:
    put(shown(f"{duty.provision.id}  {duty.provision.title}"))
    put(shown(f"  {duty.who}, to {duty.to}: {duty.what}"))
    put(shown(f"  {duty.when}" + ("" if ends is None else f": due {ends}")))


def _put_retention(rule: "Retention") -> None:
    least = "" if rule.keep is None else f"keep {rule.keep}"
    most = "" if rule.at_most is None else f"no longer than {rule.at_most}"
    more = "" if rule.extension is None else f"each renewal adds {rule.extension}"
    length = ", ".join(filter(None, (least, most, more)))
    put(shown(f"{rule.provision.id}  {rule.provision.title}"))
    put(shown(f"  {', '.join(sorted(rule.purposes))} from {rule.trigger}: {length}; then {rule.then}"))
