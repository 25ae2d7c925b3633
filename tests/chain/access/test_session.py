"""Transactions: simulated first, paid for, waited for."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from eth_account import Account
from hexbytes import HexBytes

from telsdk.chain import revert
from telsdk.chain.access import SendSettings
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import NoAccount, NotDeployed, TransactionPending, TransactionUnpaid
from telsdk.chain.interface import functions
from telsdk.credential import keystore
from tests.chain.actors import NUMBER, OTHER, buy, me


def test_what_would_be_refused_costs_nothing(alice: Client, bob: Client) -> None:
    def spent() -> tuple[object, ...]:
        return bob.balance(), bob.session.w3.eth.get_transaction_count(me(bob), "pending"), bob.head()  # type: ignore[arg-type]

    before = spent()
    with pytest.raises(revert.NotOwner) as caught:
        bob.registry.revoke_sessions(NUMBER)
    assert (caught.value.number, caught.value.caller, caught.value.owner) == (NUMBER, me(bob), me(alice))
    assert spent() == before


def test_fees_are_those_of_eip_1559_and_hold_while_the_base_fee_doubles(alice: Client) -> None:
    w3 = alice.session.w3
    base = w3.eth.get_block("latest")["baseFeePerGas"]
    sent = w3.eth.get_transaction(HexBytes(alice.registry.revoke_sessions(NUMBER).tx))
    assert sent["type"] == 2
    assert sent["maxFeePerGas"] == 2 * base + sent["maxPriorityFeePerGas"]


def test_a_receipt_tells_what_happened(alice: Client, bob: Client) -> None:
    receipt = alice.registry.transfer(NUMBER, me(bob))
    assert receipt.event("Transfer").args == {"from": me(alice), "to": me(bob), "tokenId": NUMBER}
    assert receipt.event("EpochAdvanced").args["epoch"] == 2
    assert (receipt.block, receipt.contract) == (alice.head().number, None)
    assert 40_000 < receipt.gas_used < 80_000
    with pytest.raises(LookupError, match="caused no Moved event"):
        receipt.event("Moved")


def test_a_keystore_signs_what_is_written(alice: Client, chain: EmbeddedChain, tmp_path: Path) -> None:
    path = tmp_path / "alice.json"
    path.write_text(json.dumps(Account.encrypt(chain.accounts[1].key, "a long passphrase", iterations=2)))
    mine = alice.as_account(keystore.load(path, "a long passphrase"))
    mine.registry.revoke_sessions(NUMBER)
    assert alice.registry.custody(NUMBER).session == 1
    alice.as_account(chain.accounts[2]).relay(mine.records.permit_message_key(NUMBER, b"\x07" * 32))
    assert alice.records.get(NUMBER).message_key == b"\x07" * 32


def test_who_has_no_ether_is_told_so_before_anything_is_sent(alice: Client) -> None:
    poor = Account.from_key(b"\x09" * 32)
    with pytest.raises(TransactionUnpaid, match=f"{poor.address} has 0 ether and needs 0"):
        alice.as_account(poor).hubs.add_hub("sip:192.0.2.1;transport=tls", b"\x01" * 32)


def test_without_an_account_there_is_reading_and_no_writing(alice: Client) -> None:
    reader = alice.as_account(None)
    assert reader.registry.custody(NUMBER).epoch == 1
    with pytest.raises(NoAccount):
        reader.registry.revoke_sessions(NUMBER)


def test_an_address_without_contract_is_named(client: Client) -> None:
    with pytest.raises(NotDeployed, match="there is no contract at 0x"):
        client.session.call(me(client), functions("NumberRegistry")["balanceOf"], (me(client),))


def test_a_transaction_in_no_block_is_pending_and_may_still_get_in(
    alice: Client, chain: EmbeddedChain
) -> None:
    alice.session.settings = SendSettings(patience=0.05, poll=0.01)
    chain.automine(False)
    with pytest.raises(TransactionPending, match="is in no block after 0 s") as caught:
        alice.registry.revoke_sessions(NUMBER)
    assert caught.value.tx in str(caught.value)
    chain.mine()
    assert chain.w3.eth.get_transaction_receipt(HexBytes(caught.value.tx))["status"] == 1
    assert alice.registry.custody(NUMBER).session == 1


def test_a_refusal_that_only_the_block_shows_is_explained(
    alice: Client, bob: Client, chain: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between simulation and block somebody else is quicker."""
    buy(bob, chain, OTHER)
    afford = alice.session._afford

    def afford_then_lose_the_number(amount: int) -> None:
        afford(amount)
        if alice.registry.custody(NUMBER).owner == me(alice) and amount:
            monkeypatch.undo()
            alice.registry.transfer(NUMBER, me(bob))

    monkeypatch.setattr(alice.session, "_afford", afford_then_lose_the_number)
    with pytest.raises(revert.NotOwner) as caught:
        alice.registry.revoke_sessions(NUMBER)
    assert caught.value.values["owner"] == me(bob)
    assert caught.value.tx is not None
    assert f"(transaction {caught.value.tx} failed in block" in str(caught.value)


def test_one_account_may_send_from_several_threads(alice: Client) -> None:
    threads = [threading.Thread(target=alice.registry.revoke_sessions, args=(NUMBER,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alice.registry.custody(NUMBER).session == 4
