"""Attacks on calls that offer nothing: the media keys come in the 200 and in the ACK, and somebody wants to be one end.

Alice calls so, as no client of ours does, and proves herself by her INVITE. Who stands in the path has all that passes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from telsdk.address import aor
from telsdk.clock import Wall
from telsdk.credential.session import Login
from telsdk.number import Number
from telsdk.sip.message import Request
from telsdk.uc.call import PhoneCall
from telsdk.uc.client import UserClient
from telsdk.uc.media import MediaSession
from telsdk.uc.settings import UcSettings, Unverified
from telsdk.uc.tokens import Tokens
from telsdk.uc.trust import Judge, Trust
from tests.attacks.test_running_call import Forge, of_another_device, of_carol, without, without_media
from tests.late_caller import LateCaller, other_keys, sealed
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.uc.test_client import connect
from tests.uc.test_late_offer import ask_for_an_offer, heard_more, offered_to, until


@dataclass
class Line:
    """Bob's client, and Alice's call to it by way of Mallory."""

    network: Network
    bob: UserClient
    alice: LateCaller
    login: Login
    media: MediaSession

    async def taken(self) -> tuple[PhoneCall, bytes]:
        """Bob takes the call; the answer of who calls to his offer."""
        assert (await self.alice.call()).status == 180
        call = self.bob.incoming.get_nowait()
        assert call.party is not None
        assert (call.party.trust, call.party.number) == (Trust.VERIFIED, ALICE)
        await call.answer()
        return call, await self.media.answer((await self.alice.answered()).body)

    async def refused(self, call: PhoneCall, ack: Request) -> None:
        """Bob ends the call and has sent no sound to anybody."""
        await self.alice.say(ack)
        await call.wait_ended(10)
        assert (call.ended_by, call.held) == ("local", None)
        assert (await self.media.stats()).packets_received == 0
        assert call.media is not None
        assert (await call.media.stats()).packets_received == 0


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    async with Network(1) as network, MediaSession(address=HOST) as media:
        await network.start()
        for number in (ALICE, CAROL):
            network.own(number)
        bob = await network.user(BOB)
        login = network.log_in(ALICE)
        with LateCaller(bob, login) as alice:
            yield Line(network, bob, alice, login, media)


async def test_an_honest_late_offer_is_heard_else_the_attacks_below_would_show_nothing() -> None:
    async with line() as at:
        call, answer = await at.taken()
        await at.alice.say(at.alice.ack(answer))
        assert call.media is not None
        await asyncio.gather(at.media.wait_for_audio(0.1), call.media.wait_for_audio(0.1))
        assert call.party is not None
        assert (call.party.trust, call.party.media_bound) == (Trust.VERIFIED, True)


async def test_the_media_key_in_the_ack_is_swapped() -> None:
    async with line() as at:
        call, answer = await at.taken()
        ack = at.alice.ack(answer)
        ack.body = other_keys(answer)
        await at.refused(call, ack)


async def test_the_ack_of_a_proven_caller_proves_nothing() -> None:
    """Its token is stripped, and the key is Mallory's own. A stranger may call so, who shows as one; Alice may not."""
    async with line() as at:
        call, answer = await at.taken()
        ack = at.alice.ack(answer)
        ack.headers.remove("Identity")
        await at.refused(call, ack)


async def test_the_ack_of_a_proven_caller_loses_its_answer() -> None:
    async with line() as at:
        call, answer = await at.taken()
        ack = at.alice.ack(answer)
        ack.body = b""
        ack.headers.remove("Content-Type")
        await at.refused(call, ack)


@pytest.mark.parametrize("who", [CAROL, ALICE])
async def test_somebody_else_than_the_caller_answers_in_the_ack(who: Number) -> None:
    """Carol, who is honestly herself; and another device of Alice."""
    async with line() as at:
        call, answer = await at.taken()
        await at.refused(call, at.alice.ack(answer, at.network.log_in(who)))


async def test_the_token_of_the_invite_is_put_into_the_ack() -> None:
    async with line() as at:
        call, answer = await at.taken()
        ack = at.alice.ack(answer)
        assert at.alice._invite is not None
        ack.headers.set("Identity", at.alice._invite.headers.get("Identity") or "")
        await at.refused(call, ack)


async def test_an_ack_of_another_call_is_played() -> None:
    async with line() as at:
        call, answer = await at.taken()
        await at.refused(call, at.alice.ack(answer, call_id="an-older-call"))


async def test_an_offer_is_put_into_an_invite_that_has_none() -> None:
    """With a type it is not what was signed; without one it is no session description, and Bob makes his own offer."""
    async with line() as at, MediaSession(address=HOST) as mallory:
        offer = await mallory.offer()
        invite = at.alice.request("INVITE", aor(BOB), ("Content-Type", "application/sdp"))
        sealed(invite, at.login, act="INVITE", dest=aor(BOB))
        invite.body = offer
        assert (await at.alice.send_invite(invite)).status == 438
        assert at.bob.incoming.empty()
        invite = at.alice.request("INVITE", aor(BOB))
        sealed(invite, at.login, act="INVITE", dest=aor(BOB))
        invite.body = offer
        assert (await at.alice.send_invite(invite)).status == 180
        call = at.bob.incoming.get_nowait()
        await call.answer()
        offered = (await at.alice.answered()).body
        assert b"a=setup:actpass" in offered
        await at.refused(call, at.alice.ack(b""))


async def test_the_media_key_in_the_200_is_swapped() -> None:
    """Alice's side finds it out, as with any answer."""
    async with line() as at:
        assert (await at.alice.call()).status == 180
        await at.bob.incoming.get_nowait().answer()
        response = await at.alice.answered()
        judge = Judge(at.network.facts, ALICE)
        assert judge.response(response, BOB, Wall(time.time())).trust is Trust.VERIFIED
        response.body = other_keys(response.body)
        assert judge.response(response, BOB, Wall(time.time())).trust is Trust.REFUSED


async def test_a_stranger_offers_nothing_where_proof_is_wanted() -> None:
    async with Network(1) as network:
        await network.start()
        bob = await network.user(BOB, settings=UcSettings(unverified=Unverified.REFUSE))
        with LateCaller(bob) as mallory:
            assert (await mallory.call()).status == 428
            assert bob.incoming.empty()


@pytest.mark.parametrize("forge", [of_carol, of_another_device, without, without_media])
async def test_an_answer_in_the_ack_of_a_running_call_by_somebody_else_is_not_taken(forge: Forge) -> None:
    async with Network(1) as network:
        await network.start()
        network.own(CAROL)
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        before = incoming.held and incoming.held._agreement.remote
        ask_for_an_offer(alice, outgoing)
        await until(alice, lambda: outgoing.call.owes_ack)
        acknowledge(alice, outgoing, forge(network))
        await until(bob, lambda: not incoming.call.is_negotiating)
        assert incoming.held is not None
        assert incoming.held._agreement.remote is before
        await heard_more(incoming)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


def acknowledge(alice: UserClient, call: PhoneCall, tokens: Tokens) -> None:
    assert call.held is not None
    assert call.call.owes_ack is not None
    answer = call.held.answer(offered_to(call))
    header = tokens.header(call.call.owes_ack, "ACK", aor(BOB), sdp=answer)
    alice._agent.acknowledge(call.call, answer, headers=[header])
    alice._driver.kick()
