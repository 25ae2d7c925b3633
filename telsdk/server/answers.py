"""What the refusals of hub and node have in common."""

from __future__ import annotations

from telsdk.sip.message import Request, Response

HeaderField = tuple[str, str]


def warning(error: Exception) -> HeaderField:
    """Return a Warning with the reason as text (RFC 3261 20.43; 399 is the miscellaneous warning)."""
    text = "".join(char if " " <= char <= "~" and char not in '"\\' else "'" for char in str(error))
    return "Warning", f'399 telprotocol "{text}"'


def later(request: Request, seconds: int, reason: str | None = None) -> Response:
    """Return a 503 that says in how many seconds to try again (RFC 3261 21.5.4)."""
    return request.response(503, reason, headers=[("Retry-After", str(seconds))])
