"""Content is destroyed by two people, when nothing holds it and a rule or law enforcement lets it go."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from support.cases import ANNA, person
from support.filings import new_filing
from support.holding import FINN, FREDA, NOON, Keeping, filing, keeping

from tocsin.access.errors import DeniedError
from tocsin.access.model import local
from tocsin.cases.model import Outcome
from tocsin.evidence.errors import VaultAccessError
from tocsin.filing.errors import (
    InvalidReasonError,
    SamePersonError,
    UnknownDestructionError,
    UnsuitableDestructionError,
)
from tocsin.filing.holding import CYBERTIPLINE_FINISHED, Destruction, DestructionState
from tocsin.filing.model import State
from tocsin.law.duties import Occasion
from tocsin.storage.filings import FilingStore
from tocsin.storage.verifying import Verification

__all__ = ["keeping"]

FINISHED = Occasion(CYBERTIPLINE_FINISHED, NOON)
LATER = timedelta(days=366)
REASON = "its year is over"


@pytest.fixture
def over(keeping: Keeping) -> tuple[Keeping, bytes]:
    """A reported content whose year is over."""
    sha256, case = keeping.content(b"a benign picture")
    keeping.holds.begin(FINISHED, filing(case=case), [sha256])
    keeping.clock.move(LATER)
    return keeping, sha256


def asked(keeping: Keeping, sha256: bytes, request: str = "") -> Destruction:
    return keeping.destroying.ask(FREDA, sha256, REASON, request=request)


def test_two_people_destroy_what_a_rule_lets_go(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    assert keeping.destroying.why_not(sha256) == ()
    number = asked(keeping, sha256).number
    assert keeping.vault.has(sha256)
    confirmed = keeping.destroying.confirm(FINN, number)
    assert confirmed.state is DestructionState.CONFIRMED
    assert len(keeping.work()) == 1
    done = keeping.destroying.destruction(number)
    assert done.state is DestructionState.DESTROYED
    assert (done.asked_by, done.confirmed_by, done.reason) == (FREDA.id, FINN.id, REASON)
    assert not keeping.vault.has(sha256)
    kinds = ["destruction.asked", "destruction.confirmed", "content.destroyed"]
    assert keeping.kinds(f"destruction:{number}") == kinds
    assert keeping.destroying.of_content(sha256) == [done] == keeping.destroying.page()


def test_the_ledger_has_no_hash_of_it(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    keeping.destroying.confirm(FINN, asked(keeping, sha256).number)
    keeping.work()
    rows = [one for one in keeping.table.desk.ledger.rows() if one.subject.startswith(("hold:", "destr"))]
    assert rows
    assert all(sha256.hex() not in row.detail for row in rows)


def test_nobody_confirms_what_they_asked_for(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    number = asked(keeping, sha256).number
    with pytest.raises(SamePersonError):
        keeping.destroying.confirm(FREDA, number)
    assert keeping.work() == []
    assert keeping.vault.has(sha256)


def test_only_people_who_may(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    number = asked(keeping, sha256).number
    for who in (ANNA, local("root"), person("rita", "reporter")):
        with pytest.raises(DeniedError):
            keeping.destroying.ask(who, sha256, REASON)
        with pytest.raises(DeniedError):
            keeping.destroying.confirm(who, number)
        with pytest.raises(DeniedError):
            keeping.destroying.withdraw(who, number, REASON)


def test_a_hold_that_binds_stands_against_it_also_where_law_enforcement_asks(keeping: Keeping) -> None:
    sha256, case = keeping.content(b"held")
    keeping.holds.begin(FINISHED, filing(case=case), [sha256])
    for request in ("", "warrant 12"):
        with pytest.raises(UnsuitableDestructionError, match="hold 1 binds it"):
            asked(keeping, sha256, request)
    keeping.holds.release(FREDA, 1, "law enforcement asks for destruction: 2258B(c)")
    with pytest.raises(UnsuitableDestructionError, match="no retention rule lets it go"):
        asked(keeping, sha256)
    number = asked(keeping, sha256, "warrant 12").number
    keeping.destroying.confirm(FINN, number)
    keeping.work()
    assert not keeping.vault.has(sha256)
    assert keeping.destroying.destruction(number).request == "warrant 12"


def test_a_hold_without_a_rule_stands_against_it_for_ever(keeping: Keeping) -> None:
    sha256, case = keeping.content(b"unclear")
    keeping.holds.begin(Occasion("own.event", NOON), filing(case=case), [sha256])
    keeping.clock.move(LATER * 50)
    with pytest.raises(UnsuitableDestructionError, match="no retention rule knows the event"):
        asked(keeping, sha256, "warrant 12")


def test_a_hold_that_begins_before_the_confirmation_is_told_to_who_confirms(
    over: tuple[Keeping, bytes],
) -> None:
    keeping, sha256 = over
    number = asked(keeping, sha256).number
    keeping.holds.set(FREDA, Occasion("us.2703f_letter", keeping.clock()), 1, [sha256], "letter 17")
    with pytest.raises(UnsuitableDestructionError, match="hold 2 binds it"):
        keeping.destroying.confirm(FINN, number)
    assert keeping.destroying.destruction(number).state is DestructionState.ASKED


@pytest.mark.parametrize("reason", ["", " ", "x" * 2001])
def test_a_reason_is_needed_to_ask_and_to_withdraw(over: tuple[Keeping, bytes], reason: str) -> None:
    keeping, sha256 = over
    with pytest.raises(InvalidReasonError):
        keeping.destroying.ask(FREDA, sha256, reason)
    number = asked(keeping, sha256).number
    with pytest.raises(InvalidReasonError):
        keeping.destroying.withdraw(FINN, number, reason)


def test_what_was_never_held_is_let_go_by_no_rule(keeping: Keeping) -> None:
    sha256, _ = keeping.content(b"never reported", Outcome.NO_ACTION)
    with pytest.raises(UnsuitableDestructionError, match="no retention rule lets it go"):
        asked(keeping, sha256)
    with pytest.raises(UnsuitableDestructionError, match="nobody submitted this content here"):
        asked(keeping, b"x" * 32, "warrant 12")


def test_a_hold_that_was_over_when_it_was_set_lets_nothing_go(keeping: Keeping) -> None:
    """Else a letter of long ago would be the rule by which anything can be destroyed."""
    sha256, case = keeping.content(b"never reported", Outcome.NO_ACTION)
    letter = Occasion("us.2703f_letter", NOON - timedelta(days=200))
    assert not keeping.holds.set(FREDA, letter, case, [sha256], "an old letter").binds(NOON)
    with pytest.raises(UnsuitableDestructionError, match="no retention rule lets it go"):
        asked(keeping, sha256)


def test_the_oldest_of_very_many_filings_stands_against_it_too(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    store = FilingStore(keeping.home.database)
    with keeping.home.database.writing():
        oldest = store.add(new_filing(1), NOON)
        for one in range(200):
            made = store.add(new_filing(1, f"another {one}"), NOON)
            store.set_state(made.number, State.RETRACTED)
    with pytest.raises(UnsuitableDestructionError, match=f"filing {oldest.number} is not finished"):
        asked(keeping, sha256)


def test_work_that_is_not_done_stands_against_it(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    _, case = keeping.table.desk.submit(b"a benign picture", context={"review": True})
    assert case is not None
    with pytest.raises(UnsuitableDestructionError, match=f"case {case} is not decided"):
        asked(keeping, sha256)
    keeping.table.decide(ANNA, case, Outcome.REPORT)
    assert keeping.destroying.why_not(sha256) == ()
    sent = FilingStore(keeping.home.database).add(new_filing(case), keeping.clock())
    with pytest.raises(UnsuitableDestructionError, match=f"filing {sent.number} is not finished"):
        asked(keeping, sha256)


def test_a_hold_that_begins_after_the_confirmation_stops_it(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    number = asked(keeping, sha256).number
    keeping.destroying.confirm(FINN, number)
    letter = Occasion("us.2703f_letter", keeping.clock())
    keeping.holds.set(FREDA, letter, 1, [sha256], "letter 17")
    keeping.work()
    refused = keeping.destroying.destruction(number)
    assert refused.state is DestructionState.REFUSED
    assert "hold 2 binds it" in refused.why
    assert keeping.vault.has(sha256)
    assert keeping.kinds(f"destruction:{number}")[-1] == "destruction.refused"
    keeping.clock.move(timedelta(days=91))
    assert asked(keeping, sha256).number > number, "it can be asked for again"


def test_one_wish_at_a_time_and_it_can_be_withdrawn(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    number = asked(keeping, sha256).number
    with pytest.raises(UnsuitableDestructionError, match="has asked for it already"):
        asked(keeping, sha256)
    withdrawn = keeping.destroying.withdraw(FINN, number, "counsel says wait")
    assert (withdrawn.state, withdrawn.why) == (DestructionState.WITHDRAWN, "counsel says wait")
    with pytest.raises(UnsuitableDestructionError, match="is withdrawn"):
        keeping.destroying.confirm(FINN, number)
    again = asked(keeping, sha256).number
    keeping.destroying.confirm(FINN, again)
    with pytest.raises(UnsuitableDestructionError, match="is confirmed"):
        keeping.destroying.withdraw(FINN, again, "too late")
    with pytest.raises(UnknownDestructionError):
        keeping.destroying.destruction(99)


def test_a_vault_that_fails_leaves_it_confirmed_and_it_is_done_later(
    over: tuple[Keeping, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping, sha256 = over
    number = asked(keeping, sha256).number
    keeping.destroying.confirm(FINN, number)

    def away(_: object) -> bool:
        raise VaultAccessError

    with monkeypatch.context() as patched:
        patched.setattr(type(keeping.vault), "destroy", lambda _, digest: away(digest))
        with pytest.raises(VaultAccessError):
            keeping.work()
    assert keeping.destroying.destruction(number).state is DestructionState.CONFIRMED
    keeping.work()
    assert keeping.destroying.destruction(number).state is DestructionState.DESTROYED


def test_done_again_after_a_kill_between_vault_and_commit(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    number = asked(keeping, sha256).number
    keeping.destroying.confirm(FINN, number)
    keeping.vault.destroy(sha256)  # and the process died before it could say so
    keeping.work()
    assert keeping.destroying.destruction(number).state is DestructionState.DESTROYED


def test_refused_after_such_a_kill_it_says_that_the_content_has_gone(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over
    number = asked(keeping, sha256).number
    keeping.destroying.confirm(FINN, number)
    keeping.vault.destroy(sha256)
    letter = Occasion("us.2703f_letter", keeping.clock())
    keeping.holds.set(FREDA, letter, 1, [sha256], "letter 17")
    keeping.work()
    refused = keeping.destroying.destruction(number)
    assert refused.state is DestructionState.REFUSED
    assert refused.why.endswith("the vault has it no more")


def test_verifying_knows_what_was_destroyed_and_what_came_again(over: tuple[Keeping, bytes]) -> None:
    keeping, sha256 = over

    def broken() -> list[str]:
        check = Verification(keeping.home.database, keeping.home.folder, keeping.vault)
        return [
            f"{one.what}: {one.why}" for one in check.run() if one.what.startswith(("file", "hold", "des"))
        ]

    assert broken() == []
    keeping.destroying.confirm(FINN, asked(keeping, sha256).number)
    keeping.work()
    assert broken() == []
    keeping.vault.put(io.BytesIO(b"a benign picture"), sha256)
    assert broken() == [f"file {sha256.hex()}: it was destroyed, but the vault holds it"]
    keeping.vault.destroy(sha256)
    again = int(datetime(2040, 1, 1, tzinfo=UTC).timestamp() * 1_000_000)
    with keeping.home.database.writing():
        keeping.home.database.change("UPDATE submission SET received = ?", (again,))
    assert broken() == [f"file {sha256.hex()}: the vault does not hold it"]
