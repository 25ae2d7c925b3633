"""Strangers fill their share of a store and no more; known people are not kept waiting by them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from telsdk.number import Number
from telsdk.uc.backuplog import backup_log
from telsdk.uc.events import HEAD
from telsdk.uc.holder import Holder
from telsdk.uc.limits import StoreLimits, Usage
from telsdk.uc.quota import has_room
from telsdk.uc.store import Direction, Store

LIMITS = StoreLimits(unverified=Usage(3, 1_000), unknown_sender=Usage(2, 500), unknown=Usage(3, 10_000))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "bob.db") as store:
        yield store


def take(store: Store, *proven: str, text: str = "x", wrote: str = "somebody") -> bool:
    """Note a message if there is room, as a UC does."""
    if not has_room(store, LIMITS, proven, len(text)):
        return False
    trust = "verified" if proven else "unverified"
    store.add_message(Direction.IN, proven[0] if proven else wrote, trust, text)
    return True


def test_whoever_proves_nothing_is_one_sender_whatever_they_write(store: Store) -> None:
    store.add_contact("bob.eth")
    assert [take(store, wrote=f"name{index}") for index in range(5)] == [True] * 3 + [False] * 2
    assert not take(store, wrote="bob.eth"), "a contact's name proves nothing"
    assert take(store, "alice.eth", "5550001"), "strangers who prove themselves have a share of their own"


def test_one_number_fills_its_share_and_all_theirs(store: Store) -> None:
    assert [take(store, "mallory.eth", "5550009") for _ in range(3)] == [True, True, False]
    assert [take(store, "another.eth", "5550008") for _ in range(2)] == [True, False]
    assert store.unknown_usage().events == 3


def test_a_new_name_does_not_make_a_new_sender(store: Store) -> None:
    assert [take(store, "5550009") for _ in range(3)] == [True, True, False]
    assert not take(store, "mallory.eth", "5550009")


def test_size_counts_as_number_does(store: Store) -> None:
    assert take(store, text="x" * 600)
    assert not take(store, text="x" * 600)
    assert take(store, text="x")


@pytest.mark.parametrize("how", ["contact", "contact by number", "written to"])
def test_known_people_are_not_kept_waiting(store: Store, how: str) -> None:
    match how:
        case "contact":
            store.add_contact("alice.eth")
        case "contact by number":
            store.add_contact("5550001")
        case "written to":
            store.add_message(Direction.OUT, "alice.eth", "unverified", "hi")
    for index in range(3):
        assert take(store, wrote="x")
        take(store, f"stranger{index}.eth", f"555100{index}")
    assert all(take(store, "alice.eth", "5550001", text="x" * 200) for _ in range(10))
    if how != "contact by number":
        assert store.unknown_usage().events == 3, "they fill no stranger's share"


def test_who_is_no_contact_any_more_is_a_stranger(store: Store) -> None:
    store.add_contact("alice.eth")
    assert all(take(store, "alice.eth") for _ in range(4))
    store.remove_contact("alice.eth")
    assert not take(store, "alice.eth")
    store.add_contact("alice.eth")
    assert take(store, "alice.eth")


def test_what_is_deleted_makes_room(store: Store) -> None:
    while take(store):
        pass
    store.delete([store.messages()[0].id])
    assert [take(store), take(store)] == [True, False]
    store.delete_unverified()
    assert store.unverified_usage() == Usage(0, 0)
    assert [take(store) for _ in range(4)] == [True, True, True, False]


def test_calls_count_too(store: Store) -> None:
    for _ in range(3):
        store.add_call(Direction.IN, "somebody", "unverified", "missed")
    assert not take(store)


def test_what_another_device_took_counts_here(store: Store, tmp_path: Path) -> None:
    with Store(tmp_path / "tablet.db") as tablet:
        for _ in range(3):
            take(tablet)
        store.merge(tablet.export())
        store.merge(tablet.export())
        assert store.unverified_usage() == tablet.unverified_usage()
    assert not take(store)


def test_who_was_proven_as_of_an_earlier_time_is_the_same_sender(store: Store) -> None:
    store.add_message(Direction.IN, "mallory.eth", "verified as of 2026-11-28 03:50:12 UTC", "x")
    assert store.unverified_usage().events == 0
    assert [take(store, "mallory.eth", "5550009") for _ in range(2)] == [True, False]


def test_who_held_a_number_fills_no_share_and_never_goes(store: Store) -> None:
    for epoch in range(1, 8):
        store.add_peer(Holder(Number(5550009), "0x" + "66" * 20, epoch), "mallory.eth", answered=False)
    assert take(store, "mallory.eth", "5550009")
    assert (store.unknown_usage().events, store.delete_history()) == (1, 1)
    assert len(store.peers()) == 7
    rest = store.export()
    store.add_message(Direction.IN, "stranger", "unverified", "x" * 500)
    assert backup_log(store, len(rest) + len(HEAD)).log == rest
