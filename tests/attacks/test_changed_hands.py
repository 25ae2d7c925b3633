"""Attacks by a buyer: they hold a number or name that others know as somebody else's, and prove it rightly."""

from __future__ import annotations

import asyncio
from pathlib import Path

from telsdk.directory import NumberFacts
from telsdk.name import Name
from telsdk.number import Number
from telsdk.uc.client import UserClient
from telsdk.uc.known_peers import KnownPeers
from telsdk.uc.store import Store
from telsdk.uc.trust import Trust
from tests.network import ALICE, BOB, CAROL, Network
from tests.uc.test_client import connect

TAKEN = Number(5559999)


async def talk(caller: UserClient, callee: UserClient, address: str) -> tuple[str, str]:
    """What either is told of a change, in one call."""
    outgoing, incoming = await connect(caller, callee, address)
    outgoing.hang_up()
    await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
    assert incoming.party is not None
    assert incoming.party.trust is Trust.VERIFIED
    return str(outgoing.change or ""), str(incoming.party.change or "")


async def sold_to(network: Network, number: Number, name: str | None = None) -> UserClient:
    """A client of whoever bought the number."""
    old = network.facts.numbers[number]
    account = network.own(CAROL)
    network.accounts[number] = account
    network.facts.add(
        NumberFacts(number, account.address, old.epoch + 1, 0, name=Name(name) if name else None, hub=1)
    )
    await network.taken_in()
    return await network.user(number)


async def test_a_buyer_answers_calls_to_the_seller() -> None:
    """The caller is told before it rings, and once."""
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB, "bob.eth")
        assert await talk(alice, bob, "bob.eth") == ("", "")
        await bob.close()
        buyer = await sold_to(network, BOB, "bob.eth")
        told, _ = await talk(alice, buyer, "bob.eth")
        assert "bob.eth has changed hands since the last contact" in told
        assert network.accounts[BOB].address in told
        assert str(alice.changes.get_nowait()) == told
        assert await talk(alice, buyer, "bob.eth") == ("", "")
        assert alice.changes.empty()


async def test_a_buyer_calls_the_friends_of_the_seller() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB, "bob.eth")
        assert await talk(bob, alice, str(ALICE)) == ("", "")
        await bob.close()
        buyer = await sold_to(network, BOB, "bob.eth")
        _, told = await talk(buyer, alice, str(ALICE))
        assert "has changed hands" in told
        assert str(alice.changes.get_nowait()) == told


async def test_a_buyer_writes_to_the_friends_of_the_seller_and_is_written_to() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB, "bob.eth")
        await bob.message(str(ALICE), "the usual place")
        assert (await asyncio.wait_for(alice.messages.get(), 10))[0].change is None
        await bob.close()
        buyer = await sold_to(network, BOB, "bob.eth")
        await buyer.message(str(ALICE), "a new place")
        party, _ = await asyncio.wait_for(alice.messages.get(), 10)
        assert "has changed hands" in str(party.change)
        assert "has changed hands" in str(party)
        assert await alice.message("bob.eth", "when?") is None  # she knows by now


async def test_a_buyer_is_written_to_by_who_knew_the_seller() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB, "bob.eth")
        assert await alice.message("bob.eth", "hello") is None
        await bob.close()
        await sold_to(network, BOB, "bob.eth")
        assert "has changed hands" in str(await alice.message("bob.eth", "the key is under the mat"))
        assert alice.changes.qsize() == 1


async def test_somebody_claims_a_name_that_others_know_as_anothers() -> None:
    async with Network(1) as network:
        await network.start()
        alice, bob = await network.user(ALICE), await network.user(BOB, "bob.eth")
        await talk(alice, bob, "bob.eth")
        network.facts.change(BOB, name=None)
        taker = await network.user(TAKEN, "bob.eth")
        told, _ = await talk(alice, taker, "bob.eth")
        assert f"bob.eth stands for {TAKEN} now, and stood for {BOB}" in told


async def test_a_buyer_passes_for_a_contact_that_was_never_called(tmp_path: Path) -> None:
    """A contact is pinned from when it is added, or from when the user is next online."""
    async with Network(1) as network:
        await network.start()
        await network.user(BOB, "bob.eth")
        with Store(tmp_path / "alice.db") as store:
            store.add_contact("bob.eth", "Bob")
            alice = await network.user(ALICE, store=store)
            buyer = await sold_to(network, BOB, "bob.eth")
            told, _ = await talk(alice, buyer, "bob.eth")
            assert "has changed hands" in told
            (contact,) = store.contacts()
            assert contact.holder is not None
            assert contact.holder.epoch == 1
            assert "has changed hands" in str(KnownPeers(store).change_of_contact(contact))
