"""One UDP socket: batches, the buffer, and what the network says of datagrams that did not arrive."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable

import pytest

from telsdk.net.icmp import Undelivered
from telsdk.net.limits import DATAGRAMS_A_READ, GATHER
from telsdk.net.udp import SocketAddress, UdpEndpoint
from telsdk.sip.hop import Hop
from telsdk.sip.transaction import ResponseReceived, TransportFailed
from tests.net.endpoint import HOST, endpoint

LOOPBACKS = [(socket.AF_INET, HOST), (socket.AF_INET6, "::1")]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the error queue is Linux's")


class Receiver:
    """A UDP endpoint that keeps what comes."""

    def __init__(self, family: socket.AddressFamily = socket.AF_INET, host: str = HOST) -> None:
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((host, 0))
        self.datagrams: list[bytes] = []
        self.undelivered: list[Undelivered] = []
        self.changed = asyncio.Event()
        self.endpoint = UdpEndpoint(sock, self._datagram, self._undelivered)

    def _datagram(self, data: bytes, address: SocketAddress) -> None:
        self.datagrams.append(data)
        self.changed.set()

    def _undelivered(self, one: Undelivered) -> None:
        self.undelivered.append(one)
        self.changed.set()


def nobody(family: socket.AddressFamily, host: str) -> tuple[str, int]:
    """An address where nobody listens."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        address = sock.getsockname()[:2]
    return str(address[0]), int(address[1])


async def test_more_than_one_batch_is_read_in_order() -> None:
    receiver = Receiver()
    many = 2 * DATAGRAMS_A_READ + 3
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(many):
            sender.sendto(b"%d" % number, receiver.endpoint.address)
    async with asyncio.timeout(10):
        while len(receiver.datagrams) < many:
            receiver.changed.clear()
            await receiver.changed.wait()
    assert receiver.datagrams == [b"%d" % number for number in range(many)]
    receiver.endpoint.close()


class Sending:
    """Numbered datagrams to a receiver."""

    def __init__(self, receiver: Receiver, sock: socket.socket) -> None:
        self._receiver = receiver
        self._socket = sock
        self.sent = 0

    async def go_on(self, *, until: Callable[[], bool], many: int, pause: float) -> None:
        """Send so many at a time until that holds."""
        while not until():
            for _ in range(many):
                self._socket.sendto(b"%d" % self.sent, self._receiver.endpoint.address)
                self.sent += 1
            await asyncio.sleep(pause)

    async def all_came(self) -> None:
        while len(self._receiver.datagrams) < self.sent:
            self._receiver.changed.clear()
            await self._receiver.changed.wait()


async def test_where_many_come_it_looks_now_and_then_and_misses_none_and_waits_again_when_few_do() -> None:
    receiver = Receiver()
    endpoint = receiver.endpoint
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sending = Sending(receiver, sock)
        async with asyncio.timeout(10):
            for _ in range(2):
                await sending.go_on(until=lambda: not endpoint.waits, many=10, pause=0)
                await sending.go_on(until=lambda: endpoint.waits, many=1, pause=3 * GATHER)
                await sending.all_came()
    assert receiver.datagrams == [b"%d" % number for number in range(sending.sent)]
    endpoint.close()


async def test_it_can_be_closed_while_datagrams_gather() -> None:
    receiver = Receiver()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        async with asyncio.timeout(10):
            await Sending(receiver, sock).go_on(until=lambda: not receiver.endpoint.waits, many=10, pause=0)
        seen = len(receiver.datagrams)
        receiver.endpoint.close()
        await asyncio.sleep(3 * GATHER)
    assert len(receiver.datagrams) == seen


@linux
@pytest.mark.parametrize(("family", "host"), LOOPBACKS)
async def test_what_was_sent_to_nobody_is_told_with_where_it_went(
    family: socket.AddressFamily, host: str, request: pytest.FixtureRequest
) -> None:
    if family is socket.AF_INET6:
        request.getfixturevalue("ipv6")
    receiver, there = Receiver(family, host), nobody(family, host)
    receiver.endpoint.send(b"OPTIONS sip:x SIP/2.0", there)
    async with asyncio.timeout(10):
        await receiver.changed.wait()
    assert receiver.undelivered == [(b"OPTIONS sip:x SIP/2.0", *there, "Connection refused")]
    receiver.endpoint.close()


@linux
async def test_after_it_the_next_datagram_is_sent_and_read() -> None:
    receiver = Receiver()
    receiver.endpoint.send(b"to nobody", nobody(socket.AF_INET, HOST))
    receiver.endpoint.send(b"to myself", receiver.endpoint.address)
    async with asyncio.timeout(10):
        while not (receiver.datagrams and receiver.undelivered):
            receiver.changed.clear()
            await receiver.changed.wait()
    assert receiver.datagrams == [b"to myself"]
    receiver.endpoint.close()


@linux
async def test_a_stack_hears_at_once_that_nobody_is_there() -> None:
    async with endpoint() as alice:
        alice.options(Hop("UDP", *nobody(socket.AF_INET, HOST)))
        await alice.saw(TransportFailed)


async def test_a_host_by_name_is_resolved_and_reached() -> None:
    async with endpoint() as alice, endpoint() as bob:
        alice.options(Hop("UDP", "localhost", bob.port))
        await alice.saw(ResponseReceived)


async def test_a_name_that_nobody_has_is_told() -> None:
    async with endpoint() as alice:
        alice.options(Hop("UDP", "nobody.invalid", 5060))
        await alice.saw(TransportFailed)


async def test_an_address_that_cannot_be_sent_to_is_told() -> None:
    async with endpoint() as alice:
        alice.options(Hop("UDP", "2001:db8::1", 5060))  # from an IPv4 socket
        await alice.saw(TransportFailed)


async def test_a_smaller_buffer_than_asked_for_is_said(caplog: pytest.LogCaptureFixture) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((HOST, 0))
    wanted = 1 << 30  # more than any system gives unasked
    UdpEndpoint(sock, lambda *_: None, lambda *_: None, wanted).close()
    assert "raise net.core.rmem_max" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


async def test_a_buffer_that_is_given_is_not_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((HOST, 0))
    UdpEndpoint(sock, lambda *_: None, lambda *_: None, 64 * 1024).close()
    assert caplog.records == []
