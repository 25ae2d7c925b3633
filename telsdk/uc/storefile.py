"""The file of a store: its tables, how it is made, and how one of an older version becomes one of this.

Version 1 had the table `event` alone, and no event could go. Version 2 knows deletions: it has a `device` of its own
for the ids of its events, and keeps `tally`, how much each sender fills, so that a stranger's text is judged without a
look at the whole log. The log itself (`telsdk.uc.events`) has the same form in both: version 1 keeps deletions as
events of a kind that it does not know, and passes them on.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from telsdk.sqlite import transaction

BUSY: Final = 5.0  # seconds for which another process of the same user may lock the file
APPLICATION: Final = 0x54454C31  # "TEL1", in the file's header: see file(1)
SCHEMA_VERSION: Final = 2

_EVENTS: Final = (
    "CREATE TABLE event (id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL)"
    " WITHOUT ROWID",
    "CREATE INDEX event_kind ON event (kind, at, id)",
)

# Whose event it is, as the tally counts: "out:" and whom it went to, "in:" and who proved to be its sender; or "in",
# for all who proved nothing. These can write any name, so that they are one sender.
_BOX: Final = """
CASE WHEN kind NOT IN ('call', 'message') THEN NULL
WHEN json_extract(data, '$.direction') = 'out' THEN 'out:' || coalesce(json_extract(data, '$.peer'), '')
WHEN substr(json_extract(data, '$.trust'), 1, 8) = 'verified' THEN 'in:' || coalesce(json_extract(data, '$.peer'), '')
ELSE 'in' END
"""
_OCTETS: Final = "length(CAST({row}.data AS BLOB))"


def _count(row: str, sign: str) -> str:
    """Return the SQL that adds one event to the tally, or takes it away."""
    return (
        f"INSERT INTO tally SELECT {row}.box, 0, 0 WHERE {row}.box IS NOT NULL"
        f" AND NOT EXISTS (SELECT 1 FROM tally WHERE box = {row}.box);"
        f" UPDATE tally SET events = events {sign} 1, octets = octets {sign} {_OCTETS.format(row=row)}"
        f" WHERE box = {row}.box;"
    )


_SECOND: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID",
    f"ALTER TABLE event ADD COLUMN box TEXT GENERATED ALWAYS AS ({_BOX}) VIRTUAL",
    "CREATE TABLE tally (box TEXT PRIMARY KEY, events INTEGER NOT NULL, octets INTEGER NOT NULL) WITHOUT ROWID",
    f"INSERT INTO tally SELECT box, count(*), sum({_OCTETS.format(row='event')}) FROM event"
    " WHERE box IS NOT NULL GROUP BY box",
    # An event goes only by way of this table, which is empty between transactions: never by mistake.
    "CREATE TABLE doomed (id TEXT PRIMARY KEY) WITHOUT ROWID",
    "DROP TRIGGER IF EXISTS event_stays",
    "CREATE TRIGGER event_stays BEFORE DELETE ON event WHEN NOT EXISTS (SELECT 1 FROM doomed WHERE id = OLD.id)"
    " BEGIN SELECT RAISE(ABORT, 'events stay'); END",
    f"CREATE TRIGGER event_added AFTER INSERT ON event BEGIN {_count('NEW', '+')} END",
    f"CREATE TRIGGER event_gone AFTER DELETE ON event BEGIN {_count('OLD', '-')} END",
    f"CREATE TRIGGER event_changed AFTER UPDATE ON event BEGIN {_count('OLD', '-')} {_count('NEW', '+')} END",
)


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file at `path`.

    Raises:
        sqlite3.Error, OSError: it cannot be opened.
    """
    return sqlite3.connect(path, timeout=BUSY, check_same_thread=False, isolation_level=None)


def create_database(path: Path) -> None:
    """Make a store at `path`, whole or not at all. If another process is quicker, its store stays.

    Raises:
        sqlite3.Error, OSError: it cannot be made.
    """
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}."
    )  # mode 600, -wal and -shm too
    os.close(handle)
    try:
        db = open_database(Path(temporary))
        try:
            _bring_up(db, _EVENTS)
            db.execute("PRAGMA journal_mode = WAL")  # stays with the file
        finally:
            db.close()
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        Path(temporary).unlink()


def is_ready(db: sqlite3.Connection) -> bool:
    """Bring a store of an older version to this one. Return False when the file is no store, or a newer one's.

    Raises:
        sqlite3.Error, OSError: it cannot be read or written. Then it is as it was.
    """
    if _version(db) == (APPLICATION, 1):
        _bring_up(db, ())
    if _version(db) != (APPLICATION, SCHEMA_VERSION):
        return False
    db.execute("PRAGMA synchronous = FULL")  # a commit is on the disk before it is reported
    db.execute("PRAGMA secure_delete = ON")  # what is deleted is written over
    return True


def _bring_up(db: sqlite3.Connection, first: tuple[str, ...]) -> None:
    with transaction(db):
        if first or _version(db) == (APPLICATION, 1):  # else another process has been quicker
            for statement in (*first, *_SECOND):
                db.execute(statement)
            device = ("device", secrets.token_hex(4))
            db.executemany("INSERT INTO meta VALUES (?, ?)", (device, ("tick", 0)))
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(db: sqlite3.Connection) -> tuple[int, int]:
    application, version = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
    )
    return application, version
