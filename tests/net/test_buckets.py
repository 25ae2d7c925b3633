"""Token buckets grant a burst, then a rate, and forget nobody to their harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Monotonic
from telsdk.net.buckets import UNLIMITED, Buckets, Rate, place_of


def taken(buckets: Buckets, key: object, now: float, times: int) -> int:
    return sum(buckets.take(key, Monotonic(now)) for _ in range(times))


def test_a_burst_is_granted_and_then_the_rate() -> None:
    buckets = Buckets(Rate(10, 5), 100)
    assert taken(buckets, "a", 0.0, 20) == 5
    assert taken(buckets, "a", 0.25, 20) == 2
    assert taken(buckets, "a", 100.0, 20) == 5


def test_one_key_takes_nothing_from_another() -> None:
    buckets = Buckets(Rate(1, 3), 100)
    assert taken(buckets, "a", 0.0, 10) == 3
    assert taken(buckets, "b", 0.0, 10) == 3


def test_several_who_share_a_key_have_each_their_part() -> None:
    buckets = Buckets(Rate(1, 3), 100)
    assert sum(buckets.take("a", Monotonic(0.0), 0.25) for _ in range(50)) == 12


def test_what_is_unlimited_is_always_granted_and_remembers_nobody() -> None:
    buckets = Buckets(UNLIMITED, 100)
    assert taken(buckets, "a", 0.0, 1_000) == 1_000
    assert not len(buckets)


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 1)), max_size=200))
def test_only_so_many_are_remembered_and_none_gets_less_for_it(steps: list[tuple[int, float]]) -> None:
    small, large = Buckets(Rate(1, 3), 4), Buckets(Rate(1, 3), 1_000)
    now = 0.0
    for key, pause in steps:
        now += pause
        fair = large.take(key, Monotonic(now))
        assert small.take(key, Monotonic(now)) or not fair
        assert len(small) <= 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_who_has_one_address_of_ipv6_has_the_64_around_it(one: str, other: str, same: bool) -> None:
    assert (place_of(one) == place_of(other)) is same


def test_what_is_no_address_is_counted_by_itself() -> None:
    assert place_of("no:address") == "no:address"
