"""Who holds a number by a contract (ERC-1271) calls and is called like everybody."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import replace

import pytest
from eth_account import Account

from telsdk.clock import Wall
from telsdk.credential.asking import MAX_WAITING
from telsdk.credential.deep import KeystoreSigner, WalletSigner
from telsdk.credential.delegation import MAX_DEVICE, MAX_SIGNATURE
from telsdk.credential.session import Login, login_deep
from telsdk.sip.auth import session_token
from telsdk.uc.client import UserClient
from telsdk.uc.media import MediaSession
from telsdk.uc.trust import Trust
from tests.late_caller import LateCaller
from tests.network import BOB, CAROL, HOST, Network
from tests.peer import Peer
from tests.uc.test_client import connect

KEY = KeystoreSigner(Account.from_key("0x" + "66" * 32))


def log_in(network: Network) -> Login:
    """A login of Carol, whose number a contract holds."""
    if CAROL not in network.facts.numbers:
        network.facts.wallets = lambda *_: True
        network.own(CAROL)
        network.facts.change(CAROL, owner="0x" + "c0" * 20)
    signed = replace(network.facts.numbers[CAROL], owner=KEY.address)
    return login_deep(KEY, signed, network.facts.domain, "x", Wall(time.time()))


async def call_each_other(one: UserClient, other: UserClient) -> None:
    """Each calls, is answered, and is verified to the other."""
    for caller, callee in ((one, other), (other, one)):
        outgoing, incoming = await connect(caller, callee, str(callee.number))
        for call in (outgoing, incoming):
            assert call.party is not None
            assert call.party.trust is Trust.VERIFIED
        outgoing.hang_up()
        await asyncio.gather(outgoing.wait_ended(10), incoming.wait_ended(10))


async def test_a_call_by_a_contract_wallet_rings_when_the_chain_has_answered() -> None:
    """Node and clients ask, each by itself."""
    async with Network(1) as network:
        await network.start()
        bob = await network.user(BOB)
        carol = await network.user(CAROL, login=log_in(network))
        await call_each_other(carol, bob)
        await carol.message(str(BOB), "hello")
        party, _ = await asyncio.wait_for(bob.messages.get(), 10)
        assert party.number == CAROL


async def test_the_longest_signature_passes_hub_nodes_and_clients() -> None:
    """One of 2,048 octets, such as that of a Safe of 31 keys: over TLS, and over UDP."""
    async with Network(1) as network:
        await network.start()
        log_in(network)
        longest = WalletSigner("0x" + "c0" * 20, lambda *_: b"\xff" * MAX_SIGNATURE)
        network.facts.wallets = lambda _account, _digest, signature: signature == b"\xff" * MAX_SIGNATURE
        login = login_deep(
            longest,
            network.facts.numbers[CAROL],
            network.facts.domain,
            "x" * MAX_DEVICE,
            Wall(time.time()),
            contracts=network.facts,
        )
        bob = await network.user(BOB)
        carol = await network.user(CAROL, login=login)
        await call_each_other(carol, bob)
        await carol.message(str(BOB), "hello" * 500)
        await asyncio.wait_for(bob.messages.get(), 10)
        with Peer(CAROL) as peer:
            request = peer.request("REGISTER", "sip:telprotocol")
            token = session_token.issue(
                request,
                audience=network.listed[0].uri,
                delegation=login.text,
                key=login.key.private,
                now=Wall(time.time()),
                jti=secrets.token_urlsafe(16),
            )
            request.headers.set("Authorization", f"Bearer {token}")
            assert (await peer.ask(request, HOST, network.listed[0].sockets.port)).status == 200


@pytest.mark.parametrize("busy", [False, True])
async def test_an_ack_by_another_device_of_a_contract_wallet_ends_the_call_once_it_is_judged(
    busy: bool,
) -> None:
    """What the wallet says of that device has to be asked first, or cannot be: either way there is no sound."""
    async with Network(1) as network, MediaSession(address=HOST) as media:
        await network.start()
        bob = await network.user(BOB)
        with LateCaller(bob, log_in(network)) as caller:
            assert (await caller.call()).status == 180
            call = await asyncio.wait_for(bob.incoming.get(), 10)
            assert call.party is not None
            assert call.party.trust is Trust.VERIFIED
            await call.answer()
            answer = await media.answer((await caller.answered()).body)
            bob._asking._count += MAX_WAITING * busy
            await caller.say(caller.ack(answer, log_in(network)))
            await call.wait_ended(10)
            bob._asking._count -= MAX_WAITING * busy
            assert call.ended_by == "local"
            assert (await media.stats()).packets_received == 0
