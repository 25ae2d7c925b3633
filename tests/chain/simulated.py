"""A chain of made-up blocks for `ChainIndex`, which can be reorganised at will."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from telsdk.chain.errors import RpcError, RpcUnreachable
from telsdk.chain.interface import CONTRACTS, ChainEvent, Deployment, Header, bloom_bits, event_topics
from telsdk.directory import Head
from telsdk.errors import NotFound

FIRST_BLOCK = 100
NOBODY = "0x" + "00" * 20
ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
BOB = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
MARKET = "0x5FC8d32690cc91D4c39d9d3abcBD16989F875707"
DEPLOYMENT = Deployment("simulated", 7, FIRST_BLOCK, dict.fromkeys(CONTRACTS, MARKET))

Said = tuple[str, str, dict[str, Any]]  # contract, event, arguments


def minted(number: int, owner: str = ALICE, epoch: int = 1) -> list[Said]:
    """What the registry says when `number` comes to `owner`."""
    return [
        ("NumberRegistry", "Transfer", {"from": NOBODY, "to": owner, "tokenId": number}),
        ("NumberRegistry", "EpochAdvanced", {"number": number, "epoch": epoch}),
    ]


@dataclass
class SimulatedChain:
    """Blocks from FIRST_BLOCK - 1 on, each with what was said in it."""

    deployment: Deployment = DEPLOYMENT
    blocks: list[tuple[bytes, list[Said]]] = field(default_factory=list)
    most: int = 10**9  # how many blocks the RPC bears to be asked for at once
    down: bool = False
    asked: list[tuple[int, int]] = field(default_factory=list)  # stretches that events were asked for

    def __post_init__(self) -> None:
        self.mine()

    def mine(self, *said: Said) -> None:
        """Adds a block; what is in it and before it is in its hash."""
        parent = self.blocks[-1][0] if self.blocks else b""
        digest = hashlib.sha256(parent + repr(said).encode()).digest()
        self.blocks.append((digest, list(said)))

    def rewind(self, blocks: int, salt: str) -> None:
        """Drops so many blocks, but never the first, and puts an empty one of its own in the place of one."""
        keep = max(1, len(self.blocks) - blocks)
        del self.blocks[keep:]
        self.blocks.append((hashlib.sha256(self.blocks[-1][0] + salt.encode()).digest(), []))

    def check(self) -> None:
        """It is always the same chain."""

    def head(self) -> Head:
        return self.header().head

    def header(self, block: int | bytes | None = None) -> Header:
        if self.down:
            raise RpcUnreachable("the RPC does not answer")
        place = self._place(block)
        if not 0 <= place < len(self.blocks):
            raise NotFound(f"no block {block!r}")
        digest, said = self.blocks[place]
        head = Head(place + FIRST_BLOCK - 1, digest, 1_800_000_000 + 12 * place)
        parent = self.blocks[place - 1][0] if place else bytes(32)
        return Header(head, parent, self.bloom(said))

    def bloom(self, said: list[Said]) -> bytes:
        """The filter of a block in which that was said."""
        addresses = self.deployment.addresses
        items = (
            item
            for contract, name, _ in said
            for item in (bytes.fromhex(addresses[contract][2:]), event_topics(contract)[name])
        )
        return bloom_bits(items).to_bytes(256, "big")

    def _place(self, block: int | bytes | None) -> int:
        if block is None:
            return len(self.blocks) - 1
        if isinstance(block, int):
            return block - FIRST_BLOCK + 1
        return next((place for place, (digest, _) in enumerate(self.blocks) if digest == block), -1)

    def events_in(self, block: Header) -> list[ChainEvent]:
        place = self._place(block.hash)
        if place < 0:
            raise RpcError("unknown block")
        return self._told(block.number, place)

    def events(self, first: int, last: int) -> list[ChainEvent]:
        self.asked.append((first, last))
        if self.down:
            raise RpcUnreachable("the RPC does not answer")
        if last - first + 1 > self.most:
            raise RpcError("too many blocks")
        return [
            event for block in range(first, last + 1) for event in self._told(block, block - FIRST_BLOCK + 1)
        ]

    def _told(self, block: int, place: int) -> list[ChainEvent]:
        digest, said = self.blocks[place]
        return [
            ChainEvent(contract, name, args, block, index, digest)
            for index, (contract, name, args) in enumerate(said)
        ]

    def names_stand(self, numbers: Sequence[int], block: int) -> list[bool]:
        raise AssertionError(f"there is no ENS here to ask for {numbers} at {block}")

    def is_contract(self, account: str) -> bool:
        return account == BOB

    def is_valid_signature(self, account: str, digest: bytes, signature: bytes) -> bool:
        return (account, digest, signature) == (BOB, bytes(32), b"yes")
