"""Hold and resume: the descriptions by themselves, and two user clients on a network."""

from __future__ import annotations

import asyncio

import pytest

from telsdk.sip.errors import SdpError
from telsdk.sip.session import DescriptionMismatch, SessionDescription
from telsdk.uc.call import PhoneCall
from telsdk.uc.errors import CallRejected
from telsdk.uc.hold import CallHold
from tests.network import ALICE, BOB, Network
from tests.uc.test_client import connect, ring


def description(who: str, setup: str) -> bytes:
    return (
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
        "m=audio 4000 UDP/TLS/RTP/SAVPF 96 0\r\nc=IN IP4 192.0.2.1\r\na=rtpmap:96 opus/48000/2\r\n"
        f"a=setup:{setup}\r\na=ice-ufrag:{who}\r\na=ice-pwd:{who}\r\n"
        f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\n"
    ).encode()


OFFER, ANSWER = description("alice", "actpass"), description("bob", "active")


def both() -> tuple[CallHold, CallHold]:
    return CallHold(OFFER, ANSWER, offered=True), CallHold(ANSWER, OFFER, offered=False)


def hold(one: CallHold, other: CallHold, held: bool) -> None:
    offer = one.offer(held)
    one.answered(offer, other.answer(offer), held=held)


def test_each_end_knows_who_holds_and_whose_sound_is_wanted() -> None:
    alice, bob = both()
    assert (alice.sends, bob.sends) == (True, True)
    hold(alice, bob, True)
    assert (alice.by_us, alice.by_peer, bob.by_us, bob.by_peer) == (True, False, False, True)
    assert (alice.sends, bob.sends) == (True, False)
    hold(bob, alice, True)
    assert (alice.by_us, alice.by_peer, bob.by_us, bob.by_peer) == (True, True, True, True)
    assert (alice.sends, bob.sends) == (False, False)
    hold(alice, bob, False)
    assert (alice.by_us, alice.by_peer) == (False, True)
    hold(bob, alice, False)
    assert (alice.sends, bob.sends, alice.by_peer, bob.by_peer) == (True, True, False, False)


def test_the_dtls_roles_stay_as_they_were_taken() -> None:
    alice, bob = both()
    offer = alice.offer(True)
    assert b"a=setup:passive" in offer
    assert b"a=setup:active" in bob.answer(offer)


def test_a_refused_hold_leaves_the_call_as_it_was() -> None:
    alice, bob = both()
    alice.offer(True)
    assert (alice.by_us, alice.sends) == (False, True)
    hold(alice, bob, True)
    offer = alice.offer(False)
    assert (alice.by_us, bob.by_peer) == (True, True)
    for answer, error in ((b"", SdpError), (ANSWER.replace(b"m=audio", b"m=text"), DescriptionMismatch)):
        with pytest.raises(error):
            alice.answered(offer, answer, held=False)
        assert (alice.by_us, bob.by_peer) == (True, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"audio 4000", b"audio 0"),
        (b"ice-pwd:alice", b"ice-pwd:mallory"),
        (b"sha-256 AB", b"sha-256 CD"),
        (b"SAVPF 96 0", b"SAVPF 0"),
        (b"opus/48000/2", b"L16/48000/2"),
        (b"m=audio", b"m=text"),
    ],
)
def test_an_offer_that_changes_more_than_directions_is_refused(old: bytes, new: bytes) -> None:
    _, bob = both()
    with pytest.raises(DescriptionMismatch):
        bob.answer(OFFER.replace(old, new))
    assert b"a=recvonly" in bob.answer(OFFER.replace(b"1 1 IN", b"1 2 IN") + b"a=sendonly\r\n")
    assert bob.by_peer


@pytest.mark.parametrize("place", [b"audio 4002", b"audio 9"])
def test_an_offer_with_the_same_ice_credentials_and_another_port_is_answered(place: bytes) -> None:
    alice, bob = both()
    moved = OFFER.replace(b"1 1 IN", b"1 2 IN").replace(b"audio 4000", place)
    assert b"m=audio 4000 UDP/TLS/RTP/SAVPF 96 0" in bob.answer(moved)
    assert (bob.sends, bob.by_peer) == (True, False)
    hold(alice, bob, True)
    assert bob.by_peer


def test_without_ice_another_port_is_another_place() -> None:
    plain = OFFER.replace(b"a=ice-pwd:alice\r\n", b"")
    bob = CallHold(ANSWER, plain, offered=False)
    with pytest.raises(DescriptionMismatch):
        bob.answer(plain.replace(b"audio 4000", b"audio 4002"))
    assert b"m=audio" in bob.answer(plain)


def test_what_is_offered_besides_is_refused_and_keeps_its_place() -> None:
    alice, bob = both()
    more = OFFER.replace(b"1 1 IN", b"1 2 IN") + b"m=video 5000 UDP/TLS/RTP/SAVPF 97\r\n"
    answer = bob.answer(more)
    assert answer.endswith(b"m=video 0 UDP/TLS/RTP/SAVPF 97\r\n")
    alice.answered(more, answer, held=False)
    hold(bob, alice, True)
    assert (bob.by_us, alice.by_peer) == (True, True)
    assert SessionDescription.parse(bob.offer(False)).media[1].port == 0
    with pytest.raises(DescriptionMismatch, match="leaves out media"):
        bob.answer(OFFER.replace(b"1 1 IN", b"1 3 IN"))


def test_an_old_phones_hold_by_address_is_answered() -> None:
    _, bob = both()
    answer = bob.answer(OFFER.replace(b"c=IN IP4 192.0.2.1", b"c=IN IP4 0.0.0.0"))
    assert b"a=recvonly" in answer
    assert not bob.sends


def test_a_malformed_offer_changes_nothing() -> None:
    _, bob = both()
    with pytest.raises(SdpError):
        bob.answer(b"")
    assert bob.sends


# On a network


async def packets(call: PhoneCall) -> int:
    stats = await call.stats()
    assert stats is not None
    return stats.packets_received


async def silent(*calls: PhoneCall) -> bool:
    """Whether for a while nothing comes in; what was on its way when it began is let in first."""
    await asyncio.sleep(0.1)
    before = [await packets(call) for call in calls]
    await asyncio.sleep(0.3)  # that nothing comes is only seen by waiting
    return before == [await packets(call) for call in calls]


async def heard_more(call: PhoneCall) -> None:
    stats = await call.stats()
    assert call.media is not None
    assert stats is not None
    await call.media.wait_for_audio(stats.seconds + 0.2)


@pytest.mark.parametrize("caller_holds", [True, False])
async def test_a_held_call_is_silent_until_it_is_resumed(caller_holds: bool) -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        for call in (outgoing, incoming):
            await heard_more(call)
        one, other = (outgoing, incoming) if caller_holds else (incoming, outgoing)
        await asyncio.wait_for(one.hold(), 10)
        await one.hold()  # nothing more to do
        assert (one.on_hold, other.on_hold) == ((True, False), (False, True))
        assert await silent(one, other)
        await asyncio.wait_for(one.resume(), 10)
        assert (one.on_hold, other.on_hold) == ((False, False), (False, False))
        for call in (outgoing, incoming):
            await heard_more(call)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


async def test_both_holding_at_once_ends_with_both_on_hold() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        outgoing, incoming = await connect(alice, bob, str(BOB))
        await heard_more(incoming)
        await asyncio.wait_for(asyncio.gather(outgoing.hold(), incoming.hold()), 20)
        assert (outgoing.on_hold, incoming.on_hold) == ((True, True), (True, True))
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


async def test_a_call_that_rings_or_is_over_cannot_be_held() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        calling, incoming = await ring(alice, bob, str(BOB))
        assert incoming.on_hold == (False, False)
        with pytest.raises(CallRejected, match="not answered"):
            await incoming.hold()
        incoming.reject()
        with pytest.raises(CallRejected, match="486"):
            await calling
