"""What a UC remembers: contacts, calls and messages, as a log of events that only grows.

Two UCs of one number come to the same memory by union: `export` from one, `merge` into the other, in any order and any
number of times. What is shown (`contacts`, `calls`, `messages`) is computed from the log. Kinds of events that this
version does not know are kept and passed on. `telsdk.uc.entries` says what is in those that it knows.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from telsdk.errors import TelError
from telsdk.uc.entries import Contact, Direction, Kind, LoggedCall, LoggedMessage, MetPeer, pinned
from telsdk.uc.events import EventMalformed, LogEvent, decode_log, encode_log
from telsdk.uc.holder import Holder
from telsdk.uc.settings import UnverifiedAnswer

__all__ = [
    "Contact",
    "Direction",
    "EventMalformed",
    "Kind",
    "LogEvent",
    "LoggedCall",
    "LoggedMessage",
    "MetPeer",
    "Store",
    "StoreUnusable",
]

BUSY: Final = 5.0  # seconds for which another process of the same user may lock the file
_APPLICATION: Final = 0x54454C31  # "TEL1", in the file's header: see file(1)
_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = (
    "CREATE TABLE event (id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL)"
    " WITHOUT ROWID",
    "CREATE INDEX event_kind ON event (kind, at, id)",
    "CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events stay'); END",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_SCHEMA_VERSION}",
    "PRAGMA journal_mode = WAL",  # stays with the file
)
# Nobody means to give one id two contents. If it happens, both sides must still choose the same one.
_INSERT: Final = """
INSERT INTO event (id, at, kind, data) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
SET at = excluded.at, kind = excluded.kind, data = excluded.data
WHERE (excluded.at, excluded.kind, excluded.data) < (event.at, event.kind, event.data)
"""


class StoreUnusable(TelError):
    """The file cannot be opened, read or written, or is no store of telsdk."""


class Store:
    """The log of one number on one device, in one file that only its owner may read.

    Every method may be called from any thread. What a method has written stays written, whatever happens to
    the process or the machine afterwards.

    Args:
        path: the file; it is made, with mode 600, when there is none.
        clock: returns seconds since 1970.

    Raises:
        StoreUnusable: the file cannot be used.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        with self._errors():
            if not path.exists():
                _create(path)
            self._db = _connect(path)
        try:
            self._check()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Nothing is lost if this is never called."""
        with self._lock:
            self._db.close()

    # The log

    def add(self, kind: str, data: Mapping[str, object], at: int | None = None) -> LogEvent:
        """Append an event.

        Args:
            data: what JSON can hold, without fractions.
            at: milliseconds since 1970; None for now.

        Raises:
            EventMalformed: `data` is something else, or too large.
            StoreUnusable: the file cannot be written.
        """
        when = int(self._clock() * 1000) if at is None else at
        event = LogEvent(f"{when:012x}{secrets.token_hex(10)}", when, kind, data)
        self._insert([event])
        return event

    def events(self, *kinds: str) -> list[LogEvent]:
        """Return the events of these kinds, or of all when none is named, in the order of time.

        Raises:
            StoreUnusable: the file cannot be read.
        """
        where = f"WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        with self._errors():
            rows = self._db.execute(f"SELECT id, at, kind, data FROM event {where} ORDER BY at, id", kinds)
            return [LogEvent.of_row(*row) for row in rows]

    def export(self) -> bytes:
        """Return the whole log in its one form: equal logs give equal bytes.

        Raises:
            StoreUnusable: the file cannot be read.
        """
        return encode_log(sorted(self.events(), key=lambda event: event.id))

    def merge(self, log: bytes) -> int:
        """Take in what another UC of the number has exported, all of it or nothing.

        Returns:
            How many events were new.

        Raises:
            EventMalformed: `log` is no export.
            StoreUnusable: the file cannot be written.
        """
        events = decode_log(log)
        with self._lock:
            before = self._count()
            self._insert(events)
            return self._count() - before

    # What people see

    def add_contact(
        self,
        address: str,
        label: str = "",
        holder: Holder | None = None,
        unverified: UnverifiedAnswer | None = None,
    ) -> LogEvent:
        """Remember somebody, or change what is remembered; see `Contact`."""
        said = {} if unverified is None else {"unverified": unverified.value}
        return self.add(Kind.CONTACT, {"address": address, "label": label, **pinned(holder), **said})

    def remove_contact(self, address: str) -> LogEvent:
        """Forget somebody, until they are added again."""
        return self.add(Kind.CONTACT_REMOVED, {"address": address})

    def add_peer(self, holder: Holder, name: str | None, *, answered: bool) -> LogEvent:
        """Note whom we have had to do with; see `MetPeer`."""
        return self.add(Kind.PEER, {**holder.fields(), "name": name or "", "answered": int(answered)})

    def add_call(
        self,
        direction: Direction,
        peer: str,
        trust: str,
        outcome: str,
        seconds: int = 0,
        holder: Holder | None = None,
    ) -> LogEvent:
        """Note a call that is over; see `LoggedCall`."""
        noted = {"direction": direction, "peer": peer, "trust": trust, "outcome": outcome, "seconds": seconds}
        return self.add(Kind.CALL, {**noted, **pinned(holder)})

    def add_message(
        self, direction: Direction, peer: str, trust: str, text: str, holder: Holder | None = None
    ) -> LogEvent:
        """Note a message; see `LoggedMessage`."""
        noted = {"direction": direction, "peer": peer, "trust": trust, "text": text}
        return self.add(Kind.MESSAGE, {**noted, **pinned(holder)})

    def contacts(self) -> list[Contact]:
        """Return the contacts by address. Of two events about one contact the later counts, by the devices' clocks."""
        known: dict[str, Contact] = {}
        for event in self.events(Kind.CONTACT, Kind.CONTACT_REMOVED):
            address = event.text("address")
            known.pop(address, None)
            if event.kind == Kind.CONTACT and address:
                known[address] = Contact.read(event)
        return sorted(known.values(), key=lambda contact: contact.address)

    def peers(self) -> list[MetPeer]:
        """Return whom we have had to do with, the newest last; of those before this was noted nothing is known."""
        found = map(MetPeer.read, self.events(Kind.PEER))
        return [peer for peer in found if peer is not None]

    def calls(self) -> list[LoggedCall]:
        """Return the calls, the newest last."""
        return [LoggedCall.read(event) for event in self.events(Kind.CALL)]

    def messages(self) -> list[LoggedMessage]:
        """Return the messages, the newest last."""
        return [LoggedMessage.read(event) for event in self.events(Kind.MESSAGE)]

    # The file

    def _check(self) -> None:
        with self._errors():
            found = (_pragma(self._db, "application_id"), _pragma(self._db, "user_version"))
            if found != (_APPLICATION, _SCHEMA_VERSION):
                raise StoreUnusable(f"{self._path} is no store of this version of telsdk: update, or move it")
            self._db.execute("PRAGMA synchronous = FULL")  # a commit is on the disk before it is reported

    def _insert(self, events: Iterable[LogEvent]) -> None:
        rows = [event.row() for event in events]
        with self._errors(), self._transaction():
            self._db.executemany(_INSERT, rows)

    def _count(self) -> int:
        with self._errors():
            return int(self._db.execute("SELECT count(*) FROM event").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Let in one thread at a time, and turn the database's errors into ours."""
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                raise StoreUnusable(f"{self._path} cannot be used: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY, check_same_thread=False, isolation_level=None)


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _create(path: Path) -> None:
    """Make a store at `path`, whole or not at all. If another process is quicker, its store stays."""
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}."
    )  # mode 600, -wal and -shm too
    os.close(handle)
    try:
        db = _connect(Path(temporary))
        try:
            for statement in _SCHEMA:
                db.execute(statement)
        finally:
            db.close()
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        Path(temporary).unlink()
