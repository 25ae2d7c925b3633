"""NumberRegistrar: commit, wait, reveal."""

from __future__ import annotations

import pytest

from tests.contracts.evm import Reverted, artefacts
from tests.contracts.suite import ETHER, NUMBER, SECRET, ZERO, Suite


def test_a_number_is_registered_after_a_minute(suite: Suite) -> None:
    price = suite.commit(NUMBER, suite.alice.address)
    result = suite.registrar.send(
        "register", NUMBER, suite.alice.address, SECRET, price, sender=suite.alice.address, value=price
    )
    assert result.event("Registered") == {
        "number": NUMBER,
        "owner": suite.alice.address,
        "price": price,
        "commitment": suite.registrar.read("makeCommitment", NUMBER, suite.alice.address, SECRET, price),
    }
    assert suite.registry.read("custodyOf", NUMBER) == (suite.alice.address, 1, 0)


@pytest.mark.parametrize(("wait", "error"), [(59, "CommitmentTooNew"), (86_401, "CommitmentExpired")])
def test_the_reveal_has_its_time(suite: Suite, wait: int, error: str) -> None:
    price = suite.commit(NUMBER, suite.alice.address)
    suite.chain.advance(wait - 60)
    with pytest.raises(Reverted, match=error):
        suite.registrar.send(
            "register", NUMBER, suite.alice.address, SECRET, price, sender=suite.alice.address, value=price
        )


@pytest.mark.parametrize("wait", [60, 86_400])
def test_the_ends_of_that_time_belong_to_it(suite: Suite, wait: int) -> None:
    price = suite.commit(NUMBER, suite.alice.address)
    suite.chain.advance(wait - 60)
    suite.registrar.send(
        "register", NUMBER, suite.alice.address, SECRET, price, sender=suite.bob.address, value=price
    )
    assert suite.registry.read("ownerOf", NUMBER) == suite.alice.address


def test_the_commitment_binds_all_that_is_revealed(suite: Suite) -> None:
    alice, bob = suite.alice.address, suite.bob.address
    price = suite.commit(NUMBER, alice)
    for number, owner, secret, ceiling in [
        (NUMBER + 1, alice, SECRET, price),
        (NUMBER, bob, SECRET, price),
        (NUMBER, alice, bytes(32), price),
        (NUMBER, alice, SECRET, price + 1),
    ]:
        with pytest.raises(Reverted, match="NotCommitted"):
            suite.registrar.send("register", number, owner, secret, ceiling, sender=bob, value=2 * ETHER)


def test_a_commitment_is_used_once(owned: Suite) -> None:
    price = owned.registrar.read("priceOf", NUMBER)
    with pytest.raises(Reverted, match="NotCommitted"):
        owned.registrar.send(
            "register", NUMBER, owned.alice.address, SECRET, price, sender=owned.alice.address, value=price
        )


def test_a_commitment_is_renewed_only_when_it_has_expired(suite: Suite) -> None:
    commitment = b"\1" * 32
    suite.registrar.send("commit", commitment, sender=suite.alice.address)
    made = suite.chain.now
    suite.chain.advance(86_400)
    with pytest.raises(Reverted) as refused:
        suite.registrar.send("commit", commitment, sender=suite.mallory.address)
    assert (refused.value.name, refused.value.values) == ("AlreadyCommitted", (commitment, made))
    suite.chain.advance(1)
    suite.registrar.send("commit", commitment, sender=suite.alice.address)
    assert suite.registrar.read("committedAt", commitment) == suite.chain.now


def test_what_is_paid_too_much_comes_back(suite: Suite) -> None:
    bob = suite.bob.address
    price = suite.commit(NUMBER, suite.alice.address)
    before = suite.chain.balance(bob)
    suite.registrar.send("register", NUMBER, suite.alice.address, SECRET, price, sender=bob, value=3 * ETHER)
    assert before - suite.chain.balance(bob) == price
    assert suite.chain.balance(suite.registrar.address) == price


def test_paying_too_little_is_refused(suite: Suite) -> None:
    alice = suite.alice.address
    price = suite.commit(NUMBER, alice)
    with pytest.raises(Reverted) as refused:
        suite.registrar.send("register", NUMBER, alice, SECRET, price, sender=alice, value=price - 1)
    assert (refused.value.name, refused.value.values) == ("Underpaid", (price, price - 1))


def test_a_price_that_rose_above_the_ceiling_is_refused(suite: Suite) -> None:
    alice = suite.alice.address
    price = suite.commit(NUMBER, alice)
    suite.registrar.send("setPrice", 7, price + 1, sender=suite.treasury.address)
    with pytest.raises(Reverted) as refused:
        suite.registrar.send("register", NUMBER, alice, SECRET, price, sender=alice, value=ETHER)
    assert (refused.value.name, refused.value.values) == ("PriceAboveCeiling", (price + 1, price))


@pytest.mark.parametrize(
    ("number", "ether"),
    [
        (10_000, 1), (99_999, 1), (100_000, 0.3), (999_999, 0.3), (1_000_000, 0.1), (10_000_000, 0.03),
        (100_000_000, 0.01), (999_999_999, 0.01), (10**9, 0.001), (10**15 - 1, 0.001),
    ],
)  # fmt: skip
def test_shorter_numbers_cost_more(suite: Suite, number: int, ether: float) -> None:
    assert suite.registrar.read("priceOf", number) == round(ether * ETHER)


@pytest.mark.parametrize("number", [0, 9_999, 10**15, 2**256 - 1])
def test_what_is_no_number_has_no_price(suite: Suite, number: int) -> None:
    with pytest.raises(Reverted, match="NotANumber"):
        suite.registrar.read("priceOf", number)


@pytest.mark.parametrize("digits", range(5, 11))
def test_the_treasury_sets_prices_up_to_the_cap(suite: Suite, digits: int) -> None:
    cap = suite.registrar.read("priceCap", digits)
    result = suite.registrar.send("setPrice", digits, cap, sender=suite.treasury.address)
    assert result.event("PriceChanged") == {"digits": digits, "price": cap}
    assert suite.registrar.read("priceOf", 10 ** (digits - 1)) == cap
    with pytest.raises(Reverted, match="PriceAboveCap"):
        suite.registrar.send("setPrice", digits, cap + 1, sender=suite.treasury.address)
    with pytest.raises(Reverted, match="NotTreasury"):
        suite.registrar.send("setPrice", digits, 0, sender=suite.alice.address)


@pytest.mark.parametrize("digits", [0, 4, 11, 255])
def test_there_is_no_price_for_other_lengths(suite: Suite, digits: int) -> None:
    with pytest.raises(Reverted, match="NoSuchPrice"):
        suite.registrar.send("setPrice", digits, 0, sender=suite.treasury.address)


def test_anyone_withdraws_to_the_treasury_and_nowhere_else(owned: Suite) -> None:
    income = owned.chain.balance(owned.registrar.address)
    before = owned.chain.balance(owned.treasury.address)
    result = owned.registrar.send("withdraw", sender=owned.mallory.address)
    assert result.event("Withdrawn") == {"to": owned.treasury.address, "amount": income}
    assert owned.chain.balance(owned.treasury.address) - before == income
    assert owned.chain.balance(owned.registrar.address) == 0


def test_the_treasury_hands_over_in_two_steps(suite: Suite) -> None:
    alice, treasury = suite.alice.address, suite.treasury.address
    with pytest.raises(Reverted, match="NotTreasury"):
        suite.registrar.send("proposeTreasury", alice, sender=alice)
    suite.registrar.send("proposeTreasury", alice, sender=treasury)
    assert suite.registrar.read("treasury") == treasury
    with pytest.raises(Reverted, match="NotPendingTreasury"):
        suite.registrar.send("acceptTreasury", sender=suite.mallory.address)
    suite.registrar.send("acceptTreasury", sender=alice)
    assert (suite.registrar.read("treasury"), suite.registrar.read("pendingTreasury")) == (alice, ZERO)
    with pytest.raises(Reverted, match="NotTreasury"):
        suite.registrar.send("setPrice", 5, 0, sender=treasury)


def test_a_registrar_without_a_treasury_is_not_made(suite: Suite) -> None:
    with pytest.raises(Reverted, match="ZeroTreasury"):
        suite.chain.deploy(
            artefacts()["NumberRegistrar"], suite.registry.address, ZERO, sender=suite.alice.address
        )


def test_a_new_registrar_tells_its_treasury_and_prices(suite: Suite) -> None:
    alice = suite.alice.address
    made = suite.chain.deploy(artefacts()["NumberRegistrar"], suite.registry.address, alice, sender=alice)
    treasury, *prices = made.created
    assert (treasury.name, treasury.args) == ("TreasuryChanged", {"previous": ZERO, "treasury": alice})
    assert [e.args for e in prices] == [
        {"digits": digits, "price": made.read("priceOf", 10 ** (digits - 1))} for digits in range(5, 11)
    ]


def test_a_commitment_is_told(suite: Suite) -> None:
    result = suite.registrar.send("commit", SECRET, sender=suite.alice.address)
    assert result.event("Committed") == {"commitment": SECRET}


def test_who_pays_exactly_is_paid_nothing_back(suite: Suite) -> None:
    payer = suite.helper("Reentrant")
    payer.send("setRefuses", True, sender=suite.alice.address)
    price = suite.commit(NUMBER, suite.alice.address)
    suite.chain.fund(payer.address, price + 1)
    data = suite.registrar.abi.calldata("register", NUMBER, suite.alice.address, SECRET, price)
    with pytest.raises(Reverted, match="RefundFailed"):
        payer.send("execute", suite.registrar.address, price + 1, data, sender=suite.alice.address)
    payer.send("execute", suite.registrar.address, price, data, sender=suite.alice.address)
    assert suite.registry.read("ownerOf", NUMBER) == suite.alice.address


def test_income_that_the_treasury_does_not_take_stays(owned: Suite) -> None:
    treasury = owned.helper("Reentrant")
    owned.registrar.send("proposeTreasury", treasury.address, sender=owned.treasury.address)
    accept = owned.registrar.abi.calldata("acceptTreasury")
    treasury.send("execute", owned.registrar.address, 0, accept, sender=owned.alice.address)
    treasury.send("setRefuses", True, sender=owned.alice.address)
    income = owned.chain.balance(owned.registrar.address)
    with pytest.raises(Reverted) as refused:
        owned.registrar.send("withdraw", sender=owned.alice.address)
    assert (refused.value.name, refused.value.values) == ("WithdrawalFailed", (treasury.address, income))
    assert owned.chain.balance(owned.registrar.address) == income


def test_the_handover_of_the_treasury_is_told(suite: Suite) -> None:
    alice, treasury = suite.alice.address, suite.treasury.address
    proposed = suite.registrar.send("proposeTreasury", alice, sender=treasury)
    assert proposed.event("TreasuryProposed") == {"treasury": alice}
    accepted = suite.registrar.send("acceptTreasury", sender=alice)
    assert accepted.event("TreasuryChanged") == {"previous": treasury, "treasury": alice}
