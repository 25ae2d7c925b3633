"""Whom a user client knows: told once when somebody else holds what they held, and held to their proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telsdk.directory import NumberFacts
from telsdk.name import Name
from telsdk.number import Number
from telsdk.uc.holder import Holder, OwnerChange, change_of
from telsdk.uc.known_peers import KnownPeers, changes_in
from telsdk.uc.settings import UnverifiedAnswer
from telsdk.uc.store import Direction, EventKind, Store
from tests.facts import FixedDirectory

BOB, OTHER = Number(5550002), Number(5559999)
FIRST = Holder(BOB, "0x" + "11" * 20, 1)
MOVED = replace(FIRST, owner="0x" + "22" * 20)
SOLD = Holder(BOB, "0x" + "33" * 20, 2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "alice.db", clock=count(1_800_000_000).__next__) as store:
        yield store


@pytest.mark.parametrize(
    ("now", "words"), [(SOLD, "has changed hands"), (MOVED, "was moved by its owner"), (FIRST, None)]
)
def test_a_change_is_told_once_and_in_words(store: Store, now: Holder, words: str | None) -> None:
    known = KnownPeers(store)
    assert known.met("bob.eth", FIRST) is None
    for address in ("bob.eth", str(BOB)):
        told = known.change(address, now)
        assert (told is None) if words is None else (words in str(told) and now.owner in str(told))
    assert (known.met("bob.eth", now) is None) is (words is None)
    for again in (known, KnownPeers(store)):
        assert again.met("bob.eth", now) is None
        assert again.met(str(BOB), now) is None


def test_a_name_that_stands_for_another_number_is_a_change_too(store: Store) -> None:
    known = KnownPeers(store)
    known.met("bob.eth", FIRST)
    taker = Holder(OTHER, "0x" + "44" * 20, 1)
    assert f"bob.eth stands for {OTHER} now, and stood for {BOB}" in str(known.met("bob.eth", taker))
    assert KnownPeers(store).met("bob.eth", taker) is None
    assert known.met(str(BOB), FIRST) is None  # the number itself is whose it was


def test_a_copy_of_the_chain_that_is_behind_tells_of_no_change(store: Store) -> None:
    known = KnownPeers(store)
    known.met("bob.eth", SOLD)
    assert known.met("bob.eth", FIRST) is None
    assert known.met("bob.eth", SOLD) is None


owners = st.sampled_from(["0x" + f"{owner:02x}" * 20 for owner in range(4)])
holders = st.builds(Holder, st.sampled_from([BOB, OTHER]), owners, st.integers(1, 5))


@given(st.lists(holders, max_size=12))
def test_who_is_met_again_as_they_were_last_is_never_a_change(met: list[Holder]) -> None:
    known = KnownPeers(None)
    newest: dict[int, Holder] = {}
    for holder in met:
        before = newest.get(holder.number)
        told = known.met(str(holder.number), holder)
        assert told == change_of(str(holder.number), before, holder)
        assert (told is not None) == (
            before is not None and holder != before and holder.epoch >= before.epoch
        )
        if before is None or holder.epoch >= before.epoch:
            newest[holder.number] = holder


def test_who_answered_with_proof_is_known_to_by_its_epoch(store: Store) -> None:
    known = KnownPeers(store)
    known.met("bob.eth", FIRST)
    assert not known.has_answered(FIRST)
    known.met("bob.eth", FIRST, answered=True)
    for again in (known, KnownPeers(store)):
        assert again.has_answered(FIRST)
        assert again.has_answered(MOVED)
        assert not again.has_answered(SOLD)
    known.met("bob.eth", SOLD)
    assert not KnownPeers(store).has_answered(SOLD)
    assert (
        len(store.events(EventKind.PEER)) == 3
    )  # one for each thing that was new, however often they are met


def test_another_device_knows_it_after_a_merge(store: Store, tmp_path: Path) -> None:
    KnownPeers(store).met("bob.eth", FIRST, answered=True)
    with Store(tmp_path / "tablet.db") as tablet:
        tablet.merge(store.export())
        known = KnownPeers(tablet)
        assert known.has_answered(FIRST)
        assert isinstance(known.met("bob.eth", SOLD), OwnerChange)


def test_contacts_are_pinned_when_the_chain_is_at_hand_and_the_users_word_holds_until_they_change_hands(
    store: Store,
) -> None:
    directory = FixedDirectory()
    directory.add(NumberFacts(BOB, FIRST.owner, 1, 0, name=Name("bob.eth")))
    known = KnownPeers(store)
    known.add_contact("bob.eth", "Bob", UnverifiedAnswer.ALLOW)
    known.add_contact("nobody.eth", "Nobody")
    assert known.word_on("bob.eth", FIRST) is None  # it is not known yet who is meant
    known.pin_contacts(directory)
    pinned, nobody = store.contacts()
    assert (pinned.holder, pinned.label, nobody.holder) == (FIRST, "Bob", None)
    assert known.word_on("bob.eth", FIRST) is UnverifiedAnswer.ALLOW
    assert known.word_on("bob.eth", SOLD) is None
    known.add_contact("bob.eth", "Bob, office")
    assert known.word_on("bob.eth", FIRST) is UnverifiedAnswer.ALLOW  # a new label changes nothing else
    known.met("bob.eth", SOLD)
    (changed, _) = store.contacts()
    assert "has changed hands" in str(known.change_of_contact(changed))
    renewed = known.add_contact("bob.eth", "Bob?")  # which is how the user agrees
    assert (renewed.holder, renewed.unverified, known.change_of_contact(renewed)) == (SOLD, None, None)


def test_events_of_older_versions_are_read_without_what_they_have_not(store: Store) -> None:
    store.add(EventKind.CONTACT, {"address": "bob.eth", "label": "Bob"})
    store.add(
        EventKind.CALL,
        {"direction": "out", "peer": "bob.eth", "trust": "verified", "outcome": "answered", "seconds": 3},
    )
    store.add(EventKind.MESSAGE, {"direction": "in", "peer": "bob.eth", "trust": "verified", "text": "x"})
    (contact,), (call,), (text,) = store.contacts(), store.calls(), store.messages()
    assert (contact.holder, contact.unverified, call.holder, text.holder) == (None, None, None, None)
    assert not KnownPeers(store).has_answered(FIRST)


def test_what_another_version_or_a_liar_wrote_is_no_holder(store: Store) -> None:
    for data in (
        {"number": 1, "owner": "0x", "epoch": 1},
        {"number": int(BOB), "owner": "", "epoch": 1},
        {"number": int(BOB), "owner": "0x", "epoch": 0},
        {"number": str(BOB), "owner": "0x", "epoch": 1},
    ):
        assert Holder.in_event(store.add(EventKind.PEER, {"name": "", "answered": 1, **data})) is None
    assert store.peers() == []


def test_a_history_shows_where_a_number_changed_hands(store: Store) -> None:
    for holder in (FIRST, FIRST, SOLD, SOLD):
        store.add_call(Direction.OUT, "bob.eth", "verified", "answered", 3, holder)
    changed = [change for _, change in changes_in(store.calls())]
    assert [change is not None for change in changed] == [False, False, True, False]
