"""A user client notices by itself that the chain has ended its login, and that it is granted again."""

from __future__ import annotations

import asyncio
import time

import pytest

from telsdk.clock import Wall
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import login_deep
from telsdk.errors import TelError
from telsdk.uc.errors import CallRejected, MessageNotDelivered, SessionEnded
from tests.network import ALICE, BOB, Network

BUYER = "0x" + "22" * 20


async def test_it_stops_and_comes_back_when_the_sale_was_none() -> None:
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE)
        before = network.facts.numbers[ALICE]
        network.facts.sell(ALICE, BUYER)
        assert "changed hands" in str(await asyncio.wait_for(alice.wait_ended(), 10))
        with pytest.raises(SessionEnded):
            await alice.register()
        network.facts.add(before)
        async with asyncio.timeout(20):
            while not (alice.ended is None and network.nodes[0].registrar.bindings(str(ALICE))):
                await alice.follower.next_look()


async def test_who_only_listened_is_not_registered_by_a_login_that_is_back() -> None:
    async with Network(1) as network:
        await network.start()
        alice = await network.user(ALICE, register=False)
        before = network.facts.numbers[ALICE]
        network.facts.sell(ALICE, BUYER)
        await asyncio.wait_for(alice.wait_ended(), 10)
        network.facts.add(before)
        async with asyncio.timeout(20):
            while alice.ended is not None:
                await alice.follower.next_look()
        assert alice.registration._task is None


async def test_a_login_that_is_void_from_the_start_is_said_at_once() -> None:
    async with Network(1) as network:
        await network.start()
        network.own(ALICE)
        login = network.log_in(ALICE)
        network.facts.sell(ALICE, BUYER)
        alice = await network.user(ALICE, login=login, register=False)
        assert "changed hands" in str(alice.ended)


async def test_a_login_ends_with_its_time() -> None:
    async with Network(1) as network:
        await network.start()
        account = network.own(ALICE)
        facts = network.facts.numbers[ALICE]
        login = login_deep(
            KeystoreSigner(account), facts, network.facts.domain, "test", Wall(time.time()), lifetime=3
        )
        alice = await network.user(ALICE, login=login, register=False)
        assert "expired" in str(await asyncio.wait_for(alice.wait_ended(), 20))


async def test_while_a_contract_wallet_cannot_be_asked_a_sale_is_noticed_all_the_same() -> None:
    def unreachable(_account: str, _digest: bytes, _signature: bytes) -> bool:
        raise TelError("the RPC is down")

    async with Network(1) as network:
        await network.start()
        account = network.own(ALICE)
        signed = login_deep(
            KeystoreSigner(account),
            network.facts.numbers[ALICE],
            network.facts.domain,
            "test",
            Wall(time.time()),
        )
        network.facts.change(ALICE, owner="0x" + "33" * 20)  # a wallet, in whose name the account signs
        network.facts.wallets = unreachable
        alice = await network.user(ALICE, login=signed, register=False)
        assert alice.ended is None
        network.facts.sell(ALICE, BUYER)
        assert "changed hands" in str(await asyncio.wait_for(alice.wait_ended(), 10))


async def test_what_comes_for_the_new_owner_is_not_taken_by_the_old() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB)
        network.nodes[0].follower._on_change = lambda _: None  # a node that keeps serving him
        network.facts.sell(ALICE, BUYER)
        await asyncio.wait_for(alice.wait_ended(), 10)
        with pytest.raises(CallRejected, match="480"):
            await asyncio.wait_for(bob.call(str(ALICE)), 20)
        with pytest.raises(MessageNotDelivered, match="480"):
            await asyncio.wait_for(bob.message(str(ALICE), "for the new owner"), 20)
        assert alice.messages.empty()
