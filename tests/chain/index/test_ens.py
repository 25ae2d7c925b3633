"""On a chain with ENS, names end when ENS says so, though no contract of ours does."""

from __future__ import annotations

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import RpcUnreachable
from telsdk.chain.index import ChainIndex, ens
from telsdk.chain.index.ens import NameWatch, asks_ens
from telsdk.chain.rollout import deploy
from telsdk.name import Name
from tests.chain.actors import NUMBER, OTHER, buy, installed, me

# Answers every call of 36 bytes (such as owner(bytes32)) with its one word; 32 bytes change that word.
ONE_OWNER_OF_ALL = "36602014600f575f545f5260205ff35b5f355f5500"
NAME = Name("alice.eth")


class Ens:
    """An ENS in which all names belong to one account."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.address = installed(client, ONE_OWNER_OF_ALL)

    def give(self, account: str) -> None:
        word = bytes.fromhex(account[2:]).rjust(32, b"\0")
        self._client.session.transact({"to": self.address, "data": word})


@pytest.fixture
def registry(client: Client) -> Ens:
    return Ens(client)


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain, registry: Ens) -> Client:
    """She holds 5551234 on a deployment that asks ENS."""
    made = deploy(chain.w3, chain.accounts[0], name="with-ens", ens=registry.address)
    alice = Client(chain.w3, made, client.account)
    buy(alice, chain)
    return alice


def test_who_does_not_own_a_name_in_ens_cannot_claim_it(alice: Client, bob: Client, registry: Ens) -> None:
    registry.give(me(bob))
    with pytest.raises(revert.NotEnsOwner, match=f"alice.eth belongs to {me(bob)} in ENS"):
        alice.alias.claim(NAME, NUMBER)


def test_a_name_sold_in_ens_stands_for_the_number_no_longer(
    alice: Client, bob: Client, registry: Ens
) -> None:
    registry.give(me(alice))
    alice.alias.claim(NAME, NUMBER)
    with ChainIndex(alice) as index:
        index.load()
        assert index.resolve(NAME) == NUMBER
        registry.give(me(bob))
        assert index.poll() == {NUMBER}
        assert index.resolve(NAME) is None
        facts = index.number(NUMBER)
        assert facts is not None
        assert facts.name is None
        registry.give(me(alice))
        assert index.poll() == {NUMBER}
        assert index.resolve(NAME) == NUMBER


def test_a_new_index_does_not_believe_an_old_claim(alice: Client, bob: Client, registry: Ens) -> None:
    registry.give(me(alice))
    alice.alias.claim(NAME, NUMBER)
    registry.give(me(bob))
    with ChainIndex(alice) as index:
        index.load()
        assert index.resolve(NAME) is None


def test_a_name_that_cannot_be_asked_after_costs_no_event(
    alice: Client, registry: Ens, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.give(me(alice))
    with ChainIndex(alice) as index:
        index.load()
        alice.alias.claim(NAME, NUMBER)

        def down(_number: int, _block: int) -> bool:
            raise RpcUnreachable("down")

        monkeypatch.setattr(alice, "name_stands", down)
        assert index.poll() == {NUMBER}
        assert index.resolve(NAME) == NUMBER


def test_only_a_deployment_with_ens_asks_it(client: Client, alice: Client) -> None:
    assert asks_ens(alice.deployment)
    assert not asks_ens(client.deployment)


def test_all_names_come_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ens, "LOOKS", 3)
    numbers = list(range(10_000, 10_007))
    asked: list[int] = []

    def stands(number: int, block: int) -> bool:
        asked.append(number)
        return number != OTHER and block > 0

    watch = NameWatch(lambda after, limit: [n for n in numbers if n > after][:limit])
    assert watch.look(stands, [OTHER], 1) == {OTHER}
    for _ in range(2):
        watch.look(stands, [], 1)
    assert set(asked) == {*numbers, OTHER}
    watch.look(stands, [], 1)
    assert asked[-3:] == numbers[:3]
    assert watch.disowned == {OTHER}
