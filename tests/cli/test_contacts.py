"""`telsdk contacts` and `telsdk history`: of this machine, without any chain."""

from __future__ import annotations

from datetime import datetime
from itertools import count

import pytest

from telsdk.cli.common.places import Own
from telsdk.number import Number
from telsdk.uc.holder import Holder
from telsdk.uc.known_peers import KnownPeers
from telsdk.uc.settings import UnverifiedAnswer
from telsdk.uc.store import Direction, Store
from tests.cli.command import run

ONE = Own(Number(5550001), 1)
BOB = Holder(Number(5550002), "0x" + "11" * 20, 1)
SOLD = Holder(BOB.number, "0x" + "22" * 20, 2)
UNPINNED = {"number": None, "owner": None, "epoch": None}


@pytest.fixture(autouse=True)
def logged_in() -> None:
    ONE.login.touch()


def test_contacts_are_added_changed_and_removed() -> None:
    assert "no contacts" in run("contacts").out
    assert run("contacts", "add", "bob.eth", "Bob").code == 0
    contact = {"address": "bob.eth", "label": "Bob, office", **UNPINNED, "unverified": None, "changed": None}
    assert run("contacts", "add", "sip:Bob.eth@telprotocol", "Bob, office", "--json").json == contact
    assert run("contacts", "--json").json == {"contacts": [contact]}
    assert "Bob, office" in run("contacts").out
    assert run("contacts", "remove", "bob.eth").code == 0
    assert run("contacts", "--json").json == {"contacts": []}


def test_who_is_no_contact_cannot_be_removed() -> None:
    ran = run("contacts", "remove", "bob.eth")
    assert (ran.code, ran.err) == (1, "error: bob.eth is no contact: see `telsdk contacts`\n")


def test_calls_and_messages_are_shown_in_order_and_made_harmless() -> None:
    assert "no calls or messages" in run("history").out
    with Store(ONE.store, clock=count().__next__) as store:
        store.add_message(Direction.IN, "bob.eth", "verified", "clear\x1b[2J")
        store.add_call(Direction.OUT, "bob.eth", "verified", "answered", 12)
    found = run("history", "--json").json["history"]
    assert len({one.pop("id") for one in found}) == 2
    assert [one.pop("at") for one in found] == sorted(
        one["at"] for one in run("history", "--json").json["history"]
    )
    assert found == [
        {
            "kind": "message",
            "direction": "in",
            "peer": "bob.eth",
            "trust": "verified",
            "text": "clear\x1b[2J",
            **UNPINNED,
            "changed": None,
        },
        {
            "kind": "call",
            "direction": "out",
            "peer": "bob.eth",
            "trust": "verified",
            "outcome": "answered",
            "seconds": 12,
            **UNPINNED,
            "changed": None,
        },
    ]
    shown = run("history").out
    assert "clear\\x1b[2J" in shown
    assert "answered, 12 s" in shown


def test_a_contact_that_changed_hands_is_shown_as_such_until_it_is_added_again() -> None:
    with Store(ONE.store, clock=count(1_700_000_000).__next__) as store:
        store.add_contact("bob.eth", "Bob", BOB, UnverifiedAnswer.ALLOW)
        KnownPeers(store).met("bob.eth", SOLD)
    (contact,) = run("contacts", "--json").json["contacts"]
    assert (contact["epoch"], contact["owner"], contact["unverified"]) == (1, BOB.owner, "allow")
    assert "bob.eth has changed hands since the last contact" in contact["changed"]
    assert "changed hands" in run("contacts").out
    added = run("contacts", "add", "bob.eth", "Bob", "--json").json
    assert (added["epoch"], added["owner"], added["unverified"], added["changed"]) == (
        2,
        SOLD.owner,
        None,
        None,
    )
    (contact,) = run("contacts", "--json").json["contacts"]
    assert contact == added


def test_what_is_said_of_a_contacts_phone_is_kept() -> None:
    added = run("contacts", "add", "5550002", "The old phone", "--unverified", "allow", "--json").json
    assert added["unverified"] == "allow"
    assert run("contacts", "add", "5550002", "The phone", "--json").json["unverified"] == "allow"
    assert run("contacts", "add", "5550002", "--unverified", "perhaps").code == 2


def test_the_history_says_where_a_number_changed_hands() -> None:
    with Store(ONE.store, clock=count(1_700_000_000).__next__) as store:
        store.add_call(Direction.OUT, "bob.eth", "verified", "answered", 12, BOB)
        store.add_message(Direction.IN, "bob.eth", "verified", "hello", SOLD)
        store.add_message(Direction.IN, "bob.eth", "verified", "hello again", SOLD)
    found = run("history", "--json").json["history"]
    assert [one["changed"] is not None for one in found] == [False, True, False]
    assert [one["epoch"] for one in found] == [1, 2, 2]
    assert run("history").out.count("has changed hands") == 1
    assert [
        one["changed"] is not None for one in run("history", "--last", "2", "--json").json["history"]
    ] == [
        True,
        False,
    ]


def test_times_are_iso_8601_with_their_zone() -> None:
    with Store(ONE.store) as store:
        store.add_call(Direction.OUT, "bob.eth", "verified", "busy")
    (call,) = run("history", "--json").json["history"]
    assert datetime.fromisoformat(call["at"]).tzinfo is not None


def test_only_the_last_are_shown() -> None:
    with Store(ONE.store, clock=count().__next__) as store:
        for outcome in ("first", "second", "third"):
            store.add_call(Direction.OUT, "bob.eth", "verified", outcome)
    shown = run("history", "--last", 2, "--json").json["history"]
    assert [one["outcome"] for one in shown] == ["second", "third"]


def test_where_nobody_is_logged_in_that_is_said() -> None:
    ONE.login.unlink()
    for words in (["history"], ["contacts"]):
        ran = run(*words)
        assert (ran.code, "nobody is logged in on this machine" in ran.err) == (1, True)


@pytest.fixture
def spammed() -> list[str]:
    """The ids of a text of Bob's, two of strangers and a call of Bob's."""
    with Store(ONE.store) as store:
        store.add_contact("bob.eth", "Bob")
        return [
            store.add_message(Direction.IN, "bob.eth", "verified", "hi").id,
            store.add_message(Direction.IN, "x", "unverified", "spam").id,
            store.add_message(Direction.IN, "y", "unverified", "spam").id,
            store.add_call(Direction.IN, "bob.eth", "verified", "missed").id,
        ]


def left() -> list[str]:
    return [one["id"] for one in run("history", "--json").json["history"]]


@pytest.mark.parametrize(
    ("what", "kept"),
    [(("--peer", "bob.eth"), [1, 2]), (("--unverified",), [0, 3]), (("--all",), [])],
    ids=["peer", "unverified", "all"],
)
def test_many_are_deleted_at_once(spammed: list[str], what: tuple[str, ...], kept: list[int]) -> None:
    ran = run("history", "delete", *what, "--yes", "--json")
    assert ran.json == {"deleted": 4 - len(kept)}
    assert left() == [spammed[index] for index in kept]
    assert "Bob" in run("contacts").out


def test_single_ones_are_deleted_by_the_id_that_is_shown(spammed: list[str]) -> None:
    shown = [line.split()[-1] for line in run("history").out.splitlines()[-4:]]
    assert [full.endswith(short) for full, short in zip(spammed, shown, strict=True)] == [True] * 4
    assert run("history", "delete", shown[1], spammed[3], "--yes").out.startswith("2 deleted")
    assert left() == [spammed[0], spammed[2]]


@pytest.mark.parametrize("wanted", ["", "0", "5d3f0a91c2e4"])
def test_an_id_that_names_nothing_deletes_nothing(spammed: list[str], wanted: str) -> None:
    ran = run("history", "delete", wanted, "--yes")
    assert (ran.code, "see `telsdk history`" in ran.err) == (1, True)
    assert left() == spammed


def test_nothing_is_deleted_unasked(spammed: list[str]) -> None:
    assert run("history", "delete", "--yes").code == 2
    assert run("history", "delete", "--all", "--unverified", "--yes").code == 2
    ran = run("history", "delete", "--all", typed="n")
    assert (ran.code, "for ever" in ran.err) == (1, True)
    assert left() == spammed
