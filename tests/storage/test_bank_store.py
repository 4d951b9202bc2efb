"""The contract of `tocsin.banks.store`, said once for every store that claims to keep it."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tocsin.banks.batch import InvalidTextError, NoSignalError
from tocsin.banks.model import BankKind, EntryDraft, Label, Origin, Policy
from tocsin.banks.store import (
    BankCounts,
    BankExistsError,
    BankStore,
    InvalidPolicyError,
    NearHit,
    UnknownBankError,
    UnknownEntryError,
)
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.storage.home import Home

pytestmark = pytest.mark.slow  # many real databases, each with its syncs

A1 = Label("industry", "1", "A1", "analyst", "2026-01-02T03:04:05Z")
B2 = Label("industry", "1", "B2")


def pdq(*bits: int, quality: int | None = None) -> Signal:
    """A PDQ signal with just these bits set."""
    return Signal(SignalType.PDQ, sum(1 << bit for bit in bits).to_bytes(32, "big"), quality)


def md5(number: int) -> Signal:
    return Signal(SignalType.MD5, number.to_bytes(16, "big"))


def draft(*signals: Signal, number: str = "", labels: tuple[Label, ...] = ()) -> EntryDraft:
    return EntryDraft(signals, Origin("list", "member", number), labels)


def found(hits: list[NearHit]) -> list[tuple[int, int, int]]:
    return [(hit.query, hit.known.entry_id, hit.distance) for hit in hits]


class BankStoreContract:
    """What every store promises. A subclass gives the fixture `store`: an empty store."""

    def test_a_bank_is_found_by_its_name_and_keeps_its_policy(self, store: BankStore) -> None:
        policy = Policy(BankKind.ALLOW, 20, 60, "to find what is known", "ask first")
        made = store.create_bank("harmless", policy)
        assert store.bank("harmless") == made
        assert made.policy == policy
        assert abs((datetime.now(UTC) - made.created).total_seconds()) < 60

    def test_banks_come_by_name(self, store: BankStore) -> None:
        for name in ("b", "c", "a"):
            store.create_bank(name, Policy())
        assert [bank.name for bank in store.banks()] == ["a", "b", "c"]

    def test_a_name_is_taken_once(self, store: BankStore) -> None:
        store.create_bank("a", Policy(radius=1))
        with pytest.raises(BankExistsError):
            store.create_bank("a", Policy())
        assert store.bank("a").policy.radius == 1

    @pytest.mark.parametrize(
        "policy", [Policy(radius=-1), Policy(radius=65), Policy(quality_floor=-1), Policy(quality_floor=101)]
    )
    def test_an_impossible_policy_is_refused(self, store: BankStore, policy: Policy) -> None:
        with pytest.raises(InvalidPolicyError):
            store.create_bank("a", policy)
        assert store.banks() == []
        store.create_bank("a", Policy())
        with pytest.raises(InvalidPolicyError):
            store.set_policy("a", policy)
        assert store.bank("a").policy == Policy()

    def test_a_policy_can_be_replaced(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        assert store.set_policy("a", Policy(radius=0)).policy.radius == 0
        assert store.bank("a").policy.radius == 0

    def test_a_version_counts_the_changes_of_a_bank_and_nothing_else(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        store.create_bank("b", Policy())
        versions = [store.bank("a").version]

        def changes(change: Callable[[], object], by: int) -> None:
            change()
            versions.append(store.bank("a").version)
            assert versions[-1] - versions[-2] == by

        drafts = [draft(md5(1), number="1"), draft(md5(2), number="2")]
        ids = store.add_entries("b", drafts).entry_ids
        mine = store.add_entries("a", drafts).entry_ids
        versions.append(store.bank("a").version)
        assert versions == [0, 1]
        changes(lambda: store.add_entries("a", drafts), by=0)
        changes(lambda: store.withdraw([*mine, *ids], "why"), by=1)
        changes(lambda: store.withdraw(mine, "why"), by=0)
        changes(lambda: store.reinstate(mine[:1]), by=1)
        changes(lambda: store.set_policy("a", Policy(radius=3)), by=1)
        gone = EntryDraft((md5(1),), Origin("list", "member", "1"), withdrawn=datetime.now(UTC))
        changes(lambda: store.add_entries("a", [gone]), by=1)
        changes(lambda: store.remove_bank("b"), by=0)

    def test_no_bank_has_a_nul_in_its_name(self, store: BankStore) -> None:
        with pytest.raises(UnknownBankError):
            store.bank("a\0b")

    def test_a_bank_that_is_not_there_is_said_to_be_unknown(self, store: BankStore) -> None:
        for ask in (
            lambda: store.bank("a"),
            lambda: store.set_policy("a", Policy()),
            lambda: store.remove_bank("a"),
            lambda: store.counts("a"),
            lambda: store.add_entries("a", [draft(md5(1))]),
            lambda: list(store.entries("a")),
        ):
            with pytest.raises(UnknownBankError):
                ask()

    def test_entries_come_back_as_they_were_given_and_in_order(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        upright = Signal(SignalType.PDQ, bytes(32), 80, "trimmed", Dialect.SQUASH512, Orientation.MIRROR)
        drafts = [
            draft(upright, pdq(1, quality=0), md5(1), number="7", labels=(B2, A1)),
            draft(md5(2)),
            draft(Signal(SignalType.SHA1, bytes(20)), Signal(SignalType.SHA256, bytes(32)), labels=(A1,)),
        ]
        result = store.add_entries("a", drafts)
        entries = list(store.entries("a"))
        assert [entry.id for entry in entries] == list(result.entry_ids)
        assert [(entry.signals, entry.origin, entry.labels) for entry in entries] == [
            (one.signals, one.origin, one.labels) for one in drafts
        ]
        assert entries[0] == store.entry(entries[0].id)
        assert entries[0].bank == "a"
        assert entries[0].withdrawn is None

    def test_an_entry_is_added_once(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        first = store.add_entries("a", [draft(md5(1)), draft(md5(2)), draft(md5(1))])
        again = store.add_entries("a", [draft(md5(3)), draft(md5(2), pdq(1)), draft(md5(2))])
        assert (first.added, first.already_there) == (2, 1)
        assert (again.added, again.already_there) == (2, 1)
        assert first.entry_ids[0] == first.entry_ids[2] != first.entry_ids[1]
        assert again.entry_ids[2] == first.entry_ids[1]
        assert store.counts("a") == BankCounts(4, 0)

    def test_the_id_at_the_origin_is_the_key_where_there_is_one(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        one = store.add_entries("a", [draft(md5(1), number="1"), draft(md5(1), number="2")])
        other_signals = store.add_entries("a", [draft(md5(9), number="1")])
        other_member = EntryDraft((md5(1),), Origin("list", "other", "1"))
        assert one.added == 2
        assert other_signals.already_there == 1
        assert store.add_entries("a", [other_member]).added == 1

    def test_an_id_at_the_origin_may_be_any_text(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        texts = [
            "12",
            "0012",
            "1e3",
            "null",
            '"',
            "\\u0041",
            " x ",
            "'",
            "\n\r\t\x01",
            "é\U0001f600\u2028\ufeff",
        ]
        store.add_entries("a", [draft(md5(1), number=text) for text in texts])
        assert [entry.origin.id for entry in store.entries("a")] == texts

    def test_texts_may_be_long_and_odd(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        noise = random.Random(1)  # noqa: S311  # what no compression makes short
        texts = [
            "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(5000)),
            "\\",
            "\\\\",
            "%s ?",
            "\x1f",
        ]
        drafts = [
            EntryDraft((md5(1),), Origin(text, other, text), (Label(text, "1", other, text, text),))
            for text in texts
            for other in texts
        ]
        assert store.add_entries("a", drafts).added == len(drafts)
        assert store.add_entries("a", drafts).already_there == len(drafts)
        assert [(one.origin, one.labels) for one in store.entries("a")] == [
            (one.origin, one.labels) for one in drafts
        ]

    def test_signals_of_several_types_come_back_in_order(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        orders = [(pdq(1, quality=3), md5(1)), (md5(2), pdq(2)), (pdq(3), pdq(4)), (md5(4),)]
        for several in ([0, 0, 0], [1, 1], [0, 1], [1, 0], [2, 2], [0, 3]):
            drafts = [draft(*orders[at], number=f"{several} {place}") for place, at in enumerate(several)]
            ids = store.add_entries("a", drafts).entry_ids
            assert [store.entry(number).signals for number in ids] == [one.signals for one in drafts]
        assert len(store.near([pdq(1).value], 0)) == 6

    def test_the_order_of_signals_makes_no_other_entry(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        store.add_entries("a", [draft(md5(1), pdq(1))])
        assert store.add_entries("a", [draft(pdq(1), md5(1))]).already_there == 1

    def test_the_same_entry_may_be_in_several_banks(self, store: BankStore) -> None:
        for name in ("a", "b"):
            store.create_bank(name, Policy())
            assert store.add_entries(name, [draft(md5(1), pdq(1))]).added == 1
        assert len(store.exact([md5(1)])) == 2
        assert len(store.near([pdq(1).value], 0)) == 2

    def test_a_bad_draft_refuses_the_whole_call(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        nothing = EntryDraft(())
        for bad, error in (
            (nothing, NoSignalError),
            (draft(md5(2), number="\0"), InvalidTextError),
            (draft(md5(2), labels=(Label("s", "1", "\ud800"),)), InvalidTextError),
        ):
            with pytest.raises(error):
                store.add_entries("a", [draft(md5(1)), bad])
        assert store.counts("a") == BankCounts(0, 0)

    def test_exact_finds_each_equal_signal_with_its_labels(self, store: BankStore) -> None:
        bank = store.create_bank("a", Policy())
        ids = store.add_entries(
            "a", [draft(md5(1), labels=(A1, B2)), draft(md5(1), number="2"), draft(md5(2))]
        )
        hits = store.exact([md5(2), md5(3), md5(1), pdq(), md5(2)])
        one, two, three = ids.entry_ids
        assert found(hits) == [(0, three, 0), (2, one, 0), (2, two, 0), (4, three, 0)]
        assert hits[1].known.labels == (A1, B2)
        assert (hits[1].known.bank_id, hits[1].known.signal) == (bank.id, md5(1))

    def test_exact_tells_types_apart(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        store.add_entries("a", [draft(Signal(SignalType.PDQ, bytes(32)))])
        assert store.exact([Signal(SignalType.SHA256, bytes(32)), Signal(SignalType.PDQ, bytes(32))]) == []

    def test_exact_takes_many_signals_at_once(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        store.add_entries("a", [draft(md5(number)) for number in range(3000)])
        assert len(store.exact([md5(number) for number in range(1000, 4000)])) == 2000

    def test_near_finds_what_is_within_the_radius_nearest_first(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        ids = store.add_entries(
            "a", [draft(pdq(*range(count)), labels=(A1,)) for count in (5, 2, 3)]
        ).entry_ids
        assert store.near([], 31) == []
        hits = store.near([pdq().value, pdq(*range(100)).value, pdq(0).value], 3)
        assert found(hits) == [(0, ids[1], 2), (0, ids[2], 3), (2, ids[1], 1), (2, ids[2], 2)]
        assert hits[0].known.labels == (A1,)

    def test_near_in_a_store_without_pdq_finds_nothing(self, store: BankStore) -> None:
        assert store.near([bytes(32)], 64) == []

    def test_a_withdrawn_entry_is_kept_and_matched_no_more(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        one, two = store.add_entries("a", [draft(pdq(1), md5(1)), draft(pdq(2), md5(2))]).entry_ids
        assert store.withdraw([one, one], "not what it seemed") == 1
        assert store.counts("a") == BankCounts(2, 1)
        assert found(store.near([pdq().value], 31)) == [(0, two, 1)]
        assert found(store.exact([md5(1), md5(2)])) == [(1, two, 0)]
        entry = store.entry(one)
        assert entry.withdrawn is not None
        assert entry.withdrawn_reason == "not what it seemed"
        assert len(list(store.entries("a"))) == 2

    def test_a_withdrawal_can_be_undone(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        before = store.add_entries("a", [draft(pdq(1), md5(1))]).entry_ids
        store.withdraw(before, "a mistake")
        assert store.reinstate(before) == 1
        assert store.reinstate(before) == 0
        assert store.counts("a") == BankCounts(1, 0)
        assert len(store.near([pdq(1).value], 0)) == len(store.exact([md5(1)])) == 1
        assert store.entry(before[0]).withdrawn is None
        assert store.entry(before[0]).withdrawn_reason == ""

    def test_arriving_again_does_not_revive_a_withdrawn_entry(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        ids = store.add_entries("a", [draft(md5(1))]).entry_ids
        store.withdraw(ids, "why")
        again = store.add_entries("a", [draft(md5(1)), draft(md5(2))])
        assert (again.added, again.already_there, again.still_withdrawn) == (1, 1, 1)
        assert store.exact([md5(1)]) == []

    def test_a_draft_may_arrive_withdrawn_and_withdraws_what_is_there(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        when = datetime(2026, 5, 4, 3, 2, 1, 12345, tzinfo=UTC)
        store.add_entries("a", [draft(md5(1))])
        gone = [EntryDraft((md5(number),), withdrawn=when, withdrawn_reason="why") for number in (1, 2)]
        result = store.add_entries("a", gone)
        assert (result.added, result.already_there, result.withdrawn) == (1, 1, 1)
        assert store.counts("a") == BankCounts(2, 2)
        assert {(one.withdrawn, one.withdrawn_reason) for one in store.entries("a")} == {(when, "why")}

    def test_an_unknown_entry_is_said_to_be_and_nothing_else_changes(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        (one,) = store.add_entries("a", [draft(md5(1))]).entry_ids
        for ask in (
            lambda: store.entry(one + 1),
            lambda: store.withdraw([one, one + 1], ""),
            lambda: store.reinstate([one, one + 1]),
        ):
            with pytest.raises(UnknownEntryError):
                ask()
        assert store.counts("a") == BankCounts(1, 0)

    def test_removing_a_bank_removes_its_entries_only(self, store: BankStore) -> None:
        for name in ("a", "b"):
            store.create_bank(name, Policy())
        store.add_entries("a", [draft(pdq(1), md5(1), labels=(A1,))])
        (kept,) = store.add_entries("b", [draft(pdq(1), md5(1), labels=(A1,))]).entry_ids
        store.add_entries("a", [draft(pdq(2))])
        assert store.remove_bank("a") == 2
        assert [bank.name for bank in store.banks()] == ["b"]
        assert found(store.near([pdq(1).value], 31)) == [(0, kept, 0)]
        assert found(store.exact([md5(1)])) == [(0, kept, 0)]
        assert store.entry(kept).labels == (A1,)
        store.create_bank("a", Policy())
        assert store.add_entries("a", [draft(pdq(1), md5(1))]).added == 1

    def test_a_flood_of_hits_is_complete(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        ids = store.add_entries("a", [draft(pdq(1), number=str(number)) for number in range(1500)]).entry_ids
        assert found(store.near([pdq(2).value], 2)) == [(0, number, 2) for number in ids]

    def test_entries_come_in_pages_without_a_gap(self, store: BankStore) -> None:
        store.create_bank("a", Policy())
        store.create_bank("b", Policy())
        for start in range(0, 2500, 500):
            store.add_entries("a", [draft(md5(number)) for number in range(start, start + 500)])
            store.add_entries("b", [draft(md5(start))])
        assert [entry.signals[0] for entry in store.entries("a")] == [md5(number) for number in range(2500)]


class TestHome(BankStoreContract):
    """The contract on both engines."""

    @pytest.fixture
    def store(self, home: Home) -> BankStore:
        return home
