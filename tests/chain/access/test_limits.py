"""How providers say that too much was asked, and what is made of it."""

from __future__ import annotations

import pytest

from telsdk.chain.access.httprpc import retry_after
from telsdk.chain.access.limits import is_rate_limit, may_be_too_wide, too_wide
from telsdk.chain.errors import AnswerError, RpcBehind, RpcBusy, RpcError, RpcUnreachable

FIRST, LAST = 1_000_000, 1_049_999
SUGGESTED = "Try with this block range [0xF4240, 0xF4A0F]."  # 2,000 blocks


@pytest.mark.parametrize(
    ("text", "most", "always"),
    [
        (f"query returned more than 10000 results. {SUGGESTED}", 2_000, False),
        (f"Log response size exceeded. You can make requests with up to a 2K block range. {SUGGESTED}", 2_000, False),
        ("query exceeds max results 20000, retry with the range 1000000-1000999", 1_000, False),
        ("eth_getLogs is limited to a 10,000 range", 10_000, True),
        ("Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.", 10, True),
        ("'fromBlock'-'toBlock' range too large. Max range: 800", 800, True),
        ("exceed maximum block range: 5000", 5_000, True),
        ("query exceeds max block range 1000", 1_000, True),
        ("ranges over 10000 blocks are not supported on freetier", 10_000, True),
        ("requests are limited to a 2k block range", 2_000, True),
        ("block range is too wide", None, False),
        ("query timeout exceeded", None, False),
        ("limit exceeded", None, False),
        ("try [0x1, 0x2] instead", None, False),  # another range than was asked for
        ("block range 50000 exceeds the limit of 100000 blocks", None, False),  # not less than was asked for
    ],
)  # fmt: skip
def test_a_limit_on_blocks_and_what_would_do(text: str, most: int | None, always: bool) -> None:
    wide = too_wide(RpcError(text), FIRST, LAST)
    assert wide is not None
    assert (wide.most, wide.always) == (most, always)


@pytest.mark.parametrize("status", [400, 408, 413, 414, 422])
def test_a_limit_by_http(status: int) -> None:
    assert too_wide(RpcUnreachable("refuses", status=status), FIRST, LAST) is not None


@pytest.mark.parametrize(
    "error",
    [
        RpcUnreachable("away"),
        RpcUnreachable("forbidden", status=403),
        RpcBusy("busy", status=429),
        RpcError("unknown block"),
        RpcError("block range extends beyond current head block"),
        AnswerError("nonsense"),
        RpcBehind("behind"),
    ],
)
def test_what_fewer_blocks_would_not_mend(error: RpcError) -> None:
    assert too_wide(error, FIRST, LAST) is None


def test_what_took_too_long_may_have_been_too_much() -> None:
    assert may_be_too_wide(RpcUnreachable("slow", slow=True))
    assert may_be_too_wide(RpcUnreachable("gateway", status=504))
    assert not may_be_too_wide(RpcUnreachable("away"))
    assert not may_be_too_wide(RpcError("no"))


@pytest.mark.parametrize(
    ("code", "text", "rate"),
    [
        (-32005, "project ID request rate exceeded", True),
        (-32005, "daily request count exceeded, request rate limited", True),
        (429, "", True),
        (-32000, "Too Many Requests", True),
        (-32005, "Your app has exceeded its compute units per second capacity", True),
        (-32005, "query returned more than 10000 results", False),
        (-32005, "limit exceeded", False),
        (-32602, "block range limit exceeded, see our rate plans", False),
        (-32000, "execution reverted", False),
    ],
)
def test_a_limit_by_time_is_told_from_one_by_blocks(code: int, text: str, rate: bool) -> None:
    assert is_rate_limit(code, text) is rate


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds
