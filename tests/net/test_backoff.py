"""Peers that could not be reached."""

from __future__ import annotations

import asyncio

import pytest

from telsdk.clock import Monotonic
from telsdk.net.backoff import Backoff
from telsdk.net.limits import BACKOFF_FIRST, BACKOFF_MOST, MAX_UNREACHABLE
from telsdk.net.sockets import bind
from telsdk.sip.hop import Hop
from telsdk.sip.transaction import ResponseReceived, TransportFailed
from tests.net.endpoint import HOST, endpoint


def test_the_delay_doubles_up_to_the_most() -> None:
    backoff, now, delays = Backoff(), 0.0, []
    for _ in range(8):
        backoff.failed("bob", "refused", Monotonic(now))
        failure = backoff.blocked("bob", Monotonic(now))
        assert failure is not None
        delays.append(failure.delay)
        assert backoff.blocked("bob", failure.until) is None
        now = failure.until
    assert delays[:3] == [BACKOFF_FIRST, 2 * BACKOFF_FIRST, 4 * BACKOFF_FIRST]
    assert delays[-1] == BACKOFF_MOST


def test_a_peer_that_was_reached_begins_anew() -> None:
    backoff = Backoff()
    backoff.failed("bob", "refused", Monotonic(0.0))
    backoff.failed("bob", "refused", Monotonic(1.0))
    backoff.reached("bob")
    backoff.failed("bob", "refused", Monotonic(2.0))
    failure = backoff.blocked("bob", Monotonic(2.0))
    assert failure is not None
    assert failure.delay == BACKOFF_FIRST


def test_others_are_not_blocked() -> None:
    backoff = Backoff()
    backoff.failed("bob", "refused", Monotonic(0.0))
    assert backoff.blocked("carol", Monotonic(0.0)) is None


def test_only_so_many_failures_are_remembered() -> None:
    backoff = Backoff()
    for peer in range(MAX_UNREACHABLE + 1):
        backoff.failed(peer, "refused", Monotonic(0.0))
    assert backoff.blocked(0, Monotonic(0.0)) is None
    assert backoff.blocked(1, Monotonic(0.0)) is not None


async def test_a_refusing_peer_is_not_connected_to_for_each_message() -> None:
    sockets = bind(HOST)  # it does not listen yet: it refuses
    bound, port = sockets.stream, sockets.port
    async with endpoint() as alice:
        for _ in range(5):
            alice.events.clear()
            alice.options(Hop("TCP", HOST, port))
            await alice.saw(TransportFailed)
        bound.listen()
        bound.setblocking(False)
        alice.events.clear()
        alice.options(
            Hop("TCP", HOST, port)
        )  # within the half second: nobody knows that it would be heard now
        await alice.saw(TransportFailed)
        try:
            bound.accept()
        except BlockingIOError:
            pass
        else:
            raise AssertionError("it was connected to")
    sockets.close()


async def test_a_peer_that_is_back_is_found_when_the_delay_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telsdk.net.backoff.BACKOFF_FIRST", 0.05)
    sockets = bind(HOST)
    async with endpoint() as alice:
        hop = Hop("TCP", sockets.host, sockets.port)
        alice.options(hop)
        await alice.saw(TransportFailed)
        async with endpoint(tls=False, sockets=sockets):
            async with asyncio.timeout(10):
                while not any(isinstance(event, ResponseReceived) for event in alice.events):
                    alice.changed.clear()
                    alice.options(hop)
                    await alice.changed.wait()
