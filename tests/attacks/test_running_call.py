"""Attacks on a call that stands: somebody in its path wants to change it in the name of one of the two."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from telsdk.clock import Monotonic
from telsdk.sip.message import Message, Request
from telsdk.sip.ua import Call
from telsdk.uc.call import PhoneCall
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected
from telsdk.uc.tokens import Tokens
from tests.network import ALICE, BOB, CAROL, Network
from tests.uc.test_client import connect

Forge = Callable[[Network], Tokens]


class Nothing(Tokens):
    """A message without a token, as it leaves somebody who has no session key."""

    def header(self, message: Message, *_: object, **__: object) -> tuple[str, str]:
        return "Subject", "no token"


class Kept(Tokens):
    """A token that was seen before, put onto another message."""

    seen: tuple[str, str] | None = None

    def header(self, message: Message, act: str, dest: str, **rest: object) -> tuple[str, str]:
        self.seen = self.seen or super().header(message, "INVITE", dest, sdp=b"", body=None)
        return self.seen


def of_carol(network: Network) -> Tokens:
    return Tokens(network.log_in(CAROL))


def of_another_device(network: Network) -> Tokens:
    return Tokens(network.log_in(ALICE))


def without(network: Network) -> Tokens:
    return Nothing(network.log_in(ALICE))


def without_media(network: Network) -> Tokens:
    return Kept(network.log_in(ALICE))


def speak_as(client: UserClient, tokens: Tokens) -> None:
    """From here on the client's offers and answers within calls are those of somebody else in its place."""
    client._calls._changes._tokens = tokens


@pytest.mark.parametrize(
    ("forge", "status"), [(of_carol, 438), (of_another_device, 438), (without, 428), (without_media, 438)]
)
async def test_an_offer_by_somebody_else_than_the_peer_changes_nothing(forge: Forge, status: int) -> None:
    async with Network(1) as network:
        await network.start()
        network.own(CAROL)
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        speak_as(alice, forge(network))
        with pytest.raises(CallRejected, match=str(status)):
            await asyncio.wait_for(outgoing.hold(), 10)
        assert (outgoing.on_hold, incoming.on_hold) == ((False, False), (False, False))
        await asyncio.wait_for(incoming_still_works(incoming), 10)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


async def incoming_still_works(call: PhoneCall) -> None:
    """The true peer is heard on as before."""

    assert call.media is not None
    await call.media.wait_for_audio((await call.media.stats()).seconds + 0.1)


@pytest.mark.parametrize(
    ("forge", "status"), [(of_carol, 438), (of_another_device, 438), (without, 428), (without_media, 438)]
)
async def test_somebody_else_than_the_peer_sends_a_person_elsewhere(forge: Forge, status: int) -> None:
    async with Network(1) as network:
        await network.start()
        network.own(CAROL)
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        alice._transfers._tokens = forge(network)
        with pytest.raises(CallRejected, match=str(status)):
            await asyncio.wait_for(alice.transfer(outgoing, str(CAROL)), 10)
        assert bob.transfers.empty()
        await asyncio.wait_for(incoming_still_works(incoming), 10)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


async def test_a_transfer_is_led_elsewhere_on_its_way() -> None:
    """The token of the peer is honest; where it leads was changed behind it."""
    async with Network(1) as network:
        await network.start()
        network.own(CAROL)
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        send = alice._agent.transfers.send

        def bent(call: Call, request: Request, now: Monotonic) -> None:
            request.headers.set("Refer-To", "<sip:6660000@telprotocol>")
            send(call, request, now)

        alice._agent.transfers.send = bent  # type: ignore[method-assign]
        with pytest.raises(CallRejected, match="438"):
            await asyncio.wait_for(alice.transfer(outgoing, str(CAROL)), 10)
        assert bob.transfers.empty()
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


@pytest.mark.parametrize("forge", [of_carol, of_another_device, without, without_media])
async def test_an_answer_by_somebody_else_than_the_peer_is_not_taken(forge: Forge) -> None:
    async with Network(1) as network:
        await network.start()
        network.own(CAROL)
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(bob, alice, str(ALICE))
        speak_as(alice, forge(network))
        with pytest.raises(CallRejected, match="438|428"):
            await asyncio.wait_for(outgoing.hold(), 10)
        assert outgoing.on_hold == (False, False)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
