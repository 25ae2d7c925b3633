"""What refusals of a node have in common."""

from __future__ import annotations

from telsdk.sip.message import Request, Response

HeaderField = tuple[str, str]


def warning(error: Exception) -> HeaderField:
    """A Warning with the reason as text (RFC 3261 20.43; 399 is the miscellaneous warning)."""
    text = "".join(char if " " <= char <= "~" and char not in '"\\' else "'" for char in str(error))
    return "Warning", f'399 telprotocol "{text}"'


def later(request: Request, seconds: int, reason: str | None = None) -> Response:
    """503, and when to come again (RFC 3261 21.5.4)."""
    return request.response(503, reason, headers=[("Retry-After", str(seconds))])
