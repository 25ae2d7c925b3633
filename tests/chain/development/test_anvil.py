"""The same over real JSON-RPC: anvil, from npm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from telsdk.chain import revert
from telsdk.chain.access import Answer, Batch, Read, SendSettings, sending
from telsdk.chain.client import Client, facts_of
from telsdk.chain.development import AnvilChain
from telsdk.chain.errors import RpcError, TransactionPending
from telsdk.chain.index import ChainIndex
from telsdk.chain.interface import functions
from telsdk.chain.rollout import deploy, verify
from telsdk.name import Name
from tests.anvil import running_anvil, with_contracts
from tests.chain.actors import NUMBER, OTHER, installed, me

pytestmark = pytest.mark.contracts


@pytest.fixture(scope="module")
def anvil() -> Iterator[AnvilChain]:
    with running_anvil() as rpc:
        yield AnvilChain(rpc)


@pytest.fixture
def client(anvil: AnvilChain) -> Iterator[Client]:
    with with_contracts(anvil) as client:
        yield client


def test_an_account_with_delegate_code_signs_permits_by_its_key(client: Client, anvil: AnvilChain) -> None:
    """EIP-7702, by a transaction of type 4: the code is that of a contract without ERC-1271."""
    alice, bob = anvil.accounts[1], anvil.accounts[2]
    client.buy_number(NUMBER, wait=anvil.advance_time)
    chain_id, nonce = client.domain.chain_id, anvil.w3.eth.get_transaction_count(alice.address)
    terms = {"chainId": chain_id, "address": client.hubs.address, "nonce": nonce}
    authorization = alice.sign_authorization(terms)
    transaction: dict[str, Any] = {
        "chainId": chain_id,
        "nonce": anvil.w3.eth.get_transaction_count(bob.address),
        "to": alice.address,
        "data": b"",
        "value": 0,
        "gas": 100_000,
        "maxFeePerGas": 10**11,
        "maxPriorityFeePerGas": 0,
        "authorizationList": [authorization],
    }
    anvil.w3.eth.send_raw_transaction(bob.sign_transaction(transaction).raw_transaction)
    assert anvil.w3.eth.get_code(alice.address) == bytes.fromhex("ef0100" + client.hubs.address[2:])
    client.as_account(bob).relay(client.records.permit_message_key(NUMBER, b"\x07" * 32))
    assert client.records.get(NUMBER).message_key == b"\x07" * 32


def test_a_number_is_bought_named_found_and_sold(client: Client, anvil: AnvilChain) -> None:
    client.check()
    client.buy_number(NUMBER, wait=anvil.advance_time)
    client.alias.claim(Name("alice.tel"), NUMBER)
    assert client.lookup("alice.tel").owner == me(client)
    assert client.lookup(me(client)).number == NUMBER
    bob = client.as_account(anvil.accounts[2])
    client.market.list(NUMBER, client.registrar.price(NUMBER))
    offer = bob.market.offer(NUMBER)
    assert offer is not None
    bob.market.buy(offer)
    assert bob.registry.custody(NUMBER).owner == me(bob)


def test_refusals_arrive_as_classes(client: Client, anvil: AnvilChain) -> None:
    client.buy_number(NUMBER, wait=anvil.advance_time)
    with pytest.raises(revert.NotOwner, match="5551234 is held by"):
        client.as_account(anvil.accounts[2]).registry.revoke_sessions(NUMBER)


def test_a_purchase_waits_by_the_clock_of_the_chain(client: Client, anvil: AnvilChain) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        """As on a chain whose blocks come by themselves: time passes, and nobody mines for us."""
        waits.append(seconds)
        anvil._request("evm_increaseTime", int(seconds))

    client.buy_number(OTHER, wait=wait)
    assert 55 < sum(waits) < 65


def test_the_index_follows_and_rolls_back(client: Client, anvil: AnvilChain) -> None:
    with ChainIndex(client) as index:
        index.load()
        client.buy_number(NUMBER, wait=anvil.advance_time)
        before = anvil.snapshot()
        assert index.poll() == {NUMBER}
        client.registry.revoke_sessions(NUMBER)
        assert index.poll() == {NUMBER}
        anvil.revert(before)
        anvil.mine(3)
        assert index.poll() == {NUMBER}
        assert index.number(NUMBER) == facts_of(client, NUMBER)
        assert index.head == client.head()


def test_a_permit_is_relayed(client: Client, anvil: AnvilChain) -> None:
    client.buy_number(NUMBER, wait=anvil.advance_time)
    permit = client.records.permit_message_key(NUMBER, b"\x07" * 32)
    client.as_account(anvil.accounts[2]).relay(permit)
    assert client.records.get(NUMBER).message_key == b"\x07" * 32


def test_transactions_can_be_kept_waiting(anvil: AnvilChain, client: Client) -> None:
    anvil.automine(False)
    try:
        height = client.head().number
        account = anvil.accounts[3]
        nonce = anvil.w3.eth.get_transaction_count(account.address)
        transaction: dict[str, Any] = {"to": me(client), "value": 1, "nonce": nonce, "gas": 21_000}
        fees = {"gasPrice": 10**11, "chainId": client.domain.chain_id}
        signed = account.sign_transaction({**transaction, **fees})
        anvil.w3.eth.send_raw_transaction(signed.raw_transaction)
        assert client.head().number == height
        anvil.mine()
        assert client.head().number == height + 1
    finally:
        anvil.automine(True)


def test_a_deployment_goes_on_with_a_transaction_that_still_waits_for_its_block(
    anvil: AnvilChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """anvil counts it in the pending nonce, and refuses to be sent it again."""
    mark, account, path = anvil.snapshot(), anvil.accounts[4], tmp_path / "waiting.json"
    before = anvil.w3.eth.get_transaction_count(account.address)
    anvil.automine(False)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "DEFAULTS", SendSettings(patience=0.1, poll=0.01))
        for _ in range(2):
            with pytest.raises(TransactionPending):
                deploy(anvil.w3, account, path=path)
    anvil.mine()
    anvil.automine(True)
    made = deploy(anvil.w3, account, path=path)
    assert anvil.w3.eth.get_transaction_count(account.address) - before == len(made.addresses) + 1
    assert [str(check) for check in verify(anvil.w3, made) if not check.ok] == []
    anvil.revert(mark)


def test_reads_are_made_in_one_call(
    client: Client, anvil: AnvilChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.buy_number(NUMBER, wait=anvil.advance_time)
    burner = installed(client, "fe")
    together: list[bool] = []
    results = Batch._results

    def noted(batch: Batch, chunk: Sequence[Answer[Any]]) -> list[tuple[bool, bytes]] | None:
        found = results(batch, chunk)
        together.append(found is not None)
        return found

    monkeypatch.setattr(Batch, "_results", noted)
    with client.batch() as batch:
        batch.add(Read(burner, functions("NumberRegistry")["registrar"], (), str))
        custody = batch.add(client.registry.custody_read(NUMBER))
        refused = batch.add(client.registry.fingerprint_read(OTHER))
    assert together == [True]
    assert custody.get() == client.registry.custody(NUMBER)
    with pytest.raises(revert.ERC721NonexistentToken):
        refused.get()


def test_an_unknown_call_is_an_rpc_error(anvil: AnvilChain) -> None:
    with pytest.raises(RpcError):
        anvil._request("evm_noSuchCall")
