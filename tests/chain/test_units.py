"""Ether as Decimal at the edge, wei as int within."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.chain.units import ether, wei


@given(st.integers(0, 2**256 - 1))
def test_no_wei_is_lost_on_the_way_to_ether_and_back(amount: int) -> None:
    assert wei(ether(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0"), (1, "1E-18"), (10**17, "0.1"), (10**18, "1"), (10**20, "100")]
)
def test_ether_is_written_without_trailing_zeros(amount: int, text: str) -> None:
    assert str(ether(amount)) == text


@pytest.mark.parametrize("amount", ["0.1", 1, Decimal("2.5"), "1e-18"])
def test_wei_takes_text_integers_and_decimals(amount: str | int | Decimal) -> None:
    assert wei(amount) == int(Decimal(amount) * 10**18)


@pytest.mark.parametrize("amount", ["-1", "1e-19", "NaN", "Infinity", "much"])
def test_what_is_no_amount_of_ether_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="no amount of ether"):
        wei(amount)
