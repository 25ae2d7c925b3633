"""Understand by which words a provider of RPCs limits what is asked of it.

There is no standard for it. The words were collected from what providers and nodes answer to a wide ``eth_getLogs``: by
HTTP 400, 408 or 413, or by JSON-RPC errors -32000, -32005, -32600, -32602, -32614, -32047 and others. Many name a range
that would do, or the number of blocks that they allow.
"""

from __future__ import annotations

import re

from telsdk.chain.errors import RangeTooWide, RpcError, RpcUnreachable

_RATE = re.compile(
    r"rate.?limit|request rate|too many requests|per.second|throttl|quota|daily|monthly|capacity|try again later"
    r"|slow down|compute units|credits",
    re.IGNORECASE,
)
_OF_LOGS = re.compile(r"block.?range|range|results|logs?\b|response size", re.IGNORECASE)
_BEHIND = re.compile(
    r"(unknown|future) block|(block|header) not found|beyond|greater than (the )?(latest|head)", re.IGNORECASE
)
_NUMBER = r"(0x[0-9a-fA-F]{1,16}|[0-9]{1,18})"
_SUGGESTED = re.compile(rf"{_NUMBER}\s*(?:,|-|to|\.\.)\s*{_NUMBER}")
_COUNT = r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})\s?([kK]\b)?"
_MOST = (
    re.compile(rf"{_COUNT}[\s-]*(?:block|range)", re.IGNORECASE),
    re.compile(rf"range[^0-9]{{0,40}}{_COUNT}", re.IGNORECASE),
    re.compile(rf"blocks?[^0-9]{{0,40}}{_COUNT}", re.IGNORECASE),
)
_HTTP_WIDE = frozenset({400, 408, 413, 414, 422})  # HTTP's ways to say that the question was too much
_HTTP_OVERWORKED = frozenset(
    {500, 502, 504}
)  # so a proxy says that the node behind it did not finish in time


def is_rate_limit(code: object, text: str) -> bool:
    """Return whether a JSON-RPC error says that too much was asked within some time."""
    return code == 429 or (_RATE.search(text) is not None and _OF_LOGS.search(text) is None)


def too_wide(error: RpcError, first: int, last: int) -> RangeTooWide | None:
    """Return what `error` says of a question for the events in the blocks `first` to `last`.

    None when fewer blocks would not help: the RPC is away, busy, or behind.
    """
    if isinstance(error, RangeTooWide):
        return error
    if isinstance(error, RpcUnreachable):
        return RangeTooWide(str(error)) if error.status in _HTTP_WIDE else None
    text = str(error)
    if type(error) is not RpcError or _BEHIND.search(text):
        return None  # an answer that is wrong, which fewer blocks would not mend
    if (suggested := _suggested(text, first, last)) is not None:
        return RangeTooWide(text, suggested)
    most = _most(text, last - first + 1)
    return RangeTooWide(text, most, always=most is not None)


def may_be_too_wide(error: RpcError) -> bool:
    """Return whether fewer blocks may help, though `error` does not say so: the answer took too long."""
    return isinstance(error, RpcUnreachable) and (error.slow or error.status in _HTTP_OVERWORKED)


def _suggested(text: str, first: int, last: int) -> int | None:
    """Return the length of a range in `text` that begins at `first`, or near, and is shorter than what was asked."""
    for match in _SUGGESTED.finditer(text):
        low, high = (int(number, 16 if number.startswith("0x") else 10) for number in match.groups())
        if low <= first <= high < last:
            return high - first + 1
    return None


def _most(text: str, asked: int) -> int | None:
    """Return the greatest number of blocks in `text` that is less than was `asked` for."""
    found = {
        int(count.replace(",", "")) * (1000 if thousands else 1)
        for form in _MOST
        for count, thousands in form.findall(text)
    }
    return max((count for count in found if 0 < count < asked), default=None)
