"""How old a copy of the chain is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.clock import Wall
from telsdk.directory import Domain, Head
from telsdk.freshness import DEVELOPMENT_CHAINS, STALE_AFTER, Freshness, freshness, freshness_at
from tests.facts import FixedDirectory

MAINNET, ANVIL = 1, 31337
BLOCK = 1_795_838_412  # 2026-11-28 04:00:12 UTC


@given(st.integers(0, 2**40), st.floats(-1e9, 1e9), st.floats(0, 1e6), st.sampled_from([MAINNET, ANVIL]))
def test_a_block_farther_from_the_clock_than_the_limit_is_stale_either_way(
    time: int, age: float, limit: float, chain: int
) -> None:
    found = freshness_at(time, chain, limit, Wall(time + age))
    assert found.stale is (abs(Wall(time + age) - time) > limit)


@pytest.mark.parametrize("chain", [MAINNET, *DEVELOPMENT_CHAINS])
def test_without_a_limit_a_chain_has_the_usual_one_and_a_development_chain_none(chain: int) -> None:
    ages = (-2 * STALE_AFTER, STALE_AFTER + 1, 864_000.0)
    stale = [freshness_at(BLOCK, chain, None, Wall(BLOCK + age)).stale for age in ages]
    assert stale == [chain not in DEVELOPMENT_CHAINS] * 3
    assert not freshness_at(BLOCK, chain, None, Wall(BLOCK + STALE_AFTER)).stale


def test_a_directory_is_as_old_as_its_newest_block() -> None:
    directory = FixedDirectory(domain=Domain(MAINNET, "0x" + "00" * 20), head=Head(7, bytes(32), BLOCK))
    assert freshness(directory, None, Wall(BLOCK + 5)) == Freshness(BLOCK, 5, STALE_AFTER)


def test_people_are_told_the_time_and_how_far_it_is() -> None:
    assert str(Freshness(BLOCK, 612, 120.0)) == (
        "the newest block here is of 2026-11-28 04:00:12 UTC, 612 s ago, and 120 s are allowed"
    )
    assert "300 s ahead of this clock" in str(Freshness(BLOCK, -300, None))


def test_a_time_that_no_calendar_has_is_told_all_the_same() -> None:
    assert Freshness(2**63, 0.0, None).as_of == f"second {2**63} since 1970"
