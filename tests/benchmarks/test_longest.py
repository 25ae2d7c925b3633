"""The longest messages are what they are said to be; how long they take is nobody's machine has to show here."""

from __future__ import annotations

import pytest

from benchmarks import longest
from telsdk.sip.limits import MAX_HEAD_BYTES, MAX_MESSAGE


@pytest.mark.parametrize("size", [MAX_HEAD_BYTES, MAX_MESSAGE])
def test_each_is_as_long_as_it_may_be_and_taken_or_refused(size: int) -> None:
    for field in longest.FIELDS:
        for filling in longest.FILLINGS:
            data = longest.message(field, filling, size)
            assert size - len(filling) - 1 < len(data) <= size
            longest.read(data)


def test_what_is_refused_is_said() -> None:
    assert "more than 128 parameters" in longest.read(longest.message("From", ";a=b", MAX_HEAD_BYTES))
    assert "32768" in longest.read(longest.message("From", ";a=b", MAX_MESSAGE))
    assert longest.read(longest.message("X-Unknown", "a", 2_000)) == ""
