"""All of a transaction is written, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from telsdk.sqlite import transaction


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(tmp_path / "file", isolation_level=None, timeout=0)
    db.execute("CREATE TABLE word (text)")
    yield db
    db.close()


def words(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT text FROM word")]


def test_all_is_written(db: sqlite3.Connection) -> None:
    with transaction(db):
        db.execute("INSERT INTO word VALUES ('a')")
        db.execute("INSERT INTO word VALUES ('b')")
    assert words(db) == ["a", "b"]


@pytest.mark.parametrize("ended", [False, True], ids=["open", "ended by the file"])
def test_nothing_is_written_where_something_is_raised(db: sqlite3.Connection, ended: bool) -> None:
    def fail() -> None:
        with transaction(db):
            db.execute("INSERT INTO word VALUES ('a')")
            if ended:
                db.execute("ROLLBACK")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not words(db)
    assert not db.in_transaction


def test_one_writes_at_a_time(db: sqlite3.Connection, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "file", isolation_level=None, timeout=0)
    try:
        with transaction(db), pytest.raises(sqlite3.OperationalError, match="locked"), transaction(other):
            pytest.fail("two write at once")
    finally:
        other.close()
