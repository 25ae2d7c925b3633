"""Attacks by an address: a node or hub is told to send where only it can, into the network that it stands in.

The network here is listed by name, so that loopback is to its servers what it is to one on the Internet: a place where
others' services listen, such as the victim's, and where they send nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from telsdk.address import aor
from telsdk.directory import HubFacts, NodeFacts
from telsdk.hub.hub import Hub
from telsdk.net.route import NoRoute, pin_text
from telsdk.sip.message import Request, Response
from telsdk.sip.ua import Dialog
from telsdk.uc.errors import RegistrationFailed
from tests.attacks.test_routes import Victim
from tests.calling_phone import CallingPhone
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer
from tests.phone import SECRET

LOOPBACK = (ip_network("127.0.0.0/8"),)
EVIL = HubFacts(2, "0x" + "22" * 20, "", (bytes(32),), ())


def relist(network: Network, change: Callable[[str], str], **hub: Any) -> None:
    """Lists every server under another address, and the hub with these facts besides."""
    (listed, *_) = network.facts.hub_list
    nodes = tuple(replace(node, uri=change(node.uri)) for node in listed.nodes)
    network.facts.hub_list = (replace(listed, **{"uri": change(listed.uri), "nodes": nodes, **hub}),)


def by_name(uri: str) -> str:
    return uri.replace(HOST, "localhost")


@asynccontextmanager
async def on_the_internet(**settings: Any) -> AsyncIterator[tuple[Network, Victim, CallingPhone]]:
    """One node, that reaches only the public Internet and what `settings` allow, and Bob's phone at it."""
    async with Network(1) as network, Victim() as victim:
        relist(network, by_name)
        await network.start_node(0, phone_secrets=(SECRET,), **settings)
        with CallingPhone(network, BOB) as bob:
            await bob.register()
            yield network, victim, bob


async def asked_at(stranger: Peer) -> Request:
    """The next request that comes to a stranger."""
    while True:
        message = await stranger.receive()
        if isinstance(message, Request):
            return message


def keyed(port: int) -> str:
    return f"<sip:x@{HOST}:{port};transport=tls;pin={pin_text(bytes(32))}>"


async def hang_up(network: Network, bob: CallingPhone, stranger: Peer, contact: str) -> int:
    """What Bob's phone is answered when it hangs up on a caller with that Contact."""
    invite = stranger.request("INVITE", aor(BOB))
    invite.headers.set("Contact", contact)
    await stranger.send(invite, HOST, network.listed[0].sockets.port)
    asked = await bob.asked("INVITE")
    dialog = Dialog.of_callee(asked, "bob", confirmed=True)
    answer = await bob.final(await bob._send_within(dialog.request("BYE")))
    await bob.say(asked.response(486, to_tag="bob"))
    return answer.status


async def test_a_network_that_is_allowed_is_reached_else_the_attacks_below_would_show_nothing() -> None:
    async with on_the_internet(allowed_networks=LOOPBACK) as (network, victim, bob):
        with Peer() as stranger:
            assert await hang_up(network, bob, stranger, keyed(victim.tcp)) == 500  # it shows no such key
            assert not await victim.untouched()


async def test_a_callers_key_is_said_to_be_inside_the_nodes_network() -> None:
    async with on_the_internet() as (network, victim, bob):
        for contact in (keyed(victim.tcp), keyed(victim.tcp).replace(HOST, "localhost")):
            with Peer() as stranger:
                assert await hang_up(network, bob, stranger, contact) == 500
            assert await victim.untouched()


async def test_a_node_sends_to_who_only_seems_to_call_from_inside_its_network() -> None:
    """Of a datagram anybody can write where it comes from: answers go there, and no request of a call."""
    async with on_the_internet() as (network, _, bob):
        with Peer() as stranger:
            assert await hang_up(network, bob, stranger, f"<sip:x@{HOST}:{stranger.port}>") == 404
            answer = await stranger.receive()
            assert isinstance(answer, Response)


async def test_an_answer_is_led_to_another_port_inside_the_nodes_network() -> None:
    """By the port of a Via, where no rport asks for the one that the request came from (RFC 3261 18.2.2)."""
    async with on_the_internet() as (network, victim, _), Victim():
        port = network.listed[0].sockets.port
        with Peer() as stranger:
            request = stranger.request("OPTIONS", f"sip:{HOST}:{port}")
            request.headers.set("Via", f"SIP/2.0/UDP {HOST}:{victim.udp};branch=z9hG4bKled")
            await stranger.send(request, HOST, port)
            assert (
                await stranger.ask(stranger.request("OPTIONS", f"sip:{HOST}:{port}"), HOST, port)
            ).status == 200
            assert await victim.untouched()


async def test_a_users_path_leads_to_another_port_inside_the_nodes_network() -> None:
    """The host is the one that the phone comes from, as it has to be: the port is not."""
    async with on_the_internet() as (network, victim, bob):
        path = ("Path", f"<sip:{HOST}:{victim.udp};lr>")
        via = ("Via", f"SIP/2.0/UDP {HOST}:9;branch=z9hG4bKphone")
        await bob.authenticated(lambda more: bob.request("REGISTER", "sip:telprotocol", path, via, *more))
        with Peer() as stranger:
            invite = stranger.request("INVITE", aor(BOB))
            await stranger.send(invite, HOST, network.listed[0].sockets.port)
            asked = await bob.asked("INVITE")
            fields = [("Record-Route", str(route)) for route in asked.record_routes]
            await bob.say(asked.response(180, to_tag="bob", headers=fields))
            while True:
                ringing = await stranger.receive()
                if isinstance(ringing, Response) and ringing.status == 180:
                    break
            dialog = Dialog.of_caller(invite, ringing)
            within = dialog.request("INFO")
            within.uri = invite.uri
            via_stranger = f"SIP/2.0/UDP {HOST}:{stranger.port};branch=z9hG4bKwithin;rport"
            within.headers.insert("Via", via_stranger)
            answer = await stranger.ask(within, HOST, network.listed[0].sockets.port)
            assert answer.status == 500
            assert await victim.untouched()
            await bob.say(asked.response(486, to_tag="bob"))


async def test_a_hub_is_listed_inside_the_nodes_network() -> None:
    """Mallory lists it, and makes it the home of her number: whoever calls her has their node connect there."""
    async with on_the_internet() as (network, victim, bob):
        for host in (HOST, "localhost"):
            evil = replace(EVIL, uri=f"sip:{host}:{victim.tcp};transport=tls")
            network.facts.hub_list = (network.facts.hub_list[0], evil)
            network.own(CAROL)
            network.facts.add(replace(network.facts.numbers[CAROL], hub=2))
            request = await bob.invite(CAROL)
            refused = await bob.final(request)
            await bob.acknowledge_refusal(request, refused)
            assert refused.status == 500
            assert await victim.untouched()


async def test_a_node_is_listed_inside_its_hubs_network(caplog: pytest.LogCaptureFixture) -> None:
    async with Network(1) as network, Victim() as victim:
        evil = NodeFacts(1, 0, f"sip:{HOST}:{victim.tcp};transport=tls", (bytes(32),), 100, True)
        relist(network, by_name, nodes=(evil,))
        sockets, identity = network.listed_hub.sockets, network.listed_hub.identity
        told = asyncio.Event()
        caplog.set_level("INFO", "telsdk.net")

        def look(record: logging.LogRecord) -> bool:
            if "node 0 does not serve" in record.getMessage():
                told.set()
            return True

        caplog.handler.addFilter(look)
        hub = await Hub.launch(network.facts, 1, sockets, identity)
        try:
            await asyncio.wait_for(told.wait(), 10)
        finally:
            await hub.stop()
        assert f"{HOST} is a loopback address" in caplog.text
        assert await victim.untouched()


PLAIN = {
    "UDP": lambda uri: uri.replace(";transport=tls", ""),
    "TCP": lambda uri: uri.replace("=tls", "=tcp"),
    "WebSocket": lambda uri: uri.replace("=tls", "=ws"),
}


@pytest.mark.parametrize("transport", PLAIN)
async def test_a_server_is_listed_where_no_key_is_shown(transport: str) -> None:
    """Neither does it start itself, nor does anybody go there."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        bob = await network.user(BOB)
        relist(network, PLAIN[transport])
        with pytest.raises(NoRoute, match="listed without transport=tls"):
            await network.start_node(0)
        with pytest.raises(NoRoute, match="listed without transport=tls"):
            await network.start_hub()
        alice = await network.user(ALICE, register=False)
        with pytest.raises(NoRoute, match="listed without transport=tls"):
            await alice.register()
        assert bob.registration.node is not None
        with pytest.raises(NoRoute, match="listed without transport=tls"):
            await alice.registration.register_at(network.facts.hub_list[0].nodes[0])
        relist(network, str, uri=network.listed_hub.uri)
        with pytest.raises(RegistrationFailed, match="not in its list on chain|does not say where"):
            await alice.register()
