"""What is deleted stays deleted, whatever is merged in whatever order; and nothing else goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telsdk.uc import deletion
from telsdk.uc.deletion import DELETED, Deletion, TooManyDeletions
from telsdk.uc.events import LogEvent
from telsdk.uc.store import Direction, Store

YEAR = 365 * 86_400


class Clock:
    """Seconds since 1970, one more each time; `ahead` is how wrong it is."""

    def __init__(self, ahead: int = 0) -> None:
        self.now = 1_800_000_000 + ahead

    def __call__(self) -> float:
        self.now += 1
        return self.now


Stores = Callable[..., Store]


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Stores]:
    count = iter(range(1000))
    with ExitStack() as stores:
        yield lambda ahead=0: stores.enter_context(Store(tmp_path / f"{next(count)}.db", clock=Clock(ahead)))


def say(store: Store, peer: str, text: str = "hello", trust: str = "verified") -> str:
    return store.add_message(Direction.IN, peer, trust, text).id


def texts(store: Store) -> list[str]:
    return [one.text for one in store.messages()]


def merged_both_ways(one: Store, other: Store) -> None:
    one.merge(other.export())
    other.merge(one.export())
    assert one.export() == other.export()


def test_what_is_deleted_here_goes_there_and_does_not_come_back(device: Stores) -> None:
    phone, tablet = device(), device()
    gone = say(phone, "alice.eth", "a secret")
    say(phone, "alice.eth", "no secret")
    merged_both_ways(phone, tablet)
    old = phone.export()
    assert phone.delete([gone]) == 1
    assert texts(phone) == ["no secret"]
    for log in (old, tablet.export()):
        assert phone.merge(log) == 0
        assert texts(phone) == ["no secret"]
    tablet.merge(phone.export())
    assert texts(tablet) == ["no secret"]
    assert phone.export() == tablet.export()


@pytest.mark.parametrize(
    ("delete", "left"),
    [
        (lambda store: store.delete_conversation("mallory"), ["from bob", "stranger"]),
        (lambda store: store.delete_unverified(), ["from bob", "from mallory"]),
        (lambda store: store.delete_history(), []),
    ],
    ids=["conversation", "unverified", "all"],
)
def test_many_go_at_once_and_leave_one_short_event(
    device: Stores, delete: Callable[[Store], int], left: list[str]
) -> None:
    store, other = device(), device()
    store.add_contact("bob.eth", "Bob")
    for _ in range(200):
        say(store, "mallory", "from mallory")
        say(store, "somebody", "stranger", "unverified")
    say(store, "bob.eth", "from bob")
    other.merge(store.export())
    assert delete(store) in (200, 401)
    assert sorted(set(texts(store))) == left
    assert [one.address for one in store.contacts()] == ["bob.eth"]
    (stone,) = store.events(DELETED)
    assert len(str(stone.data)) < 150
    merged_both_ways(store, other)
    assert sorted(set(texts(other))) == left


def test_what_comes_after_a_deletion_stays(device: Stores) -> None:
    store, other = device(), device()
    for store_ in (store, other):
        say(store_, "alice.eth", "before")
    store.delete_conversation("alice.eth")
    say(store, "alice.eth", "after, here")
    say(other, "alice.eth", "unseen, there")
    merged_both_ways(store, other)
    assert sorted(texts(store)) == ["after, here", "before", "unseen, there"], "it had not seen the other's"


@pytest.mark.parametrize("wrong", ["phone", "tablet"])
def test_a_clock_that_is_a_year_ahead_deletes_nothing_that_comes_later(device: Stores, wrong: str) -> None:
    phone, tablet = device(YEAR if wrong == "phone" else 0), device(YEAR if wrong == "tablet" else 0)
    say(phone, "alice.eth", "phone, before")
    say(tablet, "alice.eth", "tablet, before")
    merged_both_ways(phone, tablet)
    phone.delete_conversation("alice.eth")
    merged_both_ways(phone, tablet)
    assert texts(phone) == []
    say(phone, "alice.eth", "phone, after")
    say(tablet, "alice.eth", "tablet, after")
    merged_both_ways(phone, tablet)
    assert sorted(texts(phone)) == ["phone, after", "tablet, after"]


@pytest.mark.parametrize("wrong", ["phone", "tablet"])
def test_a_contact_that_was_removed_is_gone_though_a_clock_is_a_year_ahead(
    device: Stores, wrong: str
) -> None:
    phone, tablet = device(YEAR if wrong == "phone" else 0), device(YEAR if wrong == "tablet" else 0)
    tablet.add_contact("mallory.eth", "Mallory")
    merged_both_ways(phone, tablet)
    phone.remove_contact("mallory.eth")
    merged_both_ways(phone, tablet)
    assert phone.contacts() == tablet.contacts() == []
    tablet.add_contact("mallory.eth", "again")
    merged_both_ways(phone, tablet)
    assert [one.label for one in phone.contacts()] == ["again"]


def test_a_contact_of_a_first_store_a_year_ahead_is_removed_too(device: Stores) -> None:
    store = device()
    store.add("contact", {"address": "mallory.eth", "label": ""}, int((store._clock() + YEAR) * 1000))
    store.remove_contact("mallory.eth")
    assert store.contacts() == []


def test_a_file_put_back_from_a_copy_notes_what_is_not_deleted_already(
    device: Stores, tmp_path: Path
) -> None:
    store, other = device(), device(YEAR)
    store.close()
    path = tmp_path / "0.db"
    image = path.read_bytes()
    with Store(path, clock=Clock(YEAR)) as store:
        say(store, "alice.eth", "once")
        store.delete_conversation("alice.eth")
        other.merge(store.export())
    path.write_bytes(image)
    with Store(path, clock=Clock()) as store:
        store.merge(other.export())
        say(store, "alice.eth", "new")
        merged_both_ways(store, other)
        assert texts(store) == ["new"]


ACTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["say", "say", "say", "delete", "conversation", "unverified", "all", "merge"]),
        st.integers(0, 2),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["verified", "unverified"]),
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(ACTS, st.permutations(range(3)))
def test_any_devices_agree_in_the_end_and_just_what_was_deleted_is_gone(
    tmp_path_factory: pytest.TempPathFactory,
    acts: list[tuple[int, str, int, str, str]],
    order: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("agree")
    stores = [Store(folder / f"{index}.db", clock=Clock(index * YEAR)) for index in range(3)]
    said: set[str] = set()
    deleted: set[str] = set()
    for which, act, other, peer, trust in acts:
        store = stores[which]
        before = {one.id for one in store.messages()}
        match act:
            case "say":
                said.add(say(store, peer, "x", trust))
                continue
            case "delete":
                store.delete(sorted(before)[:other])
            case "conversation":
                store.delete_conversation(peer)
            case "unverified":
                store.delete_unverified()
            case "all":
                store.delete_history()
            case "merge":
                store.merge(stores[other].export())
                continue
        deleted |= before - {one.id for one in store.messages()}
    logs = [store.export() for store in stores]
    ends: list[bytes] = []
    for turn in (order, order[::-1], [*order, *order]):
        with Store(folder / f"end{len(ends)}.db") as end:
            for index in turn:
                end.merge(logs[index])
            ends.append(end.export())
            assert {one.id for one in end.messages()} == said - deleted
            tallied = end._db.execute("SELECT coalesce(sum(events), 0) FROM tally").fetchone()[0]
            assert tallied == len(said - deleted)
    assert ends[0] == ends[1] == ends[2]
    for store in stores:
        store.close()


def test_conversations_deleted_again_and_again_leave_one_event(device: Stores) -> None:
    store = device()
    for _ in range(50):
        say(store, "alice.eth")
        store.delete_conversation("alice.eth")
    assert len(store.events()) == 1


def test_single_deletions_share_an_event_and_end_somewhere(
    device: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "MAX_NAMED", 10)
    monkeypatch.setattr(deletion, "MAX_SINGLE", 30)
    store = device()
    for _ in range(30):
        store.delete([say(store, "alice.eth")])
    assert len(store.events()) <= 5, "few of them, though each was deleted alone"
    kept = say(store, "alice.eth")
    with pytest.raises(TooManyDeletions, match="--peer"):
        store.delete([kept])
    assert len(texts(store)) == 1
    store.delete_history()
    assert len(store.events()) == 1, "it says all that the others said"
    store.delete([say(store, "alice.eth")])


def test_more_than_one_event_can_name_is_split(device: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "MAX_NAMED", 3)
    store, other = device(), device()
    for index in range(8):  # as telsdk's first stores wrote ids: each of a device of its own
        log = store.export() + _line(f"{index:012x}{index:08x}{0:012x}")
        other.merge(log)
    assert other.delete_conversation("a") == 8
    assert len(other.events(DELETED)) == 3
    assert texts(other) == []


def _line(id: str) -> bytes:
    return f'{{"at":5,"data":{{"peer":"a"}},"id":"{id}","kind":"message"}}\n'.encode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"ids": "x"},
        {"ids": [5]},
        {"match": {}},
        {"match": {"peer": 5}, "seen": {}},
        {"ids": [], "by": "x"},
    ],
    ids=str,
)
def test_a_deletion_of_a_later_version_deletes_nothing_and_is_passed_on(
    device: Stores, data: dict[str, object]
) -> None:
    store, other = device(), device()
    say(store, "alice.eth")
    stone = store.add(DELETED, data)
    assert Deletion.read(stone) is None
    merged_both_ways(store, other)
    assert len(texts(other)) == 1
    assert other.events(DELETED) == [stone]


@pytest.mark.parametrize("kind", ["contact", "contact-removed", "peer", DELETED])
def test_nothing_deletes_contacts_or_deletions(kind: str) -> None:
    event = LogEvent("0" * 32, 0, kind, {"address": "a"})
    named = Deletion("1" * 32, frozenset({event.id}), None, {})
    everything = Deletion("1" * 32, frozenset(), frozenset(), {"0" * 8: "f" * 12})
    assert not named.deletes(event)
    assert not everything.deletes(event)
    assert not deletion.Deletions([named, everything]).delete(event)


def test_what_is_deleted_is_written_over(device: Stores, tmp_path: Path) -> None:
    store = device()
    gone = say(store, "alice.eth", "a secret to burn")
    store.delete([gone])
    store.close()
    assert b"a secret to burn" not in (tmp_path / "0.db").read_bytes()


def test_a_store_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        for statement in (
            "CREATE TABLE event (id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL)"
            " WITHOUT ROWID",
            "CREATE INDEX event_kind ON event (kind, at, id)",
            "CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events stay'); END",
            "PRAGMA application_id = 1413827633",
            "PRAGMA user_version = 1",
            "INSERT INTO event VALUES ('00000000000000000000000000000001', 5, 'message',"
            """ '{"direction":"in","peer":"x","text":"hi","trust":"unverified"}')""",
            "INSERT INTO event VALUES ('00000000000000000000000000000002', 6, 'contact', '{\"address\":\"bob.eth\"}')",
        ):
            db.execute(statement)
    db.close()
    for _ in range(2):
        with Store(path) as store:
            assert texts(store) == ["hi"]
            assert [one.address for one in store.contacts()] == ["bob.eth"]
            assert store.unverified_usage().events == 1
    with Store(path) as store:
        assert store.delete_unverified() == 1
        assert store.unverified_usage().events == 0
