"""What stood on an entry that its list took back or corrected is told, and stays what it was."""

from support.cases import Desk, entry_match
from support.exchanges import exchange, page, record

from tocsin.storage.home import Home
from tocsin.storage.standing import StandingStore


def test_cases_on_entries_that_were_withdrawn_or_corrected_since_are_found(home: Home) -> None:
    store, desk, standing = exchange(home), Desk.over(home), StandingStore(home.database)
    store.apply("list", page(record("a"), record("b"), record("c")))
    kept = {key: store.record("list", key) for key in "abc"}
    entries = {key: one.entry for key, one in kept.items() if one is not None}
    cases = {key: desk.case(entry_match(entries[key], bank="list", exact=True)) for key in "abc"}
    assert standing.counts("list") == (0, 0)
    store.apply("list", page(record("b", 1), gone=["a"]))
    assert standing.counts("list") == (2, 0)
    newer, older = standing.of_bank("list")
    assert (older.entry, older.cases, older.reason) == (entries["a"], ((cases["a"], False),), "taken down")
    new = store.record("list", "b")
    assert new is not None
    assert (newer.entry, newer.superseded_by, newer.still_matches) == (entries["b"], new.entry, False)
    assert standing.of_bank("list", before=newer.id) == [older]
    assert standing.of_case(cases["a"]) == [older]
    assert standing.of_case(cases["c"]) == []
    with home.database.writing():
        home.database.change("UPDATE review_case SET state = 'decided' WHERE number = ?", (cases["a"],))
    assert standing.counts("list") == (1, 1)
    store.apply("list", page(record("a")))
    assert standing.counts("list") == (1, 0)
