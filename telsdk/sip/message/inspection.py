"""What every server looks at before anything else of a request (RFC 3261 section 8.2.2)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from telsdk.sip.errors import SipParseError
from telsdk.sip.message.field_table import REQUIRE
from telsdk.sip.message.message import Message, Request
from telsdk.sip.message.names import SINGLE
from telsdk.sip.message.readers import READERS


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


_FOR_PEOPLE: Final = frozenset({
    "date", "mime-version", "organization", "priority", "retry-after", "server", "subject", "timestamp", "user-agent",
})  # fmt: skip
_ONCE: Final = SINGLE - _FOR_PEOPLE
_END_TO_END: Final = ("via", "contact", "route", "record-route", "expires", "content-type")
"""What a user agent, registrar or notifier reads besides what every element does."""


def malformation(message: Message) -> SipParseError | None:
    """Return why an element at the end of the way does not take `message`; None where it can read what it needs.

    Such an element reads deeper than a proxy: no field that has one value may have two (section 7.3.1), and those
    that say where a dialog or binding leads are well-formed. What is for people alone, such as Date or Warning, is not
    looked at.
    """
    headers = message.headers
    for key in headers.repeated(_ONCE):
        return SipParseError(f"{key} occurs more than once (RFC 3261 section 7.3.1)")
    first = headers.shape.first
    for key in _END_TO_END:
        if key in first:
            try:
                headers.typed(key, READERS[key])
            except SipParseError as error:
                return error
    return None
