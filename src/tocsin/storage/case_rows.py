"""Rows of cases, as they are read and written (see tables/cases.py)."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.cases.model import Case, Ground, Novelty, Stage, Standing, State
from tocsin.cases.urgency import order
from tocsin.storage import times
from tocsin.storage.database import Database, Row

COLUMNS = """number, opened, queue, state, stage, standing, submissions, holder, lease_until, claim,
    given, reserved_for, reserved_until, first_reviewer, note, decided"""
CASE = f"SELECT {COLUMNS} FROM review_case WHERE number = ?"  # noqa: S608  # a constant
NOVELTIES = (Novelty.NEW, Novelty.NEAR, Novelty.KNOWN)
"""By their numbers in `case_content`."""
_CATEGORIES_AMONG = """
    SELECT case_number, category FROM case_category WHERE case_number IN ({values}) ORDER BY category"""
_PLACE = """
    UPDATE review_case SET turn = ?, rank = ?, due = ?, standing = ?, said_by = ? WHERE number = ?"""


@dataclass(frozen=True, slots=True)
class Said:
    """That a submission's context speaks of danger."""

    by: str
    """Its submitter."""
    turn: int
    """As in `Standing`."""


def cases(database: Database, rows: Sequence[Row], now: int) -> list[Case]:
    """Cases from their rows, with their categories; `now` tells whether one is reserved still."""
    categories: defaultdict[int, list[str]] = defaultdict(list)
    for number, category in database.rows_among(_CATEGORIES_AMONG, (), [row[0] for row in rows]):
        categories[number].append(category)
    return [_case(row, tuple(sorted(categories[row[0]])), now) for row in rows]


def _case(row: Row, categories: tuple[str, ...], now: int) -> Case:
    number, opened, queue, state, stage, standing, submissions, holder, lease_until, claim, *rest = row
    given, reserved_for, reserved_until, first_reviewer, note, decided = rest
    return Case(
        number=number,
        opened=times.from_number(opened),
        queue=queue,
        state=State(state),
        stage=Stage(stage),
        standing=read_standing(opened, standing),
        submissions=submissions,
        holder=holder,
        lease_until=times.from_stored(lease_until),
        claim=claim,
        reserved_for=reserved_for if reserved_until > now else "",
        first_reviewer=first_reviewer,
        note=note,
        given=Ground(given) if given else None,
        decided=times.from_stored(decided),
        categories=categories,
    )


def read_standing(opened: int, text: str) -> Standing:
    """The standing that is kept as `text`."""
    kept = json.loads(text)
    return Standing(
        opened=times.from_number(opened),
        danger=kept["danger"],
        child=kept["child"],
        novelty=Novelty(kept["novelty"]),
        due=times.from_stored(kept["due"]),
        disagreed=kept["disagreed"],
        turn=kept["turn"],
        said_by=kept["by"],
    )


def place_of(standing: Standing, said: Said | None) -> tuple[int, int, int, str, str]:
    """The columns `turn`, `rank`, `due`, `standing` and `said_by`; `said`: whether or not it counts."""
    place = order(standing)
    text = {
        "danger": standing.danger,
        "child": standing.child,
        "novelty": standing.novelty.value,
        "due": None if standing.due is None else times.to_number(standing.due),
        "disagreed": standing.disagreed,
        "turn": standing.turn,
        "by": standing.said_by,
        "said": None if said is None else [said.by, said.turn],
    }
    return (
        place.turn,
        place.rank,
        times.to_number(place.due),
        json.dumps(text),
        "" if said is None else said.by,
    )


def read_said(text: str) -> Said | None:
    """What submissions say of danger, from a standing that is kept as `text`."""
    said = json.loads(text)["said"]
    return None if said is None else Said(*said)


def put_in_place(database: Database, number: int, standing: Standing, said: Said | None) -> None:
    """Keep where a case stands."""
    database.change(_PLACE, (*place_of(standing, said), number))
