"""What a UC remembers: contacts, calls and messages, as a log of events.

Two UCs of one number come to the same memory by union: `export` from one, `merge` into the other, in any order and any
number of times. What is shown (`contacts`, `calls`, `messages`) is computed from the log; `telsdk.uc.entries` says what
is in its events. What a person deletes goes from the log, and the deletion itself is an event, so that it stays deleted
(`telsdk.uc.deletion`). Kinds of events that this version does not know are kept and passed on.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from telsdk.errors import TelError
from telsdk.sqlite import transaction
from telsdk.uc.deletion import DELETED, Deletion, Deletions, of_ids, of_matching, superseded
from telsdk.uc.entries import Contact, Direction, EventKind, LoggedCall, LoggedMessage, MetPeer, pinned
from telsdk.uc.events import EventMalformed, LogEvent, decode_log, device_of, encode_log, time_of
from telsdk.uc.holder import Holder
from telsdk.uc.limits import Usage
from telsdk.uc.settings import UnverifiedAnswer
from telsdk.uc.storefile import create_database, is_ready, open_database

__all__ = [
    "Contact",
    "Direction",
    "EventKind",
    "EventMalformed",
    "LogEvent",
    "LoggedCall",
    "LoggedMessage",
    "MetPeer",
    "Store",
    "StoreUnusable",
]

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
        self._known: tuple[object, frozenset[str]] = (None, frozenset())  # contacts, and when they were so
        with self._errors():
            if not path.exists():
                create_database(path)
            self._db = open_database(path)
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
        return self._note(kind, data, at)

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

        See `telsdk.uc.backuplog` for a log that has no more than so many bytes.

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
        with self._errors(), transaction(self._db):
            before = self._ids()
            self._db.executemany(_INSERT, [event.row() for event in events])
            self._sweep()
            self._catch_up(events)
            return len(self._ids() - before)

    # What is deleted, here and wherever the log is merged

    def delete(self, ids: Collection[str]) -> int:
        """Delete these calls and messages. Return how many were there.

        Raises:
            TooManyDeletions: more single events were deleted than are remembered one by one.
            StoreUnusable: the file cannot be written.
        """
        with self._errors(), transaction(self._db):
            gone = [id for id in sorted(set(ids)) if self._found("id = ?", id)]
            if gone:
                self._delete(gone, of_ids(gone, self._deletions()))
        return len(gone)

    def delete_conversation(self, peer: str) -> int:
        """Delete every call and message with `peer`, as `calls` and `messages` write it. Return how many there were."""
        return self._delete_matching({"peer": peer})

    def delete_unverified(self) -> int:
        """Delete every call and message from somebody who proved nothing. Return how many there were."""
        return self._delete_matching({"direction": Direction.IN, "trust": "unverified"})

    def delete_history(self) -> int:
        """Delete every call and message; contacts stay. Return how many there were."""
        return self._delete_matching({})

    # How full it is

    def unverified_usage(self) -> Usage:
        """Return what came from all together who proved nothing."""
        return self._usage("box = 'in'")

    def usage_of(self, peers: Collection[str]) -> Usage:
        """Return what came, proven, from somebody with any of these addresses."""
        boxes = [f"in:{peer}" for peer in peers]
        return self._usage(f"box IN ({', '.join('?' * len(boxes))})", boxes)

    def unknown_usage(self) -> Usage:
        """Return what came, proven, from all together of whom the person knows nothing; see `knows`."""
        with self._errors():
            rows = self._db.execute(
                "SELECT substr(box, 4), events, octets FROM tally WHERE box >= 'in:' AND box < 'in;'"
                " AND NOT EXISTS (SELECT 1 FROM tally AS sent WHERE sent.box = 'out:' || substr(tally.box, 4))"
            ).fetchall()
        contacts = self._contact_addresses()
        unknown = [row for row in rows if row[0] not in contacts]
        return Usage(sum(row[1] for row in unknown), sum(row[2] for row in unknown))

    def knows(self, peers: Collection[str]) -> bool:
        """Return whether any of these addresses is a contact, or was called or written to."""
        boxes = [f"out:{peer}" for peer in peers]
        written = self._usage(f"box IN ({', '.join('?' * len(boxes))})", boxes).events > 0
        return written or not self._contact_addresses().isdisjoint(peers)

    # What the last backup held

    def backed_up(self) -> bytes | None:
        """Return the pointer of the newest backup whose whole content is in this store; None when there is none."""
        with self._errors():
            row = self._db.execute("SELECT value FROM meta WHERE name = 'backup'").fetchone()
        return None if row is None else bytes(row[0])

    def note_backup(self, pointer: bytes) -> None:
        """Note that all which the backup at `pointer` holds is in this store."""
        with self._errors():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('backup', ?)", (pointer,))

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
        noted = {"address": address, "label": label, "turn": self._next_turn(address)}
        return self._note(EventKind.CONTACT, {**noted, **pinned(holder), **said})

    def remove_contact(self, address: str) -> LogEvent:
        """Forget somebody, until they are added again."""
        return self._note(EventKind.CONTACT_REMOVED, {"address": address, "turn": self._next_turn(address)})

    def add_peer(self, holder: Holder, name: str | None, *, answered: bool) -> LogEvent:
        """Note whom we have had to do with; see `MetPeer`."""
        return self.add(EventKind.PEER, {**holder.fields(), "name": name or "", "answered": int(answered)})

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
        return self.add(EventKind.CALL, {**noted, **pinned(holder)})

    def add_message(
        self, direction: Direction, peer: str, trust: str, text: str, holder: Holder | None = None
    ) -> LogEvent:
        """Note a message; see `LoggedMessage`."""
        noted = {"direction": direction, "peer": peer, "trust": trust, "text": text}
        return self.add(EventKind.MESSAGE, {**noted, **pinned(holder)})

    def contacts(self) -> list[Contact]:
        """Return the contacts by address.

        Of two events about one contact that counts which was written knowing the other (`turn`, a Lamport clock of
        each contact), whatever the devices' clocks say. Where neither knew the other, the later by the clocks counts.
        """
        known: dict[str, Contact] = {}
        for event in sorted(
            self.events(EventKind.CONTACT, EventKind.CONTACT_REMOVED), key=_turn
        ):  # else in time's order
            address = event.text("address")
            known.pop(address, None)
            if event.kind == EventKind.CONTACT and address:
                known[address] = Contact.read(event)
        return sorted(known.values(), key=lambda contact: contact.address)

    def peers(self) -> list[MetPeer]:
        """Return whom we have had to do with, the newest last; of those before this was noted nothing is known."""
        found = map(MetPeer.read, self.events(EventKind.PEER))
        return [peer for peer in found if peer is not None]

    def calls(self) -> list[LoggedCall]:
        """Return the calls, the newest last."""
        return [LoggedCall.read(event) for event in self.events(EventKind.CALL)]

    def messages(self) -> list[LoggedMessage]:
        """Return the messages, the newest last."""
        return [LoggedMessage.read(event) for event in self.events(EventKind.MESSAGE)]

    # The file

    def _check(self) -> None:
        with self._errors():
            if not is_ready(self._db):
                raise StoreUnusable(f"{self._path} is no store of this version of telsdk: update, or move it")

    def _note(self, kind: str, data: Mapping[str, object], at: int | None = None) -> LogEvent:
        with self._errors(), transaction(self._db):
            return self._append(kind, data, at)

    def _append(self, kind: str, data: Mapping[str, object], at: int | None = None) -> LogEvent:
        """Write an event of this device, later by its id than all that the device has written."""
        now = int(self._clock() * 1000)
        tick = max(now, self._meta("tick") + 1)
        identifier = f"{tick:012x}{self._meta('device')}{secrets.token_hex(6)}"
        event = LogEvent(identifier, now if at is None else at, kind, data)
        self._db.execute("UPDATE meta SET value = ? WHERE name = 'tick'", (tick,))
        self._db.execute(_INSERT, event.row())
        return event

    def _catch_up(self, events: Iterable[LogEvent]) -> None:
        """Bring this device's clock past all that a merge says of it: the file may be an older copy of itself."""
        device = self._meta("device")
        times = [time_of(event.id) for event in events if device_of(event.id) == device]
        times += [one.seen[device] for one in self._deletions() if device in one.seen]
        if times:
            tick = max(int(max(times), 16), self._meta("tick"))
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'tick'", (tick,))

    def _delete_matching(self, match: Mapping[str, str]) -> int:
        with self._errors(), transaction(self._db):
            fields = [f"json_extract(data, '$.{name}') = ?" for name in match]
            gone = self._found(" AND ".join(["true", *fields]), *match.values())
            if gone:
                self._delete(gone, of_matching(match, gone, self._deletions()))
        return len(gone)

    def _delete(self, gone: Iterable[str], deletions: Iterable[Mapping[str, object]]) -> None:
        for data in list(deletions):
            self._append(DELETED, data)
        self._drop([*gone, *(one.id for one in superseded(self._deletions()))])

    def _sweep(self) -> None:
        """Drop what the deletions in the log delete, and those that others make needless."""
        deletions = self._deletions()
        if deletions:
            needless = {one.id for one in superseded(deletions)}
            rest = Deletions(one for one in deletions if one.id not in needless)
            self._drop([*needless, *(event.id for event in self.events() if rest.delete(event))])

    def _drop(self, ids: Collection[str]) -> None:
        rows = [(id,) for id in ids]
        self._db.executemany("INSERT INTO doomed VALUES (?)", rows)
        self._db.execute("DELETE FROM event WHERE id IN (SELECT id FROM doomed)")
        self._db.execute("DELETE FROM doomed")

    def _deletions(self) -> list[Deletion]:
        return [one for one in map(Deletion.read, self.events(DELETED)) if one is not None]

    def _found(self, where: str, *values: str) -> list[str]:
        """Return the ids of the calls and messages for which the SQL `where` holds."""
        query = f"SELECT id FROM event WHERE kind IN (?, ?) AND {where}"
        return [row[0] for row in self._db.execute(query, (EventKind.CALL, EventKind.MESSAGE, *values))]

    def _next_turn(self, address: str) -> int:
        events = self.events(EventKind.CONTACT, EventKind.CONTACT_REMOVED)
        return 1 + max((_turn(event) for event in events if event.text("address") == address), default=0)

    def _contact_addresses(self) -> frozenset[str]:
        """Return the addresses of the contacts, without a look at the log where nothing has changed."""
        with self._errors():
            newest = self._db.execute(
                "SELECT count(*), max(id) FROM event WHERE kind IN (?, ?)",
                (EventKind.CONTACT, EventKind.CONTACT_REMOVED),
            ).fetchone()
            if newest != self._known[0]:
                self._known = (newest, frozenset(contact.address for contact in self.contacts()))
            return self._known[1]

    def _usage(self, where: str, boxes: Collection[str] = ()) -> Usage:
        with self._errors():
            row = self._db.execute(
                f"SELECT coalesce(sum(events), 0), coalesce(sum(octets), 0) FROM tally WHERE {where}",
                tuple(boxes),
            ).fetchone()
        return Usage(*row)

    def _meta(self, name: str) -> Any:
        return self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0]

    def _ids(self) -> set[str]:
        return {row[0] for row in self._db.execute("SELECT id FROM event")}

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Let in one thread at a time, and turn the database's errors into ours."""
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                raise StoreUnusable(f"{self._path} cannot be used: {error}") from error


def _turn(event: LogEvent) -> int:
    return event.number("turn")
