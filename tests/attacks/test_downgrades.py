"""Attacks that prove nothing: somebody on the way answers "as a plain phone", where a user client would answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telsdk.number import Number
from telsdk.uc.errors import CalleeBrokePromise, CalleeDowngraded, CalleeRefused, CalleeUnverified
from telsdk.uc.media import MediaSession
from telsdk.uc.settings import UcSettings, UnverifiedAnswer
from telsdk.uc.store import Store
from telsdk.uc.trust import Trust
from tests.answering_phone import answering
from tests.network import ALICE, BOB, CAROL, Network
from tests.phone import SECRET
from tests.uc.test_client import connect


@asynccontextmanager
async def mallory_answers(network: Network, for_whom: Number) -> AsyncIterator[MediaSession]:
    """The node is hostile: calls for a user go to a phone of its own, whatever they promise."""
    registrar, calls = network.nodes[0].registrar, network.nodes[0].calls
    honest, choosy = registrar.bindings, calls._proving
    async with answering(network, CAROL) as (_, media):
        registrar.bindings = lambda user, *at: honest(  # type: ignore[method-assign]
            str(CAROL) if user == str(for_whom) else user, *at
        )
        calls._proving = lambda callee, bindings: list(bindings)  # type: ignore[method-assign]
        try:
            yield media
        finally:
            registrar.bindings = honest  # type: ignore[method-assign]
            calls._proving = choosy  # type: ignore[method-assign]


async def test_who_promises_verified_answers_is_reached_else_the_attacks_below_would_show_nothing() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        alice = await network.user(ALICE)
        bob = await network.user(BOB, "bob.eth")
        network.facts.change(BOB, answers_verified=True)
        await network.taken_in()
        outgoing, incoming = await connect(alice, bob, "bob.eth")
        assert outgoing.party is not None
        assert outgoing.party.trust is Trust.VERIFIED
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


async def test_a_node_answers_itself_as_a_plain_phone_to_sit_in_the_media() -> None:
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        alice = await network.user(ALICE)
        await network.user(BOB, "bob.eth")
        network.own(CAROL)
        async with mallory_answers(network, BOB) as media:
            with pytest.raises(CalleeUnverified, match="who answers in its place to listen"):
                await asyncio.wait_for(alice.call("bob.eth"), 10)
            assert (await media.stats()).packets_received == 0


@pytest.mark.parametrize("known_by", ["history", "another device"])
async def test_a_node_answers_as_the_plain_phone_of_somebody_who_always_proved_who_they_are(
    tmp_path: Path, known_by: str
) -> None:
    """That the user allows phones, for this contact even, does not help the node."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        bob = await network.user(BOB, "bob.eth")
        network.own(ALICE)
        network.own(CAROL)
        with Store(tmp_path / "phone.db") as first, Store(tmp_path / "tablet.db") as second:
            alice = await network.user(ALICE, store=first)
            outgoing, incoming = await connect(alice, bob, "bob.eth")
            outgoing.hang_up()
            await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
            if known_by == "another device":
                await alice.close()
                second.merge(first.export())
                second.add_contact("bob.eth", "Bob", unverified=UnverifiedAnswer.ALLOW)
                alice = await network.user(ALICE, store=second)
            else:
                first.add_contact("bob.eth", "Bob", unverified=UnverifiedAnswer.ALLOW)
            async with mallory_answers(network, BOB) as media:
                with pytest.raises(
                    CalleeDowngraded, match="has answered with proof before, and does not now"
                ):
                    await asyncio.wait_for(alice.call("bob.eth"), 10)
                assert (await media.stats()).packets_received == 0


async def test_a_node_answers_in_place_of_a_number_that_promises_verified_answers(tmp_path: Path) -> None:
    """By the callee's own node, who never answered us before, though the user allows phones in every way there is."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        await network.user(BOB, "bob.eth")
        network.own(CAROL)
        settings = UcSettings(unverified_answers=UnverifiedAnswer.ALWAYS)
        with Store(tmp_path / "alice.db") as store:
            store.add_contact("bob.eth", "Bob", unverified=UnverifiedAnswer.ALWAYS)
            alice = await network.user(ALICE, store=store, settings=settings)
            async with mallory_answers(network, BOB):
                allowed = await asyncio.wait_for(alice.call("bob.eth"), 10)
                assert allowed.party is not None
                assert allowed.party.trust is Trust.UNVERIFIED
                allowed.hang_up()
                await allowed.wait_ended(10)
            network.facts.change(BOB, answers_verified=True)
            await network.taken_in()
            for said in (None, *UnverifiedAnswer):
                async with mallory_answers(network, BOB) as media:
                    with pytest.raises(CalleeBrokePromise, match="promised on chain that whoever answers"):
                        await asyncio.wait_for(alice.call("bob.eth", unverified=said), 10)
                    assert (await media.stats()).packets_received == 0


async def test_a_node_answers_as_the_plain_phone_that_a_contact_had_before_the_sale(tmp_path: Path) -> None:
    """What the user allowed was said of whoever held the number then."""
    async with Network(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(BOB, "bob.eth")
        buyer = network.own(CAROL)
        with Store(tmp_path / "alice.db") as store:
            store.add_contact(str(BOB), "Bob's phone", unverified=UnverifiedAnswer.ALLOW)
            alice = await network.user(ALICE, store=store)
            network.facts.sell(BOB, buyer.address)
            network.facts.change(BOB, hub=1)
            await network.taken_in()
            async with mallory_answers(network, BOB):
                with pytest.raises(CalleeRefused, match="does not prove to be"):
                    await asyncio.wait_for(alice.call(str(BOB)), 10)
