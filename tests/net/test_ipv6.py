"""IPv6 on ::1: the same as IPv4, over every transport, and written as RFC 3261 wants it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from telsdk.net.route import hop_of
from telsdk.net.sockets import ListenError, bind
from telsdk.sip.hop import Hop
from telsdk.sip.message import Uri, parse
from telsdk.sip.transaction import ResponseReceived
from tests.net.endpoint import endpoint, options

pytestmark = pytest.mark.usefixtures("ipv6")

HOST = "::1"


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS", "WS", "WSS"])
async def test_a_request_is_answered_over_every_transport(transport: str) -> None:
    async with (
        endpoint(host=HOST) as alice,
        endpoint(host=HOST, tls=transport != "TCP", web=["WS", "WSS"]) as bob,
    ):
        alice.options(bob.hop(transport))
        event = await alice.saw(ResponseReceived)
        assert isinstance(event, ResponseReceived)
        assert (event.response.status, event.source.host) == (200, HOST)
        via = alice.wires[0].data.split(b"\r\n")[1].decode()
        assert via.startswith(f"Via: SIP/2.0/{transport} [::1]:{alice.port};")


async def test_received_and_rport_say_where_a_request_came_from() -> None:
    async with endpoint(host=HOST) as bob:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as phone:
            phone.setblocking(False)
            phone.bind((HOST, 0))
            request = options("2001:db8::7", 5060)
            request.headers.insert("Via", "SIP/2.0/UDP [2001:db8::7]:5060;branch=z9hG4bKx;rport")
            loop = asyncio.get_running_loop()
            await loop.sock_sendto(phone, bytes(request), (HOST, bob.port))
            answer = parse(await asyncio.wait_for(loop.sock_recv(phone, 65_535), 10))
            assert (answer.via.host, answer.via.received) == ("2001:db8::7", HOST)
            assert answer.via.rport == phone.getsockname()[1]
            assert "received=::1" in str(
                answer.headers.get("Via")
            )  # no brackets: RFC 3261 25.1, RFC 5118 4.5


async def test_a_uri_leads_there_and_back() -> None:
    async with endpoint(host=HOST) as alice, endpoint(host=HOST, tls=False) as bob:
        uri = Uri.parse(f"sip:bob@[0:0:0:0:0:0:0:1]:{bob.port};transport=tcp")
        hop = hop_of(uri)
        assert hop == Hop("TCP", HOST, bob.port)
        assert str(hop) == f"TCP [::1]:{bob.port}"
        alice.options(hop)
        await alice.saw(ResponseReceived)


def test_an_ipv6_socket_takes_no_ipv4() -> None:
    bound = bind(HOST)
    assert bound.udp.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
    with pytest.raises(ListenError, match=rf"cannot listen on \[::1\]:{bound.port}"):
        bind(HOST, bound.port)
    bound.close()
