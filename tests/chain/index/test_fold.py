"""What events add up to. That it is what the contracts hold is in test_index."""

from __future__ import annotations

from typing import Any

from scripts import samples
from telsdk.chain.index.fold import Listing, NumberState, fold_hub, fold_label, fold_number
from telsdk.chain.interface import ChainEvent
from telsdk.directory import HubFacts, NodeFacts
from telsdk.records import RECORDS, with_records
from tests.chain.actors import NEXT_PIN, PIN, THIRD_PIN
from tests.chain.simulated import ALICE, BOB, Said, minted

NUMBER = 5551234


def told(*said: Said) -> list[ChainEvent]:
    return [
        ChainEvent(contract, name, args, 7, index, bytes(32))
        for index, (contract, name, args) in enumerate(said)
    ]


def record(name: str, **args: Any) -> Said:
    return "NumberRecords", name, {"number": NUMBER, "epoch": 1, **args}


def hub(name: str, **args: Any) -> Said:
    return "HubList", name, {"hubId": 3, **args}


ADDED = hub("HubAdded", operator=ALICE, uri="sip:a", pin=PIN)
SET = samples.records()
SAID = [
    *(
        record(event.event, **{word.argument: samples.word(word) for word in event.words})
        for event in RECORDS
    ),
    ("NameAlias", "NameClaimed", {"number": NUMBER, "epoch": 1, "label": "bob"}),
    ("NumberMarket", "Listed", {"number": NUMBER, "epoch": 1, "price": 2**128 - 1, "seller": ALICE}),
    ("NumberRegistry", "SessionsRevoked", {"number": NUMBER, "session": 1}),
]


def test_of_nothing_comes_nothing() -> None:
    assert fold_number([]) is None
    assert fold_label([]) is None
    assert fold_hub([]) is None


def test_what_was_recorded_of_a_number_is_its_state() -> None:
    state = fold_number(told(*minted(NUMBER), *SAID))
    listing = Listing(2**128 - 1, 7, 4 + len(RECORDS) - 1)
    assert state == with_records(NumberState(ALICE, 1, 1, "bob", listing), SET)


def test_a_new_epoch_leaves_owner_and_session_counter() -> None:
    state = fold_number(told(*minted(NUMBER), *SAID, *minted(NUMBER, BOB, 2)))
    assert state == NumberState(BOB, 2, 1)


def test_a_move_leaves_all_but_the_offer() -> None:
    moved = ("NumberRegistry", "Transfer", {"from": ALICE, "to": BOB, "tokenId": NUMBER})
    state = fold_number(told(*minted(NUMBER), *SAID, moved))
    assert state == with_records(NumberState(BOB, 1, 1, "bob"), SET)


def test_zeros_clear_records() -> None:
    cleared = [
        *(record(event.event, **{word.argument: word.zero for word in event.words}) for event in RECORDS),
        ("NameAlias", "NameReleased", {"number": NUMBER, "label": "bob"}),
        ("NumberMarket", "Cancelled", {"number": NUMBER}),
    ]
    assert fold_number(told(*minted(NUMBER), *SAID, *cleared)) == NumberState(ALICE, 1, 1)


def test_the_release_of_an_old_name_leaves_the_new_one() -> None:
    said = [
        ("NameAlias", "NameClaimed", {"number": NUMBER, "epoch": 1, "label": "bob"}),
        ("NameAlias", "NameReleased", {"number": NUMBER, "label": "rob"}),
    ]
    state = fold_number(told(*minted(NUMBER), *said))
    assert state is not None
    assert state.label == "bob"


def test_a_label_is_held_by_who_claimed_it_last() -> None:
    claims = [
        ("NameAlias", "NameClaimed", {"number": 10_001, "epoch": 1, "label": "bob"}),
        ("NameAlias", "NameReleased", {"number": 10_001, "label": "bob"}),
        ("NameAlias", "NameClaimed", {"number": 10_002, "epoch": 1, "label": "bob"}),
    ]
    assert [fold_label(told(*claims[:count])) for count in (1, 2, 3)] == [10_001, None, 10_002]


def test_a_hub_is_what_its_operator_made_it() -> None:
    said = [
        hub("HubChanged", uri="sip:b"),
        hub("HubPinRotated", pin=NEXT_PIN, previous=PIN),
        hub("NodeAdded", index=0, uri="sip:n", pin=PIN, capacity=5),
        hub("NodePinRotated", index=0, pin=NEXT_PIN, previous=PIN),
        hub("NodePinRotated", index=0, pin=THIRD_PIN, previous=NEXT_PIN),
        hub("NodePinRetired", index=0, pin=NEXT_PIN),
        hub("NodeChanged", index=0, uri="sip:m", capacity=6, active=False),
        hub("HubPinRetired", pin=PIN),
        hub("OperatorProposed", operator=BOB),
        hub("OperatorChanged", previous=ALICE, operator=BOB),
        hub("ExitBegun", exitAt=9),
    ]
    node = NodeFacts(3, 0, "sip:m", (THIRD_PIN,), 6, active=False)
    assert fold_hub(told(ADDED, *said)) == HubFacts(3, BOB, "sip:b", (NEXT_PIN,), (node,))


def test_a_hub_that_took_its_bond_is_no_more() -> None:
    assert fold_hub(told(ADDED, hub("BondWithdrawn", operator=ALICE, bond=1))) is None
