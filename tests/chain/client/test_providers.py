"""The client works with whatever connection web3 has: here those of web3 itself, as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import EthereumTesterProvider, HTTPProvider, Web3

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.development import AnvilChain
from telsdk.chain.errors import RpcError, RpcUnreachable
from telsdk.chain.interface import Deployment
from telsdk.chain.rollout import deploy, verify
from tests.anvil import running_anvil
from tests.chain.actors import NUMBER, OTHER, me


@dataclass
class Plain:
    """A chain by a plain provider."""

    w3: Web3
    accounts: list[LocalAccount]
    advance_time: Callable[[float], object]


@pytest.fixture
def tester() -> Plain:
    provider = EthereumTesterProvider()
    chain = provider.ethereum_tester
    assert chain is not None
    accounts = [Account.from_key(key.to_bytes()) for key in chain.backend.account_keys]

    def advance_time(seconds: float) -> None:
        chain.time_travel(chain.get_block_by_number("latest")["timestamp"] + int(seconds) + 1)

    return Plain(Web3(provider), accounts, advance_time)


@pytest.fixture
def http() -> Iterator[Plain]:
    with running_anvil() as rpc:
        chain = AnvilChain(rpc)
        yield Plain(Web3(HTTPProvider(rpc)), list(chain.accounts), chain.advance_time)


@pytest.fixture(params=["tester", pytest.param("http", marks=pytest.mark.contracts)])
def plain(request: pytest.FixtureRequest) -> Plain:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Plain)
    return found


def test_a_number_is_bought_looked_up_and_kept_from_others(plain: Plain) -> None:
    made = deploy(plain.w3, plain.accounts[0])
    assert all(check.ok for check in verify(plain.w3, made))
    alice = Client(plain.w3, made, plain.accounts[1])
    alice.check()
    receipt = alice.buy_number(NUMBER, wait=plain.advance_time)
    assert receipt.event("Registered").args["number"] == NUMBER
    assert alice.lookup("5551234").owner == me(alice)
    assert alice.numbers_of(me(alice)) == (NUMBER,)
    with pytest.raises(revert.NotOwner) as caught:
        alice.as_account(plain.accounts[2]).registry.revoke_sessions(NUMBER)
    assert caught.value.owner == me(alice)
    with alice.batch() as batch:
        refused = batch.add(alice.registry.fingerprint_read(OTHER))
        custody = batch.add(alice.registry.custody_read(NUMBER))
    assert custody.get().owner == me(alice)
    with pytest.raises(revert.ERC721NonexistentToken):
        refused.get()


def test_what_eth_tester_does_not_take_is_an_rpc_error(tester: Plain, deployment: Deployment) -> None:
    with pytest.raises(RpcError, match="the RPC answered with an error"):
        Client(tester.w3, deployment).events(1, 1_000_000)


def test_a_node_that_is_down_is_unreachable(deployment: Deployment) -> None:
    w3 = Web3(HTTPProvider("http://127.0.0.1:9", exception_retry_configuration=None))
    with pytest.raises(RpcUnreachable, match="the RPC does not answer"):
        Client(w3, deployment).check()
