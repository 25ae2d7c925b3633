"""In which order a node rings the devices of a user, whose answer counts, and what passes within a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest

from telsdk.address import aor
from telsdk.node.call_policy import CallPolicy
from telsdk.node.node import Node
from telsdk.number import Number
from telsdk.sip.message import Request, Response, Uri
from telsdk.sip.ua import Dialog
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


@asynccontextmanager
async def in_a_call() -> AsyncIterator[tuple[Network, CallingPhone, CallingPhone, Dialog]]:
    """Two phones at one node that talk to each other, and the caller's end of it."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        with CallingPhone(network, ALICE) as alice, CallingPhone(network, BOB) as bob:
            await alice.register()
            await bob.register()
            invite = await alice.invite(BOB)
            taking = asyncio.create_task(bob.take(await bob.asked("INVITE")))
            dialog, _ = await alice.connected(invite)
            await taking
            yield network, alice, bob, dialog


async def within(phone: CallingPhone, request: Request) -> Response:
    """The final answer to a request within a call."""
    await phone._send_within(request)
    return await phone.final(request)


@pytest.mark.parametrize("status", [200, 302, 401, 407, 488, 491, 503, 603])
async def test_an_answer_within_a_call_comes_back_whatever_it_is(status: int) -> None:
    async with in_a_call() as (network, alice, bob, dialog):
        elsewhere = [("Contact", "<sip:5550003@telprotocol>"), ("Server", "bob")]
        asking = asyncio.create_task(within(alice, dialog.request("INFO")))
        info = await bob.asked("INFO")
        assert (info.routes, info.record_routes, len(info.vias)) == ([], [], 2)
        await bob.say(info.response(status, headers=elsewhere))
        answer = await asking
        if status == 503:  # says nothing of Bob, RFC 3261 16.7 step 6
            assert (answer.status, answer.headers.get("Server")) == (500, "telsdk")
        else:
            assert (answer.status, answer.headers.get("Server")) == (status, "bob")
            assert answer.headers.get("Contact") == elsewhere[0][1]
        assert network.nodes[0].calls.proxy.open == 0


async def test_a_re_invite_within_a_call_can_be_taken_back() -> None:
    async with in_a_call() as (network, alice, bob, dialog):
        again = await alice._send_within(dialog.request("INVITE"))
        invite = await bob.asked("INVITE")
        await bob.say(invite.response(180))
        await alice.rings(again)
        cancelling = asyncio.create_task(alice.cancel(again))
        await bob.say((await bob.asked("CANCEL")).response(200))
        await bob.say(invite.response(487))
        await cancelling
        assert (await bob.asked("ACK")).cseq.number == invite.cseq.number
        assert network.nodes[0].calls.proxy.open == 0


async def test_who_hangs_up_at_either_end_reaches_the_other() -> None:
    async with in_a_call() as (_, alice, bob, dialog):
        ending = asyncio.create_task(alice.hang_up(dialog))
        bye = await bob.hung_up()
        assert (bye.max_forwards, [via.host for via in bye.vias]) == (69, [HOST, HOST])
        assert (await ending).status == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda request, _: request.headers.remove("Route"), 481),
        (lambda request, _: request.headers.set("Call-ID", "of-another-call"), 403),
        (lambda request, node: request.headers.set("Route", f"<sip:{'0' * 24}@{node};lr>"), 403),
        (lambda request, node: request.headers.set("Route", f"<sip:{node};lr>"), 403),
        (lambda request, _: request.headers.set("Max-Forwards", "0"), 483),
        (lambda request, _: request.headers.add("Proxy-Require", "time-travel"), 420),
        (lambda request, _: setattr(request, "uri", Uri.parse("tel:+15550001")), 416),
    ],
)
async def test_what_is_not_of_the_call_goes_no_further_and_leaves_nothing(
    change: Callable[[Request, str], None], status: int
) -> None:
    async with in_a_call() as (network, alice, bob, dialog):
        request = dialog.request("INFO")
        change(request, f"{HOST}:{alice.port_of_node}")
        answer = await within(alice, request)
        assert answer.status == status
        if status in (403, 404):
            assert (answer.headers.get("Warning") or "").startswith("399 telprotocol ")
        assert network.nodes[0].calls.proxy.open == 0
        asking = asyncio.create_task(alice.hang_up(dialog))
        await bob.hung_up()
        assert (await asking).status == 200


async def test_a_request_within_no_call_that_names_the_node_itself_is_answered_and_forgotten() -> None:
    async with Network(1) as network:
        await network.start()
        node = network.nodes[0]
        with Peer() as stranger:
            port = network.listed[0].sockets.port
            for user, status in (("a@", 481), ("5550001@", 481), ("", 405)):
                request = stranger.request("BYE", f"sip:{user}{HOST}:{port}")
                request.headers.set("To", "<sip:x@y.z>;tag=1")
                assert (await stranger.ask(request, HOST, port)).status == status
            assert node.calls.proxy.open == 0


async def test_a_phone_that_is_gone_is_told_of_within_a_call_too() -> None:
    async with in_a_call() as (network, alice, bob, dialog):
        bob.__exit__(None, None, None)
        answer = await within(alice, dialog.request("BYE"))
        assert answer.status == 500
        assert network.nodes[0].calls.proxy.open == 0


class FailingCalls(CallPolicy):
    """Meets a bug while it decides about a request whose callee is there, as long as `fails`."""

    fails: ClassVar[list[bool]] = [True]

    def outbound(self, request: Request) -> Request:
        if self.fails[0]:
            raise ZeroDivisionError
        return request


class FailingNode(Node):
    calls_class = FailingCalls


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
async def test_a_request_that_meets_a_bug_gets_500_and_leaves_nothing(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    FailingCalls.fails[0] = True
    async with Network(1) as network:
        await network.start(node_class=FailingNode, phone_secrets=(SECRET,))
        (node,) = network.nodes
        with Peer() as caller, Phone(network, BOB) as bob:
            await bob.register()
            port = network.listed[0].sockets.port
            for _ in range(3):
                answer = await caller.ask(caller.request(method, aor(BOB)), HOST, port)
                assert answer.status == 500
            assert node.calls.proxy.open == 0
            assert len(node.calls) == 0
            assert sum(record.exc_info is not None for record in caplog.records) == 3
            caplog.clear()  # these are meant; any other fails the test
            FailingCalls.fails[0] = False
            calling = asyncio.create_task(caller.ask(caller.request(method, aor(BOB)), HOST, port))
            await bob.say((await bob.asked(method)).response(486, to_tag="b"))
            assert (await calling).status == 486
