"""A number's way from the registrar to a buyer, through ape. Run by `ape test`; see pytest.ini."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ape
import pytest

from telsdk.chain import revert
from telsdk.chain.access import ApeAccount
from telsdk.chain.client import Client
from telsdk.chain.rollout import deploy
from telsdk.number import Number

NUMBER = 5_551_234
SECRET = b"\1" * 32
ETHER = 10**18


def _register(suite: SimpleNamespace, chain: Any, owner: Any) -> Any:
    price = suite.registrar.priceOf(NUMBER)
    commitment = suite.registrar.makeCommitment(NUMBER, owner, SECRET, price)
    suite.registrar.commit(commitment, sender=owner)
    chain.mine(deltatime=60)
    return suite.registrar.register(NUMBER, owner, SECRET, price, sender=owner, value=price)


def test_a_number_is_bought_named_listed_and_sold(suite: SimpleNamespace, accounts: Any, chain: Any) -> None:
    alice, bob = accounts[2], accounts[3]
    receipt = _register(suite, chain, alice)
    assert [e.event_name for e in receipt.events] == ["Registered", "Transfer", "EpochAdvanced"]
    suite.names.claim("alice", NUMBER, sender=alice)
    suite.records.setCredential(NUMBER, b"\2" * 32, 1, b"", sender=alice)
    suite.registry.approve(suite.market, NUMBER, sender=alice)
    suite.market.list(NUMBER, ETHER, sender=alice)
    seen = suite.registry.getStateFingerprint(NUMBER)
    suite.market.buy(NUMBER, ETHER, seen, sender=bob, value=ETHER)
    assert suite.registry.ownerOf(NUMBER) == bob
    assert suite.registry.epochOf(NUMBER) == 2
    assert suite.names.numberOf("alice") == 0
    assert suite.records.recordsOf(NUMBER).kdf == 0
    before = alice.balance
    receipt = suite.market.withdraw(sender=alice)
    assert alice.balance == before + ETHER - receipt.total_fees_paid


def test_a_refusal_comes_as_the_contracts_error(suite: SimpleNamespace, accounts: Any, chain: Any) -> None:
    alice, mallory = accounts[2], accounts[4]
    _register(suite, chain, alice)
    with ape.reverts(suite.records.NotOwner, number=NUMBER, caller=mallory, owner=alice):
        suite.records.setHub(NUMBER, 1, sender=mallory)


def test_the_sender_of_a_move_needs_the_consent_of_who_receives(
    suite: SimpleNamespace, accounts: Any, chain: Any
) -> None:
    alice, bob = accounts[2], accounts[3]
    _register(suite, chain, alice)
    deadline = chain.pending_timestamp + 1000
    with ape.reverts(suite.registry.InvalidSignature):
        suite.registry.moveTo(NUMBER, bob, deadline, b"\0" * 65, sender=alice)


def test_the_sdk_writes_and_signs_by_accounts_of_apes(accounts: Any, chain: Any) -> None:
    provider = chain.provider
    deployer, alice, bob = (ApeAccount(accounts[place], provider) for place in (0, 2, 3))
    client = Client(provider.web3, deploy(provider.web3, deployer), alice)
    number = Number(NUMBER)
    client.buy_number(number, wait=lambda seconds: chain.mine(deltatime=int(seconds)))
    assert client.registry.custody(number).owner == alice.address
    permit = client.records.permit_message_key(number, b"\x07" * 32)
    relayed = client.as_account(bob).relay(permit)
    assert relayed.event("MessageKeySet").args["key"] == b"\x07" * 32
    with pytest.raises(revert.NotOwner):
        client.as_account(bob).registry.revoke_sessions(number)
