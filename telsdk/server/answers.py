"""What the refusals of hub and node have in common."""

from __future__ import annotations

import re
from email.utils import formatdate
from functools import lru_cache
from typing import Final

from telsdk.clock import Wall
from telsdk.freshness import Freshness
from telsdk.sip.message import Request, Response

MAX_REASON: Final = 300
"""Characters of a reason in a Warning: an error may quote what a peer sent."""

HeaderField = tuple[str, str]

CHAIN_BEHIND: Final = "Chain Behind"
"""The reason phrase of a 503 to a login while the copy of the chain is stale."""

_replace_unsayable = re.compile(r'[^ -~]|["\\]').sub


def warning(why: Exception | str) -> HeaderField:
    """Return a Warning with the reason as text (RFC 3261 20.43; 399 is the miscellaneous warning)."""
    reason = str(why)
    if len(reason) > MAX_REASON:
        reason = f"{reason[:MAX_REASON]}... ({len(reason) - MAX_REASON} more characters)"
    text = _replace_unsayable("'", reason)
    return "Warning", f'399 telprotocol "{text}"'


def refusal(request: Request, status: int, error: Exception) -> Response:
    """Return a response that refuses `request`, with the reason as a Warning."""
    response = request.response(status)
    name, value = warning(error)
    response.headers.insert_line(len(response.headers.raw), "warning", f"{name}: {value}")
    return response


@lru_cache(maxsize=2)  # hundreds of answers may go out within one second
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def date(wall: Wall) -> HeaderField:
    """Return a Date (RFC 3261 20.17); `wall` in seconds since 1970."""
    return "Date", _date(int(wall))


def behind(request: Request, seconds: int, chain: Freshness) -> Response:
    """Return a 503 for a login that has to wait, because this server's copy of the chain is stale."""
    response = later(request, seconds, CHAIN_BEHIND)
    response.headers.add(*warning(str(chain)))
    return response


def later(request: Request, seconds: int, reason: str | None = None) -> Response:
    """Return a 503 that says in how many seconds to try again (RFC 3261 21.5.4)."""
    return request.response(503, reason, headers=[("Retry-After", str(seconds))])
