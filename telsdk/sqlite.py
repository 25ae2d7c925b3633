"""What the SQLite files of index and store have in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write all that is written within, or nothing if anything is raised. No other process writes meanwhile.

    Args:
        db: opened with ``isolation_level=None``.

    Raises:
        sqlite3.Error: the file cannot be written, or another process writes for too long.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk may have ended it already
            db.execute("ROLLBACK")
        raise
