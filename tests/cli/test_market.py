"""`telsdk market`: a round trip, and what is refused on the way."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.number import Number
from tests.cli.chainrpc import ChainRpc
from tests.cli.command import run

NUMBER = Number(5551234)
Keystores = dict[str, Path]


@pytest.fixture
def alice(client: Client, chain: EmbeddedChain) -> Client:
    """Alice, who holds NUMBER."""
    client.buy_number(NUMBER, wait=chain.advance_time)
    return client


def test_a_number_is_listed_bought_and_paid_for(
    rpc: ChainRpc, alice: Client, chain: EmbeddedChain, keystores: Keystores
) -> None:
    seller, buyer = (("--account", keystores[name], "--json") for name in ("alice", "bob"))
    assert run("market", "list", NUMBER, "0.50", *seller).json["listing"] == "0.5"
    assert run("lookup", NUMBER, "--json").json["listing"] == "0.5"
    bought = run("market", "buy", NUMBER, "--yes", *buyer).json
    assert (bought["owner"], bought["paid"]) == (chain.accounts[2].address, "0.5")
    assert run("lookup", NUMBER, "--json").json["owner"] == chain.accounts[2].address
    assert run("market", "withdraw", *seller).json["withdrawn"] == "0.5"
    again = run("market", "withdraw", *seller)
    assert (again.code, again.err) == (1, f"error: nothing is owed to {chain.accounts[1].address}\n")


def test_an_offer_can_be_taken_back(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    alice.market.list(NUMBER, Decimal(1))
    assert run("market", "cancel", NUMBER, "--account", keystores["alice"]).code == 0
    assert alice.market.offer(NUMBER) is None
    ran = run("market", "buy", NUMBER, "--account", keystores["bob"], "--yes")
    assert (ran.code, ran.err.startswith(f"error: {NUMBER} is not for sale")) == (1, True)


def test_another_cannot_sell_it(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    ran = run("market", "list", NUMBER, "1", "--account", keystores["bob"])
    assert (ran.code, ran.err.count("\n"), alice.market.offer(NUMBER)) == (1, 1, None)


def test_the_price_is_asked_about_before_it_is_paid(
    rpc: ChainRpc, alice: Client, keystores: Keystores
) -> None:
    alice.market.list(NUMBER, Decimal("1.5"))
    ran = run("market", "buy", NUMBER, "--account", keystores["bob"], typed="n\n")
    seller = alice.session.signer().address
    assert ran.code == 1
    assert f"{NUMBER} costs 1.5 ether and gas, sold by {seller}. Buy it?" in ran.err
    assert alice.market.offer(NUMBER) is not None


def test_no_more_is_paid_than_was_allowed(rpc: ChainRpc, alice: Client, keystores: Keystores) -> None:
    alice.market.list(NUMBER, Decimal(2))
    ran = run("market", "buy", NUMBER, "--max-price", "1.9", "--yes", "--account", keystores["bob"])
    assert (ran.code, ran.err) == (1, f"error: {NUMBER} costs 2 ether, more than 1.9: allow more\n")


@pytest.mark.parametrize("price", ["free", "1e-19"])
def test_a_price_is_an_amount_of_ether(price: str, keystores: Keystores) -> None:
    assert run("market", "list", NUMBER, price, "--account", keystores["alice"]).code == 2
