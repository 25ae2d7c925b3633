from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.sip import limits
from telsdk.sip.errors import LimitExceeded, SipParseError
from telsdk.sip.message import (
    PING,
    PONG,
    KeepAlive,
    Malformed,
    NameAddr,
    Request,
    Response,
    StreamEvent,
    StreamParser,
    Uri,
    expect_route,
    malformation,
    parse,
    readers,
    refused_request,
    shape,
)
from tests.effort import at_most
from tests.sip.messages import INVITE, RINGING, messages


def spoilt(old: bytes, new: bytes) -> bytes:
    assert old in INVITE
    return INVITE.replace(old, new)


def described(event: StreamEvent) -> object:
    """What two equal events have equal."""
    match event:
        case Malformed(error, fatal):
            request = refused_request(error)
            answer = request and bytes(request.response(error.status, to_tag="t"))
            return type(error), error.status, error.reason, fatal, answer
        case Request() | Response():
            return type(event), bytes(event)
    return event


def feed_in_pieces(data: bytes, cuts: list[int]) -> list[object]:
    parser = StreamParser()
    found: list[object] = []
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        if parser.error is not None:
            with pytest.raises(SipParseError):
                parser.feed(data[start:end])
        else:
            found += map(described, parser.feed(data[start:end]))
    return found


# Of one message or several, sound or spoilt at one place, with what may stand between them.
_spoils = st.tuples(st.integers(0, 400), st.binary(max_size=3), st.integers(0, 3))
_wholes = st.one_of(messages().map(bytes), st.sampled_from([INVITE, RINGING, PING, PONG]))


@st.composite
def _streams(draw: st.DrawFn) -> bytes:
    data = b"".join(draw(st.lists(_wholes, max_size=4)))
    for at, new, gone in draw(st.lists(_spoils, max_size=2)):
        data = data[:at] + new + data[at + gone :]
    return data


@given(_streams(), st.lists(st.integers(0, 3000), max_size=6))
def test_the_same_events_come_however_a_stream_is_cut(data: bytes, cuts: list[int]) -> None:
    whole = feed_in_pieces(data, [])
    assert feed_in_pieces(data, cuts) == whole


@given(_streams())
def test_byte_by_byte_a_stream_gives_what_it_gives_at_once(data: bytes) -> None:
    assert feed_in_pieces(data, list(range(len(data)))) == feed_in_pieces(data, [])


@pytest.mark.parametrize("more", range(-4, 5))
def test_the_limit_of_the_head_is_the_same_however_a_stream_is_cut(more: int) -> None:
    data = spoilt(b"Max-Forwards: 69", b"X: " + b"x" * (limits.MAX_HEAD_BYTES - len(INVITE) + more))
    whole = feed_in_pieces(data, [])
    assert len(whole) == 1
    for at in range(len(data) - 12, len(data)):
        assert feed_in_pieces(data, [at]) == whole


@given(st.lists(messages(), max_size=4))
def test_messages_come_out_of_a_stream_in_order_and_unchanged(sent: list[Request | Response]) -> None:
    parser = StreamParser()
    assert [described(event) for event in parser.feed(b"".join(map(bytes, sent)))] == list(
        map(described, sent)
    )
    assert parser.idle


@given(messages(), st.permutations(range(4)))
def test_what_is_read_with_the_message_is_what_the_fields_say(
    message: Request | Response, order: list[int]
) -> None:
    vias = [str(message.via), "SIP/2.0/UDP h;x=1;branch=z9", "SIP/2.0/TCP 192.0.2.7:49152;branch=z", ""]
    message.headers.remove("Via")
    for at in order:
        message.headers.add("Via", vias[at])
    found = parse(bytes(message))
    asked = Response(
        200, headers=list(found.headers)
    )  # has its fields from us, so nothing of them was read yet
    assert (found.via, found.vias) == (asked.via, asked.vias)
    assert (found.from_tag, found.to_tag) == (asked.from_.tag, asked.to.tag)
    assert (found.call_id, found.cseq, found.max_forwards) == (asked.call_id, asked.cseq, asked.max_forwards)


_broken = st.one_of(
    st.binary(max_size=200),
    _streams(),
    st.binary(max_size=40).map(lambda junk: b"INVITE sip:h SIP/2.0\r\n" + junk + b"\r\n\r\n"),
    st.binary(max_size=40).map(lambda junk: spoilt(b"Max-Forwards: 69", junk)),
    st.binary(max_size=40).map(
        lambda junk: spoilt(b'"Alice" <sip:5550001@telprotocol>;tag=9fxced76sl', junk)
    ),
    st.binary(max_size=40).map(
        lambda junk: spoilt(b"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74b43;rport", junk)
    ),
)


@given(_broken)
def test_any_bytes_are_a_message_or_a_documented_error(data: bytes) -> None:
    try:
        message = parse(data)
    except SipParseError as error:
        request = refused_request(error)
        if request is not None:
            bytes(request.response(error.status, to_tag="t"))
        return
    assert bytes(parse(bytes(message))) == bytes(message)
    _ = message.from_, message.to, message.from_tag, message.to_tag
    _ = message.call_id, message.cseq, message.contact_star
    if isinstance(message, Request):
        assert str(message.uri)
        _ = message.via, message.routes, message.max_forwards
    if malformation(message) is None:
        _ = message.vias, message.contacts, message.record_routes, message.expires, message.content_type


NOT_NEEDED = [
    "Date: Sat, 13 Nov 2010 23:29:00 EST", "Date: 2010-11-13T23:29:00Z", "Date:", "Warning: 399 h unquoted",
    "Warning: x", "Retry-After: soon", "Content-Type: sdp", "Expires: never", "Expires: 4294967296",
    "Contact: nobody", 'Contact: "', "Contact: *, <sip:h>", "Record-Route: <sip:h;lr>,", "Record-Route: ,",
    "Server: a\r\nServer: b", "User-Agent: a\r\nUser-Agent: b", "Subject: a\r\nSubject: b", "Allow: ,,", "Accept: a",
    "Supported: (", "Require: ,", "Min-SE: x", "Session-Expires: x", "RSeq: 0", "Timestamp: x", "MIME-Version: 1",
    "Identity: x", "Authorization: x", "Reply-To: <", "P-Asserted-Identity: x", "Refer-To: y", "Event: ;",
]  # fmt: skip
LATIN = [b"Subject: Gr\xfc\xdfe", b"X: \xff", b"User-Agent: \xe9\xe8/1", b'Contact: "J\xf6rg" <sip:h>']


@pytest.mark.parametrize("line", [*(text.encode() for text in NOT_NEEDED), *LATIN], ids=repr)
@pytest.mark.parametrize("whole", [INVITE, RINGING], ids=["request", "response"])
def test_what_no_element_on_the_way_needs_passes_as_it_came(whole: bytes, line: bytes) -> None:
    data = whole.replace(b"\r\nCSeq:", b"\r\n" + line + b"\r\nCSeq:", 1)
    assert bytes(parse(data)) == data
    (event,) = StreamParser().feed(data)
    assert isinstance(event, Request | Response)
    assert bytes(event) == data


def test_a_response_needs_no_max_forwards_and_a_request_a_right_one() -> None:
    line = b"\r\nMax-Forwards: x\r\nCSeq:"
    assert "x" in parse(RINGING.replace(b"\r\nCSeq:", line, 1)).headers.all("Max-Forwards")
    with pytest.raises(SipParseError, match="max-forwards"):
        parse(INVITE.replace(b"Max-Forwards: 69", b"Max-Forwards: x"))


@pytest.mark.parametrize("name", ["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length"])
def test_what_every_element_reads_may_not_be_there_twice(name: str) -> None:
    lines = INVITE.split(b"\r\n")
    (at,) = [i for i, line in enumerate(lines) if line.startswith(name.encode() + b":")]
    with pytest.raises(SipParseError, match=r"more than once|must be one number"):
        parse(b"\r\n".join([*lines[: at + 1], *lines[at:]]))


def test_octets_that_are_no_utf_8_are_shown_replaced_and_written_as_they_came() -> None:
    message = parse(spoilt(b'"Alice"', b'"J\xf6rg"'))
    assert message.from_.display == "J\ufffdrg"
    assert message.headers.get("From") == '"J\ufffdrg" <sip:5550001@telprotocol>;tag=9fxced76sl'
    message.headers.set("Max-Forwards", "68")
    assert b'From: "J\xf6rg" <sip:5550001@telprotocol>;tag=9fxced76sl\r\n' in bytes(message)
    assert isinstance(message, Request)
    assert b'From: "J\xf6rg" <' in bytes(message.response(200, to_tag="t"))


def test_a_to_that_is_no_utf_8_gets_its_tag_and_stays() -> None:
    message = parse(spoilt(b"To: <", b'To: "J\xf6rg" <'))
    assert isinstance(message, Request)
    assert b'To: "J\xf6rg" <sip:5551234@telprotocol>;tag=t\r\n' in bytes(message.response(200, to_tag="t"))


@pytest.mark.parametrize(
    ("tag", "meant"),
    [(b";tag=t", "t"), (b";tag", ""), (b';tag=""', ""), (b';tag="\xe9"', "\ufffd"), (b";x=1", None)],
)
def test_a_tag_is_the_same_whoever_asks_for_it(tag: bytes, meant: str | None) -> None:
    for _ in range(2):  # the second time it is remembered
        message = parse(spoilt(b";tag=9fxced76sl", tag))
        assert (message.from_tag, message.from_.tag) == (meant, meant)
        message = parse(spoilt(b"To: <sip:5551234@telprotocol>", b"To: <sip:5551234@telprotocol>" + tag))
        assert (message.to_tag, message.to.tag) == (meant, meant)


def test_a_content_length_may_begin_with_zeros() -> None:
    data = spoilt(b"Content-Length: 4", b"Content-Length: " + b"0" * 20 + b"4")
    assert bytes(parse(data)) == data


def test_names_of_fields_that_were_never_seen_are_read_as_well_as_those_that_were() -> None:
    for n in range(3):
        assert (
            parse(spoilt(b"Max-Forwards: 69", b"x-%d: 1\r\nMax-Forwards: 69" % n)).headers.get(f"X-{n}")
            == "1"
        )


def test_a_line_without_a_colon_is_none_though_its_text_were_a_name() -> None:
    parse(spoilt(b"Max-Forwards: 69", b"Foo: 1\r\nMax-Forwards: 69"))
    with pytest.raises(SipParseError, match="not a header name"):
        parse(spoilt(b"Max-Forwards: 69", b"Foo\r\nMax-Forwards: 69"))


def test_a_datagram_is_read_and_written_back() -> None:
    for data in (INVITE, RINGING):
        assert bytes(parse(data)) == data


def test_line_ends_before_a_message_and_bytes_behind_it_are_ignored() -> None:
    assert bytes(parse(b"\r\n\r\n\r\n" + INVITE + b"garbage")) == INVITE


def test_without_content_length_a_datagram_ends_the_body() -> None:
    assert parse(spoilt(b"Content-Length: 4\r\n", b"")).body == b"v=0\n"


def test_a_folded_line_is_one_value_and_keeps_its_bytes() -> None:
    folded = b"Subject: I know  \r\n\t  you're there,\r\n pick up"
    data = spoilt(b"Max-Forwards: 69", folded + b"\r\nMax-Forwards:\r\n 69")
    message = parse(data)
    assert message.headers.get("Subject") == "I know you're there, pick up"
    assert message.max_forwards == 69
    message.headers.set("Max-Forwards", "68")
    assert bytes(message) == data.replace(b"Max-Forwards:\r\n 69", b"Max-Forwards: 68")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "request line"),
        (b"\r\n\r\n", "request line"),
        (b"\x00" * 50, "request line"),
        (b"hello\r\n\r\n", "request line"),
        (INVITE[:-6], "no blank line"),
        (spoilt(b"\r\nTo:", b"\nTo:"), "control character"),
        (spoilt(b"Alice", b"\\\n"), "control character"),
        (spoilt(b"69", b"6\r9"), "control character"),
        (spoilt(b"Max-Forwards: 69", b"X: a\x00b"), "control character"),
        (spoilt(b"Max-Forwards: 69", b"no colon"), "not a header name"),
        (spoilt(b"Max-Forwards", b"Max Forwards"), "not a header name"),
        (INVITE.replace(b"Via: SIP", b" Via: SIP", 1), "not a header name"),
        (spoilt(b" SIP/2.0\r\nVia", b" SIP/2.0 \r\nVia"), "blanks"),
        (spoilt(b"INVITE sip", b"INVITE  sip"), "blanks"),
        (spoilt(b"CSeq: 1 INVITE", b"CSeq: 1 BYE"), "CSeq says BYE"),
        (spoilt(b"CSeq: 1 INVITE\r\n", b""), "cseq is missing"),
        (spoilt(b"To: <", b"To: <sip:x>\r\nt: <"), "to occurs more than once"),
        (spoilt(b"Content-Length: 4", b"Content-Length: 4\r\nl: 4"), "Content-Length"),
        (spoilt(b"Content-Length: 4", b"Content-Length: 5"), "only 4 bytes"),
        (spoilt(b"Content-Length: 4", b"Content-Length: +4"), "Content-Length"),
        (spoilt(b"5551234@telprotocol SIP", b"5551234@telprotocol?a=b SIP"), "must not have headers"),
        (RINGING.replace(b"180", b"099"), "status line"),
        (RINGING.replace(b"180", b"700"), "status line"),
        ("ſ".encode() + RINGING[1:], "status line"),
        (RINGING.replace(b"SIP/2.0 180", b"SIP/3.0 180"), "status line"),
    ],
)
def test_a_malformed_message_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(SipParseError, match=reason) as caught:
        parse(data)
    assert caught.value.status == 400


def test_another_version_is_answered_505() -> None:
    with pytest.raises(SipParseError, match="SIP/3.0 is not SIP/2.0") as caught:
        parse(spoilt(b" SIP/2.0\r\nVia", b" SIP/3.0\r\nVia"))
    assert caught.value.status == 505
    assert refused_request(caught.value) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SIP/2.0/UDP 192.0.2.1:5060", b"SIP/2.0/UDP 192.0.2.256"),
        (b";branch=z9hG4bK74b43;rport", b";branch=z9hG4bK74b43;rport;rport"),
        (b";branch=z9hG4bK74b43;rport", b";branch=z9hG4bK74b43;rport="),
        (b"192.0.2.1:5060", b"192.0.2.1\x00:5060"),
        (b"branch=z9hG4bK74b43;rport\r\n", b"branch=z9hG4bK74b43\r\nX: \x01\r\n"),
    ],
)
def test_a_request_that_is_refused_gets_its_vias_back_as_they_came(old: bytes, new: bytes) -> None:
    data = spoilt(old, new)
    with pytest.raises(SipParseError) as caught:
        parse(data)
    request = refused_request(caught.value)
    assert request is not None
    answer = bytes(request.response(caught.value.status, to_tag="t"))
    assert [line for line in answer.split(b"\r\n") if line.startswith(b"Via:")] == [
        line for line in data.split(b"\r\n") if line.startswith(b"Via:")
    ]


def test_a_request_without_a_via_cannot_be_answered() -> None:
    with pytest.raises(SipParseError) as caught:
        parse(INVITE.replace(b"Via:", b"X:"))
    assert refused_request(caught.value) is None


@pytest.mark.parametrize(
    "data",
    [
        spoilt(b"Max-Forwards: 69", b"X: " + b"x" * limits.MAX_HEAD_BYTES),
        spoilt(b"Max-Forwards: 69", b"X: y\r\n" * (limits.MAX_HEAD_BYTES // 6) + b"X: y"),
        spoilt(b"Max-Forwards: 69", b"Route: " + b"<sip:h>," * (limits.MAX_HEAD_BYTES // 8) + b"<sip:h>"),
    ],
)
def test_a_head_too_long_is_answered_513_as_far_as_it_was_read(data: bytes) -> None:
    with pytest.raises(LimitExceeded) as caught:
        parse(data)
    for error in (caught.value, StreamParser().feed(data)[-1].error):  # type: ignore[union-attr]
        assert error.status == 513
        request = refused_request(error)
        assert request is not None
        assert request.via.branch == "z9hG4bK74b43"


def many_parameters() -> bytes:
    """One more than a value may have, each another."""
    return b"".join(b";p%d" % at for at in range(limits.MAX_PARAMETERS + 1))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (INVITE + b"x" * limits.MAX_MESSAGE, 513),
        (spoilt(b"Content-Length: 4", b"Content-Length: 65536"), 513),
        (spoilt(b"Max-Forwards: 69", b"X: " + b"x" * limits.MAX_HEAD_BYTES), 513),
        (spoilt(b"Max-Forwards: 69", b"\r\n".join([b"X: y"] * limits.MAX_HEADERS)), 513),
        (spoilt(b"Max-Forwards: 69", b"X: y" + b"\r\n z" * limits.MAX_LINES), 513),
        (spoilt(b"To: <sip:5551234@telprotocol>", b"To: <sip:5551234@telprotocol>" + many_parameters()), 400),
        (spoilt(b"5551234@telprotocol SIP", b"5" * limits.MAX_URI + b"@telprotocol SIP"), 414),
    ],
)
def test_every_limit_is_said_with_its_status(data: bytes, status: int) -> None:
    with pytest.raises(LimitExceeded) as caught:
        parse(data)
    assert caught.value.status == status


@pytest.mark.parametrize("line", [b"Subject", b"X", b"Unknown", b"X\r\n \r\n : y", b"Unknown\r\n : y"])
def test_a_field_has_its_colon_on_the_line_of_its_name(line: bytes) -> None:
    with pytest.raises(SipParseError) as caught:
        parse(spoilt(b"Max-Forwards: 69", b"Max-Forwards: 69\r\n" + line))
    assert caught.value.status == 400


def test_lists_in_one_line_are_limited() -> None:
    with pytest.raises(LimitExceeded):
        parse(spoilt(b"<sip:192.0.2.1;lr>", b"<sip:a>" + b",<sip:a>" * limits.MAX_LIST_VALUES))


@pytest.mark.parametrize("name", ["Require", "Proxy-Require", "Path", "Supported", "Warning"])
def test_so_are_those_that_nobody_reads_before_they_are_asked_for(name: str) -> None:
    line = f"{name}: " + ",".join(["a"] * (limits.MAX_LIST_VALUES + 1))
    with pytest.raises(LimitExceeded) as caught:
        parse(spoilt(b"Max-Forwards: 69", b"Max-Forwards: 69\r\n" + line.encode()))
    assert refused_request(caught.value) is not None


def test_keep_alives_are_told_from_the_line_ends_before_a_message() -> None:
    parser = StreamParser()
    assert parser.feed(PING) == [KeepAlive(ping=False), KeepAlive(ping=True)]
    assert parser.feed(PONG) == [KeepAlive(ping=False)]
    events = parser.feed(RINGING + PONG)
    assert isinstance(events[0], Response)
    assert events[1:] == [KeepAlive(ping=False)]


def test_half_a_keep_alive_waits_for_the_other_half() -> None:
    parser = StreamParser()
    assert parser.feed(b"\r") == []
    assert not parser.idle
    assert parser.feed(b"\n") == [KeepAlive(ping=False)]
    assert parser.idle


def test_a_malformed_message_is_an_event_and_the_stream_goes_on() -> None:
    bad = spoilt(b"CSeq: 1 INVITE", b"CSeq: one INVITE")
    first, second, third = StreamParser().feed(RINGING + bad + INVITE)
    assert isinstance(first, Response)
    assert isinstance(second, Malformed)
    assert second.fatal is False
    refused = refused_request(second.error)
    assert refused is not None
    assert refused.body == b"v=0\n"
    assert isinstance(third, Request)


@pytest.mark.parametrize(
    "bad",
    [
        spoilt(b"Content-Length: 4\r\n", b""),
        spoilt(b"Content-Length: 4", b"Content-Length: -4"),
        spoilt(b"Content-Length: 4", b"Content-Length: 65536"),
        spoilt(b"Content-Length: 4", b"Content-Length: 65535"),
        b"\x16\x03\x01\x02\x00 a TLS hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"x" * (limits.MAX_HEAD_BYTES + 8),
    ],
)
def test_lost_framing_is_the_last_event_and_the_stream_is_dead(bad: bytes) -> None:
    parser = StreamParser()
    first, last = parser.feed(RINGING + bad + INVITE)
    assert isinstance(first, Response)
    assert isinstance(last, Malformed)
    assert last.fatal
    assert parser.error is last.error
    with pytest.raises(SipParseError) as caught:
        parser.feed(INVITE)
    assert caught.value is last.error


def test_a_body_with_a_blank_line_in_it_stays_whole() -> None:
    body = INVITE + PING
    data = spoilt(b"Content-Length: 4\r\n\r\nv=0\n", b"Content-Length: %d\r\n\r\n" % len(body) + body)
    (message,) = StreamParser().feed(data)
    assert isinstance(message, Request)
    assert message.body == body


def test_whoever_sends_too_many_fields_is_told_and_folds_do_not_count() -> None:
    folded = spoilt(
        b"Max-Forwards: 69", b"X: y" + b"\r\n z" * (2 * limits.MAX_HEADERS) + b"\r\nMax-Forwards: 69"
    )
    assert bytes(parse(folded)) == folded
    many = spoilt(b"Content-Type:", b"X: y\r\n" * limits.MAX_HEADERS + b"Content-Type:")
    with pytest.raises(LimitExceeded, match="more than 256 header fields") as caught:
        parse(many)
    request = refused_request(caught.value)
    assert request is not None
    assert parse(bytes(request.response(513, to_tag="t"))).to_tag == "t"
    (event,) = StreamParser().feed(many)
    assert isinstance(event, Malformed)
    assert (event.fatal, event.error.status) == (True, 513)


_NAMES = ["".join(letters) for letters in product("abcdefghijklmnopqrst", repeat=3)]


@pytest.mark.parametrize(
    "lines",
    [
        b"".join(b"%s:\r\n" % name.encode() for name in _NAMES[:4_500]) + b"aaa:\r\n",
        b"".join(b"%s:\r\n" % name.encode() for name in _NAMES[:240]) + b"aaa:\r\n",
        b"X:" + b"\r\n " * 9_000 + b"\r\n",
        b"X:" + b"\r\n a:" * 6_000 + b"\r\n",
        b"(:\r\n" * 7_000,
        b"\xe9:\r\n" * 6_000,
        b"\r\n".join(b"X:" + b"\r\n " * 30 for _ in range(250)) + b"\r\n",
    ],
    ids=["names", "names that pass", "folds", "folds like fields", "no names", "no UTF-8", "folded fields"],
)
def test_many_lines_take_time_in_proportion_to_their_number(lines: bytes) -> None:
    data = spoilt(b"Max-Forwards: 69\r\n", lines + b"Max-Forwards: 69\r\n")
    with at_most(0.05):
        for event in StreamParser().feed(data):
            described(event)


@pytest.mark.parametrize(
    "junk",
    [b" " * 32_000, b"\t\r\n " * 8_000, b'"' * 31_000, b'"\\"' + b'\\"' * 15_000, b"<" * 31_000, b";a" * 15_000,
     b",<" * 15_000, b"a=" * 15_000, b"\\" * 31_000, b"%" * 31_000, b"." * 31_000, b"a " * 15_000, b":" * 31_000],
)  # fmt: skip
@pytest.mark.parametrize(
    "name", [b"To", b"Via", b"Contact", b"Call-ID", b"CSeq", b"Content-Type", b"Date", b"X"]
)
def test_no_head_takes_long_whoever_wrote_it(name: bytes, junk: bytes) -> None:
    data = INVITE.replace(b"Max-Forwards: 69", name + b": " + junk + b"x\r\n y")
    spoilt_start = data.replace(b"INVITE sip:", b"INVITE" + junk.replace(b"\r\n", b"") + b"sip:", 1)[:32_000]
    with at_most(0.5):
        for sent in (data, spoilt_start):
            for event in StreamParser().feed(sent):
                described(event)


def test_a_stream_byte_by_byte_takes_time_in_proportion_to_its_length() -> None:
    parser = StreamParser()
    with at_most(1):
        for _ in range(limits.MAX_HEAD_BYTES - 100):
            parser.feed(b"x")


def read(data: bytes) -> object:
    """What `parse` makes of a datagram, or why it refuses it."""
    try:
        return described(parse(data))
    except SipParseError as error:
        return described(Malformed(error, fatal=False))


_ordinary = st.tuples(
    st.sampled_from([INVITE, RINGING, INVITE.replace(b"INVITE", b"BYE")]),
    st.integers(0, 700),
    st.integers(0, 3),
)


@given(_ordinary, st.one_of(st.binary(max_size=3), st.sampled_from([b"\r\n", b"\r\nVia: ", b",", b"\r\n "])))
def test_a_message_of_a_shape_that_comes_often_is_read_as_any_other(
    ordinary: tuple[bytes, int, int], put: bytes
) -> None:
    """Whatever differs from those that came before, in its lines or behind them."""
    whole, at, gone = ordinary
    at %= len(whole)
    data = whole[:at] + put + whole[at + gone :]
    shape.forms.clear()
    anew = read(data)
    for _ in range(shape.OFTEN):
        parse(whole)
    assert shape.forms
    assert read(data) == anew
    assert read(data) == anew  # what its lines say is remembered now


@pytest.mark.parametrize("user", ["a", "a.b~c_d!e", "0f" * 60, None])
@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "node.example"])
@pytest.mark.parametrize("port", [None, 5060])
def test_a_route_that_a_proxy_expects_says_what_it_would_be_read_as(
    user: str | None, host: str, port: int | None
) -> None:
    uri = Uri("sip", user, host, port, params=(("transport", "udp"), ("lr", None)))
    data = INVITE.replace(b"Max-Forwards", f"Route: <{uri}>\r\nMax-Forwards".encode(), 1)
    anew = parse(data)
    expect_route(uri)
    known = parse(data)
    assert isinstance(anew, Request)
    assert isinstance(known, Request)
    assert known.routes == anew.routes == [NameAddr(uri)]
    assert (known.routes[0].uri.user, known.routes[0].uri.host) == (user, host)


def test_what_is_remembered_of_routes_is_bounded() -> None:
    for n in range(2 * limits.MAX_REMEMBERED):
        expect_route(Uri("sip", f"r{n}", "192.0.2.1"))
    expect_route(Uri("sip", "r" * limits.MAX_ROUTE_LENGTH, "192.0.2.1"))
    assert len(readers._routes) <= limits.MAX_REMEMBERED
    assert max(map(len, readers._routes)) <= limits.MAX_ROUTE_LENGTH
