"""Presence and registration state at a node, as phones on loopback see it."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from telsdk.address import aor
from telsdk.node.logins import BoundLogin
from telsdk.number import Number
from telsdk.sip.message import Request
from telsdk.sip.subscription import Presence, RegistrationInfo
from tests.network import ALICE, BOB, HOST, Network
from tests.phone import SECRET, Phone


async def start(network: Network) -> None:
    await network.start(phone_secrets=(SECRET,), notify_interval=0.0)


async def test_a_user_is_told_that_another_is_there_and_that_he_has_gone() -> None:
    async with Network(1) as network:
        await start(network)
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            await alice.register()
            await bob.register()
            answer = await alice.subscribe(BOB, "presence")
            assert (answer.status, answer.expires) == (200, 3600)
            state, body = await alice.told()
            assert (state.state, Presence.parse(body).open) == ("active", True)
            assert Presence.parse(body).entity == aor(BOB)
            await bob.register(expires=0)
            state, body = await alice.told()
            assert not Presence.parse(body).open
            assert b"127.0.0.1" not in body


async def test_a_user_is_told_where_he_is_bound_and_nobody_else_is() -> None:
    async with Network(1) as network:
        await start(network)
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            await alice.register()
            await bob.register()
            assert (await alice.subscribe(ALICE, "reg")).status == 200
            _, body = await alice.told()
            (registration,) = RegistrationInfo.parse(body).registrations
            assert (registration.aor, registration.state) == (aor(ALICE), "active")
            assert [contact.uri for contact in registration.contacts] == [f"sip:{ALICE}@{HOST}:{alice.port}"]
            assert (await bob.subscribe(ALICE, "reg")).status == 403


async def test_who_is_not_logged_in_is_told_nothing() -> None:
    async with Network(1) as network:
        await start(network)
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            await bob.register()
            assert (await alice.subscribe(BOB, "presence")).status == 403


async def test_a_login_that_the_chain_no_longer_grants_is_told_nothing_more() -> None:
    async with Network(1) as network:
        await start(network)
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            await alice.register()
            await bob.register()
            await alice.subscribe(BOB, "presence")
            await alice.told()
            network.facts.change(ALICE, session=1)
            await network.taken_in()
            state, body = await alice.told()
            assert (state.state, state.reason, body) == ("terminated", "rejected", b"")
            assert len(network.nodes[0].watching) == 0


async def test_a_login_whose_time_is_over_is_told_nothing_more() -> None:
    async with Network(1) as network:
        await start(network)
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            await alice.register()
            await bob.register()
            await alice.subscribe(BOB, "presence")
            await alice.told()
            node = network.nodes[0]
            (binding,) = node.registrar.bindings(str(ALICE))
            login = node.logins.over(binding.hop)[ALICE]
            node.logins.add(binding.hop, BoundLogin(login.kind, login.grant, int(time.time())))
            await bob.register(expires=0)
            state, body = await alice.told()
            assert (state.state, state.reason, body) == ("terminated", "rejected", b"")


async def test_other_events_go_to_the_user_himself() -> None:
    async with Network(1) as network:
        await start(network)
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob:
            await alice.register()
            await bob.register()
            asking = asyncio.create_task(alice.subscribe(BOB, "dialog"))
            asked = await bob.receive()
            assert isinstance(asked, Request)
            assert (asked.method, asked.headers.get("Event")) == ("SUBSCRIBE", "dialog")
            # What follows within the dialog has to find both phones: the node is in it once for each.
            assert len(asked.record_routes) == 1  # both came by one listener
            await bob.say(asked.response(489))
            assert (await asking).status == 489


async def test_a_second_device_is_no_news_to_who_watches_presence() -> None:
    async with Network(1) as network:
        await start(network)
        with Phone(network, ALICE) as alice, Phone(network, BOB) as bob, Phone(network, BOB) as desk:
            for phone in (alice, bob):
                await phone.register()
            await alice.subscribe(BOB, "presence")
            await alice.told()
            await desk.register()
            for phone in (bob, desk):
                await phone.register(expires=0)
            # Had the second device been told of, that would come before this.
            _, body = await alice.told()
            assert not Presence.parse(body).open


async def test_who_logs_out_is_told_nothing_more() -> None:
    async with Network(1) as network:
        await start(network)
        with Phone(network, ALICE) as alice:
            await alice.register()
            await alice.subscribe(ALICE, "reg")
            await alice.told()
            await alice.register(expires=0)
            state, _ = await alice.told()
            assert (state.state, len(network.nodes[0].watching)) == ("terminated", 0)


def _watching(phone: Phone, whom: str, more: tuple[tuple[str, str], ...]) -> Request:
    return phone.request("SUBSCRIBE", whom, ("Event", "presence"), *more)


async def test_a_user_at_another_node_is_not_told_of() -> None:
    async with Network(2) as network:
        await start(network)
        bob = await network.user(BOB)
        at = bob.registration.node
        assert at is not None
        with Phone(network, ALICE, node=1 - at.index) as alice:
            await alice.register()
            assert (await alice.subscribe(BOB, "presence")).status == 480
            for nobody in (aor(Number(99999)), "sip:nobody@telprotocol"):
                answer = await alice.authenticated(partial(_watching, alice, nobody))
                assert answer.status == 404
        assert [len(node.watching) for node in network.nodes] == [0, 0]
