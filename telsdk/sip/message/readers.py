"""How each field that has a typed property is read: one function a field, to be used with `Headers.typed`.

All raise `SipParseError` where the field is malformed, or is missing and must not be. `READERS` has them by
key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Final

from telsdk.sip.errors import SipParseError
from telsdk.sip.message import grammar, values
from telsdk.sip.message.content_fields import MediaType
from telsdk.sip.message.headers import CSeq, Headers, Via
from telsdk.sip.message.info_fields import WarningValue, is_warning
from telsdk.sip.message.time_fields import RetryAfter
from telsdk.sip.message.uri import NameAddr

MANDATORY: Final = ("via", "from", "to", "call-id", "cseq")
"""RFC 3261 section 8.1.1, without Max-Forwards, which peers of RFC 2543 do not send."""

_MISSING: Final = "missing or empty (RFC 3261 section 8.1.1)"

_is_call_id = re.compile(grammar.CALLID).fullmatch
_plain_address = re.compile(grammar.PLAIN_NAME_ADDR).fullmatch
_is_date = re.compile(grammar.RFC1123_DATE).fullmatch
_hops = values.integer(255)


def _required(headers: Headers, key: str) -> str:
    value = headers.first_line(key)
    if not value:
        raise SipParseError(_MISSING)
    return value


def via(headers: Headers) -> Via:
    value = headers.get("via")
    if not value:
        raise SipParseError(_MISSING)
    return Via.parse(value)


def vias(headers: Headers) -> tuple[Via, ...]:
    found = headers.all("via")
    if not found:
        raise SipParseError(_MISSING)
    return tuple([Via.parse(value) for value in found])


def from_(headers: Headers) -> NameAddr:
    return NameAddr.parse(_required(headers, "from"))


def to(headers: Headers) -> NameAddr:
    return NameAddr.parse(_required(headers, "to"))


def from_tag(headers: Headers) -> str | None:
    return _tag(headers.first_line("from"))


def to_tag(headers: Headers) -> str | None:
    return _tag(headers.first_line("to"))


def _tag(value: str | None) -> str | None:
    if not value:
        raise SipParseError(_MISSING)
    match = _plain_address(value)
    tag: str | None = NameAddr.parse(value).tag if match is None else match[grammar.PLAIN_TAG]
    return tag


def routes(headers: Headers) -> tuple[NameAddr, ...]:
    return tuple([NameAddr.parse(value) for value in headers.all("route")])


def record_routes(headers: Headers) -> tuple[NameAddr, ...]:
    return tuple([NameAddr.parse(value) for value in headers.all("record-route")])


def contacts(headers: Headers) -> tuple[NameAddr, ...]:
    found = headers.all("contact")
    return () if found == ["*"] else tuple([NameAddr.parse(value) for value in found])


def call_id(headers: Headers) -> str:
    return values.call_id(_required(headers, "call-id"))


def cseq(headers: Headers) -> CSeq:
    return CSeq.parse(_required(headers, "cseq"))


def max_forwards(headers: Headers) -> int | None:
    value = headers.first_line("max-forwards")
    return None if value is None else _hops(value)


def expires(headers: Headers) -> int | None:
    value = headers.first_line("expires")
    return None if value is None else values.number(value)


def content_type(headers: Headers) -> str | None:
    value = headers.first_line("content-type")
    return None if value is None else MediaType.parse(value).name


def date(headers: Headers) -> str:
    """As written; always GMT (section 20.17). That there is such a day is for whoever wants to know it."""
    value = _required(headers, "date")
    if not _is_date(value):
        raise SipParseError(
            f"{value[:80]!r} is not as 'Sat, 13 Nov 2010 23:29:00 GMT' (RFC 3261 section 20.17)"
        )
    return value


def retry_after(headers: Headers) -> int:
    """Seconds (section 20.33)."""
    return RetryAfter.parse(_required(headers, "retry-after")).seconds


def warnings(headers: Headers) -> tuple[WarningValue, ...]:
    """Code, agent and text of each (section 20.43)."""
    return tuple([WarningValue.parse(value) for value in headers.all("warning")])


_plain_seconds = re.compile("[0-9]{1,9}").fullmatch

PLAIN: Final[dict[str, Callable[[str], re.Match[str] | None]]] = {
    "via": re.compile(grammar.PLAIN_VIA).fullmatch,
    "from": _plain_address,
    "to": _plain_address,
    "call-id": _is_call_id,
    "cseq": re.compile("[0-9]{1,9} [A-Z]++").fullmatch,
    "contact": _plain_address,
    "route": _plain_address,
    "record-route": _plain_address,
    "max-forwards": re.compile("[0-9]{1,2}").fullmatch,
    "expires": _plain_seconds,
    "content-type": re.compile("[a-z]++/[a-z]++").fullmatch,
    "date": _is_date,
    "retry-after": _plain_seconds,
    "warning": is_warning,
}
"""By key, whether a line's value is of the usual form, for which the field's reader never raises."""

EAGER: Final[dict[str, tuple[Callable[[Headers], object], Callable[[re.Match[str]], object]]]] = {
    "via": (via, Via.of_plain),
    "from": (from_tag, itemgetter(grammar.PLAIN_TAG)),
    "to": (to_tag, itemgetter(grammar.PLAIN_TAG)),
    "call-id": (call_id, itemgetter(0)),
    "cseq": (cseq, lambda match: CSeq.parse(match[0])),
    "max-forwards": (max_forwards, lambda match: int(match[0])),
}
"""What every element asks of every message: a reader, and what gets the same out of the field's match in `PLAIN`."""

READERS: Final[Mapping[str, Callable[[Headers], object]]] = {
    "via": vias,
    "from": from_,
    "to": to,
    "call-id": call_id,
    "cseq": cseq,
    "contact": contacts,
    "route": routes,
    "record-route": record_routes,
    "max-forwards": max_forwards,
    "expires": expires,
    "content-type": content_type,
    "date": date,
    "retry-after": retry_after,
    "warning": warnings,
}
