"""A copy of the chain's facts, followed block by block: so that no RPC is in the path of a call.

It is built from the contracts' events and from block headers. Where names need ENS, the chain is asked about them in
turn (`telsdk.chain.index.ens`). Every answer is as of one block, `ChainIndex.head`. When the chain is reorganised, what
the lost blocks said is forgotten with them.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from telsdk.chain.errors import ChainError, IndexUnusable, RpcBehind, RpcError
from telsdk.chain.index.ens import NameSettings, NameWatch
from telsdk.chain.index.failover import Failover
from telsdk.chain.index.indexstore import IndexStore, Touched
from telsdk.chain.index.reader import Reader, Stretch, at
from telsdk.chain.index.source import ReadingSettings, Source
from telsdk.chain.interface import EventFilter, Header
from telsdk.directory import Domain, Head, HubFacts, NumberFacts
from telsdk.name import Name
from telsdk.number import Number
from telsdk.records import with_records

CACHED = 65_536  # numbers whose facts are kept at hand

log = logging.getLogger(__name__)


class ChainIndex:
    """A `telsdk.directory.Directory` kept in SQLite, in the file at `path` or in memory.

    `load` once, then `poll` again and again, for example from a worker thread: meanwhile it may be read from
    another, which waits at most for one stretch of events to be written.

    Args:
        source: the RPC, or several (`telsdk.chain.index.Failover`) of which each look at the chain uses one.
        settings: how the chain is read.
        names: how often ENS is asked whose the names are, where there is ENS.

    Raises:
        IndexMismatch: the file at `path` is another deployment's index, or none.
        IndexUnusable: the file cannot be opened now.
    """

    def __init__(
        self,
        source: Source | Failover,
        path: str = ":memory:",
        settings: ReadingSettings | None = None,
        names: NameSettings | None = None,
    ) -> None:
        self._failover = source if isinstance(source, Failover) else Failover.of(source)
        self._deployment = self._failover.deployment
        self._settings = settings or ReadingSettings()
        self._reader = Reader(EventFilter(self._deployment), self._settings)
        self._polling = threading.Lock()
        self._reading = threading.RLock()
        self._path = path
        self._store = IndexStore(path, self._deployment)
        self._facts: dict[int, NumberFacts | None] = {}
        self._untold: set[int] = set()  # numbers that changed in a look that has not come to its end
        self._owes_second_look = False  # at what happened lately
        self._names: NameWatch | None = None  # where names need nobody's word
        if self._deployment.asks_ens:
            self._names = NameWatch(self._unjudged, names or NameSettings())
        self._vouched: dict[int, int] = {}  # numbers whose facts have a name, and when ENS said so
        with self._file():
            self._head = self._store.tip()
            self._hubs = {hub.id: hub for hub in self._store.hubs()}

    def close(self) -> None:
        """Close the file. A look at the chain that is under way in another thread ends with IndexUnusable."""
        with self._reading:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Following the chain

    def load(self) -> Head:
        """Take in everything up to the newest block. An index in a file goes on from where it was.

        It raises what `poll` raises.
        """
        self.poll()
        return self.head

    def poll(self) -> frozenset[Number]:
        """Take in what is new on the chain. Return the numbers whose facts may have changed.

        Raises:
            RpcError, RpcUnreachable: the chain cannot be read, or what the RPC says cannot be right.
            WrongNetwork, NotDeployed: the RPC serves another chain now.
            IndexUnusable: the file cannot be written.

        Whatever is raised, the answers stay as of `head`, and what was taken in so far is told by the next poll.
        """
        with self._polling:
            self._failover.look(self._look)
            told, self._untold = self._untold, set()
            return frozenset(map(Number, told))

    def _look(self, source: Source) -> Head:
        """Take in what one view of the chain has. Return its newest block."""
        newest = at(source)
        if not self._is_older(source, newest):
            changed = self._take_in(source, newest)
            self._untold |= self._look_at_names(source, changed, newest.head)
        elif self._owes_second_look:
            self._take_late(source, [newest])
        return newest.head

    def _is_older(self, source: Source, newest: Header) -> bool:
        """Return whether `newest` is taken in already, with or without others after it.

        Raises:
            RpcBehind: so many others that the RPC has lost its way.
        """
        tip = self._head
        if tip is None or newest.number > tip.number:
            return False
        with self._file():
            known = self._store.blocks(newest.number)
        if not known or not self._is_at(source, *known[0], newest):
            return False
        if tip.number - newest.number > self._settings.behind:
            raise RpcBehind(f"the RPC is at block {newest.number}, and block {tip.number} was there already")
        return True

    def _take_in(self, source: Source, newest: Header) -> set[int]:
        """Take in the blocks up to `newest`. Return the numbers that they, or late events, touched."""
        path, joined = self._reader.path(source, newest, self._builds_on_known)
        first = path[-1].number
        if not joined or self._head is None or first <= self._head.number:
            source.check()  # it builds on nothing that was read before: is it the same chain at all?
        base = first - 1 if joined else self._common(source, path[-1])
        changed: set[int] = set()
        while base < first - 1:
            stretch = self._reader.stretch(source, base + 1, first - 1)
            if stretch.tip.number == first - 1 and stretch.tip.hash != path[-1].parent:
                raise RpcBehind(f"the chain was reorganised at block {first} while it was read: poll again")
            changed |= self._take(base, stretch)
            base = stretch.tip.number
        events = self._reader.events_of(source, path)
        changed |= self._take(base, Stretch(newest.head, events, {one.number: one.hash for one in path}))
        self._owes_second_look = True
        return changed | self._take_late(source, path)

    def _take_late(self, source: Source, path: list[Header]) -> set[int]:
        """Ask once more for what happened lately, and take in what the RPC did not tell before."""
        newest, headers = path[0], {header.number: header for header in path}
        first = max(self._deployment.block, newest.number - self._settings.again + 1)
        told = self._reader.again(source, first, newest.number)
        with self._file():
            missing = self._store.missing(told)
        late = []
        for event in missing:
            header = headers.get(event.block) or at(source, event.block)
            if header.hash == event.block_hash:  # else it is of a block that was reorganised away
                self._reader.vouch(header, [event])
                late.append(event)
        touched: set[int] = set()
        if late:
            log.info("%d events came late, the first of block %d", len(late), late[0].block)
            with self._file():
                touched = self._fresh(self._store.add(late))
        self._owes_second_look = False
        return touched

    def _builds_on_known(self, header: Header) -> bool:
        if header.number <= self._deployment.block:
            return True
        with self._file():
            return self._store.hash_at(header.number - 1) == header.parent

    def _common(self, source: Source, header: Header) -> int:
        """Return the last block taken in that the block of `header` builds on, where many lie between them."""
        with self._file():
            known = self._store.blocks(header.number - 1)
        for number, digest in known:
            if self._is_at(source, number, digest, header):
                return number
        return self._deployment.block - 1

    def _is_at(self, source: Source, number: int, digest: bytes, newest: Header) -> bool:
        return (newest if number == newest.number else at(source, number)).hash == digest

    def _take(self, base: int, stretch: Stretch) -> set[int]:
        with self._file():
            touched = self._store.apply(base, stretch.events, stretch.tip, stretch.hashes)
            self._head = stretch.tip
            return self._fresh(touched)

    def _fresh(self, touched: Touched) -> set[int]:
        """Let go of the facts that `touched` makes old."""
        for number in touched.numbers:
            self._facts.pop(number, None)
        if touched.hubs:
            self._hubs = {hub.id: hub for hub in self._store.hubs()}
        self._untold |= touched.numbers
        return touched.numbers

    def _look_at_names(self, source: Source, touched: set[int], tip: Head) -> set[int]:
        if self._names is None:
            return set()
        with self._file():
            named = {number for number in touched if self._store.has_label(number)}
        numbers = self._names.next(named, tip)
        if not numbers:
            return set()
        try:
            stand = source.names_stand(numbers, tip.number)
        except RpcError as error:
            # What the events said must not be lost with it; these names come first when they can be asked after.
            log.warning("%d names cannot be asked after: %s", len(numbers), error)
            return set()
        with self._file():
            changed = self._store.judge(zip(numbers, stand, strict=True), tip)
            for number in numbers:
                self._facts.pop(number, None)
        return changed

    def _unjudged(self, since: int, limit: int) -> list[int]:
        with self._file():
            return self._store.unjudged(since, limit)

    @contextmanager
    def _file(self) -> Iterator[None]:
        """Have the file for oneself.

        Raises:
            IndexUnusable: SQLite cannot do what is asked within. The file stays as it was.
        """
        with self._reading:
            try:
                yield
            except sqlite3.Error as error:
                raise IndexUnusable(
                    f"the index {self._path} cannot be read or written ({error}): is its disk full, or the file "
                    "damaged? It can be deleted, and is then made again"
                ) from error

    # telsdk.directory.Directory

    @property
    def domain(self) -> Domain:
        return self._deployment.domain

    @property
    def head(self) -> Head:
        """The newest block taken in.

        Raises:
            ChainError: none is; `load` first.
        """
        if self._head is None:
            raise ChainError("the chain index is empty: load it first")
        return self._head

    def number(self, number: Number) -> NumberFacts | None:
        """Return the facts of `number`, or None when nobody holds it."""
        with self._reading:
            try:
                facts = self._facts[number]
            except KeyError:
                if len(self._facts) >= CACHED:
                    self._facts.clear()
                    self._vouched.clear()
                with self._file():
                    facts = self._facts[number] = self._read(number)
            if self._names is None or facts is None or facts.name is None:
                return facts
            if self._names.counts(self._vouched[number], self.head):
                return facts
            self._names.want(number)
            return replace(facts, name=None)

    def resolve(self, name: Name) -> Number | None:
        """Return the number that `name` stands for now, or None.

        Raises:
            NameKindError: names do not end so on this network.
        """
        name.require_suffix(self._deployment.name_suffix)
        with self._file():
            holder = self._store.holder_of(name.label)
            if holder is None:
                return None
            facts = self.number(Number(holder))
            return facts.number if facts is not None and facts.name == name else None

    def hubs(self) -> tuple[HubFacts, ...]:
        with self._reading:
            return tuple(self._hubs.values())

    def hub(self, hub: int) -> HubFacts | None:
        with self._reading:
            return self._hubs.get(hub)

    def is_contract(self, account: str) -> bool:
        """Ask the chain whether `account` has code.

        Raises:
            RpcError, RpcUnreachable: the chain cannot be asked.
        """
        return self._failover.ask(lambda source: source.is_contract(account))

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        """Ask the chain whether the contract at `account` accepts `signature` over `digest` (ERC-1271).

        Raises:
            NoContract: there is none at `account`.
            RpcError, RpcUnreachable: the chain cannot be asked.
        """
        return self._failover.ask(lambda source: source.is_valid_signature(account, digest, signature))

    def numbers_of(self, owner: str) -> tuple[Number, ...]:
        """Return the numbers that the account `owner` (EIP-55) holds."""
        with self._file():
            return tuple(map(Number, self._store.numbers_of(owner)))

    def _read(self, number: Number) -> NumberFacts | None:
        state = self._store.number(number)
        if state is None:
            return None
        named = state.label is not None and self._store.holder_of(state.label) == number
        if named and self._names is not None:
            verdict = self._store.verdict(number, state.label or "")
            if verdict is None:
                self._names.want(number)
            named = verdict is not None and verdict.stands
            if verdict is not None:
                self._vouched[number] = verdict.time
        facts = NumberFacts(
            number=Number(number),
            owner=state.owner,
            epoch=state.epoch,
            session=state.session,
            name=Name(f"{state.label}{self._deployment.name_suffix}") if named else None,
            price=None if state.listing is None else state.listing.price,
        )
        return with_records(facts, state)
