"""Attacks by who keeps somebody on an old copy of the chain: a stuck or lying RPC, or the network before it."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account

from telsdk.address import aor
from telsdk.chain.index import ChainIndex
from telsdk.chain.interface import CONTRACTS, ChainEvent, Deployment, Header
from telsdk.clock import Wall
from telsdk.directory import Domain, Head
from telsdk.freshness import freshness
from telsdk.net.sockets import bind
from telsdk.node.caller_id import ANONYMOUS
from telsdk.number import Number
from telsdk.sip.auth import caller_token
from telsdk.uc.client import UserClient
from telsdk.uc.errors import RegistrationFailed
from telsdk.uc.media import MediaSession
from telsdk.uc.settings import UcSettings
from telsdk.uc.store import Store
from telsdk.uc.trust import Trust, fingerprints_in
from tests.calling_phone import CallingPhone
from tests.facts import DOMAIN
from tests.network import ALICE, BOB, HOST, INTERVAL, TIMERS, FollowedFacts, Network
from tests.peer import Peer
from tests.phone import SECRET
from tests.uc.test_client import connect

PUBLIC = Domain(11155111, DOMAIN.registry)  # a chain that makes blocks by itself
TEN_DAYS, SOON = 864_000, 300  # seconds


def aged(network: Network, seconds: int) -> None:
    """Let the newest block of the network's chain be so old."""
    head = network.facts.head
    network.facts.head = Head(head.number, head.hash, int(time.time()) - seconds)


def public(nodes: int) -> Network:
    network = Network(nodes)
    network.facts.domain = PUBLIC
    aged(network, 0)
    return network


class StuckSource:
    """An RPC that answers at once, and whose newest block is ten days old."""

    deployment = Deployment("stuck", PUBLIC.chain_id, 1, dict.fromkeys(CONTRACTS, PUBLIC.registry))

    def check(self) -> None:
        pass

    def header(self, block: int | bytes | None = None) -> Header:
        number = block if isinstance(block, int) else block[0] if block else 100
        # Its hash is 32 times its number, so that each height has one, and the one before.
        made = int(time.time()) - TEN_DAYS - (100 - number)
        return Header(Head(number, bytes([number]) * 32, made), bytes([number - 1]) * 32)

    def events(self, first: int, last: int) -> list[ChainEvent]:
        return []

    def events_in(self, block: Header) -> list[ChainEvent]:
        return []

    def is_contract(self, account: str) -> bool:
        return False

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        return False

    def names_stand(self, numbers: Sequence[int], block: int) -> list[bool]:
        return [True for _ in numbers]


def test_an_rpc_that_stands_still_counts_as_fresh_because_it_answers() -> None:
    with ChainIndex(StuckSource()) as index:
        for _ in range(3):
            index.poll()
        assert freshness(index, None, Wall(time.time())).stale


async def test_an_rpc_holds_back_the_block_of_a_sale_and_the_seller_logs_in() -> None:
    """Hub and node read the same old chain. Both say since when, and in how many seconds to try again."""
    async with public(1) as network:
        await network.start()
        seller = await network.user(ALICE, register=False)
        aged(network, TEN_DAYS)
        with pytest.raises(RegistrationFailed, match="503 Chain Behind: the newest block here is of"):
            await seller.register()
        with pytest.raises(RegistrationFailed, match="503 Chain Behind: the newest block here is of"):
            await seller.registration.register_at(network.facts.hub_list[0].nodes[0])
        assert seller.freshness.stale
        assert network.nodes[0].load().stale
        aged(network, 0)
        await seller.register()  # nothing stays of it


async def test_an_rpc_dates_its_blocks_ahead_so_that_they_never_grow_old() -> None:
    async with public(1) as network:
        await network.start()
        seller = await network.user(ALICE, register=False)
        aged(network, -TEN_DAYS)
        with pytest.raises(RegistrationFailed, match="ahead of this clock"):
            await seller.register()


async def test_the_rpc_of_one_node_stands_still_and_users_are_sent_there() -> None:
    async with public(2) as network:
        await network.start()
        old = network.nodes[0]
        old.settings = replace(old.settings, stale_after=-1.0)  # for it alone every block is too old
        while network.hub.health.takes_logins(0):
            network.hub.health._heard.clear()
            await asyncio.wait_for(network.hub.health._heard.wait(), 10)
        for number in (ALICE, BOB):
            node = await (await network.user(number, register=False)).register()
            assert node.index == 1
        other = network.nodes[1]
        other.settings = replace(other.settings, stale_after=-1.0)
        while network.hub.health.takes_logins(1):
            network.hub.health._heard.clear()
            await asyncio.wait_for(network.hub.health._heard.wait(), 10)
        with pytest.raises(RegistrationFailed, match="503 Chain Behind: node . has a stale copy"):
            await network.user(Number(5550009))


def cut_off(network: Network, number: Number, store: Store | None = None) -> UserClient:
    """A client whose copy of the chain is the one of now, for ever."""
    facts = FollowedFacts(**{name: copy.copy(value) for name, value in vars(network.facts).items()})
    settings = UcSettings(media_address=HOST, timers=TIMERS, chain_interval=INTERVAL)
    return UserClient(facts, network.log_in(number), bind(HOST), settings=settings, store=store)


async def test_a_seller_rings_as_verified_at_a_client_that_is_cut_off_from_the_chain(tmp_path: Path) -> None:
    """The client cannot know of the sale. It says of when it knows what it says, on the screen and in the history."""
    async with public(1) as network:
        await network.start()
        network.own(ALICE, "alice.eth")
        network.own(BOB)
        sellers = network.log_in(ALICE)
        with Store(tmp_path / "bob") as store:
            bob = cut_off(network, BOB, store)
            await bob.start()
            await bob.register()
            head = bob.directory.head
            bob.directory.head = Head(head.number, head.hash, int(time.time()) - SOON)  # type: ignore[misc]
            network.facts.sell(ALICE, Account.create().address)
            await network.taken_in()
            media = MediaSession(None, address=HOST)
            offer = await media.offer()
            await media.close()
            with Peer(ALICE) as seller:
                invite = seller.request("INVITE", aor(BOB), ("Content-Type", "application/sdp"))
                invite.body = offer
                token = caller_token.issue(
                    act="INVITE",
                    orig=aor(ALICE),
                    dest=aor(BOB),
                    call_id=invite.call_id,
                    cseq=invite.cseq.number,
                    media=fingerprints_in(offer),
                    delegation=sellers.text,
                    key=sellers.key.private,
                    now=Wall(time.time()),
                )
                invite.headers.set("Identity", token)
                await seller.send(invite, HOST, network.listed[0].sockets.port)
                call = await asyncio.wait_for(bob.incoming.get(), 10)
                assert call.party is not None
                assert call.party.trust is Trust.VERIFIED_AS_OF
                assert f"verified as of {bob.freshness.as_of}: deep login" in str(call.party)
                call.reject()
                await call.wait_ended(10)
            await bob.close()
            (logged,) = store.calls()
            assert logged.trust == f"verified as of {bob.freshness.as_of}"


async def test_somebody_answers_as_verified_to_a_client_that_is_cut_off_from_the_chain() -> None:
    async with public(1) as network:
        await network.start()
        bob = await network.user(BOB, "bob.eth")
        network.own(ALICE)
        alice = cut_off(network, ALICE)
        await alice.start()
        await alice.register()
        head = alice.directory.head
        alice.directory.head = Head(head.number, head.hash, int(time.time()) - SOON)  # type: ignore[misc]
        outgoing, incoming = await connect(alice, bob, "bob.eth")
        assert outgoing.party is not None
        assert (outgoing.party.trust, outgoing.party.number) == (Trust.VERIFIED_AS_OF, BOB)
        assert incoming.party is not None
        assert incoming.party.trust is Trust.VERIFIED  # Bob's own copy is of now
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
        await alice.close()


async def test_a_plain_phone_is_shown_as_proven_who_was_so_long_ago() -> None:
    """It cannot show "as of", so while its node's copy of the chain is stale, nobody is vouched for."""
    async with public(1) as network:
        await network.start(phone_secrets=(SECRET,))
        network.own(ALICE, "alice.eth")
        with CallingPhone(network, BOB) as bob:
            assert (await bob.register()).status == 200
            alice = await network.user(ALICE)
            for age, shown in ((0, f'"alice.eth" <{aor(ALICE)}>'), (TEN_DAYS, ANONYMOUS)):
                aged(network, age)
                sending = asyncio.create_task(alice.message(str(BOB), "it is me"))
                text = await bob.asked("MESSAGE")
                assert str(text.from_.without("tag")) == shown
                await bob.say(text.response(200))
                await sending
