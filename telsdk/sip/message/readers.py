"""How each field that has a typed property is read: one function a field, to be used with `Headers.typed`.

All raise `SipParseError` where the field is malformed, or is missing and must not be. `READERS` has them by key.

`read_core` reads what every element needs of every message, for the parser. What it finds is remembered by the line
that it stood in: the From, To, Call-ID and CSeq of one call come by in a dozen messages, and a Max-Forwards is nearly
always the same. These memories are bounded, and empty they cost nothing but time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from telsdk.sip.errors import SipParseError
from telsdk.sip.limits import MAX_REMEMBERED, MAX_REMEMBERED_LENGTH, MAX_ROUTE_LENGTH
from telsdk.sip.message import grammar, values
from telsdk.sip.message.content_fields import MediaType
from telsdk.sip.message.core_fields import CSeq, Via
from telsdk.sip.message.headers import Headers, readable, registered, value_of
from telsdk.sip.message.info_fields import WarningValue
from telsdk.sip.message.time_fields import RetryAfter
from telsdk.sip.message.uri import NameAddr, Uri

T = TypeVar("T")

_MISSING: Final = "missing or empty (RFC 3261 section 8.1.1)"

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
    shape = headers.shape
    if "route" in shape.doubled or "route" not in shape.first:
        return tuple([NameAddr.parse(value) for value in headers.all("route")])
    line = headers.raw[shape.first["route"]]
    known = _routes.get(line)
    if known is None:
        known = tuple([NameAddr.parse(value) for value in headers.all("route")])
        if len(line) <= MAX_ROUTE_LENGTH:
            if len(_routes) >= MAX_REMEMBERED:
                _routes.clear()
            _routes[line] = known
    return known


_routes: dict[str, tuple[NameAddr, ...]] = {}
"""What a Route alone in its line says: each request within a call brings it again, and a route token is long."""


def expect_route(uri: Uri) -> None:
    """Let `routes` know what a Route of nothing but `uri` says: a proxy has written that into a Record-Route."""
    line = f"Route: <{uri}>"
    if len(line) <= MAX_ROUTE_LENGTH:
        if len(_routes) >= MAX_REMEMBERED:
            _routes.clear()
        _routes[line] = (NameAddr(uri),)


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
    """Return the date as written; always GMT (section 20.17). Whether it exists is for who wants to know it."""
    value = _required(headers, "date")
    if not _is_date(value):
        raise SipParseError(
            f"{value[:80]!r} is not as 'Sat, 13 Nov 2010 23:29:00 GMT' (RFC 3261 section 20.17)"
        )
    return value


def retry_after(headers: Headers) -> int:
    """Return the seconds (section 20.33)."""
    return RetryAfter.parse(_required(headers, "retry-after")).seconds


def warnings(headers: Headers) -> tuple[WarningValue, ...]:
    """Return code, agent and text of each (section 20.43)."""
    return tuple([WarningValue.parse(value) for value in headers.all("warning")])


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
"""By canonical key."""


class Memory(Generic[T]):
    """What lines of one field say, by the line as it came; bounded, and made anew when it was emptied.

    Attributes:
        kept: to look into before `read` is called.
    """

    __slots__ = ("_key", "_parse", "kept")

    def __init__(self, key: str, parse: Callable[[str], T]) -> None:
        self._key = key
        self._parse = parse
        self.kept: dict[str, T] = {}

    def read(self, line: str) -> T:
        """Return what `line` says, and keep it. Raises SipParseError with the name of the field."""
        value = value_of(line)
        if not value:
            raise SipParseError(f"{self._key}: {_MISSING}")
        try:
            found = self._parse(readable(value))
        except SipParseError as error:
            raise type(error)(f"{self._key}: {error.reason}", status=error.status) from None
        if len(line) <= MAX_REMEMBERED_LENGTH:
            if len(self.kept) >= MAX_REMEMBERED:
                self.kept.clear()
            self.kept[line] = found
        return found


_digits = re.compile(r"[0-9]{1,64}").fullmatch  # leading zeros are digits (section 25.1)


def _length(value: str) -> int:
    if not _digits(value):
        raise SipParseError(f"{value[:40]!r} is not a number")
    return int(value)


NO_TAG: Final = "\r"
"""What a memory holds for an address without a tag, where None is what it does not know. No tag reads so."""


def _tag_to_keep(value: str) -> str:
    tag = _tag(value)
    return NO_TAG if tag is None else tag


from_tags: Final = Memory("from", _tag_to_keep)
to_tags: Final = Memory("to", _tag_to_keep)
call_ids: Final = Memory("call-id", values.call_id)
cseqs: Final = Memory("cseq", CSeq.parse)
hops_left: Final = Memory("max-forwards", _hops)
content_lengths: Final = Memory("content-length", _length)


def read_core(headers: Headers, *, of_request: bool) -> CSeq:
    """Read what every element needs: From, To, Call-ID and CSeq, of requests Via, Max-Forwards and Route too.

    Nothing else is looked at (RFC 3261 section 16.3: a proxy does not refuse what it does not need). The shape of
    `headers` has no problem.

    Raises:
        SipParseError: one of them is malformed.
    """
    first, raw = headers.shape.first, headers.raw
    line = raw[first["from"]]
    if line not in from_tags.kept:
        from_tags.read(line)
    line = raw[first["to"]]
    if line not in to_tags.kept:
        to_tags.read(line)
    line = raw[first["call-id"]]
    if line not in call_ids.kept:
        call_ids.read(line)
    line = raw[first["cseq"]]
    number = cseqs.kept.get(line)
    if number is None:
        number = cseqs.read(line)
    if of_request:
        _read_way(headers)
    return number


def _read_way(headers: Headers) -> None:
    """Read what says where a request came from and goes to, and how far it may go yet."""
    first, raw = headers.shape.first, headers.raw
    at = first.get("max-forwards")
    if at is not None:
        if "max-forwards" in headers.shape.doubled:
            raise SipParseError("max-forwards occurs more than once (RFC 3261 section 7.3.1)")
        if raw[at] not in hops_left.kept:
            hops_left.read(raw[at])
    line = raw[first["via"]]
    value = line[5:].strip(" \t") if line[:5] == "Via: " and "\r" not in line else value_of(line)
    if "," in value or not value:
        headers.typed("via", via)
    else:
        try:
            headers.know(via, Via.parse(value if value.isascii() else readable(value)))
        except SipParseError as error:
            raise type(error)(f"via: {error.reason}", status=error.status) from None
    if "route" in first:
        headers.typed("route", routes)


registered("via", via)
registered("from", from_tag)
registered("to", to_tag)
registered("call-id", call_id)
registered("cseq", cseq)
registered("max-forwards", max_forwards)
