"""The file behind `ChainIndex`: the events as they came, and what they fold to, in SQLite.

One transaction takes in a stretch of the chain, or forgets one and takes in another, so a process killed at
any moment leaves the file as of one block. Nothing here is thread-safe: `ChainIndex` guards it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from telsdk.chain.errors import AnswerError, IndexMismatch, IndexUnusable
from telsdk.chain.index.ens import Verdict
from telsdk.chain.index.fold import Listing, NumberState, fold_hub, fold_label, fold_number
from telsdk.chain.interface import ChainEvent, Deployment
from telsdk.directory import Head, HubFacts
from telsdk.nesting import check_nesting
from telsdk.records import RECORDS, WORDS, values
from telsdk.sqlite import transaction

SCHEMA = 2  # raised when the same tables come to hold something else; see `_layout`
KEPT_BLOCKS = 256  # how many block hashes are kept to find where a reorganised chain parts

_LOCK_WAIT = 5.0  # seconds to wait for another process that writes
_TABLES = ("meta", "block", "event", "number", "label", "verdict")


class Subject(NamedTuple):
    """Whom an event is about, in the columns of the table of events."""

    number: int | None = None
    label: str | None = None
    hub: int | None = None
    account: str | None = None


class Touched:
    """Whom events are about."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self.numbers: set[int] = set()
        self.labels: set[str] = set()
        self.hubs: set[int] = set()
        self.accounts: set[str] = set()
        for subject in subjects:
            self.numbers.update(() if subject.number is None else (subject.number,))
            self.labels.update(() if subject.label is None else (subject.label,))
            self.hubs.update(() if subject.hub is None else (subject.hub,))
            self.accounts.update(() if subject.account is None else (subject.account,))


class IndexStore:
    """The index of `deployment` in the SQLite file at `path`; ":memory:" is no file.

    Raises:
        IndexMismatch: the file holds another deployment's index, or is none.
        IndexUnusable: it cannot be opened now.

    All others raise sqlite3.Error where the file cannot be read or written.
    """

    def __init__(self, path: str, deployment: Deployment) -> None:
        self._path = path
        self._market = deployment.addresses["NumberMarket"]
        try:
            self._db = sqlite3.connect(
                path, timeout=_LOCK_WAIT, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise IndexUnusable(f"the index {path} cannot be opened ({error}): give another file") from error
        try:
            self._open(deployment)
        except sqlite3.OperationalError as error:
            self._db.close()
            raise IndexUnusable(
                f"the index {path} cannot be opened ({error}): does another use it?"
            ) from error
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise IndexMismatch(f"{path} is no index of telsdk ({error}): give another file") from error
        except IndexMismatch:
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()

    def tip(self) -> Head | None:
        """Return the block that everything here is as of; None before the first."""
        text = self._meta("tip")
        if text is None:
            return None
        number, digest, timestamp = json.loads(check_nesting(text))
        return Head(number, bytes.fromhex(digest), timestamp)

    def blocks(self, at_most: int) -> list[tuple[int, bytes]]:
        """Return the blocks whose hashes are known, up to the height `at_most`, newest first."""
        query = "SELECT number, hash FROM block WHERE number <= ? ORDER BY number DESC"
        return self._db.execute(query, (at_most,)).fetchall()

    def hash_at(self, number: int) -> bytes | None:
        """Return the hash of the block of that height; None when it is not known."""
        row = self._db.execute("SELECT hash FROM block WHERE number = ?", (number,)).fetchone()
        return row[0] if row else None

    def apply(
        self,
        base: int,
        events: Iterable[ChainEvent],
        tip: Head,
        hashes: Mapping[int, bytes] = MappingProxyType({}),
    ) -> Touched:
        """Forget what came after block `base`, and take in the `events` from there on to `tip`.

        `hashes` are those of blocks between them, as far as they are known besides.
        """
        rows = self._rows(events)
        with transaction(self._db):
            touched = Touched([*self._forget(base), *(subject for _, subject in rows)])
            self._insert("event", [_row(event, subject) for event, subject in rows])
            self._mark(
                {event.block: event.block_hash for event, _ in rows} | {**hashes, tip.number: tip.hash}
            )
            self._refold(touched)
            self._set_meta("tip", json.dumps([tip.number, tip.hash.hex(), tip.timestamp]))
        return touched

    def missing(self, events: Iterable[ChainEvent]) -> list[ChainEvent]:
        """Return those of `events` that belong here, as far as the hashes of blocks tell, and are not here.

        Raises:
            AnswerError: another event is in the place of one of them, in the same block.
        """
        found = []
        for event, subject in self._rows(events):
            row = _row(event, subject)
            here = self._db.execute(
                "SELECT contract, name, args FROM event WHERE block = ? AND place = ? AND hash = ?",
                (event.block, event.index, event.block_hash),
            ).fetchone()
            if here is None and self.hash_at(event.block) in (None, event.block_hash):
                found.append(event)
            elif here is not None and here != (row["contract"], row["name"], row["args"]):
                raise AnswerError(f"the RPC tells two stories of what happened in block {event.block}")
        return found

    def add(self, events: Iterable[ChainEvent]) -> Touched:
        """Take in `events` of blocks that are taken in, which were not told before."""
        rows = self._rows(events)
        touched = Touched(subject for _, subject in rows)
        with transaction(self._db):
            self._insert("event", [_row(event, subject) for event, subject in rows])
            self._refold(touched)
        return touched

    def _rows(self, events: Iterable[ChainEvent]) -> list[tuple[ChainEvent, Subject]]:
        return [
            (event, subject) for event in events if (subject := _subject(event, self._market)) is not None
        ]

    def number(self, number: int) -> NumberState | None:
        cursor = self._db.cursor()
        cursor.row_factory = sqlite3.Row
        row = cursor.execute("SELECT * FROM number WHERE number = ?", (number,)).fetchone()
        if row is None:
            return None
        price, block, place = row["price"], row["listed_block"], row["listed_place"]
        return NumberState(
            owner=row["owner"],
            epoch=row["epoch"],
            session=row["session"],
            label=row["label"],
            listing=None if price is None else Listing(int(price), block, place),
            **{word.name: word.value(row[word.name]) for word in WORDS},
        )

    def holder_of(self, label: str) -> int | None:
        """Return the number that claimed `label` last; it may have lost it since by changing hands."""
        row = self._db.execute("SELECT number FROM label WHERE label = ?", (label,)).fetchone()
        return row[0] if row else None

    def numbers_of(self, owner: str) -> list[int]:
        rows = self._db.execute("SELECT number FROM number WHERE owner = ? ORDER BY number", (owner,))
        return [number for (number,) in rows]

    def has_label(self, number: int) -> bool:
        state = self.number(number)
        return state is not None and state.label is not None

    def verdict(self, number: int, label: str) -> Verdict | None:
        """Return what ENS said last of the name `label` of `number`; None when it said nothing."""
        row = self._db.execute(
            "SELECT stands, time FROM verdict WHERE number = ? AND label = ?", (number, label)
        ).fetchone()
        return Verdict(bool(row[0]), row[1]) if row else None

    def unjudged(self, since: int, limit: int) -> list[int]:
        """Return up to `limit` numbers of whose names ENS has said nothing after the time `since`, oldest first."""
        rows = self._db.execute(
            "SELECT number.number FROM number LEFT JOIN verdict"
            " ON verdict.number = number.number AND verdict.label = number.label"
            " WHERE number.label IS NOT NULL AND ifnull(verdict.time, 0) <= ?"
            " ORDER BY ifnull(verdict.time, 0) LIMIT ?",
            (since, limit),
        )
        return [number for (number,) in rows]

    def judge(self, verdicts: Iterable[tuple[int, bool]], head: Head) -> set[int]:
        """Keep what ENS said of the names of these numbers as of `head`. Return those of which it said otherwise."""
        changed = set()
        with transaction(self._db):
            for number, stands in verdicts:
                state = self.number(number)
                if state is None or state.label is None:
                    continue
                before = self.verdict(number, state.label)
                if (before is not None and before.stands) != stands:
                    changed.add(number)
                self._db.execute(
                    "INSERT OR REPLACE INTO verdict VALUES (?,?,?,?,?)",
                    (number, state.label, stands, head.number, head.timestamp),
                )
        return changed

    def hubs(self) -> list[HubFacts]:
        rows = self._db.execute(
            "SELECT DISTINCT hub FROM event WHERE hub IS NOT NULL ORDER BY hub"
        ).fetchall()
        return [facts for (hub,) in rows if (facts := fold_hub(self._events("hub", hub))) is not None]

    # Opening

    def _open(self, deployment: Deployment) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        identity = json.dumps([deployment.chain_id, sorted(deployment.addresses.items())])
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            if self._meta("deployment") != identity:
                raise IndexMismatch(
                    f"{self._path} is the index of another deployment: give another file, or delete it"
                )
            if self._meta("schema") == _layout():
                return
        with transaction(self._db):
            self._create(identity)

    def _create(self, identity: str) -> None:
        for table in _TABLES:
            self._db.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _statements().split(";"):
            self._db.execute(statement)
        self._set_meta("deployment", identity)
        self._set_meta("schema", _layout())

    # Writing

    def _insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put `rows` into `table`; all name the same columns."""
        if not rows:
            return
        names, places = ", ".join(rows[0]), ", ".join(f":{name}" for name in rows[0])
        self._db.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)

    def _forget(self, base: int) -> list[Subject]:
        query = f"SELECT {', '.join(Subject._fields)} FROM event WHERE block > ?"
        subjects = [Subject(*row) for row in self._db.execute(query, (base,))]
        self._db.execute("DELETE FROM event WHERE block > ?", (base,))
        self._db.execute("DELETE FROM block WHERE number > ?", (base,))
        self._db.execute("DELETE FROM verdict WHERE block > ?", (base,))
        return subjects

    def _mark(self, hashes: dict[int, bytes]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO block VALUES (?,?)", sorted(hashes.items()))
        self._db.execute(
            "DELETE FROM block WHERE number <="
            " (SELECT number FROM block ORDER BY number DESC LIMIT 1 OFFSET ?)",
            (KEPT_BLOCKS,),
        )

    def _refold(self, touched: Touched) -> None:
        for label in touched.labels:
            holder = fold_label(self._events("label", label))
            # Whoever loses or regains the label changes too.
            touched.numbers.update(number for number in (self.holder_of(label), holder) if number is not None)
            self._db.execute("DELETE FROM label WHERE label = ?", (label,))
            if holder is not None:
                self._db.execute("INSERT INTO label VALUES (?,?)", (label, holder))
        for account in touched.accounts:
            touched.numbers.update(self.numbers_of(account))
        for number in touched.numbers:
            self._put(number, fold_number(self._events("number", number)))

    def _put(self, number: int, state: NumberState | None) -> None:
        self._db.execute("DELETE FROM number WHERE number = ?", (number,))
        if state is None:
            return
        listing = state.listing
        if listing is not None and self._withdrawn(state.owner, listing):
            listing = None
        row = {
            "number": number,
            "owner": state.owner,
            "epoch": state.epoch,
            "session": state.session,
            "label": state.label,
            "price": None if listing is None else str(listing.price),
            "listed_block": None if listing is None else listing.block,
            "listed_place": None if listing is None else listing.index,
            **values(state),
        }
        self._insert("number", [row])

    def _withdrawn(self, owner: str, listing: Listing) -> bool:
        """Return whether `owner` told the market something about all their numbers after `listing`."""
        row = self._db.execute(
            "SELECT 1 FROM event WHERE account = ? AND (block, place) > (?, ?) LIMIT 1",
            (owner, listing.block, listing.index),
        ).fetchone()
        return row is not None

    def _events(self, column: str, subject: int | str) -> list[ChainEvent]:
        rows = self._db.execute(
            f"SELECT contract, name, args, block, place, hash FROM event WHERE {column} = ?"
            " ORDER BY block, place",
            (subject,),
        )
        return [
            ChainEvent(
                contract,
                name,
                json.loads(check_nesting(args), object_hook=_bytes_from_json),
                block,
                place,
                digest,
            )
            for contract, name, args, block, place, digest in rows
        ]

    def _meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, value))


def _statements() -> str:
    """Return the SQL that makes the tables. Prices are text: a uint128 does not fit SQLite's integers."""
    kinds = {word.name: "BLOB" if isinstance(word.zero, bytes) else "INTEGER" for word in WORDS}
    records = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    return f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE block (number INTEGER PRIMARY KEY, hash BLOB NOT NULL);
CREATE TABLE event (
    block INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL,
    contract TEXT NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL,
    number INTEGER, label TEXT, hub INTEGER, account TEXT,
    PRIMARY KEY (block, place)
) WITHOUT ROWID;
CREATE INDEX event_number ON event (number, block, place) WHERE number IS NOT NULL;
CREATE INDEX event_label ON event (label, block, place) WHERE label IS NOT NULL;
CREATE INDEX event_hub ON event (hub, block, place) WHERE hub IS NOT NULL;
CREATE INDEX event_account ON event (account, block, place) WHERE account IS NOT NULL;
CREATE TABLE number (
    number INTEGER PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, session INTEGER NOT NULL,
    label TEXT, price TEXT, listed_block INTEGER, listed_place INTEGER, {records}
);
CREATE INDEX number_owner ON number (owner);
CREATE TABLE verdict (
    number INTEGER PRIMARY KEY, label TEXT NOT NULL, stands INTEGER NOT NULL, block INTEGER NOT NULL,
    time INTEGER NOT NULL
);
CREATE TABLE label (label TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
"""


def _layout() -> str:
    """Name what is in the tables: a file that has another name for it is filled again from the chain.

    A change of the tables or of how a record is read changes it; what else changes their meaning raises SCHEMA.
    """
    return hashlib.sha256(f"{SCHEMA}{_statements()}{RECORDS}".encode()).hexdigest()


def _row(event: ChainEvent, subject: Subject) -> dict[str, Any]:
    return {
        "block": event.block,
        "place": event.index,
        "hash": event.block_hash,
        "contract": event.contract,
        "name": event.name,
        "args": json.dumps(event.args, default=_bytes_to_json),
        **subject._asdict(),
    }


def _subject(event: ChainEvent, market: str) -> Subject | None:
    """Return whom `event` is about; None when nothing here depends on it."""
    args = event.args
    if event.contract == "HubList":
        return Subject(hub=args["hubId"])
    if event.name == "ApprovalForAll":
        # The owner's word to the market about all their numbers ends their offers.
        return Subject(account=args["owner"]) if args["operator"] == market else None
    number = args.get("number", args.get("tokenId"))
    if number is None or event.contract == "NumberRegistrar":
        return None
    return Subject(number=number, label=args.get("label"))


def _bytes_to_json(value: object) -> dict[str, str]:
    if not isinstance(value, bytes):
        raise TypeError(f"{value!r} is in no event")
    return {"hex": value.hex()}


def _bytes_from_json(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["hex"]) if value.keys() == {"hex"} else value
