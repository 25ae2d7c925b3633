"""The part of a block's header that the reading of a chain needs, and what its bloom filter says of our events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eth_utils.crypto import keccak

from telsdk.chain.interface.deployments import Deployment
from telsdk.chain.interface.events import ChainEvent, event_topics
from telsdk.directory import Head

_BITS = 2048  # of a bloom filter (Yellow Paper, section 4.4.1)


@dataclass(frozen=True, slots=True)
class Header:
    """A block, the one that it builds on, and a filter of what was said in it."""

    head: Head
    parent: bytes  # hash of the block before
    bloom: bytes = b""  # 256 octets; empty when the chain has no such thing

    @property
    def number(self) -> int:
        return self.head.number

    @property
    def hash(self) -> bytes:
        return self.head.hash

    @property
    def is_empty(self) -> bool:
        """Whether the filter says that nothing at all was said in the block, or the chain leaves it empty."""
        return _known(self) == 0


class EventFilter:
    """What bloom filters say of the events of one deployment.

    A bloom filter never misses what is in it, and may seem to have what is not (Yellow Paper, section 4.4.3). So where
    it says no, an honest block has no such event. There are chains that leave it empty in every block.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._kinds = {
            contract: {
                name: bloom_bits([bytes.fromhex(address.removeprefix("0x")), topic])
                for name, topic in event_topics(contract).items()
            }
            for contract, address in deployment.addresses.items()
        }

    def may_have(self, header: Header) -> bool:
        """Return whether the block may have an event of the deployment."""
        bloom = _known(header)
        return bloom is None or any(
            bloom & kind == kind for kinds in self._kinds.values() for kind in kinds.values()
        )

    def denies(self, header: Header, event: ChainEvent) -> bool:
        """Return whether the block says that it has not `event`. A chain may leave the filter empty in every block."""
        bloom = _known(header)
        kind = self._kinds[event.contract][event.name]
        return bloom is not None and bloom & kind != kind


def bloom_bits(items: Iterable[bytes]) -> int:
    """Return the bits that `items`, addresses and topics, set in a bloom filter (Yellow Paper, section 4.4.3)."""
    found = 0
    for item in items:
        digest = keccak(item)
        for place in (0, 2, 4):
            found |= 1 << int.from_bytes(digest[place : place + 2], "big") % _BITS
    return found


def _known(header: Header) -> int | None:
    """Return the filter as a number; None when there is none."""
    return int.from_bytes(header.bloom, "big") if len(header.bloom) * 8 == _BITS else None
