"""What others do to a case between its being found and its being given; and leases that ran out meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import pytest
from support.cases import ANNA, BELA, CLEO, MANAGER, Desk

from tocsin.cases.model import State
from tocsin.cases.queue import Queue
from tocsin.transactions import Transactions

pytestmark = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
"""What is decided above the store is tried on one database."""


@dataclass
class Meanwhile:
    """Transactions after whose first reading somebody else is quicker."""

    inner: Transactions
    others: list[Callable[[], object]] = field(default_factory=list)

    def writing(self) -> AbstractContextManager[None]:
        """As they are."""
        return self.inner.writing()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """As they are; afterwards the others."""
        with self.inner.reading():
            yield
        while self.others:
            self.others.pop()()


@pytest.mark.parametrize("what", ["claimed", "moved", "handed_over"])
def test_what_is_not_for_them_any_more_when_it_is_to_be_given_is_not(desk: Desk, what: str) -> None:
    first, second, _ = desk.several(3)
    others = {
        "claimed": lambda: desk.queue.claim(BELA, first),
        "moved": lambda: desk.queue.move(MANAGER, first, None, "later"),
        "handed_over": lambda: desk.queue.hand_over(MANAGER, first, None, CLEO.id),
    }
    meanwhile = Meanwhile(desk.database, [others[what]])
    queue = Queue(meanwhile, desk.cases, desk.ledger, lambda _: ["video"])
    given = queue.next(ANNA)
    assert not meanwhile.others
    assert given is not None
    assert (given.number, given.holder) == (second, ANNA.id)
    assert desk.kinds(first) == ["opened", what]


@pytest.mark.parametrize("what", ["handed_over", "moved"])
def test_a_claim_that_ran_out_is_on_record_before_a_manager_takes_the_case(desk: Desk, what: str) -> None:
    number = desk.case()
    desk.queue.claim(ANNA, number)
    desk.lease_passes()
    if what == "moved":
        desk.queue.move(MANAGER, number, None, "later")
    else:
        desk.queue.hand_over(MANAGER, number, None, BELA.id)
    assert desk.kinds(number) == ["opened", "claimed", "lapsed", what]
    assert desk.queue.case(ANNA, number).state is State.WAITING
