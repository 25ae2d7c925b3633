"""How often passwords were tried at this hub, on disk: counted before a try is answered, so that no crash forgets one.

A bucket is one number, the time when it will be full again, as in `telsdk.net.buckets`; by wall clock, since it
outlives the process. A full bucket takes no room.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from telsdk.clock import Wall
from telsdk.errors import TelError
from telsdk.net.buckets import Rate
from telsdk.number import Number
from telsdk.sqlite import transaction

EVERYBODY: Final = b""
"""Who holds the bucket of a number that all strangers share. A device with a ticket has its own name here."""
OWNER: Final = b"owner"
"""Who holds the bucket of a number's owner, for new passwords."""

BUSY: Final = 1.0  # seconds for which another process may lock the file
APPLICATION: Final = 0x54454C33  # "TEL3", in the file's header: see file(1)
_SWEPT: Final = 10_000  # commits between two looks for buckets that are full again


class TriesUnavailable(TelError):
    """Tries cannot be counted: the disk is full, or the file is locked, damaged or another one. None is answered."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a password, to be counted."""

    number: Number
    holder: bytes


@dataclass(frozen=True, slots=True)
class Refill:
    """A login by the password: who knows it need not wait for what strangers have used up."""

    number: Number
    since: int  # when its delegation begins, in seconds since 1970


class Tries:
    """The buckets of one hub. Use it on one thread at a time, and close it.

    Args:
        rate: how often a password may be tried.

    Raises:
        TriesUnavailable: the file cannot be opened or made.
    """

    def __init__(self, path: Path, rate: Rate) -> None:
        self._path = path
        self._gap = 1 / rate.per_second  # seconds that one try takes to come back
        self._depth = rate.burst * self._gap  # seconds that an empty bucket takes
        self._commits = 0
        with self._told():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, timeout=BUSY, check_same_thread=False, isolation_level=None)
        try:
            with self._told():
                self._make()
        except TriesUnavailable:
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()

    def commit(self, wanted: Sequence[Try | Refill], now: Wall) -> list[float]:
        """Count, on disk when this returns. Return for each how many seconds to wait: 0 where it is granted.

        Raises:
            TriesUnavailable: nothing was counted, so nothing may be answered.
        """
        with self._told(), transaction(self._db):
            waits = [self._take(one, now) if isinstance(one, Try) else self._refill(one) for one in wanted]
            if self._commits % _SWEPT == 0:
                self._db.execute("DELETE FROM bucket WHERE full_at <= ?", (now,))
        self._commits += 1
        return waits

    def _take(self, one: Try, now: Wall) -> float:
        row = self._db.execute(
            "SELECT full_at FROM bucket WHERE number = ? AND holder = ?", (one.number, one.holder)
        ).fetchone()
        full_at: float = max(row[0] if row else 0.0, now)
        if (
            full_at > now + self._depth
        ):  # the clock was ahead when that was written: no bucket is emptier than empty
            full_at = now + self._depth
            self._note(one, full_at)
        full_at += self._gap
        if (wait := full_at - now - self._depth) > 0:
            return wait
        self._note(one, full_at)
        return 0.0

    def _note(self, one: Try, full_at: float) -> None:
        self._db.execute("REPLACE INTO bucket VALUES (?, ?, ?)", (one.number, one.holder, full_at))

    def _refill(self, one: Refill) -> float:
        """Fill the bucket of everybody, once for each login: a stolen device has one, and no more."""
        row = self._db.execute("SELECT since FROM refill WHERE number = ?", (one.number,)).fetchone()
        if row is None or row[0] < one.since:
            self._db.execute("REPLACE INTO refill VALUES (?, ?)", (one.number, one.since))
            self._db.execute("DELETE FROM bucket WHERE number = ? AND holder = ?", (one.number, EVERYBODY))
        return 0.0

    def _make(self) -> None:
        known = self._db.execute("PRAGMA application_id").fetchone()[0]
        empty = not self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if known != APPLICATION and not empty:
            raise TriesUnavailable(f"{self._path} holds something else: name another file for the tries")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # a commit of a write-ahead log is on the disk
        with transaction(self._db):
            self._db.execute(f"PRAGMA application_id = {APPLICATION}")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS bucket (number INTEGER, holder BLOB, full_at REAL NOT NULL,"
                " PRIMARY KEY (number, holder)) WITHOUT ROWID"
            )
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS refill (number INTEGER PRIMARY KEY, since INTEGER NOT NULL)"
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise TriesUnavailable(f"tries cannot be counted in {self._path}: {error}") from error
