"""The worked examples of duties and holds, as tests work them out and as docs show them.

`python -m support.law_examples` in tests/ prints the page docs/explanation/worked-examples.md.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tocsin.law.duties import Kept, Occasion, keep_until
from tocsin.law.facts import About, AgeBand, Fact, Value
from tocsin.law.model import Purpose
from tocsin.law.owing import Happened, Owed, Seen, Situation, Standing, owing

FILE: Final = Path(__file__).parents[1] / "filing" / "worked_examples.toml"
DECIDED: Final = datetime(2026, 11, 20, 10, tzinfo=UTC)
"""Unless an example says otherwise."""
_LATER: Final = timedelta(days=3)
"""From then to when it is asked what is owed."""

Table = Mapping[str, Any]
"""As tomllib reads it: what is wrong in it is an error of the test that uses it."""


@dataclass(frozen=True)
class DutyExample:
    """One duty in one situation, and what is expected of it."""

    table: Table
    organisation: Table
    situation: Situation
    on: datetime

    @property
    def owed(self) -> Owed:
        """What is worked out."""
        return next(one for one in owing(self.situation, self.on) if one.rule == self.table["rule"])


@dataclass(frozen=True)
class HoldExample:
    """One copy after some events, and how long it is expected to be kept."""

    table: Table

    @property
    def kept(self) -> Kept:
        """What is worked out."""
        occasions = [
            Occasion(one["trigger"], one["time"], one.get("renewals", 0)) for one in self.table["occasions"]
        ]
        return keep_until(occasions, Purpose(self.table["purpose"]))


def duty_examples() -> Iterator[DutyExample]:
    """Those of duties."""
    told = tomllib.loads(FILE.read_text("utf-8"))
    for table in told["duty"]:
        organisation = told["organisations"][table["organisation"]]
        contents = tuple(_seen(told["contents"][one]) for one in table.get("contents", ()))
        situation = _situation(table, organisation, contents)
        on = table.get("on", (table.get("decided", DECIDED)) + _LATER)
        yield DutyExample(table, organisation, situation, on)


def hold_examples() -> Iterator[HoldExample]:
    """Those of holds."""
    yield from map(HoldExample, tomllib.loads(FILE.read_text("utf-8"))["hold"])


def _situation(table: Table, organisation: Table, contents: tuple[Seen, ...]) -> Situation:
    standing = Standing(table.get("standing", "report" if contents or "contents" in table else "open"))
    known = {About(name): frozenset(names) for name, names in organisation.items()}
    known[About.CASE] = frozenset({"url"} if table.get("url") else ())
    if "linked_to" in table:
        known[About.LINKED_TO] = frozenset(table["linked_to"])
    return Situation(
        standing=standing,
        decided=table.get("decided", DECIDED) if standing is Standing.REPORT else None,
        contents=contents,
        circumstances=known,
        notices=table.get("notices", {}),
        events=tuple(
            Happened(one["event"], one["time"], tuple(one.get("lacks", ())), is_test=one.get("test", False))
            for one in table.get("events", ())
        ),
    )


def _seen(table: Table) -> Seen:
    facts = {Fact(name): Value(value) for name, value in table.get("facts", {}).items()}
    age = table.get("age")
    return Seen(facts, None if age is None else AgeBand(age), table.get("codes", {}))


def page() -> str:
    """The page for docs: every example with what is worked out."""
    lines = [
        "# Worked examples of duties and holds",
        "",
        "What [the rule packs](law.md) say of made-up cases. The table is made from",
        "`tests/filing/worked_examples.toml`, which tests hold the packs to. None of it is legal advice.",
        "",
        "## Duties",
        "",
        f"Decided on {_time(DECIDED)} and asked three days later, unless it says otherwise. Content is named",
        "as in the file of examples, which says what was observed of each.",
        "",
        "| case | organisation | content, and what happened | duty | answer | by | source |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_duty_row(one) for one in duty_examples()]
    lines += [
        "",
        "## Holds",
        "",
        "| case | after | copy | kept until | rules | source |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_hold_row(one) for one in hold_examples()]
    return "\n".join([*lines, ""])


def _duty_row(example: DutyExample) -> str:
    table, owed = example.table, example.owed
    happened = [", ".join(table.get("contents", ()))]
    happened += [f"notice {name} {_time(time)}" for name, time in table.get("notices", {}).items()]
    for one in table.get("events", ()):
        test = " (test)" if one.get("test") else ""
        happened.append(f"{one['event']} {_time(one['time'])}{test}")
    if "decided" in table:
        happened.append(f"decided {_time(table['decided'])}")
    by = _time(owed.by) if owed.by else owed.words if owed.state in {"owed", "undetermined"} else ""
    cells = [
        table["says"],
        table["organisation"],
        "; ".join(filter(None, happened)),
        f"`{owed.rule}`",
        owed.state.value.replace("_", " "),
        by,
        f"{owed.source} ({owed.confidence})",
    ]
    return _row(cells)


def _hold_row(example: HoldExample) -> str:
    table = example.table
    after = "; ".join(
        f"{one['trigger']} {_time(one['time'])}"
        + (f", renewed {one['renewals']}" if one.get("renewals") else "")
        for one in table["occasions"]
    )
    if "problem" in table:
        return _row([table["says"], after, table["purpose"], f"**{table['problem']}**", "", ""])
    kept = example.kept
    ends = [f"{_time(kept.until)}" if kept.until else "", f"gone by {_time(kept.no_later_than)}"]
    until = "; ".join(filter(None, ends if kept.no_later_than else ends[:1]))
    rules = ", ".join(f"`{one.rule}`" for one in kept.bounds)
    return _row([table["says"], after, table["purpose"], until, rules, table["source"]])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(one.replace("|", "\\|") for one in cells) + " |"


def _time(time: datetime | None) -> str:
    return "" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"


if __name__ == "__main__":
    sys.stdout.write(page())
