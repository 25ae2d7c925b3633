"""Tries are on the disk before they are answered, and what cannot be counted is not granted."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telsdk.clock import Wall
from telsdk.hub.tries import EVERYBODY, OWNER, Refill, Tries, TriesUnavailable, Try
from telsdk.net.buckets import Rate
from telsdk.number import Number
from tests.network import ALICE, BOB

HOUR = 3_600
RATE = Rate(1 / HOUR, 10)
NOW = Wall(1_800_000_000)
STRANGER = Try(BOB, EVERYBODY)
DEVICE = Try(BOB, b"a device")


@pytest.fixture
def tries(tmp_path: Path) -> Iterator[Tries]:
    opened = Tries(tmp_path / "tries.db", RATE)
    yield opened
    opened.close()


def granted(tries: Tries, one: Try, times: int, now: float = NOW) -> int:
    return tries.commit([one] * times, Wall(now)).count(0)


def test_ten_are_granted_then_one_an_hour(tries: Tries) -> None:
    assert granted(tries, STRANGER, 30) == 10
    assert granted(tries, STRANGER, 30, NOW + HOUR - 1) == 0
    assert granted(tries, STRANGER, 30, NOW + HOUR) == 1
    assert granted(tries, STRANGER, 30, NOW + 4 * HOUR) == 3
    assert granted(tries, STRANGER, 30, NOW + 1_000 * HOUR) == 10


def test_it_says_when_the_next_one_is_granted(tries: Tries) -> None:
    granted(tries, STRANGER, 10)
    (wait,) = tries.commit([STRANGER], Wall(NOW + 600))
    assert wait == pytest.approx(HOUR - 600)
    assert granted(tries, STRANGER, 1, NOW + 600 + wait) == 1


def test_each_number_and_each_device_has_a_bucket_of_its_own(tries: Tries) -> None:
    assert granted(tries, STRANGER, 11) == 10
    assert granted(tries, DEVICE, 11) == 10
    assert granted(tries, Try(BOB, OWNER), 11) == 10
    assert granted(tries, Try(ALICE, EVERYBODY), 11) == 10


def test_what_was_counted_stays_so_after_a_restart(tmp_path: Path) -> None:
    for expected in (10, 0):
        tries = Tries(tmp_path / "tries.db", RATE)
        assert granted(tries, STRANGER, 30) == expected
        tries.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from telsdk.clock import Wall
from telsdk.hub.tries import Tries, Try
from telsdk.net.buckets import Rate
from telsdk.number import Number
tries = Tries(Path(sys.argv[1]), Rate(1 / 3600, 10))
tries.commit([Try(Number(5550002), b"")] * 7, Wall(1_800_000_000))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_kill_makes_it_forget_what_was_counted(tmp_path: Path) -> None:
    path = tmp_path / "tries.db"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, env=os.environ)
    assert ended.returncode == -signal.SIGKILL
    tries = Tries(path, RATE)
    assert granted(tries, STRANGER, 30) == 3
    tries.close()


def test_it_waits_for_the_disk_with_every_commit(tries: Tries) -> None:
    assert tries._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert tries._db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL


def test_a_locked_file_grants_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telsdk.hub.tries.BUSY", 0.05)
    tries, other = (
        Tries(tmp_path / "tries.db", RATE),
        sqlite3.connect(tmp_path / "tries.db", isolation_level=None),
    )
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TriesUnavailable, match="locked"):
        tries.commit([STRANGER], NOW)
    other.execute("ROLLBACK")
    assert granted(tries, STRANGER, 30) == 10  # nothing was counted by what was not answered
    other.close()
    tries.close()


def test_a_full_disk_grants_nothing(tries: Tries) -> None:
    pages = tries._db.execute("PRAGMA page_count").fetchone()[0]
    tries._db.execute(
        f"PRAGMA max_page_count = {pages}"
    )  # the file may grow no more: SQLITE_FULL, as of a full disk
    numbers = (Try(Number(5_000_000 + number), EVERYBODY) for number in range(10_000))
    with pytest.raises(TriesUnavailable, match="full"):
        tries.commit(list(numbers), NOW)
    assert tries.commit([Try(Number(5_000_000), EVERYBODY)] * 11, NOW).count(0) == 10


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be taken for one by nobody" * 20, None]
)
def test_another_file_is_refused_and_stays(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other"
    if content is None:
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE mine (a)")
        db.commit()
        db.close()
        content = path.read_bytes()
    else:
        path.write_bytes(content)
    with pytest.raises(TriesUnavailable):
        Tries(path, RATE)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TriesUnavailable, match="No such file"):
        Tries(tmp_path / "nowhere" / "tries.db", RATE)


def test_nobody_else_may_read_or_change_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        tries = Tries(tmp_path / "tries.db", RATE)
        granted(tries, STRANGER, 1)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        tries.close()
    finally:
        os.umask(before)
    assert modes == {0o600}


def test_a_login_by_the_password_fills_the_bucket_once(tries: Tries) -> None:
    granted(tries, STRANGER, 30)
    granted(tries, DEVICE, 4)
    tries.commit([Refill(BOB, 1_000)], NOW)
    assert granted(tries, STRANGER, 30) == 10
    tries.commit([Refill(BOB, 1_000), Refill(BOB, 999)], NOW)  # the same device again, and an older one
    assert granted(tries, STRANGER, 30) == 0
    tries.commit([Refill(ALICE, 5_000)], NOW)
    assert granted(tries, STRANGER, 30) == 0
    tries.commit([Refill(BOB, 1_001)], NOW)
    assert granted(tries, STRANGER, 30) == 10
    assert granted(tries, DEVICE, 30) == 6


def test_a_clock_that_was_ahead_locks_nobody_out_for_longer_than_an_empty_bucket(tries: Tries) -> None:
    granted(tries, STRANGER, 30, NOW + 10 * 365 * 24 * HOUR)
    (wait,) = tries.commit([STRANGER], NOW)
    assert wait == HOUR
    assert granted(tries, STRANGER, 2, NOW + HOUR) == 1


def test_buckets_that_are_full_again_take_no_room(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "tries.db", RATE)
    tries.commit([Try(Number(5_000_000 + number), EVERYBODY) for number in range(100)], NOW)
    tries.close()
    again = Tries(tmp_path / "tries.db", RATE)
    again.commit([], Wall(NOW + 100 * HOUR))
    assert again._db.execute("SELECT count(*) FROM bucket").fetchone()[0] == 0
    again.close()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5 * HOUR), st.integers(1, 15)), max_size=30))
def test_whatever_the_order_no_more_are_granted_than_the_rate_says(steps: list[tuple[int, int]]) -> None:
    now = granted_so_far = 0
    with TemporaryDirectory() as folder:
        tries = Tries(Path(folder) / "tries.db", RATE)
        for pause, count in steps:
            now += pause
            granted_so_far += granted(tries, STRANGER, count, NOW + now)
            assert granted_so_far <= 10 + now / HOUR + 1e-6
        tries.close()
