"""What a server looks at before anything else of a request (RFC 3261 sections 8.2.2 and 8.2.3)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from telsdk.sip.call import SDP, tokens_in
from telsdk.sip.message import Request
from telsdk.sip.routing import Refusal


def refusal(request: Request, supported: AbstractSet[str]) -> Refusal | None:
    """Why `request` is refused by a user agent with these option tags; None where nothing stands against it."""
    return inspection(request, supported) or (
        _invite_refusal(request) if request.method == "INVITE" else None
    )


def inspection(request: Request, supported: AbstractSet[str] = frozenset()) -> Refusal | None:
    """Why no server with these option tags takes `request`, whatever its body is (8.2.2)."""
    if request.uri.scheme not in ("sip", "sips"):
        return Refusal(416)  # 8.2.2.1
    unknown = [tag for tag in tokens_in(request, "Require") if tag not in supported]
    if unknown:
        return Refusal(420, None, (("Unsupported", ", ".join(unknown)),))  # 8.2.2.3
    return None


def _invite_refusal(request: Request) -> Refusal | None:
    """8.2.3: a session is described by SDP, in the question and in the answer."""
    headers = request.headers
    if request.body and not _is_optional(headers.get("Content-Disposition") or ""):
        if request.content_type not in (SDP, None):
            return Refusal(415, None, (("Accept", SDP),))
        if "Content-Encoding" in headers and tokens_in(request, "Content-Encoding") != ["identity"]:
            return Refusal(415, None, (("Accept-Encoding", "identity"),))
    if "Accept" in headers and not any(map(_covers_sdp, tokens_in(request, "Accept"))):
        return Refusal(406)  # 20.1: our answer would be SDP
    return None


def _is_optional(disposition: str) -> bool:
    """Whether the sender does not mind that the body is not understood (20.11)."""
    params = [param.strip(" \t").lower() for param in disposition.split(";")[1:]]
    return "handling=optional" in params


def _covers_sdp(media_range: str) -> bool:
    return media_range.partition(";")[0].strip(" \t").lower() in (SDP, "application/*", "*/*")
