"""Requests and responses (RFC 3261 section 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Self

from telsdk.sip.errors import SipParseError, Unwritable
from telsdk.sip.message import grammar, readers
from telsdk.sip.message.core_fields import CSeq, Via
from telsdk.sip.message.headers import Headers, readable, split_list, value_of
from telsdk.sip.message.uri import NameAddr, Uri

REASONS: Final[dict[int, str]] = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
    199: "Early Dialog Terminated",
    200: "OK", 202: "Accepted", 204: "No Notification",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required",
    408: "Request Timeout", 410: "Gone", 412: "Conditional Request Failed", 413: "Request Entity Too Large",
    414: "Request-URI Too Long", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme",
    417: "Unknown Resource-Priority", 420: "Bad Extension", 421: "Extension Required",
    422: "Session Interval Too Small", 423: "Interval Too Brief", 424: "Bad Location Information",
    425: "Bad Alert Message", 428: "Use Identity Header", 429: "Provide Referrer Identity",
    430: "Flow Failed", 433: "Anonymity Disallowed", 436: "Bad Identity Info",
    437: "Unsupported Credential", 438: "Invalid Identity Header", 439: "First Hop Lacks Outbound Support",
    440: "Max-Breadth Exceeded", 469: "Bad Info Package", 470: "Consent Needed",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
    483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending",
    493: "Undecipherable", 494: "Security Agreement Required",
    500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
    555: "Push Notification Service Not Supported", 580: "Precondition Failure",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
    607: "Unwanted", 608: "Rejected",
}  # fmt: skip
"""The reason phrases that IANA has registered."""

METHODS: Final = frozenset({
    "ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER",
    "REGISTER", "SUBSCRIBE", "UPDATE",
})  # fmt: skip
"""The methods that IANA has registered."""

_one_line = re.compile(
    r"[^\r\n\x00\ud800-\udc7f\udd00-\udfff]*+"
).fullmatch  # octets that are no UTF-8 may pass


def _says(line: str, length: int) -> bool:
    """Return whether a Content-Length line says `length`."""
    said = readers.content_lengths.kept.get(line)
    if said is None:
        try:
            said = readers.content_lengths.read(line)
        except SipParseError:
            return False
    return said == length


class Message:
    """What requests and responses have in common; every message is one or the other.

    The typed properties read the header section when first asked, keep the answer until that field changes,
    and raise `SipParseError` where the field is malformed, or where it must be present and is not. For a
    message that came out of `telsdk.sip.message.parser` those never raise that every element needs: `from_`, `to`,
    their tags, `call_id` and `cseq`, of requests `uri`, `via`, `max_forwards` and `routes` too.
    """

    __slots__ = ("body", "headers")

    def __init__(self, headers: Headers | Iterable[tuple[str, str]] | None = None, body: bytes = b"") -> None:
        self.headers = headers if isinstance(headers, Headers) else Headers(headers or ())
        self.body = body

    # No ABC, here and in `telsdk.sip.transaction.engine`: one that mypyc compiled makes the garbage collector crash.
    @property
    def start_line(self) -> str:
        """The first line, without its line end."""
        raise NotImplementedError

    def copy(self) -> Self:
        """Return an independent copy."""
        raise NotImplementedError

    def __bytes__(self) -> bytes:
        """Return the wire form. Content-Length is made right, or added, where it is not (section 20.14).

        Raises:
            Unwritable: the start line would not stay in its line.
        """
        start = self.start_line
        if not start.isprintable() and not _one_line(start):
            raise Unwritable(f"{start[:80]!r} cannot be a start line: it has a line break")
        headers, length = self.headers, len(self.body)
        at = headers.shape.first.get("content-length")
        if at is None:
            headers.insert_line(len(headers.raw), "content-length", f"Content-Length: {length}")
        elif readers.content_lengths.kept.get(headers.raw[at]) != length and not _says(
            headers.raw[at], length
        ):
            headers.set("Content-Length", str(length))
        return "\r\n".join([start, *headers.raw, "\r\n"]).encode("utf-8", "surrogateescape") + self.body

    @property
    def vias(self) -> list[Via]:
        """The way the request came, the newest hop first."""
        return list(self.headers.typed("via", readers.vias))

    @property
    def via(self) -> Via:
        """The top Via: who sent this request, or for whom this response is."""
        return self.headers.typed("via", readers.via)

    def stamp_via(self, host: str, port: int) -> Via:
        """Note in the top Via where this really came from; return that Via as it came: see `Via.stamped`."""
        headers = self.headers
        via = self.via
        stamped = via.stamped(host, port)
        if stamped is via:
            return via
        at = headers.shape.first["via"]
        line, came = headers.raw[at], via.text or str(via)
        if line.endswith(came) and "," not in line and "\r" not in line:
            stamp = f"{line[: len(line) - len(came)]}{stamped.text or stamped}"
            headers.change_read(at, "via", stamp, readers.via, stamped)
        else:
            # By the octets that came: what is read has U+FFFD in the place of those that are no UTF-8.
            by_octets = Via.parse(split_list(value_of(headers.raw[headers.first_at("via") or 0]))[0])
            headers.replace_first("Via", str(by_octets.stamped(host, port)))
        return via

    @property
    def from_(self) -> NameAddr:
        """Who asks (section 20.20)."""
        return self.headers.typed("from", readers.from_)

    @property
    def to(self) -> NameAddr:
        """Who is asked (section 20.39)."""
        return self.headers.typed("to", readers.to)

    @property
    def from_tag(self) -> str | None:
        """The tag of From (section 19.3), without taking the rest of it apart."""
        at = self.headers.shape.first.get("from")
        known = None if at is None else readers.from_tags.kept.get(self.headers.raw[at])
        if known is None:
            return self.headers.typed("from", readers.from_tag)
        return None if known == readers.NO_TAG else known

    @property
    def to_tag(self) -> str | None:
        """The tag of To (section 19.3), without taking the rest of it apart."""
        at = self.headers.shape.first.get("to")
        known = None if at is None else readers.to_tags.kept.get(self.headers.raw[at])
        if known is None:
            return self.headers.typed("to", readers.to_tag)
        return None if known == readers.NO_TAG else known

    @property
    def call_id(self) -> str:
        """The dialog's or registration's id (section 20.8); case counts."""
        at = self.headers.shape.first.get("call-id")
        known = None if at is None else readers.call_ids.kept.get(self.headers.raw[at])
        return self.headers.typed("call-id", readers.call_id) if known is None else known

    @property
    def cseq(self) -> CSeq:
        """Number and method (section 20.16)."""
        at = self.headers.shape.first.get("cseq")
        known = None if at is None else readers.cseqs.kept.get(self.headers.raw[at])
        return self.headers.typed("cseq", readers.cseq) if known is None else known

    @property
    def contacts(self) -> list[NameAddr]:
        """All contacts; none for ``Contact: *``, see `contact_star`."""
        return list(self.headers.typed("contact", readers.contacts))

    @property
    def contact_star(self) -> bool:
        """Whether the contact is ``*``: all bindings, in a REGISTER (section 10.2.2)."""
        return self.headers.get("Contact") == "*"

    @property
    def routes(self) -> list[NameAddr]:
        """The way still to go (section 20.34)."""
        if "route" not in self.headers.shape.first:
            return []
        return list(self.headers.typed("route", readers.routes))

    @property
    def record_routes(self) -> list[NameAddr]:
        """The proxies that want to stay in the dialog (section 20.30)."""
        return list(self.headers.typed("record-route", readers.record_routes))

    @property
    def max_forwards(self) -> int | None:
        """Hops left, 0 to 255 (section 20.22); None where a peer of RFC 2543 does not count."""
        at = self.headers.shape.first.get("max-forwards")
        if at is None:
            return None
        known = readers.hops_left.kept.get(self.headers.raw[at])
        return self.headers.typed("max-forwards", readers.max_forwards) if known is None else known

    @property
    def expires(self) -> int | None:
        """Seconds (section 20.19), or None."""
        return self.headers.typed("expires", readers.expires)

    @property
    def content_type(self) -> str | None:
        """``type/subtype`` of the body in lower case, without parameters, or None (section 20.15)."""
        return self.headers.typed("content-type", readers.content_type)


class Request(Message):
    """A request (section 7.1). A Request-URI from the wire is written back as it came, until `uri` is set."""

    __slots__ = ("_uri", "_uri_text", "method")

    def __init__(
        self,
        method: str,
        uri: Uri | str,
        headers: Headers | Iterable[tuple[str, str]] | None = None,
        body: bytes = b"",
        *,
        uri_text: str | None = None,
    ) -> None:
        """Make a request.

        Args:
            uri_text: how `uri` is written; None: as `str` has it.
        """
        if method not in METHODS and not grammar.is_token(method):
            raise Unwritable(f"{method[:40]!r} is not a method: it is no token (RFC 3261 section 25.1)")
        self.headers = headers if isinstance(headers, Headers) else Headers(headers or ())
        self.body = body
        self.method = method
        self._uri = uri if isinstance(uri, Uri) else None
        self._uri_text = str(uri) if uri_text is None else uri_text

    @property
    def uri(self) -> Uri:
        """The Request-URI: whom the request is for at this hop. Raises SipParseError when it is no URI."""
        if self._uri is None:
            self._uri = Uri.parse(self._uri_text)
        return self._uri

    @uri.setter
    def uri(self, uri: Uri) -> None:
        self._uri = uri
        self._uri_text = str(uri)

    @property
    def uri_text(self) -> str:
        """The Request-URI as it will be written."""
        return self._uri_text

    @property
    def start_line(self) -> str:
        return f"{self.method} {self._uri_text} SIP/2.0"

    def response(
        self,
        status: int,
        reason: str | None = None,
        *,
        to_tag: str | None = None,
        headers: Headers | Iterable[tuple[str, str]] = (),
    ) -> Response:
        """Return the response to this request (section 8.2.6.2), its Via, From, To, Call-ID and CSeq as they came.

        Args:
            to_tag: the tag for To; it is added only where To has none yet.
            headers: further fields, put behind those.
        """
        names = _ANSWERED_100 if status == 100 else _ANSWERED
        response = Response(status, reason, self.headers.chosen(names))
        if to_tag is not None:
            response.add_to_tag(to_tag)
        if headers:
            response.headers.extend(headers)
        return response

    def bare(self) -> Request:
        """Return a request with this method and Request-URI, and nothing else."""
        return Request(self.method, self._uri or self._uri_text, uri_text=self._uri_text)

    def copy(self) -> Self:
        """Return an independent copy."""
        uri = self._uri or self._uri_text
        return type(self)(self.method, uri, self.headers.copy(), self.body, uri_text=self._uri_text)

    def __repr__(self) -> str:
        return f"<Request {self.start_line}>"


_ANSWERED: Final = ("via", "from", "to", "call-id", "cseq")
_ANSWERED_100: Final = (*_ANSWERED, "timestamp")  # section 8.2.6.1


class Response(Message):
    """A response (section 7.2)."""

    __slots__ = ("_reason", "status")

    def __init__(
        self,
        status: int,
        reason: str | None = None,
        headers: Headers | Iterable[tuple[str, str]] | None = None,
        body: bytes = b"",
    ) -> None:
        self.headers = headers if isinstance(headers, Headers) else Headers(headers or ())
        self.body = body
        self.status = status
        self._reason = REASONS.get(status, "") if reason is None else reason

    @property
    def reason(self) -> str:
        """The reason phrase, for people; octets that are no UTF-8 come as U+FFFD."""
        return readable(self._reason)

    @property
    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self._reason}"

    def add_to_tag(self, tag: str) -> None:
        """Tag To, unless it is tagged, missing or malformed: the peer then gets it back as it came."""
        if "to" not in self.headers.shape.first:
            return
        try:
            tagged = self.to.has("tag")
        except SipParseError:
            return
        if not tagged:
            if "to" in self.headers.shape.doubled:  # of a refused request: its answer is to be readable
                self.headers.set("To", self.headers.first_line("to") or "")
            # Behind the line as it came, so that the peer finds its own words again.
            self.headers.append_to("To", f";tag={tag}")

    def turn_into(self, status: int, *headers: tuple[str, str]) -> None:
        """Make this another response to the same request: only what section 8.2.6.2 takes from that stays."""
        others = [at for at, key in enumerate(self.headers.shape.keys) if key not in _ANSWERED]
        self.headers.delete_lines(others)
        for name, value in headers:
            self.headers.add(name, value)
        self.body = b""
        self.status = status
        self._reason = REASONS.get(status, "")

    def copy(self) -> Self:
        """Return an independent copy."""
        return type(self)(self.status, self._reason, self.headers.copy(), self.body)

    def __repr__(self) -> str:
        return f"<Response {self.start_line}>"
