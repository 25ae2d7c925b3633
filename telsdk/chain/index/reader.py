"""Read blocks and events from one view of a chain, and hold what it says against itself.

An RPC is often many backends behind one address, and each may be behind the others: one tells of a new block, the next
answers for the events in it before it has that block, with nothing. So the newest blocks are read by their hashes, from
the newest back to one that is known; their bloom filters say whether there is something to ask for. Older blocks, of
which there are many, are read in chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from telsdk.chain.access import may_be_too_wide, too_wide
from telsdk.chain.errors import AnswerError, RangeTooWide, RpcBehind, RpcError, RpcUnreachable
from telsdk.chain.index.source import ReadingSettings, Source
from telsdk.chain.interface import ChainEvent, EventFilter, Header
from telsdk.directory import Head
from telsdk.errors import NotFound

_GROWS_AFTER = 4  # chunks that went well, before a larger one is tried
_GUESSES = 2  # how often in one go a smaller chunk is tried where only the time that it took speaks for it
_GUESS = 8  # by how much smaller that is

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was read of the blocks after one that was known."""

    tip: Head  # the last of them
    events: list[ChainEvent]
    hashes: dict[int, bytes] = field(default_factory=dict)  # of blocks between, as far as they were looked at


class Reader:
    """The reading of one deployment's chain. It remembers how many blocks at once its RPC bears."""

    def __init__(self, events: EventFilter, settings: ReadingSettings) -> None:
        self._filter = events
        self._settings = settings
        self._chunk = settings.chunk
        self._most = settings.chunk  # blocks at once, as far as the RPC has said that it has a limit
        self._well = 0  # chunks since the last change of size
        self._empty = settings.near  # blocks in a row, to the newest, whose bloom filter was empty

    # The newest blocks, one by one

    def path(
        self, source: Source, newest: Header, joins: Callable[[Header], bool]
    ) -> tuple[list[Header], bool]:
        """Return headers from `newest` back, at most `near`, and whether the last builds on a block that is known.

        `joins` says of a header whether it does.

        Raises:
            RpcBehind: the RPC has not what its own newest block builds on.
            AnswerError: it gives another block than the one that was asked for.
        """
        path = [newest]
        while not joins(path[-1]):
            if len(path) >= self._settings.near:
                return path, False
            child = path[-1]
            parent = self.by_hash(source, child.parent)
            if parent.number != child.number - 1:
                raise AnswerError(f"the RPC says that block {child.number} builds on block {parent.number}")
            path.append(parent)
        return path, True

    def by_hash(self, source: Source, digest: bytes) -> Header:
        """Return the header of the block with that hash.

        Raises:
            RpcBehind: the RPC has it not, however often it is asked.
            AnswerError: it gives another.
        """
        header = self._again(lambda: source.header(digest))
        if header.hash != digest:
            raise AnswerError(f"the RPC gave block {header.hash.hex()} for block {digest.hex()}")
        return header

    def events_of(self, source: Source, path: Iterable[Header]) -> list[ChainEvent]:
        """Return the events in these blocks, each asked by its hash, where its bloom filter does not say no.

        Raises:
            RpcBehind: the RPC cannot tell them.
            AnswerError: it tells what is not of the block.
        """
        found: list[ChainEvent] = []
        path = list(path)
        for header in reversed(path):
            self._empty = self._empty + 1 if header.is_empty else 0
        for header in path:
            if not self._filter.may_have(header) and (self._has_blooms or not header.is_empty):
                continue
            events = self._again(lambda header=header: source.events_in(header))  # type: ignore[misc]
            if any(event.block_hash != header.hash or event.block != header.number for event in events):
                raise AnswerError(f"the RPC gave another block's events for block {header.number}")
            self.vouch(header, events)
            found += single(events)
        return found

    def vouch(self, header: Header, events: Iterable[ChainEvent]) -> None:
        """Hold `events` against the bloom filter of their block.

        Raises:
            AnswerError: they cannot be in it.
        """
        if header.is_empty and not self._has_blooms:
            return
        for event in events:
            if self._filter.denies(header, event):
                raise AnswerError(
                    f"the RPC tells of a {event.name} event in block {header.number}, whose bloom filter says no"
                )

    @property
    def _has_blooms(self) -> bool:
        """Whether an empty bloom filter means something: the chain has filled one lately."""
        return self._empty < self._settings.near

    def _again(self, ask: Callable[[], T]) -> T:
        """Return what `ask` returns. Where one backend has not what is asked for, the next may."""
        for left in reversed(range(self._settings.tries)):
            try:
                return ask()
            except RpcUnreachable:
                raise
            except NotFound as error:
                if not left:
                    raise RpcBehind(f"the RPC has not what it told of before: {error}") from error
            except RpcError:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    # Many blocks at once

    def stretch(self, source: Source, first: int, last: int) -> Stretch:
        """Return what happened from block `first` on, up to `last` or to one before it.

        Raises:
            RpcError, RpcUnreachable: it cannot be read, however few blocks are asked for.
            AnswerError: what is told is not of these blocks.
            RpcBehind: the chain was reorganised meanwhile, or another backend answered.
            WrongNetwork, NotDeployed: meanwhile it became another chain.
        """
        until, before, events = self._events(source, first, last, lambda until: at(source, until))
        source.check()
        if at(source, until).hash != before.hash:
            raise RpcBehind(f"the chain was reorganised at block {until} while it was read: poll again")
        return Stretch(before.head, events)

    def again(self, source: Source, first: int, last: int) -> list[ChainEvent]:
        """Return the events in the blocks `first` to `last`, in as many questions as that takes.

        It raises what `stretch` raises.
        """
        found: list[ChainEvent] = []
        while first <= last:
            until, _, events = self._events(source, first, last, lambda _: None)
            found += events
            first = until + 1
        return found

    def _events(
        self, source: Source, first: int, last: int, before: Callable[[int], T]
    ) -> tuple[int, T, list[ChainEvent]]:
        """Return up to which block the RPC told events, what `before` said of that block before, and the events."""
        guesses = _GUESSES
        while True:
            until = min(first + self._chunk - 1, last)
            seen = before(until)
            try:
                events = source.events(first, until)
            except RpcError as error:
                wide = too_wide(error, first, until)
                if first == until or (wide is None and not may_be_too_wide(error)):
                    raise
                self._shrink(wide, until - first + 1)
                guesses -= wide is None
                if guesses < 0:
                    raise
            else:
                self._grow(until - first + 1)
                return until, seen, _of_blocks(events, first, until)

    def _shrink(self, wide: RangeTooWide | None, asked: int) -> None:
        self._well = 0
        if wide is None:
            self._chunk = max(1, asked // _GUESS)
        elif wide.most is None:
            self._chunk = max(1, asked // 2)
        else:
            self._chunk = max(1, min(wide.most, asked - 1))
            if wide.always:
                self._most = self._chunk

    def _grow(self, asked: int) -> None:
        """Note that so many blocks at once went well. Fewer than were allowed say nothing of the limit."""
        self._well += asked >= self._chunk
        if self._well >= _GROWS_AFTER:
            self._well = 0
            self._chunk = min(self._most, self._chunk * 2)


def at(source: Source, block: int | None = None) -> Header:
    """Return the header of the newest block, or of that of a height.

    Raises:
        RpcBehind: the RPC has it not.
    """
    try:
        return source.header(block)
    except NotFound as error:
        raise RpcBehind(f"the RPC has not what it told of before: {error}") from error


def single(events: Iterable[ChainEvent]) -> list[ChainEvent]:
    """Return `events` in order, each once, though an RPC may tell one twice.

    Raises:
        AnswerError: two different ones have the same place in the same block.
    """
    found: dict[tuple[int, int], ChainEvent] = {}
    for event in events:
        place = (event.block, event.index)
        if found.setdefault(place, event) != event:
            raise AnswerError(f"the RPC tells two stories of what happened in block {event.block}")
    return [found[place] for place in sorted(found)]


def _of_blocks(events: Iterable[ChainEvent], first: int, last: int) -> list[ChainEvent]:
    """Return `events`, each once, if they are of the blocks `first` to `last`, and of one block for each height.

    Raises:
        AnswerError: they are not.
    """
    hashes: dict[int, bytes] = {}
    for event in events:
        if not first <= event.block <= last:
            raise AnswerError(
                f"the RPC tells of block {event.block} when asked for the blocks {first} to {last}"
            )
        if hashes.setdefault(event.block, event.block_hash) != event.block_hash:
            raise AnswerError(f"the RPC mixes two blocks of height {event.block}")
    return single(events)
