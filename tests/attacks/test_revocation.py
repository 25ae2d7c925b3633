"""What the chain takes back is refused with its block, by every node and user client that follows it.

One number has a deep session at one node, a light session and a phone at another; then its owner sells it, moves it,
changes or clears its password, or ends its sessions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

import pytest

from telsdk.address import aor
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.interface import Deployment
from telsdk.clock import Wall
from telsdk.credential.wallet import WalletToAsk
from telsdk.errors import TelError
from telsdk.net.route import hop_of
from telsdk.sip.message import Request, Uri
from telsdk.uc.client import UserClient
from telsdk.uc.errors import RegistrationFailed, SessionEnded
from telsdk.uc.tokens import Tokens
from telsdk.uc.trust import Judge, Party, Trust
from tests.chainnetwork import ChainNetwork
from tests.network import ALICE, BOB
from tests.phone import PasswordPhone
from tests.uc.test_client import connect

SELLER, WITNESS, BUYER, OTHER_BUYER = 1, 2, 3, 4  # accounts
PASSWORD, OTHER_PASSWORD = "verbal osmosis cactus tundra", "plural lagoon brisket ember"


@dataclass
class Stage:
    """Who is there before it happens."""

    network: ChainNetwork
    owner: Client
    deep: UserClient
    light: UserClient
    phone: PasswordPhone
    witness: UserClient

    def bound(self) -> set[str]:
        """Which of the three logins have a binding at a node."""
        by_kind = {
            "deep": self.deep._sockets.port,
            "light": self.light._sockets.port,
            "phone": self.phone.port,
        }
        ports = {
            binding.contact.uri.port
            for node in self.network.nodes
            for binding in node.registrar.bindings(str(ALICE))
        }
        return {kind for kind, port in by_kind.items() if port in ports}

    async def login_refused(self, kind: str) -> bool:
        """Whether both nodes refuse this login now; that they disagree is an error."""
        answers = {await self._refused_at(kind, index) for index in range(len(self.network.nodes))}
        assert len(answers) == 1
        return answers.pop()

    async def _refused_at(self, kind: str, index: int) -> bool:
        if kind == "phone":
            self.phone.port_of_node = self.network.listed[index].sockets.port
            return (await self.phone.register()).status != 200
        client = self.deep if kind == "deep" else self.light
        try:
            await client.registration.register_at(self.network.node_facts(index))
        except RegistrationFailed:
            return True
        return False

    async def refused_by_hub(self, kind: str) -> bool:
        """Whether the hub sends a REGISTER of this user client nowhere."""
        hub, client = self.network.listed_hub, self.deep if kind == "deep" else self.light
        uri = Uri.parse(hub.uri)
        answer = await client.registration._ask(hop_of(uri, [hub.identity.pin]), hub.uri)
        assert answer.status in (302, 401, 403)
        return answer.status != 302

    def caller(self, kind: str) -> Party:
        """Whom another's user client takes this login for, by its caller token."""
        return judged(self.witness, self.deep if kind == "deep" else self.light)


def judged(witness: UserClient, caller: UserClient) -> Party:
    dest = aor(witness.number)
    fields = [
        ("From", f"<{aor(caller.number)}>;tag=1"),
        ("To", f"<{dest}>"),
        ("Call-ID", "revoked"),
        ("CSeq", "1 INVITE"),
    ]
    request = Request("INVITE", Uri.parse(dest), fields)
    request.headers.add(*Tokens(caller.login).header(request, "INVITE", dest))
    judge = Judge(witness.directory, witness.number)
    try:
        return judge.request(request, Wall(time.time()))
    except WalletToAsk as wanted:  # the owner might be a contract
        wanted.settle(wanted.ask())
        return judge.request(request, Wall(time.time()))


@asynccontextmanager
async def stage(chain: EmbeddedChain, deployment: Deployment) -> AsyncIterator[Stage]:
    async with ChainNetwork(chain, deployment) as network:
        owner = network.settle(SELLER, ALICE, PASSWORD)
        network.settle(WITNESS, BOB)
        await network.taken_in()
        deep = await network.user(network.deep(SELLER, ALICE))
        place = deep.registration.node
        assert place is not None
        light = await network.user(network.light(ALICE, PASSWORD), node=1 - place.index)
        witness = await network.user(network.deep(WITNESS, BOB))
        with network.phone(ALICE, node=1 - place.index) as phone:
            assert (await phone.register()).status == 200
            yield Stage(network, owner, deep, light, phone, witness)


Cause = Callable[[Stage], int]


def transfer(stage: Stage) -> int:
    return stage.owner.registry.transfer(ALICE, stage.network.chain.accounts[BUYER].address).block


def purchase(stage: Stage) -> int:
    stage.owner.market.list(ALICE, Decimal("0.5"))
    buyer = stage.network.client(BUYER)
    offer = buyer.market.offer(ALICE)
    assert offer is not None
    return buyer.market.buy(offer).block


def move(stage: Stage) -> int:
    return stage.owner.relay(stage.network.client(BUYER).registry.permit_move(ALICE)).block


def change_password(stage: Stage) -> int:
    return stage.network.set_password(stage.owner, ALICE, OTHER_PASSWORD)


def clear_password(stage: Stage) -> int:
    return stage.owner.records.clear_credential(ALICE).block


def end_sessions(stage: Stage) -> int:
    return stage.owner.registry.revoke_sessions(ALICE).block


ALL = {"deep", "light", "phone"}
CAUSES = [
    pytest.param(transfer, ALL, "changed hands", id="transfer"),
    pytest.param(purchase, ALL, "changed hands", id="purchase"),
    # The records stay with a number that is moved, the light login among them: whoever consents takes them as they are.
    pytest.param(move, {"deep", "phone"}, "moved", id="move"),
    pytest.param(change_password, {"light"}, "password", id="changed password"),
    pytest.param(clear_password, {"light"}, "password", id="cleared password"),
    pytest.param(end_sessions, ALL, "ended its sessions", id="ended sessions"),
]


@pytest.mark.parametrize(("cause", "ended", "reason"), CAUSES)
async def test_what_the_chain_takes_back_is_refused_everywhere_with_its_block(
    chain: EmbeddedChain, deployment: Deployment, cause: Cause, ended: set[str], reason: str
) -> None:
    async with stage(chain, deployment) as at:
        assert at.bound() == ALL
        block = await asyncio.to_thread(cause, at)
        await at.network.reached(block)
        assert at.bound() == ALL - ended
        for kind in sorted(ALL):
            assert await at.login_refused(kind) is (kind in ended)
        for kind, client in (("deep", at.deep), ("light", at.light)):
            assert (at.caller(kind).trust is Trust.REFUSED) is (kind in ended)
            assert await at.refused_by_hub(kind) is (kind in ended)
            assert (reason in str(client.ended)) is (kind in ended)
            if kind in ended:
                with pytest.raises(SessionEnded, match=reason):
                    await client.call(str(BOB))
                with pytest.raises(SessionEnded, match=reason):
                    await client.message(str(BOB), "hello")
                with pytest.raises(SessionEnded, match=reason):
                    await client.register()
            else:
                assert client.ended is None
        assert (at.witness.ended, at.caller("deep").number) == (None, None if "deep" in ended else ALICE)


async def test_a_call_in_progress_outlives_the_sale_and_nothing_new_is_begun(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    async with stage(chain, deployment) as at:
        outgoing, incoming = await connect(at.deep, at.witness, str(BOB))
        waiting = asyncio.create_task(at.deep.wait_ended())
        await at.network.reached(await asyncio.to_thread(transfer, at))
        assert "changed hands" in str(await asyncio.wait_for(waiting, 10))
        for call in (outgoing, incoming):
            assert call.media is not None
            await call.media.wait_for_audio(call.media._sink.meter.seconds + 0.5)
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
        assert incoming.ended_by == "remote"


async def test_the_new_owner_of_a_sold_number_is_served_at_once(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    async with stage(chain, deployment) as at:
        block = await asyncio.to_thread(transfer, at)
        await asyncio.to_thread(at.network.client(BUYER).records.set_hub, ALICE, at.network.hub_id)
        await at.network.taken_in()
        buyer = await at.network.user(at.network.deep(BUYER, ALICE))
        assert (judged(at.witness, buyer).trust, buyer.ended) == (Trust.VERIFIED, None)
        assert block < buyer.directory.head.number


# Reorganisations


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what it waits for tells nobody
            await asyncio.sleep(0.02)


async def test_a_sale_that_is_rolled_back_gives_every_right_back_and_takes_the_buyers(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    async with stage(chain, deployment) as at:
        before = chain.snapshot()
        await asyncio.to_thread(transfer, at)
        await asyncio.to_thread(at.network.client(BUYER).records.set_hub, ALICE, at.network.hub_id)
        await at.network.taken_in()
        buyer = await at.network.user(at.network.deep(BUYER, ALICE))
        with at.network.phone(ALICE, node=0) as buyers_phone:
            assert (await buyers_phone.register()).status == 200
            assert [await at.login_refused(kind) for kind in sorted(ALL)] == [True, True, True]
            assert (at.caller("deep").trust, judged(at.witness, buyer).trust) == (
                Trust.REFUSED,
                Trust.VERIFIED,
            )

            chain.revert(before)
            chain.mine(5)  # a longer chain, in which nobody sold anything
            await at.network.taken_in()
            assert (at.deep.ended, at.light.ended) == (None, None)
            assert "changed hands" in str(buyer.ended)
            assert (at.caller("deep").trust, at.caller("light").trust) == (Trust.VERIFIED, Trust.VERIFIED)
            assert judged(at.witness, buyer).trust is Trust.REFUSED
            # Who had registered by way of the hub comes back by himself.
            await settled(lambda: "deep" in at.bound())
            assert [await at.login_refused(kind) for kind in sorted(ALL)] == [False, False, False]
            assert at.bound() == ALL
            assert (await buyers_phone.register()).status != 200
        ports = [
            one.contact.uri.port for node in at.network.nodes for one in node.registrar.bindings(str(ALICE))
        ]
        assert buyer._sockets.port not in ports
        assert buyers_phone.issued.username.split(".")[1] == "2"
        outgoing, _ = await connect(at.deep, at.witness, str(BOB))
        outgoing.hang_up()
        await outgoing.wait_ended(10)


async def test_a_buyer_whom_a_reorganisation_replaces_by_another_loses_all_though_the_epoch_is_the_same(
    chain: EmbeddedChain, deployment: Deployment
) -> None:
    async with stage(chain, deployment) as at:
        before = chain.snapshot()
        await asyncio.to_thread(transfer, at)
        await asyncio.to_thread(at.network.client(BUYER).records.set_hub, ALICE, at.network.hub_id)
        await at.network.taken_in()
        buyer = await at.network.user(at.network.deep(BUYER, ALICE))
        with at.network.phone(ALICE, node=0) as buyers_phone:
            assert (await buyers_phone.register()).status == 200

            def replace() -> int:
                with chain._provider.lock:  # nobody looks at the chain in between
                    chain.revert(before)
                    chain.mine(5)
                    return at.owner.registry.transfer(ALICE, chain.accounts[OTHER_BUYER].address).block

            await at.network.reached(await asyncio.to_thread(replace))
            assert all(not node.registrar.bindings(str(ALICE)) for node in at.network.nodes)
            assert (await buyers_phone.register()).status != 200
        assert judged(at.witness, buyer).trust is Trust.REFUSED
        assert "moved" in str(buyer.ended)
        with pytest.raises(TelError):
            await buyer.registration.register_at(at.network.node_facts(0))
