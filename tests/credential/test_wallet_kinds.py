"""Numbers in the hands of wallets as people have them, on a real node: deep logins as nodes judge them, and permits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account

from scripts.helpers import helpers
from telsdk.chain.client import Client, facts_of
from telsdk.chain.development import AnvilChain
from telsdk.chain.index import ChainIndex
from telsdk.clock import Wall
from telsdk.credential import wallet
from telsdk.credential.deep import KeystoreSigner, WalletSigner
from telsdk.credential.delegation import MAX_SIGNATURE
from telsdk.credential.erc6492 import MAGIC, unwrapped
from telsdk.credential.errors import NotHolder, NotSignedByOwner, WalletNotDeployed
from telsdk.credential.session import Login, login_deep, request_deep, signed_deep
from telsdk.credential.verify import Verifier
from tests.anvil import running_anvil, with_contracts
from tests.chain.actors import NUMBER, installed
from tests.walletkinds import (
    PRECOMPILE,
    AsAccount,
    KeyOwner,
    NestedWallet,
    Passkey,
    Safe,
    deployed,
    digest_of,
    keys,
    verifier_contract,
)

pytestmark = [pytest.mark.contracts, pytest.mark.slow]
NOW = Wall(time.time())


@pytest.fixture(scope="module")
def anvil() -> Iterator[AnvilChain]:
    with running_anvil() as rpc:
        yield AnvilChain(rpc)


@pytest.fixture
def client(anvil: AnvilChain) -> Iterator[Client]:
    with with_contracts(anvil) as client:
        yield client


def own(client: Client, anvil: AnvilChain, owner: str) -> None:
    client.buy_number(NUMBER, owner, wait=anvil.advance_time)
    assert client.registry.custody(NUMBER).owner == owner


def session(client: Client, signer: WalletSigner | KeystoreSigner) -> Login:
    return login_deep(signer, facts_of(client, NUMBER), client.domain, "desk", NOW, contracts=client)


def judged(client: Client, login: Login) -> str:
    """Whose word a node takes the session for."""
    with ChainIndex(client) as index:
        index.load()
        return str(Verifier(index).authority(login.text, NOW).grant.owner)


def by_digest(address: str, sign: Any) -> WalletSigner:
    return WalletSigner(address, lambda _address, payload: sign(digest_of(payload)))


@pytest.mark.parametrize("count", [1, 3, 16])
def test_a_safe_of_keys_logs_in_and_permits(client: Client, anvil: AnvilChain, count: int) -> None:
    safe = Safe(client, [KeyOwner(key) for key in keys(count)])
    safe.deploy()
    own(client, anvil, safe.address)
    login = session(client, by_digest(safe.address, safe.sign))
    assert len(login.delegation.signature) == 65 * count
    assert judged(client, login) == safe.address
    permit = client.as_account(AsAccount(safe.address, safe.sign)).records.permit_message_key(
        NUMBER, b"\x09" * 32
    )
    client.relay(permit)
    assert client.lookup(NUMBER).message_key == b"\x09" * 32


@pytest.mark.parametrize("built_in", [True, False])
def test_a_safe_of_a_passkey_logs_in_and_permits(client: Client, anvil: AnvilChain, built_in: bool) -> None:
    """By the chain's own P-256 verifier (EIP-7951), and by a contract where the chain has none."""
    safe = Safe(client, [Passkey(client, PRECOMPILE if built_in else verifier_contract(client))])
    safe.deploy()
    own(client, anvil, safe.address)
    login = session(client, by_digest(safe.address, safe.sign))
    assert 400 < len(login.delegation.signature) <= MAX_SIGNATURE
    assert judged(client, login) == safe.address
    client.relay(
        client.as_account(AsAccount(safe.address, safe.sign)).records.permit_message_key(NUMBER, b"\x09" * 32)
    )
    assert client.lookup(NUMBER).message_key == b"\x09" * 32
    data = client.session.w3.eth.contract(
        abi=[
            {
                "type": "function",
                "name": "revokeSessions",
                "stateMutability": "nonpayable",
                "inputs": [{"name": "number", "type": "uint256"}],
                "outputs": [],
            }
        ]
    ).encode_abi("revokeSessions", [NUMBER])
    safe.execute(client.deployment.addresses["NumberRegistry"], bytes.fromhex(data[2:]))
    assert facts_of(client, NUMBER).session == 1, "the passkey alone controls the number"


def test_a_key_that_a_safe_drops_is_out_when_it_is_asked_again(client: Client, anvil: AnvilChain) -> None:
    old, new = map(KeyOwner, keys(2))
    safe = Safe(client, [old])
    safe.deploy()
    own(client, anvil, safe.address)
    login = session(client, by_digest(safe.address, safe.sign))
    with ChainIndex(client) as index:
        index.load()
        verifier = Verifier(index)
        verifier.authority(login.text, NOW)
        safe.swap_owner(old, new)
        with pytest.raises(NotSignedByOwner):
            verifier.authority(login.text, Wall(NOW + wallet.RECHECK))


def test_what_a_safe_signed_on_chain_needs_no_signature(client: Client, anvil: AnvilChain) -> None:
    safe = Safe(client, [KeyOwner(keys(1)[0])])
    safe.deploy()
    own(client, anvil, safe.address)
    asked = request_deep(facts_of(client, NUMBER), client.domain, "desk", NOW)
    with pytest.raises(NotHolder, match="does not take the signature"):
        signed_deep(asked, b"", facts_of(client, NUMBER), NOW, contracts=client)
    safe.approve_on_chain(client, asked.delegation.typed(client.domain).digest)
    login = signed_deep(asked, b"", facts_of(client, NUMBER), NOW, contracts=client)
    assert judged(client, login) == safe.address


def test_a_safe_that_is_not_deployed_is_told_so_and_gets_in_once_it_is(
    client: Client, anvil: AnvilChain
) -> None:
    safe = Safe(client, [KeyOwner(keys(1)[0])])
    own(client, anvil, safe.address)

    def sign(digest: bytes) -> bytes:
        inner = safe.sign(digest)
        return encode(["address", "bytes", "bytes"], [safe.factory, safe.creation, inner]) + MAGIC

    signer = by_digest(safe.address, sign)
    with pytest.raises(NotHolder, match="not deployed yet: send any transaction"):
        session(client, signer)
    asked = request_deep(facts_of(client, NUMBER), client.domain, "desk", NOW)
    wrapped = sign(asked.delegation.typed(client.domain).digest)
    early = replace(asked, delegation=replace(asked.delegation, signature=wrapped))
    with pytest.raises(WalletNotDeployed):
        judged(client, early)
    safe.deploy()
    assert judged(client, early) == safe.address, "a node takes the wrapper off"
    login = session(client, signer)
    assert login.delegation.signature == unwrapped(sign(login.delegation.typed(client.domain).digest))
    assert judged(client, login) == safe.address


def test_an_account_that_takes_nested_signatures_logs_in(client: Client, anvil: AnvilChain) -> None:
    nested = NestedWallet(client, keys(1)[0])
    own(client, anvil, nested.address)
    signer = WalletSigner(nested.address, lambda _address, payload: nested.sign_nested(dict(payload)))
    login = session(client, signer)
    assert judged(client, login) == nested.address
    plain = by_digest(nested.address, lambda digest: KeyOwner(keys(1)[0]).parts(digest)[0])
    with pytest.raises(NotHolder):
        session(client, plain)


def delegate(client: Client, key: Any, code: str) -> None:
    """Has the account of `key` run `code` (EIP-7702)."""
    w3 = client.session.w3
    chain_id, nonce = client.domain.chain_id, w3.eth.get_transaction_count(key.address)
    authority = key.sign_authorization({"chainId": chain_id, "address": code, "nonce": nonce})
    payer = client.session.signer()
    transaction = {
        "type": 4,
        "chainId": chain_id,
        "to": payer.address,
        "value": 0,
        "gas": 200_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
        "nonce": w3.eth.get_transaction_count(payer.address),
        "authorizationList": [authority],
    }
    signed = payer.sign_transaction(transaction)
    assert (
        w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))["status"]
        == 1
    )


def test_of_a_delegated_account_the_key_counts_first_and_then_its_code(
    client: Client, anvil: AnvilChain
) -> None:
    key, other = Account.create(), Account.create()
    own(client, anvil, key.address)
    by_key = session(client, KeystoreSigner(key))
    by_other = by_digest(key.address, lambda digest: KeyOwner(other).parts(digest)[0])
    with pytest.raises(NotHolder, match="choose the owner's account"):
        session(client, by_other)

    team = helpers()["Wallet"]
    code = deployed(client, {"abi": team["abi"], "bytecode": team["bytecode"]}, other.address).address
    delegate(client, key, code)
    assert client.is_contract(key.address)
    for login in (by_key, session(client, KeystoreSigner(key)), session(client, by_other)):
        assert judged(client, login) == key.address

    delegate(client, key, installed(client, "5f5ffd"))  # code that takes no signature at all
    assert judged(client, session(client, KeystoreSigner(key))) == key.address
    with pytest.raises(NotHolder):
        session(client, by_other)


def test_a_delegation_that_is_taken_back_ends_what_its_code_took(client: Client, anvil: AnvilChain) -> None:
    key, other = Account.create(), Account.create()
    own(client, anvil, key.address)
    team = helpers()["Wallet"]
    delegate(
        client,
        key,
        deployed(client, {"abi": team["abi"], "bytecode": team["bytecode"]}, other.address).address,
    )
    login = session(client, by_digest(key.address, lambda digest: KeyOwner(other).parts(digest)[0]))
    with ChainIndex(client) as index:
        index.load()
        verifier = Verifier(index)
        verifier.authority(login.text, NOW)
        delegate(client, key, "0x" + "00" * 20)
        assert not client.is_contract(key.address)
        with pytest.raises(NotSignedByOwner):
            verifier.authority(login.text, Wall(NOW + wallet.RECHECK))
