"""What is exported can be imported again, whatever the texts in it hold."""

import csv
import io
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.banks.exporting import export
from tocsin.banks.importing import Format, ImportOptions, import_file
from tocsin.banks.lists.cells import guarded, plain
from tocsin.banks.lists.columns import EXPORTED
from tocsin.banks.model import Entry, EntryDraft, Label, Origin, Policy
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.storage.home import Home

pytestmark = pytest.mark.slow  # many real databases, each with its syncs

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.text(st.sampled_from("=+-@'\",;\t\r\n \u2028\x85\x1c\ufeff#{[é"), max_size=8),
)
QUALITIES = st.none() | st.integers(0, 100)


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    kind = draw(st.sampled_from(SignalType))
    value = draw(st.integers(0, 3)).to_bytes(kind.size, "big")
    if not draw(st.booleans()):
        return Signal(kind, value)
    dialect, orientation = (
        draw(st.none() | st.sampled_from(Dialect)),
        draw(st.none() | st.sampled_from(Orientation)),
    )
    return Signal(kind, value, draw(QUALITIES), draw(TEXTS) or None, dialect, orientation)


LABELS = st.builds(Label, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
DRAFTS = st.builds(
    EntryDraft,
    st.lists(signals(), min_size=1, max_size=4).map(tuple),
    st.builds(Origin, TEXTS, TEXTS, TEXTS),
    st.lists(LABELS, max_size=3).map(tuple),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    TEXTS,
)


def facts(entry: Entry) -> tuple[object, ...]:
    """All of an entry but its number, its bank and when it was added; signals in no particular order."""
    return (
        sorted(map(repr, entry.signals)),
        entry.origin,
        entry.labels,
        entry.withdrawn,
        entry.withdrawn_reason,
    )


def exported(home: Home, bank: str, form: Format) -> bytes:
    stream = io.BytesIO()
    export(home, bank, form, stream)
    return stream.getvalue()


def check_round_trip(form: Format, drafts: list[EntryDraft]) -> None:
    with tempfile.TemporaryDirectory() as folder, Home.open(folder, create=True) as home:
        for name in ("first", "second"):
            home.create_bank(name, Policy())
        added = home.add_entries("first", drafts).added
        report = import_file(home, "second", io.BytesIO(exported(home, "first", form)))
        assert (report.added, report.bad_lines) == (added, ())
        assert list(map(facts, home.entries("second"))) == list(map(facts, home.entries("first")))


@pytest.mark.parametrize("form", [Format.CSV, Format.NDJSON])
@given(drafts=st.lists(DRAFTS, max_size=6))
@settings(max_examples=50, deadline=None)
def test_what_is_exported_comes_back_as_it_was(form: Format, drafts: list[EntryDraft]) -> None:
    check_round_trip(form, drafts)


@pytest.mark.long
@pytest.mark.parametrize("form", [Format.CSV, Format.NDJSON])
@given(drafts=st.lists(DRAFTS, max_size=6))
@settings(max_examples=300, deadline=None)
def test_whatever_is_exported_comes_back_as_it_was(form: Format, drafts: list[EntryDraft]) -> None:
    check_round_trip(form, drafts)


@given(TEXTS)
@settings(max_examples=50)
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    assert guarded(text)[:1] not in set("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
    assert plain(guarded(text)) == text


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path, create=True)
    home.create_bank("known", Policy())
    one, two = (Signal(SignalType.PDQ, bytes([number]) * 32, quality=70) for number in (1, 2))
    md5 = Signal(SignalType.MD5, bytes(16))
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    home.add_entries(
        "known",
        [
            EntryDraft((one, two, md5), Origin("=list", "m", "7"), (Label("s", "1", "A1", "me", "now"),)),
            EntryDraft((md5,), Origin("list", "m", "8")),
            EntryDraft((two,), withdrawn=when, withdrawn_reason="why"),
        ],
    )
    return home


def test_csv_has_a_row_for_each_entry(home: Home) -> None:
    with home:
        header, *rows = csv.reader(io.StringIO(exported(home, "known", Format.CSV).decode(), newline=""))
    assert tuple(header) == EXPORTED
    first = dict(zip(header, rows[0], strict=True))
    assert (first["entry"], first["source"], first["id"]) == ("1", "'=list", "7")
    assert (first["pdq"], first["quality"], first["md5"]) == ("01" * 32, "70", "00" * 16)
    assert json.loads(first["more_signals"]) == [{"type": "pdq", "value": "02" * 32, "quality": 70}]
    assert (first["scheme"], first["code"], first["more_labels"]) == ("s", "A1", "")
    assert rows[2][header.index("withdrawn")] == "2026-01-02T03:04:05+00:00"
    assert len(rows) == 3


def test_ndjson_has_an_object_for_each_entry(home: Home) -> None:
    with home:
        first, _second, third = map(json.loads, exported(home, "known", Format.NDJSON).splitlines())
        added = home.entry(1).added
    assert first == {
        "entry": 1,
        "origin": {"source": "=list", "member": "m", "id": "7"},
        "signals": [
            {"type": "pdq", "value": "01" * 32, "quality": 70},
            {"type": "pdq", "value": "02" * 32, "quality": 70},
            {"type": "md5", "value": "00" * 16},
        ],
        "labels": [{"scheme": "s", "version": "1", "code": "A1", "author": "me", "time": "now"}],
        "added": added.isoformat(),
        "withdrawn": None,
        "withdrawn_reason": "",
    }
    assert (third["withdrawn"], third["withdrawn_reason"]) == ("2026-01-02T03:04:05+00:00", "why")


def test_one_hash_a_line_has_the_live_values_of_one_type(home: Home) -> None:
    with home:
        assert exported(home, "known", Format.LINES).decode().split() == ["01" * 32, "02" * 32]
        stream = io.BytesIO()
        assert export(home, "known", Format.LINES, stream, SignalType.MD5) == 2
        assert stream.getvalue().decode().split() == ["00" * 16] * 2
        home.create_bank("copy", Policy())
        lines = io.BytesIO(exported(home, "known", Format.LINES))
        assert import_file(home, "copy", lines, ImportOptions(type=SignalType.PDQ)).added == 2
