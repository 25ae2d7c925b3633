"""NameAlias: names for numbers."""

from __future__ import annotations

from telsdk.chain import inputs
from telsdk.chain.access import Block, Read, Receipt, Session
from telsdk.chain.contracts.base import Contract
from telsdk.directory import Domain
from telsdk.name import Name
from telsdk.number import Number

_NAME_ANSWER = 128  # bytes: where the text is, its length, and up to 36 characters in words of 32


class NameAlias(Contract):
    """The names. A name stands for one number, a number has one name, and a change of hands makes the name void."""

    NAME = "NameAlias"

    def __init__(self, session: Session, address: str, domain: Domain, suffix: str) -> None:
        super().__init__(session, address, domain)
        self.suffix = suffix
        """What all names end in here."""

    def claim(self, name: Name, number: Number) -> Receipt:
        """Make `name` the name of `number`, in place of the one that it has.

        Raises:
            revert.NotOwner: the number is not this account's.
            revert.NameTaken: the name stands for a number already.
            revert.NotEnsOwner: in ENS the name belongs to another account.
            NameKindError: names do not end so on this network.
        """
        return self.write("claim", self._label(name), number)

    def release(self, number: Number) -> Receipt:
        """Take the name of `number` away.

        Raises:
            revert.NotOwner: the number is not this account's.
            revert.NoName: the number has no name.
        """
        return self.write("release", number)

    def number_of(self, name: Name, block: Block = "latest") -> Number | None:
        """Return the number that `name` stands for, or None.

        Raises:
            NameKindError: names do not end so on this network.
        """
        return self.ask(self.number_of_read(name), block)

    def number_of_read(self, name: Name) -> Read[Number | None]:
        """Return the question of `number_of`, for a batch."""
        return self.later(
            "numberOf", self._label(name), parse=lambda number: Number(number) if number else None
        )

    def name_of(self, number: Number, block: Block = "latest") -> Name | None:
        """Return the name of `number`, or None. The name stands for the number."""
        return self.ask(self.name_of_read(number), block)

    def name_of_read(self, number: Number) -> Read[Name | None]:
        """Return the question of `name_of`, for a batch."""
        return self.later(
            "nameOf", number, parse=lambda name: Name(name) if name else None, size=_NAME_ANSWER
        )

    def _label(self, name: Name) -> str:
        checked = inputs.name(name)
        checked.require_suffix(self.suffix)
        return checked.label
