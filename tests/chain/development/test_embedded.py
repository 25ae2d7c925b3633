"""The chain inside this process answers as a node does."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from telsdk.chain import revert
from telsdk.chain.access import mapped
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import RpcError
from tests.chain.actors import NUMBER, installed, me


def test_accounts_are_funded(chain: EmbeddedChain, client: Client) -> None:
    assert len({account.address for account in chain.accounts}) == 10
    assert all(client.balance(account.address) > 1000 for account in chain.accounts[1:])


@pytest.mark.parametrize("by", [3600, 3600.0, timedelta(hours=1)])
def test_the_clock_can_be_moved_on(chain: EmbeddedChain, client: Client, by: float | timedelta) -> None:
    before = client.head()
    chain.advance_time(by)
    after = client.head()
    assert (after.number, after.timestamp) == (before.number + 1, before.timestamp + 3600)


def test_a_block_after_a_while_is_of_its_own_time(chain: EmbeddedChain, client: Client) -> None:
    chain.mine()
    behind = client.head().timestamp
    now = time.time()
    chain.mine()
    assert client.head().timestamp >= max(behind + 1, int(now))


def test_going_back_takes_everything_back(chain: EmbeddedChain, client: Client) -> None:
    before, mark = client.head(), chain.snapshot()
    client.hubs.add_hub("sip:192.0.2.1;transport=tls", b"\x01" * 32)
    chain.revert(mark)
    assert client.head() == before
    assert client.hubs.count() == 0


def test_transactions_can_be_kept_waiting(chain: EmbeddedChain, alice: Client) -> None:
    chain.automine(False)
    sending = threading.Thread(target=alice.registry.revoke_sessions, args=(NUMBER,))
    sending.start()
    while alice.registry.custody(NUMBER).session == 0:
        chain.mine()
    sending.join()
    chain.automine(True)
    alice.registry.revoke_sessions(NUMBER)
    assert alice.registry.custody(NUMBER).session == 2


def test_it_is_used_from_several_threads_at_once(chain: EmbeddedChain, client: Client) -> None:
    failures: list[BaseException] = []

    def use(place: int) -> None:
        try:
            mine = client.as_account(chain.accounts[place])
            for _ in range(3):
                mine.hubs.add_hub(f"sip:192.0.2.{place};transport=tls", b"\x01" * 32)
                assert mine.balance() > 0
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=use, args=(place,)) for place in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert client.hubs.count() == 12


def test_a_transaction_out_of_turn_is_an_rpc_error(chain: EmbeddedChain, client: Client) -> None:
    account = chain.accounts[1]
    transaction: dict[str, Any] = {
        "to": me(client),
        "value": 1,
        "nonce": 10_000,
        "gas": 21_000,
        "chainId": client.domain.chain_id,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
    }
    signed = account.sign_transaction(transaction)
    with pytest.raises(RpcError, match="nonce"), mapped():
        chain.w3.eth.send_raw_transaction(signed.raw_transaction)


def test_events_of_blocks_that_are_not_there_yet_are_an_rpc_error(client: Client) -> None:
    with pytest.raises(RpcError, match="No block found"):
        client.events(1, 1_000_000)


def test_gas_is_estimated_even_for_a_contract_that_wants_more_than_it_uses(client: Client) -> None:
    picky = installed(client, "5a620f424011600a57005b5f5ffd")  # reverts with less than a million left
    receipt = client.session.transact({"to": picky})
    assert receipt.gas_used < 30_000


def test_an_estimate_of_what_reverts_is_refused_as_by_a_node(client: Client) -> None:
    refusing = installed(client, "5f5ffd")
    with pytest.raises(revert.Reverted, match="did not say why"):
        client.session.transact({"to": refusing})
