"""NumberRegistrar as the SDK shows it; the purchase as a whole is in test_purchase."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.units import moment
from telsdk.number import Number, NumberError
from tests.chain.actors import NUMBER, me

SECRET = b"\x05" * 32
PRICE = Decimal("0.1")


@pytest.fixture
def treasury(client: Client, chain: EmbeddedChain) -> Client:
    return client.as_account(chain.accounts[0])


def test_short_numbers_cost_more(client: Client) -> None:
    prices = [client.registrar.price(Number(10**digits)) for digits in range(4, 15)]
    assert prices == sorted(prices, reverse=True)
    assert prices[2] == PRICE


def test_a_price_of_no_number_is_refused(client: Client) -> None:
    with pytest.raises(NumberError, match="1234 is not a number"):
        client.registrar.read("priceOf", 1234)


def test_what_was_committed_to_is_revealed_a_minute_later(client: Client, chain: EmbeddedChain) -> None:
    commitment = client.registrar.commitment(NUMBER, me(client), SECRET, PRICE)
    assert client.registrar.committed_at(commitment) is None
    receipt = client.registrar.commit(commitment)
    assert client.registrar.committed_at(commitment) == moment(client.head(receipt.block).timestamp)
    with pytest.raises(revert.CommitmentTooNew, match="reveal at"):
        client.registrar.register(NUMBER, me(client), SECRET, PRICE)
    chain.advance_time(client.registrar.min_commit_age())
    receipt = client.registrar.register(NUMBER, me(client), SECRET, PRICE)
    assert receipt.event("Registered").args["owner"] == me(client)


def test_what_nobody_committed_to_is_refused(client: Client) -> None:
    with pytest.raises(revert.NotCommitted):
        client.registrar.register(NUMBER, me(client), SECRET, PRICE)


def test_a_commitment_expires(client: Client, chain: EmbeddedChain) -> None:
    client.registrar.commit(client.registrar.commitment(NUMBER, me(client), SECRET, PRICE))
    chain.advance_time(client.registrar.max_commit_age() + timedelta(seconds=10))
    with pytest.raises(revert.CommitmentExpired, match="commit again"):
        client.registrar.register(NUMBER, me(client), SECRET, PRICE)


def test_the_treasury_sets_prices_up_to_the_cap_of_the_code(client: Client, treasury: Client) -> None:
    cap = client.registrar.price_cap(7)
    treasury.registrar.set_price(7, cap)
    assert client.registrar.price(NUMBER) == cap
    with pytest.raises(revert.PriceAboveCap, match="the code allows up to 1"):
        treasury.registrar.set_price(7, cap + 1)
    with pytest.raises(revert.NotTreasury):
        client.registrar.set_price(7, Decimal(0))


def test_the_income_goes_to_the_treasury(alice: Client, treasury: Client) -> None:
    before = alice.balance(me(treasury))
    alice.registrar.withdraw()
    assert alice.balance(me(treasury)) - before == PRICE


def test_the_office_of_treasury_is_offered_and_taken(client: Client, treasury: Client) -> None:
    treasury.registrar.propose_treasury(me(client))
    assert client.registrar.treasury() == me(treasury)
    client.registrar.accept_treasury()
    assert client.registrar.treasury() == me(client)
