"""SIP over WebSocket (RFC 7118), without sockets: two framings joined in memory, and hostile bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import OP_BINARY, OP_CONT, OP_TEXT, Frame
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI
from websockets.utils import accept_key

from telsdk.net.limits import MAX_WEBSOCKET_HANDSHAKE
from telsdk.net.websocket import WebSocketFraming
from telsdk.sip.limits import MAX_MESSAGE
from telsdk.sip.message import PING, PONG, KeepAlive, Malformed, StreamEvent
from tests.net.endpoint import options

MESSAGE = bytes(options("df7jal23ls0d.invalid", 5060)).replace(
    b"\r\n", b"\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks\r\n", 1
)


def raw_client(*subprotocols: str) -> tuple[ClientProtocol, bytes]:
    """A client of the websockets package alone, and its handshake."""
    uri = WebSocketURI(False, "127.0.0.1", 80, "/", "")
    client = ClientProtocol(
        uri, subprotocols=[Subprotocol(one) for one in subprotocols] or None, max_size=10**6
    )
    client.send_request(client.connect())
    return client, b"".join(client.data_to_send())


def opened() -> tuple[ClientProtocol, WebSocketFraming]:
    """A raw client, and our server that it has opened."""
    client, handshake = raw_client("sip")
    server = WebSocketFraming.server()
    assert server.feed(handshake) == [KeepAlive(ping=False)]
    client.receive_data(server.take_output())
    client.events_received()
    assert client.state is State.OPEN
    assert client.subprotocol == "sip"
    return client, server


def sent(client: ClientProtocol) -> bytes:
    return b"".join(client.data_to_send())


def answered(client: ClientProtocol, server: WebSocketFraming) -> list[Frame]:
    """The frames that the server answers with."""
    if output := server.take_output():
        client.receive_data(output)
    frames = []
    for event in client.events_received():
        assert isinstance(event, Frame)
        frames.append(event)
    return frames


def joined() -> tuple[WebSocketFraming, WebSocketFraming]:
    """Our client and our server, open."""
    client, server = WebSocketFraming.client("127.0.0.1", 80, secure=False), WebSocketFraming.server()
    server.feed(client.take_output())
    client.feed(server.take_output())
    assert client.ready
    assert server.ready
    return client, server


def test_a_message_arrives_as_it_was_sent_either_way() -> None:
    client, server = joined()
    for one, other in ((client, server), (server, client)):
        one.send(MESSAGE)
        (event,) = other.feed(one.take_output())
        assert not isinstance(event, KeepAlive | Malformed)
        assert bytes(event) == MESSAGE


def test_a_message_without_content_length_is_whole() -> None:
    client, server = opened()
    client.send_text(MESSAGE.replace(b"Content-Length: 0\r\n", b"") + b"hello")
    (event,) = server.feed(sent(client))
    assert not isinstance(event, KeepAlive | Malformed)
    assert event.body == b"hello"


@pytest.mark.parametrize("subprotocols", [(), ("chat",), ("xmpp", "chat")])
def test_a_client_without_the_subprotocol_sip_is_told_so(subprotocols: tuple[str, ...]) -> None:
    _, handshake = raw_client(*subprotocols)
    server = WebSocketFraming.server()
    assert server.feed(handshake) == []
    answer = server.take_output()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Sec-WebSocket-Protocol: sip" in answer
    assert server.ended


def test_a_browser_that_looks_at_the_address_is_told_to_upgrade() -> None:
    server = WebSocketFraming.server()
    server.feed(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert server.take_output().startswith(b"HTTP/1.1 426 ")
    assert server.ended


def test_sip_is_one_of_several_subprotocols_that_a_client_may_offer() -> None:
    client, handshake = raw_client("chat", "sip")
    server = WebSocketFraming.server()
    server.feed(handshake)
    client.receive_data(server.take_output())
    assert client.subprotocol == "sip"


def test_a_server_that_speaks_no_sip_is_not_spoken_to() -> None:
    client = WebSocketFraming.client("127.0.0.1", 80, secure=False)
    key = dict(line.split(b": ", 1) for line in client.take_output().split(b"\r\n")[1:-2])
    accept = accept_key(key[b"Sec-WebSocket-Key"].decode())
    client.feed(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
    )
    assert not client.ready
    assert client.refusal is not None
    assert "subprotocol sip" in client.refusal


def test_a_server_that_refuses_is_quoted() -> None:
    client = WebSocketFraming.client("127.0.0.1", 80, secure=False)
    client.feed(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    assert client.refusal is not None
    assert "404" in client.refusal
    assert client.ended


def test_a_handshake_without_end_is_cut_off() -> None:
    server = WebSocketFraming.server()
    server.feed(b"GET / HTTP/1.1\r\n")
    for _ in range(MAX_WEBSOCKET_HANDSHAKE // 100 + 1):
        server.feed(b"X: " + b"x" * 95 + b"\r\n")
    assert server.ended


@pytest.mark.parametrize(
    "header",
    ["Sec-WebSocket-Key", "Sec-WebSocket-Version", "Upgrade", "Connection", "Sec-WebSocket-Protocol"],
)
def test_a_handshake_that_is_not_ascii_is_refused(header: str) -> None:
    _, handshake = raw_client("sip")
    server = WebSocketFraming.server()
    assert server.feed(handshake.replace(f"{header}: ".encode(), f"{header}: \u00e9".encode())) == []
    assert server.take_output().startswith(b"HTTP/1.1 400 ")
    assert server.ended


def test_what_a_hasty_client_sends_behind_its_handshake_is_read_after_the_answer() -> None:
    client, handshake = raw_client("sip")
    client.state = State.OPEN
    client.send_binary(MESSAGE)
    server = WebSocketFraming.server()
    assert len(server.feed(handshake + sent(client))) == 2


def test_a_close_behind_a_refused_handshake_harms_nobody() -> None:
    client, handshake = raw_client("chat")
    client.state = State.OPEN
    client.send_close(1000)
    server = WebSocketFraming.server()
    assert server.feed(handshake + sent(client)) == []
    assert server.take_output().startswith(b"HTTP/1.1 400 ")


@given(cuts=st.lists(st.integers(0, 1200), max_size=8))
def test_where_the_bytes_are_cut_does_not_matter(cuts: list[int]) -> None:
    client, handshake = raw_client("sip")
    client.state = State.OPEN
    client.send_text(MESSAGE)
    client.send_ping(b"x")
    client.send_binary(PING)
    stream = handshake + sent(client)
    server, events = WebSocketFraming.server(), []
    places = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    for start, end in pairwise(places):
        events += server.feed(stream[start:end])
    assert [type(event).__name__ for event in events] == ["KeepAlive", "Request", "KeepAlive", "KeepAlive"]


def test_a_message_in_fragments_is_one_message() -> None:
    client, server = opened()
    for at, opcode in ((0, OP_BINARY), (1, OP_CONT), (2, OP_CONT)):
        size = len(MESSAGE) // 2
        client.send_frame(Frame(opcode, MESSAGE[at * size : (at + 1) * size], fin=at == 2))
    (event,) = server.feed(sent(client))
    assert not isinstance(event, KeepAlive | Malformed)
    assert bytes(event) == MESSAGE


@pytest.mark.parametrize("fragments", [1, 3])
def test_a_message_that_is_too_big_closes_with_1009(fragments: int) -> None:
    client, server = opened()
    for at in range(fragments):
        part = b"x" * (MAX_MESSAGE // fragments + 1)
        client.send_frame(Frame(OP_TEXT if at == 0 else OP_CONT, part, fin=at == fragments - 1))
    assert server.feed(sent(client)) == []
    answered(client, server)
    assert client.close_rcvd is not None
    assert client.close_rcvd.code == 1009
    assert server.ended


def test_text_that_is_not_utf8_closes_with_1007() -> None:
    client, server = opened()
    client.send_frame(Frame(OP_TEXT, MESSAGE + b"\xff"))
    assert server.feed(sent(client)) == []
    answered(client, server)
    assert client.close_rcvd is not None
    assert client.close_rcvd.code == 1007


def test_a_body_that_is_not_text_goes_as_binary() -> None:
    client, server = opened()
    server.send(MESSAGE)
    server.send(MESSAGE + b"\xff\xfe")
    assert [frame.opcode for frame in answered(client, server)] == [OP_TEXT, OP_BINARY]


def test_frames_that_are_not_masked_close_with_1002() -> None:
    client, server = opened()
    server.feed(Frame(OP_TEXT, MESSAGE).serialize(mask=False))
    answered(client, server)
    assert client.close_rcvd is not None
    assert client.close_rcvd.code == 1002


def test_pings_of_both_kinds_are_answered() -> None:
    client, server = opened()
    client.send_ping(b"hello")
    client.send_text(PING)
    assert server.feed(sent(client)) == [KeepAlive(ping=False), KeepAlive(ping=True)]
    pong, line_end = answered(client, server)
    assert pong.data == b"hello"
    assert line_end.data == PONG


def test_our_ping_is_answered_and_the_answer_is_a_sign_of_life() -> None:
    client, server = joined()
    server.ping()
    assert client.feed(server.take_output()) == [KeepAlive(ping=False)]
    assert server.feed(client.take_output()) == [KeepAlive(ping=False)]


def test_a_malformed_message_is_told_and_the_next_one_read() -> None:
    client, server = opened()
    client.send_text(b"OPTIONS sip:x SIP/2.0\r\n\r\n")
    client.send_text(MESSAGE)
    malformed, event = server.feed(sent(client))
    assert isinstance(malformed, Malformed)
    assert not malformed.fatal
    assert not isinstance(event, KeepAlive | Malformed)


def test_a_server_that_stops_says_1001_and_waits_for_the_answer() -> None:
    client, server = joined()
    server.close("this server stops")
    assert not server.ready
    client.feed(server.take_output())
    assert server.closing
    assert not server.ended
    server.feed(client.take_output())
    server.take_output()
    assert server.ended


def test_nothing_is_sent_after_the_close() -> None:
    client, server = opened()
    client.send_close(1000)
    server.feed(sent(client))
    answered(client, server)
    server.send(MESSAGE)
    assert server.take_output() == b""


@given(st.lists(st.binary(max_size=300), max_size=5), st.booleans())
def test_no_bytes_make_it_raise(chunks: list[bytes], after_handshake: bool) -> None:
    server: WebSocketFraming = opened()[1] if after_handshake else WebSocketFraming.server()
    events: list[StreamEvent] = []
    for chunk in chunks:
        events += server.feed(chunk)
        server.take_output()
    assert all(isinstance(event, KeepAlive | Malformed) for event in events)


EDITS = st.lists(
    st.tuples(st.integers(0, 2_000), st.integers(0, 20), st.binary(max_size=6)), min_size=1, max_size=6
)


@given(edits=EDITS, cut=st.integers(0, 2_000), frames=st.lists(st.sampled_from(range(16)), max_size=5))
def test_no_change_to_a_sound_stream_makes_it_raise(
    edits: list[tuple[int, int, bytes]], cut: int, frames: list[int]
) -> None:
    _, handshake = raw_client("sip")
    stream = handshake + b"".join(
        Frame(OP_TEXT, MESSAGE, fin=opcode % 2 == 0)
        .serialize(mask=True)
        .replace(b"\x81", bytes([0x80 | opcode]), 1)
        for opcode in frames
    )
    for at, gone, new in edits:
        place = at % (len(stream) + 1)
        stream = stream[:place] + new + stream[place + gone :]
    server = WebSocketFraming.server()
    for part in (stream[:cut], stream[cut:]):
        server.feed(part)
        server.send(MESSAGE)
        server.take_output()
