"""Pages of a partner's list become entries: nothing is lost, edited, or taken from somebody else."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.exchanges import START, digest, exchange, live, page, record

from tocsin.banks.model import EntryDraft, Label, Origin, Policy
from tocsin.banks.opinions import Verdict
from tocsin.banks.store import BankInUseError
from tocsin.clock import present
from tocsin.exchange.model import Heard, Page, Record, SetAside, Telling, Withdrawal
from tocsin.exchange.store import (
    LARGEST_PAGE,
    Counts,
    ExchangeExistsError,
    FloodError,
    NewExchange,
    PageTooLargeError,
    State,
    UnknownExchangeError,
)
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage.exchanges import KEPT_ASIDE, NO_LONGER_LISTED, ExchangeStore
from tocsin.storage.home import DATABASE, Home

KEYS = "abcdefgh"


def sweep(store: ExchangeStore, name: str = "list") -> Counts:
    counts, after = Counts(), ""
    while (swept := store.sweep(name, after)) is not None:
        counts, after = counts + swept.counts, swept.after
    return counts


def test_what_is_told_is_matched_and_told_again_changes_nothing(home: Home) -> None:
    store = exchange(home)
    first = page(record("a"), record("b"), at=2, up_to=START)
    assert store.apply("list", first) == Counts(added=2)
    before = (list(home.entries("list")), home.bank("list").version)
    assert store.apply("list", first) == Counts(unchanged=2)
    assert (list(home.entries("list")), home.bank("list").version) == before
    found = store.exchange("list")
    assert (found.checkpoint, found.up_to, found.records, found.withdrawn) == ({"at": 2}, START, 2, 0)
    hits = home.exact([digest("a/0")])
    assert [hit.known.labels for hit in hits] == [(Label("x", "1", "A1"),)]


def test_a_correction_leaves_the_entry_it_was_and_says_which_took_its_place(home: Home) -> None:
    store = exchange(home)
    store.apply("list", page(record("a"), record("b")))
    old = store.record("list", "a")
    assert old is not None
    assert store.apply("list", page(record("a", code="B2"))) == Counts(corrected=1)
    new = store.record("list", "a")
    assert new is not None
    assert new.entry != old.entry
    left = home.entry(old.entry)
    assert (left.signals, left.labels) == ((digest("a/0"),), (Label("x", "1", "A1"),))
    assert left.withdrawn_reason == f"corrected by entry {new.entry}"
    assert left.origin == home.entry(new.entry).origin
    assert [hit.known.entry_id for hit in home.exact([digest("a/0")])] == [new.entry]
    assert store.of_entry(old.entry) is None
    assert store.of_entry(new.entry) == ("list", new)
    assert home.counts("list").withdrawn == 1


def test_what_comes_live_again_is_reinstated_and_not_added_twice(home: Home) -> None:
    store = exchange(home)
    store.apply("list", page(record("a")))
    assert store.apply("list", page(gone=["a", "never had"])) == Counts(withdrawn=1, unknown=1)
    assert home.exact([digest("a/0")]) == []
    assert [one.withdrawn_reason for one in home.entries("list")] == ["taken down"]
    assert store.apply("list", page(gone=["a"])) == Counts()
    assert store.apply("list", page(record("a"))) == Counts(reinstated=1)
    assert len(home.exact([digest("a/0")])) == 1
    assert (home.counts("list").entries, home.counts("list").withdrawn) == (1, 0)
    store.apply("list", page(gone=["a"]))
    assert store.apply("list", page(record("a", 1))) == Counts(corrected=1)
    assert live(home) == {"a": (digest("a/1").hex, "A1")}


def test_what_somebody_here_withdrew_stays_so_whatever_the_partner_repeats(home: Home) -> None:
    store = exchange(home)
    store.apply("list", page(record("a")))
    first = store.record("list", "a")
    assert first is not None
    home.withdraw([first.entry], "a wrong hash")
    store.apply("list", page(record("a", code="B1")))  # another label for the same signals
    assert live(home) == {}
    store.apply("list", page(gone=["a"]))
    store.apply("list", page(record("a", code="B1")))
    assert live(home) == {}
    store.apply("list", page(record("a", 1, code="B1")))  # that is something else
    assert live(home) == {"a": (digest("a/1").hex, "B1")}


def test_withdrawals_touch_only_the_exchanges_own_entries(home: Home) -> None:
    ours = exchange(home)
    exchange(home, "theirs")
    ours.apply("list", page(record("a")))
    ours.apply("theirs", page(record("a")))
    home.add_entries("list", [EntryDraft((digest("by hand"),), Origin("partner", "7", "b"))])
    assert ours.apply("theirs", page(gone=["a", "b"])) == Counts(withdrawn=1, unknown=1)
    assert {one.origin.id for one in home.entries("list") if one.withdrawn is None} == {"a", "b"}
    assert ours.apply("list", page(record("b"), gone=["a"])) == Counts(added=1, withdrawn=1)
    kept = [one for one in home.entries("list") if one.origin.id == "b"]
    assert [one.withdrawn for one in kept] == [None, None]  # ours by hand, and the partner's


def test_a_bank_belongs_to_one_exchange_and_was_empty(home: Home) -> None:
    store = exchange(home)
    with pytest.raises(ExchangeExistsError):
        store.add(NewExchange("other", "memory", "list"), "local:test")
    home.create_bank("full", Policy())
    home.add_entries("full", [EntryDraft((digest("x"),))])
    with pytest.raises(ExchangeExistsError, match="not empty"):
        store.add(NewExchange("other", "memory", "full"), "local:test")
    with pytest.raises(BankInUseError):
        home.remove_bank("list")
    store.apply("list", page(record("a")))
    store.remove("list")
    with pytest.raises(UnknownExchangeError):
        store.exchange("list")
    assert live(home) == {"a": (digest("a/0").hex, "A1")}
    assert home.remove_bank("list") == 1


def test_what_cannot_be_kept_is_set_aside_and_the_rest_goes_in(home: Home) -> None:
    store = exchange(home)
    bad = [
        record("k" * 501),
        record("nul\0"),
        record("later", changed=present() + timedelta(days=2)),
        Record("nothing", EntryDraft(())),
        Record("many", EntryDraft(tuple(digest(str(n)) for n in range(201)))),
        Record("long", EntryDraft((digest("x"),), labels=(Label("x", "1", "c" * 2001),))),
        record("crowd", heard=tuple(Heard(str(n), Verdict.DISPUTE) for n in range(501))),
    ]
    told = SetAside("own", "bad_md5", "not a digest\x1b[31m", "zz\n")
    whole = Page((*bad, record("good")), (Withdrawal("", "why"),), (told,), {"at": 1})
    assert store.apply("list", whole) == Counts(added=1, set_aside=9)
    found = store.set_aside("list")
    assert {one.what.code for one in found} == {
        "bad_key", "banks.invalid_text", "future", "banks.no_signal", "too_many_signals", "text_too_long",
        "too_many_opinions", "bad_md5",
    }  # fmt: skip
    assert all((one.what.message + one.what.text + one.what.key).isprintable() for one in found)
    store.apply("list", whole)
    assert [one.times for one in store.set_aside("list")] == [2] * 9
    with pytest.raises(PageTooLargeError):
        store.apply("list", Page((), (), (told,) * (LARGEST_PAGE + 1), {}))
    for start in range(0, KEPT_ASIDE + 100, 5_000):
        many = tuple(SetAside(f"{n}", "odd", "", "") for n in range(start, start + 5_000))
        store.apply("list", Page((), (), many, {}))
    kept = store.set_aside("list", limit=KEPT_ASIDE + 1)
    assert len(kept) == KEPT_ASIDE
    assert kept[-1].what.key == f"{start + 4_999}"


def test_opinions_of_others_are_replaced_by_what_the_record_says_now(home: Home) -> None:
    store = exchange(home)
    early = Heard("member 2", Verdict.CONFIRM, "seen", START, 3)
    store.apply("list", page(record("a", heard=(early, Heard("member 3", Verdict.DISPUTE)))))
    assert store.heard("list", "a") == [early, Heard("member 3", Verdict.DISPUTE)]
    assert store.apply("list", page(record("a", heard=(Heard("member 2", Verdict.DISPUTE),)))) == Counts(
        unchanged=1
    )
    assert store.heard("list", "a") == [Heard("member 2", Verdict.DISPUTE)]
    store.apply("list", page(record("a")))
    assert store.heard("list", "a") == []


def test_what_a_whole_list_does_not_name_is_withdrawn_at_its_end_and_not_before(home: Home) -> None:
    store = exchange(home)
    store.apply("list", page(*(record(key) for key in "abcd")))
    store.apply("list", page(record("a"), telling=Telling.ANEW, at=1))
    store.apply("list", page(record("b"), telling=Telling.GOING_ON, at=2))
    assert store.sweep("list") is None
    assert set(live(home)) == set("abcd")
    store.apply("list", page(record("e"), telling=Telling.WHOLE, at=3))
    assert store.exchange("list").sweeping
    store.apply("list", page(record("f"), at=4))  # a run that was stopped before the sweep goes on
    assert sweep(store) == Counts(withdrawn=2)
    assert set(live(home)) == set("abef")
    assert {one.withdrawn_reason for one in home.entries("list")} == {"", NO_LONGER_LISTED}
    assert not store.exchange("list").sweeping
    store.apply("list", page(record("c"), telling=Telling.ANEW))
    store.apply("list", page(telling=Telling.WHOLE))
    sweep(store)
    assert set(live(home)) == {"c"}


def test_a_flood_of_withdrawals_is_held_until_somebody_accepts_it(home: Home) -> None:
    now = [START]
    store = exchange(home, clock=lambda: now[0])
    records = [record(f"{n:05}") for n in range(6_000)]
    store.apply("list", page(*records))
    names = [one.key for one in records]
    store.apply("list", page(gone=names[:1_100], at=1))
    with pytest.raises(FloodError):  # not by portions either
        store.apply("list", page(gone=names[1_100:1_300], at=2))
    with pytest.raises(FloodError):  # nor by replacing what they are
        store.apply("list", page(*(record(name, 1) for name in names[1_100:1_300]), at=2))
    assert (store.exchange("list").checkpoint, len(live(home))) == ({"at": 1}, 4_900)
    relabelled = page(*(record(name, code="B1") for name in names[2_000:]), at=2)
    assert store.apply("list", relabelled) == Counts(corrected=4_000)
    store.apply("list", page(telling=Telling.ANEW))
    store.apply("list", page(telling=Telling.WHOLE))
    with pytest.raises(FloodError):
        store.sweep("list")
    now[0] += timedelta(days=1)
    store.apply("list", page(record("00000"), gone=names[1_100:1_900]))
    store.set_state("list", State.READY, accepted="person:anna")
    sweep(store)
    assert len(live(home)) == 1


@pytest.fixture
def sqlite_home(tmp_path: Path, sqlite_template: Path) -> Callable[[], Home]:
    """Makes homes."""

    def made() -> Home:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        shutil.copy(sqlite_template, folder / DATABASE)
        return Home.open(folder)

    return made


@st.composite
def tellings(draw: st.DrawFn) -> list[Page]:
    """Pages as a partner may send them, some twice, whole lists among them."""
    found = []
    for at in range(draw(st.integers(1, 8))):
        names = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=6))
        told, gone = [], []
        for name in names:
            if draw(st.booleans()):
                told.append(record(name, draw(st.integers(0, 1)), code=draw(st.sampled_from(["A1", "B1"]))))
            else:
                gone.append(name)
        kind = draw(st.sampled_from([Telling.CHANGES] * 4 + [Telling.ANEW, Telling.GOING_ON, Telling.WHOLE]))
        found += [page(*told, gone=gone, at=at, telling=kind)] * draw(st.integers(1, 2))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=tellings())
def test_whatever_is_told_the_bank_is_what_was_said_last(
    sqlite_home: Callable[[], Home], pages: list[Page]
) -> None:
    home = sqlite_home()
    store = exchange(home)
    truth: dict[str, tuple[str, str]] = {}
    named: set[str] = set(KEYS)
    ever: dict[int, tuple[tuple[Signal, ...], tuple[Label, ...]]] = {}
    for one in pages:
        store.apply("list", one)
        if one.telling is Telling.ANEW:
            named = set()
        for told in one.records:
            truth[told.key] = (told.draft.signals[0].hex, told.draft.labels[0].code)
            named.add(told.key)
        for gone in one.withdrawals:
            truth.pop(gone.key, None)
        if one.telling is Telling.WHOLE:
            truth = {key: said for key, said in truth.items() if key in named}
        sweep(store)
        assert live(home) == truth
        for entry in home.entries("list"):  # none was edited
            assert ever.setdefault(entry.id, (entry.signals, entry.labels)) == (entry.signals, entry.labels)
    found, counts = store.exchange("list"), home.counts("list")
    assert found.records - found.withdrawn == len(truth) == counts.entries - counts.withdrawn
    home.close()


def test_a_signal_of_any_type_is_found_by_the_index(home: Home) -> None:
    store = exchange(home)
    pdq = Signal(SignalType.PDQ, bytes(range(32)))
    store.apply("list", page(Record("p", EntryDraft((pdq,), Origin("partner", "7", "p")))))
    assert [hit.distance for hit in home.near([bytes(range(32))], 31)] == [0]
    store.apply("list", page(gone=["p"]))
    assert home.near([bytes(range(32))], 31) == []
