"""TLS around a framing: in memory, cut in every way, and against the TLS of others on real connections."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from telsdk.net.framing import StreamFraming
from telsdk.net.limits import TLS_PORTION
from telsdk.net.pins import PinMismatch, TlsIdentity, check_pin, client_context
from telsdk.net.tls import TlsFraming
from telsdk.sip.message import KeepAlive, Request, StreamEvent
from telsdk.sip.transaction import RequestReceived, ResponseReceived
from tests.net.endpoint import Endpoint, endpoint, options

CLIENT = client_context()


@pytest.fixture(scope="module")
def identity() -> TlsIdentity:
    return TlsIdentity.generate()


def question(port: int) -> Request:
    """An OPTIONS that came over TLS."""
    request = options("127.0.0.1", port)
    request.headers.insert("Via", f"SIP/2.0/TLS 127.0.0.1:{port};branch=z9hG4bKquestion")
    return request


def joined(server: ssl.SSLContext, portion: int = 65_536) -> tuple[TlsFraming, TlsFraming]:
    """Both ends of a connection in memory, after the handshake."""
    here = TlsFraming(StreamFraming(), CLIENT, "bob.example")
    there = TlsFraming(StreamFraming(), server)
    for _ in range(4):
        assert passed(here, there, portion) == []
        assert passed(there, here, portion) == []
    assert here.ready
    assert there.ready
    return here, there


def passed(sender: TlsFraming, receiver: TlsFraming, portion: int = 65_536) -> list[StreamEvent]:
    """What the receiver makes of all that the sender has to write."""
    wire = sender.take_output()
    return [
        event
        for start in range(0, len(wire), portion)
        for event in receiver.feed(wire[start : start + portion])
    ]


@pytest.mark.parametrize("portion", [1, 7, 65_536])
@pytest.mark.parametrize("size", [0, TLS_PORTION, 60_000])
def test_a_message_arrives_as_it_was_however_it_is_cut(
    identity: TlsIdentity, portion: int, size: int
) -> None:
    here, there = joined(identity.server_context(), portion)
    request = question(1)
    request.body = bytes(n % 251 for n in range(size))
    for _ in range(2):
        here.send(bytes(request))
    heard = passed(here, there, portion)
    assert [bytes(event) for event in heard if isinstance(event, Request)] == [bytes(request)] * 2
    there.ping()
    assert passed(there, here, portion) == [KeepAlive(ping=False), KeepAlive(ping=True)]


def test_nothing_is_sent_before_the_peer_is_known(identity: TlsIdentity) -> None:
    here = TlsFraming(StreamFraming(), CLIENT, "bob.example")
    here.send(b"a secret of the sender")
    hello = here.take_output()
    assert hello
    assert not here.secured
    assert b"secret" not in hello


def test_who_shows_another_key_gets_no_further_byte_and_is_not_heard(identity: TlsIdentity) -> None:
    wanted = TlsIdentity.generate().pin

    def check(tls: ssl.SSLObject) -> None:
        check_pin(tls, frozenset({wanted}), "bob")

    here = TlsFraming(StreamFraming(), CLIENT, "bob.example", check)
    there = TlsFraming(StreamFraming(), identity.server_context())
    there.feed(here.take_output())
    here.send(b"to bob alone")
    assert passed(there, here) == []
    assert here.take_output() == b""
    assert here.ended
    assert not here.secured
    assert str(PinMismatch(here.refusal)).startswith("bob showed the key")


def test_both_say_that_they_close_whoever_begins(identity: TlsIdentity) -> None:
    for turned in (False, True):
        first, second = joined(identity.server_context())
        if turned:
            first, second = second, first
        first.send(bytes(question(1)))
        first.close("over")
        heard = passed(first, second)
        assert [type(event) for event in heard] == [Request]
        assert (first.closing, first.ended, first.ready) == (True, False, False)
        assert second.take_output()  # its own word of the end
        assert second.ended
        second.send(b"too late")
        assert second.take_output() == b""


def test_the_end_is_complete_once_the_peer_has_said_so_too(identity: TlsIdentity) -> None:
    first, second = joined(identity.server_context())
    first.close("over")
    second.feed(first.take_output())
    first.feed(second.take_output())
    assert first.ended


def test_what_is_no_tls_ends_it_with_a_reason(identity: TlsIdentity) -> None:
    there = TlsFraming(StreamFraming(), identity.server_context())
    assert there.feed(b"OPTIONS sip:x SIP/2.0\r\n\r\n") == []
    assert there.ended
    assert (there.refusal or "").startswith("TLS comes to nothing: ")
    assert there.feed(b"and more") == []


def test_a_record_that_was_changed_on_its_way_ends_it(identity: TlsIdentity) -> None:
    here, there = joined(identity.server_context())
    here.send(bytes(question(1)))
    wire = bytearray(here.take_output())
    wire[-1] ^= 1
    assert there.feed(bytes(wire)) == []
    assert there.ended
    assert (there.refusal or "").startswith("TLS is broken: ")


# On real connections


@contextmanager
def others_tls(bob: Endpoint) -> Iterator[ssl.SSLSocket]:
    """A connection to bob by Python's own TLS, which raises where the end is not announced."""
    with (
        socket.create_connection((bob.host, bob.port), 10) as plain,
        client_context().wrap_socket(plain, suppress_ragged_eofs=False) as connection,
    ):
        yield connection


async def test_others_tls_is_told_of_the_end_and_tells_it() -> None:
    said = threading.Event()

    def other(bob: Endpoint) -> None:
        with others_tls(bob) as connection:
            connection.sendall(b"\r\n\r\n")
            assert connection.recv(10) == b"\r\n"
            said.set()
            assert connection.recv(10) == b""
            connection.unwrap()

    async with endpoint() as bob:
        listening = asyncio.create_task(asyncio.to_thread(other, bob))
        assert await asyncio.to_thread(said.wait, 10)
        await asyncio.wait_for(bob.driver.close(), 10)
        await listening


async def test_the_last_word_of_who_closes_at_once_is_heard() -> None:
    def other(bob: Endpoint) -> None:
        with others_tls(bob) as connection:
            connection.sendall(bytes(question(connection.getsockname()[1])))

    async with endpoint() as bob:
        await asyncio.to_thread(other, bob)
        await bob.saw(RequestReceived)


async def test_a_large_body_goes_over_tls_and_back(identity: TlsIdentity) -> None:
    async with endpoint() as alice, endpoint() as bob:
        alice.options(bob.hop("TLS"), body=b"x" * 50_000)
        await alice.saw(ResponseReceived)
        received = next(wire for wire in bob.wires if wire.direction == "received")
        assert received.data.endswith(b"x" * 50_000)


async def test_a_tls_connection_holds_little(identity: TlsIdentity) -> None:
    """A buffer of its own for each connection, as asyncio's TLS has, would be 256 KiB."""
    connections = 20

    async def connect(bob: Endpoint) -> asyncio.StreamWriter:
        reader, writer = await asyncio.open_connection(bob.host, bob.port)
        tls = client_context().wrap_bio(incoming := ssl.MemoryBIO(), outgoing := ssl.MemoryBIO())
        for _ in range(2):
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                writer.write(outgoing.read())
                incoming.write(await reader.read(65_536))
        writer.write(outgoing.read())
        tls.write(b"\r\n\r\n")
        writer.write(outgoing.read())
        assert await reader.read(65_536)  # the pong
        return writer

    async with endpoint() as bob:
        writers = [await connect(bob)]
        gc.collect()
        tracemalloc.start()
        try:
            writers += [await connect(bob) for _ in range(connections)]
            gc.collect()
            snapshot = tracemalloc.take_snapshot()
        finally:
            tracemalloc.stop()
        ours = snapshot.filter_traces(
            [tracemalloc.Filter(True, "*/telsdk/*"), tracemalloc.Filter(True, "*/ssl.py")]
        )
        assert sum(trace.size for trace in ours.traces) / connections < 3_000
        for writer in writers:
            writer.close()
