"""In which order a node rings the devices of a user, and whose answer counts."""

from __future__ import annotations

import asyncio

from telsdk.address import aor
from telsdk.number import Number
from telsdk.sip.message import Response
from tests.calling_phone import CallingPhone
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer
from tests.phone import SECRET, Phone


async def call(caller: Peer, network: Network) -> asyncio.Task[Response]:
    port = network.listed[0].sockets.port
    return asyncio.create_task(caller.ask(caller.request("INVITE", aor(BOB)), HOST, port))


async def test_a_device_with_a_lower_q_rings_when_the_other_has_refused() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        with Peer() as caller, Phone(network, BOB) as desk, Phone(network, BOB) as mobile:
            await desk.register(params=";q=0.9")
            await mobile.register(params=";q=0.1")
            calling = await call(caller, network)
            await desk.say((await desk.asked("INVITE")).response(486, to_tag="d"))
            await mobile.say((await mobile.asked("INVITE")).response(603, to_tag="m"))
            assert (await calling).status == 603


async def test_a_device_that_does_not_answer_in_time_gives_way() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,), ring_time=0.1)
        with Peer() as caller, Phone(network, BOB) as desk, Phone(network, BOB) as mobile:
            await desk.register(params=";q=0.9")
            await mobile.register(params=";q=0.1")
            calling = await call(caller, network)
            invite = await desk.asked("INVITE")
            await desk.say(invite.response(180, to_tag="d"))
            await mobile.say((await mobile.asked("INVITE")).response(486, to_tag="m"))
            await desk.say((await desk.asked("CANCEL")).response(200, to_tag="d"))
            await desk.say(invite.response(487, to_tag="d"))
            assert (await calling).status == 486


async def test_a_device_that_sends_the_caller_elsewhere_has_answered_for_itself_alone() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        with Peer() as caller, Phone(network, BOB) as desk, Phone(network, BOB) as mobile:
            await desk.register(params=";q=0.9")
            await mobile.register(params=";q=0.1")
            calling = await call(caller, network)
            elsewhere = [("Contact", "<sip:5550003@telprotocol>")]
            await desk.say((await desk.asked("INVITE")).response(302, to_tag="d", headers=elsewhere))
            await mobile.say((await mobile.asked("INVITE")).response(486, to_tag="m"))
            answer = await calling
            assert (answer.status, answer.headers.get("Contact")) == (302, "<sip:5550003@telprotocol>")


async def test_a_device_by_two_flows_rings_once_and_by_the_other_when_one_has_failed() -> None:
    device = ';+sip.instance="<urn:uuid:1>";reg-id='
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        with Peer() as caller, Phone(network, BOB) as one, Phone(network, BOB) as other:
            await one.register(params=device + "1")
            await other.register(params=device + "2")
            calling = await call(caller, network)
            await other.say((await other.asked("INVITE")).response(430, to_tag="o"))
            await one.say((await one.asked("INVITE")).response(603, to_tag="x"))
            assert (await calling).status == 603


async def test_the_password_of_a_phone_goes_no_further_than_its_node() -> None:
    elsewhere = (
        "Proxy-Authorization",
        'Digest username="a", realm="elsewhere", nonce="n", uri="sip:b", response="r"',
    )
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            await alice.register()
            await bob.register()
            calling = asyncio.create_task(
                alice.authenticated(lambda more: alice.request("INVITE", aor(BOB), *more, elsewhere))
            )
            invite = await bob.asked("INVITE")
            await bob.say(invite.response(486, to_tag="b"))
            assert (await calling).status == 486
            assert invite.headers.all("Proxy-Authorization") == [elsewhere[1]]


async def test_a_node_stays_in_a_call_from_elsewhere_where_no_key_leads_back_to_the_caller() -> None:
    async with Network(1) as network:
        await network.start()
        bob = await network.user(BOB)
        with Peer() as stranger:
            calling = await call(stranger, network)
            incoming = await asyncio.wait_for(bob.incoming.get(), 10)
            port = network.listed[0].sockets.port
            routes = [(route.uri.port, route.uri.transport) for route in incoming.call.request.record_routes]
            assert routes == [(port, "tls"), (port, "udp")]
            incoming.reject(486)
            assert (await calling).status == 486


async def test_one_node_is_enough_in_a_call_from_a_phone_at_another_and_none_between_clients() -> None:
    async with Network(2) as network:
        await network.start(phone_secrets=(SECRET,))
        bob = await network.user(BOB)
        at = bob.registration.node
        assert at is not None
        for number in (ALICE, Number(5550004)):
            alice = await network.user(number)
            calling = asyncio.create_task(alice.call(str(BOB)))
            incoming = await asyncio.wait_for(bob.incoming.get(), 10)
            assert incoming.call.request.record_routes == []
            incoming.reject(486)
            await asyncio.gather(calling, return_exceptions=True)
        network.own(CAROL)
        with CallingPhone(network, CAROL, node=1 - at.index) as carol:
            await carol.register()
            request = await carol.invite(BOB)
            incoming = await asyncio.wait_for(bob.incoming.get(), 10)
            ports = {route.uri.port for route in incoming.call.request.record_routes}
            assert ports == {network.listed[1 - at.index].sockets.port}
            incoming.reject(486)
            await carol.acknowledge_refusal(request, await carol.final(request))
