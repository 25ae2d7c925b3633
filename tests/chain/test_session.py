"""Transactions: simulated first, paid for, waited for."""

from __future__ import annotations

import threading

import pytest
from eth_account import Account

from telsdk.chain import revert, session
from telsdk.chain.client import Client
from telsdk.chain.embedded import EmbeddedChain
from telsdk.chain.errors import NoAccount, NotDeployed, TransactionPending, TransactionUnpaid
from telsdk.chain.functions import functions
from tests.chain.actors import NUMBER, OTHER, buy, me


def test_what_would_be_refused_costs_nothing(alice: Client, bob: Client) -> None:
    before, height = bob.balance(), alice.head().number
    with pytest.raises(revert.NotOwner):
        bob.registry.revoke_sessions(NUMBER)
    assert (bob.balance(), bob.head().number) == (before, height)


def test_who_has_no_ether_is_told_so_before_anything_is_sent(alice: Client) -> None:
    poor = Account.from_key(b"\x09" * 32)
    with pytest.raises(TransactionUnpaid, match=f"{poor.address} has 0 ether and needs 0"):
        alice.as_account(poor).hubs.add_hub("sip:192.0.2.1", b"\x01" * 32)


def test_without_an_account_there_is_reading_and_no_writing(alice: Client) -> None:
    reader = alice.as_account(None)
    assert reader.registry.custody(NUMBER).epoch == 1
    with pytest.raises(NoAccount):
        reader.registry.revoke_sessions(NUMBER)


def test_an_address_without_contract_is_named(client: Client) -> None:
    with pytest.raises(NotDeployed, match="there is no contract at 0x"):
        client.session.call(me(client), functions("NumberRegistry")["balanceOf"], (me(client),))


def test_a_transaction_in_no_block_is_pending_and_may_still_get_in(
    alice: Client, chain: EmbeddedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "RECEIPT_TIMEOUT", 0.05)
    monkeypatch.setattr(session, "_RECEIPT_POLL", 0.01)
    chain.automine(False)
    with pytest.raises(TransactionPending, match="is in no block after 0 s"):
        alice.registry.revoke_sessions(NUMBER)
    chain.mine()
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


def test_one_account_may_send_from_several_threads(alice: Client) -> None:
    threads = [threading.Thread(target=alice.registry.revoke_sessions, args=(NUMBER,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alice.registry.custody(NUMBER).session == 4
