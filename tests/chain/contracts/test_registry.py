"""NumberRegistry as the SDK shows it."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from telsdk.chain import revert
from telsdk.chain.client import Client
from telsdk.chain.contracts import Custody
from telsdk.chain.development.embedded import EmbeddedChain
from telsdk.errors import NotFound
from tests.chain.actors import NUMBER, OTHER, me


def test_a_number_starts_in_epoch_one_and_session_zero(alice: Client) -> None:
    assert alice.registry.custody(NUMBER) == Custody(me(alice), epoch=1, session=0)
    assert alice.registry.balance(me(alice)) == 1


def test_a_number_that_nobody_holds_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound, match="nobody holds 5559876: buy it"):
        client.registry.custody(OTHER)


def test_a_transfer_begins_a_new_epoch(alice: Client, bob: Client) -> None:
    receipt = alice.registry.transfer(NUMBER, me(bob))
    assert receipt.event("EpochAdvanced").args == {"number": NUMBER, "epoch": 2}
    assert alice.registry.custody(NUMBER) == Custody(me(bob), epoch=2, session=0)


def test_nobody_transfers_what_is_not_his(alice: Client, bob: Client) -> None:
    with pytest.raises(revert.ERC721InsufficientApproval, match="only its owner may"):
        bob.registry.transfer(NUMBER, me(bob))
    assert alice.registry.custody(NUMBER).owner == me(alice)


def test_a_number_is_not_lost_in_a_contract_that_takes_none(alice: Client) -> None:
    with pytest.raises(revert.ERC721InvalidReceiver, match="cannot hold a number"):
        alice.registry.transfer(NUMBER, alice.market.address)


def test_a_move_by_consent_keeps_the_epoch(alice: Client, bob: Client) -> None:
    consent = bob.registry.permit_move(NUMBER)
    receipt = alice.relay(consent)
    assert receipt.event("Moved").args == {"number": NUMBER, "from": me(alice), "to": me(bob)}
    assert alice.registry.custody(NUMBER) == Custody(me(bob), epoch=1, session=0)


def test_a_consent_cannot_be_used_by_another_than_the_owner(alice: Client, bob: Client) -> None:
    consent = bob.registry.permit_move(NUMBER)
    with pytest.raises(revert.NotOwner):
        bob.relay(consent)
    assert alice.registry.custody(NUMBER).owner == me(alice)


def test_sessions_are_revoked_by_the_owner(alice: Client) -> None:
    alice.registry.revoke_sessions(NUMBER)
    assert alice.registry.custody(NUMBER).session == 1


def test_sessions_are_revoked_by_a_permit_once(alice: Client, bob: Client) -> None:
    permit = alice.registry.permit_revoke_sessions(NUMBER)
    bob.relay(permit)
    assert alice.registry.custody(NUMBER).session == 1
    with pytest.raises(revert.InvalidSignature):
        bob.relay(permit)


def test_a_permit_ends_at_its_deadline(alice: Client, bob: Client, chain: EmbeddedChain) -> None:
    permit = alice.registry.permit_revoke_sessions(NUMBER, timedelta(minutes=5))
    chain.advance_time(timedelta(minutes=6))
    with pytest.raises(revert.SignatureExpired, match="sign again") as caught:
        bob.relay(permit)
    assert caught.value.values["deadline"] == permit.deadline


def test_a_permit_can_be_taken_back(alice: Client, bob: Client) -> None:
    permit = alice.registry.permit_revoke_sessions(NUMBER)
    alice.registry.cancel_nonce()
    with pytest.raises(revert.InvalidSignature):
        bob.relay(permit)


def test_the_fingerprint_changes_with_what_a_buyer_cares_for(alice: Client) -> None:
    before = alice.registry.fingerprint(NUMBER)
    alice.registry.revoke_sessions(NUMBER)
    assert alice.registry.fingerprint(NUMBER) != before


def test_the_card_needs_no_server(alice: Client) -> None:
    kind, _, data = alice.registry.token_uri(NUMBER).partition(",")
    assert kind == "data:application/json;base64"
    assert "5551234" in json.loads(base64.b64decode(data))["name"]
