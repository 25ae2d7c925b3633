"""The heartbeat's header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.server.load import Load, LoadError


@given(
    st.integers(0, 10**9 - 1),
    st.integers(0, 10**9 - 1),
    st.integers(0, 10**6),
    st.integers(0, 10**12 - 1),
    st.integers(0, 2**64),
    st.booleans(),
)
def test_what_is_written_is_read(
    users: int, calls: int, lag_ms: int, block: int, time: int, stale: bool
) -> None:
    load = Load(users, calls, lag_ms / 1000, block, time, stale)
    assert Load.parse(str(load)) == load


@pytest.mark.parametrize(
    "text",
    ["", "users=1", "users=-1;calls=0;lag=0.000;block=1", "users=1;calls=0;lag=nan;block=1;time=1;stale=0"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(LoadError, match="is not a load"):
        Load.parse(text)
