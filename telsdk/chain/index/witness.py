"""Ask several RPCs, of which one may lie, and believe only what all of them say.

An index believes its RPC about which block is the newest and what happened in it. Where RPCs run by others are asked
the same, all of them would have to tell the same lie. One that is silent or lies can hold up the index, which is then
told, but it can never make the index believe anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from telsdk.chain.errors import WitnessDisagrees
from telsdk.chain.index.source import Source
from telsdk.chain.interface import ChainEvent, Deployment, Header


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

    def check(self) -> None:
        """Check each: see `Source.check`."""
        for one in (self._source, *self._witnesses):
            one.check()

    def header(self, block: int | bytes | None = None) -> Header:
        """Return the header of the newest block that all have, or of that of a height or hash.

        Raises:
            LookupError: there is no such block.
            WitnessDisagrees: they have different blocks there.
            RpcError, RpcUnreachable: one of them does not answer.
        """
        header = self._source.header(block)
        if block is None:
            height = min(header.number, *(witness.header().number for witness in self._witnesses))
            header = header if height == header.number else self._source.header(height)
        for witness in self._witnesses:
            if witness.header(block if isinstance(block, bytes) else header.number) != header:
                raise WitnessDisagrees(
                    f"the RPCs disagree about block {header.number}: one lies, or the chain is being reorganised"
                )
        return header

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """Return the events of these blocks, on which all agree.

        Raises:
            WitnessDisagrees: they tell different events.
            RpcError, RpcUnreachable: one of them does not answer.
        """
        return self._agreed(lambda one: one.events(first, last), f"the blocks {first} to {last}")

    def events_in(self, block: Header) -> list[ChainEvent]:
        """Return the events of this block, on which all agree. It raises as `events`."""
        return self._agreed(lambda one: one.events_in(block), f"block {block.number}")

    def _agreed(self, ask: Callable[[Source], list[ChainEvent]], where: str) -> list[ChainEvent]:
        told = ask(self._source)
        if any(ask(witness) != told for witness in self._witnesses):
            raise WitnessDisagrees(
                f"the RPCs disagree about what happened in {where}: one lies or leaves out"
            )
        return told

    def is_contract(self, account: str) -> bool:
        """Return whether all say that `account` has code."""
        return all(one.is_contract(account) for one in (self._source, *self._witnesses))

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        """Return whether all say that the contract at `account` accepts `signature` (ERC-1271)."""
        return all(
            one.is_valid_signature(account, digest, signature) for one in (self._source, *self._witnesses)
        )

    def names_stand(self, numbers: Sequence[int], block: int) -> list[bool]:
        """Return, for each of `numbers`, whether all say that its name stands for it."""
        told = [one.names_stand(numbers, block) for one in (self._source, *self._witnesses)]
        return [all(verdicts) for verdicts in zip(*told, strict=True)]
