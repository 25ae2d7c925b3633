"""Rendezvous hashing with bounded load."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from telsdk.hub.placement import Candidate, place, ranked

capacities = st.lists(st.integers(1, 1000), min_size=1, max_size=8)


def candidates_of(capacities: list[int]) -> list[Candidate]:
    return [Candidate(f"hub/{index}", capacity) for index, capacity in enumerate(capacities)]


def fill(numbers: range, candidates: list[Candidate], balance: float) -> dict[int, Candidate]:
    placed: dict[int, Candidate] = {}
    load: Counter[str] = Counter()
    for number in numbers:
        candidate = place(number, candidates, load, balance=balance)
        assert candidate is not None
        placed[number] = candidate
        load[candidate.key] += 1
    return placed


@given(capacities, st.integers(10_000, 99_999))
def test_the_same_number_always_ranks_its_nodes_the_same(capacities: list[int], number: int) -> None:
    candidates = candidates_of(capacities)
    assert ranked(number, candidates) == ranked(number, candidates[::-1])


@given(capacities, st.integers(10_000, 99_999))
def test_a_node_that_leaves_moves_only_its_own_numbers(capacities: list[int], number: int) -> None:
    candidates = candidates_of([*capacities, 100])
    best, *others = ranked(number, candidates)
    assert ranked(number, [candidate for candidate in candidates if candidate is not others[-1]])[0] is best


def test_no_node_gets_more_than_its_bound() -> None:
    candidates = candidates_of([1000, 1000, 2000])
    counts = Counter(candidate.key for candidate in fill(range(10_000, 10_400), candidates, 1.25).values())
    for candidate in candidates:
        assert counts[candidate.key] <= math.ceil(1.25 * 400 * candidate.capacity / 4000)


def test_exact_balance_puts_two_numbers_on_two_equal_nodes() -> None:
    for first in range(10_000, 10_100):
        placed = fill(range(first, first + 2), candidates_of([100, 100]), 1.0)
        assert len(set(placed.values())) == 2


def test_weights_are_followed_when_nothing_is_full() -> None:
    candidates = candidates_of([1, 3])
    firsts = Counter(ranked(number, candidates)[0].key for number in range(10_000, 14_000))
    assert 0.7 < firsts["hub/1"] / 4_000 < 0.8


def test_full_nodes_take_nobody() -> None:
    candidates = candidates_of([1, 1])
    assert place(55555, candidates, {"hub/0": 1, "hub/1": 1}) is None


def test_no_node_takes_nobody() -> None:
    assert place(55555, [], {}) is None
    assert place(55555, [Candidate("hub/0", 0)], {}) is None
