"""The base of the typed contract classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from telsdk.chain.access import ANSWER, Block, Permit, PermitData, PermitError, Read, Receipt, Session
from telsdk.chain.errors import InputError
from telsdk.chain.inputs import of_kind
from telsdk.chain.interface import functions
from telsdk.credential.erc6492 import unwrapped
from telsdk.directory import Domain
from telsdk.number import NumberError

T = TypeVar("T")


class Contract:
    """A contract of the suite at `address`, read and written through `session`."""

    NAME: ClassVar[str]

    def __init__(self, session: Session, address: str, domain: Domain) -> None:
        self.session = session
        self.address = address
        self.domain = domain

    def read(self, function: str, *args: Any, block: Block = "latest") -> Any:
        """Return what the contract's `function` answers as of `block`. It raises what `Session.call` raises."""
        return self.session.call(self.address, functions(self.NAME)[function], args, block=block)

    def later(self, function: str, *args: Any, parse: Callable[[Any], T], size: int = ANSWER) -> Read[T]:
        """Return a question for a `telsdk.chain.access.Batch`.

        Args:
            parse: turns the answer into what the typed method returns.
            size: about how many bytes the answer has.
        """
        asked = functions(self.NAME)[function]
        return Read(self.address, asked, asked.checked(args), parse, size)

    def ask(self, read: Read[T], block: Block) -> T:
        """Ask one question by itself."""
        return read.ask(self.session, block)

    def write(self, function: str, *args: Any, value: int = 0) -> Receipt:
        """Call the contract's `function` in a transaction. It raises what `Session.send` raises."""
        return self.session.send(self.address, functions(self.NAME)[function], args, value=value)


class SigningContract(Contract):
    """A contract that takes an owner's signature in place of their transaction (IOwnerSigned)."""

    def nonce(self, signer: str) -> int:
        """Return the nonce that the next signature of `signer` for this contract must carry."""
        return int(self.read("nonces", signer))

    def cancel_nonce(self) -> Receipt:
        """Take back what this account signed with its current nonce, if nobody has used it."""
        return self.write("cancelNonce")

    def relay(self, permit: Permit) -> Receipt:
        """Do what `permit` allows, at this account's expense. A signature's wrapper of ERC-6492 is taken off.

        Raises:
            PermitError: there is no such call.
            revert.SignatureExpired, revert.InvalidSignature: the permit does not hold, or no longer.
        """
        of_kind(permit, Permit, "permit")
        function = functions(self.NAME).get(permit.function)
        if function is None or function.inputs[-2:] != ["deadline", "signature"]:
            raise PermitError(f"{self.NAME} has no {permit.function} that takes a permit")
        try:
            function.encode((*permit.args, permit.deadline, permit.signature))
        except (InputError, NumberError) as error:
            raise PermitError(f"{permit.function} does not take {permit.args}: {error}") from error
        return self.write(permit.function, *permit.args, permit.deadline, unwrapped(permit.signature))

    def _permit(self, function: str, args: tuple[Any, ...], data: PermitData, deadline: int) -> Permit:
        # Before anybody is asked to sign: of a permit that nobody can relay they would hear only from the relayer.
        functions(self.NAME)[function].checked((*args, deadline, b""))
        signature = data.sign(self.domain, self.session.signer())
        return Permit(self.NAME, function, args, deadline, signature)
