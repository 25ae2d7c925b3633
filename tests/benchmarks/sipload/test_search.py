"""The search for the highest rate finds it, is bounded, and forgives one spoilt try."""

from __future__ import annotations

import pytest

from benchmarks.sipload.search import NEAR, highest


@pytest.mark.parametrize("most", [30.0, 450.0, 800.0, 6_000.0])
def test_the_rate_found_passes_and_is_near_the_limit(most: float) -> None:
    found = highest(lambda rate: rate <= most, 500.0, tries=12)
    assert found is not None
    assert most / (1 + 2 * NEAR) < found <= most


def test_it_tries_no_more_rates_than_it_may() -> None:
    tried: list[float] = []

    def passes(rate: float) -> bool:
        tried.append(rate)
        return True

    highest(passes, 100.0, tries=4)
    assert len(tried) == 4
    assert tried == sorted(set(tried))


def test_nothing_passes_nothing_is_found() -> None:
    assert highest(lambda _: False, 100.0, tries=5) is None


def test_a_rate_gets_a_second_try() -> None:
    spoilt = iter([False])
    assert highest(lambda rate: next(spoilt, rate <= 100.0), 100.0, tries=1) == 100.0
