"""The queue, on each engine."""

import pytest
from support.cases import ANNA, BELA, Desk

from tocsin.cases.errors import HoldingError, NotHeldError


def test_what_is_most_urgent_is_given_first(desk: Desk) -> None:
    numbers = desk.several(4)
    assert [case.number for case in desk.queue.page(ANNA)] == numbers
    first = desk.queue.next(ANNA)
    assert first is not None
    assert (first.number, first.holder, first.claim) == (numbers[0], ANNA.id, 1)
    with pytest.raises(HoldingError):
        desk.queue.next(ANNA)
    second = desk.queue.next(BELA)
    assert second is not None
    assert second.number == numbers[1]
    desk.queue.release(ANNA, first.number, first.claim)
    with pytest.raises(NotHeldError):
        desk.queue.release(ANNA, first.number, first.claim)
