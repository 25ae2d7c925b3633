"""Questions that go across contracts."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from telsdk.chain.client import Client, Lookup
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import NotDeployed, OldDeployment, RpcError, SeveralNumbers, WrongNetwork
from telsdk.chain.interface import ChainEvent
from telsdk.errors import NotFound
from telsdk.freshness import utc
from telsdk.name import Name, NameFormatError
from telsdk.number import NumberError
from telsdk.records import Credential, Update
from tests.chain.actors import NUMBER, OTHER, PIN, buy, me

HASH, DIGEST = b"\x0a" * 32, b"\x0b" * 32


def test_a_new_number_has_an_owner_and_nothing_else(alice: Client) -> None:
    found = alice.lookup("5551234")
    assert found == Lookup(
        *(NUMBER, None, me(alice), 1, 0, None),
        chain_id=alice.domain.chain_id,
        block=alice.head().number,
        time=alice.head().timestamp,
        stale=False,
    )


def test_number_name_and_account_lead_to_the_same(alice: Client) -> None:
    alice.alias.claim(Name("alice.tel"), NUMBER)
    assert alice.lookup("5551234") == alice.lookup("alice.tel") == alice.lookup(me(alice))
    assert alice.lookup(me(alice).lower()).name == "alice.tel"


def test_a_lookup_has_the_promised_json_keys(alice: Client) -> None:
    alice.alias.claim(Name("alice.tel"), NUMBER)
    for _ in range(3):
        alice.hubs.add_hub("sip:192.0.2.1:5061;transport=tls", PIN)
    alice.records.set_many(NUMBER, Update(credential=Credential(HASH, 1), hub=3, backup=(None, DIGEST)))
    alice.market.list(NUMBER, Decimal("1.50"))
    found = json.loads(json.dumps(alice.lookup("alice.tel").to_dict()))
    assert found == {
        "number": 5551234,
        "name": "alice.tel",
        "owner": me(alice),
        "epoch": 1,
        "credential": "0x" + "0a" * 32,
        "hub": 3,
        "backup": "0x" + "0b" * 32,
        "answers_verified": False,
        "listing": "1.5",
        "chain_id": alice.domain.chain_id,
        "block": alice.head().number,
        "as_of": utc(alice.head().timestamp),
        "stale": False,
    }


@pytest.mark.parametrize("address", ["5559876", "carol.tel", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"])
def test_what_is_held_by_nobody_is_not_found(client: Client, address: str) -> None:
    with pytest.raises(NotFound, match=address.removesuffix(".eth")):
        client.lookup(address)


@pytest.mark.parametrize(
    ("address", "error"), [("1234", NumberError), ("carol", NameFormatError), ("0x1234", NameFormatError)]
)
def test_what_is_no_address_is_refused(client: Client, address: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        client.lookup(address)


def test_an_account_with_several_numbers_stands_for_none_of_them(alice: Client, chain: EmbeddedChain) -> None:
    buy(alice, chain, OTHER)
    with pytest.raises(SeveralNumbers, match="look one of them up: 5551234, 5559876") as caught:
        alice.lookup(me(alice))
    assert caught.value.numbers == alice.numbers_of(me(alice)) == (NUMBER, OTHER)


def test_numbers_given_away_are_not_counted(alice: Client, bob: Client, chain: EmbeddedChain) -> None:
    buy(alice, chain, OTHER)
    alice.registry.transfer(NUMBER, me(bob))
    assert alice.numbers_of(me(alice)) == (OTHER,)
    assert alice.numbers_of(me(bob)) == (NUMBER,)


def test_an_rpc_that_bears_few_blocks_at_once_is_asked_for_fewer(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = alice.logs.ask
    asked: list[int] = []

    def ask_for_few(query: dict[str, object]) -> list[ChainEvent]:
        blocks = int(str(query["toBlock"])) - int(str(query["fromBlock"])) + 1
        if blocks > 3:
            raise RpcError("too many blocks")
        asked.append(blocks)
        return ask(query)  # type: ignore[arg-type]

    monkeypatch.setattr(alice.logs, "ask", ask_for_few)
    assert alice.numbers_of(me(alice)) == (NUMBER,)
    assert sum(asked) == alice.head().number - alice.deployment.block + 1


def test_the_deployment_is_found_where_it_should_be(client: Client) -> None:
    client.check()


def test_another_chain_is_named(client: Client, chain: EmbeddedChain) -> None:
    other = Client(chain.w3, replace(client.deployment, chain_id=5))
    with pytest.raises(WrongNetwork, match=r"and network local is on chain 5: give another"):
        other.check()


def test_a_contract_that_is_not_there_is_named(client: Client, chain: EmbeddedChain) -> None:
    addresses = {**client.deployment.addresses, "NumberRegistry": me(client)}
    other = Client(chain.w3, replace(client.deployment, addresses=addresses))
    with pytest.raises(NotDeployed, match="there is no NumberRegistry at"):
        other.check()


def test_contracts_of_an_earlier_edition_are_refused_with_words(client: Client, chain: EmbeddedChain) -> None:
    """The market stands for any contract without the getters that came later."""
    addresses = {**client.deployment.addresses, "NumberRecords": client.market.address}
    other = Client(chain.w3, replace(client.deployment, addresses=addresses))
    with pytest.raises(OldDeployment, match=r"network local are of an earlier edition.*Deploy anew"):
        other.check()


def test_a_block_that_is_not_there_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound, match="no block 1000000"):
        client.head(1_000_000)
