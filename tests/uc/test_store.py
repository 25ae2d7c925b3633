"""A UC forgets nothing that it has noted, and two UCs of one number come to agree."""

from __future__ import annotations

import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telsdk.uc.events import EventMalformed
from telsdk.uc.store import Contact, Direction, EventKind, LoggedCall, LoggedMessage, Store, StoreUnusable

T0 = 1_800_000_000_000  # milliseconds


class Clock:
    """Seconds since 1970, one more each time."""

    def __init__(self) -> None:
        self.now = T0 / 1000

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "bob.db", clock=Clock()) as store:
        yield store


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "bob's tablet.db", clock=Clock()) as store:
        yield store


def test_what_is_noted_is_shown(store: Store) -> None:
    call = store.add_call(Direction.IN, "alice.eth", "verified", "answered", 42)
    text = store.add_message(Direction.OUT, "alice.eth", "verified", "come at six")
    store.add_contact("alice.eth", "Alice")
    assert store.calls() == [
        LoggedCall(
            id=call.id,
            at=T0 + 1000,
            direction=Direction.IN,
            peer="alice.eth",
            trust="verified",
            outcome="answered",
            seconds=42,
        )
    ]
    assert store.messages() == [
        LoggedMessage(
            id=text.id,
            at=T0 + 2000,
            direction=Direction.OUT,
            peer="alice.eth",
            trust="verified",
            text="come at six",
        )
    ]
    assert store.contacts() == [Contact("alice.eth", "Alice", T0 + 3000)]


def test_of_a_contact_the_last_word_counts(store: Store) -> None:
    store.add_contact("5550001", "Al")
    store.add_contact("5550001", "Alice")
    assert [contact.label for contact in store.contacts()] == ["Alice"]
    store.remove_contact("5550001")
    assert store.contacts() == []
    store.add_contact("5550001", "Alice again")
    assert [contact.label for contact in store.contacts()] == ["Alice again"]


def test_all_is_there_when_opened_again(tmp_path: Path, store: Store) -> None:
    store.add_contact("alice.eth")
    log = store.export()
    store.close()
    with Store(tmp_path / "bob.db") as again:
        assert again.export() == log


def test_nothing_is_left_beside_the_file(tmp_path: Path, store: Store) -> None:
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["bob.db"]


def test_nobody_else_may_read_the_file(tmp_path: Path, store: Store) -> None:
    store.add_contact("alice.eth")
    files = list(tmp_path.glob("bob.db*"))
    assert len(files) == 3, "with its -wal and -shm"
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_two_devices_agree_after_merging_either_way(store: Store, other: Store) -> None:
    store.add_contact("alice.eth", "Alice")
    other.add_message(Direction.IN, "5550002", "unverified", "hello")
    assert store.merge(other.export()) == 1
    assert other.merge(store.export()) == 1
    assert store.export() == other.export()
    assert store.merge(other.export()) == 0
    assert store.contacts() == other.contacts()
    assert store.messages() == other.messages()


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from([EventKind.CONTACT, EventKind.CONTACT_REMOVED, "a-kind-of-tomorrow"]),
        st.dictionaries(st.just("address"), st.sampled_from(["a", "b"]), max_size=1),
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(EVENTS, EVENTS, EVENTS)
def test_merging_is_a_union_in_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    one: list[tuple[int, str, dict[str, str]]],
    two: list[tuple[int, str, dict[str, str]]],
    three: list[tuple[int, str, dict[str, str]]],
) -> None:
    folder = tmp_path_factory.mktemp("union")
    logs = []
    for index, events in enumerate((one, two, three)):
        with Store(folder / f"{index}.db") as store:
            for at, kind, data in events:
                store.add(kind, data, at)
            logs.append(store.export())
    merged = []
    for name, order in (("forth", logs), ("back", logs[::-1] + logs)):
        with Store(folder / f"{name}.db") as store:
            for log in order:
                store.merge(log)
            merged.append((store.export(), store.contacts(), len(store.events())))
    assert merged[0] == merged[1]
    assert merged[0][2] == len(one) + len(two) + len(three)


def test_one_id_with_two_contents_ends_the_same_on_both_sides(store: Store, other: Store) -> None:
    log = other.export() + b'{"at":5,"data":{"address":"%b"},"id":"' + b"0" * 32 + b'","kind":"contact"}\n'
    store.merge(log.replace(b"%b", b"a"))
    other.merge(log.replace(b"%b", b"b"))
    here, there = store.export(), other.export()
    store.merge(there)
    other.merge(here)
    assert store.export() == other.export() == here


def test_kinds_of_a_later_version_are_kept_and_passed_on(store: Store, other: Store) -> None:
    store.add("mood", {"is": "good"})
    other.merge(store.export())
    assert [event.kind for event in other.events()] == ["mood"]
    assert other.contacts() == []


@pytest.mark.parametrize("tail", [b"x", b"{}\n", b'{"at":5}\n'])
def test_a_broken_log_changes_nothing(store: Store, other: Store, tail: bytes) -> None:
    other.add_contact("alice.eth")
    before = store.export()
    with pytest.raises(EventMalformed):
        store.merge(other.export() + tail)
    assert store.export() == before


def test_events_are_never_deleted_even_by_mistake(tmp_path: Path, store: Store) -> None:
    store.add_contact("alice.eth")
    with (
        sqlite3.connect(tmp_path / "bob.db") as db,
        pytest.raises(sqlite3.IntegrityError, match="events stay"),
    ):
        db.execute("DELETE FROM event")
    db.close()
    assert len(store.events()) == 1


def test_every_thread_may_use_it(store: Store) -> None:
    threads = [
        threading.Thread(target=lambda: [store.add_contact("alice.eth") for _ in range(10)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.events()) == 40


def test_two_processes_may_use_one_file(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from telsdk.uc.store import Store\n"
        "with Store(Path(sys.argv[1])) as store:\n"
        "    for _ in range(20): store.add_contact('alice.eth')\n"
    )
    path = tmp_path / "shared.db"
    both = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]
    with Store(path) as store:
        assert len(store.events()) == 40


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from telsdk.uc.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "while True: sys.stdout.write(store.add_contact('alice.eth').id + '\\n'); sys.stdout.flush()\n"
    )
    path = tmp_path / "killed.db"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        noted = [process.stdout.readline().strip() for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        noted += [line.strip() for line in process.stdout if line.endswith("\n")]
    with Store(path) as store:
        ids = {event.id for event in store.events()}
    assert ids >= set(noted)


def test_another_file_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"not a database, but some notes " * 40)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE event (id)")
    db.close()
    empty = tmp_path / "empty.db"
    empty.touch()
    before = foreign.read_bytes()
    for path in (text, foreign, empty):
        with pytest.raises(StoreUnusable, match=path.name):
            Store(path)
    assert text.read_bytes().startswith(b"not a database")
    assert foreign.read_bytes() == before
    assert not empty.stat().st_size
    with pytest.raises(StoreUnusable, match="nowhere"):
        Store(tmp_path / "nowhere" / "bob.db")


def test_a_file_of_a_later_version_is_refused(tmp_path: Path, store: Store) -> None:
    store.close()
    with sqlite3.connect(tmp_path / "bob.db") as db:
        db.execute("PRAGMA user_version = 3")
    db.close()
    with pytest.raises(StoreUnusable, match="update"):
        Store(tmp_path / "bob.db")


def test_a_disk_that_takes_no_more_is_said_to(store: Store) -> None:
    store._db.execute("PRAGMA max_page_count = 8")
    big = {"note": "x" * 60_000}
    with pytest.raises(StoreUnusable, match=r"bob\.db"):
        store.add("call", big)
    count = len(store.events())
    store._db.execute("PRAGMA max_page_count = 100000")
    store.add_contact("alice.eth")
    assert len(store.events()) == count + 1


def test_commits_reach_the_disk_before_they_are_reported(store: Store) -> None:
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
