"""Who held a number when we had to do with it, and in what words a person is told that somebody else holds it now.

A number and a name are addresses that can be sold. Whom we mean is told by the owner's account and the epoch, so
contacts, calls and messages pin these, as messengers pin keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from telsdk.directory import NumberFacts
from telsdk.number import Number, NumberError
from telsdk.uc.events import LogEvent


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a number: its owner's account, in one epoch."""

    number: Number
    owner: str  # EIP-55 address
    epoch: int

    @classmethod
    def of(cls, facts: NumberFacts) -> Self:
        """Return who holds a number by what the chain says of it."""
        return cls(facts.number, facts.owner, facts.epoch)

    @classmethod
    def in_event(cls, event: LogEvent) -> Self | None:
        """Return who is pinned in an event; None where nobody is, as in those of older versions."""
        owner, epoch = event.text("owner"), event.number("epoch")
        try:
            number = Number(event.number("number"))
        except NumberError:
            return None
        return cls(number, owner, epoch) if owner and epoch > 0 else None

    def fields(self) -> dict[str, object]:
        """Return what an event has of it."""
        return {"number": int(self.number), "owner": self.owner, "epoch": self.epoch}


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """Somebody else stands behind an address than at the last contact, or may.

    Attributes:
        address: the number or name, as it was dialled or as it is shown.
    """

    address: str
    before: Holder
    now: Holder

    def __str__(self) -> str:
        before, now = self.before, self.now
        if before.number != now.number:
            return (
                f"{self.address} stands for {now.number} now, and stood for {before.number} at the last contact: "
                "it may be somebody else's, make sure whom you talk to"
            )
        if before.epoch == now.epoch:
            return (
                f"{self.address} was moved by its owner since the last contact, from the account {before.owner} "
                f"to {now.owner}"
            )
        return (
            f"{self.address} has changed hands since the last contact: {before.owner} held it, {now.owner} holds "
            "it now; it may be somebody else, make sure whom you talk to"
        )


def change_of(address: str, before: Holder | None, held: Holder) -> OwnerChange | None:
    """Return what a person has to be told; None where the same holds the address, or nobody is known to have.

    An earlier epoch than the known one is no change: then it is our copy of the chain that is behind.
    """
    if before is None or before == held:
        return None
    if before.number == held.number and held.epoch < before.epoch:
        return None
    return OwnerChange(address, before, held)
