"""Attacks by name: what others got wrong, tried here. Each must fail and leave all as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.evm import Contract, Reverted, artefacts
from tests.contracts.suite import ETHER, NO_RECORDS, NUMBER, SECRET, SET_ALL, ZERO, Suite, told

BOND = ETHER // 10
_SAFELY = "safeTransferFrom(address,address,uint256)"


def _hostile(s: Suite) -> Contract:
    """A rich contract that calls again when it is paid."""
    attacker = s.helper("Reentrant")
    s.chain.fund(attacker.address, 100 * ETHER)
    return attacker


def _through(attacker: Contract, target: Contract, function: str, *args: Any, value: int = 0) -> None:
    """`attacker` calls `target`."""
    data = target.abi.calldata(function, *args)
    sender = "0x" + "77" * 20
    attacker.send("execute", target.address, value, data, sender=sender)


def _arm(attacker: Contract, target: Contract, function: str, *args: Any, value: int = 0) -> None:
    data = target.abi.calldata(function, *args)
    attacker.send("arm", target.address, value, data, sender="0x" + "77" * 20)


def _hub_signature(s: Suite, **other: Any) -> tuple[int, bytes]:
    """Alice's signature that makes 7 her hub."""
    values = {"number": NUMBER, "epoch": 1, "hubId": 7, "nonce": 0, "deadline": s.chain.now + 1000}
    chain = {"chain_id": other.pop("chain_id")} if "chain_id" in other else {}
    return s.chain.now + 1000, s.sign(s.alice, "SetHub", values | other, **chain)


class TestCommitment:
    def test_a_copied_commitment_gets_the_copier_nothing(self, suite: Suite) -> None:
        alice, mallory = suite.alice.address, suite.mallory.address
        price = suite.registrar.read("priceOf", NUMBER)
        commitment = suite.registrar.read("makeCommitment", NUMBER, alice, SECRET, price)
        # Mallory sees it in the pool and is first; Alice's own is then refused, and no loss.
        suite.registrar.send("commit", commitment, sender=mallory)
        with pytest.raises(Reverted, match="AlreadyCommitted"):
            suite.registrar.send("commit", commitment, sender=alice)
        suite.chain.advance(60)
        # She copies the reveal too.
        suite.registrar.send("register", NUMBER, alice, SECRET, price, sender=mallory, value=price)
        assert suite.registry.read("ownerOf", NUMBER) == alice

    def test_who_sees_the_reveal_is_too_late(self, suite: Suite) -> None:
        alice, mallory = suite.alice.address, suite.mallory.address
        price = suite.commit(NUMBER, alice)
        with pytest.raises(Reverted, match="NotCommitted"):
            suite.registrar.send("register", NUMBER, mallory, SECRET, price, sender=mallory, value=price)
        commitment = suite.registrar.read("makeCommitment", NUMBER, mallory, SECRET, price)
        suite.registrar.send("commit", commitment, sender=mallory)
        with pytest.raises(Reverted, match="CommitmentTooNew"):
            suite.registrar.send("register", NUMBER, mallory, SECRET, price, sender=mallory, value=price)
        suite.registrar.send("register", NUMBER, alice, SECRET, price, sender=alice, value=price)

    def test_committing_again_does_not_make_the_owner_wait_again(self, suite: Suite) -> None:
        alice, mallory = suite.alice.address, suite.mallory.address
        price = suite.commit(NUMBER, alice)
        commitment = suite.registrar.read("makeCommitment", NUMBER, alice, SECRET, price)
        with pytest.raises(Reverted, match="AlreadyCommitted"):
            suite.registrar.send("commit", commitment, sender=mallory)

    def test_a_commitment_for_another_registrar_is_worth_nothing(self, suite: Suite) -> None:
        second = suite.chain.deploy(
            artefacts()["NumberRegistrar"],
            suite.registry.address,
            suite.alice.address,
            sender=suite.alice.address,
        )
        values = (NUMBER, suite.alice.address, SECRET, ETHER)
        assert second.read("makeCommitment", *values) != suite.registrar.read("makeCommitment", *values)


class TestAfterTheSale:
    def test_a_trapdoor_left_in_the_records_is_void(self, owned: Suite) -> None:
        alice, bob = owned.alice.address, owned.bob.address
        owned.records.send("setMany", NUMBER, SET_ALL, sender=alice)
        owned.registry.send("setApprovalForAll", owned.mallory.address, True, sender=alice)
        owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice)
        assert owned.records.read("recordsOf", NUMBER) == NO_RECORDS
        # Nor do they come back with the number.
        owned.registry.send("transferFrom", bob, alice, NUMBER, sender=bob)
        assert owned.records.read("recordsOf", NUMBER) == NO_RECORDS

    def test_a_signature_from_before_is_void(self, owned: Suite) -> None:
        alice, bob = owned.alice.address, owned.bob.address
        deadline, signature = _hub_signature(owned)
        owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice)
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.records.send("setHubFor", NUMBER, 7, deadline, signature, sender=alice)
        # Even when Alice has it back: the epoch is another.
        owned.registry.send("transferFrom", bob, alice, NUMBER, sender=bob)
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.records.send("setHubFor", NUMBER, 7, deadline, signature, sender=alice)

    def test_records_cannot_be_smuggled_past_the_buyer_by_a_move(self, owned: Suite) -> None:
        owned.records.send("setMany", NUMBER, SET_ALL, sender=owned.alice.address)
        values = {
            "number": NUMBER,
            "from": owned.alice.address,
            "to": owned.bob.address,
            "epoch": 1,
            "nonce": 0,
            "deadline": owned.chain.now,
        }
        forged = owned.sign(owned.alice, "Move", values)
        with pytest.raises(Reverted) as refused:
            owned.registry.send(
                "moveTo", NUMBER, owned.bob.address, owned.chain.now, forged, sender=owned.alice.address
            )
        assert (refused.value.name, refused.value.values[0]) == ("InvalidSignature", owned.bob.address)

    def test_a_consent_to_a_move_serves_once(self, owned: Suite) -> None:
        deadline = owned.chain.now
        values = {
            "number": NUMBER,
            "from": owned.alice.address,
            "to": owned.bob.address,
            "epoch": 1,
            "nonce": 0,
            "deadline": deadline,
        }
        signature = owned.sign(owned.bob, "Move", values)
        call = ("moveTo", NUMBER, owned.bob.address, deadline, signature)
        owned.registry.send(*call, sender=owned.alice.address)
        owned.move(owned.bob, owned.alice)
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.registry.send(*call, sender=owned.alice.address)

    def test_a_withdrawn_consent_is_void(self, owned: Suite) -> None:
        deadline = owned.chain.now
        values = {
            "number": NUMBER,
            "from": owned.alice.address,
            "to": owned.bob.address,
            "epoch": 1,
            "nonce": 0,
            "deadline": deadline,
        }
        signature = owned.sign(owned.bob, "Move", values)
        owned.registry.send("cancelNonce", sender=owned.bob.address)
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.registry.send(
                "moveTo", NUMBER, owned.bob.address, deadline, signature, sender=owned.alice.address
            )


class TestReplayedSignature:
    @pytest.mark.parametrize(
        "other",
        [{"chain_id": 1}, {"epoch": 2}, {"nonce": 1}, {"number": NUMBER + 1}, {"hubId": 8}, {"deadline": 0}],
        ids=lambda o: next(iter(o)),
    )
    def test_made_for_something_else(self, owned: Suite, other: dict[str, Any]) -> None:
        deadline, signature = _hub_signature(owned, **other)
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.records.send("setHubFor", NUMBER, 7, deadline, signature, sender=owned.mallory.address)

    def test_made_for_another_registry(self, owned: Suite) -> None:
        alice = owned.alice.address
        foreign = owned.chain.deploy(artefacts()["NumberRegistry"], alice, sender=alice)
        deadline, signature = _hub_signature(replace(owned, registry=foreign))
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.records.send("setHubFor", NUMBER, 7, deadline, signature, sender=owned.bob.address)

    def test_after_it_was_cancelled(self, owned: Suite) -> None:
        deadline, signature = _hub_signature(owned)
        owned.records.send("cancelNonce", sender=owned.alice.address)
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.records.send("setHubFor", NUMBER, 7, deadline, signature, sender=owned.mallory.address)

    def test_in_its_malleable_twin(self, owned: Suite) -> None:
        deadline, signature = _hub_signature(owned)
        order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
        high_s = (order - int.from_bytes(signature[32:64])).to_bytes(32)
        twin = signature[:32] + high_s + bytes([55 - signature[64]])
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.records.send("setHubFor", NUMBER, 7, deadline, twin, sender=owned.mallory.address)

    @pytest.mark.parametrize("length", [0, 1, 64, 66, 1000])
    def test_of_another_length(self, owned: Suite, length: int) -> None:
        with pytest.raises(Reverted, match="InvalidSignature"):
            owned.records.send(
                "setHubFor", NUMBER, 7, owned.chain.now, b"\1" * length, sender=owned.mallory.address
            )


class TestListing:
    def _dead(self, s: Suite, fingerprint: bytes) -> None:
        assert s.market.read("listing", NUMBER)[1] is False
        for seen in (fingerprint, s.fingerprint()):
            with pytest.raises(Reverted, match="NotListed"):
                s.market.send("buy", NUMBER, ETHER, seen, sender=s.mallory.address, value=ETHER)

    def test_a_stale_listing_cannot_be_bought_after_a_transfer(self, owned: Suite) -> None:
        alice, bob = owned.alice.address, owned.bob.address
        fingerprint = owned.list(alice)
        owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice)
        owned.registry.send("approve", owned.market.address, NUMBER, sender=bob)
        self._dead(owned, fingerprint)

    def test_nor_when_the_seller_has_the_number_back(self, owned: Suite) -> None:
        alice, bob = owned.alice.address, owned.bob.address
        owned.registry.send("setApprovalForAll", owned.market.address, True, sender=alice)
        owned.market.send("list", NUMBER, ETHER, sender=alice)
        fingerprint = owned.fingerprint()
        owned.registry.send("transferFrom", alice, bob, NUMBER, sender=alice)
        owned.registry.send("transferFrom", bob, alice, NUMBER, sender=bob)
        self._dead(owned, fingerprint)

    def test_nor_revived_by_moving_there_and_back(self, owned: Suite) -> None:
        alice = owned.alice.address
        owned.registry.send("setApprovalForAll", owned.market.address, True, sender=alice)
        owned.market.send("list", NUMBER, ETHER, sender=alice)
        fingerprint = owned.fingerprint()
        owned.move(owned.alice, owned.bob)
        self._dead(owned, fingerprint)
        owned.move(owned.bob, owned.alice)
        assert owned.registry.read("epochOf", NUMBER) == 1
        self._dead(owned, fingerprint)

    def test_nor_revived_by_approving_the_market_again(self, owned: Suite) -> None:
        alice, market = owned.alice.address, owned.market.address
        fingerprint = owned.list(alice)
        owned.registry.send("approve", ZERO, NUMBER, sender=alice)
        owned.registry.send("approve", market, NUMBER, sender=alice)
        self._dead(owned, fingerprint)

    def test_nor_revived_by_approving_the_market_for_all_again(self, owned: Suite) -> None:
        alice, market = owned.alice.address, owned.market.address
        owned.registry.send("setApprovalForAll", market, True, sender=alice)
        owned.market.send("list", NUMBER, ETHER, sender=alice)
        fingerprint = owned.fingerprint()
        owned.registry.send("setApprovalForAll", market, False, sender=alice)
        owned.registry.send("setApprovalForAll", market, True, sender=alice)
        self._dead(owned, fingerprint)

    def test_a_number_drained_just_before_the_sale_is_not_sold(self, owned: Suite) -> None:
        alice, bob = owned.alice.address, owned.bob.address
        owned.names.send("claim", "alice", NUMBER, sender=alice)
        seen = owned.list(alice)
        owned.names.send("release", NUMBER, sender=alice)
        with pytest.raises(Reverted) as refused:
            owned.market.send("buy", NUMBER, ETHER, seen, sender=bob, value=ETHER)
        assert refused.value.values == (NUMBER, owned.fingerprint(), seen)
        assert owned.chain.balance(owned.market.address) == 0

    def test_a_number_drained_by_an_operator_before_the_sale_is_not_sold(self, owned: Suite) -> None:
        alice, mallory = owned.alice.address, owned.mallory.address
        owned.registry.send("setApprovalForAll", mallory, True, sender=alice)
        seen = owned.list(alice)
        owned.registry.send("transferFrom", alice, mallory, NUMBER, sender=mallory)
        self._dead(owned, seen)

    def test_a_raised_price_is_not_paid(self, owned: Suite) -> None:
        seen = owned.list(owned.alice.address)
        owned.market.send("list", NUMBER, 2 * ETHER, sender=owned.alice.address)
        with pytest.raises(Reverted, match="PriceDiffers"):
            owned.market.send("buy", NUMBER, ETHER, seen, sender=owned.bob.address, value=ETHER)


class TestReentrancy:
    def test_in_the_markets_withdraw(self, owned: Suite) -> None:
        attacker = _hostile(owned)
        owned.registry.send(
            "transferFrom", owned.alice.address, attacker.address, NUMBER, sender=owned.alice.address
        )
        _through(attacker, owned.registry, "approve", owned.market.address, NUMBER)
        _through(attacker, owned.market, "list", NUMBER, ETHER)
        seen = owned.fingerprint()
        owned.market.send("buy", NUMBER, ETHER, seen, sender=owned.bob.address, value=ETHER)
        # Somebody else's money lies there too.
        again = owned.list(owned.bob.address)
        owned.market.send("buy", NUMBER, ETHER, again, sender=owned.alice.address, value=ETHER)
        _arm(attacker, owned.market, "withdraw")
        _through(attacker, owned.market, "withdraw")
        assert (attacker.read("tries"), attacker.read("successes")) == (1, 0)
        assert (
            owned.chain.balance(owned.market.address) == ETHER == owned.market.read("owed", owned.bob.address)
        )

    def test_in_the_refund_of_a_registration(self, suite: Suite) -> None:
        attacker = _hostile(suite)
        price = suite.commit(NUMBER, suite.alice.address)
        reveal = (NUMBER, suite.alice.address, SECRET, price)
        _arm(attacker, suite.registrar, "register", *reveal, value=price)
        before = suite.chain.balance(attacker.address)
        _through(attacker, suite.registrar, "register", *reveal, value=2 * price)
        assert (attacker.read("tries"), attacker.read("successes")) == (1, 0)
        assert before - suite.chain.balance(attacker.address) == price
        assert suite.registry.read("balanceOf", suite.alice.address) == 1

    def test_of_withdraw_in_that_refund_takes_nothing_of_it(self, suite: Suite) -> None:
        attacker = _hostile(suite)
        price = suite.commit(NUMBER, suite.alice.address)
        before = suite.chain.balance(attacker.address), suite.chain.balance(suite.treasury.address)
        _arm(attacker, suite.registrar, "withdraw")
        _through(
            attacker, suite.registrar, "register", NUMBER, suite.alice.address, SECRET, price, value=3 * price
        )
        assert attacker.read("successes") == 1
        assert before[0] - suite.chain.balance(attacker.address) == price
        assert suite.chain.balance(suite.treasury.address) - before[1] == price

    def test_in_the_withdrawal_to_the_treasury(self, owned: Suite) -> None:
        attacker = _hostile(owned)
        owned.registrar.send("proposeTreasury", attacker.address, sender=owned.treasury.address)
        _through(attacker, owned.registrar, "acceptTreasury")
        income = owned.chain.balance(owned.registrar.address)
        before = owned.chain.balance(attacker.address)
        _arm(attacker, owned.registrar, "withdraw")
        owned.registrar.send("withdraw", sender=owned.bob.address)
        assert owned.chain.balance(attacker.address) - before == income

    def test_in_the_return_of_a_bond(self, suite: Suite) -> None:
        attacker = _hostile(suite)
        suite.hubs.send("addHub", "sip:a", b"\1" * 32, sender=suite.alice.address, value=BOND)
        _through(attacker, suite.hubs, "addHub", "sip:b", b"\1" * 32, value=BOND)
        _through(attacker, suite.hubs, "beginExit", 2)
        suite.chain.advance(7 * 86_400)
        _arm(attacker, suite.hubs, "withdrawBond", 2)
        _through(attacker, suite.hubs, "withdrawBond", 2)
        assert (attacker.read("tries"), attacker.read("successes")) == (1, 0)
        assert suite.chain.balance(suite.hubs.address) == BOND

    def test_by_who_is_given_a_number_finds_the_new_epoch(self, owned: Suite) -> None:
        alice, attacker = owned.alice.address, _hostile(owned)
        owned.records.send("setMany", NUMBER, SET_ALL, sender=alice)
        _arm(attacker, owned.records, "setHub", NUMBER, 9)
        owned.registry.send(_SAFELY, alice, attacker.address, NUMBER, sender=alice)
        assert attacker.read("successes") == 1
        assert owned.records.read("recordsOf", NUMBER) == told(hub=9)

    def test_by_who_is_given_a_number_gets_it_to_himself_once(self, owned: Suite) -> None:
        alice, attacker = owned.alice.address, _hostile(owned)
        owned.registry.send("setApprovalForAll", attacker.address, True, sender=alice)
        owned.register(alice, NUMBER + 1)
        _arm(attacker, owned.registry, "transferFrom", alice, attacker.address, NUMBER)
        owned.registry.send(_SAFELY, alice, attacker.address, NUMBER, sender=alice)
        assert (attacker.read("tries"), attacker.read("successes")) == (1, 0)
        assert owned.registry.read("custodyOf", NUMBER) == (attacker.address, 2, 0)
        assert owned.registry.read("balanceOf", alice) == 1

    def test_by_who_is_given_a_number_that_was_listed_buys_nothing(self, owned: Suite) -> None:
        alice, attacker = owned.alice.address, _hostile(owned)
        fingerprint = owned.list(alice)
        _arm(attacker, owned.market, "buy", NUMBER, ETHER, fingerprint, value=ETHER)
        owned.registry.send(_SAFELY, alice, attacker.address, NUMBER, sender=alice)
        assert (attacker.read("tries"), attacker.read("successes")) == (1, 0)
        assert owned.chain.balance(owned.market.address) == owned.market.read("owed", alice) == 0

    def test_is_not_offered_by_a_purchase_or_a_bond(self, owned: Suite) -> None:
        """Both take the exact price and give no change; the buyer's hook is not called."""
        attacker = _hostile(owned)
        fingerprint = owned.list(owned.alice.address)
        _arm(attacker, owned.market, "withdraw")
        purchase = ("buy", NUMBER, ETHER, fingerprint)
        with pytest.raises(Reverted, match="WrongPayment"):
            _through(attacker, owned.market, *purchase, value=ETHER + 1)
        _through(attacker, owned.market, *purchase, value=ETHER)
        with pytest.raises(Reverted, match="WrongBond"):
            _through(attacker, owned.hubs, "addHub", "sip:a", b"\1" * 32, value=BOND + 1)
        _through(attacker, owned.hubs, "addHub", "sip:a", b"\1" * 32, value=BOND)
        assert attacker.read("tries") == 0


class TestGrief:
    def test_a_payer_who_takes_no_refund_harms_himself_alone(self, suite: Suite) -> None:
        alice = suite.alice.address
        attacker = _hostile(suite)
        attacker.send("setRefuses", True, sender=alice)
        price = suite.commit(NUMBER, alice)
        with pytest.raises(Reverted) as refused:
            _through(attacker, suite.registrar, "register", NUMBER, alice, SECRET, price, value=price + 1)
        assert (refused.value.name, refused.value.values) == ("RefundFailed", (attacker.address, 1))
        suite.registrar.send("register", NUMBER, alice, SECRET, price, sender=alice, value=price)

    def test_a_seller_who_takes_no_money_hinders_no_sale(self, owned: Suite) -> None:
        attacker = _hostile(owned)
        owned.registry.send(
            "transferFrom", owned.alice.address, attacker.address, NUMBER, sender=owned.alice.address
        )
        _through(attacker, owned.registry, "approve", owned.market.address, NUMBER)
        _through(attacker, owned.market, "list", NUMBER, ETHER)
        attacker.send("setRefuses", True, sender=owned.alice.address)
        owned.market.send("buy", NUMBER, ETHER, owned.fingerprint(), sender=owned.bob.address, value=ETHER)
        assert owned.registry.read("ownerOf", NUMBER) == owned.bob.address
        with pytest.raises(Reverted) as refused:
            _through(attacker, owned.market, "withdraw")
        assert (refused.value.name, refused.value.values) == ("PaymentFailed", (attacker.address, ETHER))
        assert owned.market.read("owed", attacker.address) == ETHER


class TestHubBond:
    def test_the_bond_goes_with_the_hub(self, suite: Suite) -> None:
        alice, bob = suite.alice.address, suite.bob.address
        suite.hubs.send("addHub", "sip:a", b"\1" * 32, sender=alice, value=BOND)
        suite.hubs.send("beginExit", 1, sender=alice)
        suite.hubs.send("proposeOperator", 1, bob, sender=alice)
        suite.chain.advance(7 * 86_400)
        suite.hubs.send("acceptOperator", 1, sender=bob)
        # Alice's begun exit ended with her office; Bob's begins when he says so.
        for operator, error in ((alice, "NotOperator"), (bob, "ExitNotBegun")):
            with pytest.raises(Reverted, match=error):
                suite.hubs.send("withdrawBond", 1, sender=operator)

    def test_a_hub_that_left_is_not_taken_over(self, suite: Suite) -> None:
        alice, bob = suite.alice.address, suite.bob.address
        suite.hubs.send("addHub", "sip:a", b"\1" * 32, sender=alice, value=BOND)
        suite.hubs.send("proposeOperator", 1, bob, sender=alice)
        suite.hubs.send("beginExit", 1, sender=alice)
        suite.chain.advance(7 * 86_400)
        suite.hubs.send("withdrawBond", 1, sender=alice)
        with pytest.raises(Reverted, match="NotPendingOperator"):
            suite.hubs.send("acceptOperator", 1, sender=bob)


class TestEnsName:
    def test_sold_after_it_was_claimed(self, ens_suite: Suite) -> None:
        s = ens_suite
        s.register(s.alice.address)
        ens = s.ens
        assert ens is not None
        ens.register("alice", s.alice.address)
        s.names.send("claim", "alice", NUMBER, sender=s.alice.address)
        seen = s.list(s.alice.address)
        ens.sell("alice", s.alice.address, s.mallory.address)
        assert s.names.read("numberOf", "alice") == 0
        # And who would buy the number for its name is told.
        with pytest.raises(Reverted, match="FingerprintDiffers"):
            s.market.send("buy", NUMBER, ETHER, seen, sender=s.bob.address, value=ETHER)
