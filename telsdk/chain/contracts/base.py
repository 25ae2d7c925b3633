"""What the typed contract classes share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from eth_abi.exceptions import EncodingError

from telsdk.chain.batch import ANSWER, Read
from telsdk.chain.functions import functions
from telsdk.chain.permits import Permit, PermitData, PermitError
from telsdk.chain.session import Block, Receipt, Session
from telsdk.directory import Domain

T = TypeVar("T")


class Contract:
    """A contract of the suite at `address`, read and written through `session`."""

    NAME: ClassVar[str]

    def __init__(self, session: Session, address: str, domain: Domain) -> None:
        self.session = session
        self.address = address
        self.domain = domain

    def read(self, function: str, *args: Any, block: Block = "latest") -> Any:
        """What the contract's `function` answers, as of `block`; see `Session.call` for what is raised."""
        return self.session.call(self.address, functions(self.NAME)[function], args, block=block)

    def later(self, function: str, *args: Any, parse: Callable[[Any], T], size: int = ANSWER) -> Read[T]:
        """The same question, to be asked in a `telsdk.chain.batch.Batch`: `parse` makes of the answer what
        the typed method gives, and `size` is about how many bytes it has."""
        return Read(self.address, functions(self.NAME)[function], args, parse, size)

    def ask(self, read: Read[T], block: Block) -> T:
        """Asks one question by itself."""
        return read.ask(self.session, block)

    def write(self, function: str, *args: Any, value: int = 0) -> Receipt:
        """Calls the contract's `function` in a transaction; see `Session.send` for what is raised."""
        return self.session.send(self.address, functions(self.NAME)[function], args, value=value)


class SigningContract(Contract):
    """A contract that takes an owner's signature in place of his transaction (IOwnerSigned)."""

    def nonce(self, signer: str) -> int:
        """What the next signature of `signer` for this contract must carry."""
        return int(self.read("nonces", signer))

    def cancel_nonce(self) -> Receipt:
        """Takes back the last signature that this account gave and nobody has used."""
        return self.write("cancelNonce")

    def relay(self, permit: Permit) -> Receipt:
        """Does what `permit` allows, at this account's expense.

        Raises:
            PermitError: there is no such call.
            revert.SignatureExpired, revert.InvalidSignature: it does not hold, or no longer.
        """
        function = functions(self.NAME).get(permit.function)
        if function is None or function.inputs[-2:] != ["deadline", "signature"]:
            raise PermitError(f"{self.NAME} has no {permit.function} that takes a permit")
        try:
            function.encode((*permit.args, permit.deadline, permit.signature))
        except (EncodingError, ValueError, TypeError) as error:
            raise PermitError(f"{permit.function} does not take {permit.args}: {error}") from error
        return self.write(permit.function, *permit.args, permit.deadline, permit.signature)

    def _permit(self, function: str, args: tuple[Any, ...], data: PermitData, deadline: int) -> Permit:
        signature = data.sign(self.domain, self.session.signer())
        return Permit(self.NAME, function, args, deadline, signature)
