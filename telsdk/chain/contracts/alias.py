"""NameAlias: names for numbers."""

from __future__ import annotations

from telsdk.chain.contracts.base import Contract
from telsdk.chain.session import Block, Receipt
from telsdk.name import Name
from telsdk.number import Number


class NameAlias(Contract):
    """A name stands for one number, a number has one name, and both void when the number changes hands."""

    NAME = "NameAlias"

    def claim(self, name: Name, number: Number) -> Receipt:
        """Makes `name` the name of `number`, in place of the one that it has.

        Raises:
            revert.NotOwner: the number is not this account's.
            revert.NameTaken: the name stands for a number already.
            revert.NotEnsOwner: it belongs to another in ENS.
        """
        return self.write("claim", name.label, number)

    def release(self, number: Number) -> Receipt:
        """Takes the name of `number` away.

        Raises:
            revert.NotOwner: the number is not this account's.
            revert.NoName: it has none.
        """
        return self.write("release", number)

    def number_of(self, name: Name, block: Block = "latest") -> Number | None:
        """The number that `name` stands for, or None."""
        number = self.read("numberOf", name.label, block=block)
        return Number(number) if number else None

    def name_of(self, number: Number, block: Block = "latest") -> Name | None:
        """The name of `number`, which stands for it too; or None."""
        name = self.read("nameOf", number, block=block)
        return Name(name) if name else None
