"""Buying a number that nobody holds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client, purchase
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.chain.errors import ClockStopped, NoAccount, NumberTaken, PriceTooHigh
from telsdk.number import Number
from tests.chain.actors import NUMBER, OTHER, buy, me

PRICE = Decimal("0.1")


class CutOff(Exception):
    """The machine is lost while it waits."""


def cut_off(_seconds: float) -> None:
    raise CutOff


def test_a_number_is_bought_for_its_price_and_the_gas(client: Client, chain: EmbeddedChain) -> None:
    before = client.balance()
    receipt = client.buy_number(NUMBER, wait=chain.advance_time)
    bought = receipt.event("Registered").args
    assert (bought["number"], bought["owner"], bought["price"]) == (NUMBER, me(client), 10**17)
    assert client.registry.custody(NUMBER).owner == me(client)
    assert PRICE < before - client.balance() < PRICE + Decimal("0.001")


def test_a_number_can_be_bought_for_another(client: Client, bob: Client, chain: EmbeddedChain) -> None:
    client.buy_number(NUMBER, owner=me(bob), wait=chain.advance_time)
    assert client.registry.custody(NUMBER).owner == me(bob)


def test_waiting_is_no_longer_than_it_must_be(client: Client, chain: EmbeddedChain) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        chain.advance_time(seconds)

    client.buy_number(NUMBER, wait=wait)
    assert 55 < sum(waits) <= 61


def test_a_purchase_cut_off_goes_on_with_nothing_but_the_key(client: Client, chain: EmbeddedChain) -> None:
    with pytest.raises(CutOff):
        client.buy_number(NUMBER, wait=cut_off)
    height = client.head().number
    elsewhere = client.as_account(chain.accounts[1])
    elsewhere.buy_number(NUMBER, wait=chain.advance_time)
    assert client.registry.custody(NUMBER).owner == me(client)
    # One block for the time that passed, one for the reveal; no second commitment.
    assert client.head().number == height + 2


def test_a_purchase_left_too_long_begins_anew(client: Client, chain: EmbeddedChain) -> None:
    with pytest.raises(CutOff):
        client.buy_number(NUMBER, wait=cut_off)
    chain.advance_time(client.registrar.max_commit_age() * 2)
    client.buy_number(NUMBER, wait=chain.advance_time)
    assert client.registry.custody(NUMBER).owner == me(client)


def test_who_sees_the_commitment_cannot_tell_the_number(client: Client, bob: Client) -> None:
    secrets = {
        purchase.secret(user.domain, user.session.signer(), number, owner)
        for user in (client, bob)
        for number in (NUMBER, OTHER)
        for owner in (me(client), me(bob))
    }
    assert len(secrets) == 8
    assert all(len(secret) == 32 for secret in secrets)


def test_a_held_number_is_refused_before_anything_is_sent(alice: Client, bob: Client) -> None:
    height = alice.head().number
    with pytest.raises(NumberTaken, match=f"5551234 is held by {me(alice)}"):
        bob.buy_number(NUMBER, wait=cut_off)
    assert alice.head().number == height


def test_a_price_above_the_allowed_is_refused_before_anything_is_sent(client: Client) -> None:
    height = client.head().number
    with pytest.raises(PriceTooHigh, match=r"5551234 costs 0\.1 ether, more than 0\.05"):
        client.buy_number(NUMBER, max_price=Decimal("0.05"), wait=cut_off)
    assert client.head().number == height


def test_a_price_that_rises_meanwhile_is_paid_up_to_the_allowed(client: Client, chain: EmbeddedChain) -> None:
    treasury = client.as_account(chain.accounts[0])

    def wait(seconds: float) -> None:
        treasury.registrar.set_price(7, PRICE * 2)
        chain.advance_time(seconds)

    with pytest.raises(revert.PriceAboveCeiling, match=r"costs 0\.2 ether, and 0\.1 were allowed"):
        client.buy_number(NUMBER, wait=wait)
    treasury.registrar.set_price(7, PRICE)
    receipt = client.buy_number(NUMBER, max_price=PRICE * 3, wait=wait)
    assert receipt.event("Registered").args["price"] == 2 * 10**17


def test_who_was_slower_is_told(client: Client, bob: Client, chain: EmbeddedChain) -> None:
    def somebody_is_quicker(seconds: float) -> None:
        chain.advance_time(seconds)
        buy(bob, chain)

    with pytest.raises(revert.ERC721InvalidSender, match="somebody holds this number"):
        client.buy_number(NUMBER, wait=somebody_is_quicker)


def test_a_chain_that_stands_still_is_not_waited_for_for_ever(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchase, "_LOOKS", 3)
    with pytest.raises(ClockStopped, match="clock does not get on"):
        client.buy_number(NUMBER, wait=lambda _seconds: None)


def test_nobody_buys_without_an_account(client: Client) -> None:
    with pytest.raises(NoAccount, match="connect with account="):
        client.as_account(None).buy_number(Number(5550000))
