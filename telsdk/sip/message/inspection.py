"""What every server looks at before anything else of a request (RFC 3261 section 8.2.2)."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar, readers
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
    """Return why no server with these option tags takes `request`, whatever its body is (8.2.2)."""
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

_usual_address: Final = re.compile(rf"[A-Za-z-]++: {grammar.PLAIN_NAME_ADDR}").fullmatch
_USUAL: Final = {
    "contact": _usual_address,
    "route": _usual_address,
    "record-route": _usual_address,
    "expires": re.compile(r"[A-Za-z]++: [0-9]{1,9}").fullmatch,
}
"""What shows of most lines that they are well-formed, in a fifth of the time that it takes to read them."""


def malformation(message: Message) -> SipParseError | None:
    """Return why an element at the end of the way does not take `message`; None where it can read what it needs.

    Such an element reads deeper than a proxy: no field that has one value may have two (section 7.3.1), and those
    that say where a dialog or binding leads are well-formed. What is for people alone, such as Date or Warning, is not
    looked at.
    """
    headers = message.headers
    for key in headers.repeated(_ONCE):
        return SipParseError(f"{key} occurs more than once (RFC 3261 section 7.3.1)")
    first, doubled = headers.shape.first, headers.shape.doubled
    for key in _END_TO_END:
        at = first.get(key)
        if at is None or (key not in doubled and _is_usual(key, headers.raw[at])):
            continue
        try:
            if key == "via" and key not in doubled and "," not in headers.raw[at]:
                headers.typed(key, readers.via)  # alone: the parser has read it
            else:
                headers.typed(key, READERS[key])
        except SipParseError as error:
            return error
    return None


def _is_usual(key: str, line: str) -> bool:
    looks_usual = _USUAL.get(key)
    return looks_usual is not None and looks_usual(line) is not None
