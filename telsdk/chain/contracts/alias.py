"""NameAlias: names for numbers."""

from __future__ import annotations

from telsdk.chain import inputs
from telsdk.chain.access import Block, Read, Receipt
from telsdk.chain.contracts.base import Contract
from telsdk.name import Name
from telsdk.number import Number


class NameAlias(Contract):
    """The names. A name stands for one number, a number has one name, and a change of hands makes the name void."""

    NAME = "NameAlias"

    def claim(self, name: Name, number: Number) -> Receipt:
        """Make `name` the name of `number`, in place of the one that it has.

        Raises:
            revert.NotOwner: the number is not this account's.
            revert.NameTaken: the name stands for a number already.
            revert.NotEnsOwner: in ENS the name belongs to another account.
        """
        return self.write("claim", inputs.name(name).label, number)

    def release(self, number: Number) -> Receipt:
        """Take the name of `number` away.

        Raises:
            revert.NotOwner: the number is not this account's.
            revert.NoName: the number has no name.
        """
        return self.write("release", number)

    def number_of(self, name: Name, block: Block = "latest") -> Number | None:
        """Return the number that `name` stands for, or None."""
        return self.ask(self.number_of_read(name), block)

    def number_of_read(self, name: Name) -> Read[Number | None]:
        """Return the question of `number_of`, for a batch."""
        return self.later(
            "numberOf", inputs.name(name).label, parse=lambda number: Number(number) if number else None
        )

    def name_of(self, number: Number, block: Block = "latest") -> Name | None:
        """Return the name of `number`, or None. The name stands for the number."""
        return self.ask(self.name_of_read(number), block)

    def name_of_read(self, number: Number) -> Read[Name | None]:
        """Return the question of `name_of`, for a batch."""
        return self.later("nameOf", number, parse=lambda name: Name(name) if name else None)
