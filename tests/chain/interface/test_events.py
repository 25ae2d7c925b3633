"""Events come out of raw logs as the contracts meant them."""

from __future__ import annotations

import pytest

from telsdk.chain.client import Client
from telsdk.chain.interface import Deployment, EventDecoder
from telsdk.chain.interface.abi import with_checksums
from telsdk.chain.interface.events import EventAbi
from telsdk.name import Name
from tests.chain.actors import NUMBER, me

ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_a_receipt_tells_what_happened_in_order(alice: Client) -> None:
    alice.alias.claim(Name("alice.tel"), NUMBER)
    receipt = alice.alias.claim(Name("alicia.tel"), NUMBER)
    assert [event.name for event in receipt.events] == ["NameReleased", "NameClaimed", "MetadataUpdate"]
    assert [event.index for event in receipt.events] == [0, 1, 2]
    claimed = receipt.event("NameClaimed")
    assert claimed.args == {"number": NUMBER, "epoch": 1, "label": "alicia"}
    assert claimed.block == receipt.block
    assert claimed.block_hash == alice.head(receipt.block).hash


def test_addresses_are_in_eip55_form(alice: Client) -> None:
    assert alice.registry.transfer(NUMBER, me(alice)).event("Transfer").args["to"] == me(alice)


def test_an_event_that_did_not_happen_is_a_lookup_error(alice: Client) -> None:
    with pytest.raises(LookupError, match="caused no Bought event"):
        alice.registry.revoke_sessions(NUMBER).event("Bought")


def test_logs_of_other_contracts_and_unknown_events_are_passed_over(deployment: Deployment) -> None:
    decoder = EventDecoder(deployment)
    log = {"address": ALICE, "topics": [b"\x01" * 32], "data": b""}
    assert decoder.decode(log) is None
    assert decoder.decode({**log, "address": deployment.addresses["HubList"]}) is None
    assert decoder.decode({**log, "address": deployment.addresses["HubList"], "topics": []}) is None


def test_indexed_text_is_only_its_hash() -> None:
    kind = EventAbi(
        {"name": "Said", "type": "event", "inputs": [{"name": "word", "type": "string", "indexed": True}]}
    )
    assert kind.decode([bytes(32), b"\x07" * 32], b"") == {"word": b"\x07" * 32}


def test_addresses_deep_in_structs_and_arrays_are_shown_in_eip55_form() -> None:
    item = {
        "type": "tuple[]",
        "components": [{"type": "address", "name": "who"}, {"type": "address[]", "name": "all"}],
    }
    value = [(ALICE.lower(), [ALICE.lower()])]
    assert with_checksums(item, value) == ((ALICE, (ALICE,)),)
