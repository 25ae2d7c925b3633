"""What an index asks of a chain. `telsdk.chain.client.Client` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from telsdk.chain.interface import ChainEvent, Deployment, Header


class Source(Protocol):
    """One view of a chain: one RPC, or several that agree."""

    @property
    def deployment(self) -> Deployment: ...

    def check(self) -> None:
        """Check that this is the deployment's chain, with its contracts.

        Raises:
            WrongNetwork, NotDeployed: it is not, or not any more.
        """
        ...

    def header(self, block: int | bytes | None = None) -> Header:
        """Return the newest block's header, or that of a height, or of a hash.

        Raises:
            NotFound: there is no such block.
        """
        ...

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """Return the events of the deployment's contracts in the blocks `first` to `last`, in order.

        Raises:
            RangeTooWide: fewer blocks at once would do.
        """
        ...

    def events_in(self, block: Header) -> list[ChainEvent]:
        """Return the events of the deployment's contracts in one block, asked for by its hash (EIP-234)."""
        ...

    def is_contract(self, account: str) -> bool: ...

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool: ...

    def names_stand(self, numbers: Sequence[int], block: int) -> list[bool]:
        """Return, for each of `numbers`, whether its name stands for it as of `block`.

        The index asks this only on chains with ENS.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """How an index reads a chain."""

    chunk: int = 2_000
    """Blocks whose events are asked for at once, at most. Fewer where the RPC bears fewer."""

    near: int = 12
    """Newest blocks that are read one by one, by hash: there the backends of one RPC differ."""

    again: int = 64
    """Newest blocks whose events are asked for once more with each new block, for those that came late."""

    tries: int = 4
    """How often something is asked that a backend does not have; another backend may have it."""

    behind: int = 64
    """Blocks by which an RPC may be behind what was read before, without that being called a trouble."""
