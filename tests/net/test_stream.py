"""Connections in time: kept alive, closed when nothing comes, told why."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from telsdk.net.sockets import Address
from telsdk.sip.transaction import ResponseReceived
from tests.net.endpoint import Endpoint, endpoint


def url(address: Address) -> str:
    return f"ws://{address[0]}:{address[1]}/"


def browser_at(bob: Endpoint) -> connect:
    """Another's WebSocket client, connected to where bob takes WebSocket."""
    return connect(url(bob.besides["WS"]), subprotocols=[Subprotocol("sip")], proxy=None)


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: sip\r\n\r\n"
)


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Minutes become tenths of seconds."""
    monkeypatch.setattr("telsdk.net.wheel.LOOK_EVERY", 0.01)
    monkeypatch.setattr("telsdk.net.stream.KEEP_ALIVE", 0.05)
    monkeypatch.setattr("telsdk.net.stream.IDLE_TIMEOUT", 0.4)
    monkeypatch.setattr("telsdk.net.stream.FIRST_MESSAGE_TIMEOUT", 0.4)
    monkeypatch.setattr("telsdk.net.stream.CLOSE_TIMEOUT", 0.1)
    return monkeypatch


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS", "WSS"])
async def test_a_connection_that_we_opened_is_kept_alive(limits: pytest.MonkeyPatch, transport: str) -> None:
    async with endpoint() as alice, endpoint(tls=transport != "TCP", web=["WS", "WSS"]) as bob:
        alice.options(bob.hop(transport))
        await alice.saw(ResponseReceived)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bob.changed_flows(), 1.0)  # more than two idle timeouts
        assert bob.closed_flows == []
        alice.events.clear()
        alice.options(bob.hop(transport))
        await alice.saw(ResponseReceived)
        assert len({wire.hop.flow for wire in bob.wires}) == 1


async def test_a_connection_that_nobody_uses_any_more_is_let_go(limits: pytest.MonkeyPatch) -> None:
    limits.setattr("telsdk.net.stream.KEEP_ALIVE_FOR", 0.1)
    async with endpoint() as alice, endpoint() as bob:
        alice.options(bob.hop("TLS"))
        await alice.saw(ResponseReceived)
        await asyncio.wait_for(bob.changed_flows(), 10)


async def test_a_slow_handshake_is_cut_off(limits: pytest.MonkeyPatch) -> None:
    async with endpoint(web=["WS"]) as bob:
        reader, writer = await asyncio.open_connection(*bob.besides["WS"])
        writer.write(b"GET / HTTP/1.1\r\n")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await writer.wait_closed()


async def test_a_slow_tls_handshake_is_cut_off(limits: pytest.MonkeyPatch) -> None:
    limits.setattr("telsdk.net.stream.TLS_HANDSHAKE_TIMEOUT", 0.1)
    async with endpoint() as bob:
        reader, writer = await asyncio.open_connection(bob.host, bob.port)
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await writer.wait_closed()


async def test_a_browser_that_does_not_answer_pings_is_closed(limits: pytest.MonkeyPatch) -> None:
    async with endpoint(web=["WS"]) as bob:
        reader, writer = await asyncio.open_connection(*bob.besides["WS"])
        writer.write(HANDSHAKE)
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"\x89\x00" in answer  # a ping
        assert b"nothing heard" in answer
        writer.close()
        await writer.wait_closed()


async def test_who_talks_on_instead_of_closing_is_cut_off(limits: pytest.MonkeyPatch) -> None:
    ping = b"\x89\x80\x00\x00\x00\x00"
    async with endpoint(web=["WS"]) as bob:
        reader, writer = await asyncio.open_connection(*bob.besides["WS"])
        writer.write(HANDSHAKE)
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        closing = asyncio.create_task(bob.driver.close())
        with contextlib.suppress(ConnectionResetError):
            async with asyncio.timeout(2):  # the whole server would wait 5 s for its connections
                while await reader.read(100):
                    writer.write(ping)
        await closing
        writer.close()


async def test_who_is_connected_is_told_with_1001_that_the_server_stops() -> None:
    async with endpoint(web=["WS"]) as bob, browser_at(bob) as browser:
        assert browser.subprotocol == "sip"
        await bob.driver.close()
        with pytest.raises(ConnectionClosed) as closed:
            await browser.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


async def test_a_browser_that_asks_for_no_sip_reads_why() -> None:
    async with endpoint(web=["WS"]) as bob:
        with pytest.raises(Exception, match="HTTP 400") as refused:
            await connect(url(bob.besides["WS"]), proxy=None)
        assert b"Sec-WebSocket-Protocol: sip" in refused.value.response.body  # type: ignore[attr-defined]


async def test_a_malformed_message_from_a_browser_is_answered_400_and_the_next_one_heard() -> None:
    async with endpoint(web=["WS"]) as bob, browser_at(bob) as browser:
        text = (
            "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
            "From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: 1\r\nCSeq: {} OPTIONS\r\n\r\n"
        )
        await browser.send(text.format("nonsense"))
        assert str(await browser.recv()).startswith("SIP/2.0 400 ")
        await browser.send(text.format(1).encode())
        answer = str(await browser.recv())
        assert answer.startswith("SIP/2.0 200 ")
        assert "a.invalid;branch=z9hG4bK1;received=127.0.0.1" in answer


async def test_when_a_server_has_stopped_no_connection_is_open() -> None:
    async with endpoint(web=["WS"]) as bob:
        async with endpoint() as alice:
            alice.options(bob.hop("TLS"))
            await alice.saw(ResponseReceived)
        await asyncio.wait_for(bob.changed_flows(), 10)  # there was a time without any
        reader, writer = await asyncio.open_connection(*bob.besides["WS"])
        writer.write(HANDSHAKE)
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        await bob.driver.close()  # whose farewell is not answered
        await asyncio.wait_for(reader.read(), 0.1)
        writer.close()
        await writer.wait_closed()
