"""Read a chain by one RPC of several: by the first that is well, and by the first of all again once that is.

A look at the chain uses one RPC from beginning to end. Two of them may be on two branches of the chain, and what is
read of one must not be held to be of the other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from telsdk.chain.errors import NotDeployed, RpcError, WrongNetwork
from telsdk.chain.index.source import Source
from telsdk.chain.interface import Deployment
from telsdk.directory import Head

log = logging.getLogger(__name__)

T = TypeVar("T")

_ILL = (RpcError, WrongNetwork, NotDeployed)


@dataclass(frozen=True, slots=True)
class FailoverSettings:
    """When another RPC is asked."""

    rest: float = 15.0
    """Seconds for which an RPC that failed is asked only if all others fail too; doubled with each failure."""

    longest_rest: float = 300.0
    """Seconds that this comes to at most."""

    old: float = 120.0
    """Age in seconds, by its own time, of a newest block from which on others are asked whether they have a newer."""


@dataclass(slots=True)
class _Rpc:
    name: str  # for people: no secret is in it
    open: Callable[[], Source]
    source: Source | None = None  # once it was opened
    failures: int = 0  # since it was last well
    rests_until: float = 0.0  # monotonic


class Failover:
    """RPCs of one deployment, best first.

    Args:
        rpcs: the name of each, and what opens it, which may raise what an RPC raises. It is opened when it is needed.
        witnessed: whether what they say is held against witnesses.
        clock: monotonic seconds.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        deployment: Deployment,
        rpcs: Sequence[tuple[str, Callable[[], Source]]],
        settings: FailoverSettings | None = None,
        *,
        witnessed: bool = False,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.deployment = deployment
        self.witnessed = witnessed
        self._rpcs = [_Rpc(name, opened) for name, opened in rpcs]
        self._settings = settings or FailoverSettings()
        self._clock = clock
        self._wall = wall
        self._last = self._rpcs[0]

    @classmethod
    def of(cls, source: Source) -> Self:
        """Return one that has only `source`."""
        return cls(source.deployment, [("the RPC", lambda: source)])

    def look(self, look: Callable[[Source], Head]) -> None:
        """Do `look`, which returns the newest block it found, with the first RPC that is well.

        Where that block is old, the next are asked too: an RPC that stands still answers like one that is well.

        Raises:
            RpcError, WrongNetwork, NotDeployed: all failed; this is of the one that was asked last.
        """
        newest = -1
        stood_still: list[_Rpc] = []
        failed: Exception | None = None
        for rpc in self._in_order():
            if stood_still and rpc.failures:
                break  # it rests, and another has answered
            try:
                head = look(self._opened(rpc))
            except _ILL as error:
                self._rest(rpc, str(error))
                failed = error
                continue
            for slow in stood_still if head.number > newest >= 0 else ():
                self._rest(slow, f"it stands still at block {newest}")
            newest = max(newest, head.number)
            if self._wall() - head.timestamp <= self._settings.old:
                self._well(rpc)
                return
            stood_still.append(rpc)
        if not stood_still:
            assert failed is not None
            raise failed
        self._well(next((rpc for rpc in stood_still if not rpc.failures), stood_still[-1]))

    def ask(self, ask: Callable[[Source], T]) -> T:
        """Return what `ask` returns, asked of the first RPC that is well.

        Raises:
            RpcError, WrongNetwork, NotDeployed: all failed; this is of the one that was asked last.
        """
        failed: Exception | None = None
        for rpc in self._in_order():
            try:
                return ask(self._opened(rpc))
            except _ILL as error:
                failed = (
                    error  # the next look finds out whether the RPC is ill: a wallet may answer oddly too
                )
        assert failed is not None
        raise failed

    def _in_order(self) -> Iterator[_Rpc]:
        """Yield the RPCs that are well, best first, then those that rest, by when they have rested."""
        now = self._clock()
        resting = sorted(
            (rpc for rpc in self._rpcs if rpc.rests_until > now), key=lambda rpc: rpc.rests_until
        )
        yield from [rpc for rpc in self._rpcs if rpc.rests_until <= now]
        yield from resting

    def _opened(self, rpc: _Rpc) -> Source:
        if rpc.source is None:
            rpc.source = rpc.open()
        return rpc.source

    def _rest(self, rpc: _Rpc, why: str) -> None:
        rest = min(self._settings.rest * 2.0**rpc.failures, self._settings.longest_rest)
        if not rpc.failures and len(self._rpcs) > 1:
            log.warning("%s is not asked for a while: %s", rpc.name, why)
        rpc.failures = min(rpc.failures + 1, 32)
        rpc.rests_until = self._clock() + rest

    def _well(self, rpc: _Rpc) -> None:
        rpc.failures, rpc.rests_until = 0, 0.0
        if rpc is not self._last:
            log.info("the chain is read from %s now", rpc.name)
            self._last = rpc
