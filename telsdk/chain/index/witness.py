"""Ask several RPCs, of which one may lie, and believe only what all of them say.

An index believes its RPC about which block is the newest and what happened in it. Where RPCs run by others are asked
the same, all of them would have to tell the same lie. One that is silent or lies can hold up the index, which is then
told, but it can never make the index believe anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from telsdk.chain.errors import WitnessDisagrees
from telsdk.chain.index.index import Source
from telsdk.chain.interface import ChainEvent, Deployment
from telsdk.directory import Head


class Witnessed:
    """A `telsdk.chain.index.Source` that asks its witnesses too.

    Args:
        source: the RPC that is asked first.
        witnesses: one or more others on the same deployment.

    Raises:
        WitnessDisagrees: one of them is on another deployment.
    """

    def __init__(self, source: Source, witnesses: Sequence[Source]) -> None:
        self._source = source
        self._witnesses = tuple(witnesses)
        for witness in self._witnesses:
            if witness.deployment.addresses != source.deployment.addresses:
                raise WitnessDisagrees("a witness is on another deployment: give RPCs of one chain")

    @property
    def deployment(self) -> Deployment:
        return self._source.deployment

    def head(self, block: int | None = None) -> Head:
        """Return the newest block that all have, or that of height `block`.

        Raises:
            LookupError: there is no such block.
            WitnessDisagrees: they have different blocks at that height.
            RpcError, RpcUnreachable: one of them does not answer.
        """
        head = self._source.head(block)
        if block is None:
            height = min(head.number, *(witness.head().number for witness in self._witnesses))
            head = head if height == head.number else self._source.head(height)
        for witness in self._witnesses:
            if witness.head(head.number).hash != head.hash:
                raise WitnessDisagrees(
                    f"the RPCs disagree about block {head.number}: one lies, or the chain is being reorganised"
                )
        return head

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """Return the events of these blocks, on which all agree.

        Raises:
            WitnessDisagrees: they tell different events.
            RpcError, RpcUnreachable: one of them does not answer.
        """
        told = self._source.events(first, last)
        if any(witness.events(first, last) != told for witness in self._witnesses):
            raise WitnessDisagrees(
                f"the RPCs disagree about what happened in the blocks {first} to {last}: one lies or leaves out"
            )
        return told

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        """Return whether all say that the contract at `account` accepts `signature` (ERC-1271)."""
        return all(
            one.is_valid_signature(account, digest, signature) for one in (self._source, *self._witnesses)
        )

    def name_stands(self, number: int, block: int) -> bool:
        """Return whether all say that the name of `number` stands for it."""
        return all(one.name_stands(number, block) for one in (self._source, *self._witnesses))
