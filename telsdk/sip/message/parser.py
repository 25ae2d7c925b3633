"""Bytes to messages: whole datagrams, and streams however they are cut (RFC 3261 sections 7 and 18.3).

A message that comes out of here has passed `_check`, so its typed properties do not raise.
Nothing but `SipParseError` and its subclass come out besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from telsdk.sip.errors import LimitExceeded, SipParseError
from telsdk.sip.limits import MAX_BODY, MAX_HEAD_BYTES, MAX_HEADERS, MAX_LIST_VALUES, MAX_MESSAGE, MAX_URI
from telsdk.sip.message import grammar
from telsdk.sip.message.headers import Headers, split_list
from telsdk.sip.message.message import Request, Response
from telsdk.sip.message.names import KEYS, LISTS, SINGLE, key_of
from telsdk.sip.message.readers import EAGER, MANDATORY, PLAIN, READERS

_request_line = re.compile(rf"({grammar.TOKEN}) (\S++) [Ss][Ii][Pp]/2\.0", re.ASCII).fullmatch
_sloppy_request_line = re.compile(
    rf"({grammar.TOKEN}) ++(\S.*\S) +(SIP/[0-9]++\.[0-9]++) *+", re.IGNORECASE | re.ASCII
).fullmatch
_status_line = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) (.*)", re.IGNORECASE | re.ASCII | re.DOTALL).fullmatch
_line_ends = re.compile(rb"\A(?:\r\n)++")
_unescaped_control = re.compile(r"(?<!\\)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\r\n]").search
_PLAIN: Final = b"\t" + bytes(range(32, 127)) + bytes(range(128, 256))
_digits = re.compile(r"[0-9]{1,10}").fullmatch

_MANDATORY: Final = frozenset(MANDATORY)
_CHECKS: Final = {key: (is_plain, *EAGER.get(key, (None, None))) for key, is_plain in PLAIN.items()}
"""All that is done with a line, by one look: whether it is plain, and what its match is kept as, if it is."""

PING: Final = b"\r\n\r\n"
"""Keep-alive that the side which opened a stream sends (RFC 5626 section 3.5.1)."""

PONG: Final = b"\r\n"
"""The answer to it."""


def parse(data: bytes) -> Request | Response:
    """The message that fills one datagram or WebSocket frame. What is behind its Content-Length is ignored.

    Raises:
        SipParseError: it is malformed, or nothing but line ends.
        LimitExceeded: it is too large, in all or in a part.
    """
    if len(data) > MAX_MESSAGE:
        raise LimitExceeded(f"{len(data)} bytes are more than a message may have: {MAX_MESSAGE}", status=513)
    if data[:2] == b"\r\n":
        data = _line_ends.sub(b"", data, count=1)  # section 7.5
    head, blank_line, body = data.partition(b"\r\n\r\n")
    message, problem = _parse_head(head)
    length = _content_length(message)
    if not blank_line:
        problem = SipParseError("no blank line ends the header section (RFC 3261 section 7)")
    elif problem is None and length is not None and length > len(body):
        problem = SipParseError(f"Content-Length {length}, but only {len(body)} bytes of body came")
    message.body = body[:length]
    _check(message, problem)
    return message


def refused_request(error: SipParseError) -> Request | None:
    """The request that was refused with `error`, as far as it could be read; None where nobody can be answered.

    Start line and top Via were readable, so that its `response` can be sent. Other typed properties may raise.
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
        """What `data` completes, in order. A fatal `Malformed` is the last event of a stream.

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
            raise LimitExceeded(f"header section of more than {MAX_HEAD_BYTES} bytes", status=513)
        if end < 0:
            return None
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        self._searched = 0
        self._ping_next = False
        message, self._problem = _parse_head(head)
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
    """The length of the body by its header field, or None. Raises SipParseError where the end is unknown."""
    values = message.headers.all("Content-Length")
    if not values:
        return None
    if len(values) > 1 or not _digits(values[0]):
        raise _failure(SipParseError("Content-Length must be one number (RFC 3261 section 20.14)"), message)
    length = int(values[0])
    if length > MAX_BODY:
        raise _failure(LimitExceeded(f"Content-Length {length} is more than {MAX_BODY}", status=513), message)
    return length


def _parse_head(head: bytes) -> _Head:
    if len(head) > MAX_HEAD_BYTES:
        raise LimitExceeded(f"header section of more than {MAX_HEAD_BYTES} bytes", status=513)
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        raise SipParseError(f"header section is not UTF-8 at byte {error.start}") from None
    lines = text.split("\r\n")
    if head.translate(None, _PLAIN) != b"\r\n" * (len(lines) - 1):
        _refuse_controls(lines)
    start = lines.pop(0)
    if len(lines) > MAX_HEADERS and sum(line[:1] not in (" ", "\t") for line in lines) > MAX_HEADERS:
        raise LimitExceeded(f"more than {MAX_HEADERS} header fields", status=513)
    headers, problem = _headers(lines, lines)
    message, start_problem = (
        _status(start, headers) if start[:4].upper() == "SIP/" else _request(start, headers)
    )
    return message, start_problem or problem


def _refuse_controls(lines: list[str]) -> None:
    for line in lines:
        found = _unescaped_control(line.replace("\\\\", ""))
        if found:
            raise SipParseError(f"control character {found[0]!r} in {line[:40]!r}")


def _folded_headers(lines: list[str]) -> tuple[Headers, SipParseError | None]:
    raw: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and raw:
            raw[-1] += "\r\n" + line
        else:
            raw.append(line)
    return _headers([_unfold(line) for line in raw], raw)


def _unfold(line: str) -> str:
    # Not by a regular expression: it would search each run of blanks for a line break many times over.
    first, *others = line.split("\r\n")
    if others and ":" not in first:
        return first  # section 25.1, HCOLON: no fold stands before the colon, so this line has no name
    return " ".join([first.rstrip(" \t"), *[other.strip(" \t") for other in others]])


def _headers(unfolded: list[str], raw: list[str]) -> tuple[Headers, SipParseError | None]:
    """The fields, and the first that has no name. Lines that are `raw` themselves may turn out to be folded."""
    keys: list[str] = []
    values: list[str] = []
    problem = None
    for line in unfolded:
        name, colon, value = line.partition(":")
        key = KEYS.get(name) if colon else None
        if key is None:
            if line[:1] in (" ", "\t") and keys and unfolded is raw:
                return _folded_headers(raw)
            try:
                key = key_of(name if colon else "")
            except SipParseError as error:
                key, problem = "", problem or error
        # So that nothing that reads a list later finds it too long. Few lines have as many commas, quoted or not.
        if len(value) >= MAX_LIST_VALUES and key in LISTS and value.count(",") >= MAX_LIST_VALUES:
            try:
                split_list(value)
            except LimitExceeded as error:
                problem = problem or error
        keys.append(key)
        values.append(value.strip(" \t"))
    return Headers.of_lines(keys, values, raw), problem


def _request(line: str, headers: Headers) -> _Head:
    match = _request_line(line)
    if match is not None:
        method, uri = match.groups()
        request = Request(method, uri, headers)
        if len(uri) <= MAX_URI:
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
    match = _status_line(line)
    if match is not None:
        return Response(int(match[1]), match[2], headers), None
    return Response(500, "", headers), SipParseError(
        f"{line[:80]!r} is not a status line (RFC 3261 section 7.2)"
    )


def _failure(error: SipParseError, message: Request | Response) -> SipParseError:
    """`error`, with the request if it can be answered."""
    if isinstance(message, Request):
        try:
            message.via  # noqa: B018 - only to see whether it can be read
        except SipParseError:
            return error
        error.refused = message
    return error


def _check(message: Request | Response, problem: SipParseError | None) -> None:
    try:
        if problem is not None:
            raise problem
        _check_fields(message)
        _check_request(message)
    except SipParseError as error:
        raise _failure(error, message) from None


def _check_fields(message: Request | Response) -> None:
    """Sections 7.3.1 (only lists may go over several lines), 8.1.1 (mandatory fields) and 20."""
    headers = message.headers
    keys = headers.keys()
    if len(keys) + headers.count("via") - 1 < len(headers):  # nothing but Via is usual on several lines
        for key in headers.repeated(SINGLE):
            raise SipParseError(f"{key} occurs more than once (RFC 3261 section 7.3.1)")
    if not keys >= _MANDATORY:
        missing = next(key for key in MANDATORY if key not in keys)
        raise SipParseError(f"{missing} is missing (RFC 3261 section 8.1.1)")
    known: dict[str, dict[object, Any]] = {}
    for key, value in headers.items():
        check = _CHECKS.get(key)
        if check is None:
            continue
        is_plain, read, of_match = check
        match = is_plain(value)
        if match is None:
            known.setdefault(key, {})[READERS[key]] = headers.typed(key, READERS[key])
        elif of_match is not None and key not in known:
            known[key] = {read: of_match(match)}
    headers.know(known)


def _check_request(message: Request | Response) -> None:
    """Sections 8.1.1.1 and 19.1.1 table 1 (Request-URI), 8.1.1.5 (method)."""
    if not isinstance(message, Request):
        return
    if message.uri.headers:
        raise SipParseError("a Request-URI must not have headers (RFC 3261 section 19.1.1)")
    method = message.cseq.method
    if method != message.method:
        raise SipParseError(f"CSeq says {method[:40]}, the request line {message.method[:40]}")
