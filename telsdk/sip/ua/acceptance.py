"""What a server looks at before anything else of a request (RFC 3261 sections 8.2.2 and 8.2.3)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import (
    ACCEPT,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    Refusal,
    Request,
    inspection,
    weight,
)
from telsdk.sip.ua.negotiation import SDP


def reason_to_refuse(request: Request, supported: AbstractSet[str]) -> Refusal | None:
    """Return why a user agent with these option tags refuses `request`; None when nothing stands against it."""
    return inspection(request, supported) or (
        _invite_refusal(request) if request.method == "INVITE" else None
    )


def _invite_refusal(request: Request) -> Refusal | None:
    """Return why an INVITE is refused by its body: SDP describes a session, in question and answer (8.2.3)."""
    try:
        disposition = CONTENT_DISPOSITION.of(request) if request.body else None
        if request.body and not (disposition and disposition.is_optional):
            if request.content_type not in (SDP, None):
                return Refusal(415, None, (("Accept", SDP),))
            if any(coding.lower() != "identity" for coding in CONTENT_ENCODING.of(request)):
                return Refusal(415, None, (("Accept-Encoding", "identity"),))
        if "Accept" in request.headers and not weight(ACCEPT.of(request), SDP):
            return Refusal(406)  # 20.1: our answer would be SDP
    except SipParseError as error:
        return Refusal(400, error.reason)
    return None
