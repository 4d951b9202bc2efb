"""The chain: every single change of a ledger is named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.evidence import COLUMNS, altered, home_check, rehashed

from tocsin.evidence import chain
from tocsin.evidence.chain import Head, Row, Tip
from tocsin.evidence.errors import InvalidEventError
from tocsin.evidence.keys import LEDGER, Keys
from tocsin.evidence.ledger import Event
from tocsin.evidence.tip import FILE, read_tip
from tocsin.storage.database import Database, create
from tocsin.storage.ledger import LedgerStore

IDENTITY_LENGTH = 32


class Recorded:
    """A ledger of ten rows whose key was rotated in the middle, with two signed heads and a tip."""

    def __init__(self, home: Path) -> None:
        """Record it."""
        create(home / "tocsin.db")
        self.keys = Keys.open(home, create=True)
        database = Database(home / "tocsin.db")
        store = LedgerStore(database, self.keys)
        for number in range(4):
            store.append(Event("thing.done", "node", f"thing:{number}", {"number": number, "name": "é\0"}))
        store.sign_head()
        self.keys.rotate(LEDGER)
        for number in range(4, 8):
            store.append(Event("thing.done", "node", f"thing:{number}"))
        store.sign_head()
        self.rows = list(store.rows())
        self.heads = list(store.heads())
        self.identity = store.identity()
        self.tip = read_tip(home / FILE)
        database.close()

    def broken(
        self,
        rows: list[Row] | None = None,
        heads: list[Head] | None = None,
        tip: Tip | None = None,
        count: int | None = None,
    ) -> list[str]:
        """What a check names, of the ledger with these parts in place of its own."""
        check = home_check(self.keys, self.identity, self.heads if heads is None else heads, tip or self.tip)
        said = len(self.rows) if count is None else count
        return [one.what for one in check.check(self.rows if rows is None else rows, said)]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("home"))


ROWS = range(10)


def test_a_ledger_that_nobody_altered_is_whole(recorded: Recorded) -> None:
    assert [row.number for row in recorded.rows] == [number + 1 for number in ROWS]
    assert [row.kind for row in recorded.rows].count(chain.INTRODUCED) == 2
    assert len(recorded.heads) == 2
    assert recorded.tip is not None
    assert recorded.tip.number == 10
    assert recorded.broken() == []


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("place", ROWS)
def test_each_changed_column_of_each_row_is_named(recorded: Recorded, place: int, column: str) -> None:
    rows = list(recorded.rows)
    rows[place] = altered(rows[place], column)
    named = recorded.broken(rows)
    expected = {f"row {place + 1}"}
    if column == "number":
        expected |= {f"row {place + 2}", f"row {len(rows) + 1}"}
    assert named
    assert named[0] in expected


@pytest.mark.parametrize("place", ROWS)
def test_each_dropped_row_is_named(recorded: Recorded, place: int) -> None:
    rows = recorded.rows[:place] + recorded.rows[place + 1 :]
    assert recorded.broken(rows)[0] == f"row {place + 1}"


@pytest.mark.parametrize("left", ROWS)
@pytest.mark.parametrize("teller", ["tip", "head", "counter"])
def test_each_truncation_is_named_by_each_that_remembers_more(
    recorded: Recorded, left: int, teller: str
) -> None:
    check = home_check(
        recorded.keys,
        recorded.identity,
        recorded.heads if teller == "head" else [],
        recorded.tip if teller == "tip" else None,
    )
    found = check.check(recorded.rows[:left], len(recorded.rows) if teller == "counter" else None)
    assert [one.what for one in found] == [f"row {left + 1}"]


@pytest.mark.parametrize("place", range(9))
def test_rows_that_changed_places_are_named(recorded: Recorded, place: int) -> None:
    rows = list(recorded.rows)
    rows[place], rows[place + 1] = rows[place + 1], rows[place]
    assert recorded.broken(rows)[0] == f"row {place + 1}"
    renumbered = [replace(row, number=number + 1) for number, row in enumerate(rows)]
    assert recorded.broken(renumbered)[0] == f"row {place + 1}"


def test_a_row_appended_without_the_key_is_named(recorded: Recorded) -> None:
    last = recorded.rows[-1]
    event = Event("thing.done", "node", "thing:9")
    hashed = chain.row_hash(11, last.time, event, "{}", last.hash)
    forged = replace(last, number=11, subject="thing:9", detail="{}", previous=last.hash, hash=hashed)
    assert recorded.broken([*recorded.rows, forged], count=11) == ["row 11"]


@pytest.mark.parametrize("place", ROWS)
def test_a_history_rewritten_without_the_key_is_named(recorded: Recorded, place: int) -> None:
    rows = list(recorded.rows)
    rows[place] = replace(rows[place], actor="somebody:else")
    named = recorded.broken(list(rehashed(rows, place)))
    assert named[0] == f"row {place + 1}"


def test_a_ledger_begun_with_another_key_is_named(recorded: Recorded, tmp_path: Path) -> None:
    other = Recorded(tmp_path)
    found = home_check(recorded.keys, other.identity).check(other.rows)
    assert next(found).what == "row 1"


def test_a_ledger_of_another_home_is_named(recorded: Recorded) -> None:
    found = home_check(recorded.keys, "0" * IDENTITY_LENGTH).check(recorded.rows)
    assert [one.what for one in found] == ["row 1"]


@pytest.mark.parametrize("column", ["number", "time", "hash", "previous", "key_id", "signature"])
@pytest.mark.parametrize("place", [0, 1])
def test_each_changed_column_of_a_head_is_named(recorded: Recorded, place: int, column: str) -> None:
    heads = list(recorded.heads)
    value = getattr(heads[place], column)
    fields: dict[str, Any] = {column: value + 1 if isinstance(value, int) else value[::-1]}
    heads[place] = replace(heads[place], **fields)
    named = recorded.broken(heads=heads)
    number = heads[place].number
    assert named
    assert named[0] in {f"head {number}", f"row {number}"}


def test_a_head_dropped_before_another_is_named(recorded: Recorded) -> None:
    assert recorded.broken(heads=recorded.heads[1:]) == [f"head {recorded.heads[1].number}"]


@pytest.mark.parametrize(
    "change",
    [
        lambda tip: replace(tip, number=tip.number - 1),
        lambda tip: replace(tip, number=tip.number + 1),
        lambda tip: replace(tip, hash=tip.hash[::-1]),
        lambda tip: replace(tip, key_id=tip.key_id[::-1]),
        lambda tip: replace(tip, signature=tip.signature[::-1]),
    ],
)
def test_a_changed_tip_is_named(recorded: Recorded, change: Callable[[Tip], Tip]) -> None:
    assert recorded.tip is not None
    assert "tip" in recorded.broken(tip=change(recorded.tip))


@pytest.mark.parametrize("count", [11, 1000])
def test_a_counter_beyond_the_last_row_names_what_is_missing(recorded: Recorded, count: int) -> None:
    assert recorded.broken(count=count) == ["row 11"]


edits = st.lists(
    st.tuples(st.sampled_from(["drop", "repeat", "alter", "swap", "cut"]), st.integers(0, 9)),
    min_size=1,
    max_size=4,
)


@given(edits=edits, column=st.sampled_from(COLUMNS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_altered_the_first_row_that_differs_is_not_passed(
    recorded: Recorded, edits: list[tuple[str, int]], column: str
) -> None:
    rows = list(recorded.rows)
    for what, where in edits:
        place = where % len(rows) if rows else 0
        if not rows:
            break
        if what == "drop":
            del rows[place]
        elif what == "repeat":
            rows.insert(place, rows[place])
        elif what == "alter":
            rows[place] = altered(rows[place], column)
        elif what == "swap":
            rows[place], rows[-1] = rows[-1], rows[place]
        else:
            rows = rows[:place]
    named = recorded.broken(rows)
    assert (named == []) == (rows == recorded.rows)
    if rows != recorded.rows:
        same = next(
            (at for at, (one, other) in enumerate(zip(rows, recorded.rows, strict=False)) if one != other),
            min(len(rows), len(recorded.rows)),
        )
        whole = {f"row {number}" for number in range(1, same)}
        assert not whole & set(named[:1])


def test_introductions_are_the_ledgers_own(tmp_path: Path) -> None:
    create(tmp_path / "tocsin.db")
    store = LedgerStore(Database(tmp_path / "tocsin.db"), Keys.open(tmp_path, create=True))
    with pytest.raises(InvalidEventError):
        store.append(Event(chain.INTRODUCED, "node", "key:1"))
    assert store.count() == 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53) + 1, (1 << 53) - 1) | st.text(),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text("abc_1", max_size=5), below, max_size=3)
    ),
    max_leaves=8,
)


@given(value=json_values)
def test_canonical_json_says_the_same_and_in_one_way(value: object) -> None:
    import json  # noqa: PLC0415  # only here

    text = chain.canonical(value)  # type: ignore[arg-type]  # hypothesis makes JSON
    assert json.loads(text) == value
    assert chain.canonical(json.loads(text)) == text
    assert text.encode()


@pytest.mark.parametrize("odd", [1.5, 1 << 53, "\ud800", {"é": 1}, float("nan"), [{"a": -(1 << 53)}]])
def test_what_has_no_canonical_form_is_refused(odd: object) -> None:
    with pytest.raises(InvalidEventError):
        chain.canonical(odd)  # type: ignore[arg-type]  # not JSON as it should be
