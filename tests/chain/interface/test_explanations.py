"""Errors as lines for a person. That every error has one is in test_revert."""

from __future__ import annotations

import pytest

from telsdk.chain.interface import explain


def test_ether_times_and_bytes_are_written_out() -> None:
    assert "1.5 ether" in explain("Underpaid", {"price": 15 * 10**17, "paid": 0})
    assert "2027-01-15 08:00:00 UTC" in explain("CommitmentTooNew", {"readyAt": 1_800_000_000})
    assert "0x0707" in explain("InvalidPin", {"pin": b"\x07\x07"})


def test_a_time_beyond_all_calendars_is_still_written() -> None:
    assert f"second {2**256 - 1}" in explain("CommitmentTooNew", {"readyAt": 2**256 - 1})


@pytest.mark.parametrize("name", ["BrandNew", "NotListed"])
def test_an_error_with_other_arguments_than_expected_is_written_plainly(name: str) -> None:
    assert explain(name, {"a": 5, "b": b"\x01"}) == f"the contract refused: {name}(a 5, b 0x01)"
