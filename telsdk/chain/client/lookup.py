"""What the chain says of a number, a name or an account, all as of one block."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from telsdk.freshness import utc
from telsdk.name import Name
from telsdk.number import Number
from telsdk.records import Records, shown


@dataclass(frozen=True, slots=True)
class Lookup(Records):
    """Who a number belongs to, and what is recorded of it."""

    number: Number
    name: Name | None
    owner: str  # EIP-55 address
    epoch: int
    session: int  # the session counter
    listing: Decimal | None  # its price in ether when it is for sale
    chain_id: int
    block: int  # what all this is as of
    time: int  # of that block, in seconds since 1970
    stale: bool  # whether that is too long ago for it to be so now; see `telsdk.freshness`

    def to_dict(self) -> dict[str, Any]:
        """Return the brief form for JSON: bytes as 0x…, the price in ether as text, null for what is not set."""
        return {
            "number": int(self.number),
            "name": None if self.name is None else str(self.name),
            "owner": self.owner,
            "epoch": self.epoch,
            **shown(self, brief=True),
            "listing": None if self.listing is None else str(self.listing),
            "chain_id": self.chain_id,
            "block": self.block,
            "as_of": utc(self.time),
            "stale": self.stale,
        }
