"""Attacks on names: on what ENS says of them, and on what people take them for."""

from __future__ import annotations

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.index import ChainIndex
from telsdk.chain.rollout import deploy
from telsdk.name import Name, NameFormatError, NameKindError
from telsdk.number import Number
from tests.chain.actors import NUMBER, OTHER, buy, me
from tests.chain.ensworld import Ens

NAME = Name("alice.eth")


@pytest.fixture
def ens(client: Client) -> Ens:
    return Ens(client)


@pytest.fixture
def seller(client: Client, chain: EmbeddedChain, ens: Ens) -> Client:
    """She holds NUMBER, called alice.eth, on a chain with ENS."""
    made = deploy(chain.w3, chain.accounts[0], name="with-ens", ens=ens.addresses)
    seller = Client(chain.w3, made, client.account)
    buy(seller, chain)
    ens.give(me(seller), NAME)
    seller.alias.claim(NAME, NUMBER)
    return seller


def test_who_sold_a_name_in_ens_neither_keeps_nor_claims_it(
    seller: Client, chain: EmbeddedChain, ens: Ens
) -> None:
    buyer = seller.as_account(chain.accounts[2])
    buy(buyer, chain, OTHER)
    ens.give(me(buyer), NAME)
    assert seller.alias.number_of(NAME) is None
    seller.alias.release(NUMBER)
    with pytest.raises(revert.NotEnsOwner):
        seller.alias.claim(NAME, NUMBER)
    buyer.alias.claim(NAME, OTHER)
    with ChainIndex(buyer) as index:
        index.load()
        assert index.resolve(NAME) == OTHER


@pytest.mark.parametrize("label", ["5559876", "555-9876"])
def test_a_name_that_looks_like_anothers_number_is_nobodys(
    client: Client, chain: EmbeddedChain, label: str
) -> None:
    buy(client, chain)
    with pytest.raises(NameFormatError, match="looks like a number"):
        client.alias.claim(label + ".tel", NUMBER)  # type: ignore[arg-type]
    # Nor by a program that does not ask the SDK.
    with pytest.raises(revert.InvalidLabel):
        client.alias.write("claim", label, NUMBER)
    assert client.registry.custody(NUMBER).owner == me(client)


def test_without_ens_a_first_comer_gets_no_name_in_eth(client: Client, chain: EmbeddedChain) -> None:
    buy(client, chain)
    with pytest.raises(NameKindError, match="there is no ENS here"):
        client.alias.claim(Name("vitalik.eth"), NUMBER)
    client.alias.write("claim", "vitalik", NUMBER)
    assert client.alias.name_of(Number(NUMBER)) == "vitalik.tel"
    with ChainIndex(client) as index:
        index.load()
        with pytest.raises(NameKindError):
            index.resolve(Name("vitalik.eth"))
