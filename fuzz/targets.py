"""What must hold whatever bytes come. Each target takes any bytes, and returns or raises AssertionError.

Nothing but the documented exceptions of the core may come out: anything else is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from fuzz.edits import edits
from fuzz.program import transactions
from fuzz.relays import relays
from telsdk.sip.errors import SdpError, SipParseError
from telsdk.sip.hop import Hop
from telsdk.sip.message import (
    Headers,
    KeepAlive,
    Malformed,
    NameAddr,
    Request,
    Response,
    StreamParser,
    Uri,
    malformation,
    parse,
    refused_request,
)
from telsdk.sip.message.field_table import FIELDS, typed
from telsdk.sip.message.names import LISTS
from telsdk.sip.message.readers import READERS
from telsdk.sip.server.routing import (
    asked_by,
    check,
    goes_back,
    is_looping,
    loop_mark,
    prepare,
    take_own_routes,
)
from telsdk.sip.session import SessionDescription
from telsdk.sip.transaction.via import branch_of, push_via, receive_via, reply_hop, server_key

Target = Callable[[bytes], None]

SOURCE: Final = Hop("UDP", "192.0.2.9", 40_000)
HERE: Final = "192.0.2.11"
BYTEWISE: Final = 300
"""The longest stream that is cut byte by byte too; a longer one takes the fuzzer's time for little."""


def message(data: bytes) -> None:
    """A datagram is a message, whose every typed property can then be read and which is written as it was read; or
    it is refused, and whoever can be answered is."""
    try:
        found = parse(data)
    except SipParseError as error:
        assert 400 <= error.status < 600  # noqa: PT017 - either outcome is right
        request = refused_request(error)
        if request is not None:
            bytes(request.response(error.status, to_tag="t"))
        return
    look_at(found)
    written = bytes(found)
    again = parse(written)
    assert bytes(again) == written
    assert again.start_line == found.start_line
    assert list(again.headers) == list(found.headers)
    if isinstance(found, Request):
        pass_on(found)


def pass_on(request: Request) -> None:
    """What a proxy does to a request makes it no worse; answers to it are written, and known when they come back."""
    via = receive_via(request, SOURCE)
    assert request.via.branch == via.branch
    assert len(server_key(request, via)) > 1
    assert reply_hop(via, SOURCE).host == SOURCE.host
    answer = parse(bytes(request.response(486, to_tag="t")))
    assert answer.to_tag == ("t" if request.to_tag is None else request.to_tag)
    mark = loop_mark(request)
    if check(request) is not None or is_looping(request, mark, lambda *_: False):
        return
    asker, sent = asked_by(request), request.copy()
    take_own_routes(sent, lambda uri: uri.host == HERE)
    with suppress(SipParseError):  # the last Route, which a strict router made the target, is no SIP URI
        prepare(sent, sent.uri, (), ())
        push_via(sent, f"SIP/2.0/UDP {HERE}:5060;branch=z9hG4bKours")
        came = parse(bytes(sent))
        assert isinstance(came, Request)
        back = parse(bytes(came.response(200)))
        assert isinstance(back, Response)
        assert branch_of(back) == "z9hG4bKours"
        back.headers.pop_first("Via")
        assert goes_back(back, asker)


def look_at(found: Request | Response) -> None:
    """Read every typed property, and what those of a fresh copy say besides."""
    fresh = Response(200, headers=list(found.headers))
    assert (found.from_tag, found.to_tag) == (fresh.from_.tag, fresh.to.tag)
    assert (found.call_id, found.cseq) == (fresh.call_id, fresh.cseq)
    if isinstance(found, Request):
        assert (found.via, found.max_forwards, found.routes) == (fresh.via, fresh.max_forwards, fresh.routes)
    if malformation(found) is None:
        for value in (
            found.vias,
            found.contacts,
            found.routes,
            found.record_routes,
            found.expires,
            found.content_type,
        ):
            str(value)
    for key in found.headers.keys():  # noqa: SIM118 - to go over `Headers` itself gives its lines
        with suppress(SipParseError):
            typed(found, key)
    if isinstance(found, Request):
        str(found.uri)
        bytes(found.response(486, to_tag="t"))


def stream(data: bytes) -> None:
    """The same events come however a stream is cut. The first two bytes say where."""
    cuts, data = data[:2], data[2:]
    whole = events_of([data])
    sizes = [cut % 40 + 1 for cut in cuts] or [1]
    assert events_of(cut(data, sizes)) == whole
    if len(data) <= BYTEWISE:
        assert events_of(cut(data, [1])) == whole


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """`data` in pieces of these sizes, in turn."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


def events_of(pieces: list[bytes]) -> list[object]:
    """What a stream in these pieces comes to, in a form that can be compared."""
    parser = StreamParser()
    found: list[object] = []
    for piece in pieces:
        try:
            events = parser.feed(piece)
        except SipParseError:
            assert parser.error is not None
            break
        for event in events:
            if isinstance(event, Malformed):
                found.append((event.error.status, event.error.reason, event.fatal))
            elif isinstance(event, KeepAlive):
                found.append(event)
            else:
                look_at(event)
                found.append(bytes(event))
    return [*found, parser.idle]


def sdp(data: bytes) -> None:
    """A session description is written as it reads, or refused."""
    try:
        found = SessionDescription.parse(data)
    except SdpError as error:
        assert error.status == 400  # noqa: PT017 - either outcome is right
        return
    for medium in found.media:
        str(found.connection_of(medium)), found.direction_of(medium)
    with suppress(SdpError):
        str(found.fingerprints)
    written = bytes(found)
    assert bytes(SessionDescription.parse(written)) == written


def uri(data: bytes) -> None:
    """A URI is written as one that equals it, matches itself by the looser rules, and so does an address with it."""
    text = data.decode("utf-8", "replace")
    try:
        found = Uri.parse(text)
    except SipParseError:
        pass
    else:
        assert Uri.parse(str(found)) == found
        assert found.equivalent(found)
        str(found.aor), found.transport
    try:
        address = NameAddr.parse(text)
    except SipParseError:
        return
    again = NameAddr.parse(str(address))
    assert again == address
    assert again.tag == address.tag


def fields(data: bytes) -> None:
    """Every field is read or refused, whichever it is said to be; what is read is written as it reads, and its list
    comes apart without loss."""
    choice, text = data[:1] or b"\0", data[1:].decode("utf-8", "replace").strip(" \t")
    keys = sorted(FIELDS)
    key = keys[choice[0] % len(keys)]
    if any(char in text for char in "\r\n\0"):
        return
    try:
        headers = Headers([(key, text)])
    except ValueError:  # Unwritable: a control character
        return
    read_and_write(key, headers)
    for reader in [READERS[key]] * 2 if key in READERS else []:
        try:
            headers.typed(key, reader)
        except SipParseError as error:
            assert error.reason.startswith(f"{key}: ")  # noqa: PT017 - either outcome is right
    try:
        values = headers.all(key)
        first = headers.pop_first(key)
    except SipParseError:
        return
    assert first == (values[0] if values else first)
    if key in LISTS and len(values) > 1 and all(values):
        assert headers.all(key) == values[1:]


def read_and_write(key: str, headers: Headers) -> None:
    """What a field says is, written, what it said."""
    try:
        found = FIELDS[key].of(Response(200, headers=headers))
    except SipParseError as error:
        assert error.reason.startswith(f"{key}: ")  # noqa: PT017 - either outcome is right
        return
    values = list(found) if isinstance(found, tuple) else [found]
    lines = [", ".join(map(str, values))] if key in LISTS else list(map(str, values))
    if values:
        again = Response(200, headers=[(key, line) for line in lines])
        assert FIELDS[key].of(again) == found, (key, lines)


TARGETS: Final[Mapping[str, Target]] = {
    "message": message,
    "stream": stream,
    "sdp": sdp,
    "uri": uri,
    "fields": fields,
    "transactions": transactions,
    "edits": edits,
    "relays": relays,
}
