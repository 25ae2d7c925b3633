"""A copy of the chain's facts, followed block by block: so that no RPC is in the path of a call.

It is built from the contracts' events and from block headers. Where names need ENS, the chain is asked about them in
turn (`telsdk.chain.index.ens`). Every answer is as of one block, `ChainIndex.head`. When the chain is reorganised, what
the lost blocks said is forgotten with them.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Protocol, Self

from telsdk.chain.errors import ChainError, RpcError, RpcUnreachable
from telsdk.chain.index.ens import NameWatch, asks_ens
from telsdk.chain.index.indexstore import IndexStore
from telsdk.chain.interface import ChainEvent, Deployment
from telsdk.directory import Domain, Head, HubFacts, NumberFacts
from telsdk.name import SUFFIX, Name
from telsdk.number import Number
from telsdk.records import with_records

CHUNK = 2_000  # blocks asked for at once; halved as often as the RPC finds that too many
CACHED = 65_536  # numbers whose facts are kept at hand


class Source(Protocol):
    """What the index asks of a chain. `telsdk.chain.client.Client` answers it."""

    @property
    def deployment(self) -> Deployment: ...

    def head(self, block: int | None = None) -> Head:
        """Return the newest block, or that of height `block`; raise `LookupError` when there is none."""
        ...

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """Return the events of the deployment's contracts in the blocks `first` to `last`, in order."""
        ...

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool: ...

    def name_stands(self, number: int, block: int) -> bool:
        """Return whether the name of `number` stands for it. The index asks this only on chains with ENS."""
        ...


class ChainIndex:
    """A `telsdk.directory.Directory` kept in SQLite, in the file at `path` or in memory.

    `load` once, then `poll` again and again, for example from a worker thread: meanwhile it may be read from
    another, which waits at most for one stretch of events to be written.

    Raises:
        IndexMismatch: the file at `path` is another deployment's index, or none.
    """

    def __init__(self, source: Source, path: str = ":memory:") -> None:
        self._source = source
        self._deployment = source.deployment
        self._polling = threading.Lock()
        self._reading = threading.RLock()
        self._store = IndexStore(path, self._deployment)
        self._head = self._store.tip()
        self._facts: dict[int, NumberFacts | None] = {}
        self._names = NameWatch(source.name_stands, self._named) if asks_ens(self._deployment) else None
        self._hubs = {hub.id: hub for hub in self._store.hubs()}

    def close(self) -> None:
        with self._polling, self._reading:
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

        Raises:
            RpcError, RpcUnreachable: the chain cannot be read; what was taken in so far stays.
        """
        self.poll()
        return self.head

    def poll(self) -> frozenset[Number]:
        """Take in what is new on the chain. Return the numbers whose facts may have changed.

        Raises:
            RpcError, RpcUnreachable: the chain cannot be read; the answers stay as of `head`.
        """
        with self._polling:
            newest = self._source.head()
            base = self._base(newest)
            if base is None:
                return frozenset()
            changed: set[int] = set()
            chunk = CHUNK
            while base < newest.number:
                tip, events, chunk = self._stretch(base + 1, newest, chunk)
                changed |= self._take(base, events, tip)
                base = tip.number
            changed |= self._look_at_names(changed, newest)
            return frozenset(map(Number, changed))

    def _base(self, newest: Head) -> int | None:
        """Return the last block taken in that `newest` builds on; None when there is nothing to do."""
        before = self._deployment.block - 1
        tip = self._head
        if tip is None:
            return min(before, newest.number - 1)
        if tip.hash == newest.hash:
            return None
        known = self._store.blocks(min(tip.number, newest.number))
        for place, (number, digest) in enumerate(known):
            if self._is_at(number, digest, newest):
                # An RPC that lags behind another shows an ancestor: what was taken in from the other stays.
                return None if place == 0 and newest.number <= tip.number else number
        return min(before, newest.number - 1)

    def _is_at(self, number: int, digest: bytes, newest: Head) -> bool:
        if number == newest.number:
            return digest == newest.hash
        try:
            return self._source.head(number).hash == digest
        except LookupError:
            return False

    def _stretch(self, first: int, newest: Head, chunk: int) -> tuple[Head, list[ChainEvent], int]:
        """Return the last block of a stretch from `first` on, its events, and how many blocks the RPC bears."""
        while True:
            last = min(first + chunk - 1, newest.number)
            tip = newest if last == newest.number else self._source.head(last)
            try:
                events = self._source.events(first, last)
            except RpcUnreachable:
                raise
            except RpcError:
                if first == last:
                    raise
                chunk = max(1, (last - first + 1) // 2)
                continue
            if self._source.head(last).hash != tip.hash:
                raise ChainError(f"the chain was reorganised at block {last} while it was read: poll again")
            return tip, events, chunk

    def _take(self, base: int, events: list[ChainEvent], tip: Head) -> set[int]:
        with self._reading:
            touched = self._store.apply(base, events, tip)
            self._head = tip
            for number in touched.numbers:
                self._facts.pop(number, None)
            if touched.hubs:
                self._hubs = {hub.id: hub for hub in self._store.hubs()}
            return touched.numbers

    def _look_at_names(self, touched: set[int], tip: Head) -> set[int]:
        if self._names is None:
            return set()
        with self._reading:
            named = {number for number in touched if self._store.has_label(number)}
        try:
            changed = self._names.look(named, tip.number)
        except RpcError:
            return set()  # What the events said must not be lost with it; the names come round again.
        with self._reading:
            for number in changed:
                self._facts.pop(number, None)
        return changed

    def _named(self, after: int, limit: int) -> list[int]:
        with self._reading:
            return self._store.named(after, limit)

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
                return self._facts[number]
            except KeyError:
                if len(self._facts) >= CACHED:
                    self._facts.clear()
                facts = self._facts[number] = self._read(number)
                return facts

    def resolve(self, name: Name) -> Number | None:
        """Return the number that `name` stands for now, or None."""
        with self._reading:
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

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        """Ask the chain whether the contract at `account` accepts `signature` over `digest` (ERC-1271).

        Raises:
            RpcError, RpcUnreachable: the chain cannot be asked.
        """
        return self._source.is_valid_signature(account, digest, signature)

    def numbers_of(self, owner: str) -> tuple[Number, ...]:
        """Return the numbers that the account `owner` (EIP-55) holds."""
        with self._reading:
            return tuple(map(Number, self._store.numbers_of(owner)))

    def _read(self, number: Number) -> NumberFacts | None:
        state = self._store.number(number)
        if state is None:
            return None
        named = state.label is not None and self._store.holder_of(state.label) == number
        if self._names is not None and number in self._names.disowned:
            named = False
        facts = NumberFacts(
            number=Number(number),
            owner=state.owner,
            epoch=state.epoch,
            session=state.session,
            name=Name(f"{state.label}{SUFFIX}") if named else None,
            price=None if state.listing is None else state.listing.price,
        )
        return with_records(facts, state)
