"""Say in words for people what the other side answered."""

from __future__ import annotations

from telsdk.sip.message import Response


def said(response: Response) -> str:
    """Return the status, and the reason that its sender gives in a Warning."""
    reasons = [text.partition('"')[2].rstrip('"') for text in response.headers.all("Warning")]
    return ": ".join([f"{response.status} {response.reason}", *reasons])
