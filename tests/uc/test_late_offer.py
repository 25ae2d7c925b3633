"""Calls that offer nothing: the UC offers in its 200, and the ACK answers (RFC 3261 section 13.2.1)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telsdk.address import aor
from telsdk.clock import Monotonic, Wall
from telsdk.credential.session import Login
from telsdk.credential.verify import Verifier
from telsdk.sip.auth import caller_token
from telsdk.sip.message import Request, Response
from telsdk.sip.session import SessionDescription
from telsdk.sip.transaction import Event
from telsdk.uc.call import PhoneCall, PhoneCallState
from telsdk.uc.client import UserClient
from telsdk.uc.media import MediaSession, tone_wav
from telsdk.uc.settings import UcSettings, Unverified
from telsdk.uc.trust import Trust, fingerprints, fingerprints_in, sdp_of
from tests.late_caller import LateCaller
from tests.network import ALICE, BOB, HOST, Network
from tests.uc.test_client import connect

ALICE_HZ, BOB_HZ = 440.0, 660.0


@asynccontextmanager
async def bob(unverified: Unverified = Unverified.RING) -> AsyncIterator[tuple[Network, UserClient]]:
    async with Network(1) as network:
        await network.start()
        network.own(ALICE)
        yield network, await network.user(BOB, settings=UcSettings(unverified=unverified))


async def ringing(caller: LateCaller) -> PhoneCall:
    assert (await caller.call()).status == 180
    return await asyncio.wait_for(caller.callee.incoming.get(), 10)


def login_of(network: Network, proven: bool) -> Login | None:
    return network.log_in(ALICE) if proven else None


@pytest.mark.parametrize("proven", [True, False])
async def test_a_call_that_offers_nothing_is_rung_offered_to_and_heard(tmp_path: Path, proven: bool) -> None:
    mine, theirs = tone_wav(tmp_path / "alice.wav", ALICE_HZ), tone_wav(tmp_path / "bob.wav", BOB_HZ)
    async with bob() as (network, callee), MediaSession(mine, address=HOST) as media:
        with LateCaller(callee, login_of(network, proven)) as caller:
            call = await ringing(caller)
            assert call.party is not None
            assert call.party.trust is (Trust.VERIFIED if proven else Trust.UNVERIFIED)
            assert not call.party.media_bound
            await call.answer(theirs)
            response = await caller.answered()
            assert proves_its_offer(network, response, caller)
            await caller.say(caller.ack(await media.answer(response.body)))
            assert call.media is not None
            await asyncio.gather(media.wait_for_audio(0.5), call.media.wait_for_audio(0.5))
            assert (await media.stats()).frequency_hz == pytest.approx(BOB_HZ, abs=5)
            assert (await call.media.stats()).frequency_hz == pytest.approx(ALICE_HZ, abs=5)
            assert (call.party.trust, call.party.media_bound) == (
                Trust.VERIFIED if proven else Trust.UNVERIFIED,
                proven,
            )
            assert call.held is not None
            call.hang_up()
            await call.wait_ended(10)


def proves_its_offer(network: Network, response: Response, caller: LateCaller) -> bool:
    """Whether Bob's token is over the key in the offer of his 200, and for this caller."""
    token = caller_token.verify(
        response.headers.get("Identity"),
        act="INVITE 200",
        dest={aor(caller.user)},
        call_id=response.call_id,
        cseq=response.cseq.number,
        media=fingerprints_in(response.body),
        now=Wall(time.time()),
        authorise=Verifier(network.facts).authority,
    )
    return (token.orig, token.media_bound) == (aor(BOB), True)


async def test_nothing_is_sent_before_the_answer_is_here() -> None:
    async with bob() as (_, callee), MediaSession(address=HOST) as media:
        with LateCaller(callee) as caller:
            call = await ringing(caller)
            await call.answer()
            answer = await media.answer((await caller.answered()).body)
            assert (call.state, call.held) == (PhoneCallState.ANSWERED, None)
            assert (await media.stats()).packets_received == 0
            await caller.say(caller.ack(answer))
            await media.wait_for_audio(0.1)


@pytest.mark.parametrize("spoiled", [b"", b"v=0\r\n", b"without ICE"])
async def test_an_ack_without_an_answer_that_can_be_used_ends_the_call(spoiled: bytes) -> None:
    async with bob() as (_, callee), MediaSession(address=HOST) as media:
        with LateCaller(callee) as caller:
            call = await ringing(caller)
            await call.answer()
            answer = await media.answer((await caller.answered()).body)
            if spoiled == b"without ICE":
                spoiled = b"".join(line for line in answer.splitlines(True) if b"a=ice" not in line)
            await caller.say(caller.ack(spoiled))
            await call.wait_ended(10)
            assert call.ended_by == "local"
            assert (await media.stats()).packets_received == 0


async def test_who_wants_proof_is_not_rung_by_a_stranger_who_offers_nothing() -> None:
    async with bob(Unverified.REFUSE) as (_, callee):
        with LateCaller(callee) as caller:
            assert (await caller.call()).status == 428
            assert callee.incoming.empty()


@pytest.mark.parametrize(
    "offer",
    [
        b"m=audio 4000 RTP/AVP 0 8\r\n",
        b"m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9\r\n",
        b"m=video 4000 RTP/AVP 31\r\n",
        b"",
    ],
)
async def test_an_offer_that_cannot_be_taken_is_refused_before_it_rings(offer: bytes) -> None:
    async with bob() as (_, callee):
        with LateCaller(callee) as caller:
            invite = caller.request("INVITE", aor(BOB), ("Content-Type", "application/sdp"))
            invite.body = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + offer
            response = await caller.send_invite(invite)
            assert response.status == 488
            assert "DTLS-SRTP" in (response.headers.get("Warning") or "")
            assert callee.incoming.empty()
            party = callee.refused.get_nowait()
            assert (party.trust, party.status) == (Trust.UNVERIFIED, 488)
            assert "session description has no" in party.reason


# Within a call


async def heard_more(call: PhoneCall) -> None:
    stats = await call.stats()
    assert call.media is not None
    assert stats is not None
    await call.media.wait_for_audio(stats.seconds + 0.2)


async def until(client: UserClient, holds: Callable[[], object]) -> None:
    """Return once this holds, which messages to this client bring about."""
    changed, handle = asyncio.Event(), client.on_event

    def on_event(event: Event, now: Monotonic) -> None:
        handle(event, now)
        changed.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "on_event", on_event)
        async with asyncio.timeout(10):
            while not holds():
                changed.clear()
                await changed.wait()


def ask_for_an_offer(client: UserClient, call: PhoneCall) -> None:
    """An INVITE within the call in which the peer is to offer, with our token."""
    request = client._agent.within(call.call, "INVITE")
    request.headers.add(*client._tokens.header(request, "INVITE", aor(BOB)))
    client._agent.offer(call.call, request, client._driver.now())
    client._driver.kick()


async def test_a_peer_that_asks_for_our_offer_within_a_call_is_given_what_holds() -> None:
    async with Network(1) as network:
        await network.start()
        alice, callee = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, callee, str(BOB))
        await incoming.hold()
        await until(alice, lambda: not outgoing.call.is_negotiating)
        ask_for_an_offer(alice, outgoing)
        await until(alice, lambda: outgoing.call.owes_ack)
        assert outgoing.held is not None
        offer = offered_to(outgoing)
        assert SessionDescription.parse(offer).media[0].direction == "sendonly"
        answer = outgoing.held.answer(offer)
        assert outgoing.call.owes_ack is not None
        header = alice._tokens.header(outgoing.call.owes_ack, "ACK", aor(BOB), sdp=answer)
        alice._agent.acknowledge(outgoing.call, answer, headers=[header])
        alice._driver.kick()
        await until(callee, lambda: not incoming.call.is_negotiating)
        assert (incoming.call.remote_sdp, incoming.call.local_sdp) == (answer, offer)
        assert (incoming.on_hold, outgoing.on_hold) == ((True, False), (False, True))
        await incoming.resume()
        for call in (outgoing, incoming):
            await heard_more(call)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


def offered_to(call: PhoneCall) -> bytes:
    """The offer of the peer that is open."""
    assert call.call.dialog is not None
    return call.call.dialog.negotiation.offer


async def test_a_peer_that_only_moved_its_port_is_answered_and_heard_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As phones do it once ICE has found the pair that they use."""
    async with Network(1) as network:
        await network.start()
        alice, callee = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, callee, str(BOB))
        held = outgoing.held
        assert held is not None
        honest = held.offer
        monkeypatch.setattr(held, "offer", lambda on: moved(honest(on)))
        await asyncio.wait_for(outgoing.hold(), 10)
        assert (outgoing.on_hold, incoming.on_hold) == ((True, False), (False, True))
        await asyncio.wait_for(outgoing.resume(), 10)
        assert b" 9 UDP/TLS/RTP/SAVPF" in incoming.call.remote_sdp
        for call in (outgoing, incoming):
            await heard_more(call)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


def moved(offer: bytes) -> bytes:
    description = SessionDescription.parse(offer)
    description.media[0].port = 9
    return bytes(description)


def test_what_is_no_session_description_is_no_offer() -> None:
    """A body without its type has no fingerprints for the token to sign: no media is taken from it."""
    request = Request("INVITE", "sip:a@b", body=b"v=0\r\na=fingerprint:sha-256 AB\r\n")
    assert (sdp_of(request), fingerprints(request)) == (b"", ())
