"""What the other side answered, for people."""

from __future__ import annotations

from telsdk.sip.message import Response


def said(response: Response) -> str:
    """The status, with the reason of its sender when there is one."""
    reasons = [text.partition('"')[2].rstrip('"') for text in response.headers.all("Warning")]
    return ": ".join([f"{response.status} {response.reason}", *reasons])
