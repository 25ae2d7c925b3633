"""Kamailio as the next hop of our node, and our node as that of Kamailio: what arrives at either end.

`kamailio_runner` holds besides that Kamailio finds nothing wrong with any message that it gets from us.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telsdk.address import aor
from telsdk.net.certificates import TrustStore
from telsdk.net.sockets import Listener, bind_stream
from telsdk.number import Number
from telsdk.sip.message import NameAddr, Request
from telsdk.sip.subscription import Presence
from telsdk.uc.call import PhoneCall
from telsdk.uc.client import UserClient
from telsdk.uc.errors import CallRejected
from telsdk.uc.media import MediaSession
from telsdk.uc.settings import UcSettings, Unverified, UnverifiedAnswer
from telsdk.uc.trust import Trust
from tests.calling_phone import CallingPhone
from tests.interop.kamailio_runner import Kamailio, kamailio
from tests.net.authority import Authority, ip
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer
from tests.phone import SECRET

pytestmark = pytest.mark.interop

PATIENCE = 20.0  # seconds that anything may take
transports = pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])


@asynccontextmanager
async def between(folder: Path, transport: str = "UDP") -> AsyncIterator[tuple[Network, Kamailio]]:
    """A node with a Kamailio before it; they speak `transport` with each other."""
    async with Network(1) as network:
        listeners, trust, shown, authority = [], None, None, None
        if transport == "TCP":
            listeners = [Listener("TCP", bind_stream(HOST))]
        elif transport == "TLS":
            authority = Authority(folder)
            context = authority.issue(ip(HOST)).server_context()
            listeners = [Listener("TLS", bind_stream(HOST), context)]
            trust, shown = TrustStore(authority.file), authority.issue(ip(HOST))
        await network.start_node(0, phone_secrets=(SECRET,), listeners=listeners, trust=trust)
        await network.start_hub()
        port = listeners[0].address[1] if listeners else network.listed[0].sockets.port
        file = authority.file if authority else None
        async with kamailio(folder, port, transport, shown, file) as proxy:
            yield network, proxy


@asynccontextmanager
async def two_phones(network: Network, proxy: Kamailio) -> AsyncIterator[tuple[CallingPhone, CallingPhone]]:
    """ALICE and BOB, both registered through the one Kamailio."""
    with (
        CallingPhone(network, ALICE, through=proxy.port) as alice,
        CallingPhone(network, BOB, through=proxy.port) as bob,
    ):
        for phone in (alice, bob):
            assert (await phone.register()).status == 200
        yield alice, bob


async def ringing(client: UserClient) -> PhoneCall:
    return await asyncio.wait_for(client.incoming.get(), PATIENCE)


def vias(request: Request) -> int:
    return len(request.vias)


@transports
async def test_two_phones_register_through_one_kamailio_which_is_their_path(
    tmp_path: Path, transport: str
) -> None:
    async with between(tmp_path, transport) as (network, proxy):
        with (
            CallingPhone(network, ALICE, through=proxy.port) as alice,
            CallingPhone(network, BOB, through=proxy.port) as bob,
        ):
            for phone in (alice, bob):
                answer = await phone.register()
                assert (answer.status, answer.headers.all("Path")) == (200, [f"<{proxy.uri}>"])
                (binding,) = network.nodes[0].registrar.bindings(str(phone.number))
                assert [str(path.uri) for path in binding.path] == [proxy.uri]
                assert binding.contact.uri.port == phone.port
                assert binding.hop.transport == transport
            hops = {network.nodes[0].registrar.bindings(str(number))[0].hop for number in (ALICE, BOB)}
            assert len(hops) == 1


@transports
@pytest.mark.parametrize("who_ends", ["phone", "uc"])
async def test_a_phone_behind_kamailio_calls_a_uc_under_its_own_number(
    tmp_path: Path, transport: str, who_ends: str
) -> None:
    async with between(tmp_path, transport) as (network, proxy), two_phones(network, proxy) as (alice, _):
        carol = await network.user(CAROL)
        async with MediaSession(address=HOST) as media:
            call = await alice.invite(CAROL, await media.offer())
            incoming = await ringing(carol)
            assert incoming.party is not None
            assert incoming.party.trust is Trust.UNVERIFIED
            assert incoming.call.request.from_.uri.user == str(ALICE)
            assert vias(incoming.call.request) == 3
            await incoming.answer()
            dialog, answer = await alice.connected(call)
            await media.accept(answer.body)
            await media.wait_for_audio(0.1)
            if who_ends == "phone":
                assert (await alice.hang_up(dialog)).status == 200
            else:
                incoming.hang_up()
                assert vias(await alice.hung_up()) == 3
            await incoming.wait_ended(PATIENCE)
            assert incoming.ended_by == ("remote" if who_ends == "phone" else "local")
        await proxy.has_judged("INVITE", "407", "100", "180", "200", "ACK", "BYE")


@transports
async def test_a_phone_behind_kamailio_gives_up_and_the_uc_stops_ringing(
    tmp_path: Path, transport: str
) -> None:
    async with between(tmp_path, transport) as (network, proxy), two_phones(network, proxy) as (_, bob):
        carol = await network.user(CAROL)
        async with MediaSession(address=HOST) as media:
            call = await bob.invite(CAROL, await media.offer())
            incoming = await ringing(carol)
            assert incoming.call.request.from_.uri.user == str(BOB)
            await bob.rings(call)
            await bob.cancel(call)
            await incoming.wait_ended(PATIENCE)
            assert incoming.ended_by == "remote"
        await proxy.has_judged("INVITE", "CANCEL", "487", "ACK")


async def test_nobody_behind_kamailio_calls_with_the_password_of_another(tmp_path: Path) -> None:
    async with between(tmp_path) as (network, proxy), two_phones(network, proxy) as (alice, bob):
        carol = await network.user(CAROL)
        alice.issued = bob.issued
        call = await alice.invite(CAROL)
        refused = await alice.final(call)
        await alice.acknowledge_refusal(call, refused)
        assert refused.status == 403
        assert f"the phone password is of {BOB}" in (refused.headers.get("Warning") or "")
        assert carol.incoming.empty()


@transports
@pytest.mark.parametrize("who_ends", ["phone", "uc"])
async def test_a_uc_calls_a_phone_behind_kamailio(tmp_path: Path, transport: str, who_ends: str) -> None:
    async with between(tmp_path, transport) as (network, proxy), two_phones(network, proxy) as (alice, _):
        carol = await network.user(CAROL)
        rang = asyncio.Event()
        calling = asyncio.create_task(
            carol.call(str(ALICE), on_ringing=rang.set, unverified=UnverifiedAnswer.ALLOW)
        )
        invite = await alice.asked("INVITE")
        assert str(invite.uri) == f"sip:{ALICE}@{HOST}:{alice.port}"
        assert (vias(invite), invite.routes) == (3, [])
        own = [proxy.next_port, network.listed[0].sockets.port]
        assert ports_of(invite.record_routes) == [*dict.fromkeys((proxy.port, proxy.node_side)), *own]
        await alice.say(invite.response(180, to_tag="early"))
        await asyncio.wait_for(rang.wait(), PATIENCE)
        async with MediaSession(address=HOST) as media:
            dialog = await alice.take(invite, await media.answer(invite.body))
            outgoing = await asyncio.wait_for(calling, PATIENCE)
            await media.wait_for_audio(0.1)
            if who_ends == "phone":
                assert (await alice.hang_up(dialog)).status == 200
            else:
                outgoing.hang_up()
                assert vias(await alice.hung_up()) == 3
            await outgoing.wait_ended(PATIENCE)
            assert outgoing.ended_by == ("remote" if who_ends == "phone" else "local")
        await proxy.has_judged("INVITE", "180", "200", "ACK", "BYE")


async def test_phones_behind_one_kamailio_call_each_other_by_our_node(tmp_path: Path) -> None:
    async with between(tmp_path) as (network, proxy), two_phones(network, proxy) as (alice, bob):
        call = await alice.invite(BOB)
        invite = await bob.asked("INVITE")
        # Twice by Kamailio, once by our node.
        assert vias(invite) == 4
        taking = asyncio.create_task(bob.take(invite))
        dialog, _ = await alice.connected(call)
        bobs = await taking
        ending = asyncio.create_task(bob.hang_up(bobs))
        assert vias(await alice.hung_up()) == 4
        assert (await ending).status == 200
        assert dialog.id == (bobs.id[0], bobs.id[2], bobs.id[1])


@pytest.mark.parametrize("transport", ["TCP", "TLS"])
async def test_phones_stay_reachable_and_known_when_kamailio_comes_by_another_connection(
    tmp_path: Path, transport: str
) -> None:
    async with between(tmp_path, transport) as (network, proxy), two_phones(network, proxy) as (alice, bob):
        carol = await network.user(CAROL)
        await proxy.stop()
        node = network.nodes[0]
        (binding,) = node.registrar.bindings(str(ALICE))
        async with asyncio.timeout(PATIENCE):
            while node.logins.over(binding.hop):
                await network.taken_in()
        await proxy.start()
        writing = asyncio.create_task(carol.message(str(ALICE), "still there?"))
        await alice.say((await alice.asked("MESSAGE")).response(200, to_tag="m"))
        await writing
        async with MediaSession(address=HOST) as media:
            call = await bob.invite(CAROL, await media.offer())
            incoming = await ringing(carol)
            await incoming.answer()
            await bob.connected(call)
            incoming.hang_up()
            await bob.hung_up()
            await incoming.wait_ended(PATIENCE)


STRANGER = "sip:dave@example.org"


@pytest.mark.parametrize("met", [Unverified.RING, Unverified.REFUSE])
async def test_a_call_from_another_domain_shows_as_unverified_or_is_refused_as_the_user_wants(
    tmp_path: Path, met: Unverified
) -> None:
    async with between(tmp_path) as (network, proxy), two_phones(network, proxy):
        carol = await network.user(CAROL, settings=UcSettings(unverified=met))
        async with MediaSession(address=HOST) as media:
            with Peer("dave") as dave:
                request = call_from(dave, CAROL)
                request.headers.add("Content-Type", "application/sdp")
                request.body = await media.offer()
                asking = asyncio.create_task(dave.ask(request, HOST, proxy.port))
                if met is Unverified.RING:
                    incoming = await ringing(carol)
                    assert incoming.party is not None
                    assert (incoming.party.trust, incoming.party.number) == (Trust.UNVERIFIED, None)
                    assert str(incoming.call.request.from_.uri) == STRANGER
                    incoming.reject(486)
                assert (await asking).status == (486 if met is Unverified.RING else 428)


@pytest.mark.parametrize("who_ends", ["stranger", "uc"])
async def test_a_call_from_another_domain_is_taken_and_ended_by_either(tmp_path: Path, who_ends: str) -> None:
    async with between(tmp_path) as (network, proxy):
        carol = await network.user(CAROL)
        async with MediaSession(address=HOST) as media:
            with CallingPhone(network, ALICE, through=proxy.port) as dave:
                call = await dave.call_as(STRANGER, CAROL, await media.offer())
                incoming = await ringing(carol)
                await incoming.answer()
                dialog, answer = await dave.connected(call)
                await media.accept(answer.body)
                await media.wait_for_audio(0.1)
                if who_ends == "stranger":
                    assert (await dave.hang_up(dialog)).status == 200
                else:
                    incoming.hang_up()
                    await dave.hung_up()
                await incoming.wait_ended(PATIENCE)
                assert incoming.ended_by == ("remote" if who_ends == "stranger" else "local")


async def test_a_node_is_no_open_relay_for_another_domain(tmp_path: Path) -> None:
    elsewhere = Number(5550009)
    async with between(tmp_path) as (network, proxy):
        network.own(elsewhere)
        with Peer("dave") as dave:
            assert (await dave.ask(call_from(dave, elsewhere), HOST, proxy.port)).status == 480
            async with two_phones(network, proxy):
                assert (await dave.ask(call_from(dave, elsewhere), HOST, proxy.port)).status == 480


async def test_a_busy_phone_behind_kamailio_is_told_to_a_uc(tmp_path: Path) -> None:
    async with between(tmp_path) as (network, proxy), two_phones(network, proxy) as (alice, _):
        carol = await network.user(CAROL)
        calling = asyncio.create_task(carol.call(str(ALICE), unverified=UnverifiedAnswer.ALLOW))
        invite = await alice.asked("INVITE")
        await alice.say(invite.response(486, to_tag="busy"))
        await alice.asked("ACK")
        with pytest.raises(CallRejected, match="486"):
            await calling


@transports
async def test_a_uc_writes_to_a_phone_behind_kamailio(tmp_path: Path, transport: str) -> None:
    async with between(tmp_path, transport) as (network, proxy), two_phones(network, proxy) as (alice, _):
        carol = await network.user(CAROL)
        writing = asyncio.create_task(carol.message(str(ALICE), "Gr\u00fc\u00dfe"))
        message = await alice.asked("MESSAGE")
        assert (message.body.decode(), vias(message)) == ("Gr\u00fc\u00dfe", 3)
        assert "Identity" in message.headers
        await alice.say(message.response(200, to_tag="m"))
        await writing


@transports
async def test_a_phone_behind_kamailio_is_told_of_the_presence_of_another(
    tmp_path: Path, transport: str
) -> None:
    async with between(tmp_path, transport) as (network, proxy), two_phones(network, proxy) as (alice, _):
        assert (await alice.subscribe(BOB, "presence")).status == 200
        state, body = await alice.told()
        assert (state.state, Presence.parse(body).entity, Presence.parse(body).open) == (
            "active",
            aor(BOB),
            True,
        )
        assert (await alice.subscribe(BOB, "reg")).status == 403
        await proxy.has_judged("SUBSCRIBE", "407", "NOTIFY", "403")


async def test_kamailio_judges_what_passes(tmp_path: Path) -> None:
    async with between(tmp_path) as (network, proxy), two_phones(network, proxy):
        with Peer("dave") as dave:
            bad = call_from(dave, CAROL)
            bad.headers.set("CSeq", "7 MESSAGE")
            await dave.send(bad, HOST, proxy.port)
            await proxy.says("REFUSED INVITE")
            await proxy.has_judged("REGISTER", "401", "200")
        assert proxy.take_complaints()


def call_from(peer: Peer, target: Number) -> Request:
    """An INVITE of a user of another domain."""
    request = peer.request("INVITE", aor(target))
    request.headers.set("From", f"<{STRANGER}>;tag={request.from_tag}")
    return request


def ports_of(routes: list[NameAddr]) -> list[int | None]:
    return [route.uri.port for route in routes]
