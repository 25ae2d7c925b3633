"""What every server looks at before anything else of a request (RFC 3261 section 8.2.2)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from telsdk.sip.errors import SipParseError
from telsdk.sip.message.field_table import REQUIRE
from telsdk.sip.message.message import Request


class Refusal(NamedTuple):
    """Why a request goes no further."""

    status: int
    reason: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def inspection(request: Request, supported: AbstractSet[str] = frozenset()) -> Refusal | None:
    """Why no server with these option tags takes `request`, whatever its body is (8.2.2)."""
    if request.uri.scheme not in ("sip", "sips"):
        return Refusal(416)  # 8.2.2.1
    try:
        unknown = [tag for tag in REQUIRE.of(request) if tag not in supported]
    except SipParseError as error:
        return Refusal(400, error.reason)
    if unknown:
        return Refusal(420, None, (("Unsupported", ", ".join(unknown)),))  # 8.2.2.3
    return None
