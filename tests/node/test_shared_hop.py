"""Several users come to a node by one hop, that of a proxy of somebody else: who sends is who proves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from telsdk.address import aor
from telsdk.sip.hop import Hop
from telsdk.sip.message import Request, Response
from tests.network import ALICE, BOB, CAROL, HOST, Network
from tests.peer import Peer
from tests.phone import SECRET, Phone


@asynccontextmanager
async def three_phones() -> AsyncIterator[tuple[Network, Phone, Phone, Phone]]:
    """ALICE and BOB by one hop, CAROL by another, all registered at the one node; alice.eth has a name."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,), notify_interval=0.0)
        network.own(ALICE, "alice.eth")
        with (
            Phone(network, ALICE) as alice,
            Phone(network, BOB, shares=alice) as bob,
            Phone(network, CAROL) as carol,
        ):
            for phone in (alice, bob, carol):
                assert (await phone.register()).status == 200
            yield network, alice, bob, carol


async def delivered(phone: Phone, sending: asyncio.Task[Response]) -> Request:
    """The MESSAGE that arrives at `phone`, which takes it."""
    message = await phone.asked("MESSAGE")
    await phone.say(message.response(200, to_tag="m"))
    assert (await sending).status == 200
    return message


async def test_each_of_those_behind_one_hop_speaks_with_his_own_password() -> None:
    async with three_phones() as (_, alice, bob, carol):
        for sender in (alice, bob, alice):
            message = await delivered(carol, asyncio.create_task(sender.send_text(CAROL)))
            assert message.from_.uri.user == str(sender.number)


async def test_nobody_speaks_for_another_behind_the_same_hop() -> None:
    async with three_phones() as (_, alice, bob, carol):
        refused = await bob.send_text(CAROL, f"<{aor(ALICE)}>")
        assert (refused.status, refused.headers.get("Warning")) == (
            403,
            f'399 telprotocol "the phone password is of {BOB}, logged in is {ALICE}"',
        )
        # Had it gone on, it would have come before this.
        message = await delivered(carol, asyncio.create_task(alice.send_text(CAROL)))
        assert message.from_.uri.user == str(ALICE)


@pytest.mark.parametrize("other", [f"<{aor(BOB)}>", f'"Alice" <{aor("nobody.eth")}>', "<tel:+15550001>"])
async def test_a_phone_cannot_call_under_the_number_or_name_of_another(other: str) -> None:
    async with three_phones() as (_, _, _, carol):
        refused = await carol.send_text(ALICE, other)
        assert refused.status == 403
        assert f"this phone is {CAROL}, or anonymous" in (refused.headers.get("Warning") or "")


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        (f'"Carol" <sip:{CAROL}@{HOST}>', f"<{aor(CAROL)}>"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', '"Anonymous" <sip:anonymous@anonymous.invalid>'),
    ],
)
async def test_a_phone_calls_under_its_number_or_as_nobody(own: str, shown: str) -> None:
    async with three_phones() as (_, alice, _, carol):
        message = await delivered(alice, asyncio.create_task(carol.send_text(ALICE, own)))
        assert str(message.from_.without("tag")) == shown


async def test_a_phone_calls_under_its_name() -> None:
    async with three_phones() as (_, alice, _, carol):
        message = await delivered(carol, asyncio.create_task(alice.send_text(CAROL, f"<{aor('alice.eth')}>")))
        assert str(message.from_.without("tag")) == f'"alice.eth" <{aor(ALICE)}>'


async def test_a_stranger_behind_a_hop_of_several_reaches_our_users_and_nobody_else() -> None:
    async with three_phones() as (network, alice, _, carol):
        with Peer("stranger", alice) as stranger:
            port = network.listed[0].sockets.port
            text = stranger.request("MESSAGE", aor(CAROL))
            await delivered(carol, asyncio.create_task(stranger.ask(text, HOST, port)))
            network.own(type(CAROL)(5550009))
            away = stranger.request("MESSAGE", aor(5550009))
            assert (await stranger.ask(away, HOST, port)).status == 480


async def test_a_stranger_behind_the_proxy_of_one_user_is_not_taken_for_him() -> None:
    async with three_phones() as (network, _, _, carol):
        with Phone(network, ALICE) as alice, Peer("stranger", alice) as stranger:
            assert (await alice.register(as_proxy=True)).status == 200
            text = stranger.request("MESSAGE", aor(CAROL))
            port = network.listed[0].sockets.port
            await delivered(carol, asyncio.create_task(stranger.ask(text, HOST, port)))
            # He himself is asked for his password.
            assert (await alice.ask(alice.request("MESSAGE", aor(CAROL)), HOST, port)).status == 407


async def test_a_proxy_is_known_by_where_it_takes_answers_though_it_sends_from_elsewhere() -> None:
    async with three_phones() as (network, _, _, _):
        with Phone(network, ALICE) as alice, Peer(ALICE) as other:
            assert (await alice.register(as_proxy=True)).status == 200
            text = alice.request("MESSAGE", aor(CAROL))
            text.headers.set("Via", f"SIP/2.0/UDP {HOST}:{alice.port};branch=z9hG4bKanother")
            await other.send(text, HOST, network.listed[0].sockets.port)
            answer = await alice.receive()
            assert isinstance(answer, Response)
            assert (answer.status, answer.cseq.method) == (407, "MESSAGE")


async def test_when_a_number_is_sold_those_behind_the_same_hop_stay() -> None:
    async with three_phones() as (network, alice, bob, carol):
        network.facts.sell(ALICE, "0x" + "22" * 20)
        await network.taken_in()
        registrar = network.nodes[0].registrar
        assert [len(registrar.bindings(str(number))) for number in (ALICE, BOB)] == [0, 1]
        await delivered(carol, asyncio.create_task(bob.send_text(CAROL)))
        assert (await alice.send_text(CAROL)).status == 407  # her password is void


async def test_a_login_over_a_hop_ends_when_its_phone_has_moved_to_another() -> None:
    async with three_phones() as (network, alice, bob, _):
        with Phone(network, ALICE) as moved:
            # The same Contact by another hop: a phone that NAT gave another port.
            assert (await moved.register(contact=f"<sip:{ALICE}@{HOST}:{alice.port}>")).status == 200
            logins = network.nodes[0].logins
            assert set(logins.over(Hop("UDP", HOST, moved.port))) == {ALICE}
            assert set(logins.over(Hop("UDP", HOST, bob.port))) == {BOB}


async def test_each_behind_one_hop_is_told_his_own_registrations() -> None:
    async with three_phones() as (_, alice, bob, _):
        for phone in (alice, bob):
            assert (await phone.subscribe(phone.number, "reg")).status == 200
            _, body = await phone.told()
            assert aor(phone.number).encode() in body
        # His login came last over this hop, and is not that of who asks.
        assert (await alice.subscribe(BOB, "reg")).status == 403


async def test_what_one_watches_ends_with_his_login_and_not_with_that_of_his_neighbour() -> None:
    async with three_phones() as (network, alice, bob, carol):
        for phone in (alice, bob):
            await phone.subscribe(CAROL, "presence")
            await phone.told()
        network.facts.change(BOB, session=1)
        await network.taken_in()
        state, _ = await bob.told()
        assert (state.state, state.reason) == ("terminated", "rejected")
        await carol.register(expires=0)
        state, _ = await alice.told()
        assert (state.state, len(network.nodes[0].watching)) == ("active", 1)
