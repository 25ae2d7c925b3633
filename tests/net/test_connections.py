"""How connections begin: sockets that send at once, handshakes that last too long, hosts that can be none."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import replace

import pytest

from telsdk.net.limits import ConnectionLimits
from telsdk.net.pins import client_context
from telsdk.net.stream import Stream
from telsdk.sip.transaction import ResponseReceived, TransportFailed
from tests.net.endpoint import Endpoint, endpoint


def streams(one: Endpoint) -> list[Stream]:
    return list(one.driver._connections._by_flow.values())


def sends_at_once(stream: Stream) -> bool:
    assert stream._transport is not None
    sock = stream._transport.get_extra_info("socket")
    return bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS", "WSS"])
async def test_neither_side_holds_a_message_back_until_another_is_acknowledged(transport: str) -> None:
    async with endpoint() as alice, endpoint(tls=transport != "TCP", web=["WS", "WSS"]) as bob:
        alice.options(bob.hop(transport))
        await alice.saw(ResponseReceived)
        (opened,), (accepted,) = streams(alice), streams(bob)
        assert sends_at_once(opened)
        assert sends_at_once(accepted)


@pytest.mark.parametrize("limits", [ConnectionLimits(arriving=2), ConnectionLimits(arriving_of_source=2)])
async def test_of_too_many_who_do_not_finish_tls_the_oldest_goes(limits: ConnectionLimits) -> None:
    async with endpoint() as alice, endpoint(limits=limits) as bob:
        silent = [await asyncio.open_connection(bob.host, bob.port) for _ in range(3)]
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(silent[0][0].read(), 10) == b""
        alice.options(bob.hop("TLS"))  # who means it is served
        await alice.saw(ResponseReceived)
        assert len(streams(bob)) == 1
        for _, writer in silent:
            writer.close()


async def test_who_has_not_finished_tls_is_cut_off_when_the_server_stops() -> None:
    async with endpoint() as bob:
        reader, writer = await asyncio.open_connection(bob.host, bob.port)
        known, other = await asyncio.open_connection(bob.host, bob.port, ssl=client_context())
        other.write(b"\r\n\r\n")
        await known.readexactly(2)  # both have been accepted then
        await asyncio.wait_for(bob.driver.close(), 10)
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        other.close()


@pytest.mark.parametrize("host", ["a" * 64 + ".example", ".example"])
@pytest.mark.parametrize("transport", ["TCP", "TLS"])
async def test_a_host_that_can_be_none_is_told_of_each_time(host: str, transport: str) -> None:
    async with endpoint() as alice, endpoint() as bob:
        for _ in range(2):
            alice.events.clear()
            alice.options(replace(bob.hop(transport), host=host))
            await alice.saw(TransportFailed)
