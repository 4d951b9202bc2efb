"""Token buckets, by a clock of our own, against a simple account of what may have passed."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.access.errors import TooManyRequestsError
from tocsin.access.limits import Limiter, address_key


class Clock:
    """Seconds that go on when told."""

    def __init__(self) -> None:
        """At some moment."""
        self.now = 1000.0

    def __call__(self) -> float:
        """The present."""
        return self.now


def test_a_burst_passes_then_the_rate() -> None:
    clock = Clock()
    limiter = Limiter(clock)
    assert [limiter.allow("a", 60, 3).allowed for _ in range(4)] == [True, True, True, False]
    assert limiter.allow("a", 60, 3).retry_after == pytest.approx(1)
    clock.now += 1
    assert [limiter.allow("a", 60, 3).allowed for _ in range(2)] == [True, False]


def test_keys_do_not_count_for_each_other() -> None:
    limiter = Limiter(Clock())
    assert limiter.allow("a", 1, 1).allowed
    assert limiter.allow("b", 1, 1).allowed
    assert not limiter.allow("a", 1, 1).allowed


def test_a_rate_of_nothing_is_no_limit() -> None:
    limiter = Limiter(Clock())
    assert all(limiter.allow("a", 0, 0, cost=10**9).allowed for _ in range(10))
    assert len(limiter) == 0


def test_a_request_larger_than_the_bucket_passes_when_it_is_full_and_is_paid_for_afterwards() -> None:
    clock = Clock()
    limiter = Limiter(clock)
    assert limiter.allow("a", 60, 10, cost=70).allowed
    refused = limiter.allow("a", 60, 10)
    assert refused.retry_after == pytest.approx(61)
    clock.now += refused.retry_after
    assert limiter.allow("a", 60, 10).allowed


def test_waiting_as_told_is_enough_and_what_is_refused_costs_nothing() -> None:
    clock = Clock()
    limiter = Limiter(clock)
    limiter.allow("a", 7, 2, cost=2)
    wait = limiter.allow("a", 7, 2).retry_after
    for _ in range(50):
        assert not limiter.allow("a", 7, 2).allowed
    clock.now += wait + 1e-6
    assert limiter.allow("a", 7, 2).allowed


def test_the_number_of_keys_is_bounded_and_those_in_use_are_kept() -> None:
    limiter = Limiter(Clock(), most_keys=10)
    for number in range(1000):
        limiter.allow("in use", 1, 1000)
        limiter.allow(f"once {number}", 1, 1)
        assert len(limiter) <= 10
    assert not limiter.allow("in use", 1, 1000).allowed


def test_demanding_says_how_long_to_wait() -> None:
    limiter = Limiter(Clock())
    limiter.allow("a", 30, 1).demand()
    with pytest.raises(TooManyRequestsError) as caught:
        limiter.allow("a", 30, 1).demand()
    assert caught.value.retry_after == pytest.approx(2)


@given(
    st.integers(1, 600),
    st.integers(1, 20),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 30)), max_size=50),
)
def test_never_more_passes_than_burst_and_rate_allow(
    rate: int, burst: int, asked: list[tuple[float, int]]
) -> None:
    clock = Clock()
    start = clock.now
    limiter = Limiter(clock)
    passed, largest = 0.0, 0
    for wait, cost in asked:
        clock.now += wait
        if limiter.allow("a", rate, burst, cost).allowed:
            passed += cost
            largest = max(largest, cost)
    # One request may leave a debt, which is paid before the next passes: so at most one is on top.
    assert passed <= burst + largest + (clock.now - start) * rate / 60 + 1e-6


def test_threads_share_a_bucket() -> None:
    limiter = Limiter(Clock())
    passed: list[bool] = []

    def ask() -> None:
        passed.extend(limiter.allow("a", 1, 100).allowed for _ in range(100))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 100


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("", "/run/socket", True),
        ("", "192.0.2.1", False),
    ],
)
def test_addresses_of_one_subscriber_count_together(one: str, other: str, *, same: bool) -> None:
    assert (address_key(one) == address_key(other)) == same
