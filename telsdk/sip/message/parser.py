"""Bytes to messages: whole datagrams, and streams however they are cut (RFC 3261 sections 7 and 18.3).

A message is its octets and an index of its lines, made by one scan. What every element reads is checked here: start
line, From, To, Call-ID, CSeq and Content-Length, of requests Via, Max-Forwards and Route too; the properties for these
do not raise afterwards. All else is read when somebody asks, and may be malformed: a proxy passes on what it does not
need (section 16.3). Who needs more asks `telsdk.sip.message.malformation` first.

Nothing but `SipParseError` and its subclass come out besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from operator import eq
from typing import Final

from telsdk.sip.errors import LimitExceeded, SipParseError
from telsdk.sip.limits import (
    MAX_BODY,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MAX_LINES,
    MAX_LIST_VALUES,
    MAX_MESSAGE,
    MAX_REMEMBERED,
    MAX_REMEMBERED_LENGTH,
    MAX_SHAPE_LINES,
    MAX_URI,
)
from telsdk.sip.message import grammar
from telsdk.sip.message.headers import Headers, split_list, value_of
from telsdk.sip.message.message import Request, Response
from telsdk.sip.message.names import LISTS
from telsdk.sip.message.readers import content_lengths, read_core
from telsdk.sip.message.shape import KIND, Shape, forms, note, of_names
from telsdk.sip.message.uri import Uri

_request_line = re.compile(rf"({grammar.TOKEN}) (\S++) [Ss][Ii][Pp]/2\.0", re.ASCII).fullmatch
_sloppy_request_line = re.compile(
    rf"({grammar.TOKEN}) ++(\S.*\S) +(SIP/[0-9]++\.[0-9]++) *+", re.IGNORECASE | re.ASCII
).fullmatch
_status_line = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) (.*)", re.IGNORECASE | re.ASCII | re.DOTALL).fullmatch
_line_ends = re.compile(rb"\A(?>(?:\r\n)+)")
_unescaped_control = re.compile(r"(?<!\\)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\r\n]").search
_AS_IT_IS: Final = bytes(range(256))
_PLAIN: Final = b"\t" + bytes(range(32, 127)) + bytes(range(128, 256))

_status_lines: dict[str, tuple[int, str]] = {}
"""Status and reason by the status line; bounded like `_request_lines`."""
_request_lines: dict[str, tuple[str, str, Uri]] = {}
"""Method and Request-URI, as text and taken apart, by the request line: bounded, and made anew when it was emptied."""

PING: Final = b"\r\n\r\n"
"""Keep-alive that the side which opened a stream sends (RFC 5626 section 3.5.1)."""

PONG: Final = b"\r\n"
"""The answer to it."""


def parse(data: bytes) -> Request | Response:
    """Return the message that fills one datagram or WebSocket frame. What is behind its Content-Length is ignored.

    Raises:
        SipParseError: it is malformed, or nothing but line ends.
        LimitExceeded: it is too large, in all or in a part.
    """
    if len(data) > MAX_MESSAGE:
        raise LimitExceeded(f"{len(data)} bytes are more than a message may have: {MAX_MESSAGE}", status=513)
    if data[:2] == b"\r\n":
        data = _line_ends.sub(b"", data, count=1)  # section 7.5
    head, blank_line, body = data.partition(b"\r\n\r\n")
    usual = _usual(head, body) if blank_line else None
    if usual is not None:
        return usual
    message, problem = _read_head(head)
    length = _content_length(message)
    if not blank_line:
        problem = SipParseError("no blank line ends the header section (RFC 3261 section 7)")
    elif problem is None and length is not None and length > len(body):
        problem = SipParseError(f"Content-Length {length}, but only {len(body)} bytes of body came")
    message.body = body[:length]
    _check(message, problem)
    return message


def _usual(head: bytes, body: bytes) -> Request | Response | None:
    """Return a message in which all is as in most; None where anything is not, and it has to be looked at closely.

    It holds to all that is held to elsewhere here, in one function, since nearly every message takes this way.
    """
    if len(head) > MAX_HEAD_BYTES or head.count(b",") >= MAX_LIST_VALUES:
        return None
    apart = _taken_apart(head)
    if apart is None:
        return None
    lines, shape = apart
    start = lines.pop(0)
    at = shape.first.get("content-length")
    if at is not None:
        length = content_lengths.kept.get(lines[at])
        if length is None or length > MAX_BODY or length > len(body):
            return None
        body = body[:length]
    headers = Headers((), shape=shape, raw=lines)
    try:
        status = _status_lines.get(start)
        if status is not None:
            read_core(headers, of_request=False)
            return Response(status[0], status[1], headers, body)
        if start[:4].upper() == "SIP/":
            return None
        request, problem = _request(start, headers)
        if problem is not None:
            return None
        request.body = body
        assert isinstance(request, Request)
        _check_request(request)
        return request
    except SipParseError:
        return None


def _taken_apart(head: bytes) -> tuple[list[str], Shape] | None:
    """Return the lines of a head, start line first, and their shape, if that comes often; None where it does not."""
    # What is no UTF-8 becomes lone surrogates, and those become again what they were when the line is written.
    text = head.decode("utf-8", "surrogateescape")
    for form in forms.get(text[:KIND], ()):
        match = form.match(text)
        if match is not None:
            if head.translate(_AS_IT_IS, _PLAIN) != form.line_ends:
                return None
            return list(match.groups()), form.shape
    return None


def refused_request(error: SipParseError) -> Request | None:
    """Return the request that was refused with `error`, as far as it could be read; None if nobody can be answered.

    Its start line was readable, and it has a Via for its `response` to give back. Typed properties may raise, `via`
    among them: the answer then goes to where the request came from.
    """
    return error.refused if isinstance(error.refused, Request) else None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A line end between messages on a stream (RFC 5626 section 3.5.1).

    The first of a row is an answer (`PONG`) to whoever pings; the second makes the row a `PING`, to be
    answered.
    """

    ping: bool


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message on a stream that is refused; `error` says why, `refused_request` whom to answer.

    After a `fatal` one nobody can say where the next message begins, or the peer sends without end: close.
    """

    error: SipParseError
    fatal: bool


StreamEvent = Request | Response | KeepAlive | Malformed


class StreamParser:
    """Messages out of a stream (section 18.3). However the stream is cut, the same events come out of it."""

    __slots__ = ("_buffer", "_error", "_message", "_need", "_ping_next", "_problem", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0  # up to here there is no blank line
        self._message: Request | Response | None = None  # whose body is still on its way
        self._problem: SipParseError | None = None  # with that message
        self._need = 0  # bytes of that body
        self._ping_next = False
        self._error: SipParseError | None = None

    @property
    def error(self) -> SipParseError | None:
        """Why the stream is dead; None while it lives."""
        return self._error

    @property
    def idle(self) -> bool:
        """Whether the stream stands between two messages, so that its end loses nothing."""
        return not self._buffer and self._message is None

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Return what `data` completes, in order. A fatal `Malformed` is the last event of a stream.

        Raises:
            SipParseError: the stream is dead already; the same error again.
        """
        if self._error is not None:
            raise self._error
        self._buffer += data
        events: list[StreamEvent] = []
        while (event := self._next()) is not None:
            events.append(event)
            if isinstance(event, Malformed) and event.fatal:
                self._error = event.error
                self._buffer.clear()
                break
        return events

    def _next(self) -> StreamEvent | None:
        try:
            if self._message is None:
                return self._between()
            return self._body(self._message)
        except SipParseError as error:
            return Malformed(error, fatal=True)

    def _between(self) -> StreamEvent | None:
        if self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
            ping, self._ping_next = self._ping_next, not self._ping_next
            return KeepAlive(ping)
        return self._head()

    def _head(self) -> StreamEvent | None:
        end = self._buffer.find(b"\r\n\r\n", self._searched)
        if end < 0:
            # Not the last three bytes, which may turn out to begin the blank line.
            self._searched = max(0, len(self._buffer) - 3)
        if max(end, self._searched) > MAX_HEAD_BYTES:
            raise _too_long(bytes(self._buffer))
        if end < 0:
            return None
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        self._searched = 0
        self._ping_next = False
        message, self._problem = _read_head(head)
        length = _content_length(message)
        if length is None:
            missing = SipParseError("Content-Length is missing on a stream (RFC 3261 section 20.14)")
            raise _failure(missing, message)
        if end + 4 + length > MAX_MESSAGE:
            raise _failure(LimitExceeded(f"message of more than {MAX_MESSAGE} bytes", status=513), message)
        self._message, self._need = message, length
        return self._body(message)

    def _body(self, message: Request | Response) -> StreamEvent | None:
        if len(self._buffer) < self._need:
            return None
        message.body = bytes(self._buffer[: self._need])
        del self._buffer[: self._need]
        self._message = None
        try:
            _check(message, self._problem)
        except SipParseError as error:
            return Malformed(error, fatal=False)
        return message


_Head = tuple[Request | Response, SipParseError | None]
"""A message without its body and, where it is malformed, the first thing that is wrong."""


def _content_length(message: Request | Response) -> int | None:
    """Return the length of the body by its header field, or None. Raises SipParseError where the end is unknown."""
    headers = message.headers
    at = headers.shape.first.get("content-length")
    if at is None:
        return None
    length = content_lengths.kept.get(headers.raw[at])
    if length is None or "content-length" in headers.shape.doubled:
        try:
            length = content_lengths.read(headers.raw[at])
            if "content-length" in headers.shape.doubled:
                raise SipParseError("content-length occurs more than once")
        except SipParseError:
            raise _failure(
                SipParseError("Content-Length must be one number (RFC 3261 section 20.14)"), message
            ) from None
    if length > MAX_BODY:
        raise _failure(LimitExceeded(f"Content-Length {length} is more than {MAX_BODY}", status=513), message)
    return length


def _read_head(head: bytes) -> _Head:
    if len(head) > MAX_HEAD_BYTES:
        raise _too_long(head)
    apart = _taken_apart(head)
    if apart is not None:
        lines, shape = apart
        return _read_lines(lines.pop(0), lines, shape, head, None, False)
    lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    control = None
    if head.translate(_AS_IT_IS, _PLAIN) != b"\r\n" * (len(lines) - 1):
        control = _control_in(lines)
    start = lines.pop(0)
    too_many = len(lines) > MAX_HEADERS and (len(lines) > MAX_LINES or _are_too_many(lines))
    if too_many:
        del lines[MAX_HEADERS:]  # those that are left tell who is to be answered
    if len(lines) > MAX_SHAPE_LINES:  # whose shape nobody keeps; most may be folds
        lines, shape = _look_again(lines)
    else:
        lines, shape = _look(start, lines)
    return _read_lines(start, lines, shape, head, control, too_many)


def _read_lines(
    start: str, lines: list[str], shape: Shape, head: bytes, control: SipParseError | None, too_many: bool
) -> _Head:
    headers = Headers(shape=shape, raw=lines)
    problem = None if shape.problem is None else SipParseError(shape.problem)
    if head.count(b",") >= MAX_LIST_VALUES:
        problem = problem or _long_list(headers)
    message, start_problem = (
        _status(start, headers) if start[:4].upper() == "SIP/" else _request(start, headers)
    )
    if too_many:
        raise _failure(
            LimitExceeded(f"more than {MAX_HEADERS} header fields or {MAX_LINES} lines", status=513), message
        )
    return message, control or start_problem or problem


def _too_long(head: bytes) -> SipParseError:
    """Return why `head` is refused, with its request, of which so much is read as may be there."""
    error = LimitExceeded(f"header section of more than {MAX_HEAD_BYTES} bytes", status=513)
    try:
        message, _ = _read_head(head[:MAX_HEAD_BYTES].rpartition(b"\r\n")[0])
    except SipParseError as another:
        error.refused = another.refused
        return error
    return _failure(error, message)


def _are_too_many(lines: list[str]) -> bool:
    """Return whether there are too many, not counting lines that continue another (section 7.3.1)."""
    return sum([line[:1] not in (" ", "\t") for line in lines]) > MAX_HEADERS


def _control_in(lines: list[str]) -> SipParseError | None:
    """Return the error of a control character that no quoted string escapes, or None."""
    for line in lines:
        found = _unescaped_control(line.replace("\\\\", ""))
        if found:
            return SipParseError(f"control character {found[0]!r} in {line[:40]!r}")
    return None


def _look(start: str, lines: list[str]) -> tuple[list[str], Shape]:
    """Return the lines, each whole, and what their names tell."""
    names = tuple([line.partition(":")[0] for line in lines])
    shape = of_names(names)
    if shape.problem is not None or any(map(eq, names, lines)):
        return _look_again(lines)
    note(start, names, shape)
    return lines, shape


def _look_again(lines: list[str]) -> tuple[list[str], Shape]:
    """Put folded lines together (section 7.3.1), each with its line breaks, and say what their names tell."""
    begins = [at for at, line in enumerate(lines) if line[:1] not in (" ", "\t") or not at]
    whole = ["\r\n".join(lines[at:end]) for at, end in pairwise([*begins, len(lines)])]
    return whole, of_names(tuple([_name_in(line) for line in whole]))


def _name_in(line: str) -> str:
    """Return the name in a line; "" where it has none: no fold stands before the colon (section 25.1, HCOLON)."""
    name, colon, _ = line.partition(":")
    return name if colon and "\r\n" not in name else ""


def _long_list(headers: Headers) -> SipParseError | None:
    """Return the error of a list that is too long, or None; so nothing that reads a list later finds it too long."""
    for at, key in enumerate(headers.shape.keys):
        line = headers.raw[at]
        # Few lines have as many commas, quoted or not.
        if key in LISTS and line.count(",") >= MAX_LIST_VALUES:
            try:
                split_list(value_of(line))
            except LimitExceeded as error:
                return error
    return None


def _request(line: str, headers: Headers) -> _Head:
    known = _request_lines.get(line)
    if known is not None:
        method, text, uri = known
        return Request(method, uri, headers, uri_text=text), None
    match = _request_line(line)
    if match is not None:
        request = Request(match[1], match[2], headers)
        if len(match[2]) <= MAX_URI:
            return request, None
        return request, LimitExceeded(f"URI of more than {MAX_URI} characters", status=414)
    match = _sloppy_request_line(line)
    if match is None:
        raise SipParseError(f"{line[:80]!r} is not a request line (RFC 3261 section 7.1)")
    if match[3].upper() != "SIP/2.0":
        problem = SipParseError(f"{match[3]} is not SIP/2.0", status=505)
    else:
        problem = SipParseError(
            f"{line[:80]!r} has blanks where a request line has none (RFC 3261 section 7.1)"
        )
    return Request(match[1], match[2], headers), problem


def _status(line: str, headers: Headers) -> _Head:
    known = _status_lines.get(line)
    if known is not None:
        return Response(known[0], known[1], headers), None
    match = _status_line(line)
    if match is not None:
        if len(line) <= MAX_REMEMBERED_LENGTH:
            if len(_status_lines) >= MAX_REMEMBERED:
                _status_lines.clear()
            _status_lines[line] = (int(match[1]), match[2])
        return Response(int(match[1]), match[2], headers), None
    return Response(500, "", headers), SipParseError(
        f"{line[:80]!r} is not a status line (RFC 3261 section 7.2)"
    )


def _failure(error: SipParseError, message: Request | Response) -> SipParseError:
    """Return `error`, with the request if that can be answered: one with a Via to give back, readable or not."""
    if isinstance(message, Request) and "via" in message.headers.shape.first:
        error.refused = message
    return error


def _check(message: Request | Response, problem: SipParseError | None) -> None:
    try:
        if problem is not None:
            raise problem
        if isinstance(message, Request):
            _check_request(message)
        else:
            read_core(message.headers, of_request=False)
    except SipParseError as error:
        raise _failure(error, message) from None


def _check_request(request: Request) -> None:
    """Check the Request-URI (sections 8.1.1.1 and 19.1.1 table 1) and the method (8.1.1.5)."""
    cseq = read_core(request.headers, of_request=True)
    uri = request.uri
    if uri.headers:
        raise SipParseError("a Request-URI must not have headers (RFC 3261 section 19.1.1)")
    if cseq.method != request.method:
        raise SipParseError(f"CSeq says {cseq.method[:40]}, the request line {request.method[:40]}")
    line = request.start_line  # as every peer but the sloppiest writes it
    if line not in _request_lines and len(line) <= MAX_REMEMBERED_LENGTH:
        if len(_request_lines) >= MAX_REMEMBERED:
            _request_lines.clear()
        _request_lines[line] = (request.method, request.uri_text, uri)
