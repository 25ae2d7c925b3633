"""Who holds a number by a contract (ERC-1271) calls and is called like everybody."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from eth_account import Account

from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.session import login_deep
from telsdk.uc.trust import Trust
from tests.network import BOB, CAROL, Network
from tests.uc.test_client import connect

KEY = KeystoreSigner(Account.from_key("0x" + "66" * 32))


async def test_a_call_by_a_contract_wallet_rings_when_the_chain_has_answered() -> None:
    """Node and clients ask, each by itself."""
    async with Network(1) as network:
        await network.start()
        network.facts.wallets = lambda *_: True
        bob = await network.user(BOB)
        network.own(CAROL)
        network.facts.change(CAROL, owner="0x" + "c0" * 20)
        signed = replace(network.facts.numbers[CAROL], owner=KEY.address)
        login = login_deep(KEY, signed, network.facts.domain, "x", time.time())
        carol = await network.user(CAROL, login=login)
        for caller, callee in ((carol, bob), (bob, carol)):
            outgoing, incoming = await connect(caller, callee, str(callee.number))
            for call in (outgoing, incoming):
                assert call.party is not None
                assert call.party.trust is Trust.VERIFIED
            outgoing.hang_up()
            await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))
        await carol.message(str(BOB), "hello")
        party, _ = await asyncio.wait_for(bob.messages.get(), 10)
        assert party.number == CAROL
