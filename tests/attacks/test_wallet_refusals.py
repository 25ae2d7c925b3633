"""A wallet's no that looks like an RPC in trouble, and what else a contract may answer to make a node do (ERC-1271)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from eth_abi.abi import encode
from eth_account import Account

from telsdk.chain.client import Client
from telsdk.chain.development import AnvilChain
from telsdk.chain.index import ChainIndex
from telsdk.clock import Wall
from telsdk.credential import wallet
from telsdk.credential.deep import KeystoreSigner
from telsdk.credential.erc6492 import MAGIC
from telsdk.credential.errors import CredentialError, NotSignedByOwner, WalletNotDeployed
from telsdk.credential.secp256k1 import keccak256
from telsdk.credential.session import Login, login_deep
from telsdk.credential.verify import Verifier
from telsdk.directory import NumberFacts
from telsdk.number import Number
from tests.anvil import running_anvil, with_contracts
from tests.chain.actors import NUMBER, installed, me
from tests.facts import FixedDirectory
from tests.network import ALICE

MALLORY = KeystoreSigner(Account.from_key("0x" + "66" * 32))
YES_UNTIL_CALLED = "3660095760015f55005b5f54601d57631626ba7e60e01b5f5260205ff35b"
"""Says yes until it is called without data. Its owner's key is as good as changed then, and what follows is run."""


@pytest.fixture(scope="module")
def anvil() -> Iterator[AnvilChain]:
    with running_anvil() as rpc:
        yield AnvilChain(rpc)


@pytest.fixture
def client(anvil: AnvilChain) -> Iterator[Client]:
    with with_contracts(anvil) as client:
        yield client


def held_by(client: Client, anvil: AnvilChain, runtime: str) -> str:
    """Buys NUMBER and moves it into a contract with that code."""
    contract = installed(client, runtime)
    client.buy_number(NUMBER, wait=anvil.advance_time)
    data = keccak256(b"transferFrom(address,address,uint256)")[:4]
    data += encode(["address", "address", "uint256"], [me(client), contract, NUMBER])
    client.session.transact({"to": client.deployment.addresses["NumberRegistry"], "data": data})
    return contract


def session(index: ChainIndex, number: Number = NUMBER) -> Login:
    facts = index.number(number)
    assert facts is not None
    signed = replace(facts, owner=MALLORY.address)
    return login_deep(MALLORY, signed, index.domain, "x", Wall(time.time()))


@pytest.mark.contracts
@pytest.mark.parametrize(
    "refuses",
    [
        pytest.param("5f5ffd", id="reverts"),
        pytest.param("fe", id="invalid opcode"),
        pytest.param("0c", id="no opcode"),
        pytest.param("5b601e56", id="burns its gas"),
        pytest.param("60ff56", id="jumps nowhere"),
        pytest.param("50", id="takes from an empty stack"),
        pytest.param("5f5f5500", id="writes in a call"),
    ],
)
def test_a_wallet_whose_key_was_changed_stays_logged_in(
    client: Client, anvil: AnvilChain, refuses: str
) -> None:
    """However its code fails, and whatever a real node makes of it, that is a no when it is asked again."""
    contract = held_by(client, anvil, YES_UNTIL_CALLED + refuses)
    with ChainIndex(client) as index:
        index.load()
        verifier, login, now = Verifier(index), session(index), Wall(time.time())
        verifier.authority(login.text, now)
        client.session.transact({"to": contract, "data": b""})
        with pytest.raises(NotSignedByOwner):
            verifier.authority(login.text, Wall(now + wallet.RECHECK + 1))


@pytest.mark.contracts
def test_a_wallet_makes_nodes_ask_the_servers_that_it_names(
    client: Client, anvil: AnvilChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an OffchainLookup (ERC-3668), which many libraries follow by themselves."""
    named = "https://93.184.216.34/mallory/{sender}/{data}"
    contract = held_by(client, anvil, YES_UNTIL_CALLED)
    error = keccak256(b"OffchainLookup(address,string[],bytes,bytes4,bytes)")[:4]
    error += encode(
        ["address", "string[]", "bytes", "bytes4", "bytes"], [contract, [named], b"", bytes(4), b""]
    )
    copies = f"61{len(error):04x}80600b5f395ffd"  # gives back, as an error, what stands behind it
    anvil._request("anvil_setCode", contract, "0x" + copies + "fe" + error.hex())
    asked: list[str | None] = []
    sent = requests.adapters.HTTPAdapter.send

    def send(self: Any, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        asked.append(request.url)
        if "mallory" in str(request.url):
            raise requests.ConnectionError  # it has been asked: that is enough
        return sent(self, request, **how)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with ChainIndex(client) as index:
        index.load()
        with pytest.raises(NotSignedByOwner):
            Verifier(index).authority(session(index).text, Wall(time.time()))
    assert asked
    assert not [url for url in asked if "mallory" in str(url)]


def test_a_session_of_a_wallet_that_is_not_deployed_makes_nodes_call_a_factory() -> None:
    """The wrapper of ERC-6492 names a factory and what to call it with. Nobody calls it, and nobody is let in."""
    directory = FixedDirectory(wallets=lambda *_: True, contracts=frozenset({"0x" + "fa" * 20}))
    account = Account.create()
    directory.add(NumberFacts(ALICE, "0x" + "c0" * 20, 1, 0))
    signed = replace(directory.numbers[ALICE], owner=account.address)
    login = login_deep(KeystoreSigner(account), signed, directory.domain, "x", Wall(time.time()))
    inner = login.delegation.signature
    wrapper = encode(["address", "bytes", "bytes"], ["0x" + "fa" * 20, b"create", inner]) + MAGIC
    text = replace(login.delegation, signature=wrapper).encode()
    with pytest.raises(WalletNotDeployed, match="not deployed yet: send any transaction") as refused:
        Verifier(directory).authority(text, Wall(time.time()))
    assert isinstance(refused.value, CredentialError)
    assert (directory.wallet_questions, directory.code_questions) == (0, 1)
