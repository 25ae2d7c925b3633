"""The driver on real sockets: two endpoints on loopback."""

import asyncio
import contextlib
import socket
import ssl
from dataclasses import replace

import pytest

from telsdk.net.pins import TlsIdentity, client_context
from telsdk.net.sockets import bind
from telsdk.sip.hop import Hop
from telsdk.sip.transaction import ResponseReceived, TransportFailed
from tests.net.endpoint import endpoint, options


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS", "WS", "WSS"])
async def test_a_request_is_answered_over_every_transport(transport: str) -> None:
    async with endpoint() as alice, endpoint(tls=transport == "TLS", web=["WS", "WSS"]) as bob:
        alice.options(bob.hop(transport))
        event = await alice.saw(ResponseReceived)
        assert isinstance(event, ResponseReceived)
        assert event.response.status == 200
        assert [wire.direction for wire in alice.wires] == ["sent", "received"]
        assert alice.wires[0].data == bob.wires[0].data


async def test_one_connection_serves_many_requests() -> None:
    async with endpoint() as alice, endpoint() as bob:
        for _ in range(5):
            alice.options(bob.hop("TLS"))
        async with asyncio.timeout(10):
            while len(alice.events) < 5:
                alice.changed.clear()
                await alice.changed.wait()
        assert len({wire.hop.flow for wire in bob.wires}) == 1


async def test_who_takes_a_connection_knows_where_it_was_opened_to() -> None:
    async with endpoint() as alice, endpoint(web=["TLS"]) as bob:
        hop = bob.hop("TLS")
        for host, port in (bob.besides["TLS"], bob.addresses.main):
            alice.options(replace(hop, host=host, port=port))
        async with asyncio.timeout(10):
            while len(alice.events) < 2:
                alice.changed.clear()
                await alice.changed.wait()
        assert {wire.hop.taken_at for wire in bob.wires} == {bob.besides["TLS"], bob.addresses.main}
        assert {wire.hop.taken_at for wire in alice.wires} == {None}


async def test_a_peer_with_another_key_gets_not_one_byte() -> None:
    async with endpoint() as alice, endpoint() as mallory:
        alice.options(mallory.hop("TLS", pins=frozenset({TlsIdentity.generate().pin})))
        await alice.saw(TransportFailed)
        assert mallory.wires == []


async def test_tls_without_a_known_key_is_not_used() -> None:
    async with endpoint() as alice, endpoint() as bob:
        alice.options(bob.hop("TLS", pins=frozenset()))
        await alice.saw(TransportFailed)
        assert bob.wires == []


async def test_nobody_there_is_told_at_once() -> None:
    nobody = bind("127.0.0.1")
    async with endpoint() as alice:
        alice.options(Hop("TCP", "127.0.0.1", nobody.port))
        await alice.saw(TransportFailed)
    nobody.close()


async def test_a_closed_connection_is_told_with_its_flow() -> None:
    async with endpoint() as bob:
        async with endpoint() as alice:
            alice.options(bob.hop("TLS"))
            await alice.saw(ResponseReceived)
        await asyncio.wait_for(bob.changed_flows(), 10)
        assert bob.closed_flows == [bob.wires[0].hop.flow]


async def test_a_malformed_datagram_is_answered_with_400_and_its_reason() -> None:
    async with endpoint() as bob:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
            raw.setblocking(False)
            raw.bind(("127.0.0.1", 0))
            request = bytes(options("127.0.0.1", raw.getsockname()[1])).replace(b"1 OPTIONS", b"nonsense")
            via = f"Via: SIP/2.0/UDP 127.0.0.1:{raw.getsockname()[1]};branch=z9hG4bKx;rport\r\n".encode()
            head, _, rest = request.partition(b"\r\n")
            loop = asyncio.get_running_loop()
            await loop.sock_sendto(raw, head + b"\r\n" + via + rest, (bob.host, bob.port))
            answer = await asyncio.wait_for(loop.sock_recv(raw, 65535), 10)
        assert answer.startswith(b"SIP/2.0 400 ")
        assert bob.events == []


async def test_a_ping_is_answered_with_a_pong() -> None:
    async with endpoint() as bob:
        reader, writer = await asyncio.open_connection(bob.host, bob.port, ssl=client_context())
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), 10) == b"\r\n"
        writer.close()
        await writer.wait_closed()


async def test_a_stream_of_nonsense_is_closed_and_others_are_not_touched() -> None:
    async with endpoint() as alice, endpoint() as bob:
        reader, writer = await asyncio.open_connection(bob.host, bob.port, ssl=client_context())
        writer.write(b"GET / HTTP/1.1\r\n" + b"x" * 100_000)
        # Closed all the same, when it is closed with bytes of ours unread.
        with contextlib.suppress(ConnectionResetError, ssl.SSLError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        alice.options(bob.hop("TLS"))
        await alice.saw(ResponseReceived)


@pytest.mark.parametrize("tls", [False, True])
async def test_a_large_request_goes_by_tcp_or_where_that_is_not_taken_by_udp(tls: bool) -> None:
    async with endpoint(tls=False) as alice, endpoint(tls=tls) as bob:
        alice.options(bob.hop("UDP"), body=b"x" * 1300)
        event = await alice.saw(ResponseReceived)
        assert isinstance(event, ResponseReceived)
        assert event.response.via.transport == ("UDP" if tls else "TCP")
        assert event.source.transport == ("UDP" if tls else "TCP")
